//! Letting people into a channel: by name, or by a code.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, InviteCode};
use crate::name::Handle;
use crate::time::Timestamp;

/// Payload of `channel_invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The channel that somebody is invited to.
    pub id: ChannelId,
    /// Who becomes a member, at once or when they accept.
    pub handle: Handle,
}

/// `ok` payload of `channel_invite`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Whether the invited person has to accept first; left out when they are a member now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

/// Payload of `channel_invite_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateInvite {
    /// The channel that the code lets people into.
    pub id: ChannelId,
    /// How many people it lets in; any number when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// For how many seconds it is valid; a week when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u32>,
}

/// A code that lets people into a channel: an item of the answer to `channel_invites`, and the `ok` payload of
/// `channel_invite_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The code that somebody enters the channel with.
    pub code: InviteCode,
    /// Who made it.
    pub by: Handle,
    /// How many people it still lets in; left out for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Payload of `channel_invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListInvites {
    /// The channel whose codes are asked for.
    pub id: ChannelId,
}

/// `ok` payload of `channel_invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitations {
    /// Those that are valid, the newest first.
    pub invites: Vec<Invitation>,
}

/// Payload of `channel_invite_revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeInvite {
    /// The channel that the code belongs to.
    pub id: ChannelId,
    /// The code that lets nobody in any more.
    pub code: InviteCode,
}
