//! What a person is asked, or told, about the key of a server.
//!
//! ```text
//! ╭ A server that nobody here knows ──────────╮
//! │ https://box:7300 shows a key that no      │
//! │ authority vouches for:                    │
//! │                                           │
//! │ SHA256:qg9…                               │
//! │                                           │
//! │ Its operator can tell whether it is the   │
//! │ right one (`chatd status`).               │
//! │                                           │
//! │ y trusts it from now on · Esc             │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::component::{framed, put};
use crate::session::Server;
use crate::text::{CleanLine, wrap};
use crate::theme::Theme;
use crate::trust::KeyError;

const WIDTH_MAX: u16 = 64;

/// The question.
#[derive(Debug)]
pub struct State {
    server: Server,
    error: KeyError,
}

/// What a key leads to.
pub enum Outcome {
    /// The question stays.
    Stay,
    /// No.
    Close,
    /// Yes: this is the key of the server.
    Trust(Server, String),
}

impl State {
    /// Makes the question.
    pub fn new(server: Server, error: KeyError) -> Self {
        Self { server, error }
    }

    /// Takes a key. Only an unknown server can be trusted here; one that has changed is a matter for its operator.
    pub fn key(&self, key: KeyEvent) -> Outcome {
        match (key.code, &self.error) {
            (KeyCode::Char('y' | 'Y'), KeyError::Unknown { found }) => {
                Outcome::Trust(self.server.clone(), found.clone())
            }
            (KeyCode::Esc | KeyCode::Enter | KeyCode::Char('n' | 'N' | 'c' | 'q'), _) => Outcome::Close,
            _ => Outcome::Stay,
        }
    }

    fn lines(&self, theme: &Theme) -> Vec<(String, Style)> {
        let server = &self.server;
        let (plain, blank) = (Style::new(), || (String::new(), Style::new()));
        match &self.error {
            KeyError::Unknown { found } => vec![
                (format!("{server} shows a key that no authority vouches for:"), plain),
                blank(),
                (found.clone(), theme.title),
                blank(),
                ("Its operator can tell whether it is the right one (chatd status).".to_owned(), plain),
                blank(),
                ("y trusts it from now on · Esc".to_owned(), theme.dim),
            ],
            KeyError::Changed { known, found } | KeyError::NotNamed { named: known, found } => vec![
                (format!("{server} showed another key than before. Somebody may stand in between."), theme.error),
                blank(),
                (format!("was  {known}"), plain),
                (format!("is   {found}"), theme.title),
                blank(),
                ("Nothing was sent. If its operator names the new key, start chat-tui with".to_owned(), plain),
                (format!("--trust {found}"), plain),
                blank(),
                ("Esc".to_owned(), theme.dim),
            ],
        }
    }
}

/// Draws the question.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) {
    let title = match state.error {
        KeyError::Unknown { .. } => "A server that nobody here knows",
        KeyError::Changed { .. } | KeyError::NotNamed { .. } => "THE KEY OF THE SERVER HAS CHANGED",
    };
    let room = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
    let wrapped = state.lines(theme).into_iter().flat_map(|(text, style)| {
        let text = CleanLine::new(&text);
        let lines = wrap(text.as_str(), room).into_iter().map(|range| text.as_str()[range].trim().to_owned());
        lines.map(|line| (line, style)).collect::<Vec<_>>()
    });
    let lines = wrapped.collect::<Vec<_>>();
    let inner = framed(title, WIDTH_MAX, lines.len() as u16, screen, buffer, theme);
    for (row, (line, style)) in lines.iter().take(usize::from(inner.height)).enumerate() {
        put(line, inner.x, inner.y + row as u16, inner.width, *style, buffer);
    }
}
