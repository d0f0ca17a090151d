//! Looking at what was uploaded: pictures lose what they tell of a place, and get a small form.

use std::io;

use bytes::Bytes;
use picture::{Format, Limits, PictureError, Thumbnail, blurhash, decode, square, thumbnail, without_metadata};
use proto::Picture;

use super::{Files, Staged, blocking};

/// A picture with more bytes is kept as any file is, since all of one is in memory while it is looked at.
const PICTURE_BYTES_MAX: u64 = 64 << 20;
/// A picture with fewer bytes is its own thumbnail, unless it has more pixels.
const THUMBNAIL_FROM_BYTES: usize = 64 << 10;
const THUMBNAIL_FROM_PIXELS: u64 = 4_000_000;

/// Pixels of a side of an avatar, and of its small form.
const AVATAR_SIDE: u32 = 256;
const AVATAR_SMALL_SIDE: u32 = 64;

/// What was found out of bytes that say that they are a picture.
pub(crate) struct Looked {
    /// What they are, as a media type.
    pub(crate) mime: &'static str,
    /// The picture without its metadata, if it had any.
    pub(crate) cleaned: Option<Bytes>,
    /// What clients are told, and a small form; none of what cannot be shown.
    pub(crate) shown: Option<(Picture, Option<Thumbnail>)>,
}

impl Files {
    /// Looks at an upload, if it says that it is a picture. One is looked at after the other, so that all of them together take
    /// no more memory and threads than one.
    ///
    /// # Errors
    /// What the disk said.
    pub(crate) async fn look_at(&self, staged: &Staged, keep_metadata: bool) -> io::Result<Option<Looked>> {
        let Some(format) = staged.picture.filter(|_| staged.size <= PICTURE_BYTES_MAX) else { return Ok(None) };
        let turn = self.looking.clone().acquire_owned().await.map_err(io::Error::other)?;
        let path = self.staged_path(staged.upload);
        blocking(move || {
            let _turn = turn;
            Ok(Some(look(std::fs::read(path)?.into(), format, keep_metadata)))
        })
        .await
    }
}

/// A picture that somebody is to be seen by.
pub(crate) struct NewAvatar {
    pub(crate) facts: Picture,
    pub(crate) large: Thumbnail,
    pub(crate) small: Thumbnail,
}

impl Files {
    /// Makes the two sizes of an avatar of a picture.
    ///
    /// # Errors
    /// What the disk said, or that it cannot be shown after all.
    pub(crate) async fn make_avatar(&self, bytes: Bytes) -> io::Result<NewAvatar> {
        let turn = self.looking.clone().acquire_owned().await.map_err(io::Error::other)?;
        blocking(move || {
            let _turn = turn;
            let format = Format::claimed(&bytes).ok_or(io::ErrorKind::InvalidData)?;
            let image = decode(&bytes, format, Limits::PHOTO).map_err(io::Error::other)?;
            let made = |side| square(&image, side).map_err(io::Error::other);
            let (large, small) = (made(AVATAR_SIDE)?, made(AVATAR_SMALL_SIDE)?);
            let facts =
                Picture { width: AVATAR_SIDE, height: AVATAR_SIDE, animated: false, blurhash: blurhash(&image) };
            Ok(NewAvatar { facts, large, small })
        })
        .await
    }
}

fn look(bytes: Bytes, format: Format, keep_metadata: bool) -> Looked {
    let of_no_kind = Looked { mime: "application/octet-stream", cleaned: None, shown: None };
    let cleaned = match keep_metadata {
        true => None,
        false => match without_metadata(&bytes, format) {
            Ok(cleaned) => Some(cleaned).filter(|cleaned| *cleaned != bytes),
            Err(_) => return of_no_kind,
        },
    };
    let seen = cleaned.as_ref().unwrap_or(&bytes);
    match decode(seen, format, Limits::PHOTO) {
        Ok(decoded) => {
            let (width, height) = decoded.size();
            let facts = Picture { width, height, animated: decoded.animated, blurhash: blurhash(&decoded) };
            // Few bytes may be many pixels.
            let is_large = u64::from(width) * u64::from(height) > THUMBNAIL_FROM_PIXELS;
            let wants_small = is_large || seen.len() >= THUMBNAIL_FROM_BYTES;
            let small = wants_small.then(|| thumbnail(&decoded).ok()).flatten();
            let small = small.filter(|small| is_large || small.bytes.len() < seen.len());
            Looked { mime: format.mime(), cleaned, shown: Some((facts, small)) }
        }
        Err(PictureError::TooLarge) => Looked { mime: format.mime(), cleaned, shown: None },
        Err(PictureError::Damaged) => Looked { cleaned, ..of_no_kind },
    }
}
