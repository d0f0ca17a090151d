//! Files that go by themselves: what was deleted, what was never posted, uploads that never ended, and bytes without a row.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::config::Bucket;
use crate::daemon::Daemon;
use crate::store::{BlobKey, StoreError};

/// How often it is looked for them, besides at the start.
const SWEEP_EVERY: Duration = Duration::from_secs(60 * 60);
/// How old an upload is that is given up, and a file that was never posted.
const KEPT_MILLIS: i64 = 24 * 60 * 60 * 1_000;
/// How long bytes without a row are left alone, besides those of uploads that end now: another daemon may have put them there.
const STRAY_AFTER: Duration = Duration::from_secs(10 * 60);

/// What kept something from going.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Files(#[from] io::Error),
}

/// Deletes the bytes that nothing needs any more; true when it is to be tried again soon.
pub(crate) async fn delete_removed(daemon: &Daemon) -> bool {
    match delete_all_removed(daemon).await {
        Ok(all) => !all,
        Err(error) => {
            tracing::warn!(%error, "cannot delete files, will retry");
            true
        }
    }
}

/// The same; false when somebody copies them.
async fn delete_all_removed(daemon: &Daemon) -> Result<bool, SweepError> {
    loop {
        let removed = daemon.store.removed_blobs().await?;
        if removed.is_empty() {
            return Ok(true);
        }
        if !delete(daemon, &removed).await? {
            return Ok(false);
        }
        daemon.store.blobs_are_gone(removed).await.committed().await?;
    }
}

/// Deletes objects, unless somebody copies them; tells whether it did.
async fn delete(daemon: &Daemon, blobs: &[BlobKey]) -> Result<bool, SweepError> {
    let Some(_alone) = daemon.files.may_delete().await? else { return Ok(false) };
    for blob in blobs {
        daemon.files.delete(*blob).await?;
    }
    Ok(true)
}

/// Looks for what is to go, at the start and every hour, for as long as the daemon runs.
pub(crate) async fn keep_sweeping(daemon: Arc<Daemon>) {
    loop {
        if let Err(error) = sweep(&daemon).await {
            tracing::warn!(%error, "cannot look through all files, will retry");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

async fn sweep(daemon: &Daemon) -> Result<(), SweepError> {
    let before = daemon.clock.now().plus_millis(-KEPT_MILLIS);
    while daemon.store.remove_unposted(before).await.committed().await? {}
    daemon.store.end_old_uploads(before).await.committed().await?;
    for upload in daemon.files.uploads().await? {
        if !daemon.store.knows_upload(upload).await? {
            match daemon.files.give_up(upload).await {
                // Whoever writes to it learns that it has ended.
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
                given_up => given_up?,
            }
        }
    }
    delete_all_removed(daemon).await?;
    let all = daemon.files.list().await?;
    // Who copies or checks the store looks there.
    let place = daemon.config().files.s3.as_ref().map(Bucket::place).unwrap_or_default();
    daemon.store.files_lie_in(place).await.committed().await?;
    let mut strays = Vec::new();
    for blob in all {
        if !daemon.files.is_fresh(blob) && !daemon.store.knows_blob(blob).await? {
            strays.push(blob);
        }
    }
    if strays.is_empty() {
        return Ok(());
    }
    tokio::time::sleep(STRAY_AFTER).await;
    for blob in strays {
        if !daemon.store.knows_blob(blob).await? {
            delete(daemon, &[blob]).await?;
        }
    }
    Ok(())
}
