//! Finding, making, entering and leaving channels; who is there; who types.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Daemon, Refusal, Setup, contents, fresh_nonce, message};

/// "`GET /v1/channels` | the asker's channels and the public ones, without messages": the lobby is
/// there from the start.
#[tokio::test]
async fn everybody_finds_the_lobby() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let listed = daemon.get("/v1/channels", &alice.token).await.done(200);
    let [lobby] = listed["channels"].as_array().unwrap().as_slice() else { panic!("{listed}") };
    assert_eq!((&lobby["name"], &lobby["kind"], &lobby["member"]), (&json!("lobby"), &json!("public"), &json!(false)));
    let shown = alice.joins("lobby").await;
    assert_eq!(shown["id"], lobby["id"]);
    assert_eq!(shown["owner"], Value::Null);
}

/// "`channel_join` `{name}` … a channel one is in, else a public one, else it is created public and one
/// owns it", and the fields of `channel_add`.
#[tokio::test]
async fn joining_a_new_name_creates_a_public_channel() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let shown = alice.joins("Tea").await;
    let id = shown["id"].as_str().unwrap();
    assert!((1..=26).contains(&id.len()));
    assert_eq!((&shown["name"], &shown["kind"]), (&json!("tea"), &json!("public")));
    assert_eq!((&shown["owner"], &shown["members_total"]), (&json!("alice"), &json!(1)));
    let [member] = shown["members"].as_array().unwrap().as_slice() else { panic!("{shown}") };
    assert_eq!(
        (&member["handle"], &member["online"], &member["role"]),
        (&json!("alice"), &json!(true), &json!("owner"))
    );
    for (field, value) in [
        ("messages", json!([])),
        ("topic", json!("")),
        ("last_index", json!(0)),
        ("first_index", json!(0)),
        ("last_read", json!(0)),
        ("unread", json!(0)),
        ("mentions", json!(0)),
    ] {
        assert_eq!(shown[field], value, "{field}");
    }

    assert_eq!(bob.joins("tea").await["id"], id, "the name is the same in any case");
    let joined = alice.event_of("channel_user_update", id).await;
    assert_eq!((&joined["member"]["handle"], &joined["member"]["online"]), (&json!("bob"), &json!(true)));
    assert_eq!(bob.asks("channel_join", json!({"id": id})).await["id"], id, "who is in may join again");
    assert_eq!(bob.asks("channel_join", json!({"name": "tea"})).await["id"], id);
    bob.asks("channel_leave", json!({"id": id})).await;
    assert_eq!(bob.asks("channel_join", json!({"id": id})).await["id"], id, "a public channel is entered by id, too");
}

/// "Joining sets `last_read` to the end."
#[tokio::test]
async fn what_was_said_before_is_not_unread() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    alice.sends("tea", "one").await;
    alice.sends("tea", "two for bob").await;
    let shown = bob.joins("tea").await;
    assert_eq!(contents(&shown["messages"]), ["one", "two for bob"]);
    assert_eq!((&shown["first_index"], &shown["last_index"], &shown["last_read"]), (&json!(1), &json!(2), &json!(2)));
    assert_eq!((&shown["unread"], &shown["mentions"]), (&json!(0), &json!(0)));
}

/// "a private one is reached by invite, to others its name is as unused", and "no reply tells a
/// non-member whether a private channel exists".
#[tokio::test]
async fn a_private_channel_does_not_exist_for_strangers() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut mallory = daemon.person("mallory").await;
    alice.creates("den", "private").await;
    alice.sends("den", "a secret").await;
    let (den, dm) = (alice.id("den"), alice.asks("dm_open", json!({"handle": "bob"})).await["id"].clone());
    bob.event("channel_add").await;
    let dm = dm.as_str().unwrap().to_owned();

    let unknown = den.chars().rev().collect::<String>();
    for hidden in [&den, &dm] {
        for (type_name, rest) in [
            ("channel_message_add", json!({"message": {"content": "hi", "nonce": fresh_nonce()}})),
            ("channel_message_add", json!({"message": {"content": "hi", "nonce": fresh_nonce(), "reply_to": 99}})),
            ("channel_join", json!({})),
            ("channel_leave", json!({})),
            ("channel_invite", json!({"handle": "mallory"})),
            ("channel_invite", json!({"handle": "bob"})),
            ("channel_invite", json!({"handle": "nobody-here"})),
            ("channel_topic", json!({"topic": "mine"})),
            ("channel_read", json!({"index": 1})),
            ("channel_user_update", json!({"member": {"typing": true}})),
        ] {
            let mut answers: Vec<Refusal> = Vec::new();
            for id in [hidden, &unknown] {
                let mut payload = rest.clone();
                payload["id"] = id.as_str().into();
                answers.push(mallory.gets_refused(type_name, payload, "no_such_channel").await);
            }
            assert_eq!(answers[0], answers[1], "{type_name}");
        }
        for query in ["", "&limit=5", "&before=1", "&after=0", "&since=0", "&limit=-1", "&before=x"] {
            let real = daemon.get(&format!("/v1/history?channel={hidden}{query}"), &mallory.token).await;
            let other = daemon.get(&format!("/v1/history?channel={unknown}{query}"), &mallory.token).await;
            assert_eq!((real.status, &real.body), (other.status, &other.body), "{query}");
            assert!(real.status == 404 || query.contains("-1") || query.contains('x'), "{real:?}");
        }
        let resume = json!({"resume": {hidden.as_str(): 1, unknown.as_str(): 1}, "channels": [hidden, unknown]});
        let mut curious = mallory.again(resume).await;
        let answers =
            [curious.event("channel_remove").await["id"].clone(), curious.event("channel_remove").await["id"].clone()];
        assert!(answers.contains(&json!(hidden)) && answers.contains(&json!(unknown)), "{answers:?}");
    }
    let listed = daemon.get("/v1/channels", &mallory.token).await.done(200);
    assert!(
        !listed.to_string().contains(&den) && !listed.to_string().contains(&dm) && !listed.to_string().contains("den")
    );

    let theirs = mallory.joins("den").await;
    assert_ne!(theirs["id"], den.as_str());
    assert_eq!((&theirs["kind"], &theirs["owner"]), (&json!("public"), &json!("mallory")));
    // The public one comes first; one's own private one has an id.
    assert_eq!(alice.asks("channel_join", json!({"name": "den"})).await["id"], theirs["id"]);
    assert_eq!(alice.asks("channel_join", json!({"id": den})).await["id"], den.as_str());
    let fence = alice.sends("den", "nobody was here").await;
    assert_eq!(fence["index"], 2, "nothing was stored meanwhile");
}

/// "`channel_invite` `{id, handle}` (a member at once)" and "`channel_add` … on … invite … to all
/// connections of each new member".
#[tokio::test]
async fn an_invited_guest_is_in_at_once_on_every_connection() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut bobs_phone = bob.again(json!({})).await;
    alice.creates("den", "private").await;
    alice.sends("den", "before you came").await;
    let den = alice.id("den");
    alice.asks("channel_invite", json!({"id": den, "handle": "Bob"})).await;
    for bob in [&mut bob, &mut bobs_phone] {
        let shown = bob.event_of("channel_add", &den).await;
        assert_eq!((&shown["kind"], &shown["members_total"]), (&json!("private"), &json!(2)));
        assert_eq!(contents(&shown["messages"]), ["before you came"]);
        bob.knows("den", &den);
    }
    assert_eq!(alice.event_of("channel_user_update", &den).await["member"]["handle"], "bob");
    bob.sends("den", "thanks").await;
    alice.sees("den", "thanks").await;
    bobs_phone.sees("den", "thanks").await;
    alice.asks("channel_invite", json!({"id": den, "handle": "bob"})).await;
    alice.gets_refused("channel_invite", json!({"id": den, "handle": "nobody-here"}), "not_found").await;
    alice.gets_refused("channel_invite", json!({"id": den, "handle": "not a handle"}), "invalid_handle").await;
}

/// "`not_allowed` … | 403": only those who keep order in a channel invite and set its topic.
#[tokio::test]
async fn a_guest_cannot_bring_guests() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut carol = daemon.person("carol").await;
    carol.joins("lobby").await;
    alice.creates("den", "private").await;
    alice.invites("den", &mut bob).await;
    let den = alice.id("den");
    bob.gets_refused("channel_invite", json!({"id": den, "handle": "carol"}), "not_allowed").await;
    bob.gets_refused("channel_topic", json!({"id": den, "topic": "bob's"}), "not_allowed").await;
    carol.sends("lobby", "fence").await;
    assert!(carol.hears_before("lobby", "fence").await.iter().all(|packet| packet["type"] != "channel_add"));
}

/// "`name_taken` … | 409 | public names are unique".
#[tokio::test]
async fn public_names_are_unique_and_private_ones_need_not_be() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.creates("tea", "public").await;
    bob.gets_refused("channel_create", json!({"name": "TEA", "kind": "public"}), "name_taken").await;
    bob.gets_refused("channel_create", json!({"name": "lobby", "kind": "public"}), "name_taken").await;
    bob.creates("tea", "private").await;
    alice.creates("den", "private").await;
    bob.creates("den", "public").await;
    assert_ne!(alice.id("den"), bob.id("den"));

    let wanted = json!({"name": "race", "kind": "public"});
    let (first, second) =
        (alice.says("channel_create", wanted.clone()).await, bob.says("channel_create", wanted).await);
    let outcomes = [alice.answer(first).await, bob.answer(second).await];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().flat_map(|outcome| outcome.as_ref().err()).all(|refusal| refusal.code == "name_taken"));
}

/// "`invalid_name` | 422 | channel names: 1–64 letters, digits, `_ - .`, lower-cased, without `#`".
#[tokio::test]
async fn impossible_channel_names_are_named_as_such() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    for name in ["", "#tea", "a b", "a/b", "a\n", "\u{202E}tea", "\u{200B}", &"x".repeat(65)] {
        alice.gets_refused("channel_create", json!({"name": name, "kind": "public"}), "invalid_name").await;
        alice.gets_refused("channel_join", json!({"name": name}), "invalid_name").await;
    }
    for name in ["x", "köln", "日本語", "a_b-c.d", &"x".repeat(64)] {
        alice.joins(name).await;
    }
    alice.gets_refused("channel_create", json!({"name": "other", "kind": "secret"}), "malformed").await;
    alice.gets_refused("channel_join", json!({}), "malformed").await;
}

/// "`channel_remove`" to who left, "`left: true`" to the others, "`not_a_member` for public channels only".
#[tokio::test]
async fn who_leaves_hears_no_more() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut bobs_phone = bob.again(json!({})).await;
    for channel in ["tea", "lobby"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
    }
    let (tea, lobby) = (alice.id("tea"), alice.id("lobby"));
    bobs_phone.event_of("channel_add", &tea).await;
    bobs_phone.event_of("channel_add", &lobby).await;
    bob.asks("channel_leave", json!({"id": tea})).await;
    for bob in [&mut bob, &mut bobs_phone] {
        bob.event_of("channel_remove", &tea).await;
    }
    let left = loop {
        let update = alice.event_of("channel_user_update", &tea).await;
        if update["member"]["left"] == true {
            break update;
        }
    };
    assert_eq!(left["member"]["handle"], "bob");

    alice.sends("tea", "is bob gone?").await;
    alice.sends("lobby", "fence").await;
    bob.knows("lobby", &lobby);
    let heard = bob.hears_before("lobby", "fence").await;
    assert!(!heard.iter().any(|packet| packet["payload"]["id"] == tea.as_str()), "{heard:?}");
    for (type_name, payload) in [
        ("channel_message_add", message(&tea, "hi", &fresh_nonce())),
        ("channel_leave", json!({"id": tea})),
        ("channel_read", json!({"id": tea, "index": 1})),
        ("channel_user_update", json!({"id": tea, "member": {"typing": true}})),
        ("channel_invite", json!({"id": tea, "handle": "bob"})),
    ] {
        bob.gets_refused(type_name, payload, "not_a_member").await;
    }
    daemon.get(&format!("/v1/history?channel={tea}"), &bob.token).await.refused(403, "not_a_member");
}

/// "`channel_update` `{id, …}`": a channel whose owner leaves gets another one, and nobody's keys change.
#[tokio::test]
async fn an_owner_who_leaves_hands_over() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut carol = daemon.person("carol").await;
    alice.creates("den", "private").await;
    alice.invites("den", &mut bob).await;
    alice.invites("den", &mut carol).await;
    let den = alice.id("den");
    alice.asks("channel_leave", json!({"id": den})).await;
    for person in [&mut bob, &mut carol] {
        assert_eq!(person.event_of("channel_update", &den).await["owner"], "bob", "the longest member");
    }
    bob.asks("channel_invite", json!({"id": den, "handle": "alice"})).await;
    assert_eq!(alice.event_of("channel_add", &den).await["owner"], "bob");
    alice.gets_refused("channel_topic", json!({"id": den, "topic": "mine again"}), "not_allowed").await;
}

/// "`dm_open` | `{handle}` → `{id}`; both are members at once" and "The name of a `dm` is the other's handle".
#[tokio::test]
async fn two_people_talk_alone() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let dm = alice.asks("dm_open", json!({"handle": "bob"})).await["id"].as_str().unwrap().to_owned();
    let for_alice = alice.event_of("channel_add", &dm).await;
    let for_bob = bob.event_of("channel_add", &dm).await;
    assert_eq!((&for_alice["name"], &for_alice["kind"]), (&json!("bob"), &json!("dm")));
    assert_eq!((&for_bob["name"], &for_bob["kind"]), (&json!("alice"), &json!("dm")));
    assert_eq!(for_bob["members_total"], 2);
    assert_eq!(bob.asks("dm_open", json!({"handle": "ALICE"})).await["id"], dm.as_str(), "the same from both sides");
    alice.knows("@", &dm);
    bob.knows("@", &dm);
    alice.sends("@", "psst").await;
    bob.sees("@", "psst").await;
    alice.gets_refused("channel_invite", json!({"id": dm, "handle": "bob"}), "not_allowed").await;
    alice.gets_refused("dm_open", json!({"handle": "nobody-here"}), "not_found").await;
    let again = bob.again(json!({})).await.event_of("channel_add", &dm).await;
    assert_eq!((&again["name"], &again["unread"]), (&json!("alice"), &json!(1)));
    let listed = daemon.get("/v1/channels", &alice.token).await.done(200);
    let listed =
        listed["channels"].as_array().unwrap().iter().find(|channel| channel["id"] == dm.as_str()).unwrap().clone();
    assert_eq!((&listed["name"], &listed["kind"]), (&json!("bob"), &json!("dm")));
}

/// "`channel_topic`": the others hear it, and who comes later finds it.
#[tokio::test]
async fn a_topic_is_told_and_kept() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let before = alice.joins("tea").await["version"].as_u64().unwrap();
    bob.joins("tea").await;
    let tea = alice.id("tea");
    alice.asks("channel_topic", json!({"id": tea, "topic": "' OR 1=1 --"})).await;
    let update = bob.event_of("channel_update", &tea).await;
    assert_eq!(update["topic"], "' OR 1=1 --");
    assert!(update["version"].as_u64().unwrap() > before, "a topic is a durable change");
    let shown = bob.again(json!({})).await.event_of("channel_add", &tea).await;
    assert_eq!((&shown["topic"], &shown["version"]), (&update["topic"], &update["version"]));
    for topic in ["a\nb", "a\0b", &"x".repeat(513)] {
        alice.gets_refused("channel_topic", json!({"id": tea, "topic": topic}), "malformed").await;
    }
    alice.asks("channel_topic", json!({"id": tea, "topic": ""})).await;
    assert_eq!(bob.event_of("channel_update", &tea).await["topic"], "");
}

/// "`channel_user_update` | `{id, member:{typing}}`": seen by the others, not by oneself, ended by sending.
#[tokio::test]
async fn typing_is_seen_by_the_others() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut alices_phone = alice.again(json!({})).await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    alices_phone.event_of("channel_add", &tea).await;
    alices_phone.knows("tea", &tea);
    bob.joins("tea").await;
    for alice in [&mut alice, &mut alices_phone] {
        alice.event_of("channel_user_update", &tea).await;
    }
    let typing = |on: bool| json!({"id": tea, "member": {"typing": on}});
    for _ in 0..3 {
        alice.asks("channel_user_update", typing(true)).await;
    }
    let seen = bob.event_of("channel_user_update", &tea).await["member"].clone();
    assert_eq!((&seen["handle"], &seen["typing"]), (&json!("alice"), &json!(true)));
    let shown = bob.again(json!({})).await.event_of("channel_add", &tea).await;
    let members = shown["members"].as_array().unwrap();
    assert!(members.iter().any(|member| member["handle"] == "alice" && member["typing"] == true), "{shown}");
    alice.asks("channel_user_update", typing(false)).await;
    assert_eq!(bob.event_of("channel_user_update", &tea).await["member"]["typing"], false);
    alice.asks("channel_user_update", typing(true)).await;
    assert_eq!(bob.event_of("channel_user_update", &tea).await["member"]["typing"], true);
    alice.sends("tea", "done").await;
    assert_eq!(bob.event_of("channel_user_update", &tea).await["member"]["typing"], false);
    bob.sees("tea", "done").await;
    for alice in [&mut alice, &mut alices_phone] {
        let heard = alice.hears_before("tea", "done").await;
        assert!(heard.iter().all(|packet| packet["type"] != "channel_user_update"), "{heard:?}");
    }
}

/// "typing ends by itself after 6 s".
#[tokio::test]
async fn typing_ends_by_itself() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    alice.asks("channel_user_update", json!({"id": tea, "member": {"typing": true}})).await;
    assert_eq!(bob.event_of("channel_user_update", &tea).await["member"]["typing"], true);
    let began = std::time::Instant::now();
    assert_eq!(bob.event_of("channel_user_update", &tea).await["member"]["typing"], false);
    assert!(began.elapsed() > Duration::from_secs(5), "{:?}", began.elapsed());
}

/// "`presence_update` | `{members:[{handle, online, state, since, last_seen}]}`: once per connection
/// however many channels are shared".
#[tokio::test]
async fn friends_see_each_other_come_and_go() {
    let daemon = Setup::new().with(|config| config.presence.offline_after = Duration::from_millis(10)).start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut stranger = daemon.person("stranger").await;
    for channel in ["tea", "coffee", "lobby"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
    }
    stranger.joins("elsewhere").await;
    let about_alice = |update: &Value, online: bool| {
        update["members"]
            .as_array()
            .unwrap()
            .iter()
            .any(|member| member["handle"] == "alice" && member["online"] == online)
    };
    let again = alice.again(json!({})).await;
    drop(alice);
    drop(again);
    let gone = loop {
        let update = bob.event("presence_update").await;
        if about_alice(&update, false) {
            break update;
        }
    };
    let gone = gone["members"].as_array().unwrap().iter().find(|member| member["handle"] == "alice").unwrap().clone();
    assert_eq!(gone["state"], "offline");
    assert!(gone["last_seen"].as_i64().unwrap() > 1_600_000_000_000, "{gone}");

    let account = daemon.logs_in("alice", crate::support::PASSWORD).await.done(200);
    let token = account["token"].as_str().unwrap();
    drop(daemon.connects("alice", token, json!({})).await);
    let here = std::panic::Location::caller();
    let until_offline = |packet: &Value| packet["type"] == "presence_update" && about_alice(&packet["payload"], false);
    let heard = bob.everything_before(here, "alice's absence", until_offline).await;
    let online =
        heard.iter().filter(|packet| packet["type"] == "presence_update" && about_alice(&packet["payload"], true));
    assert!(online.count() <= 1, "once per connection: {heard:?}");

    let mut alice = daemon.connects("alice", token, json!({})).await;
    let back = bob.event("presence_update").await;
    assert!(about_alice(&back, true), "{back}");
    let name = |channel: &Value| channel["name"].as_str().unwrap().to_owned();
    for _ in 0..3 {
        let shown = alice.event("channel_add").await;
        let first = &shown["members"][0];
        assert_eq!(first["online"], true, "online first in {}: {shown}", name(&shown));
    }
    stranger.sends("elsewhere", "fence").await;
    let heard = stranger.hears_before("elsewhere", "fence").await;
    assert!(
        !heard.iter().any(|packet| packet["type"] == "presence_update" && packet.to_string().contains("alice")),
        "{heard:?}"
    );
}

/// "`GET /v1/channels` | the asker's channels and the public ones, without messages".
#[tokio::test]
async fn the_list_of_channels_counts_what_is_unread() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    alice.creates("open", "public").await;
    alice.creates("den", "private").await;
    alice.sends("tea", "hi bob").await;
    alice.sends("tea", "still there?").await;
    let listed = daemon.get("/v1/channels", &bob.token).await.done(200);
    let channels = listed["channels"].as_array().unwrap();
    let named = |name: &str| channels.iter().find(|channel| channel["name"] == name);
    let tea = named("tea").expect("one's own");
    assert_eq!((&tea["member"], &tea["unread"], &tea["mentions"]), (&json!(true), &json!(2), &json!(1)));
    assert_eq!((&tea["last_index"], &tea["members_total"], &tea["owner"]), (&json!(2), &json!(2), &json!("alice")));
    assert_eq!(named("open").expect("public")["member"], false);
    assert!(named("den").is_none());
    assert!(!listed.to_string().contains("still there"), "without messages");
    daemon.get("/v1/channels", "nonsense").await.refused(401, "token_invalid");
}

/// "idle after 5 minutes without activity, away after 20 …; by hand away and do-not-disturb": what a person does
/// or says is seen by whoever shares a channel, once per change.
#[tokio::test]
async fn who_does_nothing_is_idle_then_away_and_comes_back() {
    let setup = Setup::new().with(|config| {
        config.presence.idle_after = Duration::from_millis(200);
        config.presence.away_after = Duration::from_millis(500);
    });
    let daemon = setup.start().await;
    let mut alice = daemon.person("alice").await;
    let mut bob = daemon.person("bob").await;
    alice.joins("tea").await;
    bob.joins("tea").await;
    // Bob becomes inactive, too; only what is told of alice counts.
    let mut sees = async |wanted: &str| {
        loop {
            let update = bob.event("presence_update").await;
            let members = update["members"].as_array().expect("a list").clone();
            if let Some(told) = members.iter().find(|member| member["handle"] == "alice") {
                assert_eq!(told["online"], true);
                if told["state"] == wanted {
                    return;
                }
            }
        }
    };
    sees("idle").await;
    sees("away").await;
    alice.sends("tea", "back").await;
    sees("online").await;
    alice.asks("presence", json!({"state": "dnd"})).await;
    sees("dnd").await;
    alice.asks("presence", json!({"state": "away"})).await;
    sees("away").await;
    alice.asks("presence", json!({"state": "online"})).await;
    sees("online").await;
    alice.gets_refused("presence", json!({"state": "sideways"}), "malformed").await;
}

/// Waits until a person is told of somebody in a state, and gives what was told.
async fn sees_state(watcher: &mut crate::support::Person, handle: &str, state: &str) -> Value {
    loop {
        let update = watcher.event("presence_update").await;
        let members = update["members"].as_array().expect("a list").clone();
        if let Some(told) = members.into_iter().find(|member| member["handle"] == handle && member["state"] == state) {
            return told;
        }
    }
}

/// "idle after 5 minutes without activity", each time; "for idle counts what a person does: sending,
/// typing, reading, this packet".
#[tokio::test]
async fn idle_comes_after_every_pause_and_ends_by_whatever_one_does() {
    let setup = Setup::new().with(|config| {
        config.presence.idle_after = Duration::from_millis(200);
        // Nobody waits that long here: idle comes by its own time or never.
        config.presence.away_after = Duration::from_secs(600);
    });
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let id = alice.id("tea");
    let doings = [
        ("channel_message_add", message(&id, "words", &fresh_nonce())),
        ("channel_user_update", json!({"id": id, "member": {"typing": true}})),
        ("channel_read", json!({"id": id, "index": 1})),
        ("presence", json!({"state": "online"})),
    ];
    sees_state(&mut bob, "alice", "idle").await;
    for (type_name, payload) in doings {
        alice.asks(type_name, payload).await;
        sees_state(&mut bob, "alice", "online").await;
        sees_state(&mut bob, "alice", "idle").await;
    }
}

/// A connection is nothing that a person does: whoever is idle stays so over a reconnection.
#[tokio::test]
async fn a_connection_is_no_activity() {
    let setup = Setup::new().with(|config| {
        config.presence.idle_after = Duration::from_millis(300);
        config.presence.away_after = Duration::from_secs(600);
    });
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    sees_state(&mut bob, "alice", "idle").await;
    let mut again = alice.again(json!({})).await;
    drop(alice);
    // The next that is told of anybody is told of carol, who comes later.
    let mut carol = daemon.person("carol").await;
    carol.joins("tea").await;
    again.gets_shown("tea").await;
    let shown = bob.again(json!({})).await.gets_shown("tea").await;
    let alice = shown["members"].as_array().expect("a list").iter().find(|member| member["handle"] == "alice");
    assert_eq!(alice.expect("alice is a member")["state"], "idle");
}

/// "offline with last-seen kept; since when": what was told of somebody who went holds.
#[tokio::test]
async fn who_is_offline_stays_so_since_the_same_moment() {
    let setup = Setup::new().with(|config| {
        config.presence.idle_after = Duration::from_millis(300);
        config.presence.offline_after = Duration::ZERO;
    });
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    drop(alice);
    let gone = sees_state(&mut bob, "alice", "offline").await;
    assert_eq!(gone["since"], gone["last_seen"]);
    // Carol comes later, so she is idle later than alice would have been.
    let mut carol = daemon.person("carol").await;
    carol.joins("tea").await;
    loop {
        let told = bob.event("presence_update").await;
        let members = told["members"].as_array().expect("a list");
        assert!(members.iter().all(|member| member["handle"] != "alice"), "{told}");
        if members.iter().any(|member| member["handle"] == "carol" && member["state"] == "idle") {
            break;
        }
    }
}

/// `channel_create` `{name, kind, topic?}`; `channel_add` "on create, join, invite and `dm_open` to all
/// connections of each new member"; `{name}` or `{id}`, not both.
#[tokio::test]
async fn a_new_channel_is_shown_to_every_connection_of_its_members() {
    let daemon = Daemon::start().await;
    let (mut alice, bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let (mut alices, mut bobs) = (alice.again(json!({})).await, bob.again(json!({})).await);
    let created = json!({"name": "plans", "kind": "private", "topic": "What next"});
    let id = alice.asks("channel_create", created).await["id"].clone();
    let shown = alices.event_of("channel_add", id.as_str().expect("an id")).await;
    assert_eq!((&shown["topic"], &shown["kind"]), (&json!("What next"), &json!("private")));
    let listed = daemon.get("/v1/channels", &alice.token).await.done(200);
    assert!(listed["channels"].as_array().expect("a list").iter().any(|channel| channel["id"] == id));
    let dm = alice.asks("dm_open", json!({"handle": "bob"})).await["id"].clone();
    let dm = dm.as_str().expect("an id");
    assert_eq!(alices.event_of("channel_add", dm).await["name"], "bob");
    assert_eq!(bobs.event_of("channel_add", dm).await["name"], "alice");
    alice.gets_refused("channel_join", json!({"id": id, "name": "plans"}), "malformed").await;
    bobs.gets_refused("channel_members", json!({"id": id}), "no_such_channel").await;
}

/// "No field depends on the receiver but `nonce` and the counts".
#[tokio::test]
async fn everybody_is_told_the_same() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    alice.sends("tea", "bob, tea is ready").await;
    let mut told = Vec::new();
    for person in [&mut alice, &mut bob] {
        let mut message = person.sees("tea", "bob, tea is ready").await;
        let nonce = message.as_object_mut().expect("an object").remove("nonce");
        assert_eq!(nonce.is_some(), person.handle == "alice");
        let mut shown = person.again(json!({})).await.gets_shown("tea").await;
        for count in ["last_read", "unread", "mentions"] {
            shown.as_object_mut().expect("an object").remove(count);
        }
        // The connection that was just opened for alice is bob's news, too; only being there may differ.
        shown["messages"][0].as_object_mut().expect("an object").remove("nonce");
        told.push((message, shown));
    }
    assert_eq!(told[0], told[1]);
}
