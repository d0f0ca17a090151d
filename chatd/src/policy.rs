//! Who may do what. Only this module makes a [`SignedIn`] and a [`Member`], and handlers ask for one.
//!
//! The registry answers at once; the store asks the same question again inside its transaction, so a
//! membership that ends in between ends it for the request too.

use proto::{ChannelId, ChannelKind, ErrorCode, ErrorReply, Handle, SessionId, Timestamp, Token};

use crate::daemon::Daemon;
use crate::error::{no_such_channel, store_error};
use crate::hub::Hub;
use crate::store::{Refused, StoreError, UserId};
use crate::token::TokenError;

/// Somebody whose token is valid and whose session is alive.
#[derive(Debug, Clone)]
pub struct SignedIn {
    user: UserId,
    handle: Handle,
    session: SessionId,
    expires: Timestamp,
}

impl SignedIn {
    /// The account.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Its handle.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// The session.
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
    /// Who.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Where.
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
            daemon.usage.note(claims.session, daemon.clock.now(), None);
            Ok(SignedIn {
                user: session.user,
                handle: session.handle,
                session: claims.session,
                expires: claims.expires,
            })
        }
        _ => Err(ErrorReply::new(ErrorCode::TokenInvalid, "the session has ended")),
    }
}

/// Keeps guests from what they may not do.
///
/// # Errors
/// `not_allowed` for a guest.
pub fn require_no_guest(hub: &Hub, who: &SignedIn) -> Result<(), ErrorReply> {
    if hub.is_guest(who.user) { Err(store_error(&Refused::NotForGuests.into())) } else { Ok(()) }
}

/// Lets a member in.
///
/// # Errors
/// `not_a_member` of a public channel; anything else does not exist.
pub fn member(hub: &Hub, who: &SignedIn, channel: ChannelId) -> Result<Member, ErrorReply> {
    match hub.standing(&channel, who.user) {
        Some((_, Some(_))) => Ok(Member { user: who.user, channel }),
        Some((kind, None)) => Err(not_a_member(kind)),
        None => Err(no_such_channel()),
    }
}

/// Lets somebody in who is a member, or may read the wall that the channel is.
///
/// # Errors
/// As [`member`].
pub fn reader(hub: &Hub, who: &SignedIn, channel: ChannelId) -> Result<Member, ErrorReply> {
    if hub.reads_wall(&channel, who.user) {
        return Ok(Member { user: who.user, channel });
    }
    member(hub, who, channel)
}

/// Gives the answer to what the store refused about a channel.
pub(crate) fn channel_error(hub: &Hub, channel: &ChannelId, user: UserId, error: &StoreError) -> ErrorReply {
    match (error, hub.standing(channel, user)) {
        (StoreError::Refused(Refused::NotAMember), Some((kind, _))) => not_a_member(kind),
        _ => store_error(error),
    }
}

fn not_a_member(kind: ChannelKind) -> ErrorReply {
    match kind {
        ChannelKind::Public => ErrorReply::new(ErrorCode::NotAMember, "you are not in this channel, join it first"),
        ChannelKind::Private | ChannelKind::Dm | ChannelKind::Wall | ChannelKind::Unknown => no_such_channel(),
    }
}
