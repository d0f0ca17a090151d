//! Token buckets: so many at once, so many over time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Buckets kept before those that are full again are forgotten.
const BUCKETS_KEPT: usize = 10_000;

/// A rate with a burst, kept apart for each key. A rate or burst of 0 limits nothing.
pub(crate) struct Limiter<K> {
    per_second: f64,
    burst: f64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl<K: Eq + Hash> Limiter<K> {
    /// Makes a limiter of `count` in each `period`, and `burst` at once.
    pub(crate) fn new(count: u64, period: Duration, burst: u64) -> Self {
        let lifted = count == 0 || burst == 0;
        Self {
            per_second: if lifted { 0.0 } else { count as f64 / period.as_secs_f64() },
            burst: burst as f64,
            buckets: Mutex::default(),
        }
    }

    /// Takes one, or says how long to wait for one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        if self.per_second == 0.0 {
            return Ok(());
        }
        let mut buckets = self.buckets.lock().expect("nobody panics holding the buckets");
        if buckets.len() >= BUCKETS_KEPT && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| self.tokens(bucket, now) < self.burst);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.burst, filled: now });
        bucket.tokens = self.tokens(bucket, now);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Puts one back that was taken in vain.
    pub(crate) fn give_back(&self, key: &K) {
        let mut buckets = self.buckets.lock().expect("nobody panics holding the buckets");
        if let Some(bucket) = buckets.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        }
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.filled).as_secs_f64();
        (bucket.tokens + seconds * self.per_second).min(self.burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = Limiter::new(2, Duration::from_secs(1), 3);
        let start = Instant::now();
        for _ in 0..3 {
            assert_eq!(limiter.take("a", start), Ok(()));
        }
        assert_eq!(limiter.take("a", start), Err(Duration::from_millis(500)));
        assert_eq!(limiter.take("b", start), Ok(()), "keys are apart");
        assert_eq!(limiter.take("a", start + Duration::from_millis(500)), Ok(()));
        limiter.give_back(&"a");
        assert_eq!(limiter.take("a", start + Duration::from_millis(500)), Ok(()));
    }

    #[test]
    fn a_rate_of_zero_limits_nothing() {
        for limiter in [Limiter::new(0, Duration::from_secs(1), 5), Limiter::new(5, Duration::from_secs(1), 0)] {
            assert!((0..1_000).all(|_| limiter.take("a", Instant::now()).is_ok()));
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let limiter = Limiter::new(1, Duration::from_secs(1), 1);
        let start = Instant::now();
        for key in 0..BUCKETS_KEPT {
            limiter.take(key, start).unwrap();
        }
        limiter.take(BUCKETS_KEPT, start + Duration::from_secs(2)).unwrap();
        assert_eq!(limiter.buckets.lock().unwrap().len(), 1);
    }
}
