//! The file: made where it is missing, set aside where it is damaged.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::terms::LocalStoreError;
use super::unsent_rows::UnsentRow;

/// The schema that this program reads and writes. A file of an older one is brought up to it.
const SCHEMA: i64 = 1;
/// The tables, in the order in which a new file gets them: a repair counts on that.
const TABLES: &str = "
    CREATE TABLE unsent (handle TEXT NOT NULL, window TEXT NOT NULL, contents TEXT NOT NULL,
        PRIMARY KEY (handle, window)) WITHOUT ROWID;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE channel (key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
        state TEXT NOT NULL, members TEXT NOT NULL DEFAULT '[]');
    CREATE TABLE message (channel INTEGER NOT NULL, idx INTEGER NOT NULL, version INTEGER NOT NULL,
        date INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (channel, idx)) WITHOUT ROWID;
    PRAGMA user_version = 1;
";
/// Bytes of a page of the file.
const PAGE_BYTES: usize = 4_096;
/// How long another program may hold the file.
const BUSY_MAX: Duration = Duration::from_secs(2);
/// Memory for pages of the file, in KiB.
const CACHE_KIB: i64 = 1_024;

/// Opens the file, which only its owner can read. On a full disk too, if it was there before.
pub(super) fn open_file(path: &Path) -> Result<Connection, rusqlite::Error> {
    match open_with(path, "normal") {
        // Only with a lock that shuts all others out nothing has to be written to read it (sqlite.org/wal.html, "Use of WAL
        // Without Shared-Memory").
        Err(error) if is_full(&error) => open_with(path, "exclusive"),
        opened => opened,
    }
}

fn open_with(path: &Path, locking: &str) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_MAX)?;
    connection.pragma_update(None, "locking_mode", locking)?;
    if is_newer(&connection)? {
        // Nothing of it is touched.
        return Ok(connection);
    }
    let is_empty = schema_of(&connection)? == 0;
    if is_empty {
        connection.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
        connection.pragma_update(None, "auto_vacuum", "incremental")?;
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    // What is deleted is written over, so that it is gone from the file too.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    if is_empty {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {TABLES} COMMIT;"))?;
    }
    Ok(connection)
}

/// Gives the schema of a file; 0 of an empty one.
pub(super) fn schema_of(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Tells whether a file is of a schema that only a newer program knows.
pub(super) fn is_newer(connection: &Connection) -> Result<bool, rusqlite::Error> {
    Ok(schema_of(connection)? > SCHEMA)
}

/// Makes the file where it is missing, with its mode.
pub(super) fn make(path: &Path) -> Result<(), LocalStoreError> {
    let made = OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    made.map(drop).map_err(|source| LocalStoreError::of_io(path, source))
}

/// Tells whether an error says that the file is damaged.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        // A table that is missing, or holds what it never held.
        || matches!(error, rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..))
        || matches!(error, rusqlite::Error::SqliteFailure(code, _) if code.extended_code == rusqlite::ffi::SQLITE_ERROR)
        || matches!(error, rusqlite::Error::SqlInputError { .. })
}

/// Tells whether an error says that the disk takes no more, or may say so.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen))
}

/// Says why the file cannot be used.
pub(super) fn failed(path: &Path, error: &rusqlite::Error) -> LocalStoreError {
    LocalStoreError::Database { path: path.display().to_string(), reason: error.to_string() }
}

/// Moves a damaged file out of the way, with what belongs to it; gives where it lies now.
pub(super) fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let aside = (1..).map(|number| beside(path, &format!(".damaged-{number}"))).find(|aside| !aside.exists());
    let aside = aside.expect("there are numbers enough");
    for end in ["-wal", "-shm"] {
        match fs::rename(beside(path, end), beside(&aside, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, &aside)?;
    Ok(aside)
}

/// Moves a file that was set aside to where it was, in place of what stands there.
pub(super) fn move_back(aside: &Path, path: &Path) {
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, end));
        let _ = fs::rename(beside(aside, end), beside(path, end));
    }
}

/// Reads what was unsent from a damaged file, as far as it can be read: as it stands, or with a first page of our own.
pub(super) fn save_unsent(damaged: &Path) -> Vec<UnsentRow> {
    let copy = beside(damaged, ".repair");
    let copied = |first_page: bool| -> io::Result<()> {
        fs::copy(damaged, &copy)?;
        match fs::copy(beside(damaged, "-wal"), beside(&copy, "-wal")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        if first_page { give_first_page(&copy) } else { Ok(()) }
    };
    let mut saved = Vec::new();
    for first_page in [false, true] {
        let read = match copied(first_page) {
            Ok(()) => rows_unsent(&copy),
            // Without room for a copy the file itself is read as it stands.
            Err(_) if !first_page => rows_unsent(damaged),
            Err(_) => Ok(Vec::new()),
        };
        saved = read.unwrap_or_default();
        for end in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(beside(&copy, end));
        }
        if !saved.is_empty() {
            break;
        }
    }
    saved
}

fn rows_unsent(path: &Path) -> Result<Vec<UnsentRow>, rusqlite::Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut statement = connection.prepare("SELECT handle, window, contents FROM unsent")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    // Those before a damaged page are better than none.
    Ok(rows.map_while(Result::ok).collect())
}

/// Writes the first page of a new file over that of a damaged one: it says where the tables are, and a new file has them
/// at the same places.
fn give_first_page(path: &Path) -> io::Result<()> {
    let new = beside(path, ".new");
    let made = (|| {
        make(&new).map_err(io::Error::other)?;
        let connection = Connection::open(&new).map_err(io::Error::other)?;
        let tables =
            format!("PRAGMA page_size = {PAGE_BYTES}; PRAGMA auto_vacuum = incremental; BEGIN; {TABLES} COMMIT;");
        connection.execute_batch(&tables).map_err(io::Error::other)?;
        drop(connection);
        let mut page = fs::read(&new)?;
        page.truncate(PAGE_BYTES);
        let pages = fs::metadata(path)?.len().div_ceil(PAGE_BYTES as u64);
        // The size of the file in pages stands in the header (sqlite.org/fileformat2.html, 1.3), in the mode of a log.
        page[28..32].copy_from_slice(&u32::try_from(pages).unwrap_or(u32::MAX).to_be_bytes());
        page[18..20].copy_from_slice(&[2, 2]);
        OpenOptions::new().write(true).open(path)?.write_all(&page)
    })();
    let _ = fs::remove_file(&new);
    made
}

/// Gives a path with something behind its name.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
