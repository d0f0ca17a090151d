//! A link to be opened on a phone or another machine, with its QR code.
//!
//! ```text
//! ╭ Send files to #plans ──────────────────────────╮
//! │  █▀▀▀▀▀█ ▄▀▄█ █▀▀▀▀▀█                           │
//! │  …                                              │
//! │ https://chat.example.org/l/3n8v0c5rk2w9z7d4h1qt │
//! │ Works once, until 14:32.                        │
//! │ c copy  Esc close                               │
//! ╰─────────────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::popup::keys::{PopupKey, action_of, also, hint_lines, hinted};
use crate::component::popup::{Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put_lines, wrapped};
use crate::effect::Effect;
use crate::image::qr::QrCode;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 64;
/// Rows of the frame.
const FRAME_ROWS: u16 = 2;

/// What a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkPurpose {
    /// To send files into a channel, as people write it.
    Send {
        /// The channel.
        channel: String,
    },
    /// To fetch so many files.
    Fetch {
        /// How many.
        files: u64,
    },
}

/// A link over the screen.
#[derive(Debug)]
pub struct LinkPopup {
    purpose: LinkPurpose,
    url: CleanLine,
    until: String,
    code: Option<QrCode>,
}

/// What a key does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Copy,
    Close,
}

const LINK_KEYS: [PopupKey<Action>; 3] = [
    hinted(KeyCode::Char('c'), Action::Copy, key!("link-key-copy")),
    hinted(KeyCode::Esc, Action::Close, key!("link-key-close")),
    also(KeyCode::Enter, Action::Close),
];

impl LinkPopup {
    /// Shows a link that is valid until a moment, in words.
    pub fn new(purpose: LinkPurpose, url: CleanLine, until: String) -> Self {
        let code = QrCode::of(url.as_str());
        Self { purpose, url, until, code }
    }

    fn lines(&self, has_code: bool, cells: usize) -> Vec<String> {
        let until = match self.purpose {
            LinkPurpose::Send { .. } => say!("link-until-once", time = self.until),
            LinkPurpose::Fetch { .. } => say!("link-until", time = self.until),
        };
        let mut lines = wrapped(&self.url, cells);
        lines.extend(wrapped(&CleanLine::new(&until), cells));
        if !has_code {
            lines.extend(wrapped(&CleanLine::new(label!("link-no-code")), cells));
        }
        lines.extend(hint_lines(&LINK_KEYS, cells));
        lines
    }
}

impl Popup for LinkPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        match action_of(&LINK_KEYS, key) {
            Some(Action::Copy) => PopupOutcome::Start(Effect::Copy(self.url.as_str().to_owned())),
            Some(Action::Close) => PopupOutcome::Close,
            None => PopupOutcome::Stay,
        }
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = match &self.purpose {
            LinkPurpose::Send { channel } => say!("link-title-send", channel = channel),
            LinkPurpose::Fetch { files } => say!("link-title-fetch", count = files),
        };
        let cells = inner_cells(WIDTH_MAX, screen);
        let room = screen.height.saturating_sub(self.lines(true, cells).len() as u16 + FRAME_ROWS);
        // A part of a code is none.
        let code = self.code.as_ref().filter(|code| code.rows() <= room && usize::from(code.cells()) <= cells);
        let lines = self.lines(code.is_some(), cells);
        let rows = lines.len() as u16;
        let above = code.map_or(0, QrCode::rows);
        let inner = framed(&title, WIDTH_MAX, above + rows, screen, buffer, theme);
        if let Some(code) = code {
            code.draw(Rect { x: inner.x + inner.width.saturating_sub(code.cells()) / 2, ..inner }, buffer);
        }
        let (url, rest) = lines.split_at(wrapped(&self.url, cells).len());
        put_lines(url, above, inner, theme.title, buffer);
        put_lines(rest, above + url.len() as u16, inner, theme.dim, buffer);
        None
    }
}
