//! The file of the index: its schema, and making it again where it is none of this store.

use std::path::Path;
use std::{fs, io};

use rusqlite::{Connection, OptionalExtension};

use super::super::error::is_damage;
use crate::store::StoreError;
use crate::store::folder::create_private;

/// The form of the index; another one is made anew.
const FORM: &str = "3";
/// Memory for pages of the index, in KiB.
pub(super) const CACHE_KIB: i64 = 512;
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

/// Opens the index, or makes it anew where it is none of this store.
pub(super) fn open_index(path: &Path, store_id: &str) -> Result<Connection, IndexError> {
    let connection = open_file(path)?;
    let meta = |key: &str| -> rusqlite::Result<Option<String>> {
        connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0)).optional()
    };
    // Without a schema there is no table to read from.
    let known = |key| meta(key).ok().flatten();
    if known("form").as_deref() == Some(FORM) && known("store").as_deref() == Some(store_id) {
        return Ok(connection);
    }
    drop(connection);
    remove_index(path)?;
    let mut connection = open_file(path)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute("INSERT INTO meta VALUES ('form', ?1), ('store', ?2)", [FORM, store_id])?;
    transaction.commit()?;
    Ok(connection)
}

fn open_file(path: &Path) -> Result<Connection, IndexError> {
    create_private(path)?;
    let connection = Connection::open(path)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // What a power cut takes is found again in the store.
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
    Ok(connection)
}

/// Removes the index with its log.
pub(super) fn remove_index(path: &Path) -> io::Result<()> {
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
    pub(super) fn is_of_the_file(&self) -> bool {
        match self {
            Self::Lost => true,
            Self::Database(error) => is_damage(error),
            Self::Store(_) | Self::File(_) => false,
        }
    }
}
