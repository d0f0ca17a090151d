//! Somebody's profile: who they are, whether they are a friend, the channels in common, and their last messages.

use proto::http::{Profile, SearchHits};
use proto::{AskFriend, ClientPacket, Handle, Presence, PresenceState, Relation};
use ratatui::style::Style;

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, one_line};
use super::{Fetch, Fetched, Page, PagePlace, PageRequest, friends, verbs};
use crate::chat::ChatScreen;
use crate::component::avatar::{Badge, person_style};
use crate::theme::Theme;
use crate::words::{self, channel_title, moment};

/// The keys of the page.
pub(super) const PROFILE_KEYS: &[PageKey] = &[
    keys::OPEN,
    PageKey::letter('m', "m", PageAction::Message, key!("page-key-message"), key!("page-help-message")),
    PageKey::letter('f', "f", PageAction::Accept, key!("page-key-accept"), key!("page-help-accept-friend")),
    PageKey::letter('f', "f", PageAction::AddFriend, key!("page-key-add-friend"), key!("page-help-add-friend")),
    friends::DECLINE,
    friends::WITHDRAW,
    friends::UNFRIEND,
    friends::BLOCK,
    friends::UNBLOCK,
];

/// The page of what one may know of somebody.
#[derive(Debug)]
pub struct ProfilePage {
    handle: Handle,
    found: Option<(Box<Profile>, SearchHits)>,
    /// Whether nobody was found.
    failed: bool,
    told: String,
}

impl ProfilePage {
    /// Opens the page of somebody; what is known of them is to be fetched.
    pub fn new(handle: Handle) -> Self {
        Self { handle, found: None, failed: false, told: label!("page-loading").to_owned() }
    }

    /// Everything that is shown, each row with what it leads to.
    fn entries(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<(Row, Option<PageRequest>)> {
        let Some((profile, said)) = &self.found else { return Vec::new() };
        let when = |date| moment(date, chat.now, &chat.zone);
        let mut entries: Vec<_> = self.head(profile, chat, cells, theme).into_iter().map(|row| (row, None)).collect();
        if profile.wall.is_some() {
            let posts = PageRequest::Open(PagePlace::Posts(self.handle.clone()));
            entries.push((Row::new([(label!("page-profile-posts").to_owned(), theme.title)]), Some(posts)));
        }
        set_apart(&mut entries);
        let (common, others) = (profile.channels.len(), self.handle != *chat.me());
        if common > 0 && others {
            entries.push((Row::new([(say!("page-profile-common", count = common), theme.dim)]), None));
        }
        entries.extend(profile.channels.iter().map(|channel| {
            let title = channel_title(channel.kind, channel.name.as_str());
            (Row::new([(title, theme.title)]), Some(PageRequest::Go(channel.id, None)))
        }));
        if common > 0 {
            set_apart(&mut entries);
        }
        entries.extend(said.hits.iter().map(|hit| {
            let place = channel_title(hit.kind, hit.name.as_str());
            let row = Row::new([(format!("{place} · {}", when(hit.message.date)), theme.dim)]);
            let row = row.said(&words::said(&hit.message), "  ", cells, Style::new());
            (row, Some(verbs::door(hit.kind, hit.id, hit.message.index, hit.message.reply_to)))
        }));
        entries
    }

    /// Who they are.
    fn head(&self, profile: &Profile, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let mut rows = Vec::new();
        let badge = profile.avatar.file().map(|avatar| Badge::of(&profile.handle, avatar, &chat.images));
        let badge = badge.map(|badge| (format!("{} ", badge.text), person_style(badge.color, theme)));
        if !profile.display_name.is_empty() || badge.is_some() {
            let name = Some(profile.display_name.as_str()).filter(|name| !name.is_empty());
            let name = (one_line(name.unwrap_or(profile.handle.as_str()), cells), theme.title);
            rows.push(Row::new(badge.into_iter().chain([name])));
        }
        let presence = profile.presence.as_ref().filter(|_| self.relation(chat) != Relation::Blocked);
        rows.push(Row::new([(facts(profile, presence, chat), Style::new())]));
        if let Some(status) = presence.and_then(|presence| presence.status.as_ref()) {
            rows.push(Row::new([(format!("“{}”", one_line(status.as_str(), cells)), Style::new())]));
        }
        if !profile.about.is_empty() {
            rows.push(Row::default().said(profile.about.as_str(), "", cells, Style::new()));
        }
        let relation = match self.relation(chat) {
            Relation::Friend => label!("page-profile-friend"),
            Relation::Asked => label!("page-profile-asked"),
            Relation::Asking => label!("page-profile-asking"),
            Relation::Blocked => label!("page-profile-blocked"),
            Relation::None | Relation::Unknown => return rows,
        };
        rows.push(Row::new([(relation.to_owned(), theme.mention)]));
        rows
    }

    /// What a row leads to.
    fn target(&self, row: Option<usize>, chat: &ChatScreen) -> Option<PageRequest> {
        // What rows lead to does not depend on how they look.
        self.entries(chat, 80, &Theme::plain()).into_iter().nth(row?)?.1
    }

    /// Tells whether it is the profile of somebody else, who was found.
    fn is_of_another(&self, chat: &ChatScreen) -> bool {
        !self.failed && self.handle != *chat.me()
    }

    fn relation(&self, chat: &ChatScreen) -> Relation {
        chat.core.people.relation(&self.handle)
    }
}

/// Says in one line how somebody is there, since when they have an account, and what is special about it.
fn facts(profile: &Profile, presence: Option<&Presence>, chat: &ChatScreen) -> String {
    let when = |date| moment(date, chat.now, &chat.zone);
    let state = presence.map(|presence| match (presence.state, presence.last_seen) {
        (PresenceState::Offline | PresenceState::Unknown, Some(seen)) => {
            say!("page-profile-last-seen", time = when(seen))
        }
        (state, _) => words::presence_first(state).to_owned(),
    });
    let joined = match state {
        Some(_) => say!("page-profile-joined", date = when(profile.joined)),
        None => say!("page-profile-joined-first", date = when(profile.joined)),
    };
    let account = words::account(profile).map(str::to_owned);
    [state, Some(joined), account].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// Ends a part of the page with an empty line.
fn set_apart(entries: &mut [(Row, Option<PageRequest>)]) {
    if let Some((row, _)) = entries.last_mut() {
        *row = std::mem::take(row).line("", Style::new());
    }
}

impl Page for ProfilePage {
    fn title(&self, _: &ChatScreen) -> String {
        format!("@{}", self.handle)
    }

    fn keys(&self) -> &'static [PageKey] {
        PROFILE_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        let relation = self.relation(chat);
        match action {
            PageAction::Open => self.target(row, chat).is_some(),
            _ if !self.is_of_another(chat) => false,
            PageAction::Message => relation != Relation::Blocked,
            PageAction::AddFriend => matches!(relation, Relation::None | Relation::Unknown),
            action => friends::can_between(action, relation),
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        if action == PageAction::Open {
            return self.target(row, chat).into_iter().collect();
        }
        if !self.is_of_another(chat) {
            return Vec::new();
        }
        let (handle, relation) = (self.handle.clone(), self.relation(chat));
        let request = match action {
            PageAction::Message => PageRequest::Talk(handle),
            PageAction::Accept | PageAction::AddFriend => {
                PageRequest::Say(ClientPacket::AskFriend(AskFriend { handle }))
            }
            PageAction::Block | PageAction::Unblock => friends::block(handle, relation),
            _ => return friends::part(handle, relation).into_iter().collect(),
        };
        vec![request]
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        self.entries(chat, cells, theme).into_iter().map(|(row, _)| row).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Profile(profile, said) = fetched else { return fetched.was_not_asked_for() };
        self.found = Some((profile, said));
    }

    fn failed(&mut self, reason: String) {
        self.failed = self.found.is_none();
        self.told = reason;
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Profile(self.handle.clone()))]
    }
}
