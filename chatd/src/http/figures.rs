//! The figures of the daemon: who reads them, and in which form.

use std::net::IpAddr;

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Request, Response};
use proto::ErrorReply;

use super::response::Body;
use crate::config::MetricsAccess;
use crate::daemon::Daemon;
use crate::metrics;
use crate::peer::Peer;
use crate::server::was_forwarded;

/// Gives the figures to whom they are for.
pub(super) async fn figures(
    daemon: &Daemon,
    peer: Peer,
    request: &Request<Incoming>,
) -> Result<Response<Body>, ErrorReply> {
    require_may_read_metrics(daemon, peer, request)?;
    Ok(as_text(metrics::render(daemon).await?, request))
}

/// Lets those read the figures whom the configuration names; to others they do not exist.
fn require_may_read_metrics(daemon: &Daemon, peer: Peer, request: &Request<Incoming>) -> Result<(), ErrorReply> {
    let allowed = match daemon.config().metrics.access {
        // A proxy that the settings do not name may ask for anybody, and so may a web page in a browser on this machine. Neither
        // does on a Unix socket.
        MetricsAccess::Local => {
            let is_asked_as_local = peer.ends.is_none() || names_this_machine(request);
            peer.address.is_none() && !was_forwarded(request.headers()) && is_asked_as_local
        }
        MetricsAccess::Everybody => true,
        MetricsAccess::Nobody => false,
    };
    if allowed { Ok(()) } else { Err(ErrorReply::nothing_here()) }
}

/// Tells whether the host that is asked for is this machine, by a name that no other one can take on.
fn names_this_machine(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Ok(authority) = host.parse::<Authority>() else { return host.is_empty() };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Answers with figures as OpenMetrics (1.0) has them, which for who does not ask for that are text for Prometheus (0.0.4).
fn as_text(text: String, request: &Request<Incoming>) -> Response<Body> {
    let accepted = request.headers().get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok()).unwrap_or_default();
    let kind = if accepted.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    let mut response = Response::new(super::response::text(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
