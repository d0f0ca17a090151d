//! What is saved on the client's machine, when the disk is full or the server has other data than before.

use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::operator::{self, House};
use crate::support::{Daemon, Folder, Key, Link, PASSWORD, Process, Screen, client_binary, contents};

/// "A full disk": what is written stays on the screen, a line says that it is not saved, and it is when there is room again.
#[tokio::test]
async fn a_full_disk_loses_nothing_that_is_on_the_screen() {
    let client = client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let link = Link::to(daemon.address());
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    // A file that may not grow says so, as a full disk does, to a program that ignores the signal that comes with it.
    let wrapped = "trap '' XFSZ; exec \"$0\" \"$@\"";
    let client = client.to_str().expect("the path is text");
    let (server, shell) = (link.url(), Path::new("/bin/sh"));
    let flags = ["-c", wrapped, client, "--server", &server, "--user", "alice", "--password", PASSWORD, "--register"];
    let mut alice = Screen::open_program(shell, &home, home.path(), &flags);
    alice.shows("> Message #lobby");
    link.breaks();
    alice.shows("Offline");
    alice.limits_files(Some(0));
    alice.enters("written on a full disk");
    alice.shows("Not saved on this machine");
    alice.shows("written on a full disk");
    alice.limits_files(None);
    alice.enters("written when there was room");
    alice.hides("Not saved on this machine");
    alice.is_signalled(Signal::KILL);
    alice.ends();

    let mut alice = Screen::open_at_home(&home, 80, 24, &["--server", &server]);
    alice.shows("written when there was room");
    link.mends();
    let texts = ["written on a full disk", "written when there was room"];
    for text in texts {
        bob.sees("lobby", text).await;
    }
    let said = bob.history("lobby", "").await["messages"].clone();
    assert_eq!(contents(&said), texts, "each once");
    alice.presses(Key::Ctrl('q'));
}

/// A disk that is full already at the start: what was read is there, what was unsent waits for room.
#[tokio::test]
async fn a_disk_that_is_full_at_the_start_still_shows_what_was_read() {
    let client = client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    bob.sends("lobby", "read before").await;
    let link = Link::to(daemon.address());
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let server = link.url();
    let flags = ["--server", &server, "--user", "alice", "--password", PASSWORD, "--register"];
    let mut alice = Screen::open_at_home(&home, 80, 24, &flags);
    alice.shows("read before");
    link.breaks();
    alice.shows("Offline");
    alice.enters("written offline");
    alice.shows("Will be sent when you are back online");
    alice.presses(Key::Ctrl('q'));
    alice.presses(Key::Ctrl('q'));
    alice.ends();

    let wrapped = "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\"";
    let flags = ["-c", wrapped, client.to_str().expect("the path is text"), "--server", &server];
    let mut alice = Screen::open_program(Path::new("/bin/sh"), &home, home.path(), &flags);
    alice.shows("read before");
    alice.shows("Not saved on this machine");
    link.mends();
    alice.hides("Offline");
    alice.enters("written on a full disk");
    bob.sees("lobby", "written on a full disk").await;
    alice.shows("alice · ");
    alice.hides("Sending");
    alice.presses(Key::Ctrl('q'));
    alice.ends();

    let mut alice = Screen::open_at_home(&home, 80, 24, &["--server", &server]);
    bob.sees("lobby", "written offline").await;
    alice.shows("written offline");
    alice.presses(Key::Ctrl('q'));
}

/// "Another server store": a client drops what it has saved of the one before, and keeps what was written.
#[tokio::test]
async fn a_server_that_was_put_back_from_a_backup_has_its_own_past() {
    client_binary();
    let house = House::new().await;
    let mut bob = house.person("bob").await;
    bob.joins("lobby").await;
    bob.sends("lobby", "before the backup").await;
    let link = Link::to(house.address());
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let server = link.url();
    let flags = ["--server", &server, "--user", "alice", "--password", PASSWORD, "--register"];
    let mut alice = Screen::open_at_home(&home, 100, 30, &flags);
    alice.shows("before the backup");
    let shelf = Folder::new();
    let archive = shelf.path().join("chat.tar");
    house.runs(&["backup", archive.to_str().expect("the path is text")]).await;
    bob.sends("lobby", "after the backup").await;
    alice.shows("after the backup");
    link.breaks();
    alice.shows("Offline");
    alice.enters("written offline");
    alice.shows("Will be sent when you are back online");
    alice.types("half a thought");
    alice.shows("> half a thought");
    alice.presses(Key::Ctrl('q'));
    alice.presses(Key::Ctrl('q'));
    alice.ends();

    let other = Folder::new();
    operator::runs(&other, &["restore", archive.to_str().expect("the path is text")], "").await;
    let restored = Process::start(&other).await;
    let lobby = bob.id("lobby");
    let mut bob = restored.connects("bob", &bob.token, json!({})).await;
    let alice = Screen::open_at_home(&home, 100, 30, &["--server", &server]);
    alice.shows("after the backup");
    link.leads_to(restored.address());
    link.mends();
    bob.knows("lobby", &lobby);
    bob.sees("lobby", "written offline").await;
    alice.hides("after the backup");
    alice.shows("before the backup");
    alice.shows("> half a thought");
    drop(alice);

    // Nothing of the other past is left at the next start.
    link.breaks();
    let alice = Screen::open_at_home(&home, 100, 30, &["--server", &server]);
    alice.shows("written offline");
    alice.shows("before the backup");
    assert!(!alice.text().contains("after the backup"), "{}", alice.text());
}
