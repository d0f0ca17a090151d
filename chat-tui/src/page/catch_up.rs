//! Activity: mentions, replies, reactions, invitations and friend requests of all channels that were not looked at. Each
//! entry leads to its place.

use crossterm::event::KeyCode;
use proto::{CatchUpEntry, CatchUpKind, ChannelKind, ClearCatchUp, ClientPacket, RestoreCatchUp};

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PagePlace, PageRequest, verbs};
use crate::chat;
use crate::chat::ChatScreen;
use crate::markdown;
use crate::text::{truncate, width};
use crate::theme::Theme;
use crate::words::{self, moment};

/// The keys of the page.
pub(super) const CATCH_UP_KEYS: &[PageKey] = &[
    PageKey::enter(PageAction::Accept, key!("page-key-accept"), key!("page-help-accept-invitation")),
    keys::OPEN,
    PageKey::letter('x', "x", PageAction::Decline, key!("page-key-decline"), key!("page-help-decline-invitation")),
    PageKey::letter('x', "x", PageAction::Clear, key!("page-key-clear"), key!("page-help-clear")),
    PageKey::also(KeyCode::Delete, PageAction::Clear),
    PageKey::letter('X', "X", PageAction::ClearAll, key!("page-key-clear-all"), key!("page-help-clear-all")),
    PageKey::letter('u', "u", PageAction::Undo, key!("page-key-undo"), key!("page-help-undo")),
    PageKey::also(KeyCode::Char('a'), PageAction::Accept),
];

/// The page of what waits for the reader.
#[derive(Debug)]
pub struct CatchUpPage {
    entries: Vec<CatchUpEntry>,
    more: bool,
    /// What was cleared here, the last of it at the end.
    cleared: Vec<Vec<u64>>,
    told: String,
}

impl Default for CatchUpPage {
    fn default() -> Self {
        Self { entries: Vec::new(), more: false, cleared: Vec::new(), told: label!("page-loading").to_owned() }
    }
}

impl CatchUpPage {
    fn clear(&mut self, gone: impl Fn(&CatchUpEntry) -> bool) -> Vec<PageRequest> {
        let numbers: Vec<u64> = self.entries.iter().filter(|entry| gone(entry)).map(|entry| entry.number).collect();
        if numbers.is_empty() {
            return Vec::new();
        }
        self.entries.retain(|entry| !gone(entry));
        self.cleared.push(numbers.clone());
        vec![PageRequest::Say(ClientPacket::ClearCatchUp(ClearCatchUp { numbers, all: false }))]
    }

    fn entry(&self, row: Option<usize>) -> Option<&CatchUpEntry> {
        self.entries.get(row?)
    }

    fn open(&mut self, row: Option<usize>) -> Vec<PageRequest> {
        let Some(entry) = self.entry(row).cloned() else { return Vec::new() };
        // Reading clears who mentioned or answered one; the rest is looked at now.
        let mut requests = self.clear(|other| other.number == entry.number);
        let reply_to = entry.message.as_ref().and_then(|message| message.reply_to);
        requests.push(match (entry.id, entry.kind) {
            (Some(id), _) if entry.channel_kind == Some(ChannelKind::Wall) => {
                verbs::door(ChannelKind::Wall, id, entry.index.unwrap_or_default(), reply_to)
            }
            (Some(id), _) => PageRequest::Go(id, entry.index),
            (None, CatchUpKind::Friend) => PageRequest::Open(PagePlace::Friends),
            (None, _) => PageRequest::Open(PagePlace::Profile(entry.by)),
        });
        requests
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

impl Page for CatchUpPage {
    fn title(&self, _: &ChatScreen) -> String {
        match self.entries.len() {
            0 => label!("page-activity-title").to_owned(),
            count => say!("page-activity-title-count", count = count, more = if self.more { "+" } else { "" }),
        }
    }

    fn keys(&self) -> &'static [PageKey] {
        CATCH_UP_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        let entry = self.entry(row);
        match action {
            PageAction::Accept | PageAction::Decline => entry.is_some_and(waits),
            PageAction::Undo => !self.cleared.is_empty(),
            PageAction::ClearAll => self.entries.iter().any(|entry| !waits(entry)),
            _ => entry.is_some_and(|entry| !waits(entry)),
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> Vec<PageRequest> {
        let number = self.entry(row).map(|entry| entry.number);
        match action {
            PageAction::Accept => self.entry(row).filter(|entry| waits(entry)).map(accept).unwrap_or_default(),
            PageAction::Open => self.open(row),
            PageAction::Clear | PageAction::Decline => self.clear(|entry| Some(entry.number) == number),
            // An invitation is declined by itself, or stays.
            PageAction::ClearAll => self.clear(|entry| !waits(entry)),
            PageAction::Undo => match self.cleared.pop() {
                Some(numbers) => vec![PageRequest::Say(ClientPacket::RestoreCatchUp(RestoreCatchUp { numbers }))],
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let row = |entry: &CatchUpEntry| {
            let when = format!(" · {}", moment(entry.date, chat.now, &chat.zone));
            let style = match entry.kind {
                CatchUpKind::Mention | CatchUpKind::Reply => theme.mention,
                _ if waits(entry) => theme.mention,
                _ => ratatui::style::Style::new(),
            };
            let row = Row::new([
                (one_line(&words::activity(entry, chat.me()), cells.saturating_sub(width(&when))), style),
                (when, theme.dim),
            ]);
            match (&entry.message, entry.id.filter(|_| waits(entry))) {
                (Some(message), _) => row.line(
                    format!("  {}", one_line(&markdown::plain(&words::said(message)), cells.saturating_sub(2))),
                    theme.dim,
                ),
                (None, Some(id)) => {
                    let keys = format!("  {}", say!("page-activity-invitation", id = id.to_string()));
                    row.line(truncate(&keys, cells), theme.dim)
                }
                (None, None) => row,
            }
        };
        self.entries.iter().map(row).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::CatchUp(list) = fetched else { return fetched.was_not_asked_for() };
        self.entries = list.entries;
        self.more = list.more;
        label!("page-activity-empty").clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn shows_activity(&self) -> bool {
        true
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        self.entries.iter().map(|entry| entry.number.to_string()).collect()
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::CatchUp)]
    }
}
