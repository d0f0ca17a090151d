//! Asks whether something is meant.
//!
//! ```text
//! ╭ Make #plans public? ───────────╮
//! │ Everyone on this server will   │
//! │ be able to find and join it. … │
//! │                                │
//! │ a show the whole history       │
//! │ f show only new messages       │
//! │ Esc cancel                     │
//! ╰────────────────────────────────╯
//! ```

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::{ClientPacket, CreatedKind, Role};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;

use crate::catalogue::Key;
use crate::component::popup::keys::{PopupKey, action_of, also, in_lines};
use crate::component::popup::{Popup, PopupOutcome};
use crate::component::{framed, inner_cells, put_lines, wrapped};
use crate::deed::Deed;
use crate::text::CleanLine;
use crate::theme::Theme;

const WIDTH_MAX: u16 = 52;
/// Lines of what it is about that are shown.
const ABOUT_LINES: usize = 8;

/// The keys of no; what they say depends on the question, see `no`.
const NO: [PopupKey<()>; 5] = [
    also(KeyCode::Esc, ()),
    also(KeyCode::Char('n'), ()),
    also(KeyCode::Char('N'), ()),
    also(KeyCode::Char('q'), ()),
    also(KeyCode::Char('c'), ()),
];

/// A question that is answered with yes or no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmPopup {
    question: String,
    about: CleanLine,
    answers: Vec<Answer>,
}

/// One of the answers but no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The key that gives it, in lower case.
    pub key: char,
    /// What it says.
    pub words: &'static str,
    /// What is done then.
    pub deed: Deed,
}

impl ConfirmPopup {
    /// Makes a question about something; `y` answers it, with the word for what is done then.
    pub fn new(question: impl Into<String>, about: &str, deed: Deed) -> Self {
        Self::choice(question, about, vec![Answer { key: 'y', words: verb(&deed).label(), deed }])
    }

    /// Makes a question with answers of its own.
    pub fn choice(question: impl Into<String>, about: &str, answers: Vec<Answer>) -> Self {
        let question = CleanLine::new(&question.into()).to_string();
        Self { question, about: CleanLine::new(about), answers }
    }

    /// The lines below what it is about, from the same answers that keys are looked up in: several stand below each other.
    fn hints(&self, cells: usize) -> Vec<String> {
        match self.answers.as_slice() {
            [one] => in_lines([format!("{} {}", one.key, one.words), no(&one.deed).label().to_owned()], cells),
            several => {
                let lines = several.iter().map(|answer| format!("{} {}", answer.key, answer.words));
                lines.chain([label!("form-key-cancel").to_owned()]).collect()
            }
        }
    }
}

/// What is done is what the answer says. Whoever asks about something new gives it a word here.
fn verb(deed: &Deed) -> Key {
    match deed {
        Deed::Delete(..) | Deed::Say(ClientPacket::DeleteMessage(_)) => key!("confirm-verb-delete"),
        Deed::Leave(_) => key!("confirm-verb-leave"),
        Deed::Join(_) => key!("confirm-verb-join"),
        Deed::Say(ClientPacket::ChangeSettings(settings)) if settings.kind == Some(CreatedKind::Public) => {
            key!("confirm-verb-public")
        }
        Deed::Say(ClientPacket::ChangeSettings(settings)) if settings.kind == Some(CreatedKind::Private) => {
            key!("confirm-verb-private")
        }
        Deed::Say(ClientPacket::AskFriend(_)) => key!("confirm-verb-accept"),
        Deed::Say(ClientPacket::RemoveFriend(_) | ClientPacket::Kick(_) | ClientPacket::RemoveReactions(_)) => {
            key!("confirm-verb-remove")
        }
        Deed::Say(ClientPacket::Block(block)) if block.on => key!("confirm-verb-block"),
        Deed::Say(ClientPacket::Block(_)) => key!("confirm-verb-unblock"),
        Deed::Say(ClientPacket::Ban(_)) => key!("confirm-verb-ban"),
        Deed::Say(ClientPacket::Mute(_)) => key!("confirm-verb-timeout"),
        Deed::Say(ClientPacket::SetRole(set)) if set.role == Role::Moderator => key!("confirm-verb-moderator"),
        Deed::Say(ClientPacket::SetRole(_)) => key!("confirm-verb-member"),
        Deed::Say(ClientPacket::EndSession(_)) => key!("confirm-verb-sign-out"),
        Deed::Say(_) | Deed::React(..) | Deed::Pin(..) => key!("confirm-verb-other"),
    }
}

/// What Esc says: of what would be gone, that it is kept.
fn no(deed: &Deed) -> Key {
    match deed {
        Deed::Delete(..) | Deed::Say(ClientPacket::DeleteMessage(_)) => key!("confirm-keep"),
        _ => key!("form-key-cancel"),
    }
}

impl Popup for ConfirmPopup {
    fn key(&mut self, key: KeyEvent) -> PopupOutcome {
        let plain = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        let answer = match key.code {
            KeyCode::Char(c) if plain => self.answers.iter().find(|answer| answer.key == c.to_ascii_lowercase()),
            _ => None,
        };
        match (answer, action_of(&NO, key)) {
            (Some(answer), _) => PopupOutcome::Perform(answer.deed.clone()),
            (None, Some(())) => PopupOutcome::Close,
            (None, None) => PopupOutcome::Stay,
        }
    }

    fn view(&self, screen: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let cells = inner_cells(WIDTH_MAX, screen);
        let mut about = if self.about.as_str().is_empty() { Vec::new() } else { wrapped(&self.about, cells) };
        about.truncate(ABOUT_LINES);
        let hints = self.hints(cells);
        let gap = u16::from(!about.is_empty());
        let rows = about.len() as u16 + gap + hints.len() as u16;
        let inner = framed(&self.question, WIDTH_MAX, rows, screen, buffer, theme);
        // How it is answered is seen, however small the screen is.
        let below = inner.height.saturating_sub(hints.len() as u16);
        put_lines(&about, 0, Rect { height: below, ..inner }, Style::new(), buffer);
        put_lines(&hints, below, inner, theme.dim, buffer);
        None
    }
}
