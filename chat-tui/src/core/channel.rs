//! A channel as this client knows it.

use std::collections::{BTreeMap, BTreeSet};

use proto::{
    ChannelAdd, ChannelId, ChannelKind, ChannelName, ChannelResume, FileId, Handle, Index, Member, MemberUpdate,
    MessagePatch, NotifyLevel, Presence, PresenceState, Role, Rules, Timestamp, Topic, Version, bounds,
};

use super::history::{History, HistoryRange, Kept};
use super::sync::SyncState;
use crate::text::CleanLine;
use crate::unsent::ChannelPlace;

/// A channel, its members and its messages.
#[derive(Debug)]
pub struct Channel {
    /// The channel's id; it never changes.
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
    /// Another number after each change of who they are, what they may do and what they are called.
    members_revision: u64,
    /// Whether the store may hold messages that are not here.
    is_stored: bool,
    /// Whether the store was asked who is in it.
    members_looked_for: bool,
    /// Whether it was shown on this connection without its members: those that are known are from before.
    lacks_members: bool,
    /// How far its changes are known.
    pub(super) sync: SyncState,
    /// Up to where one has read.
    pub last_read: Index,
    /// Messages behind it.
    pub unread: u64,
    /// Those of them that name the reader.
    pub mentions: u64,
    /// Up to which message they are counted: a page can be here before the daemon tells of what is in it.
    pub(super) counted: Index,
    /// What is known of the channel's messages.
    pub history: History,
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
    /// What is being written, as far as the daemon is told of it.
    pub draft: Drafted,
    /// Near which message the reader reads, if that is not the newest: what is far from there is let go first.
    pub near: Option<Index>,
}

/// What the daemon keeps of what is being written, for the reader's other devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafted {
    /// What it keeps.
    pub kept: String,
    /// What it was told to keep.
    pub told: String,
    /// Whether something was typed here since.
    pub is_new: bool,
}

impl Drafted {
    /// Somebody goes on with what the daemon may keep.
    pub fn of(kept: String) -> Self {
        Self { told: kept.clone(), kept, is_new: true }
    }

    /// The daemon keeps this, as another device or this one has said.
    pub fn is_kept(&mut self, content: &str) {
        self.kept = content.to_owned();
        self.told = content.to_owned();
    }

    /// Nobody knows whether the daemon has what it was told.
    pub fn is_lost(&mut self) {
        self.is_new |= self.told != self.kept;
        self.told.clone_from(&self.kept);
    }
}

/// A member as the list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberState {
    /// Whether the member is online, idle, away or not to be disturbed.
    pub state: PresenceState,
    /// Whether the member has a connection that the reader may know of.
    pub online: bool,
    /// Whether the member is writing something in the channel just now.
    pub typing: bool,
    /// Since when the state holds, if that is known.
    pub since: Option<Timestamp>,
    /// When last connected.
    pub last_seen: Option<Timestamp>,
    /// What they do just now, if they say so; safe to draw.
    pub status: Option<CleanLine>,
    /// What they want to be called, if not by their handle; safe to draw.
    pub display_name: Option<CleanLine>,
    /// The picture that they are seen by.
    pub avatar: Option<FileId>,
    /// What they may do.
    pub role: Role,
    /// Whether an operator keeps the account from being used.
    pub disabled: bool,
}

impl MemberState {
    /// Somebody of whom nothing is known yet.
    pub(super) fn unknown() -> Self {
        Self {
            state: PresenceState::Offline,
            online: false,
            typing: false,
            since: None,
            last_seen: None,
            status: None,
            display_name: None,
            avatar: None,
            role: Role::Member,
            disabled: false,
        }
    }

    /// Forgets how somebody is there and what they say of themselves.
    fn hide(&mut self) {
        *self = Self { role: self.role, disabled: self.disabled, ..Self::unknown() };
    }
}

impl Channel {
    /// Makes a channel of which nothing is shown yet.
    pub fn new(place: ChannelPlace) -> Self {
        let ChannelPlace { id, name, kind } = place;
        Self {
            id,
            name,
            kind,
            topic: CleanLine::default(),
            owner: None,
            members: BTreeMap::new(),
            members_total: 0,
            members_revision: 0,
            is_stored: false,
            members_looked_for: false,
            lacks_members: false,
            sync: SyncState::default(),
            last_read: Index::default(),
            unread: 0,
            mentions: 0,
            counted: Index::default(),
            history: History::default(),
            rules: Rules::default(),
            gone: None,
            is_closed: false,
            level: NotifyLevel::All,
            quiet_until: None,
            draft: Drafted::default(),
            near: None,
        }
    }

    /// Tells whether it stands in the list: not while it is a conversation in which nothing was said to the reader.
    pub fn is_listed(&self) -> bool {
        !self.is_closed || self.history.last_index() > Index::default()
    }

    /// Takes a whole picture over; gives whether what was known goes on in it.
    pub fn show(&mut self, add: &ChannelAdd) -> bool {
        let held = self.history.last_index();
        let continues = match add.messages.is_empty() {
            // What lies between is fetched when it is read. Of messages that were only told of nothing goes on.
            true => {
                let holds_some = self.is_stored || !self.history.is_empty() || held == Index::default();
                holds_some && add.last_index.get() <= held.get() + bounds::RESUME_MESSAGES_MAX as u64 + 1
            }
            // Who holds the message before the picture lacks none between.
            false => {
                let before = Index::new(add.first_index.get().saturating_sub(1));
                held >= before && (self.is_stored || before == Index::default() || self.history.has(before))
            }
        };
        let goes_on = continues && self.sync.known() <= add.version;
        if !goes_on {
            self.is_stored = false;
            self.history.reset(add.last_index);
        }
        let is_older = |kept: &Kept| add.messages.is_empty() || kept.message.index < add.first_index;
        let oldest = self.history.after(Index::default());
        let holds_older = oldest.is_some_and(is_older) || goes_on && self.is_stored;
        self.history.set_first_index(add.history_from.unwrap_or_default());
        self.history.set_last_index(add.last_index);
        add.messages.iter().for_each(|message| _ = self.history.insert(message));
        self.gone = None;
        self.is_closed = add.closed;
        self.name = add.name.clone();
        self.kind = add.kind;
        self.topic = clean(&add.topic);
        self.owner = add.owner.clone();
        self.rules = add.rules;
        // It holds the newest messages only.
        self.sync.shown(add.version, holds_older);
        self.counted = add.last_index;
        self.members_came_with(&add.members, add.members_total);
        self.set_read(add.last_read, add.unread, add.mentions);
        goes_on
    }

    /// Takes over what changed since one was here, all or a part of it.
    pub fn resume(&mut self, resume: &ChannelResume) {
        resume.messages.iter().for_each(|message| _ = self.history.insert(message));
        self.history.set_last_index(resume.last_index);
        self.gone = None;
        self.sync.resumed(resume.version, resume.more);
        self.counted = resume.last_index;
        self.members_came_with(&resume.members, resume.members_total);
        self.set_topic(&resume.topic);
        self.owner = resume.owner.clone();
        self.rules = resume.rules;
        self.name = resume.name.clone().unwrap_or_else(|| self.name.clone());
        self.kind = resume.kind.unwrap_or(self.kind);
        self.set_read(resume.last_read, resume.unread, resume.mentions);
    }

    /// Notes that the store holds it, as of a version.
    pub(super) fn stands_at(&mut self, version: Version, last_index: Index, closed: bool) {
        self.sync = SyncState::stored_at(version);
        self.counted = last_index;
        self.is_closed = closed;
        self.is_stored = true;
        self.lacks_members = true;
    }

    /// Tells whether the store is to be asked who is in it, which it is once.
    pub(super) fn looks_for_members(&mut self) -> bool {
        self.is_stored && self.members.is_empty() && !std::mem::replace(&mut self.members_looked_for, true)
    }

    /// Tells whether it is a conversation that is not listed until something is said in it.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Gives another number after each change of who its members are.
    pub(super) fn members_revision(&self) -> u64 {
        self.members_revision
    }

    /// Gives the version up to which everything here is known: what a new connection resumes from.
    pub fn version(&self) -> Version {
        self.sync.known()
    }

    /// A message is otherwise now.
    pub fn message_changed(&mut self, patch: &MessagePatch) {
        if !self.history.patch(patch) {
            self.sync.pass_by(patch.version);
        }
        self.sync.hear(patch.version);
    }

    /// Gives the page that says what is missing, unless that was asked for already.
    pub fn catch_up(&mut self) -> Option<HistoryRange> {
        self.sync.ask().map(HistoryRange::Since)
    }

    /// Tells whether a page was asked for and has not come.
    pub(super) fn waits_for(&self, page: HistoryRange) -> bool {
        match page {
            HistoryRange::Since(version) => self.sync.waits_for(version),
            HistoryRange::Before(_) | HistoryRange::After(_) => self.history.is_loading_page(page),
        }
    }

    /// Lets go of messages far from where one reads.
    pub(super) fn let_go(&mut self) {
        let held = self.history.len();
        self.history.let_go(self.near);
        self.is_stored |= self.history.len() < held;
    }

    /// Tells whether everything up to the newest event is here, as far as the daemon has said.
    pub fn is_up_to_date(&self) -> bool {
        self.sync.is_up_to_date()
    }

    /// The reader is no longer in it, for a reason: nothing more of it comes.
    pub fn becomes_gone(&mut self, words: CleanLine) {
        self.gone = Some(words);
        // The daemon keeps nothing of what is written from now on.
        self.draft = Drafted::of(String::new());
        self.set_read(self.last_read, 0, 0);
        self.set_members(&[], 0);
        self.connection_lost();
    }

    /// Forgets what only a connection makes true.
    pub fn connection_lost(&mut self) {
        self.members.values_mut().for_each(|member| member.typing = false);
        self.history.page_failed();
        self.draft.is_lost();
        self.sync.connection_lost();
        self.lacks_members = false;
    }

    /// Replaces the list of members.
    pub fn set_members(&mut self, members: &[Member], total: u64) {
        self.members_revision += 1;
        self.members_total = total;
        self.members = members.iter().map(|member| (member.handle.clone(), MemberState::from(member))).collect();
        self.lacks_members = false;
    }

    /// Takes over the members that came with a picture; without any, who was known stays until they are asked for.
    fn members_came_with(&mut self, members: &[Member], total: u64) {
        if members.is_empty() {
            self.members_total = total;
            self.lacks_members = true;
        } else {
            self.set_members(members, total);
        }
    }

    /// The daemon does not say who is in it.
    pub(super) fn members_refused(&mut self) {
        self.lacks_members = false;
    }

    /// Tells whether the daemon is to be asked who is in it.
    pub fn lacks_members(&self) -> bool {
        self.lacks_members
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
        self.members_revision += u64::from(update.left || update.role.is_some() || update.display_name.is_some());
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
            member.avatar = update.avatar.file();
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
            member.avatar = presence.avatar.file();
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
        self.members_total == 1
            || all_known && self.members.iter().all(|(handle, member)| handle == me || member.disabled)
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
    pub fn place(&self) -> ChannelPlace {
        ChannelPlace { id: self.id, name: self.name.clone(), kind: self.kind }
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
            avatar: member.avatar.file(),
            role: member.role,
            disabled: member.disabled,
        }
    }
}
