//! What is deleted is gone from the disk too.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Daemon, Folder, PASSWORD, Person, Process};

/// Tells in which files of a folder a text stands.
fn stands_in(folder: &Path, text: &str) -> Vec<String> {
    let found = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    let files = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.is_file() && found(path)).map(|path| path.display().to_string()).collect()
}

/// Waits until texts stand in no file; "10 s after" is the promise, the rest is for a busy machine.
async fn are_gone(folder: &Path, texts: &[&str]) {
    let began = Instant::now();
    loop {
        let left = texts.iter().flat_map(|text| stands_in(folder, text)).collect::<Vec<_>>();
        if left.is_empty() {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "{left:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until words are found, so that they stand in the index.
async fn is_indexed(person: &Person, word: &str) {
    while person.gets(&format!("/v1/search?q={word}")).await["hits"].as_array().is_none_or(Vec::is_empty) {
        tokio::task::yield_now().await;
    }
}

/// "10 s after a deletion has run (message, edit, draft; a whole channel or account: after its removal …) its text is in no
/// file of the daemon".
#[tokio::test]
async fn what_is_deleted_leaves_every_file() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    for person in [&mut alice, &mut bob] {
        person.joins("plaza").await;
    }
    alice.creates("vault", "private").await;
    let (plaza, vault) = (alice.id("plaza"), alice.id("vault"));
    for number in 0..200 {
        alice.sends("plaza", &format!("filler number {number} of many")).await;
    }
    let deleted = alice.sends("plaza", "xylophone-deleted").await["index"].clone();
    let edited = alice.sends("plaza", "xylophone-edited").await["index"].clone();
    alice.sends("vault", "xylophone-channel").await;
    bob.sends("plaza", "xylophone-account").await;
    alice.asks("draft", json!({"id": plaza, "content": "xylophone-draft"})).await;
    alice.asks("presence", json!({"status": "xylophone-status"})).await;
    alice.asks("profile", json!({"about": "xylophone-about"})).await;
    bob.asks("profile", json!({"about": "xylophone-profile", "display_name": "xylophone-name"})).await;
    for word in ["xylophone-deleted", "xylophone-edited", "xylophone-channel", "xylophone-account"] {
        let person = if word.ends_with("channel") { &alice } else { &bob };
        is_indexed(person, word).await;
    }
    let folder = daemon.data().to_owned();
    assert!(!stands_in(&folder, "xylophone-deleted").is_empty(), "it is looked for in the right place");

    alice.asks("channel_message_delete", json!({"id": plaza, "index": deleted})).await;
    alice.asks("channel_message_edit", json!({"id": plaza, "index": edited, "content": "nothing"})).await;
    alice.asks("channel_delete", json!({"id": vault})).await;
    alice.asks("draft", json!({"id": plaza, "content": ""})).await;
    alice.asks("presence", json!({"status": ""})).await;
    alice.asks("profile", json!({"about": ""})).await;
    let gone = json!({"password": PASSWORD, "content": "remove"});
    daemon.post("/v1/account/delete", Some(&bob.token), &gone).await.done(200);
    are_gone(&folder, &["xylophone"]).await;
    // So does what was said in a private channel that its last member leaves.
    alice.creates("shed", "private").await;
    alice.sends("shed", "xylophone-shed").await;
    is_indexed(&alice, "xylophone-shed").await;
    let shed = json!({"id": alice.id("shed")});
    alice.asks("channel_leave", shed).await;
    are_gone(&folder, &["xylophone"]).await;
    // What was said besides is there.
    assert!(!stands_in(&folder, "filler number 7 of many").is_empty());
}

/// The same when the daemon is killed right after the deletion was acknowledged.
#[tokio::test]
async fn what_is_deleted_leaves_every_file_after_a_crash() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mut alice = daemon.person("alice").await;
    alice.joins("plaza").await;
    alice.sends("plaza", "xylophone-deleted").await;
    is_indexed(&alice, "xylophone-deleted").await;
    let first = json!({"id": alice.id("plaza"), "index": 1});
    alice.asks("channel_message_delete", first).await;
    daemon.gets_killed().await;
    assert!(!stands_in(folder.path(), "xylophone").is_empty(), "the crash came before it was gone");
    let daemon = Process::start(&folder).await;
    are_gone(folder.path(), &["xylophone"]).await;
    drop(daemon);
}
