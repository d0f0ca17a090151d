//! Pictures that move: as long as they are on the screen and somebody looks at it.

use proto::Timestamp;

use super::ChatScreen;
use super::terms::{AWAY_AFTER_MILLIS, Playing};
use crate::effect::Effect;
use crate::image::ImageKey;

/// After a longer pause pictures go on where they were.
const STEP_MAX_MILLIS: u64 = 1_000;

impl ChatScreen {
    /// Lets the pictures that are on the screen move on, and gives when the next frame is due.
    pub(crate) fn play(&mut self, keys: &[ImageKey], now: Timestamp) -> Option<Effect> {
        let began = *self.playing.began.get_or_insert(now);
        let is_seen = self.focused && now.millis_since(self.acted_at.max(began)) < AWAY_AFTER_MILLIS;
        let Some(wait) = self.images.next_frame(keys).filter(|_| is_seen) else {
            self.playing = Playing { began: Some(began), ..Playing::default() };
            return None;
        };
        let Playing { moved_at, due, .. } = &mut self.playing;
        if due.is_some_and(|due| now < due) {
            return None;
        }
        let passed = moved_at.map_or(0, |before| now.millis_since(before)).min(STEP_MAX_MILLIS);
        self.images.play(passed);
        *moved_at = Some(now);
        let wait = self.images.next_frame(keys).unwrap_or(wait);
        let next = now.plus_millis(i64::try_from(wait).unwrap_or(i64::MAX));
        *due = Some(next);
        Some(Effect::WakeAt(next))
    }
}
