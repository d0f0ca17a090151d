//! How fast those who are signed in may go on. How fast others may try to get in is for [`crate::entrance`].

use std::time::Duration;

use proto::SessionId;

use crate::config::{Config, FileSettings, Limits};
use crate::rate::{Limiter, Rate};
use crate::store::UserId;

/// Changes of typing per second of an account, over time and at once: nobody types faster.
const TYPING_RATE: u64 = 2;
const TYPING_BURST: u64 = 20;

/// Renewals of a session's token per minute, over time and at once: each is a commit, and one in half of a token's life
/// is enough.
const RENEWALS: u64 = 1;
const RENEWALS_AT_ONCE: u64 = 30;

const SECOND: Duration = Duration::from_secs(1);

/// What those who are signed in may do in a time.
pub(crate) struct Pace {
    pub(crate) messages: Limiter<UserId>,
    /// Requests on connections and over HTTP, messages not counted.
    pub(crate) requests: Limiter<UserId>,
    pub(crate) uploads: Limiter<UserId>,
    pub(crate) typing: Limiter<UserId>,
    /// Renewals of a token.
    pub(crate) renewals: Limiter<SessionId>,
}

impl Pace {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            messages: Limiter::new(message_rate(&config.limits)),
            requests: Limiter::new(request_rate(&config.limits)),
            uploads: Limiter::new(upload_rate(&config.files)),
            typing: Limiter::new(Rate::new(TYPING_RATE, SECOND, TYPING_BURST)),
            renewals: Limiter::new(Rate::new(RENEWALS, 60 * SECOND, RENEWALS_AT_ONCE)),
        }
    }

    /// Takes other limits.
    pub(crate) fn change(&self, config: &Config) {
        self.messages.change(message_rate(&config.limits));
        self.requests.change(request_rate(&config.limits));
        self.uploads.change(upload_rate(&config.files));
    }
}

fn message_rate(limits: &Limits) -> Rate {
    Rate::new(limits.message_rate, SECOND, limits.message_burst)
}

fn request_rate(limits: &Limits) -> Rate {
    Rate::new(limits.request_rate, SECOND, limits.request_burst)
}

fn upload_rate(files: &FileSettings) -> Rate {
    Rate::new(files.upload_rate, 60 * SECOND, files.upload_burst)
}
