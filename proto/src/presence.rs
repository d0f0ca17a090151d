//! Whether people are there.

use serde::{Deserialize, Serialize};

use crate::name::Handle;
use crate::person::{Avatar, DisplayName, Status};
use crate::time::Timestamp;

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PresenceState {
    /// Connected and active.
    Online,
    /// Connected, inactive for a while.
    Idle,
    /// Connected, inactive for long, or said so.
    Away,
    /// Wants not to be disturbed.
    Dnd,
    /// The person has no connection, or shows none.
    Offline,
    /// A state this version does not know.
    #[serde(other)]
    Unknown,
}

/// Somebody's presence, the same in every channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The handle of the person.
    pub handle: Handle,
    /// Whether the person has a connection that the reader may know of.
    pub online: bool,
    /// Whether the person is online, idle, away or not to be disturbed.
    pub state: PresenceState,
    /// Since when the state holds, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When last connected, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// What they do just now, if they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What they want to be called, if they say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The picture that they are seen by, if they have one.
    #[serde(default, skip_serializing_if = "Avatar::is_empty")]
    pub avatar: Avatar,
}

/// Payload of `presence_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceUpdate {
    /// Whose presence changed.
    pub members: Vec<Presence>,
}

/// The presence that a user chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChosenPresence {
    /// As one's activity shows.
    Online,
    /// Away until one says otherwise.
    Away,
    /// Not to be disturbed until one says otherwise.
    Dnd,
    /// For everybody else as if one were not connected, until one says otherwise.
    Invisible,
}

/// Payload of `presence`: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPresence {
    /// What one chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ChosenPresence>,
    /// What one does just now; empty takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}
