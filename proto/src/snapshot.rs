//! A channel as it is shown to a connection: whole, or what changed since a version.

use serde::{Deserialize, Serialize};

use crate::channel::{ChannelKind, Rules};
use crate::id::ChannelId;
use crate::member::Member;
use crate::message::{Index, Message, Version};
use crate::name::{ChannelName, Handle, Topic};
use crate::personal::ChannelPersonal;

/// Payload of `channel_add`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelAdd {
    /// The channel's id; it never changes.
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
    /// The version of the channel in this snapshot.
    pub version: Version,
    /// Up to where the receiver has read.
    pub last_read: Index,
    /// Messages after `last_read`.
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
    /// What the receiver has set for it; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Box<ChannelPersonal>>,
}

/// Payload of `channel_resume`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelResume {
    /// The channel's id, as `hello` named it.
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
    /// Messages after `last_read`.
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
    /// What the receiver has set for it; left out where that is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal: Option<Box<ChannelPersonal>>,
}
