//! The store of a profile: what it holds after a restart, and what becomes of it when it is damaged, full or too new.

#[path = "support/kept.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod kept;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use chat_tui::core::history::HistoryRange;
use chat_tui::store::{LocalStore, LocalStoreError, StoreWriter, clear, summary};
use chat_tui::stored::{StoreChange, StoredChannel};
use chat_tui::unsent::ChannelPlace;
use proto::http::{Count, SearchQuery};
use proto::{ChannelKind, Index, Message, MessageKind, MessagePatch, Timestamp, Version};

use kept::{channel, indexes, keep, message, open, page, tea, writer};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").path()).collect::<Vec<_>>();
    files.sort();
    files
}

#[test]
fn what_was_told_is_there_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, opened) = open(&path, "one");
    assert_eq!((opened.state, opened.set_aside), Default::default());
    store.remember(tea("c1", [1, 2, 3, 7, 8]));
    let patch =
        MessagePatch { content: Some("otherwise".to_owned()), ..MessagePatch::of(Index::new(8), Version::new(11)) };
    store.remember(vec![StoreChange::Patch("c1".parse().unwrap(), Box::new(patch))]);
    drop(store);
    let (store, opened) = open(&path, "two");
    let id = "c1".parse().unwrap();
    assert_eq!(opened.state.channels, [channel("c1", 10)]);
    let said = opened.state.messages[&id].iter().map(|message| message.content.as_str()).collect::<Vec<_>>();
    assert_eq!(said, ["otherwise", "said 7", "said 3", "said 2", "said 1"]);
    assert_eq!(opened.state.members[&id][0].display_name.as_deref(), Some("Bob"));
    // A page ends where a message is missing.
    assert_eq!(indexes(page(&store, id, HistoryRange::Before(Index::new(9)))), [7, 8]);
    assert_eq!(indexes(page(&store, id, HistoryRange::Before(Index::new(7)))), [0; 0]);
    assert_eq!(indexes(page(&store, id, HistoryRange::Before(Index::new(4)))), [1, 2, 3]);
    assert_eq!(indexes(page(&store, id, HistoryRange::After(Index::new(1)))), [2, 3]);
    assert!(page(&store, id, HistoryRange::Since(Version::new(1))).is_none(), "only the daemon knows");
    assert!(page(&store, id, HistoryRange::After(Index::new(u64::MAX))).is_none());
}

#[test]
fn what_is_claimed_of_a_channel_can_become_less() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, _) = open(&path, "one");
    store.remember(tea("c1", [1]));
    // A page from before a change has come: what changed since is to be asked for again.
    let before = StoredChannel { topic: "older".to_owned(), ..channel("c1", 5) };
    store.remember(vec![StoreChange::Channel(Box::new(before))]);
    drop(store);
    let held = open(&path, "two").1.state.channels;
    assert_eq!((held[0].version, held[0].topic.as_str()), (Version::new(5), "leaves"));
}

#[test]
fn only_its_owner_can_read_it() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder.path().join("store.db"), "one");
    store.remember(tea("c1", [1]));
    keep(&store, "secret").unwrap();
    let modes = files(folder.path()).into_iter().map(|file| fs::metadata(file).unwrap().mode() & 0o777);
    assert_eq!(
        modes.collect::<Vec<_>>(),
        [0o600; 5],
        "the file, its log and what belongs to that, the lock, the socket"
    );
}

#[test]
fn what_windows_have_left_comes_together_and_those_that_run_keep_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    for window in ["one", "two"] {
        let (store, _) = LocalStore::open(&path, writer("alice", window), |_| false).unwrap();
        keep(&store, window).unwrap();
    }
    let (_, opened) = LocalStore::open(&path, writer("alice", "three"), |window| window == "one").unwrap();
    assert_eq!(opened.unsent.lines, ["one"]);
    let (_, opened) = LocalStore::open(&path, writer("bob", "four"), |_| true).unwrap();
    assert!(opened.unsent.is_empty(), "it is alice's");
    let (_, opened) = open(&path, "five");
    assert_eq!(opened.unsent.lines, ["three", "two"].map(|window| if window == "three" { "one" } else { window }));
}

#[test]
fn another_account_finds_nothing_and_who_signs_out_leaves_nothing_but_what_they_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, _) = open(&path, "one");
    store.remember(tea("c1", [1]));
    keep(&store, "mine").unwrap();
    store.remember(vec![StoreChange::ForgetAll]);
    drop(store);
    let (store, opened) = open(&path, "two");
    assert_eq!((opened.state.channels.len(), opened.unsent.lines), (0, vec!["mine".to_owned()]));
    store.remember(tea("c1", [1]));
    drop(store);
    let (_, opened) = LocalStore::open(&path, writer("bob", "three"), |_| true).unwrap();
    assert_eq!((opened.state.channels.len(), opened.state.messages), (0, BTreeMap::new()));
}

#[test]
fn a_channel_that_is_left_goes_and_one_that_is_reset_keeps_no_message() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, _) = open(&path, "one");
    let (left, reset) = ("c1".parse().unwrap(), "c2".parse().unwrap());
    store.remember(tea("c1", [1]).into_iter().chain(tea("c2", [1])).collect());
    store.remember(vec![StoreChange::Forget(left), StoreChange::Reset(reset)]);
    store.remember(vec![StoreChange::Message(left, Box::new(message(2, "late")))]);
    assert!(page(&store, left, HistoryRange::Before(Index::new(3))).is_none());
    assert!(page(&store, reset, HistoryRange::Before(Index::new(2))).is_none());
    drop(store);
    let ids = open(&path, "two").1.state.channels.into_iter().map(|channel| channel.place.id);
    assert_eq!(ids.collect::<Vec<_>>(), [reset]);
}

/// Writes over some bytes of a file.
fn damage(path: &Path, at: u64, bytes: &[u8]) {
    let mut file = fs::OpenOptions::new().write(true).open(path).expect("the store");
    file.seek(SeekFrom::Start(at)).expect("a place in it");
    file.write_all(bytes).expect("room");
}

#[test]
fn a_damaged_file_is_set_aside_and_what_was_unsent_is_saved() {
    for (what, at, bytes) in [("the header", 0, 100), ("the first page", 0, 4_096), ("the channels", 3 * 4_096, 4_096)]
    {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let (store, _) = open(&path, "one");
        store.remember(tea("c1", 1..=50));
        keep(&store, "not sent").unwrap();
        drop(store);
        damage(&path, at, &vec![0xA5; bytes]);
        let (store, opened) = open(&path, "two");
        assert_eq!(opened.unsent.lines, ["not sent"], "{what}");
        let aside = PathBuf::from(opened.set_aside.expect(what));
        assert!(aside.exists() && aside != path);
        assert!(opened.state.channels.is_empty(), "{what}: the daemon tells it again");
        store.remember(tea("c1", [1]));
        drop(store);
        assert_eq!(open(&path, "three").1.state.channels.len(), 1, "{what}: a new one was made");
    }
}

#[test]
fn a_file_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open(&path, "one"));
    // Where the version of the schema stands (sqlite.org/fileformat2.html, 1.3).
    damage(&path, 60, &99_u32.to_be_bytes());
    let before = fs::read(&path).unwrap();
    let refused = LocalStore::open(&path, writer("alice", "two"), |_| true);
    assert!(matches!(refused, Err(LocalStoreError::Newer(_))));
    assert!(fs::read(&path).unwrap() == before, "nothing of it was touched");
}

#[test]
fn without_a_folder_there_is_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("store.db");
    assert!(matches!(LocalStore::open(&path, writer("alice", "one"), |_| true), Err(LocalStoreError::Place(_))));
}

#[test]
fn the_oldest_messages_go_where_there_are_too_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let small = || StoreWriter { bytes_max: 200_000, ..writer("alice", "one") };
    let (store, _) = LocalStore::open(&path, small(), |_| true).unwrap();
    store.remember(tea("c1", 1..=4_000));
    keep(&store, "not sent").unwrap();
    drop(store);
    let before = fs::metadata(&path).unwrap().len();
    let (store, opened) = LocalStore::open(&path, small(), |_| true).unwrap();
    let id = "c1".parse().unwrap();
    assert_eq!(
        indexes(page(&store, id, HistoryRange::Before(Index::new(4_001)))).last(),
        Some(&4_000),
        "the newest stay"
    );
    assert!(page(&store, id, HistoryRange::Before(Index::new(10))).is_none(), "the oldest are gone");
    assert_eq!(opened.unsent.lines, ["not sent"]);
    drop(store);
    let after = fs::metadata(&path).unwrap().len();
    assert!(after <= 200_000 && after < before, "{before} {after}");
    let (store, opened) = LocalStore::open(&path, StoreWriter { bytes_max: 0, ..small() }, |_| true).unwrap();
    store.remember(tea("c1", 1..=20));
    assert!(page(&store, id, HistoryRange::Before(Index::new(4_001))).is_none(), "none is wanted");
    assert!(page(&store, id, HistoryRange::Before(Index::new(21))).is_none(), "nor written from now on");
    assert_eq!((opened.state.channels.len(), opened.unsent.lines), (1, vec!["not sent".to_owned()]));
}

#[test]
fn a_store_says_what_it_holds_and_can_be_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, _) = open(&path, "one");
    store.remember(tea("c1", 1..=20));
    keep(&store, "not sent").unwrap();
    drop(store);
    let held = summary(&path).unwrap();
    assert_eq!((held.server.as_str(), held.handle.as_str()), ("http://a:1", "alice"));
    assert_eq!((held.channels, held.messages), (1, 20));
    clear(&path).unwrap();
    let held = summary(&path).unwrap();
    assert_eq!((held.channels, held.messages), (0, 0));
    for file in files(folder.path()) {
        let bytes = fs::read(&file).unwrap();
        assert!(!bytes.windows(6).any(|part| part == b"said 1"), "{file:?} still holds what was read");
    }
    assert_eq!(open(&path, "two").1.unsent.lines, ["not sent"]);
}

/// Reads a file and its log.
fn bytes_of(folder: &Path) -> Vec<u8> {
    files(folder).iter().flat_map(|file| fs::read(file).expect("it can be read")).collect()
}

#[test]
fn who_signs_out_leaves_no_word_also_where_writing_has_failed_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (store, _) = open(&path, "one");
    store.remember(tea("c1", 1..=20));
    keep(&store, "not sent").unwrap();
    // Another program holds the file for longer than is waited for.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(keep(&store, "not sent either").is_err());
    store.remember(tea("c2", [1]));
    assert!(keep(&store, "nor this").is_err());
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    store.remember(vec![StoreChange::ForgetAll]);
    keep(&store, "not sent").unwrap();
    drop(store);
    let holds_words = bytes_of(folder.path()).windows(7).any(|part| part == b"said 10");
    assert!(!holds_words, "what was read is written over");
    assert_eq!(open(&path, "two").1.unsent.lines, ["not sent"]);
}

#[test]
fn a_window_of_another_account_takes_the_store_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let (alice, _) = open(&path, "one");
    alice.remember(tea("c1", [1]));
    keep(&alice, "of alice").unwrap();
    let (bob, opened) = LocalStore::open(&path, writer("bob", "two"), |_| false).unwrap();
    assert!(opened.state.channels.is_empty());
    bob.remember(tea("c2", [1]));
    keep(&bob, "of bob").unwrap();
    alice.remember(tea("c1", [2, 3]));
    keep(&alice, "of alice").unwrap();
    assert!(page(&bob, "c2".parse().unwrap(), HistoryRange::Before(Index::new(4))).is_none(), "alice's are not bob's");
    drop((alice, bob));
    let ids = LocalStore::open(&path, writer("bob", "three"), |_| true).unwrap().1.state.channels;
    assert_eq!(ids.into_iter().map(|channel| channel.place.id.to_string()).collect::<Vec<_>>(), ["c2"]);
    assert_eq!(open(&path, "four").1.unsent.lines, ["of alice"]);
}

/// "Searching what is there works offline", by the rules that the server has: each search with what it finds.
#[test]
fn what_is_saved_is_searched_as_the_server_does() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder.path().join("store.db"), "one");
    let (tea, bob) = (
        channel("c1", 9),
        StoredChannel {
            place: ChannelPlace { id: "c2".parse().unwrap(), name: "bob".parse().unwrap(), kind: ChannelKind::Dm },
            ..channel("c2", 9)
        },
    );
    let (tea_id, bob_id) = (tea.place.id, bob.place.id);
    let said = ["The kettle is on", "Grüner Tee", "is it OK?", "a book about C#", "京都で茶", "tea: black, not green"];
    let mut changes = vec![StoreChange::Channel(Box::new(tea)), StoreChange::Channel(Box::new(bob))];
    for (index, text) in (1..).zip(said) {
        changes.push(StoreChange::Message(tea_id, Box::new(message(index, text))));
    }
    let alice = Message { handle: "alice".parse().unwrap(), ..message(1, "tea for two") };
    let late = |message: Message| Message { date: Timestamp::from_millis(86_400_000 * 30), ..message };
    let deleted = Message { deleted: Some(Timestamp::from_millis(5)), ..message(3, "tea that is gone") };
    let system = Message { kind: MessageKind::System, ..message(4, "tea was made") };
    for message in [alice, late(message(2, "TÉA at last")), deleted, system] {
        changes.push(StoreChange::Message(bob_id, Box::new(message)));
    }
    store.remember(changes);
    let find = |query: SearchQuery| {
        let (tell, found) = mpsc::channel();
        store.search(query, move |hits| tell.send(hits).unwrap());
        found.recv().unwrap()
    };
    let texts = |words: &str| {
        let found = find(SearchQuery { q: Some(words.to_owned()), ..SearchQuery::default() });
        assert!(found.complete && !found.more);
        found.hits.into_iter().map(|hit| hit.message.content).collect::<Vec<_>>()
    };
    for (words, found) in [
        ("KETTLE", &["The kettle is on"][..]),
        ("gruner", &["Grüner Tee"]),
        ("ok", &["is it OK?"]),
        ("c#", &["a book about C#"]),
        ("茶", &["京都で茶"]),
        ("\"is on\"", &["The kettle is on"]),
        ("tea", &["TÉA at last", "tea: black, not green", "tea for two"]),
        ("tea -green", &["TÉA at last", "tea for two"]),
        ("tea in:@bob", &["TÉA at last", "tea for two"]),
        ("tea in:#tea", &["tea: black, not green"]),
        ("tea from:alice", &["tea for two"]),
        ("from:@alice", &["tea for two"]),
        ("tea after:1970-01-10", &["TÉA at last"]),
        ("tea before:1970-01-10", &["tea: black, not green", "tea for two"]),
        ("nothing", &[]),
        ("   ", &[]),
    ] {
        assert_eq!(texts(words), found, "{words}");
    }
    let one = find(SearchQuery {
        q: Some("ok".to_owned()),
        around: Some(Count::new(1)),
        limit: Some(Count::new(1)),
        ..SearchQuery::default()
    });
    let beside = [&one.hits[0].before, &one.hits[0].after].map(|messages| messages[0].content.clone());
    assert_eq!(beside, ["Grüner Tee", "a book about C#"]);
    let two = SearchQuery { q: Some("tea".to_owned()), limit: Some(Count::new(2)), ..SearchQuery::default() };
    let first = find(two.clone());
    assert_eq!((first.hits.len(), first.more), (2, true));
    let rest = find(SearchQuery { offset: Some(Count::new(2)), ..two });
    assert_eq!((rest.hits.len(), rest.more, rest.hits[0].message.content.as_str()), (1, false, "tea for two"));
}

/// Not a measure, but a bound: a store of the usual size is looked through while one waits.
#[test]
fn a_full_store_is_searched_in_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = open(&folder.path().join("store.db"), "one");
    store.remember(tea("c1", 1..=50_000));
    let (tell, found) = mpsc::channel();
    store.search(SearchQuery { q: Some("\"said 4\"".to_owned()), ..SearchQuery::default() }, move |hits| {
        tell.send(hits).unwrap();
    });
    let found = found.recv().unwrap();
    assert!(found.complete && found.more);
    assert_eq!(found.hits[0].message.content, "said 49999");
}
