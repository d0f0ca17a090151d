//! Links that somebody opens in a browser: to send files into a channel, or to fetch those of a message.

use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::message::Index;
use crate::time::Timestamp;

/// Payload of `link_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateLink {
    /// The channel that files are sent to, or that has the message.
    pub id: ChannelId,
    /// The message whose files are fetched; a link to send files when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Index>,
}

/// `ok` payload of `link_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What is opened in a browser.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}
