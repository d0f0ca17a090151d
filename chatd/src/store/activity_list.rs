//! The list of what happened to somebody, as they read, clear and restore it.

use proto::{CatchUp, CatchUpEntry, ChannelKind, Index, Timestamp, bounds};

use super::channel_key::{ChannelKey, not_removed};
use super::consent::{forget_overdue, keep_few, waiting_since};
use super::conversation::name_for;
use super::member::access;
use super::sqlite::{Row, Rows, by_index};
use super::work::StoreWork;
use super::{Change, Pending, Store, StoreError, UserId, history};

/// For how long what was cleared can be brought back.
pub(super) const RESTORED_WITHIN_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// The largest number that an entry could have.
const NUMBER_MAX: u64 = i64::MAX as u64;

/// Which entries are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entries {
    /// All that are open.
    All,
    /// Those with these numbers.
    Numbered(Vec<u64>),
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
            .read(move |rows| {
                let before = before.unwrap_or(u64::MAX).min(NUMBER_MAX);
                let mut found = rows.all_with(
                    concat!(
                        select_entry!(),
                        "WHERE n.user = ?1 AND n.cleared IS NULL AND n.id < ?2
                           AND (n.waiting = 0 OR n.date > ?4) AND ",
                        not_removed!("n.channel"),
                        " AND (n.channel = 0 OR c.kind = 'wall' OR n.waiting = 1
                                OR EXISTS (SELECT 1 FROM member WHERE channel = n.channel AND user = n.user))
                         ORDER BY n.id DESC LIMIT ?3"
                    ),
                    (user, before, limit + 1, waiting_since(now)),
                    read_entry,
                )?;
                let more = found.len() > limit;
                found.truncate(limit);
                let mut entries = Vec::with_capacity(found.len());
                for (channel, mut entry) in found {
                    // Whoever may no longer read a wall has nothing to catch up with there.
                    if entry.channel_kind == Some(ChannelKind::Wall) && access(rows, channel, user).is_err() {
                        continue;
                    }
                    if let Some(index) = entry.index {
                        entry.message = history::read_message(rows, channel, index)?;
                    }
                    entries.push(entry);
                }
                let total = count_entries(rows, user, now)?;
                Ok(CatchUp { entries, total, more })
            })
            .await
    }

    /// Clears entries, and gives the numbers of those that were open.
    pub async fn clear_entries(&self, user: UserId, entries: Entries) -> Pending<Vec<u64>> {
        self.writer
            .submit(move |work| {
                let cleared = match entries {
                    Entries::All => work.all(
                        "UPDATE notice SET cleared = ?1 WHERE user = ?2 AND cleared IS NULL RETURNING id",
                        (work.now, user),
                    )?,
                    Entries::Numbered(wanted) => {
                        let mut cleared = Vec::new();
                        for number in wanted {
                            cleared.extend(work.one::<u64>(
                                "UPDATE notice SET cleared = ?1 WHERE id = ?3 AND user = ?2 AND cleared IS NULL
                                 RETURNING id",
                                (work.now, user, number.min(NUMBER_MAX)),
                            )?);
                        }
                        cleared
                    }
                };
                if !cleared.is_empty() {
                    publish_activity_total(work, user, None)?;
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
                    restored += work.execute(
                        "UPDATE notice SET cleared = NULL, by_reading = 0 WHERE id = ?1 AND user = ?2 AND cleared > ?3",
                        (number.min(NUMBER_MAX), user, work.now.plus_millis(-RESTORED_WITHIN_MILLIS)),
                    )?;
                }
                if restored > 0 {
                    forget_overdue(work, user)?;
                    keep_few(work, user)?;
                    publish_activity_total(work, user, None)?;
                }
                Ok(())
            })
            .await
    }
}

/// Counts the open entries of somebody, up to [`bounds::CATCH_UP_COUNTED_MAX`].
fn count_entries(rows: &Rows, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
    rows.only(
        concat!(
            "SELECT count(*) FROM (SELECT 1 FROM notice",
            by_index!("notice_open"),
            " WHERE user = ?1 AND cleared IS NULL
             AND (waiting = 0 OR date > ?2) AND ",
            not_removed!("channel"),
            " LIMIT ?3)"
        ),
        (user, waiting_since(now), bounds::CATCH_UP_COUNTED_MAX),
    )
}

/// One entry as its person sees it, with the row id of its channel.
macro_rules! select_entry {
    () => {
        concat!(
            "SELECT n.id, n.kind, n.channel, c.kind, ",
            name_for!("n.user"),
            ",
            n.idx, user.handle, n.emoji, n.date, n.waiting
         FROM notice AS n LEFT JOIN channel AS c ON c.id = n.channel JOIN user ON user.id = n.by "
        )
    };
}
pub(super) use select_entry;

/// Reads what `select_entry` selects.
pub(super) fn read_entry(row: &Row<'_>) -> Result<(ChannelKey, CatchUpEntry), StoreError> {
    let channel: ChannelKey = row.get(2)?;
    let entry = CatchUpEntry {
        number: row.get(0)?,
        kind: row.get(1)?,
        id: (channel != ChannelKey::NONE).then(|| channel.id()),
        channel_kind: row.get(3)?,
        name: row.get(4)?,
        index: Some(row.get(5)?).filter(|index: &Index| index.get() > 0),
        by: row.get(6)?,
        emoji: row.get(7)?,
        date: row.get(8)?,
        waiting: row.get(9)?,
        message: None,
    };
    Ok((channel, entry))
}

pub(super) fn publish_activity_total(
    work: &mut StoreWork<'_>,
    user: UserId,
    newest: Option<CatchUpEntry>,
) -> Result<(), StoreError> {
    let total = count_entries(work, user, work.now)?;
    work.changes.push(Change::CaughtUp { user, total, newest: newest.map(Box::new) });
    Ok(())
}
