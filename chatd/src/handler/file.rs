//! Finding files for who may fetch them.

pub(crate) mod sweep;

use proto::{ErrorReply, FileId};

use crate::daemon::Daemon;
use crate::error::store_error;
use crate::policy::SignedIn;
use crate::store::StoredFile;

/// Finds the small form of a picture for who may fetch it.
pub(crate) async fn find_thumbnail(daemon: &Daemon, who: &SignedIn, file: FileId) -> Result<StoredFile, ErrorReply> {
    daemon.store.thumbnail_for(who.user(), file).await.map_err(|error| store_error(&error))
}

/// Finds a file for who may fetch it.
pub(crate) async fn find(daemon: &Daemon, who: &SignedIn, file: FileId) -> Result<StoredFile, ErrorReply> {
    daemon.store.file_for(who.user(), file).await.map_err(|error| store_error(&error))
}
