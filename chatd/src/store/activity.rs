//! What happened to somebody while they were away or looked elsewhere: mentions, replies, reactions, invitations, who
//! wants to be a friend. Each entry leads to its place; what happened in no channel has 0 for one.
//!
//! Reading clears mentions and replies; everything can be cleared by hand, and brought back for a day.

use std::collections::BTreeSet;

use proto::{CatchUpKind, Emoji, Index, bounds};

use super::channel_key::ChannelKey;
use super::sqlite::{Values, by_index};
use super::table::channel::name_for;
use super::table::notice::{RESTORED_WITHIN_MILLIS, publish_activity_total, read_entry, select_entry};
use super::table::relation::blocks;
use super::work::StoreWork;
use super::{StoreError, UserId};

/// New entries between two times that old ones are let go.
const TIDIED_EVERY: u64 = 64;
/// Entries that were cleared long ago and are let go at once: more than come in between.
const TIDIED_AT_ONCE: u64 = 4 * TIDIED_EVERY;

/// Something that happens to somebody.
pub(super) struct ActivityEntry {
    pub(super) kind: CatchUpKind,
    pub(super) channel: ChannelKey,
    pub(super) index: Option<Index>,
    pub(super) by: UserId,
    pub(super) emoji: Option<Emoji>,
    /// Whether it is an invitation that waits to be accepted.
    pub(super) waiting: bool,
}

/// Notes what happens to somebody, once, and tells their connections; the same again within some minutes is not named to
/// them as new. Whom somebody has blocked does nothing to them.
pub(super) fn add_activity(work: &mut StoreWork<'_>, user: UserId, what: ActivityEntry) -> Result<(), StoreError> {
    if blocks(work, user, what.by)? {
        return Ok(());
    }
    let index = what.index.unwrap_or_default();
    let added = work.insert(
        "INSERT INTO notice (user, kind, channel, idx, by, emoji, date, waiting)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (
            SELECT 1 FROM notice WHERE channel = ?3 AND idx = ?4 AND user = ?1 AND kind = ?2 AND by = ?5 AND emoji IS ?6)",
        (user, what.kind, what.channel, index, what.by, &what.emoji, work.now, what.waiting),
    )?;
    let Some(number) = added else { return Ok(()) };
    if number.unsigned_abs().is_multiple_of(TIDIED_EVERY) {
        tidy(work, user)?;
    }
    if has_rung(work, user, &what)? {
        return publish_activity_total(work, user, None);
    }
    let newest = work.only_with(concat!(select_entry!(), "WHERE n.id = ?1"), [number], read_entry)?;
    publish_activity_total(work, user, Some(newest.1))
}

/// Tells whether a user was notified of the same doer, kind and message within some minutes, and notes that they are now.
/// What is undone and done again, over and over, rings once.
fn has_rung(work: &StoreWork<'_>, user: UserId, what: &ActivityEntry) -> Result<bool, StoreError> {
    let since = work.now.plus_millis(-bounds::RING_AGAIN_SECONDS * 1_000);
    // What a clock that was ahead has noted is over as well.
    work.execute("DELETE FROM rung WHERE date <= ?1 OR date > ?2", [since, work.now])?;
    let index = what.index.unwrap_or_default();
    let first = work.execute(
        "INSERT INTO rung (user, channel, idx, kind, by, date) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
        (user, what.channel, index, what.kind, what.by, work.now),
    )?;
    Ok(first == 0)
}

/// Removes entries by a statement that gives whose they were, and tells these how many are left.
pub(super) fn remove_activity(work: &mut StoreWork<'_>, sql: &str, values: impl Values) -> Result<(), StoreError> {
    let users = work.all(sql, values)?.into_iter().collect::<BTreeSet<UserId>>();
    users.into_iter().try_for_each(|user| publish_activity_total(work, user, None))
}

/// Forgets what happened at a message, to everybody.
pub(super) fn remove_activity_at(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
) -> Result<(), StoreError> {
    remove_activity(work, "DELETE FROM notice WHERE channel = ?1 AND idx = ?2 RETURNING user", (channel, index))
}

/// Forgets something that one person did to another.
pub(super) fn remove_activity_of(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: ChannelKey,
    index: Index,
    kind: CatchUpKind,
    by: UserId,
    emoji: Option<&Emoji>,
) -> Result<(), StoreError> {
    let gone = work.execute(
        concat!(
            "DELETE FROM notice",
            by_index!("notice_of"),
            " WHERE user = ?1 AND channel = ?2 AND idx = ?3 AND kind = ?4
             AND by = ?5 AND (?6 IS NULL OR emoji = ?6)"
        ),
        (user, channel, index, kind, by, emoji),
    )?;
    if gone > 0 { publish_activity_total(work, user, None) } else { Ok(()) }
}

/// Removes the entries about a wall that is for friends from now on from the Activity of all who are no friends.
pub(super) fn remove_activity_of_strangers(
    work: &mut StoreWork<'_>,
    wall: ChannelKey,
    owner: UserId,
) -> Result<(), StoreError> {
    remove_activity(
        work,
        "DELETE FROM notice WHERE channel = ?1 AND user <> ?2
         AND user NOT IN (SELECT other FROM friend WHERE friend.user = ?2) RETURNING user",
        (wall, owner),
    )
}

/// Clears the mentions and replies in a channel, up to a message, from the Activity of a user who has read it.
pub(super) fn read_up_to(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    index: Index,
) -> Result<(), StoreError> {
    let cleared = work.execute(
        concat!(
            "UPDATE notice",
            by_index!("notice_to_read"),
            " SET cleared = ?4, by_reading = 1
             WHERE user = ?2 AND channel = ?1 AND idx BETWEEN 1 AND ?3 AND cleared IS NULL
               AND kind IN ('mention', 'reply')"
        ),
        (channel, user, index, work.now),
    )?;
    if cleared > 0 { publish_activity_total(work, user, None) } else { Ok(()) }
}

/// What was cleared by reading is open again from a message on.
pub(super) fn unread_from(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    index: Index,
) -> Result<(), StoreError> {
    let opened = work.execute(
        concat!(
            "UPDATE notice",
            by_index!("notice_of"),
            " SET cleared = NULL, by_reading = 0
             WHERE user = ?2 AND channel = ?1 AND idx >= ?3 AND by_reading = 1"
        ),
        (channel, user, index),
    )?;
    if opened > 0 { publish_activity_total(work, user, None) } else { Ok(()) }
}

/// Removes some entries of a channel that was deleted, and tells those whose open ones they were how many are left; tells
/// how many were removed. Nobody was shown them since it was deleted.
pub(super) fn remove_of_channel(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    most: usize,
) -> Result<usize, StoreError> {
    let removed = work.all::<(UserId, bool)>(
        concat!(
            "DELETE FROM notice WHERE id IN (SELECT id FROM notice",
            by_index!("notice_by_message"),
            " WHERE channel = ?1 LIMIT ?2) RETURNING user, cleared IS NULL"
        ),
        (channel, most),
    )?;
    let users = removed.iter().filter(|(_, open)| *open).map(|(user, _)| *user).collect::<BTreeSet<_>>();
    users.into_iter().try_for_each(|user| publish_activity_total(work, user, None))?;
    Ok(removed.len())
}

/// Removes the entries about a channel from the Activity of a user who is no longer in it.
pub(super) fn leaves(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let gone = work.execute(
        concat!("DELETE FROM notice", by_index!("notice_of"), " WHERE channel = ?1 AND user = ?2"),
        (channel, user),
    )?;
    if gone > 0 { publish_activity_total(work, user, None) } else { Ok(()) }
}

/// Lets go what is too old or too much. What others do to somebody at any message or none pushes nothing out that names
/// or answers them.
fn tidy(work: &StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    for named in [true, false] {
        work.execute(
            "DELETE FROM notice WHERE id IN (
             SELECT id FROM notice
             WHERE user = ?1 AND cleared IS NULL AND waiting = 0 AND (kind IN ('mention', 'reply')) = ?3
             ORDER BY id DESC LIMIT -1 OFFSET ?2)",
            (user, bounds::CATCH_UP_NUMBERS_MAX, named),
        )?;
    }
    work.execute(
        "DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE cleared < ?1 LIMIT ?2)",
        (work.now.plus_millis(-RESTORED_WITHIN_MILLIS), TIDIED_AT_ONCE),
    )?;
    Ok(())
}

/// What a message does to whom it names or answers.
pub(super) fn by_message(kind: CatchUpKind, channel: ChannelKey, index: Index, by: UserId) -> ActivityEntry {
    ActivityEntry { kind, channel, index: Some(index), by, emoji: None, waiting: false }
}
