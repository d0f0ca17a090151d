//! The entries of the index: what was said, and its grams.

use std::collections::HashMap;

use proto::{Index, Message, MessageKind, fold};
use rusqlite::{OptionalExtension, Transaction, params};

use super::grams::{Gram, grams_of, written};
use super::numbers::{EntryNumber, PlaceNumber};
use super::unindexed::{IndexedChannel, UnindexedMessage, known};
use crate::store::UserId;
use crate::store::channel_key::ChannelKey;
use crate::store::sqlite::values::Column;

/// Messages of a channel that is gone that are taken out in one transaction, each with a rewrite of its pages.
const FORGOTTEN_PER_COMMIT: usize = 300;

/// Puts messages into the index that are not there yet, behind all others, in the order of time.
pub(super) fn put_new(index: &Transaction<'_>, messages: &[UnindexedMessage]) -> rusqlite::Result<()> {
    let last: Option<i64> = index.prepare_cached("SELECT max(number) FROM said")?.query_row([], |row| row.get(0))?;
    let is_said = |new: &&UnindexedMessage| {
        new.message.deleted.is_none() && matches!(new.message.kind, MessageKind::Text | MessageKind::Action)
    };
    let mut grams = Vec::with_capacity(messages.len());
    let mut say = index
        .prepare_cached("INSERT INTO said (number, place, idx, user, date, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (number, UnindexedMessage { place, user, message, .. }) in
        (last.unwrap_or(0) + 1..).map(EntryNumber).zip(messages.iter().filter(is_said))
    {
        let content = fold(&message.content);
        grams.push((number.row_of_grams(), all_grams(*place, *user, &content)));
        say.execute(params![number, place, Column(message.index), Column(user), Column(message.date), content])?;
    }
    let mut put = index.prepare_cached("INSERT INTO grams (rowid, held) VALUES (?1, ?2)")?;
    // FTS5 writes out all that it has whenever a row does not ascend.
    for (row, grams) in grams.into_iter().rev() {
        put.execute(params![row, grams])?;
    }
    // Of each channel the last one counts.
    let last = messages.iter().map(|new| (new.place, new)).collect::<HashMap<_, _>>();
    let mut reached = index.prepare_cached("UPDATE place SET last_idx = ?2, version = ?3 WHERE id = ?1")?;
    for (place, new) in last {
        reached.execute(params![place, Column(new.message.index), Column(new.version)])?;
    }
    Ok(())
}

fn all_grams(place: PlaceNumber, user: UserId, content: &str) -> String {
    let mut grams = grams_of(content);
    grams.extend([Gram::of_place(place), Gram::of_user(user)]);
    written(grams)
}

/// Lets the index say of a message what it says now; tells whether other words stood there.
pub(super) fn put_again(
    index: &Transaction<'_>,
    place: PlaceNumber,
    at: Index,
    message: Option<&Message>,
) -> rusqlite::Result<bool> {
    let known = index
        .prepare_cached("SELECT number, user, content FROM said WHERE place = ?1 AND idx = ?2")?
        .query_row(params![place, Column(at)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((number, Column(user), old)): Option<(EntryNumber, Column<UserId>, String)> = known else {
        return Ok(false);
    };
    let new = message.filter(|message| message.deleted.is_none()).map(|message| fold(&message.content));
    // Most changes leave the words as they are.
    if new.as_ref() == Some(&old) {
        return Ok(false);
    }
    take_out(index, number, &all_grams(place, user, &old))?;
    match new {
        Some(new) => {
            index
                .prepare_cached("INSERT INTO grams (rowid, held) VALUES (?1, ?2)")?
                .execute(params![number.row_of_grams(), all_grams(place, user, &new)])?;
            index.prepare_cached("UPDATE said SET content = ?2 WHERE number = ?1")?.execute(params![number, new])?;
        }
        None => _ = index.prepare_cached("DELETE FROM said WHERE number = ?1")?.execute([number])?,
    }
    Ok(true)
}

/// Takes the grams of a message out.
fn take_out(index: &Transaction<'_>, number: EntryNumber, grams: &str) -> rusqlite::Result<()> {
    index
        .prepare_cached("INSERT INTO grams (grams, rowid, held) VALUES ('delete', ?1, ?2)")?
        .execute(params![number.row_of_grams(), grams])?;
    Ok(())
}

/// Takes some messages of a channel that is gone out of the index; true when there are more.
pub(super) fn forget_some(index: &Transaction<'_>, channel: ChannelKey) -> rusqlite::Result<bool> {
    let Some(IndexedChannel { place, .. }) = known(index, channel)? else { return Ok(false) };
    let rows = index
        .prepare_cached("SELECT number, user, content FROM said WHERE place = ?1 LIMIT ?2")?
        .query_map(params![place, FORGOTTEN_PER_COMMIT], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<Vec<(EntryNumber, Column<UserId>, String)>>>()?;
    for (number, Column(user), content) in &rows {
        take_out(index, *number, &all_grams(place, *user, content))?;
        index.prepare_cached("DELETE FROM said WHERE number = ?1")?.execute([number])?;
    }
    if rows.is_empty() {
        index.prepare_cached("DELETE FROM place WHERE id = ?1")?.execute([place])?;
    }
    Ok(!rows.is_empty())
}
