//! All files at once, as a backup and a check see them: beside a daemon that goes on.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::{OBJECTS, path_of};
use crate::hash::Hashing;
use crate::secret::{make_folder, open_own};
use crate::store::{BlobKey, KeptBytes};

/// Whoever copies the objects holds it together with others, whoever deletes some holds it alone.
const LOCK: &str = "files.lock";
/// Said of an object whose bytes are not those that were uploaded.
const DAMAGED: &str = "is damaged";

/// Keeps a daemon from deleting objects while what is given is held.
pub(crate) fn hold_deletions(folder: &Path) -> io::Result<File> {
    let lock = open_own(&folder.join(LOCK))?;
    lock.lock_shared()?;
    Ok(lock)
}

pub(super) fn lock_for_deleting(folder: &Path) -> io::Result<Option<File>> {
    let lock = open_own(&folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// The objects in a data folder.
pub(crate) struct KeptFiles(PathBuf);

impl KeptFiles {
    pub(crate) fn of(folder: &Path) -> Self {
        Self(folder.join(OBJECTS))
    }

    /// Opens an object.
    pub(crate) fn open(&self, blob: BlobKey) -> io::Result<File> {
        File::open(self.0.join(path_of(blob).as_ref()))
    }

    /// Makes a new object; who writes it fsyncs it.
    pub(crate) fn create(&self, blob: BlobKey) -> io::Result<File> {
        let path = self.0.join(path_of(blob).as_ref());
        make_folder(path.parent().expect("an object lies in a folder"))?;
        crate::secret::make_own(&path)
    }

    /// Says what is wrong with an object, if it is anything: all of it is read.
    pub(crate) fn problem(&self, kept: &KeptBytes) -> io::Result<Option<&'static str>> {
        let mut file = match self.open(kept.blob) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some("is not there")),
            Err(error) => return Err(error),
        };
        if file.metadata()?.len() != kept.size {
            return Ok(Some(DAMAGED));
        }
        let mut hash = Hashing::over(io::sink());
        io::copy(&mut file, &mut hash)?;
        Ok((hash.sum() != kept.sha256).then_some(DAMAGED))
    }
}
