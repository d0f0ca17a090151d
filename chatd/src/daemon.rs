//! What every request may need: the store, the registry, the keys, the limits.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use proto::{Handle, SessionId, Timestamp};

use crate::clock::Clock;
use crate::config::Config;
use crate::hub::{Hub, HubSettings, Publisher};
use crate::metrics::Counters;
use crate::password::Hasher;
use crate::rate::Limiter;
use crate::store::{Opened, Store, UserId};
use crate::token::Tokens;

/// Sign-ins and sign-ups of an address for each failed one that an account may have.
const SIGN_INS_PER_ADDRESS: u64 = 4;

/// Changes of typing per second of an account, over time and at once: nobody types faster.
const TYPING_RATE: u64 = 2;
const TYPING_BURST: u64 = 20;

/// The parts of a running daemon.
pub struct Daemon {
    /// Where it listens; empty when it only serves the operator who started it.
    pub(crate) addresses: Vec<String>,
    pub(crate) started: Timestamp,
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) hub: Arc<Hub>,
    pub(crate) tokens: Tokens,
    pub(crate) hasher: Hasher,
    pub(crate) counters: Counters,
    pub(crate) message_rate: Limiter<UserId>,
    pub(crate) request_rate: Limiter<UserId>,
    pub(crate) typing_rate: Limiter<UserId>,
    pub(crate) failed_sign_ins: Limiter<Handle>,
    pub(crate) sign_ins_from: Limiter<IpAddr>,
}

impl Daemon {
    /// Starts the writer of a store, and everything that answers requests.
    pub(crate) fn start(
        addresses: Vec<String>,
        mut opened: Opened,
        tokens: Tokens,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let settings = HubSettings {
            idle_after: config.presence.idle_after,
            away_after: config.presence.away_after,
            offline_after: config.presence.offline_after,
            connections_per_account: config.limits.connections_per_account,
            outbox_bytes: config.limits.outbox_bytes,
        };
        let hub = Arc::new(Hub::new(std::mem::take(&mut opened.directory), settings, clock.clone()));
        let store = opened.start(Publisher::new(hub.clone()));
        Arc::new(Self::new(addresses, config, clock, store, hub, tokens))
    }

    fn new(
        addresses: Vec<String>,
        config: Config,
        clock: Arc<dyn Clock>,
        store: Store,
        hub: Arc<Hub>,
        tokens: Tokens,
    ) -> Self {
        let minute = Duration::from_secs(60);
        let limits = &config.limits;
        let from_address = limits.sign_in_rate.saturating_mul(SIGN_INS_PER_ADDRESS);
        Self {
            message_rate: Limiter::new(limits.message_rate, Duration::from_secs(1), limits.message_burst),
            request_rate: Limiter::new(limits.request_rate, Duration::from_secs(1), limits.request_burst),
            typing_rate: Limiter::new(TYPING_RATE, Duration::from_secs(1), TYPING_BURST),
            failed_sign_ins: Limiter::new(limits.sign_in_rate, minute, limits.sign_in_rate),
            sign_ins_from: Limiter::new(from_address, minute, from_address),
            hasher: Hasher::new(config.auth.argon2),
            counters: Counters::default(),
            addresses,
            started: clock.now(),
            config,
            clock,
            store,
            hub,
            tokens,
        }
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
