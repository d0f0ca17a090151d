//! Bytes on a bare socket: HTTP that no library would write, and WebSocket frames made by hand.

use std::net::SocketAddr;

use proto::CloseCode;
use proto::http::WEB_SOCKET;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::declared::close_code;
use super::soon;

/// A connection on which anything can be written.
pub(crate) struct RawSocket(TcpStream);

impl RawSocket {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let stream = soon("a connection", TcpStream::connect(address)).await.expect("the daemon accepts");
        stream.set_nodelay(true).expect("a TCP socket");
        Self(stream)
    }

    /// Writes bytes. A daemon that closes meanwhile is noticed by who reads.
    pub(crate) async fn writes(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        soon("room to write", self.0.write_all(bytes.as_ref())).await.is_ok()
    }

    /// Reads until the daemon closes the connection.
    pub(crate) async fn reads_to_the_end(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset is an end, too: the daemon need not read what it has refused.
        let _ = soon("the end of the connection", self.0.read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Reads the head of a response.
    pub(crate) async fn reads_head(&mut self) -> String {
        let mut head = Vec::new();
        soon("the head of a response", async {
            while !head.ends_with(b"\r\n\r\n") {
                match self.0.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
        })
        .await;
        String::from_utf8(head).expect("a head is ASCII")
    }
}

/// What a hand-made frame says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    /// FIN, the three reserved bits and the opcode.
    pub(crate) first: u8,
    pub(crate) masked: bool,
    /// The length that the frame announces.
    pub(crate) length: u64,
}

/// A WebSocket, past its handshake, whose frames are written by hand.
pub(crate) struct RawWebSocket(RawSocket);

const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];

impl RawWebSocket {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let mut socket = RawSocket::open(address).await;
        let handshake = format!(
            "GET {WEB_SOCKET} HTTP/1.1\r\nHost: chat\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
        );
        socket.writes(handshake).await;
        let head = socket.reads_head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(
            !head.to_ascii_lowercase().contains("sec-websocket-extensions"),
            "compression is not agreed on: {head}"
        );
        Self(socket)
    }

    /// Says hello with a token and waits for the welcome.
    pub(crate) async fn signs_in(&mut self, token: &str) {
        let hello = json!({"type": "hello", "ref": "hello", "payload": {"token": token}});
        self.writes_frame(0x81, hello.to_string()).await;
        loop {
            let packet = self.reads_packet().await;
            if packet["type"] == "welcome" {
                return;
            }
        }
    }

    /// Writes a whole masked frame; `first` is FIN, the reserved bits and the opcode.
    pub(crate) async fn writes_frame(&mut self, first: u8, payload: impl AsRef<[u8]>) -> bool {
        let payload = payload.as_ref();
        self.writes_head(Head { first, masked: true, length: payload.len() as u64 }).await
            && self.0.writes(masked(payload)).await
    }

    /// Writes the head of a frame; what it announces need not follow.
    pub(crate) async fn writes_head(&mut self, head: Head) -> bool {
        let mut bytes = vec![head.first];
        let mask = if head.masked { 0x80 } else { 0 };
        match head.length {
            0..=125 => bytes.push(mask | head.length as u8),
            126..=65_535 => {
                bytes.push(mask | 126);
                bytes.extend((head.length as u16).to_be_bytes());
            }
            _ => {
                bytes.push(mask | 127);
                bytes.extend(head.length.to_be_bytes());
            }
        }
        if head.masked {
            bytes.extend(MASK);
        }
        self.0.writes(bytes).await
    }

    /// Writes bytes as they are.
    pub(crate) async fn writes_bytes(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.writes(bytes).await
    }

    pub(crate) async fn writes_unmasked(&mut self, payload: &[u8]) {
        self.writes_head(Head { first: 0x81, masked: false, length: payload.len() as u64 }).await;
        self.0.writes(payload).await;
    }

    /// Reads frames up to the next packet.
    pub(crate) async fn reads_packet(&mut self) -> Value {
        loop {
            match self.reads_frame().await {
                Some((1, payload)) => return serde_json::from_slice(&payload).expect("the daemon sends JSON"),
                Some((8, payload)) => panic!("closed: {payload:?}"),
                Some(_) => {}
                None => panic!("the connection was cut"),
            }
        }
    }

    /// Waits for the close frame and gives its code; `None` when the connection was cut without.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        loop {
            if let (8, payload) = self.reads_frame().await? {
                return Some(u16::from_be_bytes([*payload.first()?, *payload.get(1)?]));
            }
        }
    }

    /// The same, as the protocol names it.
    pub(crate) async fn gets_closed(&mut self) -> Option<CloseCode> {
        self.close_code().await.map(close_code)
    }

    async fn reads_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let stream = &mut self.0.0;
        soon("a frame", async {
            let opcode = stream.read_u8().await.ok()? & 15;
            let length = match stream.read_u8().await.ok()? {
                126 => u64::from(stream.read_u16().await.ok()?),
                127 => stream.read_u64().await.ok()?,
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).expect("the daemon's frames are small")];
            stream.read_exact(&mut payload).await.ok()?;
            Some((opcode, payload))
        })
        .await
    }
}

fn masked(payload: &[u8]) -> Vec<u8> {
    payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}
