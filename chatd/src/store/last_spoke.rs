//! When members of channels in slow mode spoke.

use std::collections::HashMap;

use proto::Timestamp;

use super::UserId;
use super::channel_key::ChannelKey;

/// Members of whom it is remembered at most.
const SPOKEN_MAX: usize = 10_000;

/// When members of channels in slow mode spoke, as far as it is remembered; else the dates of their messages say it.
#[derive(Debug, Default)]
pub(super) struct LastSpoke(HashMap<(ChannelKey, UserId), Timestamp>);

impl LastSpoke {
    /// Gives when somebody spoke last, if it is remembered.
    pub(super) fn of(&self, channel: ChannelKey, user: UserId) -> Option<Timestamp> {
        self.0.get(&(channel, user)).copied()
    }

    /// Notes that somebody speaks.
    pub(super) fn note(&mut self, channel: ChannelKey, user: UserId, now: Timestamp) {
        if self.0.len() >= SPOKEN_MAX {
            self.0.clear();
        }
        self.0.insert((channel, user), now);
    }
}
