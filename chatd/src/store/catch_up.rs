//! What happened to somebody while they were away or looked elsewhere: mentions, replies, reactions, invitations, who
//! wants to be a friend. Each entry leads to its place; what happened in no channel has 0 for one.
//!
//! Reading clears mentions and replies; everything can be cleared by hand, and brought back for a day.

use std::collections::BTreeSet;

use proto::{CatchUp, CatchUpEntry, CatchUpKind, ChannelKind, ChannelName, Emoji, Handle, Index, Timestamp, bounds};
use rusqlite::{Row, Transaction, params, params_from_iter};

use super::consent::{keep_few, waiting_since};
use super::friend::blocks;
use super::member::access;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Store, StoreError, UserId, history, key};

/// For how long what was cleared can be brought back.
const RESTORED_WITHIN_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// New entries between two times that old ones are let go.
const TIDIED_EVERY: u64 = 64;
/// Entries that were cleared long ago and are let go at once: more than come in between.
const TIDIED_AT_ONCE: u64 = 4 * TIDIED_EVERY;

/// Which entries are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entries {
    /// All that are open.
    All,
    /// Those with these numbers.
    Numbered(Vec<u64>),
}

/// Something that happens to somebody.
pub(super) struct Happening {
    pub(super) kind: CatchUpKind,
    pub(super) channel: i64,
    pub(super) index: Option<Index>,
    pub(super) by: UserId,
    pub(super) emoji: Option<Emoji>,
    /// Whether it is an invitation that waits to be accepted.
    pub(super) waiting: bool,
}

impl Store {
    /// Lists what somebody has not looked at, the newest first, before a number.
    pub async fn catch_up(
        &self,
        user: UserId,
        before: Option<u64>,
        limit: usize,
        now: Timestamp,
    ) -> Result<CatchUp, StoreError> {
        self.readers
            .read(move |transaction| {
                let mut statement = transaction.prepare_cached(concat!(
                    select_entry!(),
                    "WHERE n.user = ?1 AND n.cleared IS NULL AND n.id < ?2
                       AND (n.waiting = 0 OR n.date > ?4)
                       AND (n.channel = 0 OR c.kind = 'wall' OR n.waiting = 1
                            OR EXISTS (SELECT 1 FROM member WHERE channel = n.channel AND user = n.user))
                     ORDER BY n.id DESC LIMIT ?3"
                ))?;
                let before = before.unwrap_or(u64::MAX).min(i64::MAX as u64) as i64;
                let since = Column(waiting_since(now));
                let found = statement.query_map(params![user, before, limit + 1, since], entry)?;
                let mut found = found.collect::<rusqlite::Result<Vec<_>>>()?;
                let more = found.len() > limit;
                found.truncate(limit);
                let mut entries = Vec::with_capacity(found.len());
                for (channel, mut entry) in found {
                    // Whoever may no longer read a wall has nothing to catch up with there.
                    if entry.channel_kind == Some(ChannelKind::Wall) && access(transaction, channel, user).is_err() {
                        continue;
                    }
                    if let Some(index) = entry.index {
                        entry.message = history::one(transaction, channel, index)?;
                    }
                    entries.push(entry);
                }
                let total = count(transaction, user, now)?;
                Ok(CatchUp { entries, total, more })
            })
            .await
    }

    /// Clears entries, and gives the numbers of those that were open.
    pub async fn clear_entries(&self, user: UserId, entries: Entries) -> Pending<Vec<u64>> {
        self.writer
            .submit(move |work| {
                let cleared = match entries {
                    Entries::All => numbers(
                        work,
                        "UPDATE notice SET cleared = ?1 WHERE user = ?2 AND cleared IS NULL RETURNING id",
                        params![Column(work.now), user],
                    )?,
                    Entries::Numbered(wanted) => {
                        let mut cleared = Vec::new();
                        for number in wanted {
                            cleared.extend(numbers(
                                work,
                                "UPDATE notice SET cleared = ?1 WHERE id = ?3 AND user = ?2 AND cleared IS NULL
                                 RETURNING id",
                                params![Column(work.now), user, number.min(i64::MAX as u64) as i64],
                            )?);
                        }
                        cleared
                    }
                };
                if !cleared.is_empty() {
                    tell_total(work, user, None)?;
                }
                Ok(cleared)
            })
            .await
    }

    /// Brings back what was cleared within a day.
    pub async fn restore_entries(&self, user: UserId, wanted: Vec<u64>) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let mut restored = 0;
                for number in wanted {
                    restored += work
                        .transaction
                        .prepare_cached(
                            "UPDATE notice SET cleared = NULL, by_reading = 0 WHERE id = ?1 AND user = ?2 AND cleared > ?3",
                        )?
                        .execute(params![
                            number.min(i64::MAX as u64) as i64,
                            user,
                            Column(work.now.plus_millis(-RESTORED_WITHIN_MILLIS))
                        ])?;
                }
                if restored > 0 {
                    keep_few(work, user)?;
                    tell_total(work, user, None)?;
                }
                Ok(())
            })
            .await
    }
}

/// Counts the open entries of somebody, up to [`bounds::CATCH_UP_COUNTED_MAX`].
fn count(transaction: &Transaction<'_>, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
    let count = transaction
        .prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM notice WHERE user = ?1 AND cleared IS NULL
                                   AND (waiting = 0 OR date > ?2) LIMIT ?3)",
        )?
        .query_row(params![user, Column(waiting_since(now)), bounds::CATCH_UP_COUNTED_MAX], |row| row.get(0))?;
    Ok(count)
}

/// One entry as its person sees it, with the row id of its channel.
macro_rules! select_entry {
    () => {
        "SELECT n.id, n.kind, n.channel, c.kind,
            CASE WHEN c.kind = 'dm' THEN
                (SELECT handle FROM dm JOIN user ON user.id = CASE WHEN dm.low = n.user THEN dm.high ELSE dm.low END
                 WHERE dm.channel = c.id)
            ELSE c.name END,
            n.idx, user.handle, n.emoji, n.date, n.waiting
         FROM notice AS n LEFT JOIN channel AS c ON c.id = n.channel JOIN user ON user.id = n.by "
    };
}
use select_entry;

fn entry(row: &Row<'_>) -> rusqlite::Result<(i64, CatchUpEntry)> {
    let channel: i64 = row.get(2)?;
    let entry = CatchUpEntry {
        number: row.get::<_, i64>(0)?.unsigned_abs(),
        kind: row.get::<_, Column<CatchUpKind>>(1)?.0,
        id: (channel != 0).then(|| key::channel_id(channel)),
        channel_kind: row.get::<_, Option<Column<ChannelKind>>>(3)?.map(|kind| kind.0),
        name: row.get::<_, Option<Column<ChannelName>>>(4)?.map(|name| name.0),
        index: Some(row.get::<_, Column<Index>>(5)?.0).filter(|index| index.get() > 0),
        by: row.get::<_, Column<Handle>>(6)?.0,
        emoji: row.get::<_, Option<Column<Emoji>>>(7)?.map(|emoji| emoji.0),
        date: row.get::<_, Column<Timestamp>>(8)?.0,
        waiting: row.get(9)?,
        message: None,
    };
    Ok((channel, entry))
}

fn numbers(work: &Work<'_>, sql: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<u64>, StoreError> {
    let mut statement = work.transaction.prepare_cached(sql)?;
    let numbers = statement.query_map(params_from_iter(values), |row| row.get::<_, i64>(0))?;
    Ok(numbers.map(|number| number.map(i64::unsigned_abs)).collect::<rusqlite::Result<_>>()?)
}

/// Notes what happens to somebody, once, and tells their connections; the same again within some minutes is not named to
/// them as new. Whom somebody has blocked does nothing to them.
pub(super) fn happens(work: &mut Work<'_>, user: UserId, what: Happening) -> Result<(), StoreError> {
    if blocks(work.transaction, user, what.by)? {
        return Ok(());
    }
    let index = what.index.unwrap_or_default();
    let added = work
        .transaction
        .prepare_cached(
            "INSERT INTO notice (user, kind, channel, idx, by, emoji, date, waiting)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM notice WHERE channel = ?3 AND idx = ?4 AND user = ?1 AND kind = ?2
                               AND by = ?5 AND emoji IS ?6)",
        )?
        .execute(params![
            user,
            Column(what.kind),
            what.channel,
            Column(index),
            what.by,
            what.emoji.as_ref().map(Emoji::as_str),
            Column(work.now),
            what.waiting
        ])?;
    if added == 0 {
        return Ok(());
    }
    let number = work.transaction.last_insert_rowid();
    if number.unsigned_abs().is_multiple_of(TIDIED_EVERY) {
        tidy(work, user)?;
    }
    if has_rung(work, user, &what)? {
        return tell_total(work, user, None);
    }
    let newest =
        work.transaction.prepare_cached(concat!(select_entry!(), "WHERE n.id = ?1"))?.query_row([number], entry)?;
    tell_total(work, user, Some(newest.1))
}

/// Tells whether somebody was told of the same doer, kind and message within some minutes, and notes that they are now.
/// What is undone and done again, over and over, rings once.
fn has_rung(work: &Work<'_>, user: UserId, what: &Happening) -> Result<bool, StoreError> {
    let since = Column(work.now.plus_millis(-bounds::RING_AGAIN_SECONDS * 1_000));
    // What a clock that was ahead has noted is over as well.
    work.transaction
        .prepare_cached("DELETE FROM rung WHERE date <= ?1 OR date > ?2")?
        .execute([since, Column(work.now)])?;
    let index = Column(what.index.unwrap_or_default());
    let first = work
        .transaction
        .prepare_cached(
            "INSERT INTO rung (user, channel, idx, kind, by, date) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![user, what.channel, index, Column(what.kind), what.by, Column(work.now)])?;
    Ok(first == 0)
}

/// Forgets what happened at a message, to everybody.
pub(super) fn unhappens(work: &mut Work<'_>, channel: i64, index: Index) -> Result<(), StoreError> {
    let users = work
        .transaction
        .prepare_cached("DELETE FROM notice WHERE channel = ?1 AND idx = ?2 RETURNING user")?
        .query_map(params![channel, Column(index)], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<UserId>>>()?;
    users.into_iter().try_for_each(|user| tell_total(work, user, None))
}

/// Forgets something that one person did to another.
pub(super) fn unhappens_to(
    work: &mut Work<'_>,
    user: UserId,
    channel: i64,
    index: Index,
    kind: CatchUpKind,
    by: UserId,
    emoji: Option<&Emoji>,
) -> Result<(), StoreError> {
    let gone = work
        .transaction
        .prepare_cached(
            "DELETE FROM notice INDEXED BY notice_of WHERE user = ?1 AND channel = ?2 AND idx = ?3 AND kind = ?4
               AND by = ?5 AND (?6 IS NULL OR emoji = ?6)",
        )?
        .execute(params![user, channel, Column(index), Column(kind), by, emoji.map(Emoji::as_str)])?;
    if gone > 0 { tell_total(work, user, None) } else { Ok(()) }
}

/// Whoever is no friend has nothing to catch up with on a wall that is for friends from now on.
pub(super) fn wall_narrows(work: &mut Work<'_>, wall: i64, owner: UserId) -> Result<(), StoreError> {
    let users = work
        .transaction
        .prepare_cached(
            "DELETE FROM notice WHERE channel = ?1 AND user <> ?2
               AND user NOT IN (SELECT other FROM friend WHERE friend.user = ?2) RETURNING user",
        )?
        .query_map(params![wall, owner], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<UserId>>>()?;
    users.into_iter().try_for_each(|user| tell_total(work, user, None))
}

/// Whoever has read a channel up to a message has seen who named or answered them there.
pub(super) fn read_up_to(work: &mut Work<'_>, channel: i64, user: UserId, index: Index) -> Result<(), StoreError> {
    let cleared = work
        .transaction
        .prepare_cached(
            "UPDATE notice INDEXED BY notice_to_read SET cleared = ?4, by_reading = 1
             WHERE user = ?2 AND channel = ?1 AND idx BETWEEN 1 AND ?3 AND cleared IS NULL
               AND kind IN ('mention', 'reply')",
        )?
        .execute(params![channel, user, Column(index), Column(work.now)])?;
    if cleared > 0 { tell_total(work, user, None) } else { Ok(()) }
}

/// What was cleared by reading is open again from a message on.
pub(super) fn unread_from(work: &mut Work<'_>, channel: i64, user: UserId, index: Index) -> Result<(), StoreError> {
    let opened = work
        .transaction
        .prepare_cached(
            "UPDATE notice INDEXED BY notice_of SET cleared = NULL, by_reading = 0
             WHERE user = ?2 AND channel = ?1 AND idx >= ?3 AND by_reading = 1",
        )?
        .execute(params![channel, user, Column(index)])?;
    if opened > 0 { tell_total(work, user, None) } else { Ok(()) }
}

/// Nobody has anything to catch up with in a channel that is gone.
pub(super) fn channel_gone(work: &mut Work<'_>, channel: i64) -> Result<(), StoreError> {
    let users = work
        .transaction
        .prepare_cached("DELETE FROM notice WHERE channel = ?1 RETURNING user")?
        .query_map([channel], |row| row.get(0))?
        .collect::<rusqlite::Result<BTreeSet<UserId>>>()?;
    users.into_iter().try_for_each(|user| tell_total(work, user, None))
}

/// Whoever is no longer in a channel has nothing to catch up with there.
pub(super) fn leaves(work: &mut Work<'_>, channel: i64, user: UserId) -> Result<(), StoreError> {
    let gone = work
        .transaction
        .prepare_cached("DELETE FROM notice INDEXED BY notice_of WHERE channel = ?1 AND user = ?2")?
        .execute(params![channel, user])?;
    if gone > 0 { tell_total(work, user, None) } else { Ok(()) }
}

/// Lets go what is too old or too much. What others do to somebody at any message or none pushes nothing out that names
/// or answers them.
fn tidy(work: &Work<'_>, user: UserId) -> Result<(), StoreError> {
    for named in [true, false] {
        work.transaction
            .prepare_cached(
                "DELETE FROM notice WHERE id IN (
                    SELECT id FROM notice
                    WHERE user = ?1 AND cleared IS NULL AND waiting = 0 AND (kind IN ('mention', 'reply')) = ?3
                    ORDER BY id DESC LIMIT -1 OFFSET ?2)",
            )?
            .execute(params![user, bounds::CATCH_UP_NUMBERS_MAX, named])?;
    }
    work.transaction
        .prepare_cached("DELETE FROM notice WHERE id IN (SELECT id FROM notice WHERE cleared < ?1 LIMIT ?2)")?
        .execute(params![Column(work.now.plus_millis(-RESTORED_WITHIN_MILLIS)), TIDIED_AT_ONCE])?;
    Ok(())
}

pub(super) fn tell_total(work: &mut Work<'_>, user: UserId, newest: Option<CatchUpEntry>) -> Result<(), StoreError> {
    let total = count(work.transaction, user, work.now)?;
    work.changes.push(Change::CaughtUp { user, total, newest: newest.map(Box::new) });
    Ok(())
}
