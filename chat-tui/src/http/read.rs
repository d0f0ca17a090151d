//! Reading: what the daemon knows, apart from the list of channels.

use proto::http::endpoints::{
    ListFriends, ListModeration, ListSessions, ReadCatchUp, ReadExport, ReadFeed, ReadHistory, ReadPins, ReadPosts,
    ReadProfile, ReadReplies, ReadSettings, ReadThread, SearchMessages, SearchOf,
};
use proto::http::{
    Call, CatchUpQuery, Count, Export, ExportQuery, Feed, FeedQuery, Friends, History, HistoryQuery, Moderation,
    ModerationQuery, NoQuery, PinsQuery, Profile, RepliesQuery, SearchHits, SearchOfQuery, SearchQuery, Sessions,
    ThreadQuery,
};
use proto::{CatchUp, ChannelId, Handle, Index, PageCursor, Settings, Token, bounds, http};

use super::RequestError;
use super::ask::ask;
use crate::core::history::HistoryRange;
use crate::session::{Server, Session};

/// Messages that are shown with a profile.
const SAID_LAST: usize = 50;

/// Asks an endpoint as a session.
async fn read<C: Call<Body = ()>>(session: &Session, at: &C, query: &C::Query) -> Result<C::Answer, RequestError> {
    ask(&session.server, &session.token, at, query).await
}

/// Fetches a page of history; the newest messages when no page is named.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_history(
    server: &Server,
    token: &Token,
    channel: ChannelId,
    page: Option<HistoryRange>,
    limit: u32,
) -> Result<History, RequestError> {
    let range = match page {
        Some(HistoryRange::Before(index)) => http::HistoryRange::Before(index),
        Some(HistoryRange::After(index)) => http::HistoryRange::After(index),
        Some(HistoryRange::Since(version)) => http::HistoryRange::Since(version),
        None => http::HistoryRange::Newest,
    };
    let limit = Some(Count::new(limit as usize));
    ask(server, token, &ReadHistory, &HistoryQuery { channel, range, limit }).await
}

/// Fetches the replies to a message, after an index.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_replies(
    session: &Session,
    channel: ChannelId,
    index: Index,
    after: Index,
) -> Result<History, RequestError> {
    let limit = Some(Count::new(bounds::HISTORY_MESSAGES_MAX));
    read(session, &ReadReplies, &RepliesQuery { channel, index, after: Some(after), limit }).await
}

/// Fetches a message and all replies below it.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_thread(session: &Session, channel: ChannelId, index: Index) -> Result<History, RequestError> {
    let limit = Some(Count::new(bounds::HISTORY_MESSAGES_MAX));
    read(session, &ReadThread, &ThreadQuery { channel, index, limit }).await
}

/// Fetches the pinned messages of a channel.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_pins(session: &Session, channel: ChannelId) -> Result<History, RequestError> {
    let limit = Some(Count::new(bounds::PINS_MAX));
    read(session, &ReadPins, &PinsQuery { channel, limit }).await
}

/// Fetches who is banned from a channel, and who is timed out in it.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_moderation(session: &Session, channel: ChannelId) -> Result<Moderation, RequestError> {
    read(session, &ListModeration, &ModerationQuery { channel }).await
}

/// Searches what the asker may read.
///
/// # Errors
/// See [`RequestError`].
pub async fn search_messages(session: &Session, query: &SearchQuery) -> Result<SearchHits, RequestError> {
    read(session, &SearchMessages, query).await
}

/// Fetches a profile.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_profile(session: &Session, handle: &Handle) -> Result<Profile, RequestError> {
    read(session, &ReadProfile::of(handle), &NoQuery).await
}

/// Fetches a profile, and the last messages of its user.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_profile_and_posts(
    session: &Session,
    handle: &Handle,
) -> Result<(Profile, SearchHits), RequestError> {
    let profile = fetch_profile(session, handle).await?;
    let query = SearchOfQuery { limit: Some(Count::new(SAID_LAST)), offset: None };
    Ok((profile, read(session, &SearchOf::of(handle), &query).await?))
}

/// Fetches what friends have posted, or what somebody has, before a place.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_feed(
    session: &Session,
    author: Option<&Handle>,
    before: Option<&PageCursor>,
    limit: u32,
) -> Result<Feed, RequestError> {
    let query = FeedQuery { limit: Some(Count::new(limit as usize)), before: before.cloned() };
    match author {
        Some(author) => read(session, &ReadPosts::of(author), &query).await,
        None => read(session, &ReadFeed, &query).await,
    }
}

/// Fetches the asker's friends, friend requests and blocked users.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_friends(session: &Session) -> Result<Friends, RequestError> {
    read(session, &ListFriends, &NoQuery).await
}

/// Fetches the asker's sessions.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_sessions(session: &Session) -> Result<Sessions, RequestError> {
    read(session, &ListSessions, &NoQuery).await
}

/// Fetches what the asker has set for themselves.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_settings(session: &Session) -> Result<Settings, RequestError> {
    read(session, &ReadSettings, &NoQuery).await.map(|own| own.settings)
}

/// Fetches the asker's Activity, before a number.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_catch_up(session: &Session, before: Option<u64>) -> Result<CatchUp, RequestError> {
    read(session, &ReadCatchUp, &CatchUpQuery { before, limit: None }).await
}

/// Fetches a part of what the daemon keeps of the asker: the first, or from a place on.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_export(session: &Session, from: Option<&PageCursor>) -> Result<Export, RequestError> {
    read(session, &ReadExport, &ExportQuery { from: from.cloned() }).await
}
