//! The list of what happened to somebody, as they read, clear and restore it.

use proto::{CatchUp, ChannelKind, Timestamp};

use super::channel_key::not_removed;
use super::table::access::access;
use super::table::channel::name_for;
use super::table::notice::{
    RESTORED_WITHIN_MILLIS, count_entries, forget_overdue, keep_few, publish_activity_total, read_entry, select_entry,
    waiting_since,
};
use super::table::page::read_message;
use super::{Pending, Store, StoreError, UserId};

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
                        entry.message = read_message(rows, channel, index)?;
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
