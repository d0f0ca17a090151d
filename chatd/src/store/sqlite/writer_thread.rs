//! The one thread that writes.
//!
//! It takes whatever is waiting, does it in one transaction, commits with one fsync, publishes the
//! changes and then answers. A job that is refused leaves nothing behind and its neighbours alone: it
//! runs in a savepoint of its own, or checks everything before it writes. A commit that fails for want
//! of space is an answer; any other failed commit (an fsync that reports an error may have lost the
//! data it reported on) ends the writer, and with it the daemon.

use std::sync::Arc;
use std::time::Instant;

use rusqlite::{ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Rows;
use super::checkpoint::Checkpointer;
use super::connection::free_pages;
use super::job::{Job, Order, StoreTimes};
use super::search::Touch;
use crate::clock::Clock;
use crate::counters::Count;
use crate::store::handle_cache::HandleCache;
use crate::store::last_spoke::LastSpoke;
use crate::store::options::CommitFault;
use crate::store::quota::Stored;
use crate::store::space::{Room, Space};
use crate::store::work::StoreWork;
use crate::store::{Change, Publish, StoreError, StoreLimits};

/// Jobs that one transaction holds at most.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Bytes of content, as JSON has it, that one transaction holds about at most: what a commit publishes at
/// once must fit the outbox of a member who reads.
const BYTES_PER_COMMIT_MAX: usize = 65_536;

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
    pub(super) fn run(mut self, mut waiting: mpsc::Receiver<Order>, failing: &watch::Sender<Option<String>>) {
        while let Some(first) = waiting.blocking_recv() {
            let (mut group, then) = gather(first, &mut waiting);
            let began = Instant::now();
            match self.commit(&mut group) {
                Ok(Committed { changes, erased }) => {
                    if !group.is_empty() {
                        self.times.commits.note(began);
                    }
                    let jobs = group.len();
                    if changes.iter().any(Change::leaves_content) {
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
                Err(failure) => {
                    self.stored.undo();
                    self.handles.forget_all();
                    if matches!(failure, Failure::Full) {
                        self.space.has_found_room(false);
                        self.space.spend();
                    }
                    let error = failure.error();
                    group.iter_mut().for_each(|job| job.refuse(error.clone()));
                    group.into_iter().for_each(Job::answer);
                    if let Failure::Fatal(reason) = failure {
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
        let Committed { changes, erased: erases } = &mut committed;
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

    /// Writes down what was counted since the last time; at the end nothing else is written.
    fn write_counts(&mut self) {
        let written = (|| {
            let transaction = self.rows.connection().unchecked_transaction()?;
            self.stored.write(&self.rows)?;
            transaction.commit().map_err(StoreError::from)
        })();
        if let Err(error) = written {
            tracing::warn!(%error, "cannot save the storage used by accounts");
        }
    }
}

/// What a commit has brought.
#[derive(Default)]
struct Committed {
    changes: Vec<Change>,
    /// Whether words of people were deleted.
    erased: bool,
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

fn run_checked(job: &mut dyn Job, work: &mut StoreWork<'_>) -> Result<(), Failure> {
    let done = job.run(work);
    work.stored.apply_changes(work.rows, done.is_ok())?;
    match done {
        Ok(()) | Err(StoreError::Refused(_)) => Ok(()),
        // What it has written cannot be told from what its neighbours have.
        Err(StoreError::Full) => Err(Failure::Full),
        Err(StoreError::Failed(reason)) => Err(Failure::Failed(reason)),
        Err(StoreError::Broken(reason)) => Err(Failure::Fatal(reason.to_string())),
    }
}

fn run_in_savepoint(job: &mut dyn Job, work: &mut StoreWork<'_>) -> Result<(), Failure> {
    let rows = work.rows;
    let execute = |sql| rows.execute(sql, ());
    let changes_before = work.changes.len();
    execute("SAVEPOINT job")?;
    let done = job.run(work);
    work.stored.apply_changes(rows, done.is_ok())?;
    if let Err(error) = done {
        work.changes.truncate(changes_before);
        match error {
            // The disk cannot be trusted with the neighbours either.
            StoreError::Broken(reason) => return Err(Failure::Fatal(reason.to_string())),
            // A full disk may have ended the whole transaction already: then the group has failed.
            _ if rows.connection().is_autocommit() => return Err(Failure::Full),
            _ => execute("ROLLBACK TO job")?,
        };
    }
    execute("RELEASE job")?;
    Ok(())
}

enum Failure {
    /// There is no room; the next group may fit.
    Full,
    /// The group could not be done; the next one may go through.
    Failed(Arc<str>),
    /// Nothing more can be stored.
    Fatal(String),
}

impl Failure {
    fn error(&self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Failed(reason) => StoreError::Failed(reason.clone()),
            Self::Fatal(reason) => StoreError::Failed(reason.as_str().into()),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
            return Self::Failed("another program holds the database".into());
        }
        match StoreError::from(error) {
            StoreError::Full => Self::Full,
            other => Self::Fatal(other.to_string()),
        }
    }
}

/// What the writer itself reads and writes fits always.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            other => Self::Fatal(other.to_string()),
        }
    }
}

impl From<CommitFault> for Failure {
    fn from(fault: CommitFault) -> Self {
        match fault {
            CommitFault::Full => Self::Full,
            CommitFault::Sync => Self::Fatal("disk I/O error: fsync failed".to_owned()),
        }
    }
}

/// Counts the messages that a commit adds: a trigger would do so for each of them.
fn count_messages(rows: &Rows, changes: &[Change]) -> Result<(), StoreError> {
    let added = changes.iter().filter(|change| matches!(change, Change::MessageAdded { .. })).count();
    if added > 0 {
        rows.execute("UPDATE total SET count = count + ?1 WHERE name = 'messages'", [added as i64])?;
    }
    Ok(())
}
