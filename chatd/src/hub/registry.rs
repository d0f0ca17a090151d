//! What the store holds of those who are connected to this daemon, fed by changes alone.
//!
//! An account is here from [`Change::Connecting`] on until [`Registry::forget`]; a channel is here while an account is that
//! is in it, with those of its members who are here. Who is not here is offline, and the store is asked about them. Two
//! registries that hear the same changes hold the same.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use proto::{Audience, ChannelId, ChannelKind, ChosenPresence, Relation, Role, Settings, Status, Timestamp, bounds};

use super::visibility::Relations;
use crate::store::{Change, ConnectedRecord, Membership, UserId, UserRecord};

/// The accounts that are connected, and their channels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    accounts: HashMap<UserId, Account>,
    channels: HashMap<ChannelId, ChannelMembers>,
    /// Whose posts a channel holds.
    walls: HashMap<ChannelId, UserId>,
}

/// An account that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) record: UserRecord,
    pub(super) relations: Arc<Relations>,
    pub(super) channels: HashSet<ChannelId>,
    /// The channel of their posts.
    pub(super) wall: Option<ChannelId>,
}

/// A channel with those of its members who are connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ChannelMembers {
    pub(super) kind: ChannelKind,
    /// How many are in it, connected or not.
    pub(super) total: u64,
    pub(super) members: HashMap<UserId, Membership>,
}

/// What a change has replaced, for who tells of the difference.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// The members of a channel that is gone.
    pub(super) members: Vec<UserId>,
    /// The presence and status that were set by hand.
    pub(super) chosen: Option<(ChosenPresence, Status)>,
    /// Relations that are others now.
    pub(super) relations: Vec<(UserId, Arc<Relations>)>,
    /// Whether somebody who closed a direct message had not answered in it.
    pub(super) was_apart: bool,
}

impl ChannelMembers {
    /// Tells whether only some of the members are shown.
    pub(super) fn is_large(&self) -> bool {
        self.total > bounds::SNAPSHOT_MEMBERS_MAX as u64
    }

    /// Tells whether somebody was added by a stranger and has done nothing here.
    pub(super) fn is_apart(&self, user: UserId) -> bool {
        self.members.get(&user).is_some_and(|membership| membership.apart)
    }
}

impl Registry {
    /// Brings the registry up to date with a change.
    pub(super) fn apply(&mut self, change: &Change) -> Before {
        let mut before = Before::default();
        self.change_accounts(change, &mut before);
        self.change_channels(change, &mut before);
        before
    }

    /// Takes over what a change says of accounts, their relations and their walls.
    fn change_accounts(&mut self, change: &Change, before: &mut Before) {
        match change {
            Change::Connecting { connected } => self.add(connected),
            Change::UserDeleted { user } => self.forget(*user),
            Change::GuestRegistered { user } => self.with_record(*user, |record| record.guest = false),
            Change::UserDisabled { user, disabled, .. } => {
                self.with_record(*user, |record| record.disabled = *disabled);
            }
            Change::ProfileSet { user, display_name, avatar } => {
                self.with_record(*user, |record| {
                    (record.display_name, record.avatar) = (display_name.clone(), *avatar);
                });
            }
            Change::SettingsSet { user, settings, date } => self.set_settings(*user, settings, *date, before),
            Change::Related { user, other, relation, since, .. } => {
                self.relate_both((*user, other.user), *relation, *since, before);
            }
            Change::WallCreated { channel, owner } => self.add_wall(*channel, *owner),
            Change::ChannelRemoved { .. }
            | Change::MemberAdded { .. }
            | Change::MemberRemoved { .. }
            | Change::TakenUp { .. }
            | Change::ConversationOpened { .. }
            | Change::ConversationClosed { .. }
            | Change::RoleChanged { .. }
            | Change::OwnerChanged { .. }
            | Change::SettingsChanged { .. }
            | Change::TopicSet { .. }
            | Change::MessageAdded { .. }
            | Change::MessageChanged { .. }
            | Change::ReadMoved { .. }
            | Change::PersonalChanged { .. }
            | Change::CaughtUp { .. }
            | Change::Probed { .. }
            | Change::SessionEnded { .. } => {}
        }
    }

    /// Takes over what a change says of channels and their members.
    fn change_channels(&mut self, change: &Change, before: &mut Before) {
        match change {
            Change::ChannelRemoved { channel, .. } => before.members = self.remove_channel(channel),
            Change::MemberAdded { channel, kind, members_total, person, membership } => {
                self.add_member(*channel, *kind, person.user.user, *membership);
                self.count(channel, *members_total);
            }
            Change::MemberRemoved { channel, user, members_total, .. } => {
                self.count(channel, *members_total);
                self.remove_member(channel, *user);
            }
            Change::TakenUp { channel, user } => self.with_member(channel, *user, |member| member.apart = false),
            Change::ConversationOpened { channel, user } => {
                self.with_member(channel, *user, |member| member.closed = false);
            }
            Change::ConversationClosed { channel, user } => self.with_member(channel, *user, |member| {
                before.was_apart = member.apart;
                (member.closed, member.apart) = (true, true);
            }),
            Change::RoleChanged { channel, user, role, .. } => {
                self.with_member(channel, *user, |member| member.role = *role);
            }
            Change::OwnerChanged { channel, owner, .. } => {
                self.with_member(channel, *owner, |member| member.role = Role::Owner);
            }
            Change::SettingsChanged { channel, update } => {
                if let (Some(known), Some(kind)) = (self.channels.get_mut(channel), update.kind) {
                    known.kind = kind;
                }
            }
            Change::Connecting { .. }
            | Change::UserDeleted { .. }
            | Change::GuestRegistered { .. }
            | Change::UserDisabled { .. }
            | Change::ProfileSet { .. }
            | Change::SettingsSet { .. }
            | Change::Related { .. }
            | Change::WallCreated { .. }
            | Change::TopicSet { .. }
            | Change::MessageAdded { .. }
            | Change::MessageChanged { .. }
            | Change::ReadMoved { .. }
            | Change::PersonalChanged { .. }
            | Change::CaughtUp { .. }
            | Change::Probed { .. }
            | Change::SessionEnded { .. } => {}
        }
    }

    /// Drops an account, which nobody is connected with any more, and the channels that nobody else here is in.
    pub(super) fn forget(&mut self, user: UserId) {
        let Some(account) = self.accounts.remove(&user) else { return };
        for channel in &account.channels {
            self.take_member(channel, user);
        }
        if let Some(wall) = account.wall {
            self.walls.remove(&wall);
        }
    }

    pub(super) fn account(&self, user: UserId) -> Option<&Account> {
        self.accounts.get(&user)
    }

    pub(super) fn channel(&self, channel: &ChannelId) -> Option<&ChannelMembers> {
        self.channels.get(channel)
    }

    /// Gives what somebody who is connected is in a channel.
    pub(super) fn membership(&self, channel: &ChannelId, user: UserId) -> Option<Membership> {
        self.channels.get(channel)?.members.get(&user).copied()
    }

    /// Tells whether a channel holds posts of somebody connected that another one connected may read; the store has the last
    /// word.
    pub(super) fn reads_wall(&self, channel: &ChannelId, viewer: UserId) -> bool {
        let owner = self.walls.get(channel);
        let Some((owner, account)) = owner.and_then(|owner| Some((*owner, self.accounts.get(owner)?))) else {
            return false;
        };
        let Some(reader) = self.accounts.get(&viewer) else { return false };
        let relations = &account.relations;
        owner == viewer
            || relations.friends.contains(&viewer)
            || (relations.privacy.posts == Audience::Everyone && !relations.blocks(viewer) && !reader.record.guest)
    }

    /// Tells whether one of two who are connected is in a channel with the other, where they came by themselves or have done
    /// something.
    pub(super) fn shares(&self, user: UserId, viewer: UserId) -> bool {
        let channels = self.accounts.get(&user).map(|account| &account.channels);
        channels.into_iter().flatten().filter_map(|channel| self.channels.get(channel)).any(|channel| {
            channel.members.get(&user).is_some_and(|membership| !membership.apart)
                && channel.members.contains_key(&viewer)
        })
    }

    fn add(&mut self, connected: &ConnectedRecord) {
        let user = connected.person.user.user;
        let record = connected.person.user.clone();
        let relations = Arc::new(Relations::new(record.privacy, &connected.person.relations));
        let account = Account { record, relations, channels: HashSet::new(), wall: connected.wall };
        self.accounts.insert(user, account);
        for channel in &connected.channels {
            self.add_member(channel.channel, channel.kind, user, channel.membership);
            self.count(&channel.channel, channel.members_total);
        }
        if let Some(wall) = connected.wall {
            self.walls.insert(wall, user);
        }
    }

    fn set_settings(&mut self, user: UserId, settings: &Settings, date: Timestamp, before: &mut Before) {
        self.with_record(user, |record| {
            let status = std::mem::replace(&mut record.status, settings.status.clone());
            before.chosen = Some((record.presence, status));
            let hides = settings.presence == ChosenPresence::Invisible;
            if hides && record.presence != ChosenPresence::Invisible {
                // From outside it is as if they had left.
                record.last_seen = Some(date);
            }
            record.presence = settings.presence;
            record.privacy = settings.privacy;
        });
        self.relate(user, before, |relations| relations.privacy = settings.privacy);
    }

    /// Takes over what the second of two is to the first from now on.
    fn relate_both(
        &mut self,
        (user, other): (UserId, UserId),
        relation: Relation,
        since: Timestamp,
        before: &mut Before,
    ) {
        self.relate(user, before, |relations| relations.relate(other, relation, since));
        self.relate(other, before, |relations| {
            relations.related_by(user, relation, since);
            // Both are friends before either hears of it.
            if relation == Relation::Friend {
                relations.relate(user, relation, since);
            }
        });
    }

    fn add_wall(&mut self, wall: ChannelId, owner: UserId) {
        if let Some(account) = self.accounts.get_mut(&owner) {
            account.wall = Some(wall);
            self.walls.insert(wall, owner);
        }
    }

    fn with_record(&mut self, user: UserId, change: impl FnOnce(&mut UserRecord)) {
        if let Some(account) = self.accounts.get_mut(&user) {
            change(&mut account.record);
        }
    }

    fn with_member(&mut self, channel: &ChannelId, user: UserId, change: impl FnOnce(&mut Membership)) {
        if let Some(member) = self.channels.get_mut(channel).and_then(|channel| channel.members.get_mut(&user)) {
            change(member);
        }
    }

    /// Changes the relations of an account; those that it had are noted if anything is different then.
    fn relate(&mut self, user: UserId, before: &mut Before, change: impl FnOnce(&mut Relations)) {
        let Some(account) = self.accounts.get_mut(&user) else { return };
        let mut relations = (*account.relations).clone();
        change(&mut relations);
        if relations != *account.relations {
            let replaced = std::mem::replace(&mut account.relations, Arc::new(relations));
            before.relations.push((user, replaced));
        }
    }

    fn add_member(&mut self, channel: ChannelId, kind: ChannelKind, user: UserId, membership: Membership) {
        let Some(account) = self.accounts.get_mut(&user) else { return };
        account.channels.insert(channel);
        let known = self.channels.entry(channel);
        let known = known.or_insert_with(|| ChannelMembers { kind, total: 0, members: HashMap::new() });
        known.members.insert(user, membership);
    }

    fn count(&mut self, channel: &ChannelId, total: u64) {
        if let Some(known) = self.channels.get_mut(channel) {
            known.total = total;
        }
    }

    fn remove_member(&mut self, channel: &ChannelId, user: UserId) {
        if let Some(account) = self.accounts.get_mut(&user) {
            account.channels.remove(channel);
        }
        self.take_member(channel, user);
    }

    fn take_member(&mut self, channel: &ChannelId, user: UserId) {
        let Some(known) = self.channels.get_mut(channel) else { return };
        known.members.remove(&user);
        if known.members.is_empty() {
            self.channels.remove(channel);
        }
    }

    fn remove_channel(&mut self, channel: &ChannelId) -> Vec<UserId> {
        if let Some(account) = self.walls.remove(channel).and_then(|owner| self.accounts.get_mut(&owner)) {
            account.wall = None;
        }
        let Some(known) = self.channels.remove(channel) else { return Vec::new() };
        for user in known.members.keys() {
            if let Some(account) = self.accounts.get_mut(user) {
                account.channels.remove(channel);
            }
        }
        known.members.into_keys().collect()
    }
}

#[cfg(test)]
mod tests;
