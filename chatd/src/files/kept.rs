//! All files at once, as a backup and a check see them: beside a daemon that goes on.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Write};
use std::path::Path;

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::buffered::BufWriter;
use object_store::{GetResultPayload, ObjectStoreExt};
use tokio::io::AsyncWriteExt;
use tokio::runtime::{Builder, Runtime};

use super::objects::{Objects, path_of};
use crate::hash::Hashing;
use crate::secret::{make_folder, make_own, open_own};
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

/// All objects, for who has a thread of their own.
pub(crate) struct KeptFiles {
    objects: Objects,
    runtime: Runtime,
}

impl KeptFiles {
    /// Makes the thread wait for them.
    ///
    /// # Errors
    /// The system gives no means to wait by.
    pub(crate) fn of(objects: Objects) -> io::Result<Self> {
        Ok(Self { objects, runtime: Builder::new_current_thread().enable_all().build()? })
    }

    /// Sees to it that they are those of the store.
    ///
    /// # Errors
    /// See [`Objects::all`].
    pub(crate) fn open_all(&self) -> io::Result<()> {
        self.runtime.block_on(self.objects.all()).map(drop)
    }

    /// Gives up what was taken for a store that was not restored after all.
    pub(crate) fn give_up(&self) {
        self.runtime.block_on(self.objects.give_up());
    }

    /// Opens an object.
    pub(crate) fn open(&self, blob: BlobKey) -> io::Result<OpenObject<'_>> {
        let found = self
            .runtime
            .block_on(async { Ok::<_, io::Error>(self.objects.all().await?.get(&path_of(blob)).await?) })?;
        let size = found.meta.size;
        let source = match found.payload {
            GetResultPayload::File(file, _) => Source::File(file),
            GetResultPayload::Stream(stream) => Source::Stream { stream, piece: Bytes::new(), runtime: &self.runtime },
        };
        Ok(OpenObject { size, source })
    }

    /// Makes a new object of so many bytes. It is there, and stays, once what is written is flushed.
    pub(crate) fn create(&self, blob: BlobKey, size: u64) -> io::Result<Box<dyn Write + '_>> {
        match self.objects.folder() {
            Some(folder) => {
                let path = folder.join(path_of(blob).as_ref());
                make_folder(path.parent().expect("an object lies in a folder"))?;
                Ok(Box::new(Synced(make_own(&path)?)))
            }
            None => {
                let object = self.runtime.block_on(self.objects.begin(blob, size))?;
                Ok(Box::new(Sent { object, runtime: &self.runtime }))
            }
        }
    }

    /// Says what is wrong with an object, if it is anything: all of it is read.
    pub(crate) fn problem(&self, kept: &KeptBytes) -> io::Result<Option<&'static str>> {
        let mut object = match self.open(kept.blob) {
            Ok(object) => object,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Some("is not there")),
            Err(error) => return Err(error),
        };
        if object.size != kept.size {
            return Ok(Some(DAMAGED));
        }
        let mut hash = Hashing::over(io::sink());
        io::copy(&mut object, &mut hash)?;
        Ok((hash.sum() != kept.sha256).then_some(DAMAGED))
    }
}

/// An object that is being read.
pub(crate) struct OpenObject<'a> {
    size: u64,
    source: Source<'a>,
}

enum Source<'a> {
    File(File),
    Stream { stream: BoxStream<'static, object_store::Result<Bytes>>, piece: Bytes, runtime: &'a Runtime },
}

impl Read for OpenObject<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::File(file) => file.read(into),
            Source::Stream { stream, piece, runtime } => {
                while piece.is_empty() {
                    match runtime.block_on(stream.next()) {
                        Some(next) => *piece = next?,
                        None => return Ok(0),
                    }
                }
                let read = piece.len().min(into.len());
                piece.copy_to_slice(&mut into[..read]);
                Ok(read)
            }
        }
    }
}

/// A file that is on the disk once it is flushed.
struct Synced(File);

impl Write for Synced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// An object that is in its bucket once it is flushed.
struct Sent<'a> {
    object: BufWriter,
    runtime: &'a Runtime,
}

impl Write for Sent<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.runtime.block_on(self.object.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.runtime.block_on(self.object.shutdown())
    }
}
