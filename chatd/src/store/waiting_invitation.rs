//! Invitations that wait to be accepted, and when they wait no longer.

use proto::CatchUpKind;

use super::activity::{ActivityEntry, add_activity, remove_activity};
use super::channel_key::ChannelKey;
use super::sqlite::by_index;
use super::table::notice::{forget_overdue, keep_few, publish_activity_total, waiting_since};
use super::work::StoreWork;
use super::{StoreError, UserId};

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
fn forget_waiting_by(work: &mut StoreWork<'_>, channel: ChannelKey, by: UserId) -> Result<(), StoreError> {
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
fn forget_all_waiting_by(work: &mut StoreWork<'_>, by: UserId) -> Result<(), StoreError> {
    remove_activity(
        work,
        concat!("DELETE FROM notice", by_index!("notice_waiting_by"), " WHERE waiting = 1 AND by = ?1 RETURNING user"),
        [by],
    )
}

/// Ends what somebody has let others in by who no longer keeps order in a channel: codes, and invitations that wait.
pub(super) fn end_invitations_of(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
) -> Result<(), StoreError> {
    work.execute("DELETE FROM invitation WHERE channel = ?1 AND user = ?2", (channel, user))?;
    forget_waiting_by(work, channel, user)
}

/// Ends it in all channels, of somebody whose account may not be used.
pub(super) fn end_all_invitations_of(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    work.execute("DELETE FROM invitation WHERE user = ?1", [user])?;
    forget_all_waiting_by(work, user)
}
