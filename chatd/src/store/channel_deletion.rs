//! Deleting a channel. Its row goes at once, and with it the channel for everybody; who was in it and what was said there is
//! removed in steps, so that nobody waits for a million rows, and after a crash the rest is removed.
//!
//! So a query finds nothing of a deleted channel when it reads the row of the channel, or follows one that has. One that reads
//! members, notices or messages alone has the condition `not_removed!` (`channel_key.rs`).

use proto::{ChannelId, Role};

use super::channel_key::{ChannelKey, key_of};
use super::file_key::FileKey;
use super::sqlite::by_index;
use super::table::access::role;
use super::table::file::remove_unless_held;
use super::table::user::actor;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, activity};

/// Rows that are removed in one step: some milliseconds, for which others wait.
const ROWS_PER_STEP: usize = 500;
/// Entries of the list of what happened that are removed in one step: each may be somebody's who is told what is left.
const ENTRIES_PER_STEP: usize = 50;
/// What is removed of a channel besides its members and messages: some rows of channel `?1`, at most `?2`.
const REST: [&str; 8] = [
    "DELETE FROM ban WHERE channel = ?1 AND user IN (SELECT user FROM ban WHERE channel = ?1 LIMIT ?2)",
    "DELETE FROM kept_mute WHERE channel = ?1 AND user IN (SELECT user FROM kept_mute WHERE channel = ?1 LIMIT ?2)",
    concat!(
        "DELETE FROM invitation WHERE code IN (SELECT code FROM invitation",
        by_index!("invitation_by_channel"),
        " WHERE channel = ?1 LIMIT ?2)"
    ),
    "DELETE FROM pin WHERE channel = ?1 AND idx IN (SELECT idx FROM pin WHERE channel = ?1 LIMIT ?2)",
    "DELETE FROM post WHERE channel = ?1
     AND (date, idx) IN (SELECT date, idx FROM post WHERE channel = ?1 LIMIT ?2)",
    "DELETE FROM nonce WHERE channel = ?1 AND (user, nonce) <= (
     SELECT user, nonce FROM (SELECT user, nonce FROM nonce WHERE channel = ?1 ORDER BY user, nonce LIMIT ?2)
     ORDER BY user DESC, nonce DESC LIMIT 1)",
    "DELETE FROM reaction WHERE channel = ?1
     AND (idx, emoji, user) IN (SELECT idx, emoji, user FROM reaction WHERE channel = ?1 LIMIT ?2)",
    "DELETE FROM changed_message WHERE channel = ?1
     AND version IN (SELECT version FROM changed_message WHERE channel = ?1 LIMIT ?2)",
];

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

    /// Removes some of what is left of channels that were deleted; true when there is more.
    pub async fn remove_some(&self) -> Pending<bool> {
        self.writer.submit_checked(0, remove_some).await
    }
}

fn delete(work: &mut StoreWork<'_>, deleter: Deleter, channel: ChannelId) -> Result<(), StoreError> {
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
pub(super) fn remove_channel(work: &mut StoreWork<'_>, key: ChannelKey, by: Option<UserId>) -> Result<(), StoreError> {
    work.erases();
    for sql in [
        "DELETE FROM dm WHERE channel = ?1",
        "DELETE FROM channel WHERE id = ?1",
        "INSERT INTO removed_channel (id) VALUES (?1)",
    ] {
        work.execute(sql, [key])?;
    }
    let by = actor(work, by)?;
    work.changes.push(Change::ChannelRemoved { channel: key.id(), by });
    Ok(())
}

fn remove_some(work: &mut StoreWork<'_>) -> Result<bool, StoreError> {
    let next: Option<ChannelKey> = work.one("SELECT id FROM removed_channel LIMIT 1", ())?;
    let Some(key) = next else { return Ok(false) };
    work.erases();
    let mut left = ROWS_PER_STEP;
    left -= activity::remove_of_channel(work, key, ENTRIES_PER_STEP)?;
    left -= remove_files(work, key, left)?;
    left -= remove_members(work, key, left)?;
    left -= remove_messages(work, key, left)?;
    for sql in REST {
        left -= work.execute(sql, (key, left))?;
    }
    if left == ROWS_PER_STEP {
        work.execute("DELETE FROM removed_channel WHERE id = ?1", [key])?;
    }
    Ok(true)
}

/// Removes the first members of a channel, at most so many, after what only members have there; tells how many rows.
fn remove_members(work: &mut StoreWork<'_>, key: ChannelKey, most: usize) -> Result<usize, StoreError> {
    let mentions = work.execute(
        "DELETE FROM mention WHERE (user, channel, idx) IN (
            SELECT mention.user, mention.channel, idx
            FROM (SELECT user FROM member WHERE channel = ?1 ORDER BY user LIMIT ?2) AS m
            CROSS JOIN mention ON mention.user = m.user AND mention.channel = ?1 LIMIT ?2)",
        (key, most),
    )?;
    // Nobody goes before all their mentions have: only through the members they are found.
    let most = most - mentions;
    work.execute(
        "DELETE FROM draft WHERE channel = ?1
         AND user IN (SELECT user FROM member WHERE channel = ?1 ORDER BY user LIMIT ?2)",
        (key, most),
    )?;
    let members = work.execute(
        "DELETE FROM member WHERE channel = ?1
         AND user <= (SELECT max(user) FROM (SELECT user FROM member WHERE channel = ?1 ORDER BY user LIMIT ?2))",
        (key, most),
    )?;
    Ok(mentions + members)
}

/// Takes some files from messages of a channel, with those that nothing else has; tells how many.
fn remove_files(work: &mut StoreWork<'_>, key: ChannelKey, most: usize) -> Result<usize, StoreError> {
    let files = work.all::<FileKey>(
        "DELETE FROM message_file WHERE channel = ?1
         AND (idx, place) IN (SELECT idx, place FROM message_file WHERE channel = ?1 LIMIT ?2) RETURNING file",
        (key, most),
    )?;
    files.iter().try_for_each(|file| remove_unless_held(work, *file))?;
    Ok(files.len())
}

/// Removes some messages of a channel, which count for their authors no longer; tells how many.
fn remove_messages(work: &mut StoreWork<'_>, key: ChannelKey, most: usize) -> Result<usize, StoreError> {
    let removed = work.all::<(UserId, usize, bool)>(
        "DELETE FROM message WHERE channel = ?1 AND idx IN (SELECT idx FROM message WHERE channel = ?1 LIMIT ?2)
         RETURNING user, length(CAST(content AS BLOB)), kind <> 'system'",
        (key, most),
    )?;
    for (author, content, _) in removed.iter().filter(|(.., counted)| *counted) {
        work.stored.take_away(*author, *content);
    }
    Ok(removed.len())
}
