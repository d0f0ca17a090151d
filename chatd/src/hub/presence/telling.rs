//! Sending presence: changes are gathered for a moment and sent once per connection, whatever number of channels is
//! shared, to each as much as they may see.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use proto::Presence;

use crate::hub::Hub;
use crate::hub::channel::{LiveChannel, Telling};
use crate::hub::outbox::{Item, Outbox, Presences};
use crate::hub::person::Person;
use crate::hub::registry::Account;
use crate::hub::timers::Timer;
use crate::hub::visibility::{Relations, Visibility, seen};
use crate::lock::lock;
use crate::store::UserId;

/// How long changes of presence are gathered before they are sent.
const GATHER: Duration = Duration::from_millis(50);

/// To whom a change of somebody's presence is sent.
#[derive(Debug, Clone)]
pub(in crate::hub) enum ToldTo {
    /// To whom may see it.
    Seeing,
    /// To whom sees something else than while these were the relations.
    Since(Arc<Relations>),
    /// To everybody: those who may not see it are sent that the person is offline.
    All,
}

/// To whom the gathered changes of somebody's presence are sent.
#[derive(Debug, Default)]
pub(in crate::hub) struct Told {
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

impl Hub {
    /// Notes that somebody's presence is to be sent.
    pub(in crate::hub) fn presence_changed(&self, user: UserId, to: ToldTo) {
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

    /// Tells every connection that shares a channel with somebody changed, and those of their friends, each once.
    pub(in crate::hub) fn tell_presence(&self) {
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

/// What is to be sent about several people, and to which connections.
#[derive(Default)]
struct Gathering {
    presences: Vec<Presence>,
    /// Who is to be sent something, each with the changes that concern them.
    receivers: HashMap<u64, (Arc<Outbox>, BTreeSet<usize>)>,
    about: Option<About>,
}

/// Whose change is being gathered.
struct About {
    user: UserId,
    relations: Arc<Relations>,
    told: Told,
    clear: usize,
    /// What is sent to those who see less, by how much they see.
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
        // A user who saw them until now is sent also what changed before that ended.
        let saw = about.told.before.as_ref().is_some_and(|before| before.shown_to(viewer, shares) == Visibility::Full);
        let told = match visibility {
            // Of a user whom one has blocked only the last change is sent: that they are no longer seen.
            Visibility::Hidden => changed,
            _ => about.told.all || changed || (about.told.seeing && (visibility == Visibility::Full || saw)),
        };
        // A user who shares no channel with them and may not see them is sent nothing.
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
