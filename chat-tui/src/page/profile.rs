//! Somebody: who they say they are, how they stand to the reader, where one meets them, and what they said.

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::{Profile, SearchHit, SearchHits};
use proto::{ClientPacket, Handle, PresenceState, Relation, WhichPerson};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PageRequest, Place, friends, verbs};
use crate::chat;
use crate::theme::Theme;
use crate::words::{self, channel_title, moment};

/// The page.
#[derive(Debug)]
pub struct State {
    handle: Handle,
    found: Option<(Box<Profile>, SearchHits)>,
    /// Whether nobody was found.
    failed: bool,
    told: String,
}

impl State {
    /// Opens the page of somebody; what is known of them is to be fetched.
    pub fn new(handle: Handle) -> Self {
        Self { handle, found: None, failed: false, told: "Loading …".to_owned() }
    }

    /// What stands before the channels.
    fn head(&self, profile: &Profile, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let when = |date| moment(date, chat.now, &chat.zone);
        let mut rows = Vec::new();
        if !profile.display_name.is_empty() {
            rows.push(Row::new([(one_line(profile.display_name.as_str(), cells), theme.title)]));
        }
        let presence = profile.presence.as_ref().filter(|_| self.relation(chat) != Relation::Blocked);
        let state = presence.map(|presence| match (presence.state, presence.last_seen) {
            (PresenceState::Offline | PresenceState::Unknown, Some(seen)) => format!("last seen {}", when(seen)),
            (state, _) => words::presence(state).to_owned(),
        });
        let kind = words::account(profile).map(|kind| format!("{kind}, ")).unwrap_or_default();
        let here = format!("{kind}here since {}", when(profile.joined));
        let line = [Some(here), state].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        rows.push(Row::new([(line, Style::new())]));
        if let Some(status) = presence.and_then(|presence| presence.status.as_ref()) {
            rows.push(Row::new([(format!("“{}”", one_line(status.as_str(), cells)), Style::new())]));
        }
        if !profile.about.is_empty() {
            rows.push(Row::default().said(profile.about.as_str(), "", cells, Style::new()));
        }
        if !profile.avatar.is_empty() {
            rows.push(Row::new([(one_line(profile.avatar.as_str(), cells), theme.dim)]));
        }
        let relation = match self.relation(chat) {
            Relation::Friend => "your friend",
            Relation::Asked => "asked to be your friend",
            Relation::Asking => "wants to be your friend: f says yes, x no",
            Relation::Blocked => "blocked by you: b takes it back",
            Relation::None | Relation::Unknown => "",
        };
        if !relation.is_empty() {
            rows.push(Row::new([(relation.to_owned(), theme.mention)]));
        }
        rows
    }

    fn relation(&self, chat: &chat::State) -> Relation {
        chat.core.people.relation(&self.handle)
    }
}

/// Ends a part of the page with an empty line.
fn set_apart(rows: &mut Vec<Row>) {
    let last = rows.pop().map(|row| row.line("", Style::new()));
    rows.extend(last);
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        format!("@{}", self.handle)
    }

    fn hint(&self, chat: &chat::State) -> &'static str {
        if self.failed || self.handle == *chat.me() {
            return "Enter goes there · Esc";
        }
        match self.relation(chat) {
            Relation::Friend => "Enter goes there · m talk · x no friend · b block · Esc",
            Relation::Asked => "Enter goes there · m talk · x take back · b block · Esc",
            Relation::Asking => "Enter goes there · m talk · f yes · x no · b block · Esc",
            Relation::Blocked => "Enter goes there · b no longer block · Esc",
            Relation::None | Relation::Unknown => "Enter goes there · m talk · f friend · b block · Esc",
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some((profile, said)) = &self.found else { return Vec::new() };
        let when = |date| moment(date, chat.now, &chat.zone);
        let mut rows = self.head(profile, chat, cells, theme);
        if profile.wall.is_some() {
            rows.push(Row::new([("Posts …".to_owned(), theme.title)]));
        }
        set_apart(&mut rows);
        let both = if self.handle == *chat.me() { "" } else { "  both of you" };
        rows.extend(profile.channels.iter().map(|channel| {
            Row::new([(channel_title(channel.kind, channel.name.as_str()), theme.title), (both.to_owned(), theme.dim)])
        }));
        if !profile.channels.is_empty() {
            set_apart(&mut rows);
        }
        rows.extend(said.hits.iter().map(|hit| {
            let place = channel_title(hit.kind, hit.name.as_str());
            Row::new([(format!("{place} · {}", when(hit.message.date)), theme.dim)]).said(
                &words::said(&hit.message),
                "  ",
                cells,
                Style::new(),
            )
        }));
        rows
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let (Some((profile, said)), Some(row)) = (&self.found, row) else { return Vec::new() };
        let head = self.head(profile, chat, 1, &Theme::plain()).len();
        let has_posts = profile.wall.is_some();
        let Some(place) = row.checked_sub(head + usize::from(has_posts)) else {
            let posts = (has_posts && row == head).then(|| PageRequest::Open(Place::Posts(self.handle.clone())));
            return posts.into_iter().collect();
        };
        match profile.channels.get(place) {
            Some(channel) => vec![PageRequest::Go(channel.id, None)],
            None => {
                let hit = said.hits.get(place - profile.channels.len());
                let door = |hit: &SearchHit| verbs::door(hit.kind, hit.id, hit.message.index, hit.message.reply_to);
                hit.map(door).into_iter().collect()
            }
        }
    }

    fn key(&mut self, key: KeyEvent, _: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        if self.failed || self.handle == *chat.me() {
            return Vec::new();
        }
        let handle = self.handle.clone();
        match key.code {
            KeyCode::Char('m') => vec![PageRequest::Talk(handle)],
            KeyCode::Char('f') => vec![PageRequest::Say(ClientPacket::AskFriend(WhichPerson { handle }))],
            KeyCode::Char('x') => friends::part(handle, self.relation(chat)),
            KeyCode::Char('b') => friends::block(handle, self.relation(chat)),
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Profile(profile, said) = fetched {
            self.found = Some((profile, said));
        }
    }

    fn failed(&mut self, reason: String) {
        self.failed = self.found.is_none();
        self.told = reason;
    }

    fn wants(&mut self, _: &chat::State) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Profile(self.handle.clone()))]
    }
}
