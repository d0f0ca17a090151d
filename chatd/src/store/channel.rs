//! Channels, who is in them, and what each member has read.

use proto::{ChannelId, ChannelKind, ChannelName, CreatedKind, Handle, Index, Role, Timestamp, Topic, Version};
use proto::{Message, bounds};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::key;
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId, message};

/// The public channel that every store has.
const LOBBY: &str = "lobby";

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// Its name.
    pub name: ChannelName,
    /// Public or private.
    pub kind: CreatedKind,
    /// What it is about.
    pub topic: Topic,
}

/// What somebody wants to enter.
#[derive(Debug, Clone)]
pub enum JoinTarget {
    /// A channel known by its id.
    Id(ChannelId),
    /// A channel one is in, else a public one, else a new public one.
    Name(ChannelName),
}

/// A channel as one person sees it, without messages.
#[derive(Debug, Clone)]
pub struct ChannelInfo {
    /// The channel.
    pub id: ChannelId,
    /// Its name; of a direct conversation the other's handle.
    pub name: ChannelName,
    /// What it is to others.
    pub kind: ChannelKind,
    /// What it is about.
    pub topic: Topic,
    /// Who owns it.
    pub owner: Option<Handle>,
    /// The index of its last message.
    pub last_index: Index,
    /// Its version.
    pub version: Version,
    /// Up to where the person has read; `None` when not a member.
    pub last_read: Option<Index>,
    /// Mentions behind `last_read`, counted up to a bound.
    pub mentions: u64,
}

impl ChannelInfo {
    /// Messages behind `last_read`; 0 for one who is not a member.
    pub fn unread(&self) -> u64 {
        self.last_read.map_or(0, |last_read| self.last_index.get().saturating_sub(last_read.get()))
    }
}

/// A channel with messages, read in one transaction.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// The channel.
    pub info: ChannelInfo,
    /// Messages, in the order that was asked for.
    pub messages: Vec<Message>,
    /// Up to which version `messages` reach.
    pub version: Version,
    /// Whether changes behind that version were left out.
    pub more: bool,
}

/// Every account and membership of the store.
#[derive(Debug, Default)]
pub struct Directory {
    /// The accounts.
    pub users: Vec<DirectoryUser>,
    /// The channels.
    pub channels: Vec<DirectoryChannel>,
    /// Who is in which, as what.
    pub members: Vec<(ChannelId, UserId, Role)>,
}

/// An account in the [`Directory`].
#[derive(Debug)]
pub struct DirectoryUser {
    /// Its row.
    pub user: UserId,
    /// Its handle.
    pub handle: Handle,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
}

/// A channel in the [`Directory`].
#[derive(Debug)]
pub struct DirectoryChannel {
    /// The channel.
    pub channel: ChannelId,
    /// What it is to others.
    pub kind: ChannelKind,
}

impl Store {
    /// Makes a channel whose owner and only member is `user`.
    pub async fn create_channel(&self, user: UserId, channel: NewChannel) -> Pending<ChannelId> {
        self.writer.submit(move |work| create(work, user, &channel)).await
    }

    /// Makes `user` a member of what is found, or of what is made for want of it, if they may create.
    pub async fn join_channel(&self, user: UserId, target: JoinTarget, may_create: bool) -> Pending<ChannelId> {
        self.writer.submit(move |work| join(work, user, &target, may_create)).await
    }

    /// Ends a membership. The longest member inherits a channel whose owner leaves.
    pub async fn leave_channel(&self, user: UserId, channel: ChannelId) -> Pending<()> {
        self.writer.submit(move |work| leave(work, user, &channel)).await
    }

    /// Makes somebody a member, on the word of one who may invite.
    pub async fn invite(&self, inviter: UserId, channel: ChannelId, guest: Handle) -> Pending<()> {
        self.writer.submit(move |work| invite(work, inviter, &channel, &guest)).await
    }

    /// Says what a channel is about, on the word of one who may.
    pub async fn set_topic(&self, user: UserId, channel: ChannelId, topic: Topic) -> Pending<()> {
        self.writer.submit(move |work| set_topic(work, user, &channel, &topic)).await
    }

    /// Gives the direct conversation of two people, made when it is first wanted.
    pub async fn open_dm(&self, user: UserId, other: Handle) -> Pending<ChannelId> {
        self.writer.submit(move |work| open_dm(work, user, &other)).await
    }

    /// Moves a reader on, never back; an index beyond the last message means the last.
    pub async fn mark_read(&self, user: UserId, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit(move |work| mark_read(work, user, &channel, index)).await
    }

    /// Lists the channels that somebody is in, and the public ones.
    pub async fn channels(&self, user: UserId) -> Result<Vec<ChannelInfo>, StoreError> {
        self.readers
            .read(move |transaction| {
                let mut statement = transaction.prepare_cached(concat!(
                    select_info!(),
                    "WHERE c.id IN (SELECT channel FROM member WHERE user = ?1)
                        OR c.id IN (SELECT id FROM channel WHERE kind = 'public')
                     ORDER BY c.kind = 'dm', c.name"
                ))?;
                let channels = statement.query_map([user], info)?.collect::<rusqlite::Result<_>>()?;
                Ok(channels)
            })
            .await
    }

    /// Shows a channel to one of its members, with its last messages.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] also when there is no such channel.
    pub async fn channel(&self, user: UserId, channel: ChannelId, limit: usize) -> Result<ChannelState, StoreError> {
        self.readers
            .read(move |transaction| {
                let info = info_for_member(transaction, user, &channel)?;
                let messages = message::newest(transaction, key_of(&channel)?, limit)?;
                Ok(ChannelState { version: info.version, info, messages, more: false })
            })
            .await
    }

    /// Shows a member what changed in a channel after a version.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] also when there is no such channel; [`Refused::NoSuchMessage`] when the
    /// version lies ahead of the channel, as after a restore.
    pub async fn channel_since(
        &self,
        user: UserId,
        channel: ChannelId,
        since: Version,
    ) -> Result<ChannelState, StoreError> {
        self.readers
            .read(move |transaction| {
                let info = info_for_member(transaction, user, &channel)?;
                if since > info.version {
                    return Err(Refused::NoSuchMessage.into());
                }
                let limit = bounds::RESUME_MESSAGES_MAX;
                let page = message::since(transaction, key_of(&channel)?, since, info.version, limit)?;
                Ok(ChannelState { info, messages: page.messages, version: page.version, more: page.more })
            })
            .await
    }
}

/// One row of [`ChannelInfo`] as user `?1` sees it. The name of a direct conversation is the other's.
macro_rules! select_info {
    () => {
        "SELECT c.id, c.kind,
            CASE WHEN c.kind = 'dm' THEN
                (SELECT handle FROM dm JOIN user ON user.id = CASE WHEN dm.low = ?1 THEN dm.high ELSE dm.low END
                 WHERE dm.channel = c.id)
            ELSE c.name END,
            c.topic, (SELECT handle FROM user WHERE id = c.owner), c.last_index, c.version, m.last_read,
            (SELECT count(*) FROM (
                SELECT 1 FROM mention WHERE user = ?1 AND channel = c.id AND idx > m.last_read LIMIT 100))
         FROM channel AS c LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?1 "
    };
}
use select_info;

fn info(row: &Row<'_>) -> rusqlite::Result<ChannelInfo> {
    Ok(ChannelInfo {
        id: key::channel_id(row.get(0)?),
        kind: row.get::<_, Column<ChannelKind>>(1)?.0,
        name: row.get::<_, Column<ChannelName>>(2)?.0,
        topic: row.get::<_, Column<Topic>>(3)?.0,
        owner: row.get::<_, Option<Column<Handle>>>(4)?.map(|handle| handle.0),
        last_index: row.get::<_, Column<Index>>(5)?.0,
        version: row.get::<_, Column<Version>>(6)?.0,
        last_read: row.get::<_, Option<Column<Index>>>(7)?.map(|index| index.0),
        mentions: row.get(8)?,
    })
}

fn info_for_member(
    transaction: &Transaction<'_>,
    user: UserId,
    channel: &ChannelId,
) -> Result<ChannelInfo, StoreError> {
    let info = transaction
        .prepare_cached(concat!(select_info!(), "WHERE c.id = ?2"))?
        .query_row(params![user, key_of(channel)?], info)
        .optional()?;
    info.filter(|info| info.last_read.is_some()).ok_or_else(|| Refused::NotAMember.into())
}

/// Gives the row id behind a channel's name; a name that cannot be ours names no channel.
pub(super) fn key_of(channel: &ChannelId) -> Result<i64, StoreError> {
    key::key(channel).ok_or_else(|| Refused::NoSuchChannel.into())
}

/// Gives the role of a member.
pub(super) fn role(transaction: &Transaction<'_>, channel: i64, user: UserId) -> Result<Role, StoreError> {
    let role = transaction
        .prepare_cached("SELECT role FROM member WHERE channel = ?1 AND user = ?2")?
        .query_row(params![channel, user], |row| row.get::<_, Column<Role>>(0))
        .optional()?;
    role.map(|role| role.0).ok_or_else(|| Refused::NotAMember.into())
}

fn keeps_order(role: Role) -> Result<(), StoreError> {
    match role {
        Role::Owner | Role::Moderator => Ok(()),
        Role::Member | Role::Unknown => Err(Refused::NotAllowed.into()),
    }
}

/// Makes the lobby of a new store.
pub(super) fn ensure_lobby(connection: &mut Connection, now: Timestamp) -> rusqlite::Result<()> {
    connection.execute(
        "INSERT INTO channel (id, kind, name, topic, created) VALUES (?1, 'public', ?2, 'Everybody is welcome here', ?3)
         ON CONFLICT (name) WHERE kind = 'public' DO NOTHING",
        params![key::random(), LOBBY, Column(now)],
    )?;
    Ok(())
}

/// Reads every account, channel and membership.
pub(super) fn directory(connection: &Connection) -> rusqlite::Result<Directory> {
    let users = connection
        .prepare("SELECT id, handle, last_seen FROM user")?
        .query_map([], |row| {
            Ok(DirectoryUser {
                user: row.get(0)?,
                handle: row.get::<_, Column<Handle>>(1)?.0,
                last_seen: row.get::<_, Option<Column<Timestamp>>>(2)?.map(|moment| moment.0),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let channels = connection
        .prepare("SELECT id, kind FROM channel")?
        .query_map([], |row| {
            Ok(DirectoryChannel {
                channel: key::channel_id(row.get(0)?),
                kind: row.get::<_, Column<ChannelKind>>(1)?.0,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let members = connection
        .prepare("SELECT channel, user, role FROM member")?
        .query_map([], |row| Ok((key::channel_id(row.get(0)?), row.get(1)?, row.get::<_, Column<Role>>(2)?.0)))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Directory { users, channels, members })
}

fn create(work: &mut Work<'_>, user: UserId, channel: &NewChannel) -> Result<ChannelId, StoreError> {
    let created: u64 = work
        .transaction
        .prepare_cached("SELECT count(*) FROM channel WHERE creator = ?1")?
        .query_row([user], |row| row.get(0))?;
    if created >= work.limits.created_channels_per_account {
        return Err(Refused::TooManyChannels.into());
    }
    let kind = match channel.kind {
        CreatedKind::Public => ChannelKind::Public,
        CreatedKind::Private => ChannelKind::Private,
    };
    let key = insert(work, kind, channel.name.as_str(), &channel.topic, Some(user))?;
    add_member(work, key, user, Role::Owner)?;
    Ok(key::channel_id(key))
}

/// Inserts a channel; a public name that is taken is refused.
fn insert(
    work: &mut Work<'_>,
    kind: ChannelKind,
    name: &str,
    topic: &Topic,
    owner: Option<UserId>,
) -> Result<i64, StoreError> {
    let inserted = work
        .transaction
        .prepare_cached(
            "INSERT INTO channel (id, kind, name, topic, owner, creator, created) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
             ON CONFLICT (name) WHERE kind = 'public' DO NOTHING RETURNING id",
        )?
        .query_row(params![key::random(), Column(kind), name, topic.as_str(), owner, Column(work.now)], |row| {
            row.get(0)
        })
        .optional()?;
    let key: i64 = inserted.ok_or(Refused::NameTaken)?;
    work.changes.push(Change::ChannelCreated { channel: key::channel_id(key), kind });
    Ok(key)
}

/// Counts a durable change of a channel and gives the version with it.
fn next_version(work: &Work<'_>, channel: i64) -> Result<Version, StoreError> {
    let version = work
        .transaction
        .prepare_cached("UPDATE channel SET version = version + 1 WHERE id = ?1 RETURNING version")?
        .query_row([channel], |row| row.get::<_, Column<Version>>(0))?;
    Ok(version.0)
}

fn add_member(work: &mut Work<'_>, channel: i64, user: UserId, role: Role) -> Result<(), StoreError> {
    let count = |sql, id: i64| -> rusqlite::Result<u64> {
        work.transaction.prepare_cached(sql)?.query_row([id], |row| row.get(0))
    };
    if count("SELECT count(*) FROM member WHERE user = ?1", user.0)? >= work.limits.memberships_per_account {
        return Err(Refused::TooManyMemberships.into());
    }
    if count("SELECT count(*) FROM member WHERE channel = ?1", channel)? >= work.limits.members_per_channel {
        return Err(Refused::TooManyMembers.into());
    }
    let version = next_version(work, channel)?;
    // Joining means to have read everything that was said before.
    work.transaction
        .prepare_cached(
            "INSERT INTO member (channel, user, role, joined, last_read)
             SELECT ?1, ?2, ?3, ?4, last_index FROM channel WHERE id = ?1",
        )?
        .execute(params![channel, user, Column(role), Column(version)])?;
    work.changes.push(Change::MemberAdded { channel: key::channel_id(channel), user, role });
    Ok(())
}

fn join(work: &mut Work<'_>, user: UserId, target: &JoinTarget, may_create: bool) -> Result<ChannelId, StoreError> {
    let found = match target {
        JoinTarget::Id(id) => Some(find_by_id(work, user, id)?),
        JoinTarget::Name(name) => find_by_name(work, user, name)?,
    };
    match (found, target) {
        (Some((key, true)), _) => Ok(key::channel_id(key)),
        (Some((key, false)), _) => {
            let inherited = inherit(work, key, user)?;
            add_member(work, key, user, if inherited { Role::Owner } else { Role::Member })?;
            Ok(key::channel_id(key))
        }
        (None, JoinTarget::Name(_)) if !may_create => Err(Refused::NotForGuests.into()),
        (None, JoinTarget::Name(name)) => {
            let channel = NewChannel { name: name.clone(), kind: CreatedKind::Public, topic: Topic::default() };
            create(work, user, &channel)
        }
        (None, JoinTarget::Id(_)) => Err(Refused::NoSuchChannel.into()),
    }
}

/// Gives a channel that everybody has left to the first who comes back; the lobby stays nobody's.
fn inherit(work: &Work<'_>, channel: i64, user: UserId) -> Result<bool, StoreError> {
    let inherited = work
        .transaction
        .prepare_cached(
            "UPDATE channel SET owner = ?2 WHERE id = ?1 AND owner IS NULL AND creator IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM member WHERE channel = ?1)",
        )?
        .execute(params![channel, user])?;
    Ok(inherited == 1)
}

/// Finds a channel one may enter by its id, and whether one is in it: a private one that one is not
/// in does not exist.
fn find_by_id(work: &Work<'_>, user: UserId, id: &ChannelId) -> Result<(i64, bool), StoreError> {
    let key = key_of(id)?;
    let found = work
        .transaction
        .prepare_cached(
            "SELECT c.kind = 'public', m.user IS NOT NULL FROM channel AS c
             LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?2 WHERE c.id = ?1",
        )?
        .query_row(params![key, user], |row| Ok((row.get::<_, bool>(0)?, row.get::<_, bool>(1)?)))
        .optional()?;
    match found {
        Some((public, member)) if public || member => Ok((key, member)),
        _ => Err(Refused::NoSuchChannel.into()),
    }
}

/// Finds a channel by its name: one that one is in comes first, then a public one.
fn find_by_name(work: &Work<'_>, user: UserId, name: &ChannelName) -> Result<Option<(i64, bool)>, StoreError> {
    let found = work
        .transaction
        .prepare_cached(
            "SELECT c.id, 1 FROM member AS m JOIN channel AS c ON c.id = m.channel
             WHERE m.user = ?1 AND c.name = ?2 AND c.kind IN ('public', 'private')
             UNION ALL
             SELECT id, 0 FROM channel WHERE name = ?2 AND kind = 'public'
             LIMIT 1",
        )?
        .query_row(params![user, name.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found)
}

fn leave(work: &mut Work<'_>, user: UserId, channel: &ChannelId) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    if is_dm(work, key)? {
        return Err(Refused::NotAllowed.into());
    }
    next_version(work, key)?;
    let execute = |sql| work.transaction.prepare_cached(sql)?.execute(params![key, user]);
    execute("DELETE FROM member WHERE channel = ?1 AND user = ?2")?;
    execute("DELETE FROM mention WHERE channel = ?1 AND user = ?2")?;
    work.changes.push(Change::MemberRemoved { channel: *channel, user });
    hand_over(work, key, channel, user)
}

fn is_dm(work: &Work<'_>, channel: i64) -> Result<bool, StoreError> {
    let kind = work
        .transaction
        .prepare_cached("SELECT kind FROM channel WHERE id = ?1")?
        .query_row([channel], |row| row.get::<_, Column<ChannelKind>>(0))?;
    Ok(kind.0 == ChannelKind::Dm)
}

/// Gives the channel of an owner who has left to the longest member, if there is one.
fn hand_over(work: &mut Work<'_>, key: i64, channel: &ChannelId, left: UserId) -> Result<(), StoreError> {
    let was_owner = work
        .transaction
        .prepare_cached("UPDATE channel SET owner = NULL WHERE id = ?1 AND owner = ?2")?
        .execute(params![key, left])?;
    if was_owner == 0 {
        return Ok(());
    }
    let heir: Option<UserId> = work
        .transaction
        .prepare_cached("SELECT user FROM member WHERE channel = ?1 ORDER BY joined LIMIT 1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    let Some(heir) = heir else { return Ok(()) };
    let version = next_version(work, key)?;
    work.transaction.prepare_cached("UPDATE channel SET owner = ?2 WHERE id = ?1")?.execute(params![key, heir])?;
    work.transaction
        .prepare_cached("UPDATE member SET role = 'owner' WHERE channel = ?1 AND user = ?2")?
        .execute(params![key, heir])?;
    work.changes.push(Change::OwnerChanged { channel: *channel, version, owner: heir });
    Ok(())
}

fn user_by_handle(work: &Work<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    let user = work
        .transaction
        .prepare_cached("SELECT id FROM user WHERE handle = ?1")?
        .query_row([handle.as_str()], |row| row.get(0))
        .optional()?;
    user.ok_or_else(|| Refused::NoSuchUser.into())
}

fn invite(work: &mut Work<'_>, inviter: UserId, channel: &ChannelId, guest: &Handle) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    keeps_order(role(work.transaction, key, inviter)?)?;
    let guest = user_by_handle(work, guest)?;
    match role(work.transaction, key, guest) {
        Ok(_) => Ok(()),
        Err(StoreError::Refused(Refused::NotAMember)) => add_member(work, key, guest, Role::Member),
        Err(error) => Err(error),
    }
}

fn set_topic(work: &mut Work<'_>, user: UserId, channel: &ChannelId, topic: &Topic) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    keeps_order(role(work.transaction, key, user)?)?;
    let version = next_version(work, key)?;
    work.transaction
        .prepare_cached("UPDATE channel SET topic = ?2 WHERE id = ?1")?
        .execute(params![key, topic.as_str()])?;
    work.changes.push(Change::TopicSet { channel: *channel, version, topic: topic.clone() });
    Ok(())
}

fn open_dm(work: &mut Work<'_>, user: UserId, other: &Handle) -> Result<ChannelId, StoreError> {
    let other = user_by_handle(work, other)?;
    let (low, high) = if user < other { (user, other) } else { (other, user) };
    let known: Option<i64> = work
        .transaction
        .prepare_cached("SELECT channel FROM dm WHERE low = ?1 AND high = ?2")?
        .query_row([low, high], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(key::channel_id(known));
    }
    let channel = insert(work, ChannelKind::Dm, "", &Topic::default(), None)?;
    work.transaction
        .prepare_cached("INSERT INTO dm (low, high, channel) VALUES (?1, ?2, ?3)")?
        .execute(params![low, high, channel])?;
    add_member(work, channel, user, Role::Member)?;
    if other != user {
        add_member(work, channel, other, Role::Member)?;
    }
    Ok(key::channel_id(channel))
}

fn mark_read(work: &mut Work<'_>, user: UserId, channel: &ChannelId, index: Index) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    role(work.transaction, key, user)?;
    let moved = work
        .transaction
        .prepare_cached(
            "UPDATE member SET last_read = min(?3, channel.last_index) FROM channel
             WHERE member.channel = ?1 AND member.user = ?2 AND channel.id = ?1
               AND member.last_read < min(?3, channel.last_index)
             RETURNING member.last_read, (SELECT last_index FROM channel WHERE id = ?1)",
        )?
        .query_row(params![key, user, Column(index)], |row| {
            Ok((row.get::<_, Column<Index>>(0)?.0, row.get::<_, Column<Index>>(1)?.0))
        })
        .optional()?;
    if let Some((last_read, last_index)) = moved {
        report_read(work, key, user, last_read, last_index)?;
    }
    Ok(())
}

/// Forgets the mentions that were read and tells the reader's connections where the reader stands.
pub(super) fn report_read(
    work: &mut Work<'_>,
    channel: i64,
    user: UserId,
    last_read: Index,
    last_index: Index,
) -> Result<(), StoreError> {
    work.transaction
        .prepare_cached("DELETE FROM mention WHERE user = ?1 AND channel = ?2 AND idx <= ?3")?
        .execute(params![user, channel, Column(last_read)])?;
    let mentions = work
        .transaction
        .prepare_cached("SELECT count(*) FROM (SELECT 1 FROM mention WHERE user = ?1 AND channel = ?2 LIMIT 100)")?
        .query_row(params![user, channel], |row| row.get(0))?;
    let unread = last_index.get().saturating_sub(last_read.get());
    work.changes.push(Change::ReadMoved { channel: key::channel_id(channel), user, last_read, unread, mentions });
    Ok(())
}
