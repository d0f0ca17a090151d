//! When the screen is drawn anew: at once for whoever acts, seldom enough that a slow line keeps up with what others do.

use std::collections::VecDeque;
use std::time::Duration;

use proto::ServerPacket;
use proto::codec::Incoming;
use tokio::time::Instant;

use crate::msg::Msg;

/// The most pictures in any second.
const PICTURES_A_SECOND_MAX: usize = 60;
/// The shortest and the longest time between a picture and one of what others did since. In between it is as long as a slow
/// line needs for the picture before.
const NEWS_EVERY_MIN: Duration = Duration::from_millis(17);
const NEWS_EVERY_MAX: Duration = Duration::from_millis(250);
/// The time between a picture and one of who came and went since.
const PRESENCE_EVERY: Duration = Duration::from_secs(1);

/// How soon a change is to be seen; what is more pressing comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Haste {
    /// Somebody came, went or is away.
    Presence,
    /// Something else that the reader did not do.
    News,
    /// The reader has done something, or waits for what was asked for.
    Hand,
}

impl Haste {
    /// Tells how soon what a message changes is to be seen.
    pub(super) fn of(msg: &Msg) -> Self {
        match msg {
            Msg::Packet(Incoming::Event(ServerPacket::PresenceUpdate(_))) => Self::Presence,
            Msg::Packet(_) | Msg::Wake | Msg::ConnectionUp(_) | Msg::ConnectionDown { .. } | Msg::Kept(_) => Self::News,
            _ => Self::Hand,
        }
    }
}

/// What was drawn, and what is to be.
#[derive(Debug)]
pub(super) struct Pace {
    wanted: Option<Haste>,
    /// When the last pictures were drawn, the oldest first.
    drawn: VecDeque<Instant>,
}

impl Pace {
    /// Begins with a screen on which nothing is drawn.
    pub(super) fn new() -> Self {
        Self { wanted: Some(Haste::Hand), drawn: VecDeque::with_capacity(PICTURES_A_SECOND_MAX) }
    }

    /// A picture is wanted, at the latest so soon.
    pub(super) fn want(&mut self, haste: Haste) {
        self.wanted = self.wanted.max(Some(haste));
    }

    /// Tells when the next picture is to be drawn, if one is wanted. A slow line is busy with the last one for a while.
    pub(super) fn due(&self, busy: Duration) -> Option<Instant> {
        let wanted = self.wanted?;
        let Some(last) = self.drawn.back() else { return Some(Instant::now()) };
        let due = match wanted {
            Haste::Hand => *last,
            Haste::News => *last + busy.clamp(NEWS_EVERY_MIN, NEWS_EVERY_MAX),
            Haste::Presence => *last + PRESENCE_EVERY,
        };
        let is_full = self.drawn.len() >= PICTURES_A_SECOND_MAX;
        Some(self.drawn.front().filter(|_| is_full).map_or(due, |first| due.max(*first + Duration::from_secs(1))))
    }

    /// A picture was drawn.
    pub(super) fn drawn(&mut self, now: Instant) {
        self.wanted = None;
        if self.drawn.len() >= PICTURES_A_SECOND_MAX {
            self.drawn.pop_front();
        }
        self.drawn.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::ZERO;
    const BUSY: Duration = Duration::from_secs(5);

    /// A screen with one picture on it.
    fn drawn_at(now: Instant) -> Pace {
        let mut pace = Pace::new();
        pace.drawn(now);
        pace
    }

    #[test]
    fn nothing_is_drawn_unless_something_changes() {
        let now = Instant::now();
        let mut pace = drawn_at(now);
        assert_eq!(pace.due(IDLE), None);
        pace.want(Haste::Presence);
        assert_eq!(pace.due(IDLE), Some(now + PRESENCE_EVERY));
        pace.want(Haste::News);
        assert_eq!(pace.due(IDLE), Some(now + NEWS_EVERY_MIN));
        assert_eq!(pace.due(BUSY), Some(now + NEWS_EVERY_MAX));
        pace.want(Haste::Hand);
        pace.want(Haste::Presence);
        assert_eq!(pace.due(BUSY), Some(now), "what the reader does is seen at once");
    }

    #[test]
    fn no_second_has_too_many_pictures() {
        let now = Instant::now();
        let mut pace = drawn_at(now);
        for _ in 1..PICTURES_A_SECOND_MAX {
            pace.want(Haste::Hand);
            assert_eq!(pace.due(IDLE), Some(now));
            pace.drawn(now);
        }
        pace.want(Haste::Hand);
        assert_eq!(pace.due(IDLE), Some(now + Duration::from_secs(1)));
    }
}
