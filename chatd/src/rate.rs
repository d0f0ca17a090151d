//! Token buckets: a number at once, and a rate over time.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::lock::lock;

/// Buckets kept. Those that are full again are forgotten first, as they say nothing, then those that are next to it.
const BUCKETS_KEPT: usize = 10_000;
/// Buckets that stay when all say something and one more comes: so forgetting is no work for each that comes.
const BUCKETS_LEFT: usize = BUCKETS_KEPT / 4 * 3;

/// A rate with a burst. A rate or burst of 0 limits nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    per_second: f64,
    burst: f64,
}

impl Rate {
    /// Makes a rate of `count` in each `period`, and `burst` at once.
    pub(crate) fn new(count: u64, period: Duration, burst: u64) -> Self {
        let lifted = count == 0 || burst == 0;
        Self { per_second: if lifted { 0.0 } else { count as f64 / period.as_secs_f64() }, burst: burst as f64 }
    }

    fn tokens(&self, bucket: &Bucket, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(bucket.filled).as_secs_f64();
        (bucket.tokens + seconds * self.per_second).min(self.burst)
    }
}

/// A rate that is kept apart for each key.
pub(crate) struct Limiter<K>(Mutex<Buckets<K>>);

struct Buckets<K> {
    rate: Rate,
    by_key: HashMap<K, Bucket>,
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl<K: Eq + Hash> Limiter<K> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self(Mutex::new(Buckets { rate, by_key: HashMap::new() }))
    }

    /// Takes another rate; nobody has more at once than it allows.
    pub(crate) fn change(&self, rate: Rate) {
        self.buckets().rate = rate;
    }

    /// Takes one, or says how long to wait for one.
    pub(crate) fn take(&self, key: K, now: Instant) -> Result<(), Duration> {
        let Buckets { rate, by_key } = &mut *self.buckets();
        if rate.per_second == 0.0 {
            return Ok(());
        }
        if by_key.len() >= BUCKETS_KEPT && !by_key.contains_key(&key) {
            make_room(by_key, rate, now);
        }
        let bucket = by_key.entry(key).or_insert(Bucket { tokens: rate.burst, filled: now });
        bucket.tokens = rate.tokens(bucket, now);
        bucket.filled = now;
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / rate.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Puts one back that was taken in vain.
    pub(crate) fn give_back(&self, key: &K) {
        let Buckets { rate, by_key } = &mut *self.buckets();
        if let Some(bucket) = by_key.get_mut(key) {
            bucket.tokens = (bucket.tokens + 1.0).min(rate.burst);
        }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets<K>> {
        lock(&self.0)
    }
}

/// Bounds the buckets, whatever number of keys come.
fn make_room<K: Eq + Hash>(by_key: &mut HashMap<K, Bucket>, rate: &Rate, now: Instant) {
    by_key.retain(|_, bucket| rate.tokens(bucket, now) < rate.burst);
    if by_key.len() < BUCKETS_KEPT {
        return;
    }
    let mut tokens = by_key.values().map(|bucket| rate.tokens(bucket, now)).collect::<Vec<_>>();
    let (fewer, most, _) = tokens.select_nth_unstable_by(BUCKETS_LEFT, f64::total_cmp);
    let most = *most;
    // Of those that have as many some stay, so that all alike do not all go.
    let mut room = BUCKETS_LEFT - fewer.iter().filter(|tokens| **tokens < most).count();
    by_key.retain(|_, bucket| {
        let tokens = rate.tokens(bucket, now);
        let stays = tokens < most || (tokens == most && room > 0);
        room -= usize::from(stays && tokens == most);
        stays
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = Limiter::new(Rate::new(2, Duration::from_secs(1), 3));
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
        for rate in [Rate::new(0, Duration::from_secs(1), 5), Rate::new(5, Duration::from_secs(1), 0)] {
            let limiter = Limiter::new(rate);
            assert!((0..1_000).all(|_| limiter.take("a", Instant::now()).is_ok()));
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let limiter = Limiter::new(Rate::new(1, Duration::from_secs(1), 1));
        let start = Instant::now();
        for key in 0..BUCKETS_KEPT {
            limiter.take(key, start).unwrap();
        }
        limiter.take(BUCKETS_KEPT, start + Duration::from_secs(2)).unwrap();
        assert_eq!(limiter.buckets().by_key.len(), 1);
    }

    #[test]
    fn memory_stays_bounded_whoever_comes() {
        let limiter = Limiter::new(Rate::new(1, Duration::from_secs(60), 5));
        let start = Instant::now();
        for _ in 0..5 {
            limiter.take(usize::MAX, start).unwrap();
        }
        for key in 0..3 * BUCKETS_KEPT {
            limiter.take(key, start).unwrap();
            assert!(limiter.buckets().by_key.len() <= BUCKETS_KEPT);
        }
        assert!(limiter.take(usize::MAX, start).is_err(), "who has nothing left is remembered longest");
    }

    #[test]
    fn another_rate_holds_at_once() {
        let limiter = Limiter::new(Rate::new(1, Duration::from_secs(1), 100));
        let start = Instant::now();
        limiter.take("a", start).unwrap();
        limiter.change(Rate::new(2, Duration::from_secs(1), 1));
        limiter.take("a", start).unwrap();
        assert_eq!(limiter.take("a", start), Err(Duration::from_millis(500)));
        limiter.change(Rate::new(0, Duration::from_secs(1), 1));
        limiter.take("a", start).unwrap();
    }
}
