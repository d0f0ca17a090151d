//! A link between people and a daemon that the story can break: it swallows what is said, or is cut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A link, on a port of its own. It runs on threads of its own: stories that wait for a screen block theirs.
pub(crate) struct Link {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    daemon: Mutex<SocketAddr>,
    /// What people say goes nowhere, and nobody is told.
    swallows: AtomicBool,
    /// Nobody gets through.
    down: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Link {
    /// Makes a link that works.
    pub(crate) fn to(daemon: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let address = listener.local_addr().expect("it has one");
        let state = Arc::new(State {
            daemon: Mutex::new(daemon),
            swallows: AtomicBool::new(false),
            down: AtomicBool::new(false),
            open: Mutex::default(),
        });
        let serving = state.clone();
        // The thread ends with the process.
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                if serving.down.load(Ordering::Acquire) {
                    continue;
                }
                let daemon = *serving.daemon.lock().expect("nobody panics on the link");
                let Ok(far) = TcpStream::connect(daemon) else { continue };
                serving.carry(near, far);
            }
        });
        Self { address, state }
    }

    /// Gives the address for people.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets nothing that people say arrive any more, as a link that died without a word.
    pub(crate) fn swallows(&self) {
        self.state.swallows.store(true, Ordering::Release);
    }

    /// Breaks everything that is open, and lets nobody through until it is mended.
    pub(crate) fn breaks(&self) {
        self.state.down.store(true, Ordering::Release);
        self.state.swallows.store(false, Ordering::Release);
        for stream in self.state.open.lock().expect("nobody panics on the link").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Leads to another daemon from now on.
    pub(crate) fn leads_to(&self, daemon: SocketAddr) {
        *self.state.daemon.lock().expect("nobody panics on the link") = daemon;
    }

    /// Works again.
    pub(crate) fn mends(&self) {
        self.state.down.store(false, Ordering::Release);
    }
}

impl State {
    fn carry(self: &Arc<Self>, near: TcpStream, far: TcpStream) {
        let copy = |stream: &TcpStream| stream.try_clone().expect("a descriptor can be had");
        self.open.lock().expect("nobody panics on the link").extend([copy(&near), copy(&far)]);
        for (from, to, said) in [(copy(&near), copy(&far), true), (far, near, false)] {
            let state = self.clone();
            std::thread::spawn(move || state.copy(from, to, said));
        }
    }

    fn copy(&self, mut from: TcpStream, mut to: TcpStream, said: bool) {
        let mut buffer = [0; 4_096];
        while let Ok(read @ 1..) = from.read(&mut buffer) {
            if said && self.swallows.load(Ordering::Acquire) {
                continue;
            }
            if to.write_all(&buffer[..read]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}
