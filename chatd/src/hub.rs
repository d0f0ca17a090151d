//! The registry of channels and people, and the one door through which events leave the core.
//!
//! The registry knows every account, every membership and every open connection. It is filled from
//! the store's directory and from then on changed only by [`Publisher`], which the store's writer
//! calls after each commit, in the order of the commits; so what it says is what is on the disk.
//!
//! Locks: `people` and each channel's `room` are standard mutexes, held for a look-up or one
//! fan-out, never across an await and never one inside the other; inside either only an outbox's own
//! and `timers` are taken. `publish` runs on one thread; everything else may run anywhere.

mod circle;
mod conversation;
mod messages;
mod outbox;
mod person;
mod presence;
mod publish;
mod room;
mod typing;
mod wall;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::{Duration, Instant};

use proto::{ChannelId, ChannelKind, ErrorCode, ErrorReply, Handle, Member, MemberPage, Presence, Role, SessionId};
use tokio::sync::Notify;

pub use messages::Messages;
pub use outbox::{Closing, Item, News, Outbox};
pub use publish::Publisher;

use crate::clock::Clock;
use crate::live::Live;
use crate::lock::{self, lock};
use crate::metrics::Count;
use crate::store::{Directory, DirectoryUser, UserId};
use circle::{Circle, Sight};
use outbox::Spared;
use person::Person;
use presence::Timer;
use room::{Admission, Channel, Room};

/// How long an ended session is remembered, so that a connection that was signing in just then finds out.
const ENDED_SESSIONS_KEPT: Duration = Duration::from_secs(60);

/// The registry. See the module.
pub struct Hub {
    clock: Arc<dyn Clock>,
    settings: Live<HubSettings>,
    people: Mutex<People>,
    channels: RwLock<HashMap<ChannelId, Arc<Channel>>>,
    next_connection: AtomicU64,
    /// What will happen by itself, and whose presence is to be told; see presence.rs.
    timers: Mutex<presence::Timers>,
    timers_changed: Notify,
    /// Messages published, and how often they were handed to a connection.
    pub(crate) messages: Count,
    pub(crate) deliveries: Count,
    /// The last probe that came through.
    probed: AtomicU64,
    /// What connections that do not drain were spared.
    pub(crate) spared: Arc<Spared>,
}

#[derive(Default)]
struct People {
    by_id: HashMap<UserId, Person>,
    by_handle: HashMap<Handle, UserId>,
    /// Whoever has a wall.
    walls: HashMap<UserId, ChannelId>,
    ended_sessions: VecDeque<(Instant, SessionId)>,
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
    /// Only these.
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
    /// Makes the registry of everything that the store holds.
    pub fn new(directory: Directory, settings: HubSettings, clock: Arc<dyn Clock>) -> Self {
        let mut people = People::default();
        for user in directory.users {
            people.add(user);
        }
        for (user, other, relation, since) in directory.relations {
            let _ = people.change_circle(user, |circle| circle.relate(other, relation, since));
            let _ = people.change_circle(other, |circle| circle.related_by(user, relation));
        }
        let mut rooms: HashMap<_, _> =
            directory.channels.into_iter().map(|channel| (channel.channel, Room::new(channel.kind))).collect();
        for (wall, owner) in directory.walls {
            rooms.insert(wall, Room::of_wall(owner));
            people.walls.insert(owner, wall);
        }
        for member in directory.members {
            if let (Some(room), Some(person)) = (rooms.get_mut(&member.channel), people.by_id.get_mut(&member.user)) {
                room.admit(member.user, member.role, Admission::of(&member));
                person.channels.insert(member.channel);
            }
        }
        let channels = rooms.into_iter().map(|(id, room)| (id, Arc::new(Channel::new(room)))).collect();
        Self {
            clock,
            settings: Live::new(settings),
            people: Mutex::new(people),
            channels: RwLock::new(channels),
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

    /// Gives the kind of a channel and the role that somebody has in it.
    pub fn standing(&self, channel: &ChannelId, user: UserId) -> Option<(ChannelKind, Option<Role>)> {
        let channel = self.channel(channel)?;
        let room = channel.room();
        Some((room.kind, room.roles.get(&user).copied()))
    }

    /// Says what somebody sees of whether another is there; nothing when they may not.
    pub fn presence_seen(&self, user: UserId, viewer: UserId, shares: bool) -> Option<Presence> {
        let people = self.people();
        let person = people.by_id.get(&user)?;
        match person.sight(user, viewer, shares) {
            // Whoever is blocked sees somebody who went away.
            sight @ Sight::Veiled(Some(_)) if shares => Some(circle::seen(&person.presence(), sight)),
            Sight::Veiled(_) | Sight::Hidden => None,
            Sight::Clear => Some(person.presence()),
        }
    }

    /// Tells whether somebody came in without an account.
    pub fn is_guest(&self, user: UserId) -> bool {
        self.people().by_id.get(&user).is_some_and(|person| person.guest)
    }

    /// Gives those of the handles that belong to members of a channel, on a wall to anybody, each once, at most `limit`.
    pub fn members_named(
        &self,
        channel: &ChannelId,
        handles: impl Iterator<Item = Handle>,
        limit: usize,
    ) -> Vec<(UserId, Handle)> {
        let Some(channel) = self.channel(channel) else { return Vec::new() };
        let mut seen = HashSet::new();
        let named = {
            let people = self.people();
            handles
                .filter_map(|handle| Some((*people.by_handle.get(&handle)?, handle)))
                .filter(|(user, _)| seen.insert(*user))
                .collect::<Vec<_>>()
        };
        let wall_of = channel.room().wall_of;
        if wall_of.is_some() {
            // Who may read it is nobody's business: whoever may not hears nothing of it.
            return named.into_iter().take(limit).collect();
        }
        let room = channel.room();
        named.into_iter().filter(|(user, _)| room.roles.contains_key(user)).take(limit).collect()
    }

    /// Gives the members of a channel that are shown, as one of them sees them, online first, and how many there are.
    pub fn members(&self, channel: &ChannelId, viewer: UserId) -> (Vec<Member>, u64) {
        let Some(channel) = self.channel(channel) else { return (Vec::new(), 0) };
        let (shown, total) = {
            let mut room = channel.room();
            (room.shown(), room.roles.len() as u64)
        };
        let mut members = self.described(&channel, shown, viewer);
        members.sort_by(|a, b| b.online.cmp(&a.online).then_with(|| a.handle.cmp(&b.handle)));
        (members, total)
    }

    /// Gives a page of a channel's members, as one of them sees them, ascending by handle from behind one on.
    pub fn member_page(&self, channel: &ChannelId, viewer: UserId, after: Option<&Handle>, limit: usize) -> MemberPage {
        let Some(channel) = self.channel(channel) else {
            return MemberPage { members: Vec::new(), members_total: 0, more: false };
        };
        let everybody: Vec<_> = {
            let room = channel.room();
            let typing = |user: &UserId| room.typing.contains_key(user);
            room.roles.iter().map(|(user, role)| (*user, *role, typing(user))).collect()
        };
        let members_total = everybody.len() as u64;
        let mut page = {
            let people = self.people();
            let named = everybody.into_iter().filter_map(|member| Some((people.handle(member.0)?, member)));
            named.filter(|(handle, _)| after.is_none_or(|after| handle > after)).collect::<Vec<_>>()
        };
        page.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let more = page.len() > limit;
        page.truncate(limit);
        let members = self.described(&channel, page.into_iter().map(|(_, member)| member), viewer);
        MemberPage { members, members_total, more }
    }

    /// Says how those members of a channel are now, as another one sees them.
    fn described(
        &self,
        channel: &Channel,
        members: impl IntoIterator<Item = (UserId, Role, bool)>,
        viewer: UserId,
    ) -> Vec<Member> {
        let members = members.into_iter().collect::<Vec<_>>();
        let apart = {
            let room = channel.room();
            let apart = members.iter().map(|(user, ..)| *user).filter(|user| room.apart.contains(user));
            apart.collect::<Vec<_>>()
        };
        let unseen = apart.into_iter().filter(|user| !self.shares(*user, viewer)).collect::<HashSet<_>>();
        let people = self.people();
        let described = members.into_iter().filter_map(|(user, role, typing)| {
            let person = people.by_id.get(&user)?;
            Some(person.member(role, typing, person.sight(user, viewer, !unseen.contains(&user))))
        });
        described.collect()
    }

    /// Tells whether another is in a channel that somebody shares: one that they have come to, read or written in.
    pub fn shares(&self, user: UserId, viewer: UserId) -> bool {
        let channels = self.people().by_id.get(&user).map_or_else(HashSet::new, |person| person.channels.clone());
        channels.iter().any(|channel| {
            self.channel(channel).is_some_and(|channel| {
                let room = channel.room();
                !room.apart.contains(&user) && room.roles.contains_key(&viewer)
            })
        })
    }

    /// Counts the channels of somebody, closed conversations too.
    pub fn channels_of(&self, user: UserId) -> usize {
        self.people().by_id.get(&user).map_or(0, |person| person.channels.len())
    }

    /// Counts the members of a channel.
    pub fn members_total(&self, channel: &ChannelId) -> u64 {
        self.channel(channel).map_or(0, |channel| channel.room().roles.len() as u64)
    }

    /// Lets a connection hear the events of its person's channels that it follows, and gives the channels it now hears.
    ///
    /// # Errors
    /// `token_invalid` when the session has been ended meanwhile, `rate_limited` when the account
    /// has as many connections as it may.
    pub fn connect(
        &self,
        user: UserId,
        session: SessionId,
        follows: &Follows,
    ) -> Result<(Arc<Outbox>, Vec<ChannelId>), ErrorReply> {
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let HubSettings { outbox_bytes, connections_per_account, .. } = *self.settings.get();
        let (outbox, mine) = {
            let mut people = self.people();
            if people.ended_sessions.iter().any(|(_, ended)| *ended == session) {
                return Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended"));
            }
            let person = people
                .by_id
                .get_mut(&user)
                .ok_or_else(|| ErrorReply::new(ErrorCode::TokenInvalid, "the account of this token does not exist"))?;
            if connections_per_account > 0 && person.connections.len() as u64 >= connections_per_account {
                return Err(crate::error::rate_limited(Duration::from_secs(10)));
            }
            let discreet = person.discreet.clone();
            let outbox = Arc::new(Outbox::new(id, user, session, outbox_bytes, self.spared.clone(), discreet));
            person.connections.push(outbox.clone());
            self.arrived(user, person);
            (outbox, person.channels.iter().copied().collect::<Vec<_>>())
        };
        let heard = mine.into_iter().filter(|channel| self.attach(channel, &outbox, follows)).collect();
        Ok((outbox, heard))
    }

    /// Ends what [`Hub::connect`] began.
    pub fn disconnect(&self, outbox: &Arc<Outbox>) {
        outbox.close(Closing::Gone);
        self.watch_feed(outbox, false);
        let channels = {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&outbox.user()) else { return };
            person.connections.retain(|other| other.id() != outbox.id());
            if person.connections.is_empty() {
                person.left = Some(Instant::now());
                self.set_timer(self.settings.get().offline_after, Timer::Offline(outbox.user()));
            }
            person.channels.iter().copied().collect::<Vec<_>>()
        };
        for channel in channels {
            if let Some(channel) = self.channel(&channel) {
                channel.room().connections.remove(&outbox.id());
            }
        }
    }

    /// Tells every connection that the daemon stops, and each a moment of its own to come back.
    pub fn stop(&self) {
        let people = self.people();
        let connections = people.by_id.values().flat_map(|person| &person.connections).collect::<Vec<_>>();
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
        self.people().by_id.values().map(|person| person.connections.len()).sum()
    }

    /// Counts those who are online.
    pub fn people_online(&self) -> usize {
        self.people().by_id.values().filter(|person| person.online).count()
    }

    /// Gives the sessions of an account's open connections, one for each.
    pub fn sessions_connected(&self, user: UserId) -> Vec<SessionId> {
        let people = self.people();
        let person = people.by_id.get(&user);
        person.into_iter().flat_map(|person| &person.connections).map(|outbox| outbox.session()).collect()
    }

    /// Gives the guests who are connected, with the session of each connection.
    pub fn guests_connected(&self) -> Vec<(UserId, SessionId)> {
        let people = self.people();
        let guests = people.by_id.iter().filter(|(_, person)| person.guest);
        let connections =
            guests.flat_map(|(user, person)| person.connections.iter().map(|outbox| (*user, outbox.session())));
        connections.collect()
    }

    /// Counts the open connections of an account.
    pub fn connections_of(&self, user: UserId) -> usize {
        self.people().by_id.get(&user).map_or(0, |person| person.connections.len())
    }

    /// Adds a connection to a room that it follows if its person is a member, which only then may hear of it.
    fn attach(&self, id: &ChannelId, outbox: &Arc<Outbox>, follows: &Follows) -> bool {
        let Some(channel) = self.channel(id) else { return false };
        let mut room = channel.room();
        let user = outbox.user();
        let named = match follows {
            Follows::All => !room.closed.contains(&user),
            Follows::Only(named) => named.contains(id),
            Follows::Newest(shown) if room.kind == ChannelKind::Dm => shown.contains(id),
            Follows::Newest(_) => true,
        };
        let is_member = room.roles.contains_key(&user);
        if is_member && !named && matches!(follows, Follows::Newest(_)) && !room.closed.contains(&user) {
            // Its next message shows it.
            room.unshown.insert(user);
        }
        if is_member && named {
            room.connections.insert(outbox.id(), outbox.clone());
        }
        is_member && named
    }

    fn channel(&self, channel: &ChannelId) -> Option<Arc<Channel>> {
        lock::read(&self.channels).get(channel).cloned()
    }

    fn people(&self) -> MutexGuard<'_, People> {
        lock(&self.people)
    }
}

impl People {
    fn add(&mut self, user: DirectoryUser) {
        self.by_handle.insert(user.handle.clone(), user.user);
        self.by_id.insert(user.user, Person::new(user));
    }

    /// Changes whom somebody sees or lets see them; gives what was before if anything is different then.
    fn change_circle(&mut self, user: UserId, change: impl FnOnce(&mut Circle)) -> Option<Arc<Circle>> {
        let person = self.by_id.get_mut(&user)?;
        let mut circle = (*person.circle).clone();
        change(&mut circle);
        if circle == *person.circle {
            return None;
        }
        let before = std::mem::replace(&mut person.circle, Arc::new(circle));
        person.note_discretion();
        Some(before)
    }

    fn remove(&mut self, user: UserId) {
        if let Some(person) = self.by_id.remove(&user) {
            self.by_handle.remove(&person.handle);
        }
    }

    fn handle(&self, user: UserId) -> Option<Handle> {
        self.by_id.get(&user).map(|person| person.handle.clone())
    }
}
