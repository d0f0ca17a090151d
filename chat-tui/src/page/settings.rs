//! The reader's settings: presence and profile, privacy, theme, and what concerns the account.

use crossterm::event::KeyCode;
use proto::http::{Profile, SearchHits};
use proto::{Audience, ChosenPresence, ClientPacket, SetPresence, SetPrivacy, SetSettings};

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, label_cells, one_line};
use super::writing::{Writing, WritingPurpose};
use super::{Fetch, Fetched, Page, PagePlace, PageRequest};
use crate::chat::ChatScreen;
use crate::theme::{NAMES, Theme};

/// The keys of the page.
pub(super) const SETTINGS_KEYS: &[PageKey] = &[
    PageKey::enter(PageAction::Edit, key!("page-key-edit"), key!("page-help-edit-setting")),
    keys::OPEN,
    PageKey::new(KeyCode::Right, "←→", PageAction::Next, key!("page-key-change"), key!("page-help-choose-setting")),
    PageKey::also(KeyCode::Left, PageAction::Previous),
    PageKey::also(KeyCode::Enter, PageAction::Change),
];

/// The page of one's own settings.
#[derive(Debug)]
pub struct SettingsPage {
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
    Bio,
    WhoSees,
    WhoWrites,
    WhoAdds,
    WhoReads,
    Theme,
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
    About::Bio,
    About::WhoSees,
    About::WhoWrites,
    About::WhoAdds,
    About::WhoReads,
    About::Theme,
    About::Password,
    About::Sessions,
    About::Profile,
    About::Data,
    About::Leave,
];

impl Default for SettingsPage {
    fn default() -> Self {
        Self { profile: None, writing: None, presence: None, told: label!("page-loading").to_owned() }
    }
}

impl SettingsPage {
    fn value(&self, about: About, settings: &proto::Settings) -> String {
        let profile = self.profile.as_deref();
        match about {
            About::Presence => match self.presence.filter(|chosen| *chosen != settings.presence) {
                Some(chosen) => say!("page-settings-presence-pending", presence = presence(chosen)),
                None => presence(settings.presence).to_owned(),
            },
            About::Status => settings.status.to_string(),
            About::DisplayName => profile.map_or_else(String::new, |profile| profile.display_name.to_string()),
            About::Bio => profile.map_or_else(String::new, |profile| profile.about.to_string()),
            About::WhoSees => audience(settings.privacy.presence).to_owned(),
            About::WhoWrites => audience(settings.privacy.messages).to_owned(),
            About::WhoAdds => audience(settings.privacy.invitations).to_owned(),
            About::WhoReads => audience(settings.privacy.posts).to_owned(),
            About::Theme => theme_name(settings.theme.as_str()).to_owned(),
            About::Password | About::Sessions | About::Profile | About::Data | About::Leave => String::new(),
        }
    }

    /// Begins to write a setting that is a text.
    fn edit(&mut self, about: About, settings: &proto::Settings) -> Vec<PageRequest> {
        let profile = self.profile.as_deref();
        let (about, text) = match about {
            About::Status => (WritingPurpose::Status, Some(settings.status.to_string())),
            About::DisplayName => {
                (WritingPurpose::DisplayName, profile.map(|profile| profile.display_name.to_string()))
            }
            _ => (WritingPurpose::Bio, profile.map(|profile| profile.about.to_string())),
        };
        // What is not known yet would be written over.
        let Some(text) = text else { return vec![PageRequest::Tell(self.told.clone())] };
        self.writing = Some(Writing::begin(about, &text));
        Vec::new()
    }

    /// Sets the presence that was chosen, or the next one where none was.
    fn set_presence(&mut self, settings: &proto::Settings) -> PageRequest {
        let chosen = self.presence.take().filter(|chosen| *chosen != settings.presence);
        let state = chosen.unwrap_or_else(|| beside(&PRESENCES, settings.presence, true));
        PageRequest::Say(ClientPacket::SetPresence(SetPresence { state: Some(state), status: None }))
    }
}

impl Page for SettingsPage {
    fn title(&self, chat: &ChatScreen) -> String {
        say!("page-settings-title", handle = chat.me().as_str())
    }

    fn keys(&self) -> &'static [PageKey] {
        SETTINGS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        let Some(about) = row.and_then(|row| ROWS.get(row)) else { return false };
        match action {
            PageAction::Next | PageAction::Previous => on_enter(*about) == PageAction::Change,
            action => on_enter(*about) == action,
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let (Some(about), Some(settings)) = (row.and_then(|row| ROWS.get(row)), &chat.core.people.settings) else {
            return Vec::new();
        };
        let forward = action != PageAction::Previous;
        match (action, about) {
            (PageAction::Edit, _) => self.edit(*about, settings),
            (PageAction::Change, About::Presence) => vec![self.set_presence(settings)],
            (PageAction::Next | PageAction::Previous, About::Presence) => {
                let shown = self.presence.unwrap_or(settings.presence);
                self.presence = Some(beside(&PRESENCES, shown, forward));
                Vec::new()
            }
            (PageAction::Open, _) => open(*about, chat).into_iter().collect(),
            _ => step(*about, settings, forward).into_iter().collect(),
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some(settings) = &chat.core.people.settings else { return Vec::new() };
        let column = label_cells(ROWS.into_iter().map(name));
        let row = |about: &About| {
            let value = one_line(&self.value(*about, settings), usize::MAX);
            Row::labelled((name(*about), theme.title), &value, column, cells)
        };
        ROWS.iter().map(row).collect()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn fetched(&mut self, fetched: Fetched) {
        match fetched {
            Fetched::Profile(profile, SearchHits { .. }) => self.profile = Some(profile),
            // The core has taken them in.
            Fetched::Settings(_) => {}
            other => other.was_not_asked_for(),
        }
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, chat: &ChatScreen) -> Vec<PageRequest> {
        // What is known already is told when it changes.
        let missing = chat.core.people.settings.is_none().then_some(PageRequest::Fetch(Fetch::Settings));
        missing.into_iter().chain([PageRequest::Fetch(Fetch::Myself)]).collect()
    }
}

/// What Enter does on a row.
fn on_enter(about: About) -> PageAction {
    match about {
        About::Status | About::DisplayName | About::Bio => PageAction::Edit,
        About::Password | About::Sessions | About::Profile | About::Data | About::Leave => PageAction::Open,
        About::Presence | About::WhoSees | About::WhoWrites | About::WhoAdds | About::WhoReads | About::Theme => {
            PageAction::Change
        }
    }
}

/// Opens what is more than a setting.
fn open(about: About, chat: &ChatScreen) -> Option<PageRequest> {
    Some(match about {
        About::Password => PageRequest::Password,
        About::Sessions => PageRequest::Open(PagePlace::Sessions),
        About::Profile => PageRequest::Open(PagePlace::Profile(chat.me().clone())),
        About::Data => PageRequest::Tell(say!("page-settings-export", server = chat.core.session.server.to_string())),
        About::Leave => PageRequest::Leave,
        _ => return None,
    })
}

/// Sets the next of what can be chosen, or the one before. What lets others see or do more comes last.
fn step(about: About, settings: &proto::Settings, forward: bool) -> Option<PageRequest> {
    let privacy = settings.privacy;
    let (all, none) = ([Audience::Friends, Audience::Shared, Audience::Everyone], SetPrivacy::default());
    let (privacy, theme) = match about {
        About::WhoSees => (SetPrivacy { presence: Some(beside(&all, privacy.presence, forward)), ..none }, None),
        About::WhoWrites => (SetPrivacy { messages: Some(beside(&all, privacy.messages, forward)), ..none }, None),
        About::WhoAdds => (SetPrivacy { invitations: Some(beside(&all, privacy.invitations, forward)), ..none }, None),
        About::WhoReads => {
            let posts = beside(&[Audience::Friends, Audience::Everyone], privacy.posts, forward);
            (SetPrivacy { posts: Some(posts), ..none }, None)
        }
        About::Theme => (none, beside(&NAMES, settings.theme.as_str(), forward).parse().ok()),
        _ => return None,
    };
    Some(PageRequest::Say(ClientPacket::SetSettings(SetSettings { privacy, theme })))
}

/// Gives what stands behind one of several, or before it; around the ends. What is not among them counts as the first.
fn beside<T: Copy + PartialEq>(all: &[T], one: T, forward: bool) -> T {
    let place = all.iter().position(|other| *other == one).unwrap_or(0);
    let step = if forward { 1 } else { all.len() - 1 };
    all[(place + step) % all.len()]
}

fn name(about: About) -> &'static str {
    match about {
        About::Presence => label!("page-settings-presence"),
        About::Status => label!("page-settings-status"),
        About::DisplayName => label!("page-settings-name"),
        About::Bio => label!("page-settings-bio"),
        About::WhoSees => label!("page-settings-who-sees"),
        About::WhoWrites => label!("page-settings-who-writes"),
        About::WhoAdds => label!("page-settings-who-adds"),
        About::WhoReads => label!("page-settings-who-reads"),
        About::Theme => label!("page-settings-theme"),
        About::Password => label!("page-settings-password"),
        About::Sessions => label!("page-settings-sessions"),
        About::Profile => label!("page-settings-profile"),
        About::Data => label!("page-settings-data"),
        About::Leave => label!("page-settings-delete"),
    }
}

fn presence(chosen: ChosenPresence) -> &'static str {
    match chosen {
        ChosenPresence::Online => label!("page-settings-online"),
        ChosenPresence::Away => label!("page-settings-away"),
        ChosenPresence::Dnd => label!("page-settings-busy"),
        ChosenPresence::Invisible => label!("page-settings-invisible"),
    }
}

fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Everyone => label!("audience-everyone"),
        Audience::Shared => label!("audience-shared"),
        Audience::Friends => label!("audience-friends"),
        Audience::Unknown => label!("audience-unknown"),
    }
}

/// What people read for the name under which a theme is kept; one that is not known here is shown by that.
fn theme_name(kept: &str) -> &str {
    match kept {
        "" | "default" => label!("theme-default"),
        "light" => label!("theme-light"),
        "contrast" => label!("theme-contrast"),
        "plain" => label!("theme-plain"),
        other => other,
    }
}
