//! What one person may know of another.

use proto::http::SharedChannel;
use proto::{About, Avatar, ChannelId, ChannelKind, ChannelName, DisplayName, Handle, Relation, Timestamp, bounds};
use rusqlite::{OptionalExtension, params};

use super::friend::relation;
use super::row::Column;
use super::{Refused, Store, StoreError, UserId, key, wall};

/// Somebody as another person sees them.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Their account.
    pub user: UserId,
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
    /// Whether they came in without one.
    pub guest: bool,
    /// Whether the account may not be used.
    pub disabled: bool,
    /// Channels that both are in, by name; no direct conversations.
    pub channels: Vec<SharedChannel>,
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
                        "SELECT id, created, guest, display_name, about, avatar, disabled IS NOT NULL FROM user
                         WHERE handle = ?1 AND deleted IS NULL",
                    )?
                    .query_row([handle.as_str()], |row| {
                        Ok(Profile {
                            user: row.get(0)?,
                            joined: row.get::<_, Column<Timestamp>>(1)?.0,
                            guest: row.get(2)?,
                            display_name: row.get::<_, Column<DisplayName>>(3)?.0,
                            about: row.get::<_, Column<About>>(4)?.0,
                            avatar: row.get::<_, Column<Avatar>>(5)?.0,
                            disabled: row.get(6)?,
                            wall: None,
                            relation: Relation::None,
                            channels: Vec::new(),
                        })
                    })
                    .optional()?;
                let found = found.ok_or(Refused::NoSuchUser)?;
                let user = found.user;
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
                // Whom somebody has blocked they see by the handle alone.
                let display_name =
                    if relation == Relation::Blocked { DisplayName::default() } else { found.display_name };
                Ok(Profile { wall, relation, channels, display_name, ..found })
            })
            .await
    }
}
