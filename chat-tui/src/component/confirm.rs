//! Asks whether something is meant.
//!
//! ```text
//! ╭ Make #plans public? ───────────╮
//! │ Everybody on this server can   │
//! │ find and join it then. …       │
//! │                                │
//! │ a  all of it can be read       │
//! │ f  only what is said from now  │
//! │ Esc  no                        │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::chat::Deed;
use crate::component::popup::{Popup, PopupOutcome};
use crate::component::{framed, put, wrapped};
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;
/// Lines of what it is about that are shown.
const ABOUT_LINES: usize = 8;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    question: String,
    about: CleanLine,
    answers: Vec<Answer>,
}

/// One of the answers but no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The key that gives it, in lower case.
    pub key: char,
    /// What it says.
    pub words: &'static str,
    /// What is done then.
    pub deed: Deed,
}

impl State {
    /// Makes a question about something that is answered by yes or no.
    pub fn new(question: impl Into<String>, about: &str, deed: Deed) -> Self {
        Self::choice(question, about, vec![Answer { key: 'y', words: "yes", deed }])
    }

    /// Makes a question with answers of its own.
    pub fn choice(question: impl Into<String>, about: &str, answers: Vec<Answer>) -> Self {
        let question = CleanLine::new(&question.into()).to_string();
        Self { question, about: CleanLine::new(about), answers }
    }

    /// The lines below what it is about: several answers stand below each other.
    fn keys(&self) -> Vec<String> {
        match self.answers.as_slice() {
            [one] => vec![format!("{} {} · Esc", one.key, one.words)],
            several => {
                let lines = several.iter().map(|answer| format!("{}  {}", answer.key, answer.words));
                lines.chain(["Esc  no".to_owned()]).collect()
            }
        }
    }
}

impl Popup for State {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => PopupOutcome::Close,
            KeyCode::Char(c) => {
                let answer = self.answers.iter().find(|answer| plain && answer.key == c.to_ascii_lowercase());
                match answer {
                    Some(answer) => PopupOutcome::Perform(answer.deed.clone()),
                    None if matches!(c, 'n' | 'N' | 'q' | 'c') => PopupOutcome::Close,
                    None => PopupOutcome::Stay,
                }
            }
            _ => PopupOutcome::Stay,
        }
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
        let mut about = if self.about.as_str().is_empty() { Vec::new() } else { wrapped(&self.about, cells) };
        about.truncate(ABOUT_LINES);
        let keys = self.keys();
        let rows = (about.len() + 1 + keys.len()) as u16;
        let inner = framed(&self.question, WIDTH_MAX, rows, screen, buffer, theme);
        // How it is answered is seen, however small the screen is.
        let room = usize::from(inner.height).saturating_sub(keys.len());
        for (row, line) in about.iter().take(room).enumerate() {
            put(line, inner.x, inner.y + row as u16, inner.width, Style::new(), buffer);
        }
        let below = inner.bottom().saturating_sub(keys.len() as u16).max(inner.y);
        for (row, line) in keys.iter().enumerate().take(usize::from(inner.height)) {
            put(line, inner.x, below + row as u16, inner.width, theme.dim, buffer);
        }
        None
    }
}
