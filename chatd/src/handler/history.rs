//! Reading over HTTP: pages of history, the list of channels.

use proto::http::{
    ChannelSummary, Channels, ChannelsQuery, History, HistoryQuery, HistoryRange, Moderation, ModerationQuery,
    PinsQuery, RepliesQuery, ThreadQuery,
};
use proto::{ChannelId, ErrorReply, Index, bounds};

use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::policy::{self, SignedIn};
use crate::store::{ChannelListing, Range, Refused};

pub(crate) async fn history(daemon: &Daemon, who: &SignedIn, query: HistoryQuery) -> Result<History, ErrorReply> {
    let range = match query.range {
        HistoryRange::Newest => Range::Newest,
        HistoryRange::Before(index) => Range::Before(index),
        HistoryRange::After(index) => Range::After(index),
        HistoryRange::Since(version) => Range::Since(version),
    };
    page(daemon, who, query.channel, range, query.limit.unwrap_or_default().get()).await
}

async fn page(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
    range: Range,
    limit: usize,
) -> Result<History, ErrorReply> {
    let member = policy::reader(daemon, who, channel).await?;
    let page = daemon.store.history(member.user(), member.channel(), range, limit).await;
    let page = policy::explained(daemon, who.user(), channel, page).await?;
    let indexes = || page.messages.iter().map(|message| message.index);
    Ok(History {
        first_index: indexes().min().unwrap_or_default(),
        last_index: indexes().max().unwrap_or_default(),
        version: page.version,
        more: page.more,
        messages: page.messages,
    })
}

/// Gives the replies to one message.
pub(crate) async fn replies(daemon: &Daemon, who: &SignedIn, query: RepliesQuery) -> Result<History, ErrorReply> {
    let range = Range::RepliesTo(query.index, query.after.unwrap_or_default());
    page(daemon, who, query.channel, range, query.limit.unwrap_or_default().get()).await
}

/// One message, and everything that hangs below it.
pub(crate) async fn thread(daemon: &Daemon, who: &SignedIn, query: ThreadQuery) -> Result<History, ErrorReply> {
    let root = query.index;
    let found = page(daemon, who, query.channel, Range::Thread(root), query.limit.unwrap_or_default().get()).await?;
    if found.first_index != root || root == Index::default() {
        return Err(store_error(&Refused::NoSuchMessage.into()));
    }
    Ok(found)
}

/// Gives the pinned messages of a channel.
pub(crate) async fn pins(daemon: &Daemon, who: &SignedIn, query: PinsQuery) -> Result<History, ErrorReply> {
    page(daemon, who, query.channel, Range::Pinned, query.limit.unwrap_or_default().get()).await
}

/// Who is banned from a channel, and who is timed out in it.
pub(crate) async fn moderation(
    daemon: &Daemon,
    who: &SignedIn,
    query: ModerationQuery,
) -> Result<Moderation, ErrorReply> {
    let member = policy::member(daemon, who, query.channel).await?;
    let found = daemon.store.moderation(member.user(), member.channel(), daemon.clock.now()).await;
    policy::explained(daemon, who.user(), query.channel, found).await
}

pub(crate) async fn channels(daemon: &Daemon, who: &SignedIn, query: ChannelsQuery) -> Result<Channels, ErrorReply> {
    let listing = listing(query)?;
    let (infos, more) = daemon.store.channels(who.user(), listing).await.map_err(|error| store_error(&error))?;
    let channels = infos.into_iter().map(|info| ChannelSummary {
        id: info.id,
        member: info.last_read.is_some(),
        members_total: info.members_total,
        unread: info.unread(),
        mentions: info.mentions,
        personal: info.personal,
        last_read: info.last_read.unwrap_or_default(),
        last_index: info.last_index,
        last_date: info.last_date,
        version: info.version,
        name: info.name,
        kind: info.kind,
        topic: info.topic,
        owner: info.owner,
    });
    Ok(Channels { channels: channels.collect(), more })
}

/// Gives which channels are asked for. A name is lower-cased as all names are; what is no name is that of no channel.
fn listing(query: ChannelsQuery) -> Result<ChannelListing, ErrorReply> {
    let lower = |text: Option<String>| text.map(|text| text.to_lowercase());
    let text = lower(query.q).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.len() > bounds::SEARCH_BYTES_MAX) {
        return Err(malformed("`q` has at most 512 bytes"));
    }
    let (after, name) = (lower(query.after), lower(query.name));
    Ok(ChannelListing { after, id: query.id, name, text, limit: query.limit.unwrap_or_default().get() })
}

#[cfg(test)]
mod tests {
    use proto::ErrorCode;
    use proto::http::Query;

    use super::*;

    #[test]
    fn which_channels_are_listed() {
        let listed = |query: &str| listing(ChannelsQuery::read(query)?);
        assert_eq!(listed("").unwrap().limit, 1_000);
        assert_eq!(listed("limit=5000&x=y").unwrap().limit, 1_000);
        let page = listed("q=T%C3%84G&after=Lobby&limit=7").unwrap();
        assert_eq!((page.text.as_deref(), page.after.as_deref(), page.limit), (Some("täg"), Some("lobby"), 7));
        assert_eq!(listed("name=Lobby").unwrap().name.as_deref(), Some("lobby"));
        for bad in ["limit=-1", "limit=x", "q=a&q=b", &format!("q={}", "x".repeat(513))] {
            assert_eq!(listed(bad).unwrap_err().code, ErrorCode::Malformed, "{bad}");
        }
    }
}
