//! Whose process a server on this machine is. What is not encrypted shows no key: but whoever takes the port of a daemon
//! that is down is another user, and the system says which.

use std::fmt;
use std::fs;
use std::io;
use std::str::FromStr;

use tokio::net::TcpStream;

use super::{Known, Trust, TrustError, listener};

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(u32);

/// Why whoever answers is not taken for the server that was named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnerError {
    /// It was another user's before.
    #[error("is served by {found} now, it was {known}")]
    Changed {
        /// Whose it was.
        known: String,
        /// Whose it is.
        found: Owner,
    },
    /// It is another user's than the one that was named.
    #[error("is served by {found}, not by {named} as --trust says")]
    NotNamed {
        /// Whose it should be.
        named: Owner,
        /// Whose it is.
        found: Owner,
    },
}

impl OwnerError {
    /// Says what was not sent, and how to go on if all is well.
    pub fn instead_of(&self, unsent: &str) -> String {
        let (Self::Changed { found, .. } | Self::NotNamed { found, .. }) = self;
        format!("{self}; {unsent} was not sent. If that is right, use --trust uid:{}", found.0)
    }
}

impl Owner {
    /// Gives the number of the user.
    pub fn uid(self) -> u32 {
        self.0
    }
}

impl From<u32> for Owner {
    fn from(uid: u32) -> Self {
        Self(uid)
    }
}

impl FromStr for Owner {
    type Err = std::num::ParseIntError;

    /// Reads `uid:990`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix(PREFIX).unwrap_or_default().parse().map(Self)
    }
}

/// What stands before the number, in the file and behind `--trust`.
pub(super) const PREFIX: &str = "uid:";

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "uid {}", self.0)?;
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        name_in(&users, self.0).map_or(Ok(()), |name| write!(f, " ({name})"))
    }
}

/// Finds the name of a user in `/etc/passwd`.
fn name_in(users: &str, uid: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut columns = line.split(':');
        let name = columns.next()?;
        (columns.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

/// Gives who is at the other end of a connection, if that is on this machine and can be seen.
pub(crate) fn of_listener(stream: &TcpStream) -> Option<Owner> {
    let (server, client) = (stream.peer_addr().ok()?, stream.local_addr().ok()?);
    if !server.ip().to_canonical().is_loopback() {
        return None;
    }
    listener::owner(server, client).map(Owner)
}

impl Trust {
    /// Compares who answers at an address with who did before. Gives whoever is new there: to be remembered when it has
    /// turned out to be a chat server that takes what one has for it.
    pub(crate) fn compare(&self, server: &str, found: Owner) -> Result<Option<Owner>, TrustError> {
        let known = self.known(server).map_err(|error| io::Error::other(error.to_string()))?;
        let known = known.map(|known| match known {
            Known::Key(key) => key.parse::<Owner>().map_err(|_| key),
            Known::VouchedFor => Err("one that an authority vouched for".to_owned()),
        });
        let same = known == Some(Ok(found));
        match (self.inner.owner, known) {
            (Some(named), _) if named != found => Err(OwnerError::NotNamed { named, found }.into()),
            (Some(_), _) | (None, None) => Ok(Some(found).filter(|_| !same)),
            (None, Some(_)) if same => Ok(None),
            (None, Some(known)) => {
                let known = known.map_or_else(|other| other, |owner| owner.to_string());
                Err(OwnerError::Changed { known, found }.into())
            }
        }
    }

    /// Remembers whose a server is.
    pub(crate) fn settle(&self, server: &str, owner: Owner) {
        // A path may hold anything, the file has a line for each server.
        if server.chars().any(char::is_control) {
            return;
        }
        if let Err(error) = self.remember(server, &format!("{PREFIX}{}", owner.0)) {
            tracing::warn!(%error, "whose the server is, is not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Inner;
    use super::*;

    fn trust(folder: &std::path::Path, owner: Option<Owner>) -> Trust {
        Trust::with(Inner { known: Some(folder.join("known_servers")), owner, ..Inner::default() })
    }

    #[test]
    fn another_owner_is_refused_until_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (mine, server) = (trust(folder.path(), None), "http://127.0.0.1:7300");
        assert_eq!(mine.compare(server, Owner(990)).unwrap(), Some(Owner(990)), "it is new");
        mine.settle(server, Owner(990));
        assert_eq!(mine.compare(server, Owner(990)).unwrap(), None);
        // Nobody is an exception, root neither.
        for other in [Owner(1001), Owner(0)] {
            let refused = mine.compare(server, other).unwrap_err().to_string();
            assert!(refused.contains(&format!("{other} now, it was uid 990")), "{refused}");
        }
        assert_eq!(mine.compare("http://127.0.0.1:7301", Owner(1001)).unwrap(), Some(Owner(1001)), "another port");
        let named = trust(folder.path(), Some(Owner(1001)));
        assert!(named.compare(server, Owner(990)).is_err(), "and no other then");
        assert_eq!(named.compare(server, Owner(1001)).unwrap(), Some(Owner(1001)));
        named.settle(server, Owner(1001));
        assert_eq!(mine.compare(server, Owner(1001)).unwrap(), None);
        assert!(mine.compare(server, Owner(990)).is_err());
    }

    #[test]
    fn a_path_with_spaces_is_remembered_and_one_with_a_line_end_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let trust = trust(folder.path(), None);
        for (server, known) in [("unix:/tmp/a b/chat sock", true), ("unix:/tmp/x\nhttp://127.0.0.1:7300", false)] {
            trust.settle(server, Owner(5));
            assert_eq!(trust.compare(server, Owner(6)).is_err(), known, "{server}");
        }
        assert!(trust.compare("http://127.0.0.1:7300", Owner(6)).is_ok());
    }

    #[test]
    fn owners_are_read_and_named() {
        assert_eq!("uid:990".parse(), Ok(Owner(990)));
        for bad in ["990", "uid:", "uid:-1", "uid:chatd", "SHA256:x"] {
            assert!(bad.parse::<Owner>().is_err(), "{bad}");
        }
        let users = "root:x:0:0::/root:/bin/sh\n+::::::\nchatd:x:990:990::/:/usr/sbin/nologin\n";
        assert_eq!((name_in(users, 990), name_in(users, 7)), (Some("chatd"), None));
    }
}
