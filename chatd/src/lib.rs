//! The chat daemon as a library: its binary and the tests start it by [`run`].
//!
//! The path of a request, in the order of the files: [`server`] accepts a connection, `http` answers
//! it or hands it to `conn` as a WebSocket, `dispatch` finds the handler of a packet, [`policy`] says
//! yes or no, [`store`] commits, [`hub`] hands the event to the members' connections, and each
//! connection's task writes it out. What an operator asks for goes through [`admin`]. See `docs/architecture.md`.

pub mod admin;
mod admission;
mod answer;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
mod conn;
mod counters;
pub mod daemon;
mod dispatch;
mod entrance;
mod error;
mod files;
pub mod frame;
mod guesses;
mod handler;
mod hash;
mod http;
pub mod hub;
mod in_hand;
mod lock;
mod metrics;
mod pace;
pub mod password;
pub mod password_hash;
mod peer;
mod peer_user;
pub mod policy;
mod rate;
mod reloadable;
mod secret;
pub mod server;
mod session_activity;
pub mod source;
mod stall_timeout;
mod stop;
pub mod store;
pub mod tls;
pub mod token;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use proto::ErrorReply;
use tokio::sync::watch;

use clock::{Clock, SystemClock};
use config::Config;
use daemon::{Daemon, Served};
use server::Listener;
use store::Opened;
use tls::TlsError;
use token::Tokens;

/// Why the daemon stopped without being asked to.
#[derive(Debug, thiserror::Error)]
#[error("the store cannot write any more: {0}")]
pub struct StoreFailed(String);

/// How long the server of a bucket may take at the end.
const FILES_REST_IN: Duration = Duration::from_secs(2);

/// A daemon that serves: what watches it finds out whether it makes progress, and brings it new settings.
#[derive(Clone)]
pub struct Running(Arc<Daemon>);

impl Running {
    /// Sends something through the store, fsync included, and to the hub; true when it came there.
    pub async fn passes(&self) -> bool {
        let Ok(number) = self.0.store.probe().await.committed().await else { return false };
        self.0.hub.probed() >= number
    }

    /// Puts settings in the place of those that it has, and reads certificate and key again. Gives the names of
    /// those that have changed but need a restart.
    ///
    /// # Errors
    /// What is wrong with certificate or key; everything stays as it was then.
    pub fn reload(&self, config: Config) -> Result<Vec<&'static str>, TlsError> {
        self.0.reload(config)
    }

    /// Gives the name of the key that clients see, if connections are encrypted.
    pub fn fingerprint(&self) -> Option<String> {
        self.0.served.tls.as_ref().map(tls::Tls::fingerprint)
    }

    /// Counts the open connections.
    pub fn connections(&self) -> usize {
        self.0.hub.connections()
    }

    /// Counts those who are online.
    pub fn people_online(&self) -> usize {
        self.0.hub.people_online()
    }
}

/// Serves until `stop` is done, then ends every connection and closes the store. It opens nothing
/// itself; what it is given decides where it listens, where it stores and what time it is.
///
/// What `watch` gives runs at the same time and does not decide when the daemon ends.
///
/// # Errors
/// [`StoreFailed`] when the disk does not take what must be durable; nothing was acknowledged then
/// that is not stored.
pub async fn run<W: Future<Output = ()>>(
    listeners: Vec<Listener>,
    opened: Opened,
    tokens: Tokens,
    config: Config,
    clock: Arc<dyn Clock>,
    stop: impl Future<Output = ()>,
    watch: impl FnOnce(Running) -> W,
) -> Result<(), StoreFailed> {
    let served = Served {
        addresses: listeners.iter().filter_map(|listener| listener.url().ok().flatten()).collect(),
        tls: listeners.iter().find_map(Listener::tls).cloned(),
    };
    let daemon = Daemon::start(served, opened, tokens, config, clock);

    tokio::spawn(daemon.clone().keep_removing());
    tokio::spawn(handler::guest::keep_ending(daemon.clone()));
    tokio::spawn(daemon.clone().keep_deleting_old());
    tokio::spawn(handler::file::sweep::keep_sweeping(daemon.clone()));

    let (stopping, stopped) = watch::channel(false);
    let serving = server::serve_listeners(&daemon, listeners, &stopped);
    let outcome = async {
        let outcome = tokio::select! {
            () = stop => Ok(()),
            reason = daemon.store.failed() => Err(StoreFailed(reason)),
        };
        stopping.send_replace(true);
        daemon.hub.stop();
        outcome
    };
    let usage = daemon.session_activity.keep(&daemon.store);
    let timers = daemon.hub.run_timers(async |gone| handler::account::remember_last_seen(&daemon, gone).await);
    let watching = async {
        watch(Running(daemon.clone())).await;
        std::future::pending::<()>().await;
    };
    let ((), outcome) = tokio::select! {
        done = async { tokio::join!(serving, outcome) } => done,
        _ = timers => unreachable!("timers run for ever"),
        () = usage => unreachable!("uses are kept for ever"),
        () = watching => unreachable!("whoever watches has no say in the end"),
    };
    handler::account::remember_last_seen(&daemon, daemon.hub.everybody_online()).await;
    daemon.session_activity.keep_now(&daemon.store).await;
    let _ = tokio::time::timeout(FILES_REST_IN, daemon.files.rest()).await;
    daemon.store.close().await;
    outcome
}

/// Does what an operator asks for with a store that no daemon serves, and closes it.
///
/// # Errors
/// Why it was refused.
pub async fn operate(
    opened: Opened,
    tokens: Tokens,
    config: Config,
    request: admin::Request,
) -> Result<admin::AdminReply, ErrorReply> {
    let daemon = Daemon::start(Served::default(), opened, tokens, config, Arc::new(SystemClock));
    let reply = admin::perform(&daemon, request).await;
    daemon.store.close().await;
    reply
}
