//! What happened in all channels and was not looked at: each entry leads to its place.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{CatchUpEntry, CatchUpKind, ChannelKind, ClearCatchUp, ClientPacket, RestoreCatchUp};

use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PageRequest, Place, verbs};
use crate::chat;
use crate::markdown;
use crate::text::width;
use crate::theme::Theme;
use crate::words::{self, happened, moment};

/// The page.
#[derive(Debug)]
pub struct State {
    entries: Vec<CatchUpEntry>,
    more: bool,
    /// What was cleared here, the last of it at the end.
    cleared: Vec<Vec<u64>>,
    told: String,
}

impl Default for State {
    fn default() -> Self {
        Self { entries: Vec::new(), more: false, cleared: Vec::new(), told: "Loading …".to_owned() }
    }
}

impl State {
    fn clear(&mut self, gone: impl Fn(&CatchUpEntry) -> bool) -> Vec<PageRequest> {
        let numbers: Vec<u64> = self.entries.iter().filter(|entry| gone(entry)).map(|entry| entry.number).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        self.entries.retain(|entry| !gone(entry));
        self.cleared.push(numbers.clone());
        vec![PageRequest::Say(ClientPacket::ClearCatchUp(ClearCatchUp { numbers, all: false }))]
    }
}

/// Tells whether an entry is an invitation that waits for a yes.
fn waits(entry: &CatchUpEntry) -> bool {
    entry.kind == CatchUpKind::Invite && entry.waiting
}

/// Asks whether an invitation is wanted.
fn accept(entry: &CatchUpEntry) -> Vec<PageRequest> {
    let (Some(id), Some(name)) = (entry.id, &entry.name) else { return Vec::new() };
    let kind = entry.channel_kind.unwrap_or(ChannelKind::Private);
    vec![PageRequest::Question(chat::accepting_question(id, name, kind, &entry.by))]
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        let more = if self.more { "+" } else { "" };
        match self.entries.len() {
            0 => "Catch up".to_owned(),
            count => format!("Catch up — {count}{more}"),
        }
    }

    fn hint(&self, _: &chat::State) -> &'static str {
        if self.entries.iter().any(waits) {
            "Enter goes there, accepts · x clear, decline · X all · u undo · Esc"
        } else {
            "Enter goes there · x clear · X all · u undo · Esc"
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |entry: &CatchUpEntry| {
            let place = words::place(entry, chat.me()).filter(|_| !waits(entry));
            let place = place.map_or_else(String::new, |place| format!(" in {place}"));
            let place = format!("{place} · {}", moment(entry.date, chat.now, &chat.zone));
            let style = match entry.kind {
                CatchUpKind::Mention | CatchUpKind::Reply => theme.mention,
                _ if waits(entry) => theme.mention,
                _ => ratatui::style::Style::new(),
            };
            let row = Row::new([
                (one_line(&happened(entry), cells.saturating_sub(width(&place)).max(cells / 2)), style),
                (place, theme.dim),
            ]);
            match (&entry.message, entry.id.filter(|_| waits(entry))) {
                (Some(message), _) => row.line(
                    format!("  {}", one_line(&markdown::plain(&words::said(message)), cells.saturating_sub(2))),
                    theme.dim,
                ),
                (None, Some(id)) => {
                    let keys = format!("  a accept · x decline · /join id:{id}");
                    row.line(one_line(&keys, cells), theme.dim)
                }
                (None, None) => row,
            }
        };
        self.entries.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        let Some(entry) = row.and_then(|row| self.entries.get(row)).cloned() else { return Vec::new() };
        if waits(&entry) {
            return accept(&entry);
        }
        // Reading clears who named or answered one; the rest is looked at now.
        let mut requests = self.clear(|other| other.number == entry.number);
        let reply_to = entry.message.as_ref().and_then(|message| message.reply_to);
        requests.push(match (entry.id, entry.kind) {
            (Some(id), _) if entry.channel_kind == Some(ChannelKind::Wall) => {
                verbs::door(ChannelKind::Wall, id, entry.index.unwrap_or_default(), reply_to)
            }
            (Some(id), _) => PageRequest::Go(id, entry.index),
            (None, CatchUpKind::Friend) => PageRequest::Open(Place::Friends),
            (None, _) => PageRequest::Open(Place::Profile(entry.by)),
        });
        requests
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, _: &chat::State) -> Vec<PageRequest> {
        let chosen = row.and_then(|row| self.entries.get(row)).map(|entry| entry.number);
        match key.code {
            KeyCode::Char('a') => {
                let entry = row.and_then(|row| self.entries.get(row)).filter(|entry| waits(entry));
                entry.map(accept).unwrap_or_default()
            }
            KeyCode::Char('x') | KeyCode::Delete => self.clear(|entry| Some(entry.number) == chosen),
            // An invitation is declined by itself, or stays.
            KeyCode::Char('X') => self.clear(|entry| !waits(entry)),
            KeyCode::Char('u') => match self.cleared.pop() {
                Some(numbers) => vec![PageRequest::Say(ClientPacket::RestoreCatchUp(RestoreCatchUp { numbers }))],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::CatchUp(list) = fetched {
            self.entries = list.entries;
            self.more = list.more;
            "Nothing happened that you have not seen".clone_into(&mut self.told);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn shows_activity(&self) -> bool {
        true
    }

    fn identities(&self, _: &chat::State) -> Vec<String> {
        self.entries.iter().map(|entry| entry.number.to_string()).collect()
    }

    fn wants(&mut self, _: &chat::State) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::CatchUp)]
    }
}
