//! What others may do to somebody without asking: adding them to channels, within their settings and so many a day. What
//! goes beyond that waits for them to say yes, as an entry of the list of what happened.

use proto::{Audience, CatchUpKind, Timestamp, bounds};

use super::activity::{ActivityEntry, add_activity, remove_activity};
use super::activity_list::publish_activity_total;
use super::channel_key::{ChannelKey, not_removed};
use super::friend::share;
use super::member::Coming;
use super::sqlite::by_index;
use super::work::StoreWork;
use super::{StoreError, UserId};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

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

/// Tells somebody that they were added to a channel, or are invited to one.
pub(super) fn add_invitation(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    by: UserId,
    waiting: bool,
) -> Result<(), StoreError> {
    add_activity(
        work,
        user,
        ActivityEntry { kind: CatchUpKind::Invite, channel, index: None, by, emoji: None, waiting },
    )
}

/// Lets an invitation wait. Where there are too many, the inviter with the most gives way, so that nobody keeps others
/// from inviting.
pub(super) fn waits(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId, by: UserId) -> Result<(), StoreError> {
    forget_overdue(work, user)?;
    // One that was cleared counts as declined, and comes anew.
    work.execute(
        "DELETE FROM notice WHERE user = ?1 AND channel = ?2 AND by = ?3 AND waiting = 1 AND cleared IS NOT NULL",
        (user, channel, by),
    )?;
    add_invitation(work, channel, user, by, true)?;
    if keep_few(work, user)? { publish_activity_total(work, user, None) } else { Ok(()) }
}

/// Forgets what waits no longer: for too long, or in a channel that is gone.
pub(super) fn forget_overdue(work: &StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
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
pub(super) fn keep_few(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
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

/// Gives the moment since when invitations wait that still do.
pub(super) fn waiting_since(now: Timestamp) -> Timestamp {
    now.plus_millis(-bounds::INVITATION_DAYS_MAX * DAY_MILLIS)
}

/// Tells whether an invitation to a channel waits for somebody.
pub(super) fn is_invited(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<bool, StoreError> {
    work.exists(
        concat!(
            "SELECT 1 FROM notice",
            by_index!("notice_of"),
            " WHERE user = ?1 AND channel = ?2 AND waiting = 1 AND cleared IS NULL AND date > ?3"
        ),
        (user, channel, waiting_since(work.now)),
    )
}

/// Invitations of somebody to a channel wait no longer: they are in it, or kept out.
pub(super) fn forget_waiting(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!(
            "DELETE FROM notice",
            by_index!("notice_of"),
            " WHERE user = ?1 AND channel = ?2 AND waiting = 1 RETURNING user"
        ),
        (user, channel),
    )
}

/// No guest is invited any more to a channel that becomes private.
pub(super) fn forget_waiting_guests(work: &mut StoreWork<'_>, channel: ChannelKey) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!(
            "DELETE FROM notice",
            by_index!("notice_by_message"),
            " WHERE channel = ?1 AND idx = 0 AND waiting = 1
             AND user IN (SELECT id FROM user WHERE guest = 1) RETURNING user"
        ),
        [channel],
    )
}

/// What somebody invited others to in a channel waits no longer.
pub(super) fn forget_waiting_by(work: &mut StoreWork<'_>, channel: ChannelKey, by: UserId) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!(
            "DELETE FROM notice",
            by_index!("notice_by_message"),
            " WHERE channel = ?1 AND idx = 0 AND by = ?2 AND waiting = 1
             RETURNING user"
        ),
        (channel, by),
    )
}

/// What one invited another to waits no longer.
pub(super) fn forget_waiting_between(work: &mut StoreWork<'_>, user: UserId, by: UserId) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!(
            "DELETE FROM notice",
            by_index!("notice_waiting"),
            " WHERE user = ?1 AND by = ?2 AND waiting = 1 RETURNING user"
        ),
        (user, by),
    )
}

/// What somebody invited others to, wherever it is, waits no longer.
pub(super) fn forget_all_waiting_by(work: &mut StoreWork<'_>, by: UserId) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!("DELETE FROM notice", by_index!("notice_waiting_by"), " WHERE waiting = 1 AND by = ?1 RETURNING user"),
        [by],
    )
}
