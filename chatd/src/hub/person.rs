//! One person: their connections, whether they are there, and what others see of that.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use proto::{
    ChannelId, ChosenPresence, DisplayName, Handle, Member, MemberUpdate, Presence, PresenceState, Role, Status,
    Timestamp,
};

use super::circle::{Circle, Sight, seen};
use super::outbox::Outbox;
use crate::store::{DirectoryUser, UserId};

pub(super) struct Person {
    pub(super) handle: Handle,
    pub(super) guest: bool,
    /// Whether an operator keeps the account from being used.
    pub(super) disabled: bool,
    pub(super) channels: HashSet<ChannelId>,
    pub(super) connections: Vec<Arc<Outbox>>,
    /// Those of them that look at the feed.
    pub(super) watching: Vec<Arc<Outbox>>,
    /// Whether connected, or gone only a moment ago.
    pub(super) online: bool,
    /// When the person last did something: sent, typed, read, or said so.
    pub(super) active: Instant,
    /// What the activity makes of the person: online, idle or away.
    pub(super) automatic: PresenceState,
    /// What the person said by hand, which counts more.
    pub(super) chosen: ChosenPresence,
    pub(super) status: Status,
    pub(super) display_name: DisplayName,
    /// Who sees them.
    pub(super) circle: Arc<Circle>,
    /// Whether a large room is not to show them as one who is there: their connections know it too.
    pub(super) discreet: Arc<AtomicBool>,
    /// When the last connection was closed.
    pub(super) left: Option<Instant>,
    /// When a timer will look at the activity next.
    pub(super) looked_at: Option<Instant>,
    pub(super) since: Option<Timestamp>,
    pub(super) last_seen: Option<Timestamp>,
}

impl Person {
    /// Makes somebody who is not connected.
    pub(super) fn new(user: DirectoryUser) -> Self {
        let person = Self {
            handle: user.handle,
            guest: user.guest,
            disabled: user.disabled,
            channels: HashSet::new(),
            connections: Vec::new(),
            watching: Vec::new(),
            online: false,
            active: Instant::now(),
            automatic: PresenceState::Online,
            chosen: user.presence,
            status: user.status,
            display_name: user.display_name,
            circle: Arc::new(Circle::new(user.privacy)),
            discreet: Arc::default(),
            left: None,
            looked_at: None,
            since: user.last_seen,
            last_seen: user.last_seen,
        };
        person.note_discretion();
        person
    }

    /// Tells whether others see that the person is connected.
    pub(super) fn is_seen(&self) -> bool {
        self.online && self.chosen != ChosenPresence::Invisible
    }

    /// Tells whether everybody in a channel sees that the person is there.
    pub(super) fn is_seen_by_all(&self) -> bool {
        self.is_seen() && self.circle.is_open()
    }

    /// Lets the person's connections know whether they are to be shown.
    pub(super) fn note_discretion(&self) {
        let discreet = self.chosen == ChosenPresence::Invisible || !self.circle.is_open();
        self.discreet.store(discreet, Ordering::Relaxed);
    }

    pub(super) fn state(&self) -> PresenceState {
        match self.chosen {
            _ if !self.is_seen() => PresenceState::Offline,
            ChosenPresence::Away => PresenceState::Away,
            ChosenPresence::Dnd => PresenceState::Dnd,
            ChosenPresence::Online | ChosenPresence::Invisible => self.automatic,
        }
    }

    /// Gives how the person is there, to whom may see it.
    pub(super) fn presence(&self) -> Presence {
        Presence {
            handle: self.handle.clone(),
            online: self.is_seen(),
            state: self.state(),
            since: self.since,
            last_seen: self.last_seen,
            // What one does is of interest while one is there to do it.
            status: Some(self.status.clone()).filter(|status| self.is_seen() && !status.is_empty()),
            display_name: Some(self.display_name.clone()).filter(|name| !name.is_empty()),
        }
    }

    /// Gives what somebody sees of the person.
    pub(super) fn sight(&self, me: UserId, viewer: UserId, shares: bool) -> Sight {
        if me == viewer { Sight::Clear } else { self.circle.sight(viewer, shares) }
    }

    /// Gives the person as a member of a channel, as another member sees them.
    pub(super) fn member(&self, role: Role, typing: bool, sight: Sight) -> Member {
        let Presence { handle, online, state, since, last_seen, status, display_name } = seen(&self.presence(), sight);
        let typing = typing && sight == Sight::Clear && self.is_seen();
        let disabled = self.disabled;
        Member { handle, online, typing, state, since, last_seen, status, display_name, role, disabled }
    }
}

/// Gives all that is to be told of a member whom a channel did not show before.
pub(super) fn appearing(presence: Presence, role: Option<Role>) -> MemberUpdate {
    MemberUpdate {
        online: Some(presence.online),
        state: Some(presence.state),
        since: presence.since,
        last_seen: presence.last_seen,
        status: presence.status,
        display_name: presence.display_name,
        role,
        ..MemberUpdate::of(presence.handle)
    }
}
