//! How much everybody has stored. Counted in memory by the writer, and written down now and then: a message is to cost no
//! further row. A crash forgets the last seconds of it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::space::Room;
use super::sqlite::Rows;
use super::{StoreError, UserId};

/// Bytes that a message counts for besides its content: what stands beside it in its row, in its nonce and in the index.
const MESSAGE_BYTES: u64 = 100;
/// How long what was counted is kept in memory only.
const WRITTEN_AFTER: Duration = Duration::from_secs(5);
/// People of whom the count is remembered at most; more are read again.
const REMEMBERED_MAX: usize = 10_000;

/// What the writer knows of it.
#[derive(Debug, Default)]
pub(super) struct Stored {
    by_user: HashMap<UserId, Count>,
    /// What the job in hand has changed.
    changes: Vec<(UserId, i64)>,
    written: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    bytes: u64,
    is_guest: bool,
    is_written: bool,
}

impl Stored {
    /// Tells whether somebody may store some more content, within what the settings say.
    pub(super) fn has_room(
        &mut self,
        rows: &Rows,
        user: UserId,
        content: usize,
        room: &Room,
    ) -> Result<bool, StoreError> {
        let count = self.of(rows, user)?;
        let most = room.of_one(count.is_guest);
        Ok(most == 0 || count.bytes + content as u64 + MESSAGE_BYTES <= most)
    }

    /// Counts a message of somebody, if the job that stores it is done.
    pub(super) fn add(&mut self, user: UserId, content: usize) {
        self.changes.push((user, content as i64 + MESSAGE_BYTES as i64));
    }

    /// Counts that a message of somebody is gone.
    pub(super) fn take_away(&mut self, user: UserId, content: usize) {
        self.changes.push((user, -(content as i64) - MESSAGE_BYTES as i64));
    }

    /// Counts that other words of somebody take the place of some.
    pub(super) fn replace(&mut self, user: UserId, (old, new): (usize, usize)) {
        self.changes.push((user, new as i64 - old as i64));
    }

    /// Takes in what a job has counted if it is done, and forgets it if not.
    pub(super) fn apply_changes(&mut self, rows: &Rows, done: bool) -> Result<(), StoreError> {
        for (user, change) in std::mem::take(&mut self.changes).into_iter().filter(|_| done) {
            let count = self.of(rows, user)?;
            count.bytes = count.bytes.saturating_add_signed(change);
            count.is_written = false;
        }
        Ok(())
    }

    fn of(&mut self, rows: &Rows, user: UserId) -> Result<&mut Count, StoreError> {
        use std::collections::hash_map::Entry;

        match self.by_user.entry(user) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => {
                let count = rows.only_with("SELECT stored, guest FROM user WHERE id = ?1", [user], |row| {
                    Ok(Count { bytes: row.get(0)?, is_guest: row.get(1)?, is_written: true })
                })?;
                Ok(new.insert(count))
            }
        }
    }

    /// Forgets what is known of somebody who is a guest no more.
    pub(super) fn forget(&mut self, rows: &Rows, user: UserId) -> Result<(), StoreError> {
        self.write(rows)?;
        self.by_user.remove(&user);
        Ok(())
    }

    /// Writes down what was counted, when it is time; it is part of the transaction.
    pub(super) fn write_when_due(&mut self, rows: &Rows) -> Result<(), StoreError> {
        let now = Instant::now();
        if self.written.is_some_and(|written| now < written + WRITTEN_AFTER) {
            return Ok(());
        }
        self.written = Some(now);
        self.write(rows)
    }

    /// Writes down what was counted.
    pub(super) fn write(&mut self, rows: &Rows) -> Result<(), StoreError> {
        for (user, count) in self.by_user.iter_mut().filter(|(_, count)| !count.is_written) {
            rows.execute("UPDATE user SET stored = ?2 WHERE id = ?1", (user, count.bytes))?;
            count.is_written = true;
        }
        if self.by_user.len() > REMEMBERED_MAX {
            self.by_user.clear();
        }
        Ok(())
    }

    /// Forgets everything: what was counted in a transaction that came to nothing is read again.
    pub(super) fn undo(&mut self) {
        self.by_user.clear();
    }
}

#[cfg(test)]
mod tests;
