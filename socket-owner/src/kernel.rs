//! Asking the kernel for one socket.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};

use netlink_packet_core::{NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload};
use netlink_packet_sock_diag::SockDiagMessage;
use netlink_packet_sock_diag::constants::{AF_INET, AF_INET6, IPPROTO_TCP};
use netlink_packet_sock_diag::inet::{ExtensionFlags, InetRequest, SocketId, StateFlags};
use rustix::io::Errno;
use rustix::net::netlink::{SOCK_DIAG, SocketAddrNetlink};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

use crate::{Ends, Socket, canonical};

/// The loopback interface: what this machine sends to itself goes through it, whatever the address.
const LOOPBACK: u32 = 1;
/// A socket is named by its ends, not by a cookie (`INET_DIAG_NOCOOKIE` of the kernel's `inet_diag.h`).
const NO_COOKIE: [u8; 8] = [0xFF; 8];
/// Bytes of an answer: a socket without what it can tell besides.
const ANSWER_BYTES: usize = 1_024;

/// Whether the kernel has ever told of a socket. Until then "there is none" may mean that it cannot tell of any.
static TELLS: AtomicBool = AtomicBool::new(false);

/// What the kernel says.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The socket that a packet from the peer would come to.
    Socket(Socket),
    NoSocket,
    /// It does not tell.
    Silence,
}

/// A way to ask.
#[derive(Default)]
pub(crate) struct Kernel {
    /// None before the first question, and where there can be none.
    socket: Option<OwnedFd>,
    asked: u32,
}

impl Kernel {
    /// Asks for a socket by its ends.
    pub(crate) fn ask(&mut self, ends: Ends) -> Answer {
        match self.answer(ends) {
            Ok(Some(socket)) => {
                TELLS.store(true, Ordering::Relaxed);
                Answer::Socket(socket)
            }
            Ok(None) if TELLS.load(Ordering::Relaxed) => Answer::NoSocket,
            _ => Answer::Silence,
        }
    }

    fn answer(&mut self, ends: Ends) -> io::Result<Option<Socket>> {
        let number = self.asked.wrapping_add(1);
        self.asked = number;
        let socket = match &self.socket {
            Some(socket) => socket,
            None => self.socket.insert(connected()?),
        };
        send(socket, &question(ends, number), SendFlags::empty())?;
        let mut answer = [0; ANSWER_BYTES];
        // The kernel has answered when it has taken the question.
        let (read, _) = recv(socket, &mut answer[..], RecvFlags::DONTWAIT)?;
        let message =
            NetlinkMessage::<SockDiagMessage>::deserialize(&answer[..read]).map_err(|_| io::ErrorKind::InvalidData)?;
        if message.header.sequence_number != number {
            return Err(io::ErrorKind::InvalidData.into());
        }
        match message.payload {
            NetlinkPayload::InnerMessage(SockDiagMessage::InetResponse(response)) => {
                let told = &response.header;
                let (own, peer) = (&told.socket_id.source_address, &told.socket_id.destination_address);
                Ok(Some(Socket {
                    own: canonical(SocketAddr::new(*own, told.socket_id.source_port)),
                    peer: canonical(SocketAddr::new(*peer, told.socket_id.destination_port)),
                    state: told.state,
                    uid: told.uid,
                    is_held: told.inode != 0,
                }))
            }
            NetlinkPayload::Error(error) if error.raw_code() == -Errno::NOENT.raw_os_error() => Ok(None),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

fn connected() -> io::Result<OwnedFd> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, SocketFlags::CLOEXEC, Some(SOCK_DIAG))?;
    // The kernel is 0.
    rustix::net::connect(&socket, &SocketAddrNetlink::new(0, 0))?;
    Ok(socket)
}

fn question(ends: Ends, number: u32) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    (header.flags, header.sequence_number) = (NLM_F_REQUEST, number);
    let request = InetRequest {
        family: if matches!(ends.own.ip(), IpAddr::V4(_)) { AF_INET } else { AF_INET6 },
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::empty(),
        states: StateFlags::all(),
        socket_id: SocketId {
            source_port: ends.own.port(),
            destination_port: ends.peer.port(),
            source_address: ends.own.ip(),
            destination_address: ends.peer.ip(),
            interface_id: LOOPBACK,
            cookie: NO_COOKIE,
        },
    };
    let mut message = NetlinkMessage::new(header, SockDiagMessage::InetRequest(request).into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}
