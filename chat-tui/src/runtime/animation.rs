//! Pictures that move: fetched whole, and each frame made ready to be drawn, as many as memory has room for.

use std::time::Duration;

use bytes::Bytes;
use picture::{Format, Limits, frames, resized};

use super::image::Studio;
use crate::http;
use crate::image::{Animation, DrawnImage, ImageKey, render};
use crate::session::Session;

/// Bytes of a picture that moves, as it is fetched, and its frames as they are drawn.
const FETCHED_BYTES_MAX: usize = 8 << 20;
const DRAWN_BYTES_MAX: usize = 4 << 20;
const FRAMES_MAX: usize = 600;

/// Makes a picture ready that moves.
pub(super) async fn animate(session: &Session, key: &ImageKey, studio: Studio) -> Result<DrawnImage, String> {
    let fetched = http::fetch_whole(&session.server, &session.token, &key.file, FETCHED_BYTES_MAX).await;
    let bytes = fetched.map_err(|error| error.to_string())?;
    let turn = studio.turn.clone().acquire_owned().await.map_err(|error| error.to_string())?;
    let key = key.clone();
    let drawing = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let drawn = draw(&bytes, &key, &studio)?;
        let millis = |takes: Duration| u64::try_from(takes.as_millis()).unwrap_or(u64::MAX);
        let animation = Animation::of(drawn.into_iter().map(|(frame, takes)| (frame, millis(takes))).collect());
        animation.map(|animation| DrawnImage::Frames(animation.into())).ok_or_else(|| "it stands still".to_owned())
    });
    drawing.await.map_err(|error| error.to_string())?
}

/// Draws the frames; where memory has no room for all, every second one, or fourth, for as much longer.
fn draw(bytes: &Bytes, key: &ImageKey, studio: &Studio) -> Result<Vec<(DrawnImage, Duration)>, String> {
    let format = Format::claimed(bytes).ok_or_else(|| label!("image-damaged").to_owned())?;
    let mut drawn: Vec<(DrawnImage, Duration)> = Vec::new();
    let (mut kept_bytes, mut each, mut number) = (0, 1, 0);
    let mut failed = None;
    let ended = frames(bytes, format, Limits::PREVIEW, |frame, delay| {
        number += 1;
        if (number - 1) % each != 0 {
            if let Some((_, takes)) = drawn.last_mut() {
                *takes += delay;
            }
            return number < FRAMES_MAX;
        }
        match render(&|width, height| resized(&frame, width, height), key.size, studio.setup, &studio.table) {
            Ok(frame) => {
                kept_bytes += frame.bytes();
                drawn.push((frame, delay));
            }
            Err(reason) => failed = Some(reason),
        }
        if kept_bytes > DRAWN_BYTES_MAX {
            each *= 2;
            drawn = thinned(std::mem::take(&mut drawn));
            kept_bytes = drawn.iter().map(|(frame, _)| frame.bytes()).sum();
        }
        failed.is_none() && number < FRAMES_MAX
    });
    match (failed, ended) {
        (Some(reason), _) => Err(reason),
        (None, Err(error)) if drawn.len() < 2 => Err(error.to_string()),
        _ => Ok(drawn),
    }
}

/// Leaves every second frame out; the one before is shown as much longer.
fn thinned<T>(frames: Vec<(T, Duration)>) -> Vec<(T, Duration)> {
    let mut kept: Vec<(T, Duration)> = Vec::with_capacity(frames.len().div_ceil(2));
    for (place, (frame, takes)) in frames.into_iter().enumerate() {
        match kept.last_mut().filter(|_| place % 2 == 1) {
            Some((_, before)) => *before += takes,
            None => kept.push((frame, takes)),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_shown_by_the_one_before() {
        let thin = thinned(vec![
            ('a', Duration::from_millis(1)),
            ('b', Duration::from_millis(2)),
            ('c', Duration::from_millis(4)),
        ]);
        assert_eq!(thin, [('a', Duration::from_millis(3)), ('c', Duration::from_millis(4))]);
    }
}
