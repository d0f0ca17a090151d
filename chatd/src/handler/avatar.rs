//! The pictures that people are seen by: made once, of any picture that they may see.

use std::time::Instant;

use proto::{Avatar, ErrorReply};

use super::upload::{delete_all, disk, objects_of, require_room};
use crate::daemon::Daemon;
use crate::error::{malformed, rate_limited, store_error};
use crate::files::NewAvatar;
use crate::policy::SignedIn;
use crate::store::{KeptBytes, UploadedBytes, UploadedPicture};

/// About as many bytes as an avatar has in both sizes.
const AVATAR_BYTES: u64 = 64 << 10;

/// Makes the picture that somebody wants to be seen by; none when they want none.
pub(super) async fn make(daemon: &Daemon, who: &SignedIn, wanted: Avatar) -> Result<Option<UploadedBytes>, ErrorReply> {
    let Some(file) = wanted.file() else { return Ok(None) };
    daemon.pace.uploads.take(who.user(), Instant::now()).map_err(rate_limited)?;
    require_room(daemon, AVATAR_BYTES)?;
    // Of the small form, where there is one: an avatar is smaller still.
    let found = daemon.store.file_for(who.user(), file).await.map_err(|error| store_error(&error))?;
    if found.info.picture.is_none() {
        return Err(malformed("an avatar is a PNG, JPEG, GIF or WebP picture"));
    }
    let small = daemon.store.thumbnail_for(who.user(), file).await.map_err(|error| store_error(&error))?;
    let made = async {
        let bytes = daemon.files.read_all(small.blob).await?;
        let NewAvatar { facts, large, small } = daemon.files.make_avatar(bytes).await?;
        let KeptBytes { blob, sha256, size } = daemon.files.put(large.bytes.into()).await?;
        let mut bytes = UploadedBytes { blob, sha256, size, mime: large.mime, picture: None };
        match daemon.files.put(small.bytes.into()).await {
            Ok(kept) => {
                bytes.picture = Some(UploadedPicture { facts, thumbnail: Some((kept, small.mime)) });
                Ok(bytes)
            }
            Err(error) => {
                delete_all(daemon, &objects_of(&bytes)).await;
                Err(error)
            }
        }
    };
    made.await.map(Some).map_err(|error| disk(&error))
}
