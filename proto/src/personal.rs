//! What belongs to one person alone: of what they hear, what they were writing, what happened to them.

use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::message::{Index, Message};
use crate::name::{ChannelName, Handle};
use crate::server::ChannelKind;
use crate::text::Emoji;
use crate::time::Timestamp;

/// Of what somebody wants to hear in a channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NotifyLevel {
    /// Of every message.
    #[default]
    All,
    /// Of what names or answers them.
    Mentions,
    /// Of nothing.
    None,
    /// A level this version does not know.
    #[serde(other)]
    Unknown,
}

/// What somebody was writing and has not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What stands there.
    pub content: String,
    /// The message that it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
    /// When it was kept.
    pub date: Timestamp,
}

/// Payload of `channel_personal`, and part of an item of `GET /v1/channels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelPersonal {
    /// The channel.
    pub id: ChannelId,
    /// Of what one wants to hear.
    #[serde(default)]
    pub level: NotifyLevel,
    /// Until when one wants to hear of nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_until: Option<Timestamp>,
    /// What one was writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft: Option<Draft>,
}

/// What happened to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CatchUpKind {
    /// Somebody named them.
    Mention,
    /// Somebody answered them.
    Reply,
    /// Somebody reacted to what they said.
    Reaction,
    /// Somebody made them a member of a channel, or wants them to become one.
    Invite,
    /// Somebody wants to be their friend.
    Friend,
    /// Something this version does not know.
    #[serde(other)]
    Unknown,
}

/// One thing that happened, and the way to its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUpEntry {
    /// Its number, greater than those of earlier ones.
    pub number: u64,
    /// What happened.
    pub kind: CatchUpKind,
    /// The channel, if it happened in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<ChannelId>,
    /// Its name; of a direct conversation the other's handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ChannelName>,
    /// What the channel is to others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_kind: Option<ChannelKind>,
    /// The message, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Index>,
    /// Who did it.
    pub by: Handle,
    /// With what, of a reaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<Emoji>,
    /// When.
    pub date: Timestamp,
    /// Whether an invitation waits to be accepted with `channel_join`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
    /// The message as it is now; left out in events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

/// Payload of the event `catch_up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUpUpdate {
    /// How many entries there are, counted up to 100.
    pub total: u64,
    /// The one that is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest: Option<CatchUpEntry>,
}

/// Answer to `GET /v1/catch-up`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatchUp {
    /// The newest first.
    pub entries: Vec<CatchUpEntry>,
    /// How many there are, counted up to 100.
    pub total: u64,
    /// Whether there are older ones than these.
    pub more: bool,
}
