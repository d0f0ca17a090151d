//! The form that deletes the account: it asks for the handle once more, so that nobody does it by a slip.
//!
//! ```text
//! ╭ Delete your account ──────────────────────────╮
//! │ This cannot be undone. Nobody will get your   │
//! │ handle again. …                               │
//! │                                               │
//! │ Handle    alice                               │
//! │ Password  •••••••••                           │
//! │ Messages  Keep without your name ← →          │
//! │                                               │
//! │ Enter delete account  Tab next field  Esc …   │
//! ╰───────────────────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::Legacy;
use proto::{Handle, Password};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::Field;
use crate::component::form::{Form, Step};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put, put_lines, row_of, wrapped};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 60;
const HANDLE: usize = 0;
const PASSWORD: usize = 1;
/// The line that is chosen.
const CONTENT: usize = 2;
const LINES: u16 = 3;

/// The form in which an account is deleted.
#[derive(Debug)]
pub struct DeleteAccountPopup {
    handle: Handle,
    form: Form<2>,
    content: Legacy,
}

impl DeleteAccountPopup {
    /// Makes the form of an account.
    pub fn new(handle: &Handle) -> Self {
        let fields = [Field::new(label!("form-label-handle"), ""), Field::secret(label!("form-label-password"))];
        let form = Form::new(fields, 1, key!("form-key-delete-account"));
        Self { handle: handle.clone(), form, content: Legacy::Keep }
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.form.text(HANDLE).trim().trim_start_matches('@').to_lowercase() != self.handle.as_str() {
            self.form.fail_at(HANDLE, &say!("form-delete-account-confirm", handle = self.handle.as_str()));
            return None;
        }
        self.form.wait();
        let password = Some(self.form.text(PASSWORD)).filter(|text| !text.is_empty()).map(Password::new);
        Some(Effect::DeleteAccount { password, content: self.content })
    }
}

impl DeleteAccountPopup {
    /// Draws what becomes of the messages, which is chosen by the arrows.
    fn view_content(&self, label: &str, label_cells: u16, row: Rect, buffer: &mut Buffer, theme: &Theme) {
        let active = self.form.is_active(CONTENT);
        put(label, row.x, row.y, row.width, if active { theme.title } else { theme.dim }, buffer);
        let words = match self.content {
            Legacy::Keep => label!("form-delete-account-keep"),
            Legacy::Remove => label!("form-delete-account-remove"),
        };
        let arrows = if active { " ← →" } else { "" };
        let room = row.width.saturating_sub(label_cells);
        put(&format!("{words}{arrows}"), row.x + label_cells, row.y, room, Style::new(), buffer);
    }
}

impl Popup for DeleteAccountPopup {
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
        let cells = inner_cells(WIDTH_MAX, screen);
        let warning = wrapped(&CleanLine::new(label!("form-delete-account-warning")), cells);
        let (told, style) =
            self.form.told(label!("form-delete-account-busy"), label!("form-delete-account-hint"), cells, theme);
        let hints = self.form.hints(cells);
        let fields = warning.len() as u16 + 1;
        let below = fields + LINES + 1;
        let rows = below + (told.len() + 1 + hints.len()) as u16;
        let inner = framed(label!("form-delete-account-title"), WIDTH_MAX, rows, screen, buffer, theme);
        put_lines(&warning, 0, inner, Style::new(), buffer);
        put_lines(&told, below, inner, style, buffer);
        put_lines(&hints, below + told.len() as u16 + 1, inner, theme.dim, buffer);
        let label = label!("form-delete-account-messages");
        let label_cells = self.form.label_cells(label);
        if let Some(row) = row_of(inner, fields + CONTENT as u16) {
            self.view_content(label, label_cells, row, buffer, theme);
        }
        let top = fields.min(inner.height);
        let area = Rect { y: inner.y + top, height: inner.height - top, ..inner };
        self.form.view(label_cells, area, buffer, theme)
    }
}
