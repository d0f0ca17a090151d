//! Files that go with messages are uploaded first; then the message goes.

use proto::{ChannelId, ClientPacket, FileInfo, FileName, Nonce, Timestamp, Uploading};

use super::attachment::{AttachmentPlace, Passed};
use super::{Core, CoreEffect};

/// How often the reader's other screens are told how far it is.
const TOLD_EVERY_MILLIS: u64 = 1_000;
/// After so long without news of an upload on another device nothing is shown of it.
const HEARD_FOR_MILLIS: i64 = 15_000;

/// A message whose files go up, and when the reader's other screens were told of it last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    channel: Option<ChannelId>,
    at: Option<Timestamp>,
}

impl Core {
    /// Begins to upload what goes with messages that wait.
    pub(super) fn upload_due(&mut self) {
        for (at, source) in self.outbox.to_upload() {
            let channel = self.outbox.upload_of(&at.nonce).map(|upload| upload.id);
            self.uploading.entry(at.nonce.clone()).or_insert(Told { channel, at: None });
            self.add_effect(CoreEffect::Upload(at, source));
        }
    }

    /// A file has gone up some way.
    pub(super) fn upload_passed(&mut self, at: &AttachmentPlace, passed: Passed) {
        // One that was given up meanwhile goes nowhere.
        let attachment = self.outbox.attachment_mut(at).filter(|attachment| attachment.passed.is_some());
        if let Some(attachment) = attachment {
            attachment.passed = Some(passed);
            self.tell_others(&at.nonce);
        }
    }

    /// Tells the reader's other screens how far the files of a message are, now and then.
    fn tell_others(&mut self, nonce: &Nonce) {
        let now = self.now;
        let Some(told) = self.uploading.get_mut(nonce) else { return };
        if !matches!(self.connection, super::ConnectionState::Online)
            || told.at.is_some_and(|at| now.millis_since(at) < TOLD_EVERY_MILLIS)
        {
            return;
        }
        told.at = Some(now);
        if let Some(upload) = self.outbox.upload_of(nonce) {
            let told = self.send_unasked(ClientPacket::Upload(upload));
            self.add_effect(told);
        }
    }

    /// Tells them that it has ended without a message.
    fn tell_failed(&mut self, nonce: Nonce, told: Told) {
        let (Some(id), Some(_)) = (told.channel, told.at) else { return };
        if self.is_online() {
            let name = FileName::cleaned("");
            let failed = Uploading { id, nonce, name, files: 0, done: 0, total: 0, failed: true };
            let told = self.send_unasked(ClientPacket::Upload(failed));
            self.add_effect(told);
        }
    }

    /// Another device of the reader has told how far it is.
    pub(super) fn upload_heard(&mut self, news: Uploading) {
        let until = self.now.plus_millis(HEARD_FOR_MILLIS);
        let news = match self.elsewhere.remove(&news.nonce) {
            // Of what has ended only that is told; of what nobody here has seen it says nothing.
            Some((known, _)) if news.failed => Uploading { failed: true, ..known },
            None if news.failed => return,
            _ => news,
        };
        self.elsewhere.insert(news.nonce.clone(), (news, until));
        self.add_effect(CoreEffect::WakeAt(until));
    }

    /// What goes up into a channel on another device of the reader, the last that was heard of.
    pub fn uploading_elsewhere(&self, channel: ChannelId) -> Option<&Uploading> {
        let here = self.elsewhere.values().filter(|(news, until)| news.id == channel && self.now < *until);
        here.max_by_key(|(_, until)| *until).map(|(news, _)| news)
    }

    /// A message has come that was sent on another device: its files are there.
    pub(super) fn upload_is_sent(&mut self, nonce: &Nonce) {
        self.elsewhere.remove(nonce);
    }

    /// A file is at the server, or why not; the message goes when all of its files are.
    pub(super) fn uploaded(&mut self, at: &AttachmentPlace, result: Result<FileInfo, String>) {
        match result {
            Ok(file) => self.outbox.uploaded(at, file),
            Err(reason) => self.outbox.refused(&at.nonce, &reason),
        }
        if self.is_online() {
            self.send_due();
        }
    }

    /// Takes the last message of a channel out whose files are still going up; true if there was one.
    pub fn cancel_upload(&mut self, channel: ChannelId) -> bool {
        let Some(nonce) = self.outbox.last_uploading(channel) else { return false };
        self.outbox.done(&nonce);
        true
    }

    /// Gives up what is still going up of messages that do not wait for it any more, whatever has become of them.
    pub(super) fn end_uploads(&mut self) {
        let ended = self.uploading.extract_if(|nonce, _| !self.outbox.is_uploading(nonce)).collect::<Vec<_>>();
        for (nonce, told) in ended {
            if self.outbox.stop_uploading(&nonce) {
                self.add_effect(CoreEffect::CancelUploads(nonce.clone()));
                self.tell_failed(nonce, told);
            }
        }
        let now = self.now;
        self.elsewhere.retain(|_, (_, until)| now < *until);
    }
}
