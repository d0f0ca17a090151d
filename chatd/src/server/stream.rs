//! HTTP on one connection, until it ends or becomes a WebSocket.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::one_length::OneLength;
use super::proxy::{Asker, asker};
use crate::admission::Origin;
use crate::conn;
use crate::daemon::Daemon;
use crate::http::{Body, Never, Routed, is_web_socket, route, too_many_connections, two_lengths};
use crate::peer::Peer;
use crate::source::network;
use crate::stall_timeout::StallTimeout;
use crate::stop::told_to_stop;

/// How long the head of a request may take, and a connection may idle between two requests.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request.
const HEADERS_MAX: usize = 64;
/// Bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16_384;
/// How long who has too many connections through a proxy is to wait.
const FULL_WAIT: Duration = Duration::from_secs(10);

/// A connection that is to become a WebSocket.
pub(super) struct Upgrade {
    pub(super) upgrading: OnUpgrade,
    /// The user of the system, if one is known.
    pub(super) uid: Option<u32>,
    /// Who came through a proxy, and what that one holds.
    pub(super) behind_a_proxy: Option<Origin>,
}

/// Finds out who asks through a proxy, or says how long they are to wait. A WebSocket counts as a connection of that
/// address.
fn behind_a_proxy(daemon: &Daemon, request: &Request<Incoming>) -> Result<Option<Origin>, Duration> {
    let address = match asker(request.headers(), &daemon.config().proxies) {
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

/// Serves HTTP on a connection, until it ends or is to become a WebSocket.
pub(super) async fn serve_stream<S>(
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
pub(super) async fn web_socket<S>(upgraded: Upgraded, packet_bytes: usize) -> Option<WebSocketStream<StallTimeout<S>>>
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
