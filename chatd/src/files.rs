//! Where the bytes of files lie: objects behind `object_store`, each under a name that was drawn for it. What they are of, and
//! who may have them, only the store knows.
//!
//! An upload is written to a file beside the store, hashed while it is written, fsynced, and moved among the objects: by a
//! rename, or by sending it to a bucket. So an object is whole whenever there is one.

mod bucket;
mod kept;
mod looking;
mod objects;
mod reading;
mod slots;
mod staging;

use std::collections::HashSet;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use rustix::fs::statvfs;
use tokio::sync::Semaphore;

use crate::hash::Hashing;
use crate::in_hand::{InHand, Taken};
use crate::lock::lock;
use crate::secret::{make_folder, open_own};
use crate::store::{BlobKey, KeptBytes, UploadKey, UserId};

pub(crate) use bucket::find_bucket;
pub(crate) use kept::{KeptFiles, hold_deletions};
pub(crate) use looking::{Looked, NewAvatar};
pub(crate) use objects::Objects;
use objects::path_of;
pub(crate) use reading::FileBytes;
pub(crate) use slots::Slot;
use slots::Slots;
pub(crate) use staging::{ByteSource, Staged, Staging};

/// The folder of the objects, inside the data folder.
pub(crate) const OBJECTS: &str = "files";
/// The folder of what is being uploaded. It lies on the same disk, so that what is in it can be renamed into the other.
const UPLOADS: &str = "uploads";
/// A reserve is at most this part of the disk: a small one is to be of use.
const RESERVE_PART: u64 = 20;

/// The bytes of files.
pub(crate) struct Files {
    folder: PathBuf,
    objects: Objects,
    slots: Slots,
    /// Whoever looks at a picture has the only one.
    looking: Arc<Semaphore>,
    /// Objects that no row names yet.
    fresh: Mutex<HashSet<BlobKey>>,
    /// Uploads that become files just now.
    finishing: InHand<UploadKey>,
}

impl Files {
    /// Keeps them as objects, and what is on its way in a data folder. Nothing is made before it is needed.
    pub(crate) fn new(folder: &Path, objects: Objects) -> Self {
        let looking = Arc::new(Semaphore::new(1));
        let (slots, finishing) = (Slots::default(), InHand::default());
        Self { folder: folder.to_owned(), objects, slots, looking, fresh: Mutex::default(), finishing }
    }

    /// Takes a place among those who upload; none when somebody or all have as many as they may.
    pub(crate) fn take_slot(&self, user: UserId) -> Option<Slot> {
        self.slots.take(user)
    }

    /// Notes that an upload becomes a file until what is given is dropped: its bytes are on their way. None when it does already.
    pub(crate) fn finishes(&self, upload: UploadKey) -> Option<Taken<UploadKey>> {
        self.finishing.take(upload)
    }

    /// Tells whether an upload becomes a file just now.
    pub(crate) fn is_finishing(&self, upload: UploadKey) -> bool {
        self.finishing.has(&upload)
    }

    /// Tells whether so many more bytes fit on the disk, beside what is kept free.
    pub(crate) fn fits(&self, bytes: u64, reserve: u64) -> bool {
        let Ok(disk) = statvfs(&self.folder) else { return true };
        let (free, total) = (disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize);
        free >= bytes.saturating_add(reserve.min(total / RESERVE_PART))
    }

    /// Makes bytes that were written an object.
    pub(crate) async fn keep(&self, staged: &Staged) -> io::Result<KeptBytes> {
        let kept = KeptBytes { blob: self.draw(), sha256: staged.sha256, size: staged.size };
        self.objects.take(kept.blob, self.staged_path(staged.upload)).await?;
        Ok(kept)
    }

    /// Makes bytes an object. They are written as those of an upload are, so that a crash leaves what is found later.
    pub(crate) async fn put(&self, bytes: Bytes) -> io::Result<KeptBytes> {
        let (blob, size, from) = (self.draw(), bytes.len() as u64, self.staged_path(UploadKey::draw()));
        let staged = from.clone();
        let written = blocking(move || {
            make_folder(staged.parent().expect("an upload lies in a folder"))?;
            let mut written = Hashing::over(open_own(&staged)?);
            // Who looks for uploads that nobody knows leaves it alone as long as it is open.
            staging::lock_alone(written.out())?;
            written.write_all(&bytes)?;
            written.out().sync_all()?;
            Ok(written)
        });
        let put = async {
            let written = written.await?;
            self.objects.take(blob, from.clone()).await?;
            Ok(KeptBytes { blob, sha256: written.sum(), size })
        };
        let put = put.await;
        if put.is_err() {
            let _ = tokio::fs::remove_file(from).await;
        }
        put
    }

    /// Reads an object, or a part of it.
    pub(crate) async fn read(&self, blob: BlobKey, part: std::ops::Range<u64>) -> io::Result<FileBytes> {
        if part.is_empty() {
            return Ok(FileBytes::nothing());
        }
        let options = GetOptions::new().with_range(Some(GetRange::Bounded(part.clone())));
        let found = self.objects.all().await?.get_opts(&path_of(blob), options).await?;
        Ok(FileBytes::of(found))
    }

    /// Reads all of an object.
    pub(crate) async fn read_all(&self, blob: BlobKey) -> io::Result<Bytes> {
        Ok(self.objects.all().await?.get(&path_of(blob)).await?.bytes().await?)
    }

    /// Gives what keeps backups waiting while objects are deleted; none while one is made, or where another daemon deletes.
    pub(crate) async fn may_delete(&self) -> io::Result<Option<std::fs::File>> {
        let lock = kept::lock_for_deleting(&self.folder)?;
        if lock.is_some() && !self.objects.may_delete().await? { Ok(None) } else { Ok(lock) }
    }

    /// Is done with the objects.
    pub(crate) async fn rest(&self) {
        self.objects.rest().await;
    }

    /// Notes that a row says of objects that they are there.
    pub(crate) fn settled(&self, objects: &[BlobKey]) {
        let mut fresh = lock(&self.fresh);
        objects.iter().for_each(|blob| _ = fresh.remove(blob));
    }

    /// Tells whether an object is one of which a row will say so, however long that takes.
    pub(crate) fn is_fresh(&self, blob: BlobKey) -> bool {
        lock(&self.fresh).contains(&blob)
    }

    /// Draws the name of an object of which no row says anything yet.
    fn draw(&self) -> BlobKey {
        let blob = BlobKey::draw();
        lock(&self.fresh).insert(blob);
        blob
    }

    /// Deletes an object; one that is not there is gone already.
    pub(crate) async fn delete(&self, blob: BlobKey) -> io::Result<()> {
        match self.objects.all().await?.delete(&path_of(blob)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {
                self.settled(&[blob]);
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Lists the objects; what has another name than ours is none.
    pub(crate) async fn list(&self) -> io::Result<Vec<BlobKey>> {
        let mut found = self.objects.all().await?.list(None);
        let mut blobs = Vec::new();
        while let Some(object) = found.next().await {
            blobs.extend(object?.location.filename().and_then(BlobKey::parse));
        }
        Ok(blobs)
    }

    /// Lists the uploads of which bytes are there.
    pub(crate) async fn uploads(&self) -> io::Result<Vec<UploadKey>> {
        let folder = self.folder.join(UPLOADS);
        blocking(move || match std::fs::read_dir(folder) {
            Ok(entries) => {
                Ok(entries.filter_map(|entry| UploadKey::parse(entry.ok()?.file_name().to_str()?)).collect())
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        })
        .await
    }

    /// Deletes what has come of an upload.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] while somebody writes to it: nobody else is to begin a file of its name meanwhile.
    pub(crate) async fn give_up(&self, upload: UploadKey) -> io::Result<()> {
        let path = self.staged_path(upload);
        blocking(move || {
            let file = match std::fs::File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return Err(error),
            };
            staging::lock_alone(&file)?;
            std::fs::remove_file(path)
        })
        .await
    }

    fn staged_path(&self, upload: UploadKey) -> PathBuf {
        self.folder.join(UPLOADS).join(upload.to_string())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}
