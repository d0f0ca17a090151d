//! From a committed change to the connections that are to hear of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use proto::codec::encode_event;
use proto::{
    CatchUpUpdate, ChannelId, ChannelRead, ChannelRemove, ChannelUpdate, ChannelUserUpdate, Handle, MemberUpdate,
    Message, MessageAdd, MessagePatch, MessageUpdate, Nonce, RemoveReason, ServerPacket, SessionId,
};

use super::Hub;
use super::messages::Messages;
use super::outbox::{Closing, Item, Outbox};
use super::person::Person;
use super::presence::ToldTo;
use super::registry::Before;
use super::typing::end_typing;
use crate::lock;
use crate::store::{Change, Publish, UserId};

/// Hears the store's changes for the hub.
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

    // A connection that is woken only now finds all that the commit brought, its own answers among it,
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
    /// channel between them; who has to be woken for them is added to `untold`.
    fn publish(&self, changes: Vec<Change>, untold: &mut Vec<Arc<Outbox>>) {
        let mut gathered = Gathered::default();
        for change in changes {
            let before = self.take_over(&change, &mut gathered, untold);
            self.tell(change, before, &mut gathered);
        }
        for (channel, said) in gathered.channels {
            self.deliver(&channel, said, untold);
        }
    }

    /// Brings the registry up to date, after the messages that came before in the channel have gone out. A new message
    /// itself waits for those behind it, and the registry holds none.
    fn take_over(&self, change: &Change, gathered: &mut Gathered, untold: &mut Vec<Arc<Outbox>>) -> Before {
        if matches!(change, Change::MessageAdded { .. }) {
            return Before::default();
        }
        if let Some(channel) = change.channel() {
            self.deliver(channel, gathered.take(channel), untold);
        }
        lock::write_lock(&self.registry).apply(change)
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
        self.with_channel(id, |live| {
            unshown = std::mem::take(&mut live.unshown);
            // The author of a message has stopped typing.
            for (author, (handle, _)) in &authors {
                end_typing(live, id, *author, handle.clone());
            }
            self.messages.add(count as u64);
            self.deliveries.add((live.connections.len() * count) as u64);
            for outbox in live.connections.values() {
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

    /// Tells those whom a change concerns; a message is added to those that go out together.
    fn tell(&self, change: Change, before: Before, gathered: &mut Gathered) {
        match change {
            Change::MessageAdded { channel, author, nonce, message } => {
                gathered.add(channel, Said { author, nonce, message });
            }
            Change::GuestRegistered { .. } => {}
            Change::Connecting { connected } => self.connecting(connected.person.user.user),
            Change::UserDeleted { user } => self.user_deleted(user),
            Change::UserDisabled { handle, channels, disabled, .. } => {
                self.disabled_changed(&handle, &channels, disabled);
            }
            Change::SessionEnded { user, session } => self.end_session(user, session),
            Change::ProfileSet { user, .. } => self.presence_changed(user, ToldTo::All),
            Change::SettingsSet { user, settings, date } => self.settings_set(user, *settings, date, before),
            Change::Related { user, other, relation, since, shares, wall } => {
                if let Some(wall) = wall {
                    self.watching_follows(user, wall, relation);
                }
                self.related(user, (&other, shares), (relation, since), before);
            }
            Change::WallCreated { channel, owner } => self.wall_created(channel, owner),
            Change::ChannelRemoved { channel, by } => self.channel_removed(&channel, &before.members, by),
            Change::MemberAdded { channel, person, membership, .. } => {
                self.member_added(&channel, &person, membership);
            }
            Change::MemberRemoved { channel, user, handle, members_total, reason, by } => {
                self.member_removed(&channel, user, (handle, members_total), (reason, by));
            }
            Change::TakenUp { user, .. } => self.taken_up(user),
            Change::ConversationOpened { channel, user } => self.open_conversation(&channel, user),
            Change::ConversationClosed { channel, user } => {
                self.close_conversation(&channel, user, before.was_apart);
            }
            Change::RoleChanged { channel, handle, role, .. } => self.role_changed(&channel, handle, role),
            Change::OwnerChanged { channel, version, handle, .. } => self.owner_changed(&channel, version, handle),
            Change::TopicSet { channel, version, topic } => {
                self.update_channel(ChannelUpdate { topic: Some(topic), ..ChannelUpdate::of(channel, version) });
            }
            Change::SettingsChanged { update, .. } => self.update_channel(update),
            Change::MessageChanged { channel, patch } => self.patch_message(channel, patch),
            Change::ReadMoved { channel, user, last_read, unread, mentions } => {
                let read = ChannelRead { id: channel, last_read, unread, mentions };
                self.send_to_person(user, &event(&channel, &ServerPacket::ChannelRead(read)));
            }
            Change::PersonalChanged { user, personal } => {
                self.send_personal(user, &ServerPacket::ChannelPersonal(personal));
            }
            Change::CaughtUp { user, total, newest } => {
                let update = CatchUpUpdate { total, newest: newest.map(|newest| *newest) };
                self.send_personal(user, &ServerPacket::CatchUp(Box::new(update)));
            }
            Change::Probed { number } => self.probed.store(number, Ordering::Relaxed),
        }
    }

    fn update_channel(&self, update: ChannelUpdate) {
        let id = update.id;
        self.send_in(&id, &event(&id, &ServerPacket::ChannelUpdate(update)));
    }

    /// Tells of a changed message all who may read it.
    fn patch_message(&self, id: ChannelId, patch: MessagePatch) {
        let (version, index) = (patch.version, patch.index);
        let packet = ServerPacket::MessageUpdate(Box::new(MessageUpdate { id, message: patch }));
        let item = Item::Messages(Messages::write(id, [(version, encode_event(&packet))]));
        let registry = self.registry();
        let reads = |user: UserId| registry.membership(&id, user).is_none_or(|member| member.reads_from <= index);
        self.with_channel(&id, |live| {
            let readers = live.connections.values().filter(|outbox| reads(outbox.user()));
            readers.for_each(|outbox| outbox.push(item.clone()));
        });
    }

    fn send_personal(&self, user: UserId, packet: &ServerPacket) {
        self.send_to_person(user, &Item::Personal(encode_event(packet).into()));
    }

    /// Makes room for the connections of somebody; without one they are forgotten again.
    fn connecting(&self, user: UserId) {
        let registry = self.registry();
        let Some(account) = registry.account(user) else { return };
        self.node().people.entry(user).or_insert_with(|| Person::new(account));
        self.forget_later(user);
    }

    fn user_deleted(&self, user: UserId) {
        self.node().people.remove(&user);
    }

    fn end_session(&self, user: UserId, session: SessionId) {
        let mut node = self.node();
        node.session_ended(session);
        let Some(person) = node.people.get(&user) else { return };
        for outbox in person.connections.iter().filter(|outbox| outbox.session() == session) {
            outbox.close(Closing::Revoked);
        }
    }
}

/// Says that somebody is no longer in a channel.
pub(super) fn removal(id: ChannelId, reason: Option<RemoveReason>, by: Option<Handle>) -> Item {
    Item::Hide(id, encode_event(&ServerPacket::ChannelRemove(ChannelRemove { id, reason, by })).into())
}

pub(super) fn event(channel: &ChannelId, packet: &ServerPacket) -> Item {
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
