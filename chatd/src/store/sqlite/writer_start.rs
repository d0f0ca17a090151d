//! How the writer begins and ends.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::Rows;
use super::checkpoint::Checkpointer;
use super::job::{Order, StoreTimes};
use super::search::Touch;
use super::writer::{Writer, WriterThread};
use crate::counters::Count;
use crate::store::handle_cache::HandleCache;
use crate::store::last_spoke::LastSpoke;
use crate::store::quota::Stored;
use crate::store::space::{Room, Space};
use crate::store::{Publish, StoreError, StoreOptions};

/// Jobs that may wait for the writer; who comes then waits to be let in.
const JOBS_WAITING_MAX: usize = 4_096;

impl Writer {
    /// Makes the way to a writer, and the writer that waits to be started.
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

impl WriterThread {
    /// Writes down what was counted since the last time; at the end nothing else is written.
    pub(super) fn write_counts(&mut self) {
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
