//! Keeping order in a channel: who goes, who stays out, who may not speak, and who does all that.

use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::member::Role;
use crate::name::Handle;

/// Payload of `channel_kick`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kick {
    /// The channel that somebody is removed from.
    pub id: ChannelId,
    /// Who is to go.
    pub handle: Handle,
}

/// Payload of `channel_ban`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The channel that keeps somebody out.
    pub id: ChannelId,
    /// The handle of whoever is kept out; they need not be a member.
    pub handle: Handle,
    /// Whether they are banned from now on; false lifts the ban.
    pub on: bool,
}

/// Payload of `channel_bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListBans {
    /// The channel whose bans are asked for.
    pub id: ChannelId,
}

/// `ok` payload of `channel_bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bans {
    /// Who is banned, by handle; at most 1,000.
    pub handles: Vec<Handle>,
}

/// Payload of `channel_mute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The channel in which somebody may not speak for a while.
    pub id: ChannelId,
    /// The handle of the member who may not speak.
    pub handle: Handle,
    /// For this many seconds; 0 lets them speak again.
    pub for_s: u32,
}

/// Payload of `channel_role`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The channel in which the role holds.
    pub id: ChannelId,
    /// The handle of the member who gets the role.
    pub handle: Handle,
    /// What they may do: `owner` hands the channel over.
    pub role: Role,
}
