//! What the daemon says, and what it makes of the screen.

use proto::codec::Incoming;
use proto::{
    ChannelAdd, ChannelKind, ChannelResume, ErrorCode, ErrorReply, JoinChannel, Joined, Message, MessageAdd, Ref,
    RenewedToken, Sent, ServerPacket, Timestamp, Welcome,
};
use serde_json::value::RawValue;

use super::{Asked, Channel, ClientPacket, Connection, Delivery, State};
use crate::effect::Effect;
use crate::msg::Page;

/// What a packet leads to.
pub enum Outcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// The session is over: sign in anew, for this reason.
    SignInAgain(String),
}

impl State {
    /// Takes a packet of the daemon.
    pub fn packet(&mut self, incoming: Incoming, now: Timestamp) -> Outcome {
        match incoming {
            Incoming::Event(event) => Outcome::GoOn(self.event(event, now)),
            Incoming::Answer(reference, answer) => self.answer(&reference, answer, now),
            Incoming::Refusal(refusal) => {
                self.fail(refusal.reason);
                Outcome::GoOn(Vec::new())
            }
            Incoming::Unknown(_) => Outcome::GoOn(Vec::new()),
        }
    }

    fn event(&mut self, event: ServerPacket, now: Timestamp) -> Vec<Effect> {
        match event {
            ServerPacket::Welcome(welcome) => return self.welcome(&welcome, now),
            ServerPacket::ChannelAdd(add) => return self.channel_add(*add, now),
            ServerPacket::ChannelResume(resume) => return self.channel_resume(*resume),
            ServerPacket::ChannelRemove(remove) => {
                self.channels.remove(&remove.id);
                self.unsent.retain(|(channel, ..)| *channel != remove.id);
                if self.current == Some(remove.id) {
                    self.current = None;
                    let next = self.neighbour(true);
                    return next.map_or_else(Vec::new, |next| self.open(next));
                }
            }
            ServerPacket::ChannelUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    channel.version = channel.version.max(update.version);
                    if let Some(topic) = &update.topic {
                        channel.set_topic(topic);
                    }
                    channel.owner = update.owner.or(channel.owner.take());
                }
            }
            ServerPacket::ChannelUserUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    channel.update_member(update.member, update.members_total);
                }
            }
            ServerPacket::PresenceUpdate(update) => {
                for presence in &update.members {
                    self.channels.values_mut().for_each(|channel| channel.update_presence(presence));
                }
            }
            ServerPacket::MessageAdd(add) => return self.message_add(&add),
            ServerPacket::ChannelRead(read) => {
                if let Some(channel) = self.channels.get_mut(&read.id) {
                    channel.set_read(read.last_read, read.unread, read.mentions);
                    return vec![self.title()];
                }
            }
        }
        Vec::new()
    }

    fn welcome(&mut self, welcome: &Welcome, now: Timestamp) -> Vec<Effect> {
        self.connection = Connection::Online;
        self.notice = None;
        // Another store has another past: nothing that is known here holds there.
        if self.store.as_ref().is_some_and(|store| *store != welcome.server.store) {
            self.channels.clear();
            self.current = None;
        }
        self.store = Some(welcome.server.store.clone());
        let mut effects = Vec::new();
        if !self.channels_asked {
            self.channels_asked = true;
            effects.push(Effect::LoadChannels);
        }
        if let Some(name) = self.join_first.take() {
            let join = ClientPacket::JoinChannel(JoinChannel::Name(name));
            effects.push(self.ask(Asked::Open(None), join));
        }
        let renew_at = self.session.renew_at().max(now);
        self.renew_due = Some(renew_at);
        effects.push(Effect::WakeAt(renew_at));
        // The same nonces again: what had arrived before the connection broke is not stored twice.
        let waiting = self.unsent.iter().filter(|(_, _, delivery)| *delivery == Delivery::Waiting);
        let waiting = waiting.map(|(channel, outgoing, _)| (*channel, outgoing.clone())).collect::<Vec<_>>();
        for (channel, outgoing) in waiting {
            effects.extend(self.deliver(channel, &outgoing));
        }
        effects
    }

    fn channel_add(&mut self, add: ChannelAdd, now: Timestamp) -> Vec<Effect> {
        let me = self.me().clone();
        let id = add.id;
        let channel = self.channels.entry(id).or_insert_with(|| Channel::new(&add));
        channel.show(add, &me);
        let mut effects = Vec::new();
        if let Some((wanted, outgoing)) = self.open_when_added.take() {
            if wanted == id {
                effects.extend(self.open(id));
                effects.extend(outgoing.into_iter().flat_map(|outgoing| self.send(id, outgoing, now)));
            } else {
                self.open_when_added = Some((wanted, outgoing));
            }
        }
        if self.current.is_none() {
            effects.extend(self.open(id));
        }
        effects.push(self.title());
        effects
    }

    fn channel_resume(&mut self, resume: ChannelResume) -> Vec<Effect> {
        let me = self.me().clone();
        let Some(channel) = self.channels.get_mut(&resume.id) else { return Vec::new() };
        for message in &resume.messages {
            channel.timeline.insert(message, &me);
        }
        channel.timeline.set_last_index(resume.last_index);
        channel.version = resume.version;
        channel.set_members(resume.members, resume.members_total);
        channel.set_topic(&resume.topic);
        channel.owner = resume.owner;
        channel.set_read(resume.last_read, resume.unread, resume.mentions);
        let mut effects = vec![self.title()];
        if resume.more {
            effects.push(Effect::LoadHistory(resume.id, Page::Since(resume.version)));
        }
        effects
    }

    fn message_add(&mut self, add: &MessageAdd) -> Vec<Effect> {
        let me = self.me().clone();
        let on_screen = self.current == Some(add.id) && self.focused;
        let Some(channel) = self.channels.get_mut(&add.id) else { return Vec::new() };
        let message = &add.message;
        let missed = message.index > channel.timeline.last_index().next();
        let since = channel.version;
        let known = message.index <= channel.timeline.last_index();
        channel.timeline.insert(message, &me);
        if !missed {
            channel.version = channel.version.max(message.version);
        }
        if let Some(member) = channel.members.get_mut(&message.handle) {
            member.typing = false;
        }
        if let Some(nonce) = &message.nonce {
            self.unsent.retain(|(_, outgoing, _)| outgoing.nonce != *nonce);
        }
        let mut effects = Vec::new();
        if !known {
            effects.extend(self.count(add, on_screen));
        }
        if missed {
            effects.push(Effect::LoadHistory(add.id, Page::Since(since)));
        }
        effects
    }

    /// Counts a new message as unread where it is, and rings for what is meant for the reader.
    fn count(&mut self, add: &MessageAdd, on_screen: bool) -> Vec<Effect> {
        let me = self.me().clone();
        let Some(channel) = self.channels.get_mut(&add.id) else { return Vec::new() };
        let message: &Message = &add.message;
        if message.handle == me {
            channel.set_read(message.index, 0, 0);
            return Vec::new();
        }
        let named = message.mentions.contains(&me);
        channel.unread += 1;
        channel.mentions += u64::from(named);
        if !on_screen && !channel.timeline.has_divider() && self.current == Some(add.id) {
            channel.timeline.set_divider(Some(channel.last_read));
        }
        let for_me = named || channel.kind == ChannelKind::Dm;
        let mut effects = Vec::new();
        if for_me && !(on_screen && channel.timeline.follows()) {
            effects.push(Effect::Bell);
        }
        effects.push(self.title());
        effects
    }

    fn answer(&mut self, reference: &Ref, answer: Result<Box<RawValue>, ErrorReply>, now: Timestamp) -> Outcome {
        let asked = match reference {
            Ref::Number(number) => u64::try_from(*number).ok().and_then(|number| self.asked.remove(&number)),
            Ref::Text(_) => None,
        };
        let Some(asked) = asked else { return Outcome::GoOn(Vec::new()) };
        match (asked, answer) {
            (Asked::Hello, Err(refusal)) => return self.hello_refused(refusal),
            (Asked::Hello | Asked::Quietly, Ok(_)) => {}
            (Asked::Renew, Ok(payload)) => return Outcome::GoOn(self.renewed(&payload, now)),
            (Asked::Open(outgoing), Ok(payload)) => {
                if let Ok(joined) = serde_json::from_str::<Joined>(payload.get()) {
                    if self.channels.contains_key(&joined.id) {
                        let mut effects = self.open(joined.id);
                        effects.extend(outgoing.into_iter().flat_map(|outgoing| self.send(joined.id, outgoing, now)));
                        return Outcome::GoOn(effects);
                    }
                    self.open_when_added = Some((joined.id, outgoing));
                }
            }
            (Asked::Send(channel, nonce), Ok(payload)) => {
                self.unsent.retain(|(_, outgoing, _)| outgoing.nonce != nonce);
                if let (Ok(sent), Some(channel)) =
                    (serde_json::from_str::<Sent>(payload.get()), self.channels.get_mut(&channel))
                {
                    channel.timeline.acknowledge(&nonce, sent.index);
                }
            }
            (Asked::Send(channel, nonce), Err(refusal)) => {
                return Outcome::GoOn(self.send_refused(channel, &nonce, &refusal, now));
            }
            (_, Err(refusal)) => self.fail(refusal.reason),
        }
        Outcome::GoOn(Vec::new())
    }

    fn hello_refused(&mut self, refusal: ErrorReply) -> Outcome {
        match refusal.code {
            ErrorCode::TokenInvalid | ErrorCode::TokenExpired => Outcome::SignInAgain(refusal.reason),
            // The connection closes and is tried again later.
            _ => {
                self.fail(refusal.reason);
                Outcome::GoOn(Vec::new())
            }
        }
    }

    fn renewed(&mut self, payload: &RawValue, now: Timestamp) -> Vec<Effect> {
        let Ok(renewed) = serde_json::from_str::<RenewedToken>(payload.get()) else { return Vec::new() };
        self.session.token = renewed.token;
        self.session.issued_at = now;
        self.session.expires_at = renewed.expires_at;
        let due = self.session.renew_at();
        self.renew_due = Some(due);
        vec![Effect::SaveSession(self.session.clone()), Effect::WakeAt(due)]
    }

    fn send_refused(
        &mut self,
        channel: proto::ChannelId,
        nonce: &proto::Nonce,
        refusal: &ErrorReply,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some((_, _, delivery)) = self.unsent.iter_mut().find(|(_, outgoing, _)| outgoing.nonce == *nonce) else {
            return Vec::new();
        };
        // Too fast is no refusal of the message: it goes again when the daemon says.
        if let (ErrorCode::RateLimited, Some(wait)) = (&refusal.code, refusal.retry_after_ms) {
            let when = now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX));
            *delivery = Delivery::After(when);
            return vec![Effect::WakeAt(when)];
        }
        *delivery = Delivery::Refused;
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.timeline.fail(nonce, crate::text::CleanLine::new(&refusal.reason).as_str());
        }
        Vec::new()
    }
}
