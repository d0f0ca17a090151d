//! Pictures: fetched, made ready to be drawn on a thread of their own, and saved on this machine.

use std::sync::Arc;

use bytes::Bytes;
use picture::{Format, Limits, decode};
use proto::FileId;
use tokio::sync::Semaphore;

use super::Runtime;
use crate::http;
use crate::image::{DrawnImage, ImageKey, ImageProtocol, ImageSetup, ImageSize, render};
use crate::msg::Msg;
use crate::places::Thumbnails;
use crate::session::Session;
use crate::term::PixelTable;

/// What making pictures ready needs.
#[derive(Clone)]
struct Studio {
    setup: ImageSetup,
    table: Arc<PixelTable>,
    /// Whoever makes one ready has the only one: pixels take memory.
    turn: Arc<Semaphore>,
}

impl Runtime {
    /// Fetches a picture and makes it ready; of half blocks where the line is slow.
    pub(super) fn load_image(&self, key: ImageKey, setup: ImageSetup, is_slow: bool) {
        let Some(session) = self.session.clone() else { return };
        let protocol = if is_slow { ImageProtocol::Blocks } else { setup.protocol };
        let studio =
            Studio { setup: ImageSetup { protocol, ..setup }, table: self.pixels.clone(), turn: self.decoding.clone() };
        let saved = self.shelf.thumbnails(&session);
        self.answer_of_session(async move {
            let drawn = load(&session, &key, saved, studio).await;
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

fn save(saved: &Thumbnails, file: &FileId, bytes: &[u8]) {
    if let Err(error) = saved.write(file, bytes) {
        tracing::warn!(%error, "a picture cannot be saved");
    }
}

/// Makes a picture ready, one after the other.
async fn drawn(bytes: Bytes, size: ImageSize, studio: Studio) -> Result<DrawnImage, String> {
    let Studio { setup, table, turn } = studio;
    let turn = turn.acquire_owned().await.map_err(|error| error.to_string())?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let format = Format::claimed(&bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
        let decoded = decode(&bytes, format, Limits::PREVIEW).map_err(|error| error.to_string())?;
        render(&decoded, size, setup, &table)
    });
    drawing.await.map_err(|error| error.to_string())?
}
