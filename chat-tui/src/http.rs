//! The HTTP half of the protocol.

mod ask;
mod channels;
mod connect;
mod link;

use hyper::Method;
use proto::http::{
    Credentials, DeleteAccount, Export, Feed, Friends, GuestWish, History, Legacy, LocalSignIn, Moderation,
    NewPassword, OwnSettings, Profile, SearchHits, Sessions, SignedIn,
};
use proto::{ErrorCode, ErrorReply, Password, Token};

use crate::clock::now;
use crate::core::history::HistoryRange;
use crate::session::{Server, Session, Source};
use crate::trust::{KeyError, OwnerError};

use ask::request;
pub use channels::{
    channel_of, channels_after, channels_named, conversation_with, fetch_channels, own_channels, public_channels_from,
};
pub use connect::{Connection, SERVICE_SOCKET, Stream, connect, in_words, is_trusted};
pub(crate) use link::Links;

impl RequestError {
    /// Tells whether nothing failed: the account waits for an operator.
    pub fn is_pending(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.code == ErrorCode::ApprovalPending)
    }

    /// Gives the reason in the words of whoever gave it.
    pub fn into_reason(self) -> String {
        match self {
            Self::Refused(refusal) => refusal.reason,
            other => other.to_string(),
        }
    }
}

/// Why a request did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The daemon could not be reached, or broke off.
    #[error("cannot reach `{server}`: {reason}")]
    Unreachable {
        /// Where.
        server: String,
        /// Why.
        reason: String,
    },
    /// The daemon said no.
    #[error("{0}")]
    Refused(ErrorReply),
    /// What answered is not taken for the server.
    #[error("cannot trust `{server}`: {error}")]
    Untrusted {
        /// Where.
        server: String,
        /// Why.
        error: KeyError,
    },
    /// Another user of this machine answers there.
    #[error("`{server}` {}", error.instead_of(unsent))]
    Elsewhere {
        /// Where.
        server: String,
        /// Who, and who it was.
        error: OwnerError,
        /// What they did not get.
        unsent: &'static str,
    },
    /// What answered is no chat daemon.
    #[error("`{0}` does not answer like a chat server; is it https, or http, or another port?")]
    Strange(String),
}

/// Gives the value of the `Host` header.
pub fn host(server: &Server) -> &str {
    match server {
        Server::Http(address) | Server::Https(address) => address.authority(),
        Server::Unix(_) => "localhost",
    }
}

/// Makes an account and signs in, with a code of the operator where the server asks for one.
///
/// # Errors
/// See [`RequestError`].
pub async fn register(
    server: &Server,
    handle: &str,
    password: &Password,
    device: &str,
    invite: Option<&str>,
) -> Result<Session, RequestError> {
    sign_in(server, "/v1/register", handle, password, device, invite).await
}

/// Signs in.
///
/// # Errors
/// See [`RequestError`].
pub async fn login(server: &Server, handle: &str, password: &Password, device: &str) -> Result<Session, RequestError> {
    sign_in(server, "/v1/login", handle, password, device, None).await
}

/// Comes in as a guest, by a name of one's wish if it is free.
///
/// # Errors
/// See [`RequestError`].
pub async fn guest(server: &Server, wish: Option<&str>) -> Result<Session, RequestError> {
    let wish = GuestWish { handle: wish.map(str::to_owned) };
    let body = serde_json::to_string(&wish).expect("texts can be written");
    opened(server, "/v1/guest", body).await
}

async fn sign_in(
    server: &Server,
    path: &str,
    handle: &str,
    password: &Password,
    device: &str,
    invite: Option<&str>,
) -> Result<Session, RequestError> {
    let (handle, device, invite) = (handle.to_owned(), Some(device.to_owned()), invite.map(str::to_owned));
    let credentials = Credentials { handle, password: password.clone(), device, invite };
    let body = serde_json::to_string(&credentials).expect("texts can be written");
    opened(server, path, body).await
}

/// Opens a session of the user that the system knows; only over a Unix socket.
///
/// # Errors
/// See [`RequestError`].
pub async fn local(server: &Server, device: &str) -> Result<Session, RequestError> {
    open_locally(server, &LocalSignIn { device: Some(device.to_owned()), ..LocalSignIn::default() }).await
}

/// Opens a session of whoever holds an ssh key, for whom the user that the system knows vouches; the first time
/// under a handle of their choice.
///
/// # Errors
/// See [`RequestError`].
pub async fn by_ssh_key(
    server: &Server,
    device: &str,
    key: &str,
    handle: Option<&str>,
) -> Result<Session, RequestError> {
    let (device, ssh_key) = (Some(device.to_owned()), Some(key.to_owned()));
    open_locally(server, &LocalSignIn { device, ssh_key, handle: handle.map(str::to_owned) }).await
}

async fn open_locally(server: &Server, wish: &LocalSignIn) -> Result<Session, RequestError> {
    opened(server, "/v1/local", serde_json::to_string(wish).expect("texts can be written")).await
}

/// Gives the account of a session another password, or its first one.
///
/// # Errors
/// See [`RequestError`].
pub async fn change_password(session: &Session, old: Option<Password>, password: Password) -> Result<(), RequestError> {
    let body = serde_json::to_string(&NewPassword { old, password }).expect("texts can be written");
    let done: Result<proto::Empty, _> =
        request(&session.server, Method::POST, "/v1/password", Some(&session.token), body).await;
    done.map(drop)
}

/// Deletes the account of a session.
///
/// # Errors
/// See [`RequestError`].
pub async fn delete_account(
    session: &Session,
    password: Option<Password>,
    content: Legacy,
) -> Result<(), RequestError> {
    let body = serde_json::to_string(&DeleteAccount { password, content }).expect("texts can be written");
    let path = "/v1/account/delete";
    let done: Result<proto::Empty, _> = request(&session.server, Method::POST, path, Some(&session.token), body).await;
    done.map(drop)
}

/// Fetches a part of what the daemon keeps of the asker: the first, or from a place on.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_export(session: &Session, from: Option<&str>) -> Result<Export, RequestError> {
    let from = from.map_or_else(String::new, |from| format!("?{}", pair("from", from)));
    let path = format!("/v1/export{from}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}

/// Opens a session by a request that gives one.
async fn opened(server: &Server, path: &str, body: String) -> Result<Session, RequestError> {
    let signed_in: SignedIn = request(server, Method::POST, path, None, body).await?;
    Ok(Session {
        server: server.clone(),
        handle: signed_in.handle,
        token: signed_in.token,
        issued_at: now(),
        expires_at: signed_in.expires_at,
        source: Source::Profile,
    })
}

/// Ends a session.
///
/// # Errors
/// See [`RequestError`].
pub async fn logout(session: &Session) -> Result<(), RequestError> {
    let done: Result<proto::Empty, _> =
        request(&session.server, Method::POST, "/v1/logout", Some(&session.token), String::new()).await;
    done.map(drop)
}

/// Fetches a page of history; the newest messages when no page is named.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_history(
    server: &Server,
    token: &Token,
    channel: proto::ChannelId,
    page: Option<HistoryRange>,
    limit: u32,
) -> Result<History, RequestError> {
    let bound = match page {
        Some(HistoryRange::Before(index)) => format!("&before={index}"),
        Some(HistoryRange::After(index)) => format!("&after={index}"),
        Some(HistoryRange::Since(version)) => format!("&since={version}"),
        None => String::new(),
    };
    let path = format!("/v1/history?channel={channel}{bound}&limit={limit}");
    request(server, Method::GET, &path, Some(token), String::new()).await
}

/// Fetches what answers a message, behind an index.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_replies(
    server: &Server,
    token: &Token,
    channel: proto::ChannelId,
    index: proto::Index,
    after: proto::Index,
) -> Result<History, RequestError> {
    let path = format!("/v1/replies?channel={channel}&index={index}&after={after}&limit=1000");
    request(server, Method::GET, &path, Some(token), String::new()).await
}

/// Fetches a message and what hangs below it.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_thread(
    server: &Server,
    token: &Token,
    channel: proto::ChannelId,
    index: proto::Index,
) -> Result<History, RequestError> {
    let path = format!("/v1/thread?channel={channel}&index={index}&limit=1000");
    request(server, Method::GET, &path, Some(token), String::new()).await
}

/// Fetches what one may know of somebody.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_profile(session: &Session, handle: &proto::Handle) -> Result<Profile, RequestError> {
    let path = format!("/v1/users/{handle}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}

/// Fetches what one may know of somebody, and what they said last.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_profile_and_posts(
    session: &Session,
    handle: &proto::Handle,
) -> Result<(Profile, SearchHits), RequestError> {
    let profile = fetch_profile(session, handle).await?;
    let path = format!("/v1/users/{handle}/messages?limit=50");
    let said = request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await?;
    Ok((profile, said))
}

/// Writes a parameter of a query.
fn pair(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

/// Fetches what friends have posted, or what somebody has, before a place.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_feed(
    session: &Session,
    of: Option<&proto::Handle>,
    before: Option<&str>,
    limit: u32,
) -> Result<Feed, RequestError> {
    let of = of.map_or_else(|| "/v1/feed".to_owned(), |handle| format!("/v1/users/{handle}/posts"));
    let before = before.map_or_else(String::new, |before| format!("&{}", pair("before", before)));
    let path = format!("{of}?limit={limit}{before}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}

/// Fetches how others stand to the asker.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_friends(session: &Session) -> Result<Friends, RequestError> {
    request(&session.server, Method::GET, "/v1/friends", Some(&session.token), String::new()).await
}

/// Fetches the asker's sessions.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_sessions(session: &Session) -> Result<Sessions, RequestError> {
    request(&session.server, Method::GET, "/v1/sessions", Some(&session.token), String::new()).await
}

/// Fetches what the asker has set for themselves.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_settings(session: &Session) -> Result<proto::Settings, RequestError> {
    let path = "/v1/settings";
    let own: OwnSettings = request(&session.server, Method::GET, path, Some(&session.token), String::new()).await?;
    Ok(own.settings)
}

/// Fetches what a channel keeps in view.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_pins(server: &Server, token: &Token, channel: proto::ChannelId) -> Result<History, RequestError> {
    let path = format!("/v1/pins?channel={channel}&limit={}", proto::bounds::PINS_MAX);
    request(server, Method::GET, &path, Some(token), String::new()).await
}

/// Fetches who is banned from a channel, and who is timed out in it.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_moderation(session: &Session, channel: proto::ChannelId) -> Result<Moderation, RequestError> {
    let path = format!("/v1/moderation?channel={channel}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}

/// Searches what one may read.
///
/// # Errors
/// See [`RequestError`].
pub async fn search_messages(server: &Server, token: &Token, wish: &SearchWish) -> Result<SearchHits, RequestError> {
    request(server, Method::GET, &search_path(wish), Some(token), String::new()).await
}

/// Searches one channel, or all that one may read.
///
/// # Errors
/// See [`RequestError`].
pub async fn search_in(
    session: &Session,
    wish: &SearchWish,
    channel: Option<proto::ChannelId>,
) -> Result<SearchHits, RequestError> {
    let channel = channel.map_or_else(String::new, |channel| format!("&channel={channel}"));
    let path = format!("{}{channel}", search_path(wish));
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}

fn search_path(wish: &SearchWish) -> String {
    let SearchWish { text, limit, offset, around } = wish;
    format!("/v1/search?{}&limit={limit}&offset={offset}&around={around}", pair("q", text))
}

/// What is searched for, and how much of it is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchWish {
    /// As people write it.
    pub text: String,
    /// Hits to be given.
    pub limit: u32,
    /// Hits to be passed over.
    pub offset: u32,
    /// Messages on each side of a hit.
    pub around: u32,
}

/// Fetches what happened to the asker, before a number.
///
/// # Errors
/// See [`RequestError`].
pub async fn fetch_catch_up(session: &Session, before: Option<u64>) -> Result<proto::CatchUp, RequestError> {
    let before = before.map_or_else(String::new, |before| format!("?before={before}"));
    let path = format!("/v1/catch-up{before}");
    request(&session.server, Method::GET, &path, Some(&session.token), String::new()).await
}
