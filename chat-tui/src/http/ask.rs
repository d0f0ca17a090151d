//! Asking: one request, the connection that it goes over, and what becomes of its answer.

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::HeaderName;
use hyper::{Request, Response, header};
use hyper_util::rt::TokioIo;
use proto::Token;
use proto::http::endpoints::{LogIn, Register};
use proto::http::{Call, NoQuery, Query};

use super::connect::connect;
use super::link::{ExchangeError, Link};
use super::{RequestError, host, in_words};
use crate::session::Server;
use crate::trust::TrustError;

/// Asks an endpoint that takes no body, as who holds a token.
///
/// # Errors
/// See [`RequestError`].
pub(super) async fn ask<C: Call<Body = ()>>(
    server: &Server,
    token: &Token,
    at: &C,
    query: &C::Query,
) -> Result<C::Answer, RequestError> {
    request::<C>(server, &uri(at, query), Some(token), String::new()).await
}

/// Sends a body to an endpoint.
///
/// # Errors
/// See [`RequestError`].
pub(super) async fn ask_with_body<C: Call<Query = NoQuery>>(
    server: &Server,
    token: Option<&Token>,
    at: &C,
    body: &C::Body,
) -> Result<C::Answer, RequestError> {
    let body = serde_json::to_string(body).expect("bodies hold nothing that JSON cannot");
    request::<C>(server, &uri(at, &NoQuery), token, body).await
}

/// Gives the path of an endpoint with its query.
fn uri<C: Call>(at: &C, query: &C::Query) -> String {
    let (path, query) = (at.path(), query.write());
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

/// Sends a request, and reads the answer that its endpoint gives.
async fn request<C: Call>(
    server: &Server,
    uri: &str,
    token: Option<&Token>,
    body: String,
) -> Result<C::Answer, RequestError> {
    let mut request = Request::builder().method(C::METHOD.as_str()).uri(uri).header(header::HOST, host(server));
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| unreachable(server, error))?;
    let (mut link, success, body) = exchange(server, request).await?;
    let strange = |_| RequestError::Strange(server.to_string());
    let granted = if success {
        let answer = serde_json::from_slice(&body).map_err(strange)?;
        link.succeeded(server);
        Ok(answer)
    } else {
        Err(RequestError::Refused(serde_json::from_slice(&body).map_err(strange)?))
    };
    server.trust().links().keep(server, link);
    granted
}

/// Sends a body of any size over a connection of its own, and gives the answer as soon as it begins.
///
/// # Errors
/// See [`RequestError`]; a refusal is an answer.
pub(super) async fn send_body<C: Call, B>(
    server: &Server,
    token: &Token,
    at: &C,
    query: &C::Query,
    headers: &[(HeaderName, &str)],
    body: B,
) -> Result<Response<Incoming>, RequestError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let request = Request::builder().method(C::METHOD.as_str()).uri(uri(at, query)).header(header::HOST, host(server));
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose()));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(name, *value));
    let request = request.body(body).map_err(|error| unreachable(server, error))?;
    let connection = connect(server).await.map_err(|error| untrusted(server, error, "the token"))?;
    let succeeded = connection.on_success(server);
    let handshake = http1::handshake(TokioIo::new(connection.stream));
    let (mut sender, driving) = handshake.await.map_err(|error| unreachable(server, error))?;
    tokio::spawn(driving);
    let response = sender.send_request(request).await.map_err(|error| unreachable(server, error))?;
    if response.status().is_success() {
        succeeded();
    }
    Ok(response)
}

/// Asks over a connection that waits, else over a new one; gives it with the answer.
///
/// A server may close a connection that waits while a request is on its way, and nobody knows then whether it was read.
/// What only reads is asked once more. Everything else takes a new connection at once: it is seldom (signing in and out,
/// a password), must not be done twice, and should not get lost for the sake of a handshake.
async fn exchange(server: &Server, request: Request<Full<Bytes>>) -> Result<(Link, bool, Bytes), RequestError> {
    if request.method().is_safe()
        && let Some(mut link) = server.trust().links().take(server)
    {
        match link.exchange(request.clone()).await {
            Ok((success, body)) => return Ok((link, success, body)),
            Err(ExchangeError::Unanswered(error)) => tracing::debug!(%error, "a connection that waited was closed"),
            Err(error) => return Err(without_answer(server, error)),
        }
    }
    let mut link = Link::open(server).await.map_err(|error| untrusted(server, error, secret_of(&request)))?;
    let (success, body) = link.exchange(request).await.map_err(|error| without_answer(server, error))?;
    Ok((link, success, body))
}

/// Says why no connection was made, and what was not sent.
fn untrusted(server: &Server, error: TrustError, unsent: &'static str) -> RequestError {
    match error {
        TrustError::Key(error) => RequestError::Untrusted { server: server.to_string(), error },
        TrustError::Owner(error) => RequestError::Elsewhere { server: server.to_string(), error, unsent },
        TrustError::Io(error) => unreachable(server, in_words(&error)),
    }
}

/// Says what of a request nobody else must see.
fn secret_of(request: &Request<Full<Bytes>>) -> &'static str {
    match request.uri().path() {
        _ if request.headers().contains_key(header::AUTHORIZATION) => "the token",
        LogIn::PATH | Register::PATH => "the password",
        _ => "the request",
    }
}

fn without_answer(server: &Server, error: ExchangeError) -> RequestError {
    match &error {
        ExchangeError::Broken(cause) if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) => {
            RequestError::Strange(server.to_string())
        }
        _ => unreachable(server, error),
    }
}

pub(super) fn unreachable(server: &Server, reason: impl std::fmt::Display) -> RequestError {
    RequestError::Unreachable { server: server.to_string(), reason: reason.to_string() }
}
