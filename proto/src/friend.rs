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
    /// The handle of the other user.
    pub handle: Handle,
    /// Their relation to the reader now.
    pub relation: Relation,
    /// When the relation began.
    pub since: Timestamp,
    /// Whether they are connected, and how active; of friends only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
}

/// Payload of `friend_ask`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskFriend {
    /// The handle of the user who is asked.
    pub handle: Handle,
}

/// Payload of `friend_remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveFriend {
    /// The handle of the friend, or of whoever asked or was asked.
    pub handle: Handle,
}

/// Payload of `block`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The handle of the user.
    pub handle: Handle,
    /// Whether they are blocked from now on; false lifts the block.
    pub on: bool,
}

/// Payload of `feed_watch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchFeed {
    /// Whether the connection is sent what happens on walls from now on.
    pub on: bool,
}

/// Payload of `wall_open`: empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWall {}
