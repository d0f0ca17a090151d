//! Looking at a store, and emptying it, for `chat-tui cache`.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::bounds;
use super::rows::{SERVER, forget_all, kept_for, meta, read_json};
use crate::unsent::Unsent;

/// What a store holds.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSummary {
    /// The address of the server.
    pub server: String,
    /// The account.
    pub handle: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Channels.
    pub channels: u64,
    /// Messages of them.
    pub messages: u64,
    /// Messages and drafts that the server does not have.
    pub unsent: usize,
}

/// Says what a store holds.
pub(super) fn of(connection: &Connection, path: &Path) -> Result<StoreSummary, rusqlite::Error> {
    let count = |table: &str| connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0));
    let mut unsent = 0;
    let mut statement = connection.prepare("SELECT contents FROM unsent")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let left = read_json::<Unsent>(row.get_ref(0)?.as_str()?).unwrap_or_default();
        unsent += left.messages.len() + left.drafts.iter().filter(|draft| !draft.text.is_empty()).count();
    }
    let size = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        fs::metadata(Path::new(&name)).map_or(0, |file| file.len())
    };
    Ok(StoreSummary {
        server: meta(connection, SERVER)?.unwrap_or_default(),
        handle: kept_for(connection)?.unwrap_or_default(),
        bytes: size("") + size("-wal"),
        channels: count("channel")?,
        messages: count("message")?,
        unsent,
    })
}

/// Deletes what the server can give again, from the file and its log too.
pub(super) fn empty(connection: &Connection) -> Result<(), rusqlite::Error> {
    forget_all(connection)?;
    bounds::shrink(connection)?;
    connection.pragma_update(None, "wal_checkpoint", "truncate").or_else(|error| match error {
        // It answers with a row.
        rusqlite::Error::ExecuteReturnedResults => Ok(()),
        error => Err(error),
    })
}
