//! The table of all sockets. The columns are those of proc(5); an address is written as the machine keeps it, in words of 32 bits.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::{Ends, Socket, canonical};

/// The tables, in the folder of the process: it exists also where `/proc` shows nothing but processes.
const TABLES: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];
/// Bytes of a table that are read: 200,000 sockets.
const TABLE_BYTES_MAX: u64 = 32 * 1_048_576;

/// What can be told of the sockets of the machine.
pub(crate) struct Table(Vec<Socket>);

impl Table {
    /// Reads the tables; what cannot be read is missing.
    pub(crate) fn read() -> Self {
        let tables = TABLES.into_iter().filter_map(|path| File::open(path).ok());
        Self::of(tables.flat_map(|table| BufReader::new(table.take(TABLE_BYTES_MAX)).lines().map_while(Result::ok)))
    }

    fn of(lines: impl Iterator<Item = String>) -> Self {
        Self(lines.filter_map(|line| socket(&line)).collect())
    }

    pub(crate) fn holder(&self, ends: Ends) -> Option<u32> {
        self.0.iter().find(|socket| socket.holds(ends)).map(|socket| socket.uid)
    }

    pub(crate) fn listener(&self, address: SocketAddr) -> Option<u32> {
        let listeners = self.0.iter().filter(|socket| socket.listens());
        let fitting = listeners.map(|socket| (rank(socket.own, address), socket.uid)).filter(|(rank, _)| *rank > 0);
        fitting.max_by_key(|(rank, _)| *rank).map(|(_, uid)| uid)
    }
}

/// Tells how well a listener fits an address, 0 for not at all: as the kernel does, which takes the closest.
fn rank(listener: SocketAddr, server: SocketAddr) -> u8 {
    match (listener.ip(), server.ip()) {
        _ if listener.port() != server.port() => 0,
        (listener, server) if listener == server => 3,
        (IpAddr::V4(listener), IpAddr::V4(_)) if listener.is_unspecified() => 2,
        // A socket of IPv6 takes IPv4 in as well, unless it says otherwise.
        (IpAddr::V6(listener), _) if listener.is_unspecified() => 1,
        _ => 0,
    }
}

/// Reads a line of a table; `None` when it is none, as the heading.
fn socket(line: &str) -> Option<Socket> {
    let columns = line.split_ascii_whitespace().collect::<Vec<_>>();
    let [_, own, peer, state, _, _, _, uid, _, inode, ..] = columns.as_slice() else { return None };
    Some(Socket {
        own: address(own)?,
        peer: address(peer)?,
        state: u8::from_str_radix(state, 16).ok()?,
        uid: uid.parse().ok()?,
        is_held: *inode != "0",
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ESTABLISHED, LISTEN, Sockets};

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn ends(own: &str, peer: &str) -> Ends {
        Ends { own: at(own), peer: at(peer) }.canonical()
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

    fn line(own: &str, peer: &str, state: u8, uid: u32, inode: u32) -> String {
        let (own, peer) = (written(at(own)), written(at(peer)));
        format!(
            "   7: {own} {peer} {state:02X} 00000000:00000000 00:00000000 00000000 {uid:5}        0 {inode} 1 0 100 0 0 10 0"
        )
    }

    fn listening(own: &str, uid: u32) -> String {
        line(own, if at(own).is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }, LISTEN, uid, 1)
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
            assert_eq!((read.own, read.state, read.uid), (at("127.0.0.1:7300"), LISTEN, 990));
            let text =
                "0: 00000000000000000000000001000000:1C84 00000000000000000000000000000000:0000 0A 0:0 0:0 0 5 0 9";
            assert_eq!(socket(text).unwrap().own, at("[::1]:7300"));
        }
    }

    #[test]
    fn the_closest_listener_is_found() {
        let found = |lines: &[String], address: &str| Table::of(lines.iter().cloned()).listener(at(address));
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
    fn the_holder_of_an_end_is_found() {
        let (server, mapped) = ("127.0.0.1:7300", "[::ffff:127.0.0.1]:7300");
        let table = Table::of(
            [
                "nonsense".to_owned(),
                listening(server, 990),
                line(server, "127.0.0.1:54000", ESTABLISHED, 990, 12),
                line("127.0.0.1:54000", server, ESTABLISHED, 1_000, 13),
                line("127.0.0.1:54002", server, 6, 0, 0),
                line("127.0.0.1:54004", server, ESTABLISHED, 0, 0),
                line("[::ffff:127.0.0.1]:54006", mapped, ESTABLISHED, 1_001, 14),
                line("[::1]:54008", "[::1]:7300", ESTABLISHED, 1_002, 15),
            ]
            .into_iter(),
        );
        let user = |own: &str, peer: &str| table.holder(ends(own, peer));
        assert_eq!(user("127.0.0.1:54000", server), Some(1_000));
        assert_eq!(user(server, "127.0.0.1:54000"), Some(990));
        assert_eq!(user("127.0.0.1:54002", server), None, "one that has ended is nobody's, not root's");
        assert_eq!(user("127.0.0.1:54004", server), None, "one that no process holds");
        assert_eq!(user("127.0.0.1:54006", server), Some(1_001));
        assert_eq!(user("[::ffff:127.0.0.1]:54000", mapped), Some(1_000));
        assert_eq!(user("[::1]:54008", "[::1]:7300"), Some(1_002));
        assert_eq!(user("127.0.0.1:54000", "127.0.0.1:7301"), None);
    }

    /// The kernel and its table say the same of real sockets: held, waiting to be accepted, listening, gone, never there.
    #[test]
    fn the_kernel_says_what_its_table_says() {
        let me = Some(rustix::process::geteuid().as_raw());
        for address in ["127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(address) else { continue };
            let mut server = listener.local_addr().unwrap();
            if server.ip().is_unspecified() {
                server.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
            }
            let connects = || std::net::TcpStream::connect(server).unwrap();
            let ends = |client: &std::net::TcpStream| Ends {
                own: client.local_addr().unwrap(),
                peer: client.peer_addr().unwrap(),
            };
            let (held, waiting) = (connects(), connects());
            let (_accepted, _) = listener.accept().unwrap();
            let (held, waiting) = (ends(&held), ends(&waiting));
            let asked = [held, held.reversed(), waiting, waiting.reversed()];
            let never = Ends { own: server, peer: (server.ip(), 1).into() };
            let asked = asked.into_iter().chain([never, never.reversed()]);
            let (mut kernel, table) = (Sockets::now(), Table::read());
            let expected = [me, me, me, None, None, None];
            for (ends, expected) in asked.zip(expected) {
                assert_eq!(kernel.holder(ends), expected, "{address} {ends:?}");
                assert_eq!(table.holder(ends.canonical()), expected, "{address} {ends:?}");
            }
            assert_eq!((kernel.listener(server), table.listener(canonical(server))), (me, me), "{address}");
            assert!(kernel.table.is_none(), "it was asked, not read");
            drop(listener);
            assert_eq!((kernel.listener(server), Table::read().listener(canonical(server))), (None, None), "{address}");
        }
    }
}
