//! Refusals: a code and a sentence for the wire. Internal causes stay in the log.

use std::fmt;
use std::time::Duration;

use proto::{ErrorCode, ErrorReply};

use crate::store::{Refused, StoreError};

/// Answers an internal failure; the cause goes to the log only.
pub(crate) fn internal(cause: &dyn fmt::Display) -> ErrorReply {
    tracing::error!(%cause, "request failed");
    ErrorReply::new(ErrorCode::Internal, "internal server error")
}

/// Answers a client that is too fast.
pub(crate) fn rate_limited(wait: Duration) -> ErrorReply {
    let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
    let reason = format!("too many requests; try again in {} s", millis.div_ceil(1_000));
    ErrorReply { retry_after_ms: Some(millis), ..ErrorReply::new(ErrorCode::RateLimited, reason) }
}

/// Answers a user for whom a channel does not exist.
pub(crate) fn no_such_channel() -> ErrorReply {
    ErrorReply::no_such_channel()
}

/// Answers what nobody can do as it was asked.
pub(crate) fn malformed(reason: &str) -> ErrorReply {
    ErrorReply::new(ErrorCode::Malformed, reason)
}

/// Answers what the store refused. `NotAMember` of a public channel is answered by
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
            let reason = "you are timed out in this channel";
            return ErrorReply { retry_after_ms: Some(millis), ..ErrorReply::new(ErrorCode::Muted, reason) };
        }
        Refused::ReadOnly => {
            (ErrorCode::NotAllowed, "this channel is read-only: only its owner and moderators can write")
        }
        Refused::HandleTaken => (ErrorCode::UserExists, "User exists"),
        Refused::AccountDisabled => (ErrorCode::NotAllowed, "this account is disabled"),
        Refused::PasswordChanged => (ErrorCode::InvalidPassword, "Invalid Password"),
        Refused::SessionEnded => (ErrorCode::TokenInvalid, "the session has ended"),
        Refused::NoSuchUser => (ErrorCode::NotFound, "nobody has this handle"),
        Refused::NoSuchChannel | Refused::NotAMember => return no_such_channel(),
        Refused::NotAllowed => (ErrorCode::NotAllowed, "your role in this channel does not allow it"),
        Refused::NotForGuests => (ErrorCode::NotAllowed, "guests can only join public channels and write there"),
        Refused::Banned => (ErrorCode::Banned, "you are banned from this channel"),
        Refused::NameTaken => (ErrorCode::NameTaken, "a public channel has this name"),
        Refused::PublicAlready => (ErrorCode::Malformed, "`close_history` is only for making a private channel public"),
        Refused::LooksTaken => (ErrorCode::NameTaken, "a public channel has a name that looks like this one"),
        Refused::TooManyPublicChannels => {
            (ErrorCode::NotAllowed, "this server has reached its limit of public channels")
        }
        Refused::NoSuchMessage => (ErrorCode::NoSuchMessage, "there is no such message"),
        Refused::NotTheAuthor => (ErrorCode::NotAllowed, "this message is not yours"),
        Refused::TooManyReactions => {
            (ErrorCode::NotAllowed, "this message has reached its limit of different reactions")
        }
        Refused::TooManyReactionsOfOne => {
            (ErrorCode::NotAllowed, "you have reached your limit of different reactions on this message")
        }
        Refused::TooManyPins => (ErrorCode::NotAllowed, "this channel has reached its limit of pinned messages"),
        Refused::NonceReused => (ErrorCode::NonceReused, "the nonce was used for another message"),
        Refused::NoSuchInvite => (ErrorCode::NotFound, "this invite code is invalid, used up or expired"),
        Refused::TooManyInvites => (ErrorCode::NotAllowed, "this channel has reached its limit of invite codes"),
        Refused::LobbyIsPermanent => {
            (ErrorCode::NotAllowed, "the lobby cannot be deleted, renamed or made private: new users start there")
        }
        Refused::TooManyMemberships => (ErrorCode::NotAllowed, "this account has reached its limit of joined channels"),
        Refused::TooManyChannels => (ErrorCode::NotAllowed, "this account has reached its limit of created channels"),
        Refused::NothingToSearch => {
            (ErrorCode::Malformed, "nothing to search for: give a word, a sign, or `from:HANDLE`")
        }
        Refused::NotInvited => {
            (ErrorCode::RegistrationClosed, "registration needs an invitation; this one is invalid or used up")
        }
        Refused::NoMember => (ErrorCode::NotFound, "this person is not a member of the channel"),
        Refused::NotOfWalls => (ErrorCode::NotAllowed, "a wall has no members, and its owner cannot change"),
        Refused::NotOfConversations => (ErrorCode::NotAllowed, "a direct conversation has no owner"),
        Refused::TooManyApplicants => (ErrorCode::RegistrationClosed, "too many sign-ups wait for approval"),
        Refused::TooManyApplicantsThere => {
            (ErrorCode::RegistrationClosed, "too many sign-ups from your network wait for approval")
        }
        Refused::NoSuchSession => (ErrorCode::NotFound, "you have no such session"),
        Refused::OnlyReplies => {
            (ErrorCode::NotAllowed, "only the owner of a wall can post there; reply to a post instead")
        }
        Refused::Unusable => (ErrorCode::NotAllowed, "this account is disabled: it cannot have a role"),
        Refused::Gone => (ErrorCode::NotFound, "this account was deleted"),
        Refused::RecipientRefuses => (ErrorCode::NotAllowed, "this person does not accept direct messages from you"),
        Refused::BlockedByAsker => (ErrorCode::NotAllowed, "you have blocked this person"),
        Refused::SelfTarget => (ErrorCode::NotAllowed, "you cannot do this to yourself"),
        Refused::TooManyRelations => (ErrorCode::NotAllowed, "you have reached the limit of friends or blocked people"),
        Refused::NoRoom => (ErrorCode::StorageFull, "the storage of the server is full, nothing was stored"),
        Refused::StoredTooMuch => (
            ErrorCode::StorageFull,
            "you have reached the storage limit of an account: delete something, or ask the operator",
        ),
        Refused::TooManyMembers => (ErrorCode::NotAllowed, "this channel has reached its limit of members"),
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
