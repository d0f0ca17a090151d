//! Bounds of what is stored: of one account, of the store, of the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chatd::store::CommitFault;
use serde_json::json;

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::support::{Daemon, Folder, PASSWORD, Process, Setup, contents, fresh_nonce, message, operator, soon};

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

/// Gives how many descriptors a process has, and the highest number of them.
fn descriptors(process: u32) -> (u64, u64) {
    let entries = std::fs::read_dir(format!("/proc/{process}/fd")).expect("it runs");
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
    numbers.fold((0, 0), |(count, highest), number| (count + 1, highest.max(number)))
}

/// Says how many descriptors a process may have.
fn may_have(process: u32, limit: Rlimit) -> Rlimit {
    let pid = i32::try_from(process).ok().and_then(Pid::from_raw);
    let most = std::fs::read_to_string(format!("/proc/{process}/limits")).expect("it runs");
    let most = most.lines().find(|line| line.starts_with("Max open files")).expect("the kernel tells it");
    let most = most.split_whitespace().nth(4).and_then(|hard| hard.parse().ok());
    prlimit(pid, Resource::Nofile, Rlimit { maximum: most, ..limit }).expect("it is one's own process")
}

/// "Exhausted descriptors say so once in the log … and `status`, and again when it is over": the operator gets in.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn descriptors_that_are_used_up_are_told_once() {
    let folder = Folder::new();
    let daemon = Process::start_with(&folder, &[("CHATD_LIMITS__CONNECTIONS_PER_ACCOUNT", "0")]).await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    let troubles = async || {
        let data = folder.path().to_str().expect("a plain name");
        let status = operator(&folder, &["status", "--json", "--data", data], "").await;
        let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
        status["troubles"].to_string()
    };
    assert_eq!(troubles().await, "[]");

    // All numbers up to the highest are taken, and there are no more.
    let process = daemon.process_id();
    let mut more = Vec::new();
    while let (open, highest) = descriptors(process)
        && open <= highest
    {
        more.push(daemon.connects("alice", &alice.token, json!({"channels": []})).await);
    }
    let before = may_have(process, Rlimit { current: Some(descriptors(process).0), maximum: None });
    let door = *daemon;
    let newcomer = tokio::spawn(async move { door.registers("carol", PASSWORD).await });
    // The daemon finds it out as soon as somebody comes.
    soon("a word in the status", async { while !troubles().await.contains("cannot accept connections") {} }).await;
    alice.sends("tea", "still here").await;
    bob.sees("tea", "still here").await;

    may_have(process, before);
    newcomer.await.expect("it goes on").done(201);
    assert_eq!(troubles().await, "[]");
    let log = std::fs::read_to_string(folder.path().join("story.log")).expect("the log can be read");
    let times = |what: &str| log.matches(what).count();
    assert_eq!((times("cannot accept connections"), times("accepting connections again")), (1, 1), "{log}");
}
