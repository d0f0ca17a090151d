//! The operator's requests. They are done in the same way by a running daemon, which is asked over
//! the `admin.sock` of its data folder, and by a process that opened the store under its lock itself.

mod perform;
pub mod socket;

use proto::http::Legacy;
use proto::{ChannelId, ChannelKind, Handle, Index, InviteCode, Password, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use perform::perform;

/// A request of an operator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Create an account.
    AddUser {
        /// The handle of the account.
        handle: String,
        /// The password that opens the account, not hashed yet.
        password: Password,
    },
    /// Set a new password and end all sessions of the account.
    SetPassword {
        /// The handle of the account.
        handle: Handle,
        /// The new password.
        password: Password,
    },
    /// Disable an account, and end its sessions.
    DisableUser {
        /// The handle of the account.
        handle: Handle,
    },
    /// Enable a disabled account.
    EnableUser {
        /// The handle of the account.
        handle: Handle,
    },
    /// Delete an account; its handle cannot be used again.
    DeleteUser {
        /// The handle of the account.
        handle: Handle,
        /// Whether its messages stay or are deleted.
        content: Legacy,
    },
    /// Count what is deleted with an account.
    WeighUser {
        /// The handle of the account.
        handle: Handle,
    },
    /// Approve sign-ups.
    ApproveUsers {
        /// The handle of the account.
        handles: Vec<Handle>,
    },
    /// Reject sign-ups.
    RejectUsers {
        /// The handle of the account.
        handles: Vec<Handle>,
    },
    /// Create an invite code for registration.
    CreateInvite {
        /// How many accounts it is valid for.
        uses: u32,
        /// For how many seconds it is valid.
        for_s: u32,
    },
    /// List the valid invite codes.
    ListInvites,
    /// Revoke an invite code.
    RevokeInvite {
        /// The code that lets nobody in any more.
        code: InviteCode,
    },
    /// List the accounts.
    ListUsers,
    /// List the channels.
    ListChannels,
    /// List the channels that match a name or an id; a wall is `wall:HANDLE`.
    FindChannels {
        /// The name, or `id:ID`, or `wall:HANDLE`.
        channel: String,
    },
    /// Delete a channel with all its messages.
    DeleteChannel {
        /// The channel that is deleted.
        id: ChannelId,
    },
    /// Make a user the owner of a channel.
    GiveChannel {
        /// The channel that gets another owner.
        id: ChannelId,
        /// The handle of the user.
        handle: Handle,
    },
    /// Give the author and date of a message.
    FindMessage {
        /// The channel that the message stands in.
        id: ChannelId,
        /// Its index in the channel.
        index: Index,
    },
    /// Delete a message.
    DeleteMessage {
        /// The channel that the message stands in.
        id: ChannelId,
        /// Its index in the channel.
        index: Index,
    },
    /// Say whether a channel is deleted with a member.
    WeighMember {
        /// The channel that somebody is to be removed from.
        id: ChannelId,
        /// The handle of the user.
        handle: Handle,
    },
    /// End a membership.
    RemoveMember {
        /// The channel that somebody is removed from.
        id: ChannelId,
        /// The handle of the account.
        handle: Handle,
    },
    /// Give the status of the daemon.
    Status,
}

/// The answer to an operator's request.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdminReply {
    /// It is done.
    Done,
    /// The accounts and waiting sign-ups, by handle.
    Users(Vec<User>),
    /// The handles that were approved or rejected.
    Handles(Vec<Handle>),
    /// What is deleted with an account.
    Weight(Weight),
    /// Whether the channel is deleted.
    Ends(bool),
    /// The author and date of a message.
    Message(Message),
    /// Invite codes for registration.
    Invites(Vec<Invite>),
    /// The channels, by kind and name.
    Channels(Vec<Channel>),
    /// The status of the daemon.
    Status(Box<Status>),
}

/// What one kind of answer holds; each kind holds something else.
pub trait ReplyPayload: Sized {
    /// Takes it out of an answer; `None` when that is of another kind.
    fn of(reply: AdminReply) -> Option<Self>;
}

impl ReplyPayload for () {
    fn of(reply: AdminReply) -> Option<Self> {
        matches!(reply, AdminReply::Done).then_some(())
    }
}

macro_rules! reply_payloads {
    ($($variant:ident($payload:ty),)*) => {$(
        impl ReplyPayload for $payload {
            fn of(reply: AdminReply) -> Option<Self> {
                if let AdminReply::$variant(payload) = reply { Some(payload) } else { None }
            }
        }
    )*};
}

reply_payloads! {
    Users(Vec<User>),
    Handles(Vec<Handle>),
    Weight(Weight),
    Ends(bool),
    Message(Message),
    Invites(Vec<Invite>),
    Channels(Vec<Channel>),
    Status(Box<Status>),
}

/// An account as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The account's handle.
    pub handle: Handle,
    /// `active`, `disabled`, `deleted`, or `pending` for a sign-up that waits for approval.
    pub state: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last connected, if ever.
    pub last_seen: Option<Timestamp>,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// How many WebSocket connections of the account are open.
    pub connections: u64,
    /// Of a waiting sign-up where it came from: an address or network, `uid:N` of this machine, or `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What is deleted with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Messages that it has sent, on walls too; they are deleted only on request.
    pub messages: u64,
    /// Channels that it is in, direct conversations left out.
    pub channels: u64,
    /// Private channels among them that are deleted, as nobody else in them can sign in.
    pub channels_ending: u64,
    /// Messages on its own wall, replies of others included.
    pub wall_messages: u64,
}

/// A message as an operator sees it, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The handle of the author; of a system message whoever did it.
    pub by: Handle,
    /// When it was sent.
    pub date: Timestamp,
}

/// An invite code for registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The code that somebody makes an account with.
    pub code: InviteCode,
    /// How many uses are left.
    pub uses_left: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A channel as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The channel's id; it never changes.
    pub id: ChannelId,
    /// What the channel is to others.
    pub kind: ChannelKind,
    /// Its name; of a direct conversation the handles of the two.
    pub name: String,
    /// Its owner, if it has one.
    pub owner: Option<Handle>,
    /// How many members it has.
    pub members: u64,
    /// How many messages it has.
    pub messages: u64,
    /// When it was created.
    pub created: Timestamp,
}

/// How many bytes files may have; 0 is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileBounds {
    /// Those of all files together.
    pub total: u64,
    /// Those of one account.
    pub account: u64,
    /// One file.
    pub file: u64,
}

/// The status of a daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether a daemon runs on the data folder; if not, the counts were read from the store.
    pub running: bool,
    /// The version of the program that answered.
    pub version: String,
    /// The name of the store.
    pub store: String,
    /// The daemon's process.
    pub pid: Option<u32>,
    /// Since when it runs.
    pub started: Option<Timestamp>,
    /// Where it listens.
    pub addresses: Vec<String>,
    /// The key that clients of its TCP addresses see, as they show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// How many WebSocket connections are open, of all accounts.
    pub connections: u64,
    /// How many people have a connection; several connections of one count once.
    pub online: u64,
    /// Accounts, guests included.
    pub accounts: u64,
    /// Channels, direct conversations included.
    pub channels: u64,
    /// How many messages have an index, deleted ones among them.
    pub messages: u64,
    /// Channels and accounts that were deleted, and whose content is still being removed.
    #[serde(default)]
    pub removing: u64,
    /// Files that people have uploaded.
    #[serde(default)]
    pub files: u64,
    /// Their bytes, the same ones counted once.
    #[serde(default)]
    pub file_bytes: u64,
    /// What the settings allow to all files together, to those of one account, and to one file, in bytes; 0 is no bound.
    #[serde(default)]
    pub file_bounds: FileBounds,
    /// The bucket where files lie, if it is not the data folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Bytes of the files of the store.
    #[serde(default)]
    pub store_bytes: u64,
    /// Bytes free on its disk.
    #[serde(default)]
    pub disk_free_bytes: u64,
    /// Problems, each as a short text: storage full, search index unavailable, no connections accepted.
    #[serde(default)]
    pub troubles: Vec<String>,
}
