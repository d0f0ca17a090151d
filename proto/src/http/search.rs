//! Searching messages.

use serde::{Deserialize, Serialize};

use super::query::{Count, query};
use crate::bounds;
use crate::channel::ChannelKind;
use crate::id::ChannelId;
use crate::message::Message;
use crate::name::{ChannelName, Handle};
use crate::search::{SearchError, SearchWords};
use crate::time::Timestamp;

/// Answer to `GET /v1/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHits {
    /// What was found, the newest first.
    pub hits: Vec<SearchHit>,
    /// Whether there are older ones.
    pub more: bool,
    /// Whether everything was looked through: not while the newest messages are still being indexed.
    pub complete: bool,
}

impl SearchHits {
    /// Nothing, where nobody could look.
    pub fn none() -> Self {
        Self { hits: Vec::new(), more: false, complete: false }
    }
}

/// A message that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchHit {
    /// The channel that the message stands in.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// The message as its channel shows it.
    pub message: Message,
    /// The messages before it, ascending.
    pub before: Vec<Message>,
    /// The messages after it, ascending.
    pub after: Vec<Message>,
}

query! {
    /// Query of `GET /v1/search`.
    pub struct SearchQuery, twice Refused {
        /// What to look for, as people write it.
        q: String,
        /// Hits to be given.
        limit: Hits,
        /// How many of the newest hits to skip.
        offset: PassedOver,
        /// Messages on each side of a hit.
        around: Count<0, 0, { bounds::SEARCH_AROUND_MAX }>,
        /// Only in this channel.
        channel: ChannelId,
        /// Only what this person said.
        from: Handle,
        /// Only what was said before this moment.
        before: Timestamp,
        /// Only what was said at this moment or later.
        after: Timestamp,
    }
}

impl SearchQuery {
    /// Reads what is looked for. What is restricted apart counts, whatever stands among the words.
    ///
    /// # Errors
    /// See [`SearchError`].
    pub fn words(&self) -> Result<SearchWords, SearchError> {
        let text = self.q.as_deref().unwrap_or_default();
        let words = match &self.from {
            Some(handle) if text.trim().is_empty() => SearchWords::parse(&format!("from:{handle}")),
            _ => SearchWords::parse(text),
        }?;
        Ok(SearchWords {
            from: self.from.clone().or(words.from),
            before: self.before.or(words.before),
            after: self.after.or(words.after),
            ..words
        })
    }
}

query! {
    /// Query of `GET /v1/users/HANDLE/messages`.
    pub struct SearchOfQuery, twice LastCounts {
        /// Hits to be given.
        limit: Hits,
        /// How many of the newest hits to skip.
        offset: PassedOver,
    }
}

type Hits = Count<1, { bounds::SEARCH_HITS_DEFAULT }, { bounds::SEARCH_HITS_MAX }>;
type PassedOver = Count<0, 0, { bounds::SEARCH_OFFSET_MAX }>;
