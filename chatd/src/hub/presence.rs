//! Who is there. Changes are gathered for a moment and told once per connection, whatever number of
//! channels is shared; a short drop of a connection does not show.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::{ChannelId, MemberUpdate, Presence, PresenceState, Timestamp};

use super::outbox::{Item, Outbox, Presences};
use super::publish::member_event;
use super::room::{Room, Telling};
use super::{Hub, HubSettings, Person};
use crate::store::UserId;

/// How long changes of presence are gathered before they are told.
const GATHER: Duration = Duration::from_millis(50);

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
    /// What a large room has gathered about its members is told.
    TellRoom(ChannelId),
}

#[derive(Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Instant, Timer)>>,
    changed: HashSet<UserId>,
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
        let people = self.people();
        let online = people.by_id.iter().filter(|(_, person)| person.online);
        online.map(|(user, _)| (*user, last_seen)).collect()
    }

    pub(super) fn set_timer(&self, after: Duration, timer: Timer) {
        let mut timers = self.timers.lock().expect("nobody panics holding the timers");
        timers.due.push(Reverse((Instant::now() + after, timer)));
        drop(timers);
        self.timers_changed.notify_one();
    }

    /// Notes that somebody's presence is to be told.
    pub(super) fn presence_changed(&self, user: UserId) {
        let first = {
            let mut timers = self.timers.lock().expect("nobody panics holding the timers");
            timers.changed.insert(user);
            timers.changed.len() == 1
        };
        if first {
            self.set_timer(GATHER, Timer::Tell);
        }
    }

    /// Takes the timers whose time has come, or says when the next one's comes.
    fn due(&self) -> Result<Vec<Timer>, Option<Instant>> {
        let mut timers = self.timers.lock().expect("nobody panics holding the timers");
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
            Timer::TellRoom(channel) => self.tell_room(&channel),
        }
        None
    }

    /// Notes that somebody has done something, which ends being idle or away by itself.
    pub fn active(&self, user: UserId) {
        let mut people = self.people();
        if let Some(person) = people.by_id.get_mut(&user) {
            self.is_active(user, person);
        }
    }

    /// Notes what somebody says by hand about being there; `None` leaves it to the activity.
    pub fn choose_presence(&self, user: UserId, chosen: Option<PresenceState>) {
        let mut people = self.people();
        let Some(person) = people.by_id.get_mut(&user) else { return };
        self.is_active(user, person);
        if person.chosen != chosen {
            person.chosen = chosen;
            self.state_changed(user, person);
        }
    }

    /// Notes that somebody has a connection. One more, or one again after a short drop, is nothing that
    /// a person does.
    pub(super) fn arrived(&self, user: UserId, person: &mut Person) {
        if !person.online {
            person.online = true;
            person.automatic = PresenceState::Online;
            self.state_changed(user, person);
            self.is_active(user, person);
        }
    }

    fn is_active(&self, user: UserId, person: &mut Person) {
        person.active = Instant::now();
        if person.automatic != PresenceState::Online {
            person.automatic = PresenceState::Online;
            self.state_changed(user, person);
        }
        self.look_again(user, person, self.settings.get().idle_after);
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
        let mut people = self.people();
        let Some(person) = people.by_id.get_mut(&user) else { return };
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
        if person.automatic != state {
            person.automatic = state;
            self.state_changed(user, person);
        }
    }

    fn state_changed(&self, user: UserId, person: &mut Person) {
        person.since = Some(self.clock.now());
        self.presence_changed(user);
    }

    /// Takes somebody for offline who has had no connection for long enough.
    fn connection_stayed_away(&self, user: UserId) -> Option<(UserId, Timestamp)> {
        let mut people = self.people();
        let person = people.by_id.get_mut(&user)?;
        if !person.connections.is_empty() || !person.online {
            return None;
        }
        // The timer of an earlier drop says nothing about the last one, which has set its own.
        if person.left.is_none_or(|left| left.elapsed() < self.settings.get().offline_after) {
            return None;
        }
        let last_seen = self.clock.now();
        person.online = false;
        person.since = Some(last_seen);
        person.last_seen = Some(last_seen);
        self.presence_changed(user);
        Some((user, last_seen))
    }

    /// Tells a large room of somebody whom it shows from now on.
    pub(super) fn tell_newly_shown(&self, channel: &ChannelId, user: UserId) {
        let Some(presence) = self.people().by_id.get(&user).map(presence) else { return };
        self.with_room(channel, |room| {
            let shown = MemberUpdate {
                online: Some(presence.online),
                state: Some(presence.state),
                since: presence.since,
                last_seen: presence.last_seen,
                role: room.roles.get(&user).copied(),
                ..MemberUpdate::of(presence.handle)
            };
            room.send(&member_event(channel, shown, None));
        });
    }

    /// Tells every connection that shares a channel with somebody changed, each once.
    fn tell_presence(&self) {
        let changed = {
            let mut timers = self.timers.lock().expect("nobody panics holding the timers");
            std::mem::take(&mut timers.changed)
        };
        let mut presences = Vec::new();
        let mut newly_shown = Vec::new();
        let mut receivers = Receivers::new();
        for user in changed {
            let channels = {
                let people = self.people();
                let Some(person) = people.by_id.get(&user) else { continue };
                presences.push(presence(person));
                person.channels.clone()
            };
            let which = presences.len() - 1;
            for channel in channels {
                self.with_room(&channel, |room| match room.tells(user, presences[which].online) {
                    Telling::Nothing => {}
                    Telling::Replaced(shown) => {
                        newly_shown.push((channel, shown));
                        add_receivers(room, which, &mut receivers);
                    }
                    Telling::Member => newly_shown.push((channel, user)),
                    Telling::Presence => add_receivers(room, which, &mut receivers),
                });
            }
        }
        for (channel, user) in newly_shown {
            self.tell_newly_shown(&channel, user);
        }
        let mut written: HashMap<BTreeSet<usize>, Arc<Presences>> = HashMap::new();
        for (outbox, which) in receivers.into_values() {
            let told = written.entry(which).or_insert_with_key(|which| {
                Arc::new(Presences::new(which.iter().map(|which| presences[*which].clone()).collect()))
            });
            outbox.push(Item::Presence(told.clone()));
        }
    }
}

/// Those who are to be told, each with the changes that concern them.
type Receivers = HashMap<u64, (Arc<Outbox>, BTreeSet<usize>)>;

fn add_receivers(room: &Room, which: usize, receivers: &mut Receivers) {
    for (id, outbox) in &room.connections {
        let receiver = receivers.entry(*id).or_insert_with(|| (outbox.clone(), BTreeSet::new()));
        receiver.1.insert(which);
    }
}

pub(super) fn presence(person: &Person) -> Presence {
    Presence {
        handle: person.handle.clone(),
        online: person.online,
        state: person.state(),
        since: person.since,
        last_seen: person.last_seen,
    }
}
