//! A selfie over the whole screen: what the camera sees, a countdown, and what was taken, to be sent or taken again.
//!
//! ```text
//!              (the picture)
//!
//!  Selfie for #plans · 2
//!  Space take   Esc cancel
//! ```

use std::path::PathBuf;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ChannelId, Picture, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::camera::{CameraError, CameraFrame, CameraNews, CameraOrder, FRAME, FRAME_RATE};
use crate::effect::Effect;
use crate::image::{CELL, ImageSize, blocks, fit};
use crate::text::{CleanLine, truncate, width};
use crate::theme::Theme;
use crate::words;

/// How long one counts down.
const COUNTDOWN_MILLIS: i64 = 3_000;
/// How long a frame of what was taken is shown.
const FRAME_MILLIS: i64 = 1_000 / FRAME_RATE as i64;
/// Rows below the picture.
const FOOTER_ROWS: u16 = 2;

/// A selfie that is being taken.
#[derive(Debug)]
pub struct Selfie {
    /// The channel that it is for, and as people write it.
    to: ChannelId,
    channel: String,
    stage: Stage,
    /// What the camera saw last.
    seen: Option<CameraFrame>,
}

#[derive(Debug)]
enum Stage {
    /// The camera shows what it sees.
    Live,
    /// It is taken at this moment.
    Counting(Timestamp),
    /// It is taken now, or made ready.
    Taking,
    /// It can be sent.
    Taken(Taken),
    /// It cannot be taken, for this reason.
    Failed(CleanLine),
}

#[derive(Debug)]
struct Taken {
    frames: Vec<CameraFrame>,
    path: PathBuf,
    bytes: u64,
    /// The frame that is shown, and until when.
    at: usize,
    until: Timestamp,
}

/// What a key does to it.
#[derive(Debug, PartialEq)]
pub enum SelfieOutcome {
    /// It stays, with these effects.
    Stay(Vec<Effect>),
    /// It is closed.
    Close,
    /// It is closed, and this file is deleted.
    Discard(PathBuf),
    /// It is closed, and this file is sent to the channel.
    Send(ChannelId, PathBuf),
}

impl Selfie {
    /// Waits for what the camera sees, for a channel.
    pub fn new(to: ChannelId, channel: String) -> Self {
        Self { to, channel, stage: Stage::Live, seen: None }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent, now: Timestamp) -> SelfieOutcome {
        let is_plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match (&mut self.stage, key.code) {
            (Stage::Taken(taken), KeyCode::Esc | KeyCode::Char('q')) => {
                SelfieOutcome::Discard(std::mem::take(&mut taken.path))
            }
            (_, KeyCode::Esc | KeyCode::Char('q')) => SelfieOutcome::Close,
            (Stage::Live, KeyCode::Enter | KeyCode::Char(' ')) if is_plain && self.seen.is_some() => {
                self.stage = Stage::Counting(now.plus_millis(COUNTDOWN_MILLIS));
                SelfieOutcome::Stay(Vec::new())
            }
            (Stage::Taken(taken), KeyCode::Enter) => SelfieOutcome::Send(self.to, std::mem::take(&mut taken.path)),
            (Stage::Taken(_) | Stage::Failed(_), KeyCode::Char('r')) if is_plain => {
                let before = std::mem::replace(&mut self.stage, Stage::Live);
                self.seen = None;
                let discarded = match before {
                    Stage::Taken(taken) => Some(Effect::Discard(taken.path)),
                    _ => None,
                };
                SelfieOutcome::Stay(discarded.into_iter().chain([Effect::Camera(CameraOrder::Open)]).collect())
            }
            _ => SelfieOutcome::Stay(Vec::new()),
        }
    }

    /// Hears of the camera.
    pub fn hear(&mut self, news: CameraNews, now: Timestamp) -> Vec<Effect> {
        match news {
            CameraNews::Frame(frame) => {
                self.seen = Some(frame);
                if let Stage::Counting(at) = self.stage
                    && now >= at
                {
                    self.stage = Stage::Taking;
                    return vec![Effect::Camera(CameraOrder::Record)];
                }
                Vec::new()
            }
            CameraNews::Taken(frames, path, bytes) => {
                let until = now.plus_millis(FRAME_MILLIS);
                self.stage = Stage::Taken(Taken { frames, path, bytes, at: 0, until });
                vec![Effect::Camera(CameraOrder::Close), Effect::WakeAt(until)]
            }
            CameraNews::Failed(error) => {
                self.stage = Stage::Failed(CleanLine::new(&in_words(&error)));
                vec![Effect::Camera(CameraOrder::Close)]
            }
        }
    }

    /// A moment has come: the next frame of what was taken is shown.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let Stage::Taken(taken) = &mut self.stage else { return Vec::new() };
        if now >= taken.until {
            taken.at = (taken.at + 1) % taken.frames.len().max(1);
            taken.until = now.plus_millis(FRAME_MILLIS);
            return vec![Effect::WakeAt(taken.until)];
        }
        Vec::new()
    }

    fn words(&self, now: Timestamp) -> (String, &'static str) {
        let about = say!("selfie-title", channel = self.channel);
        match &self.stage {
            Stage::Live if self.seen.is_none() => (label!("selfie-opening").to_owned(), label!("selfie-keys-failed")),
            Stage::Live => (about, label!("selfie-keys-live")),
            Stage::Counting(at) => {
                let seconds = at.millis_since(now).div_ceil(1_000);
                (format!("{about} · {}", seconds.max(1)), label!("selfie-keys-failed"))
            }
            Stage::Taking => (label!("selfie-taking").to_owned(), label!("selfie-keys-failed")),
            Stage::Taken(taken) => (format!("{about} · {}", words::size(taken.bytes)), label!("selfie-keys-taken")),
            Stage::Failed(reason) => (reason.to_string(), label!("selfie-keys-again")),
        }
    }
}

fn in_words(error: &CameraError) -> String {
    match error {
        CameraError::NoFfmpeg => label!("selfie-no-ffmpeg").to_owned(),
        CameraError::NoCamera { camera, reason } => say!("selfie-no-camera", camera = camera, reason = reason),
        CameraError::NotMade(reason) => say!("selfie-not-made", reason = reason),
    }
}

/// Draws it over the whole screen.
pub fn view_selfie(selfie: &Selfie, now: Timestamp, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(screen, buffer);
    let room = ImageSize { columns: screen.width.max(1), rows: screen.height.saturating_sub(FOOTER_ROWS).max(1) };
    let frame = match &selfie.stage {
        Stage::Taken(taken) => taken.frames.get(taken.at).map(|frame| (frame, false)),
        Stage::Failed(_) => None,
        // As in a mirror, which is how people know themselves.
        _ => selfie.seen.as_ref().map(|frame| (frame, true)),
    };
    if let Some((frame, mirrored)) = frame {
        let whole = Picture { width: FRAME.0 * 10, height: FRAME.1 * 10, animated: false, blurhash: String::new() };
        let size = fit(&whole, CELL, room);
        let drawn = blocks(&frame.pixels(size.columns.into(), 2 * u32::from(size.rows), mirrored));
        let corner = (screen.x + (room.columns - size.columns) / 2, screen.y + (room.rows - size.rows) / 2);
        for y in 0..size.rows.min(screen.height) {
            for x in 0..size.columns.min(screen.width) {
                buffer[(corner.0 + x, corner.1 + y)] = drawn[(x, y)].clone();
            }
        }
    }
    let (text, keys) = selfie.words(now);
    let style = if matches!(selfie.stage, Stage::Failed(_)) { theme.error } else { theme.title };
    let cells = usize::from(screen.width);
    let lines = super::wrapped(&CleanLine::new(&text), cells);
    let mut lines = lines.into_iter().map(|line| (line, style)).collect::<Vec<_>>();
    lines.push((keys.to_owned(), theme.dim));
    let first = screen.bottom().saturating_sub(lines.len() as u16).max(screen.y);
    for (y, (text, style)) in (first..screen.bottom()).zip(lines) {
        let text = truncate(&text, cells);
        let x = screen.x + (cells - width(&text)) as u16 / 2;
        buffer.set_stringn(x, y, text, cells, style);
    }
}
