//! Deleting one's account. It is gone at once; what its person has said is deleted in steps if they want that, so that
//! nobody waits for a million messages, and after a crash the rest is deleted.

use proto::http::Legacy;
use proto::{Handle, Index, SessionId};

use super::channel_deletion::remove_channel;
use super::channel_key::ChannelKey;
use super::directory::channels_of;
use super::export::{ExportPlace, SaidInChannel, spoken};
use super::file::{remove_unposted_of, set_avatar};
use super::friend::end_all_friendships;
use super::member::{Going, end_membership};
use super::message_change::erase;
use super::reaction::{Reacting, set_reaction};
use super::table::channel::own_wall;
use super::table::session::{end_sessions, require_live_session};
use super::table::user::handle_of;
use super::waiting_invitation::end_all_invitations_of;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, channel_key};
use crate::password_hash::PasswordHash;

/// Messages that are looked up at once, and that one step of the writer deletes.
const READ_AT_ONCE: usize = 10_000;
const DELETED_PER_STEP: usize = 100;
/// Reactions that one step takes back: what is told of each holds all that stand beside it.
const REACTIONS_PER_STEP: usize = 10;
/// Names that are drawn for a deleted account before it is taken for a failure; each has 32 random bits.
const NAME_TRIES: usize = 8;

impl Store {
    /// Deletes an account on the word of its person, whose password was compared with `verified`.
    ///
    /// # Errors
    /// [`Refused::PasswordChanged`] when the account has another one by now.
    /// [`Refused::SessionEnded`] when the session that says so has ended by now.
    pub async fn leave(
        &self,
        user: UserId,
        session: SessionId,
        verified: Option<PasswordHash>,
        content: Legacy,
    ) -> Pending<()> {
        self.writer
            .submit_checked(0, move |work| {
                require_live_session(work, user, session)?;
                leave(work, user, verified.as_ref(), content)
            })
            .await
    }
}

fn leave(
    work: &mut StoreWork<'_>,
    user: UserId,
    verified: Option<&PasswordHash>,
    content: Legacy,
) -> Result<(), StoreError> {
    let is_theirs =
        work.exists("SELECT 1 FROM user WHERE id = ?1 AND password_hash IS ?2 AND deleted IS NULL", (user, verified))?;
    if is_theirs { end_account(work, user, content) } else { Err(Refused::PasswordChanged.into()) }
}

/// Ends an account, whoever wants it: what makes it one, what its person has said of themselves, and what stands of it
/// elsewhere. What they have said to others stays or goes. It refuses nothing, see `submit_checked`.
pub(super) fn end_account(work: &mut StoreWork<'_>, user: UserId, content: Legacy) -> Result<(), StoreError> {
    // Nobody reads the wall of somebody who is gone.
    if let Some(wall) = own_wall(work, user)? {
        remove_channel(work, wall, None)?;
    }
    end_sessions(work, user, None)?;
    work.execute("UPDATE user SET password_hash = NULL, deleted = ?2 WHERE id = ?1", (user, work.now))?;
    end_all_invitations_of(work, user)?;
    end_memberships(work, user)?;
    end_all_friendships(work, user)?;
    remove_unposted_of(work, user)?;
    set_avatar(work, user, None)?;
    forget(work, user)?;
    retire_handle(work, user)?;
    if content == Legacy::Remove {
        let ExportPlace { channel, index } = ExportPlace::BEGIN;
        work.execute("INSERT INTO leaving (user, channel, idx) VALUES (?1, ?2, ?3)", (user, channel, index))?;
    }
    work.erases();
    work.changes.push(Change::UserDeleted { user });
    Ok(())
}

fn end_memberships(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let channels = channels_of(work, user)?;
    channels.into_iter().try_for_each(|channel| end_membership(work, channel, user, Going::ONESELF))
}

/// Forgets what an account said of itself, how the system knew it, and what others had decided about it.
fn forget(work: &StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM draft WHERE user = ?1",
        "DELETE FROM local_user WHERE user = ?1",
        "DELETE FROM ssh_key WHERE user = ?1",
        "DELETE FROM ban WHERE user = ?1",
        "DELETE FROM kept_mute WHERE user = ?1",
        "UPDATE user SET presence = 'online', status = '', display_name = '', about = '', theme = '',
         sees_presence = 'shared', may_write = 'everyone', may_invite = 'everyone', reads_posts = 'friends',
         last_seen = NULL WHERE id = ?1",
    ] {
        work.execute(sql, [user])?;
    }
    Ok(())
}

/// Gives an account a name that says nothing, and its handle to nobody.
fn retire_handle(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let handle = handle_of(work, user)?;
    work.handles.forget(&handle);
    work.execute("INSERT INTO spent_handle (handle) VALUES (?1)", [&handle])?;
    for _ in 0..NAME_TRIES {
        let name = format!("{}{:08x}", Handle::DELETED_PREFIX, channel_key::random() as u32);
        if work.execute("UPDATE OR IGNORE user SET handle = ?2 WHERE id = ?1", (user, name))? > 0 {
            return Ok(());
        }
    }
    Err(StoreError::Failed("no free name was found".into()))
}

/// What is still to be deleted of somebody who has left: read beside the writer, which is given only places.
#[derive(Debug, Clone)]
pub struct Leaving {
    user: UserId,
    rest: Rest,
}

#[derive(Debug, Clone)]
enum Rest {
    Words(SaidInChannel),
    Reactions,
}

impl Store {
    /// Gives some of what is still to be deleted, if there is anything.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn leaving(&self) -> Result<Option<Leaving>, StoreError> {
        self.readers
            .read(|rows| {
                let next = rows.one_with("SELECT user, channel, idx FROM leaving LIMIT 1", (), |row| {
                    Ok((row.get::<UserId>(0)?, ExportPlace { channel: row.get(1)?, index: row.get(2)? }))
                })?;
                let Some((user, from)) = next else { return Ok(None) };
                let words = spoken(rows, user, from, READ_AT_ONCE)?;
                Ok(Some(Leaving { user, rest: words.map_or(Rest::Reactions, Rest::Words) }))
            })
            .await
    }

    /// Deletes what is still to be deleted, in steps that messages do not wait for long.
    ///
    /// # Errors
    /// What the disk said.
    pub async fn erase(&self, leaving: Leaving) -> Result<(), StoreError> {
        let user = leaving.user;
        match leaving.rest {
            Rest::Words(SaidInChannel { channel, indexes }) => {
                for part in indexes.chunks(DELETED_PER_STEP) {
                    let part = part.to_vec();
                    self.writer
                        .submit_in_reserve(move |work| erase_words(work, user, channel, &part))
                        .await
                        .committed()
                        .await?;
                }
                Ok(())
            }
            Rest::Reactions => {
                self.writer.submit_in_reserve(move |work| remove_some_reactions(work, user)).await.committed().await
            }
        }
    }
}

fn erase_words(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: ChannelKey,
    indexes: &[Index],
) -> Result<(), StoreError> {
    for index in indexes {
        match erase(work, channel, *index) {
            // Messages of a channel that was deleted meanwhile are removed with it.
            Ok(_) | Err(StoreError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    work.execute("UPDATE leaving SET channel = ?2, idx = ?3 WHERE user = ?1", (user, channel, indexes.last()))?;
    Ok(())
}

/// Takes back some of somebody's reactions; where there are none they have left for good.
fn remove_some_reactions(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let reactions = work.all_with(
        "SELECT reaction.channel, idx, emoji FROM reaction JOIN channel ON channel.id = reaction.channel
         WHERE user = ?1 LIMIT ?2",
        (user, REACTIONS_PER_STEP),
        |row| {
            Ok(Reacting {
                channel: row.get::<ChannelKey>(0)?.id(),
                index: row.get(1)?,
                user,
                emoji: row.get(2)?,
                on: false,
            })
        },
    )?;
    if reactions.is_empty() {
        work.execute("DELETE FROM leaving WHERE user = ?1", [user])?;
    }
    reactions.iter().try_for_each(|reacting| set_reaction(work, reacting).map(drop))
}
