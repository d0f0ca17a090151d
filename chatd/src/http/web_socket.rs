//! The door to the WebSocket.

use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::{Method, Request, StatusCode};
use proto::http::WEB_SOCKET;
use proto::{ErrorCode, ErrorReply};
use tokio_tungstenite::tungstenite::handshake::server::create_response;

use super::Routed;
use super::response::{error, wrong_method};
use crate::error::internal;

/// Tells whether a request is one for the WebSocket.
pub(crate) fn is_web_socket(request: &Request<Incoming>) -> bool {
    request.uri().path() == WEB_SOCKET
}

/// Checks the handshake of RFC 6455 section 4.2.1 and answers it.
pub(super) fn upgrade(request: &Request<Incoming>, uid: Option<u32>) -> Routed {
    let mut head = Request::builder().method(request.method()).uri(request.uri()).version(request.version());
    if let Some(headers) = head.headers_mut() {
        *headers = request.headers().clone();
    }
    let response = match head.body(()) {
        Ok(head) => create_response(&head).map_err(|failure| failure.to_string()),
        Err(failure) => return Routed::Response(error(&internal(&failure))),
    };
    match response {
        Ok(response) => Routed::WebSocket(response.map(|()| super::response::text(String::new())), uid),
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
