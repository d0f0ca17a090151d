//! The HTTP half of the protocol.

mod account;
mod ask;
mod channels;
mod connect;
mod link;
mod read;
mod transfer;

use proto::{ErrorCode, ErrorReply};

use crate::session::Server;
use crate::trust::{KeyError, OwnerError};

pub use account::{by_ssh_key, change_password, delete_account, guest, local, login, logout, register};
pub use channels::{
    channel_of, channels_after, channels_named, conversation_with, fetch_channels, own_channels, public_channels_from,
};
pub use connect::{Connection, SERVICE_SOCKET, Stream, connect, in_words, is_trusted};
pub(crate) use link::Links;
pub use read::{
    fetch_catch_up, fetch_export, fetch_feed, fetch_friends, fetch_history, fetch_moderation, fetch_pins,
    fetch_profile, fetch_profile_and_posts, fetch_replies, fetch_sessions, fetch_settings, fetch_thread,
    search_messages,
};

pub use transfer::{
    IncomingFile, PartError, begin_upload, end_upload, fetch_file, fetch_thumbnail, fetch_whole, read_upload, send_rest,
};

/// Why a request did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The daemon could not be reached, or broke off.
    #[error("cannot reach `{server}`: {reason}")]
    Unreachable {
        /// The server's address, or `unix:` and the path of its socket.
        server: String,
        /// Why it could not be reached, for people.
        reason: String,
    },
    /// The daemon said no.
    #[error("{0}")]
    Refused(ErrorReply),
    /// What answered is not taken for the server.
    #[error("cannot trust `{server}`: {error}")]
    Untrusted {
        /// The server's address.
        server: String,
        /// What is wrong with its key.
        error: KeyError,
    },
    /// Another user of this machine answers there.
    #[error("`{server}` {}", error.instead_of(unsent))]
    Elsewhere {
        /// `unix:` and the path of its socket.
        server: String,
        /// Whose daemon answers, and whose it should be.
        error: OwnerError,
        /// What was not sent to them, such as `the token`.
        unsent: &'static str,
    },
    /// What answered is no chat daemon.
    #[error("`{0}` does not answer like a chat server; is it https, or http, or another port?")]
    Strange(String),
}

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

/// Gives the value of the `Host` header.
pub fn host(server: &Server) -> &str {
    match server {
        Server::Http(address) | Server::Https(address) => address.authority(),
        Server::Unix(_) => "localhost",
    }
}
