//! Up to where each member has read, and who is told of it.

use proto::{ChannelId, Index, bounds};

use super::channel_key::{ChannelKey, key_of};
use super::member::take_up;
use super::table::access::role;
use super::table::channel::is_dm;
use super::work::StoreWork;
use super::{Change, Pending, Store, StoreError, UserId, activity};

impl Store {
    /// Moves a reader on, never back; an index beyond the last message means the last.
    pub async fn mark_read(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit(move |work| mark_read(work, user, &channel, index)).await
    }
}

fn mark_read(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work, key, user)?;
    // Reading what a stranger wrote is no answer to them.
    if !is_dm(work, key)? {
        take_up(work, key, user)?;
    }
    let moved = work.one(
        "UPDATE member SET last_read = min(?3, channel.last_index) FROM channel
         WHERE member.channel = ?1 AND member.user = ?2 AND channel.id = ?1
           AND member.last_read < min(?3, channel.last_index)
         RETURNING member.last_read, (SELECT last_index FROM channel WHERE id = ?1)",
        (key, user, index),
    )?;
    if let Some((last_read, last_index)) = moved {
        report_read(work, key, user, last_read, last_index)?;
    }
    Ok(())
}

/// Tells the connections of a reader how many messages and mentions are unread, where that has changed and the place has
/// not.
pub(super) fn tell_counts(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let place = work.one(
        "SELECT m.last_read, c.last_index FROM member AS m JOIN channel AS c ON c.id = m.channel
         WHERE m.channel = ?1 AND m.user = ?2",
        (channel, user),
    )?;
    match place {
        Some((last_read, last_index)) => report_read(work, channel, user, last_read, last_index),
        None => Ok(()),
    }
}

/// Forgets the mentions that were read and tells the reader's connections where the reader stands.
pub(super) fn report_read(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    last_read: Index,
    last_index: Index,
) -> Result<(), StoreError> {
    work.execute("DELETE FROM mention WHERE user = ?1 AND channel = ?2 AND idx <= ?3", (user, channel, last_read))?;
    let mentions = work.only(
        "SELECT count(*) FROM (SELECT 1 FROM mention WHERE user = ?1 AND channel = ?2 LIMIT ?3)",
        (user, channel, bounds::MENTIONS_COUNTED_MAX),
    )?;
    let unread = last_index.get().saturating_sub(last_read.get());
    activity::read_up_to(work, channel, user, last_read)?;
    work.changes.push(Change::ReadMoved { channel: channel.id(), user, last_read, unread, mentions });
    Ok(())
}

#[cfg(test)]
mod tests;
