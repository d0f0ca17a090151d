//! Reading a channel: pages of its history, threads, pinned messages, bans and timeouts.

use serde::{Deserialize, Serialize};

use super::query::{Count, Query, malformed, query};
use crate::bounds;
use crate::error::ErrorReply;
use crate::id::ChannelId;
use crate::message::{Index, Message, Version};
use crate::name::Handle;
use crate::time::Timestamp;

/// Answer to `GET /v1/history`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The page: ascending by index, with `since` by version.
    pub messages: Vec<Message>,
    /// The lowest index in the page, 0 when it is empty.
    pub first_index: Index,
    /// The highest index in the page, 0 when it is empty.
    pub last_index: Index,
    /// The next `since`.
    pub version: Version,
    /// Whether more messages lie beyond the page, in the direction asked for.
    pub more: bool,
}

/// Answer to `GET /v1/moderation`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moderation {
    /// Who is banned, by handle; at most 1,000.
    pub bans: Vec<Handle>,
    /// Which members are timed out, by handle; at most 1,000.
    pub timeouts: Vec<TimedOut>,
}

/// A member who may not speak for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedOut {
    /// The handle of the member.
    pub handle: Handle,
    /// The moment from which the member may speak again, in milliseconds since 1970.
    pub until: Timestamp,
}

/// How many messages a page holds.
type PageMessages = Count<1, { bounds::HISTORY_MESSAGES_DEFAULT }, { bounds::HISTORY_MESSAGES_MAX }>;

/// Which messages of a channel a page holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum HistoryRange {
    /// The messages with the highest indexes.
    #[default]
    Newest,
    /// The nearest below an index.
    Before(Index),
    /// The nearest above an index.
    After(Index),
    /// Those added or changed after a version.
    Since(Version),
}

/// Query of `GET /v1/history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryQuery {
    /// The channel whose messages are asked for.
    pub channel: ChannelId,
    /// The part of the history that is asked for.
    pub range: HistoryRange,
    /// How many of them at most.
    pub limit: Option<PageMessages>,
}

/// Query of `GET /v1/replies`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepliesQuery {
    /// The channel that the answered message stands in.
    pub channel: ChannelId,
    /// The message that is answered.
    pub index: Index,
    /// Only answers above this index.
    pub after: Option<Index>,
    /// How many of them at most.
    pub limit: Option<PageMessages>,
}

/// Query of `GET /v1/thread`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadQuery {
    /// The channel that the thread stands in.
    pub channel: ChannelId,
    /// The message on top.
    pub index: Index,
    /// How many messages at most.
    pub limit: Option<PageMessages>,
}

/// Query of `GET /v1/pins`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinsQuery {
    /// The channel whose pinned messages are asked for.
    pub channel: ChannelId,
    /// How many messages at most.
    pub limit: Option<PageMessages>,
}

/// Query of `GET /v1/moderation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModerationQuery {
    /// The channel whose bans and time-outs are asked for.
    pub channel: ChannelId,
}

query! {
    struct PageParameters, twice Refused {
        channel: ChannelId,
        before: Index,
        after: Index,
        since: Version,
        limit: PageMessages,
    }
}

query! {
    struct ReplyParameters, twice Refused {
        channel: ChannelId,
        index: Index,
        after: Index,
        limit: PageMessages,
        before: String,
        since: String,
    }
}

impl Query for HistoryQuery {
    const NAMES: &'static [&'static str] = PageParameters::NAMES;

    fn read(query: &str) -> Result<Self, ErrorReply> {
        let PageParameters { channel, before, after, since, limit } = PageParameters::read(query)?;
        let channel = needed("channel", channel)?;
        let range = match (before, after, since) {
            (None, None, None) => HistoryRange::Newest,
            (Some(index), None, None) => HistoryRange::Before(index),
            (None, Some(index), None) => HistoryRange::After(index),
            (None, None, Some(version)) => HistoryRange::Since(version),
            _ => return Err(malformed("only one of `before`, `after` and `since` can be asked for")),
        };
        Ok(Self { channel, range, limit })
    }

    fn write(&self) -> String {
        let mut parameters = PageParameters { channel: Some(self.channel), limit: self.limit, ..Default::default() };
        match self.range {
            HistoryRange::Newest => {}
            HistoryRange::Before(index) => parameters.before = Some(index),
            HistoryRange::After(index) => parameters.after = Some(index),
            HistoryRange::Since(version) => parameters.since = Some(version),
        }
        parameters.write()
    }
}

impl Query for RepliesQuery {
    const NAMES: &'static [&'static str] = &["channel", "index", "after", "limit"];

    fn read(query: &str) -> Result<Self, ErrorReply> {
        let ReplyParameters { channel, index, after, limit, before, since } = ReplyParameters::read(query)?;
        if before.is_some() || since.is_some() {
            return Err(malformed("only `after` can be asked for here"));
        }
        let index = needed("index", index)?;
        Ok(Self { channel: needed("channel", channel)?, index, after, limit })
    }

    fn write(&self) -> String {
        let Self { channel, index, after, limit } = *self;
        let (channel, index) = (Some(channel), Some(index));
        ReplyParameters { channel, index, after, limit, ..Default::default() }.write()
    }
}

impl Query for ThreadQuery {
    const NAMES: &'static [&'static str] = &["channel", "index", "limit"];

    fn read(query: &str) -> Result<Self, ErrorReply> {
        let RepliesQuery { channel, index, after, limit } = RepliesQuery::read(query)?;
        if after.unwrap_or_default() != Index::default() {
            return Err(malformed("`after` cannot be asked for here"));
        }
        Ok(Self { channel, index, limit })
    }

    fn write(&self) -> String {
        let Self { channel, index, limit } = *self;
        RepliesQuery { channel, index, after: None, limit }.write()
    }
}

impl Query for PinsQuery {
    const NAMES: &'static [&'static str] = &["channel", "limit"];

    fn read(query: &str) -> Result<Self, ErrorReply> {
        let HistoryQuery { channel, range, limit } = HistoryQuery::read(query)?;
        if range != HistoryRange::Newest {
            return Err(malformed("only `channel` and `limit` can be asked for here"));
        }
        Ok(Self { channel, limit })
    }

    fn write(&self) -> String {
        let Self { channel, limit } = *self;
        HistoryQuery { channel, range: HistoryRange::Newest, limit }.write()
    }
}

impl Query for ModerationQuery {
    const NAMES: &'static [&'static str] = &["channel"];

    fn read(query: &str) -> Result<Self, ErrorReply> {
        let HistoryQuery { channel, .. } = HistoryQuery::read(query)?;
        Ok(Self { channel })
    }

    fn write(&self) -> String {
        HistoryQuery { channel: self.channel, range: HistoryRange::Newest, limit: None }.write()
    }
}

fn needed<T>(name: &str, value: Option<T>) -> Result<T, ErrorReply> {
    value.ok_or_else(|| malformed(&format!("`{name}` is needed")))
}
