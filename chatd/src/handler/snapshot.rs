//! Showing a channel to a connection that has just met it: whole, or what changed since a version.

use proto::{
    ChannelAdd, ChannelId, ChannelPersonal, ChannelResume, ChannelUsersUpdate, Member, MemberUpdate, NotifyLevel,
    ServerPacket, Version,
};

use crate::daemon::Daemon;
use crate::policy::SignedIn;
use crate::store::{MemberRow, MemberRows, Refused, ShownMembers, StoreError, UserId};

/// A channel as it is to be shown, and the version of that snapshot.
pub(crate) struct Picture {
    pub(crate) packet: ServerPacket,
    pub(crate) version: Version,
}

/// How much of each channel a connection wants to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Show {
    /// Messages of a whole channel at most.
    pub(crate) messages: usize,
    /// Messages that are new or have changed in one that is resumed, at most.
    pub(crate) changes: usize,
    /// Members at most; of a direct message always both.
    pub(crate) members: usize,
}

impl Show {
    /// The same of a channel whose messages the client asks for when it needs them.
    pub(crate) fn without_messages(self) -> Self {
        Self { messages: 0, changes: 0, ..self }
    }

    /// Gives the members that are known, and says which ones are to be read.
    fn members_of(self, daemon: &Daemon, who: &SignedIn, channel: &ChannelId) -> (Vec<MemberRow>, ShownMembers) {
        if self.members == 0 {
            return (Vec::new(), ShownMembers::Few);
        }
        let known = daemon.hub.members_known(channel, who.user());
        let besides = ShownMembers::Besides(users_of(&known));
        (known, besides)
    }

    fn described(self, daemon: &Daemon, who: &SignedIn, channel: &ChannelId, rows: Vec<MemberRow>) -> Vec<Member> {
        let mut members = daemon.hub.describe_online_first(channel, who.user(), rows);
        // Two may be those of a direct message.
        members.truncate(self.members.max(2));
        members
    }
}

/// Reads a channel for one connection; `None` when its person is no longer a member.
pub(crate) async fn picture(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
    known: Option<Version>,
    show: Show,
) -> Result<Option<Picture>, StoreError> {
    let resumed = match known {
        Some(version) => resume(daemon, who, channel, version, show).await,
        None => Err(Refused::NoSuchMessage.into()),
    };
    let shown = match resumed {
        // The client's version is not of this channel's past: show it whole.
        Err(StoreError::Refused(Refused::NoSuchMessage)) => whole(daemon, who, channel, show).await,
        resumed => resumed,
    };
    match shown {
        Ok(picture) => Ok(Some(picture)),
        Err(StoreError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn whole(daemon: &Daemon, who: &SignedIn, channel: ChannelId, show: Show) -> Result<Picture, StoreError> {
    let (known, shown) = show.members_of(daemon, who, &channel);
    let state = daemon.store.channel(who.user(), channel, show.messages, shown).await?;
    let members = show.described(daemon, who, &channel, known.into_iter().chain(state.members).collect());
    let info = state.info;
    let packet = ChannelAdd {
        id: channel,
        members,
        members_total: info.members_total,
        first_index: state.messages.first().map(|message| message.index).unwrap_or_default(),
        messages: state.messages,
        unread: info.unread(),
        mentions: info.mentions,
        last_read: info.last_read.unwrap_or_default(),
        last_index: info.last_index,
        version: info.version,
        name: info.name,
        kind: info.kind,
        topic: info.topic,
        owner: info.owner,
        rules: info.rules,
        history_from: Some(info.reads_from).filter(|from| from.get() > 1),
        closed: info.closed,
        personal: info.personal.filter(is_set).map(Box::new),
    };
    Ok(Picture { version: packet.version, packet: ServerPacket::ChannelAdd(Box::new(packet)) })
}

async fn resume(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
    since: Version,
    show: Show,
) -> Result<Picture, StoreError> {
    let (known, shown) = show.members_of(daemon, who, &channel);
    let state = daemon.store.channel_since(who.user(), channel, since, show.changes, shown).await?;
    let members = show.described(daemon, who, &channel, known.into_iter().chain(state.members).collect());
    let info = state.info;
    let packet = ChannelResume {
        id: channel,
        messages: state.messages,
        version: state.version,
        more: state.more,
        unread: info.unread(),
        mentions: info.mentions,
        last_read: info.last_read.unwrap_or_default(),
        last_index: info.last_index,
        members_total: info.members_total,
        members,
        topic: info.topic,
        owner: info.owner,
        name: Some(info.name),
        kind: Some(info.kind),
        rules: info.rules,
        personal: info.personal.filter(is_set).map(Box::new),
    };
    // What was left out is fetched by the client; live events follow from the channel's version.
    Ok(Picture { version: info.version, packet: ServerPacket::ChannelResume(Box::new(packet)) })
}

/// Reads all members of a channel that is no longer large, for one connection; `None` when its person is no longer one.
pub(crate) async fn members(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
) -> Result<Option<ServerPacket>, StoreError> {
    if daemon.hub.role(&channel, who.user()).is_none() {
        return Ok(None);
    }
    let page = members_shown(daemon, who, channel).await?;
    let members = daemon.hub.describe_online_first(&channel, who.user(), page.rows);
    let update = ChannelUsersUpdate {
        id: channel,
        members: members.into_iter().map(update_of).collect(),
        members_total: Some(page.total),
    };
    Ok(Some(ServerPacket::ChannelUsersUpdate(update)))
}

/// Gives the members that a channel shows: those who are known, and others as the store has them.
pub(crate) async fn members_shown(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
) -> Result<MemberRows, StoreError> {
    let mut known = daemon.hub.members_known(&channel, who.user());
    let page = daemon.store.members_shown(who.user(), channel, users_of(&known)).await?;
    known.extend(page.rows);
    Ok(MemberRows { rows: known, ..page })
}

/// Tells whether somebody has set anything for a channel, or is writing something in it.
fn is_set(personal: &ChannelPersonal) -> bool {
    personal.level != NotifyLevel::default() || personal.quiet_until.is_some() || personal.draft.is_some()
}

fn users_of(members: &[MemberRow]) -> Vec<UserId> {
    members.iter().map(|member| member.user.user).collect()
}

fn update_of(member: Member) -> MemberUpdate {
    MemberUpdate {
        online: Some(member.online),
        state: Some(member.state),
        since: member.since,
        last_seen: member.last_seen,
        status: member.status,
        display_name: member.display_name,
        avatar: member.avatar,
        role: Some(member.role),
        disabled: Some(member.disabled).filter(|disabled| *disabled),
        ..MemberUpdate::of(member.handle)
    }
}
