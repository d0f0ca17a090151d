//! A disk that is slow, full, or lies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use chatd::store::CommitFault;
use serde_json::json;

use crate::support::{Gate, PASSWORD, Setup, contents, fresh_nonce, message};

/// "`ok` for a message … is sent, and the event broadcast, after it is committed to disk (fsync)."
#[tokio::test]
async fn a_slow_disk_delays_the_answer_and_the_event() {
    let (mut gate, setup) = Gate::before_commits();
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut carol = daemon.person("carol").await;
    for person in [&mut alice, &mut bob, &mut carol] {
        person.joins("tea").await;
    }
    let tea = alice.id("tea");
    gate.shut();
    let reference = alice.says("channel_message_add", message(&tea, "slowly", "n1")).await;
    gate.commit_waits().await;

    // Typing needs no disk: what comes before it came without the commit.
    carol.asks("channel_user_update", json!({"id": tea, "member": {"typing": true}})).await;
    let here = std::panic::Location::caller();
    let typing = |packet: &serde_json::Value| packet["payload"]["member"]["typing"] == true;
    for person in [&mut alice, &mut bob] {
        let heard = person.everything_before(here, "carol's typing", typing).await;
        let early = heard.iter().find(|packet| packet["type"] == "channel_message_add" || packet["ref"] == reference);
        assert!(early.is_none(), "{early:?}");
    }
    let page = bob.history("tea", "").await;
    assert_eq!(page["messages"], json!([]), "what is not committed is not read either");
    gate.open();
    assert_eq!(alice.answer(reference).await.expect("it is stored now")["index"], 1);
    bob.sees("tea", "slowly").await;
}

const WORKS: u8 = 0;
const FULL: u8 = 1;
const LIES: u8 = 2;

/// A disk whose state the story sets.
fn disk() -> (Arc<AtomicU8>, Setup) {
    let state = Arc::new(AtomicU8::new(WORKS));
    let setup = Setup::new().before_commit({
        let state = state.clone();
        move || match state.load(Ordering::SeqCst) {
            FULL => Err(CommitFault::Full),
            LIES => Err(CommitFault::Sync),
            _ => Ok(()),
        }
    });
    (state, setup)
}

/// "`storage_full` … 507", and the daemon goes on: "clear error …, no corrupt row, recovers" (F9).
#[tokio::test]
async fn a_full_disk_is_an_answer() {
    let (state, setup) = disk();
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    alice.sends("tea", "before").await;
    state.store(FULL, Ordering::SeqCst);
    let packet = message(&tea, "too much", "n1");
    alice.gets_refused("channel_message_add", packet.clone(), "storage_full").await;
    alice.gets_refused("channel_topic", json!({"id": tea, "topic": "full"}), "storage_full").await;
    alice.gets_refused("channel_join", json!({"name": "new"}), "storage_full").await;
    daemon.registers("carol", PASSWORD).await.refused(507, "storage_full");
    daemon.logs_in("alice", PASSWORD).await.refused(507, "storage_full");
    assert_eq!(contents(&alice.history("tea", "").await["messages"]), ["before"], "reading goes on");

    state.store(WORKS, Ordering::SeqCst);
    let sent = alice.asks("channel_message_add", packet).await;
    assert_eq!(sent["index"], 2, "what was refused has left no gap and no nonce");
    bob.sees("tea", "before").await;
    let heard = bob.hears_before("tea", "too much").await;
    assert!(
        heard.iter().all(|packet| packet["type"] != "channel_message_add" && packet["type"] != "channel_update"),
        "{heard:?}"
    );
    daemon.registers("carol", PASSWORD).await.done(201);
}

/// "When fsync fails nothing is acknowledged and the daemon stops saying why."
#[tokio::test]
async fn a_disk_that_lies_ends_the_daemon() {
    let (state, setup) = disk();
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let tea = alice.id("tea");
    for content in ["one", "two", "three"] {
        alice.sends("tea", content).await;
    }
    state.store(LIES, Ordering::SeqCst);
    let mut unacknowledged = Vec::new();
    for content in ["four", "five"] {
        let packet = message(&tea, content, &fresh_nonce());
        alice.says("channel_message_add", packet.clone()).await;
        unacknowledged.push(packet);
    }
    let (reason, folder) = daemon.fails().await;
    assert!(reason.contains("fsync"), "it says why: {reason}");
    for person in [&mut alice, &mut bob] {
        person.gets_closed().await;
        for packet in person.take_waiting() {
            assert!(
                packet["type"] != "ok" && !packet.to_string().contains("four") && !packet.to_string().contains("five"),
                "{packet}"
            );
        }
    }

    let daemon = Setup::on(folder).start().await;
    let mut alice = alice.again_at(&daemon, json!({})).await;
    assert_eq!(contents(&alice.history("tea", "").await["messages"]), ["one", "two", "three"]);
    for (packet, index) in unacknowledged.into_iter().zip(4..) {
        assert_eq!(alice.asks("channel_message_add", packet).await["index"], index);
    }
}
