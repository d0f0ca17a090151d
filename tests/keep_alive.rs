//! The client keeps the connection that its requests go over, and loses nothing when somebody closes it.

use crate::support::{Daemon, Key, PASSWORD, Relay, Screen, Shell, json_lines};

/// Somebody who has signed up over a relay, so that the server is known already, and is in the lobby.
fn alice_behind(relay: &Relay) -> Shell {
    let alice = Shell::on(&relay.url());
    alice.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    alice.runs(&["join", "lobby"]);
    relay.counted();
    alice
}

/// "An open connection may idle as long between two requests": a person who looks around needs few.
#[tokio::test]
async fn pages_share_connections() {
    let daemon = Daemon::start().await;
    let relay = Relay::to(daemon.address());
    let alice = alice_behind(&relay);
    let mut screen = Screen::open_at_home(&alice.home, 120, 36, &["--server", &relay.url()]);
    screen.shows("> Message #lobby");
    let pages = [
        (Key::Alt('l'), "─ Channels "),
        (Key::Function(2), "─ Home "),
        (Key::Function(3), "─ Friends "),
        (Key::Function(4), "─ Settings "),
    ];
    for (key, title) in pages {
        screen.presses(key);
        screen.shows(title);
        screen.types("\x1b");
        screen.hides(title);
    }
    screen.enters("/sessions");
    screen.shows("─ Sessions — 1 ");
    let (connections, requests) = relay.counted();
    assert!(requests.len() >= 6, "{requests:?}");
    // A person who looks around slowly meets connections that are closed by then.
    assert!(connections + 3 <= requests.len(), "{connections} connections for {requests:?}");
}

/// A command that asks several times does so over one connection.
#[tokio::test]
async fn a_command_needs_one_connection() {
    let daemon = Daemon::start().await;
    let relay = Relay::to(daemon.address());
    let alice = alice_behind(&relay);
    alice.runs(&["history", "lobby"]);
    let asked = vec!["GET /v1/channels".to_owned(), "GET /v1/history".to_owned()];
    assert_eq!(relay.counted(), (1, asked));
    alice.runs(&["export"]);
    let (connections, requests) = relay.counted();
    assert!(connections == 1 && requests.len() > 1, "{connections} for {requests:?}");
    // Whoever signs in for one command asks on the connection that let them in.
    alice.runs(&["channels", "--user", "alice", "--password", PASSWORD, "--profile", "other"]);
    let (connections, requests) = relay.counted();
    assert!(connections <= 2 && requests.len() >= 2, "{connections} for {requests:?}");
}

/// Somebody on the way closes what waits just when the next request comes: nothing is lost, and nobody notices.
#[tokio::test]
async fn a_waiting_connection_that_is_closed_costs_nothing() {
    let daemon = Daemon::start().await;
    let relay = Relay::to(daemon.address());
    let alice = alice_behind(&relay);
    alice.runs(&["send", "lobby", "is anybody there?"]);
    relay.counted();
    let commands: [&[&str]; 3] = [&["history", "lobby"], &["profile", "alice"], &["thread", "lobby", "1"]];
    let before = commands.map(|command| alice.runs(command));
    let (_, asked) = relay.counted();
    relay.closes_what_waits();
    assert_eq!(commands.map(|command| alice.runs(command)), before);
    let (connections, requests) = relay.counted();
    assert_eq!(requests, asked, "the daemon was asked the same, and each thing once");
    assert_eq!(connections, requests.len());
    let mut screen = Screen::open_at_home(&alice.home, 120, 36, &["--server", &relay.url()]);
    screen.shows("> Message #lobby");
    screen.presses(Key::Function(4));
    screen.shows("─ Settings ");
}

/// A connection breaks after a request was passed on: what changes something was done once, and is not sent again.
#[tokio::test]
async fn what_changes_something_is_sent_once() {
    let daemon = Daemon::start().await;
    let relay = Relay::to(daemon.address());
    let alice = alice_behind(&relay);
    relay.loses_the_answer_to("POST /v1/login");
    let told = alice.fails(4, &["login", "--user", "alice", "--password", PASSWORD]);
    assert!(told.contains("cannot reach"), "{told}");
    assert_eq!(relay.counted(), (1, vec!["POST /v1/login".to_owned()]));
    assert_eq!(json_lines(&alice.runs(&["sessions", "--json"])).len(), 2, "of the sign-up, and of what was cut");
    // On the screen connections wait for the next request; this one takes none of them.
    let mut screen = Screen::open_at_home(&alice.home, 120, 36, &["--server", &relay.url()]);
    screen.shows("> Message #lobby");
    relay.loses_the_answer_to("POST /v1/password");
    screen.enters("/password");
    screen.shows("Change password");
    let another = "four other words here";
    for word in [PASSWORD, another] {
        screen.types(word);
        screen.presses(Key::Tab);
    }
    screen.enters(another);
    screen.shows("Can’t reach");
    let (_, requests) = relay.counted();
    assert_eq!(requests.iter().filter(|request| *request == "POST /v1/password").count(), 1, "{requests:?}");
    daemon.logs_in("alice", another).await.done(200);
}
