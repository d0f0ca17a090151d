//! A channel itself: what it is, of what one hears, and who is in it.

use crossterm::event::{KeyCode, KeyEvent};
use proto::{
    Ban, ChangeSettings, ChannelId, ChannelKind, ClientPacket, CreatedKind, Handle, Kick, Mute, Notify, NotifyLevel,
    Role, SetRole, Timestamp,
};
use ratatui::style::Style;

use super::list::Row;
use super::writing::{self, Writing};
use super::{Page, PageRequest};
use crate::chat;
use crate::component::members;
use crate::core::channel::Channel;
use crate::text::wrap;
use crate::theme::Theme;

/// For how long `m` keeps somebody from speaking.
const MUTE_SECONDS: u32 = 600;
/// For how long `q` keeps a channel quiet.
const QUIET_SECONDS: u32 = 8 * 60 * 60;
/// Times between two messages that Enter goes through.
const SLOW_SECONDS: [u32; 5] = [0, 5, 30, 300, 3_600];

/// Cells of the names of settings.
const NAME_CELLS: usize = 16;

/// The page.
#[derive(Debug)]
pub struct State {
    channel: ChannelId,
    writing: Option<Writing>,
}

/// What a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
enum About {
    Topic,
    Kind,
    ReadOnly,
    SlowMode,
    Level,
    Quiet,
    Member(Handle),
}

impl State {
    /// Opens the page of a channel.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, writing: None }
    }

    fn channel<'a>(&self, chat: &'a chat::State) -> Option<&'a Channel> {
        chat.core.channels.get(&self.channel).filter(|channel| channel.gone.is_none())
    }

    fn abouts(&self, chat: &chat::State) -> Vec<About> {
        let Some(channel) = self.channel(chat) else { return Vec::new() };
        let settings: &[About] = if channel.kind == ChannelKind::Dm {
            &[About::Level, About::Quiet]
        } else {
            &[About::Topic, About::Kind, About::ReadOnly, About::SlowMode, About::Level, About::Quiet]
        };
        let mut members = channel.members.iter().collect::<Vec<_>>();
        members.sort_by_key(|(handle, member)| (member.role, (*handle).clone()));
        let members = members.into_iter().map(|(handle, _)| About::Member(handle.clone()));
        settings.iter().cloned().chain(members).collect()
    }

    fn settings(&self, change: impl FnOnce(&mut ChangeSettings)) -> Vec<PageRequest> {
        let mut settings = ChangeSettings::of(self.channel);
        change(&mut settings);
        vec![PageRequest::Say(ClientPacket::ChangeSettings(settings))]
    }

    fn notify(&self, level: Option<NotifyLevel>, quiet_s: Option<u32>) -> Vec<PageRequest> {
        vec![PageRequest::Say(ClientPacket::Notify(Notify { id: self.channel, level, quiet_s }))]
    }
}

impl Page for State {
    fn title(&self, chat: &chat::State) -> String {
        let Some(channel) = self.channel(chat) else { return "Channel".to_owned() };
        let title = chat.full_title(channel);
        match channel.members_total {
            1 => format!("{title} — 1 member"),
            total => format!("{title} — {total} members"),
        }
    }

    fn hint(&self, chat: &chat::State) -> &'static str {
        let keeps_order = self.channel(chat).is_some_and(|channel| channel.keeps_order(chat.me()));
        let keys = if keeps_order {
            "Enter · o moderator · m mute · k kick · b ban · q quiet · Esc"
        } else {
            "Enter · q quiet · Esc"
        };
        self.writing.as_ref().map_or(keys, Writing::hint)
    }

    fn empty(&self) -> &str {
        "You are not in this channel any more"
    }

    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row> {
        let Some(channel) = self.channel(chat) else { return Vec::new() };
        let row = |about: &About| match about {
            About::Member(handle) => member_row(handle, channel, chat, theme),
            setting => {
                let (name, value) = setting_words(setting, channel, chat.now);
                // A topic is read whole.
                let mut lines =
                    wrap(&value, cells.saturating_sub(NAME_CELLS)).into_iter().map(|line| value[line].to_owned());
                let first = lines.next().unwrap_or_default();
                let row = Row::new([(format!("{name:<NAME_CELLS$}"), theme.dim), (first, Style::new())]);
                lines.fold(row, |row, line| row.line(format!("{:<NAME_CELLS$}{line}", ""), Style::new()))
            }
        };
        self.abouts(chat).iter().map(row).collect()
    }

    fn identities(&self, chat: &chat::State) -> Vec<String> {
        self.abouts(chat).iter().map(|about| format!("{about:?}")).collect()
    }

    fn open(&mut self, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let about = row.and_then(|row| self.abouts(chat).get(row).cloned());
        let (Some(about), Some(channel)) = (about, self.channel(chat)) else { return Vec::new() };
        match about {
            About::Topic => {
                let topic = channel.topic.as_str().to_owned();
                self.writing = Some(Writing::begin(writing::About::Topic(self.channel), &topic));
                Vec::new()
            }
            About::Kind => {
                let public = channel.kind == ChannelKind::Public;
                let kind = if public { CreatedKind::Private } else { CreatedKind::Public };
                vec![PageRequest::SetKind(self.channel, kind)]
            }
            About::ReadOnly => self.settings(|settings| settings.read_only = Some(!channel.rules.read_only)),
            About::SlowMode => {
                let next = SLOW_SECONDS.iter().find(|seconds| **seconds > channel.rules.slow_mode_s).unwrap_or(&0);
                self.settings(|settings| settings.slow_mode_s = Some(*next))
            }
            About::Level => {
                let next = match channel.level {
                    NotifyLevel::All | NotifyLevel::Unknown => NotifyLevel::Mentions,
                    NotifyLevel::Mentions => NotifyLevel::None,
                    NotifyLevel::None => NotifyLevel::All,
                };
                self.notify(Some(next), None)
            }
            About::Quiet => self.notify(None, Some(if is_quiet(channel, chat.now) { 0 } else { QUIET_SECONDS })),
            About::Member(handle) if handle == *chat.me() => Vec::new(),
            About::Member(handle) => vec![PageRequest::Talk(handle)],
        }
    }

    fn written(&self) -> Option<&Writing> {
        self.writing.as_ref()
    }

    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        Some(&mut self.writing)
    }

    fn key(&mut self, key: KeyEvent, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest> {
        let Some(channel) = self.channel(chat) else { return Vec::new() };
        if key.code == KeyCode::Char('q') {
            return self.notify(None, Some(if is_quiet(channel, chat.now) { 0 } else { QUIET_SECONDS }));
        }
        let about = row.and_then(|row| self.abouts(chat).get(row).cloned());
        let Some(About::Member(handle)) = about else { return Vec::new() };
        let (id, about) = (self.channel, handle.to_string());
        // Rows move as people come and go: each of these names whom it is about first.
        let (question, packet) = match key.code {
            KeyCode::Char('o') => {
                let moderates = channel.members.get(&handle).is_some_and(|member| member.role == Role::Moderator);
                let role = if moderates { Role::Member } else { Role::Moderator };
                let question = if moderates { "A plain member from now on?" } else { "A moderator from now on?" };
                (question, ClientPacket::SetRole(SetRole { id, handle, role }))
            }
            KeyCode::Char('m') => {
                ("Mute for 10 minutes?", ClientPacket::Mute(Mute { id, handle, for_s: MUTE_SECONDS }))
            }
            KeyCode::Char('k') => ("Send away?", ClientPacket::Kick(Kick { id, handle })),
            KeyCode::Char('b') => ("Send away and keep out?", ClientPacket::Ban(Ban { id, handle, on: true })),
            _ => return Vec::new(),
        };
        vec![PageRequest::Ask(question, about, packet)]
    }
}

fn is_quiet(channel: &Channel, now: Timestamp) -> bool {
    channel.quiet_until.is_some_and(|until| until > now)
}

fn setting_words(about: &About, channel: &Channel, now: Timestamp) -> (&'static str, String) {
    let yes = |on: bool| if on { "yes" } else { "no" }.to_owned();
    match about {
        About::Topic => ("Topic", channel.topic.as_str().to_owned()),
        About::Kind if channel.kind == ChannelKind::Public => ("Kind", "public: everybody can find it".to_owned()),
        About::Kind => ("Kind", "private: by invitation".to_owned()),
        About::ReadOnly => ("Read-only", yes(channel.rules.read_only)),
        About::SlowMode if channel.rules.slow_mode_s == 0 => ("Slow mode", "no".to_owned()),
        About::SlowMode => ("Slow mode", format!("{} s between two messages", channel.rules.slow_mode_s)),
        About::Level => {
            let level = match channel.level {
                NotifyLevel::All | NotifyLevel::Unknown => "all messages",
                NotifyLevel::Mentions => "mentions and replies",
                NotifyLevel::None => "nothing",
            };
            ("You hear of", level.to_owned())
        }
        About::Quiet => ("Quiet for now", yes(is_quiet(channel, now))),
        About::Member(_) => ("", String::new()),
    }
}

fn member_row(handle: &Handle, channel: &Channel, chat: &chat::State, theme: &Theme) -> Row {
    let Some(member) = channel.members.get(handle) else { return Row::default() };
    let (sign, style) = members::sign(member, theme);
    let role = match member.role {
        Role::Owner => "owner",
        Role::Moderator => "moderator",
        Role::Member | Role::Unknown => "",
    };
    let me = if handle == chat.me() { " (you)" } else { "" };
    Row::new([
        (format!("{sign} "), style),
        (format!("{:<24}", format!("{handle}{me}")), Style::new()),
        (role.to_owned(), theme.dim),
    ])
}
