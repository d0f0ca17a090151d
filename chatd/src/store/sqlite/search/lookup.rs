//! Looking things up in the index: what has the grams of a search, from the newest on, until enough is found or the time is
//! over.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Instant;

use proto::{Index, Timestamp};
use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use super::grams::asked;
use super::numbers::{EntryNumber, PlaceNumber};
use crate::store::StoreError;
use crate::store::channel_key::ChannelKey;
use crate::store::search::question::{Candidate, Candidates, IndexQuery};
use crate::store::sqlite::values::Column;

/// Steps of SQLite's machine between two looks at the time.
const STEPS_TIMED: i32 = 1_000;
/// Rows between two looks at the time.
const ROWS_TIMED: usize = 64;
/// Rows looked at beyond those that are wanted, and around a moment: those of about the same time are not quite in its order.
const ROWS_BEYOND: usize = 64;
const NUMBERS_AROUND: i64 = 1_000;
/// Channels that the index is asked for by name; what is found in one of more is looked at.
const PLACES_ASKED_MAX: usize = 128;

/// A channel that is searched, by its number in the index.
type Places = HashMap<PlaceNumber, (ChannelKey, Index)>;

/// Finds what is wanted.
pub(super) fn look_up(index: &mut Connection, wanted: &IndexQuery<'_>) -> Result<Candidates, StoreError> {
    let places = places(index, wanted)?;
    let named = if places.len() <= PLACES_ASKED_MAX { places.keys().copied().collect() } else { Vec::new() };
    let Some(grams) = asked(wanted.question, wanted.author, &named).filter(|_| !places.is_empty()) else {
        return Ok(Candidates { newest: Vec::new(), complete: true });
    };
    let ends = wanted.ends;
    index.progress_handler(STEPS_TIMED, Some(move || Instant::now() > ends))?;
    let looked = candidates(index, &grams, &places, wanted);
    index.progress_handler(0, None::<fn() -> bool>)?;
    let (mut newest, complete) = looked?;
    newest.sort_unstable_by_key(|(place, candidate)| Reverse((candidate.date, *place, candidate.at)));
    Ok(Candidates { newest: newest.into_iter().map(|(_, candidate)| candidate).collect(), complete })
}

/// Gives the channels that are searched; where nothing was said nothing is found.
fn places(index: &Connection, wanted: &IndexQuery<'_>) -> rusqlite::Result<Places> {
    let mut number = index.prepare_cached("SELECT id FROM place WHERE channel = ?1")?;
    let mut places = HashMap::new();
    for (channel, from) in &wanted.channels {
        let known = number.query_row([Column(channel)], |row| row.get(0)).optional()?;
        places.extend(known.map(|number| (number, (*channel, *from))));
    }
    Ok(places)
}

/// Looks at what has the grams, from the newest on, until there is enough; tells also whether it was all that is wanted.
fn candidates(
    index: &Connection,
    grams: &str,
    places: &Places,
    wanted: &IndexQuery<'_>,
) -> Result<(Vec<(PlaceNumber, Candidate)>, bool), StoreError> {
    let mut found = Vec::new();
    let looked = (|| {
        let (since, until) = numbers(index, places, wanted)?;
        let mut matching = index.prepare_cached(
            "SELECT rowid FROM grams WHERE grams MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
        )?;
        let mut rows = matching.query(params![grams, until.row_of_grams(), since.row_of_grams()])?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            looked_at += 1;
            if looked_at % ROWS_TIMED == 0 && Instant::now() > wanted.ends {
                return Ok(false);
            }
            found.extend(candidate(index, EntryNumber::of_grams(row.get(0)?), places, wanted)?);
            if found.len() >= wanted.enough + ROWS_BEYOND {
                break;
            }
        }
        Ok(true)
    })();
    match looked {
        Ok(complete) => Ok((found, complete)),
        Err(error) if interrupted(&error) => Ok((found, false)),
        Err(error) => Err(error.into()),
    }
}

fn interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// Looks at a message: whether it is of a channel and a time that are searched, and says what is looked for.
fn candidate(
    index: &Connection,
    number: EntryNumber,
    places: &Places,
    wanted: &IndexQuery<'_>,
) -> rusqlite::Result<Option<(PlaceNumber, Candidate)>> {
    let mut said = index.prepare_cached("SELECT place, idx, date, content FROM said WHERE number = ?1")?;
    let mut rows = said.query([number])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let place = row.get(0)?;
    let (at, date) = (row.get::<_, Column<Index>>(1)?.0, row.get::<_, Column<Timestamp>>(2)?.0);
    let channel = places.get(&place).filter(|(_, from)| at >= *from).map(|(channel, _)| *channel);
    let is_of_time = wanted.before.is_none_or(|before| date < before) && wanted.after.is_none_or(|after| date >= after);
    let Some(channel) = channel.filter(|_| is_of_time) else { return Ok(None) };
    let content = row.get_ref(3)?.as_str()?;
    let fits = wanted.question.fits(content);
    Ok(fits.then(|| (place, Candidate { channel, at, date, content: content.to_owned() })))
}

/// Finds between which numbers what is wanted lies. In each of a few channels that is exact: their dates never go back. Of very
/// many it is about where the moments lie, since a clock may have been wrong for a while.
fn numbers(
    index: &Connection,
    places: &Places,
    wanted: &IndexQuery<'_>,
) -> rusqlite::Result<(EntryNumber, EntryNumber)> {
    let (mut since, mut until) = (EntryNumber(0), EntryNumber::LAST);
    let few = places.len() <= PLACES_ASKED_MAX;
    if let Some(moment) = wanted.after {
        since = if few {
            let first =
                places.keys().map(|place| in_place(index, *place, moment, true)).collect::<Result<Vec<_>, _>>()?;
            first.into_iter().flatten().min().unwrap_or(EntryNumber::LAST)
        } else {
            EntryNumber(about(index, moment)?.0 - NUMBERS_AROUND)
        };
    }
    if let Some(moment) = wanted.before {
        until = if few {
            let last =
                places.keys().map(|place| in_place(index, *place, moment, false)).collect::<Result<Vec<_>, _>>()?;
            last.into_iter().flatten().max().unwrap_or(EntryNumber(0))
        } else {
            EntryNumber(about(index, moment)?.0 + NUMBERS_AROUND)
        };
    }
    Ok((since, until))
}

/// Finds, by halving, the number of the first message of a channel that was said at a moment or later, or of the last one
/// before it.
fn in_place(
    index: &Connection,
    place: PlaceNumber,
    moment: Timestamp,
    first: bool,
) -> rusqlite::Result<Option<EntryNumber>> {
    let mut last = index.prepare_cached("SELECT last_idx FROM place WHERE id = ?1")?;
    let last = last.query_row([place], |row| row.get::<_, i64>(0)).optional()?.unwrap_or(0);
    let mut date_at =
        index.prepare_cached("SELECT date FROM said WHERE place = ?1 AND idx >= ?2 ORDER BY idx LIMIT 1")?;
    let since = first_since(last, moment, |middle| date_at.query_row((place, middle), |row| row.get(0)).optional())?;
    let sql = if first {
        "SELECT number FROM said WHERE place = ?1 AND idx >= ?2 ORDER BY idx LIMIT 1"
    } else {
        "SELECT number FROM said WHERE place = ?1 AND idx < ?2 ORDER BY idx DESC LIMIT 1"
    };
    index.prepare_cached(sql)?.query_row((place, since), |row| row.get(0)).optional()
}

/// Finds the first of the places 1 to `last` that is of a moment or later, or the one behind them, by halving.
fn first_since(
    last: i64,
    moment: Timestamp,
    mut date_at: impl FnMut(i64) -> rusqlite::Result<Option<Column<Timestamp>>>,
) -> rusqlite::Result<i64> {
    let (mut before, mut since) = (0, last + 1);
    while before + 1 < since {
        let middle = before + (since - before) / 2;
        if date_at(middle)?.is_some_and(|date| date.0 < moment) {
            before = middle;
        } else {
            since = middle;
        }
    }
    Ok(since)
}

/// Finds about where a moment lies among all messages, by halving.
fn about(index: &Connection, moment: Timestamp) -> rusqlite::Result<EntryNumber> {
    let last: Option<i64> = index.prepare_cached("SELECT max(number) FROM said")?.query_row([], |row| row.get(0))?;
    let mut date_at = index.prepare_cached("SELECT date FROM said WHERE number >= ?1 ORDER BY number LIMIT 1")?;
    first_since(last.unwrap_or(0), moment, |middle| date_at.query_row([middle], |row| row.get(0)).optional())
        .map(EntryNumber)
}
