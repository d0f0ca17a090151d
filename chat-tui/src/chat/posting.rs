//! Posts and what is said to them: sent as messages are, to walls instead of channels.

use std::collections::HashSet;

use proto::{ChannelId, ClientPacket, Content, Empty, Index, Joined, MessageKind};
use serde_json::value::RawValue;

use super::{Asked, Connection, State};
use crate::component::timeline::Outgoing;
use crate::effect::Effect;

/// What is known of walls.
#[derive(Debug, Default)]
pub(super) struct Walls {
    /// The reader's own, once it is known.
    own: Option<ChannelId>,
    /// Those that something is sent to.
    known: HashSet<ChannelId>,
    /// Posts that wait for the own wall to be known.
    waiting: Vec<Outgoing>,
}

impl Walls {
    pub(super) fn knows(&self, id: &ChannelId) -> bool {
        self.known.contains(id)
    }

    /// A channel that one is in is no wall.
    pub(super) fn is_no_wall(&mut self, id: ChannelId) {
        self.known.remove(&id);
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl State {
    /// Posts something for friends to read.
    pub fn post(&mut self, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        match self.walls.own {
            Some(wall) => self.outbox.push(wall, outgoing),
            None => self.walls.waiting.push(outgoing),
        }
        self.quit_warned = false;
        self.say_when_it_waits();
    }

    /// Answers a post.
    pub fn answer_post(&mut self, wall: ChannelId, index: Index, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        self.walls.known.insert(wall);
        self.outbox.push(wall, Outgoing { reply_to: Some(index), ..outgoing });
        self.quit_warned = false;
        self.say_when_it_waits();
    }

    fn say_when_it_waits(&mut self) {
        if self.connection != Connection::Online {
            self.tell("it goes when the connection is back");
        }
    }

    /// Asks for the own wall when something waits for it.
    pub(super) fn open_wall(&mut self) -> Option<Effect> {
        let asked = self.asked.values().any(|asked| *asked == Asked::Wall);
        let wanted = !self.walls.waiting.is_empty() && self.connection == Connection::Online && !asked;
        wanted.then(|| self.ask(Asked::Wall, ClientPacket::OpenWall(Empty {})))
    }

    /// The own wall is known: what waited for it may go.
    pub(super) fn wall_opened(&mut self, payload: &RawValue) {
        let Ok(Joined { id }) = serde_json::from_str::<Joined>(payload.get()) else { return };
        self.walls.own = Some(id);
        self.walls.known.insert(id);
        for outgoing in std::mem::take(&mut self.walls.waiting) {
            self.outbox.push(id, outgoing);
        }
    }

    /// There is no wall to be had: what waited for it is kept where one writes.
    pub(super) fn wall_refused(&mut self, reason: String) {
        for outgoing in std::mem::take(&mut self.walls.waiting) {
            self.composer_mut().remember(&outgoing.content);
        }
        self.fail(reason);
    }

    /// What was said to a wall is refused: it is kept where one writes.
    pub(super) fn post_refused(&mut self, wall: ChannelId, outgoing: &Outgoing, reason: &str) {
        debug_assert!(self.walls.knows(&wall), "it was sent there");
        self.outbox.done(&outgoing.nonce);
        self.composer_mut().remember(&outgoing.content);
        self.fail(format!("{reason} (Ctrl+Up where one writes brings it back)"));
    }

    /// Another store has other walls.
    pub(super) fn forget_walls(&mut self) {
        // A post that has no wall yet goes to the one of this store; what was said to others is kept to be had back.
        let Walls { known, waiting, .. } = std::mem::take(&mut self.walls);
        self.walls.waiting = waiting;
        for wall in known {
            let said: Vec<String> = self.outbox.of(wall).map(|outgoing| outgoing.content.clone()).collect();
            said.iter().for_each(|content| self.composer_mut().remember(content));
            self.outbox.forget(wall);
        }
    }
}
