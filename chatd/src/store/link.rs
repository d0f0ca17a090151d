//! Links to send or fetch files in a browser: for minutes, each for one channel or message, and gone with the session that made it.

use std::fmt;

use proto::{ChannelId, ChannelKind, FileInfo, Index, Nonce, SessionId, Timestamp, bounds};
use sha2::{Digest, Sha256};

use super::channel_key::{ChannelKey, key_of, random_text};
use super::table::access::{access, require_may_read};
use super::table::file::files_of;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};
use crate::hash::hex;

/// Links of an account that are valid at once.
const LINKS_MAX: usize = 20;

/// What is secret in a link: 20 letters and digits, 100 random bits.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkSecret(String);

impl LinkSecret {
    const CHARS: usize = 20;

    /// Reads one; none of what cannot be ours.
    pub fn parse(text: &str) -> Option<Self> {
        let is_ours = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (text.len() == Self::CHARS && text.bytes().all(is_ours)).then(|| Self(text.to_owned()))
    }

    /// Gives the nonce of the message that is sent by it: there is one at most, however often it is tried.
    pub fn nonce(&self) -> Nonce {
        hex(&self.hash()).parse().expect("64 digits are a nonce")
    }

    fn draw() -> Self {
        Self(random_text())
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl fmt::Display for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Written into no log.
impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret")
    }
}

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

    /// Ends a link.
    pub async fn end_link(&self, secret: LinkSecret) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                work.execute("DELETE FROM link WHERE hash = ?1", [secret.hash()])?;
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

fn create(work: &mut StoreWork<'_>, link: &NewLink) -> Result<(LinkSecret, Timestamp), StoreError> {
    let NewLink { user, session, channel, index } = link;
    let key = key_of(channel)?;
    access(work, key, *user)?;
    if let Some(index) = index {
        require_may_read(work, key, *user, *index)?;
        if files_of(work, key, *index)?.is_empty() {
            return Err(Refused::NoSuchFile.into());
        }
    }
    work.execute("DELETE FROM link WHERE expires <= ?1", [work.now])?;
    work.execute(
        "DELETE FROM link WHERE hash IN (SELECT hash FROM link WHERE user = ?1 ORDER BY expires DESC LIMIT -1 OFFSET ?2)",
        (user, LINKS_MAX - 1),
    )?;
    let secret = LinkSecret::draw();
    let expires = work.now.plus_millis(i64::from(bounds::LINK_SECONDS) * 1_000);
    work.execute(
        "INSERT INTO link (hash, session, user, channel, idx, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (secret.hash(), session, user, key, index, expires),
    )?;
    Ok((secret, expires))
}
