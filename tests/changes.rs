//! What happens to messages after they were sent: edits, deletions, reactions.

use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup, contents};

/// Waits for what changed about a message of a channel.
async fn sees_change(person: &mut Person, channel: &str) -> Value {
    let id = person.id(channel);
    person.event_of("channel_message_update", &id).await["message"].clone()
}

/// Two people in a channel with a message of the first.
async fn two_and_a_message(daemon: &Daemon, content: &str) -> (Person, Person, String) {
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let mut bob = daemon.person("bob").await;
    bob.joins("tea").await;
    alice.sends("tea", content).await;
    bob.sees("tea", content).await;
    let id = alice.id("tea");
    (alice, bob, id)
}

/// "**Edit** and **delete** own messages (edited mark; a deletion removes the content from the store …, a tombstone keeps
/// the index gapless)"
#[tokio::test]
async fn own_messages_are_edited_and_deleted() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "teh kettle").await;
    let edited = alice.asks("channel_message_edit", json!({"id": id, "index": 1, "content": "the kettle"})).await;
    let change = sees_change(&mut bob, "tea").await;
    assert_eq!((&change["index"], &change["content"]), (&json!(1), &json!("the kettle")));
    assert_eq!(change["version"], edited["version"]);
    assert!(change["edited"].is_i64());
    // Saying the same again changes nothing.
    let again = alice.asks("channel_message_edit", json!({"id": id, "index": 1, "content": "the kettle"})).await;
    assert_eq!(again, edited);

    let deleted = alice.asks("channel_message_delete", json!({"id": id, "index": 1})).await;
    let change = sees_change(&mut bob, "tea").await;
    assert_eq!((&change["content"], &change["version"]), (&json!(""), &deleted["version"]));
    assert_eq!(alice.asks("channel_message_delete", json!({"id": id, "index": 1})).await, deleted);
    for packet in ["channel_message_edit", "channel_reaction"] {
        let payload = json!({"id": id, "index": 1, "content": "x", "emoji": "♥", "on": true});
        alice.gets_refused(packet, payload, "no_such_message").await;
    }
    bob.sends("tea", "the place stays").await;
    let history = bob.history("tea", "").await;
    assert_eq!(contents(&history["messages"]), ["", "the place stays"]);
    assert_eq!(history["messages"][1]["index"], 2);
    let folder = daemon.stops().await;
    let database = std::fs::read(folder.path().join(chatd::store::DATABASE_FILE)).expect("it is there");
    let holds = |text: &[u8]| database.windows(text.len()).any(|window| window == text);
    assert!(holds(b"the place stays"), "the store was closed");
    assert!(!holds(b"the kettle") && !holds(b"teh kettle"), "what was deleted is gone from the disk");
}

/// Who may: the author edits; the author and whoever keeps order delete; strangers do not even learn of a private channel.
#[tokio::test]
async fn nobody_else_edits_or_deletes() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "mine").await;
    let edit = json!({"id": id, "index": 1, "content": "yours"});
    bob.gets_refused("channel_message_edit", edit.clone(), "not_allowed").await;
    bob.gets_refused("channel_message_delete", json!({"id": id, "index": 1}), "not_allowed").await;
    bob.sends("tea", "of a member").await;
    // Alice owns the channel: she deletes, but does not put words into others' mouths.
    let theirs = json!({"id": id, "index": 2, "content": "words"});
    alice.gets_refused("channel_message_edit", theirs, "not_allowed").await;
    alice.asks("channel_message_delete", json!({"id": id, "index": 2})).await;
    for index in [0, 3, 1_000_000] {
        alice.gets_refused("channel_message_delete", json!({"id": id, "index": index}), "no_such_message").await;
    }
    let mut carol = daemon.person("carol").await;
    carol.gets_refused("channel_message_edit", edit, "not_a_member").await;
    alice.creates("plans", "private").await;
    alice.sends("plans", "secret").await;
    for (packet, id) in [("channel_message_delete", alice.id("plans")), ("channel_reaction", "nowhere".to_owned())] {
        let payload = json!({"id": id, "index": 1, "emoji": "♥", "on": true});
        carol.gets_refused(packet, payload, "no_such_channel").await;
    }
    alice.gets_refused("channel_message_edit", json!({"id": id, "index": 1, "content": " \n"}), "malformed").await;
    let long = json!({"id": id, "index": 1, "content": "x".repeat(8_001)});
    alice.gets_refused("channel_message_edit", long, "too_large").await;
}

/// "**Reactions and likes** (`♥` is the like …), live, counted, who reacted shown …; a reaction sends the reaction, not the
/// message again."
#[tokio::test]
async fn reactions_are_counted() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "cake at four").await;
    let react = |emoji: &str, on: bool| json!({"id": id, "index": 1, "emoji": emoji, "on": on});
    let first = bob.asks("channel_reaction", react("♥", true)).await;
    let change = sees_change(&mut alice, "tea").await;
    assert_eq!(change["reactions"], json!([{"emoji": "♥", "count": 1, "handles": ["bob"]}]));
    assert!(change.get("content").is_none(), "{change}");
    assert_eq!(bob.asks("channel_reaction", react("♥", true)).await, first, "once is enough");
    alice.asks("channel_reaction", react("🎉", true)).await;
    alice.asks("channel_reaction", react("♥", true)).await;
    for _ in 0..2 {
        sees_change(&mut alice, "tea").await;
    }
    bob.asks("channel_reaction", react("♥", false)).await;
    let change = sees_change(&mut alice, "tea").await;
    let left = json!([
        {"emoji": "🎉", "count": 1, "handles": ["alice"]},
        {"emoji": "♥", "count": 1, "handles": ["alice"]},
    ]);
    assert_eq!(change["reactions"], left);
    // A picture and a page of history tell the same.
    let again = bob.again(json!({})).await.gets_shown("tea").await;
    assert_eq!(again["messages"][0]["reactions"], left);
    assert_eq!(bob.history("tea", "").await["messages"][0]["reactions"], left);
    for odd in
        ["", "heart", "a", "\u{200b}", "\u{fe0f}\u{200d}", "7", "♥\u{202e}", "\u{1b}[2J♥", "♥ ♥", &"♥".repeat(30)]
    {
        bob.gets_refused("channel_reaction", react(odd, true), "malformed").await;
    }
    // There is an end to kinds.
    let mut others = Vec::new();
    for number in 0..6 {
        let mut other = daemon.person(&format!("reader-{number}")).await;
        other.joins("tea").await;
        others.push(other);
    }
    for kind in 0..30_u32 {
        let emoji = char::from_u32(0x1f600 + kind).expect("a face").to_string();
        let other = &mut others[kind as usize / 5];
        if kind < 19 {
            other.asks("channel_reaction", react(&emoji, true)).await;
        } else {
            other.gets_refused("channel_reaction", react(&emoji, true), "not_allowed").await;
        }
    }
    bob.asks("channel_reaction", react("🎉", true)).await;
    bob.asks("channel_reaction", react("♥", true)).await;
}

/// "`since` and `resume` are complete by construction": whoever was away has edits, deletions and reactions of old messages
/// too, each message once, ascending by version, in pages as well.
#[tokio::test]
async fn who_was_away_has_every_change() {
    let daemon = Daemon::start().await;
    let (mut alice, bob, id) = two_and_a_message(&daemon, "message 1").await;
    for number in 2..=30 {
        alice.sends("tea", &format!("message {number}")).await;
    }
    let page = bob.history("tea", "").await;
    let (version, hello) =
        (page["version"].as_u64().expect("a version"), |version: u64| json!({"resume": {&id: version}}));
    alice.sends("tea", "message 31").await;
    alice.asks("channel_message_edit", json!({"id": id, "index": 5, "content": "edited"})).await;
    alice.asks("channel_message_delete", json!({"id": id, "index": 7})).await;
    alice.asks("channel_reaction", json!({"id": id, "index": 31, "emoji": "♥", "on": true})).await;
    alice.asks("channel_reaction", json!({"id": id, "index": 5, "emoji": "♥", "on": true})).await;
    alice.sends("tea", "message 32").await;

    let mut back = bob.again(hello(version)).await;
    let resumed = back.event_of("channel_resume", &id).await;
    let changed = |messages: &Value| {
        let messages = messages.as_array().expect("messages").iter();
        messages.map(|message| message["index"].as_u64().expect("an index")).collect::<Vec<_>>()
    };
    assert_eq!(changed(&resumed["messages"]), [7, 31, 5, 32]);
    let versions: Vec<_> =
        resumed["messages"].as_array().expect("messages").iter().map(|m| m["version"].as_u64().expect("it")).collect();
    assert!(versions.is_sorted() && versions[0] > version, "{versions:?}");
    assert_eq!(resumed["messages"][2]["content"], "edited");
    assert!(resumed["messages"][0]["deleted"].is_i64());

    // The same page by page: nothing twice, nothing left out.
    let (mut since, mut found) = (version, Vec::new());
    loop {
        let page = bob.history("tea", &format!("&since={since}&limit=1")).await;
        found.extend(changed(&page["messages"]));
        since = page["version"].as_u64().expect("a version");
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(found, [7, 31, 5, 32]);
    let now = bob.history("tea", &format!("&since={since}")).await;
    assert_eq!((changed(&now["messages"]), now["version"].as_u64()), (vec![], Some(since)));
}

/// An edit mentions whom it names now: counts follow, and nobody is mentioned twice.
#[tokio::test]
async fn an_edit_mentions_others() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "hello").await;
    alice.sends("tea", "bob: look").await;
    bob.sees("tea", "bob: look").await;
    alice.asks("channel_message_edit", json!({"id": id, "index": 2, "content": "never mind"})).await;
    let read = bob.event_of("channel_read", &id).await;
    assert_eq!((&read["unread"], &read["mentions"]), (&json!(2), &json!(0)));
    alice.asks("channel_message_edit", json!({"id": id, "index": 1, "content": "hello, Bob"})).await;
    let read = bob.event_of("channel_read", &id).await;
    assert_eq!((&read["unread"], &read["mentions"]), (&json!(2), &json!(1)));
    let change = sees_change(&mut bob, "tea").await;
    assert_eq!(change["mentions"], json!([]));
    bob.asks("channel_read", json!({"id": id, "index": 2})).await;
    alice.asks("channel_message_edit", json!({"id": id, "index": 2, "content": "bob, after all"})).await;
    let mut again = bob.again(json!({})).await;
    assert_eq!(again.gets_shown("tea").await["mentions"], 0, "what was read is not new");
    alice.asks("channel_message_delete", json!({"id": id, "index": 2})).await;
}

/// Guests react in public channels; nobody floods a channel with edits.
#[tokio::test]
async fn guests_react_and_edits_have_a_rate() {
    let daemon =
        Setup::new().with(|config| (config.limits.message_rate, config.limits.message_burst) = (1, 3)).start().await;
    let (mut alice, _bob, id) = two_and_a_message(&daemon, "hello").await;
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    let mut guest = daemon.connects("guest-g", guest["token"].as_str().expect("a token"), json!({})).await;
    guest.joins("tea").await;
    guest.asks("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": true})).await;
    let change = sees_change(&mut alice, "tea").await;
    assert_eq!(change["reactions"][0]["handles"][0], "guest-g");
    for number in 0..2 {
        let edit = json!({"id": id, "index": 1, "content": format!("edit {number}")});
        alice.asks("channel_message_edit", edit).await;
    }
    let refusal =
        alice.gets_refused("channel_message_edit", json!({"id": id, "index": 1, "content": "x"}), "rate_limited");
    assert!(refusal.await.retry_after_ms.is_some());
}

/// "\"replied to you\" counts as a mention; `GET` of a message's replies".
#[tokio::test]
async fn a_reply_is_for_whom_it_answers() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "who has the key?").await;
    let reply = |content: &str, to: u64, nonce: &str| json!({"id": id, "message": {"content": content, "nonce": nonce, "reply_to": to}});
    bob.asks("channel_message_add", reply("I do", 1, "r1")).await;
    let seen = alice.sees("tea", "I do").await;
    assert_eq!((&seen["reply_to"], &seen["reply_to_handle"]), (&json!(1), &json!("alice")));
    let shown = alice.again(json!({})).await.gets_shown("tea").await;
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(1), &json!(1)));
    assert_eq!(shown["messages"][1]["reply_to_handle"], "alice");
    // Named and answered is mentioned once; an edit does not take the answer back, a deletion does.
    bob.asks("channel_message_add", reply("alice: here", 1, "r2")).await;
    assert_eq!(alice.again(json!({})).await.gets_shown("tea").await["mentions"], 2);
    bob.asks("channel_message_edit", json!({"id": id, "index": 3, "content": "here"})).await;
    assert_eq!(alice.again(json!({})).await.gets_shown("tea").await["mentions"], 2);
    bob.asks("channel_message_delete", json!({"id": id, "index": 3})).await;
    let read = alice.event_of("channel_read", &id).await;
    assert_eq!(read["mentions"], 1);
    // Whoever answers oneself is not told.
    alice.asks("channel_message_add", reply("never mind", 1, "r3")).await;
    assert_eq!(alice.again(json!({})).await.gets_shown("tea").await["mentions"], 1);

    let replies = |query: &str| format!("/v1/replies?channel={id}{query}");
    let page = daemon.get(&replies("&index=1"), &alice.token).await.done(200);
    assert_eq!(contents(&page["messages"]), ["I do", "", "never mind"]);
    let page = daemon.get(&replies("&index=1&after=2&limit=1"), &alice.token).await.done(200);
    assert_eq!((contents(&page["messages"]), &page["more"]), (vec![""], &json!(true)));
    assert_eq!(contents(&daemon.get(&replies("&index=2"), &alice.token).await.done(200)["messages"]), [""; 0]);
    for (query, code) in [("", "malformed"), ("&index=1&before=3", "malformed"), ("&index=x", "malformed")] {
        daemon.get(&replies(query), &alice.token).await.refused(400, code);
    }
    let carol = daemon.person("carol").await;
    daemon.get(&replies("&index=1"), &carol.token).await.refused(403, "not_a_member");
    // What is gone cannot be answered, but the same nonce still finds what was sent before that.
    alice.asks("channel_message_delete", json!({"id": id, "index": 1})).await;
    bob.gets_refused("channel_message_add", reply("too late", 1, "r4"), "no_such_message").await;
    assert_eq!(bob.asks("channel_message_add", reply("I do", 1, "r1")).await["index"], 2);
}

/// "a thread view that gathers a message and all that hangs below it"
#[tokio::test]
async fn a_thread_is_gathered() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "who brings cake?").await;
    let answers = async |person: &mut Person, to: u64, content: &str| {
        let said = json!({"content": content, "nonce": crate::support::fresh_nonce(), "reply_to": to});
        person.asks("channel_message_add", json!({"id": id, "message": said})).await;
    };
    answers(&mut bob, 1, "I do").await;
    alice.sends("tea", "something else").await;
    answers(&mut alice, 2, "which one?").await;
    answers(&mut bob, 4, "apple").await;
    answers(&mut alice, 3, "else indeed").await;
    let thread = |index: u64| format!("/v1/thread?channel={id}&index={index}");
    let found = bob.gets(&thread(1)).await;
    assert_eq!(contents(&found["messages"]), ["who brings cake?", "I do", "which one?", "apple"]);
    assert_eq!(contents(&bob.gets(&thread(4)).await["messages"]), ["which one?", "apple"]);
    assert_eq!(contents(&bob.gets(&thread(5)).await["messages"]), ["apple"]);
    assert_eq!(bob.gets(&format!("{}&limit=2", thread(1))).await["more"], true);
    for index in [0, 99] {
        daemon.get(&thread(index), &bob.token).await.refused(404, "no_such_message");
    }
    daemon.get(&format!("{}&after=2", thread(1)), &bob.token).await.refused(400, "malformed");
    let carol = daemon.person("carol").await;
    daemon.get(&thread(1), &carol.token).await.refused(403, "not_a_member");
}

/// "**Pins.**" Whoever keeps order pins; everybody sees it, also who was away; a deletion ends it.
#[tokio::test]
async fn messages_are_pinned() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "the rules").await;
    alice.sends("tea", "and more").await;
    bob.sees("tea", "and more").await;
    let pin = |index: u64, on: bool| json!({"id": id, "index": index, "on": on});
    bob.gets_refused("channel_pin", pin(1, true), "not_allowed").await;
    let away = bob.again(json!({"resume": {}})).await.gets_shown("tea").await["version"].clone();
    let pinned = alice.asks("channel_pin", pin(1, true)).await;
    let change = sees_change(&mut bob, "tea").await;
    assert_eq!((&change["pinned"], &change["version"]), (&json!(true), &pinned["version"]));
    assert!(change.get("content").is_none(), "{change}");
    assert_eq!(alice.asks("channel_pin", pin(1, true)).await, pinned, "it is so already");
    alice.gets_refused("channel_pin", pin(9, true), "no_such_message").await;
    alice.asks("channel_pin", pin(2, true)).await;
    let pins = bob.gets(&format!("/v1/pins?channel={id}")).await;
    assert_eq!(contents(&pins["messages"]), ["the rules", "and more"]);
    let since = bob.history("tea", &format!("&since={away}")).await;
    let changed = since["messages"].as_array().expect("a list").iter().map(|message| &message["pinned"]);
    assert_eq!(changed.collect::<Vec<_>>(), [&json!(true), &json!(true)]);

    alice.asks("channel_pin", pin(2, false)).await;
    alice.asks("channel_message_delete", json!({"id": id, "index": 1})).await;
    for expected in [(2, true), (2, false), (1, false)] {
        let change = sees_change(&mut bob, "tea").await;
        assert_eq!((change["index"].as_u64(), change["pinned"].as_bool()), (Some(expected.0), Some(expected.1)));
    }
    assert_eq!(bob.gets(&format!("/v1/pins?channel={id}")).await["messages"], json!([]));
    assert!(bob.history("tea", "").await["messages"][1].get("pinned").is_none());
    alice.gets_refused("channel_pin", pin(1, true), "no_such_message").await;
    // In a direct conversation both keep order.
    let dm = bob.asks("dm_open", json!({"handle": "alice"})).await["id"].as_str().expect("an id").to_owned();
    bob.asks("channel_message_add", crate::support::message(&dm, "our door code", "n-1")).await;
    alice.asks("channel_pin", json!({"id": dm, "index": 1, "on": true})).await;
    // Strangers learn nothing.
    let mut carol = daemon.person("carol").await;
    carol.gets_refused("channel_pin", pin(2, true), "not_a_member").await;
    carol.gets_refused("channel_pin", json!({"id": dm, "index": 1, "on": true}), "no_such_channel").await;
}

/// "each durable change raises the channel's `version`, so `since` and `resume` are complete by construction (messages,
/// edits, deletions, reactions, pins, membership, roles, topic)".
#[tokio::test]
async fn whoever_was_away_has_every_kind_of_change() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, id) = two_and_a_message(&daemon, "to be edited").await;
    for content in ["to be deleted", "to be liked", "to be pinned", "left alone"] {
        alice.sends("tea", content).await;
    }
    bob.sees("tea", "left alone").await;
    let known = bob.again(json!({})).await.gets_shown("tea").await["version"].clone();
    // Each step is a version of its own.
    let mut carol = daemon.person("carol").await;
    carol.joins("tea").await;
    for (packet, payload) in [
        ("channel_message_edit", json!({"id": id, "index": 1, "content": "edited"})),
        ("channel_message_delete", json!({"id": id, "index": 2})),
        ("channel_reaction", json!({"id": id, "index": 3, "emoji": "♥", "on": true})),
        ("channel_pin", json!({"id": id, "index": 4, "on": true})),
        ("channel_role", json!({"id": id, "handle": "carol", "role": "moderator"})),
        ("channel_topic", json!({"id": id, "topic": "another"})),
        ("channel_settings", json!({"id": id, "name": "coffee", "kind": "private", "slow_mode_s": 7})),
    ] {
        alice.asks(packet, payload).await;
    }
    alice.sends("tea", "and a new one").await;

    let mut resume = serde_json::Map::new();
    resume.insert(id.clone(), known.clone());
    let resumed = bob.again(json!({"resume": resume})).await.event_of("channel_resume", &id).await;
    let since = bob.history("tea", &format!("&since={known}")).await;
    for (messages, version) in [(&resumed["messages"], &resumed["version"]), (&since["messages"], &since["version"])] {
        let changed = messages.as_array().expect("a list");
        let of = |index: u64| changed.iter().find(|message| message["index"] == index);
        assert_eq!(changed.len(), 5, "{changed:?}");
        assert_eq!(of(1).expect("edited")["content"], "edited");
        assert!(of(2).expect("deleted")["deleted"].is_i64());
        assert_eq!(of(3).expect("liked")["reactions"][0]["handles"], json!(["alice"]));
        assert_eq!(of(4).expect("pinned")["pinned"], true);
        assert_eq!(of(6).expect("new")["content"], "and a new one");
        let steps = version.as_u64().expect("a number") - known.as_u64().expect("a number");
        assert_eq!(steps, 9, "each change has a version");
    }
    let words = ["topic", "name", "kind"].map(|field| resumed[field].as_str().expect("a text").to_owned());
    assert_eq!(words, ["another", "coffee", "private"]);
    assert_eq!(resumed["rules"]["slow_mode_s"], 7);
    let members = resumed["members"].as_array().expect("a list");
    let carol = members.iter().find(|member| member["handle"] == "carol").expect("she has joined");
    assert_eq!(carol["role"], "moderator");
}
