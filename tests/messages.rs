//! Sending and hearing: order, once, mentions, reading, and what is no message.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chatd::clock::ManualClock;
use proto::{CloseCode, Timestamp};
use serde_json::{Value, json};

use crate::support::{Daemon, PASSWORD, Person, Setup, fresh_nonce, message};

/// Waits for so many messages of a channel, in the order of their arrival.
async fn hears(person: &mut Person, channel: &str, count: usize) -> Vec<Value> {
    let id = person.id(channel);
    let mut messages = Vec::new();
    while messages.len() < count {
        messages.push(person.event_of("channel_message_add", &id).await["message"].take());
    }
    messages
}

/// "In a channel `index` is 1, 2, 3, … without gaps, and every connection sees messages in that order,
/// each once", "the sender's own included".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_three_speakers_in_one_order() {
    const EACH: usize = 67;
    let daemon = Daemon::start().await;
    let mut people = Vec::new();
    for handle in ["alice", "bob", "carol", "dave"] {
        let mut person = daemon.person(handle).await;
        person.joins("tea").await;
        people.push(person);
    }
    let mut alices_phone = people[0].again(json!({})).await;
    alices_phone.gets_shown("tea").await;

    for number in 0..EACH {
        for speaker in &mut people[..3] {
            let packet = message(&speaker.id("tea"), &format!("{} {number}", speaker.handle), &fresh_nonce());
            speaker.says("channel_message_add", packet).await;
        }
    }
    people.push(alices_phone);
    let mut first: Option<Vec<(Value, Value)>> = None;
    for person in &mut people {
        let heard = hears(person, "tea", 3 * EACH).await;
        let order =
            heard.iter().map(|message| (message["index"].clone(), message["content"].clone())).collect::<Vec<_>>();
        assert!(
            order.iter().enumerate().all(|(place, (index, _))| *index == place + 1),
            "{}: {order:?}",
            person.handle
        );
        for speaker in ["alice", "bob", "carol"] {
            let own =
                heard.iter().filter(|message| message["handle"] == speaker).map(|message| message["content"].clone());
            let sent = (0..EACH).map(|number| json!(format!("{speaker} {number}")));
            assert!(own.eq(sent), "one speaker's messages keep their order");
        }
        let order = first.get_or_insert_with(|| order.clone()) == &order;
        assert!(order, "the same for everybody");
    }
    for speaker in &mut people[..3] {
        speaker.sends("tea", "the end").await;
    }
    for person in &mut people {
        assert!(
            hears(person, "tea", 3).await.iter().all(|message| message["content"] == "the end"),
            "no message came twice"
        );
    }
}

/// "Every client packet with a `ref` is answered": the answers name the index under which others see it.
#[tokio::test]
async fn the_answer_names_the_place_of_the_message() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let sent = alice.sends("tea", "hi").await;
    let seen = bob.sees("tea", "hi").await;
    assert_eq!(sent["id"], alice.id("tea").as_str());
    for field in ["index", "version", "date"] {
        assert_eq!(sent[field], seen[field], "{field}");
    }
    assert_eq!((&seen["handle"], &seen["kind"], &seen["mentions"]), (&json!("alice"), &json!("text"), &json!([])));
}

/// "`nonce` goes to the sender's own connections only."
#[tokio::test]
async fn the_nonce_is_the_senders_own() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let mut alices_phone = alice.again(json!({})).await;
    alices_phone.gets_shown("tea").await;
    alice.sends_as("tea", "hi", "alice-secret").await;
    assert_eq!(alice.sees("tea", "hi").await["nonce"], "alice-secret");
    assert_eq!(alices_phone.sees("tea", "hi").await["nonce"], "alice-secret");
    assert_eq!(bob.sees("tea", "hi").await["nonce"], Value::Null);
    let shown = bob.again(json!({})).await.gets_shown("tea").await;
    let resumed =
        bob.again(json!({"resume": {bob.id("tea"): 0}})).await.event_of("channel_resume", &bob.id("tea")).await;
    for reply in [shown, resumed, bob.history("tea", "").await, bob.history("tea", "&since=0").await] {
        assert!(reply.to_string().contains("\"hi\"") && !reply.to_string().contains("alice-secret"), "{reply}");
    }
}

/// "The same `nonce` from the same user in the same channel again (after a lost reply, a reconnect, a
/// restart) returns the first message's index; no second message appears."
#[tokio::test]
async fn sending_twice_stores_once() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    for channel in ["tea", "coffee"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
    }
    let packet = message(&alice.id("tea"), "once", "n1");
    let first = alice.asks("channel_message_add", packet.clone()).await;
    assert_eq!(alice.asks("channel_message_add", packet.clone()).await, first, "again on the same socket");
    let mut second = alice.again(json!({})).await;
    assert_eq!(second.asks("channel_message_add", packet.clone()).await, first, "on another socket");
    let both = message(&alice.id("tea"), "from both", "n2");
    let (here, there) =
        (alice.says("channel_message_add", both.clone()).await, second.says("channel_message_add", both).await);
    assert_eq!(alice.answer(here).await, second.answer(there).await, "on two sockets at once");

    alice.sends("tea", "fence").await;
    bob.sees("tea", "once").await;
    bob.sees("tea", "from both").await;
    let heard = bob.hears_before("tea", "fence").await;
    assert!(heard.iter().all(|packet| packet["type"] != "channel_message_add"), "no second message: {heard:?}");

    let elsewhere = alice.sends_as("coffee", "other channel", "n1").await;
    assert_eq!(elsewhere["index"], 1, "a nonce is its channel's");
    let bobs = bob.sends_as("tea", "other person", "n1").await;
    assert_eq!(bobs["index"], 4, "a nonce is its sender's");

    let daemon = Setup::on(daemon.stops().await).start().await;
    let mut alice = alice.again_at(&daemon, json!({})).await;
    assert_eq!(alice.asks("channel_message_add", packet).await, first, "after a restart");
    assert_eq!(alice.sends("tea", "next").await["index"], 5);
}

/// "`nonce_reused` … | 409 | same nonce, other content".
#[tokio::test]
async fn a_nonce_names_one_content() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    alice.sends("tea", "zero").await;
    alice.asks("channel_message_add", message(&tea, "first", "n1")).await;
    for other in [
        json!({"content": "second", "nonce": "n1"}),
        json!({"content": "first", "nonce": "n1", "kind": "action"}),
        json!({"content": "first", "nonce": "n1", "reply_to": 1}),
    ] {
        alice.gets_refused("channel_message_add", json!({"id": tea, "message": other}), "nonce_reused").await;
    }
    let same = json!({"id": tea, "message": {"content": "first", "nonce": "n1", "kind": "text"}});
    assert_eq!(alice.asks("channel_message_add", same).await["index"], 2);
    assert_eq!(alice.sends("tea", "next").await["index"], 3);
}

/// "`mentions` is filled by the server: a handle of a member as a whole word, in any case, with or
/// without `@`, also as `name,`; a word is bounded by anything that is neither a letter or digit of any script nor `_`, and
/// a `.` or `-` counts to it where a letter, digit or `_` follows; not within code, quoted lines, addresses of the web or
/// mail, paths and options (`--name`)."
#[tokio::test]
async fn members_are_mentioned_by_their_handle() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    for handle in ["bob", "b.ob", "bob-the-2nd"] {
        daemon.person(handle).await.joins("tea").await;
    }
    daemon.registers("stranger", PASSWORD).await.done(201);
    for (content, mentioned) in [
        ("hi bob", &["bob"][..]),
        ("@bob", &["bob"]),
        ("BOB!", &["bob"]),
        ("bob, are you there?", &["bob"]),
        ("I asked bob.", &["bob"]),
        ("bob- yes", &["bob"]),
        ("(bob) \"bob\" bob:", &["bob"]),
        ("b.ob and bob", &["b.ob", "bob"]),
        ("bob-the-2nd", &["bob-the-2nd"]),
        ("日本bob語 réalbob bobé", &[]),
        ("`bob` https://example.org/bob bob@example.org /home/bob/x --bob", &[]),
        ("> bob said so", &[]),
        ("bob\nalice", &["alice", "bob"]),
        ("bobby bob_ xbob bob.x bob-x bob2", &[]),
        ("stranger nobody-here", &[]),
        ("bo b", &[]),
    ] {
        alice.sends("tea", content).await;
        let message = alice.sees("tea", content).await;
        let found = message["mentions"].as_array().unwrap().iter().map(|handle| handle.as_str().unwrap());
        assert_eq!(found.clone().collect::<BTreeSet<_>>(), mentioned.iter().copied().collect(), "{content}");
        assert_eq!(found.count(), mentioned.len(), "each once: {content}");
    }
    let forged =
        json!({"id": alice.id("tea"), "message": {"content": "nobody", "nonce": fresh_nonce(), "mentions": ["bob"]}});
    alice.asks("channel_message_add", forged).await;
    assert_eq!(alice.sees("tea", "nobody").await["mentions"], json!([]));
}

/// "No field depends on the receiver but `nonce` and the counts in `channel_add`": unread messages and
/// mentions wait for who was away; "`channel_read` | `{id, last_read, unread, mentions}` to the reader's own connections".
#[tokio::test]
async fn what_is_unread_waits_and_is_read_on_all_windows() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    drop(bob);
    let counts = |event: &Value| (event["last_read"].as_u64(), event["unread"].as_u64(), event["mentions"].as_u64());
    let counted = |last_read, unread, mentions| (Some(last_read), Some(unread), Some(mentions));
    for content in ["hi bob", "hello?", "bob, are you there?", "well"] {
        alice.sends("tea", content).await;
    }
    let account = daemon.logs_in("bob", PASSWORD).await.done(200);
    let mut bob = daemon.connects("bob", account["token"].as_str().unwrap(), json!({})).await;
    let mut bobs_phone = bob.again(json!({})).await;
    for bob in [&mut bob, &mut bobs_phone] {
        assert_eq!(counts(&bob.event_of("channel_add", &tea).await), counted(0, 4, 2));
        bob.knows("tea", &tea);
    }
    bobs_phone.asks("channel_read", json!({"id": tea, "index": 2})).await;
    for bob in [&mut bob, &mut bobs_phone] {
        assert_eq!(counts(&bob.event_of("channel_read", &tea).await), counted(2, 2, 1));
    }
    bob.asks("channel_read", json!({"id": tea, "index": 1})).await;
    bob.asks("channel_read", json!({"id": tea, "index": 99})).await;
    let read = loop {
        let read = bobs_phone.event_of("channel_read", &tea).await;
        if counts(&read) != counted(2, 2, 1) {
            break read;
        }
    };
    assert_eq!(counts(&read), counted(4, 0, 0), "one never reads backwards, nor past the end");
    alice.sends("tea", "fence").await;
    let heard = alice.hears_before("tea", "fence").await;
    assert!(heard.iter().all(|packet| packet["type"] != "channel_read"), "{heard:?}");
    bob.sends("tea", "I spoke to bob").await;
    let shown = bob.again(json!({})).await.event_of("channel_add", &tea).await;
    assert_eq!(counts(&shown), counted(4, 2, 0), "what was passed over stays unread, also for who speaks");
    for index in [json!(-1), json!(1.5), json!("1"), json!(null)] {
        bob.gets_refused("channel_read", json!({"id": tea, "index": index}), "malformed").await;
    }
}

/// "`no_such_message` … | 404".
#[tokio::test]
async fn one_answers_only_what_was_said() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    alice.sends("tea", "question").await;
    let reply = |to: Value| json!({"id": tea, "message": {"content": "answer", "nonce": fresh_nonce(), "reply_to": to, "kind": "action"}});
    for missing in [json!(0), json!(2), json!(1_000_000)] {
        alice.gets_refused("channel_message_add", reply(missing), "no_such_message").await;
    }
    assert_eq!(alice.asks("channel_message_add", reply(json!(1))).await["index"], 2, "a refusal leaves no gap");
    let seen = alice.sees("tea", "answer").await;
    assert_eq!((&seen["reply_to"], &seen["kind"]), (&json!(1), &json!("action")));
}

/// "content 1 to 8,000 bytes, not blank; nonce 1–64 visible ASCII characters".
#[tokio::test]
async fn what_is_no_message_is_refused() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    for content in
        [json!(""), json!(" \n\t\u{3000}"), json!("\u{200B}"), json!("a\0b"), json!(null), json!(7), json!(["x"])]
    {
        let packet = json!({"id": tea, "message": {"content": content, "nonce": fresh_nonce()}});
        alice.gets_refused("channel_message_add", packet, "malformed").await;
    }
    for content in ["x".repeat(8_001), "語".repeat(2_667)] {
        alice.gets_refused("channel_message_add", message(&tea, &content, &fresh_nonce()), "too_large").await;
    }
    for nonce in ["", "with space", "é", "a\0", "a\n", &"x".repeat(65)] {
        alice.gets_refused("channel_message_add", message(&tea, "hi", nonce), "malformed").await;
    }
    for kind in ["system", "cipher", "dance", "Text"] {
        let packet = json!({"id": tea, "message": {"content": "hi", "nonce": fresh_nonce(), "kind": kind}});
        alice.gets_refused("channel_message_add", packet, "malformed").await;
    }
    for packet in [
        json!({}),
        json!({"id": tea}),
        json!({"id": tea, "message": {"nonce": "n"}}),
        json!({"id": tea, "message": {"content": "hi"}}),
    ] {
        alice.gets_refused("channel_message_add", packet, "malformed").await;
    }
    alice.asks("channel_message_add", message(&tea, &"x".repeat(8_000), &"n".repeat(64))).await;
    let last = alice.asks("channel_message_add", message(&tea, &"語".repeat(2_666), "!~")).await;
    assert_eq!(last["index"], 2, "refusals leave no gap");
}

/// "extra fields change nothing; the sender is always the session's" (J4), "clock fields far in past or
/// future | ignored, server time used" (J11), "stored … literally" (J5).
#[tokio::test]
async fn nobody_speaks_for_somebody_else() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let content = "' OR 1=1 --; DROP TABLE message; \" NEAR( * col: %_%";
    let forged = json!({"id": alice.id("tea"), "role": "admin", "message": {
        "content": content, "nonce": "x' OR '1'='1", "handle": "bob", "sender_id": 1, "role": "admin",
        "index": 99, "version": 99, "date": 99_999_999_999_999_i64, "edited": true, "deleted": true,
    }});
    let mut packet = json!({"type": "channel_message_add", "ref": "r", "payload": forged, "sender": "bob", "date": -1});
    packet["payload"]["message"]["nonce"] = "x'OR'1'='1".into();
    alice.sends_text(packet.to_string()).await;
    let seen = bob.sees("tea", content).await;
    assert_eq!((&seen["handle"], &seen["index"]), (&json!("alice"), &json!(1)));
    assert!(seen["edited"].is_null() && seen["deleted"].is_null(), "{seen}");
    let now = alice.again(json!({})).await.welcome["server"]["time"].as_i64().unwrap();
    assert!((now - 60_000..=now).contains(&seen["date"].as_i64().unwrap()), "{seen}");
}

/// "`rate_limited` (… in packets `retry_after_ms`)" and "the connection goes on".
#[tokio::test]
async fn who_floods_is_slowed_down_and_nobody_else() {
    let limits =
        |config: &mut chatd::config::Config| (config.limits.message_rate, config.limits.message_burst) = (1, 5);
    let daemon = Setup::new().with(limits).start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let mut refused = Vec::new();
    for number in 0..20 {
        let packet = message(&alice.id("tea"), &format!("{number}"), &fresh_nonce());
        let reference = alice.says("channel_message_add", packet).await;
        refused.extend(alice.answer(reference).await.err());
    }
    assert!(refused.len() >= 10, "{}", refused.len());
    for refusal in refused {
        assert_eq!(refusal.code, "rate_limited");
        assert!((1..=1_000).contains(&refusal.retry_after_ms.expect("how long to wait")), "{refusal:?}");
    }
    bob.sends("tea", "I may speak").await;
    alice.sees("tea", "I may speak").await;
}

/// "Each connection has an outbox bounded in bytes; one that does not drain is closed": one that reads is not,
/// whatever it sends in one go.
#[tokio::test]
async fn whoever_reads_may_send_as_much_as_it_likes_in_one_go() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let mut bob = daemon.person("bob").await;
    alice.joins("tea").await;
    bob.joins("tea").await;
    let (id, large) = (alice.id("tea"), "x".repeat(7_900));
    for frame in 0..30 {
        let packets = (0..8).map(|place| {
            let number = frame * 8 + place;
            json!({"type": "channel_message_add", "ref": format!("m{number}"), "payload": message(&id, &large, &format!("n{number}"))})
        });
        alice.sends_text(Value::Array(packets.collect()).to_string()).await;
    }
    alice.sends("tea", "the end").await;
    assert_eq!(bob.sees("tea", "the end").await["index"], 241);
}

/// "`limits.message_rate` and `limits.message_burst` (per account, per second)": not per connection.
#[tokio::test]
async fn two_connections_share_one_burst() {
    let limits =
        |config: &mut chatd::config::Config| (config.limits.message_rate, config.limits.message_burst) = (1, 4);
    let daemon = Setup::new().with(limits).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let mut second = alice.again(json!({})).await;
    let mut refused = 0;
    for number in 0..10 {
        let speaker = if number % 2 == 0 { &mut alice } else { &mut second };
        let packet = message(&speaker.id("tea"), &format!("{number}"), &fresh_nonce());
        let reference = speaker.says("channel_message_add", packet).await;
        refused += usize::from(speaker.answer(reference).await.is_err());
    }
    assert!(refused >= 4, "{refused}");
}

/// `limits.message_bytes` and `limits.packet_bytes`, told in `welcome`.
#[tokio::test]
async fn the_limits_are_the_operators() {
    let limits =
        |config: &mut chatd::config::Config| (config.limits.message_bytes, config.limits.packet_bytes) = (100, 2_000);
    let daemon = Setup::new().with(limits).start().await;
    let mut alice = daemon.person("alice").await;
    let told = &alice.welcome["limits"];
    assert_eq!((&told["message_bytes"], &told["packet_bytes"]), (&json!(100), &json!(2_000)), "{}", alice.welcome);
    alice.joins("tea").await;
    alice.sends("tea", &"x".repeat(100)).await;
    let packet = message(&alice.id("tea"), &"x".repeat(101), &fresh_nonce());
    alice.gets_refused("channel_message_add", packet, "too_large").await;
    let packet = message(&alice.id("tea"), &"x".repeat(2_001), &fresh_nonce());
    alice.says("channel_message_add", packet).await;
    assert_eq!(alice.gets_closed().await, Some(CloseCode::TooBig));
}

/// "nonce … remembered at least 30 days", over a restart too.
#[tokio::test]
async fn a_nonce_is_remembered_for_a_month() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_255_200_000)));
    let long = |config: &mut chatd::config::Config| config.auth.token_lifetime = Duration::from_secs(90 * 86_400);
    let daemon = Setup::new().with(long).clock(clock.clone()).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let first = alice.sends_as("tea", "once", "the-nonce").await;
    clock.advance_millis(DAY * 30);
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).with(long).clock(clock).start().await;
    let mut again = alice.again_at(&daemon, json!({})).await;
    assert_eq!(again.sends_as("tea", "once", "the-nonce").await["index"], first["index"]);
    assert_eq!(again.history("tea", "").await["last_index"], 1);
}
