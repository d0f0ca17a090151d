//! Somebody who does not read, and nobody who notices.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Setup, fresh_nonce, message};

/// "Each connection has an outbox bounded in bytes; one that does not drain is closed with 4008 and resumes
/// later" and "4008 too slow (best effort: a full socket may just be cut)".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_sleeps_is_cut_and_catches_up() {
    const MESSAGES: u64 = 400;
    let daemon = Setup::new().with(|config| config.limits.outbox_bytes = 65_536).start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut sloth = daemon.person("sloth").await;
    alice.joins("flood").await;
    bob.joins("flood").await;
    let mut known = sloth.joins("flood").await["version"].as_u64().unwrap();
    let flood = alice.id("flood");
    let mut asleep = sloth.again_narrow(json!({"resume": {flood.as_str(): known}})).await;
    asleep.event_of("channel_resume", &flood).await;
    drop(sloth);

    let content = "x".repeat(7_990);
    let mut slowest = Duration::ZERO;
    for number in 1..=MESSAGES {
        let began = Instant::now();
        let sent =
            alice.asks("channel_message_add", message(&flood, &format!("{content}{number}"), &fresh_nonce())).await;
        assert_eq!(sent["index"], number);
        assert_eq!(bob.event_of("channel_message_add", &flood).await["message"]["index"], number);
        alice.event_of("channel_message_add", &flood).await;
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < Duration::from_secs(5), "others are not delayed: {slowest:?}");

    let code = asleep.gets_closed().await;
    assert!(code == 4008 || code == 1006, "{code}");
    let mut seen = Vec::new();
    let mut note = |index: u64, version: u64| {
        seen.push(index);
        version
    };
    for packet in asleep.take_waiting().iter().filter(|packet| packet["type"] == "channel_message_add") {
        let message = &packet["payload"]["message"];
        known = note(message["index"].as_u64().unwrap(), message["version"].as_u64().unwrap());
    }
    let mut awake = asleep.again(json!({"resume": {flood.as_str(): known}})).await;
    let mut page = awake.event_of("channel_resume", &flood).await;
    loop {
        for message in page["messages"].as_array().unwrap() {
            note(message["index"].as_u64().unwrap(), 0);
        }
        if page["more"] == false {
            break;
        }
        page = awake.history("flood", &format!("&since={}", page["version"])).await;
    }
    assert_eq!(seen, (1..=MESSAGES).collect::<Vec<_>>());
}
