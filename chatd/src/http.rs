//! The HTTP half: which endpoint is asked, and whether by the method that works there.

mod asking;
mod endpoint;
mod figures;
mod file;
mod page;
mod response;
mod sign_in;
mod web_socket;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Instant;

use hyper::body::Incoming;
use hyper::{Request, Response, Version, header};
use proto::http::{Asker, Endpoint, Found, Method};
use proto::{ErrorCode, ErrorReply};

use crate::daemon::Daemon;
use crate::peer::Peer;
use crate::server::was_forwarded;
use asking::Asking;
pub(crate) use response::{Body, too_many_connections, two_lengths};
use response::{error, wrong_method};
use sign_in::count_sign_in;
pub(crate) use web_socket::is_web_socket;

/// What to do with a connection after its response.
pub(crate) enum Routed {
    /// The response is all.
    Response(Response<Body>),
    /// The response opens a WebSocket, to a user of the system if one is known.
    WebSocket(Response<Body>, Option<u32>),
}

/// Answers a request.
pub(crate) async fn route(daemon: &Arc<Daemon>, peer: Peer, request: &mut Request<Incoming>) -> Routed {
    let path = request.uri().path().to_owned();
    let link = page::path_of_link(&path);
    if let Err(refusal) = check_head(request, link.is_some()) {
        return Routed::Response(error(&refusal));
    }
    let began = Instant::now();
    if let Some(link) = link {
        let response = page::answer_browser(daemon, link, request).await;
        daemon.counters.requests.note(began);
        return Routed::Response(response);
    }
    // The user of a proxy is not the user who asks. Limits still count all requests of a proxy that the settings do not name.
    let user = peer.uid.filter(|_| !was_forwarded(request.headers()));
    if is_web_socket(request) {
        return web_socket::upgrade(request, user);
    }
    let answered = answer(Asking { daemon, peer, user, request, named: None }).await;
    daemon.counters.requests.note(began);
    if let Err(refusal) = &answered {
        daemon.counters.refused(&refusal.code);
    }
    Routed::Response(answered.unwrap_or_else(|refusal| error(&refusal)))
}

/// Hands a request to its endpoint, if its method is the one that works there.
async fn answer(mut asking: Asking<'_>) -> Result<Response<Body>, ErrorReply> {
    let path = asking.request.uri().path().to_owned();
    let endpoint = match Endpoint::at(&path, asking.request.method().as_str()) {
        Found::Endpoint(endpoint) => endpoint,
        Found::OtherMethods(methods) => return Ok(wrong_method(&names_of(&methods))),
        Found::Nothing => return Err(ErrorReply::nothing_here()),
    };
    let asker = endpoint.asker();
    let answered = endpoint::answer(&mut asking, endpoint).await;
    if matches!(asker, Asker::Newcomer | Asker::WithPassword) {
        count_sign_in(asking.daemon, &path, asker, (asking.peer.address, asking.named), answered.as_ref().err());
    }
    answered
}

/// Writes methods as `Allow` has them.
fn names_of(methods: &[Method]) -> String {
    let names = methods.iter().map(|method| if *method == Method::Get { "GET, HEAD" } else { method.as_str() });
    names.collect::<Vec<_>>().join(", ")
}

/// Refuses what no client of ours sends: requests of web pages from elsewhere, and requests that two
/// servers in a row could read in two ways. A page of ours asks for itself.
fn check_head(request: &Request<Incoming>, is_of_a_page: bool) -> Result<(), ErrorReply> {
    if !is_of_a_page && request.headers().contains_key(header::ORIGIN) {
        return Err(ErrorReply::new(ErrorCode::NotAllowed, "requests of web pages are not allowed"));
    }
    let one_host = request.headers().get_all(header::HOST).iter().count() == 1;
    let needs_host = request.version() == Version::HTTP_11;
    if needs_host && !one_host {
        return Err(ErrorReply::new(ErrorCode::Malformed, "the request must name one `Host`"));
    }
    // A whole URI, or the host alone: what one sends to a proxy.
    if request.uri().authority().is_some() {
        return Err(ErrorReply::new(ErrorCode::NotFound, "this is no proxy"));
    }
    Ok(())
}

/// The error type of a service that always has an answer.
pub(crate) type Never = Infallible;
