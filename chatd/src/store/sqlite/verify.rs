//! Looking for what is wrong with a store: damage, gaps, rows that point nowhere, and an index that is of no use.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::error::is_damage;
use super::search::INDEX_FILE;
use super::snapshot::Snapshot;
use super::{connection, schema};
use crate::store::{DATABASE_FILE, StoreError};

/// Things that are wrong of which each is told; there may be one for each of a million messages.
const TOLD_MAX: usize = 100;
/// How often one looks at the index before what is wrong with it counts, and how long one waits in between: a daemon may be
/// making it just then.
const LOOKS: usize = 5;
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What must hold of the database beyond what SQLite checks; each gives a line for what does not.
const RULES: [&str; 10] = [
    "SELECT 'a row of `' || \"table\" || '` points to a row of `' || parent || '` that is not there'
     FROM pragma_foreign_key_check",
    "SELECT 'channel `' || name || '` has ' || there || ' messages up to index ' || last || ', and should have ' || last_index
     FROM (SELECT name, last_index, (SELECT count(*) FROM message WHERE channel = channel.id) AS there,
        (SELECT coalesce(max(idx), 0) FROM message WHERE channel = channel.id) AS last FROM channel)
     WHERE there <> last_index OR last <> last_index",
    "SELECT 'channel `' || name || '` is at version ' || version || ', and a message of it at a later one' FROM channel
     WHERE version < (SELECT max(max(version, coalesce(changed, 0))) FROM message WHERE channel = channel.id)",
    "SELECT 'two messages have the place of one nonce in channel ' || channel FROM nonce
     GROUP BY channel, idx HAVING count(*) > 1",
    // Rows of a deleted channel are removed in steps, so none of these tables has a foreign key for it.
    "SELECT DISTINCT 'a row of `' || pointing || '` points to channel ' || channel || ', which is not there' FROM (
        SELECT 'member' AS pointing, channel FROM member UNION ALL
        SELECT 'ban', channel FROM ban UNION ALL SELECT 'invitation', channel FROM invitation)
     WHERE channel NOT IN (SELECT id FROM channel) AND channel NOT IN (SELECT id FROM removed_channel)",
    "SELECT 'channel `' || name || '` counts ' || members || ' members, and has ' || there
     FROM (SELECT name, members, (SELECT count(*) FROM member WHERE channel = channel.id) AS there FROM channel)
     WHERE members <> there",
    "SELECT 'the store counts ' || coalesce(total.count, 'no') || ' ' || name || ', and has ' || there FROM (
        SELECT 'accounts' AS name, (SELECT count(*) FROM user WHERE deleted IS NULL) AS there UNION ALL
        SELECT 'guests', (SELECT count(*) FROM user WHERE deleted IS NULL AND guest = 1) UNION ALL
        SELECT 'channels', (SELECT count(*) FROM channel WHERE kind <> 'wall') UNION ALL
        SELECT 'public channels', (SELECT count(*) FROM channel WHERE kind = 'public') UNION ALL
        SELECT 'messages', (SELECT coalesce(sum(last_index), 0) FROM channel) UNION ALL
        SELECT 'files', (SELECT count(*) FROM file) UNION ALL
        SELECT 'file bytes', (SELECT coalesce(sum(size), 0) FROM blob))
     LEFT JOIN total USING (name) WHERE total.count IS NOT there",
    "SELECT 'the account `' || handle || '` counts ' || file_bytes || ' bytes of files, and has ' || there
     FROM (SELECT handle, file_bytes, (SELECT coalesce(sum(size), 0) FROM file JOIN blob ON blob.id = file.blob
        WHERE file.user = user.id) AS there FROM user)
     WHERE file_bytes <> there",
    "SELECT 'message ' || idx || ' of channel ' || channel || ' should have ' || files || ' files, and has ' || there
     FROM (SELECT channel, idx, files, (SELECT count(*) FROM message_file
        WHERE message_file.channel = message.channel AND message_file.idx = message.idx) AS there
        FROM message WHERE files > 0 AND channel NOT IN (SELECT id FROM removed_channel))
     WHERE files <> there",
    "SELECT 'nothing has the bytes ' || id FROM blob WHERE id NOT IN (SELECT blob FROM file)",
];

impl Snapshot {
    /// Gives a line for each thing that is wrong; none when all is well.
    ///
    /// # Errors
    /// What the disk said.
    pub fn problems(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = damage(self.rows.connection())?;
        if problems.is_empty() {
            for rule in RULES {
                problems.extend(lines(self.rows.connection(), rule)?);
            }
        }
        for problem in &mut problems {
            problem.insert_str(0, concat!("chatd.db", ": "));
        }
        problems
            .extend(self.lasting_index_problem().map(|problem| format!("{INDEX_FILE}: {problem}; it is made anew")));
        problems.truncate(TOLD_MAX);
        Ok(problems)
    }

    /// Says what is wrong with the index, and stays so.
    fn lasting_index_problem(&self) -> Option<String> {
        let mut problem = self.index_problem();
        for _ in 1..LOOKS {
            problem.as_ref()?;
            std::thread::sleep(LOOK_AGAIN);
            problem = self.index_problem();
        }
        problem
    }

    /// Says what is wrong with the index; nothing when there is none: it is made by the next daemon.
    fn index_problem(&self) -> Option<String> {
        let path = self.folder.join(INDEX_FILE);
        if !path.exists() {
            return None;
        }
        let looked = connection::open_reader(&path).and_then(|index| {
            if let Some(problem) = damage(&index)?.into_iter().next() {
                return Ok(Some(problem));
            }
            // One that is being made has no table yet.
            if !index.table_exists(None, "meta")? {
                return Ok(None);
            }
            let of = index.query_row("SELECT value FROM meta WHERE key = 'store'", [], |row| row.get::<_, String>(0));
            let store = schema::store_id_of(self.rows.connection())?;
            Ok((of.optional()? != store).then(|| format!("it is of another store than `{DATABASE_FILE}`")))
        });
        looked.unwrap_or_else(|error| Some(error.to_string()))
    }
}

fn damage(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let found = lines(connection, "PRAGMA integrity_check(100)")?;
    // One answer may have several lines, below one that names the database.
    let told = found.iter().flat_map(|answer| answer.lines()).filter(|line| *line != "ok" && !line.starts_with("***"));
    Ok(told.map(str::to_owned).collect())
}

/// Gives the lines of an answer. Damage may keep SQLite from going on: that is the last line then.
fn lines(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut found = Vec::new();
    match gather(connection, sql, &mut found) {
        Err(error) if is_damage(&error) => found.push(error.to_string()),
        gathered => gathered?,
    }
    Ok(found)
}

fn gather(connection: &Connection, sql: &str, found: &mut Vec<String>) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    for line in statement.query_map([], |row| row.get(0))?.take(TOLD_MAX) {
        found.push(line?);
    }
    Ok(())
}
