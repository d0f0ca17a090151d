//! What happens to messages after they were sent: edits, deletions, pins. Each counts as a change of the channel,
//! and a message carries the version of its last one.

use proto::{CatchUpKind, ChannelId, ChannelKind, Content, Handle, Index, MessageKind, MessagePatch, Version, bounds};

use super::activity::{add_activity, by_message, remove_activity_at, remove_activity_of};
use super::channel_key::{ChannelKey, key_of, not_removed};
use super::message::require_quota;
use super::read_mark::tell_counts;
use super::speech::Speech;
use super::table::access::{access, require_may_read, require_order_keeper, role, role_on_wall};
use super::table::channel::{is_dm, kind, next_version};
use super::table::file::detach;
use super::table::message::{count_mention, is_pinned};
use super::table::relation::require_may_write_in;
use super::wall::remove_post;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId};
use crate::frame::json_bytes;

/// Another content for a message.
#[derive(Debug, Clone)]
pub struct Edit {
    /// The channel that the message stands in.
    pub channel: ChannelId,
    /// The index of the message that gets another content.
    pub index: Index,
    /// Who says so.
    pub editor: UserId,
    /// What it is to say.
    pub content: Content,
    /// Its words that may be handles, in their order.
    pub words: Vec<Handle>,
}

/// A message that a channel is to keep in view, or no longer.
#[derive(Debug, Clone, Copy)]
pub struct Pinning {
    /// The channel that the message stands in.
    pub channel: ChannelId,
    /// The index of the message that is kept in view.
    pub index: Index,
    /// Who says so.
    pub user: UserId,
    /// Whether it is kept in view.
    pub on: bool,
}

impl Store {
    /// Changes the content of a message, on the word of its author. The same content again changes nothing.
    pub async fn edit_message(&self, edit: Edit) -> Pending<Version> {
        let bytes = json_bytes(edit.content.as_str());
        // Nothing is refused once something is written.
        self.writer.submit_checked(bytes, move |work| change_content(work, edit)).await
    }

    /// Deletes a message, on the word of its author or of one who keeps order. Its content, mentions and reactions are
    /// gone; its place stays. A message that is deleted already stays as it is.
    pub async fn delete_message(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<Version> {
        self.writer.submit_in_reserve(move |work| delete(work, user, &channel, index)).await
    }

    /// Keeps a message in view or no longer, on the word of one who keeps order; in a direct conversation that is either.
    pub async fn pin(&self, pinning: Pinning) -> Pending<Version> {
        self.writer.submit(move |work| pin(work, &pinning)).await
    }
}

/// A message that is to change.
pub(super) struct Changing {
    pub(super) author: UserId,
    kind: MessageKind,
    content: String,
    /// The handles that its content mentions, separated by a space.
    mentions: String,
    /// Whom else it answers.
    answered: Option<UserId>,
    /// The version of its last change.
    pub(super) version: Version,
    pub(super) was_deleted: bool,
}

pub(super) fn find_message(work: &StoreWork<'_>, channel: ChannelKey, index: Index) -> Result<Changing, StoreError> {
    let found = work.one_with(
        concat!(
            "SELECT user, kind, content, coalesce(changed, version), deleted IS NOT NULL, mentions,
            (SELECT user FROM message AS original
             WHERE original.channel = message.channel AND original.idx = message.reply_to
               AND original.user <> message.user)
         FROM message WHERE channel = ?1 AND idx = ?2 AND ",
            not_removed!("?1")
        ),
        (channel, index),
        |row| {
            Ok(Changing {
                author: row.get(0)?,
                kind: row.get(1)?,
                content: row.get(2)?,
                version: row.get(3)?,
                was_deleted: row.get(4)?,
                mentions: row.get(5)?,
                answered: row.get(6)?,
            })
        },
    )?;
    found.ok_or_else(|| Refused::NoSuchMessage.into())
}

fn change_content(work: &mut StoreWork<'_>, edit: Edit) -> Result<Version, StoreError> {
    let key = key_of(&edit.channel)?;
    // Whoever may not speak does not speak by old messages either.
    Speech::of(work, key, edit.editor)?.require_may_speak(work.now)?;
    require_may_write_in(work, key, edit.editor)?;
    require_may_read(work, key, edit.editor, edit.index)?;
    let message = find_message(work, key, edit.index)?;
    if message.was_deleted {
        return Err(Refused::NoSuchMessage.into());
    }
    if message.author != edit.editor || !matches!(message.kind, MessageKind::Text | MessageKind::Action) {
        return Err(Refused::NotTheAuthor.into());
    }
    if message.content == edit.content.as_str() {
        return Ok(message.version);
    }
    if let Some(more) = edit.content.as_str().len().checked_sub(message.content.len() + 1) {
        work.require_room()?;
        require_quota(work, edit.editor, more + 1)?;
    }
    work.erases();
    let version = take_version(work, key, edit.index)?;
    let anybody = kind(work, key)? == ChannelKind::Wall;
    let mentions = work.handles.members(work.rows, key, anybody, edit.words)?;
    let handles = mentions.iter().map(|(_, handle)| handle.clone()).collect::<Vec<_>>();
    let words = handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(" ");
    work.execute(
        "UPDATE message SET content = ?3, mentions = ?4, edited = ?5 WHERE channel = ?1 AND idx = ?2",
        (key, edit.index, &edit.content, words, work.now),
    )?;
    work.stored.replace(message.author, (message.content.len(), edit.content.as_str().len()));
    mention_anew(work, key, edit.index, &message, &mentions, false)?;
    let patch = MessagePatch {
        content: Some(edit.content.as_str().to_owned()),
        mentions: Some(handles),
        edited: Some(work.now),
        ..MessagePatch::of(edit.index, version)
    };
    work.changes.push(Change::MessageChanged { channel: edit.channel, patch });
    Ok(version)
}

fn delete(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<Version, StoreError> {
    let key = key_of(channel)?;
    let role = access(work, key, user)?;
    let message = find_message(work, key, index)?;
    if message.author != user {
        require_may_read(work, key, user, index)?;
        require_order_keeper(role).map_err(|_| Refused::NotTheAuthor)?;
    }
    // Nobody takes back what everybody was told of the channel.
    if message.kind == MessageKind::System {
        return Err(Refused::NotAllowed.into());
    }
    erase(work, key, index)
}

/// Deletes a message, whoever wants it.
pub(super) fn erase(work: &mut StoreWork<'_>, key: ChannelKey, index: Index) -> Result<Version, StoreError> {
    let message = find_message(work, key, index)?;
    if message.was_deleted {
        return Ok(message.version);
    }
    work.erases();
    let version = take_version(work, key, index)?;
    let place = (key, index);
    work.execute("DELETE FROM reaction WHERE channel = ?1 AND idx = ?2", place)?;
    remove_post(work, key, index)?;
    let files = detach(work, key, index)?;
    let unpinned = work.execute("DELETE FROM pin WHERE channel = ?1 AND idx = ?2", place)?;
    work.execute(
        "UPDATE message SET content = '', mentions = '', files = 0, deleted = ?3 WHERE channel = ?1 AND idx = ?2",
        (key, index, work.now),
    )?;
    if message.kind != MessageKind::System {
        work.stored.replace(message.author, (message.content.len(), 0));
    }
    mention_anew(work, key, index, &message, &[], true)?;
    remove_activity_at(work, key, index)?;
    let patch = MessagePatch {
        content: Some(String::new()),
        mentions: Some(Vec::new()),
        reactions: Some(Vec::new()),
        deleted: Some(work.now),
        pinned: (unpinned > 0).then_some(false),
        files: (files > 0).then(Vec::new),
        ..MessagePatch::of(index, version)
    };
    work.changes.push(Change::MessageChanged { channel: key.id(), patch });
    Ok(version)
}

fn pin(work: &mut StoreWork<'_>, pinning: &Pinning) -> Result<Version, StoreError> {
    let key = key_of(&pinning.channel)?;
    let role = role(work, key, pinning.user)?;
    if !is_dm(work, key)? {
        require_order_keeper(role)?;
    }
    require_may_read(work, key, pinning.user, pinning.index)?;
    let message = find_message(work, key, pinning.index)?;
    if message.was_deleted {
        return Err(Refused::NoSuchMessage.into());
    }
    if is_pinned(work, key, pinning.index)? == pinning.on {
        return Ok(message.version);
    }
    let place = (key, pinning.index);
    if pinning.on {
        require_may_write_in(work, key, pinning.user)?;
        let pinned: usize = work.only("SELECT count(*) FROM pin WHERE channel = ?1", [key])?;
        if pinned >= bounds::PINS_MAX {
            return Err(Refused::TooManyPins.into());
        }
        work.execute(
            "INSERT INTO pin (channel, idx, user, date) VALUES (?1, ?2, ?3, ?4)",
            (key, pinning.index, pinning.user, work.now),
        )?;
    } else {
        work.execute("DELETE FROM pin WHERE channel = ?1 AND idx = ?2", place)?;
    }
    let version = take_version(work, key, pinning.index)?;
    let patch = MessagePatch { pinned: Some(pinning.on), ..MessagePatch::of(pinning.index, version) };
    work.changes.push(Change::MessageChanged { channel: pinning.channel, patch });
    Ok(version)
}

/// Counts a change of a message and gives the version with it.
pub(super) fn take_version(work: &StoreWork<'_>, channel: ChannelKey, index: Index) -> Result<Version, StoreError> {
    let version = next_version(work, channel)?;
    let place = (channel, index);
    work.execute(
        "DELETE FROM changed_message WHERE channel = ?1
         AND version = (SELECT changed FROM message WHERE channel = ?1 AND idx = ?2)",
        place,
    )?;
    let place = (channel, index, version);
    work.execute("UPDATE message SET changed = ?3 WHERE channel = ?1 AND idx = ?2", place)?;
    work.execute("INSERT INTO changed_message (channel, idx, version) VALUES (?1, ?2, ?3)", place)?;
    Ok(version)
}

/// Lets a message mention others than before: who has not read it yet counts it or no longer does, and hears of that.
fn mention_anew(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    index: Index,
    message: &Changing,
    mentions: &[(UserId, Handle)],
    gone: bool,
) -> Result<(), StoreError> {
    let mut before = Vec::new();
    for handle in message.mentions.split_whitespace() {
        before.extend(work.one::<UserId>("SELECT id FROM user WHERE handle = ?1", [handle])?);
    }
    before.extend(message.answered);
    let mut now = mentions.iter().map(|(user, _)| *user).filter(|user| *user != message.author).collect::<Vec<_>>();
    // Whom it answers it still answers, as long as it is there.
    if !gone {
        now.extend(message.answered);
    }
    for user in before.iter().filter(|user| !now.contains(user)) {
        let counted =
            work.execute("DELETE FROM mention WHERE user = ?1 AND channel = ?2 AND idx = ?3", (user, channel, index))?;
        remove_activity_of(work, *user, channel, index, CatchUpKind::Mention, message.author, None)?;
        if counted > 0 {
            tell_counts(work, channel, *user)?;
        }
    }
    for user in now.into_iter().filter(|user| !before.contains(user)) {
        let counted = count_mention(work, channel, index, user, message.author)?;
        // On a wall nobody is a member, and nothing is counted.
        let reads = counted || role_on_wall(work, channel, user).is_ok();
        if reads {
            add_activity(work, user, by_message(CatchUpKind::Mention, channel, index, message.author))?;
        }
        if counted {
            tell_counts(work, channel, user)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
