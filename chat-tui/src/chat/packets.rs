//! What the daemon says, and what it makes of the screen.

use proto::codec::Incoming;
use proto::{
    CatchUpKind, CatchUpUpdate, ChannelAdd, ChannelId, ChannelKind, ChannelResume, ErrorCode, ErrorReply, Invitation,
    Invited, Joined, Message, MessageAdd, Nonce, Ref, RenewedToken, Sent, ServerPacket, Timestamp, Welcome,
};
use serde_json::value::RawValue;

use super::{Asked, Channel, Connection, State};
use crate::effect::Effect;
use crate::page::Fetch;
use crate::text::CleanLine;
use crate::unsent::Place;
use crate::words;

/// What a packet leads to.
pub enum Outcome {
    /// Go on, with these effects.
    GoOn(Vec<Effect>),
    /// The session is over: sign in anew, for this reason.
    SignInAgain(String),
}

/// The shortest time between two renewals of a token, and between two tries to send what was refused for haste, whatever the
/// daemon and the clock say.
const RENEW_PAUSE_MILLIS: i64 = 60_000;
const SEND_PAUSE_MILLIS: u64 = 100;

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
            ServerPacket::ChannelRemove(remove) => return self.removed(&remove),
            ServerPacket::ChannelUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    let hidden = update.kind == Some(ChannelKind::Private) && channel.kind == ChannelKind::Public;
                    channel.hear(update.version);
                    if let Some(topic) = &update.topic {
                        channel.set_topic(topic);
                    }
                    channel.owner = update.owner.or(channel.owner.take());
                    channel.name = update.name.unwrap_or_else(|| channel.name.clone());
                    channel.kind = update.kind.unwrap_or(channel.kind);
                    channel.rules = update.rules.unwrap_or(channel.rules);
                    if hidden {
                        let title = channel.title();
                        self.tell(format!("{title} is private now: nobody finds it but by invitation"));
                    }
                }
            }
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
            ServerPacket::PresenceUpdate(update) => {
                let shown = update.members.iter().filter(|presence| !self.people.is_blocked(&presence.handle));
                for presence in shown.cloned().collect::<Vec<_>>().iter() {
                    self.channels.values_mut().for_each(|channel| channel.update_presence(presence));
                    self.people.update_presence(presence);
                }
            }
            ServerPacket::MessageAdd(add) => return self.message_add(&add),
            ServerPacket::MessageUpdate(update) => {
                if let Some(channel) = self.channels.get_mut(&update.id) {
                    channel.history.patch(&update.message);
                    channel.hear(update.message.version);
                }
            }
            ServerPacket::ChannelRead(read) => {
                if let Some(channel) = self.channels.get_mut(&read.id) {
                    channel.set_read(read.last_read, read.unread, read.mentions);
                    return vec![self.title()];
                }
            }
            ServerPacket::ChannelPersonal(personal) => self.set_personal(*personal),
            ServerPacket::CatchUp(update) => return self.caught_up(*update),
            ServerPacket::Settings(settings) => self.settings_changed(*settings),
            ServerPacket::FriendUpdate(person) => self.related(*person),
            // When to come back is the connection's business.
            ServerPacket::Goodbye(_) => {}
        }
        Vec::new()
    }

    /// Notes how much happened, and says what is new unless the message itself has said it.
    fn caught_up(&mut self, update: CatchUpUpdate) -> Vec<Effect> {
        self.catch_up = update.total;
        let Some(newest) = update.newest.filter(|newest| !self.people.is_blocked(&newest.by)) else {
            return Vec::new();
        };
        let waits = newest.kind == CatchUpKind::Invite && newest.waiting;
        if waits {
            self.tell(words::invited(&newest));
            self.invitations.push(newest);
        } else if !matches!(newest.kind, CatchUpKind::Reaction | CatchUpKind::Invite) {
            self.tell(CleanLine::new(&words::activity(&newest, self.me())).to_string());
        }
        Vec::new()
    }

    fn welcome(&mut self, welcome: &Welcome, now: Timestamp) -> Vec<Effect> {
        self.connection = Connection::Online;
        self.notice = self.notice.take().filter(|notice| notice.failed);
        self.limits = Some(welcome.limits);
        let store = welcome.server.store.clone();
        if self.store.replace(store.clone()).is_some_and(|known| known != store) {
            return self.forget_store();
        }
        let mut effects = vec![Effect::LoadChannels, Effect::Fetch(Fetch::CatchUp)];
        effects.extend(self.change_again());
        effects.extend(self.ask_for_people());
        effects.push(self.renew_later(now));
        effects
    }

    /// Another store has another past: nothing that is known here holds there, and hello said that it
    /// did. So the connection is opened anew, knowing nothing; what is being written stays.
    fn forget_store(&mut self) -> Vec<Effect> {
        let known = std::mem::take(&mut self.channels);
        for mut channel in known.into_values() {
            self.places.insert(channel.id, channel.place());
            self.drafts.insert(channel.id, channel.take_writing());
        }
        // The numbers of messages mean others there.
        self.drafts.values_mut().for_each(super::channel::Writing::forget_message);
        self.outbox.forget_replies();
        self.give_changes_up("the server was put back to an earlier state");
        self.forget_walls();
        self.people = super::people::People::default();
        // Whoever writes on does so where they were, or nowhere.
        self.open_again = self.current.take();
        self.connection = Connection::Connecting;
        vec![Effect::Connect(self.session.clone())]
    }

    fn channel_add(&mut self, add: ChannelAdd, now: Timestamp) -> Vec<Effect> {
        let id = add.id;
        self.walls.is_no_wall(id);
        self.leaving.remove(&id);
        self.invitations.retain(|entry| entry.id != Some(id));
        let with = Some(add.name.as_str()).filter(|_| add.kind == ChannelKind::Dm).and_then(|name| name.parse().ok());
        if !self.channels.contains_key(&id) {
            let mut channel = Channel::new(Place { id, name: add.name.clone(), kind: add.kind });
            channel.go_on_writing(self.drafts.remove(&id).unwrap_or_default());
            if let Some(personal) = self.personal.remove(&id) {
                channel.set_personal(&personal, now);
            }
            self.channels.insert(id, channel);
        }
        let channel = self.channels.get_mut(&id).expect("just inserted");
        if channel.gone.is_some() {
            // What was told of that is no longer so.
            self.notice = None;
        }
        let (messages, last) = (add.messages.clone(), add.last_index);
        channel.show(add);
        channel.hide(&self.people.blocked());
        self.have_arrived(id, &messages);
        self.outbox.forget_stored(id, last);
        if let Some(handle) = with {
            self.conversation_shown(&handle, id);
        }
        let mut effects = Vec::new();
        if self.open_when_added.take_if(|wanted| *wanted == id).is_some() {
            effects.extend(self.open_as_asked(id));
        }
        let listed = self.channels.get(&id).is_some_and(Channel::is_listed);
        if self.current.is_none() && listed && self.open_again.is_none_or(|wanted| wanted == id) {
            self.open_again = None;
            effects.extend(self.open(id));
        }
        effects.push(self.title());
        effects
    }

    fn channel_resume(&mut self, resume: ChannelResume) -> Vec<Effect> {
        let Some(channel) = self.channels.get_mut(&resume.id) else {
            // Whoever was sent away, closed the channel and is in it again has nothing that this continues: hello says so.
            return vec![Effect::Connect(self.session.clone())];
        };
        let id = resume.id;
        let messages = resume.messages.clone();
        let rest = channel.resume(resume);
        channel.hide(&self.people.blocked());
        self.have_arrived(id, &messages);
        self.leaving.remove(&id);
        let mut effects = vec![self.title()];
        effects.extend(rest.map(|page| Effect::LoadHistory(id, page)));
        effects
    }

    fn message_add(&mut self, add: &MessageAdd) -> Vec<Effect> {
        let on_screen = self.current == Some(add.id) && self.is_attended() && !self.is_covered();
        let Some(channel) = self.channels.get_mut(&add.id) else { return Vec::new() };
        let message = &add.message;
        let missed = message.index > channel.history.last_index().next();
        let known = message.index <= channel.history.last_index();
        channel.history.insert(message);
        channel.let_go();
        // What was missed is asked for from before this message: only then may its version count.
        let missing = if missed { channel.catch_up() } else { None };
        channel.hear(message.version);
        if let Some(member) = channel.members.get_mut(&message.handle) {
            member.typing = false;
        }
        self.have_arrived(add.id, std::slice::from_ref(message));
        let mut effects = Vec::new();
        if !known {
            effects.extend(self.count(add, on_screen));
        }
        effects.extend(missing.map(|page| Effect::LoadHistory(add.id, page)));
        effects
    }

    /// Messages of a channel are here: those of them that were on their way are no longer.
    pub(super) fn have_arrived(&mut self, id: ChannelId, messages: &[Message]) {
        for message in messages {
            let nonce = message.nonce.as_ref().filter(|_| message.handle == self.session.handle);
            let number = self.outbox.arrived(id, message.index, nonce);
            if let (Some(number), Some(channel)) = (number, self.channels.get_mut(&id)) {
                channel.timeline.has_become(number, message.index);
            }
        }
    }

    /// The daemon has a message.
    fn sent(&mut self, id: ChannelId, nonce: &Nonce, payload: &RawValue) {
        let index = serde_json::from_str::<Sent>(payload.get()).ok().map(|sent| sent.index);
        match (index, self.channels.get_mut(&id)) {
            (Some(index), Some(channel)) if !channel.history.has(index) => self.outbox.stored(nonce, index),
            (Some(index), Some(channel)) => {
                if let Some(number) = self.outbox.arrived(id, index, Some(nonce)) {
                    channel.timeline.has_become(number, index);
                }
            }
            _ => self.outbox.done(nonce),
        }
    }

    /// Counts a new message as unread where it is, and rings for what is meant for the reader.
    fn count(&mut self, add: &MessageAdd, on_screen: bool) -> Vec<Effect> {
        let me = self.me().clone();
        let Some(channel) = self.channels.get_mut(&add.id) else { return Vec::new() };
        let message: &Message = &add.message;
        if message.handle == me {
            // What was passed over stays unread, also when one speaks; one's own words are nothing to be read.
            if channel.last_read.next() == message.index {
                channel.set_read(message.index, 0, 0);
            }
            return Vec::new();
        }
        // Whom one has blocked does not ring and is not counted as meaning one.
        let heard = !self.people.is_blocked(&message.handle);
        let meant = message.mentions.contains(&me) || message.reply_to_handle.as_ref() == Some(&me);
        let named = heard && meant;
        channel.unread += 1;
        channel.mentions += u64::from(named);
        if !on_screen && !channel.timeline.has_divider() && self.current == Some(add.id) {
            channel.timeline.set_divider(Some(channel.last_read));
        }
        let follows = channel.timeline.follows(&channel.history);
        let mut effects = Vec::new();
        if heard && self.may_ring(add.id, named) && !(on_screen && follows) {
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
        let asked = match (asked, reference) {
            (Asked::Form(asked), Ref::Number(number)) => {
                let result = answer.as_ref().map(drop).map_err(|refusal| refusal.reason.clone());
                self.form_answered(number.cast_unsigned(), result);
                if answer.is_err() {
                    return Outcome::GoOn(Vec::new());
                }
                *asked
            }
            (asked, _) => asked,
        };
        let refused = answer.is_err();
        self.keeping.touched |= refused;
        let outcome = match answer {
            Ok(payload) => Outcome::GoOn(self.done(asked, &payload, now)),
            Err(refusal) => self.refused(asked, refusal, now),
        };
        if let Ref::Number(number) = reference {
            self.line_was_answered(number.cast_unsigned(), refused);
        }
        outcome
    }

    /// What was asked for is done.
    fn done(&mut self, asked: Asked, payload: &RawValue, now: Timestamp) -> Vec<Effect> {
        match asked {
            Asked::Hello | Asked::Quietly | Asked::Unasked | Asked::Leave(_) | Asked::Form(_) => {}
            Asked::Draft(id, draft) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.draft_is_kept(draft);
                }
            }
            Asked::Change { .. } => self.keeping.touched = true,
            Asked::Confirmed => self.page_stale = true,
            Asked::Watching => self.page_watching = true,
            Asked::Renew => return self.renewed(payload, now),
            Asked::Told(words) => self.tell(words),
            Asked::Invitation => return self.invited(payload),
            Asked::Invite(handle) => {
                if serde_json::from_str::<Invited>(payload.get()).is_ok_and(|invited| invited.waiting) {
                    self.tell(format!("the invitation waits for {handle} to accept it"));
                }
            }
            Asked::Open => return self.opened(payload),
            Asked::Conversation(handle) => return self.conversation_opened(&handle, payload),
            Asked::Wall => self.wall_opened(payload),
            Asked::Send(channel, nonce) => {
                if self.walls.knows(&channel) {
                    self.tell("posted");
                }
                self.sent(channel, &nonce, payload);
            }
        }
        Vec::new()
    }

    /// What was asked for is refused.
    fn refused(&mut self, asked: Asked, refusal: ErrorReply, now: Timestamp) -> Outcome {
        match asked {
            Asked::Hello => return self.hello_refused(refusal),
            Asked::Wall => self.wall_refused(refusal.reason),
            Asked::Conversation(handle) => self.conversation_refused(&handle, &refusal.reason),
            Asked::Change { packet, again } => self.change_refused(*packet, again, &refusal.reason),
            Asked::Send(channel, nonce) => {
                return Outcome::GoOn(self.send_refused(channel, &nonce, &refusal, now));
            }
            Asked::Unasked => {}
            Asked::Renew => {
                self.renewed_at = Some(now);
                return Outcome::GoOn(vec![self.renew_later(now)]);
            }
            // It lies on this machine, and is told again with what is typed next.
            Asked::Draft(id, _) => {
                if let Some(channel) = self.channels.get_mut(&id) {
                    channel.draft_is_lost();
                    channel.draft_is_new = false;
                }
            }
            Asked::Leave(id) => {
                self.leaving.remove(&id);
                self.fail(refusal.reason);
            }
            Asked::Open => {
                self.page_leads = false;
                self.fail(refusal.reason);
            }
            Asked::Watching => {
                // What was posted before can be read all the same.
                self.page_watching = true;
                self.fail(refusal.reason);
            }
            _ => self.fail(refusal.reason),
        }
        Outcome::GoOn(Vec::new())
    }

    /// Shows a code, and copies what somebody else types to use it.
    fn invited(&mut self, payload: &RawValue) -> Vec<Effect> {
        // What is no code of letters and digits is put behind no command, and into no clipboard.
        let Ok(made) = serde_json::from_str::<Invitation>(payload.get()) else {
            self.fail("the server gave no code that can be used");
            return Vec::new();
        };
        let line = format!("/redeem {}", made.code);
        self.tell(format!("{line} lets people in; it is in the clipboard where the terminal allows it"));
        vec![Effect::Copy(line)]
    }

    /// A channel that was asked for is there: it is shown, now or when its picture comes.
    fn opened(&mut self, payload: &RawValue) -> Vec<Effect> {
        let Ok(joined) = serde_json::from_str::<Joined>(payload.get()) else { return Vec::new() };
        if !self.live(&joined.id) {
            self.open_when_added = Some(joined.id);
            return Vec::new();
        }
        self.open_as_asked(joined.id)
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
        self.renewed_at = Some(now);
        vec![Effect::SaveSession(self.session.clone()), self.renew_later(now)]
    }

    /// Asks for a fresh token when it is time. One that ends at once is not asked for over and over, whatever comes between.
    fn renew_later(&mut self, now: Timestamp) -> Effect {
        let not_before = self.renewed_at.map_or(now, |renewed| renewed.min(now).plus_millis(RENEW_PAUSE_MILLIS));
        let due = self.session.renew_at(now).max(not_before).max(now);
        self.renew_due = Some(due);
        Effect::WakeAt(due)
    }

    fn send_refused(&mut self, channel: ChannelId, nonce: &Nonce, refusal: &ErrorReply, now: Timestamp) -> Vec<Effect> {
        // Too fast is no refusal of the message: it goes again when the daemon says.
        let slow =
            self.channels.get(&channel).is_some_and(|channel| channel.rules.slow_mode_s > 0 || channel.gone.is_some());
        if let (ErrorCode::RateLimited, Some(wait), false) = (&refusal.code, refusal.retry_after_ms, slow) {
            let when = now.plus_millis(i64::try_from(wait.max(SEND_PAUSE_MILLIS)).unwrap_or(i64::MAX));
            self.outbox.later(nonce, when);
            return vec![Effect::WakeAt(when)];
        }
        if let Some(outgoing) = self.outbox.get(nonce).filter(|_| self.walls.knows(&channel)).cloned() {
            self.post_refused(channel, &outgoing, &refusal.reason);
            return Vec::new();
        }
        self.outbox.refused(nonce, &refusal.reason);
        Vec::new()
    }
}
