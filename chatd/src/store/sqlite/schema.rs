//! The schema: the migrations, applied in one transaction, and the name of the store.

use std::cmp::Ordering;
use std::path::Path;

use proto::StoreId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::{Rows, functions};
use crate::store::channel_key::ChannelKey;
use crate::store::options::MigrationProgress;
use crate::store::{OpenError, StoreError};

/// Marks the file as ours in its header: "chtd".
const APPLICATION_ID: i32 = 0x6368_7464;
/// Numbered from 1; a database holds the number of the last one applied as `user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_accounts.sql"),
    include_str!("migrations/0003_lean_messages.sql"),
    include_str!("migrations/0004_local_users.sql"),
    include_str!("migrations/0005_ssh_keys.sql"),
    include_str!("migrations/0006_changed_messages.sql"),
    include_str!("migrations/0007_replies.sql"),
    include_str!("migrations/0008_bans.sql"),
    include_str!("migrations/0009_rules.sql"),
    include_str!("migrations/0010_pins.sql"),
    include_str!("migrations/0011_invitations.sql"),
    include_str!("migrations/0012_catch_up.sql"),
    include_str!("migrations/0013_guests.sql"),
    include_str!("migrations/0014_notices.sql"),
    include_str!("migrations/0015_people.sql"),
    include_str!("migrations/0016_walls.sql"),
    include_str!("migrations/0017_sessions.sql"),
    include_str!("migrations/0018_leaving.sql"),
    include_str!("migrations/0019_registration.sql"),
    include_str!("migrations/0020_consent.sql"),
    include_str!("migrations/0021_sign_ups.sql"),
    include_str!("migrations/0022_guests_and_time.sql"),
    include_str!("migrations/0023_retention.sql"),
    include_str!("migrations/0024_members.sql"),
    include_str!("migrations/0025_files.sql"),
    include_str!("migrations/0026_finished_uploads.sql"),
    include_str!("migrations/0027_pictures.sql"),
    include_str!("migrations/0028_avatars.sql"),
    include_str!("migrations/0029_links.sql"),
];

/// Brings the schema up to date.
pub(super) fn migrate(
    connection: &mut Connection,
    path: &Path,
    progress: Option<&MigrationProgress>,
) -> Result<(), OpenError> {
    let found = version(connection, path)?;
    apply(connection, found as usize, progress).map_err(OpenError::of(path))
}

/// Refuses a store that is not brought up to date.
pub(super) fn require_newest(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let (found, known) = (version(connection, path)?, MIGRATIONS.len() as i64);
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { found, known }),
    }
}

/// Gives the version of the schema of a store of ours.
fn version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let failed = OpenError::of::<rusqlite::Error>(path);
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed)?;
    let application_id: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(failed)?;
    let known = MIGRATIONS.len() as i64;
    let foreign = application_id != APPLICATION_ID && (found != 0 || application_id != 0);
    if foreign || found < 0 {
        return Err(OpenError::Foreign(path.display().to_string()));
    }
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    Ok(found)
}

fn apply(connection: &mut Connection, found: usize, progress: Option<&MigrationProgress>) -> rusqlite::Result<()> {
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    functions::teach(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[found..] {
        if let Some(progress) = progress {
            progress();
        }
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()
}

/// Gives the store's name, drawn when the store is first opened.
pub(in crate::store) fn store_id(rows: &Rows) -> Result<StoreId, StoreError> {
    let id = match store_id_of(rows.connection())? {
        Some(known) => known,
        None => draw_store_id(rows.connection())?,
    };
    id.parse().map_err(|_| StoreError::Damaged("the name of the store is not one".into()))
}

/// Gives the store's name, if it has one yet.
pub(super) fn store_id_of(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| row.get(0)).optional()
}

/// Draws another name for the store.
fn draw_store_id(connection: &Connection) -> rusqlite::Result<String> {
    let drawn = new_store_id();
    set_store_id(connection, &drawn)?;
    Ok(drawn)
}

/// Draws the name of a store.
pub(crate) fn new_store_id() -> String {
    ChannelKey::random().id().to_string()
}

pub(super) fn set_store_id(connection: &Connection, id: &str) -> rusqlite::Result<()> {
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('store_id', ?1)", [id])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::connection::{open, open_writer};
    use super::*;
    use crate::store::{UserId, directory, names};

    #[test]
    fn a_newer_store_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        open_writer(&path, None).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(open_writer(&path, None), Err(OpenError::Newer { found: 99, .. })));
    }

    #[test]
    fn an_older_store_is_brought_up_to_date() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute("INSERT INTO user (handle, created) VALUES ('alice', 7)", []).unwrap();
        drop(old);
        let new = open_writer(&path, None).unwrap();
        let kept: (String, Option<i64>) =
            new.query_row("SELECT handle, deleted FROM user", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(kept, ("alice".to_owned(), None));
        let version: i64 = new.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, MIGRATIONS.len() as i64);
    }

    #[test]
    fn who_was_deleted_before_is_as_gone_as_anybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        let old = Connection::open(&path).unwrap();
        MIGRATIONS[..19].iter().for_each(|migration| old.execute_batch(migration).unwrap());
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 19).unwrap();
        old.execute_batch(
            "INSERT INTO user (id, handle, created, about, display_name) VALUES (1, 'alice', 7, 'phone 555', 'A');
             INSERT INTO user (id, handle, created, about, deleted) VALUES (2, 'bob', 7, 'phone 556', 8);
             INSERT INTO user (id, handle, created, deleted) VALUES (3, 'deleted-0a', 7, 8);
             INSERT INTO local_user (uid, name, user) VALUES (7001, 'bob', 2), (7002, 'alice', 1);
             INSERT INTO channel (id, kind, name, owner, created) VALUES (1, 'wall', 'alice', 1, 7), (2, 'wall', 'bob', 2, 7);
             INSERT INTO registration (handle, password_hash, asked) VALUES ('carol', '', 7);
             INSERT INTO session (id, user, device, created, expires)
                VALUES ('s1', 1, 'laptop-1', 7, 9), ('s2', 1, char(27) || '[2J', 7, 9);",
        )
        .unwrap();
        drop(old);
        let new = open_writer(&path, None).unwrap();
        let text = |sql: &str| new.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
        assert_eq!(text("SELECT group_concat(about, '|') FROM user"), "phone 555||");
        assert!(text("SELECT handle FROM user WHERE id = 2").starts_with("deleted-"));
        assert_eq!(text("SELECT handle FROM user WHERE id = 3"), "deleted-0a");
        assert_eq!(text("SELECT group_concat(handle) FROM spent_handle"), "bob");
        assert_eq!(text("SELECT group_concat(name) FROM local_user"), "alice");
        assert_eq!(text("SELECT group_concat(name) FROM channel"), "alice");
        assert_eq!(text("SELECT group_concat(id) FROM removed_channel"), "2");
        assert_eq!(text("SELECT source FROM registration"), "local");
        assert_eq!(text("SELECT group_concat(device) FROM session"), "laptop-1");
    }

    /// Rules that are stricter now must not make an older store unreadable.
    #[test]
    fn what_older_rules_allowed_is_brought_to_the_new_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        let old = Connection::open(&path).unwrap();
        for migration in &MIGRATIONS[..19] {
            old.execute_batch(migration).unwrap();
        }
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 19).unwrap();
        let invisible = "\u{AD}".repeat(70);
        old.execute_batch(&format!(
            "INSERT INTO user (id, handle, created, status, display_name) VALUES (1, 'alice', 7, '{invisible}', '\u{3164}'),
                (2, 'bob', 7, 'here', 'Bob'), (3, 'gone', 7, '', '');
             UPDATE user SET deleted = 8 WHERE id = 3;
             INSERT INTO channel (id, kind, name, topic, owner, creator, created, last_index, version) VALUES
                (10, 'public', 'lоbby', 'a\u{202E}b', 1, 1, 7, 1, 5), (11, 'private', 'empty', '', NULL, 1, 7, 1, 5),
                (12, 'private', 'kept', '', 1, 1, 7, 0, 5);
             INSERT INTO member (channel, user, role, joined, last_read) VALUES
                (10, 1, 'owner', 1, 0), (10, 2, 'member', 1, 0), (12, 1, 'owner', 1, 0), (12, 2, 'member', 1, 0);
             INSERT INTO message (channel, idx, version, date, user, kind, content, mentions) VALUES
                (10, 1, 1, 7, 1, 'text', 'hello', '');
             INSERT INTO reaction (channel, idx, emoji, user, version) VALUES (10, 1, 'вор', 2, 2), (10, 1, 'ℹ️', 2, 3),
                (10, 1, '❤', 2, 4), (10, 1, '❤\u{FE0F}', 2, 5);
             INSERT INTO notice (user, kind, channel, idx, by, emoji, date) VALUES (1, 'reaction', 10, 1, 2, 'вор', 7),
                (1, 'reaction', 10, 1, 2, '❤', 7), (2, 'invite', 12, 0, 1, NULL, 7);
             INSERT INTO ban (channel, user, by, date) VALUES (10, 3, 1, 7);
             INSERT INTO invitation (code, channel, user, uses, created, expires) VALUES
                ('ended', 10, 2, NULL, 7, 9), ('good', 10, 1, NULL, 7, 9), ('orphan', 11, 1, NULL, 7, 9);"
        ))
        .unwrap();
        drop(old);
        let new = open_writer(&path, None).unwrap();
        let texts = |sql: &str| -> Vec<String> {
            let mut statement = new.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
        };
        assert_eq!(texts("SELECT emoji FROM reaction ORDER BY emoji"), ["ℹ️", "❤\u{FE0F}"]);
        assert_eq!(texts("SELECT emoji FROM notice WHERE kind = 'reaction'"), ["❤\u{FE0F}"]);
        assert_eq!(texts("SELECT status || '|' || display_name FROM user WHERE id < 3"), ["|", "here|Bob"]);
        assert_eq!(texts("SELECT topic FROM channel WHERE id = 10"), ["ab"]);
        assert_eq!(texts("SELECT name FROM channel ORDER BY id"), ["lоbby", "kept"]);
        assert_eq!(texts("SELECT CAST(id AS TEXT) FROM removed_channel"), ["11"]);
        assert_eq!(texts("SELECT code FROM invitation"), ["good"]);
        assert_eq!(texts("SELECT 'ban' FROM ban"), [""; 0]);
        assert_eq!(texts("SELECT skeleton FROM channel WHERE id = 10"), [names::skeleton("lobby")]);
        assert_eq!(texts("SELECT added_by || ' ' || untouched FROM member WHERE added_by IS NOT NULL"), ["1 1"]);
        let rows = Rows::of(new);
        for user in [1, 2] {
            directory::person(&rows, UserId::for_test(user)).unwrap();
        }
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(open_writer(&path, None), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn a_store_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        let first = store_id(&open(&path, None).unwrap()).unwrap();
        assert_eq!(store_id(&open(&path, None).unwrap()).unwrap(), first);
    }
}
