//! A client whose daemon is the test, and what is said about it.

use chat_tui::app::{Model, update, view};
use chat_tui::chat::Start;
use chat_tui::effect::Effect;
use chat_tui::http::RequestError;
use chat_tui::msg::Msg;
use chat_tui::session::{Session, Source};
use chat_tui::theme::Theme;
use chat_tui::unsent::Unsent;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proto::codec::decode_incoming;
use proto::{ClientPacket, ErrorCode, ErrorReply, Ref, Timestamp, Token, Version};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

pub(crate) const START: i64 = 1_795_255_200_000;

/// What a daemon says, as the client knows it.
pub(crate) fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).expect("the words of a daemon")
}

/// Presses the key of a letter.
pub(crate) fn presses(client: &mut Client, key: char) {
    client.types(&key.to_string());
}

/// Presses Enter.
pub(crate) fn enter(client: &mut Client) {
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
}

/// What a client starts with.
pub(crate) fn start() -> Start {
    Start {
        join: None,
        fixed_server: false,
        banner: None,
        invite: None,
        nonce_prefix: "n".to_owned(),
        device: "d".parse().expect("a device"),
        client: "chat-tui on box".parse().expect("a client"),
        zone: jiff::tz::TimeZone::UTC,
        mouse: true,
        images: None,
    }
}

/// A client whose daemon is the test.
pub(crate) struct Client {
    pub(crate) model: Model,
    pub(crate) effects: Vec<Effect>,
    pub(crate) now: Timestamp,
    /// What lies on the disk.
    pub(crate) kept: Unsent,
    /// How often it wanted to be woken after the last message.
    pub(crate) wakes: usize,
}

impl Client {
    /// A client of alice that has said hello and was welcomed.
    pub(crate) fn welcomed(columns: u16, rows: u16) -> Self {
        Self::starting(start(), columns, rows)
    }

    /// A client that has ended however it did, and is started anew: it says hello and is welcomed.
    pub(crate) fn comes_back(self) -> Self {
        self.comes_back_to("x")
    }

    /// The same to a daemon with this store.
    pub(crate) fn comes_back_to(self, store: &str) -> Self {
        let mut client = Self::not_connected(Start { nonce_prefix: "m".to_owned(), ..start() }, 100, 24);
        client.now = self.now;
        client.gets(Msg::TakeUp(Box::new(self.kept)));
        client.connects_to(store);
        client
    }

    /// The same as `welcomed`, started otherwise.
    pub(crate) fn starting(start: Start, columns: u16, rows: u16) -> Self {
        let mut client = Self::not_connected(start, columns, rows);
        client.connects();
        client.gets(Msg::Focus(true));
        client
    }

    pub(crate) fn not_connected(start: Start, columns: u16, rows: u16) -> Self {
        let session = Session {
            server: "http://127.0.0.1:7300".parse().expect("an address"),
            handle: "alice".parse().expect("a handle"),
            token: Token::new("t"),
            issued_at: Timestamp::from_millis(START),
            expires_at: Timestamp::from_millis(START + 86_400_000),
            source: Source::Profile,
        };
        let (model, effects) = Model::signed_in(start, session, (columns, rows));
        Self { effects, ..Self::of(model) }
    }

    /// A client that is as it is.
    pub(crate) fn of(model: Model) -> Self {
        Self { model, effects: Vec::new(), now: Timestamp::from_millis(START), kept: Unsent::default(), wakes: 0 }
    }

    pub(crate) fn connects(&mut self) {
        self.connects_to("x");
    }

    fn connects_to(&mut self, store: &str) {
        self.gets(Msg::ConnectionUp(1));
        let hello = self.sent_last();
        self.hears(json!({"type": "ok", "ref": hello.0, "payload": {}}));
        self.is_welcome(store);
    }

    pub(crate) fn is_welcome(&mut self, store: &str) {
        self.hears(json!({"type": "welcome", "payload": {
            "user": "alice", "session": "s", "protocol": 1, "features": [],
            "server": {"name": "chatd", "version": "0", "time": START, "store": store},
            "limits": {"message_bytes": 8000, "packet_bytes": 65536, "message_rate": 20, "message_burst": 100}}}));
    }

    /// Cuts the connection and tells from which version of the first channel the next one resumes.
    pub(crate) fn resumes_from(&mut self) -> Version {
        self.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
        self.gets(Msg::ConnectionUp(2));
        let ClientPacket::Hello(hello) = self.sent_last().1 else { panic!("no hello") };
        self.is_welcome("x");
        hello.resume[&"c1".parse().expect("an id")]
    }

    pub(crate) fn gets(&mut self, msg: Msg) {
        self.effects = update(&mut self.model, msg, self.now);
        self.wakes = self.effects.iter().filter(|effect| matches!(effect, Effect::WakeAt(_))).count();
        for effect in self.effects.extract_if(.., |effect| matches!(effect, Effect::Keep(..) | Effect::WakeAt(_))) {
            if let Effect::Keep(_, unsent) = effect {
                self.kept = *unsent;
            }
        }
    }

    pub(crate) fn hears(&mut self, packet: Value) {
        for incoming in decode_incoming(&packet.to_string()).expect("the words of a daemon") {
            self.gets(Msg::Packet(incoming));
        }
    }

    pub(crate) fn is_in(&mut self, id: &str, name: &str, kind: &str) {
        self.hears(json!({"type": "channel_add", "payload": {
            "id": id, "name": name, "kind": kind, "topic": "A quiet place", "owner": "alice",
            "members": [
                {"handle": "alice", "online": true, "typing": false, "state": "online", "role": "owner"},
                {"handle": "bob", "online": true, "typing": false, "state": "online", "role": "member"},
                {"handle": "carol", "online": false, "typing": false, "state": "offline",
                 "last_seen": START - 7_200_000, "role": "member"}],
            "members_total": 3, "messages": [], "first_index": 0, "last_index": 0, "version": 3,
            "last_read": 0, "unread": 0, "mentions": 0}}));
    }

    pub(crate) fn bob_says(&mut self, id: &str, index: u64, content: &str) {
        let mentions: Vec<&str> = if content.contains("alice") { vec!["alice"] } else { vec![] };
        self.hears(json!({"type": "channel_message_add", "payload": {"id": id, "message": {
            "index": index, "version": index + 3, "date": START + index as i64 * 60_000, "handle": "bob",
            "kind": "text", "content": content, "mentions": mentions}}}));
    }

    /// Lets what is on the screen be read.
    pub(crate) fn reads(&mut self) {
        self.now = self.now.plus_millis(1_000);
        self.gets(Msg::Wake);
    }

    pub(crate) fn types(&mut self, text: &str) {
        for c in text.chars() {
            self.presses(KeyCode::Char(c), KeyModifiers::NONE);
        }
        if text.chars().count() == 1 {
            self.pauses();
        }
    }

    /// Nothing is typed for a moment: a letter that may be meant for a message is.
    fn pauses(&mut self) {
        let before = std::mem::take(&mut self.effects);
        self.now = self.now.plus_millis(300);
        self.gets(Msg::Wake);
        self.effects.splice(..0, before);
    }

    pub(crate) fn presses(&mut self, code: KeyCode, modifiers: KeyModifiers) {
        self.gets(Msg::Key(KeyEvent::new(code, modifiers)));
    }

    pub(crate) fn enters(&mut self, text: &str) {
        self.types(text);
        self.presses(KeyCode::Enter, KeyModifiers::NONE);
    }

    /// Enters something in place of what stands in the line, such as a command that was refused.
    pub(crate) fn enters_anew(&mut self, text: &str) {
        self.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
        self.enters(text);
    }

    /// What was sent last is done.
    pub(crate) fn is_answered(&mut self) {
        self.is_answered_by(json!({}));
    }

    /// What was sent last is done, and this is the answer.
    pub(crate) fn is_answered_by(&mut self, payload: Value) {
        let (reference, _) = self.sent_last();
        self.hears(json!({"type": "ok", "ref": reference, "payload": payload}));
    }

    /// What was sent last is refused.
    pub(crate) fn is_refused(&mut self, code: &str, reason: &str) {
        let (reference, _) = self.sent_last();
        self.hears(json!({"type": "error", "ref": reference, "payload": {"code": code, "reason": reason}}));
    }

    /// The connection is lost, and another one is there.
    pub(crate) fn is_cut_and_back(&mut self) {
        self.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
        self.connects();
    }

    /// Everything that was sent last, in its order.
    pub(crate) fn sent(&self) -> Vec<ClientPacket> {
        let sent = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(_, packet) => Some(packet.clone()),
            _ => None,
        });
        sent.collect()
    }

    /// The daemon has the message that was sent last, at this place of the first channel.
    pub(crate) fn stores(&mut self, reference: i64, index: u64) {
        let stored = json!({"id": "c1", "index": index, "version": index + 3, "date": START});
        self.hears(json!({"type": "ok", "ref": reference, "payload": stored}));
    }

    pub(crate) fn sends_messages(&self) -> usize {
        let sent = self.effects.iter().filter(|effect| matches!(effect, Effect::Send(_, ClientPacket::SendMessage(_))));
        sent.count()
    }

    /// The last packet that was sent, with its ref.
    pub(crate) fn sent_last(&self) -> (i64, ClientPacket) {
        let sent = self.effects.iter().rev().find_map(|effect| match effect {
            Effect::Send(Ref::Number(reference), packet) => Some((*reference, packet.clone())),
            _ => None,
        });
        sent.unwrap_or_else(|| panic!("nothing was sent: {:?}", self.effects))
    }

    pub(crate) fn cells(&self) -> Buffer {
        let (columns, rows) = self.model.size();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        view(&self.model, &mut buffer, &Theme::dark());
        buffer
    }

    pub(crate) fn screen(&self) -> String {
        let buffer = self.cells();
        let area = buffer.area;
        let line = |y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
        (0..area.height).map(line).collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        assert!(self.screen().contains(text), "{text:?} is not on the screen:\n{}", self.screen());
    }

    #[track_caller]
    pub(crate) fn hides(&self, text: &str) {
        assert!(!self.screen().contains(text), "{text:?} is on the screen:\n{}", self.screen());
    }
}

/// A conversation with all that a screen has.
pub(crate) fn conversation(columns: u16, rows: u16) -> Client {
    let mut client = Client::welcomed(columns, rows);
    client.is_in("c1", "tea", "public");
    client.is_in("c2", "plans", "private");
    client.is_in("c3", "bob", "dm");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.bob_says("c1", 1, "is anybody here?");
    client.bob_says("c1", 2, "alice, the water boils — 日本茶 for you?");
    client.enters("coming");
    client.reads();
    client.bob_says("c2", 1, "alice?");
    client.bob_says("c3", 1, "psst");
    client.hears(
        json!({"type": "channel_user_update", "payload": {"id": "c1", "member": {"handle": "bob", "typing": true}}}),
    );
    client
}

/// A channel and nothing said in it yet.
pub(crate) fn talk() -> Client {
    let mut client = Client::welcomed(120, 20);
    client.is_in("c1", "tea", "public");
    client
}

/// A refusal of the daemon, as a request over HTTP gives it.
pub(crate) fn refused(code: ErrorCode, reason: &str) -> RequestError {
    RequestError::Refused(ErrorReply::new(code, reason))
}
