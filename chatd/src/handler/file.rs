//! Uploading files, and finding them for who may fetch them.

pub(crate) mod sweep;

use std::io;
use std::sync::Arc;
use std::time::Instant;

use proto::http::{UploadQuery, Uploaded};
use proto::{ErrorCode, ErrorReply, FileId, FileName};

use crate::config::FileSettings;
use crate::daemon::Daemon;
use crate::error::{internal, malformed, rate_limited, store_error};
use crate::files::{ByteSource, Staged};
use crate::policy::SignedIn;
use crate::store::{BlobKey, NewUpload, StoredFile, UploadBounds, UploadKey, UploadedBytes};

/// Bytes after which it is looked again whether the disk has room.
const LOOK_AGAIN_BYTES: u64 = 64 << 20;

/// Stores a file, whose bytes are on the disk before anything says that there is one.
pub(crate) async fn upload(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    query: UploadQuery,
    mut source: impl ByteSource,
) -> Result<Uploaded, ErrorReply> {
    daemon.pace.uploads.take(who.user(), Instant::now()).map_err(rate_limited)?;
    let FileSettings { max_bytes, quota_bytes, total_bytes, reserve_bytes, .. } = daemon.config().files;
    let size = source.size();
    if max_bytes > 0 && size.is_some_and(|size| size > max_bytes) {
        return Err(too_large(max_bytes));
    }
    require_room(daemon, size.unwrap_or(0), reserve_bytes)?;
    let bounds = UploadBounds { account: quota_bytes, total: total_bytes, file: max_bytes };
    let name = query.name.unwrap_or_else(|| FileName::cleaned(""));
    let begun = daemon.store.begin_upload(NewUpload { user: who.user(), name, size, bounds }).await;
    let begun = begun.committed().await.map_err(|error| store_error(&error))?;
    let unfinished = Unfinished { daemon: daemon.clone(), upload: Some(begun.key) };
    let mut staging = daemon.files.stage(begun.key).map_err(|error| disk(&error))?;
    let mut received = 0;
    while let Some(piece) = source.next().await? {
        let before = received / LOOK_AGAIN_BYTES;
        received += piece.len() as u64;
        if received > begun.bytes_max {
            return Err(too_large(begun.bytes_max));
        }
        if received / LOOK_AGAIN_BYTES > before {
            require_room(daemon, 0, reserve_bytes)?;
        }
        staging.write(piece).await.map_err(|error| disk(&error))?;
    }
    if size.is_some_and(|size| size != received) {
        return Err(malformed("the body broke off"));
    }
    let staged = staging.finish().await.map_err(|error| disk(&error))?;
    // Who goes away now does not leave half of it done.
    tokio::spawn(finish(unfinished, staged)).await.map_err(|error| internal(&error))?
}

/// Makes a file of bytes that are all there.
async fn finish(mut unfinished: Unfinished, staged: Staged) -> Result<Uploaded, ErrorReply> {
    let daemon = unfinished.daemon.clone();
    let blob = BlobKey::draw();
    daemon.files.keep(&staged, blob).await.map_err(|error| disk(&error))?;
    let Staged { upload, size, sha256, mime } = staged;
    let bytes = UploadedBytes { blob, sha256, size, mime };
    match daemon.store.finish_upload(upload, bytes).await.committed().await {
        Ok(file) => {
            unfinished.upload = None;
            Ok(Uploaded { file })
        }
        Err(error) => {
            // Nothing says that it is there. If it stays it is found later.
            let _ = daemon.files.delete(blob).await;
            Err(store_error(&error))
        }
    }
}

/// Finds a file for who may fetch it.
pub(crate) async fn find(daemon: &Daemon, who: &SignedIn, file: FileId) -> Result<StoredFile, ErrorReply> {
    daemon.store.file_for(who.user(), file).await.map_err(|error| store_error(&error))
}

/// An upload of which nothing stays unless it is finished, also when its connection ends in the middle.
struct Unfinished {
    daemon: Arc<Daemon>,
    upload: Option<UploadKey>,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let daemon = self.daemon.clone();
        tokio::spawn(async move {
            if let Err(error) = daemon.files.give_up(upload).await {
                tracing::warn!(%error, "cannot delete an upload that broke off, will retry");
                return;
            }
            // The bytes first: what is set apart for them stays so until they are gone.
            let _ = daemon.store.end_upload(upload).await.committed().await;
        });
    }
}

fn require_room(daemon: &Daemon, bytes: u64, reserve: u64) -> Result<(), ErrorReply> {
    if daemon.files.fits(bytes, reserve) { Ok(()) } else { Err(no_room()) }
}

fn no_room() -> ErrorReply {
    ErrorReply::new(ErrorCode::StorageFull, "the storage of the server is full, nothing was stored")
}

fn too_large(bytes_max: u64) -> ErrorReply {
    ErrorReply::new(ErrorCode::TooLarge, format!("a file has at most {bytes_max} bytes here"))
}

/// Says what the disk said.
fn disk(error: &io::Error) -> ErrorReply {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            tracing::error!(%error, "out of storage: an upload is not stored");
            no_room()
        }
        _ => internal(error),
    }
}
