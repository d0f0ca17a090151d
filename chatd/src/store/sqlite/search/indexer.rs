//! What is told to the thread that keeps the search index, and what it tells.
//!
//! The index holds nothing that the store does not, so nobody waits for it: it is written without an fsync for each
//! change, read by who searches, and made anew when it is missing, damaged or of another store.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::thread::JoinHandle;
use std::time::Instant;

use proto::{ChannelId, Index};
use rusqlite::Connection;

use super::thread::IndexThread;
use crate::counters::Count;
use crate::lock::lock;
use crate::store::channel_key::ChannelKey;
use crate::store::space::Room;
use crate::store::sqlite::connection;

/// The name of the index in the data folder.
pub(in crate::store) const INDEX_FILE: &str = "search.db";

/// The index, as the store knows it.
pub(in crate::store) struct Indexer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct Shared {
    pub(super) index_path: PathBuf,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
    pub(super) edition: Count,
    pub(super) messages: Count,
    pub(super) cpu_millis: Count,
    pub(super) failing: AtomicBool,
}

#[derive(Default)]
pub(super) struct State {
    /// Channels with changes that are not indexed yet.
    pub(super) touched: HashSet<ChannelId>,
    /// Messages whose words are gone or replaced, and still stand in the index; they go ahead of everything else.
    pub(super) erased: HashSet<(ChannelId, Index)>,
    /// Channels that are gone, and still stand in the index.
    pub(super) gone: HashSet<ChannelKey>,
    /// Whether the thread has some of them in hand.
    pub(super) removing: bool,
    /// Changes since the thread looked last.
    pub(super) changes: usize,
    /// Whether the thread has what it took from there still in hand, or has not looked at the store yet.
    pub(super) working: bool,
    pub(super) stopping: bool,
    /// Whether the file was found to be gone.
    pub(super) lost: bool,
}

/// Tells the indexer of changes; held by the writer.
#[derive(Clone)]
pub(in crate::store) struct Touch(Arc<Shared>);

impl Touch {
    /// Hears of messages whose words are gone or replaced.
    pub(in crate::store) fn erased(&self, messages: impl Iterator<Item = (ChannelId, Index)>) {
        let mut messages = messages.peekable();
        if messages.peek().is_some() {
            self.0.state().erased.extend(messages);
            self.0.changed.notify_one();
        }
    }

    /// Hears which channels have changed.
    pub(in crate::store) fn channels(&self, channels: impl Iterator<Item = ChannelId>) {
        let mut channels = channels.peekable();
        if channels.peek().is_none() {
            return;
        }
        let mut state = self.0.state();
        let slept = state.touched.is_empty();
        let changes = &mut state.changes;
        let counted = channels.inspect(|_| *changes += 1).collect::<HashSet<_>>();
        state.touched.extend(counted);
        drop(state);
        if slept {
            self.0.changed.notify_one();
        }
    }
}

impl Indexer {
    /// Starts the thread for the store in a folder.
    pub(in crate::store) fn start(folder: &Path, store: &Path, store_id: &str, room: Arc<Room>) -> Self {
        let state = State { working: true, ..State::default() };
        let shared = Arc::new(Shared {
            index_path: folder.join(INDEX_FILE),
            state: Mutex::new(state),
            changed: Condvar::new(),
            edition: Count::default(),
            messages: Count::default(),
            cpu_millis: Count::default(),
            failing: AtomicBool::new(false),
        });
        let (store, store_id) = (store.to_owned(), store_id.to_owned());
        let work =
            IndexThread { shared: shared.clone(), store, store_id, room, empties_at: Cell::new(Some(Instant::now())) };
        let thread = thread::Builder::new()
            .name("store-search".to_owned())
            .spawn(move || work.run())
            .expect("the system gives the indexer its thread");
        Self { shared, thread: Mutex::new(Some(thread)) }
    }

    pub(in crate::store) fn touch(&self) -> Touch {
        Touch(self.shared.clone())
    }

    /// Opens the index for reading.
    pub(super) fn reader(&self) -> rusqlite::Result<Connection> {
        connection::open_reader(&self.shared.index_path)
    }

    /// Hears that the file cannot be opened: it is made anew.
    pub(super) fn is_lost(&self) {
        self.shared.state().lost = true;
        self.shared.changed.notify_one();
    }

    /// Numbers the index: 0 before there is one, another number each time it was made anew.
    pub(super) fn edition(&self) -> u64 {
        self.shared.edition.get()
    }

    /// Counts the channels with changes that are not indexed yet.
    pub(in crate::store) fn behind(&self) -> u64 {
        let state = self.shared.state();
        state.touched.len() as u64 + u64::from(state.working)
    }

    /// Counts the channels that are gone and still stand in the index.
    pub(in crate::store) fn removing(&self) -> u64 {
        let state = self.shared.state();
        state.gone.len() as u64 + u64::from(state.removing)
    }

    /// Tells whether the index cannot be used.
    pub(in crate::store) fn is_failing(&self) -> bool {
        self.shared.failing.load(Relaxed)
    }

    /// Counts the messages indexed since the start, and the milliseconds of CPU that took.
    pub(in crate::store) fn spent(&self) -> (u64, u64) {
        (self.shared.messages.get(), self.shared.cpu_millis.get())
    }

    /// Tells the thread to end after the transaction in hand, and gives it, to be waited for.
    pub(in crate::store) fn stop(&self) -> Option<JoinHandle<()>> {
        self.shared.state().stopping = true;
        self.shared.changed.notify_one();
        lock(&self.thread).take()
    }
}

impl Shared {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn stopping(&self) -> bool {
        self.state().stopping
    }
}
