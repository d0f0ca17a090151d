//! Who is in which channel: what a membership is, how it begins and how it ends.

use proto::{ChannelKind, RemoveReason, Role};

use super::channel_deletion::remove_channel;
use super::channel_key::ChannelKey;
use super::column::ToColumn;
use super::directory::member_added;
use super::role::{hand_over, is_inherited, make_owner, others_keep};
use super::sqlite::by_index;
use super::table::access::require_not_banned;
use super::table::channel::{is_dm, kind, members_total, next_version};
use super::table::user::{actor, handle_of};
use super::waiting_invitation::{end_invitations_of, forget_waiting};
use super::work::StoreWork;
use super::{Change, Refused, StoreError, UserId, activity};

/// How somebody comes into a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    /// The member has done it themselves.
    Oneself,
    /// Somebody they know added them: a friend, or who is in another channel with them.
    AddedBy(UserId),
    /// Somebody added them whom they do not know: nothing that this makes them share is for that one to see.
    AddedByStranger(UserId),
}

/// How somebody goes out of a channel, as they are told.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Going {
    pub(super) reason: Option<RemoveReason>,
    pub(super) by: Option<UserId>,
}

impl Going {
    /// The member has done it themselves.
    pub(super) const ONESELF: Self = Self { reason: None, by: None };

    /// By somebody else; an operator has no name.
    pub(super) fn because(reason: RemoveReason, by: Option<UserId>) -> Self {
        Self { reason: Some(reason), by }
    }
}

pub(super) fn add_member(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    role: Role,
    coming: Coming,
) -> Result<(), StoreError> {
    require_room_for_member(work, channel, user, coming)?;
    let version = next_version(work, channel)?;
    let (added_by, apart) = match coming {
        Coming::Oneself => (None, false),
        Coming::AddedBy(by) => (Some(by), false),
        Coming::AddedByStranger(by) => (Some(by), true),
    };
    // Joining means to have read everything that was said before.
    work.execute(
        "INSERT INTO member (channel, user, role, joined, last_read, muted_until, muted_for_s, added_by, untouched,
            apart, closed, reads_from)
         SELECT ?1, ?2, ?3, ?4, last_index, (SELECT until FROM kept_mute WHERE channel = ?1 AND user = ?2),
            (SELECT for_s FROM kept_mute WHERE channel = ?1 AND user = ?2),
            ?5, ?5 IS NOT NULL, ?6, ?5 IS NOT NULL AND kind = 'dm', history_from
         FROM channel WHERE id = ?1",
        (channel, user, role, version, added_by, apart),
    )?;
    work.execute("DELETE FROM kept_mute WHERE channel = ?1 AND user = ?2", (channel, user))?;
    forget_waiting(work, channel, user)?;
    let added = member_added(work, channel, user)?;
    work.changes.push(added);
    Ok(())
}

/// Refuses one too many. What others have added somebody to never uses up what they may join themselves, and direct
/// conversations are bounded by how many are opened in a day.
fn require_room_for_member(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    coming: Coming,
) -> Result<(), StoreError> {
    if is_dm(work, channel)? {
        return Ok(());
    }
    let count = |sql: &str, id: &dyn ToColumn| -> Result<u64, StoreError> { work.only(sql, [id]) };
    let mine = match coming {
        Coming::Oneself => {
            "SELECT count(*) FROM member JOIN channel ON channel.id = member.channel
             WHERE user = ?1 AND added_by IS NULL AND kind <> 'dm'"
        }
        Coming::AddedBy(_) | Coming::AddedByStranger(_) => {
            concat!(
                "SELECT count(*) FROM member",
                by_index!("member_added"),
                " JOIN channel ON channel.id = member.channel
                 WHERE user = ?1 AND added_by IS NOT NULL AND kind <> 'dm'"
            )
        }
    };
    if count(mine, &user)? >= work.limits.memberships_per_account {
        return Err(Refused::TooManyMemberships.into());
    }
    let members =
        "SELECT CASE WHEN kind = 'public' AND creator IS NULL THEN 0 ELSE members END FROM channel WHERE id = ?1";
    // Whoever comes anew finds room in the lobby.
    if count(members, &channel)? >= work.limits.members_per_channel {
        return Err(Refused::TooManyMembers.into());
    }
    Ok(())
}

/// Makes somebody a member of a channel that lets them in; one that everybody has left is theirs if they may own it.
pub(super) fn enter(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
    may_own: bool,
    coming: Coming,
) -> Result<(), StoreError> {
    require_not_banned(work, channel, user)?;
    let inherits = may_own && is_inherited(work, channel)?;
    add_member(work, channel, user, Role::Member, coming)?;
    if inherits { make_owner(work, channel, user) } else { Ok(()) }
}

/// Whoever reads or writes in a channel that somebody added them to is in it like anybody else.
pub(super) fn take_up(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let taken = work.execute(
        "UPDATE member SET untouched = 0, apart = 0
         WHERE channel = ?1 AND user = ?2 AND (untouched = 1 OR apart = 1)",
        (channel, user),
    )?;
    if taken > 0 {
        work.changes.push(Change::TakenUp { channel: channel.id(), user });
    }
    Ok(())
}

/// Ends a membership of any channel. A private channel ends with the last who can keep it.
pub(super) fn end_membership(
    work: &mut StoreWork<'_>,
    key: ChannelKey,
    user: UserId,
    going: Going,
) -> Result<(), StoreError> {
    work.erases();
    next_version(work, key)?;
    let execute = |sql| work.execute(sql, (key, user));
    work.execute(
        "INSERT OR REPLACE INTO kept_mute SELECT channel, user, muted_until, muted_for_s FROM member
         WHERE channel = ?1 AND user = ?2 AND muted_until > ?3",
        (key, user, work.now),
    )?;
    execute("DELETE FROM member WHERE channel = ?1 AND user = ?2")?;
    execute("DELETE FROM mention WHERE channel = ?1 AND user = ?2")?;
    execute("DELETE FROM draft WHERE channel = ?1 AND user = ?2")?;
    activity::leaves(work, key, user)?;
    end_invitations_of(work, key, user)?;
    let Going { reason, by } = going;
    work.changes.push(Change::MemberRemoved {
        channel: key.id(),
        user,
        handle: handle_of(work, user)?,
        members_total: members_total(work, key)?,
        reason,
        by: actor(work, by)?,
    });
    if kind(work, key)? == ChannelKind::Private && !others_keep(work, key, user)? {
        return remove_channel(work, key, by);
    }
    hand_over(work, key, user)
}
