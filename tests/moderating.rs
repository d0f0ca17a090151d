//! What an operator does where nobody else may: messages, members, owners; and what is asked before it is final.

use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::operator::{House, asks_in_vain, fails, lists, runs};
use crate::support::{Folder, Key, PASSWORD, Person, Process, Screen, chatd_binary, fresh_nonce, message};

/// The conversation of two people.
async fn talk(one: &mut Person, other: &mut Person, content: &str) -> String {
    let id = one.asks("dm_open", json!({"handle": other.handle})).await["id"].as_str().expect("an id").to_owned();
    one.asks("channel_message_add", message(&id, content, &fresh_nonce())).await;
    other.event_of("channel_add", &id).await;
    id
}

/// Waits until a message is seen to be deleted.
async fn sees_deleted(person: &mut Person, channel: &str, index: u64) {
    let here = std::panic::Location::caller();
    let deleted = |packet: &Value| {
        let payload = &packet["payload"];
        packet["type"] == "channel_message_update"
            && payload["id"] == channel
            && payload["message"]["index"] == index
            && payload["message"]["deleted"].is_i64()
            && payload["message"]["content"] == ""
    };
    person.takes(here, "a deletion", deleted).await;
}

/// "`message delete CHANNEL INDEX`": in the lobby, on walls, in conversations, where nobody else could.
#[tokio::test]
async fn a_message_is_deleted_wherever_it_is() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    bob.asks("friend_ask", json!({"handle": "alice"})).await;
    bob.asks("feed_watch", json!({"on": true})).await;
    let (lobby, dm) = (alice.id("lobby"), talk(&mut alice, &mut bob, "harsh words").await);
    alice.sends("lobby", "buy now").await;
    let wall = alice.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
    alice.asks("channel_message_add", message(&wall, "a post", &fresh_nonce())).await;
    for (name, id) in [("#Lobby", &lobby), ("wall:@alice", &wall), (dm.as_str(), &dm)] {
        asks_in_vain(&house.folder, &["message", "delete", name, "1"]).await;
        let words = house.runs(&["message", "delete", name, "1", "--yes"]).await;
        assert!(words.contains("message 1 of") && words.contains("deleted"), "{words}");
        sees_deleted(&mut bob, id, 1).await;
        assert!(house.fails(&["message", "delete", name, "1", "--yes"]).await.contains("no such message"));
    }
    assert_eq!(bob.gets("/v1/feed").await["posts"], json!([]));
    assert!(house.fails(&["message", "delete", "lobby", "9", "--yes"]).await.contains("no such message"));
    assert!(house.fails(&["message", "delete", "nowhere", "1", "--yes"]).await.contains("no channel `nowhere`"));
    assert!(house.fails(&["message", "delete", "wall:bob", "1", "--yes"]).await.contains("no wall of `bob`"));
    assert!(house.fails(&["channel", "delete", "wall:alice", "--yes"]).await.contains("is deleted with the account"));
}

/// "else they open the store under its lock": the same with nobody there.
#[tokio::test]
async fn a_folder_at_rest_is_moderated() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    bob.sends("tea", "buy now").await;
    let version = alice.history("tea", "").await["version"].clone();
    daemon.terminates();
    daemon.ends().await;
    asks_in_vain(&folder, &["message", "delete", "tea", "1"]).await;
    runs(&folder, &["message", "delete", "tea", "1", "--yes"], "").await;
    runs(&folder, &["member", "remove", "tea", "bob"], "").await;
    runs(&folder, &["channel", "give", "lobby", "alice"], "").await;
    let daemon = Process::start(&folder).await;
    let mut alice = alice.again_at(&daemon, json!({})).await;
    let tea = alice.gets_shown("tea").await;
    assert_eq!((&tea["messages"][0]["content"], &tea["members_total"]), (&json!(""), &json!(1)));
    let changed = alice.history("tea", &format!("&since={version}")).await;
    assert_eq!(changed["messages"][0]["index"], 1, "whoever was away has the deletion");
    assert_eq!(alice.joins("lobby").await["owner"], "alice");
}

/// "`member remove CHANNEL HANDLE`": told as being sent away, by nobody who has a name.
#[tokio::test]
async fn a_member_is_sent_away() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    let lobby = alice.id("lobby");
    house.runs(&["member", "remove", "lobby", "@Bob"]).await;
    let told = bob.event_of("channel_remove", &lobby).await;
    assert_eq!((&told["reason"], &told["by"]), (&json!("removed"), &Value::Null));
    assert!(house.fails(&["member", "remove", "lobby", "bob"]).await.contains("not a member of the channel"));
    assert!(house.fails(&["member", "remove", "lobby", "nobody-here"]).await.contains("nobody has this handle"));
    // A conversation is closed for the one, and stays as it is for the other.
    let dm = talk(&mut alice, &mut bob, "harsh words").await;
    house.runs(&["member", "remove", &format!("id:{dm}"), "bob"]).await;
    bob.event_of("channel_remove", &dm).await;
    alice.asks("channel_message_add", message(&dm, "still there?", &fresh_nonce())).await;
    alice.asks("wall_open", json!({})).await;
    assert!(house.fails(&["member", "remove", "wall:alice", "bob"]).await.contains("wall"));
}

/// A private channel ends with its last member, which is asked about; nothing else of `member remove` is.
#[tokio::test]
async fn the_last_member_takes_a_private_channel_along() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.creates("den", "private").await;
    let den = alice.id("den");
    alice.invites("den", &mut bob).await;
    alice.sends("den", "a secret").await;
    house.runs(&["member", "remove", "den", "bob"]).await;
    bob.event_of("channel_remove", &den).await;
    asks_in_vain(&house.folder, &["member", "remove", "den", "alice"]).await;
    assert_eq!(alice.history("den", "").await["last_index"], 1, "nothing was changed");
    let words = house.runs(&["member", "remove", "den", "alice", "--yes"]).await;
    assert!(words.contains("deleted with its last member"), "{words}");
    alice.event_of("channel_remove", &den).await;
    let left = lists(&house.folder, &["channel", "list"]).await;
    assert_eq!(left.iter().map(|channel| &channel["name"]).collect::<Vec<_>>(), ["lobby"]);
    assert_eq!(house.count("SELECT count(*) FROM message"), 0);
}

/// "`channel give CHANNEL HANDLE`": whoever owned it keeps order; nobody owns who could not use it.
#[tokio::test]
async fn a_channel_is_given() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.creates("den", "private").await;
    let den = alice.id("den");
    // Also to somebody whom it kept out.
    alice.asks("channel_ban", json!({"id": den, "handle": "bob", "on": true})).await;
    house.runs(&["channel", "give", "den", "bob"]).await;
    assert_eq!(bob.event_of("channel_add", &den).await["owner"], "bob");
    bob.asks("channel_role", json!({"id": den, "handle": "alice", "role": "member"})).await;
    house.runs(&["channel", "give", "den", "bob"]).await;
    // To a member who was muted, with the owner staying as moderator.
    bob.asks("channel_mute", json!({"id": den, "handle": "alice", "for_s": 600})).await;
    house.runs(&["channel", "give", "den", "alice"]).await;
    alice.sends("den", "mine again").await;
    bob.asks("channel_topic", json!({"id": den, "topic": "I keep order"})).await;
    bob.gets_refused("channel_delete", json!({"id": den}), "not_allowed").await;

    let guest = house.post("/v1/guest", None, &json!({})).await.done(201)["handle"].clone();
    for handle in ["disabled", "gone"] {
        house.registers(handle, PASSWORD).await.done(201);
    }
    house.runs(&["user", "disable", "disabled"]).await;
    house.runs(&["user", "delete", "gone", "--yes"]).await;
    for handle in [guest.as_str().expect("a handle"), "disabled", "gone", "nobody-here"] {
        house.fails(&["channel", "give", "den", handle]).await;
    }
    let dm = talk(&mut alice, &mut bob, "hello").await;
    alice.asks("wall_open", json!({})).await;
    assert!(house.fails(&["channel", "give", &dm, "bob"]).await.contains("conversation"));
    assert!(house.fails(&["channel", "give", "wall:alice", "bob"]).await.contains("wall"));
    let owners = lists(&house.folder, &["channel", "list"]).await;
    assert_eq!(owners[0]["owner"], "alice", "{owners:?}");

    // The lobby may be given, and stays the lobby.
    house.runs(&["channel", "give", "lobby", "bob"]).await;
    assert_eq!(bob.gets("/v1/channels?q=lobby").await["channels"][0]["owner"], "bob");
    let lobby = bob.gets("/v1/channels?q=lobby").await["channels"][0]["id"].clone();
    bob.gets_refused("channel_delete", json!({"id": lobby}), "not_allowed").await;
    bob.gets_refused("channel_settings", json!({"id": lobby, "kind": "private"}), "not_allowed").await;
}

/// "A name stands for … if that is more than one, the command is refused with … their ids".
#[tokio::test]
async fn an_ambiguous_name_is_refused_with_the_ids() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    for person in [&mut alice, &mut bob] {
        person.creates("plans", "private").await;
        person.sends("plans", "a plan").await;
    }
    let ids = [alice.id("plans"), bob.id("plans")];
    for command in [
        &["message", "delete", "plans", "1", "--yes"][..],
        &["member", "remove", "plans", "alice", "--yes"],
        &["channel", "give", "#plans", "alice"],
        &["channel", "delete", "plans", "--yes"],
    ] {
        let told = house.fails(command).await;
        assert!(ids.iter().all(|id| told.contains(id)), "{told}");
    }
    house.runs(&["message", "delete", &format!("id:{}", ids[0]), "1", "--yes"]).await;
    sees_deleted(&mut alice, &ids[0], 1).await;
    assert_eq!(bob.history("plans", "").await["messages"][0]["content"], "a plan");
    // An id is one whatever is named like it.
    alice.creates(&ids[1], "public").await;
    assert!(house.fails(&["channel", "delete", &ids[1], "--yes"]).await.contains("use the id"));
    house.runs(&["channel", "delete", &format!("id:{}", ids[1]), "--yes"]).await;
    bob.event_of("channel_remove", &ids[1]).await;
}

/// "final commands ask or take `--yes`": on a terminal, with what will be lost; anything but yes changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_final_is_asked_on_a_terminal() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    for content in ["one", "two"] {
        alice.sends("tea", content).await;
    }
    alice.creates("den", "private").await;
    let home = Arc::new(TempDir::with_prefix("chat-home-").expect("a home can be made"));
    let path = house.folder.path().to_str().expect("the path is text");
    let types = |arguments: &[&str]| {
        Screen::open_program(chatd_binary(), &home, home.path(), &[arguments, &["--data", path]].concat())
    };
    for (command, asked) in [
        (&["channel", "delete", "tea"][..], &["Delete #tea", "2 messages", "1 member"][..]),
        (&["message", "delete", "tea", "2"], &["message 2 of #tea", "sent by alice"]),
        (&["member", "remove", "den", "alice"], &["alice is the last member", "0 messages"]),
        (&["user", "delete", "alice"], &["alice", "2 channels", "2 messages stay", "1 private channel"]),
        (&["user", "delete", "alice", "--content", "remove"], &["2 messages are deleted"]),
    ] {
        let mut screen = types(command);
        screen.shows("[y/N]");
        let text = screen.text().replace('\n', " ");
        assert!(asked.iter().all(|asked| text.contains(asked)), "{text}");
        screen.enters("n");
        screen.shows("nothing was changed");
        assert_eq!(screen.ends().exit_code(), 1);
    }
    assert_eq!(alice.history("tea", "").await["messages"].as_array().map(Vec::len), Some(2));
    let mut screen = types(&["channel", "delete", "tea"]);
    screen.shows("[y/N]");
    screen.types("yes");
    screen.presses(Key::Enter);
    screen.shows("#tea deleted");
    assert_eq!(screen.ends().exit_code(), 0);
    alice.event_of("channel_remove", &tea).await;
}

/// "`chatd user delete HANDLE [--content keep|remove]` clears what the account said of itself exactly as
/// `POST /v1/account/delete` does".
#[tokio::test]
async fn an_operator_deletes_an_account_as_its_person_would() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    let mut carol = house.person("carol").await;
    for person in [&mut alice, &mut bob] {
        person.joins("tea").await;
        person.asks("profile", json!({"display_name": "Some Body", "about": "phone 555"})).await;
        person.asks("presence", json!({"status": "on the way"})).await;
        let wall = person.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
        person.asks("channel_message_add", message(&wall, "a post", &fresh_nonce())).await;
        let tea = person.id("tea");
        person.asks("draft", json!({"id": tea, "content": "half a"})).await;
        person.sends("tea", "said in tea").await;
    }
    carol.creates("club", "public").await;
    let club = carol.id("club");
    for handle in ["alice", "bob"] {
        carol.asks("channel_ban", json!({"id": club, "handle": handle, "on": true})).await;
    }
    house.runs(&["user", "delete", "alice", "--content", "keep", "--yes"]).await;
    house.runs(&["user", "delete", "bob", "--content", "remove", "--yes"]).await;
    let users = lists(&house.folder, &["user", "list"]).await;
    let handles = users.iter().map(|user| user["handle"].as_str().expect("a handle")).collect::<Vec<_>>();
    assert!(!handles.contains(&"alice") && !handles.contains(&"bob"), "{handles:?}");
    carol.joins("tea").await;
    let said = carol.history("tea", "").await["messages"].clone();
    assert_eq!((&said[0]["content"], &said[1]["content"]), (&json!("said in tea"), &json!("")));
    assert!(said[0]["handle"].as_str().is_some_and(|handle| handle.starts_with("deleted-")), "{said}");
    assert_eq!(carol.asks("channel_bans", json!({"id": club})).await["handles"], json!([]));
    for (nothing, sql) in [
        (
            "text of theirs",
            "SELECT count(*) FROM user WHERE deleted IS NOT NULL AND display_name || about || coalesce(avatar_file, '') || status <> ''",
        ),
        ("password", "SELECT count(*) FROM user WHERE deleted IS NOT NULL AND password_hash IS NOT NULL"),
        ("wall", "SELECT count(*) FROM channel WHERE kind = 'wall'"),
        ("message on a wall", "SELECT count(*) FROM message WHERE channel NOT IN (SELECT id FROM channel)"),
        ("draft", "SELECT count(*) FROM draft"),
        ("ban", "SELECT count(*) FROM ban"),
        ("session", "SELECT count(*) FROM session WHERE user <> (SELECT id FROM user WHERE handle = 'carol')"),
    ] {
        assert_eq!(house.count(sql), 0, "a {nothing} is left");
    }
    for handle in ["alice", "bob"] {
        house.registers(handle, PASSWORD).await.refused(409, "user_exists");
        assert!(fails(&house.folder, &["user", "add", handle], PASSWORD).await.contains("User exists"));
    }
    let House { folder, daemon } = house;
    daemon.terminates();
    daemon.ends().await;
    for file in ["chatd.db", "chatd.db-wal", "search.db", "search.db-wal"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap_or_default();
        let stands = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!["phone 555", "on the way", "half a", "a post"].into_iter().any(stands), "{file}");
    }
}

/// The same of how the system knew it: nobody comes in to a deleted account, and the Unix user is as new.
#[tokio::test]
async fn the_system_knows_no_deleted_account() {
    let folder = Folder::new();
    runs(&folder, &["user", "add", "alice"], PASSWORD).await;
    let database = rusqlite::Connection::open(folder.path().join("chatd.db")).expect("there is a store");
    database
        .execute_batch(
            "INSERT INTO local_user (uid, name, user) SELECT 7001, 'jane', id FROM user WHERE handle = 'alice';
             INSERT INTO ssh_key (hash, user, created) SELECT x'00', id, 0 FROM user WHERE handle = 'alice';",
        )
        .expect("they can be noted");
    runs(&folder, &["user", "delete", "alice", "--yes"], "").await;
    for table in ["local_user", "ssh_key"] {
        let left = database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        assert_eq!(left.expect("it answers"), 0, "{table}");
    }
}

/// "Codes end with the rights of who made them", also where the operator ends those.
#[tokio::test]
async fn the_codes_of_an_account_that_is_disabled_end() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.creates("den", "private").await;
    alice.invites("den", &mut bob).await;
    let den = alice.id("den");
    let code = alice.asks("channel_invite_create", json!({"id": den})).await["code"].clone();
    house.runs(&["user", "disable", "alice"]).await;
    house.runs(&["user", "enable", "alice"]).await;
    let mut carol = house.person("carol").await;
    carol.gets_refused("channel_join", json!({"code": code}), "not_found").await;
}

/// "A catch-up total that nothing lists": what somebody was told of a wall goes with its owner.
#[tokio::test]
async fn nothing_is_left_open_of_a_wall_that_is_gone() {
    let house = House::new().await;
    let (mut alice, mut bob) = (house.person("alice").await, house.person("bob").await);
    alice.asks("settings", json!({"privacy": {"posts": "everyone"}})).await;
    let wall = alice.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
    alice.asks("channel_message_add", message(&wall, "what do you say, @bob?", &fresh_nonce())).await;
    assert_eq!(bob.gets("/v1/catch-up").await["total"], 1);
    house.runs(&["user", "delete", "alice", "--yes"]).await;
    let happened = bob.gets("/v1/catch-up").await;
    assert_eq!((&happened["total"], &happened["entries"]), (&json!(0), &json!([])));
    bob.joins("lobby").await;
}
