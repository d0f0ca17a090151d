//! Links to send or fetch files in a browser: for minutes, each for one channel or message, and gone with the session that made it.

use proto::{ChannelId, ChannelKind, FileId, FileInfo, Index, SessionId, Timestamp, bounds};

use super::channel_key::{ChannelKey, key_of};
use super::file_key::file_key;
use super::link_secret::LinkSecret;
use super::speech::Speech;
use super::table::access::{access, require_may_read};
use super::table::channel::is_dm;
use super::table::file::{files_of, remove_unless_held};
use super::table::relation::require_may_write_in;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};

/// Links of an account that are valid at once.
const LINKS_MAX: usize = 20;
/// How long a form may take that is sent while its link is valid. The link is kept for so long.
pub const FORM_MILLIS: i64 = 60 * 60 * 1_000;

/// A link that is to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// Who acts by it.
    pub user: UserId,
    /// Their session; the link ends with it.
    pub session: SessionId,
    /// Where.
    pub channel: ChannelId,
    /// The message whose files are fetched; none to send files.
    pub index: Option<Index>,
    /// When the session ends, at the latest.
    pub until: Timestamp,
}

/// A link that is valid.
#[derive(Debug, Clone)]
pub struct StoredLink {
    /// The session that made it.
    pub session: SessionId,
    /// Where it leads.
    pub channel: ChannelId,
    /// The message whose files are fetched; none to send files.
    pub index: Option<Index>,
    /// When it ends.
    pub expires: Timestamp,
    /// What kind of channel that is.
    pub kind: ChannelKind,
    /// Its name; of a direct conversation the other's handle, of a wall its owner's.
    pub name: String,
}

impl Store {
    /// Makes a link, for who may speak or read there.
    pub async fn create_link(&self, link: NewLink) -> Pending<(LinkSecret, Timestamp)> {
        self.writer.submit(move |work| create(work, &link)).await
    }

    /// Finds a link that is valid.
    pub async fn link(&self, secret: LinkSecret, now: Timestamp) -> Result<Option<StoredLink>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.one_with(
                    "SELECT session, channel, idx, expires, kind, CASE kind
                         WHEN 'dm' THEN (SELECT handle FROM member JOIN user ON user.id = member.user
                             WHERE member.channel = link.channel AND member.user <> link.user)
                         WHEN 'wall' THEN (SELECT handle FROM user WHERE id = channel.owner)
                         ELSE name END
                     FROM link JOIN channel ON channel.id = link.channel WHERE hash = ?1 AND expires > ?2",
                    (secret.hash(), now),
                    |row| {
                        Ok(StoredLink {
                            session: row.get(0)?,
                            channel: row.get::<ChannelKey>(1)?.id(),
                            index: row.get(2)?,
                            expires: row.get(3)?,
                            kind: row.get(4)?,
                            name: row.get::<Option<String>>(5)?.unwrap_or_default(),
                        })
                    },
                )
            })
            .await
    }

    /// Refuses to send anything by a link whose maker may not now, or which has ended since its form was begun.
    pub async fn require_link_sends(&self, secret: LinkSecret) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                require_link(work, &secret)?;
                let (user, key) = work.only("SELECT user, channel FROM link WHERE hash = ?1", [secret.hash()])?;
                require_may_send(work, key, user)
            })
            .await
    }

    /// Removes files that were uploaded for a message that was not sent.
    pub async fn remove_uploaded(&self, user: UserId, files: Vec<FileId>) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                for file in files {
                    let key = file_key(&file)?;
                    if work.exists("SELECT 1 FROM file WHERE id = ?1 AND user = ?2 AND posted = 0", (key, user))? {
                        remove_unless_held(work, key)?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// Lists the files of a message for who may read it.
    pub async fn files_of(&self, user: UserId, channel: ChannelId, index: Index) -> Result<Vec<FileInfo>, StoreError> {
        self.readers
            .read(move |rows| {
                let key = key_of(&channel)?;
                require_may_read(rows, key, user, index)?;
                files_of(rows, key, index)
            })
            .await
    }
}

/// Refuses what is to be sent by a link that has ended.
pub(super) fn require_link(work: &StoreWork<'_>, secret: &LinkSecret) -> Result<(), StoreError> {
    let begun = work.now.plus_millis(-FORM_MILLIS);
    let is_there =
        work.exists("SELECT 1 FROM link WHERE hash = ?1 AND idx IS NULL AND expires > ?2", (secret.hash(), begun))?;
    if is_there { Ok(()) } else { Err(Refused::NoSuchLink.into()) }
}

/// Ends a link that was used.
pub(super) fn end_link(work: &StoreWork<'_>, secret: &LinkSecret) -> Result<(), StoreError> {
    work.execute("DELETE FROM link WHERE hash = ?1", [secret.hash()])?;
    Ok(())
}

/// Refuses who may not say anything in a channel now.
fn require_may_send(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    access(work, channel, user)?;
    Speech::of(work, channel, user)?.require_may_speak_now(work, channel, user)?;
    if is_dm(work, channel)? { require_may_write_in(work, channel, user) } else { Ok(()) }
}

fn create(work: &mut StoreWork<'_>, link: &NewLink) -> Result<(LinkSecret, Timestamp), StoreError> {
    let NewLink { user, session, channel, index, until } = link;
    let key = key_of(channel)?;
    match index {
        Some(index) => {
            require_may_read(work, key, *user, *index)?;
            if files_of(work, key, *index)?.is_empty() {
                return Err(Refused::NoSuchFile.into());
            }
        }
        None => require_may_send(work, key, *user)?,
    }
    work.execute("DELETE FROM link WHERE expires <= ?1", [work.now.plus_millis(-FORM_MILLIS)])?;
    work.execute(
        "DELETE FROM link WHERE hash IN (SELECT hash FROM link WHERE user = ?1 ORDER BY expires DESC LIMIT -1 OFFSET ?2)",
        (user, LINKS_MAX - 1),
    )?;
    let secret = LinkSecret::draw();
    let expires = work.now.plus_millis(i64::from(bounds::LINK_SECONDS) * 1_000).min(*until);
    work.execute(
        "INSERT INTO link (hash, session, user, channel, idx, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (secret.hash(), session, user, key, index, expires),
    )?;
    Ok((secret, expires))
}

#[cfg(test)]
mod tests;
