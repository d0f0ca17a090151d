//! What reaches a terminal when others send what terminals act on.
//!
//! The names in brackets are the rows of the list of hostile inputs.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Daemon, Key, PASSWORD, Screen, Setup, client_binary};

/// Collects what a terminal would act on.
#[derive(Default)]
struct Acts {
    found: Vec<String>,
    bells: usize,
    titles: Vec<String>,
}

impl vte::Perform for Acts {
    fn execute(&mut self, byte: u8) {
        match byte {
            7 => self.bells += 1,
            b'\r' | b'\n' | 8 => {}
            _ => self.found.push(format!("control {byte:#x}")),
        }
    }

    fn hook(&mut self, _: &vte::Params, _: &[u8], _: bool, action: char) {
        self.found.push(format!("DCS {action}"));
    }

    fn osc_dispatch(&mut self, parameters: &[&[u8]], _: bool) {
        match parameters {
            [b"0", title] => self.titles.push(String::from_utf8_lossy(title).into_owned()),
            // The one question that is asked, at the start.
            [b"11", b"?"] => {}
            _ => self.found.push(format!("OSC {:?}", parameters.first().map(|first| String::from_utf8_lossy(first)))),
        }
    }

    fn csi_dispatch(&mut self, parameters: &vte::Params, intermediates: &[u8], _: bool, action: char) {
        // What the program itself uses: colors, places, clearing, moving rows, modes, keeping the title of the shell.
        let title_kept = action == 't' && matches!(parameters.iter().next(), Some([22 | 23]));
        if !title_kept
            && !matches!(
                (intermediates, action),
                ([], 'm' | 'A'..='D' | 'G' | 'H' | 'd' | 'J' | 'K' | 'X' | 'r' | 'S' | 'T') | (b"?", 'h' | 'l')
            )
        {
            self.found.push(format!("CSI {parameters:?} {action}"));
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _: bool, byte: u8) {
        // The end of a string, which begins with another escape.
        if (intermediates, byte) == (&[], b'\\') {
            return;
        }
        self.found.push(format!("ESC {intermediates:?} {byte:#x}"));
    }
}

impl Acts {
    /// Looks through everything that was written to a terminal.
    fn of(screen: &Screen) -> Self {
        let mut acts = Self::default();
        vte::Parser::new().advance(&mut acts, &screen.written());
        acts
    }
}

fn person(daemon: &Daemon, handle: &str, columns: u16, rows: u16) -> Screen {
    let server = daemon.socket_url();
    let screen =
        Screen::open(columns, rows, &["--server", &server, "--user", handle, "--password", PASSWORD, "--register"]);
    screen.shows("> Message #lobby");
    screen
}

/// [T1 to T11, T14, T15, T17, T20]: as a message, and what one line can hold also as a topic.
#[tokio::test]
async fn whatever_others_send_is_shown_and_not_done() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 120, 36);
    let mut mallory = daemon.person("mallory").await;
    mallory.joins("lobby").await;
    let marks = format!("z{}", "\u{301}".repeat(3_000));
    for (row, hostile, picture) in [
        ("T1", "\u{1b}[2J\u{1b}[H\u{1b}[31mred", "␛[2J␛[H␛[31mred"),
        ("T2 set", "\u{1b}]52;c;aGk=\u{7}", "␛]52;c;aGk=␇"),
        ("T2 ask", "\u{1b}]52;c;?\u{1b}\\", "␛]52;c;?␛\\"),
        (
            "T3",
            "\u{1b}]8;;http://evil.example\u{7}bank.example\u{1b}]8;;\u{7}",
            "␛]8;;http://evil.example␇bank.example",
        ),
        ("T4 title", "\u{1b}]2;owned\u{7}", "␛]2;owned␇"),
        ("T4 notice", "\u{1b}]9;owned\u{7}\u{1b}]777;notify;owned\u{7}", "␛]9;owned␇␛]777;notify;owned␇"),
        ("T5 DCS", "\u{1b}Pq#0;2;0;0;0\u{1b}\\", "␛Pq#0;2;0;0;0␛\\"),
        ("T5 APC", "\u{1b}_Gf=32;AAAA\u{1b}\\", "␛_Gf=32;AAAA␛\\"),
        ("T5 PM, SOS", "\u{1b}^pm\u{1b}\\\u{1b}Xsos\u{1b}\\", "␛^pm␛\\␛Xsos␛\\"),
        ("T6", "\u{1b}]0;never closed", "␛]0;never closed"),
        ("T7", "\u{9b}2J\u{9d}0;owned\u{9c}\u{90}q\u{9c}", "<9B>2J<9D>0;owned<9C><90>q<9C>"),
        ("T8", "\u{1b}c\u{1b}[6n\u{1b}[c\u{1b}Z\u{1b}[>c\u{5}", "␛c␛[6n␛[c␛Z␛[>c␅"),
        ("T10", "sneaky\rfake\u{8}\u{b}\u{c}end", "sneaky␍fake␈␋␌end"),
        ("T11", "\u{202e}abc\u{202d}def\u{2066}ghi", "<RLO>abc<LRO>def<LRI>ghi"),
        ("T14", "admin · 09:41 pay me", "admin · 09:41 pay me"),
        ("T15", marks.as_str(), "z\u{301}"),
        ("T17", "hi\u{e0041}\u{e0042}\u{e0043} there", "hi there[hidden characters]"),
    ] {
        mallory.sends("lobby", hostile).await;
        let fence = format!("after {row}.");
        mallory.sends("lobby", &fence).await;
        alice.shows(&fence);
        alice.shows(picture);
        // The line below begins where lines begin.
        let (_, column) = alice.place(&fence);
        assert!(column < 30, "{row}: the next line is turned or pushed away");
    }
    // A channel of mallory's own, whose topic holds what a topic may hold.
    mallory.creates("trap", "public").await;
    let topic = "plain and hi\u{e0041}dden";
    let trap = mallory.id("trap");
    mallory.asks("channel_topic", json!({"id": trap, "topic": topic})).await;
    alice.enters("/join trap");
    alice.shows("plain and hidden[hidden characters]");

    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    let acts = Acts::of(&alice);
    assert!(acts.found.is_empty(), "the terminal would act: {:?}", acts.found);
    assert!(acts.titles.iter().all(|title| !title.contains("owned")), "{:?}", acts.titles);
    assert_eq!(acts.bells, 0, "nobody called alice");
}

/// "BEL ×10,000 | silent; one mention bell a second at most" [T9].
#[tokio::test]
async fn the_bell_rings_once_a_second_at_most() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 100, 30);
    let mut mallory = daemon.person("mallory").await;
    mallory.joins("lobby").await;
    mallory.sends("lobby", &"\u{7}".repeat(2_600)).await;
    // The window loses the focus: what happens in it now is to be heard.
    alice.types("\u{1b}[O");
    let began = Instant::now();
    for number in 0..60 {
        mallory.sends("lobby", &format!("alice, {number}!")).await;
        // Each is drawn, so that each could ring.
        alice.shows(&format!("alice, {number}!"));
    }
    let seconds = began.elapsed().as_secs() as usize + 1;
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
    let bells = Acts::of(&alice).bells;
    assert!((1..=seconds).contains(&bells), "{bells} bells in {seconds} s");
}

/// "64 KiB line without space; 20,000 newlines | wrapped; folded after 40 lines" [T18].
#[tokio::test]
async fn a_wall_of_text_is_folded() {
    let daemon = Setup::new().with(|config| config.limits.message_bytes = 60_000).start().await;
    let alice = person(&daemon, "alice", 80, 24);
    let mut mallory = daemon.person("mallory").await;
    mallory.joins("lobby").await;
    for wall in ["w".repeat(59_000), format!("top{}bottom", "\n".repeat(20_000))] {
        let began = Instant::now();
        mallory.sends("lobby", &wall).await;
        mallory.sends("lobby", "over the wall").await;
        alice.shows("over the wall");
        alice.shows("more lines");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

/// "resize to 1×1 and 0 rows during a flood | no panic" [T25].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_size_during_a_flood() {
    let daemon = Daemon::start().await;
    let mut alice = person(&daemon, "alice", 80, 24);
    let mut mallory = daemon.person("mallory").await;
    mallory.joins("lobby").await;
    let flood = tokio::spawn(async move {
        for number in 0..300 {
            mallory.sends("lobby", &format!("flood {number} {}", "👨‍👩‍👧‍👦é漢".repeat(10))).await;
        }
        mallory.sends("lobby", "the flood is over").await;
    });
    for (columns, rows) in [(1, 1), (80, 0), (0, 24), (2, 2), (3, 300), (500, 1), (40, 15), (0, 0), (200, 60), (7, 5)] {
        alice.resizes(columns, rows);
    }
    flood.await.expect("everything was sent");
    alice.resizes(100, 30);
    alice.shows("the flood is over");
    alice.presses(Key::Ctrl('q'));
    assert!(alice.ends().success());
}

/// "error text from server or identity provider with escapes | cleaned also on plain CLI output and after exit"
/// [T21].
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_words_of_a_server_are_only_text() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port can be had");
    let server = format!("http://{}", listener.local_addr().expect("it has an address"));
    let hostile = "\u{1b}[2Jno\u{9b}31m\u{7}\u{202e}way\nsecond line\u{1b}]0;owned\u{7}";
    let body = json!({"code": "wrong_password", "reason": hostile}).to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let reply = format!(
                "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.read(&mut [0; 4_096]).await;
            let _ = stream.write_all(reply.as_bytes()).await;
        }
    });
    let home = tempfile::TempDir::new().expect("a home can be made");
    let mut command = tokio::process::Command::new(client_binary());
    command.env_clear().env("HOME", home.path()).env("CHAT_SERVER", &server);
    let output = command.args(["login", "--user", "alice", "--password", "wrong"]).output().await;
    let output = output.expect("the client can be run");
    assert_ne!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stderr).expect("text");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains("␛[2Jno<9B>31m␇<RLO>way"), "{told}");
    assert!(!told.trim_end().contains(|c: char| c.is_control()), "{told:?}");

    let mut alice = Screen::open(100, 30, &["--server", &server, "--user", "alice", "--password", "wrong"]);
    alice.shows("␛[2Jno<9B>31m␇<RLO>way");
    alice.presses(Key::Ctrl('q'));
    let _ = alice.ends();
    let acts = Acts::of(&alice);
    assert!(acts.found.is_empty() && acts.bells == 0, "{:?}", acts.found);
}
