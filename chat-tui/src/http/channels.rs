//! The list of channels: whole, in parts, or what one name stands for.

use hyper::Method;
use proto::http::{ChannelSummary, Channels};
use proto::{ChannelId, ChannelKind, ChannelName, Handle, Token};

use super::{RequestError, pair, request};
use crate::session::{Server, Session};

/// Fetches the asker's channels, and whether there are public ones beside them.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_channels(server: &Server, token: &Token) -> Result<Channels, RequestError> {
    request(server, Method::GET, "/v1/channels?limit=0", Some(token), String::new()).await
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
    let text = text.map(|text| pair("q", text));
    let after = after.map(|after| pair("after", after.as_str()));
    matching(session, &text.into_iter().chain(after).collect::<Vec<_>>().join("&")).await
}

/// Fetches some public channels by name, from these letters on.
///
/// # Errors
/// See [`RequestError`].
pub async fn public_channels_from(session: &Session, begin: &str, limit: u32) -> Result<Channels, RequestError> {
    let after = Some(begin).filter(|begin| !begin.is_empty()).map(|begin| pair("after", begin));
    matching(session, &[format!("limit={limit}")].into_iter().chain(after).collect::<Vec<_>>().join("&")).await
}

/// Fetches the asker's channels and no others.
///
/// # Errors
/// See [`RequestError`].
pub async fn own_channels(session: &Session) -> Result<Vec<ChannelSummary>, RequestError> {
    let list = matching(session, "limit=0").await?;
    Ok(list.channels.into_iter().filter(|channel| channel.member).collect())
}

/// Fetches what a name stands for: channels of this name that the asker is in, and the public one.
///
/// # Errors
/// See [`RequestError`].
pub async fn channels_named(session: &Session, name: &ChannelName) -> Result<Vec<ChannelSummary>, RequestError> {
    let list = matching(session, &pair("name", name.as_str())).await?;
    Ok(list.channels.into_iter().filter(|channel| channel.name == *name).collect())
}

/// Fetches the direct conversation with somebody, if it is open.
///
/// # Errors
/// See [`RequestError`].
pub async fn conversation_with(session: &Session, handle: &Handle) -> Result<Option<ChannelSummary>, RequestError> {
    let list = matching(session, &format!("{}&limit=0", pair("q", handle.as_str()))).await?;
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
    let list = matching(session, &pair("id", &id.to_string())).await?;
    Ok(list.channels.into_iter().find(|channel| channel.id == id))
}

async fn matching(session: &Session, query: &str) -> Result<Channels, RequestError> {
    let path = format!("/v1/channels?{query}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}
