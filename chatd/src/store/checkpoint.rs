//! Moving the write-ahead log into the database, off the writer's path.
//!
//! A thread with a connection of its own does it passively: it never takes the writer's lock. SQLite
//! starts the log anew only when a checkpoint has caught up with it, which a steady stream of commits
//! can prevent for ever; so when the log has grown large in spite of the passive checkpoints, the
//! writer itself starts it anew between two commits, if nobody reads in it just then.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ffi};
use tokio::sync::watch;

/// Jobs between two passive checkpoints: a page that many of them touch is copied once.
const JOBS_BETWEEN: usize = 2_500;
/// How long the writer waits for another program that writes to the file, as SQLite is set by default.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages of log (4 KiB each) that make the writer take part: 64 MiB.
const LOG_PAGES_MAX: i64 = 16_384;

pub(super) struct Checkpointer {
    wake: SyncSender<()>,
    log_pages: std::sync::Arc<std::sync::atomic::AtomicI64>,
    jobs: usize,
    failing: Failing,
}

/// Hears why nothing can be stored any more.
type Failing = watch::Sender<Option<String>>;

impl Checkpointer {
    pub(super) fn start(path: PathBuf, failing: Failing) -> Self {
        let (wake, woken) = sync_channel(1);
        let log_pages = std::sync::Arc::default();
        let seen = std::sync::Arc::clone(&log_pages);
        let telling = failing.clone();
        thread::Builder::new()
            .name("store-checkpoint".to_owned())
            .spawn(move || run(&path, &woken, &seen, &telling))
            .expect("the system gives the checkpointer its thread");
        Self { wake, log_pages, jobs: 0, failing }
    }

    /// Hears of a commit of the writer, whose connection it may use.
    pub(super) fn committed(&mut self, connection: &Connection, jobs: usize) {
        use std::sync::atomic::Ordering::Relaxed;

        self.jobs += jobs;
        if self.jobs >= JOBS_BETWEEN {
            self.jobs = 0;
            // Full means that it is awake already.
            let _ = self.wake.try_send(());
        }
        if self.log_pages.load(Relaxed) > LOG_PAGES_MAX {
            self.log_pages.store(0, Relaxed);
            self.report(checkpoint(connection, "wal_checkpoint(RESTART)"));
        }
    }

    /// Empties the log when the store closes.
    pub(super) fn finish(&self, connection: &Connection) {
        self.report(checkpoint(connection, "wal_checkpoint(TRUNCATE)"));
    }

    fn report(&self, outcome: rusqlite::Result<i64>) {
        report(outcome, &self.failing);
    }
}

fn run(path: &PathBuf, woken: &Receiver<()>, log_pages: &std::sync::atomic::AtomicI64, failing: &Failing) {
    let connection = match Connection::open(path) {
        Ok(connection) => connection,
        Err(error) => {
            tracing::error!(%error, "no connection for checkpoints, the log of the store will grow");
            return;
        }
    };
    while woken.recv().is_ok() {
        match checkpoint(&connection, "wal_checkpoint(PASSIVE)") {
            Ok(pages) => log_pages.store(pages, std::sync::atomic::Ordering::Relaxed),
            failed => report(failed, failing),
        }
    }
}

/// Runs a checkpoint, waiting for nobody, and gives the pages in the log.
fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    // A reader of another program may hold the log for as long as it likes; the next one tries again.
    connection.busy_timeout(Duration::ZERO)?;
    let pages = run_pragma(connection, pragma);
    connection.busy_timeout(BUSY_TIMEOUT)?;
    pages
}

fn run_pragma(connection: &Connection, pragma: &str) -> rusqlite::Result<i64> {
    connection.prepare(&["PRAGMA ", pragma].concat())?.query_row([], |row| row.get(1))
}

/// Says that a checkpoint failed. When an fsync of the database reports an error, what was written to it
/// may be lost while the next checkpoint seems to work: then the daemon stops, and the log has it all.
fn report(outcome: rusqlite::Result<i64>, failing: &Failing) {
    let Err(error) = outcome else { return };
    let synced = |code| matches!(code, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC);
    if error.sqlite_error().is_some_and(|error| synced(error.extended_code)) {
        tracing::error!(%error, "an fsync of the store failed, nothing more is accepted");
        failing.send_replace(Some(error.to_string()));
    } else {
        tracing::warn!(%error, "a checkpoint of the store failed, the next one tries again");
    }
}
