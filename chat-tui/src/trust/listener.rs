//! Who serves a connection on this machine, as Linux tells in `/proc/net/tcp` and `/proc/net/tcp6`. The columns are
//! those of proc(5); an address is written as the machine keeps it, in words of 32 bits.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Bytes of a table that are read: 200,000 sockets.
const TABLE_BYTES_MAX: u64 = 32 * 1_048_576;
/// States of a socket, from the kernel's `tcp_states.h`.
const ESTABLISHED: u8 = 0x01;
const LISTEN: u8 = 0x0A;

/// A socket of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    state: u8,
    uid: u32,
    /// Whether a process has it: a connection that nobody has accepted yet belongs to nobody.
    held: bool,
}

/// Gives the user id behind the other end of a connection within this machine; `None` where that cannot be seen.
pub(super) fn owner(server: SocketAddr, client: SocketAddr) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().filter_map(|path| File::open(path).ok());
    let lines = tables.flat_map(|table| BufReader::new(table.take(TABLE_BYTES_MAX)).lines().map_while(Result::ok));
    owner_in(lines.filter_map(|line| socket(&line)), server, client)
}

/// The listener says whose the port is. It may be gone once it has accepted the connection, or be another one by now: so
/// whoever has accepted counts, too. But what root listens on it may hand on, as a service manager does.
fn owner_in(sockets: impl Iterator<Item = Socket>, server: SocketAddr, client: SocketAddr) -> Option<u32> {
    let (server, client) = (canonical(server), canonical(client));
    let (mut listener, mut accepted) = (None, None);
    for socket in sockets {
        match socket.state {
            LISTEN => {
                let rank = rank(socket.local, server);
                if rank > listener.map_or(0, |(rank, _)| rank) {
                    listener = Some((rank, socket.uid));
                }
            }
            ESTABLISHED if socket.held && socket.local == server && socket.remote == client => {
                accepted = Some(socket.uid);
            }
            _ => {}
        }
    }
    match (listener.map(|(_, uid)| uid), accepted) {
        (Some(0), _) => Some(0),
        (listener, accepted) => accepted.or(listener),
    }
}

/// Tells how well a listener fits an address, 0 for not at all: as the kernel does, which takes the closest.
fn rank(listener: SocketAddr, server: SocketAddr) -> u8 {
    let wild = Ipv4Addr::UNSPECIFIED;
    match (listener.ip(), server.ip()) {
        _ if listener.port() != server.port() => 0,
        (listener, server) if listener == server => 3,
        (IpAddr::V4(listener), IpAddr::V4(_)) if listener == wild => 2,
        // A socket of IPv6 takes IPv4 in as well, unless it says otherwise.
        (IpAddr::V6(listener), _) if listener.is_unspecified() => 1,
        _ => 0,
    }
}

/// Reads a line of a table; `None` when it is none, as the heading.
fn socket(line: &str) -> Option<Socket> {
    let columns = line.split_ascii_whitespace().collect::<Vec<_>>();
    let [_, local, remote, state, _, _, _, uid, _, inode, ..] = columns.as_slice() else { return None };
    Some(Socket {
        local: address(local)?,
        remote: address(remote)?,
        state: u8::from_str_radix(state, 16).ok()?,
        uid: uid.parse().ok()?,
        held: *inode != "0",
    })
}

/// Reads `0100007F:1C84`.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| {
        let word = u32::from_str_radix(host.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    let ip = match host.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut octets = [0; 16];
            for (at, octets) in octets.chunks_exact_mut(4).enumerate() {
                octets.copy_from_slice(&word(at)?);
            }
            IpAddr::V6(Ipv6Addr::from(octets))
        }
        _ => return None,
    };
    Some(canonical(SocketAddr::new(ip, port)))
}

/// IPv4 is the same whichever table it stands in.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// Writes an address as a table of this machine has it.
    fn written(address: SocketAddr) -> String {
        let words = |octets: &[u8]| {
            let words = octets.chunks_exact(4).map(|word| u32::from_ne_bytes(word.try_into().unwrap()));
            words.map(|word| format!("{word:08X}")).collect::<String>()
        };
        let host = match address.ip() {
            IpAddr::V4(ip) => words(&ip.octets()),
            IpAddr::V6(ip) => words(&ip.octets()),
        };
        format!("{host}:{:04X}", address.port())
    }

    fn line(local: &str, remote: &str, state: &str, uid: u32, inode: u32) -> String {
        let (local, remote) = (written(at(local)), written(at(remote)));
        format!(
            "   7: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5}        0 {inode} 1 0 100 0 0 10 0"
        )
    }

    fn listening(local: &str, uid: u32) -> String {
        let nobody = if at(local).is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        line(local, nobody, "0A", uid, 1)
    }

    fn found(lines: &[String], server: &str) -> Option<u32> {
        owner_in(lines.iter().filter_map(|line| socket(line)), at(server), at("127.0.0.1:50000"))
    }

    #[test]
    fn a_line_of_the_kernel_is_read() {
        let heading =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
        assert_eq!(socket(heading), None);
        assert_eq!(socket(""), None);
        assert_eq!(socket("0: 1:2 3:4 0A a b c d e f"), None);
        if cfg!(target_endian = "little") {
            let text =
                "   0: 0100007F:1C84 00000000:0000 0A 00000000:00000000 00:00000000 00000000   990        0 640 1";
            let read = socket(text).unwrap();
            assert_eq!((read.local, read.state, read.uid), (at("127.0.0.1:7300"), LISTEN, 990));
            let text =
                "0: 00000000000000000000000001000000:1C84 00000000000000000000000000000000:0000 0A 0:0 0:0 0 5 0 9";
            assert_eq!(socket(text).unwrap().local, at("[::1]:7300"));
        }
    }

    #[test]
    fn the_closest_listener_owns_the_port() {
        let wild = [listening("0.0.0.0:7300", 990), listening("127.0.0.1:7301", 1)];
        assert_eq!(found(&wild, "127.0.0.1:7300"), Some(990));
        assert_eq!(found(&wild, "127.0.0.1:7302"), None);
        assert_eq!(found(&wild, "[::1]:7300"), None, "it takes no IPv6");
        let both = [listening("[::]:7300", 1001), listening("127.0.0.1:7300", 990)];
        assert_eq!(found(&both, "127.0.0.1:7300"), Some(990));
        assert_eq!(found(&both, "127.0.0.2:7300"), Some(1001), "it takes IPv4 as well");
        assert_eq!(found(&both, "[::1]:7300"), Some(1001));
        let mapped = [listening("[::ffff:127.0.0.1]:7300", 990)];
        assert_eq!(found(&mapped, "127.0.0.1:7300"), Some(990));
    }

    #[test]
    fn who_has_accepted_counts_when_the_listener_is_gone_or_another() {
        let accepted = |uid, inode| line("127.0.0.1:7300", "127.0.0.1:50000", "01", uid, inode);
        let other = line("127.0.0.1:7300", "127.0.0.1:50001", "01", 1001, 5);
        let listener = |uid| listening("127.0.0.1:7300", uid);
        assert_eq!(found(&[accepted(1001, 5)], "127.0.0.1:7300"), Some(1001));
        assert_eq!(found(&[listener(990), accepted(1001, 5)], "127.0.0.1:7300"), Some(1001));
        assert_eq!(found(&[listener(990), accepted(0, 0)], "127.0.0.1:7300"), Some(990), "nobody has it yet");
        assert_eq!(found(&[listener(990), other], "127.0.0.1:7300"), Some(990));
        assert_eq!(found(&[listener(0), accepted(990, 5)], "127.0.0.1:7300"), Some(0), "socket activation");
    }

    #[test]
    fn this_machine_knows_its_own_listener() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let seen = owner(stream.peer_addr().unwrap(), stream.local_addr().unwrap());
        if File::open("/proc/net/tcp").is_ok() {
            assert_eq!(seen, Some(rustix::process::geteuid().as_raw()));
        }
    }
}
