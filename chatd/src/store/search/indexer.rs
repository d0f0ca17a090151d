//! The thread that keeps the search index: behind the writer, in a file of its own.
//!
//! The index holds nothing that the store does not, so nobody waits for it: it is written without an fsync for each
//! change, read by who searches, and made anew when it is missing, damaged or of another store. It follows each channel
//! by version, like a client that asks `since`; after a crash it goes on where its last transaction ended.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use proto::{ChannelId, Index, Version};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::news::{Known, News, known};
use super::rows::{forget_some, put_again, put_new};
use crate::counters::Count;
use crate::lock::{lock, sound};
use crate::store::row::Column;
use crate::store::space::Room;
use crate::store::{StoreError, history, key, schema};

/// The name of the index in the data folder.
pub(crate) const INDEX_FILE: &str = "search.db";
/// The form of the index; another one is made anew.
const FORM: &str = "3";
/// How much the thread stands back (nice, 0 to 19): as far as it can; nobody waits for it while there is talk.
const NICENESS: i32 = 19;
/// How long changes gather before they are indexed: within a second at rest, and few transactions under load.
const GATHER: Duration = Duration::from_millis(200);
/// Changes in that time from which on the core is left to the talk: about a thirtieth of what it can store.
const BUSY_CHANGES: usize = 400;
/// Times in a row that the thread stands back so: a minute.
const STANDS_BACK_MAX: usize = 300;
/// How long after a deletion the log of the index is emptied: several share one emptying.
const GATHER_DELETIONS: Duration = Duration::from_secs(3);
/// How long the next try to empty it waits for those who read in it.
const EMPTY_AGAIN: Duration = Duration::from_millis(100);
/// Messages that were deleted and are taken out in one transaction.
const ERASED_PER_COMMIT: usize = 100;
/// How long the thread waits after something failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Messages indexed in one transaction; between two of them the end is looked for.
const MESSAGES_PER_COMMIT: usize = 500;
/// Memory for pages of the index, in KiB.
const CACHE_KIB: i64 = 512;
/// Pages of log (4 KiB each) after which the index is checkpointed: 16 MiB, with one fsync.
const LOG_PAGES: i64 = 4_096;
const SCHEMA: &str = "
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    -- Numbers each channel; up to `last_idx` its messages are here, as they were at `version`.
    CREATE TABLE place (
        id       INTEGER PRIMARY KEY AUTOINCREMENT,
        channel  INTEGER NOT NULL UNIQUE,
        version  INTEGER NOT NULL,
        last_idx INTEGER NOT NULL
    ) STRICT;
    -- What was said, folded, in the order of time.
    CREATE TABLE said (
        number  INTEGER PRIMARY KEY,
        place   INTEGER NOT NULL,
        idx     INTEGER NOT NULL,
        user    INTEGER NOT NULL,
        date    INTEGER NOT NULL,
        content TEXT    NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX said_at ON said (place, idx);
    CREATE VIRTUAL TABLE grams USING fts5(held, content = '', columnsize = 0, detail = none, tokenize = 'ascii');
    -- What is deleted leaves the index at once.
    INSERT INTO grams (grams, rank) VALUES ('secure-delete', 1);
    -- Bytes of memory for what a transaction adds.
    INSERT INTO grams (grams, rank) VALUES ('hashsize', 262144);
    -- Segments that are merged at once: each entry is written again less often than with the usual 4.
    INSERT INTO grams (grams, rank) VALUES ('automerge', 8);
";

/// The index, as the store knows it.
pub(crate) struct Indexer {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    index_path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
    edition: Count,
    messages: Count,
    cpu_millis: Count,
    failing: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Channels with changes that are not indexed yet.
    touched: HashSet<ChannelId>,
    /// Messages whose words are gone or replaced, and still stand in the index; they go ahead of everything else.
    erased: HashSet<(ChannelId, Index)>,
    /// Channels that are gone, and still stand in the index.
    gone: HashSet<i64>,
    /// Whether the thread has some of them in hand.
    removing: bool,
    /// Changes since the thread looked last.
    changes: usize,
    /// Whether the thread has what it took from there still in hand, or has not looked at the store yet.
    working: bool,
    stopping: bool,
    /// Whether the file was found to be gone.
    lost: bool,
}

/// Tells the indexer of changes; held by the writer.
#[derive(Clone)]
pub(crate) struct Touch(Arc<Shared>);

impl Touch {
    /// Hears of messages whose words are gone or replaced.
    pub(crate) fn erased(&self, messages: impl Iterator<Item = (ChannelId, Index)>) {
        let mut messages = messages.peekable();
        if messages.peek().is_some() {
            self.0.state().erased.extend(messages);
            self.0.changed.notify_one();
        }
    }

    /// Hears which channels have changed.
    pub(crate) fn channels(&self, channels: impl Iterator<Item = ChannelId>) {
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
    pub(crate) fn start(folder: &Path, store: &Path, store_id: &str, room: Arc<Room>) -> Self {
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
        let work = Work { shared: shared.clone(), store, store_id, room, empties_at: Cell::new(Some(Instant::now())) };
        let thread = thread::Builder::new()
            .name("store-search".to_owned())
            .spawn(move || work.run())
            .expect("the system gives the indexer its thread");
        Self { shared, thread: Mutex::new(Some(thread)) }
    }

    pub(crate) fn touch(&self) -> Touch {
        Touch(self.shared.clone())
    }

    /// Opens the index for reading.
    pub(super) fn reader(&self) -> rusqlite::Result<Connection> {
        schema::open_reader(&self.shared.index_path)
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
    pub(crate) fn behind(&self) -> u64 {
        let state = self.shared.state();
        state.touched.len() as u64 + u64::from(state.working)
    }

    /// Counts the channels that are gone and still stand in the index.
    pub(crate) fn removing(&self) -> u64 {
        let state = self.shared.state();
        state.gone.len() as u64 + u64::from(state.removing)
    }

    /// Tells whether the index cannot be used.
    pub(crate) fn is_failing(&self) -> bool {
        self.shared.failing.load(Relaxed)
    }

    /// Counts the messages indexed since the start, and the milliseconds of CPU that took.
    pub(crate) fn spent(&self) -> (u64, u64) {
        (self.shared.messages.get(), self.shared.cpu_millis.get())
    }

    /// Tells the thread to end after the transaction in hand, and gives it, to be waited for.
    pub(crate) fn stop(&self) -> Option<JoinHandle<()>> {
        self.shared.state().stopping = true;
        self.shared.changed.notify_one();
        lock(&self.thread).take()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn stopping(&self) -> bool {
        self.state().stopping
    }
}

/// What the thread works with.
struct Work {
    shared: Arc<Shared>,
    store: PathBuf,
    store_id: String,
    room: Arc<Room>,
    /// When the log is to be emptied: something was taken out of the index that stands there.
    empties_at: Cell<Option<Instant>>,
}

impl Work {
    fn run(&self) {
        // Without it the thread only competes harder.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        while !self.shared.stopping() {
            let Err(error) = self.follow() else { return };
            self.fails(&error);
            let wait =
                if error.is_of_the_file() && remove(&self.shared.index_path).is_ok() { GATHER } else { AFTER_FAILURE };
            let mut state = self.shared.state();
            // Whatever was in hand is found again by its version.
            state.working = true;
            let _ = self.shared.changed.wait_timeout_while(state, wait, |state| !state.stopping);
        }
    }

    /// Tells once that the index cannot be used; one that was removed is made anew without a word.
    fn fails(&self, error: &IndexError) {
        if !matches!(error, IndexError::Lost) && !self.shared.failing.swap(true, Relaxed) {
            tracing::error!(%error, "search index unavailable, will retry");
        }
    }

    /// Brings the index up to date, then follows what changes, until told to stop.
    fn follow(&self) -> Result<(), IndexError> {
        let mut index = self.open()?;
        self.shared.state().lost = false;
        self.shared.edition.add(1);
        let mut store = schema::open_reader(&self.store)?;
        store.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let mut touched = behind(&index, &store)?;
        while self.catch_up(&mut index, &mut store, touched)? {
            if self.shared.failing.swap(false, Relaxed) {
                tracing::warn!("search index available again");
            }
            let millis = thread_cpu_millis();
            self.shared.cpu_millis.add(millis.saturating_sub(self.shared.cpu_millis.get()));
            // At rest nothing is held for the next time.
            index.execute_batch("PRAGMA shrink_memory")?;
            store.execute_batch("PRAGMA shrink_memory")?;
            touched = match self.wait() {
                Some(touched) => touched,
                None => break,
            };
            if self.shared.state().lost {
                return Err(IndexError::Lost);
            }
            self.erase(&mut index, &mut store)?;
            self.empty_when_due(&index)?;
        }
        // What was deleted leaves the log as well.
        index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Indexes what changed in some channels, their new messages in the order of time; false when it is time to stop.
    fn catch_up(
        &self,
        index: &mut Connection,
        store: &mut Connection,
        channels: HashSet<i64>,
    ) -> Result<bool, IndexError> {
        let mut news = News::of(channels.len());
        for channel in channels {
            if !self.goes_on(index, store)? {
                return Ok(false);
            }
            match self.begin(index, store, channel)? {
                Some(place) => news.expect(store, place)?,
                None => {
                    self.forget_some(index, channel)?;
                }
            }
        }
        while self.goes_on(index, store)? {
            let messages = news.next(store, MESSAGES_PER_COMMIT)?;
            if messages.is_empty() {
                return Ok(true);
            }
            let transaction = index.transaction()?;
            put_new(&transaction, &messages)?;
            transaction.commit()?;
            self.shared.messages.add(messages.len() as u64);
        }
        Ok(false)
    }

    /// Does what is due between two transactions, and waits for room; false when it is time to stop.
    fn goes_on(&self, index: &mut Connection, store: &mut Connection) -> Result<bool, IndexError> {
        loop {
            if self.shared.stopping() {
                return Ok(false);
            }
            // Deletions wait for nobody.
            self.erase(index, store)?;
            self.empty_when_due(index)?;
            if !self.waits_for_room() {
                return Ok(true);
            }
        }
    }

    /// Indexes what changed in messages of a channel that are here already; `None` when the channel is gone. Where nothing of
    /// that did, nothing is written: the place of a channel moves with its new messages.
    fn begin(&self, index: &mut Connection, store: &mut Connection, channel: i64) -> Result<Option<Known>, IndexError> {
        let reading = store.transaction()?;
        let present = reading
            .prepare_cached("SELECT version, last_index FROM channel WHERE id = ?1")?
            .query_row([channel], |row| Ok((row.get::<_, Column<Version>>(0)?.0, row.get::<_, Column<Index>>(1)?.0)))
            .optional()?;
        let Some((present, last)) = present else { return Ok(None) };
        let Some(known) = known(index, channel)? else {
            let place = index
                .prepare_cached("INSERT INTO place (channel, version, last_idx) VALUES (?1, ?2, 0) RETURNING id")?
                .query_row(params![channel, Column(present)], |row| row.get(0))?;
            return Ok(Some(Known { channel, place, version: present, last: Index::default() }));
        };
        let changed = reading
            .prepare_cached(
                "SELECT DISTINCT idx FROM changed_message WHERE channel = ?1 AND version > ?2 AND idx <= ?3",
            )?
            .query_map(params![channel, Column(known.version), Column(known.last)], |row| {
                row.get::<_, Column<Index>>(0)
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        if !changed.is_empty() || known.last >= last {
            let transaction = index.transaction()?;
            let mut replaced = false;
            for Column(at) in changed {
                let message = history::one(&reading, channel, at)?;
                replaced |= put_again(&transaction, known.place, at, message.as_ref())?;
            }
            transaction
                .prepare_cached("UPDATE place SET version = ?2 WHERE id = ?1")?
                .execute(params![known.place, Column(present)])?;
            transaction.commit()?;
            if replaced {
                self.has_taken_out();
            }
        }
        Ok(Some(Known { version: present, ..known }))
    }

    /// Takes some messages of a channel that is gone out of the index; the rest later, others come in between.
    fn forget_some(&self, index: &mut Connection, channel: i64) -> Result<(), IndexError> {
        let transaction = index.transaction()?;
        let more = forget_some(&transaction, channel)?;
        transaction.commit()?;
        self.has_taken_out();
        if more {
            self.shared.state().gone.insert(channel);
        }
        Ok(())
    }

    /// Waits for changes, and for as long as there are very many; `None` at the end.
    fn wait(&self) -> Option<HashSet<i64>> {
        let mut state = self.shared.state();
        (state.working, state.removing) = (false, false);
        let idle = |state: &mut State| {
            let rests = state.touched.is_empty() && state.gone.is_empty() && state.erased.is_empty();
            !state.stopping && !state.lost && rests
        };
        state = match self.empties_at.get() {
            None => sound(self.shared.changed.wait_while(state, idle)),
            Some(when) => {
                let rest = when.saturating_duration_since(Instant::now());
                sound(self.shared.changed.wait_timeout_while(state, rest, idle)).0
            }
        };
        for _ in 0..STANDS_BACK_MAX {
            state.changes = 0;
            let gathering = self.shared.changed.wait_timeout_while(state, GATHER, |state| !state.stopping);
            state = sound(gathering).0;
            let deleting = !state.erased.is_empty() || self.empties_at.get().is_some();
            if state.changes < BUSY_CHANGES || deleting {
                break;
            }
        }
        // What is gone cannot be found any more: removing it leaves no search incomplete.
        state.working = !state.touched.is_empty();
        state.removing = !state.gone.is_empty();
        let (touched, gone) = (std::mem::take(&mut state.touched), std::mem::take(&mut state.gone));
        (!state.stopping).then(|| touched.iter().filter_map(key::key).chain(gone).collect())
    }

    /// Takes the words of messages that are gone or replaced out of the index.
    fn erase(&self, index: &mut Connection, store: &mut Connection) -> Result<(), IndexError> {
        let erased = std::mem::take(&mut self.shared.state().erased);
        let erased = erased.into_iter().collect::<Vec<_>>();
        for some in erased.chunks(ERASED_PER_COMMIT) {
            let (transaction, reading) = (index.transaction()?, store.transaction()?);
            for (channel, message) in some {
                let Some(channel) = key::key(channel) else { continue };
                let Some(known) = known(&transaction, channel)? else { continue };
                put_again(&transaction, known.place, *message, history::one(&reading, channel, *message)?.as_ref())?;
            }
            transaction.commit()?;
            self.has_taken_out();
        }
        Ok(())
    }

    /// Notes that words which are gone stand in the log.
    fn has_taken_out(&self) {
        if self.empties_at.get().is_none() {
            self.empties_at.set(Some(Instant::now() + GATHER_DELETIONS));
        }
    }

    /// Empties the log when it is time, or soon again when somebody reads in it.
    fn empty_when_due(&self, index: &Connection) -> Result<(), IndexError> {
        if self.empties_at.get().is_none_or(|when| when > Instant::now()) {
            return Ok(());
        }
        let busy: bool = index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.empties_at.set(busy.then(|| Instant::now() + EMPTY_AGAIN));
        Ok(())
    }

    /// Waits a while where there is no room: what is left of it is for the store.
    fn waits_for_room(&self) -> bool {
        let is_short = self.room.is_short();
        if is_short {
            let state = self.shared.state();
            let waited = self
                .shared
                .changed
                .wait_timeout_while(state, AFTER_FAILURE, |state| !state.stopping && state.erased.is_empty());
            drop(sound(waited));
        }
        is_short
    }

    /// Opens the index, or makes it anew where it is none of this store.
    fn open(&self) -> Result<Connection, IndexError> {
        let path = &self.shared.index_path;
        let connection = self.open_file()?;
        let meta = |key: &str| -> rusqlite::Result<Option<String>> {
            connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
        };
        // Without a schema there is no table to read from.
        let known = |key| meta(key).ok().flatten();
        if known("form").as_deref() == Some(FORM) && known("store").as_deref() == Some(&self.store_id) {
            return Ok(connection);
        }
        drop(connection);
        remove(path)?;
        let mut connection = self.open_file()?;
        let transaction = connection.transaction()?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute("INSERT INTO meta VALUES ('form', ?1), ('store', ?2)", [FORM, &self.store_id])?;
        transaction.commit()?;
        Ok(connection)
    }

    fn open_file(&self) -> Result<Connection, IndexError> {
        schema::create_private(&self.shared.index_path)?;
        let connection = Connection::open(&self.shared.index_path)?;
        connection.set_prepared_statement_cache_capacity(32);
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // What a power cut takes is found again in the store.
        connection.pragma_update(None, "synchronous", "normal")?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        Ok(connection)
    }
}

/// Removes the index with its log.
fn remove(path: &Path) -> io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the channels whose messages are not all here, and those that are here and no longer there.
fn behind(index: &Connection, store: &Connection) -> rusqlite::Result<HashSet<i64>> {
    let list = |connection: &Connection, sql: &str| -> rusqlite::Result<HashSet<(i64, i64, i64)>> {
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
    };
    let known = list(index, "SELECT channel, version, last_idx FROM place")?;
    let there = list(store, "SELECT id, version, last_index FROM channel WHERE last_index > 0")?;
    Ok(known.symmetric_difference(&there).map(|(channel, ..)| *channel).collect())
}

fn thread_cpu_millis() -> u64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    spent.tv_sec.unsigned_abs() * 1_000 + spent.tv_nsec.unsigned_abs() / 1_000_000
}

/// What can keep the index from being written.
#[derive(Debug, thiserror::Error)]
pub(super) enum IndexError {
    #[error("it was removed")]
    Lost,
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    File(#[from] io::Error),
}

impl IndexError {
    /// Tells whether the file itself is damaged, so that only a new one helps.
    fn is_of_the_file(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Database(error) => {
                matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::Store(_) | Self::File(_) => false,
        }
    }
}
