//! The one thread that writes.
//!
//! It takes whatever is waiting, does it in one transaction, commits with one fsync, publishes the
//! changes and then answers. A job that is refused leaves nothing behind and its neighbours alone: it
//! runs in a savepoint of its own, or checks everything before it writes. A commit that fails for want
//! of space is an answer; any other failed commit (an fsync that reports an error may have lost the
//! data it reported on) ends the writer, and with it the daemon.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use proto::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::checkpoint::Checkpointer;
use super::named::Named;
use super::order::Spoken;
use super::quota::Stored;
use super::search::Touch;
use super::space::{Room, Space};
use super::{Change, Publish, Refused, StoreError, StoreLimits, StoreOptions};
use crate::clock::Clock;
use crate::counters::{Count, Times};

/// Jobs that may wait for the writer; who comes then waits to be let in.
const JOBS_WAITING_MAX: usize = 4_096;
/// Jobs that one transaction holds at most.
const JOBS_PER_COMMIT_MAX: usize = 512;
/// Bytes of content, as JSON has it, that one transaction holds about at most: what a commit publishes at
/// once must fit the outbox of a member who reads.
const BYTES_PER_COMMIT_MAX: usize = 65_536;
/// Bytes that a job counts for besides its content.
const JOB_BYTES: usize = 256;

/// A fault that a test puts before a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// The commit fails for want of space.
    Full,
    /// The commit's fsync reports an error.
    Sync,
}

/// What a job works with inside the transaction.
pub(super) struct Work<'a> {
    pub(super) transaction: &'a Transaction<'a>,
    pub(super) now: Timestamp,
    pub(super) limits: &'a StoreLimits,
    pub(super) changes: &'a mut Vec<Change>,
    /// How much everybody has stored, and may.
    pub(super) stored: &'a mut Stored,
    pub(super) room: &'a Room,
    /// When members of channels in slow mode spoke.
    pub(super) spoken: &'a mut Spoken,
    /// Whose handles the words of messages are.
    pub(super) named: &'a mut Named,
    fits: bool,
    erases: &'a mut bool,
}

impl Work<'_> {
    /// Refuses what makes the store grow where there is no room.
    pub(super) fn require_room(&self) -> Result<(), StoreError> {
        if self.fits { Ok(()) } else { Err(Refused::NoRoom.into()) }
    }

    /// Notes that words of people are deleted: they leave the log of the file as well, some seconds from now.
    pub(super) fn erases(&mut self) {
        *self.erases = true;
    }
}

/// Work that was handed to the writer; awaiting it gives the outcome after the commit.
#[must_use = "the outcome is known only after the commit"]
pub struct Pending<T>(oneshot::Receiver<Result<T, StoreError>>);

impl<T> Pending<T> {
    /// Waits for the commit.
    ///
    /// # Errors
    /// What the store refused, or why nothing was stored.
    pub async fn committed(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(stopped()))
    }
}

fn stopped() -> StoreError {
    StoreError::Failed("the store has stopped".into())
}

pub(super) trait Job: Send {
    fn bytes(&self) -> usize;
    fn checks_first(&self) -> bool;
    /// Whether it is done also when nothing new is stored for want of room.
    fn uses_reserve(&self) -> bool;
    fn run(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;
    fn refuse(&mut self, error: StoreError);
    fn answer(self: Box<Self>);
}

/// What a job asks of the writer besides its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JobKind {
    /// Nothing.
    Plain,
    /// It is refused only before it has written anything, for want of room as well.
    ChecksFirst,
    /// It ends or deletes something, or is needed for that.
    UsesReserve,
}

struct WaitingJob<T, F> {
    bytes: usize,
    kind: JobKind,
    work: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for WaitingJob<T, F>
where
    T: Send,
    F: FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send,
{
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn checks_first(&self) -> bool {
        self.kind == JobKind::ChecksFirst
    }

    fn uses_reserve(&self) -> bool {
        self.kind != JobKind::Plain
    }

    fn run(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let run = self.work.take().expect("a job runs once");
        let outcome = run(work);
        let done = outcome.as_ref().map(drop).map_err(Clone::clone);
        self.outcome = Some(outcome);
        done
    }

    fn refuse(&mut self, error: StoreError) {
        self.outcome = Some(Err(error));
    }

    fn answer(self: Box<Self>) {
        // Whoever asked may have gone; what is committed stays.
        let _ = self.asker.send(self.outcome.unwrap_or_else(|| Err(stopped())));
    }
}

pub(super) enum Order {
    Job(Box<dyn Job>),
    /// Empties the log; the answer says whether nobody was reading in it.
    Truncate(std::sync::mpsc::SyncSender<bool>),
    Close(oneshot::Sender<()>),
}

/// How long the work of the writer took.
#[derive(Debug, Clone, Default)]
pub(crate) struct StoreTimes {
    /// Transactions, fsync included.
    pub(crate) commits: Times,
    /// Publishing what one transaction brought.
    pub(crate) fan_outs: Times,
}

pub(super) struct Writer {
    pub(super) commits: Arc<Count>,
    pub(super) times: StoreTimes,
    /// Woken when something was deleted whose content is to be removed in steps.
    pub(super) removals: Arc<Notify>,
    orders: mpsc::Sender<Order>,
    failure: watch::Receiver<Option<String>>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        path: PathBuf,
        options: StoreOptions,
        room: Arc<Room>,
        touch: Touch,
    ) -> (Self, Start) {
        let (orders, waiting) = mpsc::channel(JOBS_WAITING_MAX);
        let (failing, failure) = watch::channel(None);
        let commits = Arc::<Count>::default();
        let times = StoreTimes::default();
        let removals = Arc::<Notify>::default();
        let start = Start {
            commits: commits.clone(),
            times: times.clone(),
            removals: removals.clone(),
            orders: orders.downgrade(),
            connection,
            path,
            options,
            room,
            waiting,
            failing,
            touch,
        };
        (Self { commits, times, removals, orders, failure }, start)
    }

    /// Hands work to the writer. Calls are served in their order; the call returns when the work
    /// stands in the queue.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES, JobKind::Plain, work).await
    }

    /// The same for work that ends or deletes something, or is needed for that: it is done in what is kept free.
    pub(super) async fn submit_in_reserve<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES, JobKind::UsesReserve, work).await
    }

    /// The same for work that publishes so many bytes.
    pub(super) async fn submit_sized<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES + bytes, JobKind::Plain, work).await
    }

    /// The same for work that publishes so many bytes of content and is refused only before it has
    /// written anything: it needs no savepoint, which would cost as much as two of its statements.
    pub(super) async fn submit_checked<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES + bytes, JobKind::ChecksFirst, work).await
    }

    async fn queue<T: Send + 'static>(
        &self,
        bytes: usize,
        kind: JobKind,
        work: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (asker, answer) = oneshot::channel();
        let job = Box::new(WaitingJob { bytes, kind, work: Some(work), outcome: None, asker });
        // When the writer has stopped the job is dropped, and with it the asker: the answer says so.
        let _ = self.orders.send(Order::Job(job)).await;
        Pending(answer)
    }

    pub(super) async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().expect("waited for it"),
            // Only a thread that ended without a word leaves nobody to speak.
            Err(_) => "the thread of the writer has ended".to_owned(),
        }
    }

    pub(super) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).await.is_ok() {
            let _ = done.await;
        }
    }
}

/// A writer that waits for somebody to publish to.
pub(super) struct Start {
    commits: Arc<Count>,
    times: StoreTimes,
    removals: Arc<Notify>,
    orders: mpsc::WeakSender<Order>,
    connection: Connection,
    path: PathBuf,
    options: StoreOptions,
    room: Arc<Room>,
    waiting: mpsc::Receiver<Order>,
    failing: watch::Sender<Option<String>>,
    touch: Touch,
}

impl Start {
    pub(super) fn run(self, publish: Box<dyn Publish>) {
        let space = Space::of(&self.path, self.room.clone());
        let checkpointer = Checkpointer::start(self.path, self.failing.clone(), self.orders);
        let thread = WriterThread {
            commits: self.commits,
            times: self.times,
            removals: self.removals,
            connection: self.connection,
            clock: self.options.clock,
            limits: self.options.limits,
            before_commit: self.options.before_commit,
            space,
            room: self.room,
            stored: Stored::default(),
            spoken: Spoken::default(),
            named: Named::default(),
            publish,
            checkpointer,
            touch: self.touch,
        };
        thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(self.waiting, &self.failing))
            .expect("the system gives the writer its thread");
    }
}

struct WriterThread {
    commits: Arc<Count>,
    times: StoreTimes,
    removals: Arc<Notify>,
    connection: Connection,
    clock: Arc<dyn Clock>,
    limits: StoreLimits,
    before_commit: Option<Box<dyn FnMut() -> Result<(), CommitFault> + Send>>,
    space: Space,
    room: Arc<Room>,
    stored: Stored,
    spoken: Spoken,
    named: Named,
    publish: Box<dyn Publish>,
    checkpointer: Checkpointer,
    touch: Touch,
}

impl WriterThread {
    fn run(mut self, mut waiting: mpsc::Receiver<Order>, failing: &watch::Sender<Option<String>>) {
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
                    self.checkpointer.committed(&self.connection, jobs);
                    if erased {
                        self.checkpointer.erased();
                    }
                }
                Err(failure) => {
                    self.stored.undo();
                    self.named.forget_all();
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
                Some(Then::Truncate(truncated)) => _ = truncated.send(self.checkpointer.truncate(&self.connection)),
                Some(Then::Close(closed)) => {
                    self.write_counts();
                    self.checkpointer.finish(&self.connection);
                    drop(self.connection);
                    let _ = closed.send(());
                    return;
                }
            }
        }
    }

    /// Does a group of jobs in one transaction; where there is no room only those that need none.
    fn commit(&mut self, group: &mut [Box<dyn Job>]) -> Result<Committed, Failure> {
        let mut committed = Committed::default();
        let fits = group.is_empty() || self.space.fits(&self.connection);
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
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for job in jobs {
            let mut work = Work {
                transaction: &transaction,
                now,
                limits: &self.limits,
                changes,
                stored: &mut self.stored,
                room: &self.room,
                spoken: &mut self.spoken,
                named: &mut self.named,
                fits,
                erases,
            };
            if job.checks_first() {
                run_checked(job.as_mut(), &mut work)?;
            } else {
                run_in_savepoint(job.as_mut(), &mut work)?;
            }
        }
        self.stored.write_when_due(&transaction)?;
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
        let written = self.connection.transaction().and_then(|transaction| {
            self.stored.write(&transaction)?;
            transaction.commit()
        });
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

fn run_checked(job: &mut dyn Job, work: &mut Work<'_>) -> Result<(), Failure> {
    let done = job.run(work);
    work.stored.settle(work.transaction, done.is_ok())?;
    match done {
        Ok(()) | Err(StoreError::Refused(_)) => Ok(()),
        // What it has written cannot be told from what its neighbours have.
        Err(StoreError::Full) => Err(Failure::Full),
        Err(StoreError::Failed(reason)) => Err(Failure::Failed(reason)),
        Err(StoreError::Broken(reason)) => Err(Failure::Fatal(reason.to_string())),
    }
}

fn run_in_savepoint(job: &mut dyn Job, work: &mut Work<'_>) -> Result<(), Failure> {
    let transaction = work.transaction;
    let execute = |sql| transaction.prepare_cached(sql).and_then(|mut statement| statement.execute([]));
    let changes_before = work.changes.len();
    execute("SAVEPOINT job")?;
    let done = job.run(work);
    work.stored.settle(transaction, done.is_ok())?;
    if let Err(error) = done {
        work.changes.truncate(changes_before);
        match error {
            // The disk cannot be trusted with the neighbours either.
            StoreError::Broken(reason) => return Err(Failure::Fatal(reason.to_string())),
            // A full disk may have ended the whole transaction already: then the group has failed.
            _ if transaction.is_autocommit() => return Err(Failure::Full),
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

impl From<CommitFault> for Failure {
    fn from(fault: CommitFault) -> Self {
        match fault {
            CommitFault::Full => Self::Full,
            CommitFault::Sync => Self::Fatal("disk I/O error: fsync failed".to_owned()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Broken(error.to_string().into())
            }
            _ => Self::Failed(error.to_string().into()),
        }
    }
}
