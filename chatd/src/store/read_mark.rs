//! Up to where each member has read, and who is told of it.

use proto::{ChannelId, Index, bounds};
use rusqlite::{OptionalExtension, params};

use super::channel::key_of;
use super::member::{is_dm, role, take_up};
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Store, StoreError, UserId, catch_up, key};

impl Store {
    /// Moves a reader on, never back; an index beyond the last message means the last.
    pub async fn mark_read(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit(move |work| mark_read(work, user, &channel, index)).await
    }
}

fn mark_read(work: &mut Work<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    // Reading what a stranger wrote is no answer to them.
    if !is_dm(work, key)? {
        take_up(work, key, user)?;
    }
    let moved = work
        .transaction
        .prepare_cached(
            "UPDATE member SET last_read = min(?3, channel.last_index) FROM channel
             WHERE member.channel = ?1 AND member.user = ?2 AND channel.id = ?1
               AND member.last_read < min(?3, channel.last_index)
             RETURNING member.last_read, (SELECT last_index FROM channel WHERE id = ?1)",
        )?
        .query_row(params![key, user, Column(index)], |row| {
            Ok((row.get::<_, Column<Index>>(0)?.0, row.get::<_, Column<Index>>(1)?.0))
        })
        .optional()?;
    if let Some((last_read, last_index)) = moved {
        report_read(work, key, user, last_read, last_index)?;
    }
    Ok(())
}

/// Tells the connections of a reader how many messages and mentions are unread, where that has changed and the place has
/// not.
pub(super) fn tell_counts(work: &mut Work<'_>, channel: i64, user: UserId) -> Result<(), StoreError> {
    let place = work
        .transaction
        .prepare_cached(
            "SELECT m.last_read, c.last_index FROM member AS m JOIN channel AS c ON c.id = m.channel
             WHERE m.channel = ?1 AND m.user = ?2",
        )?
        .query_row(params![channel, user], |row| {
            Ok((row.get::<_, Column<Index>>(0)?.0, row.get::<_, Column<Index>>(1)?.0))
        })
        .optional()?;
    match place {
        Some((last_read, last_index)) => report_read(work, channel, user, last_read, last_index),
        None => Ok(()),
    }
}

/// Forgets the mentions that were read and tells the reader's connections where the reader stands.
pub(super) fn report_read(
    work: &mut Work<'_>,
    channel: i64,
    user: UserId,
    last_read: Index,
    last_index: Index,
) -> Result<(), StoreError> {
    work.transaction
        .prepare_cached("DELETE FROM mention WHERE user = ?1 AND channel = ?2 AND idx <= ?3")?
        .execute(params![user, channel, Column(last_read)])?;
    let mentions = work
        .transaction
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM mention WHERE user = ?1 AND channel = ?2 LIMIT ?3)")?
        .query_row(params![user, channel, bounds::MENTIONS_COUNTED_MAX], |row| row.get(0))?;
    let unread = last_index.get().saturating_sub(last_read.get());
    catch_up::read_up_to(work, channel, user, last_read)?;
    work.changes.push(Change::ReadMoved { channel: key::channel_id(channel), user, last_read, unread, mentions });
    Ok(())
}
