//! Uploading files, in one request or in several.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use picture::Thumbnail;
use proto::http::{UploadAnswer, UploadQuery, UploadState, UploadWish, Uploaded};
use proto::{Empty, ErrorCode, ErrorReply, FileInfo, FileName, UploadId, Uploading};

use crate::answer::AnswerTo;
use crate::config::FileSettings;
use crate::daemon::Daemon;
use crate::error::{busy, internal, malformed, rate_limited, store_error};
use crate::files::{ByteSource, Looked, Slot, Staged, Staging};
use crate::hub::Outbox;
use crate::policy::{self, SignedIn};
use crate::store::{
    BegunUpload, BlobKey, KeptBytes, NewUpload, StoreError, StoredUpload, UploadBounds, UploadKey, UploadedBytes,
    UploadedPicture,
};

/// Bytes before each of which it is looked whether the disk has room for them.
const LOOK_AGAIN_BYTES: u64 = 1 << 20;

/// Stores a file that comes in one request. Its bytes are on the disk before anything says that there is one.
pub(crate) async fn upload(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    query: UploadQuery,
    mut source: impl ByteSource,
) -> Result<Uploaded, ErrorReply> {
    let slot = take_slot(daemon, who)?;
    let name = query.name.unwrap_or_else(|| FileName::cleaned(""));
    let size = source.size();
    let keep_metadata = query.keep_metadata.unwrap_or(false);
    let begun = begin_upload(daemon, who, name, size, keep_metadata).await?;
    let unfinished = Unfinished { daemon: daemon.clone(), upload: Some(begun.key) };
    let mut staging = daemon.files.stage(begun.key, 0).map_err(|error| disk(&error))?;
    let received = receive(daemon, &mut staging, &mut source, begun.bytes_max).await?;
    if size.is_some_and(|size| size != received) {
        return Err(malformed("the body broke off"));
    }
    let staged = staging.finish().await.map_err(|error| disk(&error))?;
    // Who goes away now does not leave half of it done.
    let file = tokio::spawn(finish(unfinished, slot, staged, Finish { keep_metadata, tells: false }))
        .await
        .map_err(|error| internal(&error))??;
    Ok(Uploaded { file })
}

/// Begins an upload that goes on in several requests.
pub(crate) async fn begin(daemon: &Arc<Daemon>, who: &SignedIn, wish: UploadWish) -> Result<UploadAnswer, ErrorReply> {
    let begun = begin_upload(daemon, who, wish.name.clone(), Some(wish.size), wish.keep_metadata).await?;
    let upload = UploadState { id: begun.key.id(), name: wish.name, size: wish.size, offset: 0 };
    Ok(UploadAnswer { upload, file: None })
}

/// Tells how far an upload is.
pub(crate) async fn state(daemon: &Daemon, who: &SignedIn, id: UploadId) -> Result<UploadAnswer, ErrorReply> {
    let (key, upload) = find(daemon, who, id).await?;
    answer(daemon, key, upload)
}

/// Takes the bytes that come next. Those that have come stay, however it ends.
pub(crate) async fn go_on(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    id: UploadId,
    offset: Option<u64>,
    mut source: impl ByteSource,
) -> Result<UploadAnswer, ErrorReply> {
    daemon.pace.requests.take(who.user(), Instant::now()).map_err(rate_limited)?;
    let offset = offset.ok_or_else(|| malformed("`offset` is needed: how many bytes are there already"))?;
    let (key, upload) = find(daemon, who, id).await?;
    if upload.file.is_some() {
        return answer(daemon, key, upload);
    }
    let slot = take_slot(daemon, who)?;
    let left = upload.size.checked_sub(offset).ok_or_else(|| malformed("`offset` is behind the end of the file"))?;
    if source.size().is_some_and(|size| size > left) {
        return Err(too_large(upload.size));
    }
    let staging = daemon.files.stage(key, offset);
    let mut staging = staging.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidInput => malformed("`offset` is not how many bytes are there"),
        _ => disk(&error),
    })?;
    let received = receive(daemon, &mut staging, &mut source, left).await;
    if !matches!(received, Ok(received) if received == left) {
        staging.pause().await.map_err(|error| disk(&error))?;
        received?;
        return answer(daemon, key, upload);
    }
    let (daemon, how) = (daemon.clone(), Finish { keep_metadata: upload.keep_metadata, tells: true });
    let becomes = daemon.files.finishes(key);
    let finishing = async move {
        let _becomes = becomes;
        let staged = staging.finish().await.map_err(|error| disk(&error))?;
        finish(Unfinished { daemon, upload: None }, slot, staged, how).await
    };
    let file = tokio::spawn(finishing).await.map_err(|error| internal(&error))??;
    let upload = UploadState { id, name: upload.name, size: upload.size, offset: upload.size };
    Ok(UploadAnswer { upload, file: Some(file) })
}

/// Tells the other screens of somebody how far the files of a message are that they send.
pub(crate) async fn tell_others(
    daemon: &Daemon,
    who: &SignedIn,
    outbox: &Arc<Outbox>,
    news: Uploading,
) -> AnswerTo<Uploading> {
    policy::reader(daemon, who, news.id).await?;
    daemon.hub.send_to_others_of(outbox, &news);
    Ok(Empty {})
}

/// Gives an upload up.
pub(crate) async fn give_up(daemon: &Arc<Daemon>, who: &SignedIn, id: UploadId) -> Result<(), ErrorReply> {
    let (key, _) = find(daemon, who, id).await?;
    let daemon = daemon.clone();
    // Who goes away now does not leave half of it done.
    let ending = async move {
        delete_staged(&daemon, key).await.map_err(|error| disk(&error))?;
        daemon.store.end_upload(key).await.committed().await.map_err(|error| store_error(&error))
    };
    tokio::spawn(ending).await.map_err(|error| internal(&error))?
}

fn take_slot(daemon: &Daemon, who: &SignedIn) -> Result<Slot, ErrorReply> {
    daemon.files.take_slot(who.user()).ok_or_else(|| busy("too many uploads at once"))
}

/// How often, and after which time, it is tried to delete an upload that somebody still writes to.
const BUSY_TRIES: u32 = 100;
const BUSY_WAIT: Duration = Duration::from_millis(100);

/// Deletes what has come of an upload. Whoever wrote to it may have gone away a moment ago, and what came last is still written.
async fn delete_staged(daemon: &Daemon, upload: UploadKey) -> io::Result<()> {
    for _ in 0..BUSY_TRIES {
        match daemon.files.give_up(upload).await {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => tokio::time::sleep(BUSY_WAIT).await,
            given_up => return given_up,
        }
    }
    daemon.files.give_up(upload).await
}

async fn find(daemon: &Daemon, who: &SignedIn, id: UploadId) -> Result<(UploadKey, StoredUpload), ErrorReply> {
    let key = UploadKey::of(&id).ok_or_else(ErrorReply::no_such_upload)?;
    if daemon.files.is_finishing(key) {
        return Err(busy("all bytes are there, and become a file just now"));
    }
    let found = daemon.store.upload_of(who.user(), key).await.map_err(|error| store_error(&error))?;
    Ok((key, found.ok_or_else(ErrorReply::no_such_upload)?))
}

fn answer(daemon: &Daemon, key: UploadKey, upload: StoredUpload) -> Result<UploadAnswer, ErrorReply> {
    let StoredUpload { name, size, file, .. } = upload;
    let offset = match &file {
        Some(_) => size,
        None => daemon.files.staged_bytes(key).map_err(|error| disk(&error))?,
    };
    Ok(UploadAnswer { upload: UploadState { id: key.id(), name, size, offset }, file })
}

/// Checks what can be said of an upload before it comes, and sets bytes apart for it.
async fn begin_upload(
    daemon: &Daemon,
    who: &SignedIn,
    name: FileName,
    size: Option<u64>,
    keep_metadata: bool,
) -> Result<BegunUpload, ErrorReply> {
    daemon.pace.uploads.take(who.user(), Instant::now()).map_err(rate_limited)?;
    let FileSettings { max_bytes, quota_bytes, total_bytes, .. } = daemon.config().files;
    if max_bytes > 0 && size.is_some_and(|size| size > max_bytes) {
        return Err(too_large(max_bytes));
    }
    require_room(daemon, size.unwrap_or(0))?;
    let bounds = UploadBounds { account: quota_bytes, total: total_bytes, file: max_bytes };
    let begun = daemon.store.begin_upload(NewUpload { user: who.user(), name, size, keep_metadata, bounds }).await;
    begun.committed().await.map_err(|error| store_error(&error))
}

/// Takes bytes as they come, at most so many; gives how many came.
async fn receive(
    daemon: &Daemon,
    staging: &mut Staging,
    source: &mut impl ByteSource,
    bytes_max: u64,
) -> Result<u64, ErrorReply> {
    let (mut received, mut fitting) = (0, 0);
    while let Some(piece) = source.next().await? {
        received += piece.len() as u64;
        if received > bytes_max {
            let reason = format!("only {bytes_max} bytes may come here, more did");
            return Err(ErrorReply::new(ErrorCode::TooLarge, reason));
        }
        if received > fitting {
            require_room(daemon, LOOK_AGAIN_BYTES.min(bytes_max))?;
            fitting += LOOK_AGAIN_BYTES;
        }
        staging.write(piece).await.map_err(|error| disk(&error))?;
    }
    Ok(received)
}

/// How an upload ends.
#[derive(Clone, Copy)]
struct Finish {
    /// Whether a picture keeps what it tells besides itself.
    keep_metadata: bool,
    /// Whether the upload is kept for who asks what has become of it.
    tells: bool,
}

/// Makes a file of bytes that are all there. It takes the uploader's slot until it is one: looking at pictures takes a while.
async fn finish(mut unfinished: Unfinished, _slot: Slot, staged: Staged, how: Finish) -> Result<FileInfo, ErrorReply> {
    let daemon = unfinished.daemon.clone();
    let bytes = keep(&daemon, &staged, how.keep_metadata).await.map_err(|error| disk(&error))?;
    let objects = objects_of(&bytes);
    match daemon.store.finish_upload(staged.upload, bytes, how.tells).await.committed().await {
        Ok(file) => {
            daemon.files.settled(&objects);
            unfinished.upload = None;
            let upload = staged.upload;
            drop(staged);
            // What a picture was cleaned of; where the bytes were moved nothing is left.
            if let Err(error) = delete_staged(&daemon, upload).await {
                tracing::warn!(%error, "cannot delete what was uploaded, will retry");
            }
            Ok(file)
        }
        Err(error) => {
            // Nothing says that it is there. After a failed fsync nobody knows, and if it stays it is found later.
            if let StoreError::Refused(_) = error {
                delete_all(&daemon, &objects).await;
            }
            Err(store_error(&error))
        }
    }
}

/// Makes objects of an upload: of a picture without its metadata, and of a small form of it.
async fn keep(daemon: &Daemon, staged: &Staged, keep_metadata: bool) -> io::Result<UploadedBytes> {
    let looked = daemon.files.look_at(staged, keep_metadata).await?;
    let Looked { mime, cleaned, shown } = looked.unwrap_or(Looked { mime: staged.mime, cleaned: None, shown: None });
    let KeptBytes { blob, sha256, size } = match cleaned {
        Some(cleaned) => daemon.files.put(cleaned).await?,
        None => daemon.files.keep(staged).await?,
    };
    let mut bytes = UploadedBytes { blob, sha256, size, mime, picture: None };
    let Some((facts, small)) = shown else { return Ok(bytes) };
    let thumbnail = match small {
        Some(Thumbnail { bytes: small, mime }) => match daemon.files.put(small.into()).await {
            Ok(kept) => Some((kept, mime)),
            Err(error) => {
                delete_all(daemon, &objects_of(&bytes)).await;
                return Err(error);
            }
        },
        None => None,
    };
    bytes.picture = Some(UploadedPicture { facts, thumbnail });
    Ok(bytes)
}

/// Names the objects of bytes.
pub(super) fn objects_of(bytes: &UploadedBytes) -> Vec<BlobKey> {
    let small = bytes.picture.as_ref().and_then(|picture| Some(picture.thumbnail?.0.blob));
    std::iter::once(bytes.blob).chain(small).collect()
}

/// Deletes objects of which nothing says that they are there; what cannot be deleted now is found later.
pub(super) async fn delete_all(daemon: &Daemon, objects: &[BlobKey]) {
    for object in objects {
        let _ = daemon.files.delete(*object).await;
    }
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
            if let Err(error) = delete_staged(&daemon, upload).await {
                tracing::warn!(%error, "cannot delete an upload that broke off, will retry");
                return;
            }
            // The bytes first: what is set apart for them stays so until they are gone.
            let _ = daemon.store.end_upload(upload).await.committed().await;
        });
    }
}

pub(super) fn require_room(daemon: &Daemon, bytes: u64) -> Result<(), ErrorReply> {
    let reserve = daemon.config().files.reserve_bytes;
    if daemon.files.fits(bytes, reserve) { Ok(()) } else { Err(store_error(&StoreError::Full)) }
}

fn too_large(bytes_max: u64) -> ErrorReply {
    ErrorReply::new(ErrorCode::TooLarge, format!("a file has at most {bytes_max} bytes here"))
}

/// Says what the disk said.
pub(super) fn disk(error: &io::Error) -> ErrorReply {
    match error.kind() {
        io::ErrorKind::ResourceBusy => busy("another request writes to this upload"),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            tracing::error!(%error, "out of storage: an upload is not stored");
            store_error(&StoreError::Full)
        }
        _ => internal(error),
    }
}
