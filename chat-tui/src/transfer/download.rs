//! Downloading a file under a safe name, never over another file.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use proto::{FileId, FileName};
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Retrying, TransferError};
use crate::core::attachment::Passed;
use crate::http::{self, IncomingFile};
use crate::session::Session;

/// Names that are tried when one is taken.
const NAMES_MAX: u32 = 1_000;
/// Pieces that wait for the disk; more are not taken from the connection. A piece has as much as one read of it gave, some
/// hundred KiB where it is quick.
const WAITING_MAX: usize = 16;

/// A file that was downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// Where it lies.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
}

/// Gives the folder for downloads: the user's, else the home folder, else where one is.
pub fn download_folder() -> PathBuf {
    let of_user = directories::UserDirs::new();
    let downloads = of_user.as_ref().and_then(|places| places.download_dir()).map(Path::to_owned);
    downloads.or_else(|| of_user.map(|places| places.home_dir().to_owned())).unwrap_or_else(|| PathBuf::from("."))
}

/// Downloads a file into a folder under the name that it has there, cleaned, or ` (2)` and so on behind it.
///
/// # Errors
/// See [`TransferError`]; nothing stays then.
pub async fn download(
    session: &Session,
    id: &FileId,
    folder: &Path,
    mut retrying: Retrying,
    progress: impl Fn(Passed),
) -> Result<Downloaded, TransferError> {
    let failed = TransferError::of(folder);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let fetch = async |known: Option<(u64, &str)>| http::fetch_file(&session.server, &session.token, id, known).await;
    let mut coming = loop {
        match fetch(None).await {
            Ok(coming) => break coming,
            Err(error) => retrying.after(error).await?,
        }
    };
    retrying.renew();
    // Under a name of its own until all of it is here.
    let (part, file) = PartFile::make(folder, &coming.name)?;
    let mut writing = Writing::begin(part.0.clone(), file);
    loop {
        let before = writing.done;
        match receive(&mut coming, &mut writing, &progress).await {
            Ok(()) if writing.done == coming.size => break,
            Ok(()) => {}
            Err(TransferError::Request(error)) => {
                if writing.done > before {
                    retrying.renew();
                }
                retrying.after(error).await?;
            }
            Err(error) => return Err(error),
        }
        coming = match fetch(Some((writing.done, &coming.tag))).await {
            Ok(coming) => coming,
            Err(error) => {
                retrying.after(error).await?;
                continue;
            }
        };
        if coming.offset != writing.done {
            // It is another one by now.
            writing.begin_anew().await?;
        }
    }
    let size = writing.done;
    if coming.tag.trim_matches('"') != writing.finish().await? {
        return Err(TransferError::Damaged);
    }
    part.keep_as(folder, &coming.name).map(|path| Downloaded { path, size })
}

async fn receive(
    coming: &mut IncomingFile,
    writing: &mut Writing,
    progress: &impl Fn(Passed),
) -> Result<(), TransferError> {
    progress(Passed { done: writing.done, total: coming.size, ..Passed::default() });
    while let Some(bytes) = coming.next().await? {
        writing.write(bytes).await?;
        progress(Passed { done: writing.done, total: coming.size, ..Passed::default() });
    }
    Ok(())
}

/// Bytes that a thread writes and hashes while more come.
struct Writing {
    path: PathBuf,
    /// Bytes that were handed over.
    done: u64,
    pieces: mpsc::Sender<Piece>,
    thread: JoinHandle<io::Result<Sha256>>,
}

/// What the thread is told.
enum Piece {
    Next(Bytes),
    /// What came before is of another file.
    Anew,
}

impl Writing {
    fn begin(path: PathBuf, file: File) -> Self {
        let (pieces, waiting) = mpsc::channel(WAITING_MAX);
        let thread = tokio::task::spawn_blocking(move || write(file, waiting));
        Self { path, done: 0, pieces, thread }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), TransferError> {
        self.done += bytes.len() as u64;
        self.tell(Piece::Next(bytes)).await
    }

    async fn begin_anew(&mut self) -> Result<(), TransferError> {
        self.done = 0;
        self.tell(Piece::Anew).await
    }

    async fn tell(&mut self, piece: Piece) -> Result<(), TransferError> {
        if self.pieces.send(piece).await.is_ok() {
            return Ok(());
        }
        // The thread has ended, which it only does by itself when the disk has failed.
        let failed = (&mut self.thread).await.map_err(io::Error::other).flatten().err();
        Err(TransferError::of(&self.path)(failed.unwrap_or_else(|| io::ErrorKind::BrokenPipe.into())))
    }

    /// Waits until everything is on the disk, and gives its SHA-256 in hexadecimal digits.
    async fn finish(self) -> Result<String, TransferError> {
        drop(self.pieces);
        let hash = self.thread.await.map_err(io::Error::other).flatten().map_err(TransferError::of(&self.path))?;
        Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn write(mut file: File, mut pieces: mpsc::Receiver<Piece>) -> io::Result<Sha256> {
    let mut hash = Sha256::new();
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Next(bytes) => {
                file.write_all(&bytes)?;
                hash.update(&bytes);
            }
            Piece::Anew => {
                file.set_len(0)?;
                file.rewind()?;
                hash = Sha256::new();
            }
        }
    }
    file.sync_all()?;
    Ok(hash)
}

/// The file of a download under way, which is removed unless it is kept.
struct PartFile(PathBuf);

impl PartFile {
    /// Makes one that was not there, which only the user can read and nobody can run.
    fn make(folder: &Path, name: &FileName) -> Result<(Self, File), TransferError> {
        for path in names(folder, name, ".part") {
            match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok((Self(path), file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(source) => return Err(TransferError::File { path, source }),
            }
        }
        Err(all_taken(folder, name))
    }

    /// Gives the file its name, by a link that replaces nothing.
    fn keep_as(self, folder: &Path, name: &FileName) -> Result<PathBuf, TransferError> {
        for path in names(folder, name, "") {
            match std::fs::hard_link(&self.0, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Some file systems have no links.
                Err(_) if !path.exists() => {
                    std::fs::rename(&self.0, &path).map_err(TransferError::of(&path))?;
                    return Ok(path);
                }
                Err(source) => return Err(TransferError::File { path, source }),
            }
        }
        Err(all_taken(folder, name))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn all_taken(folder: &Path, name: &FileName) -> TransferError {
    TransferError::File { path: folder.join(name.as_str()), source: io::ErrorKind::AlreadyExists.into() }
}

/// Gives the names that a file may get: its own, and those with a number before its ending.
fn names(folder: &Path, name: &FileName, ending: &str) -> impl Iterator<Item = PathBuf> + use<> {
    let (folder, name, ending) = (folder.to_owned(), name.as_str().to_owned(), ending.to_owned());
    (1..=NAMES_MAX).map(move |number| {
        let numbered = match (number, name.rsplit_once('.')) {
            (1, _) => name.clone(),
            (number, Some((stem, kind))) if !stem.is_empty() => format!("{stem} ({number}).{kind}"),
            (number, _) => format!("{name} ({number})"),
        };
        folder.join(format!("{numbered}{ending}"))
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn nothing_is_overwritten_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.tar.gz"), "mine").unwrap();
        symlink(at("elsewhere"), at("a.tar (2).gz")).unwrap();
        let name = FileName::cleaned("a.tar.gz");
        let (kept, mut file) = PartFile::make(folder.path(), &name).unwrap();
        let part = kept.0.clone();
        assert_eq!((part.clone(), file.metadata().unwrap().permissions().mode() & 0o777), (at("a.tar.gz.part"), 0o600));
        file.write_all(b"theirs").unwrap();
        let path = kept.keep_as(folder.path(), &name).unwrap();
        assert_eq!(path, at("a.tar (3).gz"));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(std::fs::read(at("a.tar.gz")).unwrap(), b"mine");
        assert!(!part.exists() && !at("elsewhere").exists());
        let (broken_off, _) = PartFile::make(folder.path(), &FileName::cleaned("plain")).unwrap();
        let part = broken_off.0.clone();
        assert!(part.exists());
        drop(broken_off);
        assert!(!part.exists(), "what broke off leaves nothing");
    }
}
