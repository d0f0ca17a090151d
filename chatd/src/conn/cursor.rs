//! What a connection has been shown, so that it sees each message once.
//!
//! The hub puts events into the outbox from the moment a connection follows a channel; the channel's
//! snapshot is read from the store some time later. Messages that were put in before the snapshot was
//! read are in it already, so they are skipped: all of them while the channel waits to be shown, and
//! afterwards those up to the snapshot's version. Other events give a state, not an addition, and may
//! be sent twice.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use proto::{ChannelId, Version};

use crate::hub::Messages;

#[derive(Debug, Default)]
pub(super) struct Cursor {
    to_show: VecDeque<ChannelId>,
    /// Channels that were large when they were shown and show all members now.
    members_to_show: VecDeque<ChannelId>,
    /// Kept until a message beyond the version has passed: from then on all are.
    shown: HashMap<ChannelId, Version>,
    /// What the client holds of channels that it was not shown yet.
    held: BTreeMap<ChannelId, Version>,
    /// Channels that are to be shown without messages.
    without_messages: HashSet<ChannelId>,
}

impl Cursor {
    /// A connection is to be shown these channels; if `with_messages` says so, only so many of them with messages.
    pub(super) fn new(
        to_show: Vec<ChannelId>,
        held: BTreeMap<ChannelId, Version>,
        with_messages: Option<usize>,
    ) -> Self {
        let without_messages = to_show.iter().skip(with_messages.unwrap_or(to_show.len())).copied().collect();
        Self { to_show: to_show.into(), held, without_messages, ..Self::default() }
    }

    pub(super) fn has_more_to_show(&self) -> bool {
        !self.to_show.is_empty() || !self.members_to_show.is_empty()
    }

    /// Takes the channel whose turn it is. Until [`Cursor::shown`] is called no event may be taken
    /// from the outbox.
    pub(super) fn next_to_show(&mut self) -> Option<ChannelId> {
        self.to_show.pop_front()
    }

    /// Takes the version that the client holds of a channel, if it holds one; after it is shown nobody asks again.
    pub(super) fn take_held(&mut self, channel: &ChannelId) -> Option<Version> {
        self.held.remove(channel)
    }

    /// Tells whether a channel is to be shown with messages; after it is shown nobody asks again.
    pub(super) fn with_messages(&mut self, channel: &ChannelId) -> bool {
        !self.without_messages.remove(channel)
    }

    /// A channel is to be shown, once.
    pub(super) fn show(&mut self, channel: ChannelId) {
        if !self.to_show.contains(&channel) {
            self.to_show.push_back(channel);
        }
    }

    /// The members of a channel are to be shown, once.
    pub(super) fn show_members(&mut self, channel: ChannelId) {
        if !self.members_to_show.contains(&channel) {
            self.members_to_show.push_back(channel);
        }
    }

    /// Takes the channel whose members are to be shown next.
    pub(super) fn next_members_to_show(&mut self) -> Option<ChannelId> {
        self.members_to_show.pop_front()
    }

    /// A channel is no longer heard, and the client holds nothing of it any more.
    pub(super) fn hide(&mut self, channel: &ChannelId) {
        self.to_show.retain(|waiting| waiting != channel);
        self.members_to_show.retain(|waiting| waiting != channel);
        self.shown.remove(channel);
        self.held.remove(channel);
        self.without_messages.remove(channel);
    }

    /// A channel was shown as of a version.
    pub(super) fn shown(&mut self, channel: ChannelId, version: Version) {
        self.shown.insert(channel, version);
    }

    /// Tells whether the connection knows a channel, so that it may get its events.
    pub(super) fn knows(&self, channel: &ChannelId) -> bool {
        self.to_show.is_empty() || !self.to_show.contains(channel)
    }

    /// Gives those of some messages that are news to the connection, if any are.
    pub(super) fn news(&mut self, messages: Messages) -> Option<Messages> {
        if !self.knows(messages.channel()) {
            return None;
        }
        let Some(shown) = self.shown.get(messages.channel()) else { return Some(messages) };
        let news = messages.after(*shown);
        if news.is_empty() {
            return None;
        }
        self.shown.remove(messages.channel());
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages<const COUNT: usize>(channel: &ChannelId, versions: [u64; COUNT]) -> Messages {
        Messages::write(*channel, versions.map(|version| (Version::new(version), version.to_string())))
    }

    fn news(cursor: &mut Cursor, messages: Messages) -> Option<Vec<u8>> {
        cursor.news(messages).map(|news| news.frames().bytes().to_vec())
    }

    #[test]
    fn each_message_passes_once() {
        let channel: ChannelId = "c1".parse().unwrap();
        let mut cursor = Cursor::new(vec![channel], BTreeMap::new(), None);
        assert_eq!(news(&mut cursor, messages(&channel, [4])), None, "the picture will hold it");
        assert_eq!(cursor.next_to_show(), Some(channel));
        cursor.shown(channel, Version::new(5));
        assert_eq!(news(&mut cursor, messages(&channel, [4, 5])), None, "the picture holds them");
        let sixth = messages(&channel, [6]).frames().bytes().to_vec();
        assert_eq!(news(&mut cursor, messages(&channel, [5, 6])), Some(sixth));
        assert!(cursor.shown.is_empty(), "nothing is kept for a quiet mind");
        assert!(news(&mut cursor, messages(&channel, [7])).is_some());
    }

    #[test]
    fn what_is_no_message_passes_once_the_channel_is_shown() {
        let channel: ChannelId = "c1".parse().unwrap();
        let mut cursor = Cursor::new(vec![channel], BTreeMap::new(), None);
        assert!(!cursor.knows(&channel));
        cursor.next_to_show();
        cursor.shown(channel, Version::new(5));
        assert!(cursor.knows(&channel));
        cursor.show(channel);
        cursor.hide(&channel);
        assert!(!cursor.has_more_to_show());
    }
}
