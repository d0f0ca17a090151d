//! The row of a message: its place in the channel, whom it names, and what hangs on it.

use proto::{ChannelId, Content, FileId, Handle, Index, MessageKind, Nonce, Reaction, Timestamp, Version, bounds};

use crate::store::channel_key::ChannelKey;
use crate::store::link_secret::LinkSecret;
use crate::store::sqlite::Rows;
use crate::store::work::StoreWork;
use crate::store::{Refused, StoreError, UserId};

/// A message to be stored.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The channel that it is for.
    pub channel: ChannelId,
    /// Who sends it.
    pub author: UserId,
    /// The author's handle.
    pub handle: Handle,
    /// Text or action.
    pub kind: MessageKind,
    /// What is said.
    pub content: Content,
    /// The author's own name for it.
    pub nonce: Nonce,
    /// What it answers.
    pub reply_to: Option<Index>,
    /// The words of the content that may be handles, in their order.
    pub words: Vec<Handle>,
    /// The files that go with it, which the author may fetch.
    pub files: Vec<FileId>,
    /// The link by which it is sent, which ends with that.
    pub link: Option<LinkSecret>,
}

/// Where a message was stored; the same again for the same nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its place in the channel.
    pub index: Index,
    /// The channel's version with it.
    pub version: Version,
    /// When it was accepted.
    pub date: Timestamp,
}

/// Gives the place behind the last message of a channel, whose dates never go back.
pub(in crate::store) fn behind_the_last(work: &StoreWork<'_>, channel: ChannelKey) -> Result<Appended, StoreError> {
    work.only_with("SELECT last_index + 1, version + 1, last_date FROM channel WHERE id = ?1", [channel], |row| {
        Ok(Appended { index: row.get(0)?, version: row.get(1)?, date: work.now.max(row.get(2)?) })
    })
}

pub(in crate::store) fn take_place(work: &StoreWork<'_>, channel: ChannelKey, at: Appended) -> Result<(), StoreError> {
    work.execute(
        "UPDATE channel SET last_index = ?2, version = ?3, last_date = ?4 WHERE id = ?1",
        (channel, at.index, at.version, at.date),
    )?;
    Ok(())
}

/// Inserts what somebody said: who, what sort of line, its words, and the handles that it mentions.
pub(in crate::store) fn insert_message(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    (author, kind, content, mentions): (UserId, MessageKind, &str, &str),
    reply_to: Option<Index>,
    at: Appended,
) -> Result<(), StoreError> {
    work.execute(
        "INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (channel, at.index, at.version, at.date, author, kind, content, mentions, reply_to),
    )?;
    Ok(())
}

/// Finds who said a message; one that is deleted cannot be answered.
pub(in crate::store) fn author_of(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
) -> Result<(UserId, Handle), StoreError> {
    let author = work.one(
        "SELECT user.id, user.handle FROM message JOIN user ON user.id = message.user
         WHERE channel = ?1 AND idx = ?2 AND message.deleted IS NULL",
        (channel, index),
    )?;
    author.ok_or_else(|| Refused::NoSuchMessage.into())
}

/// Counts a message for a member whom it names or answers and who has not read it; tells whether it counts now. Whoever was
/// sent away since the names were looked up is named in vain, as is who has blocked the author.
pub(in crate::store) fn count_mention(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
    user: UserId,
    author: UserId,
) -> Result<bool, StoreError> {
    let counted = work.execute(
        "INSERT INTO mention (user, channel, idx) SELECT user, channel, ?3 FROM member
         WHERE channel = ?2 AND user = ?1 AND last_read < ?3
           AND NOT EXISTS (SELECT 1 FROM block WHERE block.user = ?1 AND other = ?4)
         ON CONFLICT DO NOTHING",
        (user, channel, index, author),
    )?;
    Ok(counted > 0)
}

/// Tells whether a channel keeps a message in view.
pub(in crate::store) fn is_pinned(rows: &Rows, channel: ChannelKey, index: Index) -> Result<bool, StoreError> {
    rows.exists("SELECT 1 FROM pin WHERE channel = ?1 AND idx = ?2", (channel, index))
}

/// Reads the reactions to a message, in the order in which each was first used.
pub(in crate::store) fn reactions(rows: &Rows, channel: ChannelKey, index: Index) -> Result<Vec<Reaction>, StoreError> {
    let mut reactions = Vec::<Reaction>::new();
    rows.each::<StoreError>(
        "SELECT emoji, user.handle FROM reaction JOIN user ON user.id = reaction.user
         WHERE channel = ?1 AND idx = ?2 ORDER BY reaction.version",
        (channel, index),
        |row| {
            let emoji = row.get(0)?;
            let place = reactions.iter().position(|reaction| reaction.emoji == emoji).unwrap_or_else(|| {
                reactions.push(Reaction { emoji, count: 0, handles: Vec::new() });
                reactions.len() - 1
            });
            let reaction = &mut reactions[place];
            reaction.count += 1;
            if reaction.handles.len() < bounds::REACTION_HANDLES_MAX {
                reaction.handles.push(row.get(1)?);
            }
            Ok(())
        },
    )?;
    Ok(reactions)
}
