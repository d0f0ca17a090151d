//! What belongs to one person on all their devices: what was read, the list of what happened, levels, drafts.

use serde_json::{Value, json};

use crate::support::{Daemon, Gate, Person, fresh_nonce, message};

/// Alice, twice, and bob in a channel.
async fn together(daemon: &Daemon) -> (Person, Person, Person, String) {
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let mut bob = daemon.person("bob").await;
    bob.joins("tea").await;
    let id = alice.id("tea");
    let mut second = alice.again(json!({})).await;
    second.gets_shown("tea").await;
    (alice, second, bob, id)
}

async fn entries(person: &Person) -> Vec<(String, Value, String)> {
    let list = person.gets("/v1/catch-up").await;
    let entry = |entry: &Value| {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        (text("kind"), entry["index"].clone(), text("by"))
    };
    list["entries"].as_array().expect("a list").iter().map(entry).collect()
}

fn was(kind: &str, index: impl Into<Value>, by: &str) -> (String, Value, String) {
    (kind.to_owned(), index.into(), by.to_owned())
}

/// Waits until the list is told to have so many entries.
async fn hears_total(person: &mut Person, total: u64) -> Value {
    let here = std::panic::Location::caller();
    let told = |packet: &Value| packet["type"] == "catch_up" && packet["payload"]["total"] == total;
    person.takes(here, "the list", told).await["payload"].clone()
}

/// "**One catch-up list** over all channels: mentions, replies, reactions to mine, invites …: each entry a door to its
/// place; clear one, clear all, undo", "equal on all devices at once".
#[tokio::test]
async fn one_list_of_what_happened() {
    let daemon = Daemon::start().await;
    let (mut alice, mut second, mut bob, id) = together(&daemon).await;
    alice.sends("tea", "who has the kettle?").await;
    bob.sends("tea", "alice: I do").await;
    bob.asks("channel_message_add", json!({"id": id, "message": {"content": "here", "nonce": "r", "reply_to": 1}}))
        .await;
    bob.asks("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": true})).await;
    bob.creates("plans", "private").await;
    let plans = bob.id("plans");
    bob.asks("channel_invite", json!({"id": plans, "handle": "alice"})).await;
    for person in [&mut alice, &mut second] {
        let newest = hears_total(person, 4).await["newest"].clone();
        assert_eq!(
            (&newest["kind"], &newest["id"], &newest["name"]),
            (&json!("invite"), &json!(plans), &json!("plans"))
        );
        assert!(newest.get("index").is_none() && newest.get("message").is_none(), "{newest}");
    }
    let all = [
        was("invite", Value::Null, "bob"),
        was("reaction", 1, "bob"),
        was("reply", 3, "bob"),
        was("mention", 2, "bob"),
    ];
    assert_eq!(entries(&alice).await, all);
    let list = alice.gets("/v1/catch-up?limit=2").await;
    assert_eq!((&list["more"], &list["total"]), (&json!(true), &json!(4)));
    assert_eq!(list["entries"][1]["message"]["content"], "who has the kettle?");
    assert_eq!(list["entries"][1]["emoji"], "♥");
    let before = list["entries"][1]["number"].as_u64().expect("a number");
    let rest = alice.gets(&format!("/v1/catch-up?before={before}")).await;
    assert_eq!((rest["entries"].as_array().map(Vec::len), &rest["more"]), (Some(2), &json!(false)));

    // Clear one, undo; clear all, undo.
    let cleared = alice.asks("catch_up_clear", json!({"numbers": [before, 999_999]})).await;
    assert_eq!(cleared["numbers"], json!([before]));
    hears_total(&mut second, 3).await;
    second.asks("catch_up_restore", json!({"numbers": [before]})).await;
    hears_total(&mut alice, 4).await;
    let cleared = alice.asks("catch_up_clear", json!({"all": true})).await;
    assert_eq!(cleared["numbers"].as_array().map(Vec::len), Some(4));
    assert_eq!(entries(&alice).await, []);
    alice.asks("catch_up_restore", json!({"numbers": cleared["numbers"]})).await;
    assert_eq!(entries(&alice).await, all);
    // Others' numbers are nobody's.
    assert_eq!(bob.asks("catch_up_clear", json!({"numbers": [before]})).await["numbers"], json!([]));

    // Reading clears who named and answered one; what is taken back goes; so does what one leaves.
    alice.asks("channel_read", json!({"id": id, "index": 2})).await;
    assert_eq!(entries(&alice).await, [all[0].clone(), all[1].clone(), all[2].clone()]);
    bob.asks("channel_message_delete", json!({"id": id, "index": 3})).await;
    bob.asks("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": false})).await;
    assert_eq!(entries(&alice).await, [all[0].clone()]);
    alice.asks("channel_leave", json!({"id": plans})).await;
    assert_eq!(entries(&alice).await, []);
    // What one does oneself is no news.
    alice.sends("tea", "alice talks to alice").await;
    alice.asks("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": true})).await;
    assert_eq!(entries(&alice).await, []);
    alice.gets_refused("catch_up_clear", json!({"numbers": vec![1; 1_001]}), "malformed").await;
}

/// "mark unread; equal on all devices at once"
#[tokio::test]
async fn what_was_read_is_unread_again() {
    let daemon = Daemon::start().await;
    let (mut alice, mut second, mut bob, id) = together(&daemon).await;
    for content in ["one", "alice, two", "three"] {
        bob.sends("tea", content).await;
    }
    alice.asks("channel_read", json!({"id": id, "index": 3})).await;
    let read = |last: u64, unread: u64, mentions: u64| json!({"id": id, "last_read": last, "unread": unread, "mentions": mentions});
    assert_eq!(second.event("channel_read").await, read(3, 0, 0));
    assert_eq!(entries(&alice).await, []);
    alice.asks("channel_unread", json!({"id": id, "index": 2})).await;
    assert_eq!(second.event("channel_read").await, read(1, 2, 1));
    assert_eq!(entries(&alice).await, [was("mention", 2, "bob")]);
    let again = alice.again(json!({})).await.gets_shown("tea").await;
    assert_eq!((&again["last_read"], &again["unread"], &again["mentions"]), (&json!(1), &json!(2), &json!(1)));
    // It only moves back, and never before the first.
    alice.asks("channel_unread", json!({"id": id, "index": 3})).await;
    for index in [0, 4] {
        alice.gets_refused("channel_unread", json!({"id": id, "index": index}), "no_such_message").await;
    }
    alice.asks("channel_unread", json!({"id": id, "index": 1})).await;
    assert_eq!(second.event("channel_read").await, read(0, 3, 1));
    alice.asks("channel_read", json!({"id": id, "index": 9})).await;
    assert_eq!(second.event("channel_read").await, read(3, 0, 0));
    let carol = &mut daemon.person("carol").await;
    carol.gets_refused("channel_unread", json!({"id": id, "index": 1}), "not_a_member").await;
}

/// "Notification level per channel (all, mentions, none) and mute for a time. Drafts kept on the server per channel, with
/// the reply target".
#[tokio::test]
async fn levels_and_drafts_are_on_all_devices() {
    let daemon = Daemon::start().await;
    let (mut alice, mut second, mut bob, id) = together(&daemon).await;
    bob.sends("tea", "a question").await;
    alice.asks("channel_notify", json!({"id": id, "level": "mentions"})).await;
    assert_eq!(second.event("channel_personal").await, json!({"id": id, "level": "mentions"}));
    alice.asks("channel_notify", json!({"id": id, "quiet_s": 60})).await;
    let personal = second.event("channel_personal").await;
    assert_eq!(personal["level"], "mentions");
    assert!(personal["quiet_until"].is_i64(), "{personal}");
    alice.asks("channel_notify", json!({"id": id, "quiet_s": 0})).await;
    second.event("channel_personal").await;
    alice.gets_refused("channel_notify", json!({"id": id, "level": "sometimes"}), "malformed").await;
    let draft = json!({"id": id, "content": "an ans", "reply_to": 1});
    alice.asks("draft", draft).await;
    let personal = second.event("channel_personal").await;
    assert_eq!((&personal["draft"]["content"], &personal["draft"]["reply_to"]), (&json!("an ans"), &json!(1)));
    let listed = |channels: Value| {
        let channels = channels["channels"].as_array().expect("a list").clone();
        channels.into_iter().find(|channel| channel["name"] == "tea").expect("it is there")["personal"].clone()
    };
    assert_eq!(listed(alice.gets("/v1/channels").await), personal, "whoever comes later finds it in the list");
    assert!(listed(bob.gets("/v1/channels").await).get("draft").is_none(), "nobody else's");
    alice.gets_refused("draft", json!({"id": id, "content": "x".repeat(8_001)}), "too_large").await;
    alice.gets_refused("draft", json!({"id": id, "content": "a\u{0}b"}), "malformed").await;
    alice.asks("draft", json!({"id": id, "content": ""})).await;
    assert!(second.event("channel_personal").await.get("draft").is_none());
    let carol = &mut daemon.person("carol").await;
    for (packet, payload) in [("draft", json!({"id": id, "content": "x"})), ("channel_notify", json!({"id": id}))] {
        carol.gets_refused(packet, payload, "not_a_member").await;
    }
}

/// Whoever is sent away learns nothing of what is said afterwards, though their name was still known when it was sent.
#[tokio::test]
async fn who_is_sent_away_is_named_in_vain() {
    let (mut gate, setup) = Gate::before_commits();
    let daemon = setup.start().await;
    let (mut alice, mut second, mut bob, id) = together(&daemon).await;
    gate.shut();
    let kicked = alice.says("channel_kick", json!({"id": id, "handle": "bob"})).await;
    gate.commit_waits().await;
    let said = second.says("channel_message_add", message(&id, "@bob must not know", &fresh_nonce())).await;
    gate.open();
    alice.answer(kicked).await.expect("bob goes");
    second.answer(said).await.expect("it is said");
    assert_eq!(entries(&bob).await, []);
    bob.joins("tea").await;
    assert_eq!(entries(&bob).await, []);
}

/// What was cleared by hand stays so when its message is unread again; a channel that is deleted takes its entries along.
#[tokio::test]
async fn what_was_dealt_with_does_not_come_back() {
    let daemon = Daemon::start().await;
    let (mut alice, mut second, mut bob, id) = together(&daemon).await;
    bob.sends("tea", "alice, one").await;
    bob.sends("tea", "alice, two").await;
    let number = alice.gets("/v1/catch-up").await["entries"][1]["number"].clone();
    alice.asks("catch_up_clear", json!({"numbers": [number]})).await;
    alice.asks("channel_read", json!({"id": id, "index": 2})).await;
    alice.asks("channel_unread", json!({"id": id, "index": 1})).await;
    assert_eq!(entries(&alice).await, [was("mention", 2, "bob")]);
    alice.asks("channel_delete", json!({"id": id})).await;
    for person in [&mut alice, &mut second] {
        hears_total(person, 0).await;
    }
    bob.event("channel_remove").await;
    assert_eq!(entries(&alice).await, []);
}
