//! The loop of a connection over a pipe in memory: what it owes in time, in which order it answers, when it ends.

mod peer;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use proto::{CloseCode, Ref, RenewToken, ServerPacket, SetPresence};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;

use super::{DEAD_AFTER, PING_AFTER};
use crate::config::Config;
use peer::{Peer, TestDaemon, says, types};

/// Room for everything that a test does not read.
const ROOMY: usize = 1_048_576;

/// Stops the clock of the runtime at a moment when the peer has just been heard.
async fn heard_now(peer: &mut Peer) -> Instant {
    tokio::time::pause();
    peer.socket.send(Frame::Ping(Default::default())).await.unwrap();
    assert!(matches!(peer.socket.next().await, Some(Ok(Frame::Pong(_)))));
    Instant::now()
}

/// Timers of the runtime count milliseconds, and may be one late.
#[track_caller]
fn assert_passed(since: Instant, expected: Duration) {
    let passed = since.elapsed();
    assert!((expected..=expected + Duration::from_millis(2)).contains(&passed), "{passed:?}, not {expected:?}");
}

#[tokio::test]
async fn a_silent_peer_is_asked_once_and_then_given_up() {
    let house = TestDaemon::start(Config::default());
    let (_, [alice]) = house.channel_of(["alice"]).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    let heard = heard_now(&mut alice).await;
    // Read below the library, which would answer.
    let mut ping = [0; 2];
    alice.socket.get_mut().read_exact(&mut ping).await.unwrap();
    assert_eq!(ping, [0x89, 0]);
    assert_passed(heard, PING_AFTER);
    assert_eq!(alice.socket.get_mut().read(&mut ping).await.unwrap(), 0, "it is cut without a word");
    assert_passed(heard, DEAD_AFTER);
}

#[tokio::test]
async fn a_peer_that_answers_stays() {
    let house = TestDaemon::start(Config::default());
    let (_, [alice]) = house.channel_of(["alice"]).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    let mut heard = heard_now(&mut alice).await;
    for _ in 0..10 {
        assert!(matches!(alice.socket.next().await, Some(Ok(Frame::Ping(_)))));
        let silent = heard.elapsed();
        assert!((PING_AFTER..DEAD_AFTER).contains(&silent), "{silent:?}");
        // The library writes its answer when it is used next.
        alice.socket.flush().await.unwrap();
        heard = Instant::now();
    }
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_requests() {
    let house = TestDaemon::start(Config::default());
    let (channel, [alice]) = house.channel_of(["alice"]).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    let elsewhere = "c-nowhere".parse().unwrap();
    house.disk.hold();
    alice.asks([says(channel, "one"), types(channel), says(elsewhere, "lost"), says(channel, "two")]).await;
    alice.asks([RenewToken {}.into(), SetPresence::default().into(), says(channel, "three")]).await;
    house.disk.release();
    let answers = alice.answers(7).await;
    let expected = [(2, true), (3, true), (4, false), (5, true), (6, true), (7, true), (8, true)];
    assert_eq!(answers, expected.map(|(number, is_done)| (Ref::Number(number), is_done)));
}

#[tokio::test]
async fn typing_and_messages_do_not_wait_for_the_disk() {
    let house = TestDaemon::start(Config::default());
    let (channel, [alice, bob]) = house.channel_of(["alice", "bob"]).await;
    let mut bob = house.connect(&bob, ROOMY).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    house.disk.hold();
    alice.asks([says(channel, "one"), says(channel, "two"), types(channel)]).await;
    bob.event(|event| matches!(event, ServerPacket::ChannelUserUpdate(_)).then_some(())).await;
    house.disk.release();
    for expected in ["one", "two"] {
        assert_eq!(bob.event(content_of).await, expected);
    }
}

#[tokio::test]
async fn what_comes_behind_another_request_waits_until_that_is_answered() {
    let house = TestDaemon::start(Config::default());
    let (channel, [alice, bob]) = house.channel_of(["alice", "bob"]).await;
    let mut bob = house.connect(&bob, ROOMY).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    house.disk.hold();
    alice.asks([says(channel, "one"), RenewToken {}.into(), types(channel)]).await;
    // The connection's task has every chance to go ahead.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    house.disk.release();
    let first = bob.event(|event| match event {
        ServerPacket::MessageAdd(_) => Some("message"),
        ServerPacket::ChannelUserUpdate(_) => Some("typing"),
        _ => None,
    });
    assert_eq!(first.await, "message");
}

#[tokio::test]
async fn a_peer_that_reads_nothing_is_too_slow() {
    let mut config = Config::default();
    config.limits.outbox_bytes = 8_192;
    let house = TestDaemon::start(config);
    let (channel, [alice, bob]) = house.channel_of(["alice", "bob"]).await;
    let mut bob = house.connect(&bob, 256).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    let mut sent = 0;
    while house.daemon.hub.spared.closed.get() == 0 {
        sent += 1;
        alice.asks([says(channel, &format!("{sent} {}", "x".repeat(2_000)))]).await;
        assert_eq!(alice.answers(1).await.len(), 1);
        assert!(sent < 50, "the outbox has an end");
    }
    let code = loop {
        if let Frame::Close(frame) = bob.socket.next().await.expect("it ends with a reason").unwrap() {
            break frame.map(|frame| (u16::from(frame.code), frame.reason.to_string()));
        }
    };
    assert_eq!(code, Some((CloseCode::TooSlow.number(), "too slow".to_owned())));
    alice.asks([says(channel, "others go on")]).await;
    assert!(alice.answers(1).await[0].1);
}

#[tokio::test]
async fn a_daemon_that_stops_answers_first_and_says_goodbye() {
    let house = TestDaemon::start(Config::default());
    let (channel, [alice]) = house.channel_of(["alice"]).await;
    let mut alice = house.connect(&alice, ROOMY).await;
    house.disk.hold();
    alice.asks([says(channel, "one")]).await;
    tokio::task::yield_now().await;
    house.daemon.hub.stop();
    house.disk.release();
    let mut came = Vec::new();
    while let Some(Ok(frame)) = alice.socket.next().await {
        came.push(match frame {
            Frame::Text(text) if text.contains(r#""type":"ok""#) => "answer",
            Frame::Text(text) if text.contains(r#""type":"goodbye""#) => "goodbye",
            Frame::Close(_) => "close",
            _ => continue,
        });
    }
    assert_eq!(came, ["answer", "goodbye", "close"]);
}

fn content_of(event: ServerPacket) -> Option<String> {
    match event {
        ServerPacket::MessageAdd(added) => Some(added.message.content),
        _ => None,
    }
}

#[test]
fn the_peer_is_asked_well_before_it_is_given_up() {
    assert!(PING_AFTER * 2 < DEAD_AFTER);
    assert_eq!((PING_AFTER, DEAD_AFTER), (Duration::from_secs(30), Duration::from_secs(75)), "docs/protocol.md");
}
