//! Small forms over the chat: create a channel, invite somebody.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ChannelName, CreatedKind, Handle};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::command;
use crate::component::field::Field;
use crate::component::{framed, put};
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;
const LABEL_CELLS: u16 = 8;

/// A form.
#[derive(Debug)]
pub struct State {
    purpose: Purpose,
    field: Field,
    error: Option<String>,
}

#[derive(Debug)]
enum Purpose {
    Create(CreatedKind),
    Invite { to: String },
}

/// What a key leads to.
pub enum Outcome {
    /// The form stays.
    Stay,
    /// The form is closed.
    Close,
    /// A channel is to be made.
    Create(ChannelName, CreatedKind),
    /// Somebody is to become a member.
    Invite(Handle),
}

impl State {
    /// Asks for a new channel.
    pub fn create_channel() -> Self {
        Self { purpose: Purpose::Create(CreatedKind::Public), field: Field::new("Name", ""), error: None }
    }

    /// Asks whom to invite.
    pub fn invite(to: &str) -> Self {
        Self { purpose: Purpose::Invite { to: to.to_owned() }, field: Field::new("Handle", ""), error: None }
    }

    /// Takes a key.
    pub fn key(&mut self, key: KeyEvent) -> Outcome {
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, &mut self.purpose) {
            (KeyCode::Esc, _) => return Outcome::Close,
            _ if interrupt => return Outcome::Close,
            (KeyCode::Tab | KeyCode::BackTab, Purpose::Create(kind)) => {
                *kind = match kind {
                    CreatedKind::Public => CreatedKind::Private,
                    CreatedKind::Private => CreatedKind::Public,
                };
            }
            (KeyCode::Enter, _) => return self.submit(),
            _ => {
                self.error = None;
                self.field.key(key);
            }
        }
        Outcome::Stay
    }

    /// Takes a pasted text.
    pub fn paste(&mut self, text: &str) {
        self.field.paste(text);
    }

    fn submit(&mut self) -> Outcome {
        let read = match &self.purpose {
            Purpose::Create(kind) => command::channel(self.field.text()).map(|name| Outcome::Create(name, *kind)),
            Purpose::Invite { .. } => command::handle(self.field.text()).map(Outcome::Invite),
        };
        read.unwrap_or_else(|reason| {
            self.error = Some(reason);
            Outcome::Stay
        })
    }
}

/// Draws the form and gives the place of the cursor.
pub fn view(state: &State, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
    let title = match &state.purpose {
        Purpose::Create(_) => "Create a channel".to_owned(),
        Purpose::Invite { to } => format!("Invite to {to}"),
    };
    let inner = framed(&title, WIDTH_MAX, 5, screen, buffer, theme);
    let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
    let cursor = line(0).and_then(|area| state.field.view(LABEL_CELLS, true, area, buffer, theme));
    if let (Some(area), Purpose::Create(kind)) = (line(1), &state.purpose) {
        let (public, private) = match kind {
            CreatedKind::Public => (theme.selected, theme.dim),
            CreatedKind::Private => (theme.dim, theme.selected),
        };
        put("Kind", area.x, area.y, area.width, theme.dim, buffer);
        put(" public ", area.x + LABEL_CELLS, area.y, area.width.saturating_sub(LABEL_CELLS).min(8), public, buffer);
        put(" private ", area.x + LABEL_CELLS + 9, area.y, area.width.saturating_sub(LABEL_CELLS + 9), private, buffer);
    }
    if let (Some(area), Some(error)) = (line(3), &state.error) {
        put(error, area.x, area.y, area.width, theme.error, buffer);
    }
    if let Some(area) = line(4) {
        let hint = match state.purpose {
            Purpose::Create(_) => "Enter creates · Tab: public or private · Esc",
            Purpose::Invite { .. } => "Enter invites · Esc",
        };
        put(hint, area.x, area.y, area.width, theme.dim, buffer);
    }
    cursor
}
