//! How large the file may be: beyond that the oldest messages go. Nothing that a person has written does.

use rusqlite::{Connection, OptionalExtension, params};

/// What is left, in percent of what may be, so that not every message makes another one go.
const LEFT_PERCENT: u64 = 80;
/// Of how many messages one is looked at when the oldest are looked for.
const PARTS: u64 = 20;

/// Deletes the oldest messages while the file has more bytes than it may.
pub(super) fn keep_within(connection: &Connection, bytes_max: u64) -> Result<(), rusqlite::Error> {
    if bytes_max == 0 {
        connection.execute("DELETE FROM message", [])?;
        return shrink(connection);
    }
    if bytes_held(connection)? <= bytes_max {
        return Ok(());
    }
    while bytes_held(connection)? > bytes_max / 100 * LEFT_PERCENT {
        let count: u64 = connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0))?;
        let until = "SELECT date FROM message ORDER BY date LIMIT 1 OFFSET ?1";
        let until: Option<i64> = connection.query_row(until, [count / PARTS], |row| row.get(0)).optional()?;
        let Some(until) = until else { break };
        connection.execute("DELETE FROM message WHERE date <= ?1", params![until])?;
    }
    shrink(connection)
}

/// Gives the bytes of the file that hold something.
pub(super) fn bytes_held(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u64>(0));
    Ok((number("page_count")?.saturating_sub(number("freelist_count")?)) * number("page_size")?)
}

/// Makes the file smaller by what it does not need.
pub(super) fn shrink(connection: &Connection) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare("PRAGMA incremental_vacuum")?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
