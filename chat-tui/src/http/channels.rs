//! The list of channels: whole, in parts, or what one name stands for.

use proto::http::endpoints::ListChannels;
use proto::http::{ChannelSummary, Channels, ChannelsQuery, Count};
use proto::{ChannelId, ChannelKind, ChannelName, Handle};

use super::RequestError;
use super::ask::ask;
use crate::session::Session;

/// Fetches the asker's channels, and whether there are other public ones.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_channels(session: &Session) -> Result<Channels, RequestError> {
    matching(session, ChannelsQuery { limit: Some(Count::new(0)), ..ChannelsQuery::default() }).await
}

/// Fetches a part of the list: with this text in name or topic, and behind a public one.
///
/// # Errors
/// See [`RequestError`].
pub async fn channels_after(
    session: &Session,
    text: Option<&str>,
    after: Option<&ChannelName>,
) -> Result<Channels, RequestError> {
    let (q, after) = (text.map(str::to_owned), after.map(ChannelName::to_string));
    matching(session, ChannelsQuery { q, after, ..ChannelsQuery::default() }).await
}

/// Fetches some public channels by name, from these letters on.
///
/// # Errors
/// See [`RequestError`].
pub async fn public_channels_from(session: &Session, begin: &str, limit: u32) -> Result<Channels, RequestError> {
    let after = Some(begin.to_owned()).filter(|begin| !begin.is_empty());
    let limit = Some(Count::new(limit as usize));
    matching(session, ChannelsQuery { after, limit, ..ChannelsQuery::default() }).await
}

/// Fetches the asker's channels and no others.
///
/// # Errors
/// See [`RequestError`].
pub async fn own_channels(session: &Session) -> Result<Vec<ChannelSummary>, RequestError> {
    let list = fetch_channels(session).await?;
    Ok(list.channels.into_iter().filter(|channel| channel.member).collect())
}

/// Fetches what a name stands for: channels of this name that the asker is in, and the public one.
///
/// # Errors
/// See [`RequestError`].
pub async fn channels_named(session: &Session, name: &ChannelName) -> Result<Vec<ChannelSummary>, RequestError> {
    let query = ChannelsQuery { name: Some(name.to_string()), ..ChannelsQuery::default() };
    let list = matching(session, query).await?;
    Ok(list.channels.into_iter().filter(|channel| channel.name == *name).collect())
}

/// Fetches the direct conversation with somebody, if it is open.
///
/// # Errors
/// See [`RequestError`].
pub async fn conversation_with(session: &Session, handle: &Handle) -> Result<Option<ChannelSummary>, RequestError> {
    let (q, limit) = (Some(handle.to_string()), Some(Count::new(0)));
    let list = matching(session, ChannelsQuery { q, limit, ..ChannelsQuery::default() }).await?;
    let is_meant = |channel: &ChannelSummary| {
        channel.kind == ChannelKind::Dm && channel.member && channel.name.as_str() == handle.as_str()
    };
    Ok(list.channels.into_iter().find(is_meant))
}

/// Fetches a channel that the asker is in, or a public one, by its id.
///
/// # Errors
/// See [`RequestError`].
pub async fn channel_of(session: &Session, id: ChannelId) -> Result<Option<ChannelSummary>, RequestError> {
    let list = matching(session, ChannelsQuery { id: Some(id), ..ChannelsQuery::default() }).await?;
    Ok(list.channels.into_iter().find(|channel| channel.id == id))
}

async fn matching(session: &Session, query: ChannelsQuery) -> Result<Channels, RequestError> {
    ask(&session.server, &session.token, &ListChannels, &query).await
}
