//! Posts and what is said to them: sent as messages are, to walls instead of channels.

use std::collections::HashSet;

use proto::{ChannelId, Content, Index, Joined, MessageKind, Nonce, OpenWall};

use super::outbox::{Outgoing, Recipient};
use super::{Asked, Core, Happened};

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

    /// A channel that one is in is no wall.
    pub(super) fn is_no_wall(&mut self, id: ChannelId) {
        self.known.remove(&id);
    }
}

impl Core {
    /// Posts something for friends to read; where it was written is where it is given back.
    pub fn post(&mut self, from: Option<ChannelId>, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        let wall = self.walls.own.map_or(Recipient::OwnWall, Recipient::Channel);
        self.outbox.push_from(from, wall, outgoing, self.now);
    }

    /// Answers a post.
    pub fn answer_post(&mut self, from: Option<ChannelId>, wall: ChannelId, index: Index, content: &Content) {
        let outgoing = self.outgoing(content.as_str().to_owned(), MessageKind::Text);
        self.walls.known.insert(wall);
        let outgoing = Outgoing { reply_to: Some(index), ..outgoing };
        self.outbox.push_from(from, Recipient::Channel(wall), outgoing, self.now);
    }

    /// Something is sent to a wall.
    pub fn note_wall(&mut self, id: ChannelId) {
        self.walls.known.insert(id);
    }

    /// Tells whether something is sent to a wall.
    pub fn is_wall(&self, id: &ChannelId) -> bool {
        self.walls.knows(id)
    }

    /// Asks for the own wall when something waits for it.
    pub(super) fn open_wall(&mut self) {
        let asked = self.asked.values().any(|asked| *asked == Asked::Wall);
        if self.outbox.waits_for(&Recipient::OwnWall) && !asked {
            self.add_request(Asked::Wall, OpenWall {});
        }
    }

    /// The own wall is known: what waited for it may go.
    pub(super) fn wall_opened(&mut self, Joined { id }: Joined) {
        self.walls.own = Some(id);
        self.walls.known.insert(id);
        self.outbox.opened(&Recipient::OwnWall, id);
    }

    /// There is no wall to be had: what waited for it is given back.
    pub(super) fn wall_refused(&mut self, reason: String) {
        let given = self.outbox.give_back(&Recipient::OwnWall);
        let texts = given.into_iter().map(|given| given.outgoing.content).collect();
        self.note_happened(Happened::PostRefused(texts, reason));
    }

    /// What was said to a wall is refused: it is given back.
    pub(super) fn post_refused(&mut self, nonce: &Nonce, reason: String) {
        let text = self.outbox.get(nonce).map(|outgoing| outgoing.content.clone());
        self.outbox.done(nonce);
        self.note_happened(Happened::PostRefused(Vec::from_iter(text), reason));
    }

    /// Another store has other walls. A post that has no wall yet goes to the one of that store; what was said to others is
    /// given back.
    pub(super) fn forget_walls(&mut self) -> Vec<String> {
        let Walls { known, .. } = std::mem::take(&mut self.walls);
        let given = known.into_iter().flat_map(|wall| self.outbox.give_back(&Recipient::Channel(wall)));
        given.map(|given| given.outgoing.content).collect()
    }
}
