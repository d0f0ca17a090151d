//! Talking to somebody, and what becomes of it when that cannot be.

use proto::{ChannelId, ClientPacket, Handle, OpenDm};

use super::{Asked, ChatScreen};
use crate::core::outbox::{GivenBack, Outgoing};
use crate::effect::Effect;
use crate::refusals::with_stop;

impl ChatScreen {
    /// Says something to somebody with whom no conversation is open.
    pub(super) fn say_to(&mut self, handle: Handle, outgoing: Outgoing) {
        if !self.core.is_online() {
            self.tell(say!("notice-message-waits", handle = handle.as_str()));
        }
        self.core.say_to(self.current, handle.clone(), outgoing, self.now);
        self.quit_warned = false;
        self.wanted_conversation = Some(handle);
    }

    /// Opens the direct conversation with somebody.
    pub fn talk(&mut self, handle: Handle) -> Vec<Effect> {
        match self.core.conversation_with(&handle) {
            Some(id) => self.open(id),
            None => self.request(Asked::Open, ClientPacket::OpenDm(OpenDm { handle })),
        }
    }

    /// A conversation that something waited for is open.
    pub(super) fn conversation_opened(&mut self, handle: &Handle, id: ChannelId) -> Vec<Effect> {
        let wanted = self.wanted_conversation.take_if(|wanted| wanted == handle).is_some();
        if !self.core.is_in(&id) {
            // The person may be writing elsewhere by the time when it comes after a break: then it is not shown by itself.
            self.open_when_added = self.open_when_added.take().or(wanted.then_some(id));
            return Vec::new();
        }
        if wanted { self.open_as_asked(id) } else { Vec::new() }
    }

    /// There is no conversation to be had: what waited for it stands where it was written, with the reason.
    pub(super) fn conversation_refused(&mut self, handle: &Handle, given: &[GivenBack], reason: String) {
        self.wanted_conversation = None;
        let Some(GivenBack { from, .. }) = given.first() else {
            self.fail(reason);
            return;
        };
        // That command has no place for files: what has some is a line of its own.
        let (texts, with_files) =
            given.iter().map(|given| &given.outgoing).partition::<Vec<_>, _>(|outgoing| outgoing.files.is_empty());
        let mut lines = with_files.iter().map(|outgoing| outgoing.line()).collect::<Vec<_>>();
        if !texts.is_empty() {
            let texts = texts.iter().map(|outgoing| outgoing.content.as_str()).collect::<Vec<_>>().join("\n");
            lines.push(format!("/msg {handle} {texts}"));
        }
        if let Some(last) = lines.pop() {
            lines.iter().for_each(|line| self.remember_for_reader(line));
            self.give_back(*from, &last, &reason);
        }
    }

    /// Puts a command back where it was written, if nothing else stands there, and says why; else it is had back by Ctrl+Up.
    fn give_back(&mut self, from: Option<ChannelId>, line: &str, reason: &str) {
        let place = from.and_then(|id| self.core.channels.get(&id)).filter(|channel| Some(channel.id) != self.current);
        let place = place.map(super::Channel::title).unwrap_or_default();
        let composer = match from.and_then(|id| self.views.get_mut(&id)) {
            Some(view) => &mut view.composer,
            None => self.composer_mut(),
        };
        let stands = composer.is_empty() && composer.insert(line);
        if !stands {
            composer.remember(line);
            self.keep_given_back(line);
        }
        self.fail(match (stands, place.is_empty()) {
            (true, true) => reason.to_owned(),
            (true, false) => say!("error-text-given-back", reason = with_stop(reason), channel = place),
            (false, true) => say!("error-text-in-history", reason = with_stop(reason)),
            (false, false) => say!("error-text-in-history-of", reason = with_stop(reason), channel = place),
        });
    }
}
