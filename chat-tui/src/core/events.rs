//! What the daemon tells, and what it makes of what is known.

use proto::codec::Incoming;
use proto::{
    CatchUpKind, CatchUpUpdate, ChannelAdd, ChannelId, ChannelKind, ChannelResume, ChannelUpdate, Message, MessageAdd,
    Presence, Relationship, ServerPacket,
};

use super::channel::Channel;
use super::{Core, CoreEffect, Happened};
use crate::stored::StoreChange;
use crate::unsent::ChannelPlace;

impl Core {
    /// Takes a packet of the daemon.
    pub(super) fn packet(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.event(event),
            Incoming::Answer(reference, answer) => self.answered(&reference, answer),
            Incoming::Refusal(refusal) => self.note_happened(Happened::Refused(refusal)),
            Incoming::Unknown(_) => {}
        }
    }

    fn event(&mut self, event: ServerPacket) {
        if let Some(id) = channel_of(&event) {
            self.touch(id);
        }
        match event {
            ServerPacket::Welcome(welcome) => self.welcome(&welcome),
            ServerPacket::ChannelAdd(add) => self.channel_add(&add),
            ServerPacket::ChannelResume(resume) => self.channel_resume(&resume),
            ServerPacket::ChannelRemove(remove) => {
                let own = self.leaving.remove(&remove.id) && remove.reason.is_none();
                if self.channels.contains_key(&remove.id) {
                    self.note_happened(Happened::ChannelRemoved { remove, own });
                }
            }
            ServerPacket::ChannelUpdate(update) => self.channel_update(update),
            ServerPacket::ChannelUserUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    channel.update_member(update.member, update.members_total);
                    channel.hide(&self.people.blocked());
                }
            }
            ServerPacket::ChannelUsersUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    for member in update.members {
                        channel.update_member(member, update.members_total);
                    }
                    channel.members_total = update.members_total.unwrap_or(channel.members_total);
                    channel.hide(&self.people.blocked());
                }
            }
            ServerPacket::PresenceUpdate(update) => self.presence_update(&update.members),
            ServerPacket::MessageAdd(add) => self.message_add(&add),
            ServerPacket::MessageUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    channel.message_changed(&update.message);
                }
            }
            ServerPacket::Upload(news) => self.upload_heard(*news),
            ServerPacket::ChannelRead(read) => {
                if let Some(channel) = self.channels.get_mut(&read.id) {
                    channel.set_read(read.last_read, read.unread, read.mentions);
                }
            }
            ServerPacket::ChannelPersonal(personal) => self.personal_came(*personal),
            ServerPacket::CatchUp(update) => self.activity_came(*update),
            ServerPacket::Settings(settings) => {
                self.remember(StoreChange::Settings(settings.clone()));
                self.people.settings_changed(*settings);
            }
            ServerPacket::FriendUpdate(person) => self.relation_changed(*person),
            // When to come back is the connection's business.
            ServerPacket::Goodbye(_) => {}
        }
    }

    fn channel_update(&mut self, update: ChannelUpdate) {
        let Some(channel) = self.channels.get_mut(&update.id) else { return };
        let hidden = update.kind == Some(ChannelKind::Private) && channel.kind == ChannelKind::Public;
        channel.sync.hear(update.version);
        if let Some(topic) = &update.topic {
            channel.set_topic(topic);
        }
        channel.owner = update.owner.or(channel.owner.take());
        channel.name = update.name.unwrap_or_else(|| channel.name.clone());
        channel.kind = update.kind.unwrap_or(channel.kind);
        channel.rules = update.rules.unwrap_or(channel.rules);
        if hidden {
            self.note_happened(Happened::BecamePrivate(update.id));
        }
    }

    fn presence_update(&mut self, members: &[Presence]) {
        for presence in members {
            if !self.people.is_blocked(&presence.handle) {
                self.channels.values_mut().for_each(|channel| channel.update_presence(presence));
                self.people.update_presence(presence);
            }
        }
    }

    /// Notes how much happened, and what is new.
    fn activity_came(&mut self, update: CatchUpUpdate) {
        self.activity = update.total;
        let Some(newest) = update.newest.filter(|newest| !self.people.is_blocked(&newest.by)) else { return };
        if newest.kind == CatchUpKind::Invite && newest.waiting {
            self.invitations.push(newest.clone());
        }
        self.note_happened(Happened::ActivityCame(newest));
    }

    /// Somebody stands otherwise to the reader.
    fn relation_changed(&mut self, person: Relationship) {
        let (handle, now) = (person.handle.clone(), person.relation);
        let before = self.people.relation_changed(person);
        self.hide_blocked();
        self.note_happened(Happened::RelationChanged { handle, before, now });
    }

    /// Shows nothing of those whom the reader has blocked that was known before.
    pub(super) fn hide_blocked(&mut self) {
        let blocked = self.people.blocked();
        self.channels.values_mut().for_each(|channel| channel.hide(&blocked));
    }

    fn channel_add(&mut self, add: &ChannelAdd) {
        let id = add.id;
        self.walls.is_no_wall(id);
        self.leaving.remove(&id);
        self.invitations.retain(|entry| entry.id != Some(id));
        let place = ChannelPlace { id, name: add.name.clone(), kind: add.kind };
        let channel = self.channels.entry(id).or_insert_with(|| Channel::new(place));
        let was_gone = channel.gone.is_some();
        let goes_on = channel.show(add);
        channel.hide(&self.people.blocked());
        self.have_arrived(id, &add.messages);
        self.outbox.forget_stored(id, add.last_index);
        let with = Some(add.name.as_str()).filter(|_| add.kind == ChannelKind::Dm).and_then(|name| name.parse().ok());
        if let Some(handle) = with {
            self.conversation_shown(&handle, id);
        }
        self.note_happened(Happened::ChannelAdded { id, goes_on, was_gone });
        let known = self.personal.remove(&id);
        self.personal_came_with(id, add.personal.as_deref().cloned().or(known.filter(|_| !self.shows_personal)));
    }

    fn channel_resume(&mut self, resume: &ChannelResume) {
        let id = resume.id;
        let Some(channel) = self.channels.get_mut(&id) else {
            // Whoever was sent away, closed the channel and is in it again has nothing that this continues: hello says so.
            self.add_effect(CoreEffect::Connect(self.session.clone()));
            return;
        };
        channel.resume(resume);
        channel.hide(&self.people.blocked());
        self.have_arrived(id, &resume.messages);
        self.leaving.remove(&id);
        self.note_happened(Happened::ChannelResumed(id));
        self.personal_came_with(id, resume.personal.as_deref().cloned());
    }

    fn message_add(&mut self, add: &MessageAdd) {
        let (id, message) = (add.id, &add.message);
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let missed = message.index > channel.history.last_index().next();
        channel.history.insert(message);
        channel.let_go();
        // What was missed is asked for from before this message: only then may its version count.
        if missed {
            channel.sync.misses_changes();
        }
        channel.sync.hear(message.version);
        if let Some(member) = channel.members.get_mut(&message.handle) {
            member.typing = false;
        }
        self.have_arrived(id, std::slice::from_ref(message));
        self.count(id, message);
    }

    /// Counts a new message as unread, and tells of it.
    fn count(&mut self, id: ChannelId, message: &Message) {
        let me = &self.session.handle;
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let own = message.handle == *me;
        // Whom one has blocked does not ring and is not counted as meaning one.
        let heard = !self.people.is_blocked(&message.handle);
        let meant = message.mentions.contains(me) || message.reply_to_handle.as_ref() == Some(me);
        let named = heard && meant && !own;
        let is_new = message.index > channel.counted;
        channel.counted = channel.counted.max(message.index);
        let counts = is_new && !own && message.index > channel.last_read;
        if counts {
            channel.unread += 1;
            channel.mentions += u64::from(named);
        } else if is_new && own && channel.last_read.next() == message.index {
            // What was passed over stays unread, also when one speaks; one's own words are nothing to be read.
            channel.set_read(message.index, 0, 0);
        }
        self.note_happened(Happened::MessageCame { id, index: message.index, counts, heard, named });
    }

    /// Messages of a channel are here: those of them that were on their way are no longer.
    pub(super) fn have_arrived(&mut self, id: ChannelId, messages: &[Message]) {
        for message in messages {
            let nonce = message.nonce.as_ref().filter(|_| message.handle == self.session.handle);
            nonce.into_iter().for_each(|nonce| self.upload_is_sent(nonce));
            if let Some(number) = self.outbox.arrived(id, message.index, nonce) {
                self.note_happened(Happened::Arrived { id, number, index: message.index });
            }
        }
    }
}

/// Gives the channel whose state an event changes.
fn channel_of(event: &ServerPacket) -> Option<ChannelId> {
    match event {
        ServerPacket::ChannelAdd(add) => Some(add.id),
        ServerPacket::ChannelResume(resume) => Some(resume.id),
        ServerPacket::ChannelUpdate(update) => Some(update.id),
        ServerPacket::ChannelUserUpdate(update) => Some(update.id),
        ServerPacket::ChannelUsersUpdate(update) => Some(update.id),
        ServerPacket::MessageAdd(add) => Some(add.id),
        ServerPacket::MessageUpdate(update) => Some(update.id),
        ServerPacket::ChannelRead(read) => Some(read.id),
        ServerPacket::ChannelPersonal(personal) => Some(personal.id),
        ServerPacket::Welcome(_)
        | ServerPacket::ChannelRemove(_)
        | ServerPacket::Upload(_)
        | ServerPacket::PresenceUpdate(_)
        | ServerPacket::CatchUp(_)
        | ServerPacket::Settings(_)
        | ServerPacket::FriendUpdate(_)
        | ServerPacket::Goodbye(_) => None,
    }
}
