//! The form that deletes the account: it asks for the handle once more, so that nobody does it by a slip.
//!
//! ```text
//! ╭ Delete your account ──────────────────────────╮
//! │ This cannot be taken back. Nobody is given    │
//! │ your handle again. …                          │
//! │                                               │
//! │ Handle    alice                               │
//! │ Password  •••••••••                           │
//! │ Messages  stay without your name ← →          │
//! │                                               │
//! │ Enter deletes it · Esc                        │
//! ╰───────────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::Legacy;
use proto::{Handle, Password};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::Field;
use crate::component::form::{Form, LABEL_CELLS, Step};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, put, wrapped};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::theme::Theme;

const WARNING: &str =
    "This cannot be taken back. Nobody is given your handle again. `chat-tui export` keeps what is yours.";
const WIDTH_MAX: u16 = 60;
const HANDLE: usize = 0;
const PASSWORD: usize = 1;
/// The line that is chosen.
const CONTENT: usize = 2;

/// The form.
#[derive(Debug)]
pub struct State {
    handle: Handle,
    form: Form<2>,
    content: Legacy,
}

impl State {
    /// Makes the form of an account.
    pub fn new(handle: &Handle) -> Self {
        let form = Form::new([Field::new("Handle", ""), Field::secret("Password")], 1);
        Self { handle: handle.clone(), form, content: Legacy::Keep }
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.form.text(HANDLE).trim().trim_start_matches('@').to_lowercase() != self.handle.as_str() {
            self.form.fail_at(HANDLE, &format!("write {} to be sure", self.handle));
            return None;
        }
        self.form.wait();
        let password = Some(self.form.text(PASSWORD)).filter(|text| !text.is_empty()).map(Password::new);
        Some(Effect::DeleteAccount { password, content: self.content })
    }
}

impl Popup for State {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        if self.form.is_active(CONTENT) && matches!(key.code, KeyCode::Left | KeyCode::Right | KeyCode::Char(' ')) {
            self.content = if self.content == Legacy::Keep { Legacy::Remove } else { Legacy::Keep };
            return PopupOutcome::Stay;
        }
        match self.form.key(key) {
            Step::Stay => PopupOutcome::Stay,
            Step::Submit => self.submit().map_or(PopupOutcome::Stay, PopupOutcome::Start),
            Step::Close => PopupOutcome::Close,
        }
    }

    fn paste(&mut self, text: &str) {
        self.form.paste(text);
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        awaited == Awaited::AccountDeleted
    }

    fn fail(&mut self, reason: &str) {
        self.form.fail(reason);
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
        let warning = wrapped(&CleanLine::new(WARNING), cells);
        let top = warning.len() as u16 + 1;
        let inner = framed("Delete your account", WIDTH_MAX, top + 6, screen, buffer, theme);
        let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
        let write = |row: u16, text: &str, style: Style, buffer: &mut Buffer| {
            if let Some(area) = line(row) {
                put(text, area.x, area.y, area.width, style, buffer);
            }
        };
        for (row, text) in warning.iter().enumerate() {
            write(row as u16, text, Style::new(), buffer);
        }
        let style = if self.form.is_active(CONTENT) { theme.title } else { theme.dim };
        write(top + 2, "Messages", style, buffer);
        if let Some(area) = line(top + 2) {
            let words = match self.content {
                Legacy::Keep => "stay without your name",
                Legacy::Remove => "are deleted, all",
            };
            let arrows = if self.form.is_active(CONTENT) { " ← →" } else { "" };
            let room = area.width.saturating_sub(LABEL_CELLS);
            put(&format!("{words}{arrows}"), area.x + LABEL_CELLS, area.y, room, Style::new(), buffer);
        }
        let (text, style) = self.form.told("deleting it …", "leave Password empty if there is none", theme);
        write(top + 4, text, style, buffer);
        write(top + 5, "Enter deletes it · Esc", theme.dim, buffer);
        let top = top.min(inner.height);
        self.form.view(Rect { y: inner.y + top, height: inner.height - top, ..inner }, buffer, theme)
    }
}
