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

/// How long who meets another request for the same thing is to wait.
const BUSY_MILLIS: u64 = 1_000;

/// Answers one who asks for what another request has in hand.
pub(crate) fn busy(reason: &str) -> ErrorReply {
    ErrorReply { retry_after_ms: Some(BUSY_MILLIS), ..ErrorReply::new(ErrorCode::RateLimited, reason) }
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
        StoreError::Failed(reason) | StoreError::Broken(reason) | StoreError::Damaged(reason) => internal(reason),
    }
}

fn refusal(refused: Refused) -> ErrorReply {
    let reason = match refused {
        Refused::TooSoon(millis) => return rate_limited(Duration::from_millis(millis)),
        Refused::NoSuchChannel | Refused::NotAMember => return no_such_channel(),
        Refused::Muted(_) => "you are timed out in this channel",
        Refused::ReadOnly => "this channel is read-only: only its owner and moderators can write",
        Refused::HandleTaken => "User exists",
        Refused::AccountDisabled => "this account is disabled",
        Refused::PasswordChanged => "Invalid Password",
        Refused::SessionEnded => "the session has ended",
        Refused::NoSuchUser => "nobody has this handle",
        Refused::NotAllowed => "your role in this channel does not allow it",
        Refused::NotForGuests => "guests can only join public channels and write there",
        Refused::Banned => "you are banned from this channel",
        Refused::NameTaken => "a public channel has this name",
        Refused::PublicAlready => "`close_history` is only for making a private channel public",
        Refused::LooksTaken => "a public channel has a name that looks like this one",
        Refused::TooManyPublicChannels => "this server has reached its limit of public channels",
        Refused::NoSuchMessage => "there is no such message",
        Refused::NotTheAuthor => "this message is not yours",
        Refused::TooManyReactions => "this message has reached its limit of different reactions",
        Refused::TooManyReactionsOfOne => "you have reached your limit of different reactions on this message",
        Refused::TooManyPins => "this channel has reached its limit of pinned messages",
        Refused::NonceReused => "the nonce was used for another message",
        Refused::NoSuchInvite => "this invite code is invalid, used up or expired",
        Refused::NoSuchLink => "this link has ended, or was used: ask for another one",
        Refused::TooManyInvites => "this channel has reached its limit of invite codes",
        Refused::LobbyIsPermanent => "the lobby cannot be deleted, renamed or made private: new users start there",
        Refused::TooManyMemberships => "this account has reached its limit of joined channels",
        Refused::TooManyChannels => "this account has reached its limit of created channels",
        Refused::NothingToSearch => "nothing to search for: give a word, a sign, or `from:HANDLE`",
        Refused::NotInvited => "registration needs an invitation; this one is invalid or used up",
        Refused::NoMember => "this person is not a member of the channel",
        Refused::NotOfWalls => "a wall has no members, and its owner cannot change",
        Refused::NotOfConversations => "a direct conversation has no owner",
        Refused::TooManyApplicants => "too many sign-ups wait for approval",
        Refused::TooManyApplicantsThere => "too many sign-ups from your network wait for approval",
        Refused::NoSuchSession => "you have no such session",
        Refused::OnlyReplies => "only the owner of a wall can post there; reply to a post instead",
        Refused::Unusable => "this account is disabled: it cannot have a role",
        Refused::Gone => "this account was deleted",
        Refused::RecipientRefuses => "this person does not accept direct messages from you",
        Refused::BlockedByAsker => "you have blocked this person",
        Refused::SelfTarget => "you cannot do this to yourself",
        Refused::TooManyRelations => "you have reached the limit of friends or blocked people",
        Refused::NoRoom => "the storage of the server is full, nothing was stored",
        Refused::NoSuchFile => "there is no such file",
        Refused::UploadedTooMuch => {
            "you have reached the storage limit for files of an account: delete messages with files, or ask the operator"
        }
        Refused::TooManyFiles => "the storage of the server for files is full, nothing was stored",
        Refused::StoredTooMuch => {
            "you have reached the storage limit of an account: delete something, or ask the operator"
        }
        Refused::TooManyMembers => "this channel has reached its limit of members",
    };
    let retry_after_ms = if let Refused::Muted(millis) = refused { Some(millis) } else { None };
    ErrorReply { retry_after_ms, ..ErrorReply::new(code(refused), reason) }
}

/// Gives what a refusal is for programs.
fn code(refused: Refused) -> ErrorCode {
    match refused {
        Refused::ReadOnly
        | Refused::AccountDisabled
        | Refused::NotAllowed
        | Refused::NotForGuests
        | Refused::TooManyPublicChannels
        | Refused::NotTheAuthor
        | Refused::TooManyReactions
        | Refused::TooManyReactionsOfOne
        | Refused::TooManyPins
        | Refused::TooManyInvites
        | Refused::LobbyIsPermanent
        | Refused::TooManyMemberships
        | Refused::TooManyChannels
        | Refused::NotOfWalls
        | Refused::NotOfConversations
        | Refused::OnlyReplies
        | Refused::Unusable
        | Refused::RecipientRefuses
        | Refused::BlockedByAsker
        | Refused::SelfTarget
        | Refused::TooManyRelations
        | Refused::TooManyMembers => ErrorCode::NotAllowed,
        Refused::HandleTaken => ErrorCode::UserExists,
        Refused::PasswordChanged => ErrorCode::InvalidPassword,
        Refused::SessionEnded => ErrorCode::TokenInvalid,
        Refused::NoSuchUser
        | Refused::NoSuchInvite
        | Refused::NoSuchLink
        | Refused::NoMember
        | Refused::NoSuchSession
        | Refused::Gone => ErrorCode::NotFound,
        Refused::Banned => ErrorCode::Banned,
        Refused::NameTaken | Refused::LooksTaken => ErrorCode::NameTaken,
        Refused::PublicAlready | Refused::NothingToSearch => ErrorCode::Malformed,
        Refused::NoSuchMessage => ErrorCode::NoSuchMessage,
        Refused::NonceReused => ErrorCode::NonceReused,
        Refused::NotInvited | Refused::TooManyApplicants | Refused::TooManyApplicantsThere => {
            ErrorCode::RegistrationClosed
        }
        Refused::NoRoom | Refused::StoredTooMuch | Refused::UploadedTooMuch | Refused::TooManyFiles => {
            ErrorCode::StorageFull
        }
        Refused::NoSuchFile => ErrorCode::NoSuchFile,
        Refused::Muted(_) => ErrorCode::Muted,
        Refused::TooSoon(_) => ErrorCode::RateLimited,
        Refused::NoSuchChannel | Refused::NotAMember => ErrorCode::NoSuchChannel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_inside_stays_inside() {
        for error in
            [StoreError::Failed, StoreError::Broken, StoreError::Damaged].map(|kind| kind("/secret/path".into()))
        {
            let told = store_error(&error);
            assert_eq!(told.code, ErrorCode::Internal);
            assert!(!told.reason.contains("secret"), "{}", told.reason);
        }
    }
}
