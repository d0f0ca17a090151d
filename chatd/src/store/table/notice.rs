//! The entries of what happened to somebody: as they are read, counted, and let go.

use proto::{CatchUpEntry, Index, Timestamp, bounds};

use crate::store::channel_key::{ChannelKey, not_removed};
use crate::store::sqlite::{Row, Rows, by_index};
use crate::store::work::StoreWork;
use crate::store::{Change, StoreError, UserId};

/// A day.
pub(in crate::store) const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;
/// For how long what was cleared can be brought back.
pub(in crate::store) const RESTORED_WITHIN_MILLIS: i64 = DAY_MILLIS;

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
pub(in crate::store) use select_entry;

/// Reads what `select_entry` selects.
pub(in crate::store) fn read_entry(row: &Row<'_>) -> Result<(ChannelKey, CatchUpEntry), StoreError> {
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

/// Counts the open entries of somebody, up to [`bounds::CATCH_UP_COUNTED_MAX`].
pub(in crate::store) fn count_entries(rows: &Rows, user: UserId, now: Timestamp) -> Result<u64, StoreError> {
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

pub(in crate::store) fn publish_activity_total(
    work: &mut StoreWork<'_>,
    user: UserId,
    newest: Option<CatchUpEntry>,
) -> Result<(), StoreError> {
    let total = count_entries(work, user, work.now)?;
    work.changes.push(Change::CaughtUp { user, total, newest: newest.map(Box::new) });
    Ok(())
}

/// Gives the moment since when invitations wait that still do.
pub(in crate::store) fn waiting_since(now: Timestamp) -> Timestamp {
    now.plus_millis(-bounds::INVITATION_DAYS_MAX * DAY_MILLIS)
}

/// Forgets what waits no longer: for too long, or in a channel that is gone.
pub(in crate::store) fn forget_overdue(work: &StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    work.execute(
        concat!(
            "DELETE FROM notice WHERE user = ?1 AND waiting = 1 AND NOT (date > ?2 AND ",
            not_removed!("channel"),
            ")"
        ),
        (user, waiting_since(work.now)),
    )?;
    Ok(())
}

/// Lets go what waits beyond the bound, the oldest of the inviter with the most first; tells whether there was anything.
pub(in crate::store) fn keep_few(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
    let push_out = "DELETE FROM notice WHERE id IN (
        SELECT id FROM notice AS n WHERE user = ?1 AND waiting = 1 AND cleared IS NULL
           AND (SELECT count(*) FROM notice WHERE user = ?1 AND waiting = 1 AND cleared IS NULL) > ?2
        ORDER BY (SELECT count(*) FROM notice WHERE user = ?1 AND waiting = 1 AND cleared IS NULL AND by = n.by)
           DESC, id LIMIT 1)";
    let mut pushed_out = false;
    while work.execute(push_out, (user, bounds::INVITATIONS_WAITING_MAX))? > 0 {
        pushed_out = true;
    }
    Ok(pushed_out)
}
