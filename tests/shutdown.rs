//! Stopping in good order, and keeping the folder to oneself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use proto::CloseCode;
use serde_json::{Value, json};

use crate::support::{DEADLINE, Door, Folder, Gate, Process, Setup, fresh_nonce, message};

/// "SIGTERM loses nothing: accepted work is committed and answered, sockets are closed with 1001, the process
/// ends within 10 s with status 0."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_under_load_loses_nothing() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mut witness = daemon.person("witness").await;
    witness.joins("tea").await;
    let mut speaking = Vec::new();
    let (started, mut under_way) = tokio::sync::mpsc::channel(1);
    for handle in ["alice", "bob", "carol"] {
        let mut speaker = daemon.person(handle).await;
        speaker.joins("tea").await;
        let started = started.clone();
        speaking.push(tokio::spawn(async move {
            let tea = speaker.id("tea");
            let mut sent = BTreeMap::new();
            let mut acknowledged = BTreeMap::new();
            // Keeps eight messages under way until the daemon says goodbye.
            let code = loop {
                while sent.len() < acknowledged.len() + 8 {
                    let nonce = fresh_nonce();
                    let reference = speaker.says("channel_message_add", message(&tea, &nonce, &nonce)).await;
                    sent.insert(reference, nonce);
                }
                let received = speaker.receives().await;
                for packet in speaker.take_waiting() {
                    let Some(reference) = packet["ref"].as_i64() else { continue };
                    assert_eq!(packet["type"], "ok", "{packet}");
                    acknowledged.insert(sent[&reference].clone(), packet["payload"]["index"].as_u64().unwrap());
                }
                if acknowledged.len() > 20 {
                    let _ = started.try_send(());
                }
                if let Err(code) = received {
                    break code;
                }
            };
            (code, acknowledged)
        }));
    }
    tokio::time::timeout(DEADLINE, under_way.recv()).await.expect("messages flow");
    let began = Instant::now();
    daemon.terminates();
    let status = daemon.ends().await;
    assert_eq!(status.code(), Some(0));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let mut acknowledged = BTreeMap::new();
    for speaker in speaking {
        let (code, of_one) =
            tokio::time::timeout(DEADLINE, speaker).await.expect("the socket ends").expect("no surprise");
        assert_eq!(code, Some(CloseCode::GoingAway));
        acknowledged.extend(of_one.into_iter().map(|(nonce, index)| (index, nonce)));
    }
    assert_eq!(witness.gets_closed().await, Some(CloseCode::GoingAway));

    let daemon = Process::start(&folder).await;
    let witness = witness.again_at(&daemon, json!({})).await;
    let mut stored = BTreeMap::new();
    let mut after = 0;
    loop {
        let page: Value = witness.history("tea", &format!("&after={after}&limit=1000")).await;
        for message in page["messages"].as_array().unwrap() {
            after = message["index"].as_u64().unwrap();
            stored.insert(after, message["content"].as_str().unwrap().to_owned());
        }
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(stored, acknowledged, "what was accepted was answered, what was answered is there");
    assert!(stored.len() > 20);
}

/// A second daemon on the same folder would break the order of its messages: it refuses to start.
#[tokio::test]
async fn a_second_daemon_on_the_folder_refuses() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let outcome = Process::start_in_vain(&folder).await;
    assert!(!outcome.status.success());
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "", "it never said that it listens");
    let said = String::from_utf8_lossy(&outcome.stderr);
    let line = said.lines().last().unwrap_or_default();
    assert!(line.contains("another chatd") && line.contains(&*folder.path().to_string_lossy()), "{said}");
    alice.sends("tea", "still here").await;
}

/// "sockets are closed with 1001" also where nothing was said yet, and an idle HTTP connection holds nobody up.
#[tokio::test]
async fn silent_peers_do_not_hold_the_daemon_up() {
    let daemon = Setup::new().start().await;
    let mut silent = daemon.wire().await;
    let mut half_a_request = daemon.raw().await;
    half_a_request.writes("GET /healthz HT").await;
    let began = Instant::now();
    daemon.stops().await;
    assert_eq!(silent.gets_closed().await, Some(CloseCode::GoingAway));
    half_a_request.reads_to_the_end().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

/// Waits until nobody new is let in, which is the first thing that a daemon does when it is to stop.
async fn is_stopping(door: Door) {
    let began = Instant::now();
    while tokio::net::TcpStream::connect(door.address()).await.is_ok() {
        assert!(began.elapsed() < DEADLINE, "the daemon does not stop");
        tokio::task::yield_now().await;
    }
}

/// "accepted work is committed and answered, sockets are closed with 1001": also when the daemon is told to stop
/// while a connection waits for a commit, with another request of the same frame behind it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_is_heard_while_answers_are_awaited() {
    for hello in [json!({"channels": []}), json!({}), json!({}), json!({})] {
        let (mut gate, setup) = Gate::before_commits();
        let daemon = setup.start().await;
        let mut alice = daemon.person("alice").await;
        alice.joins("tea").await;
        let tea = alice.id("tea");
        let mut again = alice.again(hello.clone()).await;
        drop(alice);
        gate.shut();
        let nonce = fresh_nonce();
        let frame = json!([
            {"type": "channel_message_add", "ref": 100, "payload": message(&tea, "the last word", &nonce)},
            {"type": "channel_members", "ref": 101, "payload": {"id": tea}},
        ]);
        again.sends_text(frame.to_string()).await;
        gate.commit_waits().await;
        let began = Instant::now();
        let door = *daemon;
        let opening = async {
            is_stopping(door).await;
            gate.open();
        };
        let (_, (), code) = tokio::join!(daemon.stops(), opening, again.gets_closed());
        assert_eq!(code, Some(CloseCode::GoingAway), "{hello}");
        assert!(began.elapsed() < Duration::from_secs(5), "{hello}: {:?}", began.elapsed());
        let told = again.take_waiting();
        for reference in [100, 101] {
            assert!(
                told.iter().any(|packet| packet["ref"] == reference && packet["type"] == "ok"),
                "{hello}: {told:?}"
            );
        }
    }
}

/// "the process ends within 10 s": a peer that takes nothing does not use them up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_read_holds_nobody_up() {
    let daemon = Setup::new().with(|config| config.limits.outbox_bytes = 64_000_000).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let asleep = alice.again_narrow(json!({})).await;
    for _ in 0..800 {
        alice.sends("tea", &"z".repeat(7_900)).await;
        alice.take_waiting();
    }
    let began = Instant::now();
    let (_, code) = tokio::join!(daemon.stops(), alice.gets_closed());
    assert_eq!(code, Some(CloseCode::GoingAway));
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    drop(asleep);
}
