//! Messages as they are read: pages in all directions, threads, pins, and what changed since a version.

use proto::{Index, Message, Version};

use super::file::files_of;
use super::message::{is_pinned, reactions};
use crate::frame::json_bytes;
use crate::store::StoreError;
use crate::store::channel_key::ChannelKey;
use crate::store::column::ToColumn;
use crate::store::sqlite::{Row, Rows, Values, by_index};

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

/// The columns of [`message`], with the author's handle.
macro_rules! select_message {
    () => {
        select_message!("message AS m")
    };
    ($($from:tt)+) => {
        concat!(
            "SELECT m.idx, coalesce(m.changed, m.version), m.date, user.handle, m.kind, m.content, m.mentions,
                m.reply_to, m.edited, m.deleted, m.changed IS NOT NULL,
                (SELECT handle FROM user WHERE id =
                    (SELECT user FROM message WHERE channel = m.channel AND idx = m.reply_to)),
                m.files > 0
             FROM ",
            $($from)+,
            " JOIN user ON user.id = m.user WHERE m.channel = ?1 "
        )
    };
}

/// What of a message stands elsewhere.
struct Elsewhere {
    /// What happened to it after it was sent.
    changes: bool,
    files: bool,
}

/// Gives the message of a row, and what more of it stands elsewhere.
fn message(row: &Row<'_>) -> Result<(Message, Elsewhere), StoreError> {
    let message = Message {
        index: row.get(0)?,
        version: row.get(1)?,
        date: row.get(2)?,
        handle: row.get(3)?,
        kind: row.get(4)?,
        content: row.get(5)?,
        mentions: row.text(6)?.split_whitespace().filter_map(|handle| handle.parse().ok()).collect(),
        reply_to: row.get(7)?,
        reply_to_handle: row.get(11)?,
        files: Vec::new(),
        reactions: Vec::new(),
        edited: row.get(8)?,
        deleted: row.get(9)?,
        pinned: false,
        nonce: None,
    };
    Ok((message, Elsewhere { changes: row.get(10)?, files: row.get(12)? }))
}

/// Adds what stands elsewhere to a message.
fn whole(
    rows: &Rows,
    channel: ChannelKey,
    (mut message, elsewhere): (Message, Elsewhere),
) -> Result<Message, StoreError> {
    if elsewhere.files {
        message.files = files_of(rows, channel, message.index)?;
    }
    if elsewhere.changes {
        message.reactions = reactions(rows, channel, message.index)?;
        message.pinned = is_pinned(rows, channel, message.index)?;
    }
    Ok(message)
}

/// Reads the last messages of a channel from one on, ascending.
pub(in crate::store) fn newest_messages(
    rows: &Rows,
    channel: ChannelKey,
    from: Index,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    read_messages(rows, channel, Range::Newest, from, limit)
}

/// Reads one message, if it is there.
pub(in crate::store) fn read_message(
    rows: &Rows,
    channel: ChannelKey,
    index: Index,
) -> Result<Option<Message>, StoreError> {
    let found = rows.one_with(concat!(select_message!(), "AND m.idx = ?2"), (channel, index), message)?;
    found.map(|found| whole(rows, channel, found)).transpose()
}

/// Reads messages in a range from one on, ascending.
pub(in crate::store) fn read_messages(
    rows: &Rows,
    channel: ChannelKey,
    range: Range,
    from: Index,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    Ok(read_page(rows, channel, range, Version::default(), from, limit)?.messages)
}

/// Counts how many messages a page may hold, at least one: so many that their content keeps within a bound.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    messages.iter().take_while(|message| json_bytes_fit(&mut bytes, message)).count().max(1)
}

/// Adds a message to the bytes of a page, and tells whether they are still within the bound.
pub(in crate::store) fn json_bytes_fit(bytes: &mut usize, message: &Message) -> bool {
    *bytes += json_bytes(&message.content);
    *bytes <= PAGE_BYTES_MAX
}

/// Finds the last message that was sent up to a version. The versions of sending grow with the index, and none lies below
/// its index.
fn last_known(rows: &Rows, channel: ChannelKey, version: Version) -> Result<Index, StoreError> {
    let last_index = rows.only::<Index>("SELECT last_index FROM channel WHERE id = ?1", [channel])?;
    let version_of = "SELECT version FROM message WHERE channel = ?1 AND idx = ?2";
    let (mut known, mut newer) = (0, last_index.get().min(version.get()) + 1);
    while known + 1 < newer {
        let middle = known + (newer - known) / 2;
        let found = rows.only::<Version>(version_of, (channel, Index::new(middle)))?;
        if found > version { newer = middle } else { known = middle }
    }
    Ok(Index::new(known))
}

/// Reads a page of a channel that now has version `present`, for who may read it from message `from` on.
pub(in crate::store) fn read_page(
    rows: &Rows,
    channel: ChannelKey,
    range: Range,
    present: Version,
    from: Index,
    limit: usize,
) -> Result<HistoryPage, StoreError> {
    // One more than asked for tells whether there are more.
    let reading = Reading { rows, channel, from, most: limit + 1 };
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
    rows: &'a Rows,
    channel: ChannelKey,
    from: Index,
    most: usize,
}

impl Reading<'_> {
    /// Reads the nearest messages of a range, the nearest first.
    fn in_range(&self, range: Range) -> Result<Vec<Message>, StoreError> {
        match range {
            Range::Newest => self.select(
                concat!(select_message!(), "AND ?3 IS NULL AND m.idx >= ?4 ORDER BY m.idx DESC LIMIT ?2"),
                None::<Index>,
            ),
            Range::Before(index) => self.select(
                concat!(select_message!(), "AND m.idx < ?3 AND m.idx >= ?4 ORDER BY m.idx DESC LIMIT ?2"),
                index,
            ),
            Range::After(index) => {
                self.select(concat!(select_message!(), "AND m.idx > ?3 AND m.idx >= ?4 ORDER BY m.idx LIMIT ?2"), index)
            }
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
                None::<Index>,
            ),
        }
    }

    /// Reads what was sent since a version and never changed, and what has changed since then: each message is in one of
    /// the two.
    fn changed_since(&self, version: Version) -> Result<Vec<Message>, StoreError> {
        let known = last_known(self.rows, self.channel, version)?;
        let sent =
            concat!(select_message!(), "AND m.idx > ?3 AND m.idx >= ?4 AND m.changed IS NULL ORDER BY m.idx LIMIT ?2");
        let changed = concat!(
            select_message!(),
            "AND m.idx IN (SELECT idx FROM changed_message WHERE channel = ?1 AND version > ?3 AND idx >= ?4
             ORDER BY version LIMIT ?2) ORDER BY m.changed"
        );
        let mut both = self.select(sent, known)?;
        both.extend(self.select(changed, version)?);
        both.sort_by_key(|message| message.version);
        both.truncate(self.most);
        Ok(both)
    }

    /// Reads a message, and everything that hangs below it by answering.
    fn thread(&self, root: Index) -> Result<Vec<Message>, StoreError> {
        let thread = concat!(
            select_message!(),
            concat!(
                "AND m.idx IN (
                 WITH RECURSIVE thread(idx) AS (
                     SELECT ?3 UNION
                     SELECT reply.idx FROM thread CROSS JOIN message AS reply",
                by_index!("message_by_reply"),
                " ON reply.channel = ?1 AND reply.reply_to = thread.idx)
                 SELECT idx FROM thread LIMIT ?2) AND ?3 >= ?4 ORDER BY m.idx LIMIT ?2"
            )
        );
        self.select(thread, root)
    }

    /// Reads what answers a message, behind another one.
    fn replies(&self, original: Index, after: Index) -> Result<Vec<Message>, StoreError> {
        // By itself SQLite would walk the channel.
        let replies = concat!(
            select_message!(concat!("message AS m", by_index!("message_by_reply"))),
            "AND m.reply_to = ?3 AND m.idx > ?4 ORDER BY m.idx LIMIT ?2"
        );
        self.query(replies, (self.channel, self.most, original, after))
    }

    /// Reads the messages that a query finds; it takes the channel as `?1`, the rows as `?2`, a bound of its own as `?3` and
    /// the first message that may be read as `?4`.
    fn select(&self, sql: &str, bound: impl ToColumn) -> Result<Vec<Message>, StoreError> {
        self.query(sql, (self.channel, self.most, bound, self.from))
    }

    fn query(&self, sql: &str, values: impl Values) -> Result<Vec<Message>, StoreError> {
        let found = self.rows.all_with(sql, values, message)?;
        found.into_iter().map(|found| whole(self.rows, self.channel, found)).collect()
    }
}
