//! A daemon in a few lines: what `docs/protocol.md` promises of channels, messages, versions and nonces, for one client. It
//! knows nothing of how the client goes about it.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chat_tui::core::history::HistoryRange;
use proto::codec::{Incoming, decode_incoming};
use proto::http::History;
use proto::{ChannelId, ClientPacket, Hello, Index, Message, NewMessage, Nonce, Ref, Version};
use serde_json::{Value, json};

/// Messages in a picture, in a page and in a resumption: few, so that there are many of each.
pub(crate) const PAGE: usize = 3;

/// A channel.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) id: ChannelId,
    pub(crate) version: u64,
    pub(crate) messages: Vec<Message>,
    /// What each of them said at first.
    pub(crate) originals: Vec<String>,
    pub(crate) topic: String,
    pub(crate) last_read: u64,
    /// Whether alice is in it.
    pub(crate) is_in: bool,
}

/// What goes to and fro on a connection and has not come.
#[derive(Debug, Default)]
pub(crate) struct Socket {
    pub(crate) to_daemon: VecDeque<(Ref, ClientPacket)>,
    pub(crate) to_client: VecDeque<Incoming>,
    greeted: bool,
}

/// The daemon of alice.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) rooms: BTreeMap<ChannelId, Room>,
    pub(crate) socket: Option<Socket>,
    nonces: HashMap<(ChannelId, Nonce), Value>,
    store: u64,
    clock: i64,
}

impl Room {
    fn last(&self) -> u64 {
        self.messages.len() as u64
    }

    fn unread(&self) -> (u64, usize) {
        let unread = &self.messages[self.last_read as usize..];
        let mentions = unread.iter().filter(|message| message.content.contains("@alice")).count();
        (self.last() - self.last_read, mentions)
    }

    /// What changed after a version, in the order of versions, and whether there is more of it.
    fn since(&self, version: u64) -> (Vec<Message>, u64, bool) {
        let mut changed = self.messages.iter().filter(|message| message.version.get() > version).collect::<Vec<_>>();
        changed.sort_by_key(|message| message.version);
        let more = changed.len() > PAGE;
        changed.truncate(PAGE);
        let up_to = if more { changed[PAGE - 1].version.get() } else { self.version };
        (changed.into_iter().cloned().collect(), up_to, more)
    }

    fn add(&self, with_messages: bool) -> Value {
        let count = if with_messages { PAGE } else { 0 };
        let messages = &self.messages[self.messages.len().saturating_sub(count)..];
        let first = messages.first().map_or(0, |message| message.index.get());
        let (unread, mentions) = self.unread();
        json!({"type": "channel_add", "payload": {"id": self.id, "name": "tea", "kind": "private", "topic": self.topic,
            "owner": null, "members": [], "members_total": 2, "messages": messages, "first_index": first,
            "last_index": self.last(), "version": self.version, "last_read": self.last_read, "unread": unread,
            "mentions": mentions}})
    }

    fn resume(&self, version: u64, with_messages: bool) -> Value {
        if version > self.version {
            return self.add(with_messages);
        }
        let (messages, up_to, more) = match with_messages {
            true => self.since(version),
            false => (Vec::new(), version, version < self.version),
        };
        let (unread, mentions) = self.unread();
        json!({"type": "channel_resume", "payload": {"id": self.id, "messages": messages, "version": up_to, "more": more,
            "last_index": self.last(), "last_read": self.last_read, "unread": unread, "mentions": mentions,
            "members_total": 2, "members": [], "topic": self.topic, "owner": null}})
    }

    /// The answer to `GET /v1/history`.
    pub(crate) fn page(&self, page: HistoryRange) -> Result<History, String> {
        if !self.is_in {
            return Err("you are not in this channel".to_owned());
        }
        let (messages, version, more) = match page {
            HistoryRange::Since(version) => self.since(version.get()),
            HistoryRange::Before(index) => {
                let end = (index.get().saturating_sub(1) as usize).min(self.messages.len());
                let begin = end.saturating_sub(PAGE);
                (self.messages[begin..end].to_vec(), self.version, begin > 0)
            }
            HistoryRange::After(index) => {
                let begin = (index.get() as usize).min(self.messages.len());
                let end = (begin + PAGE).min(self.messages.len());
                (self.messages[begin..end].to_vec(), self.version, end < self.messages.len())
            }
        };
        let indexes = || messages.iter().map(|message| message.index);
        let (first_index, last_index) = (indexes().min().unwrap_or_default(), indexes().max().unwrap_or_default());
        Ok(History { messages, first_index, last_index, version: Version::new(version), more })
    }
}

impl Daemon {
    pub(crate) fn new(rooms: usize) -> Self {
        let room = |number: usize| {
            let id: ChannelId = format!("c{number}").parse().expect("an id");
            let room = Room {
                id,
                version: 1,
                messages: Vec::new(),
                originals: Vec::new(),
                topic: String::new(),
                last_read: 0,
                is_in: true,
            };
            (id, room)
        };
        Self { rooms: (0..rooms).map(room).collect(), socket: None, nonces: HashMap::new(), store: 1, clock: 1 }
    }

    /// Tells the client, if it is there.
    fn tell(&mut self, packet: Value) {
        if let Some(socket) = self.socket.as_mut().filter(|socket| socket.greeted) {
            let packets = decode_incoming(&packet.to_string()).expect("a packet");
            assert!(packets.iter().all(|packet| !matches!(packet, Incoming::Unknown(_))), "{packet}");
            socket.to_client.extend(packets);
        }
    }

    /// Takes the next packet of the client.
    pub(crate) fn hears(&mut self) {
        let Some((reference, packet)) = self.socket.as_mut().and_then(|socket| socket.to_daemon.pop_front()) else {
            return;
        };
        let answer = self.does(packet);
        self.tell(match answer {
            Ok(payload) => json!({"type": "ok", "ref": reference, "payload": payload}),
            Err(code) => json!({"type": "error", "ref": reference, "payload": {"code": code, "reason": code}}),
        });
    }

    fn does(&mut self, packet: ClientPacket) -> Result<Value, &'static str> {
        match packet {
            ClientPacket::Hello(hello) => self.greets(&hello),
            ClientPacket::SendMessage(send) => return self.stores(send.id, send.message),
            ClientPacket::EditMessage(edit) => {
                self.edits(edit.id, edit.index.get() as usize - 1, edit.content.as_str(), "alice")?;
            }
            ClientPacket::MarkRead(read) => {
                let room = self.rooms.get_mut(&read.id).filter(|room| room.is_in).ok_or("not_a_member")?;
                room.last_read = room.last_read.max(read.index.get()).min(room.last());
                let (unread, mentions) = room.unread();
                let read = json!({"id": read.id, "last_read": room.last_read, "unread": unread, "mentions": mentions});
                self.tell(json!({"type": "channel_read", "payload": read}));
            }
            // Who the members are is of no matter here.
            ClientPacket::ListMembers(_) => return Err("malformed"),
            other => panic!("nobody says {other:?} here"),
        }
        Ok(json!({}))
    }

    fn greets(&mut self, hello: &Hello) {
        self.socket.as_mut().expect("it was said on one").greeted = true;
        self.tell(
            json!({"type": "welcome", "payload": {"user": "alice", "session": "s", "protocol": 1, "features": [],
            "server": {"name": "chatd", "version": "0", "time": 1, "store": format!("s{}", self.store)},
            "limits": {"message_bytes": 8000, "packet_bytes": 65536, "message_rate": 0, "message_burst": 0}}}),
        );
        for id in hello.resume.keys() {
            if !self.rooms.get(id).is_some_and(|room| room.is_in) {
                self.tell(json!({"type": "channel_remove", "payload": {"id": id, "reason": "removed", "by": "bob"}}));
            }
        }
        let mut rooms = self.rooms.values().filter(|room| room.is_in).collect::<Vec<_>>();
        let is_first = |room: &&Room| hello.first.as_ref().is_none_or(|first| first.contains(&room.id));
        rooms.sort_by_key(|room| !is_first(room));
        let with_messages = rooms.iter().filter(|room| is_first(room)).count().max(1);
        let shown = rooms.iter().enumerate().map(|(at, room)| match hello.resume.get(&room.id) {
            Some(version) => room.resume(version.get(), at < with_messages),
            None => room.add(at < with_messages),
        });
        for picture in shown.collect::<Vec<_>>() {
            self.tell(picture);
        }
    }

    /// Stores what the client sends, once.
    fn stores(&mut self, id: ChannelId, message: NewMessage) -> Result<Value, &'static str> {
        let nonce = message.nonce.clone();
        // Whoever is in the channel no longer still finds what arrived before.
        if let Some(sent) = self.nonces.get(&(id, nonce.clone())) {
            return Ok(sent.clone());
        }
        if !self.rooms[&id].is_in {
            return Err("not_a_member");
        }
        let sent = self.says(id, "alice", message.content.as_str(), Some(nonce.clone()));
        self.nonces.insert((id, nonce), sent.clone());
        Ok(sent)
    }

    /// Somebody says something.
    pub(crate) fn says(&mut self, id: ChannelId, who: &str, content: &str, nonce: Option<Nonce>) -> Value {
        self.clock += 1;
        let date = self.clock;
        let room = self.rooms.get_mut(&id).expect("a channel");
        room.version += 1;
        let (index, version, is_in) = (room.last() + 1, room.version, room.is_in);
        let mut message = json!({"index": index, "version": version, "date": date, "handle": who, "kind": "text",
            "content": content, "mentions": if content.contains("@alice") { vec!["alice"] } else { Vec::new() }});
        room.messages.push(serde_json::from_value(message.clone()).expect("a message"));
        room.originals.push(content.to_owned());
        if who == "alice" && room.last_read + 1 == index {
            room.last_read = index;
        }
        if let Some(nonce) = nonce {
            message["nonce"] = json!(nonce);
        }
        if is_in {
            self.tell(json!({"type": "channel_message_add", "payload": {"id": id, "message": message}}));
        }
        json!({"id": id, "index": index, "version": version, "date": date})
    }

    /// Somebody changes what they have said.
    pub(crate) fn edits(&mut self, id: ChannelId, place: usize, content: &str, who: &str) -> Result<(), &'static str> {
        let room = self.rooms.get_mut(&id).expect("a channel");
        if who == "alice" && !room.is_in {
            return Err("not_a_member");
        }
        let message = room.messages.get_mut(place).filter(|message| message.handle.as_str() == who);
        let message = message.ok_or("no_such_message")?;
        room.version += 1;
        self.clock += 1;
        let patch = json!({"index": place + 1, "version": room.version, "content": content, "mentions": [],
            "edited": self.clock});
        message.apply(&serde_json::from_value(patch.clone()).expect("a change"));
        if room.is_in {
            self.tell(json!({"type": "channel_message_update", "payload": {"id": id, "message": patch}}));
        }
        Ok(())
    }

    /// Somebody gives a channel another topic.
    pub(crate) fn turns_to(&mut self, id: ChannelId, topic: &str) {
        let room = self.rooms.get_mut(&id).expect("a channel");
        room.version += 1;
        topic.clone_into(&mut room.topic);
        let update = json!({"id": id, "version": room.version, "topic": topic});
        if room.is_in {
            self.tell(json!({"type": "channel_update", "payload": update}));
        }
    }

    /// Bob removes alice from a channel, or lets her in again.
    pub(crate) fn moves_alice(&mut self, id: ChannelId) {
        let room = self.rooms.get_mut(&id).expect("a channel");
        room.version += 1;
        room.is_in = !room.is_in;
        let told = match room.is_in {
            true => room.add(true),
            false => json!({"type": "channel_remove", "payload": {"id": id, "reason": "removed", "by": "bob"}}),
        };
        self.tell(told);
    }

    /// An operator puts an earlier state back: the last messages of each channel are gone, and it is another store.
    pub(crate) fn is_restored(&mut self) {
        self.socket = None;
        self.store += 1;
        for room in self.rooms.values_mut() {
            let kept = room.messages.len() - room.messages.len() / 3;
            room.messages.truncate(kept);
            room.originals.truncate(kept);
            room.last_read = room.last_read.min(kept as u64);
        }
        let rooms = &self.rooms;
        self.nonces.retain(|(id, _), sent| {
            let index = sent["index"].as_u64().map(Index::new).unwrap_or_default();
            rooms[id].messages.len() as u64 >= index.get()
        });
    }
}
