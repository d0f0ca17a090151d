//! What the screen says of refusals of what concerns an account: signing in and up, its password, its end; and of what
//! stands in the way before anybody is asked. The daemon gives a code and a sentence of its own; commands without a screen
//! print that sentence, the screen says it by the catalogue, by the one table here.

pub mod chat;
pub mod connection;

use proto::bounds::{HANDLE_CHARS_MAX, PASSWORD_CHARS_MAX};
use proto::{ErrorCode, ErrorReply};

use crate::http::{RequestError, in_words};
use crate::places::PlaceError;
use crate::session::ServerError;
use crate::store::LocalStoreError;
use crate::trust::{KeyError, OwnerError};

/// A refusal, and the handle that was named with what was refused.
struct Refused<'a> {
    reply: &'a ErrorReply,
    handle: &'a str,
}

impl Refused<'_> {
    /// Gives the handle that the daemon names in its sentence, else the one that was typed.
    fn named(&self) -> &str {
        self.reply.reason.split('`').nth(1).unwrap_or(self.handle)
    }

    fn seconds(&self) -> u64 {
        self.reply.retry_after_ms.unwrap_or(0).div_ceil(1_000).max(1)
    }
}

/// A code, how the sentence begins where one code has several, and the words for it. The first row that fits is taken.
type Row = (ErrorCode, &'static str, fn(&Refused<'_>) -> String);

static TABLE: &[Row] = &[
    (ErrorCode::IncompleteCredentials, "", |_| label!("form-required").to_owned()),
    (ErrorCode::NoSuchUser, "", |of| say!("error-no-such-user", handle = of.named())),
    (ErrorCode::InvalidPassword, "the old password", |_| label!("error-password-missing").to_owned()),
    (ErrorCode::InvalidPassword, "the password", |_| label!("error-password-missing").to_owned()),
    (ErrorCode::InvalidPassword, "", |of| say!("error-wrong-password", handle = of.handle)),
    (ErrorCode::InvalidCredentials, "", |_| label!("error-invalid-credentials").to_owned()),
    (ErrorCode::UserExists, "the handle", |of| say!("error-handle-of-another", handle = of.named())),
    (ErrorCode::UserExists, "", |of| say!("error-handle-taken", handle = of.handle)),
    (ErrorCode::InvalidHandle, "the handle", |of| {
        if of.reply.reason.contains("kept") {
            say!("error-handle-kept", handle = of.named())
        } else {
            say!("error-handle-reserved", handle = of.named())
        }
    }),
    (ErrorCode::InvalidHandle, "a handle is", |_| say!("error-handle-rule", max = HANDLE_CHARS_MAX)),
    (ErrorCode::NotAllowed, "the handle", |of| say!("error-handle-reserved-local", handle = of.named())),
    (ErrorCode::NotAllowed, "this account is disabled", |_| label!("error-account-disabled").to_owned()),
    (ErrorCode::PasswordTooShort, "", |_| label!("error-password-short").to_owned()),
    (ErrorCode::PasswordTooLong, "", |_| say!("error-password-long", max = PASSWORD_CHARS_MAX)),
    (ErrorCode::PasswordTooCommon, "", |_| label!("error-password-common").to_owned()),
    (ErrorCode::RegistrationClosed, "registration needs an invitation: ", |_| {
        label!("error-sign-up-code-needed").to_owned()
    }),
    (ErrorCode::RegistrationClosed, "registration needs an invitation; ", |_| label!("error-sign-up-code").to_owned()),
    (ErrorCode::RegistrationClosed, "guests are not allowed on this server", |_| label!("error-no-guests").to_owned()),
    (ErrorCode::RegistrationClosed, "too many sign-ups wait", |_| label!("error-applicants-max").to_owned()),
    (ErrorCode::RegistrationClosed, "too many sign-ups from", |_| label!("error-applicants-network-max").to_owned()),
    (ErrorCode::RegistrationClosed, "", |_| label!("error-sign-up-closed").to_owned()),
    (ErrorCode::ApprovalPending, "", |_| label!("error-approval-pending").to_owned()),
    (ErrorCode::RateLimited, "", |of| say!("error-rate-limited", seconds = of.seconds())),
    (ErrorCode::TokenInvalid, "", |_| label!("error-session-ended").to_owned()),
    (ErrorCode::TokenExpired, "", |_| label!("error-session-expired").to_owned()),
    (ErrorCode::StorageFull, "the storage of the server", |_| label!("error-storage-full").to_owned()),
    (ErrorCode::Internal, "", |_| label!("error-internal").to_owned()),
];

/// Says why the daemon refused something about the account of this handle.
pub fn of_account(reply: &ErrorReply, handle: &str) -> String {
    let fits = |row: &&Row| row.0 == reply.code && reply.reason.starts_with(row.1);
    match TABLE.iter().find(fits) {
        Some((_, _, words)) => words(&Refused { reply, handle }),
        None => as_sentence(&reply.reason),
    }
}

/// Says why a request about the account of this handle got no answer, or which one.
pub fn of_request(error: &RequestError, handle: &str) -> String {
    match error {
        RequestError::Refused(reply) => of_account(reply, handle),
        RequestError::Unreachable { server, reason } if connection::is_unknown_host(reason) => {
            say!("error-no-such-host", server = place(server))
        }
        RequestError::Unreachable { server, reason } => {
            say!("error-unreachable", server = place(server), reason = connection::words(reason))
        }
        RequestError::Strange(server) => say!("error-not-a-chat-server", server = place(server)),
        RequestError::Untrusted { error, .. } => of_key(error),
        RequestError::Elsewhere { server, error, .. } => of_owner(server, error),
    }
}

/// Says why a session has ended, of which only the sentence of the daemon is left.
pub fn of_ended_session(reason: &str) -> String {
    match reason {
        "the session has ended" | "the token is not valid here" => label!("error-session-ended").to_owned(),
        "the token has expired" => label!("error-session-expired").to_owned(),
        "this account is disabled" => label!("error-account-disabled").to_owned(),
        other => as_sentence(other),
    }
}

/// Says what is wrong with the address of a server.
pub fn of_address(error: &ServerError) -> String {
    match error {
        ServerError::Plain(server) => say!("error-plain-http", server = server),
        ServerError::Elsewhere(server) => say!("error-other-server", server = server),
        ServerError::Form(address) => say!("error-server-address", address = address),
    }
}

/// Says why something cannot be kept on this machine, for the line at the bottom.
pub fn of_file(error: &PlaceError) -> String {
    match error {
        PlaceError::Io { path, source } => {
            let reason = in_words(source);
            say!("status-reason-file", path = path, reason = connection::words(&reason))
        }
        PlaceError::Open(path) => say!("status-reason-file-open", path = path),
        PlaceError::Foreign(path) => say!("status-reason-file-owner", path = path),
    }
}

/// Says why nothing is kept on this machine.
pub fn of_store(error: &LocalStoreError) -> String {
    match error {
        LocalStoreError::Place(error) => of_file(error),
        LocalStoreError::Slow => label!("status-reason-disk-slow").to_owned(),
        LocalStoreError::Newer(path) => say!("status-reason-store-newer", path = path),
        LocalStoreError::Silent => label!("status-reason-store-silent").to_owned(),
        LocalStoreError::Other(version) => say!("status-reason-store-version", version = version),
        LocalStoreError::Owner(reason) => reason.clone(),
        LocalStoreError::Database { path, reason } => say!("status-reason-file", path = path, reason = reason),
    }
}

fn of_key(error: &KeyError) -> String {
    match error {
        KeyError::Unknown { found } => say!("error-key-unknown", found = found),
        KeyError::Changed { known, found } => say!("error-key-changed", known = known, found = found),
        KeyError::NotNamed { named, found } => say!("error-key-not-named", named = named, found = found),
    }
}

fn of_owner(server: &str, error: &OwnerError) -> String {
    match error {
        OwnerError::Changed { known, found } => {
            let (uid, found) = (found.uid(), found.to_string());
            say!("error-another-owner", server = server, found = found, known = known, uid = uid.to_string())
        }
        OwnerError::NotNamed { named, found } => {
            let (uid, found, named) = (found.uid(), found.to_string(), named.to_string());
            say!("error-another-owner-named", server = server, found = found, named = named, uid = uid.to_string())
        }
    }
}

/// Gives a server as people name it.
fn place(server: &str) -> &str {
    ["http://", "https://"].iter().find_map(|scheme| server.strip_prefix(scheme)).unwrap_or(server)
}

/// Begins a sentence of the daemon that the catalogue does not have with a capital.
pub fn as_sentence(reason: &str) -> String {
    let mut letters = reason.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Ends a sentence with a stop, so that another one can follow.
pub fn with_stop(sentence: &str) -> String {
    let ended = sentence.ends_with(['.', '!', '?', '…']);
    if ended { sentence.to_owned() } else { format!("{sentence}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_said_by_the_catalogue() {
        let said = |code, reason: &str| of_account(&ErrorReply::new(code, reason), "alice");
        for (code, reason, words) in [
            (ErrorCode::NoSuchUser, "No such user", "No account called “alice” here. F2 creates it."),
            (ErrorCode::InvalidPassword, "Invalid Password", "Wrong password for alice"),
            (ErrorCode::InvalidPassword, "the old password is needed", "Enter your current password"),
            (ErrorCode::UserExists, "User exists", "“alice” is taken. F2 signs in as alice, or choose another handle."),
            (ErrorCode::InvalidHandle, "the handle `root` is reserved", "“root” is reserved. Choose another handle."),
            (
                ErrorCode::RegistrationClosed,
                "registration needs an invitation: ask the operator for a code",
                "This server needs an invite code. Ask its operator.",
            ),
            (
                ErrorCode::RegistrationClosed,
                "registration needs an invitation; this one is invalid or used up",
                "This invite code is wrong, used up or expired",
            ),
            (ErrorCode::NotAllowed, "the moon is full", "The moon is full"),
        ] {
            assert_eq!(said(code, reason), words);
        }
        let waits = ErrorReply { retry_after_ms: Some(1_400), ..ErrorReply::new(ErrorCode::RateLimited, "wait") };
        assert_eq!(of_account(&waits, "alice"), "Too many requests. Try again in 2 s.");
    }

    #[test]
    fn a_server_that_is_not_reached_is_named() {
        let unreachable = |reason: &str| RequestError::Unreachable {
            server: "https://box:7300".to_owned(),
            reason: reason.to_owned(),
        };
        let unknown = unreachable("failed to lookup address information: name or service not known");
        assert_eq!(of_request(&unknown, ""), "No server found at box:7300 (unknown host name)");
        assert_eq!(of_request(&unreachable("no answer in time"), ""), "Can’t reach box:7300: no answer");
    }
}
