//! Files of messages: sent with one, and saved from one.

use std::path::{Path, PathBuf};

use proto::{ChannelId, Content, FileInfo, MessageKind};

use super::ChatScreen;
use super::outcome::KeyOutcome;
use super::terms::Saving;
use crate::core::attachment::{Attachment, Passed, SourceFile};
use crate::core::outbox::Outgoing;
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::words::{percent, size, with_rate};

/// Endings of names by which desktops choose programs that only show a file. Others may be programs themselves.
const SHOWN_ENDINGS: [&str; 26] = [
    "avif", "bmp", "csv", "flac", "gif", "jpeg", "jpg", "log", "m4a", "md", "mkv", "mov", "mp3", "mp4", "oga", "ogg",
    "ogv", "opus", "pdf", "png", "tif", "tiff", "txt", "wav", "webm", "webp",
];

/// Tells whether a file may be opened: it is of a kind that programs show, and is called so, since desktops go by names.
fn is_shown(file: &FileInfo) -> bool {
    let mime = file.mime.as_str();
    let kinds = ["image/", "video/", "audio/"];
    let is_kind = kinds.iter().any(|kind| mime.starts_with(kind)) || matches!(mime, "application/pdf" | "text/plain");
    is_kind && ends_as_shown(file.name.as_str())
}

fn ends_as_shown(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_some_and(|ending| SHOWN_ENDINGS.contains(&&*ending))
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

    /// Sends a selfie to the channel for which it was taken, whichever is open by now.
    pub fn send_selfie(&mut self, to: ChannelId, path: PathBuf) -> Vec<Effect> {
        if !self.core.is_in(&to) {
            self.fail(label!("error-not-a-member"));
            return vec![Effect::Discard(path)];
        }
        let outgoing = self.core.outgoing(String::new(), MessageKind::Text);
        let files = vec![Attachment::of(SourceFile { path, keep_metadata: false })];
        self.say_in(to, Outgoing { files, ..outgoing })
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
        let told = say!("notice-saving", name = CleanLine::new(first.name.as_str()).as_str());
        self.saving.told.clone_from(&told);
        self.tell(told);
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

    /// Saves files, and opens the first of them then.
    pub(crate) fn open_files(&mut self, files: Vec<FileInfo>) -> KeyOutcome {
        let Some(shown) = files.into_iter().find(is_shown) else {
            return self.refuse(label!("error-not-opened"));
        };
        self.saving.opens.push(shown.id);
        self.download(vec![shown])
    }

    /// A file has come some way. What else was told meanwhile stays.
    pub fn download_passed(&mut self, file: &FileInfo, passed: Passed) {
        let is_told = self.notice.as_ref().is_some_and(|notice| notice.text == self.saving.told);
        if passed.total == 0 || !is_told {
            return;
        }
        let name = CleanLine::new(file.name.as_str());
        let (part, total) = (percent(passed), size(passed.total));
        let told = with_rate(say!("notice-saving-part", name = name.as_str(), part = part, total = total), passed);
        self.saving.told.clone_from(&told);
        self.tell(told);
    }

    /// A file was opened, or why not.
    pub fn file_opened(&mut self, result: Result<(), String>) {
        if let Err(reason) = result {
            self.fail(CleanLine::new(&reason).to_string());
        }
    }

    /// A file was saved, or why not. One that was wanted for that is opened.
    pub fn downloaded(&mut self, file: &FileInfo, result: Result<String, String>) -> Option<Effect> {
        let Saving { left, saved, opens, .. } = &mut self.saving;
        let is_wanted = opens.extract_if(.., |id| *id == file.id).count() > 0;
        // What it is called here counts: the server may have said two things.
        let opened = result.as_ref().ok().filter(|path| is_wanted && ends_as_shown(path));
        let opening = opened.map(|path| Effect::Open(PathBuf::from(path)));
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
        opening
    }
}
