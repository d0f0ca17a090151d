//! Pages of history: what came goes into the timeline, what did not come is asked for again.

use proto::http::History;
use proto::{ChannelId, Timestamp};

use super::{Connection, State};
use crate::effect::Effect;
use crate::msg::Page;

/// The first wait after a page did not come, and the longest; each further failure doubles it.
pub(super) const WAIT_MIN_MILLIS: i64 = 1_000;
const WAIT_MAX_MILLIS: i64 = 60_000;

/// A page that did not come and is asked for again.
#[derive(Debug)]
pub(super) struct FailedPage {
    due: Timestamp,
    channel: ChannelId,
    page: Page,
}

impl State {
    /// A page of history has come, or not.
    pub fn history(
        &mut self,
        id: ChannelId,
        page: Page,
        result: Result<History, String>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(channel) = self.channels.get_mut(&id) else { return Vec::new() };
        match result {
            Ok(history) => {
                self.page_wait_ms = WAIT_MIN_MILLIS;
                history.messages.iter().for_each(|message| _ = channel.history.insert(message));
                channel.let_go();
                let next = match page {
                    Page::Before(_) | Page::After(_) => {
                        channel.history.page_arrived(page);
                        None
                    }
                    Page::Since(since) => channel.changes_arrived(since, history.version, history.more),
                };
                self.have_arrived(id, &history.messages);
                self.found();
                next.map(|page| Effect::LoadHistory(id, page)).into_iter().collect()
            }
            Err(reason) => self.page_failed(id, page, &reason, now),
        }
    }

    fn page_failed(&mut self, channel: ChannelId, page: Page, reason: &str, now: Timestamp) -> Vec<Effect> {
        // Without a connection nothing is asked for; when it is back, what is missing is seen anew.
        if self.connection != Connection::Online {
            return Vec::new();
        }
        self.fail(format!("messages did not come, trying again: {reason}"));
        let due = now.plus_millis(self.page_wait_ms);
        self.page_wait_ms = (self.page_wait_ms * 2).min(WAIT_MAX_MILLIS);
        self.failed_pages.push(FailedPage { due, channel, page });
        vec![Effect::WakeAt(due)]
    }

    /// Asks again for pages whose time has come.
    pub(super) fn failed_pages_due(&mut self, now: Timestamp) -> Vec<Effect> {
        let due = self.failed_pages.extract_if(.., |failed| failed.due <= now);
        due.map(|failed| Effect::LoadHistory(failed.channel, failed.page)).collect()
    }
}
