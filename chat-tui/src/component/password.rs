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

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::Password;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::Field;
use crate::component::{framed, put};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 56;
const LABEL_CELLS: u16 = 10;
const OLD: usize = 0;
const NEW: usize = 1;
const AGAIN: usize = 2;

/// The form.
#[derive(Debug)]
pub struct State {
    handle: String,
    fields: [Field; 3],
    active: usize,
    busy: bool,
    error: Option<CleanLine>,
}

/// What a key leads to.
pub enum Outcome {
    /// The form stays, with this to be done.
    Stay(Option<Effect>),
    /// The form is closed.
    Close,
}

impl State {
    /// Makes the form of an account.
    pub fn new(handle: &str) -> Self {
        let fields = ["Old", "New", "Again"].map(Field::secret);
        Self { handle: handle.to_owned(), fields, active: OLD, busy: false, error: None }
    }

    /// Shows why the password is still the old one.
    pub fn fail(&mut self, reason: &str) {
        self.busy = false;
        self.error = Some(CleanLine::new(reason));
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Outcome::Close,
            _ if interrupt => return Outcome::Close,
            KeyCode::Tab | KeyCode::Down => self.active = (self.active + 1) % self.fields.len(),
            KeyCode::BackTab | KeyCode::Up => self.active = (self.active + self.fields.len() - 1) % self.fields.len(),
            KeyCode::Enter if self.active < AGAIN => self.active += 1,
            KeyCode::Enter => return Outcome::Stay(self.submit()),
            _ => {
                self.error = None;
                self.fields[self.active].key(key);
            }
        }
        Outcome::Stay(None)
    }

    /// Takes a pasted text into the line that is active.
    pub fn paste(&mut self, text: &str) {
        self.fields[self.active].paste(text);
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.busy {
            return None;
        }
        if self.fields[NEW].text() != self.fields[AGAIN].text() {
            self.fail("the two are not the same");
            self.active = NEW;
            return None;
        }
        self.busy = true;
        let old = Some(self.fields[OLD].text()).filter(|old| !old.is_empty()).map(Password::new);
        Some(Effect::ChangePassword { old, new: Password::new(self.fields[NEW].text()) })
    }
}

/// Draws the form and gives the place of the cursor.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let title = format!("Password of {}", state.handle);
    let inner = framed(&title, WIDTH_MAX, 6, screen, buffer, theme);
    let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
    let mut cursor = None;
    for (which, field) in state.fields.iter().enumerate() {
        if let Some(area) = line(which as u16) {
            cursor = cursor.or(field.view(LABEL_CELLS, state.active == which, area, buffer, theme));
        }
    }
    if let Some(area) = line(4) {
        match (&state.error, state.busy) {
            (Some(error), _) => put(error.as_str(), area.x, area.y, area.width, theme.error, buffer),
            (None, true) => put("setting it …", area.x, area.y, area.width, theme.dim, buffer),
            (None, false) => {
                put("leave Old empty if there is none yet", area.x, area.y, area.width, theme.dim, buffer);
            }
        }
    }
    if let Some(area) = line(5) {
        put("Enter sets it, your other sessions end · Esc", area.x, area.y, area.width, theme.dim, buffer);
    }
    cursor
}
