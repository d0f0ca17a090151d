//! The thread that reads and writes the file. What the daemon has told is written in one transaction for all that comes within
//! a moment; what a person has written is written at once, and is on the disk before anybody hears that it is kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use proto::ChannelId;
use proto::http::History as HistoryPage;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::rows::{ChannelKeys, apply, kept_for, read_state};
use super::{LocalStoreError, Opened, StoreWriter, bounds, file, pages, unsent_rows};
use crate::core::history::HistoryRange;
use crate::stored::StoreChange;
use crate::unsent::Unsent;

/// How long changes wait for others, so that many are written at once.
const GATHER: Duration = Duration::from_millis(200);
/// Changes after which the size of the file is looked at.
const LOOK_EVERY: usize = 10_000;
/// How the window is called that something saved from a damaged file comes from.
const SAVED: &str = "saved-";
/// Changes that are written at once, about.
const CHANGES_MAX: usize = 4_096;

/// Hears whether something is on the disk.
type WhenKept = Box<dyn FnOnce(Result<(), LocalStoreError>) + Send>;
/// Hears what the store holds of a page.
type WhenFound = Box<dyn FnOnce(Option<HistoryPage>) + Send>;

/// What the thread is told.
pub(super) enum StoreOrder {
    /// Something is otherwise.
    Remember(Vec<StoreChange>),
    /// A person has written this and it is not sent. Others wait for it.
    Keep(Box<Unsent>, WhenKept),
    /// Something is to be done when all before it is on the disk.
    Then(Box<dyn FnOnce() + Send>),
    /// A page is looked for.
    Page(ChannelId, HistoryRange, WhenFound),
}

/// What the thread works with.
pub(super) struct StoreThread {
    connection: Connection,
    path: PathBuf,
    writer: StoreWriter,
    keys: ChannelKeys,
    /// What was kept last, should the file have to be made anew.
    unsent: Unsent,
    /// Changes that wait to be written.
    changes: Vec<StoreChange>,
    /// Changes that were written since the size of the file was looked at.
    looked_at: usize,
    /// Whether changes are written. After one was lost, those behind it would say more than is true.
    remembers: bool,
}

impl StoreThread {
    /// Opens the file and reads what it holds; a damaged one is set aside, and what was unsent in it is saved.
    pub(super) fn open(
        path: &Path,
        writer: StoreWriter,
        has_ended: &dyn Fn(&str) -> bool,
    ) -> Result<(Self, Opened), LocalStoreError> {
        file::make(path)?;
        let failed = |error| file::failed(path, &error);
        match Self::try_open(path, &writer, has_ended) {
            Ok((_, None)) => return Err(LocalStoreError::Newer(path.display().to_string())),
            Ok((store, Some(opened))) => return Ok((store, opened)),
            Err(error) if file::is_damage(&error) => {
                tracing::warn!(%error, path = %path.display(), "the store is damaged")
            }
            Err(error) => return Err(failed(error)),
        }
        let aside = set_aside(path)?;
        let saved = file::save_unsent(&aside);
        file::make(path)?;
        let connection = file::open_file(path).map_err(failed)?;
        for (number, (of, contents)) in saved.iter().enumerate() {
            let insert = "INSERT OR REPLACE INTO unsent (handle, window, contents) VALUES (?1, ?2, ?3)";
            connection.execute(insert, (of, format!("{SAVED}{number}"), contents)).map_err(failed)?;
        }
        drop(connection);
        match Self::try_open(path, &writer, has_ended).map_err(failed)? {
            (store, Some(opened)) => Ok((store, Opened { set_aside: Some(aside.display().to_string()), ..opened })),
            (_, None) => Err(LocalStoreError::Newer(path.display().to_string())),
        }
    }

    /// Gives nothing to begin with where a newer program has made the file.
    fn try_open(
        path: &Path,
        writer: &StoreWriter,
        has_ended: &dyn Fn(&str) -> bool,
    ) -> Result<(Self, Option<Opened>), rusqlite::Error> {
        let connection = file::open_file(path)?;
        let mut store = Self {
            connection,
            path: path.to_owned(),
            writer: writer.clone(),
            keys: ChannelKeys::new(),
            unsent: Unsent::default(),
            changes: Vec::new(),
            looked_at: 0,
            remembers: true,
        };
        if file::is_newer(&store.connection)? {
            return Ok((store, None));
        }
        let transaction = Transaction::new_unchecked(&store.connection, TransactionBehavior::Immediate)?;
        let unsent =
            unsent_rows::take_over(&store.connection, writer, |window| window.starts_with(SAVED) || has_ended(window))?;
        let state = read_state(&store.connection, writer, unsent.open, &mut store.keys)?;
        transaction.commit()?;
        bounds::keep_within(&store.connection, writer.bytes_max)?;
        store.unsent = unsent.clone();
        Ok((store, Some(Opened { state, unsent, set_aside: None })))
    }

    /// Works until nobody gives orders any more.
    pub(super) fn run(&mut self, orders: &Receiver<StoreOrder>, unkept: &AtomicUsize) {
        let mut due: Option<Instant> = None;
        loop {
            let order = match due {
                None => orders.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(due) => orders.recv_timeout(due.saturating_duration_since(Instant::now())),
            };
            match order {
                Ok(StoreOrder::Remember(changes)) => {
                    self.changes.extend(changes);
                    due = due.or_else(|| Some(Instant::now() + GATHER));
                    if self.changes.len() >= CHANGES_MAX {
                        let _ = self.write(None);
                        due = None;
                    }
                }
                Ok(StoreOrder::Keep(unsent, done)) => {
                    let written = self.write(Some(*unsent));
                    unkept.fetch_sub(1, Ordering::AcqRel);
                    done(written);
                    due = None;
                }
                Ok(StoreOrder::Then(work)) => work(),
                Ok(StoreOrder::Page(channel, range, found)) => {
                    let _ = self.write(None);
                    due = None;
                    found(self.page(channel, range));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.write(None);
                    due = None;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let _ = self.write(None);
                    return;
                }
            }
        }
    }

    /// Writes the changes that wait, and what a person has written, if that is new.
    fn write(&mut self, unsent: Option<Unsent>) -> Result<(), LocalStoreError> {
        let keeps = unsent.is_some();
        if let Some(unsent) = unsent {
            self.unsent = unsent;
        }
        let mut changes = std::mem::take(&mut self.changes);
        changes.retain(|change| self.may_write(change));
        if !keeps && changes.is_empty() {
            return Ok(());
        }
        let Err(error) = self.write_rows(changes, keeps) else { return Ok(()) };
        // What is lost now would be missing below what comes later; at the next start the daemon tells it again.
        self.remembers = false;
        tracing::warn!(%error, path = %self.path.display(), "the store is not written");
        if file::is_damage(&error) {
            self.make_anew()?;
        } else if !keeps {
            return Ok(());
        }
        self.write_rows(Vec::new(), true).map_err(|error| file::failed(&self.path, &error))
    }

    /// Tells whether a change is written. What is to be forgotten always is.
    fn may_write(&self, change: &StoreChange) -> bool {
        match change {
            StoreChange::Reset(_) | StoreChange::Forget(_) | StoreChange::ForgetAll => true,
            StoreChange::Message(..) | StoreChange::Patch(..) => self.remembers && self.writer.bytes_max > 0,
            StoreChange::ServerStore(_)
            | StoreChange::Channel(_)
            | StoreChange::Members(..)
            | StoreChange::Settings(_)
            | StoreChange::Friends(_) => self.remembers,
        }
    }

    fn write_rows(&mut self, changes: Vec<StoreChange>, keeps: bool) -> Result<(), rusqlite::Error> {
        // What a person has written is fsynced; what the daemon can tell again need not be.
        self.connection.pragma_update(None, "synchronous", if keeps { "full" } else { "normal" })?;
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let written = changes.len();
        // Another window may have signed in as somebody else: what is held is theirs then.
        if written > 0 && kept_for(&self.connection)?.as_deref() == Some(self.writer.handle.as_str()) {
            for change in changes {
                apply(&self.connection, &mut self.keys, change)?;
            }
        }
        if keeps {
            unsent_rows::keep(&self.connection, &self.writer, &self.unsent)?;
        }
        transaction.commit()?;
        self.looked_at += written;
        if self.looked_at >= LOOK_EVERY {
            self.looked_at = 0;
            bounds::keep_within(&self.connection, self.writer.bytes_max)?;
        }
        Ok(())
    }

    fn page(&self, channel: ChannelId, range: HistoryRange) -> Option<HistoryPage> {
        pages::page(&self.connection, &self.keys, channel, range).unwrap_or_else(|error| {
            tracing::warn!(%error, "a page of the store cannot be read");
            None
        })
    }

    /// Sets a file aside that turns out to be damaged, and goes on in a new one.
    fn make_anew(&mut self) -> Result<(), LocalStoreError> {
        set_aside(&self.path)?;
        let (store, _) = Self::open(&self.path, self.writer.clone(), &|_| false)?;
        *self = Self { unsent: std::mem::take(&mut self.unsent), remembers: false, ..store };
        Ok(())
    }
}

fn set_aside(path: &Path) -> Result<PathBuf, LocalStoreError> {
    file::set_aside(path).map_err(|source| LocalStoreError::of_io(path, source))
}
