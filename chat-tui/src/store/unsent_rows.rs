//! What was written and is not sent: a row for each window. A window that comes later takes over the rows of those that have
//! ended.

use proto::Handle;
use rusqlite::{Connection, params};

use super::rows::read_json;
use super::terms::StoreWriter;
use crate::unsent::Unsent;

/// Keeps what a window has written and not sent.
pub(super) fn keep(
    connection: &Connection,
    handle: &Handle,
    window: &str,
    unsent: &Unsent,
) -> Result<(), rusqlite::Error> {
    if *unsent == Unsent::default() {
        let gone = "DELETE FROM unsent WHERE handle = ?1 AND window = ?2";
        return connection.prepare_cached(gone)?.execute([handle.as_str(), window]).map(drop);
    }
    let contents = serde_json::to_string(unsent).expect("texts and numbers can be written");
    let set = "INSERT INTO unsent (handle, window, contents) VALUES (?1, ?2, ?3)
        ON CONFLICT (handle, window) DO UPDATE SET contents = excluded.contents";
    connection.prepare_cached(set)?.execute(params![handle.as_str(), window, contents]).map(drop)
}

/// Takes over what windows that have ended have left, in one with what this one has.
pub(super) fn take_over(
    connection: &Connection,
    writer: &StoreWriter,
    has_ended: impl Fn(&str) -> bool,
) -> Result<Unsent, rusqlite::Error> {
    let StoreWriter { handle, window, .. } = writer;
    let mut unsent = Unsent::default();
    let mut statement = connection.prepare("SELECT window, contents FROM unsent WHERE handle = ?1 ORDER BY window")?;
    let rows =
        statement.query_map([handle.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut taken = Vec::new();
    for row in rows {
        let (of, contents) = row?;
        // What cannot be read is left where it is: a newer program may have written it.
        if let Some(left) = read_json::<Unsent>(&contents).filter(|_| of == *window || has_ended(&of)) {
            unsent.add(left);
            taken.push(of);
        }
    }
    for of in taken.iter().filter(|of| *of != window) {
        connection.execute("DELETE FROM unsent WHERE handle = ?1 AND window = ?2", [handle.as_str(), of])?;
    }
    keep(connection, handle, window, &unsent)?;
    Ok(unsent)
}

/// What stands in a row: account, window and contents.
pub(super) type UnsentRow = (String, String, String);

/// Writes rows again that were saved from a damaged file.
pub(super) fn put_back(connection: &Connection, rows: &[UnsentRow]) -> Result<(), rusqlite::Error> {
    for (handle, window, contents) in rows {
        let insert = "INSERT OR REPLACE INTO unsent (handle, window, contents) VALUES (?1, ?2, ?3)";
        connection.execute(insert, [handle, window, contents])?;
    }
    Ok(())
}
