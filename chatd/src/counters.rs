//! Counting and timing, for as long as the daemon runs.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use proto::ErrorCode;

/// What the daemon counts and times besides what the store and the hub do.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) sign_ins: Count,
    pub(crate) sign_in_failures: Count,
    pub(crate) packets: Count,
    pub(crate) packets_refused: Count,
    pub(crate) accept_failures: Count,
    /// Whether the last connection could not be accepted.
    pub(crate) is_not_accepting: AtomicBool,
    pub(crate) requests: Times,
    pub(crate) refusals: Family<[(&'static str, String); 1], Counter>,
}

impl Counters {
    /// Counts a refusal by its code.
    pub(crate) fn refused(&self, code: &ErrorCode) {
        self.refusals.get_or_create(&[("code", code.to_string())]).inc();
    }
}

/// How often something took how long.
#[derive(Debug, Clone)]
pub(crate) struct Times(Histogram);

impl Default for Times {
    /// From 50 µs to 13 s, each bound four times the one before.
    fn default() -> Self {
        Self(Histogram::new(exponential_buckets(0.000_05, 4.0, 10)))
    }
}

impl Times {
    /// Notes what took from a moment until now.
    pub(crate) fn note(&self, since: Instant) {
        self.0.observe(since.elapsed().as_secs_f64());
    }

    /// Gives how often what took how long, in seconds.
    pub(crate) fn histogram(&self) -> Histogram {
        self.0.clone()
    }
}

/// A count that only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Counts some more.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Gives the count.
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
