//! The thread that keeps the search index: behind the writer.
//!
//! It follows each channel by version, like a client that asks `since`; after a crash it goes on where its last transaction
//! ended.

use std::cell::Cell;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use proto::{Index, Version};
use rusqlite::{Connection, params};

use super::entries::{forget_some, put_again, put_new};
use super::file::{CACHE_KIB, IndexError, open_index, remove_index};
use super::indexer::{Shared, State};
use super::unindexed::{IndexedChannel, UnindexedMessages, known};
use crate::lock::sound;
use crate::store::channel_key::ChannelKey;
use crate::store::space::Room;
use crate::store::sqlite::values::Column;
use crate::store::sqlite::{Rows, connection};
use crate::store::table::page::read_message;

/// How much the thread stands back (nice, 0 to 19): as far as it can; nobody waits for it while there is talk.
const NICENESS: i32 = 19;
/// How long changes gather before they are indexed: within a second at rest, and few transactions under load.
const GATHER: Duration = Duration::from_millis(200);
/// Changes in that time from which on the core is left to the talk: about a thirtieth of what it can store.
const BUSY_CHANGES: usize = 400;
/// Times in a row that the thread stands back so: a minute.
const STANDS_BACK_MAX: usize = 300;
/// How long after a deletion the log of the index is emptied: several share one emptying.
const GATHER_DELETIONS: Duration = Duration::from_secs(3);
/// How long the next try to empty it waits for those who read in it.
const EMPTY_AGAIN: Duration = Duration::from_millis(100);
/// Messages that were deleted and are taken out in one transaction.
const ERASED_PER_COMMIT: usize = 100;
/// How long the thread waits after something failed.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// Messages indexed in one transaction; between two of them the end is looked for.
const MESSAGES_PER_COMMIT: usize = 500;

/// What the thread works with.
pub(super) struct IndexThread {
    pub(super) shared: Arc<Shared>,
    pub(super) store: PathBuf,
    pub(super) store_id: String,
    pub(super) room: Arc<Room>,
    /// When the log is to be emptied: something was taken out of the index that stands there.
    pub(super) empties_at: Cell<Option<Instant>>,
}

impl IndexThread {
    /// Follows the store until told to stop.
    pub(super) fn run(&self) {
        // Without it the thread only competes harder.
        let _ = rustix::process::setpriority_process(None, NICENESS);
        while !self.shared.stopping() {
            let Err(error) = self.follow() else { return };
            self.fails(&error);
            let wait = if error.is_of_the_file() && remove_index(&self.shared.index_path).is_ok() {
                GATHER
            } else {
                AFTER_FAILURE
            };
            let mut state = self.shared.state();
            // Whatever was in hand is found again by its version.
            state.working = true;
            let _ = self.shared.changed.wait_timeout_while(state, wait, |state| !state.stopping);
        }
    }

    /// Tells once that the index cannot be used; one that was removed is made anew without a word.
    fn fails(&self, error: &IndexError) {
        if !matches!(error, IndexError::Lost) && !self.shared.failing.swap(true, Relaxed) {
            tracing::error!(%error, "search index unavailable, will retry");
        }
    }

    /// Brings the index up to date, then follows what changes, until told to stop.
    fn follow(&self) -> Result<(), IndexError> {
        let mut index = open_index(&self.shared.index_path, &self.store_id)?;
        self.shared.state().lost = false;
        self.shared.edition.add(1);
        let store = connection::open_reader(&self.store)?;
        store.pragma_update(None, "cache_size", -CACHE_KIB)?;
        let store = Rows::of(store);
        let mut touched = behind(&index, &store)?;
        while self.catch_up(&mut index, &store, touched)? {
            if self.shared.failing.swap(false, Relaxed) {
                tracing::warn!("search index available again");
            }
            let millis = thread_cpu_millis();
            self.shared.cpu_millis.add(millis.saturating_sub(self.shared.cpu_millis.get()));
            // At rest nothing is held for the next time.
            index.execute_batch("PRAGMA shrink_memory")?;
            store.connection().execute_batch("PRAGMA shrink_memory")?;
            touched = match self.wait() {
                Some(touched) => touched,
                None => break,
            };
            if self.shared.state().lost {
                return Err(IndexError::Lost);
            }
            self.erase(&mut index, &store)?;
            self.empty_when_due(&index)?;
        }
        // What was deleted leaves the log as well.
        index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(())
    }

    /// Indexes what changed in some channels, their new messages in the order of time; false when it is time to stop.
    fn catch_up(
        &self,
        index: &mut Connection,
        store: &Rows,
        channels: HashSet<ChannelKey>,
    ) -> Result<bool, IndexError> {
        let mut news = UnindexedMessages::of(channels.len());
        for channel in channels {
            if !self.goes_on(index, store)? {
                return Ok(false);
            }
            match self.begin(index, store, channel)? {
                Some(place) => news.expect(store, place)?,
                None => {
                    self.forget_some(index, channel)?;
                }
            }
        }
        while self.goes_on(index, store)? {
            let messages = news.next(store, MESSAGES_PER_COMMIT)?;
            if messages.is_empty() {
                return Ok(true);
            }
            let transaction = index.transaction()?;
            put_new(&transaction, &messages)?;
            transaction.commit()?;
            self.shared.messages.add(messages.len() as u64);
        }
        Ok(false)
    }

    /// Does what is due between two transactions, and waits for room; false when it is time to stop.
    fn goes_on(&self, index: &mut Connection, store: &Rows) -> Result<bool, IndexError> {
        loop {
            if self.shared.stopping() {
                return Ok(false);
            }
            // Deletions wait for nobody.
            self.erase(index, store)?;
            self.empty_when_due(index)?;
            if !self.waits_for_room() {
                return Ok(true);
            }
        }
    }

    /// Indexes what changed in messages of a channel that are here already; `None` when the channel is gone. Where nothing of
    /// that did, nothing is written: the place of a channel moves with its new messages.
    fn begin(
        &self,
        index: &mut Connection,
        store: &Rows,
        channel: ChannelKey,
    ) -> Result<Option<IndexedChannel>, IndexError> {
        let _reading = store.connection().unchecked_transaction()?;
        let present =
            store.one::<(Version, Index)>("SELECT version, last_index FROM channel WHERE id = ?1", [channel])?;
        let Some((present, last)) = present else { return Ok(None) };
        let Some(known) = known(index, channel)? else {
            let place = index
                .prepare_cached("INSERT INTO place (channel, version, last_idx) VALUES (?1, ?2, 0) RETURNING id")?
                .query_row(params![Column(channel), Column(present)], |row| row.get(0))?;
            return Ok(Some(IndexedChannel { channel, place, version: present, last: Index::default() }));
        };
        let changed = store.all::<Index>(
            "SELECT DISTINCT idx FROM changed_message WHERE channel = ?1 AND version > ?2 AND idx <= ?3",
            (channel, known.version, known.last),
        )?;
        if !changed.is_empty() || known.last >= last {
            let transaction = index.transaction()?;
            let mut replaced = false;
            for at in changed {
                let message = read_message(store, channel, at)?;
                replaced |= put_again(&transaction, known.place, at, message.as_ref())?;
            }
            transaction
                .prepare_cached("UPDATE place SET version = ?2 WHERE id = ?1")?
                .execute(params![known.place, Column(present)])?;
            transaction.commit()?;
            if replaced {
                self.has_taken_out();
            }
        }
        Ok(Some(IndexedChannel { version: present, ..known }))
    }

    /// Takes some messages of a channel that is gone out of the index; the rest later, others come in between.
    fn forget_some(&self, index: &mut Connection, channel: ChannelKey) -> Result<(), IndexError> {
        let transaction = index.transaction()?;
        let more = forget_some(&transaction, channel)?;
        transaction.commit()?;
        self.has_taken_out();
        if more {
            self.shared.state().gone.insert(channel);
        }
        Ok(())
    }

    /// Waits for changes, and for as long as there are very many; `None` at the end.
    fn wait(&self) -> Option<HashSet<ChannelKey>> {
        let mut state = self.shared.state();
        (state.working, state.removing) = (false, false);
        let idle = |state: &mut State| {
            let rests = state.touched.is_empty() && state.gone.is_empty() && state.erased.is_empty();
            !state.stopping && !state.lost && rests
        };
        state = match self.empties_at.get() {
            None => sound(self.shared.changed.wait_while(state, idle)),
            Some(when) => {
                let rest = when.saturating_duration_since(Instant::now());
                sound(self.shared.changed.wait_timeout_while(state, rest, idle)).0
            }
        };
        for _ in 0..STANDS_BACK_MAX {
            state.changes = 0;
            let gathering = self.shared.changed.wait_timeout_while(state, GATHER, |state| !state.stopping);
            state = sound(gathering).0;
            let deleting = !state.erased.is_empty() || self.empties_at.get().is_some();
            if state.changes < BUSY_CHANGES || deleting {
                break;
            }
        }
        // What is gone cannot be found any more: removing it leaves no search incomplete.
        state.working = !state.touched.is_empty();
        state.removing = !state.gone.is_empty();
        let (touched, gone) = (std::mem::take(&mut state.touched), std::mem::take(&mut state.gone));
        (!state.stopping).then(|| touched.iter().filter_map(ChannelKey::of).chain(gone).collect())
    }

    /// Takes the words of messages that are gone or replaced out of the index.
    fn erase(&self, index: &mut Connection, store: &Rows) -> Result<(), IndexError> {
        let erased = std::mem::take(&mut self.shared.state().erased);
        let erased = erased.into_iter().collect::<Vec<_>>();
        for some in erased.chunks(ERASED_PER_COMMIT) {
            let (transaction, _reading) = (index.transaction()?, store.connection().unchecked_transaction()?);
            for (channel, message) in some {
                let Some(channel) = ChannelKey::of(channel) else { continue };
                let Some(known) = known(&transaction, channel)? else { continue };
                put_again(&transaction, known.place, *message, read_message(store, channel, *message)?.as_ref())?;
            }
            transaction.commit()?;
            self.has_taken_out();
        }
        Ok(())
    }

    /// Notes that words which are gone stand in the log.
    fn has_taken_out(&self) {
        if self.empties_at.get().is_none() {
            self.empties_at.set(Some(Instant::now() + GATHER_DELETIONS));
        }
    }

    /// Empties the log when it is time, or soon again when somebody reads in it.
    fn empty_when_due(&self, index: &Connection) -> Result<(), IndexError> {
        if self.empties_at.get().is_none_or(|when| when > Instant::now()) {
            return Ok(());
        }
        let busy: bool = index.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        self.empties_at.set(busy.then(|| Instant::now() + EMPTY_AGAIN));
        Ok(())
    }

    /// Waits a while where there is no room: what is left of it is for the store.
    fn waits_for_room(&self) -> bool {
        let is_short = self.room.is_short();
        if is_short {
            let state = self.shared.state();
            let waited = self
                .shared
                .changed
                .wait_timeout_while(state, AFTER_FAILURE, |state| !state.stopping && state.erased.is_empty());
            drop(sound(waited));
        }
        is_short
    }
}

/// Finds the channels whose messages are not all here, and those that are here and no longer there.
fn behind(index: &Connection, store: &Rows) -> Result<HashSet<ChannelKey>, IndexError> {
    let known = index
        .prepare("SELECT channel, version, last_idx FROM place")?
        .query_map([], |row| {
            let Column(channel) = row.get::<_, Column<ChannelKey>>(0)?;
            let (Column(version), Column(last)) = (row.get::<_, Column<Version>>(1)?, row.get::<_, Column<Index>>(2)?);
            Ok((channel, version, last))
        })?
        .collect::<rusqlite::Result<HashSet<_>>>()?;
    let there = store.all("SELECT id, version, last_index FROM channel WHERE last_index > 0", ())?;
    let there = there.into_iter().collect::<HashSet<_>>();
    Ok(known.symmetric_difference(&there).map(|(channel, ..)| *channel).collect())
}

fn thread_cpu_millis() -> u64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    spent.tv_sec.unsigned_abs() * 1_000 + spent.tv_nsec.unsigned_abs() / 1_000_000
}
