//! Searching over everything that the asker may read.

use std::sync::Arc;

use chatd::clock::ManualClock;
use proto::Timestamp;
use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup, contents, fresh_nonce, message, soon};

/// Searches when everything that was said can be found, and gives the whole answer.
async fn searches(person: &Person, query: &str) -> Value {
    person.finds_all(&format!("/v1/search?{query}")).await
}

/// The contents of what is found, the newest first.
async fn finds(person: &Person, words: &str) -> Vec<String> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", words).finish();
    let answer = searches(person, &query).await;
    let hits = answer["hits"].as_array().expect("a list of hits");
    hits.iter().map(|hit| hit["message"]["content"].as_str().expect("a text").to_owned()).collect()
}

/// "works for words and for CJK and parts of words …, with `from:`, `in:`, `before:`, `after:`"
#[tokio::test]
async fn words_parts_and_restrictions() {
    // What is said in one millisecond in two channels has no order.
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_795_255_200_000)));
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    for channel in ["tea", "garden"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
    }
    for (channel, content) in [
        ("tea", "The kettle is on"),
        ("garden", "kettles make poor flower pots"),
        ("tea", "お茶が好きです"),
        ("tea", "东京塔很高, ok?"),
        ("garden", "Crème brûlée at \"nine\" o'clock"),
        ("tea", "100% sure_ly; DROP TABLE message; --"),
    ] {
        alice.sends(channel, content).await;
        clock.advance_millis(1);
    }
    bob.sends("tea", "bob likes the kettle, too").await;
    assert_eq!(
        finds(&alice, "KETTLE").await,
        ["bob likes the kettle, too", "kettles make poor flower pots", "The kettle is on"]
    );
    assert_eq!(finds(&alice, "ettl flow").await, ["kettles make poor flower pots"]);
    assert_eq!(finds(&alice, "\"kettle is\"").await, ["The kettle is on"]);
    assert_eq!(finds(&alice, "\"is kettle\"").await, [""; 0]);
    for (words, found) in [
        ("お茶", "お茶が好きです"),
        ("茶", "お茶が好きです"),
        ("好きです", "お茶が好きです"),
        ("東", ""),
        ("京塔", "东京塔很高, ok?"),
        ("高", "东京塔很高, ok?"),
    ] {
        assert_eq!(finds(&alice, words).await.concat(), found, "{words}");
    }
    assert_eq!(finds(&alice, "ok").await, ["东京塔很高, ok?"]);
    assert_eq!(finds(&alice, "ok 东京塔").await, ["东京塔很高, ok?"]);
    assert_eq!(finds(&alice, "creme brulee").await.len(), 1);
    for odd in ["100%", "sure_ly", "\"DROP TABLE message; --\"", "\"at \"", "o'clock", "NOT", "kettle*", "content:x"] {
        let found = finds(&alice, odd).await;
        assert!(found.len() <= 1, "{odd}: {found:?}");
    }
    assert_eq!(finds(&alice, "kettle from:bob").await, ["bob likes the kettle, too"]);
    assert_eq!(finds(&alice, "kettle from:@alice in:#garden").await, ["kettles make poor flower pots"]);
    assert_eq!(finds(&alice, "from:bo").await, [""; 0]);
    assert_eq!(finds(&alice, "from:bob").await.len(), 1);
    assert_eq!(finds(&alice, "kettle after:2000-01-01 before:2100-01-01").await.len(), 3);
    for gone in ["kettle before:2000-01-01", "kettle after:2100-01-01"] {
        assert_eq!(finds(&alice, gone).await, [""; 0], "{gone}");
    }
    // The moment itself is in `after` and not in `before`.
    let date = bob.history("tea", "").await["messages"][4]["date"].as_i64().expect("a time");
    for (bound, count) in
        [(format!("after={date}"), 1), (format!("after={}", date + 1), 0), (format!("before={}", date + 1), 3)]
    {
        let answer = searches(&alice, &format!("q=kettle&{bound}")).await;
        assert!(answer["hits"].as_array().expect("a list").len() >= count, "{bound}: {answer}");
    }
    // What stands around a hit, and pages of hits.
    let id = alice.id("tea");
    let answer = searches(&alice, &format!("q=%E8%8C%B6&channel={id}&around=2")).await;
    let hit = &answer["hits"][0];
    assert_eq!((&hit["id"], &hit["name"], &hit["kind"]), (&json!(id), &json!("tea"), &json!("public")));
    assert_eq!(contents(&hit["before"]), ["The kettle is on"]);
    assert_eq!(contents(&hit["after"]), ["东京塔很高, ok?", "100% sure_ly; DROP TABLE message; --"]);
    let page = searches(&alice, "q=kettle&limit=1&offset=1").await;
    assert_eq!(
        (page["hits"][0]["message"]["content"].as_str(), &page["more"]),
        (Some("kettles make poor flower pots"), &json!(true))
    );
    assert_eq!(searches(&alice, "q=kettle&limit=2&offset=1").await["more"], false);
}

/// "**Search** over everything the asker may read": and over nothing else, not even after leaving.
#[tokio::test]
async fn nobody_finds_what_they_may_not_read() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.creates("plans", "private").await;
    alice.sends("plans", "the secret recipe").await;
    alice.joins("tea").await;
    alice.sends("tea", "a recipe for all").await;
    let (plans, tea) = (alice.id("plans"), alice.id("tea"));
    assert_eq!(finds(&alice, "recipe").await.len(), 2);
    assert_eq!(finds(&bob, "recipe").await, [""; 0], "a public channel is read by its members");
    for place in [&plans, &tea, &"nowhere".to_owned()] {
        let reply = daemon.get(&format!("/v1/search?q=recipe&channel={place}"), &bob.token).await;
        reply.refused(404, "no_such_channel");
    }
    daemon.get("/v1/search?q=recipe+in%3Aplans", &bob.token).await.refused(404, "no_such_channel");
    alice.invites("plans", &mut bob).await;
    assert_eq!(finds(&bob, "recipe").await, ["the secret recipe"]);
    bob.asks("channel_leave", json!({"id": plans})).await;
    assert_eq!(finds(&bob, "recipe").await, [""; 0]);
    // A direct conversation is found by its two people.
    let dm = bob.asks("dm_open", json!({"handle": "alice"})).await["id"].as_str().expect("an id").to_owned();
    bob.asks("channel_message_add", message(&dm, "between us", &fresh_nonce())).await;
    assert_eq!(finds(&alice, "between in:@bob").await, ["between us"]);
    let carol = daemon.person("carol").await;
    assert_eq!(finds(&carol, "between").await, [""; 0]);
    let token = &carol.token;
    for (query, code) in [
        ("", "malformed"),
        ("q=%E2%80%8B", "malformed"),
        ("q=x+before%3Asoon", "malformed"),
        ("q=x&limit=x", "malformed"),
    ] {
        daemon.get(&format!("/v1/search?{query}"), token).await.refused(400, code);
    }
    daemon.get("/v1/search?q=x", "no token").await.refused(401, "token_invalid");
}

/// "deleted content is never found": at once, and after an edit only the new words.
#[tokio::test]
async fn what_is_gone_is_not_found() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "the password is swordfish").await;
    alice.sends("tea", "a 茶 for two").await;
    alice.sends("tea", "what stays").await;
    let id = alice.id("tea");
    assert_eq!(finds(&alice, "swordfish").await.len(), 1);
    alice.asks("channel_message_edit", json!({"id": id, "index": 1, "content": "the password is secret"})).await;
    let answer = alice.gets("/v1/search?q=swordfish").await;
    assert_eq!(answer["hits"], json!([]), "whether the index knows of it yet or not");
    assert_eq!(finds(&alice, "secret").await, ["the password is secret"]);
    for index in [1, 2] {
        alice.asks("channel_message_delete", json!({"id": id, "index": index})).await;
    }
    for words in ["secret", "password", "%E8%8C%B6"] {
        assert_eq!(alice.gets(&format!("/v1/search?q={words}")).await["hits"], json!([]), "{words}");
    }
    assert_eq!(finds(&alice, "secret").await, [""; 0]);
    let folder = daemon.stops().await;
    // The index has forgotten it as well.
    let mut index = std::fs::read(folder.path().join("search.db")).expect("it is there");
    index.extend(std::fs::read(folder.path().join("search.db-wal")).unwrap_or_default());
    let holds = |text: &str| index.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("what stays"), "it was written to the disk");
    assert!(!holds("swordfish") && !holds("secret") && !holds("茶"), "what was deleted is gone");
}

/// "Indexing runs behind the message path (… finished after a crash)"; the index can be thrown away.
#[tokio::test]
async fn the_index_is_finished_and_made_anew() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "before the break").await;
    assert_eq!(finds(&alice, "break").await.len(), 1);
    let (token, tea) = (alice.token.clone(), alice.id("tea"));
    let mut folder = daemon.stops().await;
    for breaks in ["behind", "missing", "damaged", "foreign"] {
        let path = folder.path().join("search.db");
        match breaks {
            "behind" => {}
            "missing" => std::fs::remove_file(&path).expect("it was there"),
            "damaged" => std::fs::write(&path, vec![7; 20_000]).expect("it can be written"),
            _ => std::fs::copy(folder.path().join("chatd.db"), &path).map(drop).expect("it can be copied"),
        }
        let daemon = Setup::on(folder).start().await;
        let mut alice = daemon.connects("alice", &token, json!({})).await;
        alice.knows("tea", &tea);
        alice.gets_shown("tea").await;
        alice.sends("tea", breaks).await;
        assert_eq!(finds(&alice, breaks).await, [breaks]);
        assert_eq!(finds(&alice, "break").await, ["before the break"], "{breaks}");
        folder = daemon.stops().await;
    }
}

/// "Search with and without marks in every script …, emoji, signs, phrases over line ends, `-word`".
#[tokio::test]
async fn marks_signs_and_emoji_are_found() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    for content in [
        "ὁ ἄνθρωπος εἶπε",
        "Ёлка стоит",
        "שָׁלוֹם לכולם",
        "قَالَ مُحَمَّدٌ",
        "Tiếng Việt ở Đà Nẵng",
        "the ﬁnal Straße in İstanbul",
        "decomposed n\u{65}\u{301}e",
        "I don’t know",
        "one line\nand the next",
        "well done 👍🏽",
        "if a >< b then 100 %",
        "green tea is hot",
        "black tea is hot",
    ] {
        alice.sends("tea", content).await;
    }
    for (words, index) in [
        ("ανθρωπος", 1),
        ("ΑΝΘΡΩΠΟΣ", 1),
        ("елка", 2),
        ("שלום", 3),
        ("محمد", 4),
        ("tieng viet", 5),
        ("da nang", 5),
        ("final", 6),
        ("STRASSE", 6),
        ("istanbul", 6),
        ("née", 7),
        ("don't", 8),
        ("\"line and\"", 9),
        ("👍", 10),
        ("👍🏽", 10),
        ("><", 11),
        ("%", 11),
        ("tea -green", 13),
        ("tea -\"black tea\"", 12),
        ("From:alice 👍", 10),
        ("“green tea”", 12),
    ] {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("q", words).finish();
        let found = searches(&alice, &query).await;
        let hits = found["hits"].as_array().expect("hits").iter().map(|hit| hit["message"]["index"].as_u64());
        assert_eq!(hits.collect::<Vec<_>>(), [Some(index)], "{words}");
    }
}

/// "Deleted accounts are found by their new name."
#[tokio::test]
async fn who_is_gone_is_found_by_their_new_name() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    bob.sends("tea", "before I go").await;
    assert_eq!(finds(&alice, "from:bob").await, ["before I go"]);
    let wish = json!({"password": crate::support::PASSWORD, "content": "keep"});
    daemon.post("/v1/account/delete", Some(&bob.token), &wish).await.done(200);
    let named = alice.history("tea", "").await["messages"][0]["handle"].as_str().expect("a handle").to_owned();
    assert!(named.starts_with("deleted-"));
    assert_eq!(finds(&alice, &format!("go from:{named}")).await, ["before I go"]);
    assert_eq!(finds(&alice, "from:bob").await, [""; 0]);
}

/// "A removed index is made anew behind the running daemon without a failed search."
#[tokio::test]
async fn an_index_that_is_removed_is_made_anew() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "found again").await;
    assert_eq!(finds(&alice, "again").await.len(), 1);
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(daemon.data().join(format!("search.db{suffix}")));
    }
    // Several at once, so that there are more of them than connections to the old file.
    let asking = (0..8).map(|_| async { daemon.get("/v1/search?q=again", &alice.token).await });
    for reply in futures_util::future::join_all(asking).await {
        assert!([200, 429].contains(&reply.status), "{}", reply.body);
    }
    soon("the new file", async {
        while !daemon.data().join("search.db").exists() {
            daemon.get("/v1/search?q=again", &alice.token).await;
        }
    })
    .await;
    assert_eq!(finds(&alice, "again").await, ["found again"]);
}

/// "Search shares its turns between accounts": who asks for very much keeps nobody else from searching.
#[tokio::test]
async fn nobody_waits_for_what_another_searches() {
    let daemon = Setup::new().with(|config| config.limits.request_rate = 0).start().await;
    let (mut mallory, mut alice) = (daemon.person("mallory").await, daemon.person("alice").await);
    mallory.joins("noise").await;
    alice.joins("tea").await;
    alice.sends("tea", "the kettle").await;
    for _ in 0..100 {
        mallory.sends("noise", &format!("{} xaab", "a".repeat(7_900))).await;
    }
    assert_eq!(finds(&alice, "kettle").await.len(), 1);
    let crafted = format!("/v1/search?q={}b", "a".repeat(499));
    let mut asking =
        (0..40).map(|_| daemon.get(&crafted, &mallory.token)).collect::<futures_util::stream::FuturesUnordered<_>>();
    let mut mine = std::pin::pin!(async {
        // On a busy machine a turn may come too late; it comes soon all the same.
        loop {
            let reply = daemon.get("/v1/search?q=kettle", &alice.token).await;
            if reply.status != 429 {
                break reply.done(200);
            }
        }
    });
    let found = loop {
        tokio::select! {
            found = &mut mine => break found,
            Some(reply) = futures_util::StreamExt::next(&mut asking) => assert!([200, 429].contains(&reply.status)),
        }
    };
    assert_eq!(found["hits"].as_array().expect("hits").len(), 1);
    // Whose turn it is among many is told by the tests of the turns themselves.
    while let Some(reply) = futures_util::StreamExt::next(&mut asking).await {
        assert!([200, 429].contains(&reply.status));
    }
}
