//! A channel as this client knows it.

use std::collections::{BTreeMap, BTreeSet};

use proto::{
    ChannelAdd, ChannelId, ChannelKind, ChannelName, ChannelResume, Handle, Index, Member, MemberUpdate, NotifyLevel,
    Presence, PresenceState, Role, Rules, Timestamp, Topic, Version,
};

use crate::component::{composer, timeline};
use crate::core::history::History;
use crate::msg::Page;
use crate::text::CleanLine;
use crate::unsent::Place;

/// A channel, its members, its messages, and what is being written to it.
#[derive(Debug)]
pub struct Channel {
    /// The channel.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about, safe to draw.
    pub topic: CleanLine,
    /// Who owns it.
    pub owner: Option<Handle>,
    /// Those members that are known.
    pub members: BTreeMap<Handle, MemberState>,
    /// How many there are.
    pub members_total: u64,
    /// The version up to which everything here is known.
    version: Version,
    /// The highest version that was heard of; above `version` while the changes between are fetched.
    heard: Version,
    /// The version whose later changes were asked for.
    asked_since: Option<Version>,
    /// Up to where one has read.
    pub last_read: Index,
    /// Messages behind it.
    pub unread: u64,
    /// Those of them that name the reader.
    pub mentions: u64,
    /// The messages.
    pub history: History,
    /// Which of them are shown.
    pub timeline: timeline::State,
    /// What is being written.
    pub composer: composer::State,
    /// What it is written for, if not for a message of its own.
    pub target: Option<Target>,
    /// Who may speak, and how often.
    pub rules: Rules,
    /// Why the reader is no longer in it, if so; safe to draw. It is kept for what stands in it.
    pub gone: Option<CleanLine>,
    /// Whether it is a conversation that somebody else has opened and said nothing in: it is not listed.
    is_closed: bool,
    /// Of what the reader wants to hear.
    pub level: NotifyLevel,
    /// Until when the reader wants to hear of nothing.
    pub quiet_until: Option<Timestamp>,
    /// What the daemon keeps of what is being written, and what it was told to keep.
    pub(super) kept_draft: String,
    pub(super) told_draft: String,
    /// What another device was writing, as it is on Ctrl+Up.
    pub(super) other_draft: String,
    /// When somebody has typed here last, since the channel is shown.
    pub(super) typed_at: Option<Timestamp>,
    /// Whether something was typed here since the daemon was told.
    pub(super) draft_is_new: bool,
    /// Up to where everything that was not read has been on the screen, if only while it went by.
    pub(super) shown_through: Index,
    /// Up to where somebody was there since it came.
    pub(super) attended: Index,
    /// The last message when the reader left it for another channel.
    pub(super) left_through: Option<Index>,
    /// Whether the reader has said that it is unread: nothing is read until they come again.
    pub(super) held_unread: bool,
}

/// A member as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberState {
    /// Whether there.
    pub state: PresenceState,
    /// Whether connected.
    pub online: bool,
    /// Whether typing.
    pub typing: bool,
    /// Since when.
    pub since: Option<Timestamp>,
    /// When last connected.
    pub last_seen: Option<Timestamp>,
    /// What they do just now, if they say so; safe to draw.
    pub status: Option<CleanLine>,
    /// What they want to be called, if not by their handle; safe to draw.
    pub display_name: Option<CleanLine>,
    /// What they may do.
    pub role: Role,
    /// Whether an operator keeps the account from being used.
    pub disabled: bool,
}

impl MemberState {
    /// Somebody of whom nothing is known yet.
    fn unknown() -> Self {
        Self {
            state: PresenceState::Offline,
            online: false,
            typing: false,
            since: None,
            last_seen: None,
            status: None,
            display_name: None,
            role: Role::Member,
            disabled: false,
        }
    }

    /// Forgets how somebody is there and what they say of themselves.
    fn hide(&mut self) {
        *self = Self { role: self.role, disabled: self.disabled, ..Self::unknown() };
    }
}

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An answer to a message.
    Reply {
        /// Which.
        index: Index,
        /// Who said it and how it begins, safe to draw.
        quote: String,
    },
    /// Another content for an own message.
    Edit {
        /// Which.
        index: Index,
        /// What was being written before.
        draft: composer::State,
    },
}

impl Target {
    /// Says what is being written, above where one writes.
    pub fn words(&self) -> String {
        match self {
            Self::Reply { quote, .. } => format!("↪ {quote}"),
            Self::Edit { .. } => "changing your message".to_owned(),
        }
    }
}

impl Channel {
    /// Makes a channel of which nothing is shown yet.
    pub fn new(place: Place) -> Self {
        let Place { id, name, kind } = place;
        Self {
            id,
            name,
            kind,
            topic: CleanLine::default(),
            owner: None,
            members: BTreeMap::new(),
            members_total: 0,
            version: Version::default(),
            heard: Version::default(),
            asked_since: None,
            last_read: Index::default(),
            unread: 0,
            mentions: 0,
            history: History::default(),
            timeline: timeline::State::default(),
            composer: composer::State::default(),
            target: None,
            rules: Rules::default(),
            gone: None,
            is_closed: false,
            level: NotifyLevel::All,
            quiet_until: None,
            kept_draft: String::new(),
            told_draft: String::new(),
            other_draft: String::new(),
            typed_at: None,
            draft_is_new: false,
            shown_through: Index::default(),
            attended: Index::default(),
            left_through: None,
            held_unread: false,
        }
    }

    /// Tells whether it stands in the list: not while it is a conversation in which nothing was said to the reader.
    pub fn is_listed(&self) -> bool {
        !self.is_closed || self.history.last_index() > Index::default()
    }

    /// Takes a whole picture over; what is being written and sent stays.
    pub fn show(&mut self, add: ChannelAdd) {
        // Everything between is known when the picture continues what is here.
        let continues = add.first_index.get() <= self.history.last_index().get() + 1;
        if !continues || self.version > add.version {
            self.history.reset(add.last_index);
            self.timeline.reset();
        }
        self.history.set_first_index(add.history_from.unwrap_or_default());
        self.history.set_last_index(add.last_index);
        add.messages.iter().for_each(|message| _ = self.history.insert(message));
        self.gone = None;
        self.is_closed = add.closed;
        self.name = add.name;
        self.kind = add.kind;
        self.topic = clean(&add.topic);
        self.owner = add.owner;
        self.rules = add.rules;
        self.version = add.version;
        self.heard = add.version;
        self.asked_since = None;
        self.set_members(add.members, add.members_total);
        self.set_read(add.last_read, add.unread, add.mentions);
    }

    /// Takes over what changed since one was here; gives the page to be fetched when that was not all.
    pub fn resume(&mut self, resume: ChannelResume) -> Option<Page> {
        resume.messages.iter().for_each(|message| _ = self.history.insert(message));
        self.history.set_last_index(resume.last_index);
        self.gone = None;
        self.version = resume.version;
        self.heard = resume.version;
        self.asked_since = None;
        self.set_members(resume.members, resume.members_total);
        self.set_topic(&resume.topic);
        self.owner = resume.owner;
        self.rules = resume.rules;
        self.name = resume.name.unwrap_or_else(|| self.name.clone());
        self.kind = resume.kind.unwrap_or(self.kind);
        self.set_read(resume.last_read, resume.unread, resume.mentions);
        if resume.more { self.catch_up() } else { None }
    }

    /// Gives the version up to which everything here is known: what a new connection resumes from.
    pub fn version(&self) -> Version {
        self.version
    }

    /// An event told of a version. While earlier changes are being fetched it does not count yet.
    pub fn hear(&mut self, version: Version) {
        self.heard = self.heard.max(version);
        if self.asked_since.is_none() {
            self.version = self.heard;
        }
    }

    /// Something between is missing: gives the page to be fetched, unless that was asked for already.
    pub fn catch_up(&mut self) -> Option<Page> {
        if self.asked_since.is_some() {
            return None;
        }
        self.asked_since = Some(self.version);
        Some(Page::Since(self.version))
    }

    /// The changes after a version have come, up to another; gives the next page if that was not all.
    pub fn changes_arrived(&mut self, since: Version, up_to: Version, more: bool) -> Option<Page> {
        // An answer to a question of before the connection was lost.
        if self.asked_since != Some(since) {
            return None;
        }
        self.version = self.version.max(up_to);
        self.asked_since = None;
        if more && up_to > since {
            return self.catch_up();
        }
        self.version = self.version.max(self.heard);
        None
    }

    /// Lets go of messages far from where one reads.
    pub(super) fn let_go(&mut self) {
        self.history.let_go(self.timeline.near());
    }

    /// Forgets what only a connection makes true.
    pub fn connection_lost(&mut self) {
        self.members.values_mut().for_each(|member| member.typing = false);
        self.history.page_failed();
        self.draft_is_lost();
        self.heard = self.version;
        self.asked_since = None;
    }

    /// Replaces the list of members.
    pub fn set_members(&mut self, members: Vec<Member>, total: u64) {
        self.members_total = total;
        self.members = members.into_iter().map(|member| (member.handle.clone(), MemberState::from(&member))).collect();
    }

    /// Takes over where the daemon says one stands.
    pub fn set_read(&mut self, last_read: Index, unread: u64, mentions: u64) {
        self.last_read = last_read;
        self.unread = unread;
        self.mentions = mentions;
    }

    /// Sets the topic.
    pub fn set_topic(&mut self, topic: &Topic) {
        self.topic = clean(topic);
    }

    /// Takes over what changed about a member.
    pub fn update_member(&mut self, update: MemberUpdate, total: Option<u64>) {
        self.members_total = total.unwrap_or(self.members_total);
        if update.left {
            self.members.remove(&update.handle);
            return;
        }
        let member = self.members.entry(update.handle).or_insert_with(MemberState::unknown);
        member.online = update.online.unwrap_or(member.online);
        member.typing = update.typing.unwrap_or(member.typing);
        member.role = update.role.unwrap_or(member.role);
        member.disabled = update.disabled.unwrap_or(member.disabled);
        // What comes with how somebody is there is whole.
        if let Some(state) = update.state {
            member.state = state;
            member.since = update.since;
            member.last_seen = update.last_seen;
            member.status = clean_line(update.status.as_ref());
            member.display_name = clean_line(update.display_name.as_ref());
        }
    }

    /// Takes over whether a member is there.
    pub fn update_presence(&mut self, presence: &Presence) {
        if let Some(member) = self.members.get_mut(&presence.handle) {
            member.online = presence.online;
            member.state = presence.state;
            member.since = presence.since;
            member.last_seen = presence.last_seen;
            member.status = clean_line(presence.status.as_ref());
            member.display_name = clean_line(presence.display_name.as_ref());
            member.typing &= presence.online;
        }
    }

    /// Shows nothing of people whom the reader has blocked: not whether they are there, nor what they say of themselves.
    pub fn hide(&mut self, blocked: &BTreeSet<Handle>) {
        for handle in blocked {
            if let Some(member) = self.members.get_mut(handle) {
                member.hide();
            }
        }
    }

    /// Tells whether the reader is the last member who can sign in.
    pub fn is_last(&self, me: &Handle) -> bool {
        let all_known = self.members.len() as u64 >= self.members_total;
        all_known && self.members.iter().all(|(handle, member)| handle == me || member.disabled)
    }

    /// Tells whether somebody is owner or moderator.
    pub fn keeps_order(&self, who: &Handle) -> bool {
        self.members.get(who).is_some_and(|member| matches!(member.role, Role::Owner | Role::Moderator))
    }

    /// Gives those who type, the reader left out.
    pub fn typing<'a>(&'a self, me: &'a Handle) -> impl Iterator<Item = &'a Handle> {
        self.members.iter().filter(move |(handle, member)| member.typing && *handle != me).map(|(handle, _)| handle)
    }

    /// Gives the name as people write it: `#tea`, `@bob`.
    pub fn title(&self) -> String {
        let sign = if self.kind == ChannelKind::Dm { '@' } else { '#' };
        format!("{sign}{}", CleanLine::new(self.name.as_str()))
    }

    /// Gives what the channel is called.
    pub(super) fn place(&self) -> Place {
        Place { id: self.id, name: self.name.clone(), kind: self.kind }
    }

    /// Gives what is being written, with nothing left behind.
    pub(super) fn take_writing(&mut self) -> Writing {
        Writing {
            composer: std::mem::take(&mut self.composer),
            target: self.target.take(),
            kept_draft: std::mem::take(&mut self.kept_draft),
        }
    }

    /// Goes on with what was being written.
    pub(super) fn go_on_writing(&mut self, writing: Writing) {
        (self.composer, self.target, self.kept_draft) = (writing.composer, writing.target, writing.kept_draft);
        self.told_draft.clone_from(&self.kept_draft);
        self.draft_is_new = true;
    }
}

/// What is being written in a channel that is not shown.
#[derive(Debug, Default)]
pub(super) struct Writing {
    pub(super) composer: composer::State,
    pub(super) target: Option<Target>,
    /// What the daemon keeps of it.
    pub(super) kept_draft: String,
}

impl Writing {
    /// A change of an earlier message cannot be made any more: it is had back by Ctrl+Up, and what was being written before it
    /// goes on.
    pub(super) fn put_aside_edit(&mut self) {
        if let Some(Target::Edit { draft, .. }) = self.target.take_if(|target| matches!(target, Target::Edit { .. })) {
            let changed = std::mem::replace(&mut self.composer, draft);
            if self.composer.is_empty() {
                self.composer.go_on(changed);
            } else {
                self.composer.remember_all(changed);
            }
        }
    }

    /// The message that it was written for is not known any more.
    pub(super) fn forget_message(&mut self) {
        self.put_aside_edit();
        self.target = None;
    }

    /// Tells whether nothing stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.composer.is_empty() && self.target.is_none()
    }
}

fn clean(topic: &Topic) -> CleanLine {
    CleanLine::new(topic.as_str())
}

fn clean_line(text: Option<&impl ToString>) -> Option<CleanLine> {
    text.map(|text| CleanLine::new(&text.to_string()))
}

impl From<&Member> for MemberState {
    fn from(member: &Member) -> Self {
        Self {
            state: member.state,
            online: member.online,
            typing: member.typing,
            since: member.since,
            last_seen: member.last_seen,
            status: clean_line(member.status.as_ref()),
            display_name: clean_line(member.display_name.as_ref()),
            role: member.role,
            disabled: member.disabled,
        }
    }
}
