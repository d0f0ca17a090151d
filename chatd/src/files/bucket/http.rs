//! How requests to a bucket go out: over HTTP, encrypted where the address says `https`.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector as Tcp;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpResponseBody,
    HttpService,
};
use tokio::time::{Instant, Sleep, sleep};

/// How long it may take to reach the server.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a request may take until its response begins; a part of a file is in it.
const RESPONSE_MAX: Duration = Duration::from_secs(60);
/// How long the next piece of a response may take.
const PIECE_MAX: Duration = Duration::from_secs(30);
/// How long a connection that nobody uses is kept.
const IDLE_MAX: Duration = Duration::from_secs(30);

/// The connections to the server.
#[derive(Debug, Clone)]
pub(super) struct Connections(Client<HttpsConnector<Tcp>, HttpRequestBody>);

impl Connections {
    /// Opens none yet.
    ///
    /// # Errors
    /// The certificates of the system cannot be read.
    pub(super) fn new() -> std::io::Result<Self> {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_connect_timeout(Some(CONNECT_MAX));
        tcp.set_nodelay(true);
        let tls = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(tokio_rustls::rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let mut client = Client::builder(TokioExecutor::new());
        Ok(Self(client.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_MAX).build(tls)))
    }
}

impl HttpConnector for Connections {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connections {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let response = tokio::time::timeout(RESPONSE_MAX, self.0.request(request)).await;
        let response = response.map_err(|late| HttpError::new(HttpErrorKind::Timeout, late))?.map_err(failed)?;
        Ok(response.map(|body| HttpResponseBody::new(InTime { body, late: Box::pin(sleep(PIECE_MAX)) })))
    }
}

/// A body of which each piece comes in time.
struct InTime {
    body: Incoming,
    late: Pin<Box<Sleep>>,
}

impl Body for InTime {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.late.as_mut().reset(Instant::now() + PIECE_MAX);
            let broke_off = |error| HttpError::new(HttpErrorKind::Interrupted, error);
            return Poll::Ready(frame.map(|frame| frame.map_err(broke_off)));
        }
        let late = || HttpError::new(HttpErrorKind::Timeout, std::io::Error::from(std::io::ErrorKind::TimedOut));
        this.late.as_mut().poll(context).map(|()| Some(Err(late())))
    }
}

/// Says whether a request may be sent again.
fn failed(error: Error) -> HttpError {
    // Of what was sent nobody knows whether it was done.
    let kind = if error.is_connect() { HttpErrorKind::Connect } else { HttpErrorKind::Interrupted };
    HttpError::new(kind, error)
}
