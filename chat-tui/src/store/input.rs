//! What the thread of a store hears: from its window, and from other programs.

use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;

use proto::ChannelId;
use proto::http::{History as HistoryPage, SearchHits, SearchQuery};

use super::terms::{LocalStoreError, WindowId};
use super::wire::{FromOwner, ToOwner};
use crate::core::history::HistoryRange;
use crate::stored::{StoreChange, StoredMember};
use crate::unsent::Unsent;

/// Hears whether something is on the disk.
pub(super) type WhenKept = Box<dyn FnOnce(Result<(), LocalStoreError>) + Send>;
/// Hears what a search has found.
pub(super) type WhenSearched = Box<dyn FnOnce(SearchHits) + Send>;
/// Hears who is in a channel.
pub(super) type WhenMembers = Box<dyn FnOnce(Vec<StoredMember>) + Send>;
/// Hears what the store holds of a page.
pub(super) type WhenFound = Box<dyn FnOnce(Option<HistoryPage>) + Send>;

/// What a window wants of its store.
pub(super) enum StoreOrder {
    /// Something is otherwise.
    Remember(Vec<StoreChange>),
    /// A person has written this and it is not sent. Others wait for it.
    Keep(Box<Unsent>, WhenKept),
    /// Something is to be done when all that was to be kept before is on the disk.
    Then(Box<dyn FnOnce() + Send>),
    /// A page is looked for.
    Page(ChannelId, HistoryRange, WhenFound),
    /// Who is in a channel is looked for.
    Members(ChannelId, WhenMembers),
    /// Messages are searched for.
    Search(Box<SearchQuery>, WhenSearched),
}

impl StoreOrder {
    /// Says that it cannot be done.
    pub(super) fn fail(self) {
        match self {
            Self::Remember(_) => {}
            Self::Keep(_, done) => done(Err(LocalStoreError::Silent)),
            Self::Then(work) => work(),
            Self::Page(_, _, found) => found(None),
            Self::Members(_, found) => found(Vec::new()),
            Self::Search(_, found) => found(SearchHits::none()),
        }
    }
}

/// What the thread hears.
pub(super) enum StoreInput {
    /// From the window.
    Order(StoreOrder),
    /// The program is to be stopped for a while: others may have the store.
    Rest(SyncSender<()>),
    /// The window ends.
    End,
    /// To the owner: another program connects,
    Connects(UnixStream),
    /// says something,
    Says(WindowId, ToOwner),
    /// or is gone.
    Leaves(WindowId),
    /// From the owner, on the connection of this number.
    Answers(u64, FromOwner),
    /// The connection of this number is lost.
    OwnerIsGone(u64),
}
