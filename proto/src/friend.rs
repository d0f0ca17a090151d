//! Relations between users: friends, blocks, and following what friends post.

use serde::{Deserialize, Serialize};

use crate::name::Handle;
use crate::presence::Presence;
use crate::time::Timestamp;

/// The relation of another user to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// Both are friends.
    Friend,
    /// One has asked them to be a friend.
    Asked,
    /// They have asked.
    Asking,
    /// One has blocked them.
    Blocked,
    /// None of these, or not any more.
    None,
    /// Something this version does not know.
    #[serde(other)]
    Unknown,
}

/// Payload of the event `friend_update`, and an item of `GET /v1/friends`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relationship {
    /// Who.
    pub handle: Handle,
    /// Their relation to the reader now.
    pub relation: Relation,
    /// Since when.
    pub since: Timestamp,
    /// Whether there; of friends only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}

/// Payload of `friend_ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskFriend {
    /// Who.
    pub handle: Handle,
}

/// Payload of `friend_remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveFriend {
    /// Who.
    pub handle: Handle,
}

/// Payload of `block`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Who.
    pub handle: Handle,
    /// Whether from now on.
    pub on: bool,
}

/// Payload of `feed_watch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchFeed {
    /// Whether from now on.
    pub on: bool,
}

/// Payload of `wall_open`: empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWall {}
