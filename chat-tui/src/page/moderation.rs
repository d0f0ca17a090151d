//! Who is banned from a channel, and who is timed out in it.

use proto::http::{Moderation, TimedOut};
use proto::{Ban, ChannelId, ClientPacket, Handle, Mute};

use super::keys::{self, PageAction, PageKey};
use super::list::Row;
use super::{Fetch, Fetched, Page, PagePlace, PageRequest};
use crate::chat::ChatScreen;
use crate::theme::Theme;
use crate::words::moment;

/// The keys of the page.
pub(super) const MODERATION_KEYS: &[PageKey] = &[
    PageKey::letter('u', "u", PageAction::Unban, key!("page-key-unban"), key!("page-help-unban")),
    PageKey::letter('u', "u", PageAction::EndTimeout, key!("page-key-end-timeout"), key!("page-help-end-timeout")),
    keys::PROFILE,
];

/// The page of bans and time-outs in a channel.
#[derive(Debug)]
pub struct ModerationPage {
    channel: ChannelId,
    found: Moderation,
    told: String,
}

impl ModerationPage {
    /// Opens the page; what it shows is to be fetched.
    pub fn new(channel: ChannelId) -> Self {
        Self { channel, found: Moderation::default(), told: label!("page-loading").to_owned() }
    }

    /// Gives whom a row is about, and whether they are banned: those who are stand first.
    fn person(&self, row: Option<usize>) -> Option<(&Handle, bool)> {
        let bans = self.found.bans.iter().map(|handle| (handle, true));
        let timeouts = self.found.timeouts.iter().map(|timed_out| (&timed_out.handle, false));
        bans.chain(timeouts).nth(row?)
    }

    fn lift(&self, handle: &Handle, is_banned: bool) -> ClientPacket {
        let (id, handle) = (self.channel, handle.clone());
        match is_banned {
            true => ClientPacket::Ban(Ban { id, handle, on: false }),
            false => ClientPacket::Mute(Mute { id, handle, for_s: 0 }),
        }
    }
}

impl Page for ModerationPage {
    fn title(&self, chat: &ChatScreen) -> String {
        let channel = chat.core.channels.get(&self.channel).map(|channel| chat.full_title(channel)).unwrap_or_default();
        say!("page-moderation-title", channel = channel)
    }

    fn keys(&self) -> &'static [PageKey] {
        MODERATION_KEYS
    }

    fn can(&self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> bool {
        self.person(row).is_some_and(|(_, is_banned)| match action {
            PageAction::Unban => is_banned,
            PageAction::EndTimeout => !is_banned,
            _ => true,
        })
    }

    fn act(&mut self, action: PageAction, row: Option<usize>, _: &ChatScreen) -> Vec<PageRequest> {
        let Some((handle, is_banned)) = self.person(row) else { return Vec::new() };
        match action {
            // They are gone from here when the daemon has done it.
            PageAction::Unban | PageAction::EndTimeout => vec![PageRequest::Change(self.lift(handle, is_banned))],
            _ => vec![PageRequest::Open(PagePlace::Profile(handle.clone()))],
        }
    }

    fn empty(&self) -> &str {
        &self.told
    }

    fn rows(&self, chat: &ChatScreen, _: usize, theme: &Theme) -> Vec<Row> {
        let banned = |handle: &Handle| {
            Row::new([
                (handle.as_str().to_owned(), theme.title),
                (format!(" · {}", label!("page-moderation-banned")), theme.dim),
            ])
        };
        let timed_out = |TimedOut { handle, until }: &TimedOut| {
            let words = say!("page-moderation-timed-out", time = moment(*until, chat.now, &chat.zone));
            Row::new([(handle.as_str().to_owned(), theme.title), (format!(" · {words}"), theme.dim)])
        };
        let bans = self.found.bans.iter().map(banned);
        bans.chain(self.found.timeouts.iter().map(timed_out)).collect()
    }

    fn fetched(&mut self, fetched: Fetched) {
        let Fetched::Moderation(found) = fetched else { return fetched.was_not_asked_for() };
        self.found = found;
        label!("page-moderation-empty").clone_into(&mut self.told);
    }

    fn failed(&mut self, reason: String) {
        self.told = reason;
    }

    fn identities(&self, _: &ChatScreen) -> Vec<String> {
        let timeouts = self.found.timeouts.iter().map(|timed_out| &timed_out.handle);
        self.found.bans.iter().chain(timeouts).map(ToString::to_string).collect()
    }

    fn wants(&mut self, _: &ChatScreen) -> Vec<PageRequest> {
        vec![PageRequest::Fetch(Fetch::Moderation(self.channel))]
    }
}
