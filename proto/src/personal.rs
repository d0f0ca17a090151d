//! What somebody has set for a channel for themselves: up to where they have read, of what they hear, what they were writing.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::message::Index;
use crate::text::on_the_wire;
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
    /// Nothing in the channel notifies the reader.
    None,
    /// A level this version does not know.
    #[serde(other)]
    Unknown,
}

/// What somebody was writing and has not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// What was written, 1 to `MESSAGE_BYTES_MAX` bytes.
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
    /// The channel that these settings of the reader are for.
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

/// Payload of `channel_notify`: what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// The channel whose notifications change.
    pub id: ChannelId,
    /// What of the channel notifies the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<NotifyLevel>,
    /// Mutes the channel for this many seconds; 0 ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_s: Option<u32>,
}

/// What somebody is writing: any text without U+0000, also a blank one. How long it may be is the daemon's setting
/// (`limits.message_bytes`), so the length is checked where the setting is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftText(Box<str>);

/// Why a text is no draft: U+0000 has no meaning in a text and ends strings in other programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a draft cannot contain U+0000")]
pub struct DraftTextError;

impl DraftText {
    /// Gives the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DraftText {
    type Err = DraftTextError;

    fn from_str(text: &str) -> Result<Self, DraftTextError> {
        if text.contains('\0') { Err(DraftTextError) } else { Ok(Self(text.into())) }
    }
}

on_the_wire!(DraftText);

/// Payload of `draft`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepDraft {
    /// The channel that the draft is for.
    pub id: ChannelId,
    /// The text; an empty one deletes the draft.
    pub content: DraftText,
    /// The message that it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
}

/// Payload of the client's `channel_read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRead {
    /// The channel that was read.
    pub id: ChannelId,
    /// The last message read.
    pub index: Index,
}

/// Payload of `channel_unread`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkUnread {
    /// The channel that counts as unread again.
    pub id: ChannelId,
    /// The first message that counts as unread.
    pub index: Index,
}

/// Payload of the daemon's `channel_read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRead {
    /// The channel whose read mark has moved.
    pub id: ChannelId,
    /// Up to where the receiver has read.
    pub last_read: Index,
    /// Messages after it.
    pub unread: u64,
    /// Those of them that mention the receiver, counted up to 100.
    pub mentions: u64,
}
