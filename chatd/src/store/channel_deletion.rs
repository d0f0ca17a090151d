//! Deleting a channel. It is gone at once; what was said in it is removed in steps, so that nobody waits for a million
//! messages, and after a crash the rest is removed.

use proto::{ChannelId, Role};

use super::catch_up;
use super::channel::key_of;
use super::channel_key::ChannelKey;
use super::directory::actor;
use super::member::role;
use super::work::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// Rows of each table that are removed in one step.
const ROWS_PER_STEP: u32 = 500;

/// On whose word a channel is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleter {
    /// A member, who must own it.
    Member(UserId),
    /// Whoever runs the daemon.
    Operator,
}

impl Store {
    /// Deletes a channel, which nobody is in from then on; see [`Store::remove_some`].
    pub async fn delete_channel(&self, deleter: Deleter, channel: ChannelId) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| delete(work, deleter, channel)).await
    }

    /// Waits until something was deleted whose content is to be removed, since the last time.
    pub async fn something_to_remove(&self) {
        self.writer.removals.notified().await;
    }

    /// Removes some of what was said in channels that were deleted; true when there is more.
    pub async fn remove_some(&self) -> Pending<bool> {
        self.writer.submit_in_reserve(remove_some).await
    }
}

fn delete(work: &mut Work<'_>, deleter: Deleter, channel: ChannelId) -> Result<(), StoreError> {
    let key = key_of(&channel)?;
    if let Deleter::Member(user) = deleter
        && role(work, key, user)? != Role::Owner
    {
        return Err(Refused::NotAllowed.into());
    }
    let stays: Option<bool> =
        work.one("SELECT creator IS NULL AND kind = 'public' FROM channel WHERE id = ?1 AND kind <> 'wall'", [key])?;
    match stays {
        None => return Err(Refused::NoSuchChannel.into()),
        // Whoever comes anew is shown it.
        Some(true) => return Err(Refused::LobbyIsPermanent.into()),
        Some(false) => {}
    }
    let by = match deleter {
        Deleter::Member(user) => Some(user),
        Deleter::Operator => None,
    };
    remove_channel(work, key, by)
}

/// Deletes a channel, whoever wants it.
pub(super) fn remove_channel(work: &mut Work<'_>, key: ChannelKey, by: Option<UserId>) -> Result<(), StoreError> {
    work.erases();
    catch_up::channel_gone(work, key)?;
    let execute = |sql| work.execute(sql, [key]);
    for sql in [
        // These stand by their person: only members have any.
        "DELETE FROM mention WHERE channel = ?1 AND user IN (SELECT user FROM member WHERE channel = ?1)",
        "DELETE FROM draft WHERE channel = ?1 AND user IN (SELECT user FROM member WHERE channel = ?1)",
        "DELETE FROM member WHERE channel = ?1",
        "DELETE FROM ban WHERE channel = ?1",
        "DELETE FROM kept_mute WHERE channel = ?1",
        "DELETE FROM invitation WHERE channel = ?1",
        "DELETE FROM pin WHERE channel = ?1",
        "DELETE FROM post WHERE channel = ?1",
        "DELETE FROM dm WHERE channel = ?1",
        "DELETE FROM channel WHERE id = ?1",
        "INSERT INTO removed_channel (id) VALUES (?1)",
    ] {
        execute(sql)?;
    }
    let by = actor(work, by)?;
    work.changes.push(Change::ChannelRemoved { channel: key.id(), by });
    Ok(())
}

/// Removes some messages of a channel, which count for their authors no longer; tells how many.
fn remove_messages(work: &mut Work<'_>, key: ChannelKey) -> Result<usize, StoreError> {
    let removed = work.all::<(UserId, usize, bool)>(
        "DELETE FROM message WHERE channel = ?1 AND idx IN (SELECT idx FROM message WHERE channel = ?1 LIMIT ?2)
         RETURNING user, length(CAST(content AS BLOB)), kind <> 'system'",
        (key, ROWS_PER_STEP),
    )?;
    for (author, content, _) in removed.iter().filter(|(.., counted)| *counted) {
        work.stored.take_away(*author, *content);
    }
    Ok(removed.len())
}

fn remove_some(work: &mut Work<'_>) -> Result<bool, StoreError> {
    let next: Option<ChannelKey> = work.one("SELECT id FROM removed_channel LIMIT 1", ())?;
    let Some(key) = next else { return Ok(false) };
    work.erases();
    let mut removed = remove_messages(work, key)?;
    for sql in [
        "DELETE FROM nonce WHERE channel = ?1 AND (user, nonce) <= (
         SELECT user, nonce FROM (SELECT user, nonce FROM nonce WHERE channel = ?1 ORDER BY user, nonce LIMIT ?2)
         ORDER BY user DESC, nonce DESC LIMIT 1)",
        "DELETE FROM reaction WHERE channel = ?1
         AND (idx, emoji, user) IN (SELECT idx, emoji, user FROM reaction WHERE channel = ?1 LIMIT ?2)",
        "DELETE FROM changed_message WHERE channel = ?1
         AND version IN (SELECT version FROM changed_message WHERE channel = ?1 LIMIT ?2)",
    ] {
        removed += work.execute(sql, (key, ROWS_PER_STEP))?;
    }
    if removed == 0 {
        work.execute("DELETE FROM removed_channel WHERE id = ?1", [key])?;
    }
    Ok(true)
}
