//! What the store tells the rest of the daemon after a commit.

use proto::{
    Avatar, CatchUpEntry, ChannelId, ChannelKind, ChannelPersonal, ChannelUpdate, DisplayName, Handle, Index, Message,
    MessagePatch, Nonce, Relation, RemoveReason, Role, SessionId, Settings, Timestamp, Topic, Version,
};
use serde::{Deserialize, Serialize};

use super::{ConnectedRecord, Membership, PersonRecord, UserId, UserRecord};

/// Who did something to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account that did it.
    pub user: UserId,
    /// The actor's handle when it was done.
    pub handle: Handle,
}

/// What was committed, in the order of the commits. It says all that is to be sent and all that a registry keeps of it, so
/// that nobody who hears it has to ask the store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// Nothing changed: somebody is about to connect, and this is what the store holds of them at this place in the order.
    Connecting {
        /// The account and its channels.
        connected: Box<ConnectedRecord>,
    },
    /// A guest has an account from now on.
    GuestRegistered {
        /// The account, until now a guest's.
        user: UserId,
    },
    /// An account was deleted; the ends of its sessions and memberships come before.
    UserDeleted {
        /// The account that is gone.
        user: UserId,
    },
    /// Somebody set something for themselves.
    SettingsSet {
        /// The account whose settings they are.
        user: UserId,
        /// All of their settings, as they are now.
        settings: Box<Settings>,
        /// When they were set.
        date: Timestamp,
    },
    /// Somebody shows themselves otherwise.
    ProfileSet {
        /// The account whose profile it is.
        user: UserId,
        /// What they want to be called, empty when they say nothing of it.
        display_name: DisplayName,
        /// The picture that they are seen by.
        avatar: Avatar,
    },
    /// Somebody stands otherwise to another.
    Related {
        /// The one whose relation it is, and whose connections hear of it.
        user: UserId,
        /// The other account.
        other: Box<UserRecord>,
        /// What the other is to them now.
        relation: Relation,
        /// When the relation began.
        since: Timestamp,
        /// Whether they share a channel.
        shares: bool,
        /// The channel of the other's posts, if they have one.
        wall: Option<ChannelId>,
    },
    /// Somebody has a wall from now on.
    WallCreated {
        /// The channel of their posts.
        channel: ChannelId,
        /// The account whose wall it is.
        owner: UserId,
    },
    /// A channel was deleted; nobody is in it any more.
    ChannelRemoved {
        /// The channel that is gone.
        channel: ChannelId,
        /// Who deleted it, if it was no operator.
        by: Option<Actor>,
    },
    /// Somebody became a member.
    MemberAdded {
        /// The channel that has one more member.
        channel: ChannelId,
        /// What it is to others.
        kind: ChannelKind,
        /// How many are in it now.
        members_total: u64,
        /// The new member.
        person: Box<PersonRecord>,
        /// What they are in it.
        membership: Membership,
    },
    /// Somebody is no longer a member.
    MemberRemoved {
        /// The channel that has one member less.
        channel: ChannelId,
        /// The account that is a member no longer.
        user: UserId,
        /// The handle of that account.
        handle: Handle,
        /// How many are in it now.
        members_total: u64,
        /// Why, if it was not by themselves.
        reason: Option<RemoveReason>,
        /// Who ended it, if it was neither themselves nor an operator.
        by: Option<Actor>,
    },
    /// Somebody has read or written in a channel that another added them to.
    TakenUp {
        /// The channel that the member took up.
        channel: ChannelId,
        /// The member who has done so.
        user: UserId,
    },
    /// A direct conversation is to be shown to somebody, who had closed it or was not shown it yet.
    ConversationOpened {
        /// The channel that is the conversation.
        channel: ChannelId,
        /// The account that it is to be shown to.
        user: UserId,
    },
    /// Somebody has closed a direct conversation for themselves.
    ConversationClosed {
        /// The channel that is the conversation.
        channel: ChannelId,
        /// The account that has closed it.
        user: UserId,
    },
    /// An account may no longer be used, or may again.
    UserDisabled {
        /// The account that may be used no longer, or again.
        user: UserId,
        /// The handle of that account.
        handle: Handle,
        /// The channels that it is in.
        channels: Vec<ChannelId>,
        /// Whether it may not.
        disabled: bool,
    },
    /// A member may do something else than before.
    RoleChanged {
        /// The channel in which the role holds.
        channel: ChannelId,
        /// The account of the member.
        user: UserId,
        /// The handle of that account.
        handle: Handle,
        /// What they may do now.
        role: Role,
    },
    /// The channel has another owner.
    OwnerChanged {
        /// The channel that has another owner.
        channel: ChannelId,
        /// The version with this change.
        version: Version,
        /// Who owns it now.
        owner: UserId,
        /// The owner's handle.
        handle: Handle,
    },
    /// The topic was set.
    TopicSet {
        /// The channel that has another topic.
        channel: ChannelId,
        /// The version with this change.
        version: Version,
        /// The new topic.
        topic: Topic,
    },
    /// The name of a channel was changed, or who may speak in it.
    SettingsChanged {
        /// The channel that changed.
        channel: ChannelId,
        /// The fields of the channel that changed.
        update: ChannelUpdate,
    },
    /// A message was stored.
    MessageAdded {
        /// The channel that has one more message.
        channel: ChannelId,
        /// Who sent it.
        author: UserId,
        /// The sender's name for it; what the daemon wrote itself has none.
        nonce: Option<Nonce>,
        /// The message as others see it.
        message: Message,
    },
    /// A message was edited or deleted, or somebody reacted to it.
    MessageChanged {
        /// The channel that the message stands in.
        channel: ChannelId,
        /// The fields of the message that changed.
        patch: MessagePatch,
    },
    /// A reader moved on.
    ReadMoved {
        /// The channel that was read.
        channel: ChannelId,
        /// The account of the reader.
        user: UserId,
        /// The index of the last message that they have read.
        last_read: Index,
        /// How many messages after it are unread.
        unread: u64,
        /// Those of them that mention the reader.
        mentions: u64,
    },
    /// Somebody set something for a channel, or wrote something there.
    PersonalChanged {
        /// The account that it is about.
        user: UserId,
        /// What they have set there, as it is now.
        personal: Box<ChannelPersonal>,
    },
    /// Something happened to somebody, or they have looked at it.
    CaughtUp {
        /// The account whose entries they are.
        user: UserId,
        /// Entries that they have not looked at.
        total: u64,
        /// The one that is new.
        newest: Option<Box<CatchUpEntry>>,
    },
    /// Somebody wanted to know whether changes come through.
    Probed {
        /// Grows each time.
        number: u64,
    },
    /// A session ended before its time.
    SessionEnded {
        /// The account that was signed in with it.
        user: UserId,
        /// The session that ended.
        session: SessionId,
    },
}

impl Change {
    /// Gives the channel whose messages say something else than before, for who searches them.
    pub(super) fn reworded(&self) -> Option<ChannelId> {
        match self {
            Self::MessageAdded { channel, .. }
            | Self::MessageChanged { channel, .. }
            | Self::ChannelRemoved { channel, .. } => Some(*channel),
            Self::Connecting { .. }
            | Self::GuestRegistered { .. }
            | Self::UserDeleted { .. }
            | Self::SettingsSet { .. }
            | Self::ProfileSet { .. }
            | Self::Related { .. }
            | Self::WallCreated { .. }
            | Self::MemberAdded { .. }
            | Self::MemberRemoved { .. }
            | Self::TakenUp { .. }
            | Self::ConversationOpened { .. }
            | Self::ConversationClosed { .. }
            | Self::UserDisabled { .. }
            | Self::RoleChanged { .. }
            | Self::OwnerChanged { .. }
            | Self::TopicSet { .. }
            | Self::SettingsChanged { .. }
            | Self::ReadMoved { .. }
            | Self::PersonalChanged { .. }
            | Self::CaughtUp { .. }
            | Self::Probed { .. }
            | Self::SessionEnded { .. } => None,
        }
    }

    /// Tells whether something is gone whose content is removed in steps.
    pub(super) fn leaves_content(&self) -> bool {
        matches!(self, Self::ChannelRemoved { .. } | Self::UserDeleted { .. })
    }

    /// Gives the message whose words are gone or replaced, for who keeps a copy of them.
    pub(super) fn unsaid(&self) -> Option<(ChannelId, Index)> {
        match self {
            Self::MessageChanged { channel, patch } => patch.content.is_some().then_some((*channel, patch.index)),
            Self::Connecting { .. }
            | Self::GuestRegistered { .. }
            | Self::UserDeleted { .. }
            | Self::SettingsSet { .. }
            | Self::ProfileSet { .. }
            | Self::Related { .. }
            | Self::WallCreated { .. }
            | Self::ChannelRemoved { .. }
            | Self::MemberAdded { .. }
            | Self::MemberRemoved { .. }
            | Self::TakenUp { .. }
            | Self::ConversationOpened { .. }
            | Self::ConversationClosed { .. }
            | Self::UserDisabled { .. }
            | Self::RoleChanged { .. }
            | Self::OwnerChanged { .. }
            | Self::TopicSet { .. }
            | Self::SettingsChanged { .. }
            | Self::MessageAdded { .. }
            | Self::ReadMoved { .. }
            | Self::PersonalChanged { .. }
            | Self::CaughtUp { .. }
            | Self::Probed { .. }
            | Self::SessionEnded { .. } => None,
        }
    }

    /// Gives the channel whose other changes this one must keep its place among.
    pub fn channel(&self) -> Option<&ChannelId> {
        match self {
            Self::Connecting { .. }
            | Self::SettingsSet { .. }
            | Self::ProfileSet { .. }
            | Self::Related { .. }
            | Self::UserDeleted { .. }
            | Self::UserDisabled { .. }
            | Self::GuestRegistered { .. }
            | Self::SessionEnded { .. }
            | Self::PersonalChanged { .. }
            | Self::CaughtUp { .. }
            | Self::Probed { .. } => None,
            Self::WallCreated { channel, .. }
            | Self::ChannelRemoved { channel, .. }
            | Self::MemberAdded { channel, .. }
            | Self::MemberRemoved { channel, .. }
            | Self::TakenUp { channel, .. }
            | Self::ConversationOpened { channel, .. }
            | Self::ConversationClosed { channel, .. }
            | Self::RoleChanged { channel, .. }
            | Self::SettingsChanged { channel, .. }
            | Self::OwnerChanged { channel, .. }
            | Self::TopicSet { channel, .. }
            | Self::MessageAdded { channel, .. }
            | Self::MessageChanged { channel, .. }
            | Self::ReadMoved { channel, .. } => Some(channel),
        }
    }
}
