//! A store as who copies, checks or writes it out sees it: read beside a daemon that goes on writing.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::Backup;
use serde::{Deserialize, Serialize};

use super::{DatabaseError, Rows, connection, schema};
use crate::store::folder::{create_private, is_emptied};
use crate::store::{DATABASE_FILE, OpenError, StoreError};

/// A store that is looked at.
pub struct Snapshot {
    pub(in crate::store) rows: Rows,
    pub(in crate::store) folder: PathBuf,
}

/// What a store holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The name of the store.
    pub store: String,
    /// Accounts that are not deleted.
    pub accounts: u64,
    /// Channels, direct conversations and walls among them.
    pub channels: u64,
    /// How many messages have an index, deleted ones among them.
    pub messages: u64,
}

impl Snapshot {
    /// Looks at the store in a folder, which may be in use.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing is changed.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(DATABASE_FILE);
        if !path.exists() {
            return Err(OpenError::NoStore(folder.display().to_string()));
        }
        if is_emptied(folder) {
            return Err(OpenError::of(&path)(DatabaseError::emptied()));
        }
        let connection = connection::open_reader(&path).map_err(OpenError::of(&path))?;
        schema::require_newest(&connection, &path)?;
        Ok(Self { rows: Rows::of(connection), folder: folder.to_owned() })
    }

    /// Says what is in it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn contents(&self) -> Result<Contents, StoreError> {
        self.rows.only_with(
            "SELECT (SELECT value FROM meta WHERE key = 'store_id'), (SELECT count(*) FROM user WHERE deleted IS NULL),
             (SELECT count(*) FROM channel), (SELECT coalesce(sum(last_index), 0) FROM channel)",
            (),
            |row| {
                Ok(Contents { store: row.get(0)?, accounts: row.get(1)?, channels: row.get(2)?, messages: row.get(3)? })
            },
        )
    }

    /// Copies it, as it is at one moment, into the database of an empty folder; the file is whole by itself.
    ///
    /// # Errors
    /// What the disk said.
    pub fn copy_to(&self, folder: &Path) -> Result<(), StoreError> {
        let path = folder.join(DATABASE_FILE);
        create_private(&path).map_err(|error| StoreError::Failed(error.to_string().into()))?;
        let mut copy = Connection::open(path)?;
        // All in one step: whoever writes meanwhile would make it begin anew.
        Backup::new(self.rows.connection(), &mut copy)?.step(-1)?;
        // It says of itself that there is a log beside it.
        copy.pragma_update(None, "journal_mode", "delete")?;
        copy.close().map_err(|(_, error)| error.into())
    }
}

/// Gives the store in a folder another name, so that no client takes it for the one that it was copied from. Where its files
/// lie is found out anew.
///
/// # Errors
/// See [`OpenError`].
pub fn rename_store(folder: &Path, id: &str) -> Result<(), OpenError> {
    let path = folder.join(DATABASE_FILE);
    let renamed = Connection::open(&path).and_then(|connection| {
        schema::set_store_id(&connection, id)?;
        connection.execute("DELETE FROM meta WHERE key = 'files_in'", ())?;
        connection.close().map_err(|(_, error)| error)
    });
    renamed.map_err(OpenError::of(&path))
}
