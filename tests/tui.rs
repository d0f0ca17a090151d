//! The screen itself: the real client in a pseudo-terminal, driven by keys and read back cell by cell.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;
use vt100::Color;

use crate::support::{Daemon, Key, Link, PASSWORD, Screen, Setup, client_binary, contents, soon};

const BLUE: Color = Color::Rgb(0x1d, 0x90, 0xfa);
const WHITE: Color = Color::Rgb(0xff, 0xff, 0xff);

/// Opens a screen whose person signs up by flags and is in the lobby.
fn person(daemon: &Daemon, handle: &str, columns: u16, rows: u16) -> Screen {
    let screen = newcomer(daemon, handle, columns, rows);
    screen.shows("> Message #lobby");
    screen
}

fn newcomer(daemon: &Daemon, handle: &str, columns: u16, rows: u16) -> Screen {
    let server = daemon.socket_url();
    let flags = ["--server", &server, "--user", handle, "--password", PASSWORD, "--register"];
    Screen::open(columns, rows, &flags)
}

/// The same over a link that can be broken.
fn person_behind(link: &Link, handle: &str) -> Screen {
    let server = link.url();
    let flags = ["--server", &server, "--user", handle, "--password", PASSWORD, "--register"];
    let screen = Screen::open(100, 30, &flags);
    screen.shows("> Message #lobby");
    screen
}

/// A person signs up in the form, is told what is wrong, and lands in the lobby; the next start needs nothing.
#[tokio::test]
async fn signing_up_in_the_form_and_coming_back() {
    let daemon = Daemon::start().await;
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let server = daemon.socket_url();
    let mut alice = Screen::open_at_home(&home, 80, 24, &["--server", &server, "--register"]);
    alice.shows("Create an account on");
    alice.types("root");
    alice.presses(Key::Tab);
    alice.enters(PASSWORD);
    alice.shows("“root” is reserved");
    // Over the line for a code and that for the server.
    for _ in 0..3 {
        alice.presses(Key::Tab);
    }
    alice.presses(Key::Ctrl('u'));
    alice.enters("alice");
    alice.presses(Key::Enter);
    alice.shows("> Message #lobby");
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    assert!(!alice.wrote(PASSWORD.as_bytes()), "a password is never on the screen");

    let again = Screen::open_at_home(&home, 80, 24, &["--server", &server]);
    again.shows("> Message #lobby");
    again.shows("alice on unix:");
}

/// "channel browser, channel settings and members with roles, search …, catch-up, thread: pages reached by keys, by slash
/// commands and by mouse": two people and a day's talk.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finding_ones_way() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("tea").await;
    let mut alice = person(&daemon, "alice", 120, 36);
    alice.is_looked_at();
    alice.enters("/channels");
    alice.shows("#tea");
    alice.types("tea");
    alice.presses(Key::Enter);
    alice.shows("> Message #tea");
    alice.enters("who has the kettle?");
    bob.sees("tea", "who has the kettle?").await;
    let id = bob.id("tea");
    for number in 0..60 {
        bob.sends("tea", &format!("and then {number}")).await;
    }
    let reply = json!({"content": "it stands in the kitchen", "nonce": "r-1", "reply_to": 1});
    bob.asks("channel_message_add", json!({"id": id, "message": reply})).await;
    // What is on the screen for a moment is read.
    alice.waits("the reply, read", |text| text.contains("it stands in the kitchen") && !text.contains("@1"));
    bob.asks("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": true})).await;
    alice.shows("Activity 1 ");
    alice.presses(Key::Alt('u'));
    // What happens is said in a line, too: the list is here when its title counts it.
    alice.shows("Activity — 1");
    alice.shows("bob reacted ♥ to your message in #tea");
    alice.presses(Key::Enter);
    alice.shows("♥ 1");
    alice.hides("Activity 1 ");
    alice.types("t");
    alice.shows("Thread in #tea — 1 reply");
    alice.types("\x1b");
    alice.hides("Thread in");
    // What is being indexed still cannot be found.
    soon("the index", async { while daemon.figure("chatd_search_behind").await > 0 {} }).await;
    alice.enters("/search kettle from:alice");
    alice.shows("Search — 1 result");
    alice.types("\x1b");
    alice.hides("Search —");
    // A click on the name of the channel, as a terminal tells it (SGR).
    alice.types("\x1b[<0;40;1M\x1b[<0;40;1m");
    alice.shows("#tea — 2 members");
    alice.types("\x1b");
    alice.hides("#tea — 2 members");
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    assert!(alice.wrote(b"\x1b[?1000h") && alice.wrote(b"\x1b[?1000l"), "the mouse is given back");
}

/// Friends, their posts and one's settings, on two screens: "pages reached by keys, by slash commands and by mouse".
#[tokio::test]
async fn friends_and_posts() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 120, 36);
    let mut bob = person(&daemon, "bob", 80, 24);
    alice.shows("2 of 2 online");
    alice.enters("/friend bob");
    alice.shows("Friend request sent to bob");
    // A click on the words at the bottom of the channel list, as a terminal tells it (SGR).
    bob.shows("Activity 1 ");
    bob.types("\x1b[<0;3;22M\x1b[<0;3;22m");
    bob.shows("alice  sent you a friend request");
    bob.presses(Key::Enter);
    bob.shows("Accept alice’s friend request?");
    bob.types("y");
    bob.shows("Friends — 1 of 1 online");
    alice.shows("bob is your friend now");
    bob.types("\x1b");
    bob.hides("─ Friends ");
    bob.enters("/dnd building");
    alice.shows("busy");
    alice.shows("building");
    // What is posted is there for whoever looks, at once.
    alice.presses(Key::Function(2));
    alice.shows("Home — posts by your friends");
    bob.enters("/post The bridge is built.");
    bob.shows("Posted");
    alice.shows("The bridge is built.");
    alice.types("f");
    alice.shows("♥ 1");
    alice.types("r");
    alice.shows("─ Reply");
    alice.enters("at last");
    alice.shows("1 reply");
    bob.shows("Activity 2 ");
    bob.presses(Key::Alt('u'));
    bob.shows("Activity — 2");
    bob.shows("alice replied to your post");
    bob.presses(Key::Enter);
    bob.shows("Thread in your posts — 1 reply");
    bob.shows("at last");
    bob.types("\x1b");
    bob.hides("Thread in");
    bob.types("\x1b");
    bob.hides("Activity —");
    // What is set holds on the other screen's settings too, for it is kept by the daemon.
    bob.enters("/status at the bridge");
    bob.presses(Key::Function(4));
    bob.shows("Busy (do not disturb)");
    bob.shows("at the bridge");
    bob.types("\x1b");
    bob.hides("Settings —");
    alice.types("p");
    alice.shows("at the bridge");
    alice.shows("Your friend");
    alice.types("\x1b");
    alice.shows("Home — posts");
    alice.types("\x1b");
    alice.hides("Home — posts");
    for screen in [&mut alice, &mut bob] {
        screen.presses(Key::Ctrl('q'));
        assert!(screen.ends().success());
    }
}

/// Two people meet: they see each other type, talk, and are counted what they missed.
#[tokio::test]
async fn two_people_talk() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 120, 36);
    let mut bob = person(&daemon, "bob", 80, 24);
    alice.shows("2 of 2 online");

    alice.enters("/create plans private");
    alice.shows("> Message #plans");
    alice.presses(Key::Alt('i'));
    alice.shows("Invite to #plans");
    alice.enters("bob");
    bob.waits("the channel in the list", |text| text.lines().any(|line| line.starts_with(" #plans")));

    // The daemon ends it some seconds after the last key, however long the channel takes to open.
    bob.presses(Key::Alt('2'));
    bob.shows("> Message #plans");
    alice.types("hello b");
    alice.presses(Key::Tab);
    bob.shows("alice is typing …");
    alice.presses(Key::Enter);
    bob.shows("hello bob");
    bob.hides("typing");

    // Own words stand on the right, white on blue, the name beneath.
    alice.waits("own words on the right", |screen| {
        screen.lines().any(|line| line.find("hello bob").is_some_and(|column| column > 60))
    });
    let (row, column) = alice.place("hello bob");
    assert_eq!(alice.colors(row, column), (WHITE, BLUE));
    alice.waits("the name beneath", |screen| {
        screen.lines().nth(usize::from(row) + 1).is_some_and(|line| line.contains("alice · "))
    });
    // Others' words stand on the left; the reader's name is lit.
    let (row, column) = bob.place("hello bob");
    assert!(column < 30);
    assert_ne!(bob.colors(row, column + 6).1, Color::Default, "the name in the line is lit");

    // What is said is counted until somebody has seen it.
    bob.shows("@1");
    bob.is_looked_at();
    bob.hides("@1");
    bob.presses(Key::Alt('1'));
    bob.shows("> Message #lobby");
    alice.enters("one");
    alice.enters("two, bob");
    bob.shows("#plans          @1 2");
    bob.shows("1 mention · 2 unread");
    bob.presses(Key::Alt('a'));
    bob.shows("── New messages ──");
    bob.hides("unread");

    alice.enters("/msg bob psst");
    bob.shows("@alice             1");
    assert!(bob.wrote(b"\x07"), "a direct message rings");
}

/// A restart of the daemon is survived without a key; what was written meanwhile is sent.
#[tokio::test]
async fn a_restart_is_survived_without_a_key() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 100, 30);
    let bob = person(&daemon, "bob", 80, 24);
    alice.enters("before");
    bob.shows("before");
    let folder = daemon.stops().await;
    alice.shows("Offline");
    bob.shows("Offline");
    alice.enters("written meanwhile");
    alice.shows("Will be sent when you are back online");
    let _daemon = Setup::on(folder).start().await;
    alice.shows("● Online");
    bob.shows("written meanwhile");
    bob.shows("before");
    alice.hides("Sending …");
}

/// A narrow terminal, a resize, and a terminal of one cell.
#[tokio::test]
async fn any_size_will_do() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 40, 15);
    alice.enters("a line that is longer than forty cells are wide");
    alice.shows("cells are wide");
    alice.hides("Channels");
    alice.resizes(1, 1);
    alice.resizes(120, 30);
    alice.shows("Channels");
    alice.shows("1 of 1 online");
    alice.shows("a line that is longer than forty cells are wide");
    alice.presses(Key::Function(1));
    alice.shows("Help");
    alice.presses(Key::Escape);
    alice.hides("Help");
}

/// Hostile rows T1, T2, T4, T7, T8: what others send cannot draw, copy, set the title or make the terminal answer.
#[tokio::test]
async fn text_of_others_is_only_text() {
    let daemon = Daemon::start().await;
    let alice = person(&daemon, "alice", 100, 30);
    let mut mallory = daemon.person("mallory").await;
    mallory.joins("lobby").await;
    let hostile = "\u{1b}[2J\u{1b}[H\u{1b}]52;c;aGk=\u{7}\u{1b}]0;owned\u{7}\u{9b}2J\u{1b}c\u{1b}[6n";
    mallory.sends("lobby", hostile).await;
    mallory.sends("lobby", "after").await;
    alice.shows("after");
    alice.shows("␛[2J␛[H␛]52;c;aGk=␇␛]0;owned␇<9B>2J␛c␛[6n");
    alice.shows("Channels");
    for bytes in [&b"\x1b]52"[..], b"owned\x07", b"\x1bc", b"\x1b[6n"] {
        assert!(!alice.wrote(bytes), "{bytes:?} reached the terminal");
    }
}

/// A pasted newline never sends.
#[tokio::test]
async fn a_paste_stays_in_the_composer() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 80, 24);
    alice.pastes("first\nsecond\n");
    alice.shows("> first");
    alice.shows("second");
    alice.presses(Key::Ctrl('c'));
    alice.hides("second");
    // What comes at once behind a paste belongs to it; a person's next key comes later.
    let cleared = Instant::now();
    alice.waits_until("as long as a person takes", |_| cleared.elapsed() > Duration::from_millis(100));
    alice.enters("third");
    alice.shows("alice · ");
    assert_eq!(daemon.person("bob").await.joins("lobby").await["last_index"], 1, "only one message was sent");
}

/// The terminal is given back at the end, by key and by signal.
#[tokio::test]
async fn the_terminal_is_given_back() {
    let daemon = Daemon::start().await;
    for (handle, signal) in [("alice", Some(Signal::TERM)), ("bob", Some(Signal::HUP)), ("carol", None)] {
        let mut screen = person(&daemon, handle, 80, 24);
        assert!(!screen.is_given_back());
        match signal {
            Some(signal) => screen.is_signalled(signal),
            None => {
                screen.presses(Key::Ctrl('c'));
                screen.shows("Press Ctrl+C again");
                screen.presses(Key::Ctrl('c'));
            }
        }
        assert!(screen.ends().success(), "{handle}");
        assert!(screen.is_given_back(), "{handle}");
    }
}

/// Scrolling back fetches page after page, down to the first message.
#[tokio::test]
async fn scrolling_back_reaches_the_first_message() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    for number in 1..=350 {
        bob.sends("lobby", &format!("line {number}.")).await;
    }
    let mut alice = person(&daemon, "alice", 80, 24);
    alice.shows("line 350.");
    let mut shown = alice.text();
    while !shown.contains("line 1.") {
        alice.presses(Key::PageUp);
        alice.waits("an older line", |screen| screen != shown);
        shown = alice.text();
    }
    alice.presses(Key::Escape);
    alice.shows("line 350.");
}

/// `chat-tui try` brings its own server, shows how a second person joins, and leaves nothing behind.
#[tokio::test]
async fn trying_it_out() {
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let mut alice = Screen::open_at_home(&home, 100, 30, &["try", "--user", "alice"]);
    alice.shows("> Message #lobby");
    alice.shows("--register");
    alice.enters("hello");
    alice.shows("alice · ");
    let left = || std::fs::read_dir(home.path()).expect("the home can be read").flatten();
    assert!(
        left().any(|entry| entry.file_name().to_string_lossy().starts_with("chat-try-")),
        "the server has a folder"
    );
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    assert!(!left().any(|entry| entry.file_name().to_string_lossy().starts_with("chat-try-")), "and it is gone");
}

/// However `chat-tui try` ends, its server stops and removes its folder.
#[tokio::test]
async fn trying_it_out_and_being_killed() {
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let alice = Screen::open_at_home(&home, 100, 30, &["try", "--user", "alice"]);
    alice.shows("> Message #lobby");
    alice.is_signalled(Signal::KILL);
    let left = || std::fs::read_dir(home.path()).expect("the home can be read").flatten();
    let is_folder = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().starts_with("chat-try-");
    alice.waits_until("the folder to be gone", |_| !left().any(is_folder));
}

/// A terminal that takes nothing stalls neither the conversation nor the end of the program.
#[tokio::test]
async fn a_stalled_terminal_stalls_nothing_else() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 120, 36);
    let bob = person(&daemon, "bob", 80, 24);
    alice.stalls();
    for line in 0..20 {
        // Whole screens, far more than any terminal holds.
        (0..20).for_each(|_| alice.presses(Key::Ctrl('l')));
        alice.enters(&format!("line {line}."));
        bob.shows(&format!("line {line}."));
    }
    alice.is_signalled(Signal::TERM);
    alice.waits_until("the client to end", Screen::has_ended);
}

/// Ctrl+Z gives the terminal to the shell until `fg`.
#[tokio::test]
async fn a_client_in_the_background_leaves_the_terminal_alone() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 80, 24);
    alice.presses(Key::Ctrl('z'));
    alice.waits_until("the terminal to be given back", Screen::is_given_back);
    alice.resizes(100, 30);
    alice.is_signalled(Signal::CONT);
    alice.shows("> Message #lobby");
    alice.shows("1 of 1 online");
    assert!(!alice.is_given_back());
    alice.enters("here again");
    alice.shows("alice · ");
    // The whole screen is there each time, also without another size.
    for _ in 0..10 {
        alice.presses(Key::Ctrl('z'));
        alice.waits_until("the terminal to be given back", Screen::is_given_back);
        alice.is_signalled(Signal::CONT);
        alice.shows("here again");
        alice.shows("> Message #lobby");
        alice.shows("1 of 1 online");
    }
}

/// Windows of one profile are the same person's, and profiles stand side by side.
#[tokio::test]
async fn windows_of_one_profile_are_one_person() {
    let daemon = Daemon::start().await;
    let home = Arc::new(TempDir::new().expect("a home can be made"));
    let server = daemon.socket_url();
    let flags = ["--server", &server, "--password", PASSWORD, "--register", "--user"];
    let mut alice = Screen::open_at_home(&home, 80, 24, &[&flags[..], &["alice"]].concat());
    alice.shows("> Message #lobby");
    let mut second = Screen::open_at_home(&home, 100, 24, &["--server", &server]);
    second.shows("> Message #lobby");
    second.enters("from the second window");
    alice.shows("from the second window");
    let mut sends = Screen::open_at_home(&home, 80, 24, &["--server", &server, "send", "lobby", "by hand"]);
    assert!(sends.ends().success(), "{}", sends.text());
    alice.shows("by hand");
    second.shows("by hand");
    let bob = Screen::open_at_home(&home, 80, 24, &[&flags[..], &["bob", "--profile", "work"]].concat());
    bob.shows("> Message #lobby");
    drop(bob);
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    second.enters("still here");
    second.shows("still here");
    let again = Screen::open_at_home(&home, 80, 24, &["--server", &server, "--profile", "work"]);
    again.shows("bob on unix:");

    // Who signs out is signed out in every window.
    let mut third = Screen::open_at_home(&home, 100, 24, &["--server", &server]);
    third.shows("still here");
    let mut leaves = Screen::open_at_home(&home, 80, 24, &["--server", &server, "logout"]);
    assert!(leaves.ends().success(), "{}", leaves.text());
    for window in [&mut second, &mut third] {
        window.shows("Sign in to ");
    }
}

/// "`--join CHANNEL` opens it at once".
#[tokio::test]
async fn a_channel_can_be_named_on_the_command_line() {
    let daemon = Daemon::start().await;
    let server = daemon.socket_url();
    let flags = ["--server", &server, "--user", "alice", "--password", PASSWORD, "--register", "--join", "#Tea"];
    let alice = Screen::open(80, 24, &flags);
    alice.shows("> Message #tea");
}

/// "`/msg HANDLE TEXT` must not be lost with the connection": the link dies between the command and its answer.
#[tokio::test]
async fn a_message_to_somebody_survives_a_dead_link() {
    // Nobody on a socket waits for the compiler.
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    let link = Link::to(daemon.address());
    let mut alice = person_behind(&link, "alice");
    link.swallows();
    alice.enters("/msg bob please call me at once");
    alice.presses(Key::Ctrl('q'));
    alice.shows("1 message is not sent yet");
    link.breaks();
    alice.shows("Offline");
    alice.enters("/msg bob and bring the key");
    alice.shows("Message to bob will be sent");
    link.mends();
    alice.shows("● Online");
    let shown = bob.event("channel_add").await;
    let id = shown["id"].as_str().expect("an id").to_owned();
    bob.knows("alice", &id);
    // The conversation may have been shown with some of what was said in it already.
    let history = loop {
        let history = bob.history("alice", "").await;
        if history["last_index"] == 2 {
            break history;
        }
        bob.event_of("channel_message_add", &id).await;
    };
    assert_eq!(contents(&history["messages"]), ["please call me at once", "and bring the key"]);
    // Nobody was put elsewhere by what came so late.
    alice.shows("> Message #lobby");
    alice.shows("@bob");
    // The daemon has both; that it has told alice so is seen where they stand.
    alice.presses(Key::Ctrl('n'));
    alice.shows("and bring the key");
    alice.hides("Sending …");
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success(), "nothing is on its way any more");
}

/// A message to nobody comes back into the line where it was written, with the reason.
#[tokio::test]
async fn a_message_to_nobody_is_given_back() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 100, 30);
    alice.enters("/msg boob please call me at once");
    alice.shows("> /msg boob please call me at once");
    alice.waits("the reason", |screen| screen.contains("No account called"));
    alice.presses(Key::Ctrl('u'));
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
}

/// "Removed from a channel while writing": the rest of the sentence goes to no other channel, online and while away.
#[tokio::test]
async fn what_is_written_for_a_channel_arrives_in_no_other() {
    // Nobody on a socket waits for the compiler.
    client_binary();
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("gone").await;
    bob.joins("kicked").await;
    let link = Link::to(daemon.address());
    let mut alice = person_behind(&link, "alice");
    for channel in ["plan", "kicked", "gone"] {
        alice.enters(&format!("/join {channel}"));
        alice.shows(&format!("> Message #{channel}"));
    }
    alice.types("the password of the vault is");
    alice.shows("> the password of the vault is");
    let gone = bob.id("gone");
    bob.asks("channel_delete", json!({"id": gone})).await;
    alice.shows("bob deleted #gone");
    alice.enters(" hunter2");
    alice.shows("Nothing was sent");
    alice.shows("> the password of the vault is hunter2");
    // While away: found out when the connection is back.
    alice.presses(Key::Ctrl('n'));
    alice.shows("> Message #kicked");
    link.breaks();
    alice.shows("Offline");
    alice.enters("not sent yet");
    alice.types("half a thought");
    let kicked = bob.id("kicked");
    bob.asks("channel_kick", json!({"id": kicked, "handle": "alice"})).await;
    link.mends();
    alice.shows("● Online");
    alice.waits("why she is no longer there", |screen| {
        screen.contains("not a member of #kicked any more") || screen.contains("removed you from #kicked")
    });
    alice.enters(" and the rest");
    alice.shows("> half a thought and the rest");
    alice.shows("not sent yet");
    // Invited again, what was written is there.
    bob.asks("channel_invite", json!({"id": kicked, "handle": "alice"})).await;
    alice.hides("Read-only");
    alice.shows("> half a thought and the rest");
    alice.presses(Key::Ctrl('u'));
    alice.enters("/leave");
    alice.hides("#kicked");
    alice.enters("/open plan");
    alice.shows("> Message #plan");
    alice.enters("a fence");
    alice.shows("alice · ");
    let shown = bob.joins("plan").await;
    let said = shown["messages"].as_array().expect("a list").iter().map(|message| message["content"].clone());
    assert_eq!(said.collect::<Vec<_>>(), ["a fence"], "nothing else was said there");
}
