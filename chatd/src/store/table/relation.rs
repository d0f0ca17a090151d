//! How two people stand to each other, and who may write to whom.

use proto::{Audience, Relation};

use crate::store::channel_key::ChannelKey;
use crate::store::sqlite::Rows;
use crate::store::work::StoreWork;
use crate::store::{Refused, StoreError, UserId};

pub(in crate::store) const FRIENDS: &str = "SELECT 1 FROM friend WHERE user = ?1 AND other = ?2";
pub(in crate::store) const ASKED: &str = "SELECT 1 FROM friend_ask WHERE user = ?1 AND other = ?2";

/// Gives how somebody stands to another.
pub(in crate::store) fn relation(rows: &Rows, user: UserId, other: UserId) -> Result<Relation, StoreError> {
    let holds = |sql, one: UserId, other: UserId| rows.exists(sql, (one, other));
    Ok(if blocks(rows, user, other)? {
        Relation::Blocked
    } else if holds(FRIENDS, user, other)? {
        Relation::Friend
    } else if holds(ASKED, user, other)? {
        Relation::Asked
    } else if holds(ASKED, other, user)? {
        Relation::Asking
    } else {
        Relation::None
    })
}

/// Tells whether two people are friends.
pub(in crate::store) fn are_friends(work: &StoreWork<'_>, user: UserId, other: UserId) -> Result<bool, StoreError> {
    has_relation(work, FRIENDS, user, other)
}

pub(in crate::store) fn has_relation(
    work: &StoreWork<'_>,
    sql: &str,
    user: UserId,
    other: UserId,
) -> Result<bool, StoreError> {
    work.exists(sql, (user, other))
}

pub(in crate::store) fn blocks(rows: &Rows, user: UserId, other: UserId) -> Result<bool, StoreError> {
    rows.exists("SELECT 1 FROM block WHERE user = ?1 AND other = ?2", (user, other))
}

/// Tells whether two people are in a channel together that the other came to by themselves, or has taken up; direct
/// conversations are none.
pub(in crate::store) fn share(rows: &Rows, one: UserId, other: UserId) -> Result<bool, StoreError> {
    rows.exists(
        "SELECT 1 FROM member AS mine JOIN member AS theirs ON theirs.channel = mine.channel AND theirs.user = ?2
         JOIN channel ON channel.id = mine.channel
         WHERE mine.user = ?1 AND theirs.apart = 0 AND channel.kind <> 'dm' LIMIT 1",
        (one, other),
    )
}

/// Refuses who may not write to somebody, or make them a member: one who is blocked gets the words of one who is only
/// not among those whom they hear.
pub(in crate::store) fn require_may_write(work: &StoreWork<'_>, from: UserId, to: UserId) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    let (audience, blocked, blocks, friends) = work.only::<(_, bool, bool, _)>(
        "SELECT may_write, EXISTS (SELECT 1 FROM block WHERE user = ?2 AND other = ?1),
            EXISTS (SELECT 1 FROM block WHERE user = ?1 AND other = ?2),
            EXISTS (SELECT 1 FROM friend WHERE user = ?1 AND other = ?2)
         FROM user WHERE id = ?2",
        (from, to),
    )?;
    if blocks {
        return Err(Refused::BlockedByAsker.into());
    }
    let heard = match audience {
        _ if blocked => false,
        Audience::Everyone => true,
        Audience::Shared => friends || share(work, from, to)?,
        Audience::Friends | Audience::Unknown => friends,
    };
    if heard { Ok(()) } else { Err(Refused::RecipientRefuses.into()) }
}

/// Refuses who may not write in a direct conversation, or with nobody there to read it; any other channel has its own
/// rules.
pub(in crate::store) fn require_may_write_in(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    from: UserId,
) -> Result<(), StoreError> {
    let other = work.one::<(UserId, _)>(
        "SELECT user.id, user.deleted IS NOT NULL FROM dm
         JOIN user ON user.id = CASE WHEN low = ?2 THEN high ELSE low END WHERE dm.channel = ?1",
        (channel, from),
    )?;
    match other {
        Some((_, true)) => Err(Refused::Gone.into()),
        Some((other, false)) => require_may_write(work, from, other),
        None => Ok(()),
    }
}
