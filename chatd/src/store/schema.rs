//! Opening the file: the lock of the folder, the pragmas, the migrations.

use std::cmp::Ordering;
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior};

use super::{OpenError, checkpoint, names};
use crate::secret::open_own;

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
];

const STATEMENTS_CACHED: usize = 128;

/// Memory that the writer may use for pages, in KiB. One commit touches three pages of each channel that
/// speaks in it; with SQLite's 2 MiB it would read them again and again.
const WRITER_CACHE_KIB: i64 = 6_144;

/// Bits of a mode by which others than the owner put files in a folder, or take them away.
const OTHERS_WRITE: u32 = 0o022;

/// Makes the data folder (0700) and takes its lock, so that two daemons never share one.
pub(super) fn lock_folder(folder: &Path) -> Result<File, OpenError> {
    let failed = |source| OpenError::Folder { path: folder.display().to_string(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mode = std::fs::metadata(folder).map_err(failed)?.mode();
    if mode & OTHERS_WRITE != 0 {
        return Err(OpenError::Exposed { path: folder.display().to_string(), mode: mode & 0o7777 });
    }
    let path = folder.join("chatd.lock");
    let lock = open_own(&path).map_err(|source| OpenError::Folder { path: path.display().to_string(), source })?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Locked(folder.display().to_string())),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens the writing connection and brings the schema up to date.
pub(super) fn open_writer(path: &Path, while_migrating: Option<Heard>) -> Result<Connection, OpenError> {
    create_private(path).map_err(|source| OpenError::Folder { path: path.display().to_string(), source })?;
    let failed = |source| OpenError::Database { path: path.display().to_string(), source };
    let mut connection = Connection::open(path).map_err(failed)?;
    prepare(&connection).map_err(failed)?;
    if let Some(heard) = &while_migrating {
        hear_of_steps(&mut connection, heard.clone()).map_err(failed)?;
    }
    migrate(&mut connection, path, while_migrating.as_ref())?;
    connection.progress_handler(0, None::<fn() -> bool>).map_err(failed)?;
    // What a crash has left in the log, and what a migration deleted, is in the file before anybody is served.
    match checkpoint::empty_log(&connection) {
        // Where there is no room it is moved when there is.
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => {}
        emptied => emptied.map_err(failed)?,
    }
    Ok(connection)
}

/// Is told that something goes on.
pub(super) type Heard = Arc<dyn Fn() + Send + Sync>;

/// Steps of SQLite's machine between two times that it is told to go on: some milliseconds.
const STEPS_TOLD: i32 = 100_000;

fn hear_of_steps(connection: &mut Connection, heard: Heard) -> rusqlite::Result<()> {
    connection.progress_handler(
        STEPS_TOLD,
        Some(move || {
            heard();
            // Go on.
            false
        }),
    )
}

/// Opens a connection that can only read.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    stay_prepared(&connection)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Keeps statements as they were prepared. Without it SQLite looks at the values that are bound and may prepare a statement
/// anew for each, where an index has a condition (sqlite.org/queryplanner-ng.html, section 5).
fn stay_prepared(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// SQLite would create the file readable by others; its log and index take the file's mode.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        make_private(Path::new(&beside))?;
    }
    open_own(path)?;
    make_private(path)
}

/// Takes a file from the eyes of others: copies that are put back are often open to them.
fn make_private(path: &Path) -> io::Result<()> {
    let found = match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if found.is_file() && found.mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{:o}", found.mode() & 0o777), "this file was readable by others, its mode is 600 now");
        std::fs::set_permissions(path, Permissions::from_mode(0o600))?;
    }
    Ok(())
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    stay_prepared(connection)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // FULL: every commit is followed by an fsync of the log. NORMAL would acknowledge before it.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is written over, so that it is gone from the file too; nor is it left in files beside it.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    // The writer never checkpoints on its own; see checkpoint.rs.
    connection.pragma_update(None, "wal_autocheckpoint", 0)
}

fn migrate(connection: &mut Connection, path: &Path, heard: Option<&Heard>) -> Result<(), OpenError> {
    let found = version(connection, path)?;
    apply(connection, found as usize, heard)
        .map_err(|source| OpenError::Database { path: path.display().to_string(), source })
}

/// Refuses a store that is not brought up to date.
pub(super) fn check_newest(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let (found, known) = (version(connection, path)?, MIGRATIONS.len() as i64);
    match found.cmp(&known) {
        Ordering::Less => Err(OpenError::Older { found, known }),
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { found, known }),
    }
}

/// Gives the version of the schema of a store of ours.
fn version(connection: &Connection, path: &Path) -> Result<i64, OpenError> {
    let failed = |source| OpenError::Database { path: path.display().to_string(), source };
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

fn apply(connection: &mut Connection, found: usize, heard: Option<&Heard>) -> rusqlite::Result<()> {
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    names::teach(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in &MIGRATIONS[found..] {
        if let Some(heard) = heard {
            heard();
        }
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    transaction.commit()
}

/// Gives the store's name, drawn when the store is first opened.
pub(super) fn store_id(connection: &Connection) -> rusqlite::Result<String> {
    match store_id_of(connection)? {
        Some(known) => Ok(known),
        None => draw_store_id(connection),
    }
}

/// Gives the store's name, if it has one yet.
pub(super) fn store_id_of(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE key = 'store_id'", [], |row| row.get(0)).optional()
}

/// Draws another name for the store.
pub(super) fn draw_store_id(connection: &Connection) -> rusqlite::Result<String> {
    let drawn = super::key::channel_id(super::key::random()).to_string();
    connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('store_id', ?1)", [&drawn])?;
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for user in [1, 2] {
            let transaction = new.unchecked_transaction().unwrap();
            super::super::directory::person(&transaction, super::super::UserId::for_test(user)).unwrap();
        }
    }

    #[test]
    fn long_work_is_heard_of() {
        use std::sync::atomic::{AtomicU32, Ordering};

        let mut connection = Connection::open_in_memory().unwrap();
        let times = Arc::new(AtomicU32::new(0));
        let counted = times.clone();
        hear_of_steps(&mut connection, Arc::new(move || _ = counted.fetch_add(1, Ordering::Relaxed))).unwrap();
        let count =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT sum(i) FROM n";
        connection.query_row(count, [], |row| row.get::<_, i64>(0)).unwrap();
        assert!(times.load(Ordering::Relaxed) >= 5, "{times:?}");
    }

    #[test]
    fn a_database_of_another_program_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(open_writer(&path, None), Err(OpenError::Foreign(_))));
    }

    #[test]
    fn the_second_daemon_on_a_folder_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let _first = lock_folder(folder.path()).unwrap();
        assert!(matches!(lock_folder(folder.path()), Err(OpenError::Locked(_))));
    }

    #[test]
    fn no_file_of_the_store_is_a_link() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["chatd.lock", "chatd.db"] {
            let (link, victim) = (folder.path().join(name), folder.path().join("victim"));
            std::fs::write(&victim, "").unwrap();
            std::os::unix::fs::symlink(&victim, &link).unwrap();
            let refused = match name {
                "chatd.lock" => lock_folder(folder.path()).map(drop).unwrap_err(),
                _ => open_writer(&link, None).map(drop).unwrap_err(),
            };
            assert!(matches!(refused, OpenError::Folder { path, .. } if path.ends_with(name)));
            assert_eq!(std::fs::read(victim).unwrap(), b"");
        }
    }

    #[test]
    fn a_commit_reaches_the_disk_before_it_is_one() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open_writer(&folder.path().join("chatd.db"), None).unwrap();
        let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
        let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!((synchronous, journal.as_str()), (2, "wal"), "FULL: an fsync of the log after each commit");
    }

    #[test]
    fn a_store_keeps_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.db");
        let first = store_id(&open_writer(&path, None).unwrap()).unwrap();
        assert_eq!(store_id(&open_writer(&path, None).unwrap()).unwrap(), first);
    }
}
