//! Opening connections: the pragmas, and what a long migration tells.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::migrate;
use super::{Rows, checkpoint};
use crate::store::OpenError;
use crate::store::folder::create_private;
use crate::store::options::MigrationProgress;

const STATEMENTS_CACHED: usize = 128;
/// Memory that the writer may use for pages, in KiB. One commit touches three pages of each channel that
/// speaks in it; with SQLite's 2 MiB it would read them again and again.
const WRITER_CACHE_KIB: i64 = 6_144;
/// The cache of a connection that reads. The system keeps the file's pages as well; this holds the upper levels of the tables.
const READER_CACHE_KIB: i64 = 1_024;

/// Opens the rows that the writer changes, in a file that is made where it is missing, and brings the schema up to date.
pub(in crate::store) fn open(path: &Path, while_migrating: Option<MigrationProgress>) -> Result<Rows, OpenError> {
    open_writer(path, while_migrating).map(Rows::of)
}

/// Opens the writing connection and brings the schema up to date.
pub(super) fn open_writer(path: &Path, while_migrating: Option<MigrationProgress>) -> Result<Connection, OpenError> {
    create_private(path).map_err(|source| OpenError::Folder { path: path.display().to_string(), source })?;
    let failed = OpenError::of::<rusqlite::Error>(path);
    let mut connection = Connection::open(path).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    if let Some(progress) = &while_migrating {
        report_steps(&mut connection, progress.clone()).map_err(failed)?;
    }
    migrate(&mut connection, path, while_migrating.as_ref())?;
    connection.progress_handler(0, None::<fn() -> bool>).map_err(failed)?;
    // What a crash has left in the log, and what a migration deleted, is in the file before anybody is served.
    match checkpoint::empty_log(&connection) {
        // Where there is no room it is moved when there is.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {}
        emptied => emptied.map_err(failed)?,
    }
    Ok(connection)
}

/// Steps of SQLite's machine between two times that it is told to go on: some milliseconds.
const STEPS_TOLD: i32 = 100_000;

fn report_steps(connection: &mut Connection, progress: MigrationProgress) -> rusqlite::Result<()> {
    connection.progress_handler(
        STEPS_TOLD,
        Some(move || {
            progress();
            // Go on.
            false
        }),
    )
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    stay_prepared(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// Keeps statements as they were prepared. Without it SQLite looks at the values that are bound and may prepare a statement
/// anew for each, where an index has a condition (sqlite.org/queryplanner-ng.html, section 5).
fn stay_prepared(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    stay_prepared(connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: every commit is followed by an fsync of the log. NORMAL would acknowledge before it.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is written over, so that it is gone from the file too; nor is it left in files beside it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // The writer never checkpoints on its own; see checkpoint.rs.
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Counts the pages of the store that what comes takes before the file grows: what was deleted has left them.
pub(super) fn free_pages(rows: &Rows) -> u64 {
    rows.only("PRAGMA freelist_count", ()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn long_work_is_heard_of() {
        use std::sync::atomic::{AtomicU32, Ordering};

        let mut connection = Connection::open_in_memory().unwrap();
        let times = Arc::new(AtomicU32::new(0));
        let counted = times.clone();
        report_steps(&mut connection, Arc::new(move || _ = counted.fetch_add(1, Ordering::Relaxed))).unwrap();
        let count =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT sum(i) FROM n";
        connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap();
        assert!(times.load(Ordering::Relaxed) >= 5, "{times:?}");
    }

    #[test]
    fn a_commit_reaches_the_disk_before_it_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_writer(&folder.path().join("chatd.db"), None).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"), "FULL: an fsync of the log after each commit");
    }
}
