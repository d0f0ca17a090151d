//! Why the program ends without having done what it should, and the exit code that tells scripts which kind of why it is.

use proto::ErrorReply;

use crate::http::RequestError;
use crate::places::PlaceError;
use crate::session::ServerError;
use crate::store::LocalStoreError;
use crate::transfer::TransferError;
use crate::trial;

/// How the program ends; scripts rely on these.
pub mod exit {
    /// Anything that has no code of its own.
    pub const OTHER: u8 = 1;
    /// The command line cannot be understood.
    pub const USAGE: u8 = 2;
    /// Sign-in or sign-up was refused, or there is no token for this server.
    pub const SIGN_IN: u8 = 3;
    /// The server cannot be reached.
    pub const UNREACHABLE: u8 = 4;
    /// The server refused the request.
    pub const REFUSED: u8 = 5;
}

/// Why the program ends without having done what it should.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line cannot be understood.
    #[error("{0}")]
    Usage(String),
    /// Sign-in or sign-up was refused, or there is no token.
    #[error("{0}")]
    SignIn(String),
    /// The server said no.
    #[error("{0}")]
    Refused(ErrorReply),
    /// A request failed on its way.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A file of ours cannot be used.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// What is saved on this machine cannot be used.
    #[error(transparent)]
    Store(#[from] LocalStoreError),
    /// A file was not transferred.
    #[error(transparent)]
    Transfer(TransferError),
    /// There is nothing to try.
    #[error(transparent)]
    Trial(#[from] trial::TrialError),
    /// The terminal or a pipe failed.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// Somebody was asked and said no.
    #[error("nothing was changed")]
    Declined,
    /// Nobody reads what is printed any more, which is no failure.
    #[error("nobody reads the output")]
    NobodyReads,
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        match error {
            TransferError::Request(error) => Self::Request(error),
            other => Self::Transfer(other),
        }
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Usage(error.to_string())
    }
}

impl Failure {
    /// Gives the exit code, one of [`exit`].
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => exit::USAGE,
            Self::SignIn(_) => exit::SIGN_IN,
            Self::Request(
                RequestError::Unreachable { .. }
                | RequestError::Untrusted { .. }
                | RequestError::Elsewhere { .. }
                | RequestError::Strange(_),
            ) => exit::UNREACHABLE,
            Self::Refused(_) | Self::Request(RequestError::Refused(_)) => exit::REFUSED,
            Self::Place(_) | Self::Store(_) | Self::Transfer(_) | Self::Trial(_) | Self::Io(_) | Self::Declined => {
                exit::OTHER
            }
            Self::NobodyReads => 0,
        }
    }
}
