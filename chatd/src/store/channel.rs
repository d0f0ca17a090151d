//! Channels: making them, and showing them to their members.

use proto::{
    ChannelId, ChannelKind, ChannelName, ChannelPersonal, ChosenPresence, CreatedKind, DisplayName, Handle, Index,
    Message, Privacy, Relation, Role, Rules, Status, Timestamp, Topic, Version, bounds,
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};

use super::account::{alive, is_guest};
use super::friend::may_write;
use super::key;
use super::member::{add_member, keeps_order, role, user_by_handle};
use super::personal::personal;
use super::row::Column;
use super::settings::privacy;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId, history, wall};

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
    /// When its last message was sent.
    pub last_date: Option<Timestamp>,
    /// Its version.
    pub version: Version,
    /// Up to where the person has read; `None` when not a member.
    pub last_read: Option<Index>,
    /// Mentions behind `last_read`, counted up to a bound.
    pub mentions: u64,
    /// Who may speak, and how often.
    pub rules: Rules,
    /// What the person has set for it; `None` when not a member.
    pub personal: Option<ChannelPersonal>,
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
    /// Every wall, and whose it is.
    pub walls: Vec<(ChannelId, UserId)>,
    /// Who has which friend or has blocked whom, and since when.
    pub relations: Vec<(UserId, UserId, Relation, Timestamp)>,
}

/// An account in the [`Directory`].
#[derive(Debug, Clone)]
pub struct DirectoryUser {
    /// Its row.
    pub user: UserId,
    /// Its handle.
    pub handle: Handle,
    /// Whether somebody came in without an account.
    pub guest: bool,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
    /// What its person says by hand about being there.
    pub presence: ChosenPresence,
    /// What they do just now.
    pub status: Status,
    /// What they want to be called.
    pub display_name: DisplayName,
    /// Who may see and write what.
    pub privacy: Privacy,
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

    /// Says what a channel is about, on the word of one who may.
    pub async fn set_topic(&self, user: UserId, channel: ChannelId, topic: Topic) -> Pending<()> {
        self.writer.submit(move |work| set_topic(work, user, &channel, &topic)).await
    }

    /// Gives the direct conversation of two people, made when it is first wanted.
    pub async fn open_dm(&self, user: UserId, other: Handle) -> Pending<ChannelId> {
        self.writer.submit(move |work| open_dm(work, user, &other)).await
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
                let mut channels = statement.query_map([user], info)?.collect::<rusqlite::Result<Vec<_>>>()?;
                for info in channels.iter_mut().filter(|info| info.last_read.is_some()) {
                    info.personal = Some(personal(transaction, key_of(&info.id)?, &info.id, user)?);
                }
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
                let messages = history::newest(transaction, key_of(&channel)?, limit)?;
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
                let page = history::since(transaction, key_of(&channel)?, since, info.version, limit)?;
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
                SELECT 1 FROM mention WHERE user = ?1 AND channel = c.id AND idx > m.last_read LIMIT 100)),
            c.read_only, c.slow_mode_s, (SELECT date FROM message WHERE channel = c.id AND idx = c.last_index)
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
        rules: Rules { read_only: row.get(9)?, slow_mode_s: row.get(10)? },
        personal: None,
        last_date: row.get::<_, Option<Column<Timestamp>>>(11)?.map(|date| date.0),
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
        .prepare(
            "SELECT id, handle, last_seen, guest, presence, status, display_name, sees_presence, may_write, reads_posts
             FROM user WHERE deleted IS NULL",
        )?
        .query_map([], |row| {
            Ok(DirectoryUser {
                user: row.get(0)?,
                handle: row.get::<_, Column<Handle>>(1)?.0,
                last_seen: row.get::<_, Option<Column<Timestamp>>>(2)?.map(|moment| moment.0),
                guest: row.get(3)?,
                presence: row.get::<_, Column<ChosenPresence>>(4)?.0,
                status: row.get::<_, Column<Status>>(5)?.0,
                display_name: row.get::<_, Column<DisplayName>>(6)?.0,
                privacy: privacy(row, 7)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    let channels = connection
        .prepare("SELECT id, kind FROM channel WHERE kind <> 'wall'")?
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
    let relations = connection
        .prepare(
            "SELECT user, other, 'friend', since FROM friend UNION ALL SELECT user, other, 'blocked', since FROM block",
        )?
        .query_map([], |row| {
            let (relation, since) = (row.get::<_, Column<Relation>>(2)?.0, row.get::<_, Column<Timestamp>>(3)?.0);
            Ok((row.get(0)?, row.get(1)?, relation, since))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Directory { users, channels, members, walls: wall::directory(connection)?, relations })
}

pub(super) fn create(work: &mut Work<'_>, user: UserId, channel: &NewChannel) -> Result<ChannelId, StoreError> {
    alive(work.transaction, user)?;
    let created: u64 = work
        .transaction
        .prepare_cached("SELECT count(*) FROM channel WHERE creator = ?1")?
        .query_row([user], |row| row.get(0))?;
    if created >= work.limits.created_channels_per_account {
        return Err(Refused::TooManyChannels.into());
    }
    let key = insert(work, channel.kind.into(), channel.name.as_str(), &channel.topic, Some(user))?;
    add_member(work, key, user, Role::Owner)?;
    Ok(key::channel_id(key))
}

/// Inserts a channel; a public name that is taken is refused.
pub(super) fn insert(
    work: &mut Work<'_>,
    kind: ChannelKind,
    name: &str,
    topic: &Topic,
    owner: Option<UserId>,
) -> Result<i64, StoreError> {
    // Nobody runs out of channels by their wall.
    let creator = owner.filter(|_| kind != ChannelKind::Wall);
    let inserted = work
        .transaction
        .prepare_cached(
            "INSERT INTO channel (id, kind, name, topic, owner, creator, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (name) WHERE kind = 'public' DO NOTHING RETURNING id",
        )?
        .query_row(
            params![key::random(), Column(kind), name, topic.as_str(), owner, creator, Column(work.now)],
            |row| row.get(0),
        )
        .optional()?;
    let key: i64 = inserted.ok_or(Refused::NameTaken)?;
    let channel = key::channel_id(key);
    work.changes.push(match (kind, owner) {
        (ChannelKind::Wall, Some(owner)) => Change::WallCreated { channel, owner },
        _ => Change::ChannelCreated { channel, kind },
    });
    Ok(key)
}

/// Counts a durable change of a channel and gives the version with it.
pub(super) fn next_version(work: &Work<'_>, channel: i64) -> Result<Version, StoreError> {
    let version = work
        .transaction
        .prepare_cached("UPDATE channel SET version = version + 1 WHERE id = ?1 RETURNING version")?
        .query_row([channel], |row| row.get::<_, Column<Version>>(0))?;
    Ok(version.0)
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
    alive(work.transaction, user)?;
    let other = user_by_handle(work, other)?;
    if is_guest(work, other)? {
        return Err(Refused::NotForGuests.into());
    }
    let (low, high) = if user < other { (user, other) } else { (other, user) };
    let known: Option<i64> = work
        .transaction
        .prepare_cached("SELECT channel FROM dm WHERE low = ?1 AND high = ?2")?
        .query_row([low, high], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok(key::channel_id(known));
    }
    may_write(work, user, other)?;
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
