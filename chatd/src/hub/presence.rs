//! Who is there. Changes are gathered for a moment and told once per connection, whatever number of
//! channels is shared; a short drop of a connection does not show.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::{ChannelId, ChosenPresence, Presence, PresenceState, Status, Timestamp};

use super::channel::{LiveChannel, Telling};
use super::outbox::{Item, Outbox, Presences};
use super::person::Person;
use super::registry::Account;
use super::visibility::{Relations, Visibility, seen};
use super::{Hub, HubSettings};
use crate::lock::{self, lock};
use crate::store::{UserId, UserRecord};

/// How long changes of presence are gathered before they are told.
const GATHER: Duration = Duration::from_millis(50);
/// How long somebody is remembered who has no connection and is offline: longer than anything is gathered.
const FORGET_AFTER: Duration = Duration::from_secs(2);

/// What will happen by itself when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Somebody's typing ends.
    Typing(ChannelId, UserId),
    /// Somebody without connection is offline.
    Offline(UserId),
    /// Somebody may have been inactive for long enough to be idle or away.
    Inactive(UserId),
    /// The gathered changes of presence are told.
    Tell,
    /// What a large channel has gathered about its members is told.
    TellChannel(ChannelId),
    /// Somebody who has no connection need not be known any more.
    Forget(UserId),
}

/// To whom a change of somebody's presence is told.
#[derive(Debug, Clone)]
pub(super) enum ToldTo {
    /// To whom may see it.
    Seeing,
    /// To whom sees something else than while these were the relations.
    Since(Arc<Relations>),
    /// To everybody: whoever may not see it sees somebody who is not there.
    All,
}

/// To whom the gathered changes of somebody's presence are told.
#[derive(Debug, Default)]
struct Told {
    seeing: bool,
    /// The relations before the first of the changes.
    before: Option<Arc<Relations>>,
    all: bool,
}

impl Told {
    fn add(&mut self, to: ToldTo) {
        match to {
            ToldTo::Seeing => self.seeing = true,
            ToldTo::Since(before) => _ = self.before.get_or_insert(before),
            ToldTo::All => self.all = true,
        }
    }
}

#[derive(Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Instant, Timer)>>,
    changed: HashMap<UserId, Told>,
}

impl Hub {
    /// Does what is due by time, for as long as the daemon runs, and hands over who went offline and when.
    pub async fn run_timers(&self, mut went_offline: impl AsyncFnMut(Vec<(UserId, Timestamp)>)) -> ! {
        loop {
            match self.due() {
                Ok(timers) => {
                    let gone = timers.into_iter().filter_map(|timer| self.fire(timer)).collect::<Vec<_>>();
                    if !gone.is_empty() {
                        went_offline(gone).await;
                    }
                }
                Err(next) => {
                    let changed = self.timers_changed.notified();
                    match next {
                        Some(next) => drop(tokio::time::timeout_at(next.into(), changed).await),
                        None => changed.await,
                    }
                }
            }
        }
    }

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

    pub(super) fn set_timer(&self, after: Duration, timer: Timer) {
        let mut timers = lock(&self.timers);
        timers.due.push(Reverse((Instant::now() + after, timer)));
        drop(timers);
        self.timers_changed.notify_one();
    }

    /// Notes that somebody's presence is to be told.
    pub(super) fn presence_changed(&self, user: UserId, to: ToldTo) {
        let first = {
            let mut timers = lock(&self.timers);
            let first = timers.changed.is_empty();
            timers.changed.entry(user).or_default().add(to);
            first
        };
        if first {
            self.set_timer(GATHER, Timer::Tell);
        }
    }

    /// Takes the timers whose time has come, or says when the next one's comes.
    fn due(&self) -> Result<Vec<Timer>, Option<Instant>> {
        let mut timers = lock(&self.timers);
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some(Reverse((when, timer))) = timers.due.peek().copied() {
            if when > now {
                break;
            }
            timers.due.pop();
            due.push(timer);
        }
        if due.is_empty() { Err(timers.due.peek().map(|Reverse((when, _))| *when)) } else { Ok(due) }
    }

    fn fire(&self, timer: Timer) -> Option<(UserId, Timestamp)> {
        match timer {
            Timer::Typing(channel, user) => self.typing_ran_out(&channel, user),
            Timer::Offline(user) => return self.connection_stayed_away(user),
            Timer::Inactive(user) => self.look_at_activity(user),
            Timer::Tell => self.tell_presence(),
            Timer::TellChannel(channel) => self.tell_channel(&channel),
            Timer::Forget(user) => self.forget(user),
        }
        None
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
    fn look_at_activity(&self, user: UserId) {
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
    fn connection_stayed_away(&self, user: UserId) -> Option<(UserId, Timestamp)> {
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

    /// Forgets somebody who has no connection and is offline. Whoever connects them again reads them first.
    fn forget(&self, user: UserId) {
        let mut registry = lock::write(&self.registry);
        let mut node = self.node();
        let gone = |person: &Person| person.connections.is_empty() && !person.online;
        if node.people.get(&user).is_some_and(gone) {
            node.people.remove(&user);
            registry.forget(user);
        }
    }

    /// Tells every connection that shares a channel with somebody changed, and those of their friends, each once.
    fn tell_presence(&self) {
        let changed = {
            let mut timers = lock(&self.timers);
            std::mem::take(&mut timers.changed)
        };
        let mut telling = Gathering::default();
        let mut newly_shown = Vec::new();
        for (user, to) in changed {
            let registry = self.registry();
            let Some(account) = registry.account(user) else { continue };
            let friends = {
                let node = self.node();
                let Some(person) = node.people.get(&user) else { continue };
                telling.begin(account, person, to);
                let friends = account.relations.friends.iter().filter_map(|friend| node.people.get(friend));
                friends.flat_map(|friend| friend.connections.clone()).collect::<Vec<_>>()
            };
            for id in &account.channels {
                let Some(channel) = registry.channel(id) else { continue };
                let shares = !channel.is_apart(user);
                self.with_channel(id, |live| match live.tells(channel, user, telling.is_seen_by_all() && shares) {
                    Telling::Nothing => {}
                    Telling::Replaced(shown) => {
                        newly_shown.push((*id, shown));
                        telling.add_channel(live, shares);
                    }
                    Telling::Member => newly_shown.push((*id, user)),
                    Telling::Presence => telling.add_channel(live, shares),
                });
            }
            friends.iter().for_each(|outbox| telling.add(outbox, false));
        }
        for (channel, user) in newly_shown {
            self.tell_newly_shown(&channel, user);
        }
        telling.tell();
    }
}

/// What is to be told of several people, and to which connections.
#[derive(Default)]
struct Gathering {
    presences: Vec<Presence>,
    /// Those who are to be told, each with the changes that concern them.
    receivers: HashMap<u64, (Arc<Outbox>, BTreeSet<usize>)>,
    about: Option<About>,
}

/// Whose change is being gathered.
struct About {
    user: UserId,
    relations: Arc<Relations>,
    told: Told,
    clear: usize,
    /// What is told to whom sees less, by how much they see.
    less: HashMap<Visibility, usize>,
}

impl Gathering {
    fn begin(&mut self, account: &Account, person: &Person, told: Told) {
        self.presences.push(person.presence(&account.record));
        let clear = self.presences.len() - 1;
        let (user, relations) = (account.record.user, account.relations.clone());
        self.about = Some(About { user, relations, told, clear, less: HashMap::new() });
    }

    fn is_seen_by_all(&self) -> bool {
        self.about.as_ref().is_some_and(|about| self.presences[about.clear].online && about.relations.is_open())
    }

    fn add_channel(&mut self, live: &LiveChannel, shares: bool) {
        live.connections.values().for_each(|outbox| self.add(outbox, shares));
    }

    fn add(&mut self, outbox: &Arc<Outbox>, shares: bool) {
        let Some(about) = &mut self.about else { return };
        let viewer = outbox.user();
        let visibility = if viewer == about.user { Visibility::Full } else { about.relations.shown_to(viewer, shares) };
        let present = &self.presences[about.clear];
        let changed = about.told.before.as_ref().is_some_and(|before| {
            viewer != about.user && seen(present, before.shown_to(viewer, shares)) != seen(present, visibility)
        });
        // Whoever saw them until now saw also what changed before that ended.
        let saw = about.told.before.as_ref().is_some_and(|before| before.shown_to(viewer, shares) == Visibility::Full);
        let told = match visibility {
            // Nothing of somebody whom one has blocked is told but that one sees them no more.
            Visibility::Hidden => changed,
            _ => about.told.all || changed || (about.told.seeing && (visibility == Visibility::Full || saw)),
        };
        // Whoever shares nothing with somebody and may not see them is told nothing of them.
        if !told || (visibility != Visibility::Full && !shares) {
            return;
        }
        let which = match visibility {
            Visibility::Full => about.clear,
            less => *about.less.entry(less).or_insert_with(|| {
                self.presences.push(seen(&self.presences[about.clear], visibility));
                self.presences.len() - 1
            }),
        };
        let receiver = self.receivers.entry(outbox.id()).or_insert_with(|| (outbox.clone(), BTreeSet::new()));
        receiver.1.insert(which);
    }

    fn tell(self) {
        let mut written: HashMap<BTreeSet<usize>, Arc<Presences>> = HashMap::new();
        for (outbox, which) in self.receivers.into_values() {
            let told = written.entry(which).or_insert_with_key(|which| {
                Arc::new(Presences::new(which.iter().map(|which| self.presences[*which].clone()).collect()))
            });
            outbox.push(Item::Presence(told.clone()));
        }
    }
}
