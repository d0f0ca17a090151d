//! The messages of a channel as far as they are here: whole ones, in windows that know their gaps.

use std::collections::BTreeMap;

use proto::http::History as Page;
use proto::{ChannelId, Handle, Index, Message, MessageKind, MessagePatch, Version};
use serde::{Deserialize, Serialize};

use crate::stored::StoreChange;

/// Messages kept in memory per channel; beyond that those farthest from where one reads are let go, and read from the store again.
pub const KEPT_MAX: usize = 2_000;

/// Messages in a page of history.
pub const PAGE_MESSAGES: u32 = 100;

/// Which messages of a channel are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryRange {
    /// The nearest below an index.
    Before(Index),
    /// The nearest above an index.
    After(Index),
    /// Those changed after a version.
    Since(Version),
}

impl HistoryRange {
    /// Tells whether a page begins right there, without a gap between.
    pub fn is_next(&self, page: &Page) -> bool {
        match self {
            Self::Before(index) => page.last_index.next() == *index,
            Self::After(index) => page.first_index == index.next(),
            Self::Since(_) => true,
        }
    }
}

/// A message, and how often it has changed here: what is made of it holds for one revision.
#[derive(Debug)]
pub struct Kept {
    /// The message as the daemon knows it.
    pub message: Message,
    /// Another one after each change.
    pub revision: u64,
}

/// What is known of a channel's messages.
#[derive(Debug, Default)]
pub struct History {
    kept: BTreeMap<u64, Kept>,
    revisions: u64,
    /// The first message that the reader may see; there are none before it, whatever the channel holds.
    first_index: u64,
    last_index: u64,
    /// The page that was asked for and has not come.
    loading: Option<HistoryRange>,
    /// Pages that were asked for besides, to show a message that is far away.
    sought: Vec<HistoryRange>,
    /// Pages that came and did not hold what was looked for: asking again would bring no more.
    fruitless: Vec<HistoryRange>,
    /// What has changed since the store was told.
    changes: Vec<HistoryChange>,
}

/// Something that is otherwise than what the store holds of a channel's messages.
#[derive(Debug)]
pub(super) enum HistoryChange {
    Message(Box<Message>),
    Patch(Box<MessagePatch>),
    Reset,
}

impl HistoryChange {
    /// Says so of a channel.
    pub(super) fn of(self, id: ChannelId) -> StoreChange {
        match self {
            Self::Message(message) => StoreChange::Message(id, message),
            Self::Patch(patch) => StoreChange::Patch(id, patch),
            Self::Reset => StoreChange::Reset(id),
        }
    }
}

impl History {
    /// Gives the newest message with files that is here.
    pub fn newest_with_files(&self) -> Option<&Message> {
        self.kept.values().rev().map(|kept| &kept.message).find(|message| !message.files.is_empty())
    }

    /// Takes a message in, or a newer version of it; false when nothing of it is new.
    pub fn insert(&mut self, message: &Message) -> bool {
        let index = message.index.get();
        self.last_index = self.last_index.max(index);
        // Of the same version a whole message holds more than one that was patched.
        let is_newer = self.kept.get(&index).is_none_or(|known| known.message.version <= message.version);
        if is_newer {
            self.revisions += 1;
            self.kept.insert(index, Kept { message: message.clone(), revision: self.revisions });
            self.changes.push(HistoryChange::Message(Box::new(message.clone())));
        }
        is_newer
    }

    /// Takes in what changed about a message, if that is news; false when the message is not here.
    pub fn patch(&mut self, patch: &MessagePatch) -> bool {
        self.changes.push(HistoryChange::Patch(Box::new(patch.clone())));
        let Some(kept) = self.kept.get_mut(&patch.index.get()) else { return false };
        if kept.message.apply(patch) {
            self.revisions += 1;
            kept.revision = self.revisions;
        }
        true
    }

    /// Forgets all messages, as when the channel is shown again from another place on.
    pub fn reset(&mut self, last_index: Index) {
        self.kept.clear();
        self.changes.clear();
        self.changes.push(HistoryChange::Reset);
        self.loading = None;
        self.sought.clear();
        self.fruitless.clear();
        self.last_index = last_index.get();
    }

    /// Gives what has changed since this was asked last, for the store.
    pub(super) fn take_changes(&mut self) -> Vec<HistoryChange> {
        std::mem::take(&mut self.changes)
    }

    /// Gives a message that is here.
    pub fn get(&self, index: Index) -> Option<&Kept> {
        self.kept.get(&index.get())
    }

    /// Tells whether a message is here.
    pub fn has(&self, index: Index) -> bool {
        self.kept.contains_key(&index.get())
    }

    /// Gives the nearest message here below an index.
    pub fn before(&self, index: Index) -> Option<&Kept> {
        self.kept.range(..index.get()).next_back().map(|(_, kept)| kept)
    }

    /// Gives the nearest message here above an index.
    pub fn after(&self, index: Index) -> Option<&Kept> {
        self.kept.range(index.get().saturating_add(1)..).next().map(|(_, kept)| kept)
    }

    /// Gives the newest message that is here.
    pub fn newest(&self) -> Option<&Kept> {
        self.kept.values().next_back()
    }

    /// Gives what is here from an index on, in order.
    pub fn from(&self, index: Index) -> impl Iterator<Item = &Message> {
        self.kept.range(index.get()..).map(|(_, kept)| &kept.message)
    }

    /// Counts the messages that are here.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Tells whether no message is here.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Gives who has spoken, the last one first.
    pub fn speakers(&self) -> Vec<&Handle> {
        let mut speakers = Vec::new();
        for Kept { message, .. } in self.kept.values().rev().filter(|kept| kept.message.kind != MessageKind::System) {
            if !speakers.contains(&&message.handle) {
                speakers.push(&message.handle);
            }
        }
        speakers
    }

    /// Gives the index of the channel's last message, which need not be here.
    pub fn last_index(&self) -> Index {
        Index::new(self.last_index)
    }

    /// Notes that the channel has messages up to this one.
    pub fn set_last_index(&mut self, last_index: Index) {
        self.last_index = self.last_index.max(last_index.get());
    }

    /// Gives the first message that the reader may see.
    pub fn first_index(&self) -> Index {
        Index::new(self.first_index.max(1))
    }

    /// Notes from which message on the reader may see the channel.
    pub fn set_first_index(&mut self, first_index: Index) {
        if self.first_index != first_index.get() {
            self.first_index = first_index.get();
            self.fruitless.clear();
        }
    }

    /// Tells whether the newest message of the channel is not here.
    pub fn lacks_newest(&self) -> bool {
        self.last_index() >= self.first_index() && !self.has(self.last_index())
    }

    /// Tells whether the message below one is not here, though there is one that the reader may see.
    pub fn lacks_before(&self, index: Index) -> bool {
        index > self.first_index() && !self.has(Index::new(index.get() - 1))
    }

    /// Tells whether the message above one is not here, though there is one.
    pub fn lacks_after(&self, index: Index) -> bool {
        index < self.last_index() && !self.has(index.next())
    }

    /// Asks for the first of some pages that may bring something. Until it comes or [`Self::page_failed`] is called nothing
    /// more is asked for.
    pub fn ask(&mut self, pages: impl IntoIterator<Item = HistoryRange>) -> Option<HistoryRange> {
        if self.loading.is_none() {
            self.loading = pages.into_iter().find(|page| !self.fruitless.contains(page));
            return self.loading;
        }
        None
    }

    /// A page that was asked for has come; its messages were inserted.
    pub fn page_arrived(&mut self, page: HistoryRange) {
        self.sought.retain(|sought| *sought != page);
        self.loading = None;
        let wanted = match page {
            HistoryRange::Before(index) => Index::new(index.get() - 1),
            HistoryRange::After(index) => index.next(),
            HistoryRange::Since(_) => return,
        };
        if !self.has(wanted) {
            self.fruitless.push(page);
        }
    }

    /// A page that was asked for is neither in the store nor to be had without a connection.
    pub(super) fn page_is_out_of_reach(&mut self, page: HistoryRange) {
        self.sought.retain(|sought| *sought != page);
        self.loading = None;
        self.fruitless.push(page);
    }

    /// There is a connection: what was out of reach may come.
    pub(super) fn can_be_asked(&mut self) {
        self.loading = None;
        self.fruitless.clear();
    }

    /// A page that was asked for will not come.
    pub fn page_failed(&mut self) {
        self.loading = None;
    }

    /// Tells whether this page is asked for and has not come.
    pub(super) fn is_loading_page(&self, page: HistoryRange) -> bool {
        self.loading == Some(page) || self.sought.contains(&page)
    }

    /// Notes that a page is asked for besides.
    pub(super) fn is_sought(&mut self, page: HistoryRange) {
        if !self.sought.contains(&page) {
            self.sought.push(page);
        }
    }

    /// Tells whether a page is asked for and has not come.
    pub fn is_loading(&self) -> bool {
        self.loading.is_some()
    }

    /// Lets go of the messages farthest from where one reads: near an index, or at the newest ones.
    pub fn let_go(&mut self, near: Option<Index>) {
        let at = near.map_or(u64::MAX, Index::get);
        while self.kept.len() > KEPT_MAX {
            let (first, last) = (*self.kept.keys().next().unwrap_or(&0), *self.kept.keys().next_back().unwrap_or(&0));
            // The newest are never let go while they are followed, the oldest never while they are read.
            let far = if at.saturating_sub(first) >= last.saturating_sub(at) { first } else { last };
            self.kept.remove(&far);
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::Timestamp;

    use super::*;

    fn message(index: u64) -> Message {
        let date = Timestamp::from_millis(index as i64);
        Message::of(Index::new(index), Version::new(index), date, "bob".parse().unwrap(), "hello")
    }

    fn history(indexes: impl IntoIterator<Item = u64>) -> History {
        let mut history = History::default();
        indexes.into_iter().for_each(|index| _ = history.insert(&message(index)));
        history
    }

    #[test]
    fn gaps_are_known() {
        let history = history([1, 2, 3, 7, 8]);
        assert!(history.lacks_before(Index::new(7)) && !history.lacks_before(Index::new(8)));
        assert!(history.lacks_after(Index::new(3)) && !history.lacks_after(Index::new(8)));
        assert!(!history.lacks_before(Index::new(1)) && !history.lacks_newest());
    }

    #[test]
    fn an_older_version_changes_nothing() {
        let mut history = history([1]);
        let newer = Message { version: Version::new(5), content: "newer".to_owned(), ..message(1) };
        assert!(history.insert(&newer));
        let revision = history.get(Index::new(1)).unwrap().revision;
        assert!(!history.insert(&message(1)));
        history.patch(&MessagePatch {
            content: Some("late".to_owned()),
            ..MessagePatch::of(Index::new(1), Version::new(4))
        });
        let kept = history.get(Index::new(1)).unwrap();
        assert_eq!((kept.message.content.as_str(), kept.revision), ("newer", revision));
    }

    #[test]
    fn what_is_far_is_let_go() {
        let mut reading = history(5_000..=10_000);
        (4_000..5_000).for_each(|index| _ = reading.insert(&message(index)));
        reading.let_go(Some(Index::new(4_000)));
        assert_eq!(reading.len(), KEPT_MAX);
        assert!(reading.has(Index::new(4_000)) && reading.lacks_newest());
        let mut following = history(1..=6_000);
        following.let_go(None);
        assert!(following.has(Index::new(6_000)) && !following.has(Index::new(1)));
    }
}
