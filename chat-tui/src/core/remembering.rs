//! What is remembered on this machine of what the daemon has told, so that the next start shows it before any network
//! answers, and reading goes on without one.
//!
//! Every change of what is known is told to the store as a [`StoreChange`], in order. What the store holds of a channel is as
//! true as the [`version`](StoredChannel::version) beside it says, so the daemon only tells what has changed since.

use proto::{ChannelId, Handle, Version};

use super::channel::{Channel, MemberState};
use super::{Core, CoreEffect};
use crate::stored::{StoreChange, StoredChannel, StoredMember, StoredState};
use crate::text::CleanLine;

/// Members of a channel that are remembered, at most.
const MEMBERS_MAX: usize = 200;

/// What was told to the store of a channel.
#[derive(Debug, Default)]
pub(super) struct Remembered {
    channel: Option<StoredChannel>,
    members: u64,
}

impl Core {
    /// Shows what a store holds, before anything comes from the daemon.
    pub fn restore(&mut self, stored: StoredState) {
        let StoredState { server_store, channels, mut members, mut messages, settings, friends } = stored;
        self.has_store = true;
        self.store = self.store.take().or(server_store);
        if let Some(settings) = settings {
            self.people.settings_loaded(settings);
        }
        if let Some(friends) = friends {
            self.people.restore(friends);
        }
        for stored in channels {
            let id = stored.place.id;
            let mut channel = Channel::restored(&stored, members.remove(&id).unwrap_or_default());
            messages.remove(&id).unwrap_or_default().iter().for_each(|message| _ = channel.history.insert(message));
            channel.history.take_changes();
            channel.hide(&self.people.blocked());
            let told = Remembered { channel: Some(stored), members: channel.members_revision() };
            self.remembered.insert(id, told);
            self.channels.insert(id, channel);
        }
    }

    /// Tells whether pages of history are to be had: from the daemon, or from a store.
    pub fn may_load(&self) -> bool {
        self.is_online() || self.has_store
    }

    /// Notes that something of a channel may be otherwise.
    pub(super) fn touch(&mut self, id: ChannelId) {
        self.touched.insert(id);
    }

    /// Notes something that the store is to hear that is no channel's.
    pub(super) fn remember(&mut self, change: StoreChange) {
        if self.has_store {
            self.to_remember.push(change);
        }
    }

    /// Tells the store what is otherwise, if anything is.
    pub(super) fn tell_store(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            let Some(channel) = self.channels.get_mut(&id) else { continue };
            if !self.has_store {
                channel.history.take_changes();
                continue;
            }
            if channel.gone.is_some() || channel.version() == Version::default() {
                continue;
            }
            let told = self.remembered.entry(id).or_default();
            let stored = channel.stored();
            let is_new = told.channel.is_none();
            if is_new {
                // The messages need the channel that they are in.
                self.to_remember.push(StoreChange::Channel(Box::new(stored.clone())));
            }
            self.to_remember.extend(channel.history.take_changes().into_iter().map(|change| change.of(id)));
            // Behind the messages that make it true.
            if !is_new && told.channel.as_ref() != Some(&stored) {
                self.to_remember.push(StoreChange::Channel(Box::new(stored.clone())));
            }
            if told.members != channel.members_revision() && !channel.lacks_members() {
                told.members = channel.members_revision();
                self.to_remember.push(StoreChange::Members(id, channel.stored_members()));
            }
            told.channel = Some(stored);
        }
        let changes = std::mem::take(&mut self.to_remember);
        if !changes.is_empty() {
            self.add_effect(CoreEffect::Remember(changes));
        }
    }

    /// Nothing of a channel is to be remembered.
    pub(super) fn forget_stored(&mut self, id: ChannelId) {
        self.touched.remove(&id);
        if self.remembered.remove(&id).is_some() {
            self.remember(StoreChange::Forget(id));
        }
    }

    /// Nothing that the server can give again is to be remembered.
    pub(super) fn forget_all_stored(&mut self) {
        self.touched.clear();
        self.remembered.clear();
        self.to_remember.clear();
        self.remember(StoreChange::ForgetAll);
    }
}

impl Channel {
    /// Makes a channel from what is remembered of it.
    fn restored(stored: &StoredChannel, members: Vec<StoredMember>) -> Self {
        let mut channel = Self::new(stored.place.clone());
        channel.topic = CleanLine::new(&stored.topic);
        channel.owner.clone_from(&stored.owner);
        channel.rules = stored.rules;
        channel.level = stored.level;
        channel.quiet_until = stored.quiet_until;
        channel.set_read(stored.last_read, stored.unread, stored.mentions);
        channel.stands_at(stored.version, stored.last_index, stored.closed);
        channel.history.set_first_index(stored.first_index);
        channel.history.set_last_index(stored.last_index);
        channel.members_total = stored.members_total;
        channel.members = members.into_iter().map(StoredMember::state).collect();
        channel
    }

    /// Gives what is to be remembered of the channel.
    fn stored(&self) -> StoredChannel {
        StoredChannel {
            place: self.place(),
            version: self.version(),
            topic: self.topic.to_string(),
            owner: self.owner.clone(),
            members_total: self.members_total,
            last_read: self.last_read,
            unread: self.unread,
            mentions: self.mentions,
            first_index: self.history.first_index(),
            last_index: self.history.last_index(),
            rules: self.rules,
            closed: self.is_closed(),
            level: self.level,
            quiet_until: self.quiet_until,
        }
    }

    /// Gives what is to be remembered of its members.
    fn stored_members(&self) -> Vec<StoredMember> {
        let member = |(handle, state): (&Handle, &MemberState)| StoredMember {
            handle: handle.clone(),
            role: state.role,
            display_name: state.display_name.as_ref().map(ToString::to_string),
        };
        self.members.iter().take(MEMBERS_MAX).map(member).collect()
    }
}

impl StoredMember {
    pub(super) fn state(self) -> (Handle, MemberState) {
        let display_name = self.display_name.as_deref().map(CleanLine::new);
        (self.handle, MemberState { role: self.role, display_name, ..MemberState::unknown() })
    }
}
