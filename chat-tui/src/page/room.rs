//! A channel's settings, notifications and members.

use proto::{
    ChangeSettings, ChannelId, ChannelKind, ClientPacket, CreatedKind, Handle, Notify, NotifyLevel, Role, Timestamp,
};

use super::keys::{PageAction, PageKey};
use super::list::{Row, label_cells};
use super::writing::{Writing, WritingPurpose};
use super::{Page, PageRequest};
use crate::chat::ChatScreen;
use crate::core::channel::Channel;
use crate::theme::Theme;
use crate::words::moment;

mod member;

/// The keys of the page.
pub(super) const ROOM_KEYS: &[PageKey] = &[
    PageKey::enter(PageAction::Edit, key!("page-key-edit"), key!("page-help-edit-setting")),
    PageKey::enter(PageAction::Change, key!("page-key-change"), key!("page-help-change-setting")),
    PageKey::enter(PageAction::Message, key!("page-key-message"), key!("page-help-message")),
    PageKey::letter('o', "o", PageAction::MakeModerator, key!("page-key-moderator"), key!("page-help-moderator")),
    PageKey::letter('o', "o", PageAction::MakeMember, key!("page-key-member"), key!("page-help-member")),
    PageKey::letter('m', "m", PageAction::TimeOut, key!("page-key-timeout"), key!("page-help-timeout")),
    PageKey::letter('k', "k", PageAction::Remove, key!("page-key-remove"), key!("page-help-remove-member")),
    PageKey::letter('b', "b", PageAction::Ban, key!("page-key-ban"), key!("page-help-ban")),
    PageKey::letter('q', "q", PageAction::Mute, key!("page-key-mute"), key!("page-help-mute")),
    PageKey::letter('q', "q", PageAction::Unmute, key!("page-key-unmute"), key!("page-help-unmute")),
];

/// For how long `q` mutes a channel.
const MUTE_SECONDS: u32 = 8 * 60 * 60;
/// Times between two messages that Enter goes through.
const SLOW_SECONDS: [u32; 5] = [0, 5, 30, 300, 3_600];

/// The page of a channel's settings and members.
#[derive(Debug)]
pub struct RoomPage {
    channel: ChannelId,
    writing: Option<Writing>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Topic,
    Visibility,
    ReadOnly,
    SlowMode,
    Notifications,
    Muted,
    Member(Handle),
}

/// The settings, in their order.
const SETTINGS: [About; 6] =
    [About::Topic, About::Visibility, About::ReadOnly, About::SlowMode, About::Notifications, About::Muted];
/// Those from here on are the reader's own, and the only ones that a direct message has.
const PERSONAL_FROM: usize = 4;

impl RoomPage {
    /// Opens the page of a channel.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, writing: None }
    }

    fn channel<'a>(&self, chat: &'a ChatScreen) -> Option<&'a Channel> {
        chat.core.channels.get(&self.channel).filter(|channel| channel.gone.is_none())
    }

    fn abouts(&self, chat: &ChatScreen) -> Vec<About> {
        let Some(channel) = self.channel(chat) else { return Vec::new() };
        let settings = if channel.kind == ChannelKind::Dm { &SETTINGS[PERSONAL_FROM..] } else { &SETTINGS[..] };
        let mut members = channel.members.iter().collect::<Vec<_>>();
        members.sort_by_key(|(handle, member)| (member.role, (*handle).clone()));
        let members = members.into_iter().map(|(handle, _)| About::Member(handle.clone()));
        settings.iter().cloned().chain(members).collect()
    }

    fn about(&self, row: Option<usize>, chat: &ChatScreen) -> Option<About> {
        self.abouts(chat).into_iter().nth(row?)
    }

    fn change(&self, change: impl FnOnce(&mut ChangeSettings)) -> PageRequest {
        let mut settings = ChangeSettings::of(self.channel);
        change(&mut settings);
        PageRequest::Say(ClientPacket::ChangeSettings(settings))
    }

    fn notify(&self, level: Option<NotifyLevel>, quiet_s: Option<u32>) -> PageRequest {
        PageRequest::Say(ClientPacket::Notify(Notify { id: self.channel, level, quiet_s }))
    }

    /// Mutes the channel for a while, or no longer.
    fn mute(&self, channel: &Channel, now: Timestamp) -> PageRequest {
        self.notify(None, Some(if muted_until(channel, now).is_some() { 0 } else { MUTE_SECONDS }))
    }

    /// Takes the next of what a setting can be.
    fn set(&self, about: &About, channel: &Channel, now: Timestamp) -> Option<PageRequest> {
        Some(match about {
            About::Visibility if channel.kind == ChannelKind::Public => {
                PageRequest::SetKind(self.channel, CreatedKind::Private)
            }
            About::Visibility => PageRequest::SetKind(self.channel, CreatedKind::Public),
            About::ReadOnly => self.change(|settings| settings.read_only = Some(!channel.rules.read_only)),
            About::SlowMode => {
                let next = SLOW_SECONDS.iter().find(|seconds| **seconds > channel.rules.slow_mode_s).unwrap_or(&0);
                self.change(|settings| settings.slow_mode_s = Some(*next))
            }
            About::Notifications => {
                let next = match channel.level {
                    NotifyLevel::All | NotifyLevel::Unknown => NotifyLevel::Mentions,
                    NotifyLevel::Mentions => NotifyLevel::None,
                    NotifyLevel::None => NotifyLevel::All,
                };
                self.notify(Some(next), None)
            }
            About::Muted => self.mute(channel, now),
            About::Topic | About::Member(_) => return None,
        })
    }
}

impl Page for RoomPage {
    fn title(&self, chat: &ChatScreen) -> String {
        match self.channel(chat) {
            Some(channel) => {
                say!("page-room-title", channel = chat.full_title(channel), count = channel.members_total)
            }
            None => label!("page-room-title-none").to_owned(),
        }
    }

    fn keys(&self) -> &'static [PageKey] {
        ROOM_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> bool {
        let (Some(about), Some(channel)) = (self.about(row, chat), self.channel(chat)) else { return false };
        let muted = muted_until(channel, chat.now).is_some();
        match (action, &about) {
            (PageAction::Mute, _) => !muted,
            (PageAction::Unmute, _) => muted,
            (PageAction::Edit, about) => *about == About::Topic && channel.keeps_order(chat.me()),
            (PageAction::Change, About::Topic | About::Member(_)) => false,
            (PageAction::Change, About::Visibility) => member::role_of(channel, chat.me()) == Role::Owner,
            (PageAction::Change, About::ReadOnly | About::SlowMode) => channel.keeps_order(chat.me()),
            (PageAction::Change, About::Notifications | About::Muted) => true,
            (PageAction::Message, About::Member(handle)) => handle != chat.me(),
            (action, About::Member(handle)) => member::can(action, handle, channel, chat.me()),
            _ => false,
        }
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, chat: &ChatScreen) -> Vec<PageRequest> {
        let (Some(about), Some(channel)) = (self.about(row, chat), self.channel(chat)) else { return Vec::new() };
        if !self.can(action, row, chat) {
            return refusal(action, &about, channel, chat).into_iter().collect();
        }
        let request = match (action, about) {
            (PageAction::Mute | PageAction::Unmute, _) => Some(self.mute(channel, chat.now)),
            (PageAction::Message, About::Member(handle)) => Some(PageRequest::Talk(handle)),
            (action, About::Member(handle)) => {
                member::question(action, self.channel, handle, &chat.full_title(channel))
            }
            (PageAction::Edit, About::Topic) => {
                let topic = channel.topic.as_str().to_owned();
                self.writing = Some(Writing::begin(WritingPurpose::Topic(self.channel), &topic));
                None
            }
            (_, about) => self.set(&about, channel, chat.now),
        };
        request.into_iter().collect()
    }

    fn empty(&self) -> &str {
        label!("page-room-empty")
    }

    fn rows(&self, chat: &ChatScreen, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some(channel) = self.channel(chat) else { return Vec::new() };
        let column = label_cells(SETTINGS.iter().map(name));
        let row = |about: &About| match about {
            About::Member(handle) => member::row(handle, channel, chat, theme),
            // A topic is read whole.
            setting => Row::labelled((name(setting), theme.dim), &value(setting, channel, chat), column, cells),
        };
        self.abouts(chat).iter().map(row).collect()
    }

    fn identities(&self, chat: &ChatScreen) -> Vec<String> {
        self.abouts(chat).iter().map(|about| format!("{about:?}")).collect()
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }
}

/// Gives when the channel is no longer muted, if it is.
fn muted_until(channel: &Channel, now: Timestamp) -> Option<Timestamp> {
    channel.quiet_until.filter(|until| *until > now)
}

/// Says why something is not done.
fn refusal(action: PageAction, about: &About, channel: &Channel, chat: &ChatScreen) -> Option<PageRequest> {
    let title = chat.full_title(channel);
    let deed = match (action, about) {
        (PageAction::Edit, About::Topic) => "topic",
        (PageAction::Edit | PageAction::Change, About::Visibility) => {
            return Some(PageRequest::Fail(say!("error-visibility-owner", channel = title)));
        }
        (PageAction::Edit | PageAction::Change, About::ReadOnly | About::SlowMode) => "settings",
        (PageAction::MakeModerator | PageAction::MakeMember, About::Member(_)) => "role",
        (PageAction::TimeOut, About::Member(_)) => "timeout",
        (PageAction::Remove, About::Member(_)) => "kick",
        (PageAction::Ban, About::Member(_)) => "ban",
        _ => return None,
    };
    Some(PageRequest::Fail(match about {
        About::Member(_) if channel.kind == ChannelKind::Dm => label!("error-role-direct").to_owned(),
        About::Member(handle) if handle == chat.me() => label!("error-yourself").to_owned(),
        _ => say!("error-role", deed = deed, channel = title),
    }))
}

fn name(about: &About) -> &'static str {
    match about {
        About::Topic => label!("page-room-topic"),
        About::Visibility => label!("page-room-visibility"),
        About::ReadOnly => label!("page-room-read-only"),
        About::SlowMode => label!("page-room-slow-mode"),
        About::Notifications => label!("page-room-notifications"),
        About::Muted => label!("page-room-muted"),
        About::Member(_) => "",
    }
}

fn value(about: &About, channel: &Channel, chat: &ChatScreen) -> String {
    let rules = &channel.rules;
    match about {
        About::Topic => return channel.topic.as_str().to_owned(),
        About::SlowMode if rules.slow_mode_s > 0 => {
            return say!("page-room-slow-mode-on", seconds = rules.slow_mode_s);
        }
        About::Muted => {
            if let Some(until) = muted_until(channel, chat.now) {
                return moment(until, chat.now, &chat.zone);
            }
        }
        _ => {}
    }
    let words = match about {
        About::Visibility if channel.kind == ChannelKind::Public => label!("page-room-public"),
        About::Visibility => label!("page-room-private"),
        About::ReadOnly if rules.read_only => label!("page-room-read-only-on"),
        About::Notifications => match channel.level {
            NotifyLevel::All | NotifyLevel::Unknown => label!("page-room-notify-all"),
            NotifyLevel::Mentions => label!("page-room-notify-mentions"),
            NotifyLevel::None => label!("page-room-notify-none"),
        },
        About::Muted => label!("page-room-not-muted"),
        _ => label!("setting-off"),
    };
    words.to_owned()
}
