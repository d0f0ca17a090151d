//! Sending messages, and changing them later.

use serde::{Deserialize, Serialize};

use crate::bounds::FILES_MAX;
use crate::id::{ChannelId, FileId, Nonce};
use crate::message::{Index, Message, MessageKind, MessagePatch, Version};
use crate::name::Handle;
use crate::optional::or_default;
use crate::text::{Content, ContentError, Emoji};
use crate::time::Timestamp;

/// Payload of the client's `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessage {
    /// The channel that the message is for.
    pub id: ChannelId,
    /// What is sent.
    pub message: NewMessage,
}

/// A message on its way to the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenMessage")]
pub struct NewMessage {
    /// What is said; beside files it may be nothing.
    pub content: Content,
    /// The sender's own name for it; sending it again stores nothing new.
    pub nonce: Nonce,
    /// `text` when left out, or `action`.
    pub kind: MessageKind,
    /// The message that this one replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
    /// Files that were uploaded before, at most 10, each once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileId>,
}

/// The same as it is on the wire: what the content may be depends on the files.
#[derive(Deserialize)]
struct WrittenMessage {
    #[serde(default)]
    content: String,
    nonce: Nonce,
    #[serde(default, deserialize_with = "or_default")]
    kind: MessageKind,
    #[serde(default)]
    reply_to: Option<Index>,
    #[serde(default)]
    files: Vec<FileId>,
}

/// Why something is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum MessageError {
    #[error(transparent)]
    Content(#[from] ContentError),
    #[error("a message has at most {FILES_MAX} files")]
    TooManyFiles,
    #[error("a message has each file once")]
    SameFile,
}

impl TryFrom<WrittenMessage> for NewMessage {
    type Error = MessageError;

    fn try_from(written: WrittenMessage) -> Result<Self, MessageError> {
        let WrittenMessage { content, nonce, kind, reply_to, files } = written;
        if files.len() > FILES_MAX {
            return Err(MessageError::TooManyFiles);
        }
        if files.iter().enumerate().any(|(at, file)| files[..at].contains(file)) {
            return Err(MessageError::SameFile);
        }
        let content = if files.is_empty() { Content::parse(&content)? } else { Content::beside_files(&content)? };
        Ok(Self { content, nonce, kind, reply_to, files })
    }
}

/// `ok` payload of `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The message's place in it.
    pub index: Index,
    /// The channel's version with the message.
    pub version: Version,
    /// When it was accepted.
    pub date: Timestamp,
}

/// Payload of `channel_message_edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMessage {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The index of the message that gets another content.
    pub index: Index,
    /// The new content.
    pub content: Content,
}

/// Payload of `channel_message_delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMessage {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The index of the message that goes.
    pub index: Index,
}

/// Payload of `channel_reaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The index of the message that is reacted to.
    pub index: Index,
    /// With what; a like is `♥`.
    #[serde(deserialize_with = "Emoji::deserialize_listed")]
    pub emoji: Emoji,
    /// Whether the reaction is added; false removes it.
    pub on: bool,
}

/// Payload of `channel_reaction_remove`: with neither `emoji` nor `handle` all reactions to the message are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveReactions {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The index of the message whose reactions go.
    pub index: Index,
    /// Only those with this emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<Emoji>,
    /// Only those of this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
}

/// Payload of `channel_pin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The channel that keeps the message in view.
    pub id: ChannelId,
    /// The index of the message that is kept in view.
    pub index: Index,
    /// Whether it is pinned from now on; false unpins it.
    pub on: bool,
}

/// `ok` payload of `channel_message_edit`, `channel_message_delete`, `channel_reaction` and `channel_pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The version of the message with this change.
    pub version: Version,
}

/// Payload of the daemon's `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAdd {
    /// The channel that has a new message.
    pub id: ChannelId,
    /// The message as it was stored.
    pub message: Message,
}

/// Payload of `channel_message_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// The message's index and version, with the fields that changed.
    pub message: MessagePatch,
}
