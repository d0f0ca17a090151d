//! The client core on one connection, for one command: ask and wait for the answer, or wait for what happens.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proto::codec::{Incoming, decode_incoming, encode_request};
use proto::{ChannelId, CloseCode, DeviceName, ErrorCode, ErrorReply, Request, ServerPacket};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::read::REQUEST_MESSAGES;
use crate::clock::now;
use crate::core::history::HistoryRange;
use crate::core::{Core, CoreEffect, Event, Happened, Scope, Update};
use crate::failure::Failure;
use crate::http::{self, RequestError, Stream};
use crate::net::{self, OpenError};
use crate::session::{Session, client_name};

/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// The daemon asks for a sign of life every 30 s; without one for this long it is gone.
const SILENT_MAX: Duration = Duration::from_secs(80);

pub(super) struct Client {
    /// What is known.
    pub(super) core: Core,
    socket: Option<WebSocketStream<Stream>>,
    /// What the daemon has said and nobody has looked at.
    incoming: VecDeque<Incoming>,
    /// What happened and nobody has looked at.
    happened: VecDeque<Happened>,
    /// Pages of history that are wanted: one at a time, so that nobody who prints them is overtaken.
    pages: VecDeque<(ChannelId, HistoryRange)>,
    /// After how many milliseconds a daemon that restarts wants to see us again.
    pub(super) goodbye: Option<u64>,
}

impl Client {
    /// Connects and says hello, for a command that only asks.
    pub(super) async fn open(session: &Session, device: &DeviceName) -> Result<Self, Failure> {
        let mut client = Self::for_channels(session, device, Vec::new(), 0);
        client.connect().await?;
        Ok(client)
    }

    /// Makes a client that will hear of some channels, with so many of their newest messages to begin with.
    pub(super) fn for_channels(
        session: &Session,
        device: &DeviceName,
        channels: Vec<ChannelId>,
        messages: u32,
    ) -> Self {
        let scope = Scope::Channels(channels, messages);
        let core = Core::new(session.clone(), scope, device, &client_name(), "");
        let (incoming, happened, pages) = Default::default();
        Self { core, socket: None, incoming, happened, pages, goodbye: None }
    }

    /// Connects, again or for the first time, and says hello with what is known.
    pub(super) async fn connect(&mut self) -> Result<(), Failure> {
        self.close();
        let server = self.server();
        let socket = net::open(&self.core.session.server).await.map_err(|error| match error {
            OpenError::Key(error) => RequestError::Untrusted { server: server.clone(), error },
            OpenError::Owner(error) => RequestError::Elsewhere { server: server.clone(), error, unsent: "the token" },
            OpenError::Failed(reason) => RequestError::Unreachable { server: server.clone(), reason },
        })?;
        self.socket = Some(socket);
        self.hear(Event::ConnectionUp).await?;
        let welcome = async {
            while !self.core.is_online() {
                self.take_in().await?;
            }
            Ok(())
        };
        tokio::time::timeout(ANSWER_MAX, welcome).await.unwrap_or_else(|_| Err(lost(&server)))
    }

    /// What was said on a connection that is lost is of no use.
    fn close(&mut self) {
        if self.socket.take().is_some() {
            self.incoming.clear();
            self.pages.clear();
            // What came last may lie behind a gap that is still open; the next connection tells of it again.
            self.happened.retain(|happened| {
                !matches!(
                    happened,
                    Happened::MessageCame { .. } | Happened::HistoryCame(_) | Happened::ChannelResumed(_)
                )
            });
            let (reason, until) = ("lost".to_owned(), now());
            let Update { happened, .. } = self.core.update(Event::ConnectionDown { reason, until }, now());
            self.happened.extend(happened);
        }
    }

    /// Asks for something and waits for the answer; what happens before it is kept.
    pub(super) async fn ask<R: Request>(&mut self, request: R) -> Result<R::Answer, Failure> {
        let (request, effect) = self.core.request(request);
        self.perform(effect).await?;
        let answer = async {
            loop {
                let is_answer = |happened: &Happened| matches!(happened, Happened::Answered(to, _) if *to == request);
                if let Some(at) = self.happened.iter().position(is_answer)
                    && let Some(Happened::Answered(_, answer)) = self.happened.remove(at)
                {
                    return answer.map_err(Failure::refused);
                }
                self.take_in().await?;
            }
        };
        let waited = tokio::time::timeout(ANSWER_MAX, answer).await;
        let payload = waited.map_err(|_| lost(&self.server()))??;
        R::read_answer(&payload).map_err(|_| Failure::Request(RequestError::Strange(self.server())))
    }

    /// Waits for what happens next. What is known is as it was just then.
    pub(super) async fn next(&mut self) -> Result<Happened, Failure> {
        loop {
            if let Some(happened) = self.happened.pop_front() {
                return Ok(happened);
            }
            self.take_in().await?;
        }
    }

    /// Takes in a page that is wanted, or one packet.
    async fn take_in(&mut self) -> Result<(), Failure> {
        if let Some((channel, page)) = self.pages.pop_front() {
            let Session { server, token, .. } = &self.core.session;
            let history = http::fetch_history(server, token, channel, Some(page), REQUEST_MESSAGES).await;
            return self.hear(Event::History(channel, page, Ok(history.map_err(Failure::from_asked)?))).await;
        }
        let Some(incoming) = self.incoming.pop_front() else {
            let packets = self.frame().await?;
            self.incoming.extend(packets);
            return Ok(());
        };
        if let Incoming::Event(ServerPacket::Goodbye(goodbye)) = &incoming {
            self.goodbye = Some(goodbye.reconnect_after_ms);
        }
        self.hear(Event::Packet(incoming)).await
    }

    /// Lets the core take in what came, and does what follows.
    async fn hear(&mut self, event: Event) -> Result<(), Failure> {
        let Update { happened, effects } = self.core.update(event, now());
        for happened in happened {
            match happened {
                Happened::SessionEnded(reason) => return Err(Failure::SignIn(reason)),
                Happened::Refused(refusal) => return Err(Failure::refused(refusal)),
                happened => self.happened.push_back(happened),
            }
        }
        for effect in effects {
            self.perform(effect).await?;
        }
        Ok(())
    }

    /// Does what the core wants done.
    async fn perform(&mut self, effect: CoreEffect) -> Result<(), Failure> {
        match effect {
            CoreEffect::Send(reference, packet) => {
                let text = encode_request(&reference, &packet);
                let server = self.server();
                let socket = self.socket.as_mut().ok_or_else(|| lost(&server))?;
                socket.send(Frame::Text(text.into())).await.map_err(|_| lost(&server))?;
            }
            CoreEffect::LoadHistory(channel, page) => self.pages.push_back((channel, page)),
            // Whoever follows connects again.
            CoreEffect::Connect(session) => return Err(Failure::lost(&session, "the server has another store")),
            // A command is over before any of it matters.
            CoreEffect::Load(_)
            | CoreEffect::LoadMembers(_)
            | CoreEffect::Remember(_)
            | CoreEffect::Upload(..)
            | CoreEffect::CancelUploads(_)
            | CoreEffect::RenewSession(_)
            | CoreEffect::WakeAt(_) => {}
        }
        Ok(())
    }

    async fn frame(&mut self) -> Result<Vec<Incoming>, Failure> {
        let server = self.server();
        let lost = || lost(&server);
        let socket = self.socket.as_mut().ok_or_else(lost)?;
        loop {
            match tokio::time::timeout(SILENT_MAX, socket.next()).await {
                Ok(Some(Ok(Frame::Text(text)))) => return Ok(decode_incoming(&text).unwrap_or_default()),
                Ok(Some(Ok(Frame::Close(Some(frame))))) => {
                    return Err(match CloseCode::of(frame.code.into()) {
                        Some(CloseCode::TokenRefused) => Failure::SignIn(frame.reason.to_string()),
                        Some(CloseCode::TooBig) => {
                            let reason = "the packet is larger than the server takes";
                            Failure::Refused(ErrorReply::new(ErrorCode::TooLarge, reason))
                        }
                        _ => lost(),
                    });
                }
                Ok(Some(Ok(Frame::Close(None)) | Err(_)) | None) | Err(_) => return Err(lost()),
                Ok(Some(Ok(_))) => socket.flush().await.map_err(|_| lost())?,
            }
        }
    }

    fn server(&self) -> String {
        self.core.session.server.to_string()
    }
}

fn lost(server: &str) -> Failure {
    let reason = "the connection was lost".to_owned();
    Failure::Request(RequestError::Unreachable { server: server.to_owned(), reason })
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
