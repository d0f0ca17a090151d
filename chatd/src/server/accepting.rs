//! Accepting what comes in by a socket: who is let in, and what becomes of the connection.

use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use socket_owner::Ends;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::server::TlsStream;

use super::Listener;
use super::stream::{serve_stream, web_socket};
use crate::admin;
use crate::admission::{Origin, Unauthenticated, is_cut};
use crate::conn::{self, Stranger};
use crate::daemon::Daemon;
use crate::http::Never;
use crate::lock::lock;
use crate::rate::Limiter;
use crate::source::network;
use crate::stop::told_to_stop;
use crate::tls::Tls;

/// How long accepting rests when the system has no descriptor left.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A descriptor that nothing needs.
type Spare = Arc<Mutex<Option<File>>>;

/// Holds one in reserve again, if there is one.
fn hold(spare: &Spare) {
    let mut spare = lock(spare);
    if spare.is_none() {
        *spare = File::open("/dev/null").ok();
    }
}

/// What accepts the connections of one socket.
pub(super) struct Accepting {
    pub(super) daemon: Arc<Daemon>,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) alive: mpsc::Sender<Never>,
    /// Limits how often refusals of an address are logged.
    pub(super) told: Arc<Limiter<IpAddr>>,
    /// Whether the last connection could not be accepted.
    pub(super) failing: bool,
    /// A descriptor that is given up for an operator when there is none left.
    pub(super) spare: Spare,
}

impl Accepting {
    pub(super) async fn run(mut self, listener: Listener) {
        if matches!(listener, Listener::Admin(..)) {
            hold(&self.spare);
        }
        loop {
            let accepted = tokio::select! {
                () = told_to_stop(&mut self.stopping) => break,
                accepted = accept(&listener) => accepted,
            };
            match accepted {
                Ok(Accepted::Tcp(stream, address)) => self.admit(stream, address, listener.tls()),
                Ok(Accepted::Unix(stream)) => {
                    let uid = stream.peer_cred().ok().map(|user| user.uid());
                    self.spawn(async move { Some(stream) }, self.daemon.entrance.admission.here(uid));
                }
                Ok(Accepted::Admin(stream)) => self.answer_operator(stream),
                Err(_) if self.gives_up_spare() => continue,
                Err(error) => {
                    if !matches!(listener, Listener::Admin(..)) {
                        self.fails_to_accept(&error);
                    }
                    tokio::time::sleep(ACCEPT_REST).await;
                    continue;
                }
            }
            if std::mem::take(&mut self.failing) && self.daemon.counters.is_not_accepting.swap(false, Ordering::Relaxed)
            {
                tracing::warn!("accepting connections again");
            }
        }
        if let Listener::Unix(_, Some(path)) | Listener::Admin(_, path) = &listener {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Frees the spare descriptor; false if there was none.
    fn gives_up_spare(&self) -> bool {
        lock(&self.spare).take().is_some()
    }

    /// Logs once that connections cannot be accepted, for as long as it lasts. A peer that has gone again does not count.
    fn fails_to_accept(&mut self, error: &io::Error) {
        self.daemon.counters.accept_failures.add(1);
        let is_the_peers = matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset);
        if is_the_peers {
            return;
        }
        self.failing = true;
        if !self.daemon.counters.is_not_accepting.swap(true, Ordering::Relaxed) {
            tracing::error!(%error, "cannot accept connections");
        }
    }

    fn admit(&self, stream: TcpStream, peer: SocketAddr, tls: Option<&Tls>) {
        // Small packets must not wait for each other's acknowledgement.
        let _ = stream.set_nodelay(true);
        let ends = ends(&stream, peer);
        if self.daemon.config().proxies.iter().any(|proxy| proxy.contains(peer.ip())) {
            return self.open(stream, Origin::proxy(elsewhere(peer.ip())).between(ends), tls);
        }
        let address = network(peer.ip());
        match self.daemon.entrance.admission.admit(address) {
            Ok(from) => self.open(stream, from.between(ends), tls),
            Err(reason) => {
                if self.told.take(address, Instant::now()).is_ok() {
                    tracing::info!(%address, reason, "refusing connections");
                }
            }
        }
    }

    fn open(&self, stream: TcpStream, from: Origin, tls: Option<&Tls>) {
        match tls.cloned() {
            Some(tls) => self.spawn(agree(tls, stream), from),
            None => self.spawn(async move { Some(stream) }, from),
        }
    }

    /// Serves a connection as soon as it is open.
    fn spawn<S>(&self, opening: impl Future<Output = Option<S>> + Send + 'static, from: Origin)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (daemon, stopping, alive) = (self.daemon.clone(), self.stopping.clone(), self.alive.clone());
        tokio::spawn(async move {
            let mut stopped = stopping.clone();
            let cut = from.unauthenticated.as_ref().map(Unauthenticated::cut);
            daemon.entrance.admission.tell_apart(&from).await;
            let stream = tokio::select! {
                stream = opening => stream,
                () = told_to_stop(&mut stopped) => None,
                () = is_cut(cut.as_deref()) => None,
            };
            let Some(stream) = stream else { return };
            let upgrade = tokio::select! {
                upgrade = serve_stream(stream, &from, &daemon, stopping.clone()) => upgrade,
                () = is_cut(cut.as_deref()) => None,
            };
            let Some(upgrade) = upgrade else { return };
            let Ok(upgraded) = upgrade.upgrading.await else { return };
            let from = upgrade.behind_a_proxy.unwrap_or(from);
            if let Some(socket) = web_socket::<S>(upgraded, daemon.config().limits.packet_bytes).await {
                // In a task of its own: this one has room for all that HTTP may need, and a WebSocket stays.
                tokio::spawn(conn::serve_connection(
                    socket,
                    daemon,
                    stopping,
                    Stranger { unauthenticated: from.unauthenticated, uid: upgrade.uid },
                    (from.place, alive),
                ));
            }
        });
    }

    fn answer_operator(&self, stream: UnixStream) {
        let (daemon, alive, spare) = (self.daemon.clone(), self.alive.clone(), self.spare.clone());
        tokio::spawn(async move {
            admin::socket::serve_operator(stream, daemon).await;
            // The descriptor of the operator's connection becomes the spare one again, before others come.
            hold(&spare);
            drop(alive);
        });
    }
}

/// Performs the TLS handshake with a peer; `None` when it fails or takes too long.
async fn agree(tls: Tls, stream: TcpStream) -> Option<TlsStream<TcpStream>> {
    tls.accept(stream).await.inspect_err(|error| tracing::debug!(%error, "TLS handshake failed")).ok()
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
    Admin(UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<Accepted> {
    match listener {
        Listener::Tcp(listener, _) => listener.accept().await.map(|(stream, address)| Accepted::Tcp(stream, address)),
        Listener::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        Listener::Admin(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Admin(stream)),
    }
}

/// Gives the two ends of a connection within this machine: the system knows whose the other one is.
fn ends(stream: &TcpStream, peer: SocketAddr) -> Option<Ends> {
    let own = stream.local_addr().ok().filter(|_| elsewhere(peer.ip()).is_none())?;
    Some(Ends { own, peer })
}

/// Gives an address, unless it is one of this machine.
fn elsewhere(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    (!address.is_loopback()).then_some(address)
}
