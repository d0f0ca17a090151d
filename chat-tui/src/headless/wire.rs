//! A WebSocket connection for one command: ask and wait for the answer, or wait for events.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proto::codec::{Incoming, decode_incoming, encode_request};
use proto::{ChannelId, ClientPacket, ErrorCode, ErrorReply, Hello, Ref, ServerPacket, Version};
use serde::de::DeserializeOwned;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::cli::Failure;
use crate::http::{RequestError, Stream};
use crate::net::{self, OpenError};
use crate::session::{Session, client_name};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// The daemon asks for a sign of life every 30 s; without one for this long it is gone.
const SILENT_MAX: Duration = Duration::from_secs(80);

pub(super) struct Wire {
    socket: WebSocketStream<Stream>,
    server: String,
    next_ref: i64,
    events: VecDeque<ServerPacket>,
}

impl Wire {
    /// Connects and says hello for some channels only, with so many messages of each.
    pub(super) async fn open(
        session: &Session,
        device: &str,
        channels: Vec<ChannelId>,
        resume: BTreeMap<ChannelId, Version>,
        history: u32,
    ) -> Result<Self, Failure> {
        let server = session.server.to_string();
        let socket = net::open(&session.server).await.map_err(|error| match error {
            OpenError::Key(error) => RequestError::Untrusted { server: server.clone(), error },
            OpenError::Owner(error) => RequestError::Elsewhere { server: server.clone(), error, unsent: "the token" },
            OpenError::Failed(reason) => RequestError::Unreachable { server: server.clone(), reason },
        })?;
        let mut wire = Self { socket, server: server.clone(), next_ref: 1, events: VecDeque::new() };
        let hello = Hello {
            token: Some(session.token.clone()),
            device: Some(device.to_owned()),
            client: Some(client_name()),
            protocol: Some(proto::PROTOCOL_VERSION),
            resume,
            history: Some(history),
            channels: Some(channels),
        };
        let _: proto::Empty = wire.ask(ClientPacket::Hello(hello)).await?;
        Ok(wire)
    }

    /// Asks for something and waits for the answer; events that come before it are kept.
    pub(super) async fn ask<T: DeserializeOwned>(&mut self, packet: ClientPacket) -> Result<T, Failure> {
        let reference = Ref::Number(self.next_ref);
        self.next_ref += 1;
        let text = encode_request(&reference, &packet);
        self.socket.send(Frame::Text(text.into())).await.map_err(|_| self.lost())?;
        let waited = tokio::time::timeout(ANSWER_MAX, self.answer(&reference)).await;
        let payload = waited.map_err(|_| self.lost())??;
        serde_json::from_str(&payload).map_err(|_| Failure::Request(RequestError::Strange(self.server.clone())))
    }

    async fn answer(&mut self, reference: &Ref) -> Result<String, Failure> {
        loop {
            for incoming in self.frame().await? {
                match incoming {
                    Incoming::Answer(to, answer) if to == *reference => {
                        return answer.map(|payload| payload.get().to_owned()).map_err(Failure::refused);
                    }
                    Incoming::Event(event) => self.events.push_back(event),
                    Incoming::Refusal(refusal) => return Err(Failure::refused(refusal)),
                    Incoming::Answer(..) | Incoming::Unknown(_) => {}
                }
            }
        }
    }

    /// Waits for the next event.
    pub(super) async fn event(&mut self) -> Result<ServerPacket, Failure> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(event);
            }
            for incoming in self.frame().await? {
                if let Incoming::Event(event) = incoming {
                    self.events.push_back(event);
                }
            }
        }
    }

    async fn frame(&mut self) -> Result<Vec<Incoming>, Failure> {
        loop {
            match tokio::time::timeout(SILENT_MAX, self.socket.next()).await {
                Ok(Some(Ok(Frame::Text(text)))) => return Ok(decode_incoming(&text).unwrap_or_default()),
                Ok(Some(Ok(Frame::Close(Some(frame))))) if u16::from(frame.code) == 4001 => {
                    return Err(Failure::SignIn(frame.reason.to_string()));
                }
                Ok(Some(Ok(Frame::Close(Some(frame))))) if u16::from(frame.code) == 1009 => {
                    let reason = "the packet is larger than the server takes";
                    return Err(Failure::Refused(ErrorReply::new(ErrorCode::TooLarge, reason)));
                }
                Ok(Some(Ok(Frame::Close(_)) | Err(_)) | None) | Err(_) => return Err(self.lost()),
                Ok(Some(Ok(_))) => self.socket.flush().await.map_err(|_| self.lost())?,
            }
        }
    }

    fn lost(&self) -> Failure {
        let reason = "the connection was lost".to_owned();
        Failure::Request(RequestError::Unreachable { server: self.server.clone(), reason })
    }
}

impl Failure {
    /// Gives the failure that a refusal is: one of the token asks for another sign-in.
    pub(super) fn refused(refusal: ErrorReply) -> Self {
        if refusal.code.is_of_the_token() { Self::SignIn(refusal.reason) } else { Self::Refused(refusal) }
    }

    /// Gives the failure that a connection is lost for a reason.
    pub(super) fn lost(session: &Session, reason: &str) -> Self {
        let (server, reason) = (session.server.to_string(), reason.to_owned());
        Self::Request(RequestError::Unreachable { server, reason })
    }

    /// The same for an answer over HTTP.
    pub(super) fn from_asked(error: RequestError) -> Self {
        match error {
            RequestError::Refused(refusal) => Self::refused(refusal),
            other => Self::Request(other),
        }
    }
}
