//! The queue of an outbox, and what a connection that does not drain is spared.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proto::{Handle, Presence};

use super::{Closing, Item};
use crate::counters::Count;

/// How often connections that do not drain were spared something.
#[derive(Debug, Default)]
pub(crate) struct Spared {
    /// Typing that was not sent.
    pub(crate) typing: Count,
    /// Changes of presence that gave way to newer ones.
    pub(crate) presence: Count,
    /// Connections that were closed in spite of that.
    pub(crate) closed: Count,
}

#[derive(Debug, Default)]
pub(super) struct Queue {
    pub(super) items: VecDeque<Item>,
    pub(super) bytes: usize,
    /// The newest of each person, once the changes of presence are merged.
    pub(super) merged: Option<BTreeMap<Handle, Presence>>,
    /// Whether the connection knows, or is about to be woken, since something waits.
    pub(super) told: bool,
    /// Whether a write waits for the peer to read.
    pub(super) blocked: bool,
    pub(super) closing: Option<Closing>,
    /// Set when the daemon stops: when the peer is to come back.
    pub(super) stopping: Option<Duration>,
}

impl Queue {
    /// Bytes of one change of presence in a packet, about.
    const PRESENCE_BYTES: usize = 128;

    pub(super) fn put(&mut self, item: Item, bytes_max: usize, spared: &Spared) {
        let filled = self.bytes + item.bytes();
        if filled > bytes_max / 2 {
            if matches!(item, Item::Typing(..)) {
                spared.typing.add(1);
                return;
            }
            if self.bytes <= bytes_max / 2 {
                self.forget_typing(spared);
            }
        }
        if filled > bytes_max / 4 * 3 && self.merged.is_none() {
            self.merge_presence(spared);
        }
        match (item, &mut self.merged) {
            (Item::Presence(presences), Some(merged)) => {
                for presence in &presences.members {
                    match merged.insert(presence.handle.clone(), presence.clone()) {
                        Some(_) => spared.presence.add(1),
                        None => self.bytes += Self::PRESENCE_BYTES,
                    }
                }
            }
            (item, _) => {
                self.bytes += item.bytes();
                self.items.push_back(item);
            }
        }
    }

    fn forget_typing(&mut self, spared: &Spared) {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item, Item::Typing(..)));
        spared.typing.add((before - self.items.len()) as u64);
        self.count_bytes();
    }

    /// Takes what waits about presence together, to be sent behind everything else: it says how people
    /// are and not what was added.
    fn merge_presence(&mut self, spared: &Spared) {
        let mut merged = BTreeMap::new();
        for item in &self.items {
            let Item::Presence(presences) = item else { continue };
            for presence in &presences.members {
                if merged.insert(presence.handle.clone(), presence.clone()).is_some() {
                    spared.presence.add(1);
                }
            }
        }
        self.items.retain(|item| !matches!(item, Item::Presence(_)));
        self.merged = Some(merged);
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        let merged = self.merged.as_ref().map_or(0, |merged| merged.len() * Self::PRESENCE_BYTES);
        self.bytes = merged + self.items.iter().map(Item::bytes).sum::<usize>();
    }
}
