//! What a person is asked, or told, about the key of a server.
//!
//! ```text
//! ╭ Unknown server key ───────────────────────╮
//! │ https://box:7300 has a key that no        │
//! │ authority has signed:                     │
//! │                                           │
//! │ SHA256:qg9…                               │
//! │                                           │
//! │ Compare this fingerprint with the         │
//! │ operator’s (chatd status). Trust it?      │
//! │ yes / no                                  │
//! │                                           │
//! │ yes or no  y                              │
//! │ Enter answer  Esc cancel                  │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::{Field, form_label_cells};
use crate::component::popup::keys::{PopupKey, action_of, hint_lines, hinted};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put, put_lines, row_of, wrapped};
use crate::session::Server;
use crate::text::CleanLine;
use crate::theme::Theme;
use crate::trust::KeyError;

const WIDTH_MAX: u16 = 64;

/// What a key does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Answer,
    Close,
}

const ASKING: [PopupKey<Action>; 2] = [
    hinted(KeyCode::Enter, Action::Answer, key!("form-key-answer")),
    hinted(KeyCode::Esc, Action::Close, key!("form-key-cancel")),
];

const TELLING: [PopupKey<Action>; 1] = [hinted(KeyCode::Esc, Action::Close, key!("form-key-close"))];

/// The question whether the key of a server is trusted.
#[derive(Debug)]
pub struct ServerKeyPopup {
    server: Server,
    error: KeyError,
    /// Where the answer is written; without it there is nothing to ask.
    answer: Option<Field>,
}

impl ServerKeyPopup {
    /// Makes the question, or only tells, where nobody may say yes. A key that has changed is a matter for the operator.
    pub fn new(server: Server, error: KeyError, may_trust: bool) -> Self {
        let asks = may_trust && matches!(error, KeyError::Unknown { .. });
        Self { server, error, answer: asks.then(|| Field::new(label!("form-server-key-answer"), "")) }
    }

    fn keys(&self) -> &'static [PopupKey<Action>] {
        if self.answer.is_some() { &ASKING } else { &TELLING }
    }

    fn title(&self) -> &'static str {
        match self.error {
            KeyError::Unknown { .. } => label!("form-server-key-title"),
            KeyError::Changed { .. } => label!("form-server-key-title-changed"),
            KeyError::NotNamed { .. } => label!("form-server-key-title-not-named"),
        }
    }

    /// What stands above the answer, in paragraphs.
    fn paragraphs(&self, theme: &Theme) -> Vec<(String, Style)> {
        let server = self.server.to_string();
        let plain = Style::new();
        let mut paragraphs = match &self.error {
            KeyError::Unknown { found } => {
                vec![(say!("form-server-key-unknown", server = server), plain), blank(), (found.clone(), theme.title)]
            }
            KeyError::Changed { known, found } => vec![
                (say!("form-server-key-changed", server = server), theme.error),
                blank(),
                (say!("form-server-key-was", key = known), plain),
                (say!("form-server-key-is", key = found), theme.title),
            ],
            KeyError::NotNamed { named, found } => vec![
                (say!("form-server-key-not-named", server = server), theme.error),
                blank(),
                (say!("form-server-key-expected", key = named), plain),
                (say!("form-server-key-found", key = found), theme.title),
            ],
        };
        match &self.error {
            KeyError::Unknown { .. } if self.answer.is_some() => {
                paragraphs.extend([blank(), (label!("form-server-key-ask").to_owned(), plain)]);
            }
            KeyError::Unknown { found } | KeyError::Changed { found, .. } => {
                let go_on = label!("form-server-key-nothing-sent").to_owned();
                // The flag stands on a line of its own: it is to be copied.
                paragraphs.extend([blank(), (go_on, plain), (format!("--trust {found}"), plain)]);
            }
            KeyError::NotNamed { .. } => {}
        }
        paragraphs.push(blank());
        paragraphs
    }
}

fn blank() -> (String, Style) {
    (String::new(), Style::new())
}

impl Popup for ServerKeyPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        let written = self.answer.as_ref().map_or("", |answer| answer.text().trim());
        match (action_of(self.keys(), key), &self.error) {
            (Some(Action::Close), _) => return PopupOutcome::Close,
            (Some(Action::Answer), KeyError::Unknown { found }) if written == "yes" => {
                return PopupOutcome::Trust(self.server.clone(), found.clone());
            }
            (Some(Action::Answer), _) if written == "no" => return PopupOutcome::Close,
            (Some(Action::Answer), _) => {}
            (None, _) => {
                if let Some(answer) = &mut self.answer {
                    answer.key(key);
                }
            }
        }
        PopupOutcome::Stay
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        awaited == Awaited::TrustedServer
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = inner_cells(WIDTH_MAX, screen);
        let lines = self.paragraphs(theme).into_iter().flat_map(|(text, style)| {
            let lines = wrapped(&CleanLine::new(&text), cells);
            lines.into_iter().map(move |line| (line, style))
        });
        let lines = lines.collect::<Vec<_>>();
        let hints = hint_lines(self.keys(), cells);
        let below = u16::from(self.answer.is_some()) + hints.len() as u16;
        let inner = framed(self.title(), WIDTH_MAX, lines.len() as u16 + below, screen, buffer, theme);
        // How it is answered is seen, however small the screen is.
        let room = inner.height.saturating_sub(below);
        for (row, (line, style)) in (0..room).zip(&lines) {
            put(line, inner.x, inner.y + row, inner.width, *style, buffer);
        }
        put_lines(&hints, inner.height.saturating_sub(hints.len() as u16), inner, theme.dim, buffer);
        let answer = self.answer.as_ref()?;
        row_of(inner, room).and_then(|row| answer.view(form_label_cells([answer.label]), true, row, buffer, theme))
    }
}
