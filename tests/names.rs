//! Names of channels: what a name stands for, look-alikes, and finding one among very many.

use serde_json::{Value, json};

use crate::support::{Daemon, PASSWORD, Person, Setup, fresh_nonce, message};

async fn names(person: &Person, query: &str) -> (Vec<String>, bool) {
    let listed = person.gets(&format!("/v1/channels{query}")).await;
    let channels = listed["channels"].as_array().expect("a list").iter();
    let names = channels.map(|channel| channel["name"].as_str().expect("a name").to_owned());
    (names.collect(), listed["more"].as_bool().expect("a boolean"))
}

/// "the public channel of that name; else the caller's only private one; else a new public one".
#[tokio::test]
async fn a_name_stands_for_the_public_channel_first() {
    let daemon = Daemon::start().await;
    let (mut robot, mut gina) = (daemon.person("robot").await, daemon.person("gina").await);
    gina.creates("builds", "private").await;
    let trap = gina.id("builds");
    gina.invites("builds", &mut robot).await;
    // One's only private one, as long as there is no public one.
    assert_eq!(robot.asks("channel_join", json!({"name": "builds"})).await["id"], trap.as_str());
    let mut owner = daemon.person("olga").await;
    owner.joins("builds").await;
    let public = owner.id("builds");
    for _ in 0..6 {
        gina.creates("builds", "private").await;
        gina.invites("builds", &mut robot).await;
    }
    assert_eq!(robot.asks("channel_join", json!({"name": "builds"})).await["id"], public.as_str());
    let (all, _) = names(&robot, "?name=builds&limit=0").await;
    assert_eq!(all.len(), 8, "a client sees that the name is not enough");
}

/// "A channel cannot get a name that looks like that of a public channel without being the same".
#[tokio::test]
async fn no_channel_passes_for_another() {
    let daemon = Daemon::start().await;
    let (mut alice, mut gina) = (daemon.person("alice").await, daemon.person("gina").await);
    alice.joins("release").await;
    gina.creates("own", "public").await;
    let own = gina.id("own");
    for alike in ["lоbby", "ｌｏｂｂｙ", "lobbу", "l0bby", "𝐥𝐨𝐛𝐛𝐲", "re1ease", "rеlease"] {
        for kind in ["public", "private"] {
            let packet = json!({"name": alike, "kind": kind});
            let refusal = gina.gets_refused("channel_create", packet, "name_taken").await;
            assert!(refusal.reason.contains("looks like"), "{}", refusal.reason);
        }
        gina.gets_refused("channel_join", json!({"name": alike}), "name_taken").await;
        gina.gets_refused("channel_settings", json!({"id": own, "name": alike}), "name_taken").await;
    }
    // The name itself stays what it was: taken for public ones, free for private ones.
    gina.gets_refused("channel_create", json!({"name": "release", "kind": "public"}), "name_taken").await;
    gina.creates("release", "private").await;
    let id = gina.id("release");
    gina.gets_refused("channel_settings", json!({"id": id, "kind": "public"}), "name_taken").await;
    // A private one that looks like a public one which came later does not become public.
    gina.creates("tеa", "private").await;
    alice.joins("tea").await;
    let opening = json!({"id": gina.id("tеa"), "kind": "public"});
    gina.gets_refused("channel_settings", opening, "name_taken").await;
    // Accents, other scripts and one's own new name are no look-alikes.
    for fine in ["köln", "koln", "日本語", "встреча", "lobby2"] {
        gina.joins(fine).await;
    }
    gina.asks("channel_settings", json!({"id": own, "name": "0wn"})).await;
}

/// "Lists all channels that the asker is in, then public ones …, up to `limit`", `after`, `q`, `name`, `more`.
#[tokio::test]
async fn very_many_channels_are_listed_page_by_page() {
    let daemon = Daemon::start().await;
    let (mut alice, mut gina) = (daemon.person("alice").await, daemon.person("gina").await);
    alice.joins("mine").await;
    for number in 0..25 {
        gina.creates(&format!("room-{number:02}"), "public").await;
    }
    let topic = json!({"id": gina.id("room-07"), "topic": "All about Tea"});
    gina.asks("channel_topic", topic).await;
    let (first, more) = names(&alice, "?limit=10").await;
    assert!(more && first.len() == 11 && first[0] == "mine" && first[1] == "lobby", "{first:?}");
    let mut all = first.clone();
    let mut last = first[10].clone();
    loop {
        let (page, more) = names(&alice, &format!("?limit=10&after={last}")).await;
        assert!(!page.contains(&"mine".to_owned()), "{page:?}");
        all.extend(page.iter().cloned());
        let Some(name) = page.last().filter(|_| more) else { break };
        last = name.clone();
    }
    assert_eq!(all.len(), 27, "{all:?}");
    assert_eq!(
        names(&alice, "?q=OOM-2").await,
        (["room-20", "room-21", "room-22", "room-23", "room-24"].map(str::to_owned).to_vec(), false)
    );
    assert_eq!(names(&alice, "?q=tea").await.0, ["room-07"]);
    assert_eq!(names(&alice, "?q=mi").await.0, ["mine"]);
    assert_eq!(names(&alice, "?name=room-07").await.0, ["room-07"]);
    assert_eq!(names(&alice, "?name=room-0").await.0, [""; 0]);
    let id = gina.id("room-07");
    assert_eq!(names(&alice, &format!("?id={id}")).await.0, ["room-07"]);
    assert_eq!(names(&alice, "?id=nonsense").await.0, [""; 0]);
    daemon.get("/v1/channels?limit=-1", &alice.token).await.refused(400, "malformed");
}

/// "Of direct conversations the 500 with the newest messages are shown": of more, the rest by their next message.
#[tokio::test]
async fn of_very_many_conversations_the_newest_are_shown() {
    let daemon = Setup::new().with(|config| config.limits.conversations_per_day = 0).start().await;
    let mut alice = daemon.person("alice").await;
    let mut first = daemon.person("first").await;
    let mut opened = Vec::new();
    for number in 0..502 {
        let handle = if number == 0 { "first".to_owned() } else { format!("p{number}") };
        if number > 0 {
            daemon.registers(&handle, PASSWORD).await.done(201);
        }
        let id = alice.asks("dm_open", json!({"handle": handle})).await["id"].as_str().expect("an id").to_owned();
        let packet = message(&id, "hello", &fresh_nonce());
        alice.asks("channel_message_add", packet).await;
        opened.push(id);
    }
    first.knows("alice", &opened[0]);
    let mut second = alice.again(json!({})).await;
    // Messages of one moment count as they come: the first two are the oldest.
    let mut shown = 0;
    let here = std::panic::Location::caller();
    while shown < 500 {
        let added = second.takes(here, "a conversation", |packet: &Value| packet["type"] == "channel_add").await;
        assert!(!opened[..2].contains(&added["payload"]["id"].as_str().expect("an id").to_owned()));
        shown += 1;
    }
    first.sends("alice", "here I am").await;
    let added = second.event_of("channel_add", &opened[0]).await;
    assert_eq!(added["messages"].as_array().map(Vec::len), Some(2));
    let id = second.asks("dm_open", json!({"handle": "p1"})).await["id"].clone();
    assert_eq!(id, opened[1].as_str());
    second.event_of("channel_add", &opened[1]).await;
    first.sends("alice", "once").await;
    second.knows("first", &opened[0]);
    second.sees("first", "once").await;
}
