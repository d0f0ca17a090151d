//! Somebody who does not read, and nobody who notices.

use std::time::{Duration, Instant};

use proto::CloseCode;
use serde_json::json;

use crate::support::{Gate, Person, Setup, fresh_nonce, message};

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
    assert!(code == Some(CloseCode::TooSlow) || code.is_none(), "{code:?}");
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

/// Steps before cutting a connection that does not drain: its typing events are dropped, then its presence
/// events are merged, and only then it is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_who_sleeps_is_spared_typing_and_presence_first() {
    let setup = Setup::new().with(|config| {
        config.limits.outbox_bytes = 1_048_576;
        config.limits.request_rate = 0;
    });
    let daemon = setup.start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let mut sloth = daemon.person("sloth").await;
    alice.joins("flood").await;
    bob.joins("flood").await;
    sloth.joins("flood").await;
    let flood = alice.id("flood");
    let mut asleep = sloth.again_narrow(json!({})).await;
    asleep.gets_shown("flood").await;
    drop(sloth);
    // They only speak: connections that hear no channel.
    let mut typists = Vec::new();
    for number in 0..10 {
        let mut typist = daemon.person(&format!("typist{number}")).await;
        typist.joins("flood").await;
        typists.push(typist.again(json!({"channels": []})).await);
    }
    let mut bob = bob.again(json!({"channels": []})).await;

    let content = "x".repeat(7_990);
    let figures = ["chatd_typing_dropped_total", "chatd_presence_merged_total", "chatd_too_slow_total"];
    let mut steps = [None; 3];
    for number in 0_u64.. {
        assert!(number < 2_000, "the sleeper was never cut: {steps:?}");
        alice.sends("flood", &content).await;
        alice.take_waiting();
        if number % 4 == 0 {
            // Each in turn, so that nobody types more often than is allowed.
            let (turn, typist) = (number / 40, (number / 4 % 10) as usize);
            let typing = json!({"id": flood, "member": {"typing": turn % 2 == 0}});
            typists[typist].asks("channel_user_update", typing).await;
        }
        if steps[0].is_some() && number % 4 == 0 {
            let state = if number % 8 == 0 { "dnd" } else { "online" };
            bob.asks("presence", json!({"state": state})).await;
            tells_presence(&mut alice).await;
        }
        for (step, name) in steps.iter_mut().zip(figures) {
            if step.is_none() && daemon.figure(name).await > 0 {
                *step = Some(number);
            }
        }
        if steps[2].is_some() {
            break;
        }
    }
    let [Some(typing), Some(presence), Some(cut)] = steps else { panic!("a step was left out: {steps:?}") };
    assert!(typing < presence && presence < cut, "typing {typing}, presence {presence}, cut {cut}");
    let code = asleep.gets_closed().await;
    assert!(code == Some(CloseCode::TooSlow) || code.is_none(), "{code:?}");
}

/// Nobody who reads is too slow: not even when many messages come at once that are six times as long on the wire.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_characters_throw_nobody_out() {
    let (mut gate, setup) = Gate::before_commits();
    let daemon = setup.start().await;
    let (mut mallory, mut alice) = (daemon.person("mallory").await, daemon.person("alice").await);
    for channel in ["one", "two"] {
        mallory.joins(channel).await;
        alice.joins(channel).await;
    }
    let channels = [mallory.id("one"), mallory.id("two")];
    // Each connection may have only so much outstanding, so there are several.
    let mut speakers = Vec::new();
    for _ in 0..16 {
        speakers.push(mallory.again(json!({"channels": []})).await);
    }
    drop(mallory);
    gate.shut();
    let content = "\u{1}".repeat(7_900);
    let mut references = Vec::new();
    for (turn, speaker) in speakers.iter_mut().enumerate() {
        let said = format!("{content}{turn}");
        let packet = message(&channels[turn % 2], &said, &fresh_nonce());
        references.push(speaker.says("channel_message_add", packet).await);
        if turn == 0 {
            // The others gather behind the first.
            gate.commit_waits().await;
        }
    }
    // A reader reads all the while, whatever else the story waits for.
    let reading = tokio::spawn(async move {
        for channel in &channels {
            for _ in 0..8 {
                alice.event_of("channel_message_add", channel).await;
            }
        }
    });
    gate.open();
    for (speaker, reference) in speakers.iter_mut().zip(references) {
        speaker.answer(reference).await.expect("stored");
    }
    reading.await.expect("alice gets every message");
    assert_eq!(daemon.figure("chatd_too_slow_total").await, 0);
}

/// Waits until somebody's presence was told; what else came is dropped.
async fn tells_presence(person: &mut Person) {
    person.event("presence_update").await;
    person.take_waiting();
}
