//! What one person may know of another.

use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup, fresh_nonce, message};

async fn said_by(person: &Person, handle: &str) -> Vec<String> {
    let found = person.finds_all(&format!("/v1/users/{handle}/messages")).await;
    let content = |hit: &Value| hit["message"]["content"].as_str().expect("a text").to_owned();
    found["hits"].as_array().expect("a list").iter().map(content).collect()
}

/// "`GET /v1/users/HANDLE` · `GET /v1/users/HANDLE/messages` | a profile · that user's messages, in channels the asker may
/// read".
#[tokio::test]
async fn a_profile_says_what_the_asker_may_know() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let stranger = daemon.person("carol").await;
    for channel in ["tea", "garden"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
    }
    bob.creates("attic", "private").await;
    for (channel, content) in [("tea", "one"), ("attic", "nobody else reads this"), ("garden", "two")] {
        bob.sends(channel, content).await;
    }
    alice.sends("tea", "not his").await;
    let profile = alice.gets("/v1/users/bob").await;
    assert_eq!((&profile["handle"], &profile["presence"]["state"]), (&json!("bob"), &json!("online")));
    assert!(profile["joined"].is_i64() && profile.get("guest").is_none(), "{profile}");
    let shared = |profile: &Value| {
        let channels = profile["channels"].as_array().expect("a list").clone();
        channels.iter().map(|channel| channel["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(shared(&profile), ["garden", "tea"]);
    let mut said = said_by(&alice, "bob").await;
    said.sort();
    assert_eq!(said, ["one", "two"]);
    assert_eq!(said_by(&bob, "bob").await.len(), 3);
    // Who shares nothing with him learns no more than that he is somebody.
    let profile = stranger.gets("/v1/users/BOB").await;
    assert!(profile.get("presence").is_none() && shared(&profile).is_empty(), "{profile}");
    assert_eq!(said_by(&stranger, "bob").await, [""; 0]);
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    assert_eq!(stranger.gets("/v1/users/guest-g").await["guest"], true);
    drop(guest);
    for path in
        ["/v1/users/nobody", "/v1/users/nobody/messages", "/v1/users/", "/v1/users/bob/secrets", "/v1/users/a%20b"]
    {
        daemon.get(path, &alice.token).await.refused(404, "not_found");
    }
    daemon.get("/v1/users/bob", "no token").await.refused(401, "token_invalid");
    assert_eq!(daemon.post("/v1/users/bob", Some(&alice.token), &json!({})).await.status, 405);
}

/// Waits until somebody's presence is told as wanted, and gives it.
pub(crate) async fn sees_presence(person: &mut Person, handle: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let told = person.event("presence_update").await;
        let of = |presence: &&Value| presence["handle"] == handle && wanted(presence);
        if let Some(presence) = told["members"].as_array().expect("a list").iter().find(of) {
            return presence.clone();
        }
    }
}

/// How a member stands in a channel's picture.
fn member<'a>(shown: &'a Value, handle: &str) -> &'a Value {
    let members = shown["members"].as_array().expect("a list");
    members.iter().find(|member| member["handle"] == handle).expect("a member")
}

/// How somebody stands to the asker, as the list of friends has it.
async fn relation(person: &Person, handle: &str) -> Value {
    let list = person.gets("/v1/friends").await;
    let people = list["people"].as_array().expect("a list");
    people.iter().find(|other| other["handle"] == handle).map_or(Value::Null, |other| other["relation"].clone())
}

async fn are_friends(one: &mut Person, other: &mut Person) {
    one.asks("friend_ask", json!({"handle": other.handle})).await;
    other.asks("friend_ask", json!({"handle": one.handle})).await;
}

/// "Presence automatic and by hand (online, away, do not disturb, invisible) with a status line; … shown right across several
/// devices; a manual state is not overwritten by another device."
#[tokio::test]
async fn what_one_says_by_hand_holds_on_all_devices() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let mut second = alice.again(json!({})).await;
    alice.asks("presence", json!({"state": "dnd", "status": " writing "})).await;
    let seen = sees_presence(&mut bob, "alice", |presence| presence["state"] == "dnd").await;
    assert_eq!((&seen["online"], &seen["status"]), (&json!(true), &json!("writing")));
    let settings = second.event("settings").await;
    assert_eq!((&settings["presence"], &settings["status"]), (&json!("dnd"), &json!("writing")));
    assert_eq!(second.gets("/v1/settings").await["settings"]["presence"], "dnd", "whoever comes later asks");
    // Another device does something, comes and goes: what was said by hand stays.
    let mut third = alice.again(json!({})).await;
    third.gets_shown("tea").await;
    third.sends("tea", "from a third device").await;
    drop(third);
    second.asks("presence", json!({})).await;
    assert_eq!(member(&bob.again(json!({})).await.gets_shown("tea").await, "alice")["state"], "dnd");
    // A line alone, and taken back; the state stays.
    second.asks("presence", json!({"status": "reading"})).await;
    let seen = sees_presence(&mut bob, "alice", |presence| presence["status"] == "reading").await;
    assert_eq!(seen["state"], "dnd");
    second.asks("presence", json!({"state": "online", "status": ""})).await;
    let seen = sees_presence(&mut bob, "alice", |presence| presence["state"] == "online").await;
    assert!(seen.get("status").is_none(), "{seen}");
    for bad in [json!({"state": "asleep"}), json!({"status": "two\nlines"}), json!({"status": "x".repeat(141)})] {
        alice.gets_refused("presence", bad, "malformed").await;
    }
    // It outlives the daemon.
    alice.asks("presence", json!({"state": "away", "status": "gone fishing"})).await;
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    let mut bob = bob.again_at(&daemon, json!({})).await;
    bob.gets_shown("tea").await;
    let alice = alice.again_at(&daemon, json!({})).await;
    let seen = sees_presence(&mut bob, "alice", |presence| presence["online"] == true).await;
    assert_eq!((&seen["state"], &seen["status"]), (&json!("away"), &json!("gone fishing")));
    drop(alice);
}

/// Who is invisible is for others as one who left at that moment, whatever they do; for themselves they are there.
#[tokio::test]
async fn who_is_invisible_is_not_there() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    alice.asks("presence", json!({"state": "invisible"})).await;
    let gone = sees_presence(&mut bob, "alice", |presence| presence["online"] == false).await;
    assert!(gone["state"] == "offline" && gone["last_seen"].is_i64() && gone["last_seen"] == gone["since"], "{gone}");
    let id = alice.id("tea");
    alice.asks("channel_user_update", json!({"id": id, "member": {"typing": true}})).await;
    let second = alice.again(json!({})).await;
    drop(second);
    alice.asks("channel_read", json!({"id": id, "index": 0})).await;
    alice.sends("tea", "still here").await;
    let heard = bob.hears_before("tea", "still here").await;
    assert_eq!(heard, [json!(null); 0], "nobody hears of an invisible one");
    let shown = bob.again(json!({})).await.gets_shown("tea").await;
    let hidden = member(&shown, "alice");
    assert_eq!((&hidden["online"], &hidden["last_seen"]), (&json!(false), &gone["last_seen"]));
    assert_eq!(bob.gets("/v1/users/alice").await["presence"]["online"], false);
    // A restart does not tell either.
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    let mut bob = bob.again_at(&daemon, json!({})).await;
    let mut alice = alice.again_at(&daemon, json!({})).await;
    alice.gets_shown("tea").await;
    assert_eq!(member(&bob.gets_shown("tea").await, "alice")["last_seen"], gone["last_seen"]);
    alice.asks("presence", json!({"state": "online"})).await;
    sees_presence(&mut bob, "alice", |presence| presence["online"] == true).await;
}

/// "ask, accept, decline, remove"
#[tokio::test]
async fn people_become_friends() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    assert_eq!(alice.event("friend_update").await["relation"], "asked");
    let asks = bob.event("friend_update").await;
    assert_eq!((&asks["handle"], &asks["relation"]), (&json!("alice"), &json!("asking")));
    let entry = &bob.gets("/v1/catch-up").await["entries"][0];
    assert_eq!((&entry["kind"], &entry["by"], entry.get("id")), (&json!("friend"), &json!("alice"), None));
    // Asking again changes nothing; saying no is not told.
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    bob.asks("friend_remove", json!({"handle": "alice"})).await;
    assert_eq!(bob.event("friend_update").await["relation"], "none");
    assert_eq!((relation(&bob, "alice").await, relation(&alice, "bob").await), (json!(null), json!(null)));
    assert_eq!(bob.gets("/v1/catch-up").await["total"], 0);
    // Taking it back is.
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    assert_eq!(bob.event("friend_update").await["relation"], "asking");
    alice.asks("friend_remove", json!({"handle": "bob"})).await;
    assert_eq!(bob.event("friend_update").await["relation"], "none");
    // Whoever asks one who has asked says yes. Friends see each other without any channel in common.
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    bob.asks("friend_ask", json!({"handle": "alice"})).await;
    for (person, other) in [(&mut alice, "bob"), (&mut bob, "alice")] {
        let friend = loop {
            let update = person.event("friend_update").await;
            if update["relation"] == "friend" {
                break update;
            }
        };
        assert_eq!((&friend["handle"], &friend["presence"]["online"]), (&json!(other), &json!(true)));
        assert_eq!(relation(person, other).await, "friend");
    }
    assert_eq!(alice.gets("/v1/users/bob").await["relation"], "friend");
    bob.asks("presence", json!({"state": "away"})).await;
    sees_presence(&mut alice, "bob", |presence| presence["state"] == "away").await;
    // It ends for both, and so does seeing each other.
    bob.asks("friend_remove", json!({"handle": "alice"})).await;
    assert_eq!(alice.event("friend_update").await["relation"], "none");
    assert!(alice.gets("/v1/users/bob").await.get("presence").is_none());
    alice.gets_refused("friend_ask", json!({"handle": "alice"}), "not_allowed").await;
    alice.gets_refused("friend_ask", json!({"handle": "nobody-here"}), "not_found").await;
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    let mut guest = daemon.connects("guest-g", guest["token"].as_str().expect("a token"), json!({})).await;
    guest.gets_refused("friend_ask", json!({"handle": "bob"}), "not_allowed").await;
    alice.gets_refused("friend_ask", json!({"handle": "guest-g"}), "not_allowed").await;
}

/// "a blocked user cannot message, invite or see presence; nothing tells them"
#[tokio::test]
async fn who_is_blocked_is_kept_away_and_not_told() {
    let daemon = Daemon::start().await;
    let (mut alice, mut mallory) = (daemon.person("alice").await, daemon.person("mallory").await);
    alice.joins("tea").await;
    mallory.joins("tea").await;
    are_friends(&mut alice, &mut mallory).await;
    let talk = mallory.asks("dm_open", json!({"handle": "alice"})).await["id"].as_str().expect("an id").to_owned();
    mallory.knows("talk", &talk);
    mallory.sends("talk", "hello").await;
    mallory.creates("den", "private").await;
    alice.asks("block", json!({"handle": "mallory", "on": true})).await;
    // For mallory a friend is gone, who went offline at that moment.
    let gone = sees_presence(&mut mallory, "alice", |presence| presence["online"] == false).await;
    assert!(gone["last_seen"].is_i64(), "{gone}");
    let update = loop {
        let update = mallory.event("friend_update").await;
        if update["relation"] == "none" {
            break update;
        }
    };
    assert!(update.get("presence").is_none(), "{update}");
    assert_eq!(relation(&mallory, "alice").await, json!(null));
    // Nothing that alice does is seen.
    alice.asks("presence", json!({"state": "away", "status": "secret"})).await;
    let id = alice.id("tea");
    alice.asks("channel_user_update", json!({"id": id, "member": {"typing": true}})).await;
    alice.joins("garden").await;
    alice.sends("tea", "a fence").await;
    let heard = mallory.hears_before("tea", "a fence").await;
    assert!(
        !heard.iter().any(|packet| packet.to_string().contains("secret") || packet["type"] == "presence_update"),
        "{heard:?}"
    );
    let shown = mallory.again(json!({})).await.gets_shown("tea").await;
    let veiled = member(&shown, "alice");
    assert_eq!((&veiled["online"], &veiled["typing"]), (&json!(false), &json!(false)));
    assert_eq!(veiled["last_seen"], gone["last_seen"]);
    assert!(veiled.get("status").is_none(), "{veiled}");
    let profile = mallory.gets("/v1/users/alice").await;
    assert!(profile["presence"]["online"] == false && profile.get("relation").is_none(), "{profile}");
    let page = mallory.asks("channel_members", json!({"id": id})).await;
    assert_eq!(member(&page, "alice")["online"], false);
    // Writing, changing what was written, reacting: refused in the words of one who hears friends only.
    let den = mallory.id("den");
    let message = message(&talk, "let me in", &fresh_nonce());
    for (packet, payload) in [
        ("channel_message_add", message),
        ("channel_message_edit", json!({"id": talk, "index": 1, "content": "changed"})),
        ("channel_reaction", json!({"id": talk, "index": 1, "emoji": "♥", "on": true})),
        ("channel_pin", json!({"id": talk, "index": 1, "on": true})),
    ] {
        mallory.gets_refused(packet, payload, "not_allowed").await;
    }
    // An invitation looks as one that waits.
    assert_eq!(mallory.asks("channel_invite", json!({"id": den, "handle": "alice"})).await["waiting"], true);
    // Asking to be a friend looks as ever, and reaches nobody; naming somebody in a channel neither.
    mallory.asks("friend_ask", json!({"handle": "alice"})).await;
    assert_eq!(relation(&mallory, "alice").await, "asked");
    assert_eq!(relation(&alice, "mallory").await, "blocked");
    mallory.sends("tea", "alice, alice, alice").await;
    let shown = alice.again(json!({})).await.gets_shown("tea").await;
    assert_eq!(shown["mentions"], 0);
    assert_eq!(alice.gets("/v1/catch-up").await["total"], 0);
    // The one who blocks cannot write there either, and is told why.
    alice.knows("talk", &talk);
    alice.gets_refused("friend_ask", json!({"handle": "mallory"}), "not_allowed").await;
    alice
        .gets_refused(
            "channel_message_add",
            json!({"id": talk, "message": {"content": "x", "nonce": "n"}}),
            "not_allowed",
        )
        .await;
    alice.gets_refused("block", json!({"handle": "alice", "on": true}), "not_allowed").await;
    // Taken back, everything is as before, but the friendship.
    alice.asks("block", json!({"handle": "mallory", "on": false})).await;
    sees_presence(&mut mallory, "alice", |presence| presence["status"] == "secret").await;
    mallory.sends("talk", "thank you").await;
    assert_eq!(relation(&alice, "mallory").await, "asking");
}

/// "who may see presence and write direct messages (everyone, shared channels, friends)": each row from the side of who must not.
#[tokio::test]
async fn who_may_see_and_write() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let (mut friend, mut member_too, mut stranger) =
        (daemon.person("fred").await, daemon.person("mary").await, daemon.person("steve").await);
    alice.joins("tea").await;
    member_too.joins("tea").await;
    are_friends(&mut alice, &mut friend).await;
    for (audience, seeing) in
        [("everyone", [true, true, true]), ("shared", [true, true, false]), ("friends", [true, false, false])]
    {
        alice.asks("settings", json!({"privacy": {"presence": audience, "messages": audience}})).await;
        for (person, sees) in [&mut friend, &mut member_too, &mut stranger].into_iter().zip(seeing) {
            let presence = person.gets("/v1/users/alice").await["presence"].clone();
            assert_eq!(presence["online"] == true, sees, "{audience} {}: {presence}", person.handle);
            if !sees && person.handle == "steve" {
                person.gets_refused("dm_open", json!({"handle": "alice"}), "not_allowed").await;
            } else if !sees {
                // A conversation that there was before is as closed as a new one.
                let again = json!({"id": person.id("talk"), "message": {"content": "let me", "nonce": fresh_nonce()}});
                person.gets_refused("channel_message_add", again, "not_allowed").await;
            } else if person.handle != "steve" {
                let talk = person.asks("dm_open", json!({"handle": "alice"})).await;
                person.knows("talk", talk["id"].as_str().expect("an id"));
                person.sends("talk", "may I?").await;
            }
        }
    }
    // One who never had a conversation gets none, and cannot make alice a member of anything.
    let mut other = daemon.person("otto").await;
    other.gets_refused("dm_open", json!({"handle": "alice"}), "not_allowed").await;
    other.creates("den", "private").await;
    let den = other.id("den");
    assert_eq!(other.asks("channel_invite", json!({"id": den, "handle": "alice"})).await["waiting"], true);
    // Who shares a channel sees somebody who is not there, at once and in pictures; a friend sees how it is.
    sees_presence(&mut member_too, "alice", |presence| {
        presence["online"] == false && presence.get("last_seen").is_none()
    })
    .await;
    assert_eq!(member(&member_too.again(json!({})).await.gets_shown("tea").await, "alice")["online"], false);
    alice.asks("presence", json!({"state": "dnd"})).await;
    sees_presence(&mut friend, "alice", |presence| presence["state"] == "dnd").await;
    alice.sends("tea", "a fence").await;
    let heard = member_too.hears_before("tea", "a fence").await;
    assert!(!heard.iter().any(|packet| packet["type"] == "presence_update"), "{heard:?}");
    alice.asks("settings", json!({"privacy": {"presence": "shared"}})).await;
    sees_presence(&mut member_too, "alice", |presence| presence["state"] == "dnd").await;
    for bad in
        [json!({"privacy": {"presence": "me"}}), json!({"privacy": {"posts": "shared"}}), json!({"theme": "no such!"})]
    {
        alice.gets_refused("settings", bad, "malformed").await;
    }
    let settings = alice.gets("/v1/settings").await["settings"].take();
    let privacy = json!({"presence": "shared", "messages": "friends", "invitations": "everyone", "posts": "friends"});
    assert_eq!(settings["privacy"], privacy);
}

/// "Profiles: display name, about text, status, joined, channels in common; avatar field"
#[tokio::test]
async fn people_say_who_they_are() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let profile = json!({"display_name": "Alice Liddell", "about": "Curious.\nAnd curiouser."});
    alice.asks("profile", profile.clone()).await;
    sees_presence(&mut bob, "alice", |presence| presence["display_name"] == "Alice Liddell").await;
    let shown = bob.again(json!({})).await.gets_shown("tea").await;
    assert_eq!(member(&shown, "alice")["display_name"], "Alice Liddell");
    let known = bob.gets("/v1/users/alice").await;
    for (field, value) in profile.as_object().expect("an object") {
        assert_eq!(&known[field], value);
    }
    // What is left out stays, what is empty goes.
    alice.asks("profile", json!({"about": ""})).await;
    let known = bob.gets("/v1/users/alice").await;
    assert!(known.get("about").is_none() && known["display_name"] == "Alice Liddell", "{known}");
    for bad in [
        json!({"display_name": "x".repeat(65)}),
        json!({"display_name": "a\u{202e}b"}),
        json!({"about": "x".repeat(2_001)}),
        json!({"about": "a\u{7}"}),
        json!({"avatar": "not a link"}),
    ] {
        alice.gets_refused("profile", bad, "malformed").await;
    }
}

/// Whatever somebody does to be seen by fewer, nothing tells it to those who saw nothing before.
#[tokio::test]
async fn nothing_betrays_who_is_not_seen() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut carol) =
        (daemon.person("alice").await, daemon.person("bob").await, daemon.person("carol").await);
    for person in [&mut alice, &mut bob, &mut carol] {
        person.joins("tea").await;
    }
    // Blocked and asking: saying no to that lifts no block.
    alice.asks("block", json!({"handle": "bob", "on": true})).await;
    sees_presence(&mut bob, "alice", |presence| presence["online"] == false).await;
    bob.asks("friend_ask", json!({"handle": "alice"})).await;
    alice.asks("friend_remove", json!({"handle": "bob"})).await;
    assert_eq!(relation(&alice, "bob").await, "blocked");
    assert_eq!(member(&bob.again(json!({})).await.gets_shown("tea").await, "alice")["online"], false);
    // For somebody who would not see her anyway, being blocked looks like nothing at all.
    alice.asks("settings", json!({"privacy": {"presence": "friends"}})).await;
    sees_presence(&mut carol, "alice", |presence| presence["online"] == false).await;
    let unblocked = carol.gets("/v1/users/alice").await;
    let blocked = bob.gets("/v1/users/alice").await;
    assert_eq!((unblocked.get("presence"), blocked.get("presence")), (None, None));
    let (of_carol, of_bob) =
        (carol.again(json!({})).await.gets_shown("tea").await, bob.again(json!({})).await.gets_shown("tea").await);
    assert_eq!(member(&of_carol, "alice"), member(&of_bob, "alice"));
    // Typing of somebody who hides ends with that, also for who looks later.
    alice.asks("settings", json!({"privacy": {"presence": "shared"}})).await;
    sees_presence(&mut carol, "alice", |presence| presence["online"] == true).await;
    let tea = alice.id("tea");
    alice.asks("channel_user_update", json!({"id": tea, "member": {"typing": true}})).await;
    alice.asks("presence", json!({"state": "invisible"})).await;
    sees_presence(&mut carol, "alice", |presence| presence["online"] == false).await;
    assert_eq!(member(&carol.again(json!({})).await.gets_shown("tea").await, "alice")["typing"], false);
    // What she does unseen makes no event for others.
    alice.asks("friend_ask", json!({"handle": "carol"})).await;
    alice.asks("settings", json!({"privacy": {"presence": "everyone"}})).await;
    alice.asks("presence", json!({"status": "unseen"})).await;
    alice.asks("block", json!({"handle": "bob", "on": false})).await;
    alice.asks("block", json!({"handle": "carol", "on": true})).await;
    bob.asks("presence", json!({"status": "fence"})).await;
    let mut heard = Vec::new();
    loop {
        let told = carol.event("presence_update").await;
        let members = told["members"].as_array().expect("a list").clone();
        heard.extend(members.iter().filter(|presence| presence["handle"] == "alice").cloned());
        if members.iter().any(|presence| presence["status"] == "fence") {
            break;
        }
    }
    assert_eq!(heard, [Value::Null; 0]);
}

/// "Each end is sent": of typing, too, when who types becomes invisible meanwhile, or is gone.
#[tokio::test]
async fn the_end_of_typing_is_told_whatever_becomes_of_who_types() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    let typing = |on: bool| json!({"id": tea, "member": {"typing": on}});
    let told = |on: bool| move |packet: &Value| packet["payload"]["member"]["typing"] == on;
    let here = std::panic::Location::caller();

    alice.asks("channel_user_update", typing(true)).await;
    bob.takes(here, "typing", told(true)).await;
    alice.asks("presence", json!({"state": "invisible"})).await;
    alice.asks("channel_user_update", typing(false)).await;
    bob.takes(here, "the end of typing", told(false)).await;

    alice.asks("presence", json!({"state": "online"})).await;
    alice.asks("channel_user_update", typing(true)).await;
    bob.takes(here, "typing", told(true)).await;
    drop(alice);
    bob.takes(here, "the end of typing", told(false)).await;
}
