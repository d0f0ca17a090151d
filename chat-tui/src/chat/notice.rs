//! The line above the composer that says what was done, or what went wrong.

use proto::Timestamp;

use super::ChatScreen;
use super::terms::Notice;
use crate::effect::Effect;
use crate::text::CleanLine;

/// How long a notice stays, and how long one of something that failed.
const TOLD_MILLIS: i64 = 10_000;
const FAILED_MILLIS: i64 = 30_000;

impl ChatScreen {
    /// Says what went wrong.
    pub(crate) fn fail(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        let until = self.now.plus_millis(FAILED_MILLIS);
        self.notice = Some(Notice { text: CleanLine::new(&reason).to_string(), failed: true, until });
    }

    /// Says what was done; the words are safe to draw.
    pub(crate) fn tell(&mut self, text: impl Into<String>) {
        let until = self.now.plus_millis(TOLD_MILLIS);
        self.notice = Some(Notice { text: text.into(), failed: false, until });
    }

    /// Takes a notice away whose time is over, or waits for that.
    pub(super) fn let_notice_go(&mut self, now: Timestamp) -> Option<Effect> {
        self.notice = self.notice.take().filter(|notice| now < notice.until);
        let until = self.notice.as_ref().map(|notice| notice.until);
        let is_new = std::mem::replace(&mut self.notice_due, until) != until;
        until.filter(|_| is_new).map(Effect::WakeAt)
    }
}
