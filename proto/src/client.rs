//! What a client may say.

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::id::{ChannelId, InviteCode, Nonce, SessionId};
use crate::message::{Index, MessageKind, Version};
use crate::name::{ChannelName, Handle, Topic};
use crate::packets::packets;
use crate::person::{About, Audience, Avatar, DisplayName, Status, ThemeName};
use crate::personal::NotifyLevel;
use crate::server::{Empty, Role};
use crate::text::{Content, Emoji, Token};

packets! {
    /// A packet from a client; who may say what stands in `docs/protocol.md`.
    ClientPacket {
        /// Signs the connection in; always the first packet.
        Hello(Hello) = "hello",
        /// Asks for a fresh token of the same session.
        RenewToken(RenewToken) = "token_renew",
        /// Creates a channel and becomes its owner.
        CreateChannel(CreateChannel) = "channel_create",
        /// Enters a channel, or creates a public one by its name.
        JoinChannel(JoinChannel) = "channel_join",
        /// Leaves a channel, or closes a direct conversation for oneself.
        LeaveChannel(WhichChannel) = "channel_leave",
        /// Makes somebody a member, or asks them to become one.
        Invite(Invite) = "channel_invite",
        /// Makes a code that lets people in.
        CreateInvite(CreateInvite) = "channel_invite_create",
        /// Lists the codes that let people in.
        ListInvites(WhichChannel) = "channel_invites",
        /// Takes a code back.
        RevokeInvite(RevokeInvite) = "channel_invite_revoke",
        /// Deletes a channel with everything that was said in it.
        DeleteChannel(WhichChannel) = "channel_delete",
        /// Ends somebody's membership.
        Kick(Kick) = "channel_kick",
        /// Keeps somebody out of the channel, or no longer.
        Ban(Ban) = "channel_ban",
        /// Lists who is kept out.
        ListBans(WhichChannel) = "channel_bans",
        /// Keeps a member from speaking for a time.
        Mute(Mute) = "channel_mute",
        /// Changes the name of a channel, or who may speak in it.
        ChangeSettings(ChangeSettings) = "channel_settings",
        /// Says what a member may do here.
        SetRole(SetRole) = "channel_role",
        /// Lists the members, page by page.
        ListMembers(ListMembers) = "channel_members",
        /// Says what the channel is about.
        SetTopic(SetTopic) = "channel_topic",
        /// Opens the direct conversation with somebody.
        OpenDm(OpenDm) = "dm_open",
        /// Gives one's own wall, made when it is first wanted.
        OpenWall(Empty) = "wall_open",
        /// Hears of new posts of friends and one's own, and of what is said to them, or no longer.
        WatchFeed(WatchFeed) = "feed_watch",
        /// Sends a message.
        SendMessage(SendMessage) = "channel_message_add",
        /// Changes the content of an own message.
        EditMessage(EditMessage) = "channel_message_edit",
        /// Deletes a message: its content goes, its place stays.
        DeleteMessage(WhichMessage) = "channel_message_delete",
        /// Reacts to a message, or takes that back.
        React(React) = "channel_reaction",
        /// Takes other people's reactions to a message away.
        RemoveReactions(RemoveReactions) = "channel_reaction_remove",
        /// Keeps a message in view of the channel, or no longer.
        Pin(Pin) = "channel_pin",
        /// Says that one types, or has stopped.
        Typing(Typing) = "channel_user_update",
        /// Says up to where one has read.
        MarkRead(MarkRead) = "channel_read",
        /// Says that everything from a message on is unread.
        MarkUnread(WhichMessage) = "channel_unread",
        /// Says of what one wants to hear in a channel.
        Notify(Notify) = "channel_notify",
        /// Keeps what one is writing.
        KeepDraft(KeepDraft) = "draft",
        /// Clears entries of the list of what happened.
        ClearCatchUp(ClearCatchUp) = "catch_up_clear",
        /// Brings back entries that were cleared.
        RestoreCatchUp(RestoreCatchUp) = "catch_up_restore",
        /// Says by hand whether one is there, and what one does.
        SetPresence(SetPresence) = "presence",
        /// Ends a session of one's own, or all but the one that says so.
        EndSession(EndSession) = "session_end",
        /// Sets something for oneself, on all devices.
        SetSettings(SetSettings) = "settings",
        /// Says who one is.
        SetProfile(SetProfile) = "profile",
        /// Asks somebody to be a friend, or says yes to who has asked.
        AskFriend(WhichPerson) = "friend_ask",
        /// Ends a friendship, says no to who has asked, or takes one's own asking back.
        RemoveFriend(WhichPerson) = "friend_remove",
        /// Keeps somebody from writing to one and seeing one, or no longer.
        Block(Block) = "block",
    }
}

/// Payload of `hello`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The token of the session; only a local socket with a known peer may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// A stable id of the client's profile, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Name and version of the client program, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The protocol version the client speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<u32>,
    /// For each channel the client holds, the version up to which it knows it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "each_once")]
    pub resume: BTreeMap<ChannelId, Version>,
    /// Messages wanted in each `channel_add`, 0 to 100; 100 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<u32>,
    /// Members wanted with each channel, 0 to 200; 200 when left out. A direct message comes with both in any case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<u32>,
    /// Only these channels; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<Vec<ChannelId>>,
}

/// Reads what may be left out; `null` says as much.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(value: D) -> Result<T, D::Error> {
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// Reads an object that names every channel once; the last of two would win silently otherwise.
fn each_once<'de, D: Deserializer<'de>>(object: D) -> Result<BTreeMap<ChannelId, Version>, D::Error> {
    struct EachOnce;

    impl<'de> Visitor<'de> for EachOnce {
        type Value = BTreeMap<ChannelId, Version>;

        fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object of channels and versions")
        }

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(BTreeMap::new())
        }

        fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
            let mut read = BTreeMap::new();
            while let Some((channel, version)) = object.next_entry()? {
                if read.insert(channel, version).is_some() {
                    return Err(A::Error::custom(format_args!("channel `{channel}` stands there twice")));
                }
            }
            Ok(read)
        }
    }

    object.deserialize_any(EachOnce)
}

/// Payload of `token_renew`: empty.
pub type RenewToken = Empty;

/// The kinds of channel that can be created by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CreatedKind {
    /// Anybody may find, join and read it.
    Public,
    /// Reached by invitation; to others it does not exist.
    Private,
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

/// Payload of `channel_members`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListMembers {
    /// The channel.
    pub id: ChannelId,
    /// Only members who come after this one; from the first when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Handle>,
    /// The members that `channel_add` has, those who are online first, in place of a page of all.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub online_first: bool,
}

/// Payload of a packet that only names a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhichChannel {
    /// The channel.
    pub id: ChannelId,
}

/// Payload of `channel_invite`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The channel.
    pub id: ChannelId,
    /// Who becomes a member, at once or when they accept.
    pub handle: Handle,
}

/// Payload of `channel_invite_create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateInvite {
    /// The channel.
    pub id: ChannelId,
    /// How many people it lets in; any number when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// For how many seconds it is good; a week when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub for_s: Option<u32>,
}

/// Payload of `channel_invite_revoke`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeInvite {
    /// The channel.
    pub id: ChannelId,
    /// The code.
    pub code: InviteCode,
}

/// Payload of `channel_kick`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kick {
    /// The channel.
    pub id: ChannelId,
    /// Who is to go.
    pub handle: Handle,
}

/// Payload of `channel_ban`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ban {
    /// The channel.
    pub id: ChannelId,
    /// Who.
    pub handle: Handle,
    /// Whether they are kept out from now on.
    pub on: bool,
}

/// Payload of `channel_mute`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// The channel.
    pub id: ChannelId,
    /// Which member.
    pub handle: Handle,
    /// For so many seconds; 0 lets them speak again.
    pub for_s: u32,
}

/// Payload of `channel_settings`: what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSettings {
    /// The channel.
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

/// Payload of `channel_role`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetRole {
    /// The channel.
    pub id: ChannelId,
    /// Which member.
    pub handle: Handle,
    /// What they may do: `owner` hands the channel over.
    pub role: Role,
}

/// Payload of `channel_topic`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetTopic {
    /// The channel.
    pub id: ChannelId,
    /// The new topic; empty removes it.
    pub topic: Topic,
}

/// Payload of `dm_open`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDm {
    /// The other person.
    pub handle: Handle,
}

/// Payload of `feed_watch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatchFeed {
    /// Whether from now on.
    pub on: bool,
}

/// Payload of the client's `channel_message_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessage {
    /// The channel.
    pub id: ChannelId,
    /// What is sent.
    pub message: NewMessage,
}

/// A message on its way to the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    /// What is said.
    pub content: Content,
    /// The sender's own name for it; sending it again stores nothing new.
    pub nonce: Nonce,
    /// `text` when left out, or `action`.
    #[serde(default, deserialize_with = "or_default")]
    pub kind: MessageKind,
    /// The message that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
}

/// Payload of `channel_message_edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditMessage {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub index: Index,
    /// What it is to say.
    pub content: Content,
}

/// Payload of a packet that only names a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhichMessage {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub index: Index,
}

/// Payload of `channel_reaction`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct React {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub index: Index,
    /// With what; a like is `♥`.
    #[serde(deserialize_with = "Emoji::deserialize_listed")]
    pub emoji: Emoji,
    /// Whether one reacts or no longer does.
    pub on: bool,
}

/// Payload of `channel_reaction_remove`: with neither `emoji` nor `handle` all reactions to the message are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveReactions {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub index: Index,
    /// Only those with this emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emoji: Option<Emoji>,
    /// Only those of this person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
}

/// Payload of `channel_pin`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The channel.
    pub id: ChannelId,
    /// The message.
    pub index: Index,
    /// Whether it is kept in view from now on.
    pub on: bool,
}

/// Payload of the client's `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typing {
    /// The channel.
    pub id: ChannelId,
    /// What of oneself changes.
    pub member: TypingMember,
}

/// The part of a member that a client may change by `channel_user_update`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypingMember {
    /// Whether one types; ends by itself after 6 s.
    pub typing: bool,
}

/// Payload of `channel_notify`: what is left out stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// The channel.
    pub id: ChannelId,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<NotifyLevel>,
    /// Of nothing for so many seconds; 0 ends that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet_s: Option<u32>,
}

/// Payload of `draft`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepDraft {
    /// The channel.
    pub id: ChannelId,
    /// What stands there; empty forgets it.
    pub content: String,
    /// The message that it is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Index>,
}

/// Payload of `catch_up_clear`: some entries, or all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearCatchUp {
    /// The numbers of the entries.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub numbers: Vec<u64>,
    /// Whether all are meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub all: bool,
}

/// Payload of `catch_up_restore`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreCatchUp {
    /// The numbers of the entries.
    pub numbers: Vec<u64>,
}

/// Whether one is there, as one may say by hand.
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

/// Payload of `session_end`: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSession {
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SessionId>,
    /// Whether all others are meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub others: bool,
}

/// Payload of `settings`: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSettings {
    /// Who may see and write what.
    #[serde(default, skip_serializing_if = "SetPrivacy::is_empty", deserialize_with = "or_default")]
    pub privacy: SetPrivacy,
    /// How clients look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<ThemeName>,
}

/// The part of `settings` that says who may see and write what: what is left out stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPrivacy {
    /// Who sees whether one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<Audience>,
    /// Who may write to one directly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messages: Option<Audience>,
    /// Who may make one a member of a channel at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitations: Option<Audience>,
    /// Who reads what one posts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub posts: Option<Audience>,
}

impl SetPrivacy {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Payload of `profile`: what is left out stays as it is, what is empty is taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetProfile {
    /// What one wants to be called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<DisplayName>,
    /// What one says about oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// Where one's picture is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<Avatar>,
}

/// Payload of a packet that only names somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhichPerson {
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

/// Payload of the client's `channel_read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarkRead {
    /// The channel.
    pub id: ChannelId,
    /// The last message read.
    pub index: Index,
}
