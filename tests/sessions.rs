//! One's own sessions: which there are, when each was used, and ending them.

use proto::CloseCode;
use serde_json::{Value, json};

use crate::support::{Daemon, PASSWORD, Setup};

/// "list and end sessions with device and last use".
#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let bob = daemon.person("bob").await;
    let opens = async |device: &str| {
        let credentials = json!({"handle": "alice", "password": PASSWORD, "device": device});
        let session = daemon.post("/v1/login", None, &credentials).await.done(200);
        session["token"].as_str().expect("a token").to_owned()
    };
    let (phone, tablet) = (opens("phone").await, opens("tablet").await);
    let mut on_phone = daemon.connects("alice", &phone, json!({"client": "pocket 2.0"})).await;
    let list = alice.gets("/v1/sessions").await;
    let of = |device: &str| {
        let sessions = list["sessions"].as_array().expect("a list");
        sessions.iter().find(|session| session["device"] == device).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(3), "{list}");
    assert_eq!((&of("phone")["client"], &of("phone")["connections"]), (&json!("pocket 2.0"), &json!(1)));
    assert!(of("tablet").get("client").is_none() && of("tablet")["connections"] == 0);
    assert_eq!(of("tablet")["last_used"], of("tablet")["created"], "it was never used");
    let current = list["sessions"].as_array().expect("a list").iter().filter(|session| session["current"] == true);
    assert_eq!(current.count(), 1);
    // Nobody ends or sees those of others.
    let id = of("phone")["id"].as_str().expect("an id").to_owned();
    let mut mallory = bob.again(json!({})).await;
    mallory.gets_refused("session_end", json!({"id": id}), "not_found").await;
    assert!(!bob.gets("/v1/sessions").await.to_string().contains(&id));
    for bad in [json!({}), json!({"id": id, "others": true})] {
        alice.gets_refused("session_end", bad, "malformed").await;
    }
    alice.asks("session_end", json!({"id": id})).await;
    assert_eq!(on_phone.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.get("/v1/settings", &phone).await.refused(401, "token_invalid");
    daemon.get("/v1/settings", &tablet).await.done(200);
    alice.asks("session_end", json!({"others": true})).await;
    daemon.get("/v1/settings", &tablet).await.refused(401, "token_invalid");
    assert_eq!(alice.gets("/v1/sessions").await["sessions"].as_array().map(Vec::len), Some(1));
}

/// When a session was used outlives the daemon.
#[tokio::test]
async fn the_last_use_is_remembered() {
    let daemon = Daemon::start().await;
    let alice = daemon.person("alice").await;
    let mut again = alice.again(json!({"client": "teatime 1"})).await;
    again.asks("presence", json!({})).await;
    let before = alice.gets("/v1/sessions").await["sessions"][0].clone();
    let folder = daemon.stops().await;
    let daemon = Setup::on(folder).start().await;
    let after = daemon.get("/v1/sessions", &alice.token).await.done(200)["sessions"][0].clone();
    assert_eq!(after["client"], "teatime 1");
    assert!(after["last_used"].as_i64() >= before["last_used"].as_i64() && before["last_used"].is_i64(), "{after}");
}
