//! Posts and what is said to them: sent as messages are, to walls instead of channels.

use std::collections::HashSet;

use proto::{ChannelId, ClientPacket, Content, Empty, Index, Joined, MessageKind};
use serde_json::value::RawValue;

use super::{Asked, Connection, State};
use crate::core::outbox::{Address, Outgoing};
use crate::effect::Effect;

/// What is known of walls.
#[derive(Debug, Default)]
pub(super) struct Walls {
    /// The reader's own, once it is known.
    own: Option<ChannelId>,
    /// Those that something is sent to.
    known: HashSet<ChannelId>,
}

impl Walls {
    pub(super) fn knows(&self, id: &ChannelId) -> bool {
        self.known.contains(id)
    }

    /// Something is sent to a wall.
    pub(super) fn is_wall(&mut self, id: ChannelId) {
        self.known.insert(id);
    }

    /// A channel that one is in is no wall.
    pub(super) fn is_no_wall(&mut self, id: ChannelId) {
        self.known.remove(&id);
    }
}

impl State {
    /// Posts something for friends to read.
    pub fn post(&mut self, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        let wall = self.walls.own.map_or(Address::OwnWall, Address::Channel);
        self.outbox.push_from(self.current, wall, outgoing, self.now);
        self.quit_warned = false;
        self.say_when_it_waits();
    }

    /// Answers a post.
    pub fn answer_post(&mut self, wall: ChannelId, index: Index, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        self.walls.is_wall(wall);
        let outgoing = Outgoing { reply_to: Some(index), ..outgoing };
        self.outbox.push_from(self.current, Address::Channel(wall), outgoing, self.now);
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
        let waits = self.outbox.waits_for(&Address::OwnWall);
        let wanted = waits && self.connection == Connection::Online && !asked;
        wanted.then(|| self.ask(Asked::Wall, ClientPacket::OpenWall(Empty {})))
    }

    /// The own wall is known: what waited for it may go.
    pub(super) fn wall_opened(&mut self, payload: &RawValue) {
        let Ok(Joined { id }) = serde_json::from_str::<Joined>(payload.get()) else { return };
        self.walls.own = Some(id);
        self.walls.known.insert(id);
        self.outbox.opened(&Address::OwnWall, id);
    }

    /// There is no wall to be had: what waited for it is kept where one writes.
    pub(super) fn wall_refused(&mut self, reason: String) {
        let given = self.outbox.give_back(&Address::OwnWall);
        given.iter().for_each(|given| self.remember_for_reader(&given.outgoing.content));
        self.fail(if given.is_empty() {
            reason
        } else {
            format!("{reason} (Ctrl+Up where one writes brings it back)")
        });
    }

    /// What was said to a wall is refused: it is kept where one writes.
    pub(super) fn post_refused(&mut self, wall: ChannelId, outgoing: &Outgoing, reason: &str) {
        debug_assert!(self.walls.knows(&wall), "it was sent there");
        self.outbox.done(&outgoing.nonce);
        self.remember_for_reader(&outgoing.content);
        self.fail(format!("{reason} (Ctrl+Up where one writes brings it back)"));
    }

    /// Another store has other walls.
    pub(super) fn forget_walls(&mut self) {
        // A post that has no wall yet goes to the one of this store; what was said to others is kept to be had back.
        let Walls { known, .. } = std::mem::take(&mut self.walls);
        for wall in known {
            for given in self.outbox.give_back(&Address::Channel(wall)) {
                self.remember_for_reader(&given.outgoing.content);
            }
        }
    }
}
