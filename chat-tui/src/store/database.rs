//! The file, for all windows that work with it. What the daemon has told them is written in one transaction for all that comes
//! within a moment; what a person has written is written at once, and is on the disk before anybody hears that it is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proto::http::{History as HistoryPage, SearchHits, SearchQuery};
use proto::{ChannelId, Handle};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::inspect::{self, StoreSummary};
use super::rows::{apply, claim, claim_new, kept_for, members_of, read_state};
use super::terms::{HasEnded, LocalStoreError, Opened, StoreWriter, WindowId};
use super::{bounds, file, pages, search, unsent_rows};
use crate::core::history::HistoryRange;
use crate::stored::{StoreChange, StoredMember, StoredState};
use crate::unsent::Unsent;

/// How long changes wait for others, so that many are written at once.
const GATHER: Duration = Duration::from_millis(200);
/// Changes after which the size of the file is looked at.
const LOOK_EVERY: usize = 10_000;
/// Changes that are written at once, about.
const CHANGES_MAX: usize = 4_096;

/// What is known of a window that works with the file.
struct Window {
    handle: Handle,
    name: String,
    /// What it has kept last, should the file have to be made anew.
    unsent: Option<Unsent>,
    /// Whether its changes are written. After one was lost, those behind it would say more than is true.
    remembers: bool,
}

/// The file and who works with it.
pub(super) struct Database {
    connection: Connection,
    path: PathBuf,
    bytes_max: u64,
    /// Where a damaged file lies, until somebody was told.
    set_aside: Option<PathBuf>,
    windows: BTreeMap<WindowId, Window>,
    /// Changes that wait to be written, and who has told them.
    changes: Vec<(WindowId, StoreChange)>,
    /// When they are written.
    due: Option<Instant>,
    /// Changes that were written since the size of the file was looked at.
    looked_at: usize,
}

impl Database {
    /// Opens the file, and makes it where it is missing.
    ///
    /// # Errors
    /// See [`LocalStoreError`].
    pub(super) fn open(path: &Path, bytes_max: u64) -> Result<Self, LocalStoreError> {
        file::make(path)?;
        let (connection, set_aside) = match file::open_file(path) {
            Err(error) if file::is_damage(&error) => made_anew(path, &error).map(|(new, old)| (new, Some(old)))?,
            opened => (opened.map_err(|error| file::failed(path, &error))?, None),
        };
        if file::is_newer(&connection).map_err(|error| file::failed(path, &error))? {
            return Err(LocalStoreError::Newer(path.display().to_string()));
        }
        let (path, windows, changes) = (path.to_owned(), BTreeMap::new(), Vec::new());
        Ok(Self { connection, path, bytes_max, set_aside, windows, changes, due: None, looked_at: 0 })
    }

    /// A window begins: gives it what is held for its account, and what windows have left that have ended.
    pub(super) fn join(
        &mut self,
        id: WindowId,
        writer: &StoreWriter,
        has_ended: &HasEnded,
    ) -> Result<Opened, LocalStoreError> {
        let _ = self.write_waiting();
        let (state, taken) = match self.read(writer, has_ended) {
            Err(error) if file::is_damage(&error) => {
                self.make_anew(&error)?;
                self.read(writer, has_ended).map(|(state, unsent)| (state, Ok(unsent)))
            }
            // What was unsent stays where it is until it can be taken over.
            Err(error) if file::is_full(&error) => read_state(&self.connection, &writer.handle, None)
                .map(|state| (state, Err(file::failed(&self.path, &error)))),
            read => read.map(|(state, unsent)| (state, Ok(unsent))),
        }
        .map_err(|error| file::failed(&self.path, &error))?;
        self.come_back(id, writer, taken.is_ok());
        let set_aside = self.set_aside.take().map(|path| path.display().to_string());
        let not_taken = taken.as_ref().err().map(LocalStoreError::to_string);
        let unsent = taken.unwrap_or_default();
        if let Some(window) = self.windows.get_mut(&id).filter(|_| not_taken.is_none()) {
            window.unsent = Some(unsent.clone());
        }
        Ok(Opened { state, unsent, not_taken, set_aside })
    }

    /// A window works with the file that has worked with it before; `remembers` tells whether all its changes were written.
    pub(super) fn come_back(&mut self, id: WindowId, writer: &StoreWriter, remembers: bool) {
        // What it has said on another way before is over.
        self.windows.retain(|_, window| window.name != writer.window);
        let StoreWriter { handle, window, .. } = writer.clone();
        if let Err(error) = claim_new(&self.connection, &handle) {
            tracing::warn!(%error, "the store is not written");
        }
        self.windows.insert(id, Window { handle, name: window, unsent: None, remembers });
    }

    /// A window has ended, or comes back another way.
    pub(super) fn leave(&mut self, id: WindowId) {
        let _ = self.write_waiting();
        self.windows.remove(&id);
    }

    /// Tells whether a window works with the file.
    pub(super) fn knows(&self, id: WindowId) -> bool {
        self.windows.contains_key(&id)
    }

    /// Takes changes in, to be written within a moment.
    pub(super) fn remember(&mut self, id: WindowId, changes: Vec<StoreChange>) {
        self.changes.extend(changes.into_iter().map(|change| (id, change)));
        self.due = self.due.or_else(|| Some(Instant::now() + GATHER));
        if self.changes.len() >= CHANGES_MAX {
            let _ = self.write_waiting();
        }
    }

    /// Gives when waiting changes are to be written.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Tells whether all changes of a window were written up to now; those that wait are not counted.
    pub(super) fn remembers(&self, id: WindowId) -> bool {
        self.windows.get(&id).is_some_and(|window| window.remembers)
    }

    /// Keeps what a person has written in a window, in place of what was kept before.
    ///
    /// # Errors
    /// Why it is not on the disk.
    pub(super) fn keep(&mut self, id: WindowId, unsent: Unsent) -> Result<(), LocalStoreError> {
        let Some(window) = self.windows.get_mut(&id) else { return Err(LocalStoreError::Silent) };
        window.unsent = Some(unsent);
        self.write(Some(id))
    }

    /// Writes the changes that wait.
    ///
    /// # Errors
    /// Why they are lost.
    pub(super) fn write_waiting(&mut self) -> Result<(), LocalStoreError> {
        self.write(None)
    }

    /// Looks for a page of history that a window wants.
    pub(super) fn page(&mut self, id: WindowId, channel: ChannelId, range: HistoryRange) -> Option<HistoryPage> {
        self.read_for(id, None, |held| pages::page(held, channel, range))
    }

    /// Looks who is in a channel of a window's account.
    pub(super) fn members(&mut self, id: WindowId, channel: ChannelId) -> Vec<StoredMember> {
        self.read_for(id, Vec::new(), |held| members_of(held, channel))
    }

    /// Searches what is held, if it is a window's.
    pub(super) fn search(&mut self, id: WindowId, query: &SearchQuery) -> SearchHits {
        self.read_for(id, SearchHits::none(), |held| search::search_rows(held, query))
    }

    /// Reads something for a window; gives `nothing` where what is held is another account's, or cannot be read.
    fn read_for<T>(
        &mut self,
        id: WindowId,
        nothing: T,
        read: impl FnOnce(&Connection) -> Result<T, rusqlite::Error>,
    ) -> T {
        let _ = self.write_waiting();
        let found = kept_for(&self.connection)
            .and_then(|held| self.is_of(id, held.as_deref()).then(|| read(&self.connection)).transpose());
        match found {
            Ok(found) => found.unwrap_or(nothing),
            Err(error) => {
                tracing::warn!(%error, "the store cannot be read");
                nothing
            }
        }
    }

    /// Says what is held.
    pub(super) fn summary(&mut self) -> Result<StoreSummary, LocalStoreError> {
        let _ = self.write_waiting();
        inspect::of(&self.connection, &self.path).map_err(|error| file::failed(&self.path, &error))
    }

    /// Deletes what the server can give again; never what is unsent.
    pub(super) fn clear(&mut self) -> Result<(), LocalStoreError> {
        let _ = self.write_waiting();
        inspect::empty(&self.connection).map_err(|error| file::failed(&self.path, &error))
    }

    /// Tells whether what is held for an account is of the one that a window is signed in to.
    fn is_of(&self, id: WindowId, held: Option<&str>) -> bool {
        self.windows.get(&id).is_some_and(|window| held == Some(window.handle.as_str()))
    }

    fn read(&mut self, writer: &StoreWriter, has_ended: &HasEnded) -> Result<(StoredState, Unsent), rusqlite::Error> {
        let runs = |name: &str| self.windows.values().any(|window| window.name == name);
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let unsent = unsent_rows::take_over(&self.connection, writer, |name| !runs(name) && has_ended(name))?;
        claim(&self.connection, writer)?;
        let state = read_state(&self.connection, &writer.handle, unsent.open)?;
        transaction.commit()?;
        bounds::keep_within(&self.connection, self.bytes_max)?;
        Ok((state, unsent))
    }

    /// Writes the changes that wait, and what a person has written in a window, if that is new.
    fn write(&mut self, keeps: Option<WindowId>) -> Result<(), LocalStoreError> {
        self.due = None;
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|(id, change)| self.may_write(*id, change));
        if keeps.is_none() && changes.is_empty() {
            return Ok(());
        }
        let tellers = changes.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>();
        let Err(error) = self.write_rows(changes, keeps) else { return Ok(()) };
        // What is lost now would be missing below what comes later; at the next start the daemon tells it again.
        for (_, window) in self.windows.iter_mut().filter(|(id, _)| tellers.contains(id)) {
            window.remembers = false;
        }
        tracing::warn!(%error, path = %self.path.display(), "the store is not written");
        if file::is_damage(&error) {
            self.make_anew(&error)?;
        }
        match keeps {
            Some(_) => self.write_rows(Vec::new(), keeps).map_err(|error| file::failed(&self.path, &error)),
            None => Ok(()),
        }
    }

    /// Tells whether a change is written. What is to be forgotten always is.
    fn may_write(&self, id: WindowId, change: &StoreChange) -> bool {
        match change {
            StoreChange::Reset(_) | StoreChange::Forget(_) | StoreChange::ForgetAll => true,
            StoreChange::Message(..) | StoreChange::Patch(..) => self.remembers(id) && self.bytes_max > 0,
            StoreChange::ServerStore(_)
            | StoreChange::Channel(_)
            | StoreChange::Members(..)
            | StoreChange::Settings(_)
            | StoreChange::Friends(_) => self.remembers(id),
        }
    }

    fn write_rows(
        &mut self,
        changes: Vec<(WindowId, StoreChange)>,
        keeps: Option<WindowId>,
    ) -> Result<(), rusqlite::Error> {
        // What a person has written is fsynced; what the daemon can tell again need not be.
        self.connection.pragma_update(None, "synchronous", if keeps.is_some() { "full" } else { "normal" })?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let written = changes.len();
        let held = kept_for(&self.connection)?;
        // Another window may have signed in as somebody else: what is held is theirs then.
        for (_, change) in changes.into_iter().filter(|(id, _)| self.is_of(*id, held.as_deref())) {
            apply(&self.connection, change)?;
        }
        if let Some(window) = keeps.and_then(|id| self.windows.get(&id)) {
            window.write_unsent(&self.connection)?;
        }
        transaction.commit()?;
        self.looked_at += written;
        if self.looked_at >= LOOK_EVERY {
            self.looked_at = 0;
            bounds::keep_within(&self.connection, self.bytes_max)?;
        }
        Ok(())
    }

    /// Sets a file aside that turns out to be damaged, and goes on in a new one.
    fn make_anew(&mut self, error: &rusqlite::Error) -> Result<(), LocalStoreError> {
        let (connection, aside) = made_anew(&self.path, error)?;
        (self.connection, self.set_aside) = (connection, Some(aside));
        let put_back = |window: &mut Window| {
            claim_new(&self.connection, &window.handle)?;
            window.remembers = false;
            window.write_unsent(&self.connection)
        };
        self.windows.values_mut().try_for_each(put_back).map_err(|error| file::failed(&self.path, &error))
    }
}

impl Window {
    /// Writes what was kept last, if anything was.
    fn write_unsent(&self, connection: &Connection) -> Result<(), rusqlite::Error> {
        match &self.unsent {
            Some(unsent) => unsent_rows::keep(connection, &self.handle, &self.name, unsent),
            None => Ok(()),
        }
    }
}

/// Sets a damaged file aside and makes a new one, with what was unsent in the old one.
fn made_anew(path: &Path, error: &rusqlite::Error) -> Result<(Connection, PathBuf), LocalStoreError> {
    tracing::warn!(%error, path = %path.display(), "the store is damaged");
    let aside = file::set_aside(path).map_err(|source| LocalStoreError::of_io(path, source))?;
    let made = || {
        let saved = file::save_unsent(&aside);
        file::make(path)?;
        let failed = |error| file::failed(path, &error);
        let connection = file::open_file(path).map_err(failed)?;
        unsent_rows::put_back(&connection, &saved).map_err(failed)?;
        Ok(connection)
    };
    match made() {
        Ok(connection) => Ok((connection, aside)),
        Err(error) => {
            // The old one is tried again when there is room for a new one.
            file::move_back(&aside, path);
            Err(error)
        }
    }
}
