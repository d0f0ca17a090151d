//! The service manager (systemd): sockets that it passes in, readiness, the watchdog.
//! Where there is no systemd, none of it does anything. Source: sd_notify(3), sd_listen_fds(3).

use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use listenfd::ListenFd;
use sd_notify::NotifyState;

use crate::Running;
use crate::lock::lock;
use crate::server::Listener;

/// Takes the sockets that were passed in.
pub(super) fn inherited() -> Result<Vec<Listener>> {
    let mut passed = ListenFd::from_env();
    let mut listeners = Vec::new();
    for place in 0..passed.len() {
        let strange = || format!("socket {place} that was passed in is of a kind that cannot be served");
        let listener = match passed.take_unix_listener(place) {
            Ok(Some(listener)) => Listener::inherited_unix(listener),
            Ok(None) => continue,
            Err(_) => match passed.take_tcp_listener(place) {
                Ok(Some(listener)) => Listener::inherited_tcp(listener),
                Ok(None) => continue,
                Err(error) => return Err(error).with_context(strange),
            },
        };
        listeners.push(listener.with_context(strange)?);
    }
    Ok(listeners)
}

/// Words that wait for the manager; one that does not listen holds nobody up.
const WAITING_MAX: usize = 16;

/// The way to the service manager, on a thread of its own: telling it may block.
#[derive(Clone)]
pub(super) struct Manager(SyncSender<Word>);

enum Word {
    Migrating,
    Ready(String),
    Progress(String),
    Reloading,
    /// With what an operator should know of it.
    Reloaded(Option<String>),
    Stopping,
}

impl Manager {
    pub(super) fn new() -> Self {
        let (say, said) = sync_channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("service-manager".to_owned())
            .spawn(move || tell(&said))
            .expect("the system gives the manager its thread");
        Self(say)
    }

    /// Gives a function that asks for more start time while an older store is being migrated: each time it is called,
    /// but no more than once a second.
    pub(super) fn migrating(&self) -> impl Fn() + Send + Sync + 'static {
        let (manager, told) = (self.clone(), Mutex::new(None::<Instant>));
        move || {
            let mut told = lock(&told);
            if told.is_none_or(|told| told.elapsed() >= Duration::from_secs(1)) {
                *told = Some(Instant::now());
                manager.say(Word::Migrating);
            }
        }
    }

    /// Notifies that connections are accepted, and where.
    pub(super) fn ready(&self, addresses: &[String]) {
        self.say(Word::Ready(format!("serving {}", addresses.join(", "))));
    }

    /// Notifies that the settings are being read again.
    pub(super) fn reloading(&self) {
        self.say(Word::Reloading);
    }

    /// Notifies that this is done, with what an operator should know of it.
    pub(super) fn reloaded(&self, note: Option<String>) {
        self.say(Word::Reloaded(note));
    }

    /// Notifies that the daemon stops.
    pub(super) fn stopping(&self) {
        self.say(Word::Stopping);
    }

    /// Notifies the watchdog for as long as the daemon makes progress: each time a probe went through the
    /// store and to the hub. Without a watchdog it does nothing.
    pub(super) async fn watch(self, running: Running) {
        let mut micros = 0;
        if !sd_notify::watchdog_enabled(false, &mut micros) {
            return std::future::pending().await;
        }
        // Half of the time, as sd_watchdog_enabled(3) recommends.
        let every = Duration::from_micros(micros / 2);
        loop {
            if let Ok(true) = tokio::time::timeout(every, running.passes()).await {
                let (connections, online) = (running.connections(), running.people_online());
                self.say(Word::Progress(format!("{connections} connections, {online} people online")));
            } else {
                tracing::error!("no progress within {} ms, not notifying the watchdog", every.as_millis());
            }
            tokio::time::sleep(every).await;
        }
    }

    fn say(&self, word: Word) {
        let _ = self.0.try_send(word);
    }
}

/// How much longer the start may take after each notice of a migration.
const EXTENSION: Duration = Duration::from_secs(60);

fn tell(said: &Receiver<Word>) {
    use NotifyState::{ExtendTimeoutUsec, Ready, Reloading, Status, Stopping, Watchdog};

    // The note of the last reload is shown next to the counts until the next one.
    let mut note = None::<String>;
    let noted = |status: &str, note: &Option<String>| match note {
        Some(note) => format!("{status}; {note}"),
        None => status.to_owned(),
    };
    for word in said {
        let told = match word {
            Word::Migrating => {
                let longer = ExtendTimeoutUsec(EXTENSION.as_micros() as u32);
                sd_notify::notify(false, &[longer, Status("bringing the store up to date")])
            }
            Word::Ready(status) => sd_notify::notify(false, &[Ready, Status(&status)]),
            Word::Progress(status) => sd_notify::notify(false, &[Watchdog, Status(&noted(&status, &note))]),
            Word::Reloading => sd_notify::notify(false, &[Reloading, Status("reading the settings again")]),
            Word::Reloaded(new) => {
                note = new;
                sd_notify::notify(false, &[Ready, Status(&noted("serving", &note))])
            }
            Word::Stopping => sd_notify::notify(false, &[Stopping, Status("stopping")]),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "cannot notify the service manager");
        }
    }
}
