//! How long to wait before a lost connection is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait after a loss, and the longest; each further failure doubles it.
const WAIT_MIN: Duration = Duration::from_millis(300);
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The longest wait for a server that said that it restarts, and for how long it is believed.
const RESTART_WAIT_MAX: Duration = Duration::from_secs(1);
const RESTART_MAX: Duration = Duration::from_secs(60);
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
    restarts_until: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { opened: None, wait: WAIT_MIN, asked: None, restarts_until: None }
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
        self.restarts_until = Some(Instant::now() + RESTART_MAX);
    }

    /// Gives the next wait.
    pub fn next_wait(&mut self) -> Duration {
        let lasted = self.opened.take().is_some_and(|opened| opened.elapsed() >= GOOD_AFTER);
        if lasted {
            self.wait = WAIT_MIN;
        }
        // A server that says goodbye again and again is not believed each time.
        if let Some(asked) = self.asked.take().filter(|_| lasted || self.wait == WAIT_MIN) {
            self.wait *= 2;
            return asked;
        }
        let restarts = self.restarts_until.is_some_and(|until| Instant::now() < until);
        let wait = self.wait;
        self.wait = (wait * 2).min(if restarts { RESTART_WAIT_MAX } else { WAIT_MAX });
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

    #[tokio::test(start_paused = true)]
    async fn waits_grow_unless_the_server_restarts() {
        let mut backoff = Backoff::default();
        let waits = (0..12).map(|_| backoff.next_wait()).collect::<Vec<_>>();
        assert!(waits[0] >= WAIT_MIN / 2 && waits[0] <= WAIT_MIN, "{waits:?}");
        assert!(waits[11] >= WAIT_MAX / 2 && waits[11] <= WAIT_MAX, "{waits:?}");
        backoff.opened();
        tokio::time::advance(GOOD_AFTER).await;
        backoff.goodbye(1_234);
        assert_eq!(backoff.next_wait(), Duration::from_millis(1_234));
        assert!((0..20).all(|_| backoff.next_wait() <= RESTART_WAIT_MAX));
        tokio::time::advance(RESTART_MAX).await;
        backoff.next_wait();
        assert!(backoff.next_wait() >= RESTART_WAIT_MAX, "it does not come back");
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
