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

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::http::Legacy;
use proto::{Handle, Password};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::component::field::Field;
use crate::component::{framed, put, wrapped};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::theme::Theme;

const WARNING: &str =
    "This cannot be taken back. Nobody is given your handle again. `chat-tui export` keeps what is yours.";
const WIDTH_MAX: u16 = 60;
const LABEL_CELLS: u16 = 10;
const HANDLE: usize = 0;
const PASSWORD: usize = 1;
const CONTENT: usize = 2;
const LINES: usize = 3;

/// The form.
#[derive(Debug)]
pub struct State {
    handle: Handle,
    fields: [Field; 2],
    content: Legacy,
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
    pub fn new(handle: &Handle) -> Self {
        let fields = [Field::new("Handle", ""), Field::secret("Password")];
        Self { handle: handle.clone(), fields, content: Legacy::Keep, active: HANDLE, busy: false, error: None }
    }

    /// Shows why the account is still there.
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
            KeyCode::Tab | KeyCode::Down => self.active = (self.active + 1) % LINES,
            KeyCode::BackTab | KeyCode::Up => self.active = (self.active + LINES - 1) % LINES,
            KeyCode::Enter if self.active < CONTENT => self.active += 1,
            KeyCode::Enter => return Outcome::Stay(self.submit()),
            KeyCode::Left | KeyCode::Right | KeyCode::Char(' ') if self.active == CONTENT => {
                self.content = if self.content == Legacy::Keep { Legacy::Remove } else { Legacy::Keep };
            }
            _ => {
                self.error = None;
                if let Some(field) = self.fields.get_mut(self.active) {
                    field.key(key);
                }
            }
        }
        Outcome::Stay(None)
    }

    /// Takes a pasted text into the line that is active.
    pub fn paste(&mut self, text: &str) {
        if let Some(field) = self.fields.get_mut(self.active) {
            field.paste(text);
        }
    }

    fn submit(&mut self) -> Option<Effect> {
        if self.busy {
            return None;
        }
        if self.fields[HANDLE].text().trim().trim_start_matches('@').to_lowercase() != self.handle.as_str() {
            self.fail(&format!("write {} to be sure", self.handle));
            self.active = HANDLE;
            return None;
        }
        self.busy = true;
        let password = Some(self.fields[PASSWORD].text()).filter(|text| !text.is_empty()).map(Password::new);
        Some(Effect::DeleteAccount { password, content: self.content })
    }
}

/// Draws the form and gives the place of the cursor.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
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
    let mut cursor = None;
    for (which, field) in state.fields.iter().enumerate() {
        if let Some(area) = line(top + which as u16) {
            cursor = cursor.or(field.view(LABEL_CELLS, state.active == which, area, buffer, theme));
        }
    }
    let style = if state.active == CONTENT { theme.title } else { theme.dim };
    write(top + 2, "Messages", style, buffer);
    if let Some(area) = line(top + 2) {
        let words = match state.content {
            Legacy::Keep => "stay without your name",
            Legacy::Remove => "are deleted, all",
        };
        let arrows = if state.active == CONTENT { " ← →" } else { "" };
        let room = area.width.saturating_sub(LABEL_CELLS);
        put(&format!("{words}{arrows}"), area.x + LABEL_CELLS, area.y, room, Style::new(), buffer);
    }
    match (&state.error, state.busy) {
        (Some(error), _) => write(top + 4, error.as_str(), theme.error, buffer),
        (None, true) => write(top + 4, "deleting it …", theme.dim, buffer),
        (None, false) => write(top + 4, "leave Password empty if there is none", theme.dim, buffer),
    }
    write(top + 5, "Enter deletes it · Esc", theme.dim, buffer);
    cursor
}
