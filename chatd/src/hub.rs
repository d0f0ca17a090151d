//! Who is connected, and the one door through which events leave the core. It is three things.
//!
//! The [`Registry`] holds what the store holds of those who are connected. It is changed by what the store's writer
//! publishes after each commit, in the order of the commits; so what it says is what is on the disk. The `node` and its
//! channels hold what lives on this daemon only: connections, typing, presence, who looks at what. The fan-out, from
//! `publish.rs` on, brings each change to the connections that are to hear of it.
//!
//! Locks, in the order in which they are taken: `registry`, `node`, `channels`, one channel's own, `timers` or an outbox's.
//! All are held for a look-up or one fan-out, never across an await. `publish` runs on one thread; everything else may run
//! anywhere.

mod channel;
mod conversation;
mod describe;
mod membership;
mod messages;
mod node;
mod outbox;
mod person;
mod presence;
mod publish;
mod registry;
mod relations;
mod timers;
mod typing;
mod visibility;
mod wall;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use proto::{ChannelId, ChannelKind, Role, SessionId};
use tokio::sync::Notify;

pub use messages::Messages;
pub use outbox::{Closing, Item, News, Outbox};
pub use publish::Publisher;
pub use registry::Registry;
pub use visibility::Relations;

use crate::clock::Clock;
use crate::counters::Count;
use crate::lock::{self, lock};
use crate::reloadable::Reloadable;
use crate::store::UserId;
use channel::{LiveChannel, SharedChannel};
use node::Node;
use outbox::Spared;
use timers::Timer;

/// How long an ended session is remembered, so that a connection that was signing in just then finds out.
const ENDED_SESSIONS_KEPT: Duration = Duration::from_secs(60);

/// The connections and what they hear. See the module.
pub struct Hub {
    clock: Arc<dyn Clock>,
    settings: Reloadable<HubSettings>,
    registry: RwLock<Registry>,
    node: Mutex<Node>,
    /// The channels that somebody here hears.
    channels: RwLock<HashMap<ChannelId, Arc<SharedChannel>>>,
    next_connection: AtomicU64,
    /// What will happen by itself, and whose presence is to be sent; see presence.rs.
    timers: Mutex<timers::Timers>,
    timers_changed: Notify,
    /// Messages published, and how often they were handed to a connection.
    pub(crate) messages: Count,
    pub(crate) deliveries: Count,
    /// The last probe that came through.
    probed: AtomicU64,
    /// What connections that do not drain were spared.
    pub(crate) spared: Arc<Spared>,
}

/// Why somebody cannot connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConnectError {
    /// The session has ended meanwhile.
    SessionEnded,
    /// The account has as many connections as it may.
    TooMany,
    /// The registry does not know the account: it is to be read first.
    NotRead,
}

/// When the first comes back after a restart: the new daemon should listen by then.
pub(crate) const BACK_AFTER: Duration = Duration::from_millis(100);
/// How far those who come back are apart: what one costs the daemon, and room to spare.
const BACK_APART: Duration = Duration::from_micros(300);
/// Within this time all come back, however many they are.
const BACK_WITHIN: Duration = Duration::from_millis(1_500);

/// Which channels of its person a connection follows.
#[derive(Debug, Clone)]
pub enum Follows {
    /// All, but conversations that were closed.
    All,
    /// All, and of the direct conversations these.
    Newest(HashSet<ChannelId>),
    /// Only the channels that `hello` named.
    Only(HashSet<ChannelId>),
}

/// Settings of the hub.
#[derive(Debug, Clone, Copy)]
pub struct HubSettings {
    /// Without activity for this long one is idle.
    pub idle_after: Duration,
    /// Without activity for this long one is away.
    pub away_after: Duration,
    /// Without connection for this long one is offline.
    pub offline_after: Duration,
    /// WebSocket connections of an account, 0 for no limit.
    pub connections_per_account: u64,
    /// Bytes that wait for a connection before it is closed as too slow.
    pub outbox_bytes: usize,
}

impl Hub {
    /// Makes a hub that nobody is connected to.
    pub fn new(settings: HubSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            settings: Reloadable::new(settings),
            registry: RwLock::default(),
            node: Mutex::default(),
            channels: RwLock::default(),
            next_connection: AtomicU64::new(1),
            timers: Mutex::default(),
            timers_changed: Notify::new(),
            messages: Count::default(),
            deliveries: Count::default(),
            probed: AtomicU64::new(0),
            spared: Arc::default(),
        }
    }

    /// Takes other settings, for what happens from now on.
    pub fn change(&self, settings: HubSettings) {
        self.settings.set(settings);
    }

    /// Gives the role of somebody who is connected in a channel; nothing of others, whom the store knows.
    pub fn role(&self, channel: &ChannelId, user: UserId) -> Option<Role> {
        self.registry().membership(channel, user).map(|membership| membership.role)
    }

    /// Tells whether somebody who is connected may read a channel: as a member, or since it holds posts of somebody connected
    /// whom they may read. What is not known here the store knows.
    pub fn may_read(&self, channel: &ChannelId, user: UserId) -> bool {
        let registry = self.registry();
        registry.membership(channel, user).is_some() || registry.reads_wall(channel, user)
    }

    /// Tells whether somebody is in a channel and has not closed it.
    pub fn is_open(&self, channel: &ChannelId, user: UserId) -> bool {
        self.registry().membership(channel, user).is_some_and(|membership| !membership.closed)
    }

    /// Tells whether somebody who is connected is a guest.
    pub fn is_guest(&self, user: UserId) -> Option<bool> {
        self.registry().account(user).map(|account| account.record.guest)
    }

    /// Counts the channels of somebody who is connected, closed direct messages too; nothing of others.
    pub fn channels_of(&self, user: UserId) -> Option<usize> {
        self.registry().account(user).map(|account| account.channels.len())
    }

    /// Lets a connection hear the events of its person's channels that it follows, and gives the channels it now hears.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub fn connect(
        &self,
        user: UserId,
        session: SessionId,
        follows: &Follows,
    ) -> Result<(Arc<Outbox>, Vec<ChannelId>), ConnectError> {
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let HubSettings { outbox_bytes, connections_per_account, .. } = *self.settings.get();
        let (outbox, mine) = {
            let registry = self.registry();
            let account = registry.account(user).ok_or(ConnectError::NotRead)?;
            let mut node = self.node();
            if node.has_ended(session) {
                return Err(ConnectError::SessionEnded);
            }
            let person = node.people.get_mut(&user).ok_or(ConnectError::NotRead)?;
            if connections_per_account > 0 && person.connections.len() as u64 >= connections_per_account {
                return Err(ConnectError::TooMany);
            }
            let discreet = person.discreet.clone();
            let outbox = Arc::new(Outbox::new(id, user, session, outbox_bytes, self.spared.clone(), discreet));
            person.connections.push(outbox.clone());
            self.arrived(account, person);
            (outbox, account.channels.iter().copied().collect::<Vec<_>>())
        };
        let heard = mine.into_iter().filter(|channel| self.attach(channel, &outbox, follows)).collect();
        Ok((outbox, heard))
    }

    /// Adds a connection to a channel that it follows if its person is a member, who only then may hear of it.
    fn attach(&self, id: &ChannelId, outbox: &Arc<Outbox>, follows: &Follows) -> bool {
        let user = outbox.user();
        // While it is held nobody's membership ends; who ends it later finds the connection here.
        let registry = self.registry();
        let Some((kind, membership)) =
            registry.channel(id).and_then(|channel| Some((channel.kind, *channel.members.get(&user)?)))
        else {
            return false;
        };
        let follows_it = match follows {
            Follows::All => !membership.closed,
            Follows::Only(named) => named.contains(id),
            Follows::Newest(shown) if kind == ChannelKind::Dm => shown.contains(id),
            Follows::Newest(_) => true,
        };
        if follows_it {
            self.enter(id, |live| _ = live.connections.insert(outbox.id(), outbox.clone()));
        } else if matches!(follows, Follows::Newest(_)) && !membership.closed {
            // Its next message shows it.
            self.enter(id, |live| _ = live.unshown.insert(user));
        }
        follows_it
    }

    /// Ends what [`Hub::connect`] began.
    pub fn disconnect(&self, outbox: &Arc<Outbox>) {
        outbox.close(Closing::Gone);
        self.stop_watching(outbox);
        let (channels, is_last) = {
            let registry = self.registry();
            let mut node = self.node();
            let Some(person) = node.people.get_mut(&outbox.user()) else { return };
            person.connections.retain(|other| other.id() != outbox.id());
            let is_last = person.connections.is_empty();
            if is_last {
                person.left = Instant::now();
                self.set_timer(self.settings.get().offline_after, Timer::Offline(outbox.user()));
            }
            let channels = registry.account(outbox.user()).map(|account| account.channels.clone());
            (channels.unwrap_or_default(), is_last)
        };
        for channel in channels {
            self.exit(&channel, |live| {
                live.connections.remove(&outbox.id());
                if is_last {
                    live.unshown.remove(&outbox.user());
                }
            });
        }
    }

    /// Tells every connection that the daemon stops, and each a moment of its own to come back.
    pub fn stop(&self) {
        let node = self.node();
        let connections = node.connections().collect::<Vec<_>>();
        let each = BACK_WITHIN.min(BACK_APART * connections.len() as u32) / connections.len().max(1) as u32;
        for (place, outbox) in (0..).zip(connections) {
            outbox.stop(BACK_AFTER + each * place);
        }
    }

    /// Gives the number of the last probe of the store that came through.
    pub fn probed(&self) -> u64 {
        self.probed.load(Ordering::Relaxed)
    }

    /// Counts the open connections.
    pub fn connections(&self) -> usize {
        self.node().connections().count()
    }

    /// Counts those who are online.
    pub fn people_online(&self) -> usize {
        self.node().people.values().filter(|person| person.online).count()
    }

    /// Gives the sessions of an account's open connections, one for each.
    pub fn sessions_connected(&self, user: UserId) -> Vec<SessionId> {
        self.connections_of(user).iter().map(|outbox| outbox.session()).collect()
    }

    /// Gives the guests who are connected, with the session of each connection.
    pub fn guests_connected(&self) -> Vec<(UserId, SessionId)> {
        let (registry, node) = (self.registry(), self.node());
        let guest = |user: UserId| registry.account(user).is_some_and(|account| account.record.guest);
        let connections = node.connections().map(|outbox| (outbox.user(), outbox.session()));
        connections.filter(|(user, _)| guest(*user)).collect()
    }

    /// Gives the open connections of an account.
    pub(crate) fn connections_of(&self, user: UserId) -> Vec<Arc<Outbox>> {
        self.node().people.get(&user).map(|person| person.connections.clone()).unwrap_or_default()
    }

    /// Does something with a channel that somebody here hears or will hear from now on.
    fn enter(&self, id: &ChannelId, work: impl FnOnce(&mut LiveChannel)) {
        // One that is found is not dropped before this lock is given back.
        if let Some(channel) = lock::read_lock(&self.channels).get(id) {
            return work(&mut channel.live());
        }
        work(&mut lock::write_lock(&self.channels).entry(*id).or_default().live());
    }

    /// Does something with a channel that somebody here hears, which is dropped if nobody does afterwards.
    fn exit(&self, id: &ChannelId, work: impl FnOnce(&mut LiveChannel)) {
        let mut idle = false;
        self.with_channel(id, |live| {
            work(live);
            idle = live.is_idle();
        });
        if idle {
            let mut channels = lock::write_lock(&self.channels);
            if channels.get(id).is_some_and(|channel| channel.live().is_idle()) {
                channels.remove(id);
            }
        }
    }

    /// Does something with a channel if somebody here hears it.
    fn with_channel(&self, id: &ChannelId, work: impl FnOnce(&mut LiveChannel)) {
        let channel = lock::read_lock(&self.channels).get(id).cloned();
        if let Some(channel) = channel {
            work(&mut channel.live());
        }
    }

    fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        lock::read_lock(&self.registry)
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        lock(&self.node)
    }
}
