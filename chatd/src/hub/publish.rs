//! From a committed change to the connections that are to hear of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use proto::codec::encode_event;
use proto::{
    CatchUpUpdate, ChannelId, ChannelKind, ChannelRead, ChannelRemove, ChannelUpdate, ChannelUserUpdate,
    ChannelUsersUpdate, Handle, MemberUpdate, Message, MessageAdd, MessageUpdate, Nonce, Presence, Relation,
    Relationship, RemoveReason, Role, ServerPacket, SessionId, Settings, Timestamp, Version,
};

use super::circle::{Circle, Sight, seen};
use super::messages::Messages;
use super::outbox::{Closing, Item, Outbox};
use super::person::appearing;
use super::presence::{Timer, ToldTo};
use super::room::{Admission, Channel, Room, Telling};
use super::typing::end_typing;
use super::{ENDED_SESSIONS_KEPT, Hub};
use crate::lock;
use crate::store::{Change, Publish, UserId};

/// How long a large room gathers who joined and left before it tells.
const GATHER_IN_LARGE_ROOMS: Duration = Duration::from_secs(1);

/// The store's way to the hub.
pub struct Publisher {
    hub: Arc<Hub>,
    /// Connections that have messages waiting and do not know it yet.
    untold: Vec<Arc<Outbox>>,
}

impl Publisher {
    /// Brings the changes of a store to a hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { hub, untold: Vec::new() }
    }
}

impl Publish for Publisher {
    fn publish(&mut self, changes: Vec<Change>) {
        self.hub.publish(changes, &mut self.untold);
    }

    // A connection that is told only now finds all that the commit brought, its own answers among it,
    // and writes it at once.
    fn answered(&mut self) {
        self.untold.drain(..).for_each(|outbox| outbox.tell());
    }
}

/// A message that was stored.
struct Said {
    author: UserId,
    nonce: Option<Nonce>,
    message: Message,
}

/// The messages of one commit by channel, in the order in which the channels were first spoken in.
#[derive(Default)]
struct Gathered {
    places: HashMap<ChannelId, usize>,
    channels: Vec<(ChannelId, Vec<Said>)>,
}

impl Gathered {
    fn add(&mut self, channel: ChannelId, said: Said) {
        let place = *self.places.entry(channel).or_insert_with(|| {
            self.channels.push((channel, Vec::new()));
            self.channels.len() - 1
        });
        self.channels[place].1.push(said);
    }

    fn take(&mut self, channel: &ChannelId) -> Vec<Said> {
        let place = self.places.remove(channel);
        place.map(|place| std::mem::take(&mut self.channels[place].1)).unwrap_or_default()
    }
}

impl Hub {
    /// Brings the registry up to date with what was committed and hands the events to the
    /// connections they are for. Called by the store's writer in the order of the commits; never waits.
    /// Messages of one channel go to each connection together, unless something else happened in the
    /// channel between them; who has to be told of them is added to `untold`.
    fn publish(&self, changes: Vec<Change>, untold: &mut Vec<Arc<Outbox>>) {
        let mut gathered = Gathered::default();
        for change in changes {
            match change {
                Change::MessageAdded { channel, author, nonce, message } => {
                    gathered.add(channel, Said { author, nonce, message });
                }
                change => {
                    if let Some(channel) = change.channel() {
                        self.deliver(channel, gathered.take(channel), untold);
                    }
                    self.apply(change);
                }
            }
        }
        for (channel, said) in gathered.channels {
            self.deliver(&channel, said, untold);
        }
    }

    fn apply(&self, change: Change) {
        match change {
            Change::UserCreated { user } => self.people().add(*user),
            Change::GuestNoMore { user } => {
                if let Some(person) = self.people().by_id.get_mut(&user) {
                    person.guest = false;
                }
            }
            Change::UserDisabled { user, disabled } => self.set_disabled(user, disabled),
            Change::UserDeleted { user } => {
                self.wall_of_deleted(user);
                self.people().remove(user);
            }
            Change::SettingsSet { user, settings, date } => self.settings_set(user, *settings, date),
            Change::DisplayNameSet { user, display_name } => {
                if let Some(person) = self.people().by_id.get_mut(&user) {
                    person.display_name = display_name;
                }
                self.presence_changed(user, ToldTo::All);
            }
            Change::Related { user, other, handle, relation, since } => {
                self.related(user, other, handle, relation, since);
            }
            Change::WallCreated { channel, owner } => self.add_wall(channel, owner),
            Change::ChannelCreated { channel, kind } => self.add_channel(channel, kind),
            Change::ChannelRemoved { channel, by } => self.remove_channel(&channel, by),
            Change::MemberAdded { channel, user, role, apart, closed, reads_from } => {
                self.add_member(&channel, user, role, Admission { apart, closed, reads_from });
            }
            Change::MemberRemoved { channel, user, reason, by } => self.remove_member(&channel, user, reason, by),
            Change::TakenUp { channel, user } => self.taken_up(&channel, user),
            Change::ConversationOpened { channel, user } => self.open_conversation(&channel, user),
            Change::ConversationClosed { channel, user } => self.close_conversation(&channel, user),
            Change::SettingsChanged { channel, update } => self.with_room(&channel, |room| {
                room.kind = update.kind.unwrap_or(room.kind);
                room.send(&event(&channel, &ServerPacket::ChannelUpdate(update)));
            }),
            Change::RoleChanged { channel, user, role } => self.change_role(&channel, user, role),
            Change::OwnerChanged { channel, version, owner } => self.change_owner(&channel, version, owner),
            Change::TopicSet { channel, version, topic } => self.with_room(&channel, |room| {
                let update = ChannelUpdate { topic: Some(topic), ..ChannelUpdate::of(channel, version) };
                room.send(&event(&channel, &ServerPacket::ChannelUpdate(update)));
            }),
            Change::MessageChanged { channel, patch } => self.with_room(&channel, |room| {
                let (version, index) = (patch.version, patch.index);
                let packet = ServerPacket::MessageUpdate(Box::new(MessageUpdate { id: channel, message: patch }));
                room.send_of(index, &Item::Messages(Messages::write(channel, [(version, encode_event(&packet))])));
            }),
            Change::MessageAdded { .. } => unreachable!("messages are gathered"),
            Change::ReadMoved { channel, user, last_read, unread, mentions } => {
                let read = ChannelRead { id: channel, last_read, unread, mentions };
                let item = event(&channel, &ServerPacket::ChannelRead(read));
                self.send_to_person(user, &item);
            }
            Change::PersonalChanged { user, personal } => {
                let packet = ServerPacket::ChannelPersonal(personal);
                self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
            }
            Change::CaughtUp { user, total, newest } => {
                let update = CatchUpUpdate { total, newest: newest.map(|newest| *newest) };
                let packet = ServerPacket::CatchUp(Box::new(update));
                self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
            }
            Change::SessionEnded { user, session } => self.end_session(user, session),
            Change::Probed { number } => self.probed.store(number, Ordering::Relaxed),
        }
    }

    fn add_channel(&self, id: ChannelId, kind: ChannelKind) {
        let channel = Arc::new(Channel::new(Room::new(kind)));
        lock::write(&self.channels).insert(id, channel);
    }

    fn remove_channel(&self, id: &ChannelId, by: Option<UserId>) {
        let removed = lock::write(&self.channels).remove(id);
        let Some(channel) = removed else { return };
        let members = std::mem::take(&mut channel.room().roles);
        let mut people = self.people();
        let reason = Some(RemoveReason::Deleted);
        let gone = removal(*id, reason, by.and_then(|by| people.handle(by)));
        let own = removal(*id, None, None);
        for user in members.keys() {
            let Some(person) = people.by_id.get_mut(user) else { continue };
            person.channels.remove(id);
            let item = if by == Some(*user) { &own } else { &gone };
            person.connections.iter().for_each(|outbox| outbox.push(item.clone()));
        }
    }

    fn add_member(&self, id: &ChannelId, user: UserId, role: Role, admission: Admission) {
        let Some(channel) = self.channel(id) else { return };
        // The role comes first: a connection that finds the channel among its person's may enter.
        channel.room().admit(user, role, admission);
        let (presence, circle, connections) = {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&user) else { return };
            person.channels.insert(*id);
            (person.presence(), person.circle.clone(), person.connections.clone())
        };
        let mut room = channel.room();
        if room.gathers() {
            let shown = room.tells(user, presence.online && circle.is_open() && !admission.apart) != Telling::Nothing;
            // What is gathered is told to all alike: of one whom some may not see only that they came.
            let sight = if circle.is_same_to_all(!admission.apart) { Sight::Clear } else { Sight::Hidden };
            let joined = appearing(seen(&presence, sight), Some(role));
            self.tell_room_later(id, &mut room, shown.then_some(joined));
        } else {
            let members_total = Some(room.roles.len() as u64);
            let joined = |sight| member_event(id, joining(&presence, sight, role, admission.apart), members_total);
            room.send_seen(user, &circle, joined);
        }
        // One that has closed meanwhile has left its rooms already and would stay here for good.
        for outbox in connections.into_iter().filter(|outbox| outbox.closing().is_none()) {
            room.connections.insert(outbox.id(), outbox.clone());
            outbox.push(Item::Show(*id));
        }
    }

    fn remove_member(&self, id: &ChannelId, user: UserId, reason: Option<RemoveReason>, by: Option<UserId>) {
        let Some(channel) = self.channel(id) else { return };
        let (handle, connections, removed) = {
            let mut people = self.people();
            let removed = removal(*id, reason, by.and_then(|by| people.handle(by)));
            let Some(person) = people.by_id.get_mut(&user) else { return };
            person.channels.remove(id);
            (person.handle.clone(), person.connections.clone(), removed)
        };
        let mut room = channel.room();
        let gathers = room.gathers();
        let (was_shown, newly_shown) = room.forget(user);
        for outbox in connections {
            room.connections.remove(&outbox.id());
            outbox.push(removed.clone());
        }
        let left = MemberUpdate { left: true, ..MemberUpdate::of(handle) };
        if gathers {
            self.tell_room_later(id, &mut room, was_shown.then_some(left));
        } else {
            room.send(&member_event(id, left, Some(room.roles.len() as u64)));
        }
        drop(room);
        newly_shown.into_iter().for_each(|user| self.tell_newly_shown(id, user));
    }

    /// Tells of joining and leaving in a large room with what else happens in this second.
    fn tell_room_later(&self, id: &ChannelId, room: &mut Room, update: Option<MemberUpdate>) {
        if room.tell_later(update) {
            self.set_timer(GATHER_IN_LARGE_ROOMS, Timer::TellRoom(*id));
        }
    }

    /// Tells what a large room has gathered.
    pub(super) fn tell_room(&self, id: &ChannelId) {
        let mut told: Vec<(Handle, bool)> = Vec::new();
        self.with_room(id, |room| {
            let Some(members) = room.take_untold() else { return };
            let joined = members.iter().filter(|member| !member.left);
            told = joined.map(|member| (member.handle.clone(), member.online.unwrap_or_default())).collect();
            let members_total = Some(room.roles.len() as u64);
            let update = ChannelUsersUpdate { id: *id, members, members_total };
            room.send(&event(id, &ServerPacket::ChannelUsersUpdate(update)));
        });
        // Who may see more of them than all may is told it now; and what changed since it was gathered.
        let people = self.people();
        for (handle, online) in told {
            let Some(user) = people.by_handle.get(&handle) else { continue };
            let Some(person) = people.by_id.get(user) else { continue };
            if person.is_seen_by_all() != online || person.is_seen() != online {
                self.presence_changed(*user, ToldTo::Seeing);
            }
        }
    }

    fn change_role(&self, id: &ChannelId, user: UserId, role: Role) {
        let Some(handle) = self.people().handle(user) else { return };
        self.with_room(id, |room| {
            room.roles.insert(user, role);
            room.send(&member_event(id, MemberUpdate { role: Some(role), ..MemberUpdate::of(handle) }, None));
        });
    }

    fn change_owner(&self, id: &ChannelId, version: Version, owner: UserId) {
        let Some(handle) = self.people().handle(owner) else { return };
        self.with_room(id, |room| {
            room.roles.insert(owner, Role::Owner);
            let update = ChannelUpdate { owner: Some(handle.clone()), ..ChannelUpdate::of(*id, version) };
            room.send(&event(id, &ServerPacket::ChannelUpdate(update)));
            room.send(&member_event(id, MemberUpdate { role: Some(Role::Owner), ..MemberUpdate::of(handle) }, None));
        });
    }

    /// Hands messages to every connection of every member; a nonce goes to its author's own only.
    fn deliver(&self, id: &ChannelId, said: Vec<Said>, untold: &mut Vec<Arc<Outbox>>) {
        if said.is_empty() {
            return;
        }
        let count = said.len();
        let mut authors = HashMap::new();
        let mut packets = Vec::with_capacity(count);
        for (place, Said { author, nonce, message }) in said.into_iter().enumerate() {
            let (version, handle) = (message.version, message.handle.clone());
            let mut packet = ServerPacket::MessageAdd(Box::new(MessageAdd { id: *id, message }));
            packets.push((version, encode_event(&packet)));
            let own = &mut authors.entry(author).or_insert_with(|| (handle, Vec::new())).1;
            let (Some(nonce), ServerPacket::MessageAdd(add)) = (nonce, &mut packet) else { continue };
            add.message.nonce = Some(nonce);
            own.push((place, Messages::write(*id, [(version, encode_event(&packet))])));
        }
        let messages = Messages::write(*id, packets);
        let mut unshown = HashSet::new();
        self.with_room(id, |room| {
            unshown = std::mem::take(&mut room.unshown);
            // Whoever has said it no longer types it.
            for (author, (handle, _)) in &authors {
                end_typing(room, id, *author, handle.clone());
            }
            self.messages.add(count as u64);
            self.deliveries.add((room.connections.len() * count) as u64);
            for outbox in room.connections.values() {
                let tell = match authors.get(&outbox.user()) {
                    None => outbox.put([Item::Messages(messages.clone())]),
                    Some((_, own)) => outbox.put(as_author(&messages, count, own).map(Item::Messages)),
                };
                if tell {
                    untold.push(outbox.clone());
                }
            }
        });
        unshown.into_iter().for_each(|user| self.open_conversation(id, user));
    }

    fn settings_set(&self, user: UserId, settings: Settings, date: Timestamp) {
        self.presence_chosen(user, settings.presence, settings.status.clone(), date);
        self.change_circle(user, |circle| circle.privacy = settings.privacy);
        let packet = ServerPacket::Settings(Box::new(settings));
        self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
    }

    /// Notes how one stands to another, and tells the one; what the other sees of them may be different now.
    fn related(&self, user: UserId, other: UserId, handle: Handle, relation: Relation, since: Timestamp) {
        self.change_circle(user, |circle| circle.relate(other, relation, since));
        self.change_circle(other, |circle| circle.related_by(user, relation));
        if relation == Relation::Friend {
            // Both are friends before either is told.
            self.change_circle(other, |circle| circle.relate(user, relation, since));
        }
        self.watching_follows(user, other, relation);
        let presence = if relation == Relation::Friend { self.presence_seen(other, user, false) } else { None };
        let packet = ServerPacket::FriendUpdate(Box::new(Relationship { handle, relation, since, presence }));
        self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
    }

    /// Changes who sees somebody, and tells those for whom that makes a difference.
    fn change_circle(&self, user: UserId, change: impl FnOnce(&mut Circle)) {
        let before = self.people().change_circle(user, change);
        if let Some(before) = before {
            self.presence_changed(user, ToldTo::Since(before));
        }
    }

    fn end_session(&self, user: UserId, session: SessionId) {
        let now = Instant::now();
        let mut people = self.people();
        while people.ended_sessions.front().is_some_and(|(ended, _)| now.duration_since(*ended) > ENDED_SESSIONS_KEPT) {
            people.ended_sessions.pop_front();
        }
        people.ended_sessions.push_back((now, session));
        let Some(person) = people.by_id.get(&user) else { return };
        for outbox in person.connections.iter().filter(|outbox| outbox.session() == session) {
            outbox.close(Closing::Revoked);
        }
    }

    fn send_to_person(&self, user: UserId, item: &Item) {
        let people = self.people();
        if let Some(person) = people.by_id.get(&user) {
            person.connections.iter().for_each(|outbox| outbox.push(item.clone()));
        }
    }

    pub(super) fn with_room(&self, channel: &ChannelId, work: impl FnOnce(&mut Room)) {
        if let Some(channel) = self.channel(channel) {
            work(&mut channel.room());
        }
    }
}

/// Gives what is told of somebody who joins. Whoever does not see it by this channel may see it by another one, so that of
/// one whom others added they are told nothing.
fn joining(presence: &Presence, sight: Sight, role: Role, apart: bool) -> MemberUpdate {
    if apart && sight != Sight::Clear {
        return MemberUpdate { role: Some(role), ..MemberUpdate::of(presence.handle.clone()) };
    }
    appearing(seen(presence, sight), Some(role))
}

/// Says that somebody is no longer in a channel.
pub(super) fn removal(id: ChannelId, reason: Option<RemoveReason>, by: Option<Handle>) -> Item {
    Item::Hide(id, encode_event(&ServerPacket::ChannelRemove(ChannelRemove { id, reason, by })).into())
}

fn event(channel: &ChannelId, packet: &ServerPacket) -> Item {
    Item::Event(*channel, encode_event(packet).into())
}

pub(super) fn member_event(id: &ChannelId, member: MemberUpdate, members_total: Option<u64>) -> Item {
    event(id, &member_packet(id, member, members_total))
}

fn member_packet(id: &ChannelId, member: MemberUpdate, members_total: Option<u64>) -> ServerPacket {
    ServerPacket::ChannelUserUpdate(ChannelUserUpdate { id: *id, member, members_total })
}

pub(super) fn typing_event(id: &ChannelId, handle: Handle, typing: bool) -> Item {
    let update = MemberUpdate { typing: Some(typing), ..MemberUpdate::of(handle) };
    Item::Typing(*id, encode_event(&member_packet(id, update, None)).into())
}

/// Puts an author's own messages, each with its place, where the shared ones stand.
fn as_author(messages: &Messages, count: usize, own: &[(usize, Messages)]) -> impl Iterator<Item = Messages> {
    let mut parts = Vec::with_capacity(2 * own.len() + 1);
    let mut from = 0;
    for (place, own) in own {
        parts.push(messages.part(from..*place));
        parts.push(own.clone());
        from = place + 1;
    }
    parts.push(messages.part(from..count));
    parts.into_iter().filter(|part| !part.is_empty())
}
