//! Opening the store.

use std::path::Path;
use std::sync::Arc;

use super::account::any_account;
use super::channel::ensure_lobby;
use super::folder::{is_emptied, lock_folder};
use super::search::turns::{SEARCHES, Turns};
use super::space::Room;
use super::sqlite::{Readers, SearchIndex, Start, Writer, open, store_id};
use super::{DATABASE_FILE, DatabaseError, OpenError, Publish, Store, StoreBounds, StoreOptions};

impl Store {
    /// Opens the store in a data folder, creating both where they are missing, and brings its schema
    /// up to date in one transaction.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing was changed then.
    pub fn open(folder: &Path, mut options: StoreOptions) -> Result<Opened, OpenError> {
        let lock = lock_folder(folder)?;
        let path = folder.join(DATABASE_FILE);
        let failed = OpenError::of::<DatabaseError>(&path);
        if is_emptied(folder) {
            return Err(failed(DatabaseError::emptied()));
        }
        let rows = open(&path, options.while_migrating.take())?;
        let store_id = store_id(&rows).map_err(|error| failed(error.into()))?;
        ensure_lobby(&rows, options.clock.now()).map_err(|error| failed(error.into()))?;
        let has_accounts = any_account(&rows).map_err(|error| failed(error.into()))?;
        let readers = Readers::open(&path).map_err(|error| failed(error.into()))?;
        let room = Arc::<Room>::default();
        room.set(StoreBounds::default());
        let index = SearchIndex::start(folder, &path, store_id.as_str(), room.clone());
        let search_turns = Turns::new(SEARCHES, 0);
        let (writer, start) = Writer::new(rows, path, options, room.clone(), index.touch());
        let folder = folder.to_owned();
        Ok(Opened {
            store: Self { writer, readers, index, search_turns, store_id, folder, room, lock },
            has_accounts,
            start,
        })
    }
}

/// A store that is open but does not write yet.
pub struct Opened {
    /// The store, to be used once its writer runs.
    pub store: Store,
    /// Whether there is any account.
    pub has_accounts: bool,
    start: Start,
}

impl Opened {
    /// Starts the writer; from now on every commit is published.
    pub fn start(self, publish: impl Publish + 'static) -> Store {
        self.start.run(Box::new(publish));
        self.store
    }
}
