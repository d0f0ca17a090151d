//! What is kept on this machine for one profile and server: channels and messages that were read, and what was written and
//! is not sent. One SQLite file, which only its owner can read.
//!
//! [`LocalStore`] is the door. A thread of its own does what is asked of it, in the order of the calls, so that no fsync keeps
//! the screen waiting (`thread`). One program of a profile holds the file (`owner`, `database`); the others work through a
//! socket beside it (`window`, `wire`, `place`).

mod bounds;
mod database;
mod file;
mod input;
mod inspect;
mod owner;
mod pages;
mod place;
mod rows;
mod search;
mod terms;
mod thread;
mod unsent_rows;
mod window;
mod wire;

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use proto::ChannelId;
use proto::http::{History as HistoryPage, SearchHits, SearchQuery};

use crate::core::history::HistoryRange;
use crate::stored::{StoreChange, StoredMember};
use crate::unsent::Unsent;
use database::Database;
use input::{StoreInput, StoreOrder};
pub use inspect::StoreSummary;
use place::StorePlace;
use terms::HasEnded;
pub use terms::{LocalStoreError, Opened, StoreWriter};
use thread::StoreThread;
use window::ConnectError;
use wire::ToOwner;

/// Orders that may wait for the disk.
const ORDERS_MAX: usize = 4_096;
/// How long a program that is to be stopped waits until others may have the store.
const REST_MAX: Duration = Duration::from_millis(500);
/// How long a command waits for a store that goes from one program to another, and between its looks.
const COMMAND_MAX: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The store of one profile and server, for one account.
pub struct LocalStore {
    inputs: SyncSender<StoreInput>,
    /// Whether changes were lost because the disk did not keep up: those behind them would say more than is true.
    has_lost: Cell<bool>,
    /// What was to be kept and is not on the disk yet.
    unkept: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl LocalStore {
    /// Opens the store at a path, and gives what it holds. It is made where it is missing, and made anew where it is damaged.
    /// Where another program has it, that one gives it. What windows have left that `has_ended` is this window's now.
    ///
    /// # Errors
    /// See [`LocalStoreError`].
    pub fn open(
        path: &Path,
        writer: StoreWriter,
        has_ended: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<(Self, Opened), LocalStoreError> {
        Self::start(path, writer, Box::new(has_ended), false)
    }

    /// Opens the store for a window that has run without it until now: nothing that it holds is read or taken over, and what the
    /// daemon has told since is not written, as it would say more than is true.
    ///
    /// # Errors
    /// See [`LocalStoreError`].
    pub fn open_late(
        path: &Path,
        writer: StoreWriter,
        has_ended: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Self, LocalStoreError> {
        Self::start(path, writer, Box::new(has_ended), true).map(|(store, _)| store)
    }

    fn start(
        path: &Path,
        writer: StoreWriter,
        has_ended: Box<HasEnded>,
        is_late: bool,
    ) -> Result<(Self, Opened), LocalStoreError> {
        let (inputs, heard) = sync_channel(ORDERS_MAX);
        let (store, opened) = StoreThread::open(StorePlace::of(path), writer, has_ended, inputs.clone(), is_late)?;
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || store.run(&heard))
            .map_err(|source| LocalStoreError::of_io(path, source))?;
        Ok((Self { inputs, has_lost: Cell::new(false), unkept: Arc::default(), thread: Some(thread) }, opened))
    }

    /// Remembers what is otherwise.
    pub fn remember(&self, changes: Vec<StoreChange>) {
        let is_forgotten = |change: &StoreChange| {
            matches!(change, StoreChange::ForgetAll | StoreChange::Forget(_) | StoreChange::Reset(_))
        };
        let changes = match self.has_lost.get() {
            true => changes.into_iter().filter(is_forgotten).collect::<Vec<_>>(),
            false => changes,
        };
        if changes.is_empty() {
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
        let unkept = self.unkept.clone();
        let done = move |kept| {
            unkept.fetch_sub(1, Ordering::AcqRel);
            done(kept);
        };
        if let Some(StoreOrder::Keep(_, done)) = self.order(StoreOrder::Keep(Box::new(unsent), Box::new(done))) {
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

    /// Looks for a page of history, from the nearest message that is held; it need not be the next one
    /// ([`HistoryRange::is_next`]). `answer` hears none where none is held there.
    pub fn page(
        &self,
        channel: ChannelId,
        range: HistoryRange,
        answer: impl FnOnce(Option<HistoryPage>) + Send + 'static,
    ) {
        if let Some(unfollowed) = self.order(StoreOrder::Page(channel, range, Box::new(answer))) {
            unfollowed.fail();
        }
    }

    /// Looks who is in a channel.
    pub fn members(&self, channel: ChannelId, answer: impl FnOnce(Vec<StoredMember>) + Send + 'static) {
        if let Some(unfollowed) = self.order(StoreOrder::Members(channel, Box::new(answer))) {
            unfollowed.fail();
        }
    }

    /// Searches what is held, by the rules of the daemon.
    pub fn search(&self, query: SearchQuery, answer: impl FnOnce(SearchHits) + Send + 'static) {
        if let Some(unfollowed) = self.order(StoreOrder::Search(Box::new(query), Box::new(answer))) {
            unfollowed.fail();
        }
    }

    /// The program is to be stopped for a while: another one may have the store until this one orders something again.
    pub fn rest(&self) {
        let (tell, rests) = sync_channel(1);
        if self.inputs.try_send(StoreInput::Rest(tell)).is_ok() {
            let _ = rests.recv_timeout(REST_MAX);
        }
    }

    /// Gives an order; gives it back where too many wait.
    fn order(&self, order: StoreOrder) -> Option<StoreOrder> {
        match self.inputs.try_send(StoreInput::Order(order)) {
            Err(
                TrySendError::Full(StoreInput::Order(order)) | TrySendError::Disconnected(StoreInput::Order(order)),
            ) => Some(order),
            _ => None,
        }
    }
}

impl Drop for LocalStore {
    fn drop(&mut self) {
        let _ = self.inputs.send(StoreInput::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Says what the store at a path holds.
///
/// # Errors
/// See [`LocalStoreError`].
pub fn summary(path: &Path) -> Result<StoreSummary, LocalStoreError> {
    command(path, &ToOwner::Look, Database::summary)
}

/// Deletes what the server can give again from the store at a path, never what is unsent; says what it holds then.
///
/// # Errors
/// See [`LocalStoreError`].
pub fn clear(path: &Path) -> Result<StoreSummary, LocalStoreError> {
    command(path, &ToOwner::Clear, |database| database.clear().and_then(|()| database.summary()))
}

/// Has a command done by whoever holds the store, which is this program if nobody else does.
fn command(
    path: &Path,
    packet: &ToOwner,
    work: impl Fn(&mut Database) -> Result<StoreSummary, LocalStoreError>,
) -> Result<StoreSummary, LocalStoreError> {
    let place = StorePlace::of(path);
    let until = Instant::now() + COMMAND_MAX;
    loop {
        if let Some(_lock) = place.take()? {
            return work(&mut Database::open(path, u64::MAX)?);
        }
        match window::ask_owner(&place, packet) {
            Ok(summary) => return Ok(summary),
            Err(ConnectError::Gone) if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
            Err(ConnectError::Gone) => return Err(LocalStoreError::Silent),
            Err(ConnectError::Unusable(error)) => return Err(error),
        }
    }
}
