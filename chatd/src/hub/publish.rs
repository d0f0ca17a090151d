//! From a committed change to the connections that are to hear of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::codec::encode_event;
use proto::{
    ChannelId, ChannelKind, ChannelRead, ChannelRemove, ChannelUpdate, ChannelUserUpdate, ChannelUsersUpdate, Handle,
    MemberUpdate, Message, MessageAdd, Nonce, Role, ServerPacket, SessionId, Version,
};

use super::outbox::{Closing, Event, Item};
use super::presence::Timer;
use super::room::{Channel, Room, Telling};
use super::{ENDED_SESSIONS_KEPT, Hub};
use crate::frame::TextFrame;
use crate::store::{Change, UserId};

/// How long a large room gathers who joined and left before it tells.
const GATHER_IN_LARGE_ROOMS: Duration = Duration::from_secs(1);

impl Hub {
    /// Brings the registry up to date with what was committed and hands the events to the
    /// connections they are for. Called by the store's writer in the order of the commits; never waits.
    pub fn publish(&self, changes: Vec<Change>) {
        for change in changes {
            self.apply(change);
        }
    }

    fn apply(&self, change: Change) {
        match change {
            Change::UserCreated { user, handle } => self.people().add(user, handle, None),
            Change::UserDeleted { user } => self.people().remove(user),
            Change::ChannelCreated { channel, kind } => self.add_channel(channel, kind),
            Change::MemberAdded { channel, user, role } => self.add_member(&channel, user, role),
            Change::MemberRemoved { channel, user } => self.remove_member(&channel, user),
            Change::OwnerChanged { channel, version, owner } => self.change_owner(&channel, version, owner),
            Change::TopicSet { channel, version, topic } => self.with_room(&channel, |room| {
                let update = ChannelUpdate { id: channel, version, topic: Some(topic), owner: None };
                room.send(&event(&channel, None, &ServerPacket::ChannelUpdate(update)));
            }),
            Change::MessageAdded { channel, author, nonce, message } => {
                self.deliver(&channel, author, nonce, message);
            }
            Change::ReadMoved { channel, user, last_read, unread, mentions } => {
                let read = ChannelRead { id: channel, last_read, unread, mentions };
                let item = event(&channel, None, &ServerPacket::ChannelRead(read));
                self.send_to_person(user, &item);
            }
            Change::SessionEnded { user, session } => self.end_session(user, session),
        }
    }

    fn add_channel(&self, id: ChannelId, kind: ChannelKind) {
        let channel = Arc::new(Channel::new(kind, Room::default()));
        self.channels.write().expect("nobody panics holding the channels").insert(id, channel);
    }

    fn add_member(&self, id: &ChannelId, user: UserId, role: Role) {
        let Some(channel) = self.channel(id) else { return };
        // The role comes first: a connection that finds the channel among its person's may enter.
        channel.room().roles.insert(user, role);
        let (joined, connections) = {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&user) else { return };
            person.channels.insert(*id);
            let joined = MemberUpdate {
                online: Some(person.online),
                state: Some(person.state()),
                since: person.since,
                last_seen: person.last_seen,
                role: Some(role),
                ..MemberUpdate::of(person.handle.clone())
            };
            (joined, person.connections.clone())
        };
        let mut room = channel.room();
        if room.is_large() {
            let shown = room.tells(user, joined.online == Some(true)) != Telling::Nothing;
            self.tell_room_later(id, &mut room, shown.then_some(joined));
        } else {
            room.send(&member_event(id, joined, Some(room.roles.len() as u64)));
        }
        // One that has closed meanwhile has left its rooms already and would stay here for good.
        for outbox in connections.into_iter().filter(|outbox| outbox.closing().is_none()) {
            room.connections.insert(outbox.id(), outbox.clone());
            outbox.push(Item::Show(*id));
        }
    }

    fn remove_member(&self, id: &ChannelId, user: UserId) {
        let Some(channel) = self.channel(id) else { return };
        let (handle, connections) = {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&user) else { return };
            person.channels.remove(id);
            (person.handle.clone(), person.connections.clone())
        };
        let removed = TextFrame::from(encode_event(&ServerPacket::ChannelRemove(ChannelRemove { id: *id })));
        let mut room = channel.room();
        let was_large = room.is_large();
        let was_shown = room.forget(user);
        for outbox in connections {
            room.connections.remove(&outbox.id());
            outbox.push(Item::Hide(*id, removed.clone()));
        }
        let left = MemberUpdate { left: true, ..MemberUpdate::of(handle) };
        if was_large {
            self.tell_room_later(id, &mut room, was_shown.then_some(left));
        } else {
            room.send(&member_event(id, left, Some(room.roles.len() as u64)));
        }
    }

    /// Tells of joining and leaving in a large room with what else happens in this second.
    fn tell_room_later(&self, id: &ChannelId, room: &mut Room, update: Option<MemberUpdate>) {
        if room.tell_later(update) {
            self.set_timer(GATHER_IN_LARGE_ROOMS, Timer::TellRoom(*id));
        }
    }

    /// Tells what a large room has gathered.
    pub(super) fn tell_room(&self, id: &ChannelId) {
        self.with_room(id, |room| {
            let Some(members) = room.take_untold() else { return };
            let members_total = Some(room.roles.len() as u64);
            let update = ChannelUsersUpdate { id: *id, members, members_total };
            room.send(&event(id, None, &ServerPacket::ChannelUsersUpdate(update)));
        });
    }

    fn change_owner(&self, id: &ChannelId, version: Version, owner: UserId) {
        let Some(handle) = self.people().handle(owner) else { return };
        self.with_room(id, |room| {
            room.roles.insert(owner, Role::Owner);
            let update = ChannelUpdate { id: *id, version, topic: None, owner: Some(handle.clone()) };
            room.send(&event(id, None, &ServerPacket::ChannelUpdate(update)));
            room.send(&member_event(id, MemberUpdate { role: Some(Role::Owner), ..MemberUpdate::of(handle) }, None));
        });
    }

    /// Sends a message to every connection of every member; the nonce goes to the author's own only.
    fn deliver(&self, id: &ChannelId, author: UserId, nonce: Nonce, mut message: Message) {
        let version = Some(message.version);
        let handle = message.handle.clone();
        let plain =
            event(id, version, &ServerPacket::MessageAdd(Box::new(MessageAdd { id: *id, message: message.clone() })));
        message.nonce = Some(nonce);
        let own = event(id, version, &ServerPacket::MessageAdd(Box::new(MessageAdd { id: *id, message })));
        self.with_room(id, |room| {
            // Whoever has said it no longer types it.
            if room.typing.remove(&author).is_some() {
                room.send_to_others(author, &typing_event(id, handle, false));
            }
            self.messages.add(1);
            self.deliveries.add(room.connections.len() as u64);
            for outbox in room.connections.values() {
                outbox.push(if outbox.user() == author { own.clone() } else { plain.clone() });
            }
        });
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

fn event(channel: &ChannelId, version: Option<Version>, packet: &ServerPacket) -> Item {
    Item::Event(Event { channel: Some(*channel), version, frame: encode_event(packet).into() })
}

pub(super) fn member_event(id: &ChannelId, member: MemberUpdate, members_total: Option<u64>) -> Item {
    event(id, None, &ServerPacket::ChannelUserUpdate(ChannelUserUpdate { id: *id, member, members_total }))
}

pub(super) fn typing_event(id: &ChannelId, handle: Handle, typing: bool) -> Item {
    member_event(id, MemberUpdate { typing: Some(typing), ..MemberUpdate::of(handle) }, None)
}
