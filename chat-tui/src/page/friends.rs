//! Friends and friend requests: who sent one, then who is online and since when.

use crossterm::event::KeyCode;
use proto::{
    AskFriend, Block, ClientPacket, Handle, Presence, PresenceState, Relation, Relationship, RemoveFriend, Timestamp,
};
use ratatui::style::Style;

use super::keys::{self, PageAction, PageKey};
use super::list::{Row, one_line};
use super::writing::{Writing, WritingPurpose};
use super::{Fetch, Fetched, Page, PagePlace, PageRequest};
use crate::chat::ChatScreen;
use crate::component::members;
use crate::theme::Theme;
use crate::words::{self, moment};

/// The keys of the page.
pub(super) const FRIENDS_KEYS: &[PageKey] = &[
    PageKey::enter(PageAction::Accept, key!("page-key-accept"), key!("page-help-accept-friend")),
    PageKey::enter(PageAction::Message, key!("page-key-message"), key!("page-help-message")),
    PageKey::letter('n', "n", PageAction::AddFriend, key!("page-key-add-friend"), key!("page-help-add-friend")),
    keys::PROFILE,
    PageKey::also(KeyCode::Enter, PageAction::Profile),
    DECLINE,
    WITHDRAW,
    UNFRIEND,
    PageKey::also(KeyCode::Delete, PageAction::Unfriend),
    BLOCK,
    UNBLOCK,
    PageKey::also(KeyCode::Char('m'), PageAction::Message),
];

/// Declines a friend request.
pub(super) const DECLINE: PageKey =
    PageKey::letter('x', "x", PageAction::Decline, key!("page-key-decline"), key!("page-help-decline-friend"));
/// Takes back one's own friend request.
pub(super) const WITHDRAW: PageKey =
    PageKey::letter('x', "x", PageAction::Withdraw, key!("page-key-withdraw"), key!("page-help-withdraw"));
/// Ends a friendship.
pub(super) const UNFRIEND: PageKey =
    PageKey::letter('x', "x", PageAction::Unfriend, key!("page-key-unfriend"), key!("page-help-unfriend"));
/// The key that blocks somebody.
pub(super) const BLOCK: PageKey =
    PageKey::letter('b', "b", PageAction::Block, key!("page-key-block"), key!("page-help-block"));
/// The key that stops blocking somebody.
pub(super) const UNBLOCK: PageKey =
    PageKey::letter('b', "b", PageAction::Unblock, key!("page-key-unblock"), key!("page-help-unblock"));

/// The page of friends, friend requests and blocks.
#[derive(Debug)]
pub struct FriendsPage {
    writing: Option<Writing>,
    told: String,
}

impl Default for FriendsPage {
    fn default() -> Self {
        Self { writing: None, told: label!("page-loading").to_owned() }
    }
}

impl Page for FriendsPage {
    fn title(&self, chat: &ChatScreen) -> String {
        let friends = chat.core.people.sorted().iter().filter(|person| person.relation == Relation::Friend).count();
        match friends {
            0 => label!("page-friends-title").to_owned(),
            _ => say!("page-friends-title-count", online = chat.core.people.friends_online(), count = friends),
        }
    }

    fn keys(&self) -> &'static [PageKey] {
        FRIENDS_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        match (action, chosen(row, chat)) {
            (PageAction::AddFriend, _) => true,
            (PageAction::Profile, person) => person.is_some(),
            (PageAction::Message, person) => person.is_some_and(|(_, relation)| relation == Relation::Friend),
            (action, Some((_, relation))) => can_between(action, relation),
            (_, None) => false,
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        if action == PageAction::AddFriend {
            self.writing = Some(Writing::begin(WritingPurpose::Friend, ""));
            return Vec::new();
        }
        let Some((handle, relation)) = chosen(row, chat) else { return Vec::new() };
        match action {
            PageAction::Message => vec![PageRequest::Talk(handle)],
            PageAction::Profile => vec![PageRequest::Open(PagePlace::Profile(handle))],
            PageAction::Accept => {
                let question = say!("confirm-friend", handle = handle.as_str());
                let packet = ClientPacket::AskFriend(AskFriend { handle });
                vec![PageRequest::confirmed(question, "", packet)]
            }
            PageAction::Block | PageAction::Unblock => vec![block(handle, relation)],
            _ => part(handle, relation).into_iter().collect(),
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        chat.core.people.sorted().into_iter().map(|person| row(person, chat, cells, theme)).collect()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn identities(&self, chat: &ChatScreen) -> Vec<String> {
        chat.core.people.sorted().into_iter().map(|person| person.handle.to_string()).collect()
    }

    fn fetched(&mut self, _: Fetched) {
        label!("page-friends-empty").clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn wants(&mut self, chat: &ChatScreen) -> Vec<PageRequest> {
        // What is known already is told when it changes.
        if chat.core.people.known() {
            label!("page-friends-empty").clone_into(&mut self.told);
            return Vec::new();
        }
        vec![PageRequest::Fetch(Fetch::Friends)]
    }
}

/// Tells whether an action fits to how somebody stands to the reader.
pub(super) fn can_between(action: PageAction, relation: Relation) -> bool {
    match action {
        PageAction::Accept | PageAction::Decline => relation == Relation::Asking,
        PageAction::Withdraw => relation == Relation::Asked,
        PageAction::Unfriend => relation == Relation::Friend,
        PageAction::Unblock => relation == Relation::Blocked,
        PageAction::Block => relation != Relation::Blocked,
        _ => false,
    }
}

/// Ends what is between the reader and somebody; what both would miss is asked about first.
pub(super) fn part(handle: Handle, relation: Relation) -> Option<PageRequest> {
    match relation {
        Relation::Friend => {
            let question = say!("confirm-unfriend", handle = handle.as_str());
            let packet = ClientPacket::RemoveFriend(RemoveFriend { handle });
            Some(PageRequest::confirmed(question, "", packet))
        }
        Relation::Asked | Relation::Asking => {
            Some(PageRequest::Say(ClientPacket::RemoveFriend(RemoveFriend { handle })))
        }
        Relation::Blocked => Some(block(handle, relation)),
        Relation::None | Relation::Unknown => None,
    }
}

/// Blocks somebody, or unblocks them, once that is confirmed.
pub(super) fn block(handle: Handle, relation: Relation) -> PageRequest {
    let (question, on) = match relation {
        Relation::Blocked => (say!("confirm-unblock", handle = handle.as_str()), false),
        _ => (say!("confirm-block", handle = handle.as_str()), true),
    };
    PageRequest::confirmed(question, "", ClientPacket::Block(Block { handle, on }))
}

fn chosen(row: Option<usize>, chat: &ChatScreen) -> Option<(Handle, Relation)> {
    chat.core.people.sorted().get(row?).map(|person| (person.handle.clone(), person.relation))
}

fn row(person: &Relationship, chat: &ChatScreen, cells: usize, theme: &Theme) -> Row {
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
        (Relation::Asking, _) => say!("page-friends-asking", time = when(person.since)),
        (Relation::Asked, _) => say!("page-friends-asked", time = when(person.since)),
        (Relation::Blocked, _) => say!("page-friends-blocked", time = when(person.since)),
        (_, Some(presence)) => present(presence, when),
        (_, None) => label!("presence-offline").to_owned(),
    };
    let title = words::named(&person.handle, name.map(proto::DisplayName::as_str), cells / 2);
    let row = Row::new([(format!("{sign} "), style), (title, theme.title), (format!("  {words}"), theme.dim)]);
    match presence.and_then(|presence| presence.status.as_ref()).filter(|status| !status.is_empty()) {
        Some(status) => row.line(format!("  {}", one_line(status.as_str(), cells.saturating_sub(2))), Style::new()),
        None => row,
    }
}

/// Says how a friend is there and since when, or when they were last.
fn present(presence: &Presence, when: impl Fn(Timestamp) -> String) -> String {
    let state = words::presence_first(presence.state);
    match (presence.online, presence.since, presence.last_seen) {
        (true, Some(since), _) => say!("page-friends-online-since", presence = state, time = when(since)),
        (true, None, _) => state.to_owned(),
        (false, _, Some(seen)) => say!("page-friends-last-seen", time = when(seen)),
        (false, _, None) => label!("presence-offline").to_owned(),
    }
}
