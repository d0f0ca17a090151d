//! What an operator may ask for. It is done in the same way by a running daemon, which is asked over
//! the `admin.sock` of its data folder, and by a process that opened the store under its lock itself.

mod perform;
pub mod socket;

use proto::http::Legacy;
use proto::{ChannelId, ChannelKind, Handle, Index, InviteCode, Password, Timestamp};
use serde::{Deserialize, Serialize};

pub(crate) use perform::perform;

/// What an operator asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Make an account.
    AddUser {
        /// Its handle.
        handle: String,
        /// Its password.
        password: Password,
    },
    /// Give an account another password and end its sessions.
    SetPassword {
        /// Whose.
        handle: Handle,
        /// The new password.
        password: Password,
    },
    /// Keep an account from being used, and end its sessions.
    DisableUser {
        /// Whose.
        handle: Handle,
    },
    /// Let an account be used again.
    EnableUser {
        /// Whose.
        handle: Handle,
    },
    /// Delete an account; its handle is never given again.
    DeleteUser {
        /// Whose.
        handle: Handle,
        /// What becomes of what its person has said.
        content: Legacy,
    },
    /// Say what goes with an account.
    WeighUser {
        /// Whose.
        handle: Handle,
    },
    /// Give those who wait the accounts that they asked for.
    ApproveUsers {
        /// Whose.
        handles: Vec<Handle>,
    },
    /// Forget those who wait for an account.
    RejectUsers {
        /// Whose.
        handles: Vec<Handle>,
    },
    /// Make a code with which people make accounts.
    CreateInvite {
        /// For so many accounts.
        uses: u32,
        /// For so many seconds.
        for_s: u32,
    },
    /// List the codes that are good.
    ListInvites,
    /// Take a code back.
    RevokeInvite {
        /// Which.
        code: InviteCode,
    },
    /// List the accounts.
    ListUsers,
    /// List the channels.
    ListChannels,
    /// List the channels that an operator means by a name or an id; a wall is `wall:HANDLE`.
    FindChannels {
        /// How they name it.
        channel: String,
    },
    /// Delete a channel with everything that was said in it.
    DeleteChannel {
        /// Which.
        id: ChannelId,
    },
    /// Make somebody the owner of a channel.
    GiveChannel {
        /// Which.
        id: ChannelId,
        /// Who.
        handle: Handle,
    },
    /// Say whose a message is.
    FindMessage {
        /// Its channel.
        id: ChannelId,
        /// Its place there.
        index: Index,
    },
    /// Delete a message.
    DeleteMessage {
        /// Its channel.
        id: ChannelId,
        /// Its place there.
        index: Index,
    },
    /// Say whether a channel ends without a member.
    WeighMember {
        /// The channel.
        id: ChannelId,
        /// Who.
        handle: Handle,
    },
    /// End a membership.
    RemoveMember {
        /// The channel.
        id: ChannelId,
        /// Whose.
        handle: Handle,
    },
    /// Say how the daemon is.
    Status,
}

/// What an operator gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// The accounts, by handle, and who waits for one.
    Users(Vec<User>),
    /// Who was approved or rejected.
    Handles(Vec<Handle>),
    /// What goes with an account.
    Weight(Weight),
    /// Whether a channel ends.
    Ends(bool),
    /// Whose a message is.
    Message(Message),
    /// Codes with which people make accounts.
    Invites(Vec<Invite>),
    /// The channels, by kind and name.
    Channels(Vec<Channel>),
    /// How the daemon is.
    Status(Status),
}

/// An account as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its handle.
    pub handle: Handle,
    /// `active`, `disabled`, `deleted`, or `pending` for who waits to be approved.
    pub state: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last connected, if ever.
    pub last_seen: Option<Timestamp>,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Open connections.
    pub connections: u64,
    /// From where somebody asked who waits: an address or network, `uid:N` of this machine, or `local`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What goes with an account when it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weight {
    /// Messages that it has sent, on walls too; they go only if that is wanted.
    pub messages: u64,
    /// Channels that it is in, direct conversations left out.
    pub channels: u64,
    /// Private channels among them that end, as nobody else can sign in to them.
    pub channels_ending: u64,
    /// Messages on its own wall, others' answers too.
    pub wall_messages: u64,
}

/// A message as an operator sees it: not what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Whose it is.
    pub by: Handle,
    /// When it was sent.
    pub date: Timestamp,
}

/// A code with which people make accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The code.
    pub code: InviteCode,
    /// How many accounts it is still good for.
    pub uses_left: u32,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A channel as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The channel.
    pub id: ChannelId,
    /// What it is to others.
    pub kind: ChannelKind,
    /// Its name; of a direct conversation the handles of the two.
    pub name: String,
    /// Who owns it.
    pub owner: Option<Handle>,
    /// How many members it has.
    pub members: u64,
    /// How many messages.
    pub messages: u64,
    /// When it was made.
    pub created: Timestamp,
}

/// How a daemon is.
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
    /// Open connections.
    pub connections: u64,
    /// People online.
    pub online: u64,
    /// Accounts, guests included.
    pub accounts: u64,
    /// Channels, direct conversations included.
    pub channels: u64,
    /// Messages stored.
    pub messages: u64,
    /// Channels and accounts that were deleted, and whose content is still being removed.
    #[serde(default)]
    pub removing: u64,
    /// Bytes of the files of the store.
    #[serde(default)]
    pub store_bytes: u64,
    /// Bytes that are free on its disk.
    #[serde(default)]
    pub disk_free_bytes: u64,
    /// What keeps the daemon from doing all that it should.
    #[serde(default)]
    pub troubles: Vec<String>,
}
