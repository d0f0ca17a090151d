//! Talking to somebody: the conversation is opened first. What was written meanwhile waits in the outbox, as any message
//! does, whatever happens to the connection.

use proto::{ChannelId, ChannelKind, ClientPacket, Content, Handle, Joined, MessageKind, OpenDm, Timestamp};
use serde_json::value::RawValue;

use super::{Asked, Connection, State};
use crate::core::outbox::{Address, GivenBack};
use crate::effect::Effect;

impl State {
    /// Says something to somebody, or only opens the conversation.
    pub(super) fn message(&mut self, handle: Handle, content: Option<Content>, now: Timestamp) -> Vec<Effect> {
        let Some(content) = content else { return self.talk(handle) };
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        if let Some(id) = self.conversation_with(&handle) {
            let effects = self.open(id);
            self.send(id, outgoing, now);
            return effects;
        }
        if self.connection != Connection::Online {
            self.tell(format!("it goes to {handle} when the connection is back"));
        }
        self.outbox.push_from(self.current, Address::Person(handle.clone()), outgoing, now);
        self.quit_warned = false;
        self.wanted_conversation = Some(handle);
        Vec::new()
    }

    /// Opens the direct conversation with somebody.
    pub fn talk(&mut self, handle: Handle) -> Vec<Effect> {
        match self.conversation_with(&handle) {
            Some(id) => self.open(id),
            None => self.request(Asked::Open, ClientPacket::OpenDm(OpenDm { handle })),
        }
    }

    /// Gives the conversation with somebody, if it is shown.
    pub(super) fn conversation_with(&self, handle: &Handle) -> Option<ChannelId> {
        let with = |channel: &&super::Channel| {
            let open = channel.kind == ChannelKind::Dm && channel.gone.is_none() && channel.is_listed();
            open && channel.name.as_str() == handle.as_str()
        };
        self.channels.values().find(with).map(|channel| channel.id)
    }

    /// Asks for the conversations that something waits for, once on each connection.
    pub(super) fn open_conversations(&mut self) -> Vec<Effect> {
        if self.connection != Connection::Online {
            return Vec::new();
        }
        let wanted = self.outbox.unopened().into_iter().filter(|handle| !self.opening.contains(handle));
        let wanted = wanted.collect::<Vec<_>>();
        wanted
            .into_iter()
            .map(|handle| {
                self.opening.insert(handle.clone());
                self.ask(Asked::Conversation(handle.clone()), ClientPacket::OpenDm(OpenDm { handle }))
            })
            .collect()
    }

    /// The daemon has opened a conversation: it is shown by a picture, or is here already.
    pub(super) fn conversation_opened(&mut self, handle: &Handle, payload: &RawValue) -> Vec<Effect> {
        let Ok(Joined { id }) = serde_json::from_str::<Joined>(payload.get()) else { return Vec::new() };
        let wanted = self.wanted_conversation.take_if(|wanted| wanted == handle).is_some();
        if !self.live(&id) {
            // The person may be writing elsewhere by the time when it comes after a break: then it is not shown by itself.
            self.open_when_added = self.open_when_added.take().or(wanted.then_some(id));
            return Vec::new();
        }
        self.conversation_shown(handle, id);
        if wanted { self.open_as_asked(id) } else { Vec::new() }
    }

    /// A conversation is here: what waited for it may go.
    pub(super) fn conversation_shown(&mut self, handle: &Handle, id: ChannelId) {
        self.opening.remove(handle);
        self.outbox.opened(&Address::Person(handle.clone()), id);
    }

    /// There is no conversation to be had: what waited for it is given back, with the reason.
    pub(super) fn conversation_refused(&mut self, handle: &Handle, reason: &str) {
        self.opening.remove(handle);
        self.wanted_conversation = None;
        let given = self.outbox.give_back(&Address::Person(handle.clone()));
        let Some(GivenBack { from, .. }) = given.first() else {
            self.fail(reason);
            return;
        };
        let texts = given.iter().map(|given| given.outgoing.content.as_str()).collect::<Vec<_>>().join("\n");
        self.give_back(*from, &format!("/msg {handle} {texts}"), reason);
    }

    /// Puts a command back where it was written, if nothing else stands there, and says why; else it is had back by Ctrl+Up.
    fn give_back(&mut self, from: Option<ChannelId>, line: &str, reason: &str) {
        let place = from.and_then(|id| self.channels.get(&id)).filter(|channel| Some(channel.id) != self.current);
        let place = place.map_or_else(String::new, |channel| format!(" in {}", channel.title()));
        let composer = match from.and_then(|id| self.channels.get_mut(&id)) {
            Some(channel) => &mut channel.composer,
            None => self.composer_mut(),
        };
        let stands = composer.is_empty() && composer.insert(line);
        if !stands {
            composer.remember(line);
            self.keep_given_back(line);
        }
        self.fail(match (stands, place.is_empty()) {
            (true, true) => reason.to_owned(),
            (true, false) => format!("{reason} (what you wrote stands{place})"),
            (false, _) => format!("{reason} (Ctrl+Up{place} brings back what you wrote)"),
        });
    }

    /// The connection is lost: what was asked for is asked for again on the next one.
    pub(super) fn conversations_lost(&mut self) {
        self.opening.clear();
        self.wanted_conversation = None;
    }
}
