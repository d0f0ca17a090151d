//! Pictures: fetched, made ready to be drawn on a thread of their own, and saved on this machine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use picture::{Format, Limits, Pixels, closely, decode, scaled, upright};
use proto::FileId;
use tokio::sync::Semaphore;

use super::Runtime;
use super::animation::animate;
use crate::http;
use crate::image::{DrawnImage, ImageKey, ImagePart, ImageProtocol, ImageSetup, ImageSize, render};
use crate::msg::Msg;
use crate::places::Thumbnails;
use crate::session::Session;
use crate::term::PixelTable;

/// Bytes of a picture that is looked at closely, and what decoding it takes at most.
const VIEWED_BYTES_MAX: usize = 32 << 20;
const VIEWED: Limits = Limits { side: 16_384, memory: 96 << 20, time: Duration::from_secs(10) };
/// Pixels of a side of it that are kept.
const VIEWED_SIDE: u32 = 2_048;

/// What making pictures ready needs.
#[derive(Clone)]
pub(super) struct Studio {
    pub(super) setup: ImageSetup,
    pub(super) table: Arc<PixelTable>,
    /// Whoever makes one ready has the only one: pixels take memory.
    pub(super) turn: Arc<Semaphore>,
    /// The picture that is looked at closely.
    viewed: ViewedPicture,
}

/// The picture that is looked at closely, if one was.
pub(super) type ViewedPicture = Arc<Mutex<Option<(FileId, Arc<Pixels>)>>>;

impl Runtime {
    /// Fetches a picture and makes it ready; of half blocks, where the line has no room for pictures in pixels.
    pub(super) fn load_image(&self, key: ImageKey, setup: ImageSetup, is_slow: bool) {
        let Some(session) = self.session.clone() else { return };
        let protocol = if is_slow { ImageProtocol::Blocks } else { setup.protocol };
        let studio = Studio {
            setup: ImageSetup { protocol, ..setup },
            table: self.pixels.clone(),
            turn: self.decoding.clone(),
            viewed: self.viewed.clone(),
        };
        let saved = self.shelf.thumbnails(&session);
        self.answer_of_session(async move {
            let drawn = match key.part {
                Some(part) => look_closely(&session, &key, part, studio).await,
                None if key.moves => animate(&session, &key, studio).await,
                None => load(&session, &key, saved, studio).await,
            };
            Msg::ImageLoaded(key, setup, drawn)
        });
    }
}

/// Makes a picture ready that is saved here; from the server if it is not, or not as it was.
async fn load(
    session: &Session,
    key: &ImageKey,
    saved: Option<Thumbnails>,
    studio: Studio,
) -> Result<DrawnImage, String> {
    let (file, there) = (key.file, saved.clone());
    let found = tokio::task::spawn_blocking(move || there?.read(&file)).await.ok().flatten();
    if let Some(bytes) = found
        && let Ok(drawn) = drawn(bytes.into(), key.size, studio.clone()).await
    {
        return Ok(drawn);
    }
    let bytes = http::fetch_thumbnail(&session.server, &session.token, &file).await;
    let bytes = bytes.map_err(|error| error.to_string())?;
    let drawn = drawn(bytes.clone(), key.size, studio).await?;
    if let Some(saved) = saved {
        tokio::task::spawn_blocking(move || save(&saved, &file, &bytes));
    }
    Ok(drawn)
}

/// Makes a part of a picture ready, of the file itself: it is fetched once as long as it is looked at.
async fn look_closely(
    session: &Session,
    key: &ImageKey,
    part: ImagePart,
    studio: Studio,
) -> Result<DrawnImage, String> {
    let Studio { setup, table, turn, viewed } = studio;
    let (file, size) = (key.file, key.size);
    let here = lock(&viewed).clone().filter(|(of, _)| *of == file).map(|(_, pixels)| pixels);
    let bytes = match here {
        Some(_) => None,
        None => {
            let fetched = http::fetch_whole(&session.server, &session.token, &file, VIEWED_BYTES_MAX).await;
            Some(fetched.map_err(|error| error.to_string())?)
        }
    };
    let turn = turn.acquire_owned().await.map_err(|error| error.to_string())?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let pixels = match (here, bytes) {
            (Some(pixels), _) => pixels,
            (None, bytes) => {
                let bytes = bytes.unwrap_or_default();
                let format = Format::claimed(&bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
                let decoded = decode(&bytes, format, VIEWED).map_err(|error| error.to_string())?;
                let pixels = Arc::new(upright(&decoded, VIEWED_SIDE));
                *lock(&viewed) = Some((file, pixels.clone()));
                pixels
            }
        };
        let pair = |size: ImageSize| (u32::from(size.columns), u32::from(size.rows));
        let (whole, from) = (pair(part.whole), (u32::from(part.left), u32::from(part.top)));
        let at = |width, height| closely(&pixels, whole, from, pair(size), (width, height));
        render(&at, size, setup, &table)
    });
    drawing.await.map_err(|error| error.to_string())?
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn save(saved: &Thumbnails, file: &FileId, bytes: &[u8]) {
    if let Err(error) = saved.write(file, bytes) {
        tracing::warn!(%error, "a picture cannot be saved");
    }
}

/// Makes a picture ready, one after the other.
async fn drawn(bytes: Bytes, size: ImageSize, studio: Studio) -> Result<DrawnImage, String> {
    let Studio { setup, table, turn, .. } = studio;
    let turn = turn.acquire_owned().await.map_err(|error| error.to_string())?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let format = Format::claimed(&bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
        let decoded = decode(&bytes, format, Limits::PREVIEW).map_err(|error| error.to_string())?;
        render(&|width, height| scaled(&decoded, width, height), size, setup, &table)
    });
    drawing.await.map_err(|error| error.to_string())?
}
