//! Where one signs in, and what one has then.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use base64::Engine;
use proto::{Handle, Timestamp, Token};
use serde::Deserialize;

/// The address of a daemon: `http://HOST:PORT` or `unix:PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Server {
    /// HTTP over TCP; host and port as one writes them in a URL.
    Http(String),
    /// A Unix socket.
    Unix(PathBuf),
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// TLS is asked for.
    #[error("`{0}`: this version speaks no TLS yet, use http://HOST:PORT or unix:PATH")]
    Tls(String),
    /// Nothing that is known.
    #[error("`{0}` is no server address, write http://HOST:PORT or unix:PATH")]
    Form(String),
}

/// The port of a daemon that names none.
const DEFAULT_PORT: u16 = 7300;

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::Unix(path.into()));
        }
        if text.starts_with("https:") {
            return Err(ServerError::Tls(text.to_owned()));
        }
        let authority = text.strip_prefix("http://").unwrap_or(text).trim_end_matches('/');
        let form = || ServerError::Form(text.to_owned());
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
        if authority.is_empty() || authority.starts_with('-') || !authority.chars().all(plain) {
            return Err(form());
        }
        let after_host = authority.rfind(']').map_or(0, |end| end + 1);
        match authority[after_host..].rsplit_once(':') {
            Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => Ok(Self::Http(authority.to_owned())),
            Some(_) => Err(form()),
            None => Ok(Self::Http(format!("{authority}:{DEFAULT_PORT}"))),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(authority) => write!(f, "http://{authority}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A session on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Where.
    pub server: Server,
    /// Who.
    pub handle: Handle,
    /// What proves it.
    pub token: Token,
    /// When the token was given.
    pub issued_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Where it came from.
    pub source: Source,
}

/// Where a session came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Signing in: it is kept in the profile.
    Profile,
    /// `CHAT_TOKEN`: somebody else keeps it.
    Lent,
    /// Signing in for this run of the program only.
    Passing,
}

/// What a token says of itself; only the daemon can tell whether that is true.
#[derive(Deserialize)]
struct Claims {
    sub: Handle,
    iat: i64,
    exp: i64,
}

impl Session {
    /// Makes the session of a token that was given by hand; `None` when that is no token.
    pub fn lent(server: Server, token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
        let claims: Claims = serde_json::from_slice(&json).ok()?;
        let moment = |seconds: i64| Timestamp::from_millis(seconds.saturating_mul(1_000));
        Some(Self {
            server,
            handle: claims.sub,
            token: Token::new(token),
            issued_at: moment(claims.iat),
            expires_at: moment(claims.exp),
            source: Source::Lent,
        })
    }

    /// Gives the moment from which a fresh token is asked for: when half of its time is over.
    pub fn renew_at(&self) -> Timestamp {
        let lifetime = self.expires_at.millis_since(self.issued_at);
        self.issued_at.plus_millis(i64::try_from(lifetime / 2).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        for (text, shown) in [
            ("http://127.0.0.1:7300", "http://127.0.0.1:7300"),
            ("chat.example", "http://chat.example:7300"),
            ("http://[::1]:80/", "http://[::1]:80"),
            ("http://[::1]", "http://[::1]:7300"),
            ("unix:/run/chatd/chatd.sock", "unix:/run/chatd/chatd.sock"),
        ] {
            assert_eq!(text.parse::<Server>().unwrap().to_string(), shown);
        }
        for bad in ["", "unix:", "http://", "http://a b", "http://a:0", "http://a:99999", "ftp://x", "https://x", "a/b"]
        {
            assert!(bad.parse::<Server>().is_err(), "{bad}");
        }
    }
}
