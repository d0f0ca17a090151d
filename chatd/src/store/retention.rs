//! Messages that are kept for a time only: their places stay, their words go as if they were deleted.

use proto::{Index, Timestamp};

use super::channel_key::ChannelKey;
use super::message_change::erase;
use super::work::StoreWork;
use super::{Store, StoreError};

/// Messages that one step of the writer deletes, so that others wait for none of it.
const DELETED_PER_STEP: u32 = 100;

impl Store {
    /// Deletes some of what was said before a moment; true when there may be more.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn delete_older_than(&self, moment: Timestamp) -> Result<bool, StoreError> {
        let channels = self.readers.read(move |rows| {
            // Dates of a channel never go back, so the first that is kept tells of all.
            rows.all::<ChannelKey>(
                "SELECT channel.id FROM channel
                 JOIN message ON message.channel = channel.id AND message.idx = kept_from WHERE message.date < ?1",
                [moment],
            )
        });
        let channels = channels.await?;
        for channel in &channels {
            let channel = *channel;
            let deleted = self.writer.submit_in_reserve(move |work| delete_some(work, channel, moment)).await;
            deleted.committed().await?;
        }
        Ok(!channels.is_empty())
    }
}

fn delete_some(work: &mut StoreWork<'_>, channel: ChannelKey, moment: Timestamp) -> Result<(), StoreError> {
    let old = work.all::<(Index, bool, bool)>(
        "SELECT idx, deleted IS NULL, date < ?2 FROM message WHERE channel = ?1
         AND idx >= (SELECT kept_from FROM channel WHERE id = ?1) ORDER BY idx LIMIT ?3",
        (channel, moment, DELETED_PER_STEP),
    )?;
    // Dates of older stores may go back; nothing behind one that is kept is passed over.
    let old = old.into_iter().take_while(|(.., is_old)| *is_old).collect::<Vec<_>>();
    for (index, ..) in old.iter().filter(|(_, is_there, _)| *is_there) {
        erase(work, channel, *index)?;
    }
    if let Some((last, ..)) = old.last() {
        work.execute("UPDATE channel SET kept_from = ?2 WHERE id = ?1", (channel, last.next()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
