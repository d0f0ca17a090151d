//! The message, and the two numbers by which channels are read: index and version.

use serde::{Deserialize, Serialize};

use crate::file::FileInfo;
use crate::id::Nonce;
use crate::name::Handle;
use crate::text::Emoji;
use crate::time::Timestamp;

/// A message's place in its channel: 1, 2, 3, … without gaps. 0 is before the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Index(u64);

/// The count of a channel's durable changes; a message carries the version of its last change.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

macro_rules! counter {
    ($name:ident) => {
        impl $name {
            /// Makes the number from its value on the wire.
            pub const fn new(value: u64) -> Self {
                Self(value)
            }

            /// Gives the value on the wire.
            pub const fn get(self) -> u64 {
                self.0
            }

            /// Gives the number that follows.
            pub const fn next(self) -> Self {
                Self(self.0.saturating_add(1))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(Index);
counter!(Version);

/// The kind of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// What somebody said.
    #[default]
    Text,
    /// An action, as with `/me`.
    Action,
    /// A notice of the server about the channel.
    System,
    /// Content that only the members' devices can read.
    Cipher,
    /// A kind this version does not know; shown as text.
    #[serde(other)]
    Unknown,
}

/// One emoji with which members reacted to a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaction {
    /// The one emoji that is counted here.
    pub emoji: Emoji,
    /// How many members used it.
    pub count: u64,
    /// The members who used it first, at most 10.
    pub handles: Vec<Handle>,
}

/// What changed about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePatch {
    /// Place in the channel.
    pub index: Index,
    /// The version with this change.
    pub version: Version,
    /// The new content; empty when it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The members whom the new content mentions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Vec<Handle>>,
    /// All reactions that it has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reactions: Option<Vec<Reaction>>,
    /// When its content was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Timestamp>,
    /// When it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// Whether the message is pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    /// The files that it has now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<Vec<FileInfo>>,
}

impl MessagePatch {
    /// Makes a patch that changes nothing but the version.
    pub fn of(index: Index, version: Version) -> Self {
        Self {
            index,
            version,
            content: None,
            mentions: None,
            reactions: None,
            edited: None,
            deleted: None,
            pinned: None,
            files: None,
        }
    }
}

impl Message {
    /// Applies a change; false when it is known already, as after a snapshot that was read later.
    pub fn apply(&mut self, patch: &MessagePatch) -> bool {
        if patch.version <= self.version {
            return false;
        }
        self.version = patch.version;
        if let Some(content) = &patch.content {
            self.content.clone_from(content);
        }
        if let Some(mentions) = &patch.mentions {
            self.mentions.clone_from(mentions);
        }
        if let Some(reactions) = &patch.reactions {
            self.reactions.clone_from(reactions);
        }
        if let Some(files) = &patch.files {
            self.files.clone_from(files);
        }
        self.edited = patch.edited.or(self.edited);
        self.deleted = patch.deleted.or(self.deleted);
        self.pinned = patch.pinned.unwrap_or(self.pinned);
        true
    }
}

/// A message as every member sees it; only `nonce` depends on the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Place in the channel.
    pub index: Index,
    /// Version of the last change.
    pub version: Version,
    /// When the daemon accepted it, by the daemon's clock.
    pub date: Timestamp,
    /// The handle of the author; of a system message whoever did it.
    pub handle: Handle,
    /// The kind of the message.
    #[serde(default)]
    pub kind: MessageKind,
    /// The content, as it was sent.
    pub content: String,
    /// Members mentioned in the content, each once; filled in by the daemon.
    #[serde(default)]
    pub mentions: Vec<Handle>,
    /// The message that this one replies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
    /// The author of the message that this one replies to, filled in by the daemon; for them it counts as a mention.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to_handle: Option<Handle>,
    /// The files, in the order in which the sender named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileInfo>,
    /// The reactions, in the order in which each emoji was first used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<Reaction>,
    /// When its content was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited: Option<Timestamp>,
    /// When it was deleted; its content is gone then, its place stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<Timestamp>,
    /// Whether the message is pinned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pinned: bool,
    /// The sender's own name for it, on the sender's own connections only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}

impl Message {
    /// Makes a plain text message.
    pub fn of(index: Index, version: Version, date: Timestamp, handle: Handle, content: &str) -> Self {
        Self {
            index,
            version,
            date,
            handle,
            kind: MessageKind::Text,
            content: content.to_owned(),
            mentions: Vec::new(),
            reply_to: None,
            reply_to_handle: None,
            files: Vec::new(),
            reactions: Vec::new(),
            edited: None,
            deleted: None,
            pinned: false,
            nonce: None,
        }
    }
}
