//! Messages as they are read: pages in all directions, threads, pins, and what changed since a version.

use proto::{ChannelId, Handle, Index, Message, MessageKind, Timestamp, Version};
use rusqlite::{OptionalExtension, Row, ToSql, Transaction, params};

use super::channel::key_of;
use super::member::reads_from;
use super::message_change::is_pinned;
use super::reaction::reactions;
use super::row::Column;
use super::{Store, StoreError, UserId};
use crate::frame::json_bytes;

/// Bytes of content in one page, as JSON has it; further messages are for the next one.
const PAGE_BYTES_MAX: usize = 1_048_576;

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
    /// Reads a page of a channel for one of its members, or of a wall for one of its readers.
    ///
    /// # Errors
    /// [`super::Refused::NotAMember`] also when there is no such channel.
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
                let from = reads_from(transaction, key, user)?;
                let version = transaction
                    .prepare_cached("SELECT version FROM channel WHERE id = ?1")?
                    .query_row([key], |row| row.get::<_, Column<Version>>(0))?
                    .0;
                page(transaction, key, range, version, from, limit)
            })
            .await
    }
}

/// The columns of [`message`], with the author's handle.
macro_rules! select_message {
    () => {
        select_message!("message AS m")
    };
    ($from:literal) => {
        concat!("SELECT m.idx, coalesce(m.changed, m.version), m.date, user.handle, m.kind, m.content, m.mentions, m.reply_to,
                m.edited, m.deleted, m.changed IS NOT NULL,
                (SELECT handle FROM user WHERE id =
                    (SELECT user FROM message WHERE channel = m.channel AND idx = m.reply_to))
         FROM ", $from, " JOIN user ON user.id = m.user WHERE m.channel = ?1 ")
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

/// Reads the last messages of a channel from one on, ascending.
pub(super) fn newest(
    transaction: &Transaction<'_>,
    channel: i64,
    from: Index,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    read(transaction, channel, Range::Newest, from, limit)
}

/// Reads one message, if it is there.
pub(super) fn one(transaction: &Transaction<'_>, channel: i64, index: Index) -> Result<Option<Message>, StoreError> {
    let found = transaction
        .prepare_cached(concat!(select_message!(), "AND m.idx = ?2"))?
        .query_row(params![channel, Column(index)], message)
        .optional()?;
    found.map(|(message, changed)| whole(transaction, channel, message, changed)).transpose()
}

/// Reads messages in a range from one on, ascending.
pub(super) fn read(
    transaction: &Transaction<'_>,
    channel: i64,
    range: Range,
    from: Index,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    Ok(page(transaction, channel, range, Version::default(), from, limit)?.messages)
}

/// Counts how many messages a page may hold, at least one: so many that their content keeps within a bound.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    messages.iter().take_while(|message| json_bytes_fit(&mut bytes, message)).count().max(1)
}

/// Adds a message to the bytes of a page, and tells whether they are still within the bound.
pub(super) fn json_bytes_fit(bytes: &mut usize, message: &Message) -> bool {
    *bytes += json_bytes(&message.content);
    *bytes <= PAGE_BYTES_MAX
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

/// Reads a page of a channel that now has version `present`, for who may read it from message `from` on.
pub(super) fn page(
    transaction: &Transaction<'_>,
    channel: i64,
    range: Range,
    present: Version,
    from: Index,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    // One more than asked for tells whether there are more.
    let reading = Reading { transaction, channel, from, rows: limit + 1 };
    Ok(cut(reading.in_range(range)?, range, present, limit))
}

/// Makes a page of what was read in a range: as many messages as were asked for and as fit.
fn cut(mut messages: Vec<Message>, range: Range, present: Version, limit: usize) -> HistoryPage {
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
    HistoryPage { messages, version, more }
}

/// What is read of a channel: nothing below message `from`, and at most so many rows.
struct Reading<'a> {
    transaction: &'a Transaction<'a>,
    channel: i64,
    from: Index,
    rows: usize,
}

impl Reading<'_> {
    /// Reads the nearest messages of a range, the nearest first.
    fn in_range(&self, range: Range) -> Result<Vec<Message>, StoreError> {
        match range {
            Range::Newest => self.select(
                concat!(select_message!(), "AND ?3 IS NULL AND m.idx >= ?4 ORDER BY m.idx DESC LIMIT ?2"),
                None,
            ),
            Range::Before(index) => self.select(
                concat!(select_message!(), "AND m.idx < ?3 AND m.idx >= ?4 ORDER BY m.idx DESC LIMIT ?2"),
                Some(index.get()),
            ),
            Range::After(index) => self.select(
                concat!(select_message!(), "AND m.idx > ?3 AND m.idx >= ?4 ORDER BY m.idx LIMIT ?2"),
                Some(index.get()),
            ),
            Range::Since(version) => self.changed_since(version),
            Range::RepliesTo(original, _) if original < self.from => Ok(Vec::new()),
            Range::RepliesTo(original, after) => self.replies(original, after),
            Range::Thread(root) => self.thread(root),
            Range::Pinned => self.select(
                concat!(
                    select_message!(),
                    "AND ?3 IS NULL AND m.idx IN (SELECT idx FROM pin WHERE channel = ?1) AND m.idx >= ?4
                     ORDER BY m.idx LIMIT ?2"
                ),
                None,
            ),
        }
    }

    /// Reads what was sent since a version and never changed, and what has changed since then: each message is in one of
    /// the two.
    fn changed_since(&self, version: Version) -> Result<Vec<Message>, StoreError> {
        let known = last_known(self.transaction, self.channel, version)?;
        let sent =
            concat!(select_message!(), "AND m.idx > ?3 AND m.idx >= ?4 AND m.changed IS NULL ORDER BY m.idx LIMIT ?2");
        let changed = concat!(
            select_message!(),
            "AND m.idx IN (SELECT idx FROM changed_message WHERE channel = ?1 AND version > ?3 AND idx >= ?4
                           ORDER BY version LIMIT ?2) ORDER BY m.changed"
        );
        let mut both = self.select(sent, Some(known.get()))?;
        both.extend(self.select(changed, Some(version.get()))?);
        both.sort_by_key(|message| message.version);
        both.truncate(self.rows);
        Ok(both)
    }

    /// Reads a message, and everything that hangs below it by answering.
    fn thread(&self, root: Index) -> Result<Vec<Message>, StoreError> {
        let thread = concat!(
            select_message!(),
            "AND m.idx IN (
                WITH RECURSIVE thread(idx) AS (
                    SELECT ?3 UNION
                    SELECT reply.idx FROM thread CROSS JOIN message AS reply INDEXED BY message_by_reply
                        ON reply.channel = ?1 AND reply.reply_to = thread.idx)
                SELECT idx FROM thread LIMIT ?2) AND ?3 >= ?4 ORDER BY m.idx LIMIT ?2"
        );
        self.select(thread, Some(root.get()))
    }

    /// Reads what answers a message, behind another one.
    fn replies(&self, original: Index, after: Index) -> Result<Vec<Message>, StoreError> {
        // By itself SQLite would walk the channel.
        let replies = concat!(
            select_message!("message AS m INDEXED BY message_by_reply"),
            "AND m.reply_to = ?3 AND m.idx > ?4 ORDER BY m.idx LIMIT ?2"
        );
        self.query(replies, params![self.channel, self.rows, Column(original), Column(after)])
    }

    /// Reads the messages that a query finds; it takes the channel as `?1`, the rows as `?2`, a bound of its own as `?3` and
    /// the first message that may be read as `?4`.
    fn select(&self, sql: &str, bound: Option<u64>) -> Result<Vec<Message>, StoreError> {
        // SQLite counts no further.
        let bound = bound.map(|number| number.min(i64::MAX as u64) as i64);
        self.query(sql, params![self.channel, self.rows, bound, Column(self.from)])
    }

    fn query(&self, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.transaction.prepare_cached(sql)?;
        let found = statement.query_map(values, message)?.collect::<rusqlite::Result<Vec<_>>>()?;
        found.into_iter().map(|(message, changed)| whole(self.transaction, self.channel, message, changed)).collect()
    }
}
