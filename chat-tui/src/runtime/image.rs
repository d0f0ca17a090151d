//! Pictures: fetched, saved on this machine, and made ready to be drawn on a thread of their own.

use std::sync::Arc;

use bytes::Bytes;
use picture::{Format, Limits, decode};
use tokio::sync::Semaphore;

use super::Runtime;
use crate::http;
use crate::image::{DrawnImage, ImageKey, ImageProtocol, ImageSetup, ImageSize, render};
use crate::msg::Msg;
use crate::places::Thumbnails;
use crate::session::Session;
use crate::term::PixelTable;

/// Bytes a second from which a line takes pictures in pixels: one of them is a hundred thousand bytes.
const PIXELS_FROM_RATE: u32 = 200_000;

impl Runtime {
    /// Fetches a picture and makes it ready.
    /// A line that takes `rate` bytes a second, if that is known, may be too slow for anything but half blocks.
    pub(super) fn load_image(&self, key: ImageKey, setup: ImageSetup, rate: Option<u32>) {
        let Some(session) = self.session.clone() else { return };
        let (saved, turn) = (self.shelf.thumbnails(&session), self.decoding.clone());
        tracing::debug!(?rate, ?setup, file = key.file.as_str(), "a picture is made ready");
        let is_slow = rate.is_some_and(|rate| rate < PIXELS_FROM_RATE);
        let protocol = if is_slow { ImageProtocol::Blocks } else { setup.protocol };
        let (setup, table) = (ImageSetup { protocol, ..setup }, self.pixels.clone());
        self.answer_of_session(async move {
            let drawn = match bytes_of(&session, &key, saved).await {
                Ok(bytes) => drawn(bytes, key.size, setup, (table, turn)).await,
                Err(reason) => Err(reason),
            };
            Msg::ImageLoaded(key, drawn)
        });
    }
}

/// Gives the bytes of a small form of a picture: as they are saved, or else from the server.
async fn bytes_of(session: &Session, key: &ImageKey, saved: Option<Thumbnails>) -> Result<Bytes, String> {
    let (file, there) = (key.file, saved.clone());
    let found = tokio::task::spawn_blocking(move || there?.read(&file)).await;
    if let Ok(Some(bytes)) = found {
        return Ok(bytes.into());
    }
    let fetched = http::fetch_thumbnail(&session.server, &session.token, &key.file).await;
    let bytes = fetched.map_err(|error| error.to_string())?;
    if let Some(saved) = saved {
        let written = bytes.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = saved.write(&file, &written) {
                tracing::warn!(%error, "a picture cannot be saved");
            }
        });
    }
    Ok(bytes)
}

/// Makes a picture ready, one after the other: pixels take memory.
async fn drawn(
    bytes: Bytes,
    size: ImageSize,
    setup: ImageSetup,
    (table, turn): (Arc<PixelTable>, Arc<Semaphore>),
) -> Result<DrawnImage, String> {
    let turn = turn.acquire_owned().await.map_err(|error| error.to_string())?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let format = Format::claimed(&bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
        let decoded = decode(&bytes, format, Limits::PREVIEW).map_err(|error| error.to_string())?;
        render(&decoded.image, size, setup, &table)
    });
    drawing.await.map_err(|error| error.to_string())?
}
