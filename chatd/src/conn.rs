//! One WebSocket connection: read a frame, decode, dispatch, write what waits.
//!
//! One task owns the socket in both directions. Requests are answered in their order; messages may
//! wait for the disk several at once. Channels are shown one at a time as the socket drains, and
//! what the hub has put into the outbox meanwhile follows, each message once (see [`Cursor`]).

mod abuse_budget;
mod cursor;
mod hello;
mod wire;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt, SinkExt, StreamExt};
use proto::codec::{ReceivedRequest, decode_requests, encode_error, encode_event, encode_ok};
use proto::{
    ChannelId, ClientPacket, CloseCode, ErrorCode, ErrorReply, Goodbye, Ref, ServerPacket, Timestamp, Version,
};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message as Frame};

use crate::admission::Unauthenticated;
use crate::answer::{Answer, Done, Outcome};
use crate::daemon::Daemon;
use crate::dispatch::{Turn, dispatch};
use crate::handler::account;
use crate::handler::snapshot::{Show, members, picture};
use crate::hub::{BACK_AFTER, Closing, Item, News, Outbox};
use crate::policy::SignedIn;
use crate::stall_timeout::StallTimeout;
use crate::store::StoreError;
use abuse_budget::AbuseBudget;
use cursor::Cursor;
use wire::{Wire, bounded};

/// Bytes read from the socket at once. The library would allocate 128 KiB for each connection.
const READ_BUFFER_BYTES: usize = 1_024;
/// Answers that a connection may have outstanding; further packets are read when one is given.
const ANSWERS_MAX: usize = 64;
/// Times that news may come first before the peer is heard.
const NEWS_IN_A_ROW: u32 = 16;
/// Without a sign of life for this long the peer is asked for one.
const PING_AFTER: Duration = Duration::from_secs(30);
/// Without a sign of life for this long the peer is gone.
const DEAD_AFTER: Duration = Duration::from_secs(75);
/// The farthest end of a token that a timer is set for: one year; nobody stays connected for longer.
const EXPIRY_LOOKED_AT_MAX: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How long `goodbye` and the close may take.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Gives the settings of the WebSocket library for the daemon's limits.
pub(crate) fn websocket_config(packet_bytes: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        // Only pongs and goodbyes pass it, each at once.
        .write_buffer_size(0)
        .max_message_size(Some(packet_bytes))
        .max_frame_size(Some(packet_bytes))
}

/// Why a connection ends.
#[derive(Debug)]
enum End {
    /// The peer has gone or said goodbye.
    Gone,
    /// We say goodbye, with a code and a reason.
    Close(CloseCode, &'static str),
}

impl End {
    /// Tells whether an operator may want to know of it.
    fn is_the_peers_doing(&self) -> bool {
        use CloseCode::{BrokenFrame, InvalidText, ProtocolError, TooBig, TooSlow};

        matches!(self, Self::Close(BrokenFrame | InvalidText | TooBig | ProtocolError | TooSlow, _))
    }
}

impl From<WebSocketError> for End {
    fn from(error: WebSocketError) -> Self {
        match error {
            WebSocketError::Capacity(CapacityError::MessageTooLong { .. }) => {
                Self::Close(CloseCode::TooBig, "frame too big")
            }
            WebSocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            WebSocketError::Protocol(_) => Self::Close(CloseCode::BrokenFrame, "protocol error"),
            WebSocketError::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Self::Close(CloseCode::TooBig, "message too large")
            }
            WebSocketError::Utf8(_) => Self::Close(CloseCode::InvalidText, "invalid UTF-8"),
            _ => Self::Gone,
        }
    }
}

/// The peer of a connection before `hello`.
pub(crate) struct Stranger {
    /// Held until then.
    pub(crate) unauthenticated: Option<Unauthenticated>,
    /// The user of the system, where one is known.
    pub(crate) uid: Option<u32>,
}

/// Serves a connection until it ends; `counted` is held for as long.
pub(crate) async fn serve_connection<S, C>(
    socket: WebSocketStream<StallTimeout<S>>,
    daemon: Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    stranger: Stranger,
    counted: C,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut wire = Wire::new(socket);
    // What happens once or seldom is boxed, so that an idle connection holds no room for it.
    let (handle, end) = match Box::pin(hello::greet(&mut wire, &daemon, &stranger, stopping.clone())).await {
        Err(end) => (None, end),
        Ok((greeting, first)) => {
            drop(stranger.unauthenticated);
            let outbox = greeting.outbox.clone();
            let _connected = Connected { daemon: &daemon, outbox };
            let handle = greeting.who.handle().clone();
            let passing = greeting.passing.then(|| greeting.who.clone());
            let end = Session::new(&mut wire, &daemon, stopping, greeting).run(first).await;
            if let Some(who) = passing {
                // Nobody holds a token of it.
                let _ = Box::pin(account::logout(&daemon, &who)).await;
            }
            (Some(handle), end)
        }
    };
    let handle = handle.as_ref().map(tracing::field::display);
    if end.is_the_peers_doing() {
        tracing::info!(?end, handle, "connection closed");
    } else {
        tracing::debug!(?end, handle, "connection ended");
    }
    Box::pin(wire.close(end)).await;
    drop(counted);
}

/// A connection that the hub knows of; dropping it, also by a panic, ends that.
struct Connected<'a> {
    daemon: &'a Daemon,
    outbox: Arc<Outbox>,
}

impl Drop for Connected<'_> {
    fn drop(&mut self) {
        self.daemon.hub.disconnect(&self.outbox);
        self.daemon.session_activity.note(self.outbox.session(), self.daemon.clock.now(), None);
    }
}

fn closing(reason: Closing) -> End {
    match reason {
        Closing::Revoked => End::Close(CloseCode::TokenRefused, "the session has ended"),
        Closing::TooSlow => End::Close(CloseCode::TooSlow, "too slow"),
        Closing::Gone => End::Gone,
    }
}

/// An answer that waits for the disk, with the name of its request.
type WaitingAnswer = Pin<Box<dyn Future<Output = (Option<Ref>, Answer)> + Send>>;

/// A connection that has said hello.
struct Session<'a, S> {
    wire: &'a mut Wire<S>,
    daemon: &'a Arc<Daemon>,
    stopping: watch::Receiver<bool>,
    who: SignedIn,
    outbox: Arc<Outbox>,
    cursor: Cursor,
    resume: BTreeMap<ChannelId, Version>,
    show: Show,
    answers: FuturesOrdered<WaitingAnswer>,
    /// Bytes of the messages whose answers are outstanding, at most.
    outstanding_bytes: usize,
    expires: Timestamp,
    expiry: Pin<Box<Sleep>>,
    quiet: Pin<Box<Sleep>>,
    heard: Instant,
    abuse_budget: AbuseBudget,
    news_in_a_row: u32,
}

impl<'a, S: AsyncRead + AsyncWrite + Unpin> Session<'a, S> {
    fn new(
        wire: &'a mut Wire<S>,
        daemon: &'a Arc<Daemon>,
        stopping: watch::Receiver<bool>,
        greeting: hello::Greeting,
    ) -> Self {
        let now = Instant::now();
        Self {
            wire,
            daemon,
            stopping,
            expires: greeting.who.expires(),
            expiry: Box::pin(tokio::time::sleep(time_left(daemon, greeting.who.expires()))),
            who: greeting.who,
            outbox: greeting.outbox,
            cursor: Cursor::new(greeting.channels),
            resume: greeting.resume,
            show: greeting.show,
            answers: FuturesOrdered::new(),
            outstanding_bytes: 0,
            quiet: Box::pin(tokio::time::sleep_until(now + PING_AFTER)),
            heard: now,
            abuse_budget: AbuseBudget::new(now),
            news_in_a_row: 0,
        }
    }

    async fn run(mut self, first: Vec<ReceivedRequest>) -> End {
        // A connection that comes after the hub has notified the others finds out here.
        if *self.stopping.borrow() {
            self.outbox.stop(BACK_AFTER);
        }
        let outcome = async {
            self.handle_all(first).await?;
            loop {
                self.step().await?;
            }
        };
        match outcome.await {
            Ok(never) => never,
            Err(end) => end,
        }
    }

    /// Does one thing, the most urgent first: what ends the connection, what is owed, what is new.
    async fn step(&mut self) -> Result<(), End> {
        tokio::select! {
            biased;
            () = &mut self.expiry => Err(End::Close(CloseCode::TokenRefused, "the token has expired")),
            Some(answer) = self.answers.next() => {
                self.feed_answer(answer).await?;
                self.settle().await
            }
            news = self.outbox.news() => match news {
                News::Items => {
                    self.settle().await?;
                    self.have_an_ear().await
                }
                News::Closing(reason) => Err(closing(reason)),
                News::Stopping(back_after) => Box::pin(self.say_goodbye(back_after)).await,
            },
            frame = self.wire.next(), if self.answers.len() < ANSWERS_MAX => Box::pin(self.read(frame)).await,
            () = std::future::ready(()), if self.cursor.has_more_to_show() => Box::pin(self.show_next()).await,
            () = &mut self.quiet => self.ask_for_life().await,
        }
    }

    /// Where there is news at every step, the peer is heard between them all the same.
    async fn have_an_ear(&mut self) -> Result<(), End> {
        self.news_in_a_row += 1;
        if self.news_in_a_row < NEWS_IN_A_ROW || self.answers.len() >= ANSWERS_MAX {
            return Ok(());
        }
        self.news_in_a_row = 0;
        if self.cursor.has_more_to_show() {
            Box::pin(self.show_next()).await?;
        }
        match self.wire.next().now_or_never() {
            Some(frame) => Box::pin(self.read(frame)).await,
            None => Ok(()),
        }
    }

    async fn read(&mut self, frame: Option<Result<Frame, WebSocketError>>) -> Result<(), End> {
        self.heard = Instant::now();
        self.news_in_a_row = 0;
        match frame {
            None => Err(End::Gone),
            Some(frame) => match frame? {
                Frame::Text(text) => match decode_requests(&text) {
                    Ok(requests) => self.handle_all(requests).await,
                    Err(refusal) => self.refuse(None, &refusal).await,
                },
                Frame::Binary(_) => {
                    let reason = "packets are text frames";
                    self.refuse(None, &ErrorReply::new(ErrorCode::Malformed, reason)).await
                }
                Frame::Ping(_) => {
                    self.abuse_budget.charge(self.heard)?;
                    self.wire.flush().await
                }
                Frame::Pong(_) | Frame::Frame(_) => self.abuse_budget.charge(self.heard),
                // The library answers it as we read on.
                Frame::Close(_) => {
                    let _ = self.wire.flush().await;
                    Err(End::Gone)
                }
            },
        }
    }

    async fn handle_all(&mut self, requests: Vec<ReceivedRequest>) -> Result<(), End> {
        self.daemon.counters.packets.add(requests.len() as u64);
        for request in requests {
            match request.packet {
                Ok(packet) => self.handle(request.reference, packet).await?,
                Err(refusal) => {
                    self.await_answers(0).await?;
                    self.require_signed_in()?;
                    self.refuse(request.reference, &refusal).await?;
                }
            }
        }
        Ok(())
    }

    /// A session that ends while a frame of many packets is worked on does nothing more.
    fn require_signed_in(&self) -> Result<(), End> {
        if let Some(reason) = self.outbox.closing() {
            return Err(closing(reason));
        }
        if self.daemon.clock.now() >= self.expires {
            return Err(End::Close(CloseCode::TokenRefused, "the token has expired"));
        }
        Ok(())
    }

    async fn handle(&mut self, reference: Option<Ref>, packet: ClientPacket) -> Result<(), End> {
        let room = self.outbox.bytes_max() / 2;
        let turn = Turn::of(&packet);
        let fits = self.outstanding_bytes + turn.bytes <= room;
        let outstanding_max = if turn.may_overtake_the_disk && fits { ANSWERS_MAX - 1 } else { 0 };
        self.await_answers(outstanding_max).await?;
        self.require_signed_in()?;
        self.outstanding_bytes += turn.bytes;
        let outcome = Box::pin(dispatch(self.daemon, &self.who, &self.outbox, packet)).await;
        self.answers.push_back(Box::pin(async move {
            match outcome {
                Outcome::Now(answer) => (reference, answer),
                Outcome::Later(answer) => (reference, answer.await),
            }
        }));
        Ok(())
    }

    /// Gives answers until no more than this many are outstanding.
    async fn await_answers(&mut self, outstanding_max: usize) -> Result<(), End> {
        if self.answers.len() <= outstanding_max {
            return Ok(());
        }
        // What the commits bring is written meanwhile, so that nobody's own messages fill the outbox.
        while self.answers.len() > outstanding_max {
            tokio::select! {
                Some(answer) = self.answers.next() => self.feed_answer(answer).await?,
                () = self.outbox.filled() => {
                    if let Some(reason) = self.outbox.closing() {
                        return Err(closing(reason));
                    }
                    self.settle().await?;
                }
            }
        }
        self.settle().await
    }

    async fn feed_answer(&mut self, (reference, answer): (Option<Ref>, Answer)) -> Result<(), End> {
        if self.answers.is_empty() {
            self.outstanding_bytes = 0;
        }
        if let Ok(Done { expires: Some(expires), .. }) = &answer {
            self.expires = *expires;
            self.expiry.as_mut().reset(Instant::now() + time_left(self.daemon, self.expires));
        }
        match (answer, reference) {
            (Ok(done), Some(reference)) => self.wire.feed(encode_ok(&reference, &done.payload).into()).await,
            (Ok(_), None) => Ok(()),
            (Err(refusal), reference) => {
                let borne = self.count_refusal(&refusal);
                self.wire.feed(encode_error(reference.as_ref(), &refusal).into()).await?;
                if borne.is_err() {
                    self.wire.flush().await?;
                }
                borne
            }
        }
    }

    async fn refuse(&mut self, reference: Option<Ref>, refusal: &ErrorReply) -> Result<(), End> {
        let borne = self.count_refusal(refusal);
        self.wire.send(encode_error(reference.as_ref(), refusal)).await?;
        borne
    }

    fn count_refusal(&mut self, refusal: &ErrorReply) -> Result<(), End> {
        self.daemon.counters.packets_refused.add(1);
        self.daemon.counters.refused(&refusal.code);
        tracing::debug!(code = %refusal.code, handle = %self.who.handle(), "packet refused");
        match refusal.code {
            // Not the peer's doing.
            ErrorCode::Internal | ErrorCode::StorageFull => Ok(()),
            _ => self.abuse_budget.charge(Instant::now()),
        }
    }

    /// Writes everything that is ready: further answers, and what the outbox holds.
    async fn settle(&mut self) -> Result<(), End> {
        while let Some(Some(answer)) = self.answers.next().now_or_never() {
            self.feed_answer(answer).await?;
        }
        for item in self.outbox.take() {
            match item {
                Item::Messages(messages) => {
                    if let Some(news) = self.cursor.news(messages) {
                        self.wire.feed(news.frames()).await?;
                    }
                }
                Item::Event(channel, frames) | Item::Typing(channel, frames) => {
                    if self.cursor.knows(&channel) {
                        self.wire.feed(frames).await?;
                    }
                }
                Item::Personal(frames) => self.wire.feed(frames).await?,
                Item::Presence(presences) => self.wire.feed(presences.frames.clone()).await?,
                Item::Show(channel) => self.cursor.show(channel),
                Item::Members(channel) => self.cursor.show_members(channel),
                Item::Hide(channel, removed) => {
                    self.cursor.hide(&channel);
                    // The client holds nothing of it any more.
                    self.resume.remove(&channel);
                    self.wire.feed(removed).await?;
                }
            }
        }
        self.wire.flush().await
    }

    async fn show_next(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_to_show() else { return self.show_members().await };
        let known = self.resume.remove(&channel);
        match Box::pin(picture(self.daemon, &self.who, channel, known, self.show)).await {
            Ok(Some(picture)) => {
                self.cursor.shown(channel, picture.version);
                self.wire.send(encode_event(&picture.packet)).await
            }
            // No longer a member: `channel_remove` is in the outbox, or the channel was never shown.
            Ok(None) => Ok(()),
            Err(error) => self.cannot_read(&error).await,
        }
    }

    /// Sends all members of a channel that has become small.
    async fn show_members(&mut self) -> Result<(), End> {
        let Some(channel) = self.cursor.next_members_to_show() else { return Ok(()) };
        match members(self.daemon, &self.who, channel).await {
            Ok(Some(packet)) => self.wire.send(encode_event(&packet)).await,
            Ok(None) => Ok(()),
            Err(error) => self.cannot_read(&error).await,
        }
    }

    async fn cannot_read(&mut self, error: &StoreError) -> Result<(), End> {
        self.wire.send(encode_error(None, &crate::error::store_error(error))).await?;
        Err(End::Close(CloseCode::GoingAway, "the server failed to read a channel"))
    }

    async fn ask_for_life(&mut self) -> Result<(), End> {
        let silent = self.heard.elapsed();
        if silent >= DEAD_AFTER {
            return Err(End::Gone);
        }
        // The timer is not moved with every frame; it finds out here what was heard meanwhile.
        if silent < PING_AFTER {
            self.quiet.as_mut().reset(self.heard + PING_AFTER);
            return Ok(());
        }
        self.quiet.as_mut().reset(self.heard + DEAD_AFTER);
        let outbox = self.outbox.clone();
        bounded(Some(&outbox), self.wire.socket.send(Frame::Ping(Default::default()))).await
    }

    /// Answers what was accepted before the daemon stops.
    async fn say_goodbye(&mut self, back_after: Duration) -> Result<(), End> {
        self.await_answers(0).await?;
        let goodbye = Goodbye { reconnect_after_ms: back_after.as_millis() as u64 };
        self.settle().await?;
        self.wire.send(encode_event(&ServerPacket::Goodbye(goodbye))).await?;
        Err(End::Close(CloseCode::GoingAway, "the server restarts"))
    }
}

/// How long a token is still valid.
fn time_left(daemon: &Daemon, expires: Timestamp) -> Duration {
    Duration::from_millis(expires.millis_since(daemon.clock.now())).min(EXPIRY_LOOKED_AT_MAX)
}
