//! Accepting connections on every address, and stopping.

mod one_length;
mod proxy;

use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::admin;
use crate::admission::{Origin, Unauthenticated, is_cut};
use crate::conn::{self, Stranger};
use crate::daemon::Daemon;
use crate::http::{Body, Never, Routed, is_web_socket, route, too_many_connections, two_lengths};
use crate::lock::lock;
use crate::peer::Peer;
use crate::peer_user::Ends;
use crate::rate::{Limiter, Rate};
use crate::source::network;
use crate::stall_timeout::StallTimeout;
use crate::stop::told_to_stop;
use crate::tls::Tls;
pub(crate) use one_length::OneLength;
use proxy::Asker;
pub(crate) use proxy::was_forwarded;

/// How often the log says that connections of an address are refused.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// How long the head of a request may take, and a connection may idle between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16_384;
/// How long connections may take to end when the daemon stops.
const STOP_MAX: Duration = Duration::from_secs(8);
/// How long who has too many connections through a proxy is to wait.
const FULL_WAIT: Duration = Duration::from_secs(10);
/// How long accepting rests when the system has no descriptor left.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A socket that connections come in by.
pub enum Listener {
    /// TCP, and what connections are encrypted with.
    Tcp(TcpListener, Option<Tls>),
    /// A Unix socket, and its file when it is ours to remove at the end.
    Unix(UnixListener, Option<PathBuf>),
    /// The Unix socket of the operator.
    Admin(UnixListener, PathBuf),
}

impl Listener {
    /// Listens on a TCP address.
    ///
    /// # Errors
    /// The error of the system.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(|listener| Self::Tcp(listener, None))
    }

    /// Listens on a Unix socket. A file that a dead daemon left there is replaced; one that answers is not.
    ///
    /// # Errors
    /// The error of the system.
    pub fn unix(path: &Path) -> io::Result<Self> {
        // Who may reach it is the folder's business; who may do what is the token's.
        Ok(Self::Unix(bind(path, 0o666)?, Some(path.to_owned())))
    }

    /// Takes a TCP socket that somebody else listens on already.
    ///
    /// # Errors
    /// The error of the system.
    pub fn inherited_tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener).map(|listener| Self::Tcp(listener, None))
    }

    /// Takes a Unix socket that somebody else listens on already, and whose file stays.
    ///
    /// # Errors
    /// The error of the system.
    pub fn inherited_unix(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        UnixListener::from_std(listener).map(|listener| Self::Unix(listener, None))
    }

    /// Listens for the operator in a data folder, whose lock is held.
    ///
    /// # Errors
    /// The error of the system.
    pub fn admin(folder: &Path) -> io::Result<Self> {
        let path = folder.join(admin::socket::SOCKET_FILE);
        Ok(Self::Admin(bind(&path, 0o600)?, path))
    }

    /// Encrypts connections that come over TCP.
    #[must_use]
    pub fn encrypted(self, tls: &Tls) -> Self {
        match self {
            Self::Tcp(listener, _) => Self::Tcp(listener, Some(tls.clone())),
            other => other,
        }
    }

    /// Gives what its connections are encrypted with.
    pub fn tls(&self) -> Option<&Tls> {
        match self {
            Self::Tcp(_, tls) => tls.as_ref(),
            Self::Unix(..) | Self::Admin(..) => None,
        }
    }

    /// Gives the TCP address, if it is one.
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener, _) => listener.local_addr().ok(),
            Self::Unix(..) | Self::Admin(..) => None,
        }
    }

    /// Gives the address as `--server` of a client takes it; the operator's socket has none.
    ///
    /// # Errors
    /// The error of the system.
    pub fn url(&self) -> io::Result<Option<String>> {
        match self {
            Self::Tcp(listener, tls) => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                Ok(Some(format!("{scheme}://{}", listener.local_addr()?)))
            }
            Self::Unix(listener, _) => {
                let address = listener.local_addr()?;
                Ok(address.as_pathname().map(|path| format!("unix:{}", path.display())))
            }
            Self::Admin(..) => Ok(None),
        }
    }
}

/// Makes a Unix socket. A file that a dead daemon left there is replaced; one that answers is not.
fn bind(path: &Path, mode: u32) -> io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt;

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket());
    let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && std::os::unix::net::UnixStream::connect(path).is_err_and(refused) {
        std::fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    Ok(listener)
}

/// Accepts connections until `stopping` turns true, then lets them end and returns.
pub(crate) async fn serve_listeners(daemon: &Arc<Daemon>, listeners: Vec<Listener>, stopping: &watch::Receiver<bool>) {
    // Every task holds a clone; when all are gone the channel closes.
    let (alive, mut all_gone) = mpsc::channel::<Never>(1);
    let told = Arc::new(Limiter::new(Rate::new(1, TOLD_EVERY, 1)));
    for listener in listeners {
        let accepting = Accepting {
            daemon: daemon.clone(),
            stopping: stopping.clone(),
            alive: alive.clone(),
            told: told.clone(),
            failing: false,
            spare: Arc::default(),
        };
        tokio::spawn(accepting.run(listener));
    }
    drop(alive);
    told_to_stop(&mut stopping.clone()).await;
    if tokio::time::timeout(STOP_MAX, all_gone.recv()).await.is_err() {
        tracing::warn!("some connections did not close in time, closing them now");
    }
}

/// A descriptor that nothing needs.
type Spare = Arc<Mutex<Option<File>>>;

/// Holds one in reserve again, if there is one.
fn hold(spare: &Spare) {
    let mut spare = lock(spare);
    if spare.is_none() {
        *spare = File::open("/dev/null").ok();
    }
}

struct Accepting {
    daemon: Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    alive: mpsc::Sender<Never>,
    /// Limits how often refusals of an address are logged.
    told: Arc<Limiter<IpAddr>>,
    /// Whether the last connection could not be accepted.
    failing: bool,
    /// A descriptor that is given up for an operator when there is none left.
    spare: Spare,
}

impl Accepting {
    async fn run(mut self, listener: Listener) {
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

/// A connection that is to become a WebSocket.
struct Upgrade {
    upgrading: OnUpgrade,
    /// The user of the system, if one is known.
    uid: Option<u32>,
    /// Who came through a proxy, and what that one holds.
    behind_a_proxy: Option<Origin>,
}

/// Finds out who asks through a proxy, or says how long they are to wait. A WebSocket counts as a connection of that
/// address.
fn behind_a_proxy(daemon: &Daemon, request: &Request<Incoming>) -> Result<Option<Origin>, Duration> {
    let address = match proxy::asker(request.headers(), &daemon.config().proxies) {
        Asker::Direct => return Ok(None),
        Asker::At(address) => network(address),
        // All of whom nothing is known share the limits of one.
        Asker::Unknown => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    if address.is_loopback() {
        return Ok(None);
    }
    if !is_web_socket(request) {
        return Ok(Some(Origin { peer: Peer { address: Some(address), ..Peer::default() }, ..Origin::here(None) }));
    }
    match daemon.entrance.admission.admit(address) {
        Ok(Origin { wait: Some(wait), .. }) => Err(wait),
        Ok(from) => Ok(Some(from)),
        Err(_) => Err(FULL_WAIT),
    }
}

/// Gives the two ends of a connection within this machine: the system knows whose the other one is.
fn ends(stream: &TcpStream, peer: SocketAddr) -> Option<Ends> {
    let ours = stream.local_addr().ok().filter(|_| elsewhere(peer.ip()).is_none())?;
    Some(Ends { peer, ours })
}

/// Gives an address, unless it is one of this machine.
fn elsewhere(address: IpAddr) -> Option<IpAddr> {
    let address = address.to_canonical();
    (!address.is_loopback()).then_some(address)
}

/// Serves HTTP on a connection, until it ends or is to become a WebSocket.
async fn serve_stream<S>(
    stream: S,
    from: &Origin,
    daemon: &Arc<Daemon>,
    mut stopping: watch::Receiver<bool>,
) -> Option<Upgrade>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (upgrades, mut upgraded) = mpsc::channel(1);
    let head = OneLength::default();
    let twice = head.twice();
    let service = service_fn(|mut request: Request<Incoming>| {
        let upgrades = upgrades.clone();
        let has_two_lengths = twice.swap(false, Ordering::Relaxed);
        async move {
            let asker = if from.is_proxy { behind_a_proxy(daemon, &request) } else { Ok(None) };
            let (routed, behind_a_proxy) = match (from.wait, asker) {
                _ if has_two_lengths => (Routed::Response(two_lengths()), None),
                (Some(wait), _) | (None, Err(wait)) => (Routed::Response(too_many_connections(wait)), None),
                (None, Ok(asker)) => {
                    let peer = asker.as_ref().map_or(from.peer, |asker| asker.peer);
                    (route(daemon, peer, &mut request).await, asker)
                }
            };
            let response: Response<Body> = match routed {
                Routed::Response(response) => response,
                Routed::WebSocket(response, uid) => {
                    let upgrading = hyper::upgrade::on(request);
                    let _ = upgrades.try_send(Upgrade { upgrading, uid, behind_a_proxy });
                    response
                }
            };
            Ok::<_, Never>(response)
        }
    });
    {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_headers(HEADERS_MAX)
            .max_buf_size(HEAD_BYTES_MAX)
            .half_close(false)
            .serve_connection(TokioIo::new(StallTimeout::with_heads(stream, head)), service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        tokio::select! {
            _ = &mut connection => {}
            () = told_to_stop(&mut stopping) => {
                connection.as_mut().graceful_shutdown();
                let _ = connection.await;
            }
        }
    }
    upgraded.try_recv().ok()
}

/// Bytes read for a byte of a message: one whose fragments hold a byte each has six more for each.
const READ_PER_MESSAGE_BYTE: u64 = 7;
/// Further bytes read: the control frames that may come between fragments.
const READ_BESIDES_BYTES: u64 = 65_536;

/// Makes a WebSocket of an upgraded connection.
async fn web_socket<S>(upgraded: Upgraded, packet_bytes: usize) -> Option<WebSocketStream<StallTimeout<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Underneath the library's wrapping is the stream that it was given; without the wrapping, and the
    // buffer that the request was read into, a connection needs many kilobytes less.
    let parts = upgraded.downcast::<TokioIo<StallTimeout<S>>>().ok()?;
    let (mut stream, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
    stream.bound_messages(READ_PER_MESSAGE_BYTE * packet_bytes as u64 + READ_BESIDES_BYTES);
    let config = conn::websocket_config(packet_bytes);
    Some(WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await)
}
