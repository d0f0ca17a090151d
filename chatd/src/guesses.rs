//! Guesses at passwords: how many, at which account, from where.
//!
//! Each network has its own limit of guesses at an account, so nobody can lock its owner out from elsewhere. Networks that
//! have never signed in to the account share a further limit, so that nobody guesses faster from many of them. A signed-in
//! session that gives its password again has counts of its own. A guess is counted before the password is checked, and
//! uncounted if it was right.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use proto::{Handle, SessionId};

use crate::lock::lock;
use crate::rate::{Limiter, Rate};
use crate::source::Source;

/// Wrong guesses at an account from all places that have never got in to it, for each that one place has.
const PLACES_TOGETHER: u64 = 20;
/// Places remembered of an account; the one that was not used for longest goes.
const PLACES_REMEMBERED: usize = 16;
/// Accounts whose places are remembered.
const ACCOUNTS_REMEMBERED: usize = 10_000;

/// Who has guessed, and from where people have got in since the daemon runs.
pub(crate) struct Guesses {
    from: Limiter<(Handle, Source)>,
    at: Limiter<Handle>,
    within: Limiter<SessionId>,
    familiar: Mutex<Familiar>,
}

/// A guess that was counted; it stays counted unless it is taken back.
#[must_use = "a guess that was none is to be taken back"]
pub(crate) struct Guess<'a> {
    guesses: &'a Guesses,
    counted: Counted,
}

enum Counted {
    SignIn { handle: Handle, source: Source, is_strange: bool },
    Within(SessionId),
}

impl Guesses {
    /// Allows this many wrong ones in a minute; 0 lifts the limit.
    pub(crate) fn new(per_minute: u64) -> Self {
        let (one, together) = rates(per_minute);
        Self {
            from: Limiter::new(one),
            at: Limiter::new(together),
            within: Limiter::new(one),
            familiar: Mutex::default(),
        }
    }

    /// Takes another rate.
    pub(crate) fn change(&self, per_minute: u64) {
        let (one, together) = rates(per_minute);
        self.from.change(one);
        self.at.change(together);
        self.within.change(one);
    }

    /// Counts a guess at an account, whether it exists or not, or says how long to wait.
    pub(crate) fn sign_in(&self, handle: &Handle, source: Source, now: Instant) -> Result<Guess<'_>, Duration> {
        self.from.take((handle.clone(), source), now)?;
        let is_strange = !self.familiar().knows(handle, source);
        let counted = Counted::SignIn { handle: handle.clone(), source, is_strange };
        let guess = Guess { guesses: self, counted };
        if is_strange && let Err(wait) = self.at.take(handle.clone(), now) {
            self.from.give_back(&(handle.clone(), source));
            return Err(wait);
        }
        Ok(guess)
    }

    /// Counts a guess of somebody who has a session open.
    pub(crate) fn within(&self, session: SessionId, now: Instant) -> Result<Guess<'_>, Duration> {
        self.within.take(session, now)?;
        Ok(Guess { guesses: self, counted: Counted::Within(session) })
    }

    /// Remembers that somebody got in to an account from there.
    pub(crate) fn got_in(&self, handle: &Handle, source: Source) {
        self.familiar().add(handle, source);
    }

    fn familiar(&self) -> MutexGuard<'_, Familiar> {
        lock(&self.familiar)
    }
}

impl Guess<'_> {
    /// It was the right password, or it failed for a reason that is not the asker's.
    pub(crate) fn take_back(self) {
        match self.counted {
            Counted::SignIn { handle, source, is_strange } => {
                if is_strange {
                    self.guesses.at.give_back(&handle);
                }
                self.guesses.from.give_back(&(handle, source));
            }
            Counted::Within(session) => self.guesses.within.give_back(&session),
        }
    }
}

fn rates(per_minute: u64) -> (Rate, Rate) {
    let minute = Duration::from_secs(60);
    let together = per_minute.saturating_mul(PLACES_TOGETHER);
    (Rate::new(per_minute, minute, per_minute), Rate::new(together, minute, together))
}

/// From where people got in.
#[derive(Default)]
struct Familiar {
    by_account: HashMap<Handle, Places>,
    /// Grows with each time that somebody gets in.
    times: u64,
}

struct Places {
    /// The one used last is the last.
    sources: Vec<Source>,
    used: u64,
}

impl Familiar {
    fn knows(&self, handle: &Handle, source: Source) -> bool {
        self.by_account.get(handle).is_some_and(|places| places.sources.contains(&source))
    }

    fn add(&mut self, handle: &Handle, source: Source) {
        self.times += 1;
        if self.by_account.len() >= ACCOUNTS_REMEMBERED && !self.by_account.contains_key(handle) {
            self.forget_half();
        }
        let places = self.by_account.entry(handle.clone()).or_insert(Places { sources: Vec::new(), used: 0 });
        places.used = self.times;
        places.sources.retain(|known| *known != source);
        if places.sources.len() >= PLACES_REMEMBERED {
            places.sources.remove(0);
        }
        places.sources.push(source);
    }

    /// Forgets the accounts that nobody got in to for longest.
    fn forget_half(&mut self) {
        let mut used = self.by_account.values().map(|places| places.used).collect::<Vec<_>>();
        let (_, middle, _) = used.select_nth_unstable(ACCOUNTS_REMEMBERED / 2);
        let middle = *middle;
        self.by_account.retain(|_, places| places.used >= middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 5;

    fn handle(text: &str) -> Handle {
        text.parse().unwrap()
    }

    fn place(number: u32) -> Source {
        Source::at(std::net::Ipv4Addr::from(0xC633_6400 + number).into())
    }

    /// Guesses wrong as often as it is allowed, at most this many times.
    fn guesses_at(guesses: &Guesses, name: &str, from: Source, most: u64, now: Instant) -> u64 {
        (0..most).take_while(|_| guesses.sign_in(&handle(name), from, now).is_ok()).count() as u64
    }

    #[test]
    fn nobody_is_kept_out_from_elsewhere() {
        let (guesses, now) = (Guesses::new(RATE), Instant::now());
        assert_eq!(guesses_at(&guesses, "alice", place(1), 100, now), RATE);
        guesses.sign_in(&handle("alice"), place(2), now).unwrap().take_back();
        guesses.sign_in(&handle("bob"), place(1), now).unwrap().take_back();
    }

    #[test]
    fn many_places_guess_no_faster_together_and_harm_nobody_who_was_in() {
        let (guesses, now) = (Guesses::new(RATE), Instant::now());
        guesses.got_in(&handle("alice"), place(0));
        let many = (1..=100).map(|number| guesses_at(&guesses, "alice", place(number), RATE, now)).sum::<u64>();
        assert_eq!(many, RATE * PLACES_TOGETHER);
        assert!(guesses.sign_in(&handle("alice"), place(200), now).is_err(), "a place that was never in");
        guesses.sign_in(&handle("alice"), place(0), now).unwrap().take_back();
        assert_eq!(guesses_at(&guesses, "alice", place(0), 100, now), RATE, "it guesses no faster than others");
        assert_eq!(guesses_at(&guesses, "bob", place(0), 100, now), RATE);
    }

    #[test]
    fn what_is_refused_counts_nowhere() {
        let (guesses, now) = (Guesses::new(RATE), Instant::now());
        for number in 1..=100 {
            guesses_at(&guesses, "alice", place(number), RATE, now);
        }
        for _ in 0..100 {
            assert!(guesses.sign_in(&handle("alice"), place(200), now).is_err());
        }
        // All together have one more for each part of a minute that has gone by, and that place has used none.
        let later = now + Duration::from_secs(30);
        assert_eq!(guesses_at(&guesses, "alice", place(200), 100, later), RATE);
    }

    #[test]
    fn a_right_password_uses_nothing_up() {
        let (guesses, now) = (Guesses::new(RATE), Instant::now());
        for _ in 0..1_000 {
            guesses.sign_in(&handle("alice"), place(1), now).unwrap().take_back();
            guesses.within("s1".parse().unwrap(), now).unwrap().take_back();
        }
        let lifted = Guesses::new(0);
        assert_eq!(guesses_at(&lifted, "alice", place(1), 1_000, now), 1_000);
    }

    #[test]
    fn an_open_session_has_counts_of_its_own() {
        let (guesses, now) = (Guesses::new(RATE), Instant::now());
        let within =
            |session: &str| (0..100).take_while(|_| guesses.within(session.parse().unwrap(), now).is_ok()).count();
        assert_eq!(within("s1"), RATE as usize);
        assert_eq!(within("s2"), RATE as usize);
        assert_eq!(guesses_at(&guesses, "alice", place(1), 100, now), RATE);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut familiar = Familiar::default();
        for number in 0..100 {
            familiar.add(&handle("alice"), place(number));
        }
        assert!(familiar.knows(&handle("alice"), place(99)) && !familiar.knows(&handle("alice"), place(0)));
        assert_eq!(familiar.by_account[&handle("alice")].sources.len(), PLACES_REMEMBERED);
        for number in 0..3 * ACCOUNTS_REMEMBERED {
            familiar.add(&handle(&format!("u{number}")), place(1));
            familiar.add(&handle("alice"), place(99));
            assert!(familiar.by_account.len() <= ACCOUNTS_REMEMBERED);
        }
        assert!(familiar.knows(&handle("alice"), place(99)), "whoever comes again and again stays");
    }
}
