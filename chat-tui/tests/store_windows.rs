//! Several windows and commands on one store: one holds it, the others work through its socket, and each can take it over.

#[path = "support/kept.rs"]
mod kept;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use chat_tui::store::{LocalStore, LocalStoreError, clear, summary};
use chat_tui::stored::StoreChange;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use proto::{ChannelId, Version};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen, socket_with};

use kept::{channel, held, keep, message, open, tea, writer};

/// A folder with a store in it.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn store(&self) -> PathBuf {
        self.0.path().join("store-with-a-name.db")
    }

    fn socket(&self) -> PathBuf {
        self.0.path().join("name.sock")
    }
}

fn c1() -> ChannelId {
    "c1".parse().expect("an id")
}

#[test]
fn a_second_window_works_through_the_first_and_takes_over_when_it_ends() {
    let place = Place::new();
    let (first, _) = open(&place.store(), "one");
    first.remember(tea("c1", 1..=3));
    let (second, opened) = open(&place.store(), "two");
    assert_eq!(opened.state.channels.len(), 1, "what the first has told is there, written or not");
    second.remember(vec![StoreChange::Message(c1(), Box::new(message(4, "of the second")))]);
    keep(&second, "written in the second").expect("it is kept");
    assert_eq!(held(&first, c1()), [1, 2, 3, 4]);
    assert_eq!(held(&second, c1()), [1, 2, 3, 4]);
    assert_eq!(std::fs::metadata(place.socket()).expect("a socket").mode() & 0o777, 0o600);

    second.remember(vec![StoreChange::Message(c1(), Box::new(message(5, "at the end of the first")))]);
    drop(first);
    second.remember(vec![StoreChange::Message(c1(), Box::new(message(6, "on its own")))]);
    keep(&second, "goes on").expect("it is kept");
    assert_eq!(held(&second, c1()), [1, 2, 3, 4, 5, 6]);
    let (third, opened) = LocalStore::open(&place.store(), writer("alice", "three"), |_| false).expect("the store");
    assert!(opened.unsent.is_empty(), "the second still runs");
    drop(second);
    assert_eq!(held(&third, c1()), [1, 2, 3, 4, 5, 6]);
    drop(third);
    assert_eq!(open(&place.store(), "four").1.unsent.lines, ["goes on"]);
    assert!(!place.socket().exists(), "nobody listens");
}

/// A window that could not open the store at its start takes over nothing later: nobody would show it.
#[test]
fn a_window_that_comes_late_leaves_alone_what_others_have_left() {
    let place = Place::new();
    let (first, _) = open(&place.store(), "one");
    first.remember(tea("c1", [1]));
    keep(&first, "left").expect("it is kept");
    drop(first);
    let late = LocalStore::open_late(&place.store(), writer("alice", "two"), |_| true).expect("the store");
    keep(&late, "mine").expect("it is kept");
    // What it was told meanwhile is not here, so nothing that follows is.
    late.remember(vec![StoreChange::Message(c1(), Box::new(message(7, "later")))]);
    drop(late);
    let (store, opened) = open(&place.store(), "three");
    assert_eq!(opened.unsent.lines, ["left", "mine"]);
    assert_eq!(opened.state.messages[&c1()].len(), 1);
    drop(store);
}

/// Whoever is suspended gives the store away, and has it or works through another one when it goes on.
#[test]
fn a_window_that_rests_keeps_nobody_waiting() {
    let place = Place::new();
    let (first, _) = open(&place.store(), "one");
    let (second, _) = open(&place.store(), "two");
    first.remember(tea("c1", [1]));
    first.rest();
    keep(&second, "meanwhile").expect("it is kept");
    assert_eq!(held(&second, c1()), [1]);
    second.remember(vec![StoreChange::Message(c1(), Box::new(message(2, "meanwhile")))]);
    keep(&first, "here again").expect("it is kept");
    assert_eq!(held(&first, c1()), [1, 2]);
}

#[test]
fn commands_work_through_whoever_holds_the_store() {
    let place = Place::new();
    let (store, _) = open(&place.store(), "one");
    store.remember(tea("c1", 1..=20));
    keep(&store, "not sent").expect("it is kept");
    let shown = summary(&place.store()).expect("it says");
    assert_eq!((shown.channels, shown.messages), (1, 20));
    let shown = clear(&place.store()).expect("it is emptied");
    assert_eq!((shown.channels, shown.messages), (0, 0));
    // Whoever runs goes on: what they tell from now on is held.
    store.remember(vec![StoreChange::Channel(Box::new(channel("c1", 21)))]);
    store.remember(vec![StoreChange::Message(c1(), Box::new(message(21, "later")))]);
    drop(store);
    let (_, opened) = open(&place.store(), "two");
    assert_eq!(opened.unsent.lines, ["not sent"]);
    assert_eq!(opened.state.channels[0].version, Version::new(21));
    assert_eq!(opened.state.messages[&c1()].len(), 1);
}

#[test]
fn a_window_of_another_version_is_told_so_and_one_that_says_nonsense_is_let_go() {
    let place = Place::new();
    let (store, _) = open(&place.store(), "one");
    let says = |line: &str| {
        let mut stream = UnixStream::connect(place.socket()).expect("the owner listens");
        stream.write_all(line.as_bytes()).expect("it can be said");
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer).expect("an answer or the end");
        answer
    };
    let hello = r#"{"hello":{"version":99,"writer":{"handle":"alice","window":"x","server":"http://a:1","bytes_max":1},"back":null}}"#;
    let answer = says(&format!("{hello}\n"));
    assert_eq!(answer, format!("{{\"other_version\":[1,\"{}\"]}}\n", env!("CARGO_PKG_VERSION")));
    let elsewhere = hello.replace("99", "1").replace("a:1", "b:1");
    assert!(says(&format!("{elsewhere}\n")).contains("it is the store of http://a:1"));
    for nonsense in ["\n", "{}\n", "\"keep\"\n", "\u{0}\n", "GET / HTTP/1.1\r\n\r\n"] {
        assert_eq!(says(nonsense), "", "{nonsense:?}");
    }
    keep(&store, "all is well").expect("it is kept");
}

/// A program that holds the store and answers in its own way.
fn owner_that_says(place: &Place, answer: &'static str) -> std::fs::File {
    let lock = std::fs::File::create(place.store().with_extension("lock")).expect("a file");
    lock.lock().expect("nobody has it");
    let listener = UnixListener::bind(place.socket()).expect("a socket");
    std::thread::spawn(move || {
        let mut streams = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.expect("somebody");
            stream.write_all(answer.as_bytes()).expect("they listen");
            streams.push(stream);
        }
    });
    lock
}

#[test]
fn an_owner_of_another_version_or_one_that_is_stuck_is_named() {
    let place = Place::new();
    let lock = owner_that_says(&place, "{\"other_version\":[2,\"9.9.9\"]}\n");
    let refused = LocalStore::open(&place.store(), writer("alice", "one"), |_| true).map(drop);
    assert!(matches!(refused, Err(LocalStoreError::Other(version)) if version == "9.9.9"));
    drop(lock);

    let place = Place::new();
    let lock = owner_that_says(&place, "");
    let refused = LocalStore::open(&place.store(), writer("alice", "one"), |_| true).map(drop);
    assert!(matches!(refused, Err(LocalStoreError::Silent)));
    assert!(matches!(summary(&place.store()), Err(LocalStoreError::Silent)));
    drop(lock);
    // When it has ended all is well.
    let (store, _) = open(&place.store(), "one");
    keep(&store, "here").expect("it is kept");
}

/// A stopped owner takes no connections; when as many wait as the system lets wait, one more is not kept waiting for ever.
#[test]
fn an_owner_that_takes_no_more_connections_is_not_waited_for() {
    let place = Place::new();
    let lock = std::fs::File::create(place.store().with_extension("lock")).expect("a file");
    lock.lock().expect("nobody has it");
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None).expect("a socket");
    bind(&socket, &SocketAddrUnix::new(place.socket()).expect("a short path")).expect("nobody is there");
    listen(&socket, 0).expect("it is bound");
    let _waiting = UnixStream::connect(place.socket()).expect("one may wait");
    let refused = LocalStore::open(&place.store(), writer("alice", "one"), |_| true).map(drop);
    assert!(matches!(refused, Err(LocalStoreError::Silent)));
}

/// An owner that stops answering keeps nobody from writing for long, and what was told to it is told to the next one.
#[test]
fn what_a_stuck_owner_has_not_answered_is_done_by_the_next_one() {
    let place = Place::new();
    let lock = owner_that_says(
        &place,
        "{\"welcome\":{\"state\":{\"channels\":[],\"members\":{},\"messages\":{}},\"unsent\":{}}}\n",
    );
    let (store, _) = open(&place.store(), "one");
    store.remember(tea("c1", [1]));
    drop(lock);
    keep(&store, "not lost").expect("it is kept");
    assert_eq!(held(&store, c1()), [1]);
}

/// What a window does.
#[derive(Debug, Clone, Copy)]
enum Step {
    Begins,
    Ends(usize),
    Rests(usize),
    Keeps(usize),
    Reads(usize),
    Tells(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => Just(Step::Begins),
        1 => any::<usize>().prop_map(Step::Ends),
        1 => any::<usize>().prop_map(Step::Rests),
        1 => any::<usize>().prop_map(Step::Keeps),
        1 => any::<usize>().prop_map(Step::Reads),
        6 => any::<usize>().prop_map(Step::Tells),
    ]
}

/// Does the steps with up to four windows; gives how many messages were told, and which windows have kept something.
fn do_all(place: &Place, steps: Vec<Step>) -> (u64, BTreeSet<String>) {
    let mut windows: Vec<(String, LocalStore)> = Vec::new();
    let (mut told, mut kept) = (0, BTreeSet::new());
    for (number, step) in steps.into_iter().enumerate() {
        let at = match step {
            _ if windows.is_empty() => None,
            Step::Begins => (windows.len() >= 4).then_some(0),
            Step::Ends(at) | Step::Rests(at) | Step::Keeps(at) | Step::Reads(at) | Step::Tells(at) => {
                Some(at % windows.len())
            }
        };
        let Some(at) = at else {
            let name = format!("window{number}");
            let (store, opened) =
                LocalStore::open(&place.store(), writer("alice", &name), |_| false).expect("the store");
            if opened.state.channels.is_empty() {
                store.remember(tea("c1", []));
            }
            windows.push((name, store));
            continue;
        };
        let (name, store) = &windows[at];
        match step {
            Step::Ends(_) => drop(windows.swap_remove(at)),
            Step::Rests(_) => store.rest(),
            Step::Keeps(_) => {
                keep(store, name).expect("it is kept");
                kept.insert(name.clone());
            }
            Step::Begins | Step::Reads(_) => _ = held(store, c1()),
            Step::Tells(_) => {
                told += 1;
                store.remember(vec![StoreChange::Message(c1(), Box::new(message(told, "x")))]);
            }
        }
    }
    (told, kept)
}

/// Failing seeds stand beside this file and are committed.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 40,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    /// What any of them has told is held at the end, and no text is lost or doubled.
    #[test]
    fn windows_come_and_go_and_nothing_is_lost(steps in proptest::collection::vec(step(), 1..60)) {
        let place = Place::new();
        let (told, kept) = do_all(&place, steps);
        let (store, opened) = open(&place.store(), "last");
        prop_assert_eq!(held(&store, c1()), (1..=told).collect::<Vec<_>>());
        prop_assert_eq!(opened.unsent.lines.len(), kept.len());
        prop_assert_eq!(opened.unsent.lines.into_iter().collect::<BTreeSet<_>>(), kept);
    }
}
