//! Downloading a file under a safe name, never over another file.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use proto::{FileId, FileName};
use sha2::{Digest, Sha256};

use super::{Patience, TransferError, Transferred};
use crate::http::{self, IncomingFile, RequestError};
use crate::session::Session;

/// Names that are tried when one is taken.
const NAMES_MAX: u32 = 1_000;

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
    progress: impl Fn(Transferred),
) -> Result<Downloaded, TransferError> {
    let failed = TransferError::of(folder);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut coming = first(session, id).await?;
    // Under a name of its own until all of it is here.
    let (path, mut file) = make_new(folder, &coming.name, ".part")?;
    let removed = Removed(Some(path.clone()));
    let mut patience = Patience::begin();
    let (mut hash, mut done) = (Sha256::new(), 0);
    loop {
        match receive(&mut coming, &mut file, &path, &mut hash, &mut done, &progress).await {
            Ok(()) if done == coming.size => break,
            Ok(()) => {}
            Err(TransferError::Request(error)) => patience.after(error).await?,
            Err(error) => return Err(error),
        }
        coming = match http::fetch_file(&session.server, &session.token, id, Some((done, &coming.tag))).await {
            Ok(coming) => coming,
            Err(error) => {
                patience.after(error).await?;
                continue;
            }
        };
        if coming.offset != done {
            // It is another one by now.
            file.set_len(0).and_then(|()| file.rewind()).map_err(TransferError::of(&path))?;
            (hash, done) = (Sha256::new(), 0);
        }
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    if coming.tag.trim_matches('"') != sha256 {
        return Err(TransferError::Damaged);
    }
    file.sync_all().map_err(TransferError::of(&path))?;
    removed.keep_as(folder, &coming.name).map(|path| Downloaded { path, size: done })
}

async fn first(session: &Session, id: &FileId) -> Result<IncomingFile, RequestError> {
    let mut patience = Patience::begin();
    loop {
        match http::fetch_file(&session.server, &session.token, id, None).await {
            Ok(coming) => return Ok(coming),
            Err(error) => patience.after(error).await?,
        }
    }
}

async fn receive(
    coming: &mut IncomingFile,
    file: &mut File,
    path: &Path,
    hash: &mut Sha256,
    done: &mut u64,
    progress: &impl Fn(Transferred),
) -> Result<(), TransferError> {
    progress(Transferred { done: *done, total: coming.size });
    while let Some(bytes) = coming.next().await? {
        // The system takes it into its memory: nothing else of this command is to go on meanwhile.
        file.write_all(&bytes).map_err(TransferError::of(path))?;
        hash.update(&bytes);
        *done += bytes.len() as u64;
        progress(Transferred { done: *done, total: coming.size });
    }
    Ok(())
}

/// What is removed unless it is kept.
struct Removed(Option<PathBuf>);

impl Removed {
    /// Gives the file its name, by a link that replaces nothing.
    fn keep_as(mut self, folder: &Path, name: &FileName) -> Result<PathBuf, TransferError> {
        let Some(part) = self.0.take() else { unreachable!("it is kept once") };
        for path in names(folder, name, "") {
            match std::fs::hard_link(&part, &path) {
                Ok(()) => {
                    let _ = std::fs::remove_file(&part);
                    return Ok(path);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Some file systems have no links.
                Err(_) if !path.exists() => {
                    std::fs::rename(&part, &path).map_err(TransferError::of(&path))?;
                    return Ok(path);
                }
                Err(source) => {
                    self.0 = Some(part);
                    return Err(TransferError::File { path, source });
                }
            }
        }
        self.0 = Some(part);
        Err(TransferError::File { path: folder.join(name.as_str()), source: io::ErrorKind::AlreadyExists.into() })
    }
}

impl Drop for Removed {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Makes a file that was not there, which only the user can read and nobody can run.
fn make_new(folder: &Path, name: &FileName, ending: &str) -> Result<(PathBuf, File), TransferError> {
    for path in names(folder, name, ending) {
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(TransferError::File { path, source }),
        }
    }
    Err(TransferError::File { path: folder.join(name.as_str()), source: io::ErrorKind::AlreadyExists.into() })
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
        let (part, mut file) = make_new(folder.path(), &name, ".part").unwrap();
        assert_eq!((part.clone(), file.metadata().unwrap().permissions().mode() & 0o777), (at("a.tar.gz.part"), 0o600));
        file.write_all(b"theirs").unwrap();
        let path = Removed(Some(part.clone())).keep_as(folder.path(), &name).unwrap();
        assert_eq!(path, at("a.tar (3).gz"));
        assert_eq!(std::fs::read(&path).unwrap(), b"theirs");
        assert_eq!(std::fs::read(at("a.tar.gz")).unwrap(), b"mine");
        assert!(!part.exists() && !at("elsewhere").exists());
        let (part, _) = make_new(folder.path(), &FileName::cleaned("plain"), ".part").unwrap();
        drop(Removed(Some(part.clone())));
        assert!(!part.exists(), "what broke off leaves nothing");
    }
}
