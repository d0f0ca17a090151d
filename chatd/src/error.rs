//! What went wrong, in the words of the wire. Inner causes stay in the log.

use std::fmt;
use std::time::Duration;

use proto::{ErrorCode, ErrorReply};

use crate::store::{Refused, StoreError};

/// Answers a failure inside; the cause goes to the log only.
pub(crate) fn internal(cause: &dyn fmt::Display) -> ErrorReply {
    tracing::error!(%cause, "a request failed inside");
    ErrorReply::new(ErrorCode::Internal, "the server failed to do this")
}

/// Answers one who is too fast.
pub(crate) fn rate_limited(wait: Duration) -> ErrorReply {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let reason = format!("too much in too short a time, wait {} s", millis.div_ceil(1_000));
    ErrorReply { retry_after_ms: Some(millis), ..ErrorReply::new(ErrorCode::RateLimited, reason) }
}

/// Answers one for whom a channel does not exist.
pub(crate) fn no_such_channel() -> ErrorReply {
    ErrorReply::new(ErrorCode::NoSuchChannel, "there is no such channel")
}

/// Answers what the store refused. `NotAMember` of a public channel is told by
/// [`crate::policy`], which knows the kind of the channel.
pub(crate) fn store_error(error: &StoreError) -> ErrorReply {
    match error {
        StoreError::Refused(refused) => refusal(*refused),
        StoreError::Full => {
            ErrorReply::new(ErrorCode::StorageFull, "the storage of the server is full, nothing was stored")
        }
        StoreError::Failed(reason) | StoreError::Broken(reason) => internal(reason),
    }
}

fn refusal(refused: Refused) -> ErrorReply {
    let (code, reason) = match refused {
        Refused::TooSoon(millis) => return rate_limited(Duration::from_millis(millis)),
        Refused::Muted(millis) => {
            let reason = "you may not speak here for now";
            return ErrorReply { retry_after_ms: Some(millis), ..ErrorReply::new(ErrorCode::Muted, reason) };
        }
        Refused::ReadOnly => (ErrorCode::NotAllowed, "only owner and moderators speak here"),
        Refused::HandleTaken => (ErrorCode::UserExists, "User exists"),
        Refused::AccountDisabled => (ErrorCode::NotAllowed, "this account is disabled"),
        Refused::PasswordChanged => (ErrorCode::InvalidPassword, "Invalid Password"),
        Refused::SessionEnded => (ErrorCode::TokenInvalid, "the session has ended"),
        Refused::NoSuchUser => (ErrorCode::NotFound, "nobody has this handle"),
        Refused::NoSuchChannel | Refused::NotAMember => return no_such_channel(),
        Refused::NotAllowed => (ErrorCode::NotAllowed, "your role in this channel does not allow it"),
        Refused::NotForGuests => (ErrorCode::NotAllowed, "guests join and speak in public channels, nothing more"),
        Refused::Banned => (ErrorCode::Banned, "you are banned from this channel"),
        Refused::NameTaken => (ErrorCode::NameTaken, "a public channel has this name"),
        Refused::PublicAlready => (ErrorCode::Malformed, "`close_history` goes with making a private channel public"),
        Refused::LooksTaken => (ErrorCode::NameTaken, "a public channel has a name that looks like this one"),
        Refused::TooManyPublicChannels => (ErrorCode::NotAllowed, "there are as many public channels as there may be"),
        Refused::NoSuchMessage => (ErrorCode::NoSuchMessage, "there is no such message"),
        Refused::NotTheAuthor => (ErrorCode::NotAllowed, "this message is somebody else's"),
        Refused::TooManyReactions => (ErrorCode::NotAllowed, "this message has as many different reactions as it may"),
        Refused::TooManyReactionsOfOne => {
            (ErrorCode::NotAllowed, "this message has as many different reactions of yours as it may")
        }
        Refused::TooManyPins => (ErrorCode::NotAllowed, "this channel keeps as many messages in view as it may"),
        Refused::NonceReused => (ErrorCode::NonceReused, "the nonce was used for another message"),
        Refused::NoSuchInvite => (ErrorCode::NotFound, "this invitation is not good, or no longer"),
        Refused::TooManyInvites => (ErrorCode::NotAllowed, "this channel has as many invitations as it may"),
        Refused::LobbyStays => (ErrorCode::NotAllowed, "the lobby stays: whoever comes anew is shown it"),
        Refused::TooManyMemberships => (ErrorCode::NotAllowed, "this account has joined as many channels as it may"),
        Refused::TooManyChannels => (ErrorCode::NotAllowed, "this account has created as many channels as it may"),
        Refused::NothingToSearch => {
            (ErrorCode::Malformed, "nothing to search for: give a word, a sign, or `from:HANDLE`")
        }
        Refused::NotInvited => (ErrorCode::RegistrationClosed, "accounts take an invitation, and this one is not good"),
        Refused::NoMember => (ErrorCode::NotFound, "this person is no member of the channel"),
        Refused::NotOfWalls => (ErrorCode::NotAllowed, "nobody is a member of a wall, and nobody is given it"),
        Refused::NotOfConversations => (ErrorCode::NotAllowed, "a direct conversation is nobody's to give"),
        Refused::TooManyApplicants => (ErrorCode::RegistrationClosed, "too many wait for an account already"),
        Refused::TooManyApplicantsThere => {
            (ErrorCode::RegistrationClosed, "too many from your network wait for an account already")
        }
        Refused::NoSuchSession => (ErrorCode::NotFound, "you have no such session"),
        Refused::OnlyReplies => (ErrorCode::NotAllowed, "only its owner posts on a wall; answer a post"),
        Refused::Unusable => (ErrorCode::NotAllowed, "this account is disabled: its person could not use the role"),
        Refused::Gone => (ErrorCode::NotFound, "this account is gone: nobody would read it"),
        Refused::NotHeard => (ErrorCode::NotAllowed, "this person does not take messages from you"),
        Refused::BlockedByAsker => (ErrorCode::NotAllowed, "you have blocked this person"),
        Refused::Oneself => (ErrorCode::NotAllowed, "this is yourself"),
        Refused::TooManyRelations => (ErrorCode::NotAllowed, "there are as many friends, or blocked ones, as may be"),
        Refused::NoRoom => (ErrorCode::StorageFull, "the storage of the server is full, nothing was stored"),
        Refused::StoredTooMuch => (
            ErrorCode::StorageFull,
            "you have stored as much as one account may: delete some of it, or ask the operator",
        ),
        Refused::TooManyMembers => (ErrorCode::NotAllowed, "the channel has as many members as it may"),
    };
    ErrorReply::new(code, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_inside_stays_inside() {
        for error in [StoreError::Failed("/secret/path".into()), StoreError::Broken("/secret/path".into())] {
            let told = store_error(&error);
            assert_eq!(told.code, ErrorCode::Internal);
            assert!(!told.reason.contains("secret"), "{}", told.reason);
        }
    }
}
