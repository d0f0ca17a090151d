//! Search over what somebody may read, the newest first.
//!
//! The index only names messages ([`IndexReader`]): each hit is read from the store, so that what was
//! deleted or changed since is never shown.

pub(super) mod question;
pub(super) mod turns;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use proto::{ChannelId, ChannelKind, ChannelName, Index, Message, SearchPlace, SearchQuestion, SearchWords, fold};

use super::channel_key::{ChannelKey, key_of};
use super::sqlite::{IndexReader, Rows};
use super::table::channel::name_for;
use super::table::page::read_messages;
use super::{Range, Refused, Store, StoreError, UserId};
use crate::frame::json_bytes;
use question::{Candidate, Candidates, IndexQuery};

/// After this long a search gives what it has found.
const TIME_MAX: Duration = Duration::from_millis(100);
/// After this long whoever got no turn tries again.
const TRY_AGAIN_MILLIS: u64 = 1_000;
/// Bytes of content in one answer, as JSON has it; further hits are for the next one.
const HITS_BYTES_MAX: usize = 1_048_576;

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
    /// The channel that the message stands in.
    pub channel: ChannelId,
    /// The name of that; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What the channel is to others.
    pub kind: ChannelKind,
    /// The message as its channel shows it.
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

impl Store {
    /// Lets so many searches of one account wait for their turn; 0 is no bound.
    pub fn set_searches_waiting(&self, most: usize) {
        self.search_turns.change(most);
    }

    /// Searches what somebody may read.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] of the channel that was named, by its id or name; [`Refused::NothingToSearch`];
    /// [`Refused::TooSoon`] when others search so much that it would have to wait.
    pub async fn search(&self, user: UserId, search: Search) -> Result<Found, StoreError> {
        let question = SearchQuestion::of(&search.words).ok_or(Refused::NothingToSearch)?;
        let turn = self.search_turns.take(user).await.ok_or(Refused::TooSoon(TRY_AGAIN_MILLIS))?;
        let behind = self.index.behind() > 0;
        let Some(mut index) = self.index.reader() else { return Ok(Found::default()) };
        let found = self.readers.read(move |rows| {
            // Who stops waiting does not let the next one in before this one has ended.
            let _turn = turn;
            let found = find(rows, &mut index, user, &search, &question)?;
            // One that has failed is not used again.
            index.give_back();
            Ok(found)
        });
        match found.await {
            Ok(found) => Ok(Found { complete: found.complete && !behind, ..found }),
            Err(StoreError::Refused(refused)) => Err(refused.into()),
            // The index is damaged, or just made anew.
            Err(error) => {
                tracing::debug!(%error, "search failed");
                self.index.is_lost();
                Ok(Found::default())
            }
        }
    }

    /// Counts the channels with changes that cannot be found yet.
    pub fn search_behind(&self) -> u64 {
        self.index.behind()
    }

    /// Tells whether the index cannot be used.
    pub fn search_is_failing(&self) -> bool {
        self.index.is_failing()
    }

    /// Counts the channels that are gone and still stand in the index.
    pub fn search_removing(&self) -> u64 {
        self.index.removing()
    }

    /// Counts the messages that were indexed since the start, and the milliseconds of CPU that took.
    pub fn search_spent(&self) -> (u64, u64) {
        self.index.spent()
    }
}

/// A channel that is searched.
struct Place {
    name: ChannelName,
    kind: ChannelKind,
    /// The first message that the asker may read.
    from: Index,
}

fn find(
    rows: &Rows,
    index: &mut IndexReader,
    user: UserId,
    search: &Search,
    question: &SearchQuestion,
) -> Result<Found, StoreError> {
    let places = places(rows, user, search)?;
    let author = match &search.words.from {
        None => None,
        Some(handle) => {
            let found = rows.one("SELECT id FROM user WHERE handle = ?1", [handle])?;
            let Some(found) = found else { return Ok(Found { complete: true, ..Found::default() }) };
            Some(found)
        }
    };
    let last = search.offset + search.limit;
    let Candidates { mut newest, complete } = index.find(&IndexQuery {
        question,
        author,
        channels: places.iter().map(|(channel, place)| (*channel, place.from)).collect(),
        before: search.words.before,
        after: search.words.after,
        enough: last + 1,
        ends: Instant::now() + TIME_MAX,
    })?;
    let more = newest.len() > last;
    newest.truncate(last);
    let (mut hits, mut bytes) = (Vec::new(), 0);
    for candidate in newest.into_iter().skip(search.offset) {
        let Some(hit) = hit(rows, &places, candidate, search)? else { continue };
        let shown = hit.before.iter().chain([&hit.message]).chain(&hit.after);
        bytes += shown.map(|message| json_bytes(&message.content)).sum::<usize>();
        if bytes > HITS_BYTES_MAX && !hits.is_empty() {
            return Ok(Found { hits, more: true, complete });
        }
        hits.push(hit);
    }
    Ok(Found { hits, more, complete })
}

/// Gives the channels that are searched: the asker's and the walls of their friends, or the one that was named.
fn places(rows: &Rows, user: UserId, search: &Search) -> Result<HashMap<ChannelKey, Place>, StoreError> {
    let named = search.channel.as_ref().map(key_of).transpose()?;
    let mut places = rows.all_with(
        concat!(
            "SELECT c.id, c.kind, ",
            name_for!("?1"),
            ", mine.reads_from
             FROM (SELECT channel AS id, reads_from FROM member WHERE user = ?1 UNION ALL
                   SELECT channel.id, 1 FROM (SELECT other FROM friend WHERE user = ?1 UNION ALL SELECT ?1)
                   JOIN channel ON owner = other AND kind = 'wall') AS mine
             JOIN channel AS c ON c.id = mine.id WHERE ?2 IS NULL OR c.id = ?2"
        ),
        (user, named),
        |row| Ok((row.get(0)?, Place { kind: row.get(1)?, name: row.get(2)?, from: row.get(3)? })),
    )?;
    if let Some(wanted) = &search.words.place {
        places.retain(|(_, place)| match wanted {
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
    Ok(places.into_iter().collect())
}

/// Reads a hit and what stands around it; `None` when it no longer says what the index knows.
fn hit(
    rows: &Rows,
    places: &HashMap<ChannelKey, Place>,
    candidate: Candidate,
    search: &Search,
) -> Result<Option<Hit>, StoreError> {
    let (key, at) = (candidate.channel, candidate.at);
    let place = &places[&key];
    let read = |range: Range, limit: usize| read_messages(rows, key, range, place.from, limit);
    let found = read(Range::Before(at.next()), 1)?.pop().filter(|found| found.index == at);
    let found = found.filter(|found| found.deleted.is_none() && fold(&found.content) == candidate.content);
    let Some(message) = found else { return Ok(None) };
    let (before, after) = match search.around {
        0 => (Vec::new(), Vec::new()),
        around => (read(Range::Before(at), around)?, read(Range::After(at), around)?),
    };
    let (channel, name, kind) = (key.id(), place.name.clone(), place.kind);
    Ok(Some(Hit { channel, name, kind, message, before, after }))
}
