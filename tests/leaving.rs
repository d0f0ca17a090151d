//! Taking along what is one's own, and leaving for good.

use proto::CloseCode;
use serde_json::{Value, json};

use crate::support::{Daemon, PASSWORD, Person, Setup, contents, fresh_nonce, message, soon};

/// Everything that an export gives, part by part.
async fn exported(person: &Person) -> Vec<Value> {
    let (mut records, mut path) = (Vec::new(), "/v1/export".to_owned());
    loop {
        let part = person.gets(&path).await;
        records.extend(part["records"].as_array().expect("a list").iter().cloned());
        match part["next"].as_str() {
            Some(next) => path = format!("/v1/export?from={next}"),
            None => return records,
        }
    }
}

async fn deletes_account(daemon: &Daemon, person: &Person, content: &str) {
    let wish = json!({"password": PASSWORD, "content": content});
    daemon.post("/v1/account/delete", Some(&person.token), &wish).await.done(200);
}

/// "export of my data (JSON lines)"
#[tokio::test]
async fn everything_of_ones_own_is_exported() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    for channel in ["tea", "left"] {
        alice.joins(channel).await;
        bob.joins(channel).await;
        alice.sends(channel, &format!("hers in {channel}")).await;
        bob.sends(channel, "his").await;
    }
    let (tea, left) = (alice.id("tea"), alice.id("left"));
    let gone = alice.sends("tea", "taken back").await["index"].clone();
    alice.asks("channel_message_delete", json!({"id": tea, "index": gone})).await;
    bob.asks("channel_reaction", json!({"id": left, "index": 1, "emoji": "♥", "on": true})).await;
    alice.asks("channel_leave", json!({"id": left})).await;
    let wall = alice.asks("wall_open", json!({})).await["id"].as_str().expect("an id").to_owned();
    alice.asks("channel_message_add", message(&wall, "her post", &fresh_nonce())).await;
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    alice.asks("profile", json!({"about": "Curious."})).await;
    alice.asks("draft", json!({"id": tea, "content": "half a"})).await;
    let records = exported(&alice).await;
    let of = |kind: &str| records.iter().filter(|record| record["record"] == kind).collect::<Vec<_>>();
    let mut said: Vec<_> =
        of("message").iter().map(|record| record["message"]["content"].as_str().expect("a text")).collect();
    said.sort_unstable();
    assert_eq!(said, ["her post", "hers in left", "hers in tea"]);
    // Of a channel that she has left she gets her words, and nothing that others do there now.
    let of_left = of("message").into_iter().find(|record| record["message"]["content"] == "hers in left").cloned();
    assert!(of_left.is_some_and(|record| record["message"].get("reactions").is_none()));
    assert_eq!((&of("account")[0]["about"], &of("person")[0]["relation"]), (&json!("Curious."), &json!("asked")));
    assert_eq!((of("settings").len(), of("session").len()), (1, 1));
    assert!(
        of("channel")
            .iter()
            .any(|channel| channel["name"] == "tea" && channel["personal"]["draft"]["content"] == "half a")
    );
    assert!(
        !records
            .iter()
            .any(|record| record.to_string().contains("taken back") || record["message"]["content"] == "his")
    );
    // Somebody who was never there gets nothing, and learns of no channel by the places between parts.
    let stranger = daemon.person("carol").await;
    let begin = stranger.gets("/v1/export").await["next"].as_str().expect("a place").to_owned();
    for from in [begin, format!("{tea}.0"), format!("{wall}.1")] {
        let part = stranger.gets(&format!("/v1/export?from={from}")).await;
        assert_eq!((&part["records"], part.get("next")), (&json!([]), None), "{from}");
    }
    daemon.get("/v1/export?from=nowhere", &alice.token).await.refused(400, "malformed");
}

/// "delete my account (content removed or kept as "deleted account", by choice)": kept.
#[tokio::test]
async fn an_account_goes_and_its_words_stay_without_its_name() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    alice.sends("tea", "the kettle is on").await;
    bob.sends("tea", "thanks").await;
    let tea = bob.id("tea");
    bob.asks("channel_reaction", json!({"id": tea, "index": 1, "emoji": "♥", "on": true})).await;
    alice.asks("channel_reaction", json!({"id": tea, "index": 2, "emoji": "♥", "on": true})).await;
    alice.asks("friend_ask", json!({"handle": "bob"})).await;
    alice.asks("profile", json!({"display_name": "Alice L.", "about": "Curious."})).await;
    for wrong in [json!({"content": "keep"}), json!({"password": "not this one", "content": "keep"})] {
        daemon.post("/v1/account/delete", Some(&alice.token), &wrong).await.refused(401, "invalid_password");
    }
    for bad in [json!({"password": PASSWORD}), json!({"password": PASSWORD, "content": "burn"})] {
        daemon.post("/v1/account/delete", Some(&alice.token), &bad).await.refused(400, "malformed");
    }
    deletes_account(&daemon, &alice, "keep").await;
    assert_eq!(alice.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.get("/v1/settings", &alice.token).await.refused(401, "token_invalid");
    daemon.logs_in("alice", PASSWORD).await.refused(401, "no_such_user");
    daemon.registers("alice", PASSWORD).await.refused(409, "user_exists");
    daemon.get("/v1/users/alice", &bob.token).await.refused(404, "not_found");
    let history = bob.history("tea", "").await;
    assert_eq!(contents(&history["messages"]), ["the kettle is on", "thanks"]);
    let name = history["messages"][0]["handle"].as_str().expect("a handle");
    assert!(name.starts_with("deleted-"), "{name}");
    assert_eq!(history["messages"][1]["reactions"][0]["handles"], json!([name]));
    daemon.get(&format!("/v1/users/{name}"), &bob.token).await.refused(404, "not_found");
    let everything = [
        bob.gets("/v1/friends").await,
        bob.gets("/v1/catch-up").await,
        bob.gets("/v1/search?q=kettle").await,
        history.clone(),
    ];
    for answer in everything {
        let text = answer.to_string().to_lowercase();
        assert!(!text.contains("alice") && !text.contains("curious"), "{text}");
    }
    // A handle is never given again, also after a restart; nor is what stands for it.
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    daemon.registers("alice", PASSWORD).await.refused(409, "user_exists");
    daemon.registers("deleted-12345678", PASSWORD).await.refused(422, "invalid_handle");
}

/// The same, removed: in steps, which a restart goes on with, and told to whoever is there.
#[tokio::test]
async fn an_account_goes_with_everything_it_said() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    for number in 0..250 {
        alice.sends("tea", &format!("hers {number}")).await;
    }
    bob.sends("tea", "his").await;
    let his = json!({"id": bob.id("tea"), "index": 251, "emoji": "♥", "on": true});
    alice.asks("channel_reaction", his).await;
    let version = bob.history("tea", "").await["version"].clone();
    deletes_account(&daemon, &alice, "remove").await;
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    let bob = bob.again_at(&daemon, json!({})).await;
    soon("her words are gone", async {
        loop {
            let page = bob.history("tea", "&before=1000&limit=1000").await;
            let there = |message: &Value| !message["content"].as_str().expect("a text").is_empty();
            let messages = page["messages"].as_array().expect("a list");
            let left = messages.iter().filter(|message| there(message)).collect::<Vec<_>>();
            if left.len() == 1 && left[0].get("reactions").is_none() {
                assert_eq!((&left[0]["content"], messages.len()), (&json!("his"), 251));
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Whoever was away has all of it.
    let changed = bob.history("tea", &format!("&since={version}&limit=1000")).await;
    assert_eq!(changed["messages"].as_array().map(Vec::len), Some(251));
    assert_eq!(bob.gets("/v1/search?q=hers").await["hits"], json!([]));
}
