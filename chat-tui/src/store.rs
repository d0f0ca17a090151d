//! What is kept on this machine for one profile and server: channels and messages that were read, and what was written and
//! is not sent. One SQLite file, which only its owner can read.
//!
//! [`LocalStore`] is the door. A thread of its own writes, so that no fsync keeps the screen waiting; what is asked of it is
//! done in the order of the calls.

mod bounds;
mod file;
mod inspect;
mod pages;
mod rows;
mod thread;
mod unsent_rows;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use proto::http::History as HistoryPage;
use proto::{ChannelId, Handle};

use crate::core::history::HistoryRange;
use crate::places::PlaceError;
use crate::stored::{StoreChange, StoredState};
use crate::unsent::Unsent;
pub use inspect::{StoreSummary, clear, summary};
use thread::{StoreOrder, StoreThread};

/// Orders that may wait for the disk.
const ORDERS_MAX: usize = 4_096;

/// Why nothing can be kept.
#[derive(Debug, thiserror::Error)]
pub enum LocalStoreError {
    /// A newer program has made the file.
    #[error("`{0}` was made by a newer chat-tui")]
    Newer(String),
    /// There is no place for it.
    #[error(transparent)]
    Place(PlaceError),
    /// The disk has not taken what came before.
    #[error("the disk does not keep up")]
    Slow,
    /// The database said no.
    #[error("cannot use `{path}`: {reason}")]
    Database {
        /// The path of the file.
        path: String,
        /// What it said, for people.
        reason: String,
    },
}

impl LocalStoreError {
    /// Says what the system said of the file.
    pub(crate) fn of_io(path: &Path, source: std::io::Error) -> Self {
        Self::Place(PlaceError::Io { path: path.display().to_string(), source })
    }

    /// Says that there is no folder for it.
    pub(crate) fn of_place(error: PlaceError) -> Self {
        Self::Place(error)
    }
}

/// What an opened store holds.
#[derive(Debug, Default)]
pub struct Opened {
    /// What the daemon had told.
    pub state: StoredState,
    /// What was written and is not sent: by programs that have ended.
    pub unsent: Unsent,
    /// Where a damaged store was set aside, if there was one.
    pub set_aside: Option<String>,
}

/// Who writes into a store.
#[derive(Debug, Clone)]
pub struct StoreWriter {
    /// The account whose channels and messages are held: those of another are dropped.
    pub handle: Handle,
    /// What sets this window of a program apart from others.
    pub window: String,
    /// The address of the server, as people write it.
    pub server: String,
    /// Bytes that the file may have, about: beyond that the oldest messages go. 0 keeps no message.
    pub bytes_max: u64,
}

/// The store of one profile and server, for one account.
pub struct LocalStore {
    orders: Option<SyncSender<StoreOrder>>,
    /// Whether changes were lost because the disk did not keep up: those behind them would say more than is true.
    has_lost: Cell<bool>,
    /// What was to be kept and is not on the disk yet.
    unkept: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl LocalStore {
    /// Opens the store at a path, and gives what it holds. It is made where it is missing, and made anew where it is damaged.
    /// What windows have left that `has_ended` is this window's now.
    ///
    /// # Errors
    /// See [`LocalStoreError`].
    pub fn open(
        path: &Path,
        writer: StoreWriter,
        has_ended: &dyn Fn(&str) -> bool,
    ) -> Result<(Self, Opened), LocalStoreError> {
        let (mut store, read) = StoreThread::open(path, writer, has_ended)?;
        let (orders, waiting) = sync_channel(ORDERS_MAX);
        let unkept = Arc::<AtomicUsize>::default();
        let done = unkept.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || store.run(&waiting, &done))
            .map_err(|source| LocalStoreError::of_io(path, source))?;
        Ok((Self { orders: Some(orders), has_lost: Cell::new(false), unkept, thread: Some(thread) }, read))
    }

    /// Remembers what is otherwise.
    pub fn remember(&self, changes: Vec<StoreChange>) {
        if self.has_lost.get() && !changes.contains(&StoreChange::ForgetAll) {
            return;
        }
        if self.order(StoreOrder::Remember(changes)).is_some() {
            tracing::warn!("the disk does not keep up: nothing more that is read is saved until the next start");
            self.has_lost.set(true);
        }
    }

    /// Keeps what was written and is not sent, in place of what was kept before; `done` hears whether it is on the disk.
    pub fn keep(&self, unsent: Unsent, done: impl FnOnce(Result<(), LocalStoreError>) + Send + 'static) {
        self.unkept.fetch_add(1, Ordering::AcqRel);
        if let Some(StoreOrder::Keep(_, done)) = self.order(StoreOrder::Keep(Box::new(unsent), Box::new(done))) {
            self.unkept.fetch_sub(1, Ordering::AcqRel);
            done(Err(LocalStoreError::Slow));
        }
    }

    /// Tells whether something that was to be kept is not on the disk yet.
    pub fn is_busy(&self) -> bool {
        self.unkept.load(Ordering::Acquire) > 0
    }

    /// Does something when everything before it is on the disk, or cannot be; never where too much waits for the disk already.
    pub fn then(&self, work: impl FnOnce() + Send + 'static) {
        let _ = self.order(StoreOrder::Then(Box::new(work)));
    }

    /// Looks for a page of history; `answer` hears none where the store does not hold the message that is next.
    pub fn page(
        &self,
        channel: ChannelId,
        range: HistoryRange,
        answer: impl FnOnce(Option<HistoryPage>) + Send + 'static,
    ) {
        if let Some(StoreOrder::Page(_, _, answer)) = self.order(StoreOrder::Page(channel, range, Box::new(answer))) {
            answer(None);
        }
    }

    /// Gives an order; gives it back where too many wait.
    fn order(&self, order: StoreOrder) -> Option<StoreOrder> {
        match self.orders.as_ref()?.try_send(order) {
            Ok(()) => None,
            Err(TrySendError::Full(order) | TrySendError::Disconnected(order)) => Some(order),
        }
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
