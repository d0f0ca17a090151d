//! When the screen is drawn anew: at once for whoever acts, seldom enough that a slow line keeps up with what others do.

use std::collections::VecDeque;
use std::time::Duration;

use proto::ServerPacket;
use proto::codec::Incoming;
use tokio::time::Instant;

use crate::msg::Msg;

/// The most pictures in any second.
const PICTURES_A_SECOND_MAX: usize = 60;
/// The shortest time between a picture and one of what others did since.
const NEWS_EVERY: Duration = Duration::from_millis(17);
/// Where others do very much, so many pictures in this time show it: nobody reads faster, and each costs.
const NEWS_PICTURES: usize = 5;
const NEWS_WINDOW: Duration = Duration::from_millis(500);
/// The longest time that what others did waits for a slow line.
const NEWS_AFTER_MAX: Duration = Duration::from_millis(500);
/// How long what the daemon sends is gathered while a picture of it is not due.
const GATHER: Duration = Duration::from_millis(10);
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
            Msg::Packet(_)
            | Msg::Wake
            | Msg::Camera(_)
            | Msg::ConnectionUp(_)
            | Msg::ConnectionDown { .. }
            | Msg::Kept(_)
            | Msg::Written => Self::News,
            _ => Self::Hand,
        }
    }
}

/// What was drawn, and what is to be.
#[derive(Debug)]
pub(super) struct Pace {
    /// How soon a picture is wanted, and since when that soon.
    wanted: Option<(Haste, Instant)>,
    /// When the last pictures were drawn, the oldest first.
    drawn: VecDeque<Instant>,
    /// Until when what the daemon sends is gathered.
    gathers_until: Option<Instant>,
}

impl Pace {
    /// Begins with a screen on which nothing is drawn.
    pub(super) fn new() -> Self {
        let wanted = Some((Haste::Hand, Instant::now()));
        Self { wanted, drawn: VecDeque::with_capacity(PICTURES_A_SECOND_MAX), gathers_until: None }
    }

    /// A picture is wanted from now on, so soon.
    pub(super) fn want(&mut self, haste: Haste, now: Instant) {
        if self.wanted.is_none_or(|(wanted, _)| wanted < haste) {
            self.wanted = Some((haste, now));
        }
    }

    /// Tells when the next picture is to be drawn, if one is wanted. A slow line may be busy with what was written before.
    pub(super) fn due(&self, taken_at: Option<Instant>) -> Option<Instant> {
        let (wanted, since) = self.wanted?;
        let Some(last) = self.drawn.back() else { return Some(since) };
        let due = match wanted {
            Haste::Hand => since,
            Haste::News => {
                let taken = taken_at.map_or(since, |taken| taken.min(since + NEWS_AFTER_MAX));
                let crowded = self.drawn.len().checked_sub(NEWS_PICTURES).map(|at| self.drawn[at] + NEWS_WINDOW);
                taken.max(*last + NEWS_EVERY).max(crowded.unwrap_or(taken))
            }
            Haste::Presence => *last + PRESENCE_EVERY,
        };
        let is_full = self.drawn.len() >= PICTURES_A_SECOND_MAX;
        Some(self.drawn.front().filter(|_| is_full).map_or(due, |first| due.max(*first + Duration::from_secs(1))))
    }

    /// What the daemon has sent is taken in; while no picture is due, what comes next is taken in together.
    pub(super) fn has_gathered(&mut self, now: Instant) {
        self.gathers_until = Some(now + GATHER);
    }

    /// Tells until when what the daemon sends is gathered.
    pub(super) fn gathers_until(&self) -> Option<Instant> {
        self.gathers_until
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

    /// A screen with one picture on it.
    fn drawn_at(now: Instant) -> Pace {
        let mut pace = Pace::new();
        pace.drawn(now);
        pace
    }

    #[test]
    fn nothing_is_drawn_unless_something_changes() {
        let start = Instant::now();
        let now = start + NEWS_EVERY / 2;
        let (busy, long) = (Some(start + NEWS_AFTER_MAX / 2), Some(start + NEWS_AFTER_MAX * 9));
        let mut pace = drawn_at(start);
        assert_eq!(pace.due(None), None);
        pace.want(Haste::Presence, now);
        assert_eq!(pace.due(None), Some(start + PRESENCE_EVERY));
        pace.want(Haste::News, now);
        assert_eq!(pace.due(None), Some(start + NEWS_EVERY));
        assert_eq!(pace.due(busy), busy);
        assert_eq!(pace.due(long), Some(now + NEWS_AFTER_MAX));
        pace.want(Haste::Hand, now);
        pace.want(Haste::Presence, now);
        assert_eq!(pace.due(long), Some(now), "what the reader does is seen at once");
    }

    #[test]
    fn a_flood_is_shown_in_few_pictures_and_a_single_thing_at_once() {
        let start = Instant::now();
        let (mut pace, mut now, mut pictures) = (Pace::new(), start, 0);
        while now < start + Duration::from_secs(5) {
            pace.want(Haste::News, now);
            if pace.due(None).is_some_and(|due| due <= now) {
                pace.drawn(now);
                pictures += 1;
            }
            now += Duration::from_millis(1);
        }
        assert!((45..=55).contains(&pictures), "{pictures}");
        now += Duration::from_secs(1);
        pace.want(Haste::News, now);
        assert!(pace.due(None).is_some_and(|due| due <= now));
    }

    #[test]
    fn no_second_has_too_many_pictures() {
        let now = Instant::now();
        let mut pace = drawn_at(now);
        for _ in 1..PICTURES_A_SECOND_MAX {
            pace.want(Haste::Hand, now);
            assert_eq!(pace.due(None), Some(now));
            pace.drawn(now);
        }
        pace.want(Haste::Hand, now);
        assert_eq!(pace.due(None), Some(now + Duration::from_secs(1)));
    }
}
