//! A database that does not hold what was written to it: it is noticed, said, left as it is, and a backup helps.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use serde_json::json;

use crate::support::operator::{self, House};
use crate::support::{Folder, Person, Process, contents, message};

/// A store at rest in which alice has said something, with a backup of it.
struct Store {
    folder: Folder,
    shelf: Folder,
    alice: Person,
}

impl Store {
    async fn with_backup() -> Self {
        let house = House::new().await;
        let mut alice = house.person("alice").await;
        alice.joins("tea").await;
        alice.sends("tea", "kept").await;
        let shelf = Folder::new();
        let archive = shelf.path().join("chat.tar");
        house.runs(&["backup", archive.to_str().expect("the path is text")]).await;
        let House { folder, daemon } = house;
        daemon.terminates();
        daemon.ends().await;
        Self { folder, shelf, alice }
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("chatd.db")
    }

    /// Writes over a part of the database, and gives all of its bytes.
    fn gets_overwritten(&self, place: u64, bytes: &[u8]) -> Vec<u8> {
        let file = OpenOptions::new().write(true).open(self.database()).expect("there is a store");
        file.write_all_at(bytes, place).expect("it can be written");
        self.bytes()
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(self.database()).expect("it can be read")
    }

    /// Gives where the first page of a table lies, and its size.
    fn page_of(&self, table: &str) -> (u64, usize) {
        let store = rusqlite::Connection::open(self.database()).expect("there is a store");
        let number = |sql: &str| store.query_row(sql, [], |row| row.get::<_, u64>(0)).expect("it answers");
        let page = number(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{table}'"));
        let size = number("PRAGMA page_size");
        ((page - 1) * size, usize::try_from(size).expect("a page fits into memory"))
    }

    /// Neither the daemon nor `verify` and `backup` take it for a store; each says so in one line that names the way out.
    async fn is_refused(&self, reason: &str) {
        let started = Process::start_in_vain(&self.folder).await;
        let said = String::from_utf8_lossy(&started.stderr);
        assert_eq!((started.status.code(), &*started.stdout), (Some(1), &b""[..]), "{said}");
        let copy = self.shelf.path().join("copy.tar");
        let mut told = vec![said.lines().last().unwrap_or_default().to_owned()];
        told.push(operator::fails(&self.folder, &["verify"], "").await);
        told.push(operator::fails(&self.folder, &["backup", copy.to_str().expect("the path is text")], "").await);
        for line in told {
            assert!(line.contains("is damaged") && line.contains("chatd restore") && line.contains(reason), "{line}");
        }
    }

    /// The backup is put back into another folder, and everything of then is there.
    async fn is_helped_by_the_backup(&self) {
        let other = Folder::new();
        let archive = self.shelf.path().join("chat.tar");
        operator::runs(&other, &["restore", archive.to_str().expect("the path is text")], "").await;
        let daemon = Process::start(&other).await;
        let alice = self.alice.again_at(&daemon, json!({})).await;
        assert_eq!(contents(&alice.history("tea", "").await["messages"]), ["kept"]);
    }
}

/// "A daemon on a damaged copy either ends with status 1 and a line that says why …"
#[tokio::test]
async fn a_database_without_its_header_is_left_alone() {
    let store = Store::with_backup().await;
    let left = store.gets_overwritten(0, &[0xff; 100]);
    store.is_refused("file is not a database").await;
    assert!(store.bytes() == left, "nothing is written over");
    store.is_helped_by_the_backup().await;
}

/// SQLite takes an empty file for a new database; here it would be one in which nobody has an account.
#[tokio::test]
async fn a_database_that_was_emptied_is_no_new_one() {
    let store = Store::with_backup().await;
    fs::write(store.database(), "").expect("it can be written");
    store.is_refused("it is empty").await;
    assert_eq!(store.bytes(), b"", "nothing is written over");
    store.is_helped_by_the_backup().await;
}

/// "… or serves. What it serves is what was there." "A damaged structure is noticed when it is read. The daemon then answers
/// `internal` or stops, and says so."
#[tokio::test]
async fn a_damaged_page_is_noticed_when_it_is_read() {
    let store = Store::with_backup().await;
    let (place, size) = store.page_of("message");
    let left = store.gets_overwritten(place, &vec![0xa5; size]);
    let found = operator::on(&store.folder, &["verify"], "").await;
    let (lines, told) = (String::from_utf8_lossy(&found.stdout), String::from_utf8_lossy(&found.stderr));
    assert_eq!(found.status.code(), Some(1), "{lines}{told}");
    assert!(lines.contains("chatd.db: ") && told.contains("found in"), "{lines}{told}");
    let copy = store.shelf.path().join("copy.tar");
    let told = operator::fails(&store.folder, &["backup", copy.to_str().expect("the path is text")], "").await;
    assert!(told.contains("the store is damaged") && !copy.exists(), "{told}");

    let daemon = Process::start(&store.folder).await;
    let mut alice = store.alice.again_at(&daemon, json!({"channels": []})).await;
    let tea = alice.id("tea");
    let page = daemon.get(&format!("/v1/history?channel={tea}"), &alice.token).await;
    page.refused(500, "internal");
    alice.asks("channel_topic", json!({"id": tea, "topic": "what else is there"})).await;
    alice.says("channel_message_add", message(&tea, "into the hole", "n1")).await;
    alice.gets_closed().await;
    assert!(alice.take_waiting().iter().all(|packet| packet["type"] != "ok"), "nothing is acknowledged");
    assert_eq!(daemon.ends().await.code(), Some(1));
    let log = fs::read_to_string(store.folder.path().join("story.log")).expect("there is a log");
    assert!(log.lines().last().is_some_and(|line| line.contains("malformed")), "{log}");
    let page = place as usize..place as usize + size;
    assert!(store.bytes()[page.clone()] == left[page], "nothing is written over");
    store.is_helped_by_the_backup().await;
}
