//! Messages: appending one, once for each nonce.

use proto::{CatchUpKind, Handle, Index, Message, MessageKind, Rules};
use sha2::{Digest, Sha256};

use super::activity::{add_activity, by_message};
use super::channel_key::{ChannelKey, key_of};
use super::conversation::open_by_message;
use super::file::files_to_post;
use super::link::{end_link, require_link};
use super::member::take_up;
use super::speech::{Mute, Speech};
use super::table::file::attach;
use super::table::message::{
    Appended, NewMessage, author_of, behind_the_last, count_mention, insert_message, take_place,
};
use super::table::relation::require_may_write_in;
use super::wall::{note_on_wall, place_on_wall};
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// Bytes kept of the hash that tells the same content sent again from another one.
const DIGEST_BYTES: usize = 16;

impl Store {
    /// Finds what a message's nonce stored before; nothing is stored now.
    pub async fn find_appended(&self, message: NewMessage) -> Pending<Option<Appended>> {
        self.writer
            .submit_in_reserve(move |work| sent_before(work, key_of(&message.channel)?, &message, &digest(&message)))
            .await
    }
}

impl NewMessage {
    /// Stores it behind the last message of its channel, once per nonce; the thread of the writer calls it, inside a
    /// transaction.
    pub(super) fn append(mut self, work: &mut StoreWork<'_>) -> Result<Appended, StoreError> {
        let channel = key_of(&self.channel)?;
        let digest = digest(&self);
        if let Some(appended) = sent_before(work, channel, &self, &digest)? {
            return Ok(appended);
        }
        work.require_room()?;
        let (membership, appended) = match next_place(work, channel, self.author)? {
            Some((membership, appended)) => (Some(membership), appended),
            None => (None, place_on_wall(work, channel, &self)?),
        };
        let Appended { index, version, .. } = appended;
        let reads_from = membership.as_ref().map_or(Index::new(1), |membership| membership.reads_from);
        let original = match self.reply_to {
            Some(original) if (reads_from..index).contains(&original) => Some(author_of(work, channel, original)?),
            Some(_) => return Err(Refused::NoSuchMessage.into()),
            None => None,
        };
        let (files, file_infos) = files_to_post(work, self.author, &self.files)?;
        require_quota(work, self.author, self.content.as_str().len())?;
        self.link.iter().try_for_each(|link| require_link(work, link))?;
        // Nothing is refused from here on, see `submit_checked`.
        if let Some(membership) = &membership {
            membership.takes_up(work, channel, self.author)?;
        }
        let words = std::mem::take(&mut self.words);
        let mentions = work.handles.members(work.rows, channel, membership.is_none(), words)?;
        let names = mentions.iter().map(|(_, handle)| handle.as_str()).collect::<Vec<_>>().join(" ");
        let said = (self.author, self.kind, self.content.as_str(), &*names);
        insert_message(work, channel, said, self.reply_to, appended)?;
        attach(work, channel, index, &files)?;
        self.link.iter().try_for_each(|link| end_link(work, link))?;
        take_place(work, channel, appended)?;
        work.stored.add(self.author, self.content.as_str().len());
        remember_nonce(work, channel, &self, &digest, appended)?;
        let answered = original.as_ref().map(|(user, _)| *user);
        match membership {
            Some(membership) => {
                if membership.slow {
                    work.spoken.note(channel, self.author, work.now);
                }
                note_mentions(work, channel, (self.author, &mentions), answered, index)?;
                read_own(work, channel, self.author, membership.last_read, index)?;
            }
            None => note_on_wall(work, channel, (&self, &mentions), answered, appended)?,
        }
        work.changes.push(Change::MessageAdded {
            channel: self.channel,
            author: self.author,
            nonce: Some(self.nonce),
            message: Message {
                kind: self.kind,
                mentions: mentions.into_iter().map(|(_, handle)| handle).collect(),
                reply_to: self.reply_to,
                reply_to_handle: original.map(|(_, handle)| handle),
                files: file_infos,
                ..Message::of(index, version, appended.date, self.handle, self.content.as_str())
            },
        });
        Ok(appended)
    }
}

/// Refuses who has stored as much as they may.
pub(super) fn require_quota(work: &mut StoreWork<'_>, author: UserId, content: usize) -> Result<(), StoreError> {
    let has_room = work.stored.has_room(work.rows, author, content, work.room)?;
    if has_room { Ok(()) } else { Err(Refused::StoredTooMuch.into()) }
}

fn digest(message: &NewMessage) -> [u8; DIGEST_BYTES] {
    let mut hash = Sha256::new();
    hash.update([u8::from(message.kind == MessageKind::Action)]);
    hash.update(message.reply_to.map_or(0, Index::get).to_be_bytes());
    hash.update(message.content.as_str());
    // None can be taken for the end of a text: it holds no NUL.
    for file in &message.files {
        hash.update("\0");
        hash.update(file.as_str());
    }
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&hash.finalize()[..DIGEST_BYTES]);
    digest
}

/// Finds what the same nonce stored before, whatever has happened to the message or to the
/// membership since: the sender only asks whether it arrived.
fn sent_before(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    message: &NewMessage,
    digest: &[u8; DIGEST_BYTES],
) -> Result<Option<Appended>, StoreError> {
    let known = work.one_with(
        "SELECT idx, version, date, digest FROM nonce WHERE channel = ?1 AND user = ?2 AND nonce = ?3",
        (channel, message.author, &message.nonce),
        |row| {
            let appended = Appended { index: row.get(0)?, version: row.get(1)?, date: row.get(2)? };
            Ok((appended, row.get::<[u8; DIGEST_BYTES]>(3)?))
        },
    )?;
    match known {
        Some((appended, same)) if same == *digest => Ok(Some(appended)),
        Some(_) => Err(Refused::NonceReused.into()),
        None => Ok(None),
    }
}

/// What an author is in the channel that they write in.
struct SenderMembership {
    last_read: Index,
    reads_from: Index,
    /// Whether somebody else brought them here, and this is the first that they do.
    is_fresh: bool,
    direct: bool,
    /// Whether the channel is in slow mode.
    slow: bool,
}

impl SenderMembership {
    /// Whoever writes is there; and a conversation in which something is said is open to both.
    fn takes_up(&self, work: &mut StoreWork<'_>, channel: ChannelKey, author: UserId) -> Result<(), StoreError> {
        if self.direct {
            open_by_message(work, channel)?;
        }
        if self.is_fresh { take_up(work, channel, author) } else { Ok(()) }
    }
}

/// Gives what a member is in a channel, and the place behind its last message; nothing for who is no member.
fn next_place(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    author: UserId,
) -> Result<Option<(SenderMembership, Appended)>, StoreError> {
    let place = work.one_with(
        "SELECT m.last_read, c.last_index + 1, c.version + 1, m.role, m.muted_until, m.muted_for_s, c.read_only,
            c.slow_mode_s, c.kind = 'dm', m.untouched OR m.apart, m.reads_from, c.last_date
         FROM member AS m JOIN channel AS c ON c.id = m.channel WHERE m.channel = ?1 AND m.user = ?2",
        (channel, author),
        |row| {
            let (index, version) = (row.get(1)?, row.get(2)?);
            let speech = Speech {
                role: row.get(3)?,
                muted: Mute::read(row, 4, 5)?,
                rules: Rules { read_only: row.get(6)?, slow_mode_s: row.get(7)? },
            };
            let membership = SenderMembership {
                last_read: row.get(0)?,
                reads_from: row.get(10)?,
                is_fresh: row.get(9)?,
                direct: row.get(8)?,
                slow: speech.rules.slow_mode_s > 0,
            };
            let date = work.now.max(row.get(11)?);
            Ok((membership, Appended { index, version, date }, speech))
        },
    )?;
    let Some((membership, appended, speech)) = place else { return Ok(None) };
    speech.require_may_speak_now(work, channel, author)?;
    if membership.direct {
        require_may_write_in(work, channel, author)?;
    }
    Ok(Some((membership, appended)))
}

/// Tells the members of a channel what somebody did to it, by a message of the kind `system`.
pub(super) fn tell_members(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    author: UserId,
    words: &str,
) -> Result<(), StoreError> {
    let at = behind_the_last(work, channel)?;
    let handle = work.only::<Handle>("SELECT handle FROM user WHERE id = ?1", [author])?;
    insert_message(work, channel, (author, MessageKind::System, words, ""), None, at)?;
    take_place(work, channel, at)?;
    let message = Message { kind: MessageKind::System, ..Message::of(at.index, at.version, at.date, handle, words) };
    let channel = channel.id();
    work.changes.push(Change::MessageAdded { channel, author, nonce: None, message });
    Ok(())
}

fn remember_nonce(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    message: &NewMessage,
    digest: &[u8; DIGEST_BYTES],
    at: Appended,
) -> Result<(), StoreError> {
    work.execute(
        "INSERT INTO nonce (channel, user, nonce, digest, idx, version, date) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        (channel, message.author, &message.nonce, digest, at.index, at.version, at.date),
    )?;
    Ok(())
}

/// Counts a message for those whom it names, and for whom it answers if they are still there.
fn note_mentions(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    (author, mentions): (UserId, &[(UserId, Handle)]),
    answered: Option<UserId>,
    index: Index,
) -> Result<(), StoreError> {
    let named = mentions.iter().map(|(user, _)| (*user, CatchUpKind::Mention));
    let answered = answered.map(|user| (user, CatchUpKind::Reply));
    for (user, kind) in named.chain(answered).filter(|(user, _)| *user != author) {
        // Whom it names and answers is told once; those who have blocked the author are named in vain.
        if count_mention(work, channel, index, user, author)? {
            add_activity(work, user, by_message(kind, channel, index, author))?;
        }
    }
    Ok(())
}

/// Own messages are never unread by themselves: whoever had read everything still has. What somebody passed over stays
/// unread, also when they speak. Nobody has to be told: the message itself says so.
fn read_own(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    author: UserId,
    last_read: Index,
    index: Index,
) -> Result<(), StoreError> {
    if last_read.next() == index {
        work.execute("UPDATE member SET last_read = ?3 WHERE channel = ?1 AND user = ?2", (channel, author, index))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
