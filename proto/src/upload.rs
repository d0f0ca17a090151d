//! How far the files of a message are that somebody sends: for their other screens.

use serde::{Deserialize, Serialize};

use crate::file::FileName;
use crate::id::{ChannelId, Nonce};

/// Payload of `channel_upload`: from the client that uploads, and to the other connections of its user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploading {
    /// The channel that the message is for.
    pub id: ChannelId,
    /// The nonce of the message that will have the files.
    pub nonce: Nonce,
    /// What the first file is called.
    pub name: FileName,
    /// How many files there are.
    pub files: u32,
    /// Bytes that have gone up, of all files.
    pub done: u64,
    /// All bytes.
    pub total: u64,
    /// Whether it has ended without a message; left out while it goes on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}
