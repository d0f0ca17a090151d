//! Each page as it looks, with something on it: one golden file a page, with a common and a narrow terminal. Each is looked at
//! before it is accepted.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers};
use serde_json::{Value, json};
use support::{Client, START, presses, read};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// A client on a page that a command opens.
fn on(command: &str) -> Client {
    let mut client = Client::welcomed(80, 24);
    client.is_in("c1", "tea", "public");
    client.enters(command);
    client
}

/// What the page asked for last comes.
#[track_caller]
fn comes(client: &mut Client, fetched: Fetched) {
    let asked = client.effects.iter().rev().find_map(|effect| match effect {
        Effect::Fetch(fetch) => Some(fetch.clone()),
        _ => None,
    });
    let fetch = asked.unwrap_or_else(|| panic!("nothing was asked for: {:?}", client.effects));
    client.gets(Msg::Fetched(fetch, Ok(fetched)));
}

/// Gives what the screen looks like, and what it looks like once the terminal is as small as it gets in practice.
fn looks(mut client: Client) -> String {
    let common = client.screen();
    client.gets(Msg::Resize(40, 15));
    format!("{common}\n\n{}", client.screen())
}

fn message(index: u64, handle: &str, content: &str) -> Value {
    json!({"index": index, "version": index + 3, "date": START - DAY + index as i64 * MINUTE, "handle": handle,
        "kind": "text", "content": content, "mentions": []})
}

fn reply(index: u64, handle: &str, content: &str, to: u64) -> Value {
    let mut message = message(index, handle, content);
    message["reply_to"] = to.into();
    message
}

fn liked(mut message: Value) -> Value {
    message["reactions"] = json!([{"emoji": "♥", "count": 2, "handles": ["alice", "carol"]}]);
    message
}

fn history(messages: &[Value]) -> Fetched {
    Fetched::Messages(read(
        json!({"messages": messages, "first_index": 1, "last_index": 9, "version": 20, "more": false}),
    ))
}

fn down(client: &mut Client, rows: usize) {
    for _ in 0..rows {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
}

#[test]
fn activity() {
    let mut client = on("/catchup");
    let entry = |number: u64, kind: &str, fields: Value| {
        let mut entry = json!({"number": number, "kind": kind, "id": "c1", "name": "tea", "channel_kind": "public",
            "by": "bob", "date": START - number as i64 * MINUTE});
        for (name, value) in fields.as_object().expect("fields") {
            entry[name] = value.clone();
        }
        entry
    };
    let place = |message: Value| json!({"index": message["index"], "message": message});
    let entries = [
        entry(1, "mention", place(message(4, "bob", "alice, is the kettle on?"))),
        entry(2, "reply", place(reply(5, "bob", "the green one", 3))),
        entry(3, "reaction", json!({"index": 3, "emoji": "♥", "message": message(3, "alice", "which tea?")})),
        entry(4, "invite", json!({"waiting": true, "id": "c9", "name": "secret", "channel_kind": "private"})),
        entry(5, "friend", json!({"by": "carol", "id": null, "name": null, "channel_kind": null})),
    ];
    comes(&mut client, Fetched::CatchUp(read(json!({"entries": entries, "total": 5, "more": false}))));
    down(&mut client, 3);
    insta::assert_snapshot!(looks(client));
}

#[test]
fn channels() {
    let mut client = on("/channels");
    let channel = |id: &str, name: &str, topic: &str, member: bool, unread: u64| {
        json!({"id": id, "name": name, "kind": "public", "topic": topic, "owner": "bob", "member": member,
            "members_total": 12, "last_index": 40, "last_date": START - MINUTE, "version": 4, "last_read": 0,
            "unread": unread, "mentions": 0})
    };
    let channels = [
        channel("c1", "tea", "A quiet place", true, 3),
        channel("c2", "teapots", "Shapes, glazes and spouts", false, 0),
        channel("c3", "steam", "", false, 0),
    ];
    comes(&mut client, Fetched::Channels(None, read(json!({"channels": channels}))));
    client.types("tea");
    client.types("s");
    client.presses(KeyCode::Backspace, KeyModifiers::NONE);
    down(&mut client, 1);
    insta::assert_snapshot!(looks(client));
}

#[test]
fn search() {
    let mut client = on("/search kettle");
    let hit = |index: u64, content: &str| {
        json!({"id": "c1", "name": "tea", "kind": "public", "message": message(index, "bob", content),
            "before": [message(index - 1, "alice", "and now?")], "after": [message(index + 1, "carol", "coming")]})
    };
    let hits = [hit(4, "the kettle is on"), hit(9, "a kettle that whistles")];
    comes(&mut client, Fetched::Search(read(json!({"hits": hits, "more": true, "complete": true}))));
    insta::assert_snapshot!(looks(client));
}

#[test]
fn channel() {
    let mut client = on("/room");
    down(&mut client, 7);
    insta::assert_snapshot!(looks(client));
}

#[test]
fn pins() {
    let mut client = on("/pins");
    let pinned = [message(2, "bob", "The kettle is in the kitchen."), message(7, "carol", "Cups:\n- blue\n- red")];
    comes(&mut client, history(&pinned));
    insta::assert_snapshot!(looks(client));
}

#[test]
fn moderation() {
    let mut client = on("/bans");
    let found = json!({"bans": ["mallory"], "timeouts": [{"handle": "bob", "until": START + 1_800_000}]});
    comes(&mut client, Fetched::Moderation(read(found)));
    insta::assert_snapshot!(looks(client));
}

/// A client that has selected the only message of a channel and pressed a key.
fn on_message(message: Value, key: char) -> Client {
    let mut client = Client::welcomed(80, 24);
    client.is_in("c1", "tea", "public");
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": message}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    presses(&mut client, key);
    client
}

#[test]
fn thread() {
    let mut client = on_message(message(1, "bob", "who brings cake?"), 't');
    let mut edited = reply(3, "alice", "bread from me", 1);
    edited["edited"] = START.into();
    let thread = [
        message(1, "bob", "who brings cake?"),
        liked(reply(2, "carol", "I do", 1)),
        edited,
        reply(5, "bob", "which one?", 2),
    ];
    comes(&mut client, history(&thread));
    down(&mut client, 1);
    insta::assert_snapshot!(looks(client));
}

#[test]
fn reactions() {
    let client = on_message(liked(message(1, "bob", "cake at four")), '-');
    insta::assert_snapshot!(looks(client));
}

#[test]
fn profile() {
    let mut client = on("/profile carol");
    let profile = json!({"handle": "carol", "joined": START - 30 * DAY, "display_name": "Carol C.", "wall": "w1",
        "about": "Tea, mostly.", "presence": {"handle": "carol", "online": true, "state": "away", "status": "at lunch"},
        "channels": [{"id": "c1", "name": "tea", "kind": "public"}, {"id": "c2", "name": "cake", "kind": "private"}]});
    let said = json!({"hits": [{"id": "c1", "name": "tea", "kind": "public", "before": [], "after": [],
        "message": message(9, "carol", "coming")}], "more": false, "complete": true});
    comes(&mut client, Fetched::Profile(Box::new(read(profile)), read(said)));
    insta::assert_snapshot!(looks(client));
}

/// Posts as they come: the daemon has to say first that new ones are told of.
fn posts(command: &str) -> Client {
    let mut client = on(command);
    client.is_answered();
    let post = |message: Value, replies: u64| json!({"id": "w1", "message": message, "replies": replies});
    let posts = [
        post(liked(message(5, "bob", "The new dashboard is up.\nTell me what you miss.")), 1),
        post(message(4, "bob", "Does anybody have a spare keyboard?"), 0),
    ];
    comes(&mut client, Fetched::Feed(None, read(json!({"posts": posts}))));
    client
}

#[test]
fn home() {
    insta::assert_snapshot!(looks(posts("/home")));
}

#[test]
fn posts_of_one() {
    insta::assert_snapshot!(looks(posts("/posts bob")));
}

/// Something is being written on a page.
#[test]
fn a_post_is_written() {
    let mut client = posts("/home");
    presses(&mut client, 'n');
    client.types("It rains in ");
    insta::assert_snapshot!(looks(client));
}

#[test]
fn friends() {
    let mut client = on("/friends");
    let person = |handle: &str, relation: &str, presence: Value| json!({"handle": handle, "relation": relation, "since": START - DAY, "presence": presence});
    let people = [
        person("carol", "asking", Value::Null),
        person(
            "bob",
            "friend",
            json!({"handle": "bob", "online": true, "state": "dnd", "since": START - 10 * MINUTE, "status": "building"}),
        ),
        person(
            "dave",
            "friend",
            json!({"handle": "dave", "online": false, "state": "offline", "last_seen": START - 2 * DAY}),
        ),
        person("frank", "asked", Value::Null),
        person("erin", "blocked", Value::Null),
    ];
    let fetched = Fetched::Friends(read(json!({"people": people})));
    client.gets(Msg::Fetched(Fetch::Friends, Ok(fetched)));
    insta::assert_snapshot!(looks(client));
}

fn settings(columns: u16, rows: u16) -> Client {
    let mut client = Client::welcomed(columns, rows);
    client.hears(json!({"type": "settings", "payload": {"presence": "dnd", "status": "at lunch", "theme": "light",
        "privacy": {"presence": "shared", "messages": "everyone", "posts": "friends"}}}));
    client.presses(KeyCode::F(4), KeyModifiers::NONE);
    client
}

#[test]
fn own_settings() {
    insta::assert_snapshot!(looks(settings(80, 24)));
}

#[test]
fn own_settings_on_a_narrow_screen() {
    insta::assert_snapshot!(settings(40, 24).screen());
}

#[test]
fn sessions() {
    let mut client = on("/sessions");
    let session = |id: &str, client: &str, current: bool, connections: u64| {
        json!({"id": id, "client": client, "device": "93aad0ef9108a1b2c3d4", "current": current,
            "created": START - 3 * DAY, "last_used": START - 5 * MINUTE, "connections": connections,
            "expires_at": START + 27 * DAY})
    };
    let sessions = [
        session("7f3a09c1d24e8b5f60a1b2c3d4", "chat-tui 0.1.0 on laptop", true, 1),
        session("11aa09c1d24e8b5f60a1b2c3d4", "chat-tui 0.1.0 on vm", false, 0),
    ];
    comes(&mut client, Fetched::Sessions(read(json!({"sessions": sessions}))));
    down(&mut client, 1);
    insta::assert_snapshot!(looks(client));
}

/// The help on a page begins with the keys of the page.
#[test]
fn help_on_a_page() {
    let mut client = on("/friends");
    client.presses(KeyCode::F(1), KeyModifiers::NONE);
    insta::assert_snapshot!(looks(client));
}
