//! What one person may know of another.

use proto::http::SharedChannel;
use proto::{About, Avatar, ChannelId, ChannelKind, ChannelName, DisplayName, Handle, Relation, Timestamp, bounds};
use rusqlite::{OptionalExtension, params};

use super::directory::acquaintance;
use super::friend::relation;
use super::row::Column;
use super::{Acquaintance, Refused, Store, StoreError, UserId, key, wall};

/// Somebody as another person sees them.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What they want to be called.
    pub display_name: DisplayName,
    /// What they say about themselves.
    pub about: About,
    /// Where their picture is.
    pub avatar: Avatar,
    /// Their wall, if the other may read it.
    pub wall: Option<ChannelId>,
    /// How they stand to the other.
    pub relation: Relation,
    /// When the account was made.
    pub joined: Timestamp,
    /// Channels that both are in, by name; no direct conversations.
    pub channels: Vec<SharedChannel>,
    /// What the asker may see of their presence.
    pub acquaintance: Acquaintance,
}

impl Store {
    /// Says what somebody may know of another.
    ///
    /// # Errors
    /// [`Refused::NoSuchUser`] when nobody has the handle, or no longer.
    pub async fn profile(&self, asker: UserId, handle: Handle) -> Result<Profile, StoreError> {
        self.readers
            .read(move |transaction| {
                let found = transaction
                    .prepare_cached(
                        "SELECT id, created, about, avatar FROM user WHERE handle = ?1 AND deleted IS NULL",
                    )?
                    .query_row([handle.as_str()], |row| {
                        let (about, avatar) = (row.get::<_, Column<About>>(2)?.0, row.get::<_, Column<Avatar>>(3)?.0);
                        Ok((row.get(0)?, row.get::<_, Column<Timestamp>>(1)?.0, about, avatar))
                    })
                    .optional()?;
                let (user, joined, about, avatar) = found.ok_or(Refused::NoSuchUser)?;
                let mut statement = transaction.prepare_cached(
                    "SELECT c.id, c.name, c.kind FROM member AS mine
                     JOIN member AS theirs ON theirs.channel = mine.channel AND theirs.user = ?2
                     JOIN channel AS c ON c.id = mine.channel
                     WHERE mine.user = ?1 AND c.kind <> 'dm' ORDER BY c.name LIMIT ?3",
                )?;
                let shared = statement.query_map(params![asker, user, bounds::SHARED_CHANNELS_MAX], |row| {
                    Ok(SharedChannel {
                        id: key::channel_id(row.get(0)?),
                        name: row.get::<_, Column<ChannelName>>(1)?.0,
                        kind: row.get::<_, Column<ChannelKind>>(2)?.0,
                    })
                })?;
                let channels = shared.collect::<rusqlite::Result<Vec<_>>>()?;
                let relation = relation(transaction, asker, user)?;
                let wall = wall::wall_of(transaction, asker, &handle)?.map(key::channel_id);
                let acquaintance = acquaintance(transaction, asker, user)?;
                // Of those whom they have blocked somebody sees the handle alone.
                let display_name = match relation {
                    Relation::Blocked => DisplayName::default(),
                    _ => acquaintance.user.display_name.clone(),
                };
                Ok(Profile { display_name, about, avatar, wall, relation, joined, channels, acquaintance })
            })
            .await
    }
}
