//! What was read is there without a server, and whatever ends the program or the file takes nothing along that was written.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::support::{Daemon, Key, Link, PASSWORD, Person, Screen, client_binary, contents};

/// Rounds of the ordinary run; `CHAT_TUI_KILL_ROUNDS` asks for more.
const ROUNDS: u32 = 6;

/// Alice, whose home stays, and bob beside her in the lobby.
struct Scene {
    home: Arc<TempDir>,
    link: Link,
    bob: Person,
    // Ends with the scene.
    _daemon: Daemon,
}

impl Scene {
    async fn begins() -> Self {
        // Nobody on a socket waits for the compiler.
        client_binary();
        let daemon = Daemon::start().await;
        let mut bob = daemon.person("bob").await;
        bob.joins("lobby").await;
        let link = Link::to(daemon.address());
        Self { home: Arc::new(TempDir::new().expect("a home can be made")), link, bob, _daemon: daemon }
    }

    /// Opens the screen of whoever was here last.
    fn opens(&self) -> Screen {
        Screen::open_at_home(&self.home, 100, 30, &["--server", &self.link.url()])
    }

    fn signs_up(&self) -> Screen {
        let flags = ["--server", &self.link.url(), "--user", "alice", "--password", PASSWORD, "--register"];
        let screen = Screen::open_at_home(&self.home, 100, 30, &flags);
        screen.shows("> Message #lobby");
        screen
    }

    /// Alice signs up, reads what bob has said at #tea, and goes back to the lobby.
    async fn has_been_at_tea(&mut self) -> Screen {
        let mut screen = self.signs_up();
        self.bob.joins("tea").await;
        self.bob.sends("tea", "saved long ago").await;
        screen.enters("/join #tea");
        screen.shows("saved long ago");
        screen.shows("2 of 2 online");
        screen.presses(Key::Alt('1'));
        screen.shows("> Message #lobby");
        screen
    }

    /// Runs a command of alice's, and gives what it prints.
    fn runs(&self, arguments: &[&str]) -> String {
        let mut command = std::process::Command::new(client_binary());
        command.env_clear().env("HOME", self.home.path()).args(["--server", &self.link.url()]).args(arguments);
        let output = command.output().expect("it runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the output is text")
    }

    /// Gives the file of the store.
    fn store(&self) -> PathBuf {
        let folder = self.home.path().join(".local/state/chat-tui/profiles/default");
        let mut files = std::fs::read_dir(folder).expect("the profile").map(|entry| entry.expect("a file").path());
        let is_store = |path: &PathBuf| path.extension().is_some_and(|end| end == "db");
        files.find(is_store).expect("there is a store")
    }

    /// Gives how often bob finds each text in the lobby.
    async fn texts(&self) -> BTreeMap<String, usize> {
        let (mut texts, mut before) = (BTreeMap::new(), String::new());
        loop {
            let page = self.bob.history("lobby", &before).await;
            for text in contents(&page["messages"]) {
                *texts.entry(text.to_owned()).or_default() += 1;
            }
            if page["more"] != true {
                return texts;
            }
            before = format!("&before={}", page["first_index"]);
        }
    }
}

fn rounds() -> u32 {
    std::env::var("CHAT_TUI_KILL_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().expect("a number of rounds"))
}

fn ends(mut screen: Screen, signal: Signal) {
    screen.is_signalled(signal);
    screen.ends();
}

/// "The last screen is painted from it before any network answer, then reconciled by `version`. Reading … what is there works
/// offline."
#[tokio::test]
async fn it_starts_and_is_read_without_a_server() {
    let mut scene = Scene::begins().await;
    let alice = scene.signs_up();
    for number in 1..=150 {
        scene.bob.sends("lobby", &format!("line {number} of bob")).await;
    }
    alice.shows("line 150 of bob");
    ends(alice, Signal::TERM);
    scene.link.breaks();

    let mut alice = scene.opens();
    // It begins with what was not read yet, which lies above what was on the screen.
    alice.shows("line 1 of bob");
    alice.shows("Offline");
    alice.enters("said offline");
    alice.shows("line 150 of bob");
    alice.shows("Will be sent when you are back online");
    alice.enters("/search LINE 77");
    alice.shows("saved messages only");
    alice.shows("line 77 of bob");
    alice.presses(Key::Escape);
    scene.bob.sends("lobby", "said meanwhile").await;
    scene.link.mends();
    scene.bob.sees("lobby", "said offline").await;
    alice.shows("said meanwhile");
    assert_eq!(scene.texts().await["said offline"], 1);
}

/// Who is in a channel is there as well, also of those that were not open at the end.
#[tokio::test]
async fn the_members_of_every_channel_are_there_offline() {
    let mut scene = Scene::begins().await;
    let alice = scene.has_been_at_tea().await;
    ends(alice, Signal::TERM);
    scene.link.breaks();
    let mut alice = scene.opens();
    alice.shows("> Message #lobby");
    alice.presses(Key::Alt('2'));
    alice.shows("> Message #tea");
    alice.shows("○ bob");
}

/// What is saved is shown also behind a gap: of a channel that was not open the newest messages may never have been here.
#[tokio::test]
async fn what_is_saved_behind_a_gap_is_shown_offline() {
    let mut scene = Scene::begins().await;
    let alice = scene.has_been_at_tea().await;
    ends(alice, Signal::TERM);
    for number in 0..3 {
        scene.bob.sends("tea", &format!("not opened {number}")).await;
    }
    let alice = scene.opens();
    // The lobby is open; of the other channel only how it stands has come.
    alice.shows("2 of 2 online");
    alice.shows("#tea               3");
    ends(alice, Signal::TERM);
    scene.link.breaks();
    let mut alice = scene.opens();
    alice.shows("Offline");
    alice.presses(Key::Alt('2'));
    alice.shows("> Message #tea");
    alice.shows("saved long ago");
}

/// "Sign-in paints before the network answers", and what stands on the command line is not lost when it cannot.
#[tokio::test]
async fn signing_in_by_flags_is_shown_at_once() {
    let scene = Scene::begins().await;
    let flags = ["--server", &scene.link.url(), "--user", "alice", "--password", PASSWORD, "--register"];
    scene.link.swallows();
    let mut alice = Screen::open_at_home(&scene.home, 100, 30, &flags);
    alice.shows("Creating your account …");
    // Nothing is typed into a form that may go away at any moment.
    alice.types("hello");
    scene.link.breaks();
    alice.hides("Creating your account …");
    scene.link.mends();
    alice.presses(Key::Enter);
    alice.shows("> Message #lobby");
}

/// "It is dropped … on sign-out …; never drafts, unsent messages"; "`chat-tui cache` shows and empties it".
#[tokio::test]
async fn what_was_read_goes_with_the_session_or_by_a_command() {
    let mut scene = Scene::begins().await;
    let alice = scene.signs_up();
    scene.bob.sends("lobby", "a word that is looked for").await;
    alice.shows("a word that is looked for");
    ends(alice, Signal::TERM);
    let holds = |scene: &Scene| {
        let bytes = std::fs::read(scene.store()).expect("it can be read");
        bytes.windows(25).any(|part| part == b"a word that is looked for")
    };
    assert!(holds(&scene));
    let shown = scene.runs(&["cache"]);
    assert!(shown.contains("alice on ") && shown.contains(" in 1 channels"), "{shown}");
    scene.runs(&["cache", "clear"]);
    assert!(!holds(&scene), "emptied");

    let alice = scene.opens();
    alice.shows("a word that is looked for");
    ends(alice, Signal::TERM);
    assert!(holds(&scene));
    scene.runs(&["logout"]);
    assert!(!holds(&scene), "signed out");
}

/// "A damaged one is set aside and made anew, with what was unsent saved first."
#[tokio::test]
async fn a_damaged_store_takes_nothing_along_that_was_written() {
    let scene = Scene::begins().await;
    let mut alice = scene.signs_up();
    scene.link.breaks();
    alice.shows("Offline");
    alice.enters("not sent yet");
    alice.shows("Will be sent when you are back online");
    ends(alice, Signal::TERM);
    let store = scene.store();
    let mut bytes = std::fs::read(&store).expect("it can be read");
    bytes[..100].fill(0xA5);
    std::fs::write(&store, bytes).expect("it can be written");
    scene.link.mends();
    let mut bob = scene.bob;
    let alice = Screen::open_at_home(&scene.home, 100, 30, &["--server", &scene.link.url()]);
    alice.shows("were damaged");
    bob.sees("lobby", "not sent yet").await;
}

/// "SIGKILL at random moments under typing and receiving: nothing written is lost or doubled, the store opens."
#[tokio::test]
async fn a_program_that_is_killed_loses_and_doubles_nothing() {
    let rounds = rounds();
    let mut scene = Scene::begins().await;
    let mut alice = scene.signs_up();
    let mut said = Vec::new();
    for round in 0..rounds {
        scene.bob.sends("lobby", &format!("of bob {round}")).await;
        let text = format!("of alice {round}");
        alice.types(&text);
        alice.shows(&format!("> {text}"));
        alice.presses(Key::Enter);
        alice.hides(&format!("> {text}"));
        said.push(text);
        // This is no waiting for an event: the moment of the kill is what the round tries out.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 7 % 40))).await;
        ends(alice, Signal::KILL);
        alice = scene.opens();
        alice.shows("2 of 2 online");
        assert!(!alice.text().contains("damaged"), "{}", alice.text());
    }
    alice.enters("the last");
    // One channel has one order: what was said before is there.
    scene.bob.sees("lobby", "the last").await;
    let texts = scene.texts().await;
    for text in said {
        assert_eq!(texts.get(&text), Some(&1), "{text}: {texts:?}");
    }
}

/// "Two windows and a script on one profile, take-over": what is written in any of them goes out, whichever ends and however.
#[tokio::test]
async fn another_window_takes_over_when_the_first_one_is_killed() {
    let mut scene = Scene::begins().await;
    let first = scene.signs_up();
    let mut second = scene.opens();
    second.shows("> Message #lobby");
    scene.runs(&["send", "lobby", "from a script"]);
    for window in [&first, &second] {
        window.shows("from a script");
    }
    scene.link.breaks();
    second.shows("Offline");
    second.enters("written offline in the second");
    second.shows("Will be sent when you are back online");
    ends(first, Signal::KILL);
    second.enters("written when the first was killed");
    second.hides("> written when");
    // Each look starts a program, which is pause enough.
    assert!((0..100).any(|_| scene.runs(&["cache"]).contains("2 unsent")), "it is on the disk");
    assert!(!second.text().contains("cannot be saved"), "{}", second.text());
    ends(second, Signal::KILL);

    let third = scene.opens();
    third.shows("written when the first was killed");
    scene.link.mends();
    for text in ["written offline in the second", "written when the first was killed"] {
        scene.bob.sees("lobby", text).await;
        assert_eq!(scene.texts().await[text], 1);
    }
}

/// A window that was stopped by something else than its own key holds nobody up.
#[tokio::test]
async fn a_window_that_is_stopped_holds_no_other_up() {
    let mut scene = Scene::begins().await;
    let mut first = scene.signs_up();
    let mut second = scene.opens();
    second.shows("> Message #lobby");
    first.is_signalled(Signal::STOP);
    second.enters("while the first is stopped");
    scene.bob.sees("lobby", "while the first is stopped").await;
    // It says that nothing can be saved now, and why.
    second.shows("Not saved on this machine: drafts and unsent messages (another chat-tui");
    first.is_signalled(Signal::CONT);
    first.shows("while the first is stopped");
    first.enters("and goes on");
    scene.bob.sees("lobby", "and goes on").await;
    second.shows("and goes on");
}

/// "SIGKILL at random moments", of either of two windows that work with one store.
#[tokio::test]
async fn two_windows_that_are_killed_lose_and_double_nothing() {
    let rounds = rounds();
    let mut scene = Scene::begins().await;
    let mut windows = vec![scene.signs_up(), scene.opens()];
    let mut said = Vec::new();
    for round in 0..rounds {
        scene.bob.sends("lobby", &format!("of bob {round}")).await;
        for (number, window) in windows.iter_mut().enumerate() {
            window.shows("> Message #lobby");
            let text = format!("of alice {round} in window {number}");
            window.types(&text);
            window.shows(&format!("> {text}"));
            window.presses(Key::Enter);
            window.hides(&format!("> {text}"));
            said.push(text);
        }
        // This is no waiting for an event: the moment of the kill is what the round tries out.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 7 % 40))).await;
        ends(windows.remove(round as usize % 2), Signal::KILL);
        windows.push(scene.opens());
    }
    for window in &mut windows {
        window.shows("2 of 2 online");
        assert!(!window.text().contains("damaged"), "{}", window.text());
    }
    windows.iter_mut().for_each(|window| window.enters("the last"));
    // One channel has one order: what was said before is there.
    for _ in &windows {
        scene.bob.sees("lobby", "the last").await;
    }
    let texts = scene.texts().await;
    for text in said {
        assert_eq!(texts.get(&text), Some(&1), "{text}: {texts:?}");
    }
}
