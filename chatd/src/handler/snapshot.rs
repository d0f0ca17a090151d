//! Showing a channel to a connection that has just met it: whole, or what changed since a version.

use proto::{ChannelAdd, ChannelId, ChannelResume, ServerPacket, Version};

use crate::daemon::Daemon;
use crate::policy::SignedIn;
use crate::store::{Refused, StoreError};

/// A channel as it is to be shown, and the version that the picture holds.
pub(crate) struct Picture {
    pub(crate) packet: ServerPacket,
    pub(crate) version: Version,
}

/// Reads a channel for one connection; `None` when its person is no longer a member.
pub(crate) async fn picture(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
    known: Option<Version>,
    messages: usize,
) -> Result<Option<Picture>, StoreError> {
    let resumed = match known {
        Some(version) => resume(daemon, who, channel, version).await,
        None => Err(Refused::NoSuchMessage.into()),
    };
    let shown = match resumed {
        // The client's version is not of this channel's past: show it whole.
        Err(StoreError::Refused(Refused::NoSuchMessage)) => whole(daemon, who, channel, messages).await,
        resumed => resumed,
    };
    match shown {
        Ok(picture) => Ok(Some(picture)),
        Err(StoreError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn whole(daemon: &Daemon, who: &SignedIn, channel: ChannelId, messages: usize) -> Result<Picture, StoreError> {
    let state = daemon.store.channel(who.user(), channel, messages).await?;
    let (members, members_total) = daemon.hub.members(&channel, who.user());
    let info = state.info;
    let packet = ChannelAdd {
        id: channel,
        members,
        members_total,
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
    };
    Ok(Picture { version: packet.version, packet: ServerPacket::ChannelAdd(Box::new(packet)) })
}

async fn resume(daemon: &Daemon, who: &SignedIn, channel: ChannelId, known: Version) -> Result<Picture, StoreError> {
    let state = daemon.store.channel_since(who.user(), channel, known).await?;
    let (members, members_total) = daemon.hub.members(&channel, who.user());
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
        members_total,
        members,
        topic: info.topic,
        owner: info.owner,
        name: Some(info.name),
        kind: Some(info.kind),
        rules: info.rules,
    };
    // What was left out is fetched by the client; live events follow from the channel's version.
    Ok(Picture { version: info.version, packet: ServerPacket::ChannelResume(Box::new(packet)) })
}
