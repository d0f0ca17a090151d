//! How fast a file is on its way, and how often that is told.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::core::attachment::Passed;

/// Counts bytes a second from when the first of them went on their way.
#[derive(Debug)]
pub struct Speed(Mutex<State>);

#[derive(Debug)]
struct State {
    began: Instant,
    /// Bytes that were there when it began.
    first: Option<u64>,
    told: Option<Instant>,
}

impl Default for Speed {
    fn default() -> Self {
        Self(Mutex::new(State { began: Instant::now(), first: None, told: None }))
    }
}

impl Speed {
    /// Adds how fast it is to how far a file is; none if that was told less than a moment ago and there is more to come.
    pub fn add(&self, passed: Passed, every: Duration) -> Option<Passed> {
        let mut state = self.0.lock().expect("nobody panics counting");
        let first = *state.first.get_or_insert(passed.done);
        if state.told.is_some_and(|told| told.elapsed() < every) && passed.done < passed.total {
            return None;
        }
        state.told = Some(Instant::now());
        let millis = state.began.elapsed().as_millis().max(1);
        let rate = u128::from(passed.done.saturating_sub(first)) * 1_000 / millis;
        Some(Passed { rate: u64::try_from(rate).unwrap_or(u64::MAX), ..passed })
    }

    /// Tells whether anything was told.
    pub fn has_told(&self) -> bool {
        self.0.lock().is_ok_and(|state| state.told.is_some())
    }
}
