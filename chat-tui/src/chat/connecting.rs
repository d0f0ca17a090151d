//! How the screen shows that the connection comes and goes.

use proto::Timestamp;

use super::{ChatScreen, waits};
use crate::core::ConnectionState;
use crate::effect::Effect;

impl ChatScreen {
    /// Lets the line at the bottom count the seconds to the next try.
    pub(super) fn count_down(&mut self, now: Timestamp) -> Option<Effect> {
        self.tick_due.take_if(|due| *due <= now);
        let ConnectionState::Waiting { until, .. } = &self.core.connection else { return None };
        if *until <= now || waits(self.tick_due, now, 1_000) {
            return None;
        }
        // At the next whole second before the try.
        let left = i64::try_from(until.millis_since(now)).unwrap_or(i64::MAX);
        let due = now.plus_millis((left - 1) % 1_000 + 1);
        self.tick_due = Some(due);
        Some(Effect::WakeAt(due))
    }
}
