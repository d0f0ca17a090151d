//! Who is there: what a user chose, what follows from connections and activity. A short drop of a connection does not show.

mod telling;

use std::time::{Duration, Instant};

use proto::{ChosenPresence, PresenceState, Status, Timestamp};

use super::person::Person;
use super::registry::Account;
use super::timers::Timer;
use super::{Hub, HubSettings};
use crate::lock;
use crate::store::{UserId, UserRecord};
pub(super) use telling::{Told, ToldTo};

/// How long somebody is remembered who has no connection and is offline: longer than anything is gathered.
const FORGET_AFTER: Duration = Duration::from_secs(2);

impl Hub {
    /// Gives everybody who counts as online, as the daemon stops.
    pub fn everybody_online(&self) -> Vec<(UserId, Timestamp)> {
        let last_seen = self.clock.now();
        let (registry, node) = (self.registry(), self.node());
        // Those who are invisible were last seen when they became so.
        let is_seen = |user: UserId, person: &Person| {
            registry.account(user).is_some_and(|account| person.is_seen(&account.record))
        };
        let online = node.people.iter().filter(|(user, person)| is_seen(**user, person));
        online.map(|(user, _)| (*user, last_seen)).collect()
    }

    /// Notes that somebody has done something, which ends being idle or away by itself.
    pub fn active(&self, user: UserId) {
        self.with_person(user, |account, person| self.is_active(account, person));
    }

    /// Does something with somebody who is connected.
    fn with_person(&self, user: UserId, work: impl FnOnce(&Account, &mut Person)) {
        let (registry, mut node) = (self.registry(), self.node());
        if let (Some(account), Some(person)) = (registry.account(user), node.people.get_mut(&user)) {
            work(account, person);
        }
    }

    /// Somebody has set a presence or a status, where these were before.
    pub(super) fn presence_chosen(&self, user: UserId, (chosen, status): (ChosenPresence, &Status), date: Timestamp) {
        self.with_person(user, |account, person| {
            let record = &account.record;
            let before = UserRecord { presence: chosen, ..record.clone() };
            person.note_discretion(account);
            if person.state(&before) != person.state(record) {
                person.since = Some(self.clock.now());
                self.presence_changed(user, ToldTo::Seeing);
            }
            if person.is_seen(&before) && !person.is_seen(record) {
                // As it is remembered beyond this process.
                person.since = Some(date);
                person.last_seen = Some(date);
            }
            if *status != record.status && person.is_seen(record) {
                self.presence_changed(user, ToldTo::Seeing);
            }
        });
    }

    /// Notes that somebody has a connection. One more, or one again after a short drop, is nothing that
    /// a person does.
    pub(super) fn arrived(&self, account: &Account, person: &mut Person) {
        if !person.online {
            self.change_state(account, person, |person| {
                person.online = true;
                person.automatic = PresenceState::Online;
            });
            self.is_active(account, person);
        }
    }

    fn is_active(&self, account: &Account, person: &mut Person) {
        person.active = Instant::now();
        self.change_state(account, person, |person| person.automatic = PresenceState::Online);
        self.look_again(account.record.user, person, self.settings.get().idle_after);
    }

    /// Sees to it that a timer looks at somebody's activity after a time, unless one does before that.
    fn look_again(&self, user: UserId, person: &mut Person, after: Duration) {
        let when = Instant::now() + after;
        if person.looked_at.is_none_or(|looked_at| looked_at > when) {
            person.looked_at = Some(when);
            self.set_timer(after, Timer::Inactive(user));
        }
    }

    /// Finds out whether somebody is idle or away by now.
    pub(super) fn look_at_activity(&self, user: UserId) {
        self.with_person(user, |account, person| {
            person.looked_at = person.looked_at.filter(|looked_at| *looked_at > Instant::now());
            if !person.online {
                return;
            }
            let inactive = person.active.elapsed();
            let HubSettings { idle_after, away_after, .. } = *self.settings.get();
            let (state, next) = if inactive >= away_after {
                (PresenceState::Away, None)
            } else if inactive >= idle_after {
                (PresenceState::Idle, Some(away_after - inactive))
            } else {
                (PresenceState::Online, Some(idle_after - inactive))
            };
            if let Some(next) = next {
                self.look_again(user, person, next);
            }
            self.change_state(account, person, |person| person.automatic = state);
        });
    }

    /// Changes how somebody is online, and tells of it if others see a difference.
    fn change_state(&self, account: &Account, person: &mut Person, change: impl FnOnce(&mut Person)) {
        let before = person.state(&account.record);
        change(person);
        if person.state(&account.record) != before {
            person.since = Some(self.clock.now());
            self.presence_changed(account.record.user, ToldTo::Seeing);
        }
    }

    /// Takes somebody for offline who has had no connection for long enough.
    pub(super) fn connection_stayed_away(&self, user: UserId) -> Option<(UserId, Timestamp)> {
        let mut last_seen = None;
        self.with_person(user, |account, person| {
            if !person.connections.is_empty() || !person.online {
                return;
            }
            // The timer of an earlier drop says nothing about the last one, which has set its own.
            if person.left.elapsed() < self.settings.get().offline_after {
                return;
            }
            let was_seen = person.is_seen(&account.record);
            self.change_state(account, person, |person| person.online = false);
            self.forget_later(user);
            if was_seen {
                person.last_seen = person.since;
                last_seen = person.last_seen;
            }
        });
        last_seen.map(|last_seen| (user, last_seen))
    }

    /// Sees to it that somebody is forgotten who has no connection by then.
    pub(super) fn forget_later(&self, user: UserId) {
        self.set_timer(FORGET_AFTER, Timer::Forget(user));
    }

    /// Forgets somebody who has no connection and is offline. Their next connection reads them first.
    pub(super) fn forget(&self, user: UserId) {
        let mut registry = lock::write_lock(&self.registry);
        let mut node = self.node();
        let gone = |person: &Person| person.connections.is_empty() && !person.online;
        if node.people.get(&user).is_some_and(gone) {
            node.people.remove(&user);
            registry.forget(user);
            drop((registry, node));
            self.give_back_later();
        }
    }
}
