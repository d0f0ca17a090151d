//! A relay between people and a daemon that counts what goes over it, and breaks off where the story says. It reads HTTP
//! as far as it must to know where a request and its answer end; a WebSocket it carries as it is.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};

use proto::http::WEB_SOCKET;

/// A relay, on a port of its own. It runs on threads of its own: stories that wait for a client block theirs.
pub(crate) struct Relay {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Connections that requests came over.
    connections: usize,
    /// What the daemon was asked, as `GET /v1/friends`.
    requests: Vec<String>,
    /// Whether a connection that waits is closed, at the worst moment: when the next request comes.
    closes_waiting: bool,
    /// The answer to this request gets lost.
    loses: Option<&'static str>,
}

impl Relay {
    /// Makes a relay that works.
    pub(crate) fn to(daemon: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let address = listener.local_addr().expect("it has one");
        let state = Arc::<Mutex<State>>::default();
        let serving = state.clone();
        // The thread ends with the process.
        std::thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let Ok(far) = TcpStream::connect(daemon) else { continue };
                let state = serving.clone();
                // Who goes in the middle of a sentence is the client's business.
                std::thread::spawn(move || carry(near, far, &state));
            }
        });
        Self { address, state }
    }

    /// Gives the address for people.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets no connection carry a second request: that one is not passed on, and nobody is told.
    pub(crate) fn closes_what_waits(&self) {
        self.state().closes_waiting = true;
    }

    /// Passes a request on and breaks off when its answer comes.
    pub(crate) fn loses_the_answer_to(&self, request: &'static str) {
        self.state().loses = Some(request);
    }

    /// Gives how many connections requests came over, and which requests the daemon got, since the last time.
    pub(crate) fn counted(&self) -> (usize, Vec<String>) {
        let mut state = self.state();
        (std::mem::take(&mut state.connections), std::mem::take(&mut state.requests))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("nobody panics on the relay")
}

fn carry(near: TcpStream, far: TcpStream, state: &Mutex<State>) -> Option<()> {
    let copy = |stream: &TcpStream| BufReader::new(stream.try_clone().expect("a descriptor can be had"));
    let (mut people, mut daemon) = (copy(&near), copy(&far));
    let (mut near, mut far) = (near, far);
    let mut is_first = true;
    loop {
        let (name, request) = message(&mut people)?;
        if name.strip_prefix("GET ") == Some(WEB_SOCKET) {
            far.write_all(&request).ok()?;
            std::thread::spawn(move || pass_on(people, far));
            pass_on(daemon, near);
            return None;
        }
        let is_lost = {
            let mut state = lock(state);
            match std::mem::take(&mut is_first) {
                true => state.connections += 1,
                false if state.closes_waiting => return None,
                false => {}
            }
            state.requests.push(name.clone());
            state.loses == Some(name.as_str())
        };
        far.write_all(&request).ok()?;
        let (_, answer) = message(&mut daemon)?;
        if is_lost {
            return None;
        }
        near.write_all(&answer).ok()?;
    }
}

/// Reads a request or an answer: the method and path of the one, and all of its bytes.
fn message(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    let mut length = 0;
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let field = head[start..].split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        length = field.map_or(Some(length), |(_, value)| value.trim().parse().ok())?;
    }
    let mut words = head.split([' ', '?']);
    let name = format!("{} {}", words.next()?, words.next()?);
    let mut bytes = head.into_bytes();
    stream.by_ref().take(length).read_to_end(&mut bytes).ok()?;
    Some((name, bytes))
}

fn pass_on(mut from: BufReader<TcpStream>, mut to: TcpStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}
