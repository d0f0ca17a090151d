//! What the parts of the store share: who writes, what is read, why not.

use std::path::Path;

use proto::Handle;
use serde::{Deserialize, Serialize};

use crate::places::PlaceError;
use crate::stored::StoredState;
use crate::unsent::Unsent;

/// A window that works with the file, by a number that no other one had in this program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WindowId(pub(super) u64);

/// Tells whether a window has ended.
pub(super) type HasEnded = dyn Fn(&str) -> bool + Send;

/// Why nothing can be kept.
#[derive(Debug, thiserror::Error)]
pub enum LocalStoreError {
    /// A newer program has made the file.
    #[error("`{0}` was made by a newer chat-tui")]
    Newer(String),
    /// There is no place for it.
    #[error(transparent)]
    Place(PlaceError),
    /// The disk has not taken what came before.
    #[error("the disk does not keep up")]
    Slow,
    /// Another program holds the file and does not answer.
    #[error("another chat-tui uses this profile and does not answer")]
    Silent,
    /// Another program holds the file, and is of another version.
    #[error("chat-tui {0} uses this profile: end it, or run the same version")]
    Other(String),
    /// The program that holds the file said no.
    #[error("{0}")]
    Owner(String),
    /// The database said no.
    #[error("cannot use `{path}`: {reason}")]
    Database {
        /// The path of the file.
        path: String,
        /// What it said, for people.
        reason: String,
    },
}

impl LocalStoreError {
    /// Says what the system said of the file.
    pub(crate) fn of_io(path: &Path, source: std::io::Error) -> Self {
        Self::Place(PlaceError::Io { path: path.display().to_string(), source })
    }

    /// Says that there is no folder for it.
    pub(crate) fn of_place(error: PlaceError) -> Self {
        Self::Place(error)
    }
}

/// What an opened store holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Opened {
    /// What the daemon had told.
    pub state: StoredState,
    /// What was written and is not sent: by programs that have ended.
    pub unsent: Unsent,
    /// Why what they have written could not be taken over, if it could not. It stays in the store.
    pub not_taken: Option<String>,
    /// Where a damaged store was set aside, if there was one.
    pub set_aside: Option<String>,
}

/// Who writes into a store.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StoreWriter {
    /// The account whose channels and messages are held: those of another are dropped.
    pub handle: Handle,
    /// What sets this window of a program apart from others.
    pub window: String,
    /// The address of the server, as people write it.
    pub server: String,
    /// Bytes that the file may have, about: beyond that the oldest messages go. 0 keeps no message.
    pub bytes_max: u64,
}
