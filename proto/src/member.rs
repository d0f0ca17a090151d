//! Members of a channel: what they may do, how they are shown, and who types.

use serde::{Deserialize, Serialize};

use crate::id::ChannelId;
use crate::name::Handle;
use crate::person::{Avatar, DisplayName, Status};
use crate::presence::PresenceState;
use crate::time::Timestamp;

/// What somebody may do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Owner,
    /// Keeps order: removes messages and members, and times members out.
    Moderator,
    /// Reads and speaks.
    Member,
    /// A role this version does not know.
    #[serde(other)]
    Unknown,
}

/// A member as a channel shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The handle of the member.
    pub handle: Handle,
    /// Whether the member has a connection that the reader may know of.
    pub online: bool,
    /// Whether typing in this channel now.
    #[serde(default)]
    pub typing: bool,
    /// Whether the member is online, idle, away or not to be disturbed.
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
    /// What the member may do here.
    pub role: Role,
    /// Whether an operator keeps the account from being used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// The fields of a member that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberUpdate {
    /// The handle of the member that changed.
    pub handle: Handle,
    /// Whether the member has a connection that the reader may know of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Whether the member is writing something in the channel just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<bool>,
    /// Whether the member is online, idle, away or not to be disturbed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<PresenceState>,
    /// Since when the state holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// When last connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// What they do just now; none where `state` is there and this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What they want to be called; nothing else than the handle where `state` is there and this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// The picture that they are seen by; none where `state` is there and this is left out.
    #[serde(default, skip_serializing_if = "Avatar::is_empty")]
    pub avatar: Avatar,
    /// What the member may do here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Whether an operator keeps the account from being used, where that has changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// True when the member left the channel.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

impl MemberUpdate {
    /// Makes an update that changes nothing yet.
    pub fn of(handle: Handle) -> Self {
        Self {
            handle,
            online: None,
            typing: None,
            state: None,
            since: None,
            last_seen: None,
            status: None,
            display_name: None,
            avatar: Avatar::default(),
            role: None,
            disabled: None,
            left: false,
        }
    }
}

/// Payload of the daemon's `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUserUpdate {
    /// The channel in whose list the member stands.
    pub id: ChannelId,
    /// The member, with the fields that changed.
    pub member: MemberUpdate,
    /// How many members there are now, when somebody joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_total: Option<u64>,
}

/// Payload of `channel_users_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUsersUpdate {
    /// The channel in whose list the members stand.
    pub id: ChannelId,
    /// What changed, in this order.
    pub members: Vec<MemberUpdate>,
    /// How many members there are now, when somebody joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_total: Option<u64>,
}

/// Payload of the client's `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The channel that the sender writes in.
    pub id: ChannelId,
    /// What the sender says of themselves.
    pub member: TypingMember,
}

/// The part of a member that a client may change by `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingMember {
    /// Whether one types; ends by itself after 6 s.
    pub typing: bool,
}

/// Payload of `channel_members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListMembers {
    /// The channel whose members are asked for.
    pub id: ChannelId,
    /// Only members who come after this one; from the first when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Handle>,
    /// The members that `channel_add` has, those who are online first, in place of a page of all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub online_first: bool,
}

/// `ok` payload of `channel_members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPage {
    /// At most 200 members, in the order in which their accounts were made, or those who are online first.
    pub members: Vec<Member>,
    /// How many members there are.
    pub members_total: u64,
    /// Whether there are members after the last of these.
    pub more: bool,
}
