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
mod catch_up;
mod channel;
mod client;
mod close_code;
pub mod code;
pub mod codec;
mod device;
mod error;
mod file;
mod fold;
mod friend;
pub mod http;
mod id;
mod invitation;
mod link;
mod member;
pub mod mention;
mod message;
mod moderation;
mod name;
mod opaque;
mod optional;
mod packets;
mod person;
mod personal;
mod presence;
mod question;
mod search;
mod sending;
mod server;
mod session;
mod settings;
mod snapshot;
mod text;
mod time;
mod upload;
mod who;

pub use catch_up::{CatchUp, CatchUpEntry, CatchUpKind, CatchUpUpdate, ClearCatchUp, Cleared, RestoreCatchUp};
pub use channel::{
    ChangeSettings, ChannelKind, ChannelRemove, ChannelUpdate, CreateChannel, CreatedKind, DeleteChannel, JoinChannel,
    Joined, LeaveChannel, OpenDm, RemoveReason, Rules, SetTopic,
};
pub use client::{ClientPacket, Request, RequestVisitor};
pub use close_code::CloseCode;
pub use device::{ClientName, DeviceError, DeviceName};
pub use error::{ErrorCode, ErrorReply};
pub use file::{FileInfo, FileName, Picture};
pub use fold::{PART_CHARS, fold, is_dense, is_short};
pub use friend::{AskFriend, Block, OpenWall, Relation, Relationship, RemoveFriend, WatchFeed};
pub use id::{ChannelId, DeviceId, FileId, IdError, InviteCode, Nonce, Ref, SessionId, StoreId, UploadId};
pub use invitation::{CreateInvite, Invitation, Invitations, Invite, Invited, ListInvites, RevokeInvite};
pub use link::{CreateLink, Link};
pub use member::{
    ChannelUserUpdate, ChannelUsersUpdate, ListMembers, Member, MemberPage, MemberUpdate, Role, Typing, TypingMember,
};
pub use message::{Index, Message, MessageKind, MessagePatch, Reaction, Version};
pub use moderation::{Ban, Bans, Kick, ListBans, Mute, SetRole};
pub use name::{ChannelName, Handle, NameError, Topic};
pub use opaque::{PageCursor, SignUpCode, SshKey};
pub use optional::Empty;
pub use person::{About, Avatar, DisplayName, PersonError, SetProfile, Status, ThemeName};
pub use personal::{
    ChannelPersonal, ChannelRead, Draft, DraftText, DraftTextError, KeepDraft, MarkRead, MarkUnread, Notify,
    NotifyLevel,
};
pub use presence::{ChosenPresence, Presence, PresenceState, PresenceUpdate, SetPresence};
pub use question::SearchQuestion;
pub use search::{SearchError, SearchPlace, SearchWords};
pub use sending::{
    Changed, DeleteMessage, EditMessage, MessageAdd, MessageUpdate, NewMessage, Pin, React, RemoveReactions,
    SendMessage, Sent,
};
pub use server::ServerPacket;
pub use session::{EndSession, FEATURE_FIRST, Goodbye, Hello, Limits, RenewToken, RenewedToken, ServerInfo, Welcome};
pub use settings::{Audience, Privacy, SetPrivacy, SetSettings, Settings};
pub use snapshot::{ChannelAdd, ChannelResume};
pub use text::{Content, ContentError, Emoji, EmojiError, Password, Token};
pub use time::Timestamp;
pub use upload::Uploading;
pub use who::Who;

/// The protocol version spoken by this crate, as `hello` and `welcome` carry it.
pub const PROTOCOL_VERSION: u32 = 1;
