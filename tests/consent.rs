//! What strangers can do to a person: adding them to channels, opening conversations, being seen, being blocked.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use chatd::clock::ManualClock;
use proto::Timestamp;
use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup};

const DAY_MILLIS: i64 = 24 * 60 * 60 * 1_000;

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_795_255_200_000)))
}

/// Invites somebody and tells whether they have to accept first.
async fn invites(person: &mut Person, channel: &str, handle: &str) -> bool {
    let id = person.id(channel);
    person.asks("channel_invite", json!({"id": id, "handle": handle})).await["waiting"] == true
}

/// Reads the entries of what happened to somebody.
async fn entries(person: &Person) -> Vec<Value> {
    person.gets("/v1/catch-up").await["entries"].as_array().expect("a list").clone()
}

/// Opens the conversation with somebody.
async fn opens(person: &mut Person, handle: &str) -> String {
    let opened = person.asks("dm_open", json!({"handle": handle})).await;
    let id = opened["id"].as_str().expect("an id").to_owned();
    person.knows(handle, &id);
    id
}

/// The names of the channels that somebody is in.
async fn own_channels(person: &Person) -> Vec<String> {
    let listed = person.gets("/v1/channels?limit=0").await;
    let names = listed["channels"].as_array().expect("a list").iter();
    names.map(|channel| channel["name"].as_str().expect("a name").to_owned()).collect()
}

async fn befriend(one: &mut Person, other: &mut Person) {
    one.asks("friend_ask", json!({"handle": other.handle})).await;
    other.asks("friend_ask", json!({"handle": one.handle})).await;
}

/// "people who are no friends of theirs have not added them to `limits.invitations_per_day` (20) channels within a day, all
/// together. Otherwise the invitation waits."
#[tokio::test]
async fn strangers_add_somebody_to_so_many_channels_a_day() {
    let clock = clock();
    let daemon = Setup::new().clock(clock.clone()).with(|config| config.limits.invitations_per_day = 3).start().await;
    let mut bob = daemon.person("bob").await;
    let (mut gina, mut hank, mut fred) =
        (daemon.person("gina").await, daemon.person("hank").await, daemon.person("fred").await);
    befriend(&mut fred, &mut bob).await;
    for (number, stranger) in [(1, true), (2, false), (3, true), (4, false), (5, true)] {
        let stranger = if stranger { &mut gina } else { &mut hank };
        let name = format!("spam-{number}");
        stranger.creates(&name, "private").await;
        assert_eq!(invites(stranger, &name, "bob").await, number > 3, "{name}: all strangers together");
    }
    // Friends are not counted, and what others do uses up nothing of one's own.
    fred.creates("friends", "private").await;
    assert!(!invites(&mut fred, "friends", "bob").await);
    bob.joins("mine").await;
    // A day later there is room again.
    clock.advance_millis(DAY_MILLIS + 1);
    gina.creates("later", "private").await;
    assert!(!invites(&mut gina, "later", "bob").await);
}

/// "What others do never uses up what a person may do": H1, by four accounts with the limit lifted.
#[tokio::test]
async fn nobody_is_shut_out_by_what_others_add_them_to() {
    let daemon = Setup::new().with(|config| config.limits.invitations_per_day = 0).start().await;
    let mut bob = daemon.person("bob").await;
    for stranger in 0..4 {
        let mut stranger = daemon.person(&format!("stranger-{stranger}")).await;
        for number in 0..10 {
            let name = format!("trap-{number}");
            stranger.creates(&name, "private").await;
            assert!(!invites(&mut stranger, &name, "bob").await);
        }
    }
    assert_eq!(own_channels(&bob).await.len(), 40);
    // Blocking takes back what the blocked one did, and nothing else.
    bob.asks("block", json!({"handle": "stranger-1", "on": true})).await;
    assert_eq!(own_channels(&bob).await.len(), 30);
    // Where one has spoken one stays.
    let shown = bob.gets("/v1/channels?limit=0").await;
    let kept = shown["channels"][0].clone();
    bob.knows("kept", kept["id"].as_str().expect("an id"));
    let owner = kept["owner"].as_str().expect("an owner").to_owned();
    bob.sends("kept", "I like it here").await;
    bob.asks("block", json!({"handle": owner, "on": true})).await;
    assert_eq!(own_channels(&bob).await.len(), 21);
}

/// "Who may make one a member of a channel at once": everyone, people one shares a channel with, friends; "the same to a
/// blocked asker".
#[tokio::test]
async fn an_invitation_beyond_somebodys_setting_waits() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut carol) =
        (daemon.person("alice").await, daemon.person("bob").await, daemon.person("carol").await);
    alice.creates("secret", "private").await;
    bob.asks("settings", json!({"privacy": {"invitations": "friends"}})).await;
    assert!(invites(&mut alice, "secret", "bob").await);
    assert!(invites(&mut alice, "secret", "bob").await, "it waits already");
    let waiting = entries(&bob).await;
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    assert_eq!((&waiting[0]["kind"], &waiting[0]["waiting"]), (&json!("invite"), &json!(true)));
    assert_eq!((&waiting[0]["name"], &waiting[0]["by"]), (&json!("secret"), &json!("alice")));
    // To anybody else it does not exist, and nothing is read before it is accepted.
    let id = alice.id("secret");
    carol.gets_refused("channel_join", json!({"id": id}), "no_such_channel").await;
    bob.gets_refused("channel_members", json!({"id": id}), "no_such_channel").await;
    bob.asks("channel_join", json!({"id": id})).await;
    bob.event_of("channel_add", &id).await;
    assert_eq!(entries(&bob).await.len(), 0, "it is accepted");
    // Whoever shares a channel with one may, if that is the setting; it is one's own, not one that they have made.
    carol.asks("settings", json!({"privacy": {"invitations": "shared"}})).await;
    assert!(invites(&mut alice, "secret", "carol").await);
    for person in [&mut alice, &mut carol] {
        person.joins("plaza").await;
    }
    alice.creates("second", "private").await;
    assert!(!invites(&mut alice, "second", "carol").await);
    // A blocked one hears the same, and nothing waits.
    carol.asks("block", json!({"handle": "alice", "on": true})).await;
    alice.creates("third", "private").await;
    assert!(invites(&mut alice, "third", "carol").await);
    assert!(entries(&carol).await.iter().all(|entry| entry["name"] != "third"));
    carol.gets_refused("channel_join", json!({"id": alice.id("third")}), "no_such_channel").await;
}

/// "It ends when they clear it, after 30 days, and with the channel", "when the inviter may no longer invite, and when the invited
/// user blocks the inviter or is banned."
#[tokio::test]
async fn an_invitation_ends_with_what_it_rests_on() {
    let daemon = Daemon::start().await;
    let (mut owner, mut moda, mut bob) =
        (daemon.person("olga").await, daemon.person("moda").await, daemon.person("bob").await);
    bob.asks("settings", json!({"privacy": {"invitations": "friends"}})).await;
    let ways = ["demoted", "kicked", "left", "banned", "blocked", "deleted"];
    for way in ways {
        owner.creates(way, "private").await;
        let id = owner.id(way);
        owner.invites(way, &mut moda).await;
        owner.asks("channel_role", json!({"id": id, "handle": "moda", "role": "moderator"})).await;
        assert!(invites(&mut moda, way, "bob").await);
    }
    assert_eq!(entries(&bob).await.len(), ways.len());
    let id = ways.map(|way| owner.id(way));
    owner.asks("channel_role", json!({"id": id[0], "handle": "moda", "role": "member"})).await;
    owner.asks("channel_kick", json!({"id": id[1], "handle": "moda"})).await;
    moda.asks("channel_leave", json!({"id": id[2]})).await;
    owner.asks("channel_ban", json!({"id": id[3], "handle": "bob", "on": true})).await;
    owner.asks("channel_delete", json!({"id": id[5]})).await;
    let left = entries(&bob).await;
    assert_eq!(left.iter().map(|entry| entry["name"].as_str().unwrap()).collect::<Vec<_>>(), ["blocked"]);
    bob.asks("block", json!({"handle": "moda", "on": true})).await;
    assert_eq!(entries(&bob).await.len(), 0);
    for id in id {
        bob.gets_refused("channel_join", json!({"id": id}), "no_such_channel").await;
    }
}

/// "At most 50 invitations wait for a user. Then the oldest of the inviter with the most is dropped", "30 days", and no mention
/// is pushed out.
#[tokio::test]
async fn invitations_that_wait_are_few_and_push_nothing_out() {
    let clock = clock();
    let long = |config: &mut chatd::config::Config| config.auth.token_lifetime = Duration::from_secs(365 * 86_400);
    let daemon = Setup::new().clock(clock.clone()).with(long).start().await;
    let (mut bob, mut fred) = (daemon.person("bob").await, daemon.person("fred").await);
    bob.asks("settings", json!({"privacy": {"invitations": "friends"}})).await;
    for person in [&mut bob, &mut fred] {
        person.joins("lobby").await;
    }
    fred.sends("lobby", "bob, are you there?").await;
    fred.creates("from-fred", "private").await;
    assert!(invites(&mut fred, "from-fred", "bob").await);
    let mut gina = daemon.person("gina").await;
    for number in 0..60 {
        let name = format!("spam-{number}");
        gina.creates(&name, "private").await;
        assert!(invites(&mut gina, &name, "bob").await);
    }
    let waiting = entries(&bob).await;
    assert_eq!(waiting.iter().filter(|entry| entry["waiting"] == true).count(), 50);
    for kept in [json!("from-fred"), json!("lobby"), json!("spam-59")] {
        assert!(waiting.iter().any(|entry| entry["name"] == kept), "{kept} is kept");
    }
    clock.advance_millis(30 * DAY_MILLIS + 1);
    let left = entries(&bob).await;
    assert_eq!(left.len(), 1, "the mention: {left:?}");
    bob.gets_refused("channel_join", json!({"id": fred.id("from-fred")}), "no_such_channel").await;
}

/// "A direct conversation is **closed** for the caller alone, with `channel_remove`. The other learns nothing … until its next
/// message or the caller's `dm_open`."
#[tokio::test]
async fn a_conversation_is_closed_for_oneself() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let id = opens(&mut alice, "bob").await;
    bob.knows("alice", &id);
    alice.event_of("channel_add", &id).await;
    alice.sends("bob", "first").await;
    assert_eq!(bob.event_of("channel_add", &id).await["name"], "alice");
    bob.sends("alice", "answer").await;
    let mut second = bob.again(json!({})).await;
    second.gets_shown("alice").await;
    alice.sees("bob", "answer").await;
    bob.asks("channel_leave", json!({"id": id})).await;
    for connection in [&mut bob, &mut second] {
        assert_eq!(connection.event("channel_remove").await, json!({"id": id}));
    }
    assert_eq!(own_channels(&bob).await, [""; 0]);
    // Not at hello either, and a client that holds it is told.
    let mut third = bob.again(json!({"resume": {(id.as_str()): 1}})).await;
    assert_eq!(third.event("channel_remove").await, json!({"id": id}));
    bob.asks("channel_leave", json!({"id": id})).await;
}

/// "… until its next message or the caller's `dm_open`"; "The other learns nothing".
#[tokio::test]
async fn the_next_message_opens_it_again() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let id = opens(&mut alice, "bob").await;
    bob.knows("alice", &id);
    alice.sends("bob", "first").await;
    bob.event_of("channel_add", &id).await;
    bob.asks("channel_leave", json!({"id": id})).await;
    bob.event("channel_remove").await;
    alice.sends("bob", "are you there?").await;
    let shown = bob.event_of("channel_add", &id).await;
    assert_eq!(shown["messages"].as_array().expect("messages").len(), 2, "{shown}");
    assert_eq!(shown["unread"], 2);
    assert_eq!(own_channels(&bob).await, ["alice"]);
    alice.sends("bob", "a third").await;
    bob.sees("alice", "a third").await;
    bob.asks("channel_leave", json!({"id": id})).await;
    bob.event("channel_remove").await;
    assert_eq!(opens(&mut bob, "alice").await, id);
    bob.event_of("channel_add", &id).await;
    // What was heard by nobody: neither closing nor opening.
    alice.sends("bob", "fence").await;
    let heard = alice.hears_before("bob", "fence").await;
    let left = |packet: &&Value| packet["payload"]["member"]["left"] == true || packet["type"] == "channel_remove";
    assert_eq!(heard.iter().find(left), None);
}

/// "In `GET /v1/channels` and after `hello` the other sees it only from its first message on"; "at most
/// `limits.conversations_per_day` (20) new ones".
#[tokio::test]
async fn strangers_open_so_many_conversations_a_day() {
    let clock = clock();
    let setup = Setup::new().clock(clock.clone()).with(|config| config.limits.conversations_per_day = 2);
    let daemon = setup.start().await;
    let mut gina = daemon.person("gina").await;
    let mut people = Vec::new();
    for name in ["ann", "ben", "cid", "dan"] {
        people.push(daemon.person(name).await);
    }
    opens(&mut gina, "ann").await;
    opens(&mut gina, "ben").await;
    let refusal = gina.gets_refused("dm_open", json!({"handle": "cid"}), "rate_limited").await;
    assert!(refusal.retry_after_ms.is_some_and(|wait| wait > 23 * 60 * 60 * 1_000), "{refusal:?}");
    opens(&mut gina, "ben").await;
    opens(&mut gina, "gina").await;
    befriend(&mut gina, &mut people[3]).await;
    opens(&mut gina, "dan").await;
    for person in &people[..2] {
        assert_eq!(own_channels(person).await, [""; 0], "nothing was said to {}", person.handle);
    }
    clock.advance_millis(DAY_MILLIS + 1);
    opens(&mut gina, "cid").await;
}

/// "A message to a deleted account is `not_found`."
#[tokio::test]
async fn nobody_writes_to_who_is_gone() {
    let daemon = Daemon::start().await;
    let (mut alice, bob) = (daemon.person("alice").await, daemon.person("bob").await);
    opens(&mut alice, "bob").await;
    alice.sends("bob", "hello").await;
    let gone = json!({"password": crate::support::PASSWORD, "content": "keep"});
    daemon.post("/v1/account/delete", Some(&bob.token), &gone).await.done(200);
    let packet = json!({"id": alice.id("bob"), "message": {"content": "hello?", "nonce": "n"}});
    alice.gets_refused("channel_message_add", packet, "not_found").await;
    // It can be closed like any other.
    let leave = json!({"id": alice.id("bob")});
    alice.asks("channel_leave", leave).await;
    assert_eq!(own_channels(&alice).await, [""; 0]);
}

/// "nobody comes to share one by adding somebody to it. For presence a direct conversation counts as a channel, once one has
/// opened it or written in it and as long as it is not closed."
#[tokio::test]
async fn a_stranger_does_not_see_whom_they_wrote_to() {
    let daemon = Daemon::start().await;
    let (mut bob, mut gina) = (daemon.person("bob").await, daemon.person("gina").await);
    bob.asks("presence", json!({"state": "online", "status": "at home, alone"})).await;
    let of_bob = |shown: &Value| {
        let members = shown["members"].as_array().expect("members").iter();
        members.filter(|member| member["handle"] == "bob").map(|member| member["online"].clone()).next()
    };
    let id = opens(&mut gina, "bob").await;
    bob.knows("gina", &id);
    assert_eq!(of_bob(&gina.event_of("channel_add", &id).await), Some(json!(false)));
    assert_eq!(bob.event_of("channel_add", &id).await["closed"], true);
    gina.sends("bob", "hi bob").await;
    // Whoever does not want it closes it before anything was said, too.
    let mut hank = daemon.person("hank").await;
    let unwanted = opens(&mut hank, "bob").await;
    bob.event_of("channel_add", &unwanted).await;
    bob.asks("channel_leave", json!({"id": unwanted})).await;
    assert_eq!(bob.event("channel_remove").await["id"], unwanted.as_str());
    bob.asks("channel_leave", json!({"id": unwanted})).await;
    hank.sends("bob", "fence").await;
    let told = hank.hears_before("bob", "fence").await;
    let of_him = |packet: &&Value| packet["type"] == "presence_update" && packet.to_string().contains("\"bob\"");
    assert_eq!(told.iter().find(of_him), None, "whom they never saw does not go");
    bob.event_of("channel_add", &unwanted).await;
    // Reading is no answer, nor is typing seen before there is one.
    bob.asks("channel_read", json!({"id": id, "index": 1})).await;
    bob.asks("channel_user_update", json!({"id": id, "member": {"typing": true}})).await;
    gina.creates("trap", "private").await;
    assert!(!invites(&mut gina, "trap", "bob").await);
    let trap = gina.id("trap");
    bob.event_of("channel_add", &trap).await;
    let listed = gina.asks("channel_members", json!({"id": trap})).await;
    assert_eq!(of_bob(&listed), Some(json!(false)), "being added is not being there");
    assert_eq!(gina.gets("/v1/users/bob").await["presence"], Value::Null);
    gina.sends("bob", "fence").await;
    let heard = gina.hears_before("bob", "fence").await;
    let told =
        heard.iter().filter(|packet| packet.to_string().contains("\"bob\"") && packet.to_string().contains("true"));
    let told =
        told.filter(|packet| packet["type"] == "presence_update" || packet["payload"]["member"]["typing"] == true);
    assert_eq!(told.count(), 0, "{heard:#?}");
    // An answer is one.
    bob.sends("gina", "who is this?").await;
    let here = Location::caller();
    let of_bob = |packet: &Value, field: &str| {
        let members = packet["payload"]["members"].as_array().into_iter().flatten();
        let bobs = members.filter(|member| packet["type"] == "presence_update" && member["handle"] == "bob");
        bobs.map(|member| member[field].clone()).collect::<Vec<_>>()
    };
    gina.takes(here, "bob, who is there", |packet| of_bob(packet, "status").contains(&json!("at home, alone"))).await;
    // And closing takes it back, as if bob had gone.
    bob.asks("channel_leave", json!({"id": id})).await;
    gina.takes(here, "bob, who is gone", |packet| of_bob(packet, "online").contains(&json!(false))).await;
    assert_eq!(gina.gets("/v1/users/bob").await["presence"], Value::Null);
}

/// "The blocker sees the blocked user `offline`, without times, status and display name, and never typing."
#[tokio::test]
async fn whoever_blocks_hears_nothing_of_the_blocked_one() {
    let daemon = Daemon::start().await;
    let (mut alice, mut troll, mut carol) =
        (daemon.person("alice").await, daemon.person("troll").await, daemon.person("carol").await);
    for person in [&mut alice, &mut troll, &mut carol] {
        person.joins("plaza").await;
    }
    let id = alice.id("plaza");
    troll.asks("presence", json!({"state": "online", "status": "hello alice"})).await;
    alice.asks("block", json!({"handle": "troll", "on": true})).await;
    troll.asks("profile", json!({"display_name": "Not A Troll"})).await;
    troll.asks("presence", json!({"state": "away", "status": "I know that you read this, alice"})).await;
    troll.asks("channel_user_update", json!({"id": id, "member": {"typing": true}})).await;
    troll.sends("plaza", "@alice answer me").await;
    carol.sees("plaza", "@alice answer me").await;
    let here = Location::caller();
    let news = |packet: &Value| {
        packet["type"] == "presence_update" && packet["payload"].to_string().contains("I know that you read this")
    };
    carol.takes(here, "the status", news).await;
    carol.sends("plaza", "fence").await;
    let heard = alice.hears_before("plaza", "fence").await;
    for packet in &heard {
        let text = packet.to_string();
        assert!(!text.contains("I know that you read this") && !text.contains("Not A Troll"), "{text}");
        assert!(packet["payload"]["member"]["typing"].is_null(), "{text}");
        assert!(packet["type"] != "catch_up" || packet["payload"]["newest"].is_null(), "{text}");
    }
    let shown = alice.again(json!({})).await.gets_shown("plaza").await;
    let members = shown["members"].as_array().expect("members");
    let blocked = members.iter().find(|member| member["handle"] == "troll").expect("a member");
    assert_eq!(
        blocked,
        &json!({"handle": "troll", "online": false, "typing": false, "state": "offline", "role": "member"})
    );
    assert_eq!(shown["mentions"], 0);
    // Everybody else sees them as ever; and unblocking brings them back.
    alice.asks("block", json!({"handle": "troll", "on": false})).await;
    alice.takes(here, "the status", news).await;
}

/// "The same user, kind … and message notify once in ten minutes".
#[tokio::test]
async fn the_same_thing_rings_once_in_ten_minutes() {
    let clock = clock();
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    for person in [&mut alice, &mut bob] {
        person.joins("lobby").await;
    }
    let id = alice.id("lobby");
    alice.sends("lobby", "like this").await;
    let react = |emoji: &str, on: bool| json!({"id": id, "index": 1, "emoji": emoji, "on": on});
    let rounds = async |bob: &mut Person, count: usize| {
        for round in 0..count {
            bob.asks("channel_reaction", react(["♥", "🎉"][round % 2], true)).await;
            bob.asks("channel_reaction", react(["♥", "🎉"][round % 2], false)).await;
            bob.asks("friend_ask", json!({"handle": "alice"})).await;
            bob.asks("friend_remove", json!({"handle": "alice"})).await;
        }
    };
    bob.sends("lobby", "about nobody").await;
    let edit = |content: &str| json!({"id": id, "index": 2, "content": content});
    rounds(&mut bob, 5).await;
    for round in 0..5 {
        bob.asks("channel_message_edit", edit(&format!("about alice {round}"))).await;
        bob.asks("channel_message_edit", edit(&format!("about nobody {round}"))).await;
    }
    bob.sends("lobby", "fence").await;
    let rings = |heard: &[Value]| {
        let newest =
            heard.iter().filter(|packet| packet["type"] == "catch_up").map(|packet| &packet["payload"]["newest"]);
        let mut kinds = newest.filter_map(|newest| Some(newest["kind"].as_str()?.to_owned())).collect::<Vec<_>>();
        kinds.sort();
        kinds
    };
    assert_eq!(rings(&alice.hears_before("lobby", "fence").await), ["friend", "mention", "reaction"]);
    clock.advance_millis(10 * 60 * 1_000 + 1);
    rounds(&mut bob, 2).await;
    bob.sends("lobby", "second fence").await;
    assert_eq!(rings(&alice.hears_before("lobby", "second fence").await), ["friend", "reaction"]);
}

/// "a channel that one enters later is shown on every connection, whatever its `channels` said": a conversation that was
/// closed and comes back, too.
#[tokio::test]
async fn a_conversation_comes_back_on_every_connection() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let id = opens(&mut alice, "bob").await;
    bob.knows("alice", &id);
    alice.sends("bob", "first").await;
    bob.sends("alice", "answer").await;
    let mut script = bob.again(json!({"channels": [id]})).await;
    script.gets_shown("alice").await;
    bob.asks("channel_leave", json!({"id": id})).await;
    script.event("channel_remove").await;
    alice.sends("bob", "second").await;
    assert_eq!(script.gets_shown("alice").await["last_index"], 3);
}

/// Whoever blocks goes from where the blocked one brought them, whatever role they were given; but the last one in a channel
/// does not end it without being asked.
#[tokio::test]
async fn a_role_makes_no_block_void() {
    let daemon = Daemon::start().await;
    let (mut mallory, mut vic) = (daemon.person("mallory").await, daemon.person("vic").await);
    mallory.creates("trap", "private").await;
    mallory.invites("trap", &mut vic).await;
    let owner = json!({"id": mallory.id("trap"), "handle": "vic", "role": "owner"});
    mallory.asks("channel_role", owner).await;
    mallory.creates("left", "private").await;
    mallory.invites("left", &mut vic).await;
    let left = json!({"id": mallory.id("left")});
    mallory.asks("channel_leave", left).await;
    vic.asks("block", json!({"handle": "mallory", "on": true})).await;
    assert_eq!(own_channels(&vic).await, ["left"]);
    assert_eq!(vic.gets("/v1/users/mallory").await["display_name"], Value::Null);
}

/// What others add somebody to hides them from nobody who sees them by another channel.
#[tokio::test]
async fn being_added_hides_nobody() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut gina) =
        (daemon.person("alice").await, daemon.person("bob").await, daemon.person("gina").await);
    for person in [&mut alice, &mut bob] {
        person.joins("team").await;
    }
    gina.creates("den", "private").await;
    gina.invites("den", &mut alice).await;
    gina.invites("den", &mut bob).await;
    let den = gina.id("den");
    let here = Location::caller();
    let came = |packet: &Value| packet["payload"]["id"] == den && packet["payload"]["member"]["handle"] == "bob";
    let came = alice.takes(here, "bob, who was added", came).await;
    assert_eq!(came["payload"]["member"], json!({"handle": "bob", "role": "member"}));
    let page = alice.asks("channel_members", json!({"id": den})).await;
    let bobs = page["members"].as_array().expect("members").iter().find(|member| member["handle"] == "bob");
    assert_eq!(bobs.expect("a member")["online"], true);
}
