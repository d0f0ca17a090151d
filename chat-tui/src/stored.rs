//! What is remembered on this machine of what the daemon has told, as values.

use std::collections::BTreeMap;

use proto::http::Friends;
use proto::{ChannelId, Handle, Index, Message, MessagePatch, NotifyLevel, Role, Rules, Settings, Timestamp, Version};
use serde::{Deserialize, Serialize};

use crate::unsent::ChannelPlace;

/// Something that is otherwise than what the store holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreChange {
    /// The server's data has this name: numbers of messages mean something in it alone.
    ServerStore(String),
    /// A channel stands so.
    Channel(Box<StoredChannel>),
    /// These are members of a channel.
    Members(ChannelId, Vec<StoredMember>),
    /// A message is there, or is otherwise; an older version than the one that is held changes nothing.
    Message(ChannelId, Box<Message>),
    /// A message that may be held is otherwise.
    Patch(ChannelId, Box<MessagePatch>),
    /// The messages of a channel that are held are not to be gone on with.
    Reset(ChannelId),
    /// A channel is no longer the reader's: nothing of it stays.
    Forget(ChannelId),
    /// What the reader has set for themselves.
    Settings(Box<Settings>),
    /// How others stand to the reader.
    Friends(Box<Friends>),
    /// Nothing of what the server can give again stays.
    ForgetAll,
}

/// A channel as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChannel {
    /// Which it is, and what it is called.
    pub place: ChannelPlace,
    /// Up to which version everything that is held is true.
    pub version: Version,
    /// What it is about.
    #[serde(default)]
    pub topic: String,
    /// Who owns it.
    #[serde(default)]
    pub owner: Option<Handle>,
    /// How many members it has.
    #[serde(default)]
    pub members_total: u64,
    /// Up to where the reader has read.
    #[serde(default)]
    pub last_read: Index,
    /// Messages behind it.
    #[serde(default)]
    pub unread: u64,
    /// Those of them that name the reader.
    #[serde(default)]
    pub mentions: u64,
    /// The first message that the reader may see.
    #[serde(default)]
    pub first_index: Index,
    /// The channel's last message, which need not be held.
    #[serde(default)]
    pub last_index: Index,
    /// Who may speak, and how often.
    #[serde(default)]
    pub rules: Rules,
    /// Whether it is a conversation that is not listed until something is said in it.
    #[serde(default)]
    pub closed: bool,
    /// Which messages notify the reader.
    #[serde(default)]
    pub level: NotifyLevel,
    /// Until when it is muted.
    #[serde(default)]
    pub quiet_until: Option<Timestamp>,
}

/// A member as they are remembered: whether they are there only the daemon can say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMember {
    /// Their handle.
    pub handle: Handle,
    /// What they may do.
    pub role: Role,
    /// What they want to be called, if not by their handle.
    #[serde(default)]
    pub display_name: Option<String>,
}

/// What the store holds at a start.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StoredState {
    /// What the server's data was called.
    pub server_store: Option<String>,
    /// The channels.
    pub channels: Vec<StoredChannel>,
    /// Members of some channels.
    pub members: BTreeMap<ChannelId, Vec<StoredMember>>,
    /// The newest messages of some channels.
    pub messages: BTreeMap<ChannelId, Vec<Message>>,
    /// What the reader has set for themselves.
    pub settings: Option<Settings>,
    /// How others stand to the reader.
    pub friends: Option<Friends>,
}
