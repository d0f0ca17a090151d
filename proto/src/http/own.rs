//! What is the asker's own: settings, sessions, what happened, and all of it together.

use serde::{Deserialize, Serialize};

use super::channels::ChannelSummary;
use super::people::Profile;
use super::query::{Count, query};
use crate::bounds;
use crate::channel::ChannelKind;
use crate::device::{ClientName, DeviceName};
use crate::friend::Relationship;
use crate::id::{ChannelId, SessionId};
use crate::message::Message;
use crate::opaque::PageCursor;
use crate::settings::Settings;
use crate::time::Timestamp;

/// Answer to `GET /v1/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnSettings {
    /// What the asker has set for themselves.
    pub settings: Settings,
}

/// Answer to `GET /v1/sessions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The asker's sessions, the one that was used last first.
    pub sessions: Vec<SessionInfo>,
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// The session's id, as `session_end` names it.
    pub id: SessionId,
    /// Whether it is the one that asks.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub current: bool,
    /// The client profile it was opened from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceName>,
    /// The program that used it last, as it names itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientName>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was used last.
    pub last_used: Timestamp,
    /// How many connections it has now.
    #[serde(default)]
    pub connections: u64,
    /// When its newest token ends.
    pub expires_at: Timestamp,
}

/// Answer to `GET /v1/export`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Part of what the daemon keeps of the asker.
    pub records: Vec<Record>,
    /// Where the rest begins: `from` of the next request; left out when this was the last part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PageCursor>,
}

/// Something that the daemon keeps of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// The account, and what its person says about themselves.
    Account(Box<Profile>),
    /// What they have set for themselves.
    Settings(Settings),
    /// Their relation to another user.
    Person(Relationship),
    /// A sign-in of the account that has not ended.
    Session(SessionInfo),
    /// A channel that they are in, with what they have set for it and what they were writing there.
    Channel(Box<ChannelSummary>),
    /// Something that they said.
    Message(Box<OwnMessage>),
}

/// Something that somebody said, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnMessage {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// Its name; empty for a direct conversation.
    pub name: String,
    /// What it is to others.
    pub channel_kind: ChannelKind,
    /// The message as its channel shows it.
    pub message: Message,
}

query! {
    /// Query of `GET /v1/export`.
    pub struct ExportQuery, twice LastCounts {
        /// `next` of another answer; the first part when left out.
        from: PageCursor,
    }
}

query! {
    /// Query of `GET /v1/catch-up`.
    pub struct CatchUpQuery, twice LastCounts {
        /// Only entries before this number.
        before: u64,
        /// How many at most.
        limit: Count<1, { bounds::CATCH_UP_MAX }, { bounds::CATCH_UP_MAX }>,
    }
}
