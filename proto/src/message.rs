//! The message, and the two numbers by which channels are read: index and version.

use serde::{Deserialize, Serialize};

use crate::id::Nonce;
use crate::name::Handle;
use crate::time::Timestamp;

/// A message's place in its channel: 1, 2, 3, … without gaps. 0 stands before the first.
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

/// What sort of line a message is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// Something said.
    #[default]
    Text,
    /// Something done, as after `/me`.
    Action,
    /// A notice of the server about the channel.
    System,
    /// Content that only the members' devices can read.
    Cipher,
    /// A kind this version does not know; shown as text.
    #[serde(other)]
    Unknown,
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
    /// Who said it.
    pub handle: Handle,
    /// What sort of line it is.
    #[serde(default)]
    pub kind: MessageKind,
    /// What was said, as it was sent.
    pub content: String,
    /// Members whose handle stands in the content, filled in by the daemon, each once.
    #[serde(default)]
    pub mentions: Vec<Handle>,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
    /// The sender's own name for it, on the sender's own connections only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}
