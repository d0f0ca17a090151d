//! Accepting connections on every address, and stopping.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::admin;
use crate::conn;
use crate::daemon::Daemon;
use crate::draining::Draining;
use crate::http::{Body, Never, Routed, route};

/// How long the head of a request may take, and a connection may idle between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16_384;
/// How long connections may take to end when the daemon stops.
const STOP_MAX: Duration = Duration::from_secs(8);
/// How long accepting rests when the system has no descriptor left.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A socket that connections come in by.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, whose file is removed at the end.
    Unix(UnixListener, PathBuf),
    /// The Unix socket of the operator.
    Admin(UnixListener, PathBuf),
}

impl Listener {
    /// Listens on a TCP address.
    ///
    /// # Errors
    /// What the system said.
    pub async fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).await.map(Self::Tcp)
    }

    /// Listens on a Unix socket. A file that a dead daemon left there is replaced; one that answers is not.
    ///
    /// # Errors
    /// What the system said.
    pub fn unix(path: &Path) -> io::Result<Self> {
        // Who may reach it is the folder's business; who may do what is the token's.
        Ok(Self::Unix(bind(path, 0o666)?, path.to_owned()))
    }

    /// Listens for the operator in a data folder, whose lock is held.
    ///
    /// # Errors
    /// What the system said.
    pub fn admin(folder: &Path) -> io::Result<Self> {
        let path = folder.join(admin::socket::SOCKET_FILE);
        Ok(Self::Admin(bind(&path, 0o600)?, path))
    }

    /// Gives the address as `--server` of a client takes it; the operator's socket has none.
    ///
    /// # Errors
    /// What the system said.
    pub fn url(&self) -> io::Result<Option<String>> {
        match self {
            Self::Tcp(listener) => Ok(Some(format!("http://{}", listener.local_addr()?))),
            Self::Unix(_, path) => Ok(Some(format!("unix:{}", path.display()))),
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
pub(crate) async fn serve(daemon: &Arc<Daemon>, listeners: Vec<Listener>, stopping: &watch::Receiver<bool>) {
    // Every task holds a clone; when all are gone the channel closes.
    let (alive, mut all_gone) = mpsc::channel::<Never>(1);
    let per_address = Arc::new(PerAddress::default());
    for listener in listeners {
        let accepting = Accepting {
            daemon: daemon.clone(),
            stopping: stopping.clone(),
            alive: alive.clone(),
            per_address: per_address.clone(),
        };
        tokio::spawn(accepting.run(listener));
    }
    drop(alive);
    told_to_stop(&mut stopping.clone()).await;
    if tokio::time::timeout(STOP_MAX, all_gone.recv()).await.is_err() {
        tracing::warn!("some connections did not end in time, they are cut");
    }
}

/// Waits until the daemon is told to stop.
pub(crate) async fn told_to_stop(stopping: &mut watch::Receiver<bool>) {
    // The sender lives as long as the daemon; were it gone, stopping is right too.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

struct Accepting {
    daemon: Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    alive: mpsc::Sender<Never>,
    per_address: Arc<PerAddress>,
}

impl Accepting {
    async fn run(mut self, listener: Listener) {
        loop {
            let accepted = tokio::select! {
                () = told_to_stop(&mut self.stopping) => break,
                accepted = accept(&listener) => accepted,
            };
            match accepted {
                Ok(Accepted::Tcp(stream, address)) => self.admit(stream, address.ip()),
                Ok(Accepted::Unix(stream)) => self.spawn(stream, None, None),
                Ok(Accepted::Admin(stream)) => self.answer_operator(stream),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
        if let Listener::Unix(_, path) | Listener::Admin(_, path) = &listener {
            let _ = std::fs::remove_file(path);
        }
    }

    fn admit(&self, stream: TcpStream, address: IpAddr) {
        // Small packets must not wait for each other's acknowledgement.
        let _ = stream.set_nodelay(true);
        let address = network(address);
        if address.is_loopback() {
            return self.spawn(stream, None, None);
        }
        let max = self.daemon.config.limits.connections_per_address;
        match PerAddress::enter(&self.per_address, address, max) {
            Some(place) => self.spawn(stream, Some(address), Some(place)),
            None => tracing::info!(%address, "an address has too many connections"),
        }
    }

    fn spawn<S>(&self, stream: S, address: Option<IpAddr>, place: Option<Place>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (daemon, stopping, alive) = (self.daemon.clone(), self.stopping.clone(), self.alive.clone());
        tokio::spawn(async move {
            let Some(upgrade) = serve_stream(stream, address, &daemon, stopping.clone()).await else { return };
            let Ok(upgraded) = upgrade.await else { return };
            if let Some(socket) = web_socket::<S>(upgraded, daemon.config.limits.packet_bytes).await {
                // In a task of its own: this one has room for all that HTTP may need, and a WebSocket stays.
                tokio::spawn(conn::serve(socket, daemon, stopping, (place, alive)));
            }
        });
    }

    fn answer_operator(&self, stream: UnixStream) {
        let (daemon, alive) = (self.daemon.clone(), self.alive.clone());
        tokio::spawn(async move {
            admin::socket::serve(stream, daemon).await;
            drop(alive);
        });
    }
}

/// Gives what limits count as one address: of IPv6 the network (/64), which is one customer's.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into())
        }
        address => address,
    }
}

enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
    Admin(UnixStream),
}

async fn accept(listener: &Listener) -> io::Result<Accepted> {
    match listener {
        Listener::Tcp(listener) => listener.accept().await.map(|(stream, address)| Accepted::Tcp(stream, address)),
        Listener::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        Listener::Admin(listener, _) => listener.accept().await.map(|(stream, _)| Accepted::Admin(stream)),
    }
}

/// Serves HTTP on a connection, until it ends or is to become a WebSocket.
async fn serve_stream<S>(
    stream: S,
    address: Option<IpAddr>,
    daemon: &Arc<Daemon>,
    mut stopping: watch::Receiver<bool>,
) -> Option<OnUpgrade>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (upgrades, mut upgraded) = mpsc::channel(1);
    let service = service_fn(|mut request: Request<Incoming>| {
        let upgrades = upgrades.clone();
        async move {
            let response: Response<Body> = match route(daemon, address, &mut request).await {
                Routed::Response(response) => response,
                Routed::WebSocket(response) => {
                    let _ = upgrades.try_send(hyper::upgrade::on(request));
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
            .serve_connection(TokioIo::new(Draining::new(stream)), service)
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

/// Makes a WebSocket of an upgraded connection.
async fn web_socket<S>(upgraded: Upgraded, packet_bytes: usize) -> Option<WebSocketStream<Draining<S>>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // Underneath the library's wrapping is the stream that it was given; without the wrapping, and the
    // buffer that the request was read into, a connection needs many kilobytes less.
    let parts = upgraded.downcast::<TokioIo<Draining<S>>>().ok()?;
    let (stream, read) = (parts.io.into_inner(), parts.read_buf.to_vec());
    let config = conn::websocket_config(packet_bytes);
    Some(WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await)
}

/// Counts connections by address.
#[derive(Default)]
struct PerAddress(Mutex<HashMap<IpAddr, u64>>);

/// One counted connection; dropping it counts down.
struct Place {
    counts: Arc<PerAddress>,
    address: IpAddr,
}

impl PerAddress {
    /// Counts a connection in, unless the address has as many as it may; 0 is no limit.
    fn enter(counts: &Arc<Self>, address: IpAddr, max: u64) -> Option<Place> {
        let mut by_address = counts.0.lock().expect("nobody panics holding the counts");
        let count = by_address.entry(address).or_default();
        if max > 0 && *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { counts: counts.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = self.counts.0.lock().expect("nobody panics holding the counts");
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_gets_its_places_back() {
        let counts = Arc::new(PerAddress::default());
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = PerAddress::enter(&counts, one, 2);
        let second = PerAddress::enter(&counts, one, 2).expect("two are allowed");
        assert!(PerAddress::enter(&counts, one, 2).is_none());
        assert!(PerAddress::enter(&counts, other, 2).is_some(), "another address has its own");
        drop(first);
        assert!(PerAddress::enter(&counts, one, 2).is_some());
        let unlimited = (0..1_000).map(|_| PerAddress::enter(&counts, one, 0)).collect::<Option<Vec<_>>>();
        assert!(unlimited.is_some(), "0 lifts the limit");
        drop(unlimited);
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn a_network_of_version_six_is_one_customer() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(network(address("2001:db8:1:2::5")), network(address("2001:db8:1:2:ffff::9")));
        assert_ne!(network(address("2001:db8:1:2::5")), network(address("2001:db8:1:3::5")));
        assert_eq!(network(address("::ffff:192.0.2.1")), address("192.0.2.1"));
        assert!(network(address("::1")).is_loopback());
        assert!(network(address("::ffff:127.0.0.1")).is_loopback());
    }
}
