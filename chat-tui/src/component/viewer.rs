//! A picture over the whole screen, to be looked at closely: larger, other parts of it, and the pictures before and after it.
//!
//! ```text
//!              (the picture)
//!
//!  harbour.jpg · 55 KiB · 1600×1200 · 2 of 5
//!  + - zoom  ←↑↓→ move  n p next, previous  s save  Esc close
//! ```

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::FileInfo;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::timeline::draw_image;
use crate::chat::ChatScreen;
use crate::image::{ImageKey, ImagePart, ImageSetup, ImageSize, fit};
use crate::text::{CleanLine, truncate, width};
use crate::theme::Theme;
use crate::words;

/// How many times as large as it fits a picture is shown at most.
const ZOOM_MAX: u16 = 8;
/// Rows below the picture.
const FOOTER_ROWS: u16 = 2;
/// Part of what is seen that one key moves by.
const MOVED_PART: u16 = 4;

/// A picture that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Which file.
    file: FileInfo,
    zoom: u16,
    /// What of it is seen first, in cells of the picture as large as it is shown.
    left: u16,
    top: u16,
}

/// What a key does to it.
#[derive(Debug, PartialEq, Eq)]
pub enum Viewed {
    /// Nothing outside of it.
    Stay,
    /// It is closed.
    Close,
    /// Its file is to be downloaded.
    Save(FileInfo),
}

impl Viewer {
    /// Looks at a picture; none for a file that is none.
    pub fn of(file: FileInfo) -> Option<Self> {
        file.picture.is_some().then_some(Self { file, zoom: 1, left: 0, top: 0 })
    }

    /// Takes a key on a screen of a size.
    pub fn key(&mut self, key: KeyEvent, chat: &ChatScreen, screen: Rect) -> Viewed {
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return Viewed::Stay;
        }
        let setup = chat.images.setup().unwrap_or(ImageSetup::BLOCKS);
        let (seen, _) = self.sizes(setup, room(screen));
        let step = |cells: u16| (cells / MOVED_PART).max(1);
        match key.code {
            KeyCode::Esc | KeyCode::Char('q' | 'v') => return Viewed::Close,
            KeyCode::Char('s') => return Viewed::Save(self.file.clone()),
            KeyCode::Char('+' | '=') => self.zoom_to((self.zoom * 2).min(ZOOM_MAX), setup, screen),
            KeyCode::Char('-') => self.zoom_to((self.zoom / 2).max(1), setup, screen),
            KeyCode::Char('0') => self.zoom_to(1, setup, screen),
            KeyCode::Left => self.left = self.left.saturating_sub(step(seen.columns)),
            KeyCode::Right => self.left += step(seen.columns),
            KeyCode::Up => self.top = self.top.saturating_sub(step(seen.rows)),
            KeyCode::Down => self.top += step(seen.rows),
            KeyCode::Char('n' | ' ') | KeyCode::PageDown => self.go(chat, true),
            KeyCode::Char('p') | KeyCode::PageUp => self.go(chat, false),
            _ => {}
        }
        self.stay_inside(setup, screen);
        Viewed::Stay
    }

    /// All of it as it moves, if it does and all of it is seen.
    pub fn moving(&self, setup: ImageSetup, screen: Rect) -> Option<ImageKey> {
        let moves = self.file.picture.as_ref().is_some_and(|picture| picture.animated);
        (moves && self.zoom == 1).then(|| self.image(setup, screen).moving())
    }

    /// What is to be drawn of it on a screen.
    pub fn image(&self, setup: ImageSetup, screen: Rect) -> ImageKey {
        let (size, whole) = self.sizes(setup, room(screen));
        // The screen may have become smaller, and the cells larger.
        let (left, top) = (self.left.min(whole.columns - size.columns), self.top.min(whole.rows - size.rows));
        ImageKey { part: Some(ImagePart { whole, left, top }), ..ImageKey::still(self.file.id, size) }
    }

    /// How much of it is seen, and how large all of it would be.
    fn sizes(&self, setup: ImageSetup, room: ImageSize) -> (ImageSize, ImageSize) {
        let picture = self.file.picture.as_ref();
        let base = picture.map_or(ImageSize { columns: 1, rows: 1 }, |picture| fit(picture, setup.cell, room));
        let whole = ImageSize { columns: base.columns * self.zoom, rows: base.rows * self.zoom };
        (ImageSize { columns: whole.columns.min(room.columns), rows: whole.rows.min(room.rows) }, whole)
    }

    /// Shows it larger or smaller; what is in the middle stays there.
    fn zoom_to(&mut self, zoom: u16, setup: ImageSetup, screen: Rect) {
        let (seen, _) = self.sizes(setup, room(screen));
        let middle =
            |first: u16, seen: u16| (u32::from(first) + u32::from(seen) / 2) * u32::from(zoom) / u32::from(self.zoom);
        let (x, y) = (middle(self.left, seen.columns), middle(self.top, seen.rows));
        self.zoom = zoom;
        let (seen, _) = self.sizes(setup, room(screen));
        self.left = x.saturating_sub(u32::from(seen.columns) / 2) as u16;
        self.top = y.saturating_sub(u32::from(seen.rows) / 2) as u16;
    }

    fn stay_inside(&mut self, setup: ImageSetup, screen: Rect) {
        let (seen, whole) = self.sizes(setup, room(screen));
        self.left = self.left.min(whole.columns - seen.columns);
        self.top = self.top.min(whole.rows - seen.rows);
    }

    /// Goes to the next picture of the channel, or the one before.
    fn go(&mut self, chat: &ChatScreen, forward: bool) {
        let (pictures, at) = (pictures(chat), self.place(chat));
        let to = at.and_then(|at| if forward { at.checked_add(1) } else { at.checked_sub(1) });
        if let Some(next) = to.and_then(|to| pictures.get(to)) {
            *self = Self { file: (*next).clone(), zoom: 1, left: 0, top: 0 };
        }
    }

    fn place(&self, chat: &ChatScreen) -> Option<usize> {
        pictures(chat).iter().position(|picture| picture.id == self.file.id)
    }

    /// What stands below it.
    fn words(&self, chat: &ChatScreen) -> String {
        let size = self.file.picture.as_ref().map(|picture| format!("{}×{}", picture.width, picture.height));
        let zoom = (self.zoom > 1).then(|| say!("viewer-zoom", zoom = u64::from(self.zoom)));
        let place = self.place(chat).map(|at| say!("viewer-place", place = at + 1, total = pictures(chat).len()));
        let parts = [Some(words::file(&self.file)), size, zoom, place];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// Gives the pictures of the open channel that are known here, each once, from the oldest on.
fn pictures(chat: &ChatScreen) -> Vec<&FileInfo> {
    let history = chat.channel().map(|channel| &channel.history);
    let files = history.into_iter().flat_map(|history| history.from(proto::Index::default()));
    let mut met = BTreeSet::new();
    let pictures = files.flat_map(|message| &message.files).filter(|file| file.picture.is_some());
    pictures.filter(|file| met.insert(file.id)).collect()
}

fn room(screen: Rect) -> ImageSize {
    ImageSize { columns: screen.width.max(1), rows: screen.height.saturating_sub(FOOTER_ROWS).max(1) }
}

/// Draws it over the whole screen.
pub fn view_viewer(viewer: &Viewer, chat: &ChatScreen, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    super::clear(screen, buffer);
    let key = viewer.image(chat.images.setup().unwrap_or(ImageSetup::BLOCKS), screen);
    let room = room(screen);
    let corner = Rect {
        x: screen.x + (room.columns - key.size.columns) / 2,
        y: screen.y + (room.rows - key.size.rows) / 2,
        width: key.size.columns.min(screen.width),
        height: key.size.rows.min(screen.height),
    };
    for row in 0..corner.height {
        draw_image(&key, None, &chat.images, row, Rect { y: corner.y + row, height: 1, ..corner }, buffer, theme);
    }
    let cells = usize::from(screen.width);
    let notice =
        chat.notice.as_ref().map(|notice| (notice.text.clone(), if notice.failed { theme.error } else { theme.dim }));
    let keys = [label!("viewer-keys"), label!("viewer-keys-short")];
    let keys = keys.into_iter().find(|keys| width(keys) <= cells).unwrap_or(keys[1]);
    let keys = notice.unwrap_or_else(|| (keys.to_owned(), theme.dim));
    let lines = [(viewer.words(chat), theme.title), keys];
    for (y, (text, style)) in (screen.bottom().saturating_sub(FOOTER_ROWS)..screen.bottom()).zip(lines) {
        let text = truncate(CleanLine::new(&text).as_str(), cells);
        let x = screen.x + (cells - width(&text)) as u16 / 2;
        buffer.set_stringn(x, y, text, cells, style);
    }
}
