//! The HTTP half: a match over what is posted, one over what is read, and the door to the WebSocket.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::http::uri::Authority;
use hyper::{Method, Request, Response, StatusCode, Version};
use proto::http::{Credentials, decode_object, encode_error, encode_ok};
use proto::{Empty, ErrorCode, ErrorReply, Handle, Token};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use crate::config::{MetricsAccess, Registration};
use crate::daemon::Daemon;
use crate::error::{internal, rate_limited};
use crate::handler::{
    account, export, feed, guest, history, local, people, personal, profile, search, session, sign_up,
};
use crate::metrics;
use crate::peer::Peer;
use crate::policy::{self, SignedIn};
use crate::server::was_forwarded;
use crate::source::Source;

/// Bytes of the body of a sign-in.
const BODY_BYTES_MAX: usize = 16_384;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) type Body = Full<Bytes>;

/// What to do with a connection after its response.
pub(crate) enum Routed {
    /// The response is all.
    Response(Response<Body>),
    /// The response opens a WebSocket, to a user of the system if one is known.
    WebSocket(Response<Body>, Option<u32>),
}

/// What the paths of people begin with.
const USERS: &str = "/v1/users/";
/// Where one signs in.
const OPENS_SESSION: [&str; 4] = ["/v1/register", "/v1/login", "/v1/guest", "/v1/local"];
/// Where whoever is in names their password once more.
const ASKS_PASSWORD: [&str; 2] = ["/v1/password", "/v1/account/delete"];
/// Where a session is ended.
const LOGOUT: &str = "/v1/logout";
/// What is read, beside what stands below people.
const READS: [&str; 15] = [
    "/v1/channels",
    "/v1/history",
    "/v1/replies",
    "/v1/thread",
    "/v1/pins",
    "/v1/moderation",
    "/v1/search",
    "/v1/catch-up",
    "/v1/feed",
    "/v1/export",
    "/v1/sessions",
    "/v1/settings",
    "/v1/friends",
    "/healthz",
    "/metrics",
];
/// The path of the WebSocket.
const WEB_SOCKET: &str = "/v1/ws";

/// Tells whether a request is one for the WebSocket.
pub(crate) fn is_web_socket(request: &Request<Incoming>) -> bool {
    request.uri().path() == WEB_SOCKET
}

/// Answers a request.
pub(crate) async fn route(daemon: &Arc<Daemon>, peer: Peer, request: &mut Request<Incoming>) -> Routed {
    if let Err(refusal) = check_head(request) {
        return Routed::Response(error(&refusal));
    }
    let began = Instant::now();
    // A proxy's user says nothing about who is behind it; yet limits hold for all that one who is not named brings.
    let user = peer.uid.filter(|_| !was_forwarded(request.headers()));
    let path = request.uri().path().to_owned();
    if path == WEB_SOCKET {
        return web_socket(request, user);
    }
    let is_post = request.method() == Method::POST;
    let answered = answer(daemon, peer, user, &path, request).await;
    daemon.counters.requests.note(began);
    if let Err(refusal) = &answered {
        daemon.counters.refused(&refusal.code);
    }
    if is_post && (OPENS_SESSION.contains(&path.as_str()) || ASKS_PASSWORD.contains(&path.as_str())) {
        let handle = request.extensions().get::<Option<Handle>>().cloned().flatten();
        count_sign_in(daemon, &path, (peer.address, handle), answered.as_ref().err());
    }
    Routed::Response(answered.unwrap_or_else(|refusal| error(&refusal)))
}

/// Hands a request to the handler of its path, if its method is the one that works there.
async fn answer(
    daemon: &Arc<Daemon>,
    peer: Peer,
    user: Option<u32>,
    path: &str,
    request: &mut Request<Incoming>,
) -> Result<Response<Body>, ErrorReply> {
    let method = method_of(path).ok_or_else(nothing_here)?;
    // The answer to HEAD is sent without its body (RFC 9110, section 9.3.2).
    let fits = *request.method() == method || (method == Method::GET && *request.method() == Method::HEAD);
    if !fits {
        return Ok(wrong_method(if method == Method::POST { "POST" } else { "GET, HEAD" }));
    }
    match path {
        "/healthz" => Ok(ok(&Empty {})),
        "/metrics" => {
            require_may_read_metrics(daemon, peer, request)?;
            Ok(figures(metrics::render(daemon).await?, request))
        }
        _ if method == Method::POST => post(daemon, peer, user, path, request).await,
        _ => {
            let who = asker(daemon, request).await?;
            // Where somebody reads with a token of theirs nobody else guesses; asking the system for a user would cost more.
            if let Some(address) = peer.address {
                daemon.entrance.guesses.got_in(who.handle(), Source::at(address));
            }
            read(daemon, &who, path, request.uri().query().unwrap_or_default()).await
        }
    }
}

/// Tells which method works at a path; none where there is nothing.
fn method_of(path: &str) -> Option<Method> {
    if path == LOGOUT || OPENS_SESSION.contains(&path) || ASKS_PASSWORD.contains(&path) {
        Some(Method::POST)
    } else if READS.contains(&path) || path.starts_with(USERS) {
        Some(Method::GET)
    } else {
        None
    }
}

/// Answers what changes an account or opens a session.
async fn post(
    daemon: &Arc<Daemon>,
    peer: Peer,
    user: Option<u32>,
    path: &str,
    request: &mut Request<Incoming>,
) -> Result<Response<Body>, ErrorReply> {
    Ok(match path {
        "/v1/register" => {
            let wish = object(request).await?;
            created(&sign_up::register(daemon, source(daemon, peer).await, wish).await?)
        }
        "/v1/login" => {
            let wish: Credentials = object(request).await?;
            request.extensions_mut().insert(account::as_typed(&wish.handle).parse::<Handle>().ok());
            ok(&account::login(daemon, source(daemon, peer).await, wish).await?)
        }
        "/v1/guest" => {
            let wish = object(request).await?;
            created(&guest::guest(daemon, source(daemon, peer).await, wish).await?)
        }
        "/v1/local" => {
            let (signed_in, is_new) = local::sign_in(daemon, user, object(request).await?).await?;
            if is_new { created(&signed_in) } else { ok(&signed_in) }
        }
        "/v1/password" => {
            let who = asker(daemon, request).await?;
            account::change_password(daemon, &who, object(request).await?).await?;
            ok(&Empty {})
        }
        "/v1/account/delete" => {
            let who = asker(daemon, request).await?;
            account::delete(daemon, &who, object(request).await?).await?;
            ok(&Empty {})
        }
        LOGOUT => {
            account::logout(daemon, &asker(daemon, request).await?).await?;
            ok(&Empty {})
        }
        _ => return Err(nothing_here()),
    })
}

/// Answers what somebody who is signed in reads: a request as one on a connection.
async fn read(daemon: &Arc<Daemon>, who: &SignedIn, path: &str, query: &str) -> Result<Response<Body>, ErrorReply> {
    daemon.pace.requests.take(who.user(), Instant::now()).map_err(rate_limited)?;
    Ok(match path {
        "/v1/channels" => ok(&history::channels(daemon, who, query).await?),
        "/v1/history" => ok(&history::history(daemon, who, query).await?),
        "/v1/replies" => ok(&history::replies(daemon, who, query).await?),
        "/v1/thread" => ok(&history::thread(daemon, who, query).await?),
        "/v1/pins" => ok(&history::pins(daemon, who, query).await?),
        "/v1/moderation" => ok(&history::moderation(daemon, who, query).await?),
        "/v1/search" => ok(&search::search(daemon, who, query).await?),
        "/v1/catch-up" => ok(&personal::catch_up(daemon, who, query).await?),
        "/v1/feed" => ok(&feed::feed(daemon, who, query).await?),
        "/v1/export" => ok(&export::export(daemon, who, query).await?),
        "/v1/sessions" => ok(&session::list(daemon, who).await?),
        "/v1/settings" => ok(&people::settings(daemon, who).await?),
        "/v1/friends" => ok(&people::friends(daemon, who).await?),
        _ => {
            let of = path.strip_prefix(USERS).ok_or_else(nothing_here)?;
            match of.split_once('/') {
                None => ok(&profile::profile(daemon, who, of).await?),
                Some((handle, "messages")) => ok(&profile::messages(daemon, who, handle, query).await?),
                Some((handle, "posts")) => ok(&feed::posts(daemon, who, profile::read_handle(handle)?, query).await?),
                Some(_) => return Err(nothing_here()),
            }
        }
    })
}

/// Keeps account of sign-ins; who guesses passwords stands in the log with the address, and whose password it was.
fn count_sign_in(
    daemon: &Daemon,
    path: &str,
    (address, handle): (Option<IpAddr>, Option<Handle>),
    refusal: Option<&ErrorReply>,
) {
    let Some(refusal) = refusal else {
        // Whoever names their password once more is in already; only a wrong guess at it counts.
        let is_new = !ASKS_PASSWORD.contains(&path);
        return daemon.counters.sign_ins.add(u64::from(is_new));
    };
    daemon.counters.sign_in_failures.add(1);
    let (address, handle) = (address.map(tracing::field::display), handle.map(tracing::field::display));
    if refusal.code != ErrorCode::RateLimited {
        tracing::info!(path, code = %refusal.code, handle, address, "a sign-in was refused");
    }
}

/// Gives what limits count a peer as.
async fn source(daemon: &Daemon, peer: Peer) -> Source {
    let config = daemon.config();
    let counts = config.limits.sign_in_rate > 0 || config.auth.registration == Registration::Approval;
    peer.source(counts).await
}

/// Lets those read the figures whom the configuration names; to others they do not exist.
fn require_may_read_metrics(daemon: &Daemon, peer: Peer, request: &Request<Incoming>) -> Result<(), ErrorReply> {
    let allowed = match daemon.config().metrics.access {
        // A proxy that nobody named in the settings may ask for anybody, and a web page for whoever reads it, but not on a Unix socket.
        MetricsAccess::Local => {
            let is_asked_as_local = peer.ends.is_none() || names_this_machine(request);
            peer.address.is_none() && !was_forwarded(request.headers()) && is_asked_as_local
        }
        MetricsAccess::Everybody => true,
        MetricsAccess::Nobody => false,
    };
    if allowed { Ok(()) } else { Err(nothing_here()) }
}

/// Tells whether the host that is asked for is this machine, by a name that no other one can take on.
fn names_this_machine(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let Ok(authority) = host.parse::<Authority>() else { return host.is_empty() };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Answers with figures as OpenMetrics (1.0) has them, which for who does not ask for that are text for Prometheus (0.0.4).
fn figures(text: String, request: &Request<Incoming>) -> Response<Body> {
    let accepted = request.headers().get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok()).unwrap_or_default();
    let kind = if accepted.contains("application/openmetrics-text") {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; version=0.0.4; charset=utf-8"
    };
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Refuses what no client of ours sends: requests of web pages from elsewhere, and requests that two
/// servers in a row could read in two ways.
fn check_head(request: &Request<Incoming>) -> Result<(), ErrorReply> {
    if request.headers().contains_key(header::ORIGIN) {
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

async fn object<T: DeserializeOwned>(request: &mut Request<Incoming>) -> Result<T, ErrorReply> {
    let body = Limited::new(request.body_mut(), BODY_BYTES_MAX).collect();
    match tokio::time::timeout(BODY_TIMEOUT, body).await {
        Ok(Ok(body)) => decode_object(&body.to_bytes()),
        Ok(Err(failure)) if failure.is::<http_body_util::LengthLimitError>() => {
            let reason = format!("the body has more than {BODY_BYTES_MAX} bytes");
            Err(ErrorReply::new(ErrorCode::TooLarge, reason))
        }
        Ok(Err(_)) => Err(ErrorReply::new(ErrorCode::Malformed, "the body broke off")),
        Err(_) => Err(ErrorReply::new(ErrorCode::Malformed, "the body took too long")),
    }
}

/// Finds out who asks.
async fn asker(daemon: &Daemon, request: &Request<Incoming>) -> Result<SignedIn, ErrorReply> {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Token::new(token.trim()));
    match token {
        Some(token) => policy::sign_in(daemon, &token).await,
        None => Err(ErrorReply::new(ErrorCode::TokenInvalid, "an `Authorization: Bearer` header is needed")),
    }
}

/// Checks the handshake of RFC 6455 section 4.2.1 and answers it.
fn web_socket(request: &Request<Incoming>, uid: Option<u32>) -> Routed {
    let mut head = Request::builder().method(request.method()).uri(request.uri()).version(request.version());
    if let Some(headers) = head.headers_mut() {
        *headers = request.headers().clone();
    }
    let response = match head.body(()) {
        Ok(head) => create_response(&head).map_err(|failure| failure.to_string()),
        Err(failure) => return Routed::Response(error(&internal(&failure))),
    };
    match response {
        Ok(response) => Routed::WebSocket(response.map(|()| Body::default()), uid),
        Err(_) if request.method() != Method::GET => Routed::Response(wrong_method("GET")),
        Err(reason) => {
            let refusal = ErrorReply::new(ErrorCode::Malformed, format!("this is no WebSocket handshake: {reason}"));
            let mut response = error(&refusal);
            if !request.headers().contains_key(header::UPGRADE) {
                *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
                response.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
            }
            Routed::Response(response)
        }
    }
}

fn ok(body: &impl Serialize) -> Response<Body> {
    json(StatusCode::OK, encode_ok(body))
}

fn created(body: &impl Serialize) -> Response<Body> {
    json(StatusCode::CREATED, encode_ok(body))
}

fn error(refusal: &ErrorReply) -> Response<Body> {
    tracing::debug!(code = %refusal.code, "an HTTP request was refused");
    let status = StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, encode_error(refusal));
    if let Some(millis) = refusal.retry_after_ms {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(millis.div_ceil(1_000)));
    }
    response
}

/// Answers whatever is asked on a connection that came too soon, which then ends.
pub(crate) fn too_many_connections(wait: Duration) -> Response<Body> {
    let mut response = error(&rate_limited(wait));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Answers a request that two servers in a row could end at two places; the connection ends.
pub(crate) fn two_lengths() -> Response<Body> {
    let mut response = error(&ErrorReply::new(ErrorCode::Malformed, "the request must have one `Content-Length`"));
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn nothing_here() -> ErrorReply {
    ErrorReply::new(ErrorCode::NotFound, "there is nothing at this path")
}

fn wrong_method(allowed: &'static str) -> Response<Body> {
    let mut response = error(&ErrorReply::new(ErrorCode::NotFound, format!("only {allowed} works at this path")));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The error type of a service that always has an answer.
pub(crate) type Never = Infallible;
