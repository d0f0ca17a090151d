//! The way to the thread that writes: work is handed to it, in the order of the calls.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Rows;
use super::checkpoint::Checkpointer;
use super::job::{JobKind, Order, StoreTimes, WaitingJob};
use super::search::Touch;
use super::writer_thread::WriterThread;
use crate::counters::Count;
use crate::store::handle_cache::HandleCache;
use crate::store::last_spoke::LastSpoke;
use crate::store::quota::Stored;
use crate::store::space::{Room, Space};
use crate::store::work::{Pending, StoreWork};
use crate::store::{Publish, StoreError, StoreOptions};

/// Jobs that may wait for the writer; who comes then waits to be let in.
const JOBS_WAITING_MAX: usize = 4_096;
/// Bytes that a job counts for besides its content.
const JOB_BYTES: usize = 256;

pub(in crate::store) struct Writer {
    pub(in crate::store) commits: Arc<Count>,
    pub(in crate::store) times: StoreTimes,
    /// Woken when something was deleted whose content is to be removed in steps.
    pub(in crate::store) removals: Arc<Notify>,
    orders: mpsc::Sender<Order>,
    failure: watch::Receiver<Option<String>>,
}

impl Writer {
    pub(in crate::store) fn new(
        rows: Rows,
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
            rows,
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
    pub(in crate::store) async fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES, JobKind::Plain, work).await
    }

    /// The same for work that ends or deletes something, or is needed for that: it is done in what is kept free.
    pub(in crate::store) async fn submit_in_reserve<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES, JobKind::UsesReserve, work).await
    }

    /// The same for work that publishes so many bytes.
    pub(in crate::store) async fn submit_sized<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES + bytes, JobKind::Plain, work).await
    }

    /// The same for work that publishes so many bytes of content and is refused only before it has
    /// written anything: it needs no savepoint, which would cost as much as two of its statements, and much more where it
    /// writes much: SQLite keeps a copy of each page for it, and walks all copies at the end of each statement.
    pub(in crate::store) async fn submit_checked<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        self.queue(JOB_BYTES + bytes, JobKind::ChecksFirst, work).await
    }

    async fn queue<T: Send + 'static>(
        &self,
        bytes: usize,
        kind: JobKind,
        work: impl FnOnce(&mut StoreWork<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (asker, answer) = oneshot::channel();
        let job = Box::new(WaitingJob { bytes, kind, work: Some(work), outcome: None, asker });
        // When the writer has stopped the job is dropped, and with it the asker: the answer says so.
        let _ = self.orders.send(Order::Job(job)).await;
        Pending(answer)
    }

    pub(in crate::store) async fn failed(&self) -> String {
        let mut failure = self.failure.clone();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().expect("waited for it"),
            // Only a thread that ended without a word leaves nobody to speak.
            Err(_) => "the thread of the writer has ended".to_owned(),
        }
    }

    pub(in crate::store) async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.orders.send(Order::Close(closed)).await.is_ok() {
            let _ = done.await;
        }
    }
}

/// A writer that waits for somebody to publish to.
pub(in crate::store) struct Start {
    commits: Arc<Count>,
    times: StoreTimes,
    removals: Arc<Notify>,
    orders: mpsc::WeakSender<Order>,
    rows: Rows,
    path: PathBuf,
    options: StoreOptions,
    room: Arc<Room>,
    waiting: mpsc::Receiver<Order>,
    failing: watch::Sender<Option<String>>,
    touch: Touch,
}

impl Start {
    pub(in crate::store) fn run(self, publish: Box<dyn Publish>) {
        let space = Space::of(&self.path, self.room.clone());
        let checkpointer = Checkpointer::start(self.path, self.failing.clone(), self.orders);
        let thread = WriterThread {
            commits: self.commits,
            times: self.times,
            removals: self.removals,
            rows: self.rows,
            clock: self.options.clock,
            limits: self.options.limits,
            before_commit: self.options.before_commit,
            space,
            room: self.room,
            stored: Stored::default(),
            spoken: LastSpoke::default(),
            handles: HandleCache::default(),
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
