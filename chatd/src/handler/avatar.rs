//! The pictures that people are seen by: made once, of any picture that they may see.

use proto::{Avatar, ErrorReply};

use crate::daemon::Daemon;
use crate::error::{internal, malformed, store_error};
use crate::files::NewAvatar;
use crate::policy::SignedIn;
use crate::store::{UploadedBytes, UploadedPicture};

/// Makes the picture that somebody wants to be seen by; none when they want none.
pub(super) async fn make(daemon: &Daemon, who: &SignedIn, wanted: Avatar) -> Result<Option<UploadedBytes>, ErrorReply> {
    let Some(file) = wanted.file() else { return Ok(None) };
    // Of the small form, where there is one: an avatar is smaller still.
    let found = daemon.store.file_for(who.user(), file).await.map_err(|error| store_error(&error))?;
    if found.info.picture.is_none() {
        return Err(malformed("an avatar is a PNG, JPEG, GIF or WebP picture"));
    }
    let small = daemon.store.thumbnail_for(who.user(), file).await.map_err(|error| store_error(&error))?;
    let made = async {
        let bytes = daemon.files.read_all(small.blob).await?;
        let NewAvatar { facts, large, small } = daemon.files.make_avatar(bytes).await?;
        let mime = large.mime;
        let large = daemon.files.put(large.bytes.into()).await?;
        let thumbnail = Some((daemon.files.put(small.bytes.into()).await?, small.mime));
        let picture = Some(UploadedPicture { facts, thumbnail });
        Ok::<_, std::io::Error>(UploadedBytes {
            blob: large.blob,
            sha256: large.sha256,
            size: large.size,
            mime,
            picture,
        })
    };
    made.await.map(Some).map_err(|error| internal(&error))
}
