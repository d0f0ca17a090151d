//! The user behind a TCP connection within this machine, by the kernel's table of sockets (proc(5), `/proc/net/tcp`):
//! what `SO_PEERCRED` says on a Unix socket. It serves limits only; nobody is signed in by it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;

use tokio::sync::oneshot;

use crate::lock::lock;

/// The tables, in the folder of the process: it exists also where `/proc` shows nothing but processes.
const TABLES: [&str; 2] = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

/// The two ends of a connection within this machine, as its server sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ends {
    pub(crate) peer: SocketAddr,
    pub(crate) ours: SocketAddr,
}

/// Who wants to know a user, and about which connection.
type Wanted = (Ends, oneshot::Sender<Option<u32>>);

/// Those who wait for the tables to be read. A look at them takes the kernel some milliseconds, more with each connection
/// of the machine: so one look at a time serves all who have come before it.
static WAITING: Mutex<Vec<Wanted>> = Mutex::new(Vec::new());
static LOOKING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Gives the user at the other end of an open connection, if the system tells.
pub(crate) async fn user_of(ends: Ends) -> Option<u32> {
    let (tell, told) = oneshot::channel();
    waiting(|waiting| waiting.push((ends, tell)));
    let turn = LOOKING.lock().await;
    let wanted = waiting(std::mem::take);
    if !wanted.is_empty() {
        tokio::task::spawn_blocking(move || answer(wanted)).await.ok()?;
    }
    drop(turn);
    told.await.ok()?
}

fn waiting<T>(with: impl FnOnce(&mut Vec<Wanted>) -> T) -> T {
    with(&mut lock(&WAITING))
}

fn answer(wanted: Vec<Wanted>) {
    let mut users = wanted.iter().map(|(ends, _)| (ends.canonical(), None)).collect::<HashMap<_, _>>();
    for table in TABLES.iter().filter_map(|table| File::open(table).ok()) {
        look(BufReader::new(table), &mut users);
    }
    for (ends, tell) in wanted {
        // The task that asked may have gone.
        let _ = tell.send(users.get(&ends.canonical()).copied().flatten());
    }
}

/// Finds the users of the sockets at the other ends: their own address is the peer's, and their peer is ours.
fn look(table: impl BufRead, users: &mut HashMap<Ends, Option<u32>>) {
    // A table that breaks off names nobody behind that.
    for row in table.lines().map_while(Result::ok).filter_map(|line| Row::read(&line)).filter(|row| row.is_held) {
        if let Some(user) = users.get_mut(&Ends { peer: row.own, ours: row.peer }) {
            *user = Some(row.uid);
        }
    }
}

impl Ends {
    fn canonical(self) -> Self {
        Self { peer: canonical(self.peer), ours: canonical(self.ours) }
    }
}

/// A socket in the table.
struct Row {
    own: SocketAddr,
    peer: SocketAddr,
    uid: u32,
    /// Whether a process holds it, and it is connected: of others the kernel says that they are root's.
    is_held: bool,
}

/// How the table names the state `TCP_ESTABLISHED`.
const ESTABLISHED: &str = "01";

impl Row {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (own, peer) = (address(fields.next()?)?, address(fields.next()?)?);
        let state = fields.next()?;
        // Queues, timer and retransmits come before it, a timeout after it.
        let uid = fields.nth(3)?.parse().ok()?;
        let inode = fields.nth(1)?;
        Some(Self { own, peer, uid, is_held: state == ESTABLISHED && inode != "0" })
    }
}

/// Reads `ADDRESS:PORT` in hexadecimal digits; of the address each four bytes are a number as the machine has it in memory.
fn address(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = [0; 16];
    let words = address.as_bytes().chunks(8);
    let count = words.len();
    for (word, place) in words.zip(bytes.chunks_mut(4)) {
        let word = u32::from_str_radix(std::str::from_utf8(word).ok()?, 16).ok()?;
        place.copy_from_slice(&word.to_ne_bytes());
    }
    let address = match (address.len(), count) {
        (8, 1) => IpAddr::from(Ipv4Addr::from(*bytes.first_chunk()?)),
        (32, 4) => IpAddr::from(Ipv6Addr::from(bytes)),
        _ => return None,
    };
    Some(canonical(SocketAddr::new(address, port)))
}

/// An address of version four that a socket of version six holds is the same one.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(peer: &str, ours: &str) -> Ends {
        Ends { peer: peer.parse().unwrap(), ours: ours.parse().unwrap() }
    }

    #[cfg(target_endian = "little")]
    #[test]
    fn the_socket_of_the_other_end_is_found() {
        let table = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1C84 00000000:0000 0A 00000000:00000000 00:00000000 00000000   990        0 11 1 0000000000000000 100 0 0 10 0
   1: 0100007F:1C84 0100007F:D2F0 01 00000000:00000000 00:00000000 00000000   990        0 12 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:D2F0 0100007F:1C84 01 00000000:00000000 02:000A1B2C 00000000  1000        0 13 1 0000000000000000 20 4 30 10 -1
   3: 0100007F:D2F2 0100007F:1C84 06 00000000:00000000 03:00000F00 00000000     0        0 0 3 0000000000000000
   4: 0100007F:D2F4 0100007F:1C84 01 00000000:00000000 00:00000000 00000000     0        0 0 3 0000000000000000
   5: nonsense
   6: 0000000000000000FFFF00000100007F:D2F6 0000000000000000FFFF00000100007F:1C84 01 00000000:00000000 00:00000000 00000000  1001        0 14 1 0000000000000000 20 4 30 10 -1
   7: 00000000000000000000000001000000:D2F8 00000000000000000000000001000000:1C84 01 00000000:00000000 00:00000000 00000000  1002        0 15 1 0000000000000000 20 4 30 10 -1
";
        let user = |peer: &str, ours: &str| {
            let mut users = HashMap::from([(ends(peer, ours).canonical(), None)]);
            look(table.as_bytes(), &mut users);
            users.into_values().next().flatten()
        };
        assert_eq!(user("127.0.0.1:54000", "127.0.0.1:7300"), Some(1_000), "not the server's own end");
        assert_eq!(user("127.0.0.1:54002", "127.0.0.1:7300"), None, "one that has ended is nobody's, not root's");
        assert_eq!(user("127.0.0.1:54004", "127.0.0.1:7300"), None, "one that no process holds");
        assert_eq!(user("127.0.0.1:54006", "127.0.0.1:7300"), Some(1_001));
        assert_eq!(user("[::ffff:127.0.0.1]:54000", "[::ffff:127.0.0.1]:7300"), Some(1_000));
        assert_eq!(user("[::1]:54008", "[::1]:7300"), Some(1_002));
        assert_eq!(user("127.0.0.1:54000", "127.0.0.1:7301"), None);
    }

    #[tokio::test]
    async fn many_are_answered_at_once() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let held = (0..50).map(|_| {
            let client = std::net::TcpStream::connect(address).unwrap();
            let (server, peer) = listener.accept().unwrap();
            (client, server, Ends { peer, ours: address })
        });
        let held = held.collect::<Vec<_>>();
        let me = Some(rustix::process::geteuid().as_raw());
        let asked = held.iter().map(|(.., ends)| tokio::spawn(user_of(*ends)));
        for user in asked.collect::<Vec<_>>() {
            assert_eq!(user.await.unwrap(), me);
        }
        assert!(waiting(|waiting| waiting.is_empty()), "nobody is left waiting");
    }

    #[tokio::test]
    async fn the_kernel_names_who_is_connected() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(address) else { continue };
            let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (server, peer) = listener.accept().unwrap();
            let ends = Ends { peer, ours: server.local_addr().unwrap() };
            assert_eq!(user_of(ends).await, Some(rustix::process::geteuid().as_raw()), "{address}");
            drop(client);
        }
    }
}
