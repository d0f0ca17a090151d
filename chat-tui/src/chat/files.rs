//! Files of messages: sent with one, and saved from one.

use std::path::{Path, PathBuf};

use proto::{Content, FileInfo, MessageKind};

use super::ChatScreen;
use super::outcome::KeyOutcome;
use crate::core::attachment::{Attachment, SourceFile};
use crate::core::outbox::Outgoing;
use crate::effect::Effect;
use crate::text::CleanLine;

/// Files that are being saved.
#[derive(Debug, Default)]
pub(super) struct Saving {
    /// Those that are not there yet.
    left: usize,
    /// Those that are.
    saved: usize,
}

impl ChatScreen {
    /// Says something with files in the open channel; it is shown at once and goes when they are at the server.
    pub(super) fn say_with_files(&mut self, sources: Vec<SourceFile>, caption: &Content) -> Vec<Effect> {
        let Some(id) = self.current else { return Vec::new() };
        let outgoing = self.core.outgoing(caption.as_str().to_owned(), MessageKind::Text);
        let files = sources.into_iter().map(Attachment::of).collect();
        let outgoing = Outgoing { reply_to: self.take_reply(), files, ..outgoing };
        self.say_in(id, outgoing)
    }

    /// Sends a selfie to the open channel, for which it was taken.
    pub fn send_selfie(&mut self, path: PathBuf) -> Vec<Effect> {
        let Ok(nothing) = Content::beside_files("") else { return Vec::new() };
        self.say_with_files(vec![SourceFile { path, keep_metadata: false }], &nothing)
    }

    /// Takes back the last message here whose files are still going up.
    pub(super) fn cancel_upload(&mut self) -> Vec<Effect> {
        let Some(id) = self.current else { return Vec::new() };
        if self.core.cancel_upload(id) {
            self.tell(label!("notice-upload-cancelled"));
        } else {
            self.fail(label!("error-upload-none"));
        }
        Vec::new()
    }

    /// Saves files in the folder for downloads.
    pub(crate) fn download(&mut self, files: Vec<FileInfo>) -> KeyOutcome {
        let Some(first) = files.first() else { return self.refuse(label!("error-no-files")) };
        self.tell(say!("notice-saving", name = CleanLine::new(first.name.as_str()).as_str()));
        self.saving.left += files.len();
        KeyOutcome::GoOn(files.into_iter().map(Effect::Download).collect())
    }

    /// Gives the files of the message that is selected, or the newest ones here.
    pub(super) fn files_meant(&self) -> Vec<FileInfo> {
        if let Some(chosen) = self.chosen() {
            return chosen.files().to_vec();
        }
        let newest = self.channel().and_then(|channel| channel.history.newest_with_files());
        newest.map(|message| message.files.clone()).unwrap_or_default()
    }

    /// A file was saved, or why not.
    pub fn downloaded(&mut self, file: &FileInfo, result: Result<String, String>) {
        let Saving { left, saved } = &mut self.saving;
        *left = left.saturating_sub(1);
        *saved += usize::from(result.is_ok());
        // Of several the last one says how many they are; what failed stays to be read.
        let several = (*left == 0 && *saved > 1).then_some(*saved);
        if *left == 0 {
            *saved = 0;
        }
        match result {
            Ok(path) => self.tell(match (several, Path::new(&path).parent()) {
                (Some(count), Some(folder)) => {
                    let folder = CleanLine::new(&folder.to_string_lossy());
                    say!("notice-saved-several", count = count, folder = folder.as_str())
                }
                _ => say!("notice-saved", path = CleanLine::new(&path).as_str()),
            }),
            Err(reason) => {
                let (name, reason) = (CleanLine::new(file.name.as_str()), CleanLine::new(&reason));
                self.fail(say!("notice-not-saved", name = name.as_str(), reason = reason.as_str()));
            }
        }
    }
}
