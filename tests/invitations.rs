//! Codes that let people in, channels that change what they are, and channels that end.

use std::sync::Arc;

use chatd::clock::ManualClock;
use proto::Timestamp;
use serde_json::{Value, json};

use crate::support::{Daemon, Folder, Person, Process, Setup, contents, message, operator, soon};

/// A private channel with an owner, and two people who are not in it.
async fn plans(daemon: &Daemon) -> (Person, Person, Person, String) {
    let mut alice = daemon.person("alice").await;
    alice.creates("plans", "private").await;
    let id = alice.id("plans");
    (alice, daemon.person("bob").await, daemon.person("carol").await, id)
}

async fn makes_code(person: &mut Person, payload: Value) -> String {
    person.asks("channel_invite_create", payload).await["code"].as_str().expect("a code").to_owned()
}

/// "invite codes with lifetime and number of uses"
#[tokio::test]
async fn a_code_lets_so_many_people_in() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut carol, id) = plans(&daemon).await;
    alice.sends("plans", "the plan").await;
    let code = makes_code(&mut alice, json!({"id": id, "uses": 1, "for_s": 3_600})).await;
    let listed = alice.asks("channel_invites", json!({"id": id})).await["invites"].clone();
    assert_eq!(
        (&listed[0]["code"], &listed[0]["by"], &listed[0]["uses_left"]),
        (&json!(code), &json!("alice"), &json!(1))
    );
    assert_eq!(alice.asks("channel_join", json!({"code": code})).await["id"], id.as_str(), "a member uses nothing up");
    assert_eq!(bob.asks("channel_join", json!({"code": code})).await["id"], id.as_str());
    bob.knows("plans", &id);
    assert_eq!(contents(&bob.gets_shown("plans").await["messages"]), ["the plan"]);
    carol.gets_refused("channel_join", json!({"code": code}), "not_found").await;
    assert_eq!(alice.asks("channel_invites", json!({"id": id})).await["invites"], json!([]));

    // Of any number, until it is taken back.
    let code = makes_code(&mut alice, json!({"id": id})).await;
    bob.gets_refused("channel_invites", json!({"id": id}), "not_allowed").await;
    bob.gets_refused("channel_invite_create", json!({"id": id}), "not_allowed").await;
    bob.gets_refused("channel_invite_revoke", json!({"id": id, "code": code}), "not_allowed").await;
    carol.gets_refused("channel_invite_create", json!({"id": id}), "no_such_channel").await;
    carol.asks("channel_join", json!({"code": code})).await;
    alice.asks("channel_invite_revoke", json!({"id": id, "code": code})).await;
    alice.gets_refused("channel_invite_revoke", json!({"id": id, "code": code}), "not_found").await;
    carol.asks("channel_leave", json!({"id": id})).await;
    carol.gets_refused("channel_join", json!({"code": code}), "not_found").await;
    carol.gets_refused("channel_join", json!({"code": "nonsense"}), "not_found").await;
    carol.gets_refused("channel_join", json!({"code": code, "name": "plans"}), "malformed").await;
    let dm = bob.asks("dm_open", json!({"handle": "alice"})).await["id"].clone();
    bob.gets_refused("channel_invite_create", json!({"id": dm}), "not_allowed").await;
}

/// A code does not undo a ban, opens no private channel to guests, and ends with its time.
#[tokio::test]
async fn a_code_is_no_way_round_the_rules() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_255_200_000)));
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let (mut alice, mut bob, mut carol, id) = plans(&daemon).await;
    let code = makes_code(&mut alice, json!({"id": id, "for_s": 60})).await;
    alice.asks("channel_ban", json!({"id": id, "handle": "bob", "on": true})).await;
    bob.gets_refused("channel_join", json!({"code": code}), "banned").await;
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    let mut guest = daemon.connects("guest-g", guest["token"].as_str().expect("a token"), json!({})).await;
    guest.gets_refused("channel_join", json!({"code": code}), "not_allowed").await;
    clock.advance_millis(61_000);
    carol.gets_refused("channel_join", json!({"code": code}), "not_found").await;
    assert_eq!(alice.asks("channel_invites", json!({"id": id})).await["invites"], json!([]));
    for _ in 0..100 {
        alice.asks("channel_invite_create", json!({"id": id})).await;
    }
    alice.gets_refused("channel_invite_create", json!({"id": id}), "not_allowed").await;
}

/// "public ↔ private": told to the members, also to those who were away; a name must be free.
#[tokio::test]
async fn a_channel_becomes_public_and_private_again() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut carol, id) = plans(&daemon).await;
    alice.invites("plans", &mut bob).await;
    carol.joins("plans").await;
    assert_ne!(carol.id("plans"), id, "she has made one of that name");
    let kind = |kind: &str| json!({"id": id, "kind": kind});
    bob.gets_refused("channel_settings", kind("public"), "not_allowed").await;
    alice.gets_refused("channel_settings", kind("public"), "name_taken").await;
    let public = json!({"id": id, "kind": "public", "name": "open-plans"});
    alice.asks("channel_settings", public).await;
    let update = bob.event_of("channel_update", &id).await;
    assert_eq!((&update["kind"], &update["name"]), (&json!("public"), &json!("open-plans")));
    carol.joins("open-plans").await;
    assert_eq!(carol.id("open-plans"), id);
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    let mut guest = daemon.connects("guest-g", guest["token"].as_str().expect("a token"), json!({})).await;
    guest.joins("open-plans").await;
    let listed = guest.gets("/v1/channels").await["channels"].as_array().expect("a list").len();

    let version = carol.again(json!({})).await.event_of("channel_add", &id).await["version"].clone();
    alice.asks("channel_settings", kind("private")).await;
    assert_eq!(guest.event("channel_remove").await["id"], id.as_str(), "guests are in public channels only");
    assert_eq!(guest.gets("/v1/channels").await["channels"].as_array().expect("a list").len(), listed - 1);
    guest.gets_refused("channel_join", json!({"id": id}), "no_such_channel").await;
    let mut resume = serde_json::Map::new();
    resume.insert(id.clone(), version);
    let resumed = carol.again(json!({"resume": resume})).await.event_of("channel_resume", &id).await;
    assert_eq!((&resumed["kind"], &resumed["members_total"]), (&json!("private"), &json!(3)));
    let mut stranger = daemon.person("stranger").await;
    stranger.gets_refused("channel_read", json!({"id": id, "index": 1}), "no_such_channel").await;
}

/// "deleting a channel": gone at once for all, its words soon gone from the disk; its name is free.
#[tokio::test]
async fn a_deleted_channel_is_gone() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let mut bob = daemon.person("bob").await;
    alice.joins("tea").await;
    bob.joins("tea").await;
    let id = alice.id("tea");
    for number in 0..1_200 {
        alice.says("channel_message_add", message(&id, &format!("said-{number}"), &format!("n{number}"))).await;
    }
    bob.sees("tea", "said-1199").await;
    alice.asks("channel_reaction", json!({"id": id, "index": 7, "emoji": "♥", "on": true})).await;
    bob.gets_refused("channel_delete", json!({"id": id}), "not_allowed").await;
    alice.asks("channel_delete", json!({"id": id})).await;
    for person in [&mut alice, &mut bob] {
        assert_eq!(person.event("channel_remove").await["id"], id.as_str());
        person.gets_refused("channel_read", json!({"id": id, "index": 1}), "no_such_channel").await;
    }
    daemon.get(&format!("/v1/history?channel={id}"), &bob.token).await.refused(404, "no_such_channel");
    assert_eq!(bob.gets("/v1/search?q=said").await["hits"], json!([]));
    bob.joins("tea").await;
    assert_ne!(bob.id("tea"), id, "the name is free");
    assert_eq!(bob.history("tea", "").await["messages"], json!([]));
    // The lobby has no owner, and a direct conversation none either.
    bob.joins("lobby").await;
    let dm = bob.asks("dm_open", json!({"handle": "alice"})).await["id"].clone();
    for id in [json!(bob.id("lobby")), dm] {
        bob.gets_refused("channel_delete", json!({"id": id}), "not_allowed").await;
    }
    let folder = daemon.stops().await;
    // What was not removed before the end is removed after the next start.
    let daemon = Setup::on(folder).start().await;
    soon("the end of what was said", async {
        while daemon.figure("chatd_channels_removing").await > 0
            || daemon.figure("chatd_search_behind").await + daemon.figure("chatd_search_removing").await > 0
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let folder = daemon.stops().await;
    for file in ["chatd.db", "search.db"] {
        let bytes = std::fs::read(folder.path().join(file)).expect("it is there");
        assert!(!bytes.windows(5).any(|window| window == b"said-"), "{file}");
    }
}

/// "`channel list|delete`" of the operator.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_deletes_a_channel() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mut alice = daemon.person("alice").await;
    alice.joins("spam").await;
    alice.sends("spam", "buy now").await;
    let place = folder.path().to_str().expect("a path");
    for (name, done) in [("lobby", false), ("nowhere", false), ("spam", true)] {
        let output = operator(&folder, &["channel", "delete", name, "--yes", "--data", place], "").await;
        assert_eq!(output.status.success(), done, "{name}: {output:?}");
    }
    assert_eq!(alice.event("channel_remove").await["id"], alice.id("spam").as_str());
}
