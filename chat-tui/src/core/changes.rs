//! Changes of messages: edits, deletions, reactions, pins. Each says how the message is to be, so twice is as good as once:
//! what nobody answered is asked for again on the next connection.

use std::collections::BTreeSet;

use proto::{ChannelId, ClientPacket, DeleteMessage, EditMessage, Index, Pin, React, Timestamp};

use super::{Asked, Core, CoreEffect, GivenUp, Happened, RequestId};

/// How long a change may wait and still be made: the message may have been changed elsewhere since.
const WAIT_MAX_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// Changes that nobody answered.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// To be made again on the next connection.
    pub(super) waiting: Vec<ClientPacket>,
    /// When the first of what is not answered was made.
    pub(super) since: Option<Timestamp>,
}

impl Core {
    /// Changes a message, again if the connection is lost before the answer.
    pub fn change(&mut self, packet: ClientPacket, now: Timestamp) -> (RequestId, CoreEffect) {
        if self.unanswered_changes().is_empty() {
            self.changes.since = Some(now);
        }
        self.ask(Asked::Change { packet: Box::new(packet.clone()), again: false }, packet)
    }

    /// Gives the changes that the daemon has not answered, in the order in which they were made.
    pub fn unanswered_changes(&self) -> Vec<ClientPacket> {
        let mut asked = self.changes_asked().collect::<Vec<_>>();
        asked.sort_by_key(|(request, _)| *request);
        self.changes.waiting.iter().cloned().chain(asked.into_iter().map(|(_, packet)| packet.clone())).collect()
    }

    /// Gives when the first of them was made.
    pub fn changes_since(&self) -> Option<Timestamp> {
        self.changes.since.filter(|_| !self.changes.waiting.is_empty() || self.changes_asked().next().is_some())
    }

    /// Gives the messages of a channel with a change that nobody has answered.
    pub fn changing_in(&self, channel: ChannelId) -> BTreeSet<Index> {
        let asked = self.changes_asked().map(|(_, packet)| packet);
        let changes = self.changes.waiting.iter().chain(asked).filter_map(|packet| match packet {
            ClientPacket::EditMessage(EditMessage { id, index, .. })
            | ClientPacket::DeleteMessage(DeleteMessage { id, index })
            | ClientPacket::React(React { id, index, .. })
            | ClientPacket::Pin(Pin { id, index, .. }) => Some((*id, *index)),
            _ => None,
        });
        changes.filter(|(id, _)| *id == channel).map(|(_, index)| index).collect()
    }

    fn changes_asked(&self) -> impl Iterator<Item = (RequestId, &ClientPacket)> {
        self.asked.iter().filter_map(|(request, asked)| match asked {
            Asked::Change { packet, .. } => Some((*request, &**packet)),
            _ => None,
        })
    }

    /// Takes up changes that were made before this start; gives those back that are too old to be made.
    pub fn take_up_changes(
        &mut self,
        changes: Vec<ClientPacket>,
        since: Option<Timestamp>,
        now: Timestamp,
    ) -> Option<Vec<ClientPacket>> {
        self.changes.waiting.extend(changes);
        self.changes.since = since;
        let late = since.is_some_and(|since| now.millis_since(since) > WAIT_MAX_MILLIS);
        (late && !self.changes.waiting.is_empty()).then(|| std::mem::take(&mut self.changes.waiting))
    }

    /// What nobody answered is not made any more.
    pub(super) fn give_changes_up(&mut self, why: GivenUp) {
        let changes = std::mem::take(&mut self.changes.waiting);
        if !changes.is_empty() {
            self.note_happened(Happened::ChangesGivenUp(changes, why));
        }
    }

    /// Makes the changes again that nobody answered.
    pub(super) fn change_again(&mut self) {
        for packet in std::mem::take(&mut self.changes.waiting) {
            self.add_request(Asked::Change { packet: Box::new(packet.clone()), again: true }, packet);
        }
    }
}
