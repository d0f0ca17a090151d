//! Where one signs in, and what one has then.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base64::Engine;
use proto::{ClientName, Handle, Timestamp, Token};
use serde::Deserialize;

use crate::trust::{Trust, is_loopback};

/// The address of a daemon: `https://HOST:PORT`, `http://HOST:PORT` or `unix:PATH`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// HTTP over TCP.
    Http(Address<String>),
    /// HTTP over TLS.
    Https(Address<String>),
    /// A Unix socket.
    Unix(Address<PathBuf>),
}

/// A place, and whom one trusts to be there.
#[derive(Debug, Clone)]
pub struct Address<T> {
    place: T,
    trust: Trust,
}

impl<T> Address<T> {
    fn of(place: T) -> Self {
        Self { place, trust: Trust::default() }
    }

    /// Gives the same place for others to be trusted.
    #[must_use]
    pub fn trusting(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// Gives whom one trusts to be there.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }
}

impl Address<String> {
    /// Gives host and port as one writes them in a URL.
    pub fn authority(&self) -> &str {
        &self.place
    }
}

impl Address<PathBuf> {
    /// Gives the path of the socket.
    pub fn path(&self) -> &Path {
        &self.place
    }
}

impl<T: PartialEq> PartialEq for Address<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<T: Eq> Eq for Address<T> {}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Others could read what is said.
    #[error("http://{0} is not encrypted: use https://{0}, or allow it by name with --allow-plain-http")]
    Plain(String),
    /// Another server than the one that this login is for.
    #[error("this login is for {0} and no other server")]
    Elsewhere(String),
    /// Nothing that is known.
    #[error("`{0}` is no server address, write https://HOST:PORT or unix:PATH")]
    Form(String),
}

impl Server {
    /// Gives the address of a Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self::Unix(Address::of(path.into()))
    }

    /// Gives the address with a trust in it, for connections to it.
    #[must_use]
    pub fn trusting(self, trust: &Trust) -> Self {
        match self {
            Self::Http(address) => Self::Http(address.trusting(trust.clone())),
            Self::Https(address) => Self::Https(address.trusting(trust.clone())),
            Self::Unix(address) => Self::Unix(address.trusting(trust.clone())),
        }
    }

    /// Gives whom one trusts to be there.
    pub fn trust(&self) -> &Trust {
        match self {
            Self::Http(address) | Self::Https(address) => address.trust(),
            Self::Unix(address) => address.trust(),
        }
    }
}

/// The port of a daemon that names none.
const DEFAULT_PORT: u16 = 7300;
/// The port of a URL of this kind that names none: there a proxy stands before the daemon.
const HTTPS_PORT: u16 = 443;

impl FromStr for Server {
    type Err = ServerError;

    fn from_str(text: &str) -> Result<Self, ServerError> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("unix:").filter(|path| !path.is_empty()) {
            return Ok(Self::unix(path));
        }
        let form = || ServerError::Form(text.to_owned());
        // Scheme and host are the same in any case (RFC 3986, 6.2.2.1), as ssh takes them.
        let lower = text.to_lowercase();
        let (encrypted, rest, port) = match (lower.strip_prefix("https://"), lower.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest, HTTPS_PORT),
            (None, Some(rest)) => (false, rest, DEFAULT_PORT),
            (None, None) => (!is_loopback(&lower), lower.as_str(), DEFAULT_PORT),
        };
        let authority = with_port(rest.trim_end_matches('/'), port).ok_or_else(form)?;
        Ok(if encrypted { Self::Https(Address::of(authority)) } else { Self::Http(Address::of(authority)) })
    }
}

/// Gives `HOST:PORT`, with this port where none is named; `None` when it is neither.
fn with_port(authority: &str, port: u16) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if authority.is_empty() || authority.starts_with('-') || !authority.chars().all(plain) {
        return None;
    }
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_host..].split_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok_and(|port| port > 0) => Some(authority.to_owned()),
        Some(_) => None,
        None => Some(format!("{authority}:{port}")),
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(address) => write!(f, "http://{}", address.authority()),
            Self::Https(address) => write!(f, "https://{}", address.authority()),
            Self::Unix(address) => write!(f, "unix:{}", address.path().display()),
        }
    }
}

/// A session on a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The server that it is on.
    pub server: Server,
    /// The name of the account that is signed in.
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

/// Gives name and version of this program and the machine that it runs on, by which people know their sessions.
pub fn client_name() -> ClientName {
    let program = concat!("chat-tui ", env!("CARGO_PKG_VERSION"));
    let system = rustix::system::uname();
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let host = system.nodename().to_string_lossy().chars().filter(plain).take(HOST_CHARS).collect::<String>();
    let name = if host.is_empty() { program.to_owned() } else { format!("{program} on {host}") };
    name.parse().expect("two short names of plain letters fit")
}

/// Characters of a machine's name that are told; with the program's they are at most what the wire takes.
const HOST_CHARS: usize = 40;

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
        let claims = Claims::of(token)?;
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

    /// Gives the moment from which a fresh token is asked for: when half of its time is over. How long that is the token says,
    /// by one clock: the reader's may be wrong, and may have been when the token came.
    pub fn renew_at(&self, now: Timestamp) -> Timestamp {
        let lifetime = match Claims::of(self.token.expose()) {
            Some(claims) => claims.exp.saturating_sub(claims.iat).max(0).saturating_mul(1_000),
            None => i64::try_from(self.expires_at.millis_since(self.issued_at)).unwrap_or(i64::MAX),
        };
        self.issued_at.min(now).plus_millis(lifetime / 2)
    }
}

impl Claims {
    fn of(token: &str) -> Option<Self> {
        let payload = token.split('.').nth(1)?;
        let json = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        for (text, shown) in [
            ("http://127.0.0.1:7300", "http://127.0.0.1:7300"),
            ("127.0.0.1:7300", "http://127.0.0.1:7300"),
            ("localhost", "http://localhost:7300"),
            ("chat.example", "https://chat.example:7300"),
            ("http://chat.example", "http://chat.example:7300"),
            ("https://chat.example", "https://chat.example:443"),
            ("https://chat.example:7300/", "https://chat.example:7300"),
            ("http://[::1]:80/", "http://[::1]:80"),
            ("http://[::1]", "http://[::1]:7300"),
            ("HTTPS://Chat.Example:7300", "https://chat.example:7300"),
            ("HTTP://LOCALHOST:7300", "http://localhost:7300"),
            ("unix:/run/Chatd/chatd.sock", "unix:/run/Chatd/chatd.sock"),
        ] {
            assert_eq!(text.parse::<Server>().unwrap().to_string(), shown);
        }
        for bad in [
            "",
            "unix:",
            "http://",
            "http://a b",
            "http://a:0",
            "http://a:99999",
            "ftp://x",
            "https://",
            "https://a:1:1",
            "a/b",
        ] {
            assert!(bad.parse::<Server>().is_err(), "{bad}");
        }
    }
}
