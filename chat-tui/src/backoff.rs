//! How long to wait before a lost connection is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait after a loss, and the longest; each further failure doubles it.
const WAIT_MIN: Duration = Duration::from_millis(300);
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The longest wait while the loss is so recent that the server may be back at any moment: one is back within two seconds then.
const RECENT_WAIT_MAX: Duration = Duration::from_millis(1_500);
const RECENT: Duration = Duration::from_secs(120);
/// The longest wait for a server that said that it restarts.
const RESTART_WAIT_MAX: Duration = Duration::from_secs(1);
/// The longest and the shortest wait that a server may ask for.
const ASKED_MAX: Duration = Duration::from_secs(10);
const ASKED_MIN: Duration = Duration::from_millis(100);
/// A connection that lasted this long was a good one: the next wait is the shortest again.
const GOOD_AFTER: Duration = Duration::from_secs(5);

/// Waits that grow with each failure.
#[derive(Debug)]
pub struct Backoff {
    opened: Option<Instant>,
    wait: Duration,
    asked: Option<Duration>,
    /// When the connection was lost, or could not be opened for the first time.
    lost: Option<Instant>,
    /// Whether the server said that it restarts.
    restarts: bool,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { opened: None, wait: WAIT_MIN, asked: None, lost: None, restarts: false }
    }
}

impl Backoff {
    /// Notes that somebody wants another connection.
    pub fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Notes that there is a connection.
    pub fn opened(&mut self) {
        self.opened = Some(Instant::now());
    }

    /// Notes that the server stops, and when it wants to see us again.
    pub fn goodbye(&mut self, reconnect_after_ms: u64) {
        self.asked = Some(Duration::from_millis(reconnect_after_ms).clamp(ASKED_MIN, ASKED_MAX));
        self.restarts = true;
    }

    /// Gives the next wait.
    pub fn next_wait(&mut self) -> Duration {
        let lasted = self.opened.take().is_some_and(|opened| opened.elapsed() >= GOOD_AFTER);
        if lasted {
            self.wait = WAIT_MIN;
            self.lost = None;
            self.restarts = self.asked.is_some();
        }
        let lost = *self.lost.get_or_insert_with(Instant::now);
        // A server that says goodbye again and again is not believed each time.
        if let Some(asked) = self.asked.take().filter(|_| lasted || self.wait == WAIT_MIN) {
            self.wait *= 2;
            return asked;
        }
        let wait = self.wait;
        self.wait = (wait * 2).min(match lost.elapsed() < RECENT {
            true if self.restarts => RESTART_WAIT_MAX,
            true => RECENT_WAIT_MAX,
            false => WAIT_MAX,
        });
        jittered(wait)
    }
}

/// Spreads waits over half to whole of their length, so that many clients do not come at once.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [0];
    // Without random bytes all wait the whole time, which is only less polite.
    let share = if getrandom::fill(&mut byte).is_ok() { f64::from(byte[0]) / 255.0 } else { 1.0 };
    wait.mul_f64(0.5 + share / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits again and again, for so long in all.
    async fn waits_for(backoff: &mut Backoff, whole: Duration) -> Vec<Duration> {
        let mut waits = Vec::new();
        while waits.iter().sum::<Duration>() < whole {
            let wait = backoff.next_wait();
            tokio::time::advance(wait).await;
            waits.push(wait);
        }
        waits
    }

    #[tokio::test(start_paused = true)]
    async fn waits_grow_unless_the_loss_is_recent_or_the_server_restarts() {
        let mut backoff = Backoff::default();
        let waits = waits_for(&mut backoff, RECENT).await;
        assert!(waits[0] >= WAIT_MIN / 2 && waits[0] <= WAIT_MIN, "{waits:?}");
        assert!(waits.iter().all(|wait| *wait <= RECENT_WAIT_MAX), "{waits:?}");
        let waits = waits_for(&mut backoff, RECENT).await;
        assert!(waits.last().is_some_and(|wait| *wait >= WAIT_MAX / 2 && *wait <= WAIT_MAX), "{waits:?}");
        backoff.opened();
        tokio::time::advance(GOOD_AFTER).await;
        backoff.goodbye(1_234);
        assert_eq!(backoff.next_wait(), Duration::from_millis(1_234));
        let waits = waits_for(&mut backoff, RECENT).await;
        assert!(waits.iter().all(|wait| *wait <= RESTART_WAIT_MAX), "{waits:?}");
        let waits = waits_for(&mut backoff, RECENT).await;
        assert!(waits.last().is_some_and(|wait| *wait >= WAIT_MAX / 2), "it does not come back: {waits:?}");
        for (asked, granted) in [(u64::MAX, ASKED_MAX), (0, ASKED_MIN)] {
            backoff.begin_anew();
            backoff.goodbye(asked);
            assert_eq!(backoff.next_wait(), granted);
        }
        let waits = (0..10).map(|_| {
            backoff.opened();
            backoff.goodbye(0);
            backoff.next_wait()
        });
        assert!(waits.skip(1).all(|wait| wait >= WAIT_MIN), "goodbyes in a row are failures");
    }
}
