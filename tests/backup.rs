//! Taking a store along: a copy of its one file, backups, putting them back, looking for damage, and writing all out.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::operator::{self, House};
use crate::support::{Folder, Process, contents, soon};

/// Gives a path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}

/// "A copy of `chatd.db` alone, taken from a daemon that has been at rest for 10 s, holds everything."
#[tokio::test]
async fn the_one_file_holds_everything_soon() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "kept").await;
    let copy = Folder::new();
    let path = copy.path().join("chatd.db");
    soon("the message in the file", async {
        loop {
            std::fs::copy(house.folder.path().join("chatd.db"), &path).expect("it can be copied");
            let found = rusqlite::Connection::open(&path)
                .and_then(|store| store.query_row("SELECT content FROM message", [], |row| row.get::<_, String>(0)));
            if found.is_ok_and(|found| found == "kept") {
                break;
            }
            // Another file each time: what belongs to the last one is not to be taken for this one's.
            for suffix in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(copy.path().join(format!("chatd.db{suffix}")));
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    })
    .await;
}

/// "What a crash leaves is folded in at the start."
#[tokio::test]
async fn what_a_crash_leaves_is_in_the_file_at_the_next_start() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "kept").await;
    daemon.gets_killed().await;
    let log = folder.path().join("chatd.db-wal");
    assert!(log.metadata().expect("there is a log").len() > 0);
    let _daemon = Process::start(&folder).await;
    assert_eq!(log.metadata().expect("there is a log").len(), 0);
}

/// "`chatd backup FILE` online … into one archive"; "`restore` into an empty folder only, with a new store id".
#[tokio::test]
async fn a_backup_is_put_back_as_another_store() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "before").await;
    let shelf = Folder::new();
    let archive = shelf.path().join("chat.tar");
    let told = house.runs(&["backup", text(&archive)]).await;
    assert!(told.contains("1 account, 2 channels and 1 message"), "{told}");
    alice.sends("tea", "after").await;
    assert!(house.fails(&["backup", text(&archive)]).await.contains("File exists"));
    assert!(house.fails(&["restore", text(&archive)]).await.contains("is not empty"));

    let other = Folder::new();
    operator::runs(&other, &["restore", text(&archive)], "").await;
    let restored = Process::start(&other).await;
    let mut again = restored.connects("alice", &alice.token, json!({})).await;
    assert_ne!(again.welcome["server"]["store"], alice.welcome["server"]["store"]);
    again.knows("tea", &alice.id("tea"));
    let shown = again.gets_shown("tea").await;
    assert_eq!(contents(&shown["messages"]), ["before"]);
    assert!(operator::runs(&other, &["verify"], "").await.contains("no problems, 1 account"));
}

/// What is not whole is not put back, and nothing is left of the try.
#[tokio::test]
async fn half_a_backup_is_refused() {
    let house = House::new().await;
    let shelf = Folder::new();
    let archive = shelf.path().join("chat.tar");
    house.runs(&["backup", text(&archive)]).await;
    let whole = std::fs::read(&archive).expect("it can be read");
    let mut spoilt = whole.clone();
    spoilt[whole.len() / 2] ^= 1;
    for (name, bytes) in
        [("half", &whole[..whole.len() / 2]), ("spoilt", &spoilt), ("none", b"something else"), ("empty", b"")]
    {
        let path = shelf.path().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        let folder = Folder::new();
        let told = operator::fails(&folder, &["restore", text(&path)], "").await;
        assert!(told.contains("not a complete backup"), "{name}: {told}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0, "{name}");
    }
}

/// "`verify` checks a folder (integrity, gapless indexes, derived files)".
#[tokio::test]
async fn what_is_wrong_with_a_store_is_found() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    for content in ["one", "two", "three"] {
        alice.sends("tea", content).await;
    }
    let House { folder, daemon } = house;
    daemon.terminates();
    daemon.ends().await;
    let store = rusqlite::Connection::open(folder.path().join("chatd.db")).expect("there is a store");
    store.execute("DELETE FROM message WHERE idx = 2", []).expect("it can be changed");
    store.close().expect("it is at rest");
    std::fs::write(folder.path().join("search.db"), "no index").expect("it can be written");
    let output = operator::on(&folder, &["verify", "--json"], "").await;
    assert_eq!(output.status.code(), Some(1));
    let lines = String::from_utf8(output.stdout).expect("text");
    let problems = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["problem"].to_string());
    let problems = problems.collect::<Vec<_>>();
    assert!(problems[0].contains("channel `tea` has 2 messages up to index 3"), "{problems:?}");
    assert!(problems[1].contains("search.db"), "{problems:?}");
    assert_eq!(problems.len(), 2);
}

/// "`export` as JSON lines".
#[tokio::test]
async fn everything_is_written_out() {
    let house = House::new().await;
    let mut alice = house.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "one").await;
    let lines = house.runs(&["export"]).await;
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>();
    let kinds = lines.iter().map(|line| line["type"].as_str().expect("a kind")).collect::<Vec<_>>();
    assert_eq!(kinds, ["account", "channel", "channel", "message"]);
    assert_eq!(
        (&lines[0]["handle"], &lines[3]["content"], &lines[3]["index"]),
        (&json!("alice"), &json!("one"), &json!(1))
    );
    assert_eq!(lines[2]["members"], json!([{"handle": "alice", "role": "owner"}]));
    let all = lines.iter().map(Value::to_string).collect::<String>();
    assert!(!all.contains("argon2") && !all.contains("nonce"), "{all}");
}
