//! What every request may need: the store, the registry, the keys, the limits.

use std::sync::Arc;
use std::time::Duration;

use proto::{SessionId, Timestamp};

use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::counters::Counters;
use crate::entrance::Entrance;
use crate::files::{Files, Objects};
use crate::handler::file::sweep;
use crate::hub::{Hub, HubSettings, Publisher};
use crate::in_hand::InHand;
use crate::pace::Pace;
use crate::password::Hasher;
use crate::reloadable::Reloadable;
use crate::session_activity::SessionActivity;
use crate::store::{LinkSecret, Opened, Store, StoreBounds, StoreError};
use crate::tls::{Tls, TlsError};
use crate::token::Tokens;

/// Looks for old messages in the time that they are kept, and the bounds of the pause between two.
const LOOKS_PER_TIME: u32 = 24;
const LOOK_AGAIN_MIN: Duration = Duration::from_secs(1);
const LOOK_AGAIN_MAX: Duration = Duration::from_secs(60 * 60);

/// How long to wait before files are deleted that could not be, as during a backup.
const FILES_AGAIN: Duration = Duration::from_secs(5);

/// The parts of a running daemon.
pub struct Daemon {
    pub(crate) served: Served,
    pub(crate) started: Timestamp,
    config: Reloadable<Config>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) files: Files,
    /// Links whose form is being sent.
    pub(crate) forms: InHand<LinkSecret>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) keys: Keys,
    pub(crate) entrance: Entrance,
    pub(crate) pace: Pace,
    pub(crate) counters: Counters,
    pub(crate) session_activity: SessionActivity,
}

/// How the daemon can be reached; not at all when it only serves the operator who started it.
#[derive(Default)]
pub(crate) struct Served {
    pub(crate) addresses: Vec<String>,
    /// The certificate and key for TLS.
    pub(crate) tls: Option<Tls>,
}

/// The keys of sign-in: tokens are signed with one, passwords compared by the other.
pub(crate) struct Keys {
    pub(crate) tokens: Tokens,
    pub(crate) hasher: Hasher,
}

impl Daemon {
    /// Starts the writer of a store, and everything that answers requests.
    pub(crate) fn start(
        served: Served,
        opened: Opened,
        tokens: Tokens,
        config: Config,
        clock: Arc<dyn Clock>,
    ) -> Arc<Self> {
        let hub = Arc::new(Hub::new(hub_settings(&config), clock.clone()));
        let store = opened.start(Publisher::new(hub.clone()));
        bound(&store, &config.limits);
        Arc::new(Self::new(served, config, clock, store, hub, tokens))
    }

    fn new(served: Served, config: Config, clock: Arc<dyn Clock>, store: Store, hub: Arc<Hub>, tokens: Tokens) -> Self {
        let objects = Objects::of(store.store_id().as_str(), store.folder(), config.files.s3.as_ref());
        let files = Files::new(store.folder(), objects);
        Self {
            keys: Keys { tokens, hasher: Hasher::new(config.auth.argon2) },
            entrance: Entrance::new(&config.limits),
            pace: Pace::new(&config),
            counters: Counters::default(),
            session_activity: SessionActivity::default(),
            served,
            started: clock.now(),
            config: Reloadable::new(config),
            clock,
            files,
            forms: InHand::default(),
            store,
            hub,
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
                tracing::warn!(%error, "cannot delete old messages, will retry");
            }
            let pause = if keep_for.is_zero() { LOOK_AGAIN_MAX } else { keep_for / LOOKS_PER_TIME };
            tokio::time::sleep(pause.clamp(LOOK_AGAIN_MIN, LOOK_AGAIN_MAX)).await;
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
            let files_are_left = sweep::delete_removed(&self).await;
            tokio::select! {
                () = self.store.something_to_remove() => {}
                () = tokio::time::sleep(FILES_AGAIN), if files_are_left => {}
            }
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
        self.entrance.change(&config.limits);
        self.pace.change(&config);
        self.keys.hasher.change(config.auth.argon2);
        bound(&self.store, &config.limits);
        self.hub.change(hub_settings(&config));
        self.config.set(config);
        Ok(late)
    }
}

/// Gives a store the limits on storage and searches.
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
