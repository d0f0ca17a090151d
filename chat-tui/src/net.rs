//! The WebSocket connection: a state machine that keeps it open, with back-off. The rest of the
//! program sees only its messages.
//!
//! ```text
//! closed --Connect--> opening --> open --lost--> waiting --> opening …
//!    ^                                                |
//!    +------------------ Disconnect -------------------+
//! ```

mod order_queue;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use proto::ServerPacket;
use proto::codec::{Incoming, decode_incoming};
use proto::http::WEB_SOCKET;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use crate::backoff::Backoff;
use crate::http::{self, Stream};
use crate::msg::Msg;
use crate::session::Server;
use crate::trust::{KeyError, OwnerError, TrustError};

pub use order_queue::OrderQueue;

/// The daemon asks for a sign of life every 30 s; without one for this long it is gone.
const SILENT_MAX: Duration = Duration::from_secs(80);
/// While it owes an answer it is asked for one after this long without a word, and given up after the longer one.
const OWING_ASKED: Duration = Duration::from_secs(10);
const OWING_MAX: Duration = Duration::from_secs(15);
/// How long the handshake may take.
const HANDSHAKE_MAX: Duration = Duration::from_secs(10);
/// How long one write may take.
const WRITE_MAX: Duration = OWING_MAX;
/// How long to wait where somebody else seems to be in place of the daemon: a network that leads astray for a while.
const KEY_PAUSE: Duration = Duration::from_secs(30);
/// More frames than this in so long are read together, after a rest: to wake up for each costs more than to read it.
const CROWD: u32 = 20;
const CROWD_TIME: Duration = Duration::from_millis(50);
const CROWD_REST: Duration = Duration::from_millis(5);
/// How long after a rest what is read counts as what has come during it.
const CROWD_READ: Duration = Duration::from_millis(1);
/// Bytes of a message of the daemon: a channel with a hundred of the largest messages.
const MESSAGE_BYTES_MAX: usize = 4 * 1_048_576;

/// What the program wants of the connection.
#[derive(Debug)]
pub enum Order {
    /// Keep a connection to this daemon open.
    Connect(Server),
    /// Send a packet on this connection, counted from 1; dropped when that one is no more.
    Send(u64, String),
    /// Close the connection.
    Disconnect,
}

/// Keeps the connection as ordered until the orders end; tells first that one is lost, if so.
async fn keep_connected(
    mut orders: mpsc::Receiver<Order>,
    messages: mpsc::Sender<Msg>,
    connections: Arc<AtomicU64>,
    lost: Option<String>,
) {
    let mut server = None;
    let mut keeper = Keeper::new(messages, connections);
    if let Some(lost) = lost
        && keeper.tell_lost(lost).await.is_none()
    {
        return;
    }
    loop {
        let Some(to) = server.clone() else {
            match orders.recv().await {
                Some(Order::Connect(to)) => server = Some(to),
                Some(Order::Send(..) | Order::Disconnect) => {}
                None => return,
            }
            continue;
        };
        let lost = match keeper.connect(to, &mut orders).await {
            Talked::Lost(reason) => reason,
            Talked::Ordered(next) => {
                server = next;
                keeper.backoff.begin_anew();
                continue;
            }
            Talked::Ended => return,
        };
        let Some(pause) = keeper.tell_lost(lost).await else { return };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            next = another(&mut orders) => match next {
                Some(next) => server = next,
                None => return,
            },
        }
    }
}

/// What goes on from one connection to the next.
struct Keeper {
    messages: mpsc::Sender<Msg>,
    backoff: Backoff,
    /// How many there were, also before this keeper.
    connections: Arc<AtomicU64>,
    /// The last key that a person was told of.
    told: Option<KeyError>,
    /// The shortest wait before the next try.
    pause_min: Duration,
}

impl Keeper {
    fn new(messages: mpsc::Sender<Msg>, connections: Arc<AtomicU64>) -> Self {
        Self { messages, backoff: Backoff::default(), connections, told: None, pause_min: Duration::ZERO }
    }

    /// Opens a connection and talks over it until it is lost, or until something else is ordered.
    async fn connect(&mut self, to: Server, orders: &mut mpsc::Receiver<Order>) -> Talked {
        self.pause_min = Duration::ZERO;
        let opening = tokio::select! {
            opening = open(&to) => opening,
            next = another(orders) => return next.map_or(Talked::Ended, Talked::Ordered),
        };
        match opening {
            Ok(socket) => {
                let connection = self.connections.fetch_add(1, Ordering::AcqRel) + 1;
                self.told = None;
                tracing::info!(connection, server = %to, "connected");
                if self.messages.send(Msg::ConnectionUp(connection)).await.is_err() {
                    return Talked::Ended;
                }
                talk(socket, connection, orders, &self.messages, &mut self.backoff).await
            }
            Err(OpenError::Key(error)) => self.refuse_key(to, error).await,
            Err(OpenError::Owner(error)) => Talked::Lost(format!("the server {}", error.instead_of("the token"))),
            Err(OpenError::Failed(reason)) => Talked::Lost(reason),
        }
    }

    /// Says nothing to whoever shows a wrong key; the right one may be back in a moment.
    async fn refuse_key(&mut self, to: Server, error: KeyError) -> Talked {
        let is_news = self.told.as_ref() != Some(&error);
        self.told = Some(error.clone());
        if is_news && self.messages.send(Msg::KeyRefused(to, error)).await.is_err() {
            return Talked::Ended;
        }
        self.pause_min = KEY_PAUSE;
        Talked::Lost("the key of the server is not trusted".to_owned())
    }

    /// Tells that there is no connection, and gives the wait until the next try; `None` when nobody hears it.
    async fn tell_lost(&mut self, reason: String) -> Option<Duration> {
        let pause = self.backoff.next_wait().max(self.pause_min);
        let retry_after_ms = pause.as_millis() as u64;
        tracing::info!(reason, wait_ms = retry_after_ms, "no connection");
        self.messages.send(Msg::ConnectionDown { reason, retry_after_ms }).await.ok()?;
        Some(pause)
    }
}

/// Waits for an order that changes where to; `None` when the orders have ended. What was to be sent on
/// a connection that is gone is dropped: the program sends again what matters.
async fn another(orders: &mut mpsc::Receiver<Order>) -> Option<Option<Server>> {
    loop {
        match orders.recv().await? {
            Order::Connect(server) => return Some(Some(server)),
            Order::Disconnect => return Some(None),
            Order::Send(..) => {}
        }
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub enum OpenError {
    /// Somebody else seems to be there.
    Key(KeyError),
    /// Another user of this machine answers; it may be the right one again in a moment.
    Owner(OwnerError),
    /// It failed, for people.
    Failed(String),
}

/// Opens a connection and does the handshake.
///
/// # Errors
/// See [`OpenError`].
pub async fn open(server: &Server) -> Result<WebSocketStream<Stream>, OpenError> {
    let connection = http::connect(server).await.map_err(|error| match error {
        TrustError::Key(error) => OpenError::Key(error),
        TrustError::Owner(error) => OpenError::Owner(error),
        TrustError::Io(error) => OpenError::Failed(http::in_words(&error)),
    })?;
    let config = WebSocketConfig::default()
        .read_buffer_size(16_384)
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let url = format!("ws://{}{WEB_SOCKET}", http::host(server));
    let on_success = connection.on_success(server);
    let handshake = tokio_tungstenite::client_async_with_config(url, connection.stream, Some(config));
    match tokio::time::timeout(HANDSHAKE_MAX, handshake).await {
        Ok(Ok((socket, _))) => {
            on_success();
            Ok(socket)
        }
        Ok(Err(error)) => Err(OpenError::Failed(error.to_string())),
        Err(_) => Err(OpenError::Failed("no answer in time".to_owned())),
    }
}

enum Talked {
    Lost(String),
    Ordered(Option<Server>),
    Ended,
}

async fn talk(
    mut socket: WebSocketStream<Stream>,
    connection: u64,
    orders: &mut mpsc::Receiver<Order>,
    messages: &mpsc::Sender<Msg>,
    backoff: &mut Backoff,
) -> Talked {
    backoff.opened();
    let mut silence = Silence::since(Instant::now());
    let mut crowd = Crowd::default();
    loop {
        tokio::select! {
            () = until(crowd.rests_until()), if crowd.rests_until().is_some() => crowd.has_rested(Instant::now()),
            frame = socket.next(), if crowd.rests_until().is_none() => {
                let now = Instant::now();
                silence = Silence::since(now);
                crowd.came(now);
                match frame {
                    Some(Ok(Frame::Text(text))) => {
                        for packet in decode_incoming(&text).unwrap_or_default() {
                            if let Incoming::Event(ServerPacket::Goodbye(goodbye)) = &packet {
                                backoff.goodbye(goodbye.reconnect_after_ms);
                            }
                            if messages.send(Msg::Packet(packet)).await.is_err() {
                                return Talked::Ended;
                            }
                        }
                    }
                    Some(Ok(Frame::Close(frame))) => {
                        let reason = frame.map(|frame| frame.reason.to_string()).filter(|reason| !reason.is_empty());
                        return Talked::Lost(reason.unwrap_or_else(|| "the server closed the connection".to_owned()));
                    }
                    Some(Ok(_)) => if let Err(reason) = write(socket.flush()).await { return Talked::Lost(reason) },
                    Some(Err(_)) | None => return Talked::Lost("the connection was cut".to_owned()),
                }
            }
            order = orders.recv() => match order {
                Some(Order::Send(on, _)) if on != connection => {}
                Some(Order::Send(_, packet)) => {
                    silence.owes(Instant::now());
                    if let Err(reason) = write(socket.send(Frame::Text(packet.into()))).await {
                        return Talked::Lost(reason);
                    }
                }
                Some(Order::Connect(server)) => return Talked::Ordered(Some(server)),
                Some(Order::Disconnect) => {
                    let _ = write(socket.close(None)).await;
                    return Talked::Ordered(None);
                }
                None => return Talked::Ended,
            },
            () = tokio::time::sleep_until(silence.next_deed()) => {
                if silence.is_broken_off() {
                    return Talked::Lost("the server does not answer".to_owned());
                }
                if let Err(reason) = write(socket.send(Frame::Ping(Bytes::new()))).await {
                    return Talked::Lost(reason);
                }
            }
        }
    }
}

/// Whether so many frames come that they are left where they are for a moment, to be read together.
#[derive(Debug, Default)]
struct Crowd {
    /// Since when frames are counted, how many there were, and whether there were many in the time before.
    since: Option<Instant>,
    frames: u32,
    is_crowd: bool,
    /// Until when nothing is read.
    rests_until: Option<Instant>,
    /// When the last rest was over.
    rested: Option<Instant>,
}

impl Crowd {
    /// A frame was read.
    fn came(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let counted_for = now.saturating_duration_since(since);
        if counted_for >= CROWD_TIME {
            self.is_crowd = self.frames > CROWD && counted_for < CROWD_TIME * 2;
            (self.since, self.frames) = (Some(now), 0);
        }
        self.frames += 1;
        // What has come during a rest is read without another one.
        let is_one_of_them = self.rested.is_some_and(|rested| now.saturating_duration_since(rested) < CROWD_READ);
        if self.is_crowd && !is_one_of_them {
            self.rests_until = Some(now + CROWD_REST);
        }
    }

    /// Gives until when nothing is read, if that is so.
    fn rests_until(&self) -> Option<Instant> {
        self.rests_until
    }

    fn has_rested(&mut self, now: Instant) {
        (self.rests_until, self.rested) = (None, Some(now));
    }
}

/// How long nothing was heard, and whether an answer is owed.
struct Silence {
    since: Instant,
    /// When the first of what is not answered was sent.
    owed: Option<Instant>,
    has_asked: bool,
}

impl Silence {
    fn since(since: Instant) -> Self {
        Self { since, owed: None, has_asked: false }
    }

    fn owes(&mut self, now: Instant) {
        self.owed.get_or_insert(now);
    }

    /// Gives when something is to be done about it.
    fn next_deed(&self) -> Instant {
        match self.owed {
            Some(owed) if self.has_asked => owed + OWING_MAX,
            Some(owed) => owed + OWING_ASKED,
            None => self.since + SILENT_MAX,
        }
    }

    /// Tells whether the time for a deed is the end; else a sign of life is to be asked for.
    fn is_broken_off(&mut self) -> bool {
        self.owed.is_none() || std::mem::replace(&mut self.has_asked, true)
    }
}

/// Waits until a moment; for ever where there is none.
async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn write<E: std::fmt::Display>(writing: impl Future<Output = Result<(), E>>) -> Result<(), String> {
    match tokio::time::timeout(WRITE_MAX, writing).await {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("the connection does not drain".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_crowd_are_read_together_and_others_at_once() {
        let start = Instant::now();
        let at = |micros| start + Duration::from_micros(micros);
        let mut crowd = Crowd::default();
        // Ten a second, for a while.
        for number in 0..50 {
            crowd.came(at(number * 100_000));
            assert_eq!(crowd.rests_until(), None);
        }
        // A thousand a second: about six come in a rest and just behind it.
        let (mut now, mut rests) = (5_000_000, 0);
        while now < 6_000_000 {
            crowd.came(at(now));
            now += 1_000;
            if let Some(until) = crowd.rests_until() {
                rests += 1;
                let waiting = now;
                now = until.duration_since(start).as_micros() as u64;
                crowd.has_rested(at(now));
                (0..(now - waiting) / 1_000).for_each(|_| crowd.came(at(now + 10)));
            }
        }
        assert!((140..=200).contains(&rests), "{rests}");
        // It is over.
        crowd.came(at(7_000_000));
        crowd.came(at(8_000_000));
        crowd.has_rested(at(8_000_000));
        crowd.came(at(8_100_000));
        assert_eq!(crowd.rests_until(), None);
    }

    #[test]
    fn an_answer_that_is_owed_is_asked_for_and_then_given_up() {
        let start = Instant::now();
        let mut silence = Silence::since(start);
        assert_eq!(silence.next_deed(), start + SILENT_MAX, "nothing is owed");
        let sent = start + Duration::from_secs(60);
        silence.owes(sent);
        silence.owes(sent + Duration::from_secs(9));
        assert_eq!(silence.next_deed(), sent + OWING_ASKED, "the first counts");
        assert!(!silence.is_broken_off());
        assert_eq!(silence.next_deed(), sent + OWING_MAX);
        assert!(silence.is_broken_off());
        assert!(Silence::since(start).is_broken_off());
    }
}
