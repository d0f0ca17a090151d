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
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::chat::Deed;
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
    /// Makes a question about something that is answered by yes or no.
    pub fn new(question: impl Into<String>, about: &str, deed: Deed) -> Self {
        Self::choice(question, about, vec![Answer { key: 'y', words: "yes", deed }])
    }

    /// Makes a question with answers of its own.
    pub fn choice(question: impl Into<String>, about: &str, answers: Vec<Answer>) -> Self {
        let question = CleanLine::new(&question.into()).to_string();
        Self { question, about: CleanLine::new(about), answers }
    }

    /// Takes a key.
    pub fn key(&self, key: KeyEvent) -> Outcome {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Char(c) => {
                let answer = self.answers.iter().find(|answer| plain && answer.key == c.to_ascii_lowercase());
                match answer {
                    Some(answer) => Outcome::Yes(answer.deed.clone()),
                    None if matches!(c, 'n' | 'N' | 'q' | 'c') => Outcome::Close,
                    None => Outcome::Stay,
                }
            }
            _ => Outcome::Stay,
        }
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

/// Draws the question.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let cells = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
    let mut about = if state.about.as_str().is_empty() { Vec::new() } else { wrapped(&state.about, cells) };
    about.truncate(ABOUT_LINES);
    let keys = state.keys();
    let rows = (about.len() + 1 + keys.len()) as u16;
    let inner = framed(&state.question, WIDTH_MAX, rows, screen, buffer, theme);
    // How it is answered is seen, however small the screen is.
    let room = usize::from(inner.height).saturating_sub(keys.len());
    for (row, line) in about.iter().take(room).enumerate() {
        put(line, inner.x, inner.y + row as u16, inner.width, Style::new(), buffer);
    }
    let below = inner.bottom().saturating_sub(keys.len() as u16).max(inner.y);
    for (row, line) in keys.iter().enumerate().take(usize::from(inner.height)) {
        put(line, inner.x, below + row as u16, inner.width, theme.dim, buffer);
    }
}
