//! Friends, and who wants to be one: who asks, then who is there and since when.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{Block, ClientPacket, Handle, PresenceState, Relation, Relationship, WhichPerson};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::writing::{self, Writing};
use super::{Fetch, Fetched, Page, PageRequest, Place};
use crate::chat;
use crate::component::members;
use crate::theme::Theme;
use crate::words::{self, moment};

/// What stands there when there is nobody.
const NOBODY: &str = "Nobody yet: n asks somebody to be your friend";

/// The page.
#[derive(Debug)]
pub struct State {
    writing: Option<Writing>,
    told: String,
}

impl Default for State {
    fn default() -> Self {
        Self { writing: None, told: "Loading …".to_owned() }
    }
}

impl Page for State {
    fn title(&self, chat: &chat::State) -> String {
        let friends = chat.core.people.sorted().iter().filter(|person| person.relation == Relation::Friend).count();
        match friends {
            0 => "Friends".to_owned(),
            _ => format!("Friends — {} of {friends} online", chat.core.people.friends_online()),
        }
    }

    fn hint(&self, _: &chat::State) -> &'static str {
        self.writing.as_ref().map_or("Enter talk, or yes · n ask · p who · x no · b block", Writing::hint)
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        chat.core.people.sorted().into_iter().map(|person| row(person, chat, cells, theme)).collect()
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let Some((handle, relation)) = chosen(row, chat) else { return Vec::new() };
        match relation {
            Relation::Asking => {
                let about = handle.to_string();
                vec![PageRequest::Ask("Friends from now on?", about, ClientPacket::AskFriend(WhichPerson { handle }))]
            }
            Relation::Friend => vec![PageRequest::Talk(handle)],
            _ => vec![PageRequest::Open(Place::Profile(handle))],
        }
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        if key.code == KeyCode::Char('n') {
            self.writing = Some(Writing::begin(writing::About::Friend, ""));
            return Vec::new();
        }
        let Some((handle, relation)) = chosen(row, chat) else { return Vec::new() };
        match key.code {
            KeyCode::Char('p') => vec![PageRequest::Open(Place::Profile(handle))],
            KeyCode::Char('m') => vec![PageRequest::Talk(handle)],
            KeyCode::Char('x') | KeyCode::Delete => part(handle, relation),
            KeyCode::Char('b') => block(handle, relation),
            _ => Vec::new(),
        }
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn identities(&self, chat: &chat::State) -> Vec<String> {
        chat.core.people.sorted().into_iter().map(|person| person.handle.to_string()).collect()
    }

    fn fetched(&mut self, _: Fetched) {
        NOBODY.clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, chat: &chat::State) -> Vec<PageRequest> {
        // What is known already is told when it changes.
        if chat.core.people.known() {
            NOBODY.clone_into(&mut self.told);
            return Vec::new();
        }
        vec![PageRequest::Fetch(Fetch::Friends)]
    }
}

/// Ends what is between the reader and somebody; what both would miss is asked about first.
pub(super) fn part(handle: Handle, relation: Relation) -> Vec<PageRequest> {
    let about = handle.to_string();
    match relation {
        Relation::Friend => {
            let packet = ClientPacket::RemoveFriend(WhichPerson { handle });
            vec![PageRequest::Ask("No longer friends?", about, packet)]
        }
        Relation::Asked | Relation::Asking => {
            vec![PageRequest::Say(ClientPacket::RemoveFriend(WhichPerson { handle }))]
        }
        Relation::Blocked => block(handle, relation),
        Relation::None | Relation::Unknown => Vec::new(),
    }
}

/// Blocks somebody, once that is confirmed, or no longer.
pub(super) fn block(handle: Handle, relation: Relation) -> Vec<PageRequest> {
    let (on, about) = (relation != Relation::Blocked, handle.to_string());
    let packet = ClientPacket::Block(Block { handle, on });
    vec![PageRequest::Ask(if on { "Block? They are not told." } else { "No longer block?" }, about, packet)]
}

fn chosen(row: Option<usize>, chat: &chat::State) -> Option<(Handle, Relation)> {
    chat.core.people.sorted().get(row?).map(|person| (person.handle.clone(), person.relation))
}

fn row(person: &Relationship, chat: &chat::State, cells: usize, theme: &Theme) -> Row {
    let when = |date| moment(date, chat.now, &chat.zone);
    // Of whom one has blocked nothing is shown.
    let presence = person.presence.as_ref().filter(|_| person.relation != Relation::Blocked);
    let name = presence.and_then(|presence| presence.display_name.as_ref());
    let (sign, style) = match person.relation {
        Relation::Friend => members::sign_of(presence.map_or(PresenceState::Offline, |presence| presence.state), theme),
        Relation::Asking => ("?", theme.mention_strong),
        _ => (" ", theme.dim),
    };
    let words = match (person.relation, presence) {
        (Relation::Asking, _) => format!("wants to be your friend since {}", when(person.since)),
        (Relation::Asked, _) => format!("asked {}", when(person.since)),
        (Relation::Blocked, _) => format!("blocked since {}", when(person.since)),
        (_, Some(presence)) if presence.online => {
            let since = presence.since.map_or_else(String::new, |since| format!(" since {}", when(since)));
            format!("{}{since}", words::presence(presence.state))
        }
        (_, Some(presence)) => {
            presence.last_seen.map_or_else(|| "offline".to_owned(), |seen| format!("last seen {}", when(seen)))
        }
        (_, None) => "offline".to_owned(),
    };
    let title = words::named(&person.handle, name.map(proto::DisplayName::as_str), cells / 2);
    let row = Row::new([(format!("{sign} "), style), (title, theme.title), (format!("  {words}"), theme.dim)]);
    match presence.and_then(|presence| presence.status.as_ref()).filter(|status| !status.is_empty()) {
        Some(status) => row.line(format!("  {}", one_line(status.as_str(), cells.saturating_sub(2))), Style::new()),
        None => row,
    }
}
