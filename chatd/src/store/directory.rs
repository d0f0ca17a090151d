//! What the registry of the hub knows of somebody who connects, and what it asks about those who are not connected.
//!
//! Nothing here walks more than it gives: who is connected is read whole, of a channel one page of members.

use proto::{ChannelId, ChannelKind, Role};

use super::channel_key::{ChannelKey, not_removed};
use super::records::{ChannelRecord, ConnectedRecord, Membership, PersonRecord, RelationsRecord, UserRecord};
use super::sqlite::{FromRow, Row, Rows};
use super::table::access::role_on_wall;
use super::table::channel::walls_of_friends;
use super::table::user::{read_user, require_alive};
use super::work::StoreWork;
use super::{Change, Pending, Store, StoreError, UserId};

/// What a channel is to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelAccess {
    /// What it is to others.
    pub kind: ChannelKind,
    /// Their role; `None` for one who is no member.
    pub role: Option<Role>,
    /// Whether it is the wall of somebody whose posts they may read.
    pub reads_wall: bool,
}

/// What one account may see of another that may not be connected.
#[derive(Debug, Clone)]
pub struct Acquaintance {
    /// The account of the other person.
    pub user: UserRecord,
    /// What binds the asker to the other, and to nobody else.
    pub relations: RelationsRecord,
    /// Whether they share a channel.
    pub shares: bool,
}

impl Store {
    /// Publishes all that the registry is to hold of somebody who connects, at their place in the order of the changes.
    ///
    /// # Errors
    /// [`super::Refused::NoSuchUser`] when the account is deleted.
    pub async fn publish_connected(&self, user: UserId) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                require_alive(work, user)?;
                let connected = connected(work, user)?;
                work.changes.push(Change::Connecting { connected: Box::new(connected) });
                Ok(())
            })
            .await
    }

    /// Says what a channel is to somebody; nothing of a channel that does not exist.
    pub async fn access(&self, user: UserId, channel: ChannelId) -> Result<Option<ChannelAccess>, StoreError> {
        self.readers.read(move |rows| access(rows, user, channel)).await
    }

    /// Gives the channels of the posts of somebody's friends, and of their own.
    pub async fn walls_around(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
        self.readers.read(move |rows| Ok(walls_of_friends(rows, user)?.into_iter().map(ChannelKey::id).collect())).await
    }
}

/// Reads an account with its friends and blocks.
pub(super) fn person(rows: &Rows, id: UserId) -> Result<PersonRecord, StoreError> {
    Ok(PersonRecord { user: read_user(rows, id)?, relations: relations(rows, id)? })
}

fn relations(rows: &Rows, user: UserId) -> Result<RelationsRecord, StoreError> {
    Ok(RelationsRecord {
        friends: rows.all("SELECT other FROM friend WHERE user = ?1", [user])?,
        blocked: rows.all("SELECT other, since FROM block WHERE user = ?1", [user])?,
        blocked_by: rows.all("SELECT user, since FROM block WHERE other = ?1", [user])?,
    })
}

macro_rules! select_channel_record {
    () => {
        "SELECT channel.id, kind, members, role, apart, closed, reads_from
         FROM member JOIN channel ON channel.id = member.channel "
    };
}

impl FromRow for ChannelRecord {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self {
            channel: row.get::<ChannelKey>(0)?.id(),
            kind: row.get(1)?,
            members_total: row.get(2)?,
            membership: Membership {
                role: row.get(3)?,
                apart: row.get(4)?,
                closed: row.get(5)?,
                reads_from: row.get(6)?,
            },
        })
    }
}

/// Says that somebody is in a channel from now on.
pub(super) fn member_added(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<Change, StoreError> {
    let ChannelRecord { channel, kind, members_total, membership } = work
        .only(concat!(select_channel_record!(), "WHERE member.channel = ?1 AND member.user = ?2"), (channel, user))?;
    let person = Box::new(person(work, user)?);
    Ok(Change::MemberAdded { channel, kind, members_total, person, membership })
}

fn connected(rows: &Rows, user: UserId) -> Result<ConnectedRecord, StoreError> {
    let person = person(rows, user)?;
    let channels = rows.all(concat!(select_channel_record!(), "WHERE member.user = ?1"), [user])?;
    let wall = rows.one::<ChannelKey>("SELECT id FROM channel WHERE owner = ?1 AND kind = 'wall'", [user])?;
    Ok(ConnectedRecord { person, channels, wall: wall.map(ChannelKey::id) })
}

fn access(rows: &Rows, user: UserId, channel: ChannelId) -> Result<Option<ChannelAccess>, StoreError> {
    let Some(key) = ChannelKey::of(&channel) else { return Ok(None) };
    let found = rows.one_with(
        "SELECT kind, role FROM channel LEFT JOIN member ON member.channel = id AND member.user = ?2 WHERE id = ?1",
        (key, user),
        |row| Ok(ChannelAccess { kind: row.get(0)?, role: row.get(1)?, reads_wall: false }),
    )?;
    Ok(found.map(|found| {
        let reads_wall = found.kind == ChannelKind::Wall && role_on_wall(rows, key, user).is_ok();
        ChannelAccess { reads_wall, ..found }
    }))
}

/// Tells whether an account is in a channel together with another, and has come there by itself or done something there.
pub(super) fn shares(rows: &Rows, user: UserId, viewer: UserId) -> Result<bool, StoreError> {
    rows.exists(
        concat!(
            "SELECT 1 FROM member AS theirs JOIN member AS mine ON mine.channel = theirs.channel AND mine.user = ?2
             WHERE theirs.user = ?1 AND theirs.apart = 0 AND ",
            not_removed!("theirs.channel")
        ),
        (user, viewer),
    )
}

/// Reads what one account may see of another.
pub(super) fn acquaintance(rows: &Rows, viewer: UserId, other: UserId) -> Result<Acquaintance, StoreError> {
    let blocked = "SELECT other, since FROM block WHERE user = ?1 AND other = ?2";
    let blocked_by = "SELECT user, since FROM block WHERE user = ?1 AND other = ?2";
    Ok(Acquaintance {
        user: read_user(rows, other)?,
        relations: RelationsRecord {
            friends: rows.all("SELECT other FROM friend WHERE user = ?1 AND other = ?2", (viewer, other))?,
            blocked: rows.all(blocked, (viewer, other))?,
            blocked_by: rows.all(blocked_by, (other, viewer))?,
        },
        shares: shares(rows, other, viewer)?,
    })
}

/// Gives the channels of somebody.
pub(super) fn channels_of(work: &StoreWork<'_>, user: UserId) -> Result<Vec<ChannelKey>, StoreError> {
    work.all(concat!("SELECT channel FROM member WHERE user = ?1 AND ", not_removed!("channel")), [user])
}
