//! Lists of channels.

use serde::{Deserialize, Serialize};

use super::query::{Count, query};
use crate::bounds;
use crate::channel::ChannelKind;
use crate::id::ChannelId;
use crate::message::{Index, Version};
use crate::name::{ChannelName, Handle, Topic};
use crate::personal::ChannelPersonal;
use crate::time::Timestamp;

/// Answer to `GET /v1/channels`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// The asker's channels, then public ones.
    pub channels: Vec<ChannelSummary>,
    /// Whether there are more public ones, after the last of these.
    #[serde(default)]
    pub more: bool,
}

/// A channel without its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelSummary {
    /// The channel's id; it never changes.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about.
    pub topic: Topic,
    /// Who owns it, if anybody does.
    pub owner: Option<Handle>,
    /// Whether the asker is in it.
    pub member: bool,
    /// How many members there are.
    pub members_total: u64,
    /// The index of its last message.
    pub last_index: Index,
    /// When that was sent; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_date: Option<Timestamp>,
    /// The channel's version: one higher with each durable change.
    pub version: Version,
    /// Up to where the asker has read; 0 when not in it.
    pub last_read: Index,
    /// Messages after `last_read`; 0 when not in it.
    pub unread: u64,
    /// Those of them that mention the asker, counted up to 100.
    pub mentions: u64,
    /// What the asker has set for it; left out when not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<ChannelPersonal>,
}

query! {
    /// Query of `GET /v1/channels`: which ones are listed.
    pub struct ChannelsQuery, twice Refused {
        /// Only those with this text in their name or topic.
        q: String,
        /// Only public ones whose name comes after this one.
        after: String,
        /// Only those of exactly this name.
        name: String,
        /// Only this one.
        id: ChannelId,
        /// At most this many public ones that the asker is not in.
        limit: Count<0, { bounds::CHANNELS_LISTED_MAX }, { bounds::CHANNELS_LISTED_MAX }>,
    }
}
