//! Messages: appending one, reading pages of them.

use proto::{
    CatchUpKind, ChannelId, Content, Handle, Index, Message, MessageKind, Nonce, Role, Rules, Timestamp, Version,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use super::catch_up::{Happening, happens};
use super::channel::key_of;
use super::member::role;
use super::message_change::{is_pinned, reactions};
use super::order::Speech;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId};
use crate::frame::json_bytes;

/// Bytes kept of the hash that tells the same content sent again from another one.
const DIGEST_BYTES: usize = 16;

/// Bytes of a mention besides the handle.
const MENTION_BYTES: usize = 3;

/// Bytes of content in one page, as JSON has it; further messages are for the next one.
const PAGE_BYTES_MAX: usize = 1_048_576;

/// A message to be stored.
#[derive(Debug, Clone)]
pub struct NewMessage {
    /// The channel.
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
    /// Members whose handle stands in the content.
    pub mentions: Vec<(UserId, Handle)>,
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

/// Which messages a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    /// The newest.
    Newest,
    /// The nearest below an index.
    Before(Index),
    /// The nearest above an index.
    After(Index),
    /// Those changed after a version, ascending by version.
    Since(Version),
    /// What answers one message, behind another index.
    RepliesTo(Index, Index),
    /// One message, and everything that hangs below it by answering, ascending.
    Thread(Index),
    /// What the channel keeps in view, ascending.
    Pinned,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages, ascending.
    pub messages: Vec<Message>,
    /// The next `since`.
    pub version: Version,
    /// Whether there are more in the direction asked for.
    pub more: bool,
}

impl Store {
    /// Stores a message behind the last one of its channel, once per nonce.
    pub async fn append_message(&self, message: NewMessage) -> Pending<Appended> {
        let mentions = message.mentions.iter().map(|(_, handle)| handle.as_str().len() + MENTION_BYTES);
        let bytes = json_bytes(message.content.as_str()) + mentions.sum::<usize>();
        self.writer.submit_checked(bytes, move |work| append(work, message)).await
    }

    /// Finds what a message's nonce stored before; nothing is stored now.
    pub async fn find_appended(&self, message: NewMessage) -> Pending<Option<Appended>> {
        self.writer.submit(move |work| sent_before(work, key_of(&message.channel)?, &message, &digest(&message))).await
    }

    /// Reads a page of a channel for one of its members.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] also when there is no such channel.
    pub async fn history(
        &self,
        user: UserId,
        channel: ChannelId,
        range: Range,
        limit: usize,
    ) -> Result<HistoryPage, StoreError> {
        self.readers
            .read(move |transaction| {
                let key = key_of(&channel)?;
                role(transaction, key, user)?;
                let version = transaction
                    .prepare_cached("SELECT version FROM channel WHERE id = ?1")?
                    .query_row([key], |row| row.get::<_, Column<Version>>(0))?
                    .0;
                page(transaction, key, range, version, limit)
            })
            .await
    }
}

fn append(work: &mut Work<'_>, message: NewMessage) -> Result<Appended, StoreError> {
    let channel = key_of(&message.channel)?;
    let digest = digest(&message);
    if let Some(appended) = sent_before(work, channel, &message, &digest)? {
        return Ok(appended);
    }
    let (last_read, appended) = next_place(work, channel, message.author)?;
    let Appended { index, version, .. } = appended;
    let original = match message.reply_to {
        Some(original) if original < index => Some(author_of(work, channel, original)?),
        Some(_) => return Err(Refused::NoSuchMessage.into()),
        None => None,
    };
    // Nothing is refused from here on, see `submit_checked`.
    insert(work, channel, &message, appended)?;
    take_place(work, channel, appended)?;
    remember_nonce(work, channel, &message, &digest, appended)?;
    note_mentions(work, channel, &message, original.as_ref().map(|(user, _)| *user), index)?;
    read_own(work, channel, message.author, last_read, index)?;
    work.changes.push(Change::MessageAdded {
        channel: message.channel,
        author: message.author,
        nonce: message.nonce,
        message: Message {
            index,
            version,
            date: work.now,
            handle: message.handle,
            kind: message.kind,
            content: message.content.as_str().to_owned(),
            mentions: message.mentions.into_iter().map(|(_, handle)| handle).collect(),
            reply_to: message.reply_to,
            reply_to_handle: original.map(|(_, handle)| handle),
            reactions: Vec::new(),
            edited: None,
            deleted: None,
            pinned: false,
            nonce: None,
        },
    });
    Ok(appended)
}

fn digest(message: &NewMessage) -> [u8; DIGEST_BYTES] {
    let mut hash = Sha256::new();
    hash.update([u8::from(message.kind == MessageKind::Action)]);
    hash.update(message.reply_to.map_or(0, Index::get).to_be_bytes());
    hash.update(message.content.as_str());
    let mut digest = [0; DIGEST_BYTES];
    digest.copy_from_slice(&hash.finalize()[..DIGEST_BYTES]);
    digest
}

/// Finds what the same nonce stored before, whatever has happened to the message or to the
/// membership since: the sender only asks whether it arrived.
fn sent_before(
    work: &Work<'_>,
    channel: i64,
    message: &NewMessage,
    digest: &[u8; DIGEST_BYTES],
) -> Result<Option<Appended>, StoreError> {
    let known = work
        .transaction
        .prepare_cached("SELECT idx, version, date, digest FROM nonce WHERE channel = ?1 AND user = ?2 AND nonce = ?3")?
        .query_row(params![channel, message.author, message.nonce.as_str()], |row| {
            let appended = Appended {
                index: row.get::<_, Column<Index>>(0)?.0,
                version: row.get::<_, Column<Version>>(1)?.0,
                date: row.get::<_, Column<Timestamp>>(2)?.0,
            };
            Ok((appended, row.get::<_, [u8; DIGEST_BYTES]>(3)?))
        })
        .optional()?;
    match known {
        Some((appended, same)) if same == *digest => Ok(Some(appended)),
        Some(_) => Err(Refused::NonceReused.into()),
        None => Ok(None),
    }
}

/// Gives what a member has read, and the place behind the last message of the channel.
fn next_place(work: &Work<'_>, channel: i64, author: UserId) -> Result<(Index, Appended), StoreError> {
    let place = work
        .transaction
        .prepare_cached(
            "SELECT m.last_read, c.last_index + 1, c.version + 1, m.role, m.muted_until, c.read_only, c.slow_mode_s
             FROM member AS m JOIN channel AS c ON c.id = m.channel WHERE m.channel = ?1 AND m.user = ?2",
        )?
        .query_row(params![channel, author], |row| {
            let (index, version) = (row.get::<_, Column<Index>>(1)?.0, row.get::<_, Column<Version>>(2)?.0);
            let speech = Speech {
                role: row.get::<_, Column<Role>>(3)?.0,
                muted_until: row.get::<_, Option<Column<Timestamp>>>(4)?.map(|until| until.0),
                rules: Rules { read_only: row.get(5)?, slow_mode_s: row.get(6)? },
            };
            Ok((row.get::<_, Column<Index>>(0)?.0, Appended { index, version, date: work.now }, speech))
        })
        .optional()?;
    let (last_read, appended, speech) = place.ok_or(Refused::NotAMember)?;
    speech.check(work, channel, author)?;
    Ok((last_read, appended))
}

fn take_place(work: &Work<'_>, channel: i64, at: Appended) -> Result<(), StoreError> {
    work.transaction
        .prepare_cached("UPDATE channel SET last_index = ?2, version = ?3 WHERE id = ?1")?
        .execute(params![channel, Column(at.index), Column(at.version)])?;
    Ok(())
}

fn insert(work: &Work<'_>, channel: i64, message: &NewMessage, at: Appended) -> Result<(), StoreError> {
    let mentions = message.mentions.iter().map(|(_, handle)| handle.as_str()).collect::<Vec<_>>().join(" ");
    work.transaction
        .prepare_cached(
            "INSERT INTO message (channel, idx, version, date, user, kind, content, mentions, reply_to)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            channel,
            Column(at.index),
            Column(at.version),
            Column(at.date),
            message.author,
            Column(message.kind),
            message.content.as_str(),
            mentions,
            message.reply_to.map(Column),
        ])?;
    Ok(())
}

fn remember_nonce(
    work: &Work<'_>,
    channel: i64,
    message: &NewMessage,
    digest: &[u8; DIGEST_BYTES],
    at: Appended,
) -> Result<(), StoreError> {
    work.transaction
        .prepare_cached(
            "INSERT INTO nonce (channel, user, nonce, digest, idx, version, date) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            channel,
            message.author,
            message.nonce.as_str(),
            digest,
            Column(at.index),
            Column(at.version),
            Column(at.date),
        ])?;
    Ok(())
}

/// Finds who said a message; one that is deleted cannot be answered.
fn author_of(work: &Work<'_>, channel: i64, index: Index) -> Result<(UserId, Handle), StoreError> {
    let author = work
        .transaction
        .prepare_cached(
            "SELECT user.id, user.handle FROM message JOIN user ON user.id = message.user
             WHERE channel = ?1 AND idx = ?2 AND message.deleted IS NULL",
        )?
        .query_row(params![channel, Column(index)], |row| Ok((row.get(0)?, row.get::<_, Column<Handle>>(1)?.0)))
        .optional()?;
    author.ok_or_else(|| Refused::NoSuchMessage.into())
}

/// Counts a message for those whom it names, and for whom it answers if they are still there.
fn note_mentions(
    work: &mut Work<'_>,
    channel: i64,
    message: &NewMessage,
    answered: Option<UserId>,
    index: Index,
) -> Result<(), StoreError> {
    let named = message.mentions.iter().map(|(user, _)| *user);
    for user in named.filter(|user| *user != message.author) {
        // Whoever was sent away since the names were looked up is named in vain.
        let counted = work
            .transaction
            .prepare_cached(
                "INSERT INTO mention (user, channel, idx) SELECT user, channel, ?3 FROM member
                 WHERE channel = ?2 AND user = ?1",
            )?
            .execute(params![user, channel, Column(index)])?;
        if counted > 0 {
            happens(work, user, by_message(CatchUpKind::Mention, channel, index, message.author))?;
        }
    }
    if let Some(user) = answered.filter(|user| *user != message.author) {
        let counted = work
            .transaction
            .prepare_cached(
                "INSERT INTO mention (user, channel, idx) SELECT user, channel, ?3 FROM member
                 WHERE channel = ?2 AND user = ?1 ON CONFLICT DO NOTHING",
            )?
            .execute(params![user, channel, Column(index)])?;
        // Whom it also names it has told already.
        if counted > 0 {
            happens(work, user, by_message(CatchUpKind::Reply, channel, index, message.author))?;
        }
    }
    Ok(())
}

/// What a message does to whom it names or answers.
pub(super) fn by_message(kind: CatchUpKind, channel: i64, index: Index, by: UserId) -> Happening {
    Happening { kind, channel, index: Some(index), by, emoji: None }
}

/// Own messages are never unread by themselves: whoever had read everything still has. What somebody passed over stays
/// unread, also when they speak. Nobody has to be told: the message itself says so.
fn read_own(work: &Work<'_>, channel: i64, author: UserId, last_read: Index, index: Index) -> Result<(), StoreError> {
    if last_read.next() == index {
        work.transaction
            .prepare_cached("UPDATE member SET last_read = ?3 WHERE channel = ?1 AND user = ?2")?
            .execute(params![channel, author, Column(index)])?;
    }
    Ok(())
}

/// The columns of [`message`], with the author's handle.
macro_rules! select_message {
    () => {
        "SELECT m.idx, coalesce(m.changed, m.version), m.date, user.handle, m.kind, m.content, m.mentions, m.reply_to,
                m.edited, m.deleted, m.changed IS NOT NULL,
                (SELECT handle FROM user WHERE id =
                    (SELECT user FROM message WHERE channel = m.channel AND idx = m.reply_to))
         FROM message AS m JOIN user ON user.id = m.user WHERE m.channel = ?1 "
    };
}

/// Gives the message of a row as it was sent, and whether more of it stands elsewhere.
fn message(row: &Row<'_>) -> rusqlite::Result<(Message, bool)> {
    let message = Message {
        index: row.get::<_, Column<Index>>(0)?.0,
        version: row.get::<_, Column<Version>>(1)?.0,
        date: row.get::<_, Column<Timestamp>>(2)?.0,
        handle: row.get::<_, Column<Handle>>(3)?.0,
        kind: row.get::<_, Column<MessageKind>>(4)?.0,
        content: row.get(5)?,
        mentions: row.get_ref(6)?.as_str()?.split_whitespace().filter_map(|handle| handle.parse().ok()).collect(),
        reply_to: row.get::<_, Option<Column<Index>>>(7)?.map(|index| index.0),
        reply_to_handle: row.get::<_, Option<Column<Handle>>>(11)?.map(|handle| handle.0),
        reactions: Vec::new(),
        edited: row.get::<_, Option<Column<Timestamp>>>(8)?.map(|moment| moment.0),
        deleted: row.get::<_, Option<Column<Timestamp>>>(9)?.map(|moment| moment.0),
        pinned: false,
        nonce: None,
    };
    Ok((message, row.get(10)?))
}

/// Adds what stands elsewhere to a message that has changed since it was sent.
fn whole(transaction: &Transaction<'_>, channel: i64, message: Message, changed: bool) -> Result<Message, StoreError> {
    if !changed {
        return Ok(message);
    }
    let reactions = reactions(transaction, channel, message.index)?;
    Ok(Message { reactions, pinned: is_pinned(transaction, channel, message.index)?, ..message })
}

/// Reads the last messages of a channel, ascending.
pub(super) fn newest(transaction: &Transaction<'_>, channel: i64, limit: usize) -> Result<Vec<Message>, StoreError> {
    read(transaction, channel, Range::Newest, limit)
}

/// Reads what changed after a version in a channel that now has version `present`.
pub(super) fn since(
    transaction: &Transaction<'_>,
    channel: i64,
    since: Version,
    present: Version,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    page(transaction, channel, Range::Since(since), present, limit)
}

/// Reads messages in a range, ascending.
pub(super) fn read(
    transaction: &Transaction<'_>,
    channel: i64,
    range: Range,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    Ok(page(transaction, channel, range, Version::default(), limit)?.messages)
}

/// Counts how many messages a page may hold, at least one: so many that their content keeps within a bound.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    let within = messages.iter().take_while(|message| {
        bytes += json_bytes(&message.content);
        bytes <= PAGE_BYTES_MAX
    });
    within.count().max(1)
}

/// Finds the last message that was sent up to a version. The versions of sending grow with the index, and none lies below
/// its index.
fn last_known(transaction: &Transaction<'_>, channel: i64, version: Version) -> Result<Index, StoreError> {
    let mut version_of = transaction.prepare_cached("SELECT version FROM message WHERE channel = ?1 AND idx = ?2")?;
    let last_index = transaction
        .prepare_cached("SELECT last_index FROM channel WHERE id = ?1")?
        .query_row([channel], |row| row.get::<_, Column<Index>>(0))?;
    let (mut known, mut newer) = (0, last_index.0.get().min(version.get()) + 1);
    while known + 1 < newer {
        let middle = known + (newer - known) / 2;
        let found = version_of
            .query_row(params![channel, Column(Index::new(middle))], |row| row.get::<_, Column<Version>>(0))?;
        if found.0 > version { newer = middle } else { known = middle }
    }
    Ok(Index::new(known))
}

fn page(
    transaction: &Transaction<'_>,
    channel: i64,
    range: Range,
    present: Version,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    // One more than asked for tells whether there are more.
    let rows = limit as i64 + 1;
    let read = |sql, bound: Option<i64>| -> Result<Vec<Message>, StoreError> {
        let mut statement = transaction.prepare_cached(sql)?;
        let found = statement.query_map(params![channel, rows, bound], message)?;
        let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
        found.into_iter().map(|(message, changed)| whole(transaction, channel, message, changed)).collect()
    };
    let bounded = |number: u64| Some(number.min(i64::MAX as u64) as i64);
    let mut messages = match range {
        Range::Newest => read(concat!(select_message!(), "AND ?3 IS NULL ORDER BY m.idx DESC LIMIT ?2"), None)?,
        Range::Before(index) => {
            read(concat!(select_message!(), "AND m.idx < ?3 ORDER BY m.idx DESC LIMIT ?2"), bounded(index.get()))?
        }
        Range::After(index) => {
            read(concat!(select_message!(), "AND m.idx > ?3 ORDER BY m.idx LIMIT ?2"), bounded(index.get()))?
        }
        Range::RepliesTo(original, after) => {
            let replies = concat!(select_message!(), "AND m.reply_to = ?3 AND m.idx > ?4 ORDER BY m.idx LIMIT ?2");
            let mut statement = transaction.prepare_cached(replies)?;
            let found = statement.query_map(params![channel, rows, Column(original), Column(after)], message)?;
            let found = found.collect::<rusqlite::Result<Vec<_>>>()?;
            let replies = found.into_iter().map(|(found, changed)| whole(transaction, channel, found, changed));
            replies.collect::<Result<_, _>>()?
        }
        Range::Thread(root) => {
            let thread = concat!(
                select_message!(),
                "AND m.idx IN (
                    WITH RECURSIVE thread(idx) AS (
                        SELECT ?3 UNION
                        SELECT reply.idx FROM thread JOIN message AS reply
                            ON reply.channel = ?1 AND reply.reply_to = thread.idx)
                    SELECT idx FROM thread LIMIT ?2) ORDER BY m.idx LIMIT ?2"
            );
            read(thread, bounded(root.get()))?
        }
        Range::Pinned => {
            let pinned = concat!(
                select_message!(),
                "AND ?3 IS NULL AND m.idx IN (SELECT idx FROM pin WHERE channel = ?1) ORDER BY m.idx LIMIT ?2"
            );
            read(pinned, None)?
        }
        Range::Since(version) => {
            // Sent since then and never changed, and changed since then: each message is in one of the two.
            let known = last_known(transaction, channel, version)?;
            let sent = concat!(select_message!(), "AND m.idx > ?3 AND m.changed IS NULL ORDER BY m.idx LIMIT ?2");
            let changed = concat!(
                select_message!(),
                "AND m.idx IN (SELECT idx FROM changed_message WHERE channel = ?1 AND version > ?3
                               ORDER BY version LIMIT ?2) ORDER BY m.changed"
            );
            let mut both = read(sent, bounded(known.get()))?;
            both.extend(read(changed, bounded(version.get()))?);
            both.sort_by_key(|message| message.version);
            both.truncate(limit + 1);
            both
        }
    };
    let fitting = limit.min(fitting(&messages));
    let more = messages.len() > fitting;
    messages.truncate(fitting);
    if matches!(range, Range::Newest | Range::Before(_)) {
        messages.reverse();
    }
    let version = match (range, more, messages.last()) {
        (Range::Since(_), true, Some(last)) => last.version,
        (Range::Since(since), true, None) => since,
        _ => present,
    };
    Ok(HistoryPage { messages, version, more })
}
