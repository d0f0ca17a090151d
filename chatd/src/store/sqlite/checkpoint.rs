//! Moving the write-ahead log into the database, off the writer's path.
//!
//! A thread with a connection of its own does it passively: it never takes the writer's lock. SQLite
//! starts the log anew only when a checkpoint has caught up with it, which a steady stream of commits
//! can prevent for ever; so when the log has grown large in spite of the passive checkpoints, the
//! writer itself starts it anew between two commits, if nobody reads in it just then.
//!
//! Whatever happens, a commit is in the database some seconds later: who copies `chatd.db` alone from a daemon at rest has
//! everything. What a log has grown to is given back at rest.
//!
//! What people have deleted stands in the log until it is written over. So the log is emptied some seconds after that:
//! several deletions share one emptying, most of which this thread does, and the writer the small rest.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ffi};
use tokio::sync::{mpsc, watch};

use super::job::Order;

/// Jobs between two passive checkpoints: a page that many of them touch is copied once.
const JOBS_BETWEEN: usize = 2_500;
/// How long a commit stands in the log alone at most, but for those who read in it: half of what the contract's copy of a
/// daemon at rest may wait.
const FOLD_AFTER: Duration = Duration::from_secs(5);
/// Bytes that the log may keep on the disk at rest: as much as SQLite lets it grow by default.
const LOG_AT_REST_MAX: u64 = 4 << 20;
/// How long the writer waits for another program that writes to the file, as SQLite is set by default.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages of log (4 KiB each) that make the writer take part: 64 MiB.
const LOG_PAGES_MAX: i64 = 16_384;
/// How long deletions gather before the log is emptied.
const GATHER_DELETIONS: Duration = Duration::from_secs(3);
/// How long the next try to empty it waits for those who read in it; after each that was in vain twice as long, up to a
/// second: somebody may hold it for as long as they like.
const EMPTY_AGAIN: Duration = Duration::from_millis(100);
const EMPTY_AGAIN_MAX: Duration = Duration::from_secs(1);

pub(in crate::store) struct Checkpointer {
    wake: SyncSender<()>,
    shared: Arc<Shared>,
    jobs: usize,
    failing: Failing,
}

#[derive(Default)]
struct Shared {
    /// Pages in the log at the last checkpoint.
    log_pages: AtomicI64,
    /// Whether something was committed since the last checkpoint.
    unfolded: AtomicBool,
    /// Whether there is so much of it that nothing is waited for.
    much: AtomicBool,
    /// Whether words that were deleted stand in the log.
    erased: AtomicBool,
    /// Whether it was told that checkpoints fail.
    told: AtomicBool,
}

/// Hears why nothing can be stored any more.
type Failing = watch::Sender<Option<String>>;

impl Checkpointer {
    pub(in crate::store) fn start(path: PathBuf, failing: Failing, orders: mpsc::WeakSender<Order>) -> Self {
        let (wake, woken) = sync_channel(1);
        // Only who reads in the log kept it from being emptied when the store was opened.
        let left = log_bytes(&path) > 0;
        let shared = Arc::new(Shared { erased: AtomicBool::new(left), ..Shared::default() });
        if left {
            let _ = wake.try_send(());
        }
        let thread = Thread { orders, shared: shared.clone(), failing: failing.clone() };
        thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || thread.run(&path, &woken))
            .expect("the system gives the checkpointer its thread");
        Self { wake, shared, jobs: 0, failing }
    }

    /// Hears that words of people were deleted.
    pub(in crate::store) fn erased(&self) {
        self.shared.erased.store(true, Relaxed);
        let _ = self.wake.try_send(());
    }

    /// Empties the log, if nobody reads in it just then.
    pub(in crate::store) fn truncate(&self, connection: &Connection) -> bool {
        match checkpoint(connection, "wal_checkpoint(TRUNCATE)") {
            Ok(state) => !state.busy,
            Err(error) => {
                report(&error, &self.failing, &self.shared);
                false
            }
        }
    }

    /// Hears of a commit of the writer, whose connection it may use.
    pub(in crate::store) fn committed(&mut self, connection: &Connection, jobs: usize) {
        self.jobs += jobs;
        let much = self.jobs >= JOBS_BETWEEN;
        if much {
            self.jobs = 0;
            self.shared.much.store(true, Relaxed);
        }
        if !self.shared.unfolded.swap(true, Relaxed) || much {
            // Full means that it is awake already.
            let _ = self.wake.try_send(());
        }
        if self.shared.log_pages.load(Relaxed) > LOG_PAGES_MAX {
            self.shared.log_pages.store(0, Relaxed);
            self.run(connection, "wal_checkpoint(RESTART)");
        }
    }

    /// Empties the log when the store closes.
    pub(in crate::store) fn finish(&self, connection: &Connection) {
        self.run(connection, "wal_checkpoint(TRUNCATE)");
    }

    fn run(&self, connection: &Connection, pragma: &str) {
        if let Err(error) = checkpoint(connection, pragma) {
            report(&error, &self.failing, &self.shared);
        }
    }
}

/// What the thread works with.
struct Thread {
    orders: mpsc::WeakSender<Order>,
    shared: Arc<Shared>,
    failing: Failing,
}

impl Thread {
    fn run(&self, path: &Path, woken: &Receiver<()>) {
        let connection = match Connection::open(path) {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(%error, "no connection for store checkpoints, the log will grow");
                return;
            }
        };
        while self.waits(woken) {
            let erased = self.shared.erased.load(Relaxed);
            if erased {
                thread::sleep(GATHER_DELETIONS);
                // What is deleted from here on is for the next time.
                self.shared.erased.store(false, Relaxed);
            }
            let at_rest = !self.shared.much.swap(false, Relaxed);
            self.shared.unfolded.store(false, Relaxed);
            match checkpoint(&connection, "wal_checkpoint(PASSIVE)") {
                Ok(state) => {
                    if self.shared.told.swap(false, Relaxed) {
                        tracing::warn!("store checkpoints work again");
                    }
                    self.shared.log_pages.store(state.pages, Relaxed);
                    if state.folded < state.pages {
                        // Somebody reads an older picture; the rest is for the next time.
                        self.shared.unfolded.store(true, Relaxed);
                    }
                }
                Err(error) => report(&error, &self.failing, &self.shared),
            }
            let large = at_rest && log_bytes(path) > LOG_AT_REST_MAX;
            if (erased || large) && !self.empty(erased) {
                return;
            }
        }
    }

    /// Waits until there is something to do; false at the end.
    fn waits(&self, woken: &Receiver<()>) -> bool {
        if !self.shared.unfolded.load(Relaxed) && woken.recv().is_err() {
            return false;
        }
        let ends = Instant::now() + FOLD_AFTER;
        while !self.shared.much.load(Relaxed) && !self.shared.erased.load(Relaxed) {
            match woken.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }

    /// Lets the writer empty the log, if it must be again and again while somebody reads in it; false when the writer has
    /// ended, which empties it itself.
    fn empty(&self, must_be: bool) -> bool {
        let mut wait = EMPTY_AGAIN;
        loop {
            let (truncated, outcome) = sync_channel(1);
            let Some(orders) = self.orders.upgrade() else { return false };
            if orders.blocking_send(Order::Truncate(truncated)).is_err() {
                return false;
            }
            drop(orders);
            match outcome.recv() {
                Ok(emptied) if emptied || !must_be => return true,
                Ok(_) => thread::sleep(wait),
                Err(_) => return false,
            }
            wait = EMPTY_AGAIN_MAX.min(wait * 2);
        }
    }
}

/// What a checkpoint has left.
struct Log {
    /// Whether somebody kept it from doing all of it.
    busy: bool,
    /// Pages in the log.
    pages: i64,
    /// How many of them are in the database.
    folded: i64,
}

/// Moves everything from the log into the database, unless somebody reads in it.
pub(in crate::store) fn empty_log(connection: &Connection) -> rusqlite::Result<()> {
    checkpoint(connection, "wal_checkpoint(TRUNCATE)").map(drop)
}

/// Gives how large the log of a database is on the disk.
fn log_bytes(database: &Path) -> u64 {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |found| found.len())
}

/// Runs a checkpoint, waiting for nobody.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<Log> {
    // A reader of another program may hold the log for as long as it likes; the next one tries again.
    connection.busy_timeout(Duration::ZERO)?;
    let log = run_pragma(connection, pragma);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    log
}

fn run_pragma(connection: &Connection, pragma: &str) -> rusqlite::Result<Log> {
    let mut statement = connection.prepare(&["PRAGMA ", pragma].concat())?;
    statement.query_row([], |row| Ok(Log { busy: row.get(0)?, pages: row.get(1)?, folded: row.get(2)? }))
}

/// Says that a checkpoint failed, once for as long as they do. When an fsync of the database reports an error, what was written to it
/// may be lost while the next checkpoint seems to work: then the daemon stops, and the log has it all.
fn report(error: &rusqlite::Error, failing: &Failing, shared: &Shared) {
    let synced = |code| matches!(code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC);
    if error.sqlite_error().is_some_and(|error| synced(error.extended_code)) {
        tracing::error!(%error, "fsync of the store failed, accepting nothing more");
        failing.send_replace(Some(error.to_string()));
    } else if !shared.told.swap(true, Relaxed) {
        tracing::warn!(%error, "store checkpoint failed, will retry");
    }
}
