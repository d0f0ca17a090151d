//! The answers to what cannot be done: a stable code for programs, a sentence for people.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal;)*) => {
        /// Why a request was refused; programs decide by it.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)*
            /// A code of a newer daemon.
            Other(Box<str>),
        }

        impl ErrorCode {
            /// Every code that this version knows.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Gives the code as it is on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// Gives the HTTP status that goes with the code; an unknown code is a failure inside (500).
            pub fn http_status(&self) -> u16 {
                match self {
                    $(Self::$name => $status,)*
                    Self::Other(_) => 500,
                }
            }

            fn parse(code: &str) -> Self {
                match code {
                    $($code => Self::$name,)*
                    other => Self::Other(other.into()),
                }
            }
        }
    };
}

codes! {
    /// Handle or password is empty.
    IncompleteCredentials = "incomplete_credentials", 400;
    /// The handle is taken.
    UserExists = "user_exists", 409;
    /// No account has this handle.
    NoSuchUser = "no_such_user", 401;
    /// The password is wrong.
    InvalidPassword = "invalid_password", 401;
    /// Handle or password is wrong, and the daemon is set not to say which.
    InvalidCredentials = "invalid_credentials", 401;
    /// A new password has fewer than 9 characters.
    PasswordTooShort = "password_too_short", 422;
    /// A password has more than 1,024 characters.
    PasswordTooLong = "password_too_long", 422;
    /// A new password is the handle or one of the commonest.
    PasswordTooCommon = "password_too_common", 422;
    /// The handle breaks the rule of handles or is reserved.
    InvalidHandle = "invalid_handle", 422;
    /// The channel name breaks the rule of names.
    InvalidName = "invalid_name", 422;
    /// A public channel has this name.
    NameTaken = "name_taken", 409;
    /// New accounts are not accepted, or only by invitation.
    RegistrationClosed = "registration_closed", 403;
    /// The account waits for an operator to approve it.
    ApprovalPending = "approval_pending", 403;
    /// The nonce was used in this channel for another content.
    NonceReused = "nonce_reused", 409;
    /// The token is not one of this daemon's, or its session has ended.
    TokenInvalid = "token_invalid", 401;
    /// The token's time is over.
    TokenExpired = "token_expired", 401;
    /// The asker may not do this.
    NotAllowed = "not_allowed", 403;
    /// The asker is not in this public channel.
    NotAMember = "not_a_member", 403;
    /// The asker is banned from the channel.
    Banned = "banned", 403;
    /// The asker may not speak in the channel for now.
    Muted = "muted", 403;
    /// No such channel, or a private one that the asker is not in.
    NoSuchChannel = "no_such_channel", 404;
    /// No message has this index.
    NoSuchMessage = "no_such_message", 404;
    /// No such file, or none that the asker may read.
    NoSuchFile = "no_such_file", 404;
    /// The operator has not said by which address browsers reach the daemon.
    NoPublicUrl = "no_public_url", 501;
    /// No such path, or nothing by this name.
    NotFound = "not_found", 404;
    /// Not JSON of the right shape, blank content, or a number out of range.
    Malformed = "malformed", 400;
    /// A packet of a type that this daemon does not know.
    UnknownType = "unknown_type", 400;
    /// Larger than a limit of the daemon.
    TooLarge = "too_large", 413;
    /// Too much in too short a time; the answer says how long to wait.
    RateLimited = "rate_limited", 429;
    /// The daemon's disk is full; nothing was stored.
    StorageFull = "storage_full", 507;
    /// Something failed inside; the log of the daemon knows what.
    Internal = "internal", 500;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::text::parse_with(deserializer, |code| Ok::<_, std::convert::Infallible>(Self::parse(code)))
    }
}

/// A refusal: the payload of an `error` packet and the body of an HTTP error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct ErrorReply {
    /// The stable word by which programs tell refusals apart.
    pub code: ErrorCode,
    /// For people: one sentence without inner details.
    pub reason: String,
    /// How long to wait, in milliseconds, with `rate_limited`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ErrorCode {
    /// Tells whether the token is to blame: only a new sign-in helps.
    pub fn is_of_the_token(&self) -> bool {
        matches!(self, Self::TokenInvalid | Self::TokenExpired)
    }
}

impl ErrorReply {
    /// Makes a refusal with its sentence.
    pub fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), retry_after_ms: None }
    }

    /// Answers one for whom a channel does not exist.
    pub fn no_such_channel() -> Self {
        Self::new(ErrorCode::NoSuchChannel, "there is no such channel")
    }

    /// Answers one for whom a file does not exist.
    pub fn no_such_file() -> Self {
        Self::new(ErrorCode::NoSuchFile, "there is no such file")
    }

    /// Answers one for whom an upload does not exist.
    pub fn no_such_upload() -> Self {
        Self::new(ErrorCode::NotFound, "there is no such upload: it has ended, or is more than a day old")
    }

    /// Answers one who asks where nothing is.
    pub fn nothing_here() -> Self {
        Self::new(ErrorCode::NotFound, "there is nothing at this path")
    }
}
