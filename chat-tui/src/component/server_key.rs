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
//! │ right one (chatd status). Trust it from   │
//! │ now on?                                   │
//! │                                           │
//! │ yes or no  y                              │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::Field;
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, put, wrapped};
use crate::session::Server;
use crate::text::CleanLine;
use crate::theme::Theme;
use crate::trust::KeyError;

const WIDTH_MAX: u16 = 64;
const LABEL_CELLS: u16 = 11;

/// The question.
#[derive(Debug)]
pub struct State {
    server: Server,
    error: KeyError,
    /// Where the answer is written; without it there is nothing to ask.
    answer: Option<Field>,
}

impl State {
    /// Makes the question, or only tells, where nobody may say yes. A key that has changed is a matter for the operator.
    pub fn new(server: Server, error: KeyError, may_trust: bool) -> Self {
        let asks = may_trust && matches!(error, KeyError::Unknown { .. });
        Self { server, error, answer: asks.then(|| Field::new("yes or no", "")) }
    }

    fn lines(&self, theme: &Theme) -> Vec<(String, Style)> {
        let server = &self.server;
        let (plain, blank) = (Style::new(), || (String::new(), Style::new()));
        let nothing_sent = |found: &String| {
            vec![
                ("Nothing was sent. If its operator names this key, start chat-tui with".to_owned(), plain),
                (format!("--trust {found}"), plain),
                blank(),
                ("Esc".to_owned(), theme.dim),
            ]
        };
        match &self.error {
            KeyError::Unknown { found } => {
                let mut lines = vec![
                    (format!("{server} shows a key that no authority vouches for:"), plain),
                    blank(),
                    (found.clone(), theme.title),
                    blank(),
                ];
                match self.answer {
                    Some(_) => {
                        let ask =
                            "Its operator can tell whether it is the right one (chatd status). Trust it from now on?";
                        lines.extend([(ask.to_owned(), plain), blank()]);
                    }
                    None => lines.extend(nothing_sent(found)),
                }
                lines
            }
            KeyError::Changed { known, found } => {
                let told = format!("{server} showed another key than before. Somebody may stand in between.");
                let was = [(format!("was  {known}"), plain), (format!("is   {found}"), theme.title), blank()];
                [(told, theme.error), blank()].into_iter().chain(was).chain(nothing_sent(found)).collect()
            }
            KeyError::NotNamed { named, found } => {
                let told = format!("{server} shows another key than the one that --trust names.");
                let is = [(format!("named  {named}"), plain), (format!("shown  {found}"), theme.title), blank()];
                [(told, theme.error), blank()].into_iter().chain(is).chain([("Esc".to_owned(), theme.dim)]).collect()
            }
        }
    }
}

impl Popup for State {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        let Some(answer) = &mut self.answer else {
            return if matches!(key.code, KeyCode::Esc) { PopupOutcome::Close } else { PopupOutcome::Stay };
        };
        match (key.code, &self.error) {
            (KeyCode::Esc, _) => PopupOutcome::Close,
            (KeyCode::Enter, KeyError::Unknown { found }) if answer.text().trim() == "yes" => {
                PopupOutcome::Trust(self.server.clone(), found.clone())
            }
            (KeyCode::Enter, _) if answer.text().trim() == "no" => PopupOutcome::Close,
            (KeyCode::Enter, _) => PopupOutcome::Stay,
            _ => {
                answer.key(key);
                PopupOutcome::Stay
            }
        }
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        awaited == Awaited::TrustedServer
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = match self.error {
            KeyError::Unknown { .. } => "A server that nobody here knows",
            KeyError::Changed { .. } => "THE KEY OF THE SERVER HAS CHANGED",
            KeyError::NotNamed { .. } => "NOT THE SERVER THAT WAS NAMED",
        };
        let room = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
        let lines = self.lines(theme).into_iter().flat_map(|(text, style)| {
            let lines = wrapped(&CleanLine::new(&text), room);
            lines.into_iter().map(move |line| (line, style))
        });
        let lines = lines.collect::<Vec<_>>();
        let rows = lines.len() as u16 + u16::from(self.answer.is_some());
        let inner = framed(title, WIDTH_MAX, rows, screen, buffer, theme);
        for (row, (line, style)) in lines.iter().take(usize::from(inner.height)).enumerate() {
            put(line, inner.x, inner.y + row as u16, inner.width, *style, buffer);
        }
        let answer = self.answer.as_ref().filter(|_| inner.height > 0)?;
        let area = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        answer.view(LABEL_CELLS, true, area, buffer, theme)
    }
}
