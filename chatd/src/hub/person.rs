//! Somebody who is connected: their connections, how long they were inactive, and what others see of that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use proto::{ChosenPresence, Member, MemberUpdate, Presence, PresenceState, Role, Timestamp};

use super::outbox::Outbox;
use super::registry::Account;
use super::visibility::{Visibility, seen};
use super::wall::Watching;
use crate::store::UserRecord;

/// What lives on this daemon only. The account is in the registry for as long.
pub(super) struct Person {
    pub(super) connections: Vec<Arc<Outbox>>,
    /// Those of them that look at the feed.
    pub(super) watching: Vec<Watching>,
    /// Whether connected, or gone only a moment ago.
    pub(super) online: bool,
    /// When the person last did something: sent, typed, read, or said so.
    pub(super) active: Instant,
    /// What the activity makes of the person: online, idle or away.
    pub(super) automatic: PresenceState,
    /// Whether a large channel is not to show them as online: their connections know it too.
    pub(super) discreet: Arc<AtomicBool>,
    /// When the last connection was closed; at first when the account was read.
    pub(super) left: Instant,
    /// When a timer will look at the activity next.
    pub(super) looked_at: Option<Instant>,
    pub(super) since: Option<Timestamp>,
    pub(super) last_seen: Option<Timestamp>,
}

impl Person {
    /// Makes somebody who has no connection yet.
    pub(super) fn new(account: &Account) -> Self {
        let last_seen = account.record.last_seen;
        let person = Self {
            connections: Vec::new(),
            watching: Vec::new(),
            online: false,
            active: Instant::now(),
            automatic: PresenceState::Online,
            discreet: Arc::default(),
            left: Instant::now(),
            looked_at: None,
            since: last_seen,
            last_seen,
        };
        person.note_discretion(account);
        person
    }

    /// Lets the person's connections know whether a large channel is to show them.
    pub(super) fn note_discretion(&self, account: &Account) {
        let discreet = account.record.presence == ChosenPresence::Invisible || !account.relations.is_open();
        self.discreet.store(discreet, Ordering::Relaxed);
    }

    /// Tells whether others see that the person is online.
    pub(super) fn is_seen(&self, record: &UserRecord) -> bool {
        self.online && record.presence != ChosenPresence::Invisible
    }

    /// Tells whether everybody in a channel sees that the person is online.
    pub(super) fn is_seen_by_all(&self, account: &Account) -> bool {
        self.is_seen(&account.record) && account.relations.is_open()
    }

    pub(super) fn state(&self, record: &UserRecord) -> PresenceState {
        match record.presence {
            _ if !self.is_seen(record) => PresenceState::Offline,
            ChosenPresence::Away => PresenceState::Away,
            ChosenPresence::Dnd => PresenceState::Dnd,
            ChosenPresence::Online | ChosenPresence::Invisible => self.automatic,
        }
    }

    /// Gives the presence, to those who may see it.
    pub(super) fn presence(&self, record: &UserRecord) -> Presence {
        Presence {
            online: self.is_seen(record),
            state: self.state(record),
            since: self.since,
            last_seen: self.last_seen,
            // A status is of interest while its person is online.
            status: Some(record.status.clone()).filter(|status| self.is_seen(record) && !status.is_empty()),
            ..offline(record)
        }
    }
}

/// Gives the presence of an account that is not connected, to those who may see it.
pub(super) fn offline(record: &UserRecord) -> Presence {
    Presence {
        handle: record.handle.clone(),
        online: false,
        state: PresenceState::Offline,
        since: record.last_seen,
        last_seen: record.last_seen,
        status: None,
        display_name: Some(record.display_name.clone()).filter(|name| !name.is_empty()),
        avatar: record.avatar,
    }
}

/// Gives a member of a channel as another one sees them.
pub(super) fn shown_member(
    presence: &Presence,
    visibility: Visibility,
    role: Role,
    (typing, disabled): (bool, bool),
) -> Member {
    let typing = typing && visibility == Visibility::Full && presence.online;
    let Presence { handle, online, state, since, last_seen, status, display_name, avatar } = seen(presence, visibility);
    Member { handle, online, typing, state, since, last_seen, status, display_name, avatar, role, disabled }
}

/// Gives all that is to be sent of a member whom a channel did not show before.
pub(super) fn appearing(presence: Presence, role: Option<Role>) -> MemberUpdate {
    MemberUpdate {
        online: Some(presence.online),
        state: Some(presence.state),
        since: presence.since,
        last_seen: presence.last_seen,
        status: presence.status,
        display_name: presence.display_name,
        avatar: presence.avatar,
        role,
        ..MemberUpdate::of(presence.handle)
    }
}
