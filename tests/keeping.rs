//! What somebody has written outlives whatever happens to the program: it comes back where it was, and arrives once.

use std::sync::Arc;

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Daemon, Key, Link, PASSWORD, Screen, Shell, client_binary, contents};

/// Somebody's home, in which the screen is opened again and again.
struct Desk {
    home: Arc<TempDir>,
    server: String,
}

impl Desk {
    fn at(server: &str) -> Self {
        // Nobody on a socket waits for the compiler.
        client_binary();
        Self { home: Arc::new(TempDir::new().expect("a home can be made")), server: server.to_owned() }
    }

    /// Opens the screen of whoever was here last.
    fn opens(&self) -> Screen {
        Screen::open_at_home(&self.home, 100, 30, &["--server", &self.server])
    }

    /// Opens the screen of somebody who signs up.
    fn opens_for(&self, handle: &str) -> Screen {
        let flags = ["--server", &self.server, "--user", handle, "--password", PASSWORD, "--register"];
        let screen = Screen::open_at_home(&self.home, 100, 30, &flags);
        screen.shows("> Message #lobby");
        screen
    }
}

/// "Unsent messages … over a daemon that is away, SIGHUP, SIGKILL": sent again by the next program, in their order, once.
#[tokio::test]
async fn messages_and_drafts_outlive_the_program() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let link = Link::to(daemon.address());
    let desk = Desk::at(&link.url());
    let mut alice = desk.opens_for("alice");
    link.breaks();
    alice.shows("Offline");
    alice.enters("the first");
    alice.shows("Will be sent when you are back online");
    alice.types("half a thought");
    alice.shows("> half a thought");
    alice.is_signalled(Signal::HUP);
    alice.ends();

    let mut alice = desk.opens();
    alice.shows("Offline — retrying");
    alice.shows("> half a thought");
    alice.presses(Key::Ctrl('u'));
    alice.types("/msg bob between us");
    alice.presses(Key::Enter);
    alice.shows("Message to bob");
    alice.presses(Key::Ctrl('y'));
    alice.shows("> half a thought");
    alice.is_signalled(Signal::HUP);
    alice.ends();

    link.mends();
    let mut alice = desk.opens();
    alice.shows("> half a thought");
    alice.shows("the first");
    bob.sees("lobby", "the first").await;
    let id = bob.event("channel_add").await["id"].as_str().expect("an id").to_owned();
    bob.knows("alice", &id);
    while bob.history("alice", "").await["last_index"] == 0 {
        bob.event_of("channel_message_add", &id).await;
    }
    alice.is_signalled(Signal::TERM);
    assert!(alice.ends().success());
    // Nothing is sent by the next start.
    let alice = desk.opens();
    alice.shows("> half a thought");
    assert_eq!(contents(&bob.history("lobby", "").await["messages"]), ["the first"]);
    assert_eq!(contents(&bob.history("alice", "").await["messages"]), ["between us"]);
    assert!(!alice.text().contains("sending …"));
}

/// "A lost or ended session": what was written goes out once its writer has signed in again, and the form takes no half of a
/// sentence for a password.
#[tokio::test]
async fn a_session_that_ends_takes_nothing_along() {
    let daemon = Daemon::start().await;
    let link = Link::to(daemon.address());
    let desk = Desk::at(&link.url());
    let mut alice = desk.opens_for("alice");
    link.breaks();
    alice.shows("Offline");
    alice.enters("on its way");
    alice.types("half a thought");
    alice.shows("> half a thought");
    let elsewhere = daemon.logs_in("alice", PASSWORD).await.done(200);
    let token = elsewhere["token"].as_str().expect("a token");
    let mut there = daemon.connects("alice", token, json!({})).await;
    let lobby = there.event("channel_add").await["id"].as_str().expect("an id").to_owned();
    there.knows("lobby", &lobby);
    there.asks("session_end", json!({"others": true})).await;
    link.mends();
    alice.shows("Sign in to");
    alice.types(" and more");
    alice.presses(Key::Enter);
    alice.shows("ended");
    alice.hides("•");
    alice.hides("Wrong password");
    alice.is_heard("x", "•");
    alice.presses(Key::Ctrl('c'));
    alice.hides("•");
    alice.enters(PASSWORD);
    alice.shows("> half a thought");
    there.sees("lobby", "on its way").await;
}

/// "Without a writable home the footer says so, and everything else works (`CHAT_TOKEN` alone is enough for headless
/// commands)".
#[tokio::test]
async fn nothing_has_to_be_kept() {
    let daemon = Daemon::start().await;
    let shell = Shell::of(&daemon, "alice");
    let token = daemon.logs_in("alice", PASSWORD).await.done(200)["token"].as_str().expect("a token").to_owned();
    let desk = Desk::at(&daemon.socket_url());
    // Where a folder should be is none, and none can be made, whoever one is.
    std::fs::write(desk.home.path().join(".local"), "no folder").expect("it can be written");
    let client = |arguments: &[&str]| {
        let mut command = shell.command(client_binary().to_str().expect("the path is text"));
        command.env("HOME", desk.home.path()).args(arguments);
        command
    };
    let sent = client(&["send", "lobby", "from a box"]).env("CHAT_TOKEN", &token).output().expect("it runs");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let login = client(&["login", "--user", "alice", "--password", PASSWORD]).output().expect("it runs");
    assert_eq!(login.status.code(), Some(1), "a session that is not kept is no success");
    let alice = Screen::open_at_home(
        &desk.home,
        100,
        30,
        &["--server", &desk.server, "--user", "alice", "--password", PASSWORD],
    );
    alice.shows("from a box");
    alice.shows("Not saved on this machine");
}

/// "Nothing received for 15 s while something waits leads to a ping and a reconnect": what was done meanwhile is done then.
#[tokio::test]
async fn a_dead_link_is_noticed() {
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let link = Link::to(daemon.address());
    let desk = Desk::at(&link.url());
    let mut alice = desk.opens_for("alice");
    bob.sends("lobby", "shall we?").await;
    alice.shows("shall we?");
    link.swallows();
    alice.presses(Key::Up);
    alice.shows("> r reply");
    alice.types("f");
    alice.presses(Key::Escape);
    alice.hides("> r reply");
    alice.enters("is anybody there?");
    alice.shows("Sending …");
    alice.shows("Offline");
    link.breaks();
    link.mends();
    bob.sees("lobby", "is anybody there?").await;
    let liked = bob.event("channel_message_update").await;
    assert_eq!(liked["message"]["reactions"][0]["handles"], json!(["alice"]));
}
