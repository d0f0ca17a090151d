//! Responses, written.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use proto::http::{Call, encode_refusal, encode_reply};
use proto::{ErrorCode, ErrorReply};

use crate::error::rate_limited;
use crate::files::FileBytes;

/// The body of a response: a text, or the bytes of a file.
pub(crate) type Body = Either<Full<Bytes>, FileBytes>;

/// Answers what was done.
pub(super) fn ok<C: Call>(_: &C, answer: &C::Answer) -> Response<Body> {
    json(StatusCode::OK, encode_reply(answer))
}

/// Answers what was done and made something new.
pub(super) fn created<C: Call>(_: &C, answer: &C::Answer) -> Response<Body> {
    json(StatusCode::CREATED, encode_reply(answer))
}

pub(super) fn error(refusal: &ErrorReply) -> Response<Body> {
    tracing::debug!(code = %refusal.code, "an HTTP request was refused");
    let status = StatusCode::from_u16(refusal.code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(status, encode_refusal(refusal));
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

/// Answers one who asks by a method that does not work there.
pub(super) fn wrong_method(allowed: &str) -> Response<Body> {
    let mut response = error(&ErrorReply::new(ErrorCode::NotFound, format!("only {allowed} works at this path")));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().extend(HeaderValue::from_str(allowed).ok().map(|allowed| (header::ALLOW, allowed)));
    response
}

/// Makes a body of a text.
pub(super) fn text(text: String) -> Body {
    Either::Left(Full::from(text))
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    let mut response = Response::new(text(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
