//! The one thread that writes, and the way to it.
//!
//! Work is handed to it in the order of the calls. It takes whatever is waiting, does it in one transaction, commits with one
//! fsync, publishes the changes and then answers. A job that is refused leaves nothing behind and its neighbours alone: it
//! runs in a savepoint of its own, or checks everything before it writes. A commit that fails for want of space is an answer;
//! any other failed commit (an fsync that reports an error may have lost the data it reported on) ends the writer, and with
//! it the daemon.

use std::sync::Arc;
use std::time::Instant;

use rusqlite::{Transaction, TransactionBehavior};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Rows;
use super::checkpoint::Checkpointer;
use super::commit::{Failure, count_messages, run_in_savepoint};
use super::connection::free_pages;
use super::job::{Job, JobKind, Order, StoreTimes, WaitingJob};
use super::search::Touch;
use crate::clock::Clock;
use crate::counters::Count;
use crate::frame::json_bytes;
use crate::store::handle_cache::HandleCache;
use crate::store::last_spoke::LastSpoke;
use crate::store::options::CommitFault;
use crate::store::quota::Stored;
use crate::store::space::{Room, Space};
use crate::store::work::{Pending, StoreWork};
use crate::store::{Appended, Change, NewMessage, Publish, Store, StoreError, StoreLimits};

/// Bytes that a job counts for besides its content.
const JOB_BYTES: usize = 256;
/// Jobs that one transaction holds at most.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Bytes of content, as JSON has it, that one transaction holds about at most: what a commit publishes at
/// once must fit the outbox of a member who reads.
const BYTES_PER_COMMIT_MAX: usize = 65_536;

impl Store {
    /// Stores a message behind the last one of its channel, once per nonce.
    pub fn append_message(&self, message: NewMessage) -> impl Future<Output = Pending<Appended>> + Send {
        // Mentions count for less than the words that they are.
        let bytes = json_bytes(message.content.as_str());
        self.writer.submit_checked(bytes, move |work| message.append(work))
    }
}

/// The way to the thread.
pub(in crate::store) struct Writer {
    pub(in crate::store) commits: Arc<Count>,
    pub(in crate::store) times: StoreTimes,
    /// Woken when something was deleted whose content is to be removed in steps.
    pub(in crate::store) removals: Arc<Notify>,
    pub(super) orders: mpsc::Sender<Order>,
    pub(super) failure: watch::Receiver<Option<String>>,
}

impl Writer {
    /// Hands work to the writer. Calls are served in their order; the call returns when the work
    /// stands in the queue.
    pub(in crate::store) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> + Send {
        self.queue(JOB_BYTES, JobKind::Plain, work)
    }

    /// The same for work that ends or deletes something, or is needed for that: it is done in what is kept free.
    pub(in crate::store) fn submit_in_reserve<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> + Send {
        self.queue(JOB_BYTES, JobKind::UsesReserve, work)
    }

    /// The same for work that publishes so many bytes.
    pub(in crate::store) fn submit_sized<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> + Send {
        self.queue(JOB_BYTES + bytes, JobKind::Plain, work)
    }

    /// The same for work that publishes so many bytes of content and is refused only before it has
    /// written anything: it needs no savepoint, which would cost as much as two of its statements, and much more where it
    /// writes much: SQLite keeps a copy of each page for it, and walks all copies at the end of each statement.
    pub(in crate::store) fn submit_checked<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> + Send {
        self.queue(JOB_BYTES + bytes, JobKind::ChecksFirst, work)
    }

    fn queue<T: Send + 'static>(
        &self,
        bytes: usize,
        kind: JobKind,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> impl Future<Output = Pending<T>> + Send {
        let (asker, answer) = oneshot::channel();
        let job = Box::new(WaitingJob { bytes, kind, work: Some(work), outcome: None, asker });
        async move {
            // When the writer has stopped the job is dropped, and with it the asker: the answer says so.
            let _ = self.orders.send(Order::Job(job)).await;
            Pending(answer)
        }
    }
}

/// What the thread holds.
pub(super) struct WriterThread {
    pub(super) commits: Arc<Count>,
    pub(super) times: StoreTimes,
    pub(super) removals: Arc<Notify>,
    pub(super) rows: Rows,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: StoreLimits,
    pub(super) before_commit: Option<Box<dyn FnMut() -> Result<(), CommitFault> + Send>>,
    pub(super) space: Space,
    pub(super) room: Arc<Room>,
    pub(super) stored: Stored,
    pub(super) spoken: LastSpoke,
    pub(super) handles: HandleCache,
    pub(super) publish: Box<dyn Publish>,
    pub(super) checkpointer: Checkpointer,
    pub(super) touch: Touch,
}

impl WriterThread {
    /// Works until it is told to close, or a commit has failed for good.
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Order>, failing: &watch::Sender<Option<String>>) {
        while let Some(first) = waiting.blocking_recv() {
            let (mut group, then) = gather(first, &mut waiting);
            let began = Instant::now();
            match self.commit(&mut group) {
                Ok(committed) => {
                    if !group.is_empty() {
                        self.times.commits.note(began);
                    }
                    self.publish(committed, group);
                }
                Err(failure) => {
                    if let Some(reason) = self.refuse(failure, group) {
                        tracing::error!(reason, "store write failed, accepting nothing more");
                        failing.send_replace(Some(reason));
                        return;
                    }
                }
            }
            match then {
                None => {}
                Some(Then::Truncate(truncated)) => {
                    _ = truncated.send(self.checkpointer.truncate(self.rows.connection()))
                }
                Some(Then::Close(closed)) => {
                    self.write_counts();
                    self.checkpointer.finish(self.rows.connection());
                    drop(self.rows);
                    let _ = closed.send(());
                    return;
                }
            }
        }
    }

    /// Does a group of jobs in one transaction; where there is no room only those that need none.
    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<Committed, Failure> {
        let mut committed = Committed::default();
        let fits = group.is_empty() || self.space.fits(free_pages(&self.rows));
        if !fits {
            let growing = group.iter_mut().filter(|job| !job.uses_reserve());
            growing.for_each(|job| job.refuse(StoreError::Full));
            self.space.spend();
        }
        let mut jobs = group.iter_mut().filter(|job| fits || job.uses_reserve()).peekable();
        if jobs.peek().is_none() {
            return Ok(committed);
        }
        let Committed { changes, erased: erases, freed: frees } = &mut committed;
        let now = self.clock.now();
        let transaction = Transaction::new_unchecked(self.rows.connection(), TransactionBehavior::Immediate)?;
        for job in jobs {
            let mut work = StoreWork {
                rows: &self.rows,
                now,
                limits: &self.limits,
                changes,
                stored: &mut self.stored,
                room: &self.room,
                spoken: &mut self.spoken,
                handles: &mut self.handles,
                fits,
                erases,
                frees,
            };
            if job.checks_first() {
                run_checked(job.as_mut(), &mut work)?;
            } else {
                run_in_savepoint(job.as_mut(), &mut work)?;
            }
        }
        count_messages(&self.rows, changes)?;
        self.stored.write_when_due(&self.rows)?;
        if let Some(before_commit) = &mut self.before_commit {
            before_commit()?;
        }
        transaction.commit()?;
        self.commits.add(1);
        if fits {
            self.space.has_found_room(true);
        }
        Ok(committed)
    }

    /// Publishes what a commit has brought, and then answers.
    fn publish(&mut self, Committed { changes, erased, freed }: Committed, group: Vec<Box<dyn Job>>) {
        let jobs = group.len();
        if freed || changes.iter().any(Change::leaves_content) {
            self.removals.notify_one();
        }
        if !changes.is_empty() {
            self.touch.erased(changes.iter().filter_map(Change::unsaid));
            self.touch.channels(changes.iter().filter_map(Change::reworded));
            let began = Instant::now();
            self.publish.publish(changes);
            self.times.fan_outs.note(began);
        }
        group.into_iter().for_each(Job::answer);
        self.publish.answered();
        self.checkpointer.committed(self.rows.connection(), jobs);
        if erased {
            self.checkpointer.erased();
        }
    }

    /// Answers a group that is not stored; gives the reason why nothing more can be, if so.
    fn refuse(&mut self, failure: Failure, mut group: Vec<Box<dyn Job>>) -> Option<String> {
        self.stored.undo();
        self.handles.forget_all();
        if matches!(failure, Failure::Full) {
            self.space.has_found_room(false);
            self.space.spend();
        }
        let error = failure.error();
        group.iter_mut().for_each(|job| job.refuse(error.clone()));
        group.into_iter().for_each(Job::answer);
        match failure {
            Failure::Fatal(reason) => Some(reason),
            Failure::Full | Failure::Failed(_) => None,
        }
    }
}

/// Runs a job that is refused only before it has written anything.
fn run_checked(job: &mut dyn Job, work: &mut StoreWork<'_>) -> Result<(), Failure> {
    let done = job.run(work);
    work.stored.apply_changes(work.rows, done.is_ok())?;
    match done {
        Ok(()) | Err(StoreError::Refused(_)) => Ok(()),
        // What it has written cannot be told from what its neighbours have.
        Err(StoreError::Full) => Err(Failure::Full),
        Err(StoreError::Failed(reason)) => Err(Failure::Failed(reason)),
        Err(StoreError::Broken(reason) | StoreError::Damaged(reason)) => Err(Failure::Fatal(reason.to_string())),
    }
}

/// What a commit has brought.
#[derive(Default)]
struct Committed {
    changes: Vec<Change>,
    /// Whether words of people were deleted.
    erased: bool,
    /// Whether there are objects to be deleted.
    freed: bool,
}

/// What is to be done after a group of jobs.
enum Then {
    Truncate(std::sync::mpsc::SyncSender<bool>),
    Close(oneshot::Sender<()>),
}

/// Takes what is waiting, up to an order that is no job.
fn gather(first: Order, waiting: &mut mpsc::Receiver<Order>) -> (Vec<Box<dyn Job>>, Option<Then>) {
    let mut group = Vec::new();
    let mut bytes = 0;
    let mut next = Some(first);
    while let Some(order) = next {
        match order {
            Order::Job(job) => {
                bytes += job.bytes();
                group.push(job);
            }
            Order::Truncate(truncated) => return (group, Some(Then::Truncate(truncated))),
            Order::Close(closed) => return (group, Some(Then::Close(closed))),
        }
        next = if group.len() < JOBS_PER_COMMIT_MAX && bytes < BYTES_PER_COMMIT_MAX {
            waiting.try_recv().ok()
        } else {
            None
        };
    }
    (group, None)
}
