//! What others may do to somebody without asking: adding them to channels, within their settings and so many a day. What
//! goes beyond that waits for them to say yes, as an entry of the list of what happened.

use proto::{Audience, Timestamp};

use super::member::Coming;
use super::table::notice::DAY_MILLIS;
use super::table::relation::share;
use super::work::StoreWork;
use super::{StoreError, UserId};

/// What counts per day among people who are no friends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lately {
    /// Others added somebody to a channel.
    Added,
    /// Somebody opened a direct conversation.
    Opened,
}

impl Lately {
    fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Opened => "opened",
        }
    }
}

/// Whether somebody may be added to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Added {
    /// At once, and whether it counts among what is done in a day.
    Now(Coming, Option<Lately>),
    /// Only when they accept.
    Waits,
}

/// Tells whether somebody lets another add them to a channel.
pub(super) fn adds(work: &StoreWork<'_>, inviter: UserId, guest: UserId, per_day: u64) -> Result<Added, StoreError> {
    let (audiences, friends) = work.only_with(
        "SELECT may_invite, may_write, EXISTS (SELECT 1 FROM friend WHERE user = ?1 AND other = ?2)
         FROM user WHERE id = ?1",
        (guest, inviter),
        |row| Ok(([row.get(0)?, row.get(1)?], row.get::<bool>(2)?)),
    )?;
    if friends {
        return Ok(Added::Now(Coming::AddedBy(inviter), None));
    }
    let known = share(work, inviter, guest)?;
    // Whoever may not write to somebody does not bring them where they may.
    let heard = audiences.iter().all(|audience| match audience {
        Audience::Everyone => true,
        Audience::Shared => known,
        Audience::Friends | Audience::Unknown => false,
    });
    if !heard || too_many_lately(work, guest, Lately::Added, per_day)?.is_some() {
        return Ok(Added::Waits);
    }
    let coming = if known { Coming::AddedBy(inviter) } else { Coming::AddedByStranger(inviter) };
    Ok(Added::Now(coming, Some(Lately::Added)))
}

/// Gives for how many milliseconds there were too many within a day; nothing when there is room. 0 lifts the limit.
pub(super) fn too_many_lately(
    work: &StoreWork<'_>,
    user: UserId,
    what: Lately,
    per_day: u64,
) -> Result<Option<u64>, StoreError> {
    if per_day == 0 {
        return Ok(None);
    }
    let day_ago = work.now.plus_millis(-DAY_MILLIS);
    let oldest = work.one::<Timestamp>(
        "SELECT date FROM among_strangers WHERE user = ?1 AND what = ?2 AND date > ?3 AND date <= ?5
         ORDER BY date DESC LIMIT 1 OFFSET ?4",
        (user, what.word(), day_ago, per_day - 1, work.now),
    )?;
    Ok(oldest.map(|oldest| oldest.plus_millis(DAY_MILLIS).millis_since(work.now).max(1)))
}

/// Counts what was done within the last day, and forgets what is older.
pub(super) fn note_lately(work: &StoreWork<'_>, user: UserId, what: Lately) -> Result<(), StoreError> {
    let day_ago = work.now.plus_millis(-DAY_MILLIS);
    work.execute("DELETE FROM among_strangers WHERE date <= ?1", [day_ago])?;
    work.execute("INSERT INTO among_strangers (user, what, date) VALUES (?1, ?2, ?3)", (user, what.word(), work.now))?;
    Ok(())
}

#[cfg(test)]
mod tests;
