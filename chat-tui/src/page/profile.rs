//! Somebody: since when they are here, where one meets them, and what they said.

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::{Profile, SearchHits};
use proto::{Handle, PresenceState};
use ratatui::style::Style;

use super::list::Row;
use super::{Fetch, Fetched, Page, Wish};
use crate::chat;
use crate::theme::Theme;
use crate::words::{channel_title, moment};

/// The page.
#[derive(Debug)]
pub struct State {
    handle: Handle,
    found: Option<(Box<Profile>, SearchHits)>,
    told: String,
}

impl State {
    /// Opens the page of somebody; what is known of them is to be fetched.
    pub fn new(handle: Handle) -> (Self, Vec<Wish>) {
        let fetch = Wish::Fetch(Fetch::Profile(handle.clone()));
        (Self { handle, found: None, told: "Loading …".to_owned() }, vec![fetch])
    }
}

impl Page for State {
    fn title(&self, _: &chat::State) -> String {
        format!("@{}", self.handle)
    }

    fn hint(&self) -> &'static str {
        "Enter goes there · m talk · Esc"
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some((profile, said)) = &self.found else { return Vec::new() };
        let when = |date| moment(date, chat.now, &chat.zone);
        let state = profile.presence.as_ref().map(|presence| match (presence.state, presence.last_seen) {
            (PresenceState::Online, _) => "online".to_owned(),
            (PresenceState::Idle, _) => "idle".to_owned(),
            (PresenceState::Away, _) => "away".to_owned(),
            (PresenceState::Dnd, _) => "busy".to_owned(),
            (PresenceState::Offline | PresenceState::Unknown, Some(seen)) => format!("last seen {}", when(seen)),
            (PresenceState::Offline | PresenceState::Unknown, None) => "offline".to_owned(),
        });
        let guest = if profile.guest { "a guest, " } else { "" };
        let here = format!("{guest}here since {}", when(profile.joined));
        let about = [Some(here), state].into_iter().flatten().collect::<Vec<_>>().join(" · ");
        let mut rows = vec![Row::new([(about, Style::new())])];
        rows.extend(profile.channels.iter().map(|channel| {
            Row::new([
                (channel_title(channel.kind, channel.name.as_str()), theme.title),
                ("  both of you".to_owned(), theme.dim),
            ])
        }));
        rows.extend(said.hits.iter().map(|hit| {
            let place = channel_title(hit.kind, hit.name.as_str());
            Row::new([(format!("{place} · {}", when(hit.message.date)), theme.dim)]).said(
                &hit.message.content,
                "  ",
                cells,
                Style::new(),
            )
        }));
        rows
    }

    fn open(&mut self, row: Option<usize>, _: &chat::State) -> Vec<Wish> {
        let (Some((profile, said)), Some(row)) = (&self.found, row) else { return Vec::new() };
        let Some(place) = row.checked_sub(1) else { return Vec::new() };
        match profile.channels.get(place) {
            Some(channel) => vec![Wish::Go(channel.id, None)],
            None => {
                let hit = said.hits.get(place - profile.channels.len());
                hit.map(|hit| Wish::Go(hit.id, Some(hit.message.index))).into_iter().collect()
            }
        }
    }

    fn key(&mut self, key: KeyEvent, _: Option<usize>, _: &chat::State) -> Vec<Wish> {
        match key.code {
            KeyCode::Char('m') => vec![Wish::Talk(self.handle.clone())],
            _ => Vec::new(),
        }
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Profile(profile, said) = fetched {
            self.found = Some((profile, said));
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }
}
