//! Search over what somebody may read: the newest of each channel that matches, merged by time.
//!
//! The index lies in a file of its own, kept by a thread behind the writer ([`indexer`]). It only names messages: each
//! hit is read from the store, so that what was deleted or changed since is never shown.

mod indexer;
mod words;

use std::collections::BinaryHeap;
use std::ops::Range as Bounds;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proto::{ChannelId, ChannelKind, ChannelName, Index, Message, SearchPlace, SearchWords, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tokio::sync::Semaphore;

pub(super) use indexer::{INDEX_FILE, Indexer, Touch};

use super::channel::key_of;
use super::row::Column;
use super::{Range, Refused, Store, StoreError, UserId, history, key};
use crate::frame::json_bytes;
use indexer::{index_of, row_of};
use words::Question;

/// Searches at once; more wait their turn.
const SEARCHES: usize = 2;
/// After this long a search gives what it has found.
const TIME_MAX: Duration = Duration::from_secs(2);
/// Bytes of content in one answer, as JSON has it; further hits are for the next one.
const HITS_BYTES_MAX: usize = 1_048_576;
/// Steps of SQLite's machine between two looks at the time.
const STEPS_TIMED: i32 = 10_000;

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
    permits: Arc<Semaphore>,
    idle: Idle,
}

/// Connections to the index, each with the edition that it reads.
type Idle = Arc<Mutex<Vec<(u64, Connection)>>>;

impl Searching {
    pub(super) fn new(indexer: Indexer) -> Self {
        Self { indexer, permits: Arc::new(Semaphore::new(SEARCHES)), idle: Arc::default() }
    }

    /// Gives a connection to the index; `None` while there is none.
    fn reader(&self) -> Result<Option<(u64, Connection)>, StoreError> {
        let edition = self.indexer.edition();
        if edition == 0 {
            return Ok(None);
        }
        let mut idle = self.idle.lock().expect("nobody panics holding the idle list");
        idle.retain(|(of, _)| *of == edition);
        match idle.pop() {
            Some(reader) => Ok(Some(reader)),
            None => Ok(Some((edition, self.indexer.reader()?))),
        }
    }
}

impl Store {
    /// Searches what somebody may read.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] of the channel that was named, by its id or name; [`Refused::NothingToSearch`].
    pub async fn search(&self, user: UserId, search: Search) -> Result<Found, StoreError> {
        let question = Question::of(&search.words).ok_or(Refused::NothingToSearch)?;
        let turn = self.searching.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let behind = self.searching.indexer.behind() > 0;
        let Some((edition, mut index)) = self.searching.reader()? else { return Ok(Found::default()) };
        let idle = self.searching.idle.clone();
        let found = self.readers.read(move |transaction| {
            // Who stops waiting does not let the next one in before this one has ended.
            let _turn = turn;
            let found = find(transaction, &mut index, user, &search, &question)?;
            // One that has failed is not used again.
            idle.lock().expect("nobody panics holding the idle list").push((edition, index));
            Ok(found)
        });
        let found = found.await?;
        Ok(Found { complete: found.complete && !behind, ..found })
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
    /// Its number in the index.
    number: i64,
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
    let wanted = search.offset + search.limit + 1;
    let ends = Instant::now() + TIME_MAX;
    index.progress_handler(STEPS_TIMED, Some(move || Instant::now() > ends))?;
    let mut complete = true;
    let mut matching = Vec::new();
    for place in &places {
        let Some(bounds) = bounds(store, place, &search.words)? else { continue };
        match rows(index, question, place.number, &bounds, wanted) {
            Ok(indexes) => matching.push((place, indexes)),
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) => {
                complete = false;
                break;
            }
            Err(error) => return Err(error.into()),
        }
    }
    index.progress_handler(0, None::<fn() -> bool>)?;
    let mut newest = newest_first(store, &matching, wanted)?;
    let more = newest.len() == wanted;
    newest.truncate(wanted - 1);
    let (mut hits, mut bytes) = (Vec::new(), 0);
    for (place, at) in newest.into_iter().skip(search.offset) {
        let Some(hit) = hit(store, index, place, at, search)? else { continue };
        let shown = hit.before.iter().chain([&hit.message]).chain(&hit.after);
        bytes += shown.map(|message| json_bytes(&message.content)).sum::<usize>();
        if bytes > HITS_BYTES_MAX && !hits.is_empty() {
            return Ok(Found { hits, more: true, complete });
        }
        hits.push(hit);
    }
    Ok(Found { hits, more, complete })
}

/// Merges what matches in each channel, the newest of which comes first, by time.
fn newest_first<'a>(
    store: &Transaction<'_>,
    matching: &[(&'a Place, Vec<Index>)],
    wanted: usize,
) -> Result<Vec<(&'a Place, Index)>, StoreError> {
    let mut heads = BinaryHeap::new();
    let add_next = |heads: &mut BinaryHeap<_>, channel: usize, from: usize| -> Result<(), StoreError> {
        let (place, indexes) = &matching[channel];
        for (at, index) in (from..).zip(indexes.iter().skip(from)) {
            if let Some(date) = date_of(store, place.key, *index)? {
                heads.push((date, channel, at));
                return Ok(());
            }
        }
        Ok(())
    };
    for channel in 0..matching.len() {
        add_next(&mut heads, channel, 0)?;
    }
    let mut merged = Vec::new();
    while let Some((_, channel, at)) = heads.pop() {
        let (place, indexes) = &matching[channel];
        merged.push((*place, indexes[at]));
        if merged.len() == wanted {
            break;
        }
        add_next(&mut heads, channel, at + 1)?;
    }
    Ok(merged)
}

/// Gives the channels that are searched: the asker's and the walls of their friends, or the one that was named.
fn places(
    store: &Transaction<'_>,
    index: &Connection,
    user: UserId,
    search: &Search,
) -> Result<Vec<Place>, StoreError> {
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
            number: 0,
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
    let mut indexed = Vec::new();
    for place in places {
        // Where nothing was said nothing is found.
        let known = number.query_row([place.key], |row| row.get(0)).optional()?;
        indexed.extend(known.map(|number| Place { number, ..place }));
    }
    Ok(indexed)
}

/// Gives the indexes between which the wanted times lie; `None` when there are none.
fn bounds(store: &Transaction<'_>, place: &Place, words: &SearchWords) -> Result<Option<Bounds<u64>>, StoreError> {
    let channel = place.key;
    let last = store
        .prepare_cached("SELECT last_index FROM channel WHERE id = ?1")?
        .query_row([channel], |row| row.get::<_, Column<Index>>(0))?;
    let end = last.0.get() + 1;
    let first_at = |moment: Option<Timestamp>, otherwise: u64| match moment {
        Some(moment) => first_since(store, channel, moment, end),
        None => Ok(otherwise),
    };
    let bounds = first_at(words.after, 1)?.max(place.from.get())..first_at(words.before, end)?;
    Ok((!bounds.is_empty()).then_some(bounds))
}

/// Finds the first message of a channel that was said at a moment or later, by halving.
fn first_since(store: &Transaction<'_>, channel: i64, moment: Timestamp, end: u64) -> Result<u64, StoreError> {
    let (mut before, mut since) = (0, end);
    while before + 1 < since {
        let middle = before + (since - before) / 2;
        match date_of(store, channel, Index::new(middle))? {
            Some(date) if date < moment => before = middle,
            _ => since = middle,
        }
    }
    Ok(since)
}

fn date_of(store: &Transaction<'_>, channel: i64, index: Index) -> Result<Option<Timestamp>, StoreError> {
    let date = store
        .prepare_cached("SELECT date FROM message WHERE channel = ?1 AND idx = ?2")?
        .query_row(params![channel, Column(index)], |row| row.get::<_, Column<Timestamp>>(0))
        .optional()?;
    Ok(date.map(|date| date.0))
}

/// Asks the index for the newest messages of a channel that match.
fn rows(
    index: &Connection,
    question: &Question,
    place: i64,
    bounds: &Bounds<u64>,
    limit: usize,
) -> rusqlite::Result<Vec<Index>> {
    let sql = match (&question.long, &question.short) {
        (Some(_), None) => {
            "SELECT rowid FROM long WHERE long MATCH ?1 AND ?2 IS NULL AND rowid BETWEEN ?3 AND ?4
             ORDER BY rowid LIMIT ?5"
        }
        (None, _) => {
            "SELECT rowid FROM short WHERE ?1 IS NULL AND short MATCH ?2 AND rowid BETWEEN ?3 AND ?4
             ORDER BY rowid LIMIT ?5"
        }
        (Some(_), Some(_)) => {
            "SELECT rowid FROM long WHERE long MATCH ?1 AND rowid BETWEEN ?3 AND ?4
               AND rowid IN (SELECT rowid FROM short WHERE short MATCH ?2 AND rowid BETWEEN ?3 AND ?4)
             ORDER BY rowid LIMIT ?5"
        }
    };
    let mut statement = index.prepare_cached(sql)?;
    let (newest, oldest) = (row_of(place, bounds.end - 1), row_of(place, bounds.start));
    let rows = statement
        .query_map(params![question.long, question.short, newest, oldest, limit], |row| row.get::<_, i64>(0))?;
    rows.map(|row| row.map(index_of)).collect()
}

/// Reads a hit and what stands around it; `None` when it no longer says what the index knows.
fn hit(
    store: &Transaction<'_>,
    index: &Connection,
    place: &Place,
    at: Index,
    search: &Search,
) -> Result<Option<Hit>, StoreError> {
    let read = |range: Range, limit: usize| history::read(store, place.key, range, place.from, limit);
    let found = read(Range::Before(at.next()), 1)?.pop().filter(|found| found.index == at);
    let said_by = |found: &Message| search.words.from.as_ref().is_none_or(|from| *from == found.handle);
    let found = found.filter(|found| found.deleted.is_none() && said_by(found));
    let Some(message) = found else { return Ok(None) };
    let known: Option<String> = index
        .prepare_cached("SELECT content FROM long WHERE rowid = ?1")?
        .query_row([row_of(place.number, at.get())], |row| row.get(0))
        .optional()?;
    if known.as_ref() != Some(&message.content) {
        return Ok(None);
    }
    let (before, after) = match search.around {
        0 => (Vec::new(), Vec::new()),
        around => (read(Range::Before(at), around)?, read(Range::After(at), around)?),
    };
    let (channel, name, kind) = (key::channel_id(place.key), place.name.clone(), place.kind);
    Ok(Some(Hit { channel, name, kind, message, before, after }))
}
