//! What is done to a wall by what is said there, and by who may read it.

use proto::{CatchUpKind, Handle, Index, Role};

use super::activity::{add_activity, by_message, leaves, remove_activity_of_strangers};
use super::channel_key::ChannelKey;
use super::table::access::role_on_wall;
use super::table::channel::own_wall;
use super::table::message::{Appended, NewMessage, behind_the_last};
use super::work::StoreWork;
use super::{Refused, StoreError, UserId};

/// Gives the place behind the last message of a wall, for who may write there: readers only answer.
pub(super) fn place_on_wall(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    message: &NewMessage,
) -> Result<Appended, StoreError> {
    let role = role_on_wall(work, channel, message.author)?;
    if role != Role::Owner && message.reply_to.is_none() {
        return Err(Refused::OnlyReplies.into());
    }
    behind_the_last(work, channel)
}

/// Takes note of what was said on a wall: a post stands in the feed, and whom it names or answers hears of it.
pub(super) fn note_on_wall(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    (message, mentions): (&NewMessage, &[(UserId, Handle)]),
    answered: Option<UserId>,
    at: Appended,
) -> Result<(), StoreError> {
    if message.reply_to.is_none() {
        work.execute("INSERT INTO post (channel, date, idx) VALUES (?1, ?2, ?3)", (channel, at.date, at.index))?;
    }
    let named = mentions.iter().map(|(user, _)| (*user, CatchUpKind::Mention)).collect::<Vec<_>>();
    // Whom it also names it has told already.
    let answered = answered.filter(|user| named.iter().all(|(named, _)| named != user));
    let answered = answered.map(|user| (user, CatchUpKind::Reply));
    for (user, kind) in named.into_iter().chain(answered).filter(|(user, _)| *user != message.author) {
        if role_on_wall(work, channel, user).is_ok() {
            add_activity(work, user, by_message(kind, channel, at.index, message.author))?;
        }
    }
    Ok(())
}

/// A post that is deleted stands in no feed; of any other message there is nothing to be done.
pub(super) fn remove_post(work: &StoreWork<'_>, channel: ChannelKey, index: Index) -> Result<(), StoreError> {
    work.execute(
        "DELETE FROM post WHERE channel = ?1 AND idx = ?2
         AND date = (SELECT date FROM message WHERE channel = ?1 AND idx = ?2)",
        (channel, index),
    )?;
    Ok(())
}

/// Two people are no longer friends: what happened to each on the other's wall is nothing to catch up with.
pub(super) fn forget_activity_between(work: &mut StoreWork<'_>, one: UserId, other: UserId) -> Result<(), StoreError> {
    for (owner, reader) in [(one, other), (other, one)] {
        if let Some(wall) = own_wall(work, owner)? {
            leaves(work, wall, reader)?;
        }
    }
    Ok(())
}

/// A wall is for friends from now on.
pub(super) fn forget_strangers_activity(work: &mut StoreWork<'_>, owner: UserId) -> Result<(), StoreError> {
    own_wall(work, owner)?.map_or(Ok(()), |wall| remove_activity_of_strangers(work, wall, owner))
}
