//! The search index: what was said, in a file of its own, kept by a thread behind the writer ([`indexer`]).
//!
//! Its rows are in the order of time. What has the grams of a search is looked at, from the newest on, until enough is found or
//! the time is over.

mod entries;
mod file;
mod grams;
mod indexer;
mod lookup;
mod numbers;
mod thread;
mod unindexed;

use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::Connection;

use crate::lock::lock;
use crate::store::StoreError;
use crate::store::search::question::{Candidates, IndexQuery};
use crate::store::space::Room;
use indexer::Indexer;
pub(in crate::store) use indexer::{INDEX_FILE, Touch};

/// The index, as the rules of searching know it.
pub(in crate::store) struct SearchIndex {
    indexer: Indexer,
    idle: Idle,
}

/// Connections to the index, each with the edition that it reads.
type Idle = Arc<Mutex<Vec<(u64, Connection)>>>;

impl SearchIndex {
    /// Starts to follow the store in a folder.
    pub(in crate::store) fn start(folder: &Path, store: &Path, store_id: &str, room: Arc<Room>) -> Self {
        Self { indexer: Indexer::start(folder, store, store_id, room), idle: Arc::default() }
    }

    /// Gives what is told of changes, for the writer.
    pub(in crate::store) fn touch(&self) -> Touch {
        self.indexer.touch()
    }

    /// Gives a way to look things up; `None` while there is no index.
    pub(in crate::store) fn reader(&self) -> Option<IndexReader> {
        let edition = self.indexer.edition();
        if edition == 0 {
            return None;
        }
        let mut idle = lock(&self.idle);
        idle.retain(|(of, _)| *of == edition);
        let known = idle.pop().map(|(_, connection)| connection);
        drop(idle);
        let connection = known.or_else(|| self.indexer.reader().ok());
        if connection.is_none() {
            self.indexer.is_lost();
        }
        Some(IndexReader { edition, connection: connection?, idle: self.idle.clone() })
    }

    /// Hears that a search failed: the index is damaged, or just made again.
    pub(in crate::store) fn is_lost(&self) {
        self.indexer.is_lost();
    }

    /// Counts the channels with changes that cannot be found yet.
    pub(in crate::store) fn behind(&self) -> u64 {
        self.indexer.behind()
    }

    /// Tells whether the index cannot be used.
    pub(in crate::store) fn is_failing(&self) -> bool {
        self.indexer.is_failing()
    }

    /// Counts the channels that are gone and are still in the index.
    pub(in crate::store) fn removing(&self) -> u64 {
        self.indexer.removing()
    }

    /// Counts the messages that were indexed since the start, and the milliseconds of CPU that took.
    pub(in crate::store) fn spent(&self) -> (u64, u64) {
        self.indexer.spent()
    }

    /// Ends, after the transaction in hand.
    pub(in crate::store) async fn close(&self) {
        if let Some(indexing) = self.indexer.stop() {
            // A panic of the thread has told itself.
            let _ = tokio::task::spawn_blocking(move || indexing.join()).await;
        }
    }
}

/// A connection to the index, for one search.
pub(in crate::store) struct IndexReader {
    edition: u64,
    connection: Connection,
    idle: Idle,
}

impl IndexReader {
    /// Finds messages, as far as the index knows.
    pub(in crate::store) fn find(&mut self, wanted: &IndexQuery<'_>) -> Result<Candidates, StoreError> {
        lookup::look_up(&mut self.connection, wanted)
    }

    /// Keeps it for the next search.
    pub(in crate::store) fn give_back(self) {
        lock(&self.idle).push((self.edition, self.connection));
    }
}
