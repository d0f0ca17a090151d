//! Where a daemon can be reached: HTTP requests, and people who come in.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::HeaderName;
use hyper::http::request::Builder;
use hyper::{Method, Request, Response, header};
use hyper_util::rt::TokioIo;
use proto::http::Call;
use proto::http::endpoints::{BeginUpload, LogIn, Metrics, Register, UploadFile};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::declared::check_reply;
use super::person::Person;
use super::raw::{RawSocket, RawWebSocket};
use super::soon;
use super::wire::Wire;

/// The password of everybody who does not care.
pub(crate) const PASSWORD: &str = "four plain words here";

/// The address of a daemon.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Door(SocketAddr);

/// The reply to an HTTP request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Value,
}

impl Reply {
    /// Checks that the request was done, and gives the body.
    #[track_caller]
    pub(crate) fn done(self, status: u16) -> Value {
        assert_eq!((self.status, &self.body["status"]), (status, &json!("ok")), "{}", self.body);
        self.body
    }

    /// Checks that the request was refused, and gives the reason.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> &str {
        let found = (self.status, &self.body["status"], &self.body["code"]);
        assert_eq!(found, (status, &json!("error"), &json!(code)), "{}", self.body);
        self.body["reason"].as_str().expect("a refusal has a reason")
    }
}

impl Door {
    /// Reads the address as the daemon prints it.
    pub(crate) fn at(url: &str) -> Self {
        let (_, address) = url.split_once("://").expect("stories use TCP");
        Self(address.parse().expect("an address and a port"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.request(Method::GET, path, Some(token), Bytes::new()).await
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> Reply {
        self.request(Method::POST, path, token, body.to_string().into()).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, body: impl Into<Bytes>) -> Reply {
        self.request(Method::POST, path, None, body.into()).await
    }

    /// Asks as a proxy does that was asked from an address.
    pub(crate) async fn post_from(&self, address: &str, path: &str, body: &Value) -> Reply {
        let request = self.head(Method::POST, path, None).header("X-Forwarded-For", address);
        self.answer(self.connects_here().await, request, body.to_string().into()).await
    }

    /// Asks on a connection that somebody else has opened.
    pub(crate) async fn post_on(&self, stream: TcpStream, path: &str, body: &Value) -> Reply {
        self.answer(stream, self.head(Method::POST, path, None), body.to_string().into()).await
    }

    async fn request(&self, method: Method, path: &str, token: Option<&str>, body: Bytes) -> Reply {
        self.answer(self.connects_here().await, self.head(method, path, token), body).await
    }

    /// Asks what no client of ours would.
    pub(crate) async fn asks_as_browser(&self, request: Request<Full<Bytes>>) -> Response<Bytes> {
        self.asks(self.connects_here().await, request).await
    }

    async fn connects_here(&self) -> TcpStream {
        soon("a connection", TcpStream::connect(self.0)).await.expect("the daemon accepts")
    }

    fn head(&self, method: Method, path: &str, token: Option<&str>) -> Builder {
        let request = Request::builder().method(method).uri(path).header(header::HOST, self.0.to_string());
        match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    async fn answer(&self, stream: TcpStream, request: Builder, body: Bytes) -> Reply {
        let request = request.body(Full::new(body)).expect("a request can be written");
        let (method, uri) = (request.method().clone(), request.uri().to_string());
        let (head, body) = self.asks(stream, request).await.into_parts();
        let status = head.status.as_u16();
        let retry_after = head.headers.get(header::RETRY_AFTER);
        let retry_after =
            retry_after.map(|value| value.to_str().expect("digits").parse().expect("a number of seconds"));
        let body = serde_json::from_slice(&body).expect("replies are JSON");
        if (200..300).contains(&status) {
            check_reply(method.as_str(), &uri, &body);
        }
        Reply { status, retry_after, body }
    }

    async fn asks(&self, stream: TcpStream, request: Request<Full<Bytes>>) -> Response<Bytes> {
        soon("an HTTP reply", async {
            let (mut sender, connection) =
                hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("a fresh connection works");
            tokio::spawn(connection);
            let (head, body) = sender.send_request(request).await.expect("the daemon replies").into_parts();
            Response::from_parts(head, body.collect().await.expect("the reply is whole").to_bytes())
        })
        .await
    }

    /// Uploads bytes under a name, as it stands in a URL.
    pub(crate) async fn uploads(&self, token: &str, name: &str, bytes: impl Into<Bytes>) -> Reply {
        self.request(Method::POST, &format!("{}?name={name}", UploadFile::PATH), Some(token), bytes.into()).await
    }

    /// Goes on with an upload.
    pub(crate) async fn goes_on_uploading(&self, token: &str, upload: &str, offset: usize, bytes: &[u8]) -> Reply {
        let path = format!("{}/{upload}?offset={offset}", BeginUpload::PATH);
        self.request(Method::PATCH, &path, Some(token), bytes.to_vec().into()).await
    }

    /// Gives an upload up.
    pub(crate) async fn ends_upload(&self, token: &str, upload: &str) -> Reply {
        let path = format!("{}/{upload}", BeginUpload::PATH);
        self.request(Method::DELETE, &path, Some(token), Bytes::new()).await
    }

    /// Fetches a file.
    pub(crate) async fn fetches(&self, token: &str, id: &str, headers: &[(HeaderName, &str)]) -> Response<Bytes> {
        let path = format!("{}/{id}", UploadFile::PATH);
        let head = self.head(Method::GET, &path, Some(token));
        let head = headers.iter().fold(head, |head, (name, value)| head.header(name, *value));
        let request = head.body(Full::default()).expect("a request can be written");
        self.asks(self.connects_here().await, request).await
    }

    pub(crate) async fn registers(&self, handle: &str, password: &str) -> Reply {
        self.post(Register::PATH, None, &json!({"handle": handle, "password": password})).await
    }

    pub(crate) async fn logs_in(&self, handle: &str, password: &str) -> Reply {
        self.post(LogIn::PATH, None, &json!({"handle": handle, "password": password})).await
    }

    /// Somebody new, signed up and connected.
    pub(crate) async fn person(&self, handle: &str) -> Person {
        let account = self.registers(handle, PASSWORD).await.done(201);
        self.connects(handle, account["token"].as_str().expect("a token"), json!({})).await
    }

    /// Somebody with a token, connected with the given fields of `hello`.
    pub(crate) async fn connects(&self, handle: &str, token: &str, hello: Value) -> Person {
        Person::connect(*self, handle, token, hello).await
    }

    /// A WebSocket on which nothing was said yet.
    pub(crate) async fn wire(&self) -> Wire {
        Wire::open(self.0).await
    }

    /// Reads the daemon's figures, with the head of the reply.
    pub(crate) async fn metrics(&self) -> String {
        let mut raw = self.raw().await;
        let path = Metrics::PATH;
        raw.writes(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")).await;
        raw.reads_to_the_end().await
    }

    /// Reads one of the daemon's figures.
    pub(crate) async fn figure(&self, name: &str) -> u64 {
        let text = self.metrics().await;
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("{name} is missing:\n{text}"))
    }

    /// A bare connection for what no library would send.
    pub(crate) async fn raw(&self) -> RawSocket {
        RawSocket::open(self.0).await
    }

    /// A WebSocket whose frames are written by hand.
    pub(crate) async fn raw_web_socket(&self) -> RawWebSocket {
        RawWebSocket::open(self.0).await
    }
}
