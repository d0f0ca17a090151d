//! What a connection has been shown, so that it sees each message once.
//!
//! The hub puts events into the outbox from the moment a connection hears a channel; the channel's
//! picture is read from the store some time later. Messages that were put in before the picture was
//! read stand in it already, so they are passed over: all of them while the channel waits to be
//! shown, and afterwards those up to the picture's version. Other events say how things are, not
//! what was added, and may be told twice.

use std::collections::{HashMap, VecDeque};

use proto::{ChannelId, Version};

use crate::hub::Event;

#[derive(Debug, Default)]
pub(super) struct Cursor {
    to_show: VecDeque<ChannelId>,
    /// Kept until a message beyond the version has passed: from then on all are.
    shown: HashMap<ChannelId, Version>,
}

impl Cursor {
    pub(super) fn new(to_show: Vec<ChannelId>) -> Self {
        Self { to_show: to_show.into(), shown: HashMap::new() }
    }

    pub(super) fn has_more_to_show(&self) -> bool {
        !self.to_show.is_empty()
    }

    /// Takes the channel whose turn it is. Until [`Cursor::shown`] is called no event may be taken
    /// from the outbox.
    pub(super) fn next_to_show(&mut self) -> Option<ChannelId> {
        self.to_show.pop_front()
    }

    /// A channel is to be shown, once.
    pub(super) fn show(&mut self, channel: ChannelId) {
        if !self.to_show.contains(&channel) {
            self.to_show.push_back(channel);
        }
    }

    /// A channel is no longer heard.
    pub(super) fn hide(&mut self, channel: &ChannelId) {
        self.to_show.retain(|waiting| waiting != channel);
        self.shown.remove(channel);
    }

    /// A channel was shown as of a version.
    pub(super) fn shown(&mut self, channel: ChannelId, version: Version) {
        self.shown.insert(channel, version);
    }

    /// Tells whether an event is news to the connection.
    pub(super) fn passes(&mut self, event: &Event) -> bool {
        let Some(channel) = &event.channel else { return true };
        if !self.to_show.is_empty() && self.to_show.contains(channel) {
            return false;
        }
        match (event.version, self.shown.get(channel)) {
            (Some(version), Some(shown)) if version <= *shown => false,
            (Some(_), Some(_)) => {
                self.shown.remove(channel);
                true
            }
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::TextFrame;

    fn message(channel: &ChannelId, version: u64) -> Event {
        Event { channel: Some(*channel), version: Some(Version::new(version)), frame: TextFrame::new("") }
    }

    #[test]
    fn each_message_passes_once() {
        let channel: ChannelId = "c1".parse().unwrap();
        let mut cursor = Cursor::new(vec![channel]);
        assert!(!cursor.passes(&message(&channel, 4)), "the picture will hold it");
        assert_eq!(cursor.next_to_show(), Some(channel));
        cursor.shown(channel, Version::new(5));
        assert!(!cursor.passes(&message(&channel, 5)), "the picture holds it");
        assert!(cursor.passes(&message(&channel, 6)));
        assert!(cursor.passes(&message(&channel, 7)));
        assert!(cursor.shown.is_empty(), "nothing is kept for a quiet mind");
    }

    #[test]
    fn what_is_no_message_passes_once_the_channel_is_shown() {
        let channel: ChannelId = "c1".parse().unwrap();
        let mut cursor = Cursor::new(vec![channel]);
        let typing = Event { channel: Some(channel), version: None, frame: TextFrame::new("") };
        assert!(!cursor.passes(&typing));
        cursor.next_to_show();
        cursor.shown(channel, Version::new(5));
        assert!(cursor.passes(&typing));
        cursor.show(channel);
        cursor.hide(&channel);
        assert!(!cursor.has_more_to_show());
    }
}
