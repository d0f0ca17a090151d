//! What requests have in common: the connections that they go over, and when one is sent again.

use std::net::SocketAddr;

use chat_tui::clock::now;
use chat_tui::http::{RequestError, fetch_friends, logout};
use chat_tui::session::{Session, Source};
use proto::Token;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// A server that a test plays itself.
struct Server(TcpListener);

/// A connection that the server has accepted.
struct Accepted(BufReader<TcpStream>);

impl Server {
    async fn start() -> (Self, Session) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
        let session = session_at(listener.local_addr().expect("it has one"));
        (Self(listener), session)
    }

    async fn accepts(&self) -> Accepted {
        Accepted(BufReader::new(self.0.accept().await.expect("the client connects").0))
    }
}

impl Accepted {
    /// Reads a request, and gives its method; `None` at the end of the connection.
    async fn hears(&mut self) -> Option<String> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).await.expect("it can be read") == 0 {
                assert!(head.is_empty(), "{head:?}");
                return None;
            }
            if line == "\r\n" {
                // No request of these tests has a body.
                return head.first().and_then(|line: &String| line.split(' ').next()).map(str::to_owned);
            }
            head.push(line);
        }
    }

    async fn answers(&mut self) {
        let body = r#"{"status":"ok","people":[]}"#;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        self.0.write_all(answer.as_bytes()).await.expect("the client reads");
    }

    async fn serves(&mut self, method: &str) {
        assert_eq!(self.hears().await.as_deref(), Some(method));
        self.answers().await;
    }
}

fn session_at(address: SocketAddr) -> Session {
    Session {
        server: format!("http://{address}").parse().expect("an address"),
        handle: "alice".parse().expect("a handle"),
        token: Token::new("a token"),
        issued_at: now(),
        expires_at: now(),
        source: Source::Lent,
    }
}

#[tokio::test]
async fn one_request_after_the_other_goes_over_one_connection() {
    let (server, session) = Server::start().await;
    let serving = tokio::spawn(async move {
        let mut only = server.accepts().await;
        for method in ["POST", "GET", "GET"] {
            only.serves(method).await;
        }
    });
    logout(&session).await.unwrap();
    fetch_friends(&session).await.unwrap();
    fetch_friends(&session).await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn no_request_waits_for_another() {
    let (server, session) = Server::start().await;
    let serving = tokio::spawn(async move {
        let mut both = [server.accepts().await, server.accepts().await];
        for one in &mut both {
            assert!(one.hears().await.is_some());
        }
        for one in &mut both {
            one.answers().await;
        }
    });
    let (one, other) = tokio::join!(fetch_friends(&session), fetch_friends(&session));
    assert!(one.is_ok() && other.is_ok());
    serving.await.unwrap();
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_missed() {
    let (server, session) = Server::start().await;
    let serving = tokio::spawn(async move {
        for method in ["GET", "GET", "POST", "GET"] {
            server.accepts().await.serves(method).await;
        }
    });
    fetch_friends(&session).await.unwrap();
    fetch_friends(&session).await.unwrap();
    logout(&session).await.unwrap();
    fetch_friends(&session).await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn what_only_reads_is_asked_once_more_and_then_no_more() {
    let (server, session) = Server::start().await;
    let serving = tokio::spawn(async move {
        let mut kept = server.accepts().await;
        kept.serves("GET").await;
        assert_eq!(kept.hears().await.as_deref(), Some("GET"));
        drop(kept);
        let mut new = server.accepts().await;
        assert_eq!(new.hears().await.as_deref(), Some("GET"));
        drop(new);
        // Were it asked a third time, this one would not be the next to come.
        server.accepts().await.serves("POST").await;
    });
    fetch_friends(&session).await.unwrap();
    assert!(matches!(fetch_friends(&session).await, Err(RequestError::Unreachable { .. })));
    logout(&session).await.unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn what_changes_something_is_never_sent_twice() {
    let (server, session) = Server::start().await;
    let (heard, mut was_heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut waiting = server.accepts().await;
        waiting.serves("GET").await;
        let mut new = server.accepts().await;
        heard.send(new.hears().await).unwrap();
        drop(new);
        heard.send(waiting.hears().await).unwrap();
        waiting.answers().await;
        heard.send(waiting.hears().await).unwrap();
    });
    fetch_friends(&session).await.unwrap();
    assert!(matches!(logout(&session).await, Err(RequestError::Unreachable { .. })));
    fetch_friends(&session).await.unwrap();
    // Without a session nothing keeps the connection.
    drop(session);
    let mut all = Vec::new();
    while let Some(heard) = was_heard.recv().await {
        all.push(heard);
    }
    assert_eq!(all, [Some("POST".to_owned()), Some("GET".to_owned()), None]);
}
