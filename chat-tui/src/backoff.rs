//! How long to wait before a lost connection is tried again.

use std::time::Duration;

use tokio::time::Instant;

/// The first wait after a loss, and the longest; each further failure doubles it.
const WAIT_MIN: Duration = Duration::from_millis(300);
const WAIT_MAX: Duration = Duration::from_secs(30);
/// The longest wait for a server that said that it restarts, and for how long it is believed.
const RESTART_WAIT_MAX: Duration = Duration::from_secs(1);
const RESTART_MAX: Duration = Duration::from_secs(60);
/// The longest wait that a server may ask for.
const ASKED_MAX: Duration = Duration::from_secs(10);

/// Waits that grow with each failure.
#[derive(Debug)]
pub struct Backoff {
    wait: Duration,
    asked: Option<Duration>,
    restarts_until: Option<Instant>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { wait: WAIT_MIN, asked: None, restarts_until: None }
    }
}

impl Backoff {
    /// Notes that a connection was a good one.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// Notes that the server stops, and when it wants to see us again.
    pub fn goodbye(&mut self, reconnect_after_ms: u64) {
        self.succeeded();
        self.asked = Some(Duration::from_millis(reconnect_after_ms).min(ASKED_MAX));
        self.restarts_until = Some(Instant::now() + RESTART_MAX);
    }

    /// Gives the next wait.
    pub fn next_wait(&mut self) -> Duration {
        if let Some(asked) = self.asked.take() {
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
        backoff.goodbye(1_234);
        assert_eq!(backoff.next_wait(), Duration::from_millis(1_234));
        assert!((0..20).all(|_| backoff.next_wait() <= RESTART_WAIT_MAX));
        tokio::time::advance(RESTART_MAX).await;
        backoff.next_wait();
        assert!(backoff.next_wait() >= RESTART_WAIT_MAX, "it does not come back");
        backoff.goodbye(u64::MAX);
        assert_eq!(backoff.next_wait(), ASKED_MAX);
        backoff.succeeded();
        assert!(backoff.next_wait() <= WAIT_MIN);
    }
}
