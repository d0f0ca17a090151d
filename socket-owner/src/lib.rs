//! Which user of this machine has a TCP socket: for a connection within the machine what `SO_PEERCRED` says on a Unix socket.
//!
//! The kernel is asked for the one socket (sock_diag(7)), which costs the same however many there are. Where it does not answer
//! that, as in a sandbox, its table of all sockets is read (proc(5), `/proc/net/tcp`): tens of milliseconds on a large machine.

mod kernel;
mod table;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use kernel::{Answer, Kernel};
use table::Table;

/// The two ends of a TCP connection, as the process at one of them sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ends {
    /// Its own address.
    pub own: SocketAddr,
    /// The address of the other end.
    pub peer: SocketAddr,
}

impl Ends {
    /// The same connection, as the process at the other end sees it.
    pub fn reversed(self) -> Self {
        Self { own: self.peer, peer: self.own }
    }

    /// An address of version four that a socket of version six holds is the same one.
    fn canonical(self) -> Self {
        Self { own: canonical(self.own), peer: canonical(self.peer) }
    }
}

/// The sockets of this machine. One is made for each look at them, or for several at the same time.
#[derive(Default)]
pub struct Sockets {
    kernel: Kernel,
    /// The table, once it had to be read.
    table: Option<Table>,
}

impl Sockets {
    /// Looks at the sockets as they are now.
    pub fn now() -> Self {
        Self::default()
    }

    /// Gives the user of the process at one end of a connection; `None` when there is no such connection, when no process holds
    /// that end yet or any more, and when the system does not tell.
    pub fn holder(&mut self, ends: Ends) -> Option<u32> {
        let ends = ends.canonical();
        match self.kernel.ask(ends) {
            Answer::Socket(socket) => socket.holds(ends).then_some(socket.uid),
            Answer::NoSocket => None,
            Answer::Silence => self.table().holder(ends),
        }
    }

    /// Gives the user of the process that new connections to an address come to: of several the one that the kernel takes.
    pub fn listener(&mut self, address: SocketAddr) -> Option<u32> {
        let address = canonical(address);
        match self.kernel.ask(Ends { own: address, peer: nobody(address) }) {
            Answer::Socket(socket) => socket.listens().then_some(socket.uid),
            Answer::NoSocket => None,
            Answer::Silence => self.table().listener(address),
        }
    }

    fn table(&mut self) -> &Table {
        self.table.get_or_insert_with(Table::read)
    }
}

/// A socket, as the kernel tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Socket {
    own: SocketAddr,
    peer: SocketAddr,
    /// A number of the kernel's `tcp_states.h`.
    state: u8,
    uid: u32,
    /// Whether a process has it. Of others the kernel says that they are root's.
    is_held: bool,
}

const ESTABLISHED: u8 = 1;
const LISTEN: u8 = 10;

impl Socket {
    fn holds(&self, ends: Ends) -> bool {
        self.state == ESTABLISHED && self.is_held && Ends { own: self.own, peer: self.peer } == ends
    }

    fn listens(&self) -> bool {
        self.state == LISTEN
    }
}

/// The peer of a socket that has none.
fn nobody(own: SocketAddr) -> SocketAddr {
    match own {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    }
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(IpAddr::to_canonical(&address.ip()), address.port())
}
