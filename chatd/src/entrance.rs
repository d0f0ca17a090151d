//! What holds back those who want in: how many of them there may be at once, how often they may try, and how often be wrong.

use std::time::{Duration, Instant};

use crate::admission::ConnectionAdmission;
use crate::config::Limits;
use crate::guesses::Guesses;
use crate::rate::{Limiter, Rate};
use crate::source::Source;

/// Sign-ins and sign-ups of an address for each failed one that an account may have.
const SIGN_INS_PER_ADDRESS: u64 = 4;

/// Sign-ups and guests of one Unix user on loopback or a Unix socket, at once and per minute, as a multiple of
/// `limits.sign_in_rate`: a script may create the accounts of a school, but not all day and night.
const LOCAL_SIGN_UPS_AT_ONCE: u64 = 400;
const LOCAL_SIGN_UPS: u64 = 12;

/// Sign-ins per second of a Unix user, over time and at once: each command of a script is one.
const LOCAL_SIGN_IN_RATE: u64 = 10;
const LOCAL_SIGN_IN_BURST: u64 = 200;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// The rate limits before sign-in.
pub(crate) struct Entrance {
    pub(crate) admission: ConnectionAdmission,
    pub(crate) guesses: Guesses,
    sign_ins_from: Limiter<Source>,
    local_sign_ups: Limiter<u32>,
    local_sign_ins: Limiter<u32>,
}

impl Entrance {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            admission: ConnectionAdmission::new(limits),
            guesses: Guesses::new(limits.sign_in_rate),
            sign_ins_from: Limiter::new(address_rate(limits)),
            local_sign_ups: Limiter::new(local_sign_up_rate(limits)),
            local_sign_ins: Limiter::new(Rate::new(LOCAL_SIGN_IN_RATE, SECOND, LOCAL_SIGN_IN_BURST)),
        }
    }

    /// Takes other limits.
    pub(crate) fn change(&self, limits: &Limits) {
        self.admission.change(limits);
        self.guesses.change(limits.sign_in_rate);
        self.sign_ins_from.change(address_rate(limits));
        self.local_sign_ups.change(local_sign_up_rate(limits));
    }

    /// Counts a sign-in of an address; on this machine the account counts.
    ///
    /// # Errors
    /// How long to wait, if there were too many.
    pub(crate) fn count_sign_in(&self, source: Source, now: Instant) -> Result<(), Duration> {
        match source {
            Source::Network(_) => self.sign_ins_from.take(source, now),
            Source::User(_) | Source::Here => Ok(()),
        }
    }

    /// Counts a sign-up, or a guest: by address, on this machine by its user.
    ///
    /// # Errors
    /// How long to wait, if there were too many.
    pub(crate) fn count_sign_up(&self, source: Source, now: Instant) -> Result<(), Duration> {
        match source {
            Source::User(uid) => self.local_sign_ups.take(uid, now),
            Source::Network(_) | Source::Here => self.count_sign_in(source, now),
        }
    }

    /// Counts a sign-in of a Unix user, whom the system vouches for.
    ///
    /// # Errors
    /// How long to wait, if there were too many.
    pub(crate) fn count_local_sign_in(&self, uid: u32, now: Instant) -> Result<(), Duration> {
        self.local_sign_ins.take(uid, now)
    }
}

fn address_rate(limits: &Limits) -> Rate {
    let count = limits.sign_in_rate.saturating_mul(SIGN_INS_PER_ADDRESS);
    Rate::new(count, MINUTE, count)
}

fn local_sign_up_rate(limits: &Limits) -> Rate {
    let count = limits.sign_in_rate.saturating_mul(LOCAL_SIGN_UPS);
    Rate::new(count, MINUTE, limits.sign_in_rate.saturating_mul(LOCAL_SIGN_UPS_AT_ONCE))
}
