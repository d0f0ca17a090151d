//! What the registry of the hub knows of somebody who connects, and what it asks about those who are not connected.
//!
//! Nothing here walks more than it gives: who is connected is read whole, of a channel one page of members.

use proto::{
    ChannelId, ChannelKind, ChosenPresence, DisplayName, Handle, Index, Privacy, Role, Status, Timestamp, bounds,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::account::require_alive;
use super::channel::key_of;
use super::row::Column;
use super::settings::privacy;
use super::writer::Work;
use super::{Actor, Change, Pending, Refused, Store, StoreError, UserId, key, wall};

/// What others may know of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The account.
    pub user: UserId,
    /// Its handle.
    pub handle: Handle,
    /// Whether it is a guest's.
    pub guest: bool,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
    /// The presence that its user has set.
    pub presence: ChosenPresence,
    /// The status text.
    pub status: Status,
    /// The display name, empty when there is none.
    pub display_name: DisplayName,
    /// Who may see and write what.
    pub privacy: Privacy,
    /// Whether an operator has disabled the account.
    pub disabled: bool,
}

/// Whom an account has as friends, has blocked, or is blocked by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelationsRecord {
    /// Friends.
    pub friends: Vec<UserId>,
    /// Those whom it has blocked, and since when.
    pub blocked: Vec<(UserId, Timestamp)>,
    /// Those who have blocked it, and since when.
    pub blocked_by: Vec<(UserId, Timestamp)>,
}

/// An account and how it stands to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The account.
    pub user: UserRecord,
    /// Its friends and blocks.
    pub relations: RelationsRecord,
}

/// What a member is in a channel, besides who.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// What they may do.
    pub role: Role,
    /// Whether strangers added them and they have not read or written there yet: no channel that they share.
    pub apart: bool,
    /// Whether it is a direct message that they have closed, or that nobody has written in yet.
    pub closed: bool,
    /// The first message that they may read.
    pub reads_from: Index,
}

/// A channel that somebody is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRecord {
    /// The channel.
    pub channel: ChannelId,
    /// What it is to others.
    pub kind: ChannelKind,
    /// How many are in it.
    pub members_total: u64,
    /// What the person is in it.
    pub membership: Membership,
}

/// All that the registry holds of somebody who is connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectedRecord {
    /// The account, with friends and blocks.
    pub person: PersonRecord,
    /// The channels that they are in.
    pub channels: Vec<ChannelRecord>,
    /// The channel of their posts, if they have one.
    pub wall: Option<ChannelId>,
}

/// A member as a list of members has them.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The account.
    pub user: UserRecord,
    /// What they may do.
    pub role: Role,
    /// Whether the asker and they share a channel, this one or another.
    pub shares: bool,
}

/// A page of the members of a channel.
#[derive(Debug, Clone, Default)]
pub struct MemberRows {
    /// The members, in the order in which their accounts were made.
    pub rows: Vec<MemberRow>,
    /// How many the channel has.
    pub total: u64,
    /// Whether more follow.
    pub more: bool,
}

/// What a channel is to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
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
    /// The other.
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
    /// [`Refused::NoSuchUser`] when the account is deleted.
    pub async fn publish_connected(&self, user: UserId) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                require_alive(work.transaction, user)?;
                let connected = connected(work.transaction, user)?;
                work.changes.push(Change::Connecting { connected: Box::new(connected) });
                Ok(())
            })
            .await
    }

    /// Says what a channel is to somebody; nothing of a channel that does not exist.
    pub async fn access(&self, user: UserId, channel: ChannelId) -> Result<Option<Access>, StoreError> {
        self.readers.read(move |transaction| access(transaction, user, channel)).await
    }

    /// Gives members of a channel as one of them may know them, behind a handle, at most `limit`.
    ///
    /// # Errors
    /// [`Refused::NoSuchUser`] when nobody has the handle.
    pub async fn members(
        &self,
        viewer: UserId,
        channel: ChannelId,
        after: Option<Handle>,
        limit: usize,
    ) -> Result<MemberRows, StoreError> {
        self.readers
            .read(move |transaction| {
                let after = after.map(|handle| user_of(transaction, &handle)).transpose()?;
                let channel = key_of(&channel)?;
                let mut rows = member_rows(transaction, viewer, channel, after, limit + 1)?;
                let more = rows.len() > limit;
                rows.truncate(limit);
                Ok(MemberRows { rows, total: members_total(transaction, channel)?, more })
            })
            .await
    }

    /// Gives the members of a channel that are shown: those who are named, and of the others as many as there is room for.
    pub async fn members_shown(
        &self,
        viewer: UserId,
        channel: ChannelId,
        first: Vec<UserId>,
    ) -> Result<MemberRows, StoreError> {
        self.readers
            .read(move |transaction| {
                let channel = key_of(&channel)?;
                let rows = shown_members(transaction, viewer, channel, &first)?;
                let total = members_total(transaction, channel)?;
                Ok(MemberRows { more: total > rows.len() as u64, rows, total })
            })
            .await
    }

    /// Gives the channels of the posts of somebody's friends, and of their own.
    pub async fn walls_around(&self, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
        self.readers
            .read(move |transaction| {
                Ok(wall::walls_of_friends(transaction, user)?.into_iter().map(key::channel_id).collect())
            })
            .await
    }
}

/// Columns of a [`UserRecord`], of a table that is called `user`.
macro_rules! user_columns {
    () => {
        "user.id, user.handle, user.guest, user.last_seen, user.presence, user.status, user.display_name,
         user.disabled IS NOT NULL, user.sees_presence, user.may_write, user.reads_posts, user.may_invite"
    };
}
pub(super) use user_columns;

/// How many columns `user_columns` names.
pub(super) const USER_COLUMNS: usize = 12;

pub(super) fn user_record(row: &Row<'_>) -> rusqlite::Result<UserRecord> {
    Ok(UserRecord {
        user: row.get(0)?,
        handle: row.get::<_, Column<Handle>>(1)?.0,
        guest: row.get(2)?,
        last_seen: row.get::<_, Option<Column<Timestamp>>>(3)?.map(|moment| moment.0),
        presence: row.get::<_, Column<ChosenPresence>>(4)?.0,
        status: row.get::<_, Column<Status>>(5)?.0,
        display_name: row.get::<_, Column<DisplayName>>(6)?.0,
        disabled: row.get(7)?,
        privacy: privacy(row, 8)?,
    })
}

/// Reads what others may know of an account, also of one that is deleted.
pub(super) fn user(transaction: &Transaction<'_>, user: UserId) -> Result<UserRecord, StoreError> {
    let mut statement = transaction.prepare_cached(concat!("SELECT ", user_columns!(), " FROM user WHERE id = ?1"))?;
    Ok(statement.query_row([user], user_record)?)
}

/// Reads an account with its friends and blocks.
pub(super) fn person(transaction: &Transaction<'_>, id: UserId) -> Result<PersonRecord, StoreError> {
    Ok(PersonRecord { user: user(transaction, id)?, relations: relations(transaction, id)? })
}

fn relations(transaction: &Transaction<'_>, user: UserId) -> Result<RelationsRecord, StoreError> {
    let dated = |sql| -> rusqlite::Result<Vec<(UserId, Timestamp)>> {
        let mut statement = transaction.prepare_cached(sql)?;
        let found = statement.query_map([user], |row| Ok((row.get(0)?, row.get::<_, Column<Timestamp>>(1)?.0)))?;
        found.collect()
    };
    let mut friends = transaction.prepare_cached("SELECT other FROM friend WHERE user = ?1")?;
    Ok(RelationsRecord {
        friends: friends.query_map([user], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?,
        blocked: dated("SELECT other, since FROM block WHERE user = ?1")?,
        blocked_by: dated("SELECT user, since FROM block WHERE other = ?1")?,
    })
}

macro_rules! select_channel_record {
    () => {
        "SELECT channel.id, kind, members, role, apart, closed, reads_from
         FROM member JOIN channel ON channel.id = member.channel "
    };
}

fn channel_record(row: &Row<'_>) -> rusqlite::Result<ChannelRecord> {
    Ok(ChannelRecord {
        channel: key::channel_id(row.get(0)?),
        kind: row.get::<_, Column<ChannelKind>>(1)?.0,
        members_total: row.get(2)?,
        membership: Membership {
            role: row.get::<_, Column<Role>>(3)?.0,
            apart: row.get(4)?,
            closed: row.get(5)?,
            reads_from: row.get::<_, Column<Index>>(6)?.0,
        },
    })
}

/// Says that somebody is in a channel from now on.
pub(super) fn member_added(work: &Work<'_>, channel: i64, user: UserId) -> Result<Change, StoreError> {
    let ChannelRecord { channel, kind, members_total, membership } = work
        .transaction
        .prepare_cached(concat!(select_channel_record!(), "WHERE member.channel = ?1 AND member.user = ?2"))?
        .query_row(params![channel, user], channel_record)?;
    let person = Box::new(person(work.transaction, user)?);
    Ok(Change::MemberAdded { channel, kind, members_total, person, membership })
}

/// Names who did something.
pub(super) fn actor(work: &Work<'_>, user: Option<UserId>) -> Result<Option<Actor>, StoreError> {
    user.map(|user| Ok(Actor { user, handle: handle_of(work, user)? })).transpose()
}

fn connected(transaction: &Transaction<'_>, user: UserId) -> Result<ConnectedRecord, StoreError> {
    let person = person(transaction, user)?;
    let channels = transaction
        .prepare_cached(concat!(select_channel_record!(), "WHERE member.user = ?1"))?
        .query_map([user], channel_record)?
        .collect::<rusqlite::Result<_>>()?;
    let wall = transaction
        .prepare_cached("SELECT id FROM channel WHERE owner = ?1 AND kind = 'wall'")?
        .query_row([user], |row| row.get(0))
        .optional()?;
    Ok(ConnectedRecord { person, channels, wall: wall.map(key::channel_id) })
}

fn access(transaction: &Transaction<'_>, user: UserId, channel: ChannelId) -> Result<Option<Access>, StoreError> {
    let Some(key) = key::key(&channel) else { return Ok(None) };
    let found = transaction
        .prepare_cached(
            "SELECT kind, role FROM channel LEFT JOIN member ON member.channel = id AND member.user = ?2 WHERE id = ?1",
        )?
        .query_row(params![key, user], |row| {
            let kind = row.get::<_, Column<ChannelKind>>(0)?.0;
            let role = row.get::<_, Option<Column<Role>>>(1)?.map(|role| role.0);
            Ok(Access { kind, role, reads_wall: false })
        })
        .optional()?;
    Ok(found.map(|found| {
        let reads_wall = found.kind == ChannelKind::Wall && wall::standing(transaction, key, user).is_ok();
        Access { reads_wall, ..found }
    }))
}

fn user_of(transaction: &Transaction<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    let found = transaction
        .prepare_cached("SELECT id FROM user WHERE handle = ?1")?
        .query_row([handle.as_str()], |row| row.get(0))
        .optional()?;
    found.ok_or_else(|| Refused::NoSuchUser.into())
}

/// Counts the members of a channel.
pub(super) fn members_total(transaction: &Transaction<'_>, channel: i64) -> Result<u64, StoreError> {
    let total = transaction
        .prepare_cached("SELECT members FROM channel WHERE id = ?1")?
        .query_row([channel], |row| row.get(0))
        .optional()?;
    Ok(total.unwrap_or_default())
}

/// Columns of a [`MemberRow`] behind those of its account: of whom strangers added it matters whether they share another
/// channel with the viewer, user `?1`.
macro_rules! member_columns {
    () => {
        concat!(
            user_columns!(),
            ", member.role, member.apart = 0 OR EXISTS (
                SELECT 1 FROM member AS theirs JOIN member AS mine ON mine.channel = theirs.channel AND mine.user = ?1
                WHERE theirs.user = member.user AND theirs.apart = 0)"
        )
    };
}

fn member_row(row: &Row<'_>) -> rusqlite::Result<MemberRow> {
    Ok(MemberRow {
        user: user_record(row)?,
        role: row.get::<_, Column<Role>>(USER_COLUMNS)?.0,
        shares: row.get(USER_COLUMNS + 1)?,
    })
}

fn member_rows(
    transaction: &Transaction<'_>,
    viewer: UserId,
    channel: i64,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<MemberRow>, StoreError> {
    let mut statement = transaction.prepare_cached(concat!(
        "SELECT ",
        member_columns!(),
        " FROM member JOIN user ON user.id = member.user
         WHERE member.channel = ?2 AND member.user > ?3 ORDER BY member.user LIMIT ?4"
    ))?;
    let after = after.map_or(i64::MIN, |after| after.0);
    let rows = statement.query_map(params![viewer, channel, after, limit], member_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Gives the members of a channel that are shown: those who are named, and of the others as many as have room.
pub(super) fn shown_members(
    transaction: &Transaction<'_>,
    viewer: UserId,
    channel: i64,
    first: &[UserId],
) -> Result<Vec<MemberRow>, StoreError> {
    let max = bounds::SNAPSHOT_MEMBERS_MAX;
    let mut rows = Vec::new();
    let mut one = transaction.prepare_cached(concat!(
        "SELECT ",
        member_columns!(),
        " FROM member JOIN user ON user.id = member.user WHERE member.channel = ?2 AND member.user = ?3"
    ))?;
    for user in first.iter().take(max) {
        rows.extend(one.query_row(params![viewer, channel, user], member_row).optional()?);
    }
    if rows.len() < max {
        // Of so many some are others than those who are named.
        for row in member_rows(transaction, viewer, channel, None, max)? {
            if rows.len() < max && !first.contains(&row.user.user) {
                rows.push(row);
            }
        }
    }
    Ok(rows)
}

/// Tells whether an account is in a channel together with another, and has come there by itself or done something there.
pub(super) fn shares(transaction: &Transaction<'_>, user: UserId, viewer: UserId) -> Result<bool, StoreError> {
    let mut shared = transaction.prepare_cached(
        "SELECT 1 FROM member AS theirs JOIN member AS mine ON mine.channel = theirs.channel AND mine.user = ?2
         WHERE theirs.user = ?1 AND theirs.apart = 0",
    )?;
    Ok(shared.exists(params![user, viewer])?)
}

/// Reads what one account may see of another.
pub(super) fn acquaintance(
    transaction: &Transaction<'_>,
    viewer: UserId,
    other: UserId,
) -> Result<Acquaintance, StoreError> {
    let found = |sql: &str, user: UserId, other: UserId| -> rusqlite::Result<Vec<(UserId, Timestamp)>> {
        let mut statement = transaction.prepare_cached(sql)?;
        let found =
            statement.query_map([user, other], |row| Ok((row.get(0)?, row.get::<_, Column<Timestamp>>(1)?.0)))?;
        found.collect()
    };
    let blocked = "SELECT other, since FROM block WHERE user = ?1 AND other = ?2";
    let blocked_by = "SELECT user, since FROM block WHERE user = ?1 AND other = ?2";
    let friends = found("SELECT other, since FROM friend WHERE user = ?1 AND other = ?2", viewer, other)?;
    Ok(Acquaintance {
        user: user(transaction, other)?,
        relations: RelationsRecord {
            friends: friends.into_iter().map(|(friend, _)| friend).collect(),
            blocked: found(blocked, viewer, other)?,
            blocked_by: found(blocked_by, other, viewer)?,
        },
        shares: shares(transaction, other, viewer)?,
    })
}

/// Gives the channels of somebody.
pub(super) fn channels_of(work: &Work<'_>, user: UserId) -> Result<Vec<ChannelId>, StoreError> {
    let mut statement = work.transaction.prepare_cached("SELECT channel FROM member WHERE user = ?1")?;
    let channels = statement.query_map([user], |row| row.get(0))?;
    Ok(channels.map(|channel| channel.map(key::channel_id)).collect::<rusqlite::Result<_>>()?)
}

/// Gives the handle of an account, also of one that is deleted.
pub(super) fn handle_of(work: &Work<'_>, user: UserId) -> Result<Handle, StoreError> {
    let handle = work
        .transaction
        .prepare_cached("SELECT handle FROM user WHERE id = ?1")?
        .query_row([user], |row| row.get::<_, Column<Handle>>(0))?;
    Ok(handle.0)
}
