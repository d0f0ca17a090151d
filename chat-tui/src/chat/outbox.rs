//! Messages on their way: kept, in the order they were written, until the daemon has them.
//!
//! In each channel one message at a time is under way. So a refusal for haste or a cut connection
//! never lets a later message pass an earlier one.

use std::collections::HashSet;

use proto::{ChannelId, Nonce, Timestamp};

use crate::component::timeline::Outgoing;

/// Every message of this client that the daemon does not have yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: Vec<Entry>,
    /// The daemon asked for patience: nothing goes before this moment.
    not_before: Option<Timestamp>,
}

#[derive(Debug)]
struct Entry {
    channel: ChannelId,
    outgoing: Outgoing,
    delivery: Delivery,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// To be sent as soon as may be.
    Waiting,
    /// Sent and not answered.
    UnderWay,
    /// Refused; waits for the person.
    Refused,
}

impl Outbox {
    /// Takes a message in.
    pub(super) fn push(&mut self, channel: ChannelId, outgoing: Outgoing) {
        self.entries.push(Entry { channel, outgoing, delivery: Delivery::Waiting });
    }

    /// Gives the messages that may go now, at most one of each channel, and holds them for sent.
    pub(super) fn due(&mut self, now: Timestamp, is_shown: impl Fn(&ChannelId) -> bool) -> Vec<(ChannelId, Outgoing)> {
        if self.not_before.is_some_and(|when| now < when) {
            return Vec::new();
        }
        self.not_before = None;
        let under_way = self.entries.iter().filter(|entry| entry.delivery == Delivery::UnderWay);
        let mut busy = under_way.map(|entry| entry.channel).collect::<HashSet<_>>();
        let mut due = Vec::new();
        for entry in self.entries.iter_mut().filter(|entry| entry.delivery == Delivery::Waiting) {
            if is_shown(&entry.channel) && busy.insert(entry.channel) {
                entry.delivery = Delivery::UnderWay;
                due.push((entry.channel, entry.outgoing.clone()));
            }
        }
        due
    }

    /// The daemon has a message.
    pub(super) fn done(&mut self, nonce: &Nonce) {
        self.entries.retain(|entry| entry.outgoing.nonce != *nonce);
    }

    /// The daemon takes nothing before a moment; the message waits.
    pub(super) fn later(&mut self, nonce: &Nonce, when: Timestamp) {
        self.set(nonce, Delivery::Waiting);
        self.not_before = self.not_before.max(Some(when));
    }

    /// A message was refused.
    pub(super) fn refused(&mut self, nonce: &Nonce) {
        self.set(nonce, Delivery::Refused);
    }

    /// Nobody knows what became of what was under way: it goes again, under the same nonces.
    pub(super) fn connection_lost(&mut self) {
        self.not_before = None;
        for entry in &mut self.entries {
            if entry.delivery == Delivery::UnderWay {
                entry.delivery = Delivery::Waiting;
            }
        }
    }

    /// Lets what was refused go again, and tells what that is.
    pub(super) fn try_again(&mut self) -> Vec<(ChannelId, Nonce)> {
        let refused = self.entries.iter_mut().filter(|entry| entry.delivery == Delivery::Refused);
        refused
            .map(|entry| {
                entry.delivery = Delivery::Waiting;
                (entry.channel, entry.outgoing.nonce.clone())
            })
            .collect()
    }

    /// Takes the last refused message of a channel out, to be written anew or dropped.
    pub(super) fn take_back(&mut self, channel: ChannelId) -> Option<Outgoing> {
        let refused = |entry: &Entry| entry.channel == channel && entry.delivery == Delivery::Refused;
        let place = self.entries.iter().rposition(refused)?;
        Some(self.entries.remove(place).outgoing)
    }

    /// Forgets what was meant for a channel.
    pub(super) fn forget(&mut self, channel: ChannelId) {
        self.entries.retain(|entry| entry.channel != channel);
    }

    /// Gives what is meant for a channel.
    pub(super) fn of(&self, channel: ChannelId) -> impl Iterator<Item = &Outgoing> {
        self.entries.iter().filter(move |entry| entry.channel == channel).map(|entry| &entry.outgoing)
    }

    /// Gives what goes under a nonce.
    pub(super) fn get(&self, nonce: &Nonce) -> Option<&Outgoing> {
        self.entries.iter().map(|entry| &entry.outgoing).find(|outgoing| outgoing.nonce == *nonce)
    }

    /// Counts what the daemon does not have.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn set(&mut self, nonce: &Nonce, delivery: Delivery) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.outgoing.nonce == *nonce) {
            entry.delivery = delivery;
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::MessageKind;

    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn nonce(text: &str) -> Nonce {
        text.parse().unwrap()
    }

    fn outbox(messages: &[(&str, &str)]) -> Outbox {
        let mut outbox = Outbox::default();
        for (channel, text) in messages {
            let (nonce, content) = (nonce(text), (*text).to_owned());
            let outgoing = Outgoing { nonce, content, kind: MessageKind::Text, reply_to: None };
            outbox.push(channel.parse().unwrap(), outgoing);
        }
        outbox
    }

    fn due(outbox: &mut Outbox, now: i64) -> Vec<String> {
        outbox.due(at(now), |_| true).into_iter().map(|(_, outgoing)| outgoing.content).collect()
    }

    #[test]
    fn each_channel_has_one_message_under_way() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2"), ("b", "3")]);
        assert_eq!(due(&mut outbox, 0), ["1", "3"]);
        assert!(due(&mut outbox, 0).is_empty());
        outbox.done(&nonce("1"));
        assert_eq!(due(&mut outbox, 0), ["2"]);
    }

    #[test]
    fn haste_is_waited_for_in_order() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2")]);
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.later(&nonce("1"), at(500));
        assert!(due(&mut outbox, 499).is_empty());
        assert_eq!(due(&mut outbox, 500), ["1"]);
    }

    #[test]
    fn a_refused_message_holds_nobody_up() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2")]);
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.refused(&nonce("1"));
        assert_eq!(due(&mut outbox, 0), ["2"]);
        assert_eq!(outbox.try_again().len(), 1);
        outbox.done(&nonce("2"));
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.refused(&nonce("1"));
        assert_eq!(outbox.take_back("a".parse().unwrap()).unwrap().content, "1");
        assert_eq!(outbox.len(), 0);
    }

    #[test]
    fn a_cut_connection_sends_again_in_order() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2")]);
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.connection_lost();
        assert_eq!(due(&mut outbox, 0), ["1"]);
        assert!(outbox.due(at(0), |_| false).is_empty());
    }
}
