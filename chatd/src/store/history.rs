//! Reading a page of a channel.

use proto::{ChannelId, Version};

use super::channel_key::key_of;
use super::table::access::reads_from;
use super::table::page::{HistoryPage, Range, read_page};
use super::{Store, StoreError, UserId};

impl Store {
    /// Reads a page of a channel for one of its members, or of a wall for one of its readers.
    ///
    /// # Errors
    /// [`super::Refused::NotAMember`] also when there is no such channel.
    pub async fn history(
        &self,
        user: UserId,
        channel: ChannelId,
        range: Range,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        self.readers
            .read(move |rows| {
                let key = key_of(&channel)?;
                let from = reads_from(rows, key, user)?;
                let version = rows.only::<Version>("SELECT version FROM channel WHERE id = ?1", [key])?;
                read_page(rows, key, range, version, from, limit)
            })
            .await
    }
}
