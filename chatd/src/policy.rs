//! Who may do what. Only this module makes a [`SignedIn`] and a [`Member`], and handlers ask for one.
//!
//! Of those who are connected the registry answers at once, of others the store does. The store asks the same question
//! again inside its transaction, so a membership that ends in between ends it for the request too.

use proto::{ChannelId, ChannelKind, ErrorCode, ErrorReply, Handle, SessionId, Timestamp, Token};

use crate::daemon::Daemon;
use crate::error::{no_such_channel, store_error};
use crate::hub::Hub;
use crate::store::{ChannelAccess, LinkSecret, Refused, StoreError, StoredLink, StoredSession, UserId};
use crate::token::TokenError;

/// Somebody whose token is valid and whose session is alive.
#[derive(Debug, Clone)]
pub struct SignedIn {
    user: UserId,
    handle: Handle,
    /// Whether it was a guest's when they signed in.
    guest: bool,
    session: SessionId,
    expires: Timestamp,
}

impl SignedIn {
    /// Gives the account that is signed in.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Gives the handle of the account.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Gives the session that the person is signed in with.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// When the token ends.
    pub fn expires(&self) -> Timestamp {
        self.expires
    }
}

/// Somebody's membership of a channel, or their right to read a wall.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    user: UserId,
    channel: ChannelId,
}

impl Member {
    /// The account of the member.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The channel that they are in, or the wall that they may read.
    pub fn channel(&self) -> ChannelId {
        self.channel
    }
}

/// Finds out who holds a token.
///
/// # Errors
/// `token_invalid` or `token_expired`.
pub async fn sign_in(daemon: &Daemon, token: &Token) -> Result<SignedIn, ErrorReply> {
    let claims = daemon.keys.tokens.verify(token, daemon.clock.now()).map_err(|error| {
        let code = match error {
            TokenError::Invalid => ErrorCode::TokenInvalid,
            TokenError::Expired => ErrorCode::TokenExpired,
        };
        ErrorReply::new(code, error.to_string())
    })?;
    let session = daemon.store.session(claims.session).await.map_err(|error| store_error(&error))?;
    match session {
        Some(session) if session.handle == claims.handle => {
            daemon.session_activity.note(claims.session, daemon.clock.now(), None);
            Ok(SignedIn {
                user: session.user,
                handle: session.handle,
                guest: session.guest,
                session: claims.session,
                expires: claims.expires,
            })
        }
        _ => Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended")),
    }
}

/// Lets in who opens a link: they act as the one who made it, as long as that one is signed in.
///
/// # Errors
/// `not_found` when it has ended, or was none of ours.
pub async fn by_link(daemon: &Daemon, secret: &LinkSecret) -> Result<(SignedIn, StoredLink), ErrorReply> {
    let link = daemon.store.link(secret.clone(), daemon.clock.now()).await.map_err(|error| store_error(&error))?;
    let link = link.ok_or_else(|| store_error(&Refused::NoSuchLink.into()))?;
    let session = daemon.store.session(link.session).await.map_err(|error| store_error(&error))?;
    let StoredSession { user, handle, guest, .. } = session.ok_or_else(|| store_error(&Refused::NoSuchLink.into()))?;
    Ok((SignedIn { user, handle, guest, session: link.session, expires: link.expires }, link))
}

/// Tells whether somebody is a guest.
pub fn is_guest(hub: &Hub, who: &SignedIn) -> bool {
    // On a connection that stays open they may have become more.
    hub.is_guest(who.user).unwrap_or(who.guest)
}

/// Keeps guests from what they may not do.
///
/// # Errors
/// `not_allowed` for a guest.
pub fn require_no_guest(hub: &Hub, who: &SignedIn) -> Result<(), ErrorReply> {
    if is_guest(hub, who) { Err(store_error(&Refused::NotForGuests.into())) } else { Ok(()) }
}

/// Lets a member in.
///
/// # Errors
/// `not_a_member` of a public channel; anything else does not exist.
pub async fn member(daemon: &Daemon, who: &SignedIn, channel: ChannelId) -> Result<Member, ErrorReply> {
    let member = Member { user: who.user, channel };
    if daemon.hub.role(&channel, who.user).is_some() {
        return Ok(member);
    }
    match Box::pin(access(daemon, who.user, channel)).await? {
        Some(ChannelAccess { role: Some(_), .. }) => Ok(member),
        Some(ChannelAccess { kind, .. }) => Err(not_a_member(kind)),
        None => Err(no_such_channel()),
    }
}

/// Lets somebody in who is a member, or may read the wall that the channel is.
///
/// # Errors
/// As [`member`].
pub async fn reader(daemon: &Daemon, who: &SignedIn, channel: ChannelId) -> Result<Member, ErrorReply> {
    let member = Member { user: who.user, channel };
    if daemon.hub.may_read(&channel, who.user) {
        return Ok(member);
    }
    match Box::pin(access(daemon, who.user, channel)).await? {
        Some(ChannelAccess { role: Some(_), .. } | ChannelAccess { reads_wall: true, .. }) => Ok(member),
        Some(ChannelAccess { kind, .. }) => Err(not_a_member(kind)),
        None => Err(no_such_channel()),
    }
}

/// Asks the store, which also knows of those who are not connected. Callers box it: it is seldom asked, and each message
/// would hold the room for it.
async fn access(daemon: &Daemon, user: UserId, channel: ChannelId) -> Result<Option<ChannelAccess>, ErrorReply> {
    daemon.store.access(user, channel).await.map_err(|error| store_error(&error))
}

/// Says what the store's refusal means to somebody who asked about a channel.
pub(crate) async fn explained<T>(
    daemon: &Daemon,
    user: UserId,
    channel: ChannelId,
    outcome: Result<T, StoreError>,
) -> Result<T, ErrorReply> {
    let error = match outcome {
        Ok(done) => return Ok(done),
        Err(error) => error,
    };
    if error == Refused::NotAMember.into()
        && let Some(ChannelAccess { kind, .. }) = Box::pin(access(daemon, user, channel)).await?
    {
        return Err(not_a_member(kind));
    }
    Err(store_error(&error))
}

fn not_a_member(kind: ChannelKind) -> ErrorReply {
    match kind {
        ChannelKind::Public => ErrorReply::new(ErrorCode::NotAMember, "you are not in this channel, join it first"),
        ChannelKind::Private | ChannelKind::Dm | ChannelKind::Wall | ChannelKind::Unknown => no_such_channel(),
    }
}
