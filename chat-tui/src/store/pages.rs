//! Pages of history that the store holds. A page begins with the message that is nearest to where one reads, and goes on as
//! long as no message is missing.

use proto::http::History as HistoryPage;
use proto::{ChannelId, Message, Version};
use rusqlite::{Connection, Params, params};

use super::rows::{key_of, read_json};
use crate::core::history::{HistoryRange, PAGE_MESSAGES};

/// Gives a page: it begins with the nearest message that is held, which need not be the next one.
pub(super) fn page(
    connection: &Connection,
    channel: ChannelId,
    range: HistoryRange,
) -> Result<Option<HistoryPage>, rusqlite::Error> {
    let Some(key) = key_of(connection, channel)? else { return Ok(None) };
    let (sql, from) = match range {
        // What has changed only the daemon knows.
        HistoryRange::Since(_) => return Ok(None),
        HistoryRange::Before(index) => {
            let below = "SELECT body FROM message WHERE channel = ?1 AND idx < ?2 ORDER BY idx DESC LIMIT ?3";
            (below, index)
        }
        HistoryRange::After(index) => {
            let above = "SELECT body FROM message WHERE channel = ?1 AND idx > ?2 ORDER BY idx LIMIT ?3";
            (above, index)
        }
    };
    // An index beyond what a column can hold is that of no message.
    let from = i64::try_from(from.get()).unwrap_or(i64::MAX);
    let mut messages = page_rows(connection, sql, params![key, from, PAGE_MESSAGES])?;
    let Some(nearest) = messages.first().map(|message| message.index.get()) else { return Ok(None) };
    let is_in_row = |(place, message): &(usize, &Message)| message.index.get().abs_diff(nearest) == *place as u64;
    let whole = messages.iter().enumerate().take_while(is_in_row).count();
    messages.truncate(whole);
    messages.sort_by_key(|message| message.index);
    let version: u64 =
        connection.prepare_cached("SELECT version FROM channel WHERE key = ?1")?.query_row([key], |row| row.get(0))?;
    let more = messages.len() == PAGE_MESSAGES as usize;
    let (first_index, last_index) = (messages[0].index, messages[messages.len() - 1].index);
    Ok(Some(HistoryPage { messages, first_index, last_index, version: Version::new(version), more }))
}

/// Reads messages; one that cannot be read is not held.
pub(super) fn page_rows(
    connection: &Connection,
    sql: &str,
    values: impl Params,
) -> Result<Vec<Message>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next()? {
        messages.extend(read_json::<Message>(row.get_ref(0)?.as_str()?));
    }
    Ok(messages)
}
