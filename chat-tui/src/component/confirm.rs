//! Asks whether something is meant.
//!
//! ```text
//! ╭ Delete this message? ──────────╮
//! │ the kettle is on               │
//! │                                │
//! │ y yes · Esc                    │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::chat::Deed;
use crate::component::{framed, put};
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;

/// The question.
#[derive(Debug)]
pub struct State {
    question: &'static str,
    about: String,
    deed: Deed,
}

/// What a key leads to.
pub enum Outcome {
    /// The question stays.
    Stay,
    /// No.
    Close,
    /// Yes.
    Yes(Deed),
}

impl State {
    /// Makes a question about something; `about` is safe to draw.
    pub fn new(question: &'static str, about: &str, deed: Deed) -> Self {
        Self { question, about: about.to_owned(), deed }
    }

    /// Takes a key.
    pub fn key(&self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Char('y' | 'Y') => Outcome::Yes(self.deed.clone()),
            KeyCode::Esc | KeyCode::Char('n' | 'N' | 'q' | 'c') => Outcome::Close,
            _ => Outcome::Stay,
        }
    }
}

/// Draws the question.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let inner = framed(state.question, WIDTH_MAX, 3, screen, buffer, theme);
    if inner.height > 0 {
        put(&state.about, inner.x, inner.y, inner.width, ratatui::style::Style::new(), buffer);
    }
    if inner.height > 2 {
        put("y yes · Esc", inner.x, inner.y + 2, inner.width, theme.dim, buffer);
    }
}
