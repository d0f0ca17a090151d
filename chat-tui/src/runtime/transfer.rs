//! Effects that move files.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use proto::{FileInfo, Nonce};

use super::Runtime;
use crate::core::attachment::{Attachment, AttachmentPlace, SourceFile};
use crate::msg::Msg;
use crate::transfer::{self, Retrying, Speed, download_folder};

/// How often it is told how far a file is: each time something may be drawn.
const TOLD_EVERY: Duration = Duration::from_millis(250);

/// An opener that has not failed by then shows the file.
const OPENED_AFTER: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

impl Runtime {
    /// Uploads a file of a message.
    pub(super) fn upload(&mut self, at: AttachmentPlace, mut source: SourceFile) {
        let Some(session) = self.session.clone() else { return };
        let (messages, place) = (self.messages.clone(), at.clone());
        let speed = Arc::new(Speed::default());
        let progress = move |passed| {
            if let Some(passed) = speed.add(passed, TOLD_EVERY) {
                // Where very much waits to be taken in it is told later.
                let _ = messages.try_send(Msg::UploadPassed(place.clone(), passed));
            }
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
        let (messages, speed, of) = (self.messages.clone(), Speed::default(), file.clone());
        let progress = move |passed| {
            if let Some(passed) = speed.add(passed, TOLD_EVERY) {
                let _ = messages.try_send(Msg::DownloadPassed(of.clone(), passed));
            }
        };
        self.answer_of_session(async move {
            let saved = transfer::download(&session, &file.id, &download_folder(), Retrying::default(), progress).await;
            let result = saved.map(|saved| saved.path.display().to_string());
            Msg::Downloaded(file, result.map_err(|error| error.to_string()))
        });
    }

    /// Opens a file of this machine with the program that the desktop has for it.
    pub(super) fn open_file(&self, path: PathBuf) {
        self.answer_of_session(async move {
            let opened = tokio::task::spawn_blocking(move || open(&path)).await;
            Msg::Opened(opened.unwrap_or_else(|error| Err(error.to_string())))
        });
    }
}

/// The path is one argument, from the root on: no shell reads it, and it is no option.
fn open(path: &Path) -> Result<(), String> {
    let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !["WAYLAND_DISPLAY", "DISPLAY"].iter().any(is_set) {
        return Err(label!("open-no-desktop").to_owned());
    }
    let path = std::path::absolute(path).map_err(|error| error.to_string())?;
    let mut command = Command::new("xdg-open");
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // What is meant for this program, as Ctrl+Z, is not for the one that shows the file.
    match command.process_group(0).spawn().and_then(|opener| ended_within(opener, OPENED_AFTER)) {
        Ok(Some(status)) if !status.success() => Err(label!("open-no-program").to_owned()),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(label!("open-no-opener").to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Waits for the end of a program, but no longer than this; a thread sees to it then.
fn ended_within(mut program: Child, longest: Duration) -> io::Result<Option<ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = program.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > longest {
            std::thread::spawn(move || program.wait());
            return Ok(None);
        }
        std::thread::sleep(LOOK_EVERY);
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
