//! Reactions to messages: making them, taking one's own back, and taking others' away by who keeps order.

use proto::{CatchUpKind, ChannelId, Emoji, Handle, Index, MessagePatch, Version, bounds};

use super::activity::{ActivityEntry, add_activity, remove_activity_of};
use super::channel_key::{ChannelKey, key_of};
use super::member::take_up;
use super::message_change::{Changing, find_message, take_version};
use super::speech::Speech;
use super::table::access::{access, require_may_read, require_order_keeper};
use super::table::channel::is_dm;
use super::table::message::reactions;
use super::table::relation::require_may_write_in;
use super::table::user::user_by_handle;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// A reaction that is made or taken back.
#[derive(Debug, Clone)]
pub struct Reacting {
    /// The channel that the message stands in.
    pub channel: ChannelId,
    /// The index of the message that is reacted to.
    pub index: Index,
    /// The account that reacts.
    pub user: UserId,
    /// The emoji that it reacts with.
    pub emoji: Emoji,
    /// Whether it is made.
    pub on: bool,
}

/// Reactions that are taken away from a message: all that fit.
#[derive(Debug, Clone)]
pub struct TakingAway {
    /// The channel that the message stands in.
    pub channel: ChannelId,
    /// The index of the message whose reactions go.
    pub index: Index,
    /// Who says so.
    pub user: UserId,
    /// Only those with this emoji.
    pub emoji: Option<Emoji>,
    /// Only those of this person.
    pub handle: Option<Handle>,
}

/// Bytes of the event of a reaction, about: what it says of all kinds.
const REACTIONS_BYTES: usize = 4_096;

impl Store {
    /// Makes or takes back a reaction, on the word of a member who may speak, or only takes back. What is so already
    /// changes nothing.
    pub async fn react(&self, reacting: Reacting) -> Pending<Version> {
        self.writer
            .submit_checked(REACTIONS_BYTES, move |work| {
                require_may_react(work, &reacting)?;
                set_reaction(work, &reacting)
            })
            .await
    }

    /// Takes reactions away, on the word of who keeps order; each may take away their own.
    pub async fn take_reactions_away(&self, taking: TakingAway) -> Pending<Version> {
        self.writer.submit_sized(REACTIONS_BYTES, move |work| take_away(work, &taking)).await
    }
}

/// Refuses who may not react: whoever is muted says nothing by emoji either. A channel where only some speak takes
/// everybody's reactions.
fn require_may_react(work: &StoreWork<'_>, reacting: &Reacting) -> Result<(), StoreError> {
    if reacting.on {
        work.require_room()?;
    }
    let key = key_of(&reacting.channel)?;
    let speech = Speech::of(work, key, reacting.user)?;
    require_may_read(work, key, reacting.user, reacting.index)?;
    if reacting.on { speech.require_not_muted(work.now) } else { Ok(()) }
}

/// Makes or takes back a reaction, whoever it is.
pub(super) fn set_reaction(work: &mut StoreWork<'_>, reacting: &Reacting) -> Result<Version, StoreError> {
    let key = key_of(&reacting.channel)?;
    let message = find_message(work, key, reacting.index)?;
    if message.was_deleted {
        return Err(Refused::NoSuchMessage.into());
    }
    let (index, emoji) = (reacting.index, &reacting.emoji);
    let stands = work.exists(
        "SELECT 1 FROM reaction WHERE channel = ?1 AND idx = ?2 AND emoji = ?3 AND user = ?4",
        (key, index, emoji, reacting.user),
    )?;
    if stands == reacting.on {
        return Ok(message.version);
    }
    if reacting.on {
        require_may_write_in(work, key, reacting.user)?;
        require_room_for_kind(work, key, reacting)?;
    }
    let version = take_version(work, key, reacting.index)?;
    if reacting.on {
        work.execute(
            "INSERT INTO reaction (channel, idx, emoji, user, version) VALUES (?1, ?2, ?3, ?4, ?5)",
            (key, index, emoji, reacting.user, version),
        )?;
        if !is_dm(work, key)? {
            take_up(work, key, reacting.user)?;
        }
    } else {
        work.execute(
            "DELETE FROM reaction WHERE channel = ?1 AND idx = ?2 AND emoji = ?3 AND user = ?4",
            (key, index, emoji, reacting.user),
        )?;
    }
    if message.author != reacting.user {
        tell_author(work, key, reacting, message.author)?;
    }
    tell(work, key, reacting.index, version)
}

/// Refuses a further kind of reaction where there are too many, of all or of one person. Joining in is always possible, and
/// so is a like: nobody uses that up.
fn require_room_for_kind(work: &StoreWork<'_>, channel: ChannelKey, reacting: &Reacting) -> Result<(), StoreError> {
    if reacting.emoji == Emoji::like() {
        return Ok(());
    }
    let (kinds, known, mine): (usize, bool, usize) = work.only(
        "SELECT count(DISTINCT emoji), coalesce(max(emoji = ?3), 0), count(*) FILTER (WHERE user = ?4)
         FROM reaction WHERE channel = ?1 AND idx = ?2 AND emoji <> ?5",
        (channel, reacting.index, &reacting.emoji, reacting.user, Emoji::like().as_str()),
    )?;
    if mine >= bounds::REACTION_KINDS_PER_PERSON_MAX {
        return Err(Refused::TooManyReactionsOfOne.into());
    }
    if !known && kinds >= bounds::REACTION_KINDS_MAX { Err(Refused::TooManyReactions.into()) } else { Ok(()) }
}

/// Tells the author of a message who reacted to it, or takes that back.
fn tell_author(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    reacting: &Reacting,
    author: UserId,
) -> Result<(), StoreError> {
    let Reacting { index, user, emoji, on, .. } = reacting;
    if !on {
        return remove_activity_of(work, author, channel, *index, CatchUpKind::Reaction, *user, Some(emoji));
    }
    if require_may_read(work, channel, author, *index).is_err() {
        return Ok(());
    }
    let emoji = Some(emoji.clone());
    let reacted =
        ActivityEntry { kind: CatchUpKind::Reaction, channel, index: Some(*index), by: *user, emoji, waiting: false };
    add_activity(work, author, reacted)
}

fn take_away(work: &mut StoreWork<'_>, taking: &TakingAway) -> Result<Version, StoreError> {
    let key = key_of(&taking.channel)?;
    let role = access(work, key, taking.user)?;
    let Changing { author, version, was_deleted, .. } = find_message(work, key, taking.index)?;
    require_may_read(work, key, taking.user, taking.index)?;
    if was_deleted {
        return Err(Refused::NoSuchMessage.into());
    }
    let of = taking.handle.as_ref().map(|handle| user_by_handle(work, handle)).transpose()?;
    if of != Some(taking.user) {
        require_order_keeper(role)?;
    }
    let gone = work.all::<(UserId, _)>(
        "DELETE FROM reaction WHERE channel = ?1 AND idx = ?2 AND (?3 IS NULL OR emoji = ?3)
         AND (?4 IS NULL OR user = ?4) RETURNING user, emoji",
        (key, taking.index, taking.emoji.as_ref().map(Emoji::as_str), of),
    )?;
    if gone.is_empty() {
        return Ok(version);
    }
    for (user, emoji) in gone.iter().filter(|(user, _)| *user != author) {
        remove_activity_of(work, author, key, taking.index, CatchUpKind::Reaction, *user, Some(emoji))?;
    }
    let version = take_version(work, key, taking.index)?;
    tell(work, key, taking.index, version)
}

/// Tells the channel of the reactions that a message has now.
fn tell(work: &mut StoreWork<'_>, channel: ChannelKey, index: Index, version: Version) -> Result<Version, StoreError> {
    let reactions = Some(reactions(work, channel, index)?);
    let patch = MessagePatch { reactions, ..MessagePatch::of(index, version) };
    work.changes.push(Change::MessageChanged { channel: channel.id(), patch });
    Ok(version)
}

#[cfg(test)]
mod tests;
