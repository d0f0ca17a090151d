//! Where objects lie: in the data folder, or in a bucket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use object_store::ObjectStore;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as ObjectPath;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::sync::{Mutex, OnceCell, Semaphore};

use super::bucket::Owner;
use super::{OBJECTS, blocking, bucket};
use crate::clock::{Clock, SystemClock};
use crate::config::Bucket;
use crate::secret::make_folder;
use crate::store::BlobKey;

/// Bytes of a part of an object that goes to a bucket, unless it would have more parts than a bucket takes.
const PART_BYTES: u64 = 8 << 20;
const PARTS_MAX: u64 = 9_000;
/// Objects that go to a bucket at once; of each there are up to two parts in memory.
const SENDING_MAX: usize = 4;
/// How long nobody is asked again whether objects may be deleted.
const LEASED_FOR: Duration = Duration::from_secs(30);
/// Bytes that are read at once of what goes there.
const READ_AT_ONCE: usize = 1 << 20;

/// All objects of a store.
pub(crate) struct Objects {
    place: Place,
    /// What the store is to them.
    owner: Owner,
    opened: OnceCell<Arc<dyn ObjectStore>>,
    sending: Semaphore,
    /// Names this process among those that may have been started on copies of the store.
    run: String,
    /// Since when it may delete objects of a bucket.
    leased: Mutex<Option<Instant>>,
}

enum Place {
    Folder(PathBuf),
    Bucket(Bucket),
}

impl Objects {
    /// Finds those of a store that keeps them. Nothing is made or asked before it is needed.
    pub(crate) fn of(store: &str, folder: &Path, bucket: Option<&Bucket>) -> Self {
        Self::at(Owner::Uses(store.to_owned()), folder, bucket)
    }

    /// Finds those of a store to look at them.
    pub(crate) fn looked_at(store: &str, folder: &Path, bucket: Option<&Bucket>) -> Self {
        Self::at(Owner::Looks(store.to_owned()), folder, bucket)
    }

    /// Finds where those of a store are to be that is being restored: where nobody's are.
    pub(crate) fn restored(store: &str, folder: &Path, bucket: Option<&Bucket>) -> Self {
        Self::at(Owner::Restores(store.to_owned()), folder, bucket)
    }

    fn at(owner: Owner, folder: &Path, bucket: Option<&Bucket>) -> Self {
        let place = match bucket {
            Some(bucket) => Place::Bucket(bucket.clone()),
            None => Place::Folder(folder.join(OBJECTS)),
        };
        let (sending, run) = (Semaphore::new(SENDING_MAX), BlobKey::draw().to_string());
        Self { place, owner, opened: OnceCell::new(), sending, run, leased: Mutex::default() }
    }

    /// Tells whether objects may be deleted: by one process alone, of those that were started on copies of a store.
    pub(super) async fn may_delete(&self) -> io::Result<bool> {
        if let Place::Folder(_) = self.place {
            return Ok(true);
        }
        let mut leased = self.leased.lock().await;
        if leased.is_some_and(|since| since.elapsed() < LEASED_FOR) {
            return Ok(true);
        }
        *leased = None;
        let now = SystemClock.now();
        if !bucket::lease(self.all().await?, &self.run, now).await? {
            tracing::warn!("another daemon with a copy of this store deletes files in the bucket, this one does not");
            return Ok(false);
        }
        *leased = Some(Instant::now());
        Ok(true)
    }

    /// Lets another process delete objects at once.
    pub(super) async fn rest(&self) {
        if self.leased.lock().await.take().is_some()
            && let Ok(all) = self.all().await
        {
            let _ = bucket::give_lease_back(all).await;
        }
    }

    /// Gives a bucket up that was claimed for a store that was not restored after all.
    pub(super) async fn give_up(&self) {
        if let (Place::Bucket(_), Some(all)) = (&self.place, self.opened.get()) {
            let _ = bucket::give_owner_back(all).await;
        }
    }

    /// Gives the folder, if they lie in one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder(folder) => Some(folder),
            Place::Bucket(_) => None,
        }
    }

    /// Gives all of them, once it is clear that they are the store's.
    ///
    /// # Errors
    /// What the disk or the server of the bucket said; [`io::ErrorKind::AlreadyExists`] when they are another store's.
    pub(crate) async fn all(&self) -> io::Result<&Arc<dyn ObjectStore>> {
        let open = || async {
            match &self.place {
                Place::Folder(folder) => {
                    make_folder(folder)?;
                    let all = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
                    Ok::<_, io::Error>(Arc::new(all) as Arc<dyn ObjectStore>)
                }
                Place::Bucket(settings) => {
                    let all = bucket::find_bucket(settings)?;
                    bucket::claim(&all, &self.owner).await?;
                    Ok(all)
                }
            }
        };
        self.opened.get_or_try_init(open).await
    }

    /// Makes a file that is on the disk an object; it is no longer where it was then.
    pub(super) async fn take(&self, blob: BlobKey, from: PathBuf) -> io::Result<()> {
        match &self.place {
            Place::Folder(folder) => {
                let target = folder.join(path_of(blob).as_ref());
                blocking(move || place(&from, &target)).await
            }
            Place::Bucket(_) => {
                self.send(blob, &from).await?;
                tokio::fs::remove_file(from).await
            }
        }
    }

    async fn send(&self, blob: BlobKey, from: &Path) -> io::Result<()> {
        let _turn = self.sending.acquire().await.map_err(io::Error::other)?;
        let file = tokio::fs::File::open(from).await?;
        let mut object = self.begin(blob, file.metadata().await?.len()).await?;
        if let Err(error) = tokio::io::copy_buf(&mut BufReader::with_capacity(READ_AT_ONCE, file), &mut object).await {
            // What has come of it costs, and nobody sees it.
            let _ = object.abort().await;
            return Err(error);
        }
        object.shutdown().await
    }

    /// Begins an object of so many bytes. It is there once the writer is shut down.
    pub(super) async fn begin(&self, blob: BlobKey, size: u64) -> io::Result<BufWriter> {
        let part = PART_BYTES.max(size.div_ceil(PARTS_MAX));
        let part = usize::try_from(part).map_err(io::Error::other)?;
        Ok(BufWriter::with_capacity(self.all().await?.clone(), path_of(blob), part).with_max_concurrency(1))
    }
}

/// Gives where an object lies: a folder for each of a thousand beginnings, since some file systems and people do not like
/// folders with a million files.
pub(super) fn path_of(blob: BlobKey) -> ObjectPath {
    let name = blob.to_string();
    ObjectPath::from_iter([&name[name.len() - 2..], &name])
}

/// Moves bytes that are on the disk to where an object lies.
fn place(from: &Path, target: &Path) -> io::Result<()> {
    let folder = target.parent().expect("an object lies in a folder");
    make_folder(folder)?;
    std::fs::rename(from, target)?;
    // The name is on the disk with its folder, and the folder with the one above.
    folder.ancestors().take(2).try_for_each(|folder| std::fs::File::open(folder)?.sync_all())
}
