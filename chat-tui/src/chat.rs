//! The chat screen: its state, and what each message makes of it. What comes from the daemon is in
//! packets.rs, what keys do in keys.rs, what commands do in commands.rs, messages on their way in
//! sending.rs, pages of history in pages.rs, how it looks in screen.rs.

mod channel;
mod choosing;
pub mod command;
mod commands;
mod complete;
mod keys;
mod mouse;
mod outbox;
mod packets;
mod pages;
pub mod people;
mod personal;
mod posting;
mod reading;
mod screen;
mod sending;

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use proto::http::Channels;
use proto::{
    ChannelId, ChannelKind, ChannelName, ChannelPersonal, ClientPacket, Handle, Hello, Index, JoinChannel, Limits,
    Nonce, Ref, Timestamp, Typing, TypingMember, Version, bounds,
};

pub use channel::{Channel, MemberState};
pub use choosing::Deed;
pub use keys::{Outcome as KeyOutcome, PASTE_TAIL_MILLIS};
use outbox::Outbox;
pub use packets::Outcome;
use pages::FailedPage;
pub use screen::{Panes, page_area, panes, view};

use crate::component::composer;
use crate::component::timeline::{Context, Outgoing};
use crate::effect::Effect;
use crate::session::Session;

/// How long a channel is on the screen before its messages count as read.
const READ_AFTER_MILLIS: i64 = 300;
/// How often typing is told while one types; the daemon ends it after 6 s.
const TYPING_EVERY_MILLIS: u64 = 3_000;
/// Messages in a page of history.
pub const PAGE_MESSAGES: u32 = 100;

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// It is being opened, or has not said welcome yet.
    Connecting,
    /// It works.
    Online,
    /// It is lost and will be tried again.
    Waiting {
        /// Why, safe to draw.
        reason: String,
    },
    /// It is given up until somebody does something about it.
    Refused {
        /// Why, safe to draw.
        reason: String,
    },
}

/// A message that is to be shown when it is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sought {
    channel: ChannelId,
    index: Index,
    /// Whether it is chosen then, or only stands at the top.
    chosen: bool,
}

/// What an answer answers.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Hello,
    Renew,
    /// Show the channel when it is there, and say something in it.
    Open(Option<Outgoing>),
    Send(ChannelId, Nonce),
    /// The channel that was named on the command line.
    JoinFirst,
    /// A code that lets people in.
    Invitation,
    /// The reader's own wall.
    Wall,
    /// This is told when it is done.
    Told(&'static str),
    /// To hear of what is posted.
    Watching,
    /// What was confirmed on a page: what the page shows is otherwise then.
    Confirmed,
    /// Nothing to do but tell when it is refused.
    Quietly,
}

/// The chat screen.
#[derive(Debug)]
pub struct State {
    /// The session.
    pub session: Session,
    /// How the connection is.
    pub connection: Connection,
    /// Every channel.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// Which is shown.
    pub current: Option<ChannelId>,
    /// Public channels to be completed after `/join`.
    pub public: Vec<ChannelName>,
    /// The reader and the people around them.
    pub people: people::People,
    /// How much happened that was not looked at, counted up to 100.
    pub catch_up: u64,
    /// Whether the mouse is heard of.
    pub mouse: bool,
    /// Whether the terminal has the focus.
    pub focused: bool,
    /// Whether the list of channels is wanted, if somebody said so.
    pub sidebar: Option<bool>,
    /// Whether the list of members is wanted, if somebody said so.
    pub members: Option<bool>,
    /// A line above the composer: what went wrong, what was done.
    pub notice: Option<Notice>,
    /// What a newcomer should know, above the messages until Esc takes it away.
    pub banner: Option<crate::text::CleanLine>,
    /// Whether what was confirmed on a page has been done, so that the page is to be brought up to date.
    pub(crate) page_stale: bool,
    /// Whether what is posted is heard since a moment ago, so that a page may ask for what was before.
    pub(crate) page_watching: bool,
    pub(crate) size: (u16, u16),
    pub(crate) zone: TimeZone,
    /// The time of the last message, for telling today from other days.
    pub(crate) now: Timestamp,
    join_first: Option<ChannelName>,
    open_when_added: Option<(ChannelId, Option<Outgoing>)>,
    outbox: Outbox,
    walls: posting::Walls,
    limits: Option<Limits>,
    /// What was being written in channels of another store, until they are shown again.
    drafts: HashMap<ChannelId, composer::State>,
    /// What is being written while no channel is open.
    alone: composer::State,
    /// What was set for channels that are not shown yet.
    personal: HashMap<ChannelId, ChannelPersonal>,
    draft_due: Option<Timestamp>,
    /// A message that is to be shown when it is here.
    sought: Option<Sought>,
    failed_pages: Vec<FailedPage>,
    page_wait_ms: i64,
    asked: HashMap<u64, Asked>,
    next_ref: u64,
    nonce_prefix: String,
    next_nonce: u64,
    store: Option<String>,
    device: String,
    read_due: Option<Timestamp>,
    renew_due: Option<Timestamp>,
    typing_told: Option<Timestamp>,
    quit_armed: bool,
    quit_warned: bool,
    greeted: bool,
    /// Until when Enter begins a line: what follows a paste at once belongs to it.
    pasting_until: Option<Timestamp>,
    completing: Option<complete::Cycle>,
}

/// A line above the composer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says, safe to draw.
    pub text: String,
    /// Whether something failed.
    pub failed: bool,
}

/// What the screen starts with.
#[derive(Debug, Clone)]
pub struct Start {
    /// The channel to be opened at once.
    pub join: Option<ChannelName>,
    /// What a newcomer should know.
    pub banner: Option<String>,
    /// The code of an invitation to make an account.
    pub invite: Option<String>,
    /// Random at each start, so that no two starts name two messages alike.
    pub nonce_prefix: String,
    /// The id of this client profile.
    pub device: String,
    /// Where the reader's clock stands.
    pub zone: TimeZone,
}

impl State {
    /// Makes the screen of a session that is to be connected.
    pub fn new(session: Session, start: &Start, size: (u16, u16)) -> Self {
        Self {
            session,
            connection: Connection::Connecting,
            channels: BTreeMap::new(),
            current: None,
            public: Vec::new(),
            people: people::People::default(),
            catch_up: 0,
            mouse: true,
            focused: true,
            sidebar: None,
            members: None,
            notice: None,
            banner: start.banner.as_deref().map(crate::text::CleanLine::new),
            page_stale: false,
            page_watching: false,
            size,
            zone: start.zone.clone(),
            now: Timestamp::from_millis(0),
            join_first: start.join.clone(),
            open_when_added: None,
            outbox: Outbox::default(),
            walls: posting::Walls::default(),
            limits: None,
            drafts: HashMap::new(),
            alone: composer::State::default(),
            personal: HashMap::new(),
            draft_due: None,
            sought: None,
            failed_pages: Vec::new(),
            page_wait_ms: pages::WAIT_MIN_MILLIS,
            asked: HashMap::new(),
            next_ref: 1,
            nonce_prefix: start.nonce_prefix.clone(),
            next_nonce: 1,
            store: None,
            device: start.device.clone(),
            read_due: None,
            renew_due: None,
            typing_told: None,
            quit_armed: false,
            quit_warned: false,
            greeted: false,
            pasting_until: None,
            completing: None,
        }
    }

    /// The handle of the reader.
    pub fn me(&self) -> &Handle {
        &self.session.handle
    }

    /// The channel that is shown.
    pub fn channel(&self) -> Option<&Channel> {
        self.channels.get(&self.current?)
    }

    fn channel_mut(&mut self) -> Option<&mut Channel> {
        self.channels.get_mut(&self.current?)
    }

    /// What is being written: to the channel that is shown, or while none is, for commands.
    pub fn composer(&self) -> &composer::State {
        self.channel().map_or(&self.alone, |channel| &channel.composer)
    }

    fn composer_mut(&mut self) -> &mut composer::State {
        match self.current.and_then(|id| self.channels.get_mut(&id)) {
            Some(channel) => &mut channel.composer,
            None => &mut self.alone,
        }
    }

    /// The channels in the order of the sidebar: by kind, then by name.
    pub fn sorted(&self) -> Vec<&Channel> {
        let mut sorted = self.channels.values().collect::<Vec<_>>();
        sorted.sort_by(|a, b| (a.kind == ChannelKind::Dm, &a.name).cmp(&(b.kind == ChannelKind::Dm, &b.name)));
        sorted
    }

    /// Counts what waits to be read elsewhere: messages, and those of them that want an answer.
    pub fn unread_elsewhere(&self) -> (u64, u64) {
        let others = self.channels.values().filter(|channel| Some(channel.id) != self.current);
        others.fold((0, 0), |(unread, mentions), channel| {
            let direct = if channel.kind == ChannelKind::Dm { channel.unread } else { channel.mentions };
            (unread + channel.unread, mentions + direct)
        })
    }

    /// The pane that messages are drawn in, for laying them out.
    pub fn context(&self) -> Context {
        let pane = panes(self).messages;
        Context { width: pane.width, height: pane.height, me: self.me().clone(), zone: self.zone.clone() }
    }

    fn ask(&mut self, asked: Asked, packet: ClientPacket) -> Effect {
        let reference = self.next_ref;
        self.next_ref += 1;
        self.asked.insert(reference, asked);
        Effect::Send(Ref::Number(reference as i64), packet)
    }

    pub(crate) fn fail(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        self.notice = Some(Notice { text: crate::text::CleanLine::new(&reason).to_string(), failed: true });
    }

    pub(crate) fn tell(&mut self, text: impl Into<String>) {
        self.notice = Some(Notice { text: text.into(), failed: false });
    }

    /// The connection is open: says hello, with what is known already.
    pub fn connection_up(&mut self) -> Vec<Effect> {
        self.connection = Connection::Connecting;
        self.asked.clear();
        self.outbox.connection_lost();
        let known = self.channels.values().filter(|channel| channel.version() > Version::default());
        let resume = known.map(|channel| (channel.id, channel.version()));
        let hello = Hello {
            token: Some(self.session.token.clone()),
            device: Some(self.device.clone()),
            client: Some(concat!("chat-tui ", env!("CARGO_PKG_VERSION")).to_owned()),
            protocol: Some(proto::PROTOCOL_VERSION),
            resume: resume.take(bounds::HELLO_CHANNELS_MAX).collect(),
            history: None,
            channels: None,
        };
        vec![self.ask(Asked::Hello, ClientPacket::Hello(hello))]
    }

    /// The connection is lost.
    pub fn connection_down(&mut self, reason: &str) -> Vec<Effect> {
        self.connection = Connection::Waiting { reason: crate::text::CleanLine::new(reason).to_string() };
        self.asked.clear();
        self.outbox.connection_lost();
        self.failed_pages.clear();
        self.typing_told = None;
        for channel in self.channels.values_mut() {
            channel.connection_lost();
        }
        Vec::new()
    }

    /// The connection is given up.
    pub fn connection_refused(&mut self, reason: &str) {
        self.connection_down(reason);
        self.connection = Connection::Refused { reason: reason.to_owned() };
    }

    /// The list of channels has come: somebody who is in none is shown the lobby, once.
    pub fn channel_list(&mut self, result: Result<Channels, String>) -> Vec<Effect> {
        let Ok(list) = result else { return Vec::new() };
        self.public = list
            .channels
            .iter()
            .filter(|channel| channel.kind == ChannelKind::Public)
            .map(|channel| channel.name.clone())
            .collect();
        for personal in list.channels.iter().filter_map(|channel| channel.personal.clone()) {
            self.set_personal(personal);
        }
        let first = !std::mem::replace(&mut self.greeted, true);
        let in_none = !list.channels.iter().any(|channel| channel.member);
        let joins_one = self.asked.values().any(|asked| matches!(asked, Asked::Open(_) | Asked::JoinFirst));
        if first && in_none && !joins_one && self.channels.is_empty() {
            let lobby = "lobby".parse().expect("the lobby has a name");
            return vec![self.ask(Asked::Open(None), ClientPacket::JoinChannel(JoinChannel::Name(lobby)))];
        }
        Vec::new()
    }

    /// A moment that was waited for has come.
    pub fn wake(&mut self, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.read_due.is_some_and(|due| due <= now) {
            self.read_due = None;
            effects.extend(self.mark_read());
        }
        if self.draft_due.is_some_and(|due| due <= now) {
            effects.extend(self.keep_draft());
        }
        if self.renew_due.is_some_and(|due| due <= now) && self.connection == Connection::Online {
            self.renew_due = None;
            effects.push(self.ask(Asked::Renew, ClientPacket::RenewToken(proto::Empty {})));
        }
        effects.extend(self.failed_pages_due(now));
        effects
    }

    /// What follows from any change: messages that may go, pages that are missing on the screen, reading.
    pub fn settle(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        let context = self.context();
        let online = self.connection == Connection::Online;
        if let Some(channel) = self.channel_mut()
            && online
            && let Some(page) = channel.timeline.wanted_page(&context)
        {
            effects.push(Effect::LoadHistory(channel.id, page));
        }
        let on_screen = self.read_on_screen();
        if let (Some(last), Some(channel)) = (on_screen, self.channel_mut()) {
            channel.shown_through = last;
        }
        if self.read_due.is_none() && on_screen.is_some() {
            let due = now.plus_millis(READ_AFTER_MILLIS);
            self.read_due = Some(due);
            effects.push(Effect::WakeAt(due));
        }
        effects.extend(self.keep_draft_later(now));
        effects.extend(self.open_wall());
        effects.extend(self.send_due(now));
        effects
    }

    /// Shows a channel.
    pub fn open(&mut self, id: ChannelId) -> Vec<Effect> {
        if self.current == Some(id) || !self.channels.contains_key(&id) {
            return Vec::new();
        }
        let mut effects = self.stop_typing();
        effects.extend(self.keep_draft());
        self.uncover();
        if let Some(left) = self.channel_mut() {
            left.timeline.set_divider(None);
            left.held_unread = false;
            left.shown_through = Index::default();
        }
        self.current = Some(id);
        self.read_due = None;
        self.completing = None;
        if let Some(channel) = self.channel_mut() {
            let divider = (channel.unread > 0).then_some(channel.last_read);
            channel.timeline.set_divider(divider);
            channel.timeline.scroll_to_bottom();
            // What one has not read begins at the top.
            let first_unread = divider.map(Index::next);
            effects.extend(first_unread.and_then(|index| self.seek(id, index, false)));
        }
        effects.push(self.title());
        effects
    }

    /// The title of the terminal: where one is, and how much wants an answer elsewhere.
    pub fn title(&self) -> Effect {
        let place = self.channel().map_or_else(|| "chat".to_owned(), Channel::title);
        let (_, mentions) = self.unread_elsewhere();
        Effect::Title(if mentions > 0 { format!("({mentions}) {place}") } else { place })
    }

    /// Tells that one types, now and then.
    fn tell_typing(&mut self, now: Timestamp) -> Vec<Effect> {
        let recently = self.typing_told.is_some_and(|told| now.millis_since(told) < TYPING_EVERY_MILLIS);
        let Some(channel) = self.channel() else { return Vec::new() };
        let command = channel.composer.text().starts_with('/') && !channel.composer.text().starts_with("//");
        if channel.composer.is_empty() {
            return self.stop_typing();
        }
        if recently || command || self.connection != Connection::Online {
            return Vec::new();
        }
        self.typing_told = Some(now);
        vec![self.typing_packet(true)]
    }

    fn stop_typing(&mut self) -> Vec<Effect> {
        if self.typing_told.take().is_some() && self.current.is_some() && self.connection == Connection::Online {
            return vec![self.typing_packet(false)];
        }
        Vec::new()
    }

    fn typing_packet(&mut self, typing: bool) -> Effect {
        let id = self.current.expect("typing happens in a channel");
        self.ask(Asked::Quietly, ClientPacket::Typing(Typing { id, member: TypingMember { typing } }))
    }

    /// Gives the channel that is next in the sidebar, or the one before.
    fn neighbour(&self, forward: bool) -> Option<ChannelId> {
        let sorted = self.sorted();
        let len = sorted.len();
        let at = sorted.iter().position(|channel| Some(channel.id) == self.current);
        let next = match at {
            Some(at) if forward => (at + 1) % len,
            Some(at) => (at + len - 1) % len,
            None if len > 0 => 0,
            None => return None,
        };
        Some(sorted[next].id)
    }

    /// Gives the next channel with something unread, those that want an answer first.
    fn next_unread(&self) -> Option<ChannelId> {
        let sorted = self.sorted();
        let at = sorted.iter().position(|channel| Some(channel.id) == self.current).unwrap_or(0);
        let around = || (1..sorted.len()).map(|step| sorted[(at + step) % sorted.len()]);
        let urgent =
            |channel: &&Channel| channel.mentions > 0 || (channel.kind == ChannelKind::Dm && channel.unread > 0);
        let found = around().find(urgent).or_else(|| around().find(|channel| channel.unread > 0));
        found.map(|channel| channel.id)
    }
}
