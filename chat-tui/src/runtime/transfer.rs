//! Effects that move files.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use proto::{FileInfo, Nonce};

use super::Runtime;
use crate::core::attachment::{Attachment, AttachmentPlace, SourceFile};
use crate::msg::Msg;
use crate::transfer::{self, Retrying, download_folder};

/// How often it is told how far a file is: each time something may be drawn.
const TOLD_EVERY: Duration = Duration::from_millis(250);

impl Runtime {
    /// Uploads a file of a message.
    pub(super) fn upload(&mut self, at: AttachmentPlace, mut source: SourceFile) {
        let Some(session) = self.session.clone() else { return };
        let (messages, place) = (self.messages.clone(), at.clone());
        let told = std::sync::Arc::new(Mutex::new(None::<Instant>));
        let progress = move |passed| {
            let mut told = told.lock().expect("nobody panics telling how far a file is");
            if told.is_some_and(|told| told.elapsed() < TOLD_EVERY) {
                return;
            }
            *told = Some(Instant::now());
            // Where very much waits to be taken in it is told later.
            let _ = messages.try_send(Msg::UploadPassed(place.clone(), passed));
        };
        let name = at.nonce.clone();
        source.path = at_home(source.path);
        let uploading = self.answer_of_session(async move {
            let result = transfer::upload(&session, &source, Retrying::default(), progress).await;
            Msg::Uploaded(at, result.map_err(|error| error.to_string()))
        });
        self.uploads.retain(|(_, uploading)| !uploading.is_finished());
        self.uploads.push((name, uploading));
    }

    /// Uploads a picture for the user's profile.
    pub(super) fn upload_avatar(&self, mut source: SourceFile) {
        let Some(session) = self.session.clone() else { return };
        source.path = at_home(source.path);
        self.answer_of_session(async move {
            let result = transfer::upload(&session, &source, Retrying::default(), |_| {}).await;
            Msg::AvatarUploaded(result.map_err(|error| error.to_string()))
        });
    }

    /// Gives up uploading the files of a message.
    pub(super) fn cancel_uploads(&mut self, nonce: &Nonce) {
        for (_, uploading) in self.uploads.extract_if(.., |(of, _)| of == nonce) {
            uploading.abort();
        }
    }

    /// Nobody is there any more whose files they are.
    pub(super) fn cancel_all_uploads(&mut self) {
        self.uploads.drain(..).for_each(|(_, uploading)| uploading.abort());
    }

    /// Downloads a file.
    pub(super) fn download(&self, file: FileInfo) {
        let Some(session) = self.session.clone() else { return };
        self.answer_of_session(async move {
            let saved = transfer::download(&session, &file.id, &download_folder(), Retrying::default(), |_| {}).await;
            let result = saved.map(|saved| saved.path.display().to_string());
            Msg::Downloaded(file, result.map_err(|error| error.to_string()))
        });
    }
}

/// Names where a file lies from the root on: the next start may be in another folder.
pub(super) fn make_absolute(attachment: &mut Attachment) {
    let path = at_home(std::mem::take(&mut attachment.source.path));
    attachment.source.path = std::path::absolute(&path).unwrap_or(path);
}

/// Gives a path as a shell reads it that begins in the user's home.
pub(super) fn at_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), directories::UserDirs::new()) {
        (Ok(below), Some(places)) => places.home_dir().join(below),
        _ => path,
    }
}
