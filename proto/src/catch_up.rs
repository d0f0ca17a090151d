//! What happened to somebody: the list, what is new in it, and clearing it.

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::id::ChannelId;
use crate::message::{Index, Message};
use crate::name::{ChannelName, Handle};
use crate::optional::or_default;
use crate::text::Emoji;
use crate::time::Timestamp;

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
    /// What somebody did that concerns the reader.
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
    /// When it happened, in milliseconds since 1970.
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

/// Payload of `catch_up_clear`: some entries, or all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearCatchUp {
    /// The numbers of the entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub numbers: Vec<u64>,
    /// Whether all are meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub all: bool,
}

/// `ok` payload of `catch_up_clear`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// The numbers of those that were cleared.
    pub numbers: Vec<u64>,
}

/// Payload of `catch_up_restore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreCatchUp {
    /// The numbers of the entries.
    pub numbers: Vec<u64>,
}
