//! Deleting one's account. It is gone at once; what its person has said is deleted in steps if they want that, so that
//! nobody waits for a million messages, and after a crash the rest is deleted.

use proto::http::Legacy;
use proto::{Emoji, Handle, Index};
use rusqlite::{OptionalExtension, params};

use super::export::{ExportPlace, passed_over};
use super::message_change::{Reacting, erase, react};
use super::operate::remove_account;
use super::row::Column;
use super::writer::Work;
use super::{Pending, Refused, Store, StoreError, UserId, key};

/// Messages that one step passes over, and those among them that it deletes.
const PASSED_PER_STEP: usize = 5_000;
const DELETED_PER_STEP: usize = 100;
/// Names that are drawn for a deleted account before it is taken for a failure; each has 32 random bits.
const NAME_TRIES: usize = 8;

impl Store {
    /// Deletes an account on the word of its person, whose password was compared with `verified`.
    ///
    /// # Errors
    /// [`Refused::PasswordChanged`] when the account has another one by now.
    pub async fn leave(&self, user: UserId, verified: Option<String>, content: Legacy) -> Pending<()> {
        self.writer.submit(move |work| leave(work, user, verified.as_deref(), content)).await
    }
}

fn leave(work: &mut Work<'_>, user: UserId, verified: Option<&str>, content: Legacy) -> Result<(), StoreError> {
    let handle = work
        .transaction
        .prepare_cached("SELECT handle FROM user WHERE id = ?1 AND password_hash IS ?2 AND deleted IS NULL")?
        .query_row(params![user, verified], |row| row.get::<_, Column<Handle>>(0))
        .optional()?
        .ok_or(Refused::PasswordChanged)?
        .0;
    remove_account(work, user)?;
    let execute = |sql| work.transaction.prepare_cached(sql)?.execute([user]);
    for sql in [
        "DELETE FROM draft WHERE user = ?1",
        "DELETE FROM local_user WHERE user = ?1",
        "DELETE FROM ssh_key WHERE user = ?1",
        "UPDATE user SET presence = 'online', status = '', display_name = '', about = '', avatar = '', theme = '',
            last_seen = NULL WHERE id = ?1",
    ] {
        execute(sql)?;
    }
    spend(work, user, &handle)?;
    if content == Legacy::Remove {
        let (channel, index) = ExportPlace::BEGIN.parts();
        work.transaction
            .prepare_cached("INSERT INTO leaving (user, channel, idx) VALUES (?1, ?2, ?3)")?
            .execute(params![user, channel, index])?;
    }
    Ok(())
}

/// Gives an account a name that says nothing, and its handle to nobody.
fn spend(work: &Work<'_>, user: UserId, handle: &Handle) -> Result<(), StoreError> {
    work.transaction.prepare_cached("INSERT INTO spent_handle (handle) VALUES (?1)")?.execute([handle.as_str()])?;
    let mut rename = work.transaction.prepare_cached("UPDATE OR IGNORE user SET handle = ?2 WHERE id = ?1")?;
    for _ in 0..NAME_TRIES {
        let name = format!("{}{:08x}", Handle::DELETED_PREFIX, key::random() as u32);
        if rename.execute(params![user, name])? > 0 {
            work.transaction
                .prepare_cached("UPDATE channel SET name = ?2 WHERE owner = ?1 AND kind = 'wall'")?
                .execute(params![user, name])?;
            return Ok(());
        }
    }
    Err(StoreError::Failed("no free name was found".into()))
}

/// Deletes some of what people have said who want that; true when there is more.
pub(super) fn erase_some(work: &mut Work<'_>) -> Result<bool, StoreError> {
    let next = work
        .transaction
        .prepare_cached("SELECT user, channel, idx FROM leaving LIMIT 1")?
        .query_row([], |row| Ok((row.get::<_, UserId>(0)?, ExportPlace::new(row.get(1)?, row.get(2)?))))
        .optional()?;
    let Some((user, from)) = next else { return Ok(false) };
    let (mut place, mut passed, mut deleted) = (from, 0, 0);
    for (at, own) in passed_over(work.transaction, user, from, PASSED_PER_STEP)? {
        if deleted == DELETED_PER_STEP {
            break;
        }
        if own && is_there(work, at)? {
            let (channel, index) = at.parts();
            erase(work, channel, Index::new(index.unsigned_abs()))?;
            deleted += 1;
        }
        (place, passed) = (at, passed + 1);
    }
    if passed == 0 && !take_back_some(work, user)? {
        work.transaction.prepare_cached("DELETE FROM leaving WHERE user = ?1")?.execute([user])?;
        return Ok(true);
    }
    let (channel, index) = place.parts();
    work.transaction
        .prepare_cached("UPDATE leaving SET channel = ?2, idx = ?3 WHERE user = ?1")?
        .execute(params![user, channel, index])?;
    Ok(true)
}

/// Messages of a channel that is deleted are removed with it.
fn is_there(work: &Work<'_>, place: ExportPlace) -> Result<bool, StoreError> {
    let mut channel = work.transaction.prepare_cached("SELECT 1 FROM channel WHERE id = ?1")?;
    Ok(channel.exists([place.parts().0])?)
}

/// Takes back some of somebody's reactions; false when there are none.
fn take_back_some(work: &mut Work<'_>, user: UserId) -> Result<bool, StoreError> {
    let reactions = work
        .transaction
        .prepare_cached(
            "SELECT reaction.channel, idx, emoji FROM reaction JOIN channel ON channel.id = reaction.channel
             WHERE user = ?1 LIMIT ?2",
        )?
        .query_map(params![user, DELETED_PER_STEP], |row| {
            Ok(Reacting {
                channel: key::channel_id(row.get(0)?),
                index: row.get::<_, Column<Index>>(1)?.0,
                user,
                emoji: row.get::<_, Column<Emoji>>(2)?.0,
                on: false,
            })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for reacting in &reactions {
        react(work, reacting)?;
    }
    Ok(!reactions.is_empty())
}
