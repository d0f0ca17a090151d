//! Stores of every schema that there has been: each is brought up to date and read, and the steps between them never change.
//!
//! `NNNN.sql` holds a database as it was at schema NNNN, with rows in every table. It is made once, from the migrations and from
//! what stands in `rows/`, and never again: `docs/adding.md` says how.

#![allow(clippy::unwrap_used, reason = "all of it is a test")]

mod fixture;
mod reading;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest, Sha256};

use fixture::{Schema, build, restore, schemas};
use reading::Reading;

/// The SHA-256 of each migration, as `sha256sum` writes it.
const CHECKSUMS: &str = include_str!("migrations.sha256");

const MAKE: &str = "cargo test -p chatd --test schemas -- --ignored";

#[test]
fn a_committed_migration_never_changes() {
    let checksums = CHECKSUMS.lines().filter_map(|line| line.split_once("  ")).map(|(checksum, name)| (name, checksum));
    let mut checksums = checksums.collect::<BTreeMap<_, _>>();
    for schema in schemas() {
        let name = &*schema.name;
        let found = Sha256::digest(&schema.migration).iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a text takes what is written");
            text
        });
        match checksums.remove(name) {
            Some(checksum) => assert_eq!(
                found, checksum,
                "`{name}` was changed: stores that have taken this step never take it again. Write a new migration instead"
            ),
            None => panic!("`{name}` has no checksum: add `{found}  {name}` to chatd/tests/schemas/migrations.sha256"),
        }
    }
    assert!(checksums.is_empty(), "migrations that stores have gone through are gone: {:?}", checksums.into_keys());
}

#[test]
fn a_fixture_is_a_store_of_its_schema_with_rows_in_every_table() {
    for schema in schemas() {
        let number = schema.number;
        assert!(schema.fixture().exists(), "schema {number} has no fixture: write its rows, then `{MAKE}` makes it");
        let (found, built) = (restore(&schema, None), build(&schema));
        let version: u32 = found.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, number);
        assert_eq!(fixture::objects(&found), fixture::objects(&built), "the fixture is not at schema {number}");
        for table in fixture::tables(&found) {
            let is_filled: bool =
                found.query_row(&format!("SELECT EXISTS (SELECT 1 FROM {table})"), [], |row| row.get(0)).unwrap();
            assert!(is_filled, "the fixture of schema {number} has no row in `{table}`");
        }
    }
}

/// Not a test: makes the fixtures that are missing, and touches no other.
#[test]
#[ignore = "makes the fixtures that are missing"]
fn make() {
    for schema in schemas().into_iter().filter(|schema| !schema.fixture().exists()) {
        std::fs::write(schema.fixture(), fixture::dump(&build(&schema))).unwrap();
    }
}

#[tokio::test]
async fn a_store_of_any_schema_is_brought_up_to_date_and_read() {
    // All at once: each waits for its index.
    let reads = schemas().into_iter().map(|schema| async move {
        let number = schema.number;
        let read = tokio::spawn(upgrade_and_read(schema)).await;
        read.unwrap_or_else(|_| panic!("a store of schema {number} is not read as it was, see above"));
    });
    futures_util::future::join_all(reads).await;
}

async fn upgrade_and_read(schema: Schema) {
    let folder = tempfile::tempdir().unwrap();
    drop(restore(&schema, Some(folder.path())));
    let reading = Reading::open(folder.path(), &schema);
    reading.signs_in().await;
    reading.accounts().await;
    reading.lists_channels().await;
    reading.history().await;
    reading.order().await;
    reading.catches_up().await;
    reading.people().await;
    reading.posts().await;
    reading.newcomers().await;
    reading.finds().await;
    reading.close().await;
    members(&schema, folder.path());
}

/// Who is in which channel, and whether anything is wrong with the file.
fn members(schema: &Schema, folder: &Path) {
    let mut store = chatd::store::Snapshot::open(folder).unwrap();
    assert_eq!(store.problems().unwrap(), [""; 0], "after schema {}", schema.number);
    let mut lines = Vec::new();
    store.export(&mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let tea = lines.clone().find(|line| line["type"] == "channel" && line["name"] == "tea").unwrap();
    let members = tea["members"].as_array().unwrap().iter();
    let roles = members.map(|member| (member["handle"].as_str().unwrap(), member["role"].as_str().unwrap()));
    let mut expected = vec![("alice", "owner"), ("bob", "moderator"), ("carol", "member")];
    if schema.number == 1 {
        expected.push(("erin", "member"));
    }
    assert_eq!(roles.collect::<Vec<_>>(), expected);
    let file = rusqlite::Connection::open(folder.join(chatd::store::DATABASE_FILE)).unwrap();
    let version: usize = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, schemas().len(), "every migration is applied");
    let pointing = "SELECT count(*) FROM sqlite_schema AS made JOIN pragma_foreign_key_list(made.name) AS key
        WHERE made.type = 'table' AND made.name IN ('member', 'ban', 'invitation') AND key.\"table\" = 'channel'";
    let pointing: u64 = file.query_row(pointing, [], |row| row.get(0)).unwrap();
    assert_eq!(pointing, 0, "after schema {}: the row of a channel goes before who was in it", schema.number);
}

#[test]
fn a_store_that_counts_wrongly_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let newest = schemas().pop().unwrap();
    let file = restore(&newest, Some(folder.path()));
    let problems = || chatd::store::Snapshot::open(folder.path()).unwrap().problems().unwrap();
    assert_eq!(problems(), [""; 0]);
    for (wrong, right, said) in [
        (
            "UPDATE total SET count = count + 1 WHERE name = 'messages'",
            "UPDATE total SET count = count - 1 WHERE name = 'messages'",
            "chatd.db: the store counts 12 messages, and has 11",
        ),
        (
            "UPDATE total SET name = 'guest' WHERE name = 'guests'",
            "UPDATE total SET name = 'guests' WHERE name = 'guest'",
            "chatd.db: the store counts no guests, and has 1",
        ),
        (
            "UPDATE channel SET members = 7 WHERE id = 1002",
            "UPDATE channel SET members = 3 WHERE id = 1002",
            "chatd.db: channel `tea` counts 7 members, and has 3",
        ),
        (
            "INSERT INTO ban VALUES (77, 1, 1, 1)",
            "DELETE FROM ban WHERE channel = 77",
            "chatd.db: a row of `ban` points to channel 77, which is not there",
        ),
    ] {
        file.execute_batch(wrong).unwrap();
        assert_eq!(problems(), [said]);
        file.execute_batch(right).unwrap();
    }
    assert_eq!(problems(), [""; 0]);
}
