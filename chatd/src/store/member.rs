//! Who is in which channel: what a membership is, how it begins and how it ends.

use proto::{ChannelKind, Handle, Index, RemoveReason, Role};

use super::channel::next_version;
use super::channel_deletion::remove_channel;
use super::channel_key::{ChannelKey, not_removed};
use super::column::ToColumn;
use super::consent::forget_waiting;
use super::directory::{actor, handle_of, member_added};
use super::member_list::members_total;
use super::moderation::require_not_banned;
use super::sqlite::{Rows, by_index};
use super::work::StoreWork;
use super::{Change, Refused, StoreError, UserId, activity, invitation, posts};

/// How somebody comes into a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coming {
    /// By themselves.
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
    /// By themselves.
    pub(super) const ONESELF: Self = Self { reason: None, by: None };

    /// By somebody else; an operator has no name.
    pub(super) fn because(reason: RemoveReason, by: Option<UserId>) -> Self {
        Self { reason: Some(reason), by }
    }
}

/// Gives the role of a member.
pub(super) fn role(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    let role = rows.one::<Role>(
        concat!("SELECT role FROM member WHERE channel = ?1 AND user = ?2 AND ", not_removed!("channel")),
        (channel, user),
    )?;
    role.ok_or_else(|| Refused::NotAMember.into())
}

/// Gives what somebody may do who is a member, or may read a wall.
pub(super) fn access(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    match role(rows, channel, user) {
        Err(StoreError::Refused(Refused::NotAMember)) => posts::role_on_wall(rows, channel, user),
        known => known,
    }
}

/// Gives the first message that somebody may read who is a member, or may read a wall.
pub(super) fn reads_from(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Index, StoreError> {
    let from = rows.one::<Index>(
        concat!("SELECT reads_from FROM member WHERE channel = ?1 AND user = ?2 AND ", not_removed!("channel")),
        (channel, user),
    )?;
    match from {
        Some(from) => Ok(from),
        None => posts::role_on_wall(rows, channel, user).map(|_| Index::new(1)),
    }
}

/// Refuses what somebody wants of a message that they may not read.
pub(super) fn require_may_read(rows: &Rows, channel: ChannelKey, user: UserId, index: Index) -> Result<(), StoreError> {
    if index < reads_from(rows, channel, user)? { Err(Refused::NoSuchMessage.into()) } else { Ok(()) }
}

/// Refuses who does not keep order in a channel, by their role there.
pub(super) fn require_order_keeper(role: Role) -> Result<(), StoreError> {
    match role {
        Role::Owner | Role::Moderator => Ok(()),
        Role::Member | Role::Unknown => Err(Refused::NotAllowed.into()),
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

/// Members of a channel who can sign in, guests left out: condition on `member` and `user`.
macro_rules! can_keep {
    () => {
        "user.guest = 0 AND user.disabled IS NULL AND user.deleted IS NULL"
    };
}
pub(super) use can_keep;

/// Tells whether a channel that everybody but guests, and who cannot sign in, has left goes to the first who comes back; the
/// lobby stays nobody's. An owner who cannot sign in keeps order from then on.
fn is_inherited(work: &mut StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    let before: Option<Option<UserId>> = work.one(
        concat!(
            "SELECT owner FROM channel WHERE id = ?1 AND creator IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user WHERE channel = ?1 AND ",
            can_keep!(),
            ")"
        ),
        [channel],
    )?;
    let Some(before) = before else { return Ok(false) };
    if let Some(disabled) = before {
        super::moderation::give_role(work, channel, disabled, Role::Moderator)?;
    }
    Ok(true)
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
    invitation::end_invitations_of(work, key, user)?;
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

/// Tells whether anybody else is in a channel who can sign in to it.
pub(super) fn others_keep(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<bool, StoreError> {
    work.exists(
        concat!(
            "SELECT 1 FROM member JOIN user ON user.id = member.user WHERE channel = ?1 AND member.user <> ?2 AND ",
            can_keep!()
        ),
        (channel, user),
    )
}

pub(super) fn is_dm(work: &StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Dm)
}

pub(super) fn is_public(work: &StoreWork<'_>, channel: ChannelKey) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Public)
}

pub(super) fn kind(work: &StoreWork<'_>, channel: ChannelKey) -> Result<ChannelKind, StoreError> {
    let kind = work.only::<ChannelKind>("SELECT kind FROM channel WHERE id = ?1", [channel])?;
    Ok(kind)
}

/// Gives the channel of an owner who has left to the longest moderator, else to the longest member; to whoever can sign in
/// and is no guest. The lobby goes to moderators only: whoever is in it longest was never asked.
fn hand_over(work: &mut StoreWork<'_>, key: ChannelKey, left: UserId) -> Result<(), StoreError> {
    let was_owner = work.execute("UPDATE channel SET owner = NULL WHERE id = ?1 AND owner = ?2", (key, left))?;
    if was_owner == 0 {
        return Ok(());
    }
    let heir = work.one(
        concat!(
            "SELECT member.user FROM member JOIN user ON user.id = member.user
             JOIN channel ON channel.id = member.channel
             WHERE member.channel = ?1 AND (role = 'moderator' OR channel.creator IS NOT NULL) AND ",
            can_keep!(),
            " ORDER BY role = 'moderator' DESC, joined LIMIT 1"
        ),
        [key],
    )?;
    match heir {
        Some(heir) => make_owner(work, key, heir),
        None => super::channel_settings::lift_rules_of_lobby(work, key),
    }
}

/// Makes a member the owner of a channel that has none.
pub(super) fn make_owner(work: &mut StoreWork<'_>, key: ChannelKey, owner: UserId) -> Result<(), StoreError> {
    let version = next_version(work, key)?;
    work.execute("UPDATE channel SET owner = ?2 WHERE id = ?1", (key, owner))?;
    // Nobody could let an owner speak again.
    work.execute(
        "UPDATE member SET role = 'owner', muted_until = NULL WHERE channel = ?1 AND user = ?2",
        (key, owner),
    )?;
    let handle = handle_of(work, owner)?;
    work.changes.push(Change::OwnerChanged { channel: key.id(), version, owner, handle });
    Ok(())
}

/// Tells whether an account may be used.
pub(super) fn may_sign_in(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
    work.exists("SELECT 1 FROM user WHERE id = ?1 AND disabled IS NULL AND deleted IS NULL", [user])
}

pub(super) fn user_by_handle(work: &StoreWork<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    let user = work.one("SELECT id FROM user WHERE handle = ?1 AND deleted IS NULL", [handle])?;
    user.ok_or_else(|| Refused::NoSuchUser.into())
}
