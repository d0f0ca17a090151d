//! Whom the program takes for the server that was named: over TLS whoever the system's authorities vouch for,
//! those of one file, or a key that a person has compared once, as `ssh` does it. What is not encrypted goes no
//! farther than this machine, unless that is asked for by name, and there to the user whose daemon it was before.

mod listener;
mod owner;
mod verifier;

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, OtherError};

use crate::http::Links;
use crate::places::{self, PlaceError};
use crate::session::{Server, ServerError};

pub(crate) use owner::of_listener;
pub use owner::{Owner, OwnerError};

/// Why a server is not taken for the one that was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Nobody vouches for its key, and nobody here has seen it.
    #[error("nobody vouches for its key {found}; if its operator names the same one, use --trust {found}")]
    Unknown {
        /// The key that it showed.
        found: String,
    },
    /// It showed another key than before.
    #[error(
        "ITS KEY HAS CHANGED: it was {known} and is {found}; somebody may stand in between. If its operator names \
         the new one, use --trust {found}"
    )]
    Changed {
        /// The key that it had.
        known: String,
        /// The key that it showed.
        found: String,
    },
    /// It showed another key than the one that was named.
    #[error("its key is {found}, not {named} as --trust says")]
    NotNamed {
        /// The key that was named.
        named: String,
        /// The key that it showed.
        found: String,
    },
}

/// Why there is no connection that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The server is not taken for the one that was named.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Somebody else of this machine answers.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The connection failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What the flags say of whom to trust.
#[derive(Debug, Default)]
pub struct Wishes {
    /// The only authorities, in a PEM file.
    pub ca: Option<PathBuf>,
    /// The key that the server has, as it is to be remembered.
    pub key: Option<String>,
    /// Whose the server on this machine is, to be remembered as well.
    pub owner: Option<Owner>,
    /// Whether what is not encrypted may leave this machine.
    pub plain: bool,
}

/// Whom to trust. Clones share what they have learned.
#[derive(Clone, Default)]
pub struct Trust {
    inner: Arc<Inner>,
    /// The one server that is spoken to, where it is only one.
    only: Option<Arc<str>>,
}

#[derive(Default)]
struct Inner {
    ca: Vec<CertificateDer<'static>>,
    key: Option<String>,
    owner: Option<Owner>,
    plain: bool,
    /// Where keys of servers are remembered; without it none are.
    known: Option<PathBuf>,
    /// Kept so that a further connection goes on where the last one was.
    configs: Mutex<HashMap<String, Arc<ClientConfig>>>,
    /// What was opened to those who were found to be the right ones.
    links: Links,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    fn with(inner: Inner) -> Self {
        Self { inner: Arc::new(inner), only: None }
    }

    /// Trusts as without any flag, with this file for what is remembered.
    #[cfg(test)]
    pub(crate) fn remembering(known: PathBuf) -> Self {
        Self::with(Inner { known: Some(known), ..Inner::default() })
    }

    /// Makes it of what the flags say, and of the keys that are remembered for this user.
    ///
    /// # Errors
    /// What is wrong with the file of authorities.
    pub fn new(wishes: Wishes) -> Result<Self, PlaceError> {
        let ca = match &wishes.ca {
            Some(path) => certificates(path)?,
            None => Vec::new(),
        };
        let known = Some(places::known_servers()?);
        let Wishes { key, owner, plain, .. } = wishes;
        Ok(Self::with(Inner { ca, key, owner, plain, known, ..Inner::default() }))
    }

    /// Gives a trust in this server alone, for who may speak to no other.
    #[must_use]
    pub fn only_for(&self, server: &Server) -> Self {
        Self { only: Some(server.to_string().into()), ..self.clone() }
    }

    /// Gives the address with this trust in it, for connections to it.
    ///
    /// # Errors
    /// [`ServerError::Plain`] when passwords would cross a network for others to read, [`ServerError::Elsewhere`] when
    /// only another server is spoken to.
    pub fn admit(&self, server: Server) -> Result<Server, ServerError> {
        if let Some(only) = self.only.as_deref().filter(|only| **only != *server.to_string()) {
            return Err(ServerError::Elsewhere(only.to_owned()));
        }
        match server {
            Server::Http(address) if !self.inner.plain && !is_loopback(address.authority()) => {
                Err(ServerError::Plain(address.authority().to_owned()))
            }
            server => Ok(server.trusting(self)),
        }
    }

    /// Remembers the key of a server, in place of any that it had.
    ///
    /// # Errors
    /// What the system said; the file stays as it was then.
    pub fn remember(&self, authority: &str, key: &str) -> Result<(), PlaceError> {
        let Some(path) = &self.inner.known else { return Ok(()) };
        // Another window may remember something at the same time.
        let _lock = places::lock_beside(path)?;
        let mut lines = known_lines(path)?;
        lines.retain(|(known, _)| !is_same(known, authority));
        lines.push((authority.to_owned(), key.to_owned()));
        let text: String = lines.iter().map(|(authority, key)| format!("{authority} {key}\n")).collect();
        places::write_private(path, &text)?;
        self.inner.links.forget();
        Ok(())
    }

    /// Gives the connections that wait for the next request to a server that was found to be the right one.
    pub(crate) fn links(&self) -> &Links {
        &self.inner.links
    }

    /// Encrypts a connection, and finds out that the right one is at its other end.
    pub(crate) async fn encrypt(&self, authority: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, TrustError> {
        let strange = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidInput, error.to_string());
        let name = ServerName::try_from(host(authority).to_owned()).map_err(|error| strange(&error))?;
        let config = self.config(authority).map_err(|error| strange(&error))?;
        let connected = TlsConnector::from(config).connect(name, stream).await.map_err(refusal)?;
        // Once an authority has vouched for a server, a key that nobody vouches for is no new one, but a changed one.
        let known = self.known(authority).ok().flatten();
        let news = match (&self.inner.key, known) {
            (Some(key), known) => Some(key.as_str()).filter(|key| known != Some(Known::Key((*key).to_owned()))),
            (None, None) if self.inner.ca.is_empty() => Some(VOUCHED_FOR),
            (None, _) => None,
        };
        if let Some(news) = news
            && let Err(error) = self.remember(authority, news)
        {
            tracing::warn!(%error, "the key of the server is not remembered");
        }
        Ok(connected)
    }

    fn config(&self, authority: &str) -> Result<Arc<ClientConfig>, tokio_rustls::rustls::Error> {
        let mut configs = self.inner.configs.lock().expect("nobody panics holding the settings");
        if let Some(config) = configs.get(authority) {
            return Ok(config.clone());
        }
        let config = Arc::new(verifier::client_config(self, authority)?);
        configs.insert(authority.to_owned(), config.clone());
        Ok(config)
    }

    /// Gives what is known of a server.
    fn known(&self, authority: &str) -> Result<Option<Known>, PlaceError> {
        let Some(path) = &self.inner.known else { return Ok(None) };
        let found = known_lines(path)?.into_iter().find(|(known, _)| is_same(known, authority));
        Ok(found.map(|(_, key)| if key == VOUCHED_FOR { Known::VouchedFor } else { Known::Key(key) }))
    }
}

/// Tells whether two addresses are the same one. Hosts are, in any case; paths of sockets are not.
fn is_same(known: &str, address: &str) -> bool {
    if known.starts_with("unix:") { known == address } else { known.eq_ignore_ascii_case(address) }
}

/// Gives what was wrong with the other end, where it was that.
fn refusal(error: io::Error) -> TrustError {
    use tokio_rustls::rustls::CertificateError::{
        Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet, NotValidYetContext,
    };
    use tokio_rustls::rustls::Error;

    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    let certificate = |reason| TrustError::Io(io::Error::new(io::ErrorKind::InvalidData, reason));
    match inner {
        Some(Error::InvalidCertificate(found)) => match found {
            Expired | ExpiredContext { .. } => certificate("its certificate has expired"),
            NotValidYet | NotValidYetContext { .. } => certificate("its certificate is not valid yet"),
            NotValidForName | NotValidForNameContext { .. } => certificate("its certificate is somebody else's"),
            _ => certificate("no authority in the file vouches for it"),
        },
        Some(Error::InvalidMessage(_)) => certificate("nothing is encrypted there: http:// may be meant"),
        Some(Error::Other(OtherError(other))) => match other.downcast_ref::<KeyError>() {
            Some(key) => key.clone().into(),
            None => error.into(),
        },
        _ => error.into(),
    }
}

/// What is known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// The server's key, as a fingerprint.
    Key(String),
    /// That an authority has vouched for it.
    VouchedFor,
}

/// Stands in the place of a key where an authority has vouched for a server.
const VOUCHED_FOR: &str = "authority";

/// Reads `HOST:PORT KEY` and `URL uid:UID` lines; what is none is passed over. Only a file that is not there holds nothing.
fn known_lines(path: &Path) -> Result<Vec<(String, String)>, PlaceError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => String::new(),
        Err(source) => return Err(PlaceError::Io { path: path.display().to_string(), source }),
    };
    let lines = text.lines().filter_map(|line| line.trim_end().rsplit_once(' '));
    Ok(lines.map(|(authority, key)| (authority.trim_end().to_owned(), key.to_owned())).collect())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, PlaceError> {
    let failed = |source| PlaceError::Io { path: path.display().to_string(), source };
    let text = fs::read(path).map_err(failed)?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>().unwrap_or_default();
    if found.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidData, "it holds no certificate in PEM form")));
    }
    Ok(found)
}

/// Gives the host of `HOST:PORT`, without the brackets of an IPv6 address.
fn host(authority: &str) -> &str {
    let after_host = authority.rfind(']').map_or(0, |end| end + 1);
    let port = authority[after_host..].rfind(':').map_or(authority.len(), |at| after_host + at);
    authority[..port].trim_start_matches('[').trim_end_matches(']')
}

/// Tells whether `HOST` or `HOST:PORT` names this machine.
pub(crate) fn is_loopback(authority: &str) -> bool {
    let host = host(authority);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_encrypted_stays_on_this_machine() {
        let admitted = |trust: &Trust, server: &str| trust.admit(server.parse().unwrap()).is_ok();
        let trust = Trust::default();
        for near in ["http://127.0.0.1:7300", "http://localhost", "http://[::1]:80", "http://127.9.9.9", "unix:/x"] {
            assert!(admitted(&trust, near), "{near}");
        }
        for far in ["http://box:7300", "http://192.0.2.1", "http://[2001:db8::1]:80", "http://localhost.example"] {
            assert!(!admitted(&trust, far), "{far}");
            assert!(admitted(&trust, &far.replace("http:", "https:")), "{far} over TLS");
        }
        let only = trust.only_for(&"unix:/x".parse().unwrap());
        for (server, may) in [("unix:/x", true), ("unix:/y", false), ("http://127.0.0.1:7300", false), ("box", false)] {
            assert_eq!(admitted(&only, server), may, "{server}");
        }
        let careless = Trust::with(Inner { plain: true, ..Inner::default() });
        assert!(admitted(&careless, "http://box:7300"));
    }

    #[test]
    fn a_key_is_remembered_in_place_of_the_old_one() {
        let folder = tempfile::tempdir().unwrap();
        let known = Some(folder.path().join("known_servers"));
        let trust = Trust::with(Inner { known, ..Inner::default() });
        let known = |authority: &str| trust.known(authority).unwrap();
        let key = |name: &str| Some(Known::Key(name.to_owned()));
        assert_eq!(known("box:7300"), None);
        trust.remember("box:7300", "SHA256:one").unwrap();
        trust.remember("other:7300", "SHA256:two").unwrap();
        trust.remember("box:7300", "SHA256:three").unwrap();
        trust.remember("example:443", VOUCHED_FOR).unwrap();
        assert_eq!(known("box:7300"), key("SHA256:three"));
        assert_eq!(known("other:7300"), key("SHA256:two"));
        assert_eq!(known("example:443"), Some(Known::VouchedFor));
        assert_eq!(known("box:7301"), None, "another port is another server");
        // What cannot be read holds we do not know what, and is not written over.
        let path = folder.path().join("known_servers");
        fs::write(&path, b"box:7300 SHA256:three\n\xff\n").unwrap();
        assert!(trust.known("box:7300").is_err());
        assert!(trust.remember("new:7300", "SHA256:four").is_err());
        assert!(fs::read(&path).unwrap().starts_with(b"box:7300"));
    }
}
