//! The way to a daemon that is far, narrow or blocked: a relay that keeps its port whatever happens behind it.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Result;

/// Bytes that go over a narrow road at once, about a packet.
const PACKET_BYTES: usize = 1_400;

/// A relay on threads of its own, which end with the process.
pub(super) struct Road {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    is_blocked: AtomicBool,
    /// How long anything takes in one direction, in milliseconds.
    delay_ms: AtomicU64,
    /// What goes through in a second in each direction; 0: as much as comes.
    bits_per_second: AtomicU64,
    /// Bytes that went through, both ways.
    bytes: AtomicU64,
    /// When the next byte may enter each direction, which all connections share.
    free: [Mutex<Option<Instant>>; 2],
    open: Mutex<Vec<TcpStream>>,
}

impl Road {
    /// Makes a road on which nothing takes time.
    pub(super) fn to(daemon: &str) -> Result<Self> {
        let daemon: SocketAddr = daemon.parse()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let state = Arc::<State>::default();
        let serving = state.clone();
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if serving.is_blocked.load(Ordering::Acquire) {
                    continue;
                }
                let serving = serving.clone();
                std::thread::spawn(move || serving.carry(&near, daemon));
            }
        });
        Ok(Self { address, state })
    }

    /// Gives the address for clients.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Lets everything take so long in one direction.
    pub(super) fn delays(&self, time: Duration) {
        self.state.delay_ms.store(time.as_millis() as u64, Ordering::Release);
    }

    /// Lets through only so much a second in each direction; as much as comes when 0.
    pub(super) fn narrows(&self, bits_per_second: u64) {
        self.state.bits_per_second.store(bits_per_second, Ordering::Release);
    }

    /// Breaks what is open and lets nobody through, or lets them through again.
    pub(super) fn blocks(&self, is_blocked: bool) {
        self.state.is_blocked.store(is_blocked, Ordering::Release);
        let mut open = self.state.open.lock().expect("nobody panics on the road");
        for stream in open.drain(..).filter(|_| is_blocked) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Gives the bytes that went through until now.
    pub(super) fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::Acquire)
    }
}

impl State {
    fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.load(Ordering::Acquire))
    }

    /// Carries a connection. Who breaks off in the middle is not the road's business.
    fn carry(self: &Arc<Self>, near: &TcpStream, daemon: SocketAddr) {
        // A client whose daemon is far says nothing before its connection stands, which takes a round trip.
        std::thread::sleep(self.delay() * 2);
        let Ok(far) = TcpStream::connect(daemon) else { return };
        let copies = || Some([near.try_clone().ok()?, far.try_clone().ok()?]);
        let (Some(one), Some(other), Some(kept)) = (copies(), copies(), copies()) else { return };
        for stream in &kept {
            let _ = stream.set_nodelay(true);
        }
        self.open.lock().expect("nobody panics on the road").extend(kept);
        let [near, far] = one;
        self.direct(0, near, far);
        let [near, far] = other;
        self.direct(1, far, near);
    }

    fn direct(self: &Arc<Self>, direction: usize, from: TcpStream, to: TcpStream) {
        let (sent, came) = channel();
        let (entering, leaving) = (self.clone(), self.clone());
        std::thread::spawn(move || entering.enter(direction, from, &sent));
        std::thread::spawn(move || leaving.leave(to, &came));
    }

    /// Reads what is said, as fast as the road takes it, with the moment in which it arrives.
    fn enter(&self, direction: usize, mut from: TcpStream, sent: &Sender<(Instant, Vec<u8>)>) {
        let mut buffer = vec![0; 65_536];
        loop {
            let bits = self.bits_per_second.load(Ordering::Acquire);
            let most = if bits == 0 { buffer.len() } else { PACKET_BYTES };
            let Ok(read @ 1..) = from.read(&mut buffer[..most]) else { return };
            if bits > 0 {
                self.pass(direction, Duration::from_secs_f64(read as f64 * 8.0 / bits as f64));
            }
            if sent.send((Instant::now() + self.delay(), buffer[..read].to_vec())).is_err() {
                return;
            }
        }
    }

    /// Waits for one's turn and until it is over.
    fn pass(&self, direction: usize, time: Duration) {
        let mut free = self.free[direction].lock().expect("nobody panics on the road");
        let over = free.unwrap_or_else(Instant::now).max(Instant::now()) + time;
        *free = Some(over);
        drop(free);
        std::thread::sleep(over.saturating_duration_since(Instant::now()));
    }

    fn leave(&self, mut to: TcpStream, came: &Receiver<(Instant, Vec<u8>)>) {
        for (moment, bytes) in came {
            std::thread::sleep(moment.saturating_duration_since(Instant::now()));
            self.bytes.fetch_add(bytes.len() as u64, Ordering::AcqRel);
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}
