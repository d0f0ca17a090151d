//! Why a connection ends.

use std::io;

use proto::CloseCode;
use tokio_tungstenite::tungstenite::Error as WebSocketError;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};

use crate::hub::Closing;

/// Why a connection ends.
#[derive(Debug)]
pub(super) enum End {
    /// The peer has gone or said goodbye.
    Gone,
    /// We say goodbye, with a code and a reason.
    Close(CloseCode, &'static str),
}

impl End {
    /// Tells whether an operator may want to know of it.
    pub(super) fn is_the_peers_doing(&self) -> bool {
        use CloseCode::{BrokenFrame, InvalidText, ProtocolError, TooBig, TooSlow};

        matches!(self, Self::Close(BrokenFrame | InvalidText | TooBig | ProtocolError | TooSlow, _))
    }
}

impl From<WebSocketError> for End {
    fn from(error: WebSocketError) -> Self {
        match error {
            WebSocketError::Capacity(CapacityError::MessageTooLong { .. }) => {
                Self::Close(CloseCode::TooBig, "frame too big")
            }
            WebSocketError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Gone,
            WebSocketError::Protocol(_) => Self::Close(CloseCode::BrokenFrame, "protocol error"),
            WebSocketError::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Self::Close(CloseCode::TooBig, "message too large")
            }
            WebSocketError::Utf8(_) => Self::Close(CloseCode::InvalidText, "invalid UTF-8"),
            _ => Self::Gone,
        }
    }
}

impl From<Closing> for End {
    fn from(reason: Closing) -> Self {
        match reason {
            Closing::Revoked => Self::Close(CloseCode::TokenRefused, "the session has ended"),
            Closing::TooSlow => Self::Close(CloseCode::TooSlow, "too slow"),
            Closing::Gone => Self::Gone,
        }
    }
}
