//! Files that go with messages are uploaded first; then the message goes.

use proto::{ChannelId, FileInfo, Nonce};

use super::attachment::{AttachmentPlace, Passed};
use super::outbox::Outgoing;
use super::{Core, CoreEffect};

impl Core {
    /// Begins to upload what goes with messages that wait.
    pub(super) fn upload_due(&mut self) {
        for (at, path) in self.outbox.to_upload() {
            self.out.effects.push(CoreEffect::Upload(at, path));
        }
    }

    /// A file has gone up some way.
    pub(super) fn upload_passed(&mut self, at: &AttachmentPlace, passed: Passed) {
        // One that was given up meanwhile goes nowhere.
        let attachment = self.outbox.attachment_mut(at).filter(|attachment| attachment.passed.is_some());
        if let Some(attachment) = attachment {
            attachment.passed = Some(passed);
        }
    }

    /// A file is at the server, or why not; the message goes when all of its files are.
    pub(super) fn uploaded(&mut self, at: &AttachmentPlace, result: Result<FileInfo, String>) {
        match result {
            Ok(file) => self.outbox.is_uploaded(at, file),
            Err(reason) => {
                self.cancel_others(&at.nonce);
                self.outbox.upload_failed(&at.nonce, &reason);
            }
        }
        if self.is_online() {
            self.send_due();
        }
    }

    /// Takes the last message of a channel out whose files are still going up; true if there was one.
    pub fn cancel_upload(&mut self, channel: ChannelId) -> (bool, Vec<CoreEffect>) {
        let Some(nonce) = self.outbox.last_uploading(channel) else { return (false, Vec::new()) };
        self.cancel_others(&nonce);
        self.outbox.done(&nonce);
        (true, std::mem::take(&mut self.out.effects))
    }

    /// Gives up what is still going up of a message that goes nowhere any more.
    pub(super) fn cancel_uploads_of(&mut self, outgoing: &Outgoing) {
        if outgoing.files.iter().any(|file| file.passed.is_some()) {
            self.cancel_others(&outgoing.nonce);
        }
    }

    fn cancel_others(&mut self, nonce: &Nonce) {
        self.out.effects.push(CoreEffect::CancelUploads(nonce.clone()));
    }
}
