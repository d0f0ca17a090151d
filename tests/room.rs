//! Bounds of what is stored: of one account, of the store, of the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chatd::store::CommitFault;
use serde_json::json;

use crate::support::{Daemon, PASSWORD, Setup, contents, fresh_nonce, message};

fn says(id: &str, content: &str) -> serde_json::Value {
    message(id, content, &fresh_nonce())
}

/// "Bytes stored per account": what is deleted makes room; nobody else is kept from anything.
#[tokio::test]
async fn an_account_stores_so_much() {
    let setup = Setup::new().with(|config| {
        config.limits.account_bytes = 3_000;
        config.limits.guest_bytes = 500;
    });
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    let long = "x".repeat(1_300);
    alice.asks("channel_message_add", says(&tea, &long)).await;
    alice.asks("channel_message_add", says(&tea, &long)).await;
    alice.gets_refused("channel_message_add", says(&tea, &long), "storage_full").await;
    alice
        .gets_refused(
            "channel_message_edit",
            json!({"id": tea, "index": 1, "content": "x".repeat(2_000)}),
            "storage_full",
        )
        .await;
    alice.asks("channel_message_edit", json!({"id": tea, "index": 1, "content": "short"})).await;
    alice.asks("channel_message_delete", json!({"id": tea, "index": 2})).await;
    bob.sends("tea", "I may").await;

    // It is known after a restart, too.
    let folder = daemon.stops().await;
    let setup = Setup::on(folder).with(|config| config.limits.account_bytes = 1_700);
    let daemon = setup.start().await;
    let mut alice = daemon.connects("alice", &alice.token, json!({})).await;
    alice.asks("channel_message_add", says(&tea, &long)).await;
    alice.gets_refused("channel_message_add", says(&tea, &long), "storage_full").await;
    let daemon = Setup::on(daemon.stops().await).with(|config| config.limits.account_bytes = 0).start().await;
    let mut alice = daemon.connects("alice", &alice.token, json!({})).await;
    alice.asks("channel_message_add", says(&tea, &long)).await;
}

/// "Bytes stored … in all": nothing new is stored; signing in and out, ending sessions and deleting go on.
#[tokio::test]
async fn a_full_store_lets_people_end_things() {
    let daemon = Setup::new().start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let id = alice.id("tea");
    alice.asks("channel_message_add", message(&id, "one", "n1")).await;
    let other = daemon.logs_in("alice", PASSWORD).await.done(200)["token"].as_str().expect("a token").to_owned();
    let daemon = Setup::on(daemon.stops().await).with(|config| config.limits.store_bytes = 1).start().await;
    let tea = alice.id("tea");
    let mut alice = daemon.connects("alice", &alice.token, json!({})).await;
    alice.knows("tea", &tea);
    alice.gets_refused("channel_message_add", says(&tea, "two"), "storage_full").await;
    // What is stored already is told again, so that nobody sends it twice.
    assert_eq!(alice.asks("channel_message_add", message(&tea, "one", "n1")).await["index"], 1);
    daemon.registers("bob", PASSWORD).await.refused(507, "storage_full");
    assert_eq!(daemon.figure("chatd_storage_full").await, 1);
    daemon.logs_in("alice", PASSWORD).await.done(200);
    daemon.post("/v1/logout", Some(&other), &json!({})).await.done(200);
    daemon.get("/v1/channels", &other).await.refused(401, "token_invalid");
    alice.asks("session_end", json!({"others": true})).await;
    alice.asks("channel_message_delete", json!({"id": tea, "index": 1})).await;
    assert_eq!(contents(&alice.history("tea", "").await["messages"]), [""]);
}

/// "A full disk … say so once …, in `/metrics` …, and again when it is over."
#[tokio::test]
async fn a_full_disk_is_seen_from_outside() {
    let is_full = Arc::new(AtomicBool::new(false));
    let full = is_full.clone();
    let fault = move || if full.load(Ordering::SeqCst) { Err(CommitFault::Full) } else { Ok(()) };
    let daemon: Daemon = Setup::new().before_commit(fault).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    assert_eq!(daemon.figure("chatd_storage_full").await, 0);
    is_full.store(true, Ordering::SeqCst);
    alice.gets_refused("channel_message_add", says(&tea, "one"), "storage_full").await;
    alice.gets_refused("channel_message_add", says(&tea, "one"), "storage_full").await;
    assert_eq!(daemon.figure("chatd_storage_full").await, 1);
    is_full.store(false, Ordering::SeqCst);
    alice.asks("channel_message_add", says(&tea, "one")).await;
    alice.asks("channel_message_add", says(&tea, "two")).await;
    assert_eq!(daemon.figure("chatd_storage_full").await, 0);
}
