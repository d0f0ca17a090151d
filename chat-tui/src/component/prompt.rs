//! Small forms over the chat: create a channel, invite somebody. They stay until what they ask for is done: what is typed
//! after a refusal still goes into them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ChannelId, CreatedKind, Handle};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::chat::Ticket;
use crate::component::field::Field;
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, put, wrapped};
use crate::rules::OnScreen;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;
const LABEL_CELLS: u16 = 8;

/// A form.
#[derive(Debug)]
pub struct State {
    purpose: Purpose,
    field: Field,
    error: Option<CleanLine>,
    /// What it waits for.
    ticket: Option<Ticket>,
}

#[derive(Debug)]
enum Purpose {
    Create(CreatedKind),
    Invite { to: ChannelId, title: String, people: Vec<Handle> },
}

impl State {
    /// Asks for a new channel.
    pub fn create_channel() -> Self {
        Self::new(Purpose::Create(CreatedKind::Public), Field::new("Name", ""))
    }

    /// Asks whom to invite to a channel; of these people Tab completes the handles.
    pub fn invite(to: ChannelId, title: &str, people: Vec<Handle>) -> Self {
        Self::new(Purpose::Invite { to, title: title.to_owned(), people }, Field::new("Handle", ""))
    }

    fn new(purpose: Purpose, field: Field) -> Self {
        Self { purpose, field, error: None, ticket: None }
    }

    fn submit(&mut self) -> PopupOutcome {
        let read = match &self.purpose {
            Purpose::Create(kind) => {
                crate::meant::channel(self.field.text()).map(|name| PopupOutcome::Create(name, *kind))
            }
            Purpose::Invite { to, .. } => {
                crate::meant::handle(self.field.text()).map(|who| PopupOutcome::Invite(*to, who))
            }
        };
        read.unwrap_or_else(|reason| {
            self.fail(&reason.on_screen());
            PopupOutcome::Stay
        })
    }
}

impl Popup for State {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        match (key.code, &mut self.purpose) {
            (KeyCode::Esc, _) => return PopupOutcome::Close,
            _ if interrupt => return PopupOutcome::Close,
            (KeyCode::Tab | KeyCode::BackTab, Purpose::Create(kind)) => {
                *kind = match kind {
                    CreatedKind::Public => CreatedKind::Private,
                    CreatedKind::Private => CreatedKind::Public,
                };
            }
            (KeyCode::Tab, Purpose::Invite { people, .. }) => {
                let begin = self.field.text().trim_start_matches('@').to_lowercase();
                if let Some(handle) =
                    people.iter().find(|handle| handle.as_str().starts_with(&begin) && !begin.is_empty())
                {
                    self.field = Field::new("Handle", handle.as_str());
                }
            }
            (KeyCode::Enter, _) if self.ticket.is_some() => {}
            (KeyCode::Enter, _) => return self.submit(),
            _ => {
                self.error = None;
                self.field.key(key);
            }
        }
        PopupOutcome::Stay
    }

    fn paste(&mut self, text: &str) {
        self.field.paste(text);
    }

    fn wait(&mut self, ticket: Ticket) {
        self.ticket = Some(ticket);
        self.error = None;
    }

    fn awaits(&self, awaited: Awaited) -> bool {
        self.ticket.is_some_and(|ticket| awaited == Awaited::Answer(ticket))
    }

    fn fail(&mut self, reason: &str) {
        self.ticket = None;
        self.error = Some(CleanLine::new(reason));
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let title = match &self.purpose {
            Purpose::Create(_) => "Create a channel".to_owned(),
            Purpose::Invite { title, .. } => format!("Invite to {title}"),
        };
        let room = usize::from(screen.width.min(WIDTH_MAX).saturating_sub(4)).max(1);
        let error = self.error.as_ref().map(|error| wrapped(error, room)).unwrap_or_default();
        let more = error.len().saturating_sub(1) as u16;
        let inner = framed(&title, WIDTH_MAX, 5 + more, screen, buffer, theme);
        let line = |row: u16| (row < inner.height).then(|| Rect { y: inner.y + row, height: 1, ..inner });
        let cursor = line(0).and_then(|area| self.field.view(LABEL_CELLS, true, area, buffer, theme));
        if let (Some(area), Purpose::Create(kind)) = (line(1), &self.purpose) {
            let (public, private) = match kind {
                CreatedKind::Public => (theme.selected, theme.dim),
                CreatedKind::Private => (theme.dim, theme.selected),
            };
            put("Kind", area.x, area.y, area.width, theme.dim, buffer);
            put(
                " public ",
                area.x + LABEL_CELLS,
                area.y,
                area.width.saturating_sub(LABEL_CELLS).min(8),
                public,
                buffer,
            );
            put(
                " private ",
                area.x + LABEL_CELLS + 9,
                area.y,
                area.width.saturating_sub(LABEL_CELLS + 9),
                private,
                buffer,
            );
        }
        for (row, text) in (3..).zip(&error) {
            if let Some(area) = line(row) {
                put(text, area.x, area.y, area.width, theme.error, buffer);
            }
        }
        if let Some(area) = line(4 + more) {
            let hint = match self.purpose {
                _ if self.ticket.is_some() => "waiting for the answer …",
                Purpose::Create(_) => "Enter creates · Tab: public or private · Esc",
                Purpose::Invite { .. } => "Enter invites · Tab completes · Esc",
            };
            put(hint, area.x, area.y, area.width, theme.dim, buffer);
        }
        cursor
    }
}
