//! How much a connection may cost without being of use: rejected requests, and pings and pongs that nobody
//! asked for.

use proto::CloseCode;
use tokio::time::Instant;

use super::end::End;

/// Such things at once.
const BURST: f64 = 1_000.0;
/// Such things a second, over time.
const RATE: f64 = 50.0;

/// A bucket that empties with every such thing and fills again with time.
#[derive(Debug)]
pub(super) struct AbuseBudget {
    left: f64,
    counted: Instant,
}

impl AbuseBudget {
    pub(super) fn new(now: Instant) -> Self {
        Self { left: BURST, counted: now }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// The end of the connection when there were too many.
    pub(super) fn charge(&mut self, now: Instant) -> Result<(), End> {
        let since = now.saturating_duration_since(self.counted).as_secs_f64();
        self.left = (self.left + since * RATE).min(BURST) - 1.0;
        self.counted = now;
        if self.left < 0.0 { Err(End::Close(CloseCode::ProtocolError, "too many rejected requests")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_ends_and_comes_back() {
        let begin = Instant::now();
        let mut budget = AbuseBudget::new(begin);
        assert!((0..1_000).all(|_| budget.charge(begin).is_ok()));
        assert!(budget.charge(begin).is_err());
        let mut budget = AbuseBudget::new(begin);
        let steady = (0..5_000).all(|turn| budget.charge(begin + Duration::from_millis(20 * turn)).is_ok());
        assert!(steady, "fifty a second are borne for ever");
    }
}
