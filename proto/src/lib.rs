//! What crosses the wire between `chatd` and its clients, and nothing else.
//!
//! Two enums tell the story: [`ClientPacket`] is what a client may say, [`ServerPacket`] what the
//! server may say. [`codec`] turns frames into them and back, [`http`] holds the bodies of the HTTP
//! half. Everything that has a bound is a type with one checked constructor, so a bad name or id
//! cannot become a value and nobody checks it again.
//!
//! This crate owns no socket, file, clock or runtime. The normative text is `docs/protocol.md`;
//! a test compares its examples with these types.

pub mod bounds;
mod client;
pub mod close_code;
pub mod code;
pub mod codec;
mod error;
pub mod http;
mod id;
pub mod mention;
mod message;
mod name;
mod packets;
mod person;
mod personal;
mod search;
mod server;
mod text;
mod time;

pub use client::{
    Ban, Block, ChangeSettings, ChosenPresence, ClearCatchUp, ClientPacket, CreateChannel, CreateInvite, CreatedKind,
    EditMessage, EndSession, Hello, Invite, JoinChannel, KeepDraft, Kick, ListMembers, MarkRead, Mute, NewMessage,
    Notify, OpenDm, Pin, React, RemoveReactions, RenewToken, RestoreCatchUp, RevokeInvite, SendMessage, SetPresence,
    SetPrivacy, SetProfile, SetRole, SetSettings, SetTopic, Typing, TypingMember, WatchFeed, WhichChannel,
    WhichMessage, WhichPerson,
};
pub use error::{ErrorCode, ErrorReply};
pub use id::{ChannelId, InviteCode, Nonce, Ref, SessionId};
pub use message::{Index, Message, MessageKind, MessagePatch, Reaction, Version};
pub use name::{ChannelName, Handle, NameError, Topic};
pub use person::{
    About, Audience, Avatar, DisplayName, PersonError, Privacy, Relation, Relationship, Settings, Status, ThemeName,
};
pub use personal::{CatchUp, CatchUpEntry, CatchUpKind, CatchUpUpdate, ChannelPersonal, Draft, NotifyLevel};
pub use search::{SearchError, SearchPlace, SearchWords};
pub use server::{
    Bans, Changed, ChannelAdd, ChannelKind, ChannelRead, ChannelRemove, ChannelResume, ChannelUpdate,
    ChannelUserUpdate, ChannelUsersUpdate, Cleared, Empty, Goodbye, Invitation, Invitations, Invited, Joined, Limits,
    Member, MemberPage, MemberUpdate, MessageAdd, MessageUpdate, Presence, PresenceState, PresenceUpdate, RemoveReason,
    RenewedToken, Role, Rules, Sent, ServerInfo, ServerPacket, Welcome,
};
pub use text::{Content, ContentError, Emoji, EmojiError, Password, Token};
pub use time::Timestamp;

/// The protocol version spoken by this crate, as `hello` and `welcome` carry it.
pub const PROTOCOL_VERSION: u32 = 1;
