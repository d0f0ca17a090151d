//! What is not in the index yet, of several channels, in the order of time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use proto::{Index, Message, Timestamp, Version};
use rusqlite::{Connection, OptionalExtension};

use super::file::IndexError;
use super::numbers::PlaceNumber;
use crate::store::channel_key::ChannelKey;
use crate::store::sqlite::Rows;
use crate::store::sqlite::values::Column;
use crate::store::table::page::read_messages;
use crate::store::{Range, StoreError, UserId};

/// Messages of one channel that are read at once.
const PAGE_MAX: usize = 100;
/// Messages of all channels that are held to be put in the order of time.
const MESSAGES_HELD: usize = 20_000;
/// Bytes of messages that are taken at once about.
const BYTES_MAX: usize = 131_072;

/// What is here of a channel: up to `last` its messages, as they were at `version`.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexedChannel {
    pub(super) channel: ChannelKey,
    pub(super) place: PlaceNumber,
    pub(super) version: Version,
    pub(super) last: Index,
}

pub(super) fn known(index: &Connection, channel: ChannelKey) -> rusqlite::Result<Option<IndexedChannel>> {
    index
        .prepare_cached("SELECT id, version, last_idx FROM place WHERE channel = ?1")?
        .query_row([Column(channel)], |row| {
            let (version, last) = (row.get::<_, Column<Version>>(1)?.0, row.get::<_, Column<Index>>(2)?.0);
            Ok(IndexedChannel { channel, place: row.get(0)?, version, last })
        })
        .optional()
}

/// Messages that are not here yet, of several channels, in the order of time: their rows are to be in that order.
pub(super) struct UnindexedMessages {
    channels: BinaryHeap<Reverse<(Timestamp, ChannelKey)>>,
    waiting: HashMap<ChannelKey, Waiting>,
    /// Messages of one channel that are read at once.
    page: usize,
}

struct Waiting {
    known: IndexedChannel,
    messages: VecDeque<Message>,
}

/// A message with what stands beside it in the index, and the version up to which what is here of its channel is known.
pub(super) struct UnindexedMessage {
    pub(super) place: PlaceNumber,
    pub(super) version: Version,
    pub(super) user: UserId,
    pub(super) message: Message,
}

impl UnindexedMessages {
    pub(super) fn of(channels: usize) -> Self {
        let page = (MESSAGES_HELD / channels.max(1)).clamp(1, PAGE_MAX);
        Self { channels: BinaryHeap::new(), waiting: HashMap::new(), page }
    }

    /// Looks at a channel that may have some.
    pub(super) fn expect(&mut self, store: &Rows, known: IndexedChannel) -> Result<(), IndexError> {
        let _reading = store.connection().unchecked_transaction()?;
        let messages = read_messages(store, known.channel, Range::After(known.last), Index::new(1), self.page)?;
        if let Some(first) = messages.first() {
            self.channels.push(Reverse((first.date, known.channel)));
            self.waiting.insert(known.channel, Waiting { known, messages: messages.into() });
        }
        Ok(())
    }

    /// Takes the oldest ones.
    pub(super) fn next(&mut self, store: &Rows, limit: usize) -> Result<Vec<UnindexedMessage>, IndexError> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < limit && bytes < BYTES_MAX {
            let Some(Reverse((_, channel))) = self.channels.pop() else { break };
            let Some(mut waiting) = self.waiting.remove(&channel) else { continue };
            let until = self.channels.peek().map(|Reverse((date, _))| *date);
            while let Some(message) = waiting.messages.pop_front_if(|message| {
                taken.len() < limit && bytes < BYTES_MAX && until.is_none_or(|until| message.date <= until)
            }) {
                waiting.known.last = message.index;
                bytes += message.content.len();
                let user = author(store, channel, message.index)?;
                taken.push(UnindexedMessage {
                    place: waiting.known.place,
                    version: waiting.known.version,
                    user,
                    message,
                });
            }
            match waiting.messages.front() {
                None => self.expect(store, waiting.known)?,
                Some(first) => {
                    self.channels.push(Reverse((first.date, channel)));
                    self.waiting.insert(channel, waiting);
                }
            }
        }
        Ok(taken)
    }
}

fn author(store: &Rows, channel: ChannelKey, index: Index) -> Result<UserId, StoreError> {
    let user = store.one("SELECT user FROM message WHERE channel = ?1 AND idx = ?2", (channel, index))?;
    // Its channel may be gone by now: then this is soon forgotten.
    Ok(user.unwrap_or(UserId(0)))
}
