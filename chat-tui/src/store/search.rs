//! Searching what is saved, by the rules of the daemon. There is no index: all messages of a full store are looked through in
//! less than a second, and an index would cost something with each message that comes.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use proto::http::{SearchHit, SearchHits, SearchQuery};
use proto::{
    ChannelId, ChannelKind, ChannelName, Index, Message, MessageKind, SearchPlace, SearchQuestion, SearchWords,
    Timestamp, fold,
};
use rusqlite::{Connection, params};
use serde::Deserialize;

use super::pages::page_rows;
use super::rows::read_json;
use crate::stored::StoredChannel;

/// After this long a search gives what it has found.
const TIME_MAX: Duration = Duration::from_secs(2);
/// Messages between two looks at the time.
const TIMED: usize = 1_000;

/// A channel that is searched.
struct Place {
    id: ChannelId,
    name: ChannelName,
    kind: ChannelKind,
}

/// A message, as far as it says whether it is looked for.
#[derive(Deserialize)]
struct Said {
    handle: String,
    kind: MessageKind,
    content: String,
    #[serde(default)]
    deleted: Option<Timestamp>,
}

/// Where a hit stands, in the order in which hits are given: the newest first.
type Spot = (Timestamp, i64, Index);

/// Searches; nothing is found where the words hold nothing to look for.
pub(super) fn search_rows(connection: &Connection, query: &SearchQuery) -> Result<SearchHits, rusqlite::Error> {
    let question = query.words().ok().and_then(|words| Some((SearchQuestion::of(&words)?, words)));
    let Some((question, words)) = question else {
        return Ok(SearchHits { complete: true, ..SearchHits::none() });
    };
    let places = places(connection, query, &words)?;
    let offset = query.offset.unwrap_or_default().get();
    let last = offset + query.limit.unwrap_or_default().get();
    let (spots, complete) = newest(connection, &places, &question, &words, last + 1)?;
    let more = spots.len() > last;
    let around = query.around.unwrap_or_default().get();
    let mut hits = Vec::new();
    for (_, key, index) in spots.into_iter().take(last).skip(offset) {
        let place = &places[&key];
        hits.extend(hit(connection, place, key, index, around)?);
    }
    Ok(SearchHits { hits, more, complete })
}

/// Gives the channels that are searched, by their keys.
fn places(
    connection: &Connection,
    query: &SearchQuery,
    words: &SearchWords,
) -> Result<HashMap<i64, Place>, rusqlite::Error> {
    let wanted = |place: &Place| {
        let is_named = match &words.place {
            None => true,
            Some(SearchPlace::Channel(name)) => {
                !matches!(place.kind, ChannelKind::Dm | ChannelKind::Wall) && place.name == *name
            }
            Some(SearchPlace::Dm(handle)) => place.kind == ChannelKind::Dm && place.name.as_str() == handle.as_str(),
        };
        is_named && query.channel.is_none_or(|id| place.id == id)
    };
    let mut statement = connection.prepare_cached("SELECT key, state FROM channel")?;
    let mut rows = statement.query([])?;
    let mut places = HashMap::new();
    while let Some(row) = rows.next()? {
        let Some(channel) = read_json::<StoredChannel>(row.get_ref(1)?.as_str()?) else { continue };
        let place = Place { id: channel.place.id, name: channel.place.name, kind: channel.place.kind };
        if wanted(&place) {
            places.insert(row.get(0)?, place);
        }
    }
    Ok(places)
}

/// Gives where the newest messages stand that say what is looked for, and whether all were looked through.
fn newest(
    connection: &Connection,
    places: &HashMap<i64, Place>,
    question: &SearchQuestion,
    words: &SearchWords,
    enough: usize,
) -> Result<(Vec<Spot>, bool), rusqlite::Error> {
    let ends = Instant::now() + TIME_MAX;
    let mut statement = connection.prepare_cached(
        "SELECT channel, idx, date, body FROM message WHERE date >= ?1 AND date < ?2 ORDER BY channel, idx DESC",
    )?;
    let (after, before) =
        (words.after.map_or(i64::MIN, Timestamp::as_millis), words.before.map_or(i64::MAX, Timestamp::as_millis));
    let mut rows = statement.query(params![after, before])?;
    let mut found = BTreeMap::new();
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        looked_at += 1;
        if looked_at % TIMED == 0 && Instant::now() > ends {
            return Ok((in_order(found), false));
        }
        let key = row.get(0)?;
        let date = Timestamp::from_millis(row.get(2)?);
        let is_late = found.len() < enough || found.first_key_value().is_some_and(|(&(oldest, ..), ())| date >= oldest);
        if !is_late || !places.contains_key(&key) {
            continue;
        }
        let Some(said) = read_json::<Said>(row.get_ref(3)?.as_str()?) else { continue };
        if is_meant(&said, question, words) {
            found.insert((date, key, Index::new(row.get(1)?)), ());
            if found.len() > enough {
                found.pop_first();
            }
        }
    }
    Ok((in_order(found), true))
}

fn in_order(found: BTreeMap<Spot, ()>) -> Vec<Spot> {
    found.into_keys().rev().collect()
}

fn is_meant(said: &Said, question: &SearchQuestion, words: &SearchWords) -> bool {
    let is_said = said.deleted.is_none() && matches!(said.kind, MessageKind::Text | MessageKind::Action);
    is_said
        && words.from.as_ref().is_none_or(|from| said.handle == from.as_str())
        && question.fits(&fold(&said.content))
}

/// Reads a hit, and what is saved around it.
fn hit(
    connection: &Connection,
    place: &Place,
    key: i64,
    index: Index,
    around: usize,
) -> Result<Option<SearchHit>, rusqlite::Error> {
    let read = |sql: &str, limit: usize| page_rows(connection, sql, params![key, index.get(), limit]);
    let Some(message) = read("SELECT body FROM message WHERE channel = ?1 AND idx = ?2 LIMIT ?3", 1)?.pop() else {
        return Ok(None);
    };
    // What stands beside it, without a gap.
    let is_beside =
        |(distance, other): &(usize, Message)| other.index.get().abs_diff(index.get()) == *distance as u64 + 1;
    let beside = |messages: Vec<Message>| {
        messages.into_iter().enumerate().take_while(is_beside).map(|(_, message)| message).collect::<Vec<_>>()
    };
    let before = "SELECT body FROM message WHERE channel = ?1 AND idx < ?2 ORDER BY idx DESC LIMIT ?3";
    let after = "SELECT body FROM message WHERE channel = ?1 AND idx > ?2 ORDER BY idx LIMIT ?3";
    let mut before = beside(read(before, around)?);
    before.reverse();
    let after = beside(read(after, around)?);
    let Place { id, name, kind } = place;
    Ok(Some(SearchHit { id: *id, name: name.clone(), kind: *kind, message, before, after }))
}
