//! A relay that makes a daemon, or a client, of another year: it reads each packet that goes over a WebSocket, and changes it.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use proto::http::WEB_SOCKET;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::{accept_async, client_async};

/// What is done to a packet.
pub(crate) type Change = fn(&mut Value);

/// A relay, on a port of its own. It has a thread of its own: stories that wait for a screen block theirs.
pub(crate) struct Tomorrow(SocketAddr);

impl Tomorrow {
    /// Makes a relay that changes what people say, and what the daemon says.
    pub(crate) fn to(daemon: SocketAddr, said: Change, told: Change) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        listener.set_nonblocking(true).expect("a socket can wait");
        let address = listener.local_addr().expect("it has one");
        // The thread ends with the process.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be had").block_on(async {
                let listener = TcpListener::from_std(listener).expect("it can be used");
                while let Ok((near, _)) = listener.accept().await {
                    tokio::spawn(carry(near, daemon, said, told));
                }
            });
        });
        Self(address)
    }

    /// Gives the address for people.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.0)
    }
}

async fn carry(mut near: TcpStream, daemon: SocketAddr, said: Change, told: Change) -> Option<()> {
    let mut far = TcpStream::connect(daemon).await.ok()?;
    let wanted = format!("GET {WEB_SOCKET} ");
    let mut head = vec![0; wanted.len()];
    // A request is longer than this, and comes in one piece.
    let read = near.peek(&mut head).await.ok()?;
    if head[..read] != *wanted.as_bytes() {
        return tokio::io::copy_bidirectional(&mut near, &mut far).await.ok().map(drop);
    }
    let (mut people, mut daemon) =
        (accept_async(near).await.ok()?, client_async(format!("ws://{daemon}{WEB_SOCKET}"), far).await.ok()?.0);
    loop {
        tokio::select! {
            frame = people.next() => daemon.send(changed(frame?.ok()?, said)).await.ok()?,
            frame = daemon.next() => people.send(changed(frame?.ok()?, told)).await.ok()?,
        }
    }
}

fn changed(frame: Frame, change: Change) -> Frame {
    let Frame::Text(text) = &frame else { return frame };
    let mut packets = serde_json::from_str(text).expect("both send JSON");
    match &mut packets {
        Value::Array(packets) => packets.iter_mut().for_each(change),
        packet => change(packet),
    }
    Frame::text(packets.to_string())
}
