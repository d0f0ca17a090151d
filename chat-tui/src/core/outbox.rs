//! Messages on their way: kept, in the order they were written, until the daemon has them.
//!
//! In each channel one message at a time is under way. So a refusal for haste or a cut connection
//! never lets a later message pass an earlier one.

use std::collections::HashSet;

use proto::{ChannelId, FileInfo, FileName, Handle, Index, MessageKind, Nonce, Timestamp, Uploading};

use super::attachment::{Attachment, AttachmentPlace, Passed, SourceFile};
use crate::unsent::{To, UnsentMessage};

/// A message that this client has sent or is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The client's name for it.
    pub nonce: Nonce,
    /// What is said, as it goes to the daemon.
    pub content: String,
    /// Text or action.
    pub kind: MessageKind,
    /// The message that it answers.
    pub reply_to: Option<Index>,
    /// Files that go with it; it waits until all are at the server.
    pub files: Vec<Attachment>,
}

impl Outgoing {
    /// Gives the line by which it is written again.
    pub fn line(&self) -> String {
        let paths = shell_words::join(self.files.iter().map(|file| file.source.path.to_string_lossy()));
        match (self.kind, &*paths) {
            (MessageKind::Action, _) => format!("/me {}", self.content),
            (_, "") => self.content.clone(),
            (_, paths) if self.content.is_empty() => format!("/upload {paths}"),
            (_, paths) => format!("/upload {paths} -- {}", self.content),
        }
    }
}

/// Where a message goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Recipient {
    /// A channel or a wall that is known.
    Channel(ChannelId),
    /// The conversation with somebody, which is opened first.
    Person(Handle),
    /// The reader's own wall, which is asked for first.
    OwnWall,
}

/// Every message of this client that the daemon does not have yet.
#[derive(Debug, Default)]
pub struct Outbox {
    entries: Vec<Entry>,
    /// How many were ever taken in.
    numbers: u64,
    /// The daemon asked for patience: nothing goes before this moment.
    not_before: Option<Timestamp>,
    /// What has become of what is kept on the disk.
    change: Change,
}

/// How what is kept on the disk differs from what is to be kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Not at all.
    #[default]
    None,
    /// Something is there that the daemon has: were it sent again, it would arrive once all the same.
    Less,
    /// Something is missing.
    More,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    to: Recipient,
    /// Where it was written, if that is elsewhere: there it is given back.
    from: Option<ChannelId>,
    outgoing: Outgoing,
    written: Timestamp,
    delivery: Delivery,
}

/// A message on its way, as it is shown.
#[derive(Debug, Clone, Copy)]
pub struct Sending<'a> {
    /// Its own, among all that this program has sent: later ones are higher.
    pub number: u64,
    /// The message as it was written.
    pub outgoing: &'a Outgoing,
    /// When it was written.
    pub written: Timestamp,
    /// Why it was refused, if it was.
    pub refused: Option<&'a str>,
}

/// What was not sent and is given back.
#[derive(Debug, PartialEq, Eq)]
pub struct GivenBack {
    /// Where it was written.
    pub from: Option<ChannelId>,
    /// What was written.
    pub outgoing: Outgoing,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Delivery {
    /// To be sent as soon as may be.
    Waiting,
    /// Sent and not answered.
    UnderWay,
    /// Refused, for this reason; waits for the person.
    Refused(String),
    /// The daemon has it, at this place of the channel; the message itself has not come yet.
    Stored(Index),
}

/// How long a message may wait and still go by itself: the daemon knows what it has by its nonce for thirty days.
const WAIT_MAX_MILLIS: u64 = 29 * 24 * 60 * 60 * 1_000;
/// Files that go up at once: the daemon takes eight of an account, which may be elsewhere as well.
const UPLOADS_AT_ONCE: usize = 4;
/// Why a message that is older than that does not go by itself.
pub const WRITTEN_LONG_AGO: &str = "written a month ago: see whether it was sent before you send it again";

impl Outbox {
    /// Takes a message in that was written where it goes.
    pub fn push(&mut self, channel: ChannelId, outgoing: Outgoing, now: Timestamp) {
        self.push_from(Some(channel), Recipient::Channel(channel), outgoing, now);
    }

    /// Takes a message in that was written elsewhere.
    pub fn push_from(&mut self, from: Option<ChannelId>, to: Recipient, outgoing: Outgoing, now: Timestamp) {
        self.add(to, from, outgoing, now, Delivery::Waiting);
        self.change = Change::More;
    }

    /// Takes a message in that was kept on the disk.
    pub fn take_up(&mut self, to: Recipient, kept: UnsentMessage, now: Timestamp) {
        let UnsentMessage { to: _, from, nonce, content, kind, reply_to, written, refused, mut files } = kept;
        files.iter_mut().for_each(|file| file.passed = None);
        let late = (now.millis_since(written) > WAIT_MAX_MILLIS).then(|| WRITTEN_LONG_AGO.to_owned());
        let delivery = refused.or(late).map_or(Delivery::Waiting, Delivery::Refused);
        let outgoing = Outgoing { nonce, content, kind, reply_to, files };
        self.add(to, from, outgoing, written, delivery);
    }

    fn add(
        &mut self,
        to: Recipient,
        from: Option<ChannelId>,
        outgoing: Outgoing,
        written: Timestamp,
        delivery: Delivery,
    ) {
        self.numbers += 1;
        self.entries.push(Entry { number: self.numbers, to, from, outgoing, written, delivery });
    }

    /// Gives what the daemon does not have yet.
    fn unsent(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.is_stored())
    }

    /// Gives everything as it is kept on the disk; `to` says what an recipient is called there.
    pub fn kept(&self, to: impl Fn(&Recipient) -> Option<To>) -> Vec<UnsentMessage> {
        let kept = self.unsent().filter_map(|entry| {
            let Outgoing { nonce, content, kind, reply_to, files } = entry.outgoing.clone();
            let refused = match &entry.delivery {
                Delivery::Refused(reason) => Some(reason.clone()),
                Delivery::Waiting | Delivery::UnderWay | Delivery::Stored(_) => None,
            };
            let (to, from, written) = (to(&entry.to)?, entry.from, entry.written);
            Some(UnsentMessage { to, from, nonce, content, kind, reply_to, written, refused, files })
        });
        kept.collect()
    }

    /// Tells how what is to be kept on the disk differs from what it was at the last time.
    pub fn take_change(&mut self) -> Change {
        std::mem::take(&mut self.change)
    }

    /// Gives the channels that something is meant for.
    pub fn channels(&self) -> HashSet<ChannelId> {
        self.unsent().filter_map(Entry::channel).collect()
    }

    /// What was meant for a channel goes to somebody instead.
    pub fn redirect(&mut self, channel: ChannelId, to: &Recipient) {
        for entry in self.entries.iter_mut().filter(|entry| entry.channel() == Some(channel)) {
            entry.to = to.clone();
        }
        self.change = Change::More;
    }

    /// Gives the messages that may go now, at most one of each channel, and holds them for sent.
    pub fn due(&mut self, now: Timestamp, is_shown: impl Fn(&ChannelId) -> bool) -> Vec<(ChannelId, Outgoing)> {
        if self.not_before.is_some_and(|when| now < when) {
            return Vec::new();
        }
        self.not_before = None;
        let under_way = self.entries.iter().filter(|entry| entry.delivery == Delivery::UnderWay);
        let mut busy = under_way.filter_map(Entry::channel).collect::<HashSet<_>>();
        let mut due = Vec::new();
        // Others pass those whose files are still going up.
        let may_go = |entry: &&mut Entry| entry.delivery == Delivery::Waiting && entry.is_uploaded();
        for entry in self.entries.iter_mut().filter(may_go) {
            let Some(channel) = entry.channel() else { continue };
            if is_shown(&channel) && busy.insert(channel) {
                entry.delivery = Delivery::UnderWay;
                due.push((channel, entry.outgoing.clone()));
            }
        }
        due
    }

    /// Gives the files of messages that wait which are neither at the server nor on their way, as many as may go up at once, and
    /// holds them for on their way.
    pub fn to_upload(&mut self) -> Vec<(AttachmentPlace, SourceFile)> {
        let under_way = self.entries.iter().filter(|entry| entry.is_uploading());
        let under_way = under_way.flat_map(|entry| &entry.outgoing.files).filter(|file| file.passed.is_some()).count();
        let waiting = self.entries.iter_mut().filter(|entry| entry.delivery == Delivery::Waiting);
        let mut due = Vec::new();
        for Outgoing { nonce, files, .. } in waiting.map(|entry| &mut entry.outgoing) {
            for (place, file) in files.iter_mut().enumerate() {
                if file.file.is_none() && file.passed.is_none() && under_way + due.len() < UPLOADS_AT_ONCE {
                    file.passed = Some(Passed::default());
                    due.push((AttachmentPlace { nonce: nonce.clone(), place }, file.source.clone()));
                }
            }
        }
        due
    }

    /// Gives a file of a message.
    pub fn attachment_mut(&mut self, at: &AttachmentPlace) -> Option<&mut Attachment> {
        let entry = self.entries.iter_mut().find(|entry| entry.outgoing.nonce == at.nonce)?;
        entry.outgoing.files.get_mut(at.place)
    }

    /// Tells how far the files of a message are that is for a channel.
    pub(super) fn upload_of(&self, nonce: &Nonce) -> Option<Uploading> {
        let entry = self.entries.iter().find(|entry| entry.outgoing.nonce == *nonce)?;
        let files = &entry.outgoing.files;
        let name = files.first()?.source.path.file_name().unwrap_or_default().to_string_lossy();
        let (mut done, mut total) = (0, 0);
        for file in files {
            let passed = file.passed.unwrap_or_default();
            let there = file.file.as_ref().map_or(0, |file| file.size);
            (done, total) = (done + passed.done + there, total + passed.total + there);
        }
        let (nonce, files, name) = (nonce.clone(), files.len() as u32, FileName::cleaned(&name));
        Some(Uploading { id: entry.channel()?, nonce, name, files, done, total, failed: false })
    }

    /// A file of a message is at the server.
    pub fn uploaded(&mut self, at: &AttachmentPlace, file: FileInfo) {
        if let Some(attachment) = self.attachment_mut(at) {
            (attachment.file, attachment.passed) = (Some(file), None);
            self.change = Change::More;
        }
    }

    /// The server has the files of a message no longer: they go up anew when it is tried again.
    pub fn forget_uploaded(&mut self, nonce: &Nonce) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.outgoing.nonce == *nonce) {
            entry.outgoing.files.iter_mut().for_each(|file| file.file = None);
        }
    }

    /// Tells whether a message waits for files that go up now.
    pub(super) fn is_uploading(&self, nonce: &Nonce) -> bool {
        self.entries.iter().any(|entry| entry.outgoing.nonce == *nonce && entry.is_uploading())
    }

    /// Nothing of a message goes up any more: what is missing begins anew if it is tried again. False if all was there.
    pub(super) fn stop_uploading(&mut self, nonce: &Nonce) -> bool {
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.outgoing.nonce == *nonce) else { return true };
        let passed = entry.outgoing.files.iter_mut().filter_map(|file| file.passed.take());
        passed.count() > 0
    }

    /// Gives the last message of a channel whose files are still going up.
    pub fn last_uploading(&self, channel: ChannelId) -> Option<Nonce> {
        let is_uploading = |entry: &&Entry| {
            entry.channel() == Some(channel) && entry.delivery == Delivery::Waiting && !entry.is_uploaded()
        };
        self.entries.iter().rfind(is_uploading).map(|entry| entry.outgoing.nonce.clone())
    }

    /// Gives the people whose conversations are to be opened first.
    pub fn unopened(&self) -> Vec<Handle> {
        let mut people = Vec::new();
        for entry in &self.entries {
            if let Recipient::Person(handle) = &entry.to
                && !people.contains(handle)
            {
                people.push(handle.clone());
            }
        }
        people
    }

    /// Tells whether something waits to go to an recipient.
    pub fn waits_for(&self, recipient: &Recipient) -> bool {
        self.entries.iter().any(|entry| entry.to == *recipient)
    }

    /// What waited for an recipient has a channel now; gives what goes there.
    pub fn opened(&mut self, recipient: &Recipient, channel: ChannelId) -> Vec<Outgoing> {
        self.change = Change::More;
        let waiting = self.entries.iter_mut().filter(|entry| entry.to == *recipient);
        waiting
            .map(|entry| {
                entry.to = Recipient::Channel(channel);
                entry.outgoing.clone()
            })
            .collect()
    }

    /// Takes out everything that is meant for an recipient, to be given back.
    pub fn give_back(&mut self, recipient: &Recipient) -> Vec<GivenBack> {
        self.change = Change::More;
        let out = self.entries.extract_if(.., |entry| entry.to == *recipient).filter(|entry| !entry.is_stored());
        out.map(|entry| GivenBack { from: entry.from, outgoing: entry.outgoing }).collect()
    }

    /// The daemon has another store: the messages that were answered are not known there, and what the old one had and has
    /// not come goes again, under its nonce.
    pub fn store_changed(&mut self) {
        for entry in &mut self.entries {
            entry.outgoing.reply_to = None;
            // It does not have the files either.
            entry.outgoing.files.iter_mut().for_each(|file| file.file = None);
            if entry.is_stored() {
                entry.delivery = Delivery::Waiting;
            }
        }
        self.change = Change::More;
    }

    /// The daemon has a message, at a place of its channel; it is shown as on its way until the message itself comes.
    pub fn stored(&mut self, nonce: &Nonce, index: Index) {
        self.set(nonce, Delivery::Stored(index));
        self.change = self.change.max(Change::Less);
    }

    /// A message of a channel is here; gives the number of what it was while it was on its way, if it was.
    pub fn arrived(&mut self, channel: ChannelId, index: Index, nonce: Option<&Nonce>) -> Option<u64> {
        let place = self.entries.iter().position(|entry| {
            let is_stored = entry.channel() == Some(channel) && entry.delivery == Delivery::Stored(index);
            is_stored || nonce.is_some_and(|nonce| entry.outgoing.nonce == *nonce)
        })?;
        self.change = self.change.max(Change::Less);
        Some(self.entries.remove(place).number)
    }

    /// The channel is shown from another place on: what the daemon has up to a message does not come by itself any more.
    pub fn forget_stored(&mut self, channel: ChannelId, up_to: Index) {
        self.entries.retain(|entry| {
            let stored = matches!(entry.delivery, Delivery::Stored(index) if index <= up_to);
            !(stored && entry.channel() == Some(channel))
        });
    }

    /// The daemon has a message that is shown nowhere.
    pub fn done(&mut self, nonce: &Nonce) {
        self.entries.retain(|entry| entry.outgoing.nonce != *nonce);
        self.change = self.change.max(Change::Less);
    }

    /// The daemon takes nothing before a moment; the message waits.
    pub fn later(&mut self, nonce: &Nonce, when: Timestamp) {
        self.set(nonce, Delivery::Waiting);
        self.not_before = self.not_before.max(Some(when));
    }

    /// A message was refused.
    pub fn refused(&mut self, nonce: &Nonce, reason: &str) {
        self.set(nonce, Delivery::Refused(reason.to_owned()));
        self.change = Change::More;
    }

    /// Nobody knows what became of what was under way: it goes again, under the same nonces.
    pub fn connection_lost(&mut self) {
        self.not_before = None;
        for entry in &mut self.entries {
            if entry.delivery == Delivery::UnderWay {
                entry.delivery = Delivery::Waiting;
            }
        }
    }

    /// Nothing goes to a channel any more: what was to go there is refused.
    pub fn refuse_all(&mut self, channel: ChannelId, reason: &str) {
        self.change = Change::More;
        self.forget_stored(channel, Index::new(u64::MAX));
        for entry in self.entries.iter_mut().filter(|entry| entry.channel() == Some(channel)) {
            entry.delivery = Delivery::Refused(reason.to_owned());
        }
    }

    /// Lets what was refused go again where that may be, and counts it.
    pub fn try_again(&mut self, is_open: impl Fn(&ChannelId) -> bool) -> usize {
        self.change = Change::More;
        let may_go =
            |entry: &&mut Entry| entry.is_refused() && entry.channel().is_some_and(|channel| is_open(&channel));
        let refused = self.entries.iter_mut().filter(may_go);
        refused.map(|entry| entry.delivery = Delivery::Waiting).count()
    }

    /// Takes the last refused message of a channel out, to be written anew or dropped.
    pub fn take_back(&mut self, channel: ChannelId) -> Option<Outgoing> {
        let refused = |entry: &Entry| entry.channel() == Some(channel) && entry.is_refused();
        let place = self.entries.iter().rposition(refused)?;
        self.change = Change::More;
        Some(self.entries.remove(place).outgoing)
    }

    /// Gives what is on its way to a channel, in order.
    pub fn of(&self, channel: ChannelId) -> impl DoubleEndedIterator<Item = Sending<'_>> {
        let meant = self.entries.iter().filter(move |entry| entry.channel() == Some(channel));
        meant.map(|entry| Sending {
            number: entry.number,
            outgoing: &entry.outgoing,
            written: entry.written,
            refused: match &entry.delivery {
                Delivery::Refused(reason) => Some(reason.as_str()),
                Delivery::Waiting | Delivery::UnderWay | Delivery::Stored(_) => None,
            },
        })
    }

    /// Gives what goes under a nonce.
    pub fn get(&self, nonce: &Nonce) -> Option<&Outgoing> {
        self.entries.iter().map(|entry| &entry.outgoing).find(|outgoing| outgoing.nonce == *nonce)
    }

    /// Counts what the daemon does not have.
    pub fn unsent_count(&self) -> usize {
        self.unsent().count()
    }

    /// Counts what is to go by itself.
    pub fn on_its_way(&self) -> usize {
        self.unsent().filter(|entry| !entry.is_refused()).count()
    }

    fn set(&mut self, nonce: &Nonce, delivery: Delivery) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.outgoing.nonce == *nonce) {
            entry.delivery = delivery;
        }
    }
}

impl Entry {
    fn is_uploaded(&self) -> bool {
        self.outgoing.files.iter().all(|file| file.file.is_some())
    }

    /// Tells whether it waits for files that go up now.
    fn is_uploading(&self) -> bool {
        self.delivery == Delivery::Waiting && self.outgoing.files.iter().any(|file| file.passed.is_some())
    }

    fn is_stored(&self) -> bool {
        matches!(self.delivery, Delivery::Stored(_))
    }

    fn is_refused(&self) -> bool {
        matches!(self.delivery, Delivery::Refused(_))
    }

    fn channel(&self) -> Option<ChannelId> {
        match self.to {
            Recipient::Channel(channel) => Some(channel),
            Recipient::Person(_) | Recipient::OwnWall => None,
        }
    }
}

#[cfg(test)]
mod tests {
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
            let outgoing = Outgoing { nonce, content, kind: MessageKind::Text, reply_to: None, files: Vec::new() };
            outbox.push(channel.parse().unwrap(), outgoing, at(0));
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
        outbox.refused(&nonce("1"), "no");
        assert_eq!(due(&mut outbox, 0), ["2"]);
        assert_eq!(outbox.try_again(|_| true), 1);
        outbox.done(&nonce("2"));
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.refused(&nonce("1"), "no");
        assert_eq!(outbox.take_back("a".parse().unwrap()).unwrap().content, "1");
        assert_eq!(outbox.unsent_count(), 0);
    }

    #[test]
    fn a_cut_connection_sends_again_in_order() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2")]);
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.connection_lost();
        assert_eq!(due(&mut outbox, 0), ["1"]);
        assert!(outbox.due(at(0), |_| false).is_empty());
    }

    /// What is written to somebody waits for the conversation, whatever happens to the connection meanwhile.
    #[test]
    fn what_has_no_channel_yet_waits_for_one() {
        let (mut outbox, bob) = (outbox(&[("a", "1")]), Recipient::Person("bob".parse().unwrap()));
        let to_bob = |text: &str| Outgoing {
            nonce: nonce(text),
            content: text.to_owned(),
            kind: MessageKind::Text,
            reply_to: None,
            files: Vec::new(),
        };
        outbox.push_from(Some("a".parse().unwrap()), bob.clone(), to_bob("2"), at(0));
        outbox.push_from(None, bob.clone(), to_bob("3"), at(0));
        assert_eq!(outbox.unopened(), ["bob".parse::<Handle>().unwrap()]);
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.connection_lost();
        assert_eq!(outbox.unsent_count(), 3);
        assert_eq!(outbox.opened(&bob, "d".parse().unwrap()).len(), 2);
        assert!(outbox.unopened().is_empty());
        assert_eq!(due(&mut outbox, 0), ["1", "2"]);
        assert!(outbox.give_back(&bob).is_empty());
        let given = outbox.give_back(&Recipient::Channel("d".parse().unwrap()));
        assert_eq!(given[0], GivenBack { from: Some("a".parse().unwrap()), outgoing: to_bob("2") });
    }

    #[test]
    fn what_is_refused_for_good_is_not_tried_again() {
        let mut outbox = outbox(&[("a", "1"), ("a", "2"), ("b", "3")]);
        outbox.refuse_all("a".parse().unwrap(), "gone");
        assert_eq!(outbox.try_again(|channel| channel.as_str() != "a"), 0);
        assert_eq!(due(&mut outbox, 0), ["3"]);
        assert_eq!(outbox.unsent_count(), 3, "it is still there to be had back");
    }

    #[test]
    fn what_the_daemon_has_is_shown_until_it_is_here() {
        let (mut outbox, channel) = (outbox(&[("a", "1"), ("a", "2")]), "a".parse().unwrap());
        assert_eq!(due(&mut outbox, 0), ["1"]);
        outbox.stored(&nonce("1"), Index::new(7));
        assert_eq!((outbox.unsent_count(), outbox.of(channel).count()), (1, 2));
        assert_eq!(due(&mut outbox, 0), ["2"], "it holds nobody up");
        assert_eq!(outbox.arrived(channel, Index::new(6), None), None);
        assert_eq!(outbox.arrived(channel, Index::new(7), None), Some(1));
        assert_eq!(outbox.arrived(channel, Index::new(8), Some(&nonce("2"))), Some(2));
        assert_eq!(outbox.of(channel).count(), 0);
    }
}
