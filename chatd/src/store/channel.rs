//! Channels: making them, and showing them to their members.

use proto::{
    ChannelId, ChannelKind, ChannelName, ChannelPersonal, CreatedKind, Handle, Index, Message, Role, Rules, Timestamp,
    Topic, Version, bounds,
};

use super::account::require_alive;
use super::channel_key::ChannelKey;
use super::conversation::name_for;
use super::directory::shown_members;
use super::member::{Coming, add_member, require_order_keeper, role};
use super::names::{require_no_look_alike, skeleton};
use super::operator::total;
use super::personal::personal;
use super::sqlite::{Row, Rows};
use super::work::StoreWork;
use super::{Change, MemberRow, Pending, Range, Refused, Store, StoreError, UserId, history};

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

/// Which channels are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelListing {
    /// Only public ones whose name comes after this one.
    pub after: Option<String>,
    /// Only this one.
    pub id: Option<ChannelId>,
    /// Only those of exactly this name.
    pub name: Option<String>,
    /// Only those with this text in their name or topic, in lower case.
    pub text: Option<String>,
    /// At most so many public ones that the asker is not in.
    pub limit: usize,
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
    /// The first message that the person may read.
    pub reads_from: Index,
    /// Whether it is a direct conversation that is in no list of theirs.
    pub closed: bool,
    /// How many are in it.
    pub members_total: u64,
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
    /// Members, as many as were asked for.
    pub members: Vec<MemberRow>,
}

/// Which members a channel is shown with.
#[derive(Debug, Clone)]
pub enum ShownMembers {
    /// None, but both of a direct conversation.
    Few,
    /// All of a small channel; of a large one these, and as many others as there is room for.
    All(Vec<UserId>),
}

impl Store {
    /// Makes a channel whose owner and only member is `user`.
    pub async fn create_channel(&self, user: UserId, channel: NewChannel) -> Pending<ChannelId> {
        self.writer.submit(move |work| make_channel(work, user, &channel)).await
    }

    /// Says what a channel is about, on the word of one who may.
    pub async fn set_topic(&self, user: UserId, channel: ChannelId, topic: Topic) -> Pending<()> {
        self.writer.submit(move |work| set_topic(work, user, &channel, &topic)).await
    }

    /// Lists channels: those that somebody is in, then public ones that they are not in, by name; and whether there are
    /// more of these.
    pub async fn channels(
        &self,
        user: UserId,
        listing: ChannelListing,
    ) -> Result<(Vec<ChannelInfo>, bool), StoreError> {
        self.readers
            .read(move |rows| {
                // A further page holds public channels only.
                let mut channels =
                    if listing.after.is_some() { Vec::new() } else { own_channels(rows, user, &listing)? };
                let mut public = public_channels(rows, user, &listing)?;
                let more = public.len() > listing.limit;
                public.truncate(listing.limit);
                channels.extend(public);
                Ok((channels, more))
            })
            .await
    }

    /// Shows a channel to one of its members, with its last messages.
    ///
    /// # Errors
    /// [`Refused::NotAMember`] also when there is no such channel.
    pub async fn channel(
        &self,
        user: UserId,
        channel: ChannelId,
        limit: usize,
        shown: ShownMembers,
    ) -> Result<ChannelState, StoreError> {
        self.readers
            .read(move |rows| {
                let info = info_for_member(rows, user, &channel)?;
                let messages = history::newest(rows, key_of(&channel)?, info.reads_from, limit)?;
                let members = members(rows, user, &info, &shown)?;
                Ok(ChannelState { version: info.version, info, messages, more: false, members })
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
        shown: ShownMembers,
    ) -> Result<ChannelState, StoreError> {
        self.readers
            .read(move |rows| {
                let info = info_for_member(rows, user, &channel)?;
                if since > info.version {
                    return Err(Refused::NoSuchMessage.into());
                }
                let limit = bounds::RESUME_MESSAGES_MAX;
                let changes = Range::Since(since);
                let page = history::page(rows, key_of(&channel)?, changes, info.version, info.reads_from, limit)?;
                let members = members(rows, user, &info, &shown)?;
                Ok(ChannelState { info, messages: page.messages, version: page.version, more: page.more, members })
            })
            .await
    }
}

/// One row of [`ChannelInfo`] as user `?1` sees it, with up to `?2` mentions counted. The name of a direct conversation is
/// the other's.
macro_rules! select_info {
    () => {
        concat!(
            "SELECT c.id, c.kind, ",
            name_for!("?1"),
            ",
                c.topic, (SELECT handle FROM user WHERE id = c.owner), c.last_index, c.version, m.last_read,
                (SELECT count(*) FROM (
                    SELECT 1 FROM mention WHERE user = ?1 AND channel = c.id AND idx > m.last_read LIMIT ?2)),
                c.read_only, c.slow_mode_s, (SELECT date FROM message WHERE channel = c.id AND idx = c.last_index),
                coalesce(m.reads_from, c.history_from), coalesce(m.closed, 0), c.members
             FROM channel AS c LEFT JOIN member AS m ON m.channel = c.id AND m.user = ?1 "
        )
    };
}

fn info(row: &Row<'_>) -> Result<ChannelInfo, StoreError> {
    Ok(ChannelInfo {
        id: row.get::<ChannelKey>(0)?.id(),
        kind: row.get(1)?,
        name: row.get(2)?,
        topic: row.get(3)?,
        owner: row.get(4)?,
        last_index: row.get(5)?,
        version: row.get(6)?,
        last_read: row.get(7)?,
        mentions: row.get(8)?,
        rules: Rules { read_only: row.get(9)?, slow_mode_s: row.get(10)? },
        personal: None,
        last_date: row.get(11)?,
        reads_from: row.get(12)?,
        closed: row.get(13)?,
        members_total: row.get(14)?,
    })
}

/// Lists what somebody is in and has not closed, direct conversations last.
fn own_channels(rows: &Rows, user: UserId, listing: &ChannelListing) -> Result<Vec<ChannelInfo>, StoreError> {
    let wanted = |info: &ChannelInfo| {
        let is_in = |text: &str, part: &String| text.to_lowercase().contains(part);
        listing.id.is_none_or(|id| info.id == id)
            && listing.name.as_ref().is_none_or(|name| info.kind != ChannelKind::Dm && info.name.as_str() == name)
            && listing
                .text
                .as_ref()
                .is_none_or(|text| is_in(info.name.as_str(), text) || is_in(info.topic.as_str(), text))
    };
    let mut channels = rows.all_with(
        concat!(
            select_info!(),
            "WHERE c.id IN (SELECT channel FROM member WHERE user = ?1 AND closed = 0) ORDER BY c.kind = 'dm', c.name"
        ),
        (user, bounds::MENTIONS_COUNTED_MAX),
        info,
    )?;
    channels.retain(wanted);
    for info in &mut channels {
        info.personal = Some(personal(rows, key_of(&info.id)?, &info.id, user)?);
    }
    Ok(channels)
}

/// Lists public channels that somebody is not in, one more than wanted.
fn public_channels(rows: &Rows, user: UserId, listing: &ChannelListing) -> Result<Vec<ChannelInfo>, StoreError> {
    let after = listing.after.as_deref().unwrap_or_default();
    // An id that cannot be ours names no channel; no row has this number.
    let id = listing.id.map(|id| key_of(&id).unwrap_or(ChannelKey::NONE));
    let counted = bounds::MENTIONS_COUNTED_MAX;
    let values = (user, counted, after, &listing.name, &listing.text, id, listing.limit + 1);
    rows.all_with(
        concat!(
            select_info!(),
            "WHERE c.kind = 'public' AND m.user IS NULL AND c.name > ?3 AND (?4 IS NULL OR c.name = ?4)
               AND (?5 IS NULL OR instr(c.name, ?5) > 0 OR instr(lower(c.topic), ?5) > 0)
               AND (?6 IS NULL OR c.id = ?6)
             ORDER BY c.name LIMIT ?7"
        ),
        values,
        info,
    )
}

fn members(
    rows: &Rows,
    viewer: UserId,
    info: &ChannelInfo,
    shown: &ShownMembers,
) -> Result<Vec<MemberRow>, StoreError> {
    match shown {
        ShownMembers::All(first) => shown_members(rows, viewer, key_of(&info.id)?, first),
        ShownMembers::Few if info.kind == ChannelKind::Dm => shown_members(rows, viewer, key_of(&info.id)?, &[]),
        ShownMembers::Few => Ok(Vec::new()),
    }
}

fn info_for_member(rows: &Rows, user: UserId, channel: &ChannelId) -> Result<ChannelInfo, StoreError> {
    let info = rows.one_with(
        concat!(select_info!(), "WHERE c.id = ?3"),
        (user, bounds::MENTIONS_COUNTED_MAX, key_of(channel)?),
        info,
    )?;
    info.filter(|info| info.last_read.is_some()).ok_or_else(|| Refused::NotAMember.into())
}

/// Gives the row id behind a channel's name; a name that cannot be ours names no channel.
pub(super) fn key_of(channel: &ChannelId) -> Result<ChannelKey, StoreError> {
    ChannelKey::of(channel).ok_or_else(|| Refused::NoSuchChannel.into())
}

/// Makes the lobby of a new store.
pub(super) fn ensure_lobby(rows: &Rows, now: Timestamp) -> Result<(), StoreError> {
    rows.execute(
        "INSERT INTO channel (id, kind, name, topic, created, skeleton)
         VALUES (?1, 'public', ?2, 'Everybody is welcome here', ?3, ?4)
         ON CONFLICT (name) WHERE kind = 'public' DO NOTHING",
        (ChannelKey::random(), LOBBY, now, skeleton(LOBBY)),
    )?;
    Ok(())
}

pub(super) fn make_channel(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: &NewChannel,
) -> Result<ChannelId, StoreError> {
    require_alive(work, user)?;
    let created: u64 = work.only("SELECT count(*) FROM channel WHERE creator = ?1", [user])?;
    if created >= work.limits.created_channels_per_account {
        return Err(Refused::TooManyChannels.into());
    }
    // No row has this number.
    require_no_look_alike(work, ChannelKey::NONE, channel.name.as_str())?;
    if channel.kind == CreatedKind::Public && total(work, "public channels")? >= work.limits.public_channels {
        return Err(Refused::TooManyPublicChannels.into());
    }
    let key = insert(work, channel.kind.into(), channel.name.as_str(), &channel.topic, Some(user))?;
    add_member(work, key, user, Role::Owner, Coming::Oneself)?;
    Ok(key.id())
}

/// Inserts a channel; a public name that is taken is refused.
pub(super) fn insert(
    work: &mut StoreWork<'_>,
    kind: ChannelKind,
    name: &str,
    topic: &Topic,
    owner: Option<UserId>,
) -> Result<ChannelKey, StoreError> {
    // Nobody runs out of channels by their wall.
    let creator = owner.filter(|_| kind != ChannelKind::Wall);
    let inserted = work.one(
        "INSERT INTO channel (id, kind, name, topic, owner, creator, created, skeleton)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (name) WHERE kind = 'public' DO NOTHING RETURNING id",
        (ChannelKey::random(), kind, name, topic, owner, creator, work.now, skeleton(name)),
    )?;
    let key: ChannelKey = inserted.ok_or(Refused::NameTaken)?;
    let channel = key.id();
    if let (ChannelKind::Wall, Some(owner)) = (kind, owner) {
        work.changes.push(Change::WallCreated { channel, owner });
    }
    Ok(key)
}

/// Counts a durable change of a channel and gives the version with it.
pub(super) fn next_version(work: &StoreWork<'_>, channel: ChannelKey) -> Result<Version, StoreError> {
    let version =
        work.only::<Version>("UPDATE channel SET version = version + 1 WHERE id = ?1 RETURNING version", [channel])?;
    Ok(version)
}

fn set_topic(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId, topic: &Topic) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    require_order_keeper(role(work, key, user)?)?;
    work.erases();
    let version = next_version(work, key)?;
    work.execute("UPDATE channel SET topic = ?2 WHERE id = ?1", (key, topic))?;
    work.changes.push(Change::TopicSet { channel: *channel, version, topic: topic.clone() });
    Ok(())
}
