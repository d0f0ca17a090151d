//! Files that go with messages are uploaded first; then the message goes.

use proto::{ChannelId, FileInfo};

use super::attachment::{AttachmentPlace, Passed};
use super::{Core, CoreEffect};

impl Core {
    /// Begins to upload what goes with messages that wait.
    pub(super) fn upload_due(&mut self) {
        for (at, source) in self.outbox.to_upload() {
            self.uploading.insert(at.nonce.clone());
            self.add_effect(CoreEffect::Upload(at, source));
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
        let ended = self.uploading.extract_if(|nonce| !self.outbox.is_uploading(nonce)).collect::<Vec<_>>();
        for nonce in ended {
            if self.outbox.stop_uploading(&nonce) {
                self.add_effect(CoreEffect::CancelUploads(nonce));
            }
        }
    }
}
