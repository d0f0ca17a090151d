//! Channels: what they are to others, making, entering and leaving them, and what changes about them.

use serde::{Deserialize, Serialize};

use crate::id::{ChannelId, InviteCode};
use crate::message::Version;
use crate::name::{ChannelName, Handle, Topic};
use crate::optional::or_default;

/// What a channel is to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    /// Anybody may find, join and read it.
    Public,
    /// Reached by invitation.
    Private,
    /// The conversation of two people.
    Dm,
    /// What one person posts, and what others say to it; nobody is a member of it.
    Wall,
    /// A kind this version does not know.
    #[serde(other)]
    Unknown,
}

/// The kinds of channel that can be created by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CreatedKind {
    /// Anybody may find, join and read it.
    Public,
    /// Reached by invitation; to others it does not exist.
    Private,
}

impl From<CreatedKind> for ChannelKind {
    fn from(kind: CreatedKind) -> Self {
        match kind {
            CreatedKind::Public => Self::Public,
            CreatedKind::Private => Self::Private,
        }
    }
}

/// Who may speak in a channel, and how often.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Whether only owner and moderators speak.
    pub read_only: bool,
    /// Seconds between two messages of a plain member, 0 for none.
    pub slow_mode_s: u32,
}

impl Rules {
    /// Tells whether everybody may speak at any time.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Payload of `channel_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateChannel {
    /// The name, unique among public channels.
    pub name: ChannelName,
    /// Public or private.
    pub kind: CreatedKind,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
}

/// Payload of `channel_join`: exactly one of `id`, `name` and `code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WayIn", into = "WayIn")]
pub enum JoinChannel {
    /// A channel that one knows by its id.
    Id(ChannelId),
    /// The public channel of this name, else one's only private one, else it is created public.
    Name(ChannelName),
    /// The channel that a code opens.
    Code(InviteCode),
}

#[derive(Clone, Default, Serialize, Deserialize)]
struct WayIn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<ChannelId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<ChannelName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<InviteCode>,
}

impl TryFrom<WayIn> for JoinChannel {
    type Error = &'static str;

    fn try_from(fields: WayIn) -> Result<Self, Self::Error> {
        match fields {
            WayIn { id: Some(id), name: None, code: None } => Ok(Self::Id(id)),
            WayIn { id: None, name: Some(name), code: None } => Ok(Self::Name(name)),
            WayIn { id: None, name: None, code: Some(code) } => Ok(Self::Code(code)),
            _ => Err("exactly one of `id`, `name` and `code` is needed"),
        }
    }
}

impl From<JoinChannel> for WayIn {
    fn from(join: JoinChannel) -> Self {
        match join {
            JoinChannel::Id(id) => Self { id: Some(id), ..Self::default() },
            JoinChannel::Name(name) => Self { name: Some(name), ..Self::default() },
            JoinChannel::Code(code) => Self { code: Some(code), ..Self::default() },
        }
    }
}

/// Payload of `dm_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDm {
    /// The other person.
    pub handle: Handle,
}

/// `ok` payload of `channel_create`, `channel_join` and `dm_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The channel one is in now.
    pub id: ChannelId,
}

/// Payload of `channel_leave`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveChannel {
    /// The channel that the sender leaves.
    pub id: ChannelId,
}

/// Payload of `channel_delete`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteChannel {
    /// The channel that is deleted for everybody.
    pub id: ChannelId,
}

/// Payload of `channel_settings`: what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSettings {
    /// The channel whose settings change.
    pub id: ChannelId,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ChannelName>,
    /// Whether everybody may find it from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<CreatedKind>,
    /// Whether who joins from now on reads nothing of what was said before; goes with `kind` `public` alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub close_history: bool,
    /// Whether only owner and moderators speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only: Option<bool>,
    /// Seconds between two messages of a plain member, 0 for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_mode_s: Option<u32>,
}

impl ChangeSettings {
    /// Makes a request that changes nothing yet.
    pub fn of(id: ChannelId) -> Self {
        Self { id, name: None, kind: None, close_history: false, read_only: None, slow_mode_s: None }
    }
}

/// Payload of `channel_topic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    /// The channel that gets the topic.
    pub id: ChannelId,
    /// The new topic; empty removes it.
    pub topic: Topic,
}

/// Payload of `channel_update`: the fields that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUpdate {
    /// The channel that changed.
    pub id: ChannelId,
    /// The version with this change.
    pub version: Version,
    /// The new topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// The new owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Handle>,
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ChannelName>,
    /// What it is to others now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChannelKind>,
    /// Who may speak now, and how often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
}

impl ChannelUpdate {
    /// Makes an update that changes nothing but the version.
    pub fn of(id: ChannelId, version: Version) -> Self {
        Self { id, version, topic: None, owner: None, name: None, kind: None, rules: None }
    }
}

/// Payload of `channel_remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRemove {
    /// The channel that the receiver has left.
    pub id: ChannelId,
    /// Why; left out when the receiver left by choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RemoveReason>,
    /// Who did it; left out when the receiver did, or an operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Handle>,
}

/// Why a member is not in a channel any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoveReason {
    /// Their membership was ended.
    Removed,
    /// They are banned.
    Banned,
    /// There is no such channel any more.
    Deleted,
    /// Guests may not be in it any more.
    Private,
    /// A reason this version does not know.
    #[serde(other)]
    Unknown,
}
