//! Who is at the other end of a connection.

use std::net::IpAddr;

use socket_owner::Ends;

use crate::peer_user;
use crate::source::Source;

/// Who that is, as far as the system knows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Peer {
    /// The address, if it is not local.
    pub(crate) address: Option<IpAddr>,
    /// The user, on a Unix socket.
    pub(crate) uid: Option<u32>,
    /// The ends of a TCP connection within this machine.
    pub(crate) ends: Option<Ends>,
}

impl Peer {
    /// Gives what limits count it as. Who is behind a connection within this machine is asked only where `asks_system`: that
    /// takes longer than many a request.
    pub(crate) async fn source(self, asks_system: bool) -> Source {
        let uid = match (self.address, self.uid, self.ends) {
            (Some(address), ..) => return Source::at(address),
            (None, None, Some(ends)) if asks_system => peer_user::user_of(ends).await,
            (None, uid, _) => uid,
        };
        uid.map_or(Source::Here, Source::User)
    }
}
