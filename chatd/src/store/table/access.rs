//! What somebody may do in a channel, and which of its messages they may read.

use proto::{Audience, Index, Role};

use crate::store::channel_key::{ChannelKey, not_removed};
use crate::store::sqlite::Rows;
use crate::store::work::StoreWork;
use crate::store::{Refused, StoreError, UserId};

/// Gives the role of a member.
pub(in crate::store) fn role(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    let role = rows.one::<Role>(
        concat!("SELECT role FROM member WHERE channel = ?1 AND user = ?2 AND ", not_removed!("channel")),
        (channel, user),
    )?;
    role.ok_or_else(|| Refused::NotAMember.into())
}

/// Gives what somebody may do who is a member, or may read a wall.
pub(in crate::store) fn access(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    match role(rows, channel, user) {
        Err(StoreError::Refused(Refused::NotAMember)) => role_on_wall(rows, channel, user),
        known => known,
    }
}

/// Gives the first message that somebody may read who is a member, or may read a wall.
pub(in crate::store) fn reads_from(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Index, StoreError> {
    let from = rows.one::<Index>(
        concat!("SELECT reads_from FROM member WHERE channel = ?1 AND user = ?2 AND ", not_removed!("channel")),
        (channel, user),
    )?;
    match from {
        Some(from) => Ok(from),
        None => role_on_wall(rows, channel, user).map(|_| Index::new(1)),
    }
}

/// Refuses what somebody wants of a message that they may not read.
pub(in crate::store) fn require_may_read(
    rows: &Rows,
    channel: ChannelKey,
    user: UserId,
    index: Index,
) -> Result<(), StoreError> {
    if index < reads_from(rows, channel, user)? { Err(Refused::NoSuchMessage.into()) } else { Ok(()) }
}

/// Refuses who does not keep order in a channel, by their role there.
pub(in crate::store) fn require_order_keeper(role: Role) -> Result<(), StoreError> {
    match role {
        Role::Owner | Role::Moderator => Ok(()),
        Role::Member | Role::Unknown => Err(Refused::NotAllowed.into()),
    }
}

/// Refuses who is kept out.
pub(in crate::store) fn require_not_banned(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    user: UserId,
) -> Result<(), StoreError> {
    let banned = work.exists("SELECT 1 FROM ban WHERE channel = ?1 AND user = ?2", (channel, user))?;
    if banned { Err(Refused::Banned.into()) } else { Ok(()) }
}

/// Tells what somebody may do on a wall: its owner keeps order, readers answer and react.
///
/// # Errors
/// [`Refused::NotAMember`] for who may not read it, and for what is no wall.
pub(in crate::store) fn role_on_wall(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    let found = rows.one_with(
        "SELECT channel.owner = ?2, owner.reads_posts,
            EXISTS (SELECT 1 FROM friend WHERE friend.user = ?2 AND other = channel.owner),
            EXISTS (SELECT 1 FROM block WHERE block.user = channel.owner AND other = ?2),
            (SELECT guest OR deleted IS NOT NULL FROM user WHERE id = ?2)
         FROM channel JOIN user AS owner ON owner.id = channel.owner
         WHERE channel.id = ?1 AND kind = 'wall' AND owner.deleted IS NULL",
        (channel, user),
        |row| {
            let (own, friend, blocked, guest): (bool, bool, bool, bool) =
                (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
            let everyone = row.get::<Audience>(1)? == Audience::Everyone;
            Ok(if own {
                Some(Role::Owner)
            } else {
                (friend || (everyone && !blocked && !guest)).then_some(Role::Member)
            })
        },
    )?;
    found.flatten().ok_or_else(|| Refused::NotAMember.into())
}
