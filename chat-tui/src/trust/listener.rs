//! Who serves a connection on this machine.

use std::net::SocketAddr;

use socket_owner::{Ends, Sockets};

/// Gives the user id behind the other end of a connection within this machine; `None` where that cannot be seen.
pub(super) fn owner(server: SocketAddr, client: SocketAddr) -> Option<u32> {
    let mut sockets = Sockets::now();
    served_by(sockets.listener(server), || sockets.holder(Ends { own: server, peer: client }))
}

/// The listener says whose the port is. It may be gone once it has accepted the connection, or be another one by now: so
/// whoever has accepted counts, too. But what root listens on it may hand on, as a service manager does.
fn served_by(listener: Option<u32>, accepted: impl FnOnce() -> Option<u32>) -> Option<u32> {
    match listener {
        Some(0) => Some(0),
        listener => accepted().or(listener),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_accepted_counts_when_the_listener_is_gone_or_another() {
        let served = |listener, accepted| served_by(listener, || accepted);
        assert_eq!(served(None, Some(1001)), Some(1001));
        assert_eq!(served(Some(990), Some(1001)), Some(1001));
        assert_eq!(served(Some(990), None), Some(990), "nobody has it yet");
        assert_eq!(served(Some(0), Some(990)), Some(0), "socket activation");
        assert_eq!(served(None, None), None);
    }

    #[test]
    fn this_machine_knows_its_own_listener() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let seen = owner(stream.peer_addr().unwrap(), stream.local_addr().unwrap());
        assert_eq!(seen, Some(rustix::process::geteuid().as_raw()));
    }
}
