//! Terminals of every kind: their colors, their letters, and lines that are slow.

use vt100::Color;

use crate::support::{Daemon, Key, PASSWORD, Screen};

/// Opens the screen of somebody who signs up, in a terminal of some kind.
fn person(daemon: &Daemon, handle: &str, environment: &[(&str, &str)]) -> Screen {
    let server = daemon.socket_url();
    let flags = ["--server", &server, "--user", handle, "--password", PASSWORD, "--register"];
    let screen = Screen::open_in(environment, 100, 24, &flags);
    screen.shows("Message #lobby");
    screen
}

/// "GNU screen and 16 colours without 24-bit codes"; a terminal of 256 colors gets those.
#[tokio::test]
async fn colors_are_those_that_the_terminal_has() {
    let daemon = Daemon::start().await;
    let screen = [("TERM", "screen"), ("COLORTERM", "truecolor"), ("STY", "1.pts-0.box")];
    let indexed = [("TERM", "xterm-256color"), ("COLORTERM", "")];
    for (handle, environment, sixteen) in [("alice", &screen[..], true), ("bob", &indexed, false)] {
        let mut one = person(&daemon, handle, environment);
        let words = format!("{handle} was here");
        one.enters(&words);
        one.shows(&format!("{handle} · "));
        let written = String::from_utf8_lossy(&one.written()).into_owned();
        assert!(!written.contains("8;2;"), "{handle}: a color of 24 bits");
        let numbers =
            written.split("8;5;").skip(1).filter_map(|rest| rest.split([';', 'm']).next()?.parse::<u8>().ok());
        let numbers = numbers.collect::<Vec<_>>();
        assert!(!numbers.contains(&8), "{handle}: bright black");
        assert_eq!(numbers.iter().all(|number| *number < 16), sixteen, "{handle}: {numbers:?}");
        let (row, column) = one.place(&words);
        assert_ne!(one.colors(row, column).1, Color::Default, "{handle}: own words have a ground");
    }
}

/// "The background is asked for": the usual look is light on a light terminal, and the answer is nothing that was typed.
#[tokio::test]
async fn the_look_goes_with_the_background() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", &[]);
    assert!(alice.wrote(b"\x1b]11;?"));
    alice.types("\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\\\");
    alice.enters("hello");
    alice.shows("alice · ");
    alice.waits_until("a light ground", |alice| {
        let (row, column) = alice.place("hello");
        alice.colors(row, column).1 == Color::Rgb(0xcf, 0xe4, 0xff)
    });
    assert!(!alice.text().contains("rgb:"), "{}", alice.text());
}

/// "`TERM=dumb` or none: a sentence instead of garbage".
#[tokio::test]
async fn a_terminal_that_cannot_show_it_is_told_so() {
    for term in ["dumb", "", "unknown"] {
        let mut screen = Screen::open_in(&[("TERM", term)], 100, 24, &[]);
        assert_eq!(screen.ends().exit_code(), 2, "{term}");
        screen.waits("a sentence", |text| text.contains("the screen needs a terminal that it can draw on"));
        assert!(!screen.written().contains(&0x1b), "{term}: {:?}", screen.text());
    }
}

/// "No UTF-8: plain signs instead of garbage".
#[tokio::test]
async fn without_utf_8_plain_signs_are_drawn() {
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("lobby").await;
    let mut alice = person(&daemon, "alice", &[("LANG", "C"), ("LC_ALL", "C")]);
    bob.sends("lobby", "Grüße — 日本 ♥").await;
    alice.shows("Gruse - ");
    alice.presses(Key::Alt('l'));
    alice.shows("+-");
    assert!(alice.written().is_ascii(), "{}", alice.text());
}

/// "Escape sequences that come in two reads".
#[tokio::test]
async fn a_key_that_comes_in_two_pieces_is_one() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", &[]);
    alice.enters("hello");
    alice.shows("alice · ");
    let before = alice.bytes_read();
    alice.types("\x1b");
    alice.waits_until("the first piece to be read", |screen| screen.bytes_read() > before);
    alice.types("[A");
    alice.shows("> r reply");
    alice.presses(Key::Escape);
    alice.shows("> Message #lobby");
}

/// A server that takes connections and says nothing: who starts the program is not left before an empty terminal.
#[tokio::test]
async fn a_server_that_is_silent_is_told() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let server = format!("http://{}", silent.local_addr().expect("an address"));
    let screen = Screen::open(100, 24, &["--server", &server, "--user", "alice", "--password", PASSWORD]);
    screen.shows("Signing in …");
}

/// "pastes told by time where they are not marked": in GNU screen a paste comes as keys, and sends nothing by itself.
#[tokio::test]
async fn a_paste_without_marks_is_one_message() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", &[("TERM", "screen"), ("STY", "1.pts-0.box")]);
    alice.types("one\rtwo\rthree\r");
    alice.shows("  three");
    // Opening and closing the help takes longer than keys of a paste are apart.
    alice.presses(Key::Function(1));
    alice.shows("Help — ");
    alice.presses(Key::Escape);
    alice.hides("Help — ");
    alice.hides("alice · ");
    alice.presses(Key::Enter);
    alice.shows("alice · ");
    alice.hides("> one");
}
