//! A program of this year and one of another: what the one does not know, it passes over, and both go on.

use serde_json::{Value, json};

use crate::support::{Daemon, Key, PASSWORD, Screen, Tomorrow, contents, fresh_nonce};

/// Puts a field that nobody knows into every object.
fn with_more_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(with_more_fields);
            fields.insert("of_tomorrow".to_owned(), json!({"index": -1, "list": [null]}));
        }
        Value::Array(values) => values.iter_mut().for_each(with_more_fields),
        _ => {}
    }
}

/// Puts words that nobody knows where a list of words may grow.
fn with_more_words(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value.as_str()) {
                    ("kind", Some("text")) | ("state" | "role" | "notify", Some(_)) => *value = "of_tomorrow".into(),
                    _ => with_more_words(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(with_more_words),
        _ => {}
    }
}

/// "Both sides ignore unknown fields."
#[tokio::test]
async fn a_newer_client_is_served_by_this_daemon() {
    let daemon = Daemon::start().await;
    let mut account = json!({"handle": "alice", "password": PASSWORD});
    with_more_fields(&mut account);
    let account = daemon.post("/v1/register", None, &account).await.done(201);
    let token = account["token"].as_str().expect("a token");
    let mut hello = json!({"protocol": 2, "device": "d", "client": "newer 9"});
    with_more_fields(&mut hello);
    let mut alice = daemon.connects("alice", token, hello).await;
    assert_eq!(alice.welcome["protocol"], 1, "the daemon says which one it speaks");
    alice.joins("tea").await;
    let tea = alice.id("tea");
    alice.gets_refused("channel_hologram", json!({"id": tea}), "unknown_type").await;
    let mut packet = json!({"id": tea, "message": {"content": "to both", "nonce": fresh_nonce()}});
    with_more_fields(&mut packet);
    assert_eq!(alice.asks("channel_message_add", packet).await["index"], 1);
    let page = alice.history("tea", "&of_tomorrow=1").await;
    assert_eq!(contents(&page["messages"]), ["to both"]);
}

/// "A client ignores packets that it does not know"; "a client shows an unknown kind as `text`".
#[tokio::test]
async fn this_client_is_at_home_with_a_newer_daemon() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    bob.sends("lobby", "said before").await;
    let told = |packet: &mut Value| {
        // Nobody waits for it, so its place can be taken by what a newer daemon would say.
        if packet["type"] == "channel_user_update" {
            packet["type"] = "channel_hologram_add".into();
        }
        with_more_words(packet);
        with_more_fields(packet);
    };
    let relay = Tomorrow::to(daemon.address(), |_| {}, told);
    let flags = ["--server", &relay.url(), "--user", "alice", "--password", PASSWORD, "--register"];
    let mut alice = Screen::open(100, 30, &flags);
    alice.shows("said before");
    let lobby = bob.id("lobby");
    bob.asks("channel_user_update", json!({"id": lobby, "member": {"typing": true}})).await;
    bob.sends("lobby", "said after").await;
    alice.shows("said after");
    alice.enters("heard");
    bob.sees("lobby", "heard").await;
    alice.hides("Sending");
}

/// "An unknown packet type gets an `error`. The connection stays open."
#[tokio::test]
async fn this_client_is_at_home_with_an_older_daemon() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    // The daemon is of a time before topics, reading marks and typing.
    let said = |packet: &mut Value| {
        if ["channel_topic", "channel_read", "channel_user_update"].iter().any(|name| packet["type"] == *name) {
            packet["type"] = "of_tomorrow".into();
        }
    };
    let relay = Tomorrow::to(daemon.address(), said, |_| {});
    let flags = ["--server", &relay.url(), "--user", "alice", "--password", PASSWORD, "--register"];
    let mut alice = Screen::open(100, 30, &flags);
    alice.shows("> Message #lobby");
    bob.sends("lobby", "is there a topic?").await;
    alice.shows("is there a topic?");
    bob.joins("tea").await;
    alice.enters("/join tea");
    alice.shows("> Message #tea");
    alice.enters("/topic leaves");
    alice.shows("knows no packet of this type");
    alice.shows("> /topic leaves");
    alice.presses(Key::Ctrl('u'));
    alice.shows("> Message #tea");
    alice.enters("not here");
    bob.sees("tea", "not here").await;
    alice.hides("Sending");
}
