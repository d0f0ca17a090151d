//! What a job of the writer works with, and how its outcome is waited for.

use std::ops::Deref;

use proto::Timestamp;
use tokio::sync::oneshot;

use super::handle_cache::HandleCache;
use super::last_spoke::LastSpoke;
use super::quota::Stored;
use super::space::Room;
use super::sqlite::Rows;
use super::{Change, Refused, StoreError, StoreLimits};

/// What a job works with inside the transaction.
pub(super) struct StoreWork<'a> {
    pub(super) rows: &'a Rows,
    pub(super) now: Timestamp,
    pub(super) limits: &'a StoreLimits,
    pub(super) changes: &'a mut Vec<Change>,
    /// How much everybody has stored, and may.
    pub(super) stored: &'a mut Stored,
    pub(super) room: &'a Room,
    /// When members of channels in slow mode spoke.
    pub(super) spoken: &'a mut LastSpoke,
    /// Whose handles the words of messages are.
    pub(super) handles: &'a mut HandleCache,
    /// Whether there is room for what makes the store grow.
    pub(super) fits: bool,
    pub(super) erases: &'a mut bool,
    pub(super) frees: &'a mut bool,
}

/// What a job reads and writes.
impl Deref for StoreWork<'_> {
    type Target = Rows;

    fn deref(&self) -> &Rows {
        self.rows
    }
}

impl StoreWork<'_> {
    /// Refuses what makes the store grow where there is no room.
    pub(super) fn require_room(&self) -> Result<(), StoreError> {
        if self.fits { Ok(()) } else { Err(Refused::NoRoom.into()) }
    }

    /// Notes that words of people are deleted: they leave the log of the file as well, some seconds from now.
    pub(super) fn erases(&mut self) {
        *self.erases = true;
    }

    /// Notes that objects are to be deleted that nothing needs any more, soon after the commit.
    pub(super) fn frees(&mut self) {
        *self.frees = true;
    }
}

/// Work that was handed to the writer; awaiting it gives the outcome after the commit.
#[must_use = "the outcome is known only after the commit"]
pub struct Pending<T>(pub(super) oneshot::Receiver<Result<T, StoreError>>);

impl<T> Pending<T> {
    /// Waits for the commit.
    ///
    /// # Errors
    /// What the store refused, or why nothing was stored.
    pub async fn committed(self) -> Result<T, StoreError> {
        self.0.await.unwrap_or_else(|_| Err(stopped()))
    }
}

/// Says that nobody works any more.
pub(super) fn stopped() -> StoreError {
    StoreError::Failed("the store has stopped".into())
}
