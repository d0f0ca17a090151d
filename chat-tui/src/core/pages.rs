//! Pages of history: what came is kept, what did not come is asked for again.

use proto::http::History;
use proto::{ChannelId, Timestamp};

use super::history::HistoryRange;
use super::{ConnectionState, Core, CoreEffect, Happened, Scope};

/// The first wait after a page did not come, and the longest; each further failure doubles it.
pub(super) const WAIT_MIN_MILLIS: i64 = 1_000;
const WAIT_MAX_MILLIS: i64 = 60_000;

/// A page that did not come and is asked for again.
#[derive(Debug)]
pub(super) struct FailedPage {
    due: Timestamp,
    channel: ChannelId,
    page: HistoryRange,
}

impl Core {
    /// Asks for the first of some pages that may bring something, unless one is asked for already.
    pub fn load_one_of(&mut self, id: ChannelId, pages: Vec<HistoryRange>) -> Option<CoreEffect> {
        let page = self.channels.get_mut(&id)?.history.ask(pages)?;
        Some(CoreEffect::LoadHistory(id, page))
    }

    /// Asks for a page that holds a message which is far from what is here.
    pub fn load_around(&mut self, id: ChannelId, page: HistoryRange) -> Option<CoreEffect> {
        self.channels.get_mut(&id)?.history.is_sought(page);
        Some(CoreEffect::LoadHistory(id, page))
    }

    /// A page of history has come, or not.
    pub(super) fn history_came(&mut self, id: ChannelId, page: HistoryRange, result: Result<History, String>) {
        self.touch(id);
        // What was asked for on another connection may be of another store.
        let Some(channel) = self.channels.get_mut(&id).filter(|channel| channel.waits_for(page)) else { return };
        let history = match result {
            Ok(history) => history,
            Err(reason) => return self.page_failed(id, page, reason),
        };
        // The nearest that is saved came for want of an answer: that is asked for again when there is a connection.
        let is_over_gap = !history.messages.is_empty() && !page.is_next(&history);
        if !is_over_gap {
            self.page_wait_ms = WAIT_MIN_MILLIS;
        }
        history.messages.iter().for_each(|message| _ = channel.history.insert(message));
        channel.let_go();
        match page {
            HistoryRange::Before(_) | HistoryRange::After(_) => {
                if !is_over_gap || self.connection != ConnectionState::Online {
                    channel.history.page_arrived(page);
                }
                channel.sync.page_came(history.version);
            }
            HistoryRange::Since(since) => channel.sync.changes_came(since, history.version, history.more),
        }
        self.have_arrived(id, &history.messages);
        self.forget_what_is_past(id);
        self.note_happened(Happened::HistoryCame(id));
        if is_over_gap && self.is_online() {
            self.try_page_again(id, page);
        }
    }

    /// Asks for changes that are missing, of channels that somebody reads: the one on the screen, or all that were wanted.
    pub(super) fn ask_for_changes(&mut self) {
        let wanted = match &self.scope {
            Scope::Everything => self.on_screen.into_iter().collect(),
            Scope::Channels(channels, _) => channels.clone(),
        };
        for id in wanted {
            if let Some(page) = self.channels.get_mut(&id).and_then(super::Channel::catch_up) {
                self.add_effect(CoreEffect::LoadHistory(id, page));
            }
        }
    }

    fn page_failed(&mut self, channel: ChannelId, page: HistoryRange, reason: String) {
        // Without a connection nothing is asked for again, nor of a channel that one is no longer in; when it is back, what is
        // missing is seen again.
        if !self.is_online() || !self.is_in(&channel) {
            if let Some(channel) = self.channels.get_mut(&channel) {
                channel.history.page_is_out_of_reach(page);
            }
            return;
        }
        self.note_happened(Happened::HistoryFailed(reason));
        self.try_page_again(channel, page);
    }

    /// Asks for a page again, in a while.
    fn try_page_again(&mut self, channel: ChannelId, page: HistoryRange) {
        let due = self.now.plus_millis(self.page_wait_ms);
        self.page_wait_ms = (self.page_wait_ms * 2).min(WAIT_MAX_MILLIS);
        self.failed_pages.push(FailedPage { due, channel, page });
        self.add_effect(CoreEffect::WakeAt(due));
    }

    /// Asks again for pages whose time has come.
    pub(super) fn failed_pages_due(&mut self) {
        let now = self.now;
        for failed in self.failed_pages.extract_if(.., |failed| failed.due <= now).collect::<Vec<_>>() {
            if self.is_in(&failed.channel) {
                self.add_effect(CoreEffect::LoadHistory(failed.channel, failed.page));
            }
        }
    }
}
