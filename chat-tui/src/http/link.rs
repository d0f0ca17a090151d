//! Connections that carry one request after the other, and where they wait in between.
//!
//! Each [`Trust`](crate::trust::Trust) has links of its own, so that one is used again for the server that it was opened
//! for, by the trust that has looked at its other end, and in no other way. Sessions share them: the daemon takes who
//! asks from the token that goes with each request, and remembers nothing of a request on its connection, so whoever
//! signs in next finds no more there than on a new one.

use std::ffi::OsString;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use proto::Timestamp;
use tokio::time::Instant;

use super::connect::{Connection, connect};
use crate::clock::now;
use crate::session::Server;
use crate::trust::{Owner, TrustError};

/// How long a request may take as a whole.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of an answer: a page of the largest messages and room to spare.
const ANSWER_BYTES_MAX: usize = 16 * 1_048_576;
/// How long a link waits for the next request. The daemon closes it after 5 s (`docs/protocol.md`, section 1), counted
/// from before its answer was here; the second between is for the way there and back.
const IDLE_MAX: Duration = Duration::from_secs(4);
/// Links to one server that wait: a page and the conversation below it ask at once. Each holds a place among the
/// connections that the daemon lets an address have, so what was opened beyond that for a moment is closed.
const IDLE_LINKS_MAX: usize = 2;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExchangeError {
    /// The connection ended before an answer began; whether the request has arrived nobody knows.
    #[error(transparent)]
    Unanswered(hyper::Error),
    /// What came cannot be understood, or is not whole.
    #[error(transparent)]
    Broken(Box<dyn std::error::Error + Send + Sync>),
    /// It took too long.
    #[error("no answer in time")]
    Late,
}

/// A connection that carries one request at a time. Dropping it closes the connection.
pub(super) struct Link {
    sender: SendRequest<Full<Bytes>>,
    /// Whose the server is, where that was not known before.
    newcomer: Option<Owner>,
    /// What was trusted when it was opened, as [`Links`] count it.
    edition: u64,
}

impl Link {
    /// Opens a connection to who is taken for the server.
    pub(super) async fn open(server: &Server) -> Result<Self, TrustError> {
        let edition = server.trust().links().edition();
        Self::over(connect(server).await?, edition).await
    }

    async fn over(connection: Connection, edition: u64) -> Result<Self, TrustError> {
        let Connection { stream, newcomer } = connection;
        let (sender, driving) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        // It ends when either side does.
        tokio::spawn(driving);
        Ok(Self { sender, newcomer, edition })
    }

    /// Sends a request; gives whether it was granted, and the body of the answer.
    pub(super) async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<(bool, Bytes), ExchangeError> {
        let exchange = async {
            self.sender.ready().await.map_err(unanswered)?;
            let response = self.sender.send_request(request).await.map_err(unanswered)?;
            let success = response.status().is_success();
            let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
            Ok((success, body.map_err(ExchangeError::Broken)?.to_bytes()))
        };
        tokio::time::timeout(REQUEST_TIMEOUT, exchange).await.unwrap_or(Err(ExchangeError::Late))
    }

    /// Notes that the server has turned out to be the one that was meant.
    pub(super) fn succeeded(&mut self, server: &Server) {
        if let Some(owner) = self.newcomer.take() {
            server.trust().settle(&server.to_string(), owner);
        }
    }
}

fn unanswered(error: hyper::Error) -> ExchangeError {
    if error.is_parse() { ExchangeError::Broken(error.into()) } else { ExchangeError::Unanswered(error) }
}

/// Links that wait for their next request. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Links(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// How often it has changed who is trusted.
    edition: u64,
    /// From the one that has waited longest.
    links: Vec<WaitingLink>,
}

struct WaitingLink {
    place: OsString,
    link: Link,
    since: Instant,
    /// The same by the clock on the wall, which goes on while the machine sleeps.
    since_by_clock: Timestamp,
}

impl Links {
    /// Gives the link to a server that was used last, if one waits.
    pub(super) fn take(&self, server: &Server) -> Option<Link> {
        let mut waiting = self.waiting();
        waiting.close_old();
        let place = place(server);
        let last = waiting.links.iter().rposition(|waiting| waiting.place == place)?;
        Some(waiting.links.remove(last).link)
    }

    /// Lets a link whose answer was read to its end wait for the next request, and closes it when none comes.
    pub(super) fn keep(&self, server: &Server, link: Link) {
        let place = place(server);
        let mut waiting = self.waiting();
        let same = waiting.links.iter().filter(|waiting| waiting.place == place).count();
        if link.edition != waiting.edition || same >= IDLE_LINKS_MAX || link.sender.is_closed() {
            return;
        }
        waiting.links.push(WaitingLink { place, link, since: Instant::now(), since_by_clock: now() });
        drop(waiting);
        let links = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE_MAX).await;
            if let Some(links) = links.upgrade() {
                Self(links).waiting().close_old();
            }
        });
    }

    /// Closes what waits, and whatever is under way once it has its answer: others may be trusted now.
    pub(crate) fn forget(&self) {
        let mut waiting = self.waiting();
        waiting.edition += 1;
        waiting.links.clear();
    }

    fn edition(&self) -> u64 {
        self.waiting().edition
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().expect("nobody panics holding the links")
    }
}

impl Waiting {
    fn close_old(&mut self) {
        let now = now();
        self.links.retain(|waiting| {
            let by_clock = Duration::from_millis(now.millis_since(waiting.since_by_clock));
            waiting.since.elapsed().max(by_clock) < IDLE_MAX
        });
    }
}

/// Names a server: a path may hold what no text can show.
fn place(server: &Server) -> OsString {
    match server {
        Server::Unix(address) => {
            let mut place = OsString::from("unix:");
            place.push(address.path());
            place
        }
        Server::Http(_) | Server::Https(_) => server.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, DuplexStream};

    use super::*;
    use crate::trust::Trust;

    /// A link that was opened when this was trusted, and its far end.
    async fn link(links: &Links) -> (Link, DuplexStream) {
        let (near, far) = tokio::io::duplex(1_024);
        let connection = Connection { stream: Box::pin(near), newcomer: None };
        (Link::over(connection, links.edition()).await.unwrap(), far)
    }

    fn server(text: &str) -> Server {
        text.parse::<Server>().unwrap().trusting(&Trust::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_waits_for_so_long_and_is_closed() {
        let (links, server) = (Links::default(), server("http://127.0.0.1:7300"));
        let (first, mut far) = link(&links).await;
        let start = Instant::now();
        links.keep(&server, first);
        tokio::time::sleep(IDLE_MAX - Duration::from_millis(10)).await;
        let again = links.take(&server).expect("it still waits");
        links.keep(&server, again);
        assert_eq!(far.read(&mut [0; 8]).await.unwrap(), 0, "it is closed though nobody asks for it");
        assert!(start.elapsed() >= IDLE_MAX * 2 - Duration::from_millis(10), "and was counted anew from its last use");
        assert!(links.take(&server).is_none());
    }

    #[tokio::test]
    async fn a_machine_that_slept_starts_anew() {
        let (links, server) = (Links::default(), server("http://127.0.0.1:7300"));
        links.keep(&server, link(&links).await.0);
        let asleep = i64::try_from(IDLE_MAX.as_millis()).unwrap();
        links.waiting().links[0].since_by_clock = now().plus_millis(-asleep);
        assert!(links.take(&server).is_none());
    }

    #[tokio::test]
    async fn so_many_wait_for_one_server_and_only_for_it() {
        let links = Links::default();
        let (box_server, other) = (server("https://box:7300"), server("https://other:7300"));
        let mut far = Vec::new();
        for _ in 0..=IDLE_LINKS_MAX {
            let (link, end) = link(&links).await;
            links.keep(&box_server, link);
            far.push(end);
        }
        assert!(links.take(&other).is_none());
        assert!(links.take(&server("http://box:7300")).is_none(), "what is not encrypted is another server");
        let (link, _far) = link(&links).await;
        links.keep(&other, link);
        let taken = std::iter::from_fn(|| links.take(&box_server)).count();
        assert_eq!(taken, IDLE_LINKS_MAX);
        assert!(links.take(&other).is_some());
    }

    #[tokio::test]
    async fn a_link_ends_with_the_trust_that_it_was_opened_by() {
        let folder = tempfile::tempdir().unwrap();
        let trust = Trust::remembering(folder.path().join("known_servers"));
        let server = "https://box:7300".parse::<Server>().unwrap().trusting(&trust);
        let links = trust.links();
        let ((waits, _far), (under_way, _other_far)) = (link(links).await, link(links).await);
        links.keep(&server, waits);
        assert!(Trust::default().links().take(&server).is_none(), "another trust has others");
        trust.remember("box:7300", "SHA256:new").unwrap();
        links.keep(&server, under_way);
        assert!(links.take(&server).is_none());
        let (newer, _newer_far) = link(links).await;
        links.keep(&server, newer);
        assert!(trust.only_for(&server).links().take(&server).is_some());
    }
}
