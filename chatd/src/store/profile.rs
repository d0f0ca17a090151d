//! What one person may know of another.

use proto::http::SharedChannel;
use proto::{About, Avatar, ChannelId, DisplayName, Handle, Relation, Timestamp, bounds};

use super::channel_key::ChannelKey;
use super::directory::acquaintance;
use super::table::relation::relation;
use super::{Acquaintance, Refused, Store, StoreError, UserId, posts};

/// Somebody as another person sees them.
#[derive(Debug, Clone)]
pub struct Profile {
    /// What they want to be called.
    pub display_name: DisplayName,
    /// What they say about themselves.
    pub about: About,
    /// The picture that they are seen by.
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
            .read(move |rows| {
                let found = rows.one::<(UserId, Timestamp, About)>(
                    "SELECT id, created, about FROM user WHERE handle = ?1 AND deleted IS NULL",
                    [&handle],
                )?;
                let (user, joined, about) = found.ok_or(Refused::NoSuchUser)?;
                let channels = rows.all_with(
                    "SELECT c.id, c.name, c.kind FROM member AS mine
                     JOIN member AS theirs ON theirs.channel = mine.channel AND theirs.user = ?2
                     JOIN channel AS c ON c.id = mine.channel
                     WHERE mine.user = ?1 AND c.kind <> 'dm' ORDER BY c.name LIMIT ?3",
                    (asker, user, bounds::SHARED_CHANNELS_MAX),
                    |row| {
                        Ok(SharedChannel { id: row.get::<ChannelKey>(0)?.id(), name: row.get(1)?, kind: row.get(2)? })
                    },
                )?;
                let relation = relation(rows, asker, user)?;
                let wall = posts::wall_of(rows, asker, &handle)?.map(ChannelKey::id);
                let acquaintance = acquaintance(rows, asker, user)?;
                // Of those whom they have blocked somebody sees the handle alone.
                let (display_name, avatar) = match relation {
                    Relation::Blocked => (DisplayName::default(), Avatar::default()),
                    _ => (acquaintance.user.display_name.clone(), acquaintance.user.avatar),
                };
                Ok(Profile { display_name, about, avatar, wall, relation, joined, channels, acquaintance })
            })
            .await
    }
}
