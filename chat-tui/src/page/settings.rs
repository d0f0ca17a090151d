//! What the reader has set for themselves: how they are seen, who may do what, how the screen looks.

use crossterm::event::{KeyCode, KeyEvent};
use proto::http::{Profile, SearchHits};
use proto::{Audience, ChosenPresence, ClientPacket, SetPresence, SetPrivacy, SetSettings};
use ratatui::style::Style;

use super::list::{Row, one_line};
use super::writing::{self, Writing};
use super::{Fetch, Fetched, Page, PageRequest, Place};
use crate::chat;
use crate::theme::{NAMES, Theme};

/// Cells of the names of the settings.
const NAME_CELLS: usize = 22;

/// The page.
#[derive(Debug)]
pub struct State {
    profile: Option<Box<Profile>>,
    writing: Option<Writing>,
    /// How one is to be there, until Enter says so: others need not see every step on the way.
    presence: Option<ChosenPresence>,
    told: String,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    Presence,
    Status,
    DisplayName,
    Text,
    WhoSees,
    WhoWrites,
    WhoAdds,
    WhoReads,
    Look,
    Password,
    Sessions,
    Profile,
    Data,
    Leave,
}

/// How one may be there.
const PRESENCES: [ChosenPresence; 4] =
    [ChosenPresence::Online, ChosenPresence::Away, ChosenPresence::Dnd, ChosenPresence::Invisible];

/// The rows, in their order.
const ROWS: [About; 14] = [
    About::Presence,
    About::Status,
    About::DisplayName,
    About::Text,
    About::WhoSees,
    About::WhoWrites,
    About::WhoAdds,
    About::WhoReads,
    About::Look,
    About::Password,
    About::Sessions,
    About::Profile,
    About::Data,
    About::Leave,
];

impl Default for State {
    fn default() -> Self {
        Self { profile: None, writing: None, presence: None, told: "Loading …".to_owned() }
    }
}

impl State {
    fn value(&self, about: About, settings: &proto::Settings) -> String {
        let profile = self.profile.as_deref();
        match about {
            About::Presence => match self.presence.filter(|chosen| *chosen != settings.presence) {
                Some(chosen) => format!("{} — Enter says so", presence(chosen)),
                None => presence(settings.presence).to_owned(),
            },
            About::Status => settings.status.to_string(),
            About::DisplayName => profile.map_or_else(String::new, |profile| profile.display_name.to_string()),
            About::Text => profile.map_or_else(String::new, |profile| profile.about.to_string()),
            About::WhoSees => audience(settings.privacy.presence).to_owned(),
            About::WhoWrites => audience(settings.privacy.messages).to_owned(),
            About::WhoAdds => audience(settings.privacy.invitations).to_owned(),
            About::WhoReads => audience(settings.privacy.posts).to_owned(),
            About::Look if settings.theme.is_empty() => NAMES[0].to_owned(),
            About::Look => settings.theme.to_string(),
            About::Password | About::Sessions | About::Profile | About::Data | About::Leave => String::new(),
        }
    }
}

impl Page for State {
    fn title(&self, chat: &chat::State) -> String {
        format!("Settings — {}", chat.me())
    }

    fn hint(&self, _: &chat::State) -> &'static str {
        self.writing.as_ref().map_or("Enter, ← → change · Esc", Writing::hint)
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some(settings) = &chat.core.people.settings else { return Vec::new() };
        let row = |about: &About| {
            let value = one_line(&self.value(*about, settings), cells.saturating_sub(NAME_CELLS));
            Row::new([(format!("{:<NAME_CELLS$}", name(*about)), theme.title), (value, Style::new())])
        };
        ROWS.iter().map(row).collect()
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let (Some(about), Some(settings)) = (row.and_then(|row| ROWS.get(row)), &chat.core.people.settings) else {
            return Vec::new();
        };
        let whole = |text: Option<String>| match text {
            Some(text) => Ok(text),
            // What is not known yet would be written over.
            None => Err(vec![PageRequest::Tell(self.told.clone())]),
        };
        let profile = self.profile.as_deref();
        let (about, text) = match about {
            About::Status => (writing::About::Status, whole(Some(settings.status.to_string()))),
            About::DisplayName => {
                (writing::About::DisplayName, whole(profile.map(|profile| profile.display_name.to_string())))
            }
            About::Text => (writing::About::Myself, whole(profile.map(|profile| profile.about.to_string()))),
            About::Presence => {
                let state = self.presence.take().filter(|chosen| *chosen != settings.presence);
                let state = state.unwrap_or_else(|| beside(&PRESENCES, settings.presence, true));
                return vec![PageRequest::Say(ClientPacket::SetPresence(SetPresence {
                    state: Some(state),
                    status: None,
                }))];
            }
            other => return chosen(*other, settings, chat),
        };
        match text {
            Ok(text) => {
                self.writing = Some(Writing::begin(about, &text));
                Vec::new()
            }
            Err(requests) => requests,
        }
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let forward = match key.code {
            KeyCode::Right => true,
            KeyCode::Left => false,
            _ => return Vec::new(),
        };
        match (row.and_then(|row| ROWS.get(row)), &chat.core.people.settings) {
            (Some(About::Presence), Some(settings)) => {
                let shown = self.presence.unwrap_or(settings.presence);
                self.presence = Some(beside(&PRESENCES, shown, forward));
                Vec::new()
            }
            (Some(choice), Some(settings)) => step(*choice, settings, forward),
            _ => Vec::new(),
        }
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn fetched(&mut self, fetched: Fetched) {
        if let Fetched::Profile(profile, SearchHits { .. }) = fetched {
            self.profile = Some(profile);
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, chat: &chat::State) -> Vec<PageRequest> {
        // What is known already is told when it changes.
        let missing = chat.core.people.settings.is_none().then_some(PageRequest::Fetch(Fetch::Settings));
        missing.into_iter().chain([PageRequest::Fetch(Fetch::Myself)]).collect()
    }
}

/// Opens a setting that is no text.
fn chosen(about: About, settings: &proto::Settings, chat: &chat::State) -> Vec<PageRequest> {
    match about {
        About::Password => vec![PageRequest::Password],
        About::Sessions => vec![PageRequest::Open(Place::Sessions)],
        About::Profile => vec![PageRequest::Open(Place::Profile(chat.me().clone()))],
        About::Data => {
            let server = &chat.core.session.server;
            vec![PageRequest::Tell(format!("in a shell: chat-tui --server {server} export > my-data.jsonl"))]
        }
        About::Leave => vec![PageRequest::Leave],
        choice => step(choice, settings, true),
    }
}

/// Goes to the next of what can be chosen, or the one before. What lets others see or do more comes last.
fn step(about: About, settings: &proto::Settings, forward: bool) -> Vec<PageRequest> {
    let privacy = settings.privacy;
    let all = [Audience::Friends, Audience::Shared, Audience::Everyone];
    let set = |privacy| vec![PageRequest::Say(ClientPacket::SetSettings(SetSettings { privacy, theme: None }))];
    match about {
        About::WhoSees => {
            let presence = Some(beside(&all, privacy.presence, forward));
            set(SetPrivacy { presence, ..SetPrivacy::default() })
        }
        About::WhoWrites => {
            let messages = Some(beside(&all, privacy.messages, forward));
            set(SetPrivacy { messages, ..SetPrivacy::default() })
        }
        About::WhoAdds => {
            let invitations = Some(beside(&all, privacy.invitations, forward));
            set(SetPrivacy { invitations, ..SetPrivacy::default() })
        }
        About::WhoReads => {
            let posts = Some(beside(&[Audience::Friends, Audience::Everyone], privacy.posts, forward));
            set(SetPrivacy { posts, ..SetPrivacy::default() })
        }
        About::Look => {
            let theme = beside(&NAMES, settings.theme.as_str(), forward).parse().ok();
            vec![PageRequest::Say(ClientPacket::SetSettings(SetSettings { privacy: SetPrivacy::default(), theme }))]
        }
        _ => Vec::new(),
    }
}

/// Gives what stands behind one of several, or before it; around the ends. What is not among them counts as the first.
fn beside<T: Copy + PartialEq>(all: &[T], one: T, forward: bool) -> T {
    let place = all.iter().position(|other| *other == one).unwrap_or(0);
    let step = if forward { 1 } else { all.len() - 1 };
    all[(place + step) % all.len()]
}

fn name(about: About) -> &'static str {
    match about {
        About::Presence => "You are",
        About::Status => "Status",
        About::DisplayName => "Name",
        About::Text => "About you",
        About::WhoSees => "Seen online by",
        About::WhoWrites => "Written to by",
        About::WhoAdds => "Added to channels by",
        About::WhoReads => "Posts are read by",
        About::Look => "Look",
        About::Password => "Password …",
        About::Sessions => "Sessions …",
        About::Profile => "Your profile …",
        About::Data => "Your data …",
        About::Leave => "Delete account …",
    }
}

fn presence(chosen: ChosenPresence) -> &'static str {
    match chosen {
        ChosenPresence::Online => "online (idle by itself)",
        ChosenPresence::Away => "away",
        ChosenPresence::Dnd => "busy: not to be disturbed",
        ChosenPresence::Invisible => "invisible: for others you are not there",
    }
}

fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => "everyone",
        Audience::Shared => "friends and channel members",
        Audience::Friends => "friends",
        Audience::Unknown => "?",
    }
}
