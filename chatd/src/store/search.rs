//! Search over what somebody may read, the newest first.
//!
//! The index lies in a file of its own, kept by a thread behind the writer ([`indexer`]), its rows in the order of time. What
//! has the grams of a search is looked at, from the newest on, until enough is found or the time is over. The index only names
//! messages: each hit is read from the store, so that what was deleted or changed since is never shown.

mod fold;
mod grams;
mod indexer;
mod news;
mod question;
mod rows;
mod turns;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proto::{ChannelId, ChannelKind, ChannelName, Index, Message, SearchPlace, SearchWords, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

pub(super) use indexer::{INDEX_FILE, Indexer, Touch};

use super::channel::key_of;
use super::row::Column;
use super::{Range, Refused, Store, StoreError, UserId, history, key};
use crate::frame::json_bytes;
use crate::lock::lock;
use fold::fold;
use question::Question;
use rows::mirrored;
use turns::Turns;

/// Searches at once; more wait their turn.
const SEARCHES: usize = 2;
/// After this long a search gives what it has found.
const TIME_MAX: Duration = Duration::from_millis(100);
/// After this long whoever got no turn tries again.
const TRY_AGAIN_MILLIS: u64 = 1_000;
/// Bytes of content in one answer, as JSON has it; further hits are for the next one.
const HITS_BYTES_MAX: usize = 1_048_576;
/// Steps of SQLite's machine between two looks at the time.
const STEPS_TIMED: i32 = 1_000;
/// Rows between two looks at the time.
const ROWS_TIMED: usize = 64;
/// Rows looked at beyond those that are wanted, and around a moment: those of about the same time are not quite in its order.
const ROWS_BEYOND: usize = 64;
const NUMBERS_AROUND: i64 = 1_000;
/// Channels that the index is asked for by name; what is found in one of more is looked at.
const PLACES_ASKED_MAX: usize = 128;

/// What is searched for, and how much of it is wanted.
#[derive(Debug, Clone)]
pub struct Search {
    /// Words and restrictions.
    pub words: SearchWords,
    /// Only in this channel.
    pub channel: Option<ChannelId>,
    /// Hits to be passed over, the newest.
    pub offset: usize,
    /// Hits to be given.
    pub limit: usize,
    /// Messages wanted on each side of a hit.
    pub around: usize,
}

/// A message that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its channel.
    pub channel: ChannelId,
    /// The name of that; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What the channel is to others.
    pub kind: ChannelKind,
    /// The message.
    pub message: Message,
    /// What stands before it, ascending.
    pub before: Vec<Message>,
    /// What stands behind it, ascending.
    pub after: Vec<Message>,
}

/// What a search has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The newest first.
    pub hits: Vec<Hit>,
    /// Whether there are older ones.
    pub more: bool,
    /// Whether everything was looked through: not while the index is behind, or when it took too long.
    pub complete: bool,
}

/// The way to the index.
pub(super) struct Searching {
    pub(super) indexer: Indexer,
    turns: Turns,
    idle: Idle,
}

/// Connections to the index, each with the edition that it reads.
type Idle = Arc<Mutex<Vec<(u64, Connection)>>>;

impl Searching {
    pub(super) fn new(indexer: Indexer) -> Self {
        Self { indexer, turns: Turns::new(SEARCHES, 0), idle: Arc::default() }
    }

    /// Gives a connection to the index; `None` while there is none.
    fn reader(&self) -> Option<(u64, Connection)> {
        let edition = self.indexer.edition();
        if edition == 0 {
            return None;
        }
        let mut idle = lock(&self.idle);
        idle.retain(|(of, _)| *of == edition);
        let reader = idle.pop().or_else(|| Some((edition, self.indexer.reader().ok()?)));
        if reader.is_none() {
            self.indexer.is_lost();
        }
        reader
    }
}

impl Store {
    /// Lets so many searches of one account wait for their turn; 0 is no bound.
    pub fn set_searches_waiting(&self, most: usize) {
        self.searching.turns.change(most);
    }

    /// Searches what somebody may read.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] of the channel that was named, by its id or name; [`Refused::NothingToSearch`];
    /// [`Refused::TooSoon`] when others search so much that it would have to wait.
    pub async fn search(&self, user: UserId, search: Search) -> Result<Found, StoreError> {
        let question = Question::of(&search.words).ok_or(Refused::NothingToSearch)?;
        let turn = self.searching.turns.take(user).await.ok_or(Refused::TooSoon(TRY_AGAIN_MILLIS))?;
        let behind = self.searching.indexer.behind() > 0;
        let Some((edition, mut index)) = self.searching.reader() else { return Ok(Found::default()) };
        let idle = self.searching.idle.clone();
        let found = self.readers.read(move |transaction| {
            // Who stops waiting does not let the next one in before this one has ended.
            let _turn = turn;
            let found = find(transaction, &mut index, user, &search, &question)?;
            // One that has failed is not used again.
            lock(&idle).push((edition, index));
            Ok(found)
        });
        match found.await {
            Ok(found) => Ok(Found { complete: found.complete && !behind, ..found }),
            Err(StoreError::Refused(refused)) => Err(refused.into()),
            // The index is damaged, or just made anew.
            Err(error) => {
                tracing::debug!(%error, "search failed");
                self.searching.indexer.is_lost();
                Ok(Found::default())
            }
        }
    }

    /// Counts the channels with changes that cannot be found yet.
    pub fn search_behind(&self) -> u64 {
        self.searching.indexer.behind()
    }

    /// Tells whether the index cannot be used.
    pub fn search_is_failing(&self) -> bool {
        self.searching.indexer.is_failing()
    }

    /// Counts the channels that are gone and still stand in the index.
    pub fn search_removing(&self) -> u64 {
        self.searching.indexer.removing()
    }

    /// Counts the messages that were indexed since the start, and the milliseconds of CPU that took.
    pub fn search_spent(&self) -> (u64, u64) {
        self.searching.indexer.spent()
    }
}

/// A channel that is searched.
struct Place {
    key: i64,
    name: ChannelName,
    kind: ChannelKind,
    /// The first message that the asker may read.
    from: Index,
}

fn find(
    store: &Transaction<'_>,
    index: &mut Connection,
    user: UserId,
    search: &Search,
    question: &Question,
) -> Result<Found, StoreError> {
    let places = places(store, index, user, search)?;
    let author = match &search.words.from {
        None => None,
        Some(handle) => {
            let mut user = store.prepare_cached("SELECT id FROM user WHERE handle = ?1")?;
            let found = user.query_row([handle.as_str()], |row| row.get(0)).optional()?;
            let Some(found) = found else { return Ok(Found { complete: true, ..Found::default() }) };
            Some(found)
        }
    };
    let asked = if places.len() <= PLACES_ASKED_MAX { places.keys().copied().collect() } else { Vec::new() };
    let Some(grams) = question.to_index(author, &asked).filter(|_| !places.is_empty()) else {
        return Ok(Found { complete: true, ..Found::default() });
    };
    let ends = Instant::now() + TIME_MAX;
    index.progress_handler(STEPS_TIMED, Some(move || Instant::now() > ends))?;
    let looked = candidates(index, &grams, &places, search, question, ends);
    index.progress_handler(0, None::<fn() -> bool>)?;
    let (mut newest, complete) = looked?;
    newest.sort_unstable_by_key(|candidate| Reverse((candidate.date, candidate.place, candidate.at)));
    let more = newest.len() > search.offset + search.limit;
    newest.truncate(search.offset + search.limit);
    let (mut hits, mut bytes) = (Vec::new(), 0);
    for candidate in newest.into_iter().skip(search.offset) {
        let Some(hit) = hit(store, &places, candidate, search)? else { continue };
        let shown = hit.before.iter().chain([&hit.message]).chain(&hit.after);
        bytes += shown.map(|message| json_bytes(&message.content)).sum::<usize>();
        if bytes > HITS_BYTES_MAX && !hits.is_empty() {
            return Ok(Found { hits, more: true, complete });
        }
        hits.push(hit);
    }
    Ok(Found { hits, more, complete })
}

/// A message that says what is looked for, as far as the index knows.
struct Candidate {
    place: i64,
    at: Index,
    date: Timestamp,
    content: String,
}

/// Looks at what has the grams, from the newest on, until there is enough; tells also whether it was all that is wanted.
fn candidates(
    index: &Connection,
    grams: &str,
    places: &HashMap<i64, Place>,
    search: &Search,
    question: &Question,
    ends: Instant,
) -> Result<(Vec<Candidate>, bool), StoreError> {
    let enough = search.offset + search.limit + 1 + ROWS_BEYOND;
    let mut found = Vec::new();
    let looked = (|| {
        let (since, until) = numbers(index, places, &search.words)?;
        let mut matching = index.prepare_cached(
            "SELECT rowid FROM grams WHERE grams MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid",
        )?;
        let mut rows = matching.query(params![grams, mirrored(until), mirrored(since)])?;
        let mut looked_at = 0;
        while let Some(row) = rows.next()? {
            looked_at += 1;
            if looked_at % ROWS_TIMED == 0 && Instant::now() > ends {
                return Ok(false);
            }
            found.extend(candidate(index, row.get(0)?, places, search, question)?);
            if found.len() >= enough {
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
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted)
}

/// Looks at a row: whether it is of a channel and a time that are searched, and says what is looked for.
fn candidate(
    index: &Connection,
    row: i64,
    places: &HashMap<i64, Place>,
    search: &Search,
    question: &Question,
) -> rusqlite::Result<Option<Candidate>> {
    let mut said = index.prepare_cached("SELECT place, idx, date, content FROM said WHERE number = ?1")?;
    let mut rows = said.query([mirrored(row)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let place = row.get(0)?;
    let (at, date) = (row.get::<_, Column<Index>>(1)?.0, row.get::<_, Column<Timestamp>>(2)?.0);
    let is_read = places.get(&place).is_some_and(|place| at >= place.from);
    let words = &search.words;
    let is_of_time = words.before.is_none_or(|before| date < before) && words.after.is_none_or(|after| date >= after);
    if !is_read || !is_of_time {
        return Ok(None);
    }
    let content = row.get_ref(3)?.as_str()?;
    Ok(question.fits(content).then(|| Candidate { place, at, date, content: content.to_owned() }))
}

/// Finds between which numbers what is wanted lies. In each of a few channels that is exact: their dates never go back. Of very
/// many it is about where the moments lie, since a clock may have been wrong for a while.
fn numbers(index: &Connection, places: &HashMap<i64, Place>, words: &SearchWords) -> rusqlite::Result<(i64, i64)> {
    let (mut since, mut until) = (0, i64::MAX / 2);
    let few = places.len() <= PLACES_ASKED_MAX;
    if let Some(moment) = words.after {
        since = if few {
            let first =
                places.keys().map(|place| in_place(index, *place, moment, true)).collect::<Result<Vec<_>, _>>()?;
            first.into_iter().flatten().min().unwrap_or(i64::MAX / 2)
        } else {
            about(index, moment)? - NUMBERS_AROUND
        };
    }
    if let Some(moment) = words.before {
        until = if few {
            let last =
                places.keys().map(|place| in_place(index, *place, moment, false)).collect::<Result<Vec<_>, _>>()?;
            last.into_iter().flatten().max().unwrap_or(0)
        } else {
            about(index, moment)? + NUMBERS_AROUND
        };
    }
    Ok((since, until))
}

/// Finds, by halving, the number of the first message of a channel that was said at a moment or later, or of the last one
/// before it.
fn in_place(index: &Connection, place: i64, moment: Timestamp, first: bool) -> rusqlite::Result<Option<i64>> {
    let mut last = index.prepare_cached("SELECT last_idx FROM place WHERE id = ?1")?;
    let last = last.query_row([place], |row| row.get::<_, i64>(0)).optional()?.unwrap_or(0);
    let mut date_at =
        index.prepare_cached("SELECT date FROM said WHERE place = ?1 AND idx >= ?2 ORDER BY idx LIMIT 1")?;
    let since = first_since(last, moment, |middle| date_at.query_row([place, middle], |row| row.get(0)).optional())?;
    let sql = if first {
        "SELECT number FROM said WHERE place = ?1 AND idx >= ?2 ORDER BY idx LIMIT 1"
    } else {
        "SELECT number FROM said WHERE place = ?1 AND idx < ?2 ORDER BY idx DESC LIMIT 1"
    };
    index.prepare_cached(sql)?.query_row([place, since], |row| row.get(0)).optional()
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
fn about(index: &Connection, moment: Timestamp) -> rusqlite::Result<i64> {
    let last: Option<i64> = index.prepare_cached("SELECT max(number) FROM said")?.query_row([], |row| row.get(0))?;
    let mut date_at = index.prepare_cached("SELECT date FROM said WHERE number >= ?1 ORDER BY number LIMIT 1")?;
    first_since(last.unwrap_or(0), moment, |middle| date_at.query_row([middle], |row| row.get(0)).optional())
}

/// Gives the channels that are searched, by their number in the index: the asker's and the walls of their friends, or the one
/// that was named.
fn places(
    store: &Transaction<'_>,
    index: &Connection,
    user: UserId,
    search: &Search,
) -> Result<HashMap<i64, Place>, StoreError> {
    let mut statement = store.prepare_cached(
        "SELECT c.id, c.kind,
            CASE WHEN c.kind = 'dm' THEN
                (SELECT handle FROM dm JOIN user ON user.id = CASE WHEN dm.low = ?1 THEN dm.high ELSE dm.low END
                 WHERE dm.channel = c.id)
            ELSE c.name END, mine.reads_from
         FROM (SELECT channel AS id, reads_from FROM member WHERE user = ?1 UNION ALL
               SELECT channel.id, 1 FROM (SELECT other FROM friend WHERE user = ?1 UNION ALL SELECT ?1)
               JOIN channel ON owner = other AND kind = 'wall') AS mine
         JOIN channel AS c ON c.id = mine.id WHERE ?2 IS NULL OR c.id = ?2",
    )?;
    let named = search.channel.as_ref().map(key_of).transpose()?;
    let places = statement.query_map(params![user, named], |row| {
        Ok(Place {
            key: row.get(0)?,
            kind: row.get::<_, Column<ChannelKind>>(1)?.0,
            name: row.get::<_, Column<ChannelName>>(2)?.0,
            from: row.get::<_, Column<Index>>(3)?.0,
        })
    })?;
    let mut places = places.collect::<rusqlite::Result<Vec<_>>>()?;
    if let Some(wanted) = &search.words.place {
        places.retain(|place| match wanted {
            SearchPlace::Channel(name) => {
                !matches!(place.kind, ChannelKind::Dm | ChannelKind::Wall) && place.name == *name
            }
            SearchPlace::Dm(handle) => place.kind == ChannelKind::Dm && place.name.as_str() == handle.as_str(),
        });
    }
    let restricted = search.channel.is_some() || search.words.place.is_some();
    if restricted && places.is_empty() {
        return Err(Refused::NotAMember.into());
    }
    let mut number = index.prepare_cached("SELECT id FROM place WHERE channel = ?1")?;
    let mut indexed = HashMap::new();
    for place in places {
        // Where nothing was said nothing is found.
        let known = number.query_row([place.key], |row| row.get(0)).optional()?;
        indexed.extend(known.map(|number| (number, place)));
    }
    Ok(indexed)
}

/// Reads a hit and what stands around it; `None` when it no longer says what the index knows.
fn hit(
    store: &Transaction<'_>,
    places: &HashMap<i64, Place>,
    candidate: Candidate,
    search: &Search,
) -> Result<Option<Hit>, StoreError> {
    let (place, at) = (&places[&candidate.place], candidate.at);
    let read = |range: Range, limit: usize| history::read(store, place.key, range, place.from, limit);
    let found = read(Range::Before(at.next()), 1)?.pop().filter(|found| found.index == at);
    let found = found.filter(|found| found.deleted.is_none() && fold(&found.content) == candidate.content);
    let Some(message) = found else { return Ok(None) };
    let (before, after) = match search.around {
        0 => (Vec::new(), Vec::new()),
        around => (read(Range::Before(at), around)?, read(Range::After(at), around)?),
    };
    let (channel, name, kind) = (key::channel_id(place.key), place.name.clone(), place.kind);
    Ok(Some(Hit { channel, name, kind, message, before, after }))
}
