//! The whole client as a value: any keys, words and sizes, and nothing but harmless cells.

#![no_main]

use arbitrary::Arbitrary;
use chat_tui::app::{Model, update, view};
use chat_tui::chat::Start;
use chat_tui::msg::Msg;
use chat_tui::session::{Session, Source};
use chat_tui::theme::Theme;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use libfuzzer_sys::fuzz_target;
use proto::codec::decode_incoming;
use proto::{Timestamp, Token};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::{Value, json};

#[derive(Debug, Arbitrary)]
enum Act<'a> {
    Types(&'a str),
    Presses(u8, u8),
    Pastes(&'a str),
    Resizes(u8, u8),
    Says { index: u8, version: u8, handle: u8, content: &'a str },
    Topic(&'a str),
    Added { channel: u8, topic: &'a str, last_index: u8, unread: u8 },
    Hears(&'a str),
    Focus(bool),
    Cut(&'a str),
    Waits(u16),
}

const START: i64 = 1_795_255_200_000;

fn key(which: u8) -> KeyCode {
    use KeyCode::{Backspace, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up};

    let keys = [Backspace, Delete, Down, End, Enter, Esc, F(1), Home, Left, PageDown, PageUp, Right, Tab, Up];
    keys.get(usize::from(which)).copied().unwrap_or(KeyCode::Char(char::from(which & 0x7f).to_ascii_lowercase()))
}

fn hears(model: &mut Model, packet: &Value, now: Timestamp) {
    for incoming in decode_incoming(&packet.to_string()).into_iter().flatten() {
        update(model, Msg::Packet(incoming), now);
    }
}

fuzz_target!(|acts: Vec<Act<'_>>| {
    let session = Session {
        server: "http://127.0.0.1:7300".parse().expect("an address"),
        handle: "alice".parse().expect("a handle"),
        token: Token::new("t"),
        issued_at: Timestamp::from_millis(START),
        expires_at: Timestamp::from_millis(START + 86_400_000),
        source: Source::Profile,
    };
    let zone = jiff::tz::TimeZone::UTC;
    let (nonce_prefix, device) = ("n".to_owned(), "d".parse().expect("a device"));
    let client = "chat-tui on box".parse().expect("a client");
    let (join, banner, invite, fixed_server, mouse) = (None, None, None, false, true);
    let start = Start { join, fixed_server, banner, invite, nonce_prefix, device, client, zone, mouse };
    let (mut model, _) = Model::signed_in(start, session, (80, 24));
    let mut now = Timestamp::from_millis(START);
    update(&mut model, Msg::ConnectionUp(1), now);
    hears(&mut model, &json!({"type": "welcome", "payload": {
        "user": "alice", "session": "s", "protocol": 1, "features": [],
        "server": {"name": "chatd", "version": "0", "time": START, "store": "x"},
        "limits": {"message_bytes": 8000, "packet_bytes": 65536, "message_rate": 20, "message_burst": 100}}}), now);
    for act in acts.into_iter().take(64) {
        match act {
            Act::Types(text) => {
                for c in text.chars().take(200) {
                    update(&mut model, Msg::Key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)), now);
                }
            }
            Act::Presses(which, modifiers) => {
                let modifiers = KeyModifiers::from_bits_truncate(modifiers & 7);
                update(&mut model, Msg::Key(KeyEvent::new(key(which), modifiers)), now);
            }
            Act::Pastes(text) => drop(update(&mut model, Msg::Paste(text.to_owned()), now)),
            Act::Resizes(columns, rows) => drop(update(&mut model, Msg::Resize(columns.into(), rows.into()), now)),
            Act::Says { index, version, handle, content } => {
                let handle = ["alice", "bob", "carol"][usize::from(handle % 3)];
                hears(&mut model, &json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
                    "index": index, "version": version, "date": START, "handle": handle, "kind": "text",
                    "content": content, "mentions": ["alice"]}}}), now);
            }
            Act::Topic(topic) => {
                hears(&mut model, &json!({"type": "channel_update", "payload": {
                    "id": "c1", "version": 9, "topic": topic}}), now);
            }
            Act::Added { channel, topic, last_index, unread } => {
                let name = format!("tea{channel}");
                hears(&mut model, &json!({"type": "channel_add", "payload": {
                    "id": format!("c{}", channel % 4), "name": name, "kind": "public", "topic": topic,
                    "owner": "alice", "members": [
                        {"handle": "alice", "online": true, "typing": false, "state": "online", "role": "owner"},
                        {"handle": "bob", "online": true, "typing": true, "state": "dnd", "role": "member"}],
                    "members_total": 2, "messages": [], "first_index": 0, "last_index": last_index, "version": 3,
                    "last_read": 0, "unread": unread, "mentions": 1}}), now);
            }
            Act::Hears(text) => {
                for incoming in decode_incoming(text).into_iter().flatten() {
                    update(&mut model, Msg::Packet(incoming), now);
                }
            }
            Act::Focus(focus) => drop(update(&mut model, Msg::Focus(focus), now)),
            Act::Cut(reason) => {
                let (reason, retry_after_ms) = (reason.to_owned(), 300);
                update(&mut model, Msg::ConnectionDown { reason, retry_after_ms }, now);
                update(&mut model, Msg::ConnectionUp(2), now);
            }
            Act::Waits(millis) => {
                now = now.plus_millis(millis.into());
                update(&mut model, Msg::Wake, now);
            }
        }
        let (columns, rows) = model.size();
        let mut cells = Buffer::empty(Rect::new(0, 0, columns, rows));
        view(&model, &mut cells, &Theme::colored());
        for cell in &cells.content {
            assert!(!cell.symbol().contains(|c: char| c.is_control()), "{:?}", cell.symbol());
        }
    }
});
