//! Passwords: the rule for new ones, and hashing them on threads of their own.
//!
//! Hashing costs memory by design, so at most a few hashes run at once and a bounded number waits;
//! further ones are refused and may try again.

mod phc;
mod threads;

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use argon2::Params;
use proto::{ErrorCode, ErrorReply, Handle, Password, bounds};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use unicode_normalization::UnicodeNormalization;

use crate::config::Argon2;
use crate::error::{internal, rate_limited};
use crate::password_hash::PasswordHash;
use crate::reloadable::Reloadable;
use phc::Memory;
use threads::{Threads, Work};

/// Hashes at once, however many cores there are; where there are several, one is left to the chat.
const HASHES_MAX: usize = 4;
/// Sign-ins that wait for a hash; more are refused at once.
const WAITING_MAX: usize = 64;
/// How long a sign-in waits for its hash before it is refused.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// The commonest passwords of nine characters and more, from the frequency list of zxcvbn (MIT).
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("password/common.txt").lines().collect());

/// Checks the rule for a new password.
///
/// # Errors
/// The code says which part of the rule it breaks.
pub fn check_new(password: &Password, handle: &Handle) -> Result<(), ErrorReply> {
    check_size(password)?;
    let text = normalized(password);
    if text.chars().count() < bounds::PASSWORD_CHARS_MIN {
        let reason = format!("a password has at least {} characters", bounds::PASSWORD_CHARS_MIN);
        return Err(ErrorReply::new(ErrorCode::PasswordTooShort, reason));
    }
    let lower = text.to_lowercase();
    if lower == handle.as_str() || COMMON.contains(&*lower) {
        return Err(ErrorReply::new(ErrorCode::PasswordTooCommon, "this password is too common"));
    }
    Ok(())
}

/// Checks what any password must keep, old or new.
///
/// # Errors
/// `password_too_long`, or `malformed` when it holds U+0000.
pub fn check_size(password: &Password) -> Result<(), ErrorReply> {
    let text = password.expose();
    if text.chars().take(bounds::PASSWORD_CHARS_MAX + 1).count() > bounds::PASSWORD_CHARS_MAX {
        let reason = format!("a password has at most {} characters", bounds::PASSWORD_CHARS_MAX);
        return Err(ErrorReply::new(ErrorCode::PasswordTooLong, reason));
    }
    if text.contains('\0') {
        return Err(ErrorReply::new(ErrorCode::Malformed, "a password must not contain U+0000"));
    }
    Ok(())
}

/// The form in which passwords are compared, so that two keyboards type the same one: NFC, never
/// trimmed or cut. Source: RFC 8265 section 4.2 (OpaqueString).
fn normalized(password: &Password) -> String {
    password.expose().nfc().collect()
}

/// The result of verifying a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password; with a new hash when the stored one is weaker than the settings.
    Right(Option<PasswordHash>),
    /// It is not.
    Wrong,
}

/// The part of the longest time that is forgotten with each password that is verified.
const FORGOTTEN_PART: u64 = 64;

/// Hashes passwords, a bounded number at once.
#[derive(Clone)]
pub struct Hasher {
    cost: Arc<Reloadable<Params>>,
    threads: Threads,
    running: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Verified in place of the hash of an account that does not exist, so that it takes as long.
    decoy: Arc<PasswordHash>,
    /// How long verifying took lately at the longest, in microseconds.
    longest_micros: Arc<AtomicU64>,
}

impl Hasher {
    /// Makes a hasher with the given cost.
    ///
    /// # Panics
    /// When the cost is out of the range that [`crate::config::Config::load`] allows.
    pub fn new(cost: Argon2) -> Self {
        let cost = params(cost);
        let cores = std::thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).clamp(1, HASHES_MAX));
        let decoy = phc::hash(&cost, &mut Memory::default(), "no account has this password");
        let decoy = decoy.expect("a short text can be hashed");
        Self {
            cost: Arc::new(Reloadable::new(cost)),
            threads: Threads::default(),
            running: Arc::new(Semaphore::new(cores)),
            waiting: Arc::default(),
            decoy: Arc::new(decoy),
            longest_micros: Arc::default(),
        }
    }

    /// Takes another cost, for what is hashed from now on.
    ///
    /// # Panics
    /// When the cost is out of the range that [`crate::config::Config::load`] allows.
    pub fn change(&self, cost: Argon2) {
        self.cost.set(params(cost));
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// `rate_limited` when too many wait.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, ErrorReply> {
        let (cost, text) = (self.cost.get(), normalized(password));
        self.run(move |memory| phc::hash(&cost, memory, &text)).await?.map_err(|error| internal(&error))
    }

    /// Compares a password with a stored hash; without one it takes as long and is wrong.
    ///
    /// # Errors
    /// `rate_limited` when too many wait.
    pub async fn verify(&self, password: &Password, stored: Option<PasswordHash>) -> Result<Verdict, ErrorReply> {
        let (cost, text, decoy) = (self.cost.get(), normalized(password), self.decoy.clone());
        let longest = self.longest_micros.clone();
        self.run(move |memory| {
            let began = Instant::now();
            let found = phc::verify_password(memory, &text, stored.as_ref().unwrap_or(&decoy));
            let took = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
            // What was slow once is forgotten with time.
            let _ = longest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |longest| {
                Some(took.max(longest - longest / FORGOTTEN_PART))
            });
            let Some(found) = found.filter(|_| stored.is_some()) else { return Verdict::Wrong };
            let weaker = found.m_cost() < cost.m_cost() || found.t_cost() < cost.t_cost();
            Verdict::Right(if weaker { phc::hash(&cost, memory, &text).ok() } else { None })
        })
        .await
    }

    /// Gives how long verifying a password takes at the longest. Stored hashes may have cost less than new ones do, so an
    /// answer whose time must not tell anything waits for it.
    pub fn longest(&self) -> Duration {
        Duration::from_micros(self.longest_micros.load(Ordering::Relaxed))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, ErrorReply> {
        let permit = self.permit().await?;
        // The permit moves into the work: a connection that goes away does not let another hash in.
        let (tell, told) = oneshot::channel();
        // The client may have gone.
        let compute = Box::new(move |memory: &mut Memory| drop(tell.send(work(memory))));
        self.threads.run(Work { compute, permit });
        told.await.map_err(|error| internal(&error))
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, ErrorReply> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }

        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= WAITING_MAX {
            return Err(rate_limited(WAIT_MAX));
        }
        match tokio::time::timeout(WAIT_MAX, self.running.clone().acquire_owned()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(rate_limited(WAIT_MAX)),
        }
    }
}

fn params(cost: Argon2) -> Params {
    Params::new(cost.memory_kib, cost.passes, 1, None).expect("the configuration was checked")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cheap() -> Hasher {
        Hasher::new(Argon2 { memory_kib: 64, passes: 1 })
    }

    fn code(password: &str) -> Option<ErrorCode> {
        check_new(&Password::new(password), &"alice-the-first".parse().unwrap()).err().map(|error| error.code)
    }

    #[test]
    fn new_passwords_keep_the_rule() {
        assert_eq!(code("eightchr"), Some(ErrorCode::PasswordTooShort));
        assert_eq!(code("Alice-the-first"), Some(ErrorCode::PasswordTooCommon));
        assert_eq!(code("1234567890"), Some(ErrorCode::PasswordTooCommon));
        assert_eq!(code("Liverpool"), Some(ErrorCode::PasswordTooCommon));
        assert_eq!(code(&"x".repeat(1_025)), Some(ErrorCode::PasswordTooLong));
        assert_eq!(code("nine\0nine"), Some(ErrorCode::Malformed));
        assert_eq!(code("ninechars"), None);
        assert_eq!(code("ü mlaut 日本"), None);
    }

    #[tokio::test]
    async fn both_forms_of_an_accent_are_the_same_password() {
        let hasher = cheap();
        let composed = hasher.hash(&Password::new("caf\u{e9} caf\u{e9}")).await.unwrap();
        let verdict = hasher.verify(&Password::new("cafe\u{301} cafe\u{301}"), Some(composed.clone())).await.unwrap();
        assert_eq!(verdict, Verdict::Right(None));
        let verdict = hasher.verify(&Password::new("cafe cafe"), Some(composed)).await.unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_weaker_hash_is_made_anew() {
        let stored = cheap().hash(&Password::new("correct horse")).await.unwrap();
        let stronger = Hasher::new(Argon2 { memory_kib: 128, passes: 1 });
        let verdict = stronger.verify(&Password::new("correct horse"), Some(stored)).await.unwrap();
        let Verdict::Right(Some(fresh)) = verdict else { panic!("{verdict:?}") };
        assert!(fresh.expose().contains("m=128"), "{}", fresh.expose());
    }

    #[tokio::test]
    async fn an_unknown_account_has_no_password() {
        assert_eq!(cheap().verify(&Password::new("anything"), None).await.unwrap(), Verdict::Wrong);
    }
}
