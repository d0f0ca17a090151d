//! What one person may know of another.

use serde_json::{Value, json};

use crate::support::{Daemon, Person, soon};

async fn said_by(person: &Person, handle: &str) -> Vec<String> {
    soon("the index", async {
        loop {
            let answer = person.gets(&format!("/v1/users/{handle}/messages")).await;
            if answer["complete"] == true {
                let hits = answer["hits"].as_array().expect("a list").clone();
                let content = |hit: &Value| hit["message"]["content"].as_str().expect("a text").to_owned();
                return hits.iter().map(content).collect();
            }
            tokio::task::yield_now().await;
        }
    })
    .await
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
