//! What every request may need: the store, the registry, the keys, the limits.

use std::sync::Arc;
use std::time::Duration;

use proto::{SessionId, Timestamp};

use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::guesses::Guesses;
use crate::hub::{Hub, HubSettings, Publisher};
use crate::live::Live;
use crate::metrics::Counters;
use crate::password::Hasher;
use crate::rate::{Limiter, Rate};
use crate::server::Strangers;
use crate::source::Source;
use crate::store::{Opened, Store, StoreBounds, StoreError, UserId};
use crate::tls::{Tls, TlsError};
use crate::token::Tokens;
use crate::usage::Usage;

/// Sign-ins and sign-ups of an address for each failed one that an account may have.
const SIGN_INS_PER_ADDRESS: u64 = 4;

/// Sign-ups and guests at once of a Unix user who comes by loopback or a Unix socket, and per minute, for each failed
/// sign-in that an account may have: a script may make the accounts of a school, but nobody makes them day and night.
const LOCAL_SIGN_UPS_AT_ONCE: u64 = 400;
const LOCAL_SIGN_UPS: u64 = 12;

/// Sign-ins per second of a Unix user, over time and at once: each command of a script is one.
const LOCAL_SIGN_IN_RATE: u64 = 10;
const LOCAL_SIGN_IN_BURST: u64 = 200;

/// Looks for old messages in the time that they are kept, at least one in this time.
const LOOKS_PER_TIME: u32 = 24;
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(60 * 60);

/// Changes of typing per second of an account, over time and at once: nobody types faster.
const TYPING_RATE: u64 = 2;
const TYPING_BURST: u64 = 20;

/// Renewals of a session's token per minute, over time and at once: each is a commit, and one in half of a token's life is enough.
const RENEWALS: u64 = 1;
const RENEWALS_AT_ONCE: u64 = 30;

/// The parts of a running daemon.
pub struct Daemon {
    pub(crate) served: Served,
    pub(crate) started: Timestamp,
    config: Live<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Tokens,
    pub(crate) hasher: Hasher,
    pub(crate) counters: Counters,
    pub(crate) message_rate: Limiter<UserId>,
    pub(crate) request_rate: Limiter<UserId>,
    pub(crate) typing_rate: Limiter<UserId>,
    pub(crate) renewals: Limiter<SessionId>,
    pub(crate) guesses: Guesses,
    pub(crate) sign_ins_from: Limiter<Source>,
    pub(crate) local_sign_ups: Limiter<u32>,
    pub(crate) local_sign_ins: Limiter<u32>,
    pub(crate) strangers: Strangers,
    pub(crate) usage: Usage,
}

/// How the daemon can be reached; not at all when it only serves the operator who started it.
#[derive(Default)]
pub(crate) struct Served {
    pub(crate) addresses: Vec<String>,
    /// What connections over TCP are encrypted with.
    pub(crate) tls: Option<Tls>,
}

impl Daemon {
    /// Starts the writer of a store, and everything that answers requests.
    pub(crate) fn start(
        served: Served,
        mut opened: Opened,
        tokens: Tokens,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let directory = std::mem::take(&mut opened.directory);
        let hub = Arc::new(Hub::new(directory, hub_settings(&config), clock.clone()));
        let store = opened.start(Publisher::new(hub.clone()));
        bound(&store, &config.limits);
        Arc::new(Self::new(served, config, clock, store, hub, tokens))
    }

    fn new(served: Served, config: Config, clock: Arc<dyn Clock>, store: Store, hub: Arc<Hub>, tokens: Tokens) -> Self {
        let rates = Rates::of(&config.limits);
        Self {
            message_rate: Limiter::new(rates.messages),
            request_rate: Limiter::new(rates.requests),
            typing_rate: Limiter::new(Rate::new(TYPING_RATE, SECOND, TYPING_BURST)),
            renewals: Limiter::new(Rate::new(RENEWALS, 60 * SECOND, RENEWALS_AT_ONCE)),
            guesses: Guesses::new(config.limits.sign_in_rate),
            sign_ins_from: Limiter::new(rates.sign_ins_from),
            local_sign_ups: Limiter::new(rates.local_sign_ups),
            local_sign_ins: Limiter::new(Rate::new(LOCAL_SIGN_IN_RATE, SECOND, LOCAL_SIGN_IN_BURST)),
            strangers: Strangers::new(&config.limits),
            hasher: Hasher::new(config.auth.argon2),
            counters: Counters::default(),
            usage: Usage::default(),
            served,
            started: clock.now(),
            config: Live::new(config),
            clock,
            store,
            hub,
            tokens,
        }
    }

    /// Removes what was said in channels that were deleted, and by people who wanted that when they left, until nothing is
    /// left of it or the store closes.
    pub(crate) async fn remove_what_was_deleted(&self) {
        while let Ok(true) = self.store.remove_some().await.committed().await {}
        while let Ok(Some(leaving)) = self.store.leaving().await {
            if self.store.erase(leaving).await.is_err() {
                return;
            }
        }
    }

    /// Deletes messages that are older than the settings keep them, for as long as the daemon runs.
    pub(crate) async fn keep_deleting_old(self: Arc<Self>) {
        loop {
            let keep_for = self.config().history.keep_for;
            if !keep_for.is_zero()
                && let Err(error) = self.delete_older_than(keep_for).await
            {
                tracing::warn!(%error, "old messages cannot be deleted, trying again");
            }
            let pause = if keep_for.is_zero() { LOOK_AGAIN_MAX } else { keep_for / LOOKS_PER_TIME };
            tokio::time::sleep(pause.clamp(SECOND, LOOK_AGAIN_MAX)).await;
        }
    }

    async fn delete_older_than(&self, age: Duration) -> Result<(), StoreError> {
        let moment = self.clock.now().plus_millis(-i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        while self.store.delete_older_than(moment).await? {}
        Ok(())
    }

    /// The same at the start and whenever something is deleted, for as long as the daemon runs.
    pub(crate) async fn keep_removing(self: Arc<Self>) {
        loop {
            self.remove_what_was_deleted().await;
            self.store.something_to_remove().await;
        }
    }

    /// Gives the settings as they are now.
    pub(crate) fn config(&self) -> Arc<Config> {
        self.config.get()
    }

    /// See [`crate::Running::reload`].
    pub(crate) fn reload(&self, mut config: Config) -> Result<Vec<&'static str>, TlsError> {
        let late = config.keep_what_needs_a_restart(&self.config());
        if let Some(tls) = &self.served.tls {
            tls.reload(&config.tls)?;
        }
        let rates = Rates::of(&config.limits);
        self.message_rate.change(rates.messages);
        self.request_rate.change(rates.requests);
        self.guesses.change(config.limits.sign_in_rate);
        self.sign_ins_from.change(rates.sign_ins_from);
        self.local_sign_ups.change(rates.local_sign_ups);
        self.strangers.change(&config.limits);
        self.hasher.change(config.auth.argon2);
        bound(&self.store, &config.limits);
        self.hub.change(hub_settings(&config));
        self.config.set(config);
        Ok(late)
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// The rates that the settings name.
struct Rates {
    messages: Rate,
    requests: Rate,
    sign_ins_from: Rate,
    local_sign_ups: Rate,
}

impl Rates {
    fn of(limits: &Limits) -> Self {
        let from_address = limits.sign_in_rate.saturating_mul(SIGN_INS_PER_ADDRESS);
        Self {
            messages: Rate::new(limits.message_rate, SECOND, limits.message_burst),
            requests: Rate::new(limits.request_rate, SECOND, limits.request_burst),
            sign_ins_from: Rate::new(from_address, 60 * SECOND, from_address),
            local_sign_ups: Rate::new(
                limits.sign_in_rate.saturating_mul(LOCAL_SIGN_UPS),
                60 * SECOND,
                limits.sign_in_rate.saturating_mul(LOCAL_SIGN_UPS_AT_ONCE),
            ),
        }
    }
}

/// Tells a store what may be stored, and searched for.
fn bound(store: &Store, limits: &Limits) {
    store.set_bounds(StoreBounds {
        disk_reserve: limits.disk_reserve,
        store: limits.store_bytes,
        account: limits.account_bytes,
        guest: limits.guest_bytes,
    });
    store.set_searches_waiting(usize::try_from(limits.searches_waiting).unwrap_or(usize::MAX));
}

fn hub_settings(config: &Config) -> HubSettings {
    HubSettings {
        idle_after: config.presence.idle_after,
        away_after: config.presence.away_after,
        offline_after: config.presence.offline_after,
        connections_per_account: config.limits.connections_per_account,
        outbox_bytes: config.limits.outbox_bytes,
    }
}

/// Draws the name of a new session: 26 letters and digits, 104 random bits.
pub(crate) fn random_session() -> SessionId {
    let mut bytes = [0; 13];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    let text = bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]));
    text.collect::<String>().parse().expect("26 letters and digits are an id")
}
