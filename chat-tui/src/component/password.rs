//! The form for another password, or for the first one of an account that came without.
//!
//! ```text
//! ╭ Password of alice ────────────────────────╮
//! │ Old       •••••••••                       │
//! │ New       •••••••••                       │
//! │ Again     •••••••••                       │
//! │                                           │
//! │ Invalid Password                          │
//! │ Enter sets it · your other sessions end   │
//! ╰───────────────────────────────────────────╯
//! ```

use crossterm::event::KeyEvent;
use proto::Password;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::Field;
use crate::component::form::{Form, Step};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, put};
use crate::effect::Effect;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 56;
const OLD: usize = 0;
const NEW: usize = 1;
const AGAIN: usize = 2;

/// The form.
#[derive(Debug)]
pub struct State {
    handle: String,
    form: Form<3>,
}

impl State {
    /// Makes the form of an account.
    pub fn new(handle: &str) -> Self {
        Self { handle: handle.to_owned(), form: Form::new(["Old", "New", "Again"].map(Field::secret), 0) }
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.form.text(NEW) != self.form.text(AGAIN) {
            self.form.fail_at(NEW, "the two are not the same");
            return None;
        }
        self.form.wait();
        let old = Some(self.form.text(OLD)).filter(|old| !old.is_empty()).map(Password::new);
        Some(Effect::ChangePassword { old, new: Password::new(self.form.text(NEW)) })
    }
}

impl Popup for State {
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
        let title = format!("Password of {}", self.handle);
        let inner = framed(&title, WIDTH_MAX, 6, screen, buffer, theme);
        let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
        if let Some(area) = line(4) {
            let (text, style) = self.form.told("setting it …", "leave Old empty if there is none yet", theme);
            put(text, area.x, area.y, area.width, style, buffer);
        }
        if let Some(area) = line(5) {
            put("Enter sets it, your other sessions end · Esc", area.x, area.y, area.width, theme.dim, buffer);
        }
        self.form.view(inner, buffer, theme)
    }
}
