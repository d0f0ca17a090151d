//! How much the store holds. Triggers count it, and the writer new messages: counting it anew would walk all of it.

use super::sqlite::Rows;
use super::{Store, StoreError};

/// What a store holds.
#[derive(Debug, Clone, Copy)]
pub struct Totals {
    /// Accounts that are not deleted, guests included.
    pub accounts: u64,
    /// Guests among them.
    pub guests: u64,
    /// Channels, direct conversations included, walls not.
    pub channels: u64,
    /// How many messages have an index, deleted ones among them.
    pub messages: u64,
    /// Files that people have uploaded.
    pub files: u64,
    /// Their bytes, the same ones counted once.
    pub file_bytes: u64,
    /// Channels that were deleted, and whose members and messages are still being removed.
    pub channels_removing: u64,
    /// Accounts that were deleted with what they said, and whose messages are still being removed.
    pub accounts_removing: u64,
}

impl Store {
    /// Counts what the store holds.
    pub async fn totals(&self) -> Result<Totals, StoreError> {
        self.readers
            .read(|rows| {
                let (channels_removing, accounts_removing) =
                    rows.only("SELECT (SELECT count(*) FROM removed_channel), (SELECT count(*) FROM leaving)", ())?;
                Ok(Totals {
                    accounts: total(rows, "accounts")?,
                    guests: total(rows, "guests")?,
                    channels: total(rows, "channels")?,
                    messages: total(rows, "messages")?,
                    files: total(rows, "files")?,
                    file_bytes: total(rows, "file bytes")?,
                    channels_removing,
                    accounts_removing,
                })
            })
            .await
    }

    /// Counts the guests that there are.
    pub async fn guests(&self) -> Result<u64, StoreError> {
        self.readers.read(|rows| total(rows, "guests")).await
    }
}

/// Gives how many there are of a kind: triggers count them.
pub(super) fn total(rows: &Rows, name: &str) -> Result<u64, StoreError> {
    rows.only("SELECT count FROM total WHERE name = ?1", [name])
}
