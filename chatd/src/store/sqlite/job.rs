//! Jobs of the writer: work, what it is to the others of its commit, and who waits for its outcome.

use tokio::sync::oneshot;

use crate::counters::Times;
use crate::store::StoreError;
use crate::store::work::{StoreWork, stopped};

/// Work that waits for the writer.
pub(super) trait Job: Send {
    fn bytes(&self) -> usize;
    fn checks_first(&self) -> bool;
    /// Whether it is done also when nothing new is stored for want of room.
    fn uses_reserve(&self) -> bool;
    fn run(&mut self, work: &mut StoreWork<'_>) -> Result<(), StoreError>;
    fn refuse(&mut self, error: StoreError);
    fn answer(self: Box<Self>);
}

/// What a job asks of the writer besides its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobKind {
    /// It may be refused after it has written, and needs room for what it stores.
    Plain,
    /// It is refused only before it has written anything, for want of room as well.
    ChecksFirst,
    /// It ends or deletes something, or is needed for that.
    UsesReserve,
}

pub(super) struct WaitingJob<T, F> {
    pub(super) bytes: usize,
    pub(super) kind: JobKind,
    pub(super) work: Option<F>,
    pub(super) outcome: Option<Result<T, StoreError>>,
    pub(super) asker: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Job for WaitingJob<T, F>
where
    T: Send,
    F: FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send,
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

    fn run(&mut self, work: &mut StoreWork<'_>) -> Result<(), StoreError> {
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

/// What the writer is told.
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
