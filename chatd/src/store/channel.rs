//! Channels: making them, and showing them to their members.

use proto::{ChannelId, ChannelKind, ChannelName, CreatedKind, Message, Role, Timestamp, Topic, Version};

use super::channel_info::{ChannelInfo, info_for_member};
use super::channel_key::{ChannelKey, key_of};
use super::member::{Coming, add_member};
use super::member_list::members_besides;
use super::names::skeleton;
use super::sqlite::Rows;
use super::table::access::{require_order_keeper, role};
use super::table::channel::{insert_channel, next_version, require_no_look_alike};
use super::table::page::{newest_messages, read_page};
use super::table::user::require_alive;
use super::totals::total;
use super::work::StoreWork;
use super::{Change, MemberRow, Pending, Range, Refused, Store, StoreError, UserId};

/// The public channel that every store has.
const LOBBY: &str = "lobby";

/// A channel to be made.
#[derive(Debug, Clone)]
pub struct NewChannel {
    /// The channel's name, without `#`.
    pub name: ChannelName,
    /// Public or private.
    pub kind: CreatedKind,
    /// What it is about.
    pub topic: Topic,
}

/// A channel with messages, read in one transaction.
#[derive(Debug, Clone)]
pub struct ChannelState {
    /// The channel as the person sees it.
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
    /// As many as are shown, without these, who are known.
    Besides(Vec<UserId>),
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
                let messages = newest_messages(rows, key_of(&channel)?, info.reads_from, limit)?;
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
        limit: usize,
        shown: ShownMembers,
    ) -> Result<ChannelState, StoreError> {
        self.readers
            .read(move |rows| {
                let info = info_for_member(rows, user, &channel)?;
                if since > info.version {
                    return Err(Refused::NoSuchMessage.into());
                }
                let members = members(rows, user, &info, &shown)?;
                if limit == 0 {
                    let more = since < info.version;
                    return Ok(ChannelState { info, messages: Vec::new(), version: since, more, members });
                }
                let changes = Range::Since(since);
                let page = read_page(rows, key_of(&channel)?, changes, info.version, info.reads_from, limit)?;
                Ok(ChannelState { info, messages: page.messages, version: page.version, more: page.more, members })
            })
            .await
    }
}

fn members(
    rows: &Rows,
    viewer: UserId,
    info: &ChannelInfo,
    shown: &ShownMembers,
) -> Result<Vec<MemberRow>, StoreError> {
    match shown {
        ShownMembers::Besides(known) => members_besides(rows, viewer, key_of(&info.id)?, known, info.members_total),
        ShownMembers::Few if info.kind == ChannelKind::Dm => {
            members_besides(rows, viewer, key_of(&info.id)?, &[], info.members_total)
        }
        ShownMembers::Few => Ok(Vec::new()),
    }
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
    let key = insert_channel(work, channel.kind.into(), channel.name.as_str(), &channel.topic, Some(user))?;
    add_member(work, key, user, Role::Owner, Coming::Oneself)?;
    Ok(key.id())
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
