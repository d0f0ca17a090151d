//! Small forms over the chat: create a channel, invite somebody. They stay until what they ask for is done: what is typed
//! after a refusal still goes into them.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{ChannelId, CreatedKind, Handle};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::component::field::{Field, form_label_cells};
use crate::component::popup::keys::{PopupKey, action_of, also, hint_lines, hinted};
use crate::component::popup::{Awaited, Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put, put_either, put_lines, row_of, wrapped};
use crate::deed::Ticket;
use crate::rules::OnScreen;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;

/// A form of a few lines, one thing in each.
#[derive(Debug)]
pub struct PromptPopup {
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

/// What a key does.
#[derive(Debug, Clone, Copy)]
enum Action {
    Submit,
    OtherVisibility,
    Complete,
    Close,
}

const CREATE_KEYS: [PopupKey<Action>; 4] = [
    hinted(KeyCode::Enter, Action::Submit, key!("form-key-create")),
    hinted(KeyCode::Tab, Action::OtherVisibility, key!("form-key-visibility")),
    also(KeyCode::BackTab, Action::OtherVisibility),
    hinted(KeyCode::Esc, Action::Close, key!("form-key-cancel")),
];

const INVITE_KEYS: [PopupKey<Action>; 3] = [
    hinted(KeyCode::Enter, Action::Submit, key!("form-key-invite")),
    hinted(KeyCode::Tab, Action::Complete, key!("form-key-complete")),
    hinted(KeyCode::Esc, Action::Close, key!("form-key-cancel")),
];

impl PromptPopup {
    /// Asks for a new channel.
    pub fn create_channel() -> Self {
        Self::new(Purpose::Create(CreatedKind::Public), Field::new(label!("form-create-name"), ""))
    }

    /// Asks whom to invite to a channel; of these people Tab completes the handles.
    pub fn invite(to: ChannelId, title: &str, people: Vec<Handle>) -> Self {
        Self::new(Purpose::Invite { to, title: title.to_owned(), people }, handle_field(""))
    }

    fn new(purpose: Purpose, field: Field) -> Self {
        Self { purpose, field, error: None, ticket: None }
    }

    fn keys(&self) -> &'static [PopupKey<Action>] {
        match self.purpose {
            Purpose::Create(_) => &CREATE_KEYS,
            Purpose::Invite { .. } => &INVITE_KEYS,
        }
    }

    fn other_visibility(&mut self) {
        if let Purpose::Create(kind) = &mut self.purpose {
            *kind = match kind {
                CreatedKind::Public => CreatedKind::Private,
                CreatedKind::Private => CreatedKind::Public,
            };
        }
    }

    fn complete(&mut self) {
        let Purpose::Invite { people, .. } = &self.purpose else { return };
        let begin = self.field.text().trim_start_matches('@').to_lowercase();
        let mut meant = people.iter().filter(|handle| !begin.is_empty() && handle.as_str().starts_with(&begin));
        if let Some(handle) = meant.next() {
            self.field = handle_field(handle.as_str());
        }
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

    /// How many lines the form has.
    fn lines(&self) -> u16 {
        match self.purpose {
            Purpose::Create(_) => 2,
            Purpose::Invite { .. } => 1,
        }
    }
}

fn handle_field(text: &str) -> Field {
    Field::new(label!("form-label-handle"), text)
}

impl Popup for PromptPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        match action_of(self.keys(), key) {
            Some(Action::Close) => return PopupOutcome::Close,
            Some(Action::OtherVisibility) => self.other_visibility(),
            Some(Action::Complete) => self.complete(),
            Some(Action::Submit) if self.ticket.is_some() => {}
            Some(Action::Submit) => return self.submit(),
            None => {
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
            Purpose::Create(_) => label!("form-create-title").to_owned(),
            Purpose::Invite { title, .. } => say!("form-invite-title", channel = title),
        };
        let cells = inner_cells(WIDTH_MAX, screen);
        let error = self.error.as_ref().map(|error| wrapped(error, cells)).unwrap_or_default();
        let hints = match self.ticket {
            Some(_) => vec![label!("form-waiting").to_owned()],
            None => hint_lines(self.keys(), cells),
        };
        let error_row = self.lines() + 1;
        let below = if error.is_empty() { error_row } else { error_row + error.len() as u16 + 1 };
        let inner = framed(&title, WIDTH_MAX, below + hints.len() as u16, screen, buffer, theme);
        let label = label!("form-create-visibility");
        let label_cells = match self.purpose {
            Purpose::Create(_) => form_label_cells([self.field.label, label]),
            Purpose::Invite { .. } => form_label_cells([self.field.label]),
        };
        if let (Some(row), Purpose::Create(kind)) = (row_of(inner, 1), &self.purpose) {
            put(label, row.x, row.y, row.width, theme.dim, buffer);
            let (x, width) = (row.x + label_cells, row.width.saturating_sub(label_cells));
            let words = [label!("form-create-public"), label!("form-create-private")];
            put_either(words, *kind == CreatedKind::Private, Rect { x, width, ..row }, buffer, theme);
        }
        put_lines(&error, error_row, inner, theme.error, buffer);
        put_lines(&hints, below, inner, theme.dim, buffer);
        row_of(inner, 0).and_then(|row| self.field.view(label_cells, true, row, buffer, theme))
    }
}
