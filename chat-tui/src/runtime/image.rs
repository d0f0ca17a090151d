//! Pictures: fetched, saved on this machine, and made ready to be drawn on a thread of their own.

use std::sync::Arc;

use bytes::Bytes;
use picture::{Format, Limits, decode, scaled};
use tokio::sync::Semaphore;

use super::Runtime;
use crate::http;
use crate::image::{DrawnImage, ImageKey, blocks};
use crate::msg::Msg;
use crate::places::Thumbnails;
use crate::session::Session;

impl Runtime {
    /// Fetches a picture and makes it ready.
    pub(super) fn load_image(&self, key: ImageKey) {
        let Some(session) = self.session.clone() else { return };
        let (saved, turn) = (self.shelf.thumbnails(&session), self.decoding.clone());
        self.answer_of_session(async move {
            let drawn = match bytes_of(&session, &key, saved).await {
                Ok(bytes) => drawn(bytes, key.clone(), turn).await,
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
async fn drawn(bytes: Bytes, key: ImageKey, turn: Arc<Semaphore>) -> Result<DrawnImage, String> {
    let turn = turn.acquire_owned().await.map_err(|error| error.to_string())?;
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let format = Format::claimed(&bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
        let decoded = decode(&bytes, format, Limits::PREVIEW).map_err(|error| error.to_string())?;
        let (columns, rows) = (u32::from(key.size.columns), u32::from(key.size.rows));
        Ok(DrawnImage(Arc::new(blocks(&scaled(&decoded.image, columns, 2 * rows)))))
    });
    drawing.await.map_err(|error| error.to_string())?
}
