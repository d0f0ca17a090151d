//! A daemon without a socket, and peers that talk to it over a pipe in memory.

use std::sync::{Arc, Condvar, Mutex};

use futures_util::{SinkExt, StreamExt};
use proto::codec::{Incoming, decode_incoming, encode_request};
use proto::{
    ChannelId, ClientPacket, Content, CreatedKind, Handle, Hello, MessageKind, NewMessage, Ref, SendMessage,
    ServerPacket, Timestamp, Token, Topic, Typing, TypingMember,
};
use tokio::io::DuplexStream;
use tokio::sync::watch;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::conn::{Stranger, serve_connection, websocket_config};
use crate::daemon::{Daemon, Served};
use crate::lock::lock;
use crate::stall_timeout::StallTimeout;
use crate::store::{JoinTarget, NewChannel, NewSession, Pending, Store, StoreOptions};
use crate::token::{Claims, Tokens};

/// A disk that takes nothing for as long as a test wants.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk(Arc<(Mutex<bool>, Condvar)>);

impl Disk {
    pub(super) fn hold(&self) {
        *lock(&self.0.0) = true;
    }

    pub(super) fn release(&self) {
        *lock(&self.0.0) = false;
        self.0.1.notify_all();
    }

    fn wait(&self) {
        let held = lock(&self.0.0);
        drop(self.0.1.wait_while(held, |held| *held).unwrap());
    }
}

/// A running daemon with a channel.
pub(super) struct TestDaemon {
    pub(super) daemon: Arc<Daemon>,
    pub(super) disk: Disk,
    stopping: watch::Sender<bool>,
    /// Goes away behind the store.
    _folder: tempfile::TempDir,
}

impl TestDaemon {
    pub(super) fn start(config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::default();
        let held = disk.clone();
        let options = StoreOptions {
            before_commit: Some(Box::new(move || {
                held.wait();
                Ok(())
            })),
            ..StoreOptions::default()
        };
        let opened = Store::open(folder.path(), options).unwrap();
        let tokens = Tokens::open(folder.path()).unwrap();
        let daemon = Daemon::start(Served::default(), opened, tokens, config, Arc::new(SystemClock));
        Self { daemon, disk, stopping: watch::Sender::new(false), _folder: folder }
    }

    /// Makes accounts, all of them in one channel, and gives that and their tokens.
    pub(super) async fn channel_of<const COUNT: usize>(&self, names: [&str; COUNT]) -> (ChannelId, [Token; COUNT]) {
        let store = &self.daemon.store;
        let mut channel = None;
        let mut tokens = Vec::new();
        for name in names {
            let handle: Handle = name.parse().unwrap();
            let session = format!("s-{name}").parse().unwrap();
            let expires = SystemClock.now().plus_millis(86_400_000);
            let kept = NewSession { session, device: None, expires: Timestamp::from_millis(i64::MAX) };
            let user = done(store.create_account(handle.clone(), None, kept)).await;
            let wish =
                || NewChannel { name: "tea".parse().unwrap(), kind: CreatedKind::Public, topic: Topic::default() };
            channel = Some(match channel {
                None => done(store.create_channel(user, wish())).await,
                Some(channel) => done(store.join_channel(user, JoinTarget::Id(channel), true)).await,
            });
            tokens.push(self.daemon.keys.tokens.issue(&Claims { handle, session, expires }, SystemClock.now()));
        }
        (channel.expect("somebody is there"), tokens.try_into().expect("one for each name"))
    }

    /// Connects somebody over a pipe that holds so many bytes in each direction, and says hello.
    pub(super) async fn connect(&self, token: &Token, pipe_bytes: usize) -> Peer {
        let (near, far) = tokio::io::duplex(pipe_bytes);
        let config = websocket_config(self.daemon.config().limits.packet_bytes);
        let server = WebSocketStream::from_raw_socket(StallTimeout::new(near), Role::Server, Some(config)).await;
        let stranger = Stranger { unauthenticated: None, uid: None };
        tokio::spawn(serve_connection(server, self.daemon.clone(), self.stopping.subscribe(), stranger, ()));
        let mut peer = Peer { socket: WebSocketStream::from_raw_socket(far, Role::Client, None).await, asked: 0 };
        peer.asks([Hello { token: Some(token.clone()), members: Some(0), ..Hello::default() }.into()]).await;
        peer.event(|event| matches!(event, ServerPacket::ChannelAdd(_)).then_some(())).await;
        peer
    }
}

/// A connection as its client sees it.
pub(super) struct Peer {
    pub(super) socket: WebSocketStream<DuplexStream>,
    asked: i64,
}

impl Peer {
    /// Sends requests in one frame; they are named 1, 2, 3 … over the life of the connection.
    pub(super) async fn asks<const COUNT: usize>(&mut self, packets: [ClientPacket; COUNT]) {
        let packets = packets.map(|packet| {
            self.asked += 1;
            encode_request(&Ref::Number(self.asked), &packet)
        });
        self.socket.send(Frame::text(format!("[{}]", packets.join(",")))).await.unwrap();
    }

    /// Reads the next packets, those of one frame.
    async fn packets(&mut self) -> Vec<Incoming> {
        loop {
            match self.socket.next().await.expect("the connection lasts").unwrap() {
                Frame::Text(text) => return decode_incoming(&text).unwrap(),
                Frame::Ping(_) | Frame::Pong(_) => {}
                other => panic!("no packet: {other:?}"),
            }
        }
    }

    /// Reads on until an event is the one that is looked for; each event of the wire comes in a frame of its own.
    pub(super) async fn event<T>(&mut self, mut wanted: impl FnMut(ServerPacket) -> Option<T>) -> T {
        loop {
            for packet in self.packets().await {
                if let Incoming::Event(event) = packet
                    && let Some(found) = wanted(event)
                {
                    return found;
                }
            }
        }
    }

    /// Reads on until so many requests are answered, and gives their names and whether they were done.
    pub(super) async fn answers(&mut self, count: usize) -> Vec<(Ref, bool)> {
        let mut answers = Vec::new();
        while answers.len() < count {
            for packet in self.packets().await {
                if let Incoming::Answer(reference, answer) = packet {
                    answers.push((reference, answer.is_ok()));
                }
            }
        }
        answers
    }
}

pub(super) fn says(id: ChannelId, content: &str) -> ClientPacket {
    let nonce = content.replace(' ', "-").chars().take(20).collect::<String>().parse().unwrap();
    let content = Content::parse(content).unwrap();
    SendMessage {
        id,
        message: NewMessage { content, nonce, kind: MessageKind::Text, reply_to: None, files: Vec::new() },
    }
    .into()
}

pub(super) fn types(id: ChannelId) -> ClientPacket {
    Typing { id, member: TypingMember { typing: true } }.into()
}

async fn done<T>(asked: impl Future<Output = Pending<T>>) -> T {
    asked.await.committed().await.unwrap()
}
