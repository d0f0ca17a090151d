//! What the daemon may say: events, and the payloads of its answers.

use serde::{Deserialize, Serialize};

use crate::client::CreatedKind;
use crate::id::{ChannelId, InviteCode, SessionId};
use crate::message::{Index, Message, MessagePatch, Version};
use crate::name::{ChannelName, Handle, Topic};
use crate::packets::packets;
use crate::person::{DisplayName, Relationship, Settings, Status};
use crate::personal::{CatchUpUpdate, ChannelPersonal};
use crate::text::Token;
use crate::time::Timestamp;

packets! {
    /// An event from the daemon. Answers to requests are `ok` and `error`, see [`crate::codec`].
    ServerPacket {
        /// Says who one is and what this daemon is; follows the answer to `hello`.
        Welcome(Box<Welcome>) = "welcome",
        /// Shows a channel whole.
        ChannelAdd(Box<ChannelAdd>) = "channel_add",
        /// Shows what changed in a channel that the client already holds.
        ChannelResume(Box<ChannelResume>) = "channel_resume",
        /// Says that one is no longer in a channel.
        ChannelRemove(ChannelRemove) = "channel_remove",
        /// Says what changed about a channel itself.
        ChannelUpdate(ChannelUpdate) = "channel_update",
        /// Says what changed about one member.
        ChannelUserUpdate(ChannelUserUpdate) = "channel_user_update",
        /// Says what changed about several members at once.
        ChannelUsersUpdate(ChannelUsersUpdate) = "channel_users_update",
        /// Says who came and went, once per connection whatever number of channels is shared.
        PresenceUpdate(PresenceUpdate) = "presence_update",
        /// Delivers a message.
        MessageAdd(Box<MessageAdd>) = "channel_message_add",
        /// Says what changed about a message.
        MessageUpdate(Box<MessageUpdate>) = "channel_message_update",
        /// Says up to where the reader has read, to the reader's own connections.
        ChannelRead(ChannelRead) = "channel_read",
        /// Says what the receiver has set for a channel, on whatever device.
        ChannelPersonal(Box<ChannelPersonal>) = "channel_personal",
        /// Says that something happened to the receiver, or that they have looked at it.
        CatchUp(Box<CatchUpUpdate>) = "catch_up",
        /// Says what the receiver has set for themselves, on whatever device.
        Settings(Box<Settings>) = "settings",
        /// Says how somebody stands to the receiver now.
        FriendUpdate(Box<Relationship>) = "friend_update",
        /// Says that the daemon stops, just before it closes the connection.
        Goodbye(Goodbye) = "goodbye",
    }
}

/// An empty payload.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// Payload of `goodbye`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goodbye {
    /// When this client is to try again, in milliseconds; each gets another moment, so that they do not come all at
    /// once.
    pub reconnect_after_ms: u64,
}

/// Payload of `welcome`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The handle of the account.
    pub user: Handle,
    /// The session of the token.
    pub session: SessionId,
    /// The protocol version spoken on this connection.
    pub protocol: u32,
    /// What this daemon can do beyond the first version of the protocol.
    #[serde(default)]
    pub features: Vec<String>,
    /// The daemon.
    pub server: ServerInfo,
    /// Its limits.
    pub limits: Limits,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// Name of the program.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// The daemon's clock.
    pub time: Timestamp,
    /// Names the store; another one means that cursors and caches are void.
    pub store: String,
}

/// The limits that a client must know to keep within them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a message's content.
    pub message_bytes: u64,
    /// Bytes of one WebSocket message.
    pub packet_bytes: u64,
    /// Messages per second of an account, 0 for no limit.
    pub message_rate: u64,
    /// Messages that an account may send at once.
    pub message_burst: u64,
}

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
    fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Payload of `channel_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAdd {
    /// The channel.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about.
    pub topic: Topic,
    /// Who owns it, if anybody does.
    pub owner: Option<Handle>,
    /// At most 200 members, online first.
    pub members: Vec<Member>,
    /// How many members there are.
    pub members_total: u64,
    /// The last messages, at most 100, ascending.
    pub messages: Vec<Message>,
    /// The index of the first message in `messages`, 0 when there is none.
    pub first_index: Index,
    /// The index of the channel's last message.
    pub last_index: Index,
    /// The version of the channel in this picture.
    pub version: Version,
    /// Up to where the receiver has read.
    pub last_read: Index,
    /// Messages behind `last_read`.
    pub unread: u64,
    /// Those of them that mention the receiver, counted up to 100.
    pub mentions: u64,
    /// Who may speak, and how often; left out where everybody may.
    #[serde(default, skip_serializing_if = "Rules::are_none")]
    pub rules: Rules,
    /// The first message that the receiver may read; left out where it is the first of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history_from: Option<Index>,
    /// Whether it is a direct conversation that the other has opened and said nothing in yet: it is in no list of the
    /// receiver.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

/// Payload of `channel_resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelResume {
    /// The channel.
    pub id: ChannelId,
    /// Messages added or changed since, ascending by version.
    pub messages: Vec<Message>,
    /// The version up to which `messages` reach; the next `since`.
    pub version: Version,
    /// Whether more changes follow after `version`, to be fetched with `since`.
    pub more: bool,
    /// The index of the channel's last message.
    pub last_index: Index,
    /// Up to where the receiver has read.
    pub last_read: Index,
    /// Messages behind `last_read`.
    pub unread: u64,
    /// Those of them that mention the receiver, counted up to 100.
    pub mentions: u64,
    /// How many members there are.
    pub members_total: u64,
    /// At most 200 members, online first: who came and went meanwhile needs no history.
    #[serde(default)]
    pub members: Vec<Member>,
    /// What the channel is about now.
    #[serde(default)]
    pub topic: Topic,
    /// Who owns it now, if anybody does.
    #[serde(default)]
    pub owner: Option<Handle>,
    /// Its name now; of a direct conversation the other's handle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<ChannelName>,
    /// What it is to others now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ChannelKind>,
    /// Who may speak now, and how often; left out where everybody may.
    #[serde(default, skip_serializing_if = "Rules::are_none")]
    pub rules: Rules,
}

/// Payload of `channel_remove`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRemove {
    /// The channel that one is no longer in.
    pub id: ChannelId,
    /// Why; left out of what one did oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RemoveReason>,
    /// Who did it; left out of what one did oneself, and of what an operator did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Handle>,
}

/// Why somebody is no longer in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RemoveReason {
    /// Their membership was ended.
    Removed,
    /// They are kept out from now on.
    Banned,
    /// There is no such channel any more.
    Deleted,
    /// Guests may not be in it any more.
    Private,
    /// A reason this version does not know.
    #[serde(other)]
    Unknown,
}

/// Payload of `channel_update`: the fields that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUpdate {
    /// The channel.
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
    /// Not connected.
    Offline,
    /// A state this version does not know.
    #[serde(other)]
    Unknown,
}

/// What somebody may do in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May do everything.
    Owner,
    /// Keeps order.
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
    /// Who.
    pub handle: Handle,
    /// Whether connected.
    pub online: bool,
    /// Whether typing in this channel now.
    #[serde(default)]
    pub typing: bool,
    /// Whether there.
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
    /// What the member may do here.
    pub role: Role,
    /// Whether an operator keeps the account from being used.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
}

/// The fields of a member that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberUpdate {
    /// Who.
    pub handle: Handle,
    /// Whether connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// Whether typing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<bool>,
    /// Whether there.
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
            role: None,
            disabled: None,
            left: false,
        }
    }
}

/// Payload of the daemon's `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUserUpdate {
    /// The channel.
    pub id: ChannelId,
    /// What changed.
    pub member: MemberUpdate,
    /// How many members there are now, when somebody joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_total: Option<u64>,
}

/// Payload of `channel_users_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelUsersUpdate {
    /// The channel.
    pub id: ChannelId,
    /// What changed, in this order.
    pub members: Vec<MemberUpdate>,
    /// How many members there are now, when somebody joined or left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members_total: Option<u64>,
}

/// Somebody's presence, the same in every channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// Who.
    pub handle: Handle,
    /// Whether connected.
    pub online: bool,
    /// Whether there.
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
}

/// Payload of `presence_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceUpdate {
    /// Whose presence changed.
    pub members: Vec<Presence>,
}

/// Payload of the daemon's `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAdd {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub message: Message,
}

/// Payload of `channel_message_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageUpdate {
    /// The channel.
    pub id: ChannelId,
    /// What changed.
    pub message: MessagePatch,
}

/// Payload of the daemon's `channel_read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRead {
    /// The channel.
    pub id: ChannelId,
    /// Up to where the receiver has read.
    pub last_read: Index,
    /// Messages behind it.
    pub unread: u64,
    /// Those of them that mention the receiver, counted up to 100.
    pub mentions: u64,
}

/// `ok` payload of `catch_up_clear`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleared {
    /// The numbers of those that were cleared.
    pub numbers: Vec<u64>,
}

/// `ok` payload of `channel_create`, `channel_join` and `dm_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The channel one is in now.
    pub id: ChannelId,
}

/// `ok` payload of `channel_invite`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Whether the invited person has to accept first; left out when they are a member now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

/// `ok` payload of `channel_bans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bans {
    /// Who is kept out, by handle; at most 1,000.
    pub handles: Vec<Handle>,
}

/// A code that lets people into a channel: an item of the answer to `channel_invites`, and the `ok` payload of
/// `channel_invite_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The code.
    pub code: InviteCode,
    /// Who made it.
    pub by: Handle,
    /// How many people it still lets in; left out for any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// `ok` payload of `channel_invites`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitations {
    /// Those that are good, the newest first.
    pub invites: Vec<Invitation>,
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

/// `ok` payload of `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The channel.
    pub id: ChannelId,
    /// The message's place in it.
    pub index: Index,
    /// The channel's version with the message.
    pub version: Version,
    /// When it was accepted.
    pub date: Timestamp,
}

/// `ok` payload of `channel_message_edit`, `channel_message_delete`, `channel_reaction` and `channel_pin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// The version of the message with this change.
    pub version: Version,
}

/// `ok` payload of `token_renew`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewedToken {
    /// The fresh token.
    pub token: Token,
    /// When it ends.
    pub expires_at: Timestamp,
}
