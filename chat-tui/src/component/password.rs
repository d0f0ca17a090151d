//! The form for another password, or for the first one of an account that came without.
//!
//! ```text
//! ╭ Change password ──────────────────────────╮
//! │ Current       •••••••••                   │
//! │ New password  •••••••••                   │
//! │ Repeat new    •••••••••                   │
//! │                                           │
//! │ Wrong password for alice                  │
//! │                                           │
//! │ Enter save, sign out other sessions  …    │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::KeyEvent;
use proto::Password;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::Field;
use crate::component::form::{Form, Step};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put_lines};
use crate::effect::Effect;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 56;
const OLD: usize = 0;
const NEW: usize = 1;
const AGAIN: usize = 2;
const FIELDS: u16 = 3;

/// The form in which the password is changed.
#[derive(Debug)]
pub struct PasswordPopup {
    form: Form<3>,
}

impl Default for PasswordPopup {
    fn default() -> Self {
        let labels = [label!("form-password-current"), label!("form-password-new"), label!("form-password-repeat")];
        Self { form: Form::new(labels.map(Field::secret), 0, key!("form-key-save-password")) }
    }
}

impl PasswordPopup {
    fn submit(&mut self) -> Option<Effect> {
        if self.form.text(NEW) != self.form.text(AGAIN) {
            self.form.fail_at(NEW, label!("form-password-differ"));
            return None;
        }
        self.form.wait();
        let old = Some(self.form.text(OLD)).filter(|old| !old.is_empty()).map(Password::new);
        Some(Effect::ChangePassword { old, new: Password::new(self.form.text(NEW)) })
    }
}

impl Popup for PasswordPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
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
        awaited == Awaited::NewPassword
    }

    fn fail(&mut self, reason: &str) {
        self.form.fail(reason);
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = inner_cells(WIDTH_MAX, screen);
        let (told, style) = self.form.told(label!("form-password-busy"), label!("form-password-hint"), cells, theme);
        let hints = self.form.hints(cells);
        let below = FIELDS + 1 + told.len() as u16 + 1;
        let rows = below + hints.len() as u16;
        let inner = framed(label!("form-password-title"), WIDTH_MAX, rows, screen, buffer, theme);
        put_lines(&told, FIELDS + 1, inner, style, buffer);
        put_lines(&hints, below, inner, theme.dim, buffer);
        self.form.view(self.form.label_cells(""), inner, buffer, theme)
    }
}
