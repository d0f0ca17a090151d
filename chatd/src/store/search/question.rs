//! What the index is asked for, and what it finds.

use std::time::Instant;

use proto::{Index, SearchQuestion, Timestamp};

use crate::store::UserId;
use crate::store::channel_key::ChannelKey;

/// What the index is asked for.
pub(in crate::store) struct IndexQuery<'a> {
    /// What the messages say.
    pub(in crate::store) question: &'a SearchQuestion,
    /// Who has said it.
    pub(in crate::store) author: Option<UserId>,
    /// Where, from which message on.
    pub(in crate::store) channels: Vec<(ChannelKey, Index)>,
    /// Before which moment.
    pub(in crate::store) before: Option<Timestamp>,
    /// At which moment or after it.
    pub(in crate::store) after: Option<Timestamp>,
    /// How many are enough.
    pub(in crate::store) enough: usize,
    /// When the search gives what it has found.
    pub(in crate::store) ends: Instant,
}

/// What the index has found.
pub(in crate::store) struct Candidates {
    /// The newest first.
    pub(in crate::store) newest: Vec<Candidate>,
    /// Whether everything was looked through.
    pub(in crate::store) complete: bool,
}

/// A message that says what is looked for, as far as the index knows.
pub(in crate::store) struct Candidate {
    pub(in crate::store) channel: ChannelKey,
    pub(in crate::store) at: Index,
    pub(in crate::store) date: Timestamp,
    /// What it says, folded.
    pub(in crate::store) content: String,
}
