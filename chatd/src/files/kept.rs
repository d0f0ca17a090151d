//! All files at once, as a backup and a check see them: beside a daemon that goes on.

use std::fs::{File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{OBJECTS, path_of};
use crate::secret::{make_folder, open_own};
use crate::store::{BlobKey, KeptBytes};

/// Whoever copies the objects holds it together with others, whoever deletes some holds it alone.
const LOCK: &str = "files.lock";
/// Said of an object whose bytes are not those that were uploaded.
const DAMAGED: &str = "is damaged";
/// Bytes that are hashed at once.
const READ_AT_ONCE: usize = 1 << 18;

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

    /// Says what is wrong with an object as far as its size tells, if it is anything.
    pub(crate) fn problem_at_a_glance(&self, kept: &KeptBytes) -> io::Result<Option<&'static str>> {
        match self.open(kept.blob) {
            Ok(file) => Ok((file.metadata()?.len() != kept.size).then_some(DAMAGED)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some("is not there")),
            Err(error) => Err(error),
        }
    }

    /// Says what is wrong with an object, if it is anything: all of it is read.
    pub(crate) fn problem(&self, kept: &KeptBytes) -> io::Result<Option<&'static str>> {
        if let Some(problem) = self.problem_at_a_glance(kept)? {
            return Ok(Some(problem));
        }
        let (mut file, mut hash, mut part) = (self.open(kept.blob)?, Sha256::new(), vec![0; READ_AT_ONCE]);
        loop {
            match file.read(&mut part)? {
                0 => break,
                read => hash.update(&part[..read]),
            }
        }
        Ok((<[u8; 32]>::from(hash.finalize()) != kept.sha256).then_some(DAMAGED))
    }
}
