//! Who is in which channel: entering, leaving, inviting, and what each member has read.

use proto::{CatchUpKind, ChannelId, ChannelKind, ChannelName, CreatedKind, Handle, Index, Role, Topic};
use rusqlite::{OptionalExtension, Transaction, params};

use super::account::{alive, is_guest};
use super::catch_up::{self, Happening, happens};
use super::channel::{NewChannel, create, key_of, next_version};
use super::friend::may_write;
use super::key;
use super::order::is_let_in;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId, wall};

/// What somebody wants to enter.
#[derive(Debug, Clone)]
pub enum JoinTarget {
    /// A channel known by its id.
    Id(ChannelId),
    /// A channel one is in, else a public one, else a new public one.
    Name(ChannelName),
}

impl Store {
    /// Makes `user` a member of what is found, or of what is made for want of it, if they may create.
    pub async fn join_channel(&self, user: UserId, target: JoinTarget, may_create: bool) -> Pending<ChannelId> {
        self.writer.submit(move |work| join(work, user, &target, may_create)).await
    }

    /// Ends a membership. The longest member inherits a channel whose owner leaves.
    pub async fn leave_channel(&self, user: UserId, channel: ChannelId) -> Pending<()> {
        self.writer.submit(move |work| leave(work, user, &channel)).await
    }

    /// Makes somebody a member, on the word of one who may invite.
    pub async fn invite(&self, inviter: UserId, channel: ChannelId, guest: Handle) -> Pending<()> {
        self.writer.submit(move |work| invite(work, inviter, &channel, &guest)).await
    }

    /// Moves a reader on, never back; an index beyond the last message means the last.
    pub async fn mark_read(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit(move |work| mark_read(work, user, &channel, index)).await
    }
}

/// Gives the role of a member.
pub(super) fn role(transaction: &Transaction<'_>, channel: i64, user: UserId) -> Result<Role, StoreError> {
    let role = transaction
        .prepare_cached("SELECT role FROM member WHERE channel = ?1 AND user = ?2")?
        .query_row(params![channel, user], |row| row.get::<_, Column<Role>>(0))
        .optional()?;
    role.map(|role| role.0).ok_or_else(|| Refused::NotAMember.into())
}

/// Gives what somebody may do who is a member, or may read a wall.
pub(super) fn access(transaction: &Transaction<'_>, channel: i64, user: UserId) -> Result<Role, StoreError> {
    match role(transaction, channel, user) {
        Err(StoreError::Refused(Refused::NotAMember)) => wall::standing(transaction, channel, user),
        known => known,
    }
}

pub(super) fn keeps_order(role: Role) -> Result<(), StoreError> {
    match role {
        Role::Owner | Role::Moderator => Ok(()),
        Role::Member | Role::Unknown => Err(Refused::NotAllowed.into()),
    }
}

pub(super) fn add_member(work: &mut Work<'_>, channel: i64, user: UserId, role: Role) -> Result<(), StoreError> {
    let count = |sql, id: i64| -> rusqlite::Result<u64> {
        work.transaction.prepare_cached(sql)?.query_row([id], |row| row.get(0))
    };
    if count("SELECT count(*) FROM member WHERE user = ?1", user.0)? >= work.limits.memberships_per_account {
        return Err(Refused::TooManyMemberships.into());
    }
    if count("SELECT count(*) FROM member WHERE channel = ?1", channel)? >= work.limits.members_per_channel {
        return Err(Refused::TooManyMembers.into());
    }
    let version = next_version(work, channel)?;
    // Joining means to have read everything that was said before.
    work.transaction
        .prepare_cached(
            "INSERT INTO member (channel, user, role, joined, last_read, muted_until)
             SELECT ?1, ?2, ?3, ?4, last_index, (SELECT until FROM kept_mute WHERE channel = ?1 AND user = ?2)
             FROM channel WHERE id = ?1",
        )?
        .execute(params![channel, user, Column(role), Column(version)])?;
    work.transaction
        .prepare_cached("DELETE FROM kept_mute WHERE channel = ?1 AND user = ?2")?
        .execute(params![channel, user])?;
    work.changes.push(Change::MemberAdded { channel: key::channel_id(channel), user, role });
    Ok(())
}

fn join(work: &mut Work<'_>, user: UserId, target: &JoinTarget, may_create: bool) -> Result<ChannelId, StoreError> {
    alive(work.transaction, user)?;
    let found = match target {
        JoinTarget::Id(id) => Some(find_by_id(work, user, id)?),
        JoinTarget::Name(name) => find_by_name(work, user, name)?,
    };
    match (found, target) {
        (Some((key, true)), _) => Ok(key::channel_id(key)),
        (Some((key, false)), _) => {
            enter(work, key, user, may_create)?;
            Ok(key::channel_id(key))
        }
        (None, JoinTarget::Name(_)) if !may_create => Err(Refused::NotForGuests.into()),
        (None, JoinTarget::Name(name)) => {
            let channel = NewChannel { name: name.clone(), kind: CreatedKind::Public, topic: Topic::default() };
            create(work, user, &channel)
        }
        (None, JoinTarget::Id(_)) => Err(Refused::NoSuchChannel.into()),
    }
}

/// Makes somebody a member of a channel that lets them in; one that everybody has left is theirs if they may own it.
pub(super) fn enter(work: &mut Work<'_>, channel: i64, user: UserId, may_own: bool) -> Result<(), StoreError> {
    is_let_in(work, channel, user)?;
    let inherited = may_own && inherit(work, channel, user)?;
    add_member(work, channel, user, if inherited { Role::Owner } else { Role::Member })
}

/// Gives a channel that everybody but guests has left to the first who comes back; the lobby stays nobody's.
fn inherit(work: &Work<'_>, channel: i64, user: UserId) -> Result<bool, StoreError> {
    let inherited = work
        .transaction
        .prepare_cached(
            "UPDATE channel SET owner = ?2 WHERE id = ?1 AND owner IS NULL AND creator IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user
                               WHERE channel = ?1 AND user.guest = 0)",
        )?
        .execute(params![channel, user])?;
    Ok(inherited == 1)
}

/// Finds a channel one may enter by its id, and whether one is in it: a private one that one is not
/// in does not exist.
fn find_by_id(work: &Work<'_>, user: UserId, id: &ChannelId) -> Result<(i64, bool), StoreError> {
    let key = key_of(id)?;
    let found = work
        .transaction
        .prepare_cached(
            "SELECT c.kind = 'public', m.user IS NOT NULL FROM channel AS c
             LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?2 WHERE c.id = ?1",
        )?
        .query_row(params![key, user], |row| Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    match found {
        Some((public, member)) if public || member => Ok((key, member)),
        _ => Err(Refused::NoSuchChannel.into()),
    }
}

/// Finds a channel by its name: one that one is in comes first, then a public one.
fn find_by_name(work: &Work<'_>, user: UserId, name: &ChannelName) -> Result<Option<(i64, bool)>, StoreError> {
    let found = work
        .transaction
        .prepare_cached(
            "SELECT c.id, 1 FROM member AS m JOIN channel AS c ON c.id = m.channel
             WHERE m.user = ?1 AND c.name = ?2 AND c.kind IN ('public', 'private')
             UNION ALL
             SELECT id, 0 FROM channel WHERE name = ?2 AND kind = 'public'
             LIMIT 1",
        )?
        .query_row(params![user, name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

fn leave(work: &mut Work<'_>, user: UserId, channel: &ChannelId) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    if is_dm(work, key)? {
        return Err(Refused::NotAllowed.into());
    }
    end_membership(work, key, user)
}

/// Ends a membership of any channel.
pub(super) fn end_membership(work: &mut Work<'_>, key: i64, user: UserId) -> Result<(), StoreError> {
    let channel = key::channel_id(key);
    next_version(work, key)?;
    let execute = |sql| work.transaction.prepare_cached(sql)?.execute(params![key, user]);
    work.transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO kept_mute SELECT channel, user, muted_until FROM member
             WHERE channel = ?1 AND user = ?2 AND muted_until > ?3",
        )?
        .execute(params![key, user, Column(work.now)])?;
    execute("DELETE FROM member WHERE channel = ?1 AND user = ?2")?;
    execute("DELETE FROM mention WHERE channel = ?1 AND user = ?2")?;
    execute("DELETE FROM draft WHERE channel = ?1 AND user = ?2")?;
    catch_up::leaves(work, key, user)?;
    work.changes.push(Change::MemberRemoved { channel, user });
    hand_over(work, key, &channel, user)
}

pub(super) fn is_dm(work: &Work<'_>, channel: i64) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Dm)
}

pub(super) fn is_public(work: &Work<'_>, channel: i64) -> Result<bool, StoreError> {
    Ok(kind(work, channel)? == ChannelKind::Public)
}

fn kind(work: &Work<'_>, channel: i64) -> Result<ChannelKind, StoreError> {
    let kind = work
        .transaction
        .prepare_cached("SELECT kind FROM channel WHERE id = ?1")?
        .query_row([channel], |row| row.get::<_, Column<ChannelKind>>(0))?;
    Ok(kind.0)
}

/// Gives the channel of an owner who has left to the longest member who is no guest, if there is one.
fn hand_over(work: &mut Work<'_>, key: i64, channel: &ChannelId, left: UserId) -> Result<(), StoreError> {
    let was_owner = work
        .transaction
        .prepare_cached("UPDATE channel SET owner = NULL WHERE id = ?1 AND owner = ?2")?
        .execute(params![key, left])?;
    if was_owner == 0 {
        return Ok(());
    }
    let heir: Option<UserId> = work
        .transaction
        .prepare_cached(
            "SELECT member.user FROM member JOIN user ON user.id = member.user
             WHERE channel = ?1 AND user.guest = 0 ORDER BY joined LIMIT 1",
        )?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let Some(heir) = heir else { return Ok(()) };
    let version = next_version(work, key)?;
    work.transaction.prepare_cached("UPDATE channel SET owner = ?2 WHERE id = ?1")?.execute(params![key, heir])?;
    work.transaction
        .prepare_cached("UPDATE member SET role = 'owner', muted_until = NULL WHERE channel = ?1 AND user = ?2")?
        .execute(params![key, heir])?;
    work.changes.push(Change::OwnerChanged { channel: *channel, version, owner: heir });
    Ok(())
}

pub(super) fn user_by_handle(work: &Work<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    let user = work
        .transaction
        .prepare_cached("SELECT id FROM user WHERE handle = ?1 AND deleted IS NULL")?
        .query_row([handle.as_str()], |row| row.get(0))
        .optional()?;
    user.ok_or_else(|| Refused::NoSuchUser.into())
}

fn invite(work: &mut Work<'_>, inviter: UserId, channel: &ChannelId, guest: &Handle) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    keeps_order(role(work.transaction, key, inviter)?)?;
    let guest = user_by_handle(work, guest)?;
    if is_guest(work, guest)? && !is_public(work, key)? {
        return Err(Refused::NotForGuests.into());
    }
    match role(work.transaction, key, guest) {
        Ok(_) => Ok(()),
        Err(StoreError::Refused(Refused::NotAMember)) => {
            may_write(work, inviter, guest)?;
            enter(work, key, guest, false)?;
            let invited = Happening { kind: CatchUpKind::Invite, channel: key, index: None, by: inviter, emoji: None };
            happens(work, guest, invited)
        }
        Err(error) => Err(error),
    }
}

fn mark_read(work: &mut Work<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    let moved = work
        .transaction
        .prepare_cached(
            "UPDATE member SET last_read = min(?3, channel.last_index) FROM channel
             WHERE member.channel = ?1 AND member.user = ?2 AND channel.id = ?1
               AND member.last_read < min(?3, channel.last_index)
             RETURNING member.last_read, (SELECT last_index FROM channel WHERE id = ?1)",
        )?
        .query_row(params![key, user, Column(index)], |row| {
            Ok((row.get::<_, Column<Index>>(0)?.0, row.get::<_, Column<Index>>(1)?.0))
        })
        .optional()?;
    if let Some((last_read, last_index)) = moved {
        report_read(work, key, user, last_read, last_index)?;
    }
    Ok(())
}

/// Tells the connections of a reader how many messages and mentions are unread, where that has changed and the place has
/// not.
pub(super) fn tell_counts(work: &mut Work<'_>, channel: i64, user: UserId) -> Result<(), StoreError> {
    let place = work
        .transaction
        .prepare_cached(
            "SELECT m.last_read, c.last_index FROM member AS m JOIN channel AS c ON c.id = m.channel
             WHERE m.channel = ?1 AND m.user = ?2",
        )?
        .query_row(params![channel, user], |row| {
            Ok((row.get::<_, Column<Index>>(0)?.0, row.get::<_, Column<Index>>(1)?.0))
        })
        .optional()?;
    match place {
        Some((last_read, last_index)) => report_read(work, channel, user, last_read, last_index),
        None => Ok(()),
    }
}

/// Forgets the mentions that were read and tells the reader's connections where the reader stands.
pub(super) fn report_read(
    work: &mut Work<'_>,
    channel: i64,
    user: UserId,
    last_read: Index,
    last_index: Index,
) -> Result<(), StoreError> {
    work.transaction
        .prepare_cached("DELETE FROM mention WHERE user = ?1 AND channel = ?2 AND idx <= ?3")?
        .execute(params![user, channel, Column(last_read)])?;
    let mentions = work
        .transaction
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM mention WHERE user = ?1 AND channel = ?2 LIMIT 100)")?
        .query_row(params![user, channel], |row| row.get(0))?;
    let unread = last_index.get().saturating_sub(last_read.get());
    catch_up::read_up_to(work, channel, user, last_read)?;
    work.changes.push(Change::ReadMoved { channel: key::channel_id(channel), user, last_read, unread, mentions });
    Ok(())
}
