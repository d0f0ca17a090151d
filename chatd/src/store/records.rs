//! What the store tells of accounts, channels and memberships to who keeps a copy: the registry of the hub.

use proto::{
    Avatar, ChannelId, ChannelKind, ChosenPresence, DisplayName, Handle, Index, Privacy, Role, Status, Timestamp,
};
use serde::{Deserialize, Serialize};

use super::UserId;

/// What others may know of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The row of the account in the store.
    pub user: UserId,
    /// The account's handle.
    pub handle: Handle,
    /// Whether it is a guest's.
    pub guest: bool,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
    /// The presence that its user has set.
    pub presence: ChosenPresence,
    /// The status text.
    pub status: Status,
    /// The display name, empty when there is none.
    pub display_name: DisplayName,
    /// The picture that its person is seen by.
    pub avatar: Avatar,
    /// Who may see and write what.
    pub privacy: Privacy,
    /// Whether an operator has disabled the account.
    pub disabled: bool,
}

/// Whom an account has as friends, has blocked, or is blocked by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationsRecord {
    /// The accounts that are friends with this one.
    pub friends: Vec<UserId>,
    /// Those whom it has blocked, and since when.
    pub blocked: Vec<(UserId, Timestamp)>,
    /// Those who have blocked it, and since when.
    pub blocked_by: Vec<(UserId, Timestamp)>,
}

/// An account and how it stands to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The account as others see it.
    pub user: UserRecord,
    /// Its friends and blocks.
    pub relations: RelationsRecord,
}

/// What a member is in a channel, besides who.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// What they may do.
    pub role: Role,
    /// Whether strangers added them and they have not read or written there yet: no channel that they share.
    pub apart: bool,
    /// Whether it is a direct message that they have closed, or that nobody has written in yet.
    pub closed: bool,
    /// The first message that they may read.
    pub reads_from: Index,
}

/// A channel that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRecord {
    /// The channel's id; it never changes.
    pub channel: ChannelId,
    /// What it is to others.
    pub kind: ChannelKind,
    /// How many are in it.
    pub members_total: u64,
    /// What the person is in it.
    pub membership: Membership,
}

/// All that the registry holds of somebody who is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedRecord {
    /// The account, with friends and blocks.
    pub person: PersonRecord,
    /// The channels that they are in.
    pub channels: Vec<ChannelRecord>,
    /// The channel of their posts, if they have one.
    pub wall: Option<ChannelId>,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountState {
    /// The account may be used.
    Active,
    /// Not until it is enabled again.
    Disabled,
    /// Never again, nor may anybody else use its handle.
    Deleted,
}

impl AccountState {
    pub(super) fn of(disabled: bool, deleted: bool) -> Self {
        match (disabled, deleted) {
            (_, true) => Self::Deleted,
            (true, false) => Self::Disabled,
            (false, false) => Self::Active,
        }
    }
}
