//! What people post, who reads it, and the feed that is gathered from it.

use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup, fresh_nonce, message};

/// The wall of somebody, by the name `wall` among the channels that each of them knows.
async fn has_wall(owner: &mut Person, readers: &mut [&mut Person]) -> String {
    let wall = owner.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
    owner.knows("wall", &wall);
    readers.iter_mut().for_each(|reader| reader.knows("wall", &wall));
    wall
}

async fn are_friends(one: &mut Person, other: &mut Person) {
    one.asks("friend_ask", json!({"handle": other.handle})).await;
    other.asks("friend_ask", json!({"handle": one.handle})).await;
}

async fn watches(person: &mut Person) {
    person.asks("feed_watch", json!({"on": true})).await;
}

fn answer(wall: &str, content: &str, reply_to: u64) -> Value {
    let mut answer = message(wall, content, &fresh_nonce());
    answer["message"]["reply_to"] = reply_to.into();
    answer
}

/// What stands in a feed, the newest first.
async fn feed(person: &Person, path: &str) -> Vec<String> {
    let feed = person.gets(path).await;
    let posts = feed["posts"].as_array().expect("a list");
    posts.iter().map(|post| post["message"]["content"].as_str().expect("a text").to_owned()).collect()
}

/// What was said has not come.
async fn never_hears(person: &mut Person, content: &str) {
    let fence = fresh_nonce();
    person.joins("fences").await;
    person.sends("fences", &fence).await;
    let heard = person.hears_before("fences", &fence).await;
    assert_eq!(heard.iter().find(|packet| packet["payload"]["message"]["content"] == content), None);
}

/// "each person has a wall; `/post` writes one; the home feed shows friends' and own posts in order of time, live; likes,
/// replies, edits and deletions with the same verbs and the same code as messages".
#[tokio::test]
async fn friends_read_what_one_posts() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut carol) =
        (daemon.person("alice").await, daemon.person("bob").await, daemon.person("carol").await);
    are_friends(&mut alice, &mut bob).await;
    are_friends(&mut bob, &mut carol).await;
    watches(&mut alice).await;
    let wall = has_wall(&mut bob, &mut [&mut alice, &mut carol]).await;
    assert_eq!(bob.asks("wall_open", json!({})).await["id"], json!(wall), "there is one");
    // Live for whoever looks, of a wall that was made meanwhile.
    let stored = bob.sends("wall", "the bridge is built").await;
    let heard = alice.sees("wall", "the bridge is built").await;
    assert_eq!((&heard["index"], &heard["handle"]), (&stored["index"], &json!("bob")));
    alice.asks("channel_reaction", json!({"id": wall, "index": 1, "emoji": "♥", "on": true})).await;
    carol.asks("channel_message_add", answer(&wall, "at last", 1)).await;
    alice.sees("wall", "at last").await;
    // Both are told to whom it concerns, and lead to the place.
    let happened = bob.gets("/v1/catch-up").await;
    let kinds: Vec<_> = happened["entries"].as_array().expect("a list").iter().map(|entry| &entry["kind"]).collect();
    assert_eq!(kinds, ["reply", "reaction"]);
    assert_eq!(
        (&happened["entries"][0]["id"], &happened["entries"][0]["channel_kind"]),
        (&json!(wall), &json!("wall"))
    );
    assert_eq!(happened["entries"][0]["message"]["content"], "at last");
    let wall_of_alice = alice.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
    alice.asks("channel_message_add", message(&wall_of_alice, "hello from me", &fresh_nonce())).await;
    let home = alice.gets("/v1/feed").await;
    assert_eq!(feed(&alice, "/v1/feed").await, ["hello from me", "the bridge is built"]);
    assert_eq!((&home["posts"][1]["replies"], &home["posts"][1]["id"]), (&json!(1), &json!(wall)));
    assert_eq!(home["posts"][1]["message"]["reactions"][0]["handles"], json!(["alice"]));
    assert_eq!(feed(&carol, "/v1/feed").await, ["the bridge is built"], "alice is no friend of hers");
    let thread = carol.gets(&format!("/v1/thread?channel={wall}&index=1")).await;
    assert_eq!(thread["messages"].as_array().map(Vec::len), Some(2));
    // Edits and deletions are live too; a deletion leaves the feed, for good.
    bob.asks("channel_message_edit", json!({"id": wall, "index": 1, "content": "the bridge stands"})).await;
    while alice.event("channel_message_update").await["message"].get("edited").is_none() {}
    assert_eq!(feed(&alice, "/v1/feed").await, ["hello from me", "the bridge stands"]);
    bob.gets_refused("channel_message_edit", json!({"id": wall, "index": 2, "content": "mine"}), "not_allowed").await;
    // It is the wall's owner who keeps order there.
    carol.gets_refused("channel_message_delete", json!({"id": wall, "index": 1}), "not_allowed").await;
    bob.asks("channel_message_delete", json!({"id": wall, "index": 2})).await;
    bob.asks("channel_message_delete", json!({"id": wall, "index": 1})).await;
    assert_eq!(feed(&alice, "/v1/feed").await, ["hello from me"]);
    // Whoever looks no longer hears nothing more.
    alice.asks("feed_watch", json!({"on": false})).await;
    bob.sends("wall", "unheard").await;
    never_hears(&mut alice, "unheard").await;
}

/// "who may see posts: friends or everyone" … "every privacy rule tested from the side of who must not see".
#[tokio::test]
async fn a_wall_does_not_exist_for_whom_it_is_not() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob, mut eve) =
        (daemon.person("alice").await, daemon.person("bob").await, daemon.person("eve").await);
    are_friends(&mut alice, &mut bob).await;
    let wall = has_wall(&mut bob, &mut [&mut alice, &mut eve]).await;
    bob.sends("wall", "for friends").await;
    watches(&mut eve).await;
    let everything = [
        ("channel_message_add", answer(&wall, "may I?", 1)),
        ("channel_message_add", message(&wall, "mine", &fresh_nonce())),
        ("channel_message_edit", json!({"id": wall, "index": 1, "content": "x"})),
        ("channel_message_delete", json!({"id": wall, "index": 1})),
        ("channel_reaction", json!({"id": wall, "index": 1, "emoji": "♥", "on": true})),
        ("channel_join", json!({"id": wall})),
        ("channel_members", json!({"id": wall})),
        ("channel_read", json!({"id": wall, "index": 1})),
        ("channel_pin", json!({"id": wall, "index": 1, "on": true})),
        ("channel_topic", json!({"id": wall, "topic": "mine"})),
        ("draft", json!({"id": wall, "content": "x"})),
    ];
    for (kind, payload) in &everything {
        eve.gets_refused(kind, payload.clone(), "no_such_channel").await;
    }
    for path in ["history", "replies", "thread", "pins"] {
        let path = format!("/v1/{path}?channel={wall}&index=1");
        daemon.get(&path, &eve.token).await.refused(404, "no_such_channel");
    }
    assert_eq!(feed(&eve, "/v1/users/bob/posts").await, [""; 0]);
    assert_eq!(feed(&eve, "/v1/feed").await, [""; 0]);
    assert!(eve.gets("/v1/users/bob").await.get("wall").is_none());
    assert_eq!(eve.gets("/v1/search?q=friends").await["hits"], json!([]));
    // Readers answer, they do not post; and nobody enters, names or keeps the wall as they would a channel.
    alice.gets_refused("channel_message_add", message(&wall, "mine", &fresh_nonce()), "not_allowed").await;
    for (kind, payload) in everything.iter().skip(5) {
        alice.gets_refused(kind, payload.clone(), "no_such_channel").await;
    }
    // For everyone, but not for guests and not for whom he has blocked.
    bob.asks("settings", json!({"privacy": {"posts": "everyone"}})).await;
    assert_eq!(feed(&eve, "/v1/users/bob/posts").await, ["for friends"]);
    assert_eq!(eve.gets("/v1/users/bob").await["wall"], json!(wall));
    assert_eq!(feed(&eve, "/v1/feed").await, [""; 0], "the feed is that of friends");
    eve.asks("channel_message_add", answer(&wall, "nice", 1)).await;
    let guest = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
    let (token, handle) = (guest["token"].as_str().expect("a token"), guest["handle"].as_str().expect("a handle"));
    let mut guest = daemon.connects(handle, token, json!({})).await;
    assert_eq!(feed(&guest, "/v1/users/bob/posts").await, [""; 0]);
    guest.gets_refused("channel_message_add", answer(&wall, "me too", 1), "no_such_channel").await;
    guest.gets_refused("wall_open", json!({}), "not_allowed").await;
    bob.asks("block", json!({"handle": "eve", "on": true})).await;
    assert_eq!(feed(&eve, "/v1/users/bob/posts").await, [""; 0]);
    for (kind, payload) in &everything {
        eve.gets_refused(kind, payload.clone(), "no_such_channel").await;
    }
    // Who is a friend no longer hears no more, and has nothing to catch up with there.
    bob.asks("settings", json!({"privacy": {"posts": "friends"}})).await;
    watches(&mut alice).await;
    alice.asks("channel_message_add", answer(&wall, "I ask", 1)).await;
    let asked = alice.sees("wall", "I ask").await["index"].as_u64().expect("an index");
    bob.asks("channel_message_add", answer(&wall, "I answer", asked)).await;
    alice.sees("wall", "I answer").await;
    assert_eq!(alice.gets("/v1/catch-up").await["entries"][0]["kind"], "reply");
    bob.asks("friend_remove", json!({"handle": "alice"})).await;
    assert!(!alice.gets("/v1/catch-up").await.to_string().contains("I answer"));
    bob.sends("wall", "for friends, again").await;
    never_hears(&mut alice, "for friends, again").await;
    never_hears(&mut eve, "I answer").await;
    assert_eq!(feed(&alice, "/v1/feed").await, [""; 0]);
    // What happened on a wall that was for everyone is not counted where it may no longer be read.
    bob.asks("settings", json!({"privacy": {"posts": "everyone"}})).await;
    alice.asks("channel_message_add", answer(&wall, "once more", 1)).await;
    let index = alice.gets(&format!("/v1/replies?channel={wall}&index=1")).await["last_index"].clone();
    bob.asks("channel_reaction", json!({"id": wall, "index": index, "emoji": "♥", "on": true})).await;
    assert_eq!(alice.gets("/v1/catch-up").await["total"], 1);
    // Whom a message names there does not tell who may read it.
    let named = alice.asks("channel_message_add", answer(&wall, "@eve should see this", 1)).await;
    let said = alice.gets(&format!("/v1/history?channel={wall}&limit=1")).await["messages"][0].clone();
    assert_eq!((&said["index"], &said["mentions"]), (&named["index"], &json!(["eve"])));
    assert_eq!(eve.gets("/v1/catch-up").await["total"], 0);
    bob.asks("settings", json!({"privacy": {"posts": "friends"}})).await;
    assert_eq!(alice.gets("/v1/catch-up").await["total"], 0);
    // Who is one from now on hears at once.
    are_friends(&mut alice, &mut bob).await;
    bob.sends("wall", "welcome back").await;
    alice.sees("wall", "welcome back").await;
}

/// "200 friends are not 200 channels in the sidebar or in the snapshot; the feed is gathered when read".
#[tokio::test]
async fn walls_are_no_channels_and_feeds_have_pages() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    for number in 0..7 {
        let mut friend = daemon.person(&format!("friend{number}")).await;
        are_friends(&mut alice, &mut friend).await;
        has_wall(&mut friend, &mut []).await;
        for post in 0..5 {
            friend.sends("wall", &format!("{number} {post}")).await;
        }
    }
    let listed = alice.gets("/v1/channels").await;
    assert!(!listed.to_string().contains("wall"), "{listed}");
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    let mut alice = alice.again_at(&daemon, json!({})).await;
    alice.joins("tea").await;
    alice.sends("tea", "fence").await;
    let heard = alice.hears_before("tea", "fence").await;
    assert!(heard.iter().all(|packet| packet["payload"]["kind"] != "wall"), "{heard:?}");
    let (mut seen, mut next) = (Vec::new(), String::new());
    loop {
        let before = if next.is_empty() { String::new() } else { format!("&before={next}") };
        let page = alice.gets(&format!("/v1/feed?limit=4{before}")).await;
        let posts = page["posts"].as_array().expect("a list");
        seen.extend(posts.iter().map(|post| post["message"]["content"].as_str().expect("a text").to_owned()));
        match page["next"].as_str() {
            Some(place) => next = place.to_owned(),
            None => break,
        }
        assert_eq!(posts.len(), 4);
    }
    let of = |number: usize| seen.iter().filter(|post| post.starts_with(&number.to_string())).collect::<Vec<_>>();
    assert_eq!(seen.len(), 35, "each once: {seen:?}");
    assert!((0..7).all(|number| of(number).is_sorted_by(|a, b| a > b)), "{seen:?}");
    let dates = alice.gets("/v1/feed?limit=100").await;
    let dates: Vec<_> =
        dates["posts"].as_array().expect("a list").iter().map(|post| post["message"]["date"].as_i64()).collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    for bad in ["before=soon", "limit=x", "before=1.2.3"] {
        daemon.get(&format!("/v1/feed?{bad}"), &alice.token).await.refused(400, "malformed");
    }
    daemon.get("/v1/users/nobody/posts", &alice.token).await.refused(404, "not_found");
}
