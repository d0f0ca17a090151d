//! A restart while people talk: the daemon goes and comes, its sockets stay with who passed them in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proto::CloseCode;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

use crate::support::{Door, Folder, PASSWORD, Person, Screen, chatd_binary, contents, fresh_nonce, message, soon};

/// How long the last message may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// People who talk.
const PEOPLE: usize = 60;

/// A service whose socket its manager holds.
struct Service {
    folder: Folder,
    socket: TcpListener,
    address: SocketAddr,
}

impl Service {
    fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        fcntl_setfd(&socket, FdFlags::empty()).expect("it can be given away");
        let address = socket.local_addr().expect("it has one");
        Self { folder: Folder::new(), socket, address }
    }

    /// Starts the daemon on the socket and waits until it listens.
    async fn starts(&self) -> Child {
        let script = format!("exec 3<&{}; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$0\" serve", self.socket.as_raw_fd());
        let mut child = tokio::process::Command::new("bash")
            .args(["-c", &script])
            .arg(chatd_binary())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CHATD_LISTEN", "[]")
            .env("CHATD_DATA", self.folder.path())
            .env("CHATD_LOG", "warn")
            .env("CHATD_LIMITS__MESSAGE_RATE", "0")
            .env("CHATD_AUTH__ARGON2__MEMORY_KIB", "64")
            .env("CHATD_AUTH__ARGON2__PASSES", "1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("chatd can be started");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
        let line = soon("an address", lines.next_line()).await.expect("it can be read").expect("it listens");
        assert_eq!(line, format!("listening on http://{}", self.address));
        child
    }

    fn door(&self) -> Door {
        Door::at(&format!("http://{}", self.address))
    }
}

async fn stops(mut child: Child) -> ExitStatus {
    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
    kill_process(id, Signal::TERM).expect("it can be told");
    soon("the end of chatd", child.wait()).await.expect("it can be read")
}

/// What somebody has said: by nonce, and the index if it was acknowledged.
#[derive(Default)]
struct Said {
    contents: BTreeMap<String, String>,
    acknowledged: BTreeMap<String, u64>,
}

/// Talks until the daemon says goodbye; gives when to come back.
async fn talks(person: &mut Person, said: &mut Said) -> u64 {
    loop {
        let nonce = fresh_nonce();
        let content = format!("said as {nonce}");
        said.contents.insert(nonce.clone(), content.clone());
        let payload = message(&person.id("tea"), &content, &nonce);
        let reference = person.says("channel_message_add", payload).await;
        let answered = |packet: &serde_json::Value| packet["ref"] == reference || packet["type"] == "goodbye";
        let packet = person.takes(std::panic::Location::caller(), "an answer or a goodbye", answered).await;
        match packet["type"].as_str() {
            Some("ok") => _ = said.acknowledged.insert(nonce, packet["payload"]["index"].as_u64().expect("an index")),
            Some("goodbye") => return packet["payload"]["reconnect_after_ms"].as_u64().expect("a time"),
            _ => panic!("{packet}"),
        }
    }
}

/// Asks for the daemon's health on one new connection after the other; counts those that were answered.
async fn keeps_asking(address: SocketAddr, done: Arc<AtomicBool>, answered: Arc<AtomicU64>) {
    while !done.load(Ordering::Relaxed) {
        let mut stream = tokio::net::TcpStream::connect(address).await.expect("no connection attempt is refused");
        let request = b"GET /healthz HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n\r\n";
        let mut reply = String::new();
        // Who was accepted just before the end may be cut, but nobody is refused.
        if stream.write_all(request).await.is_ok() && stream.read_to_string(&mut reply).await.is_ok() {
            answered.fetch_add(u64::from(reply.starts_with("HTTP/1.1 200 ")), Ordering::Relaxed);
        }
    }
}

/// "a restart under load loses and doubles nothing; with socket activation no connection attempt is refused meanwhile;
/// clients are back within 2 s of the daemon without a herd (each is given its own delay at the goodbye)"
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load() {
    let service = Service::new();
    let daemon = service.starts().await;
    let door = service.door();
    let mut people = Vec::new();
    for number in 0..PEOPLE {
        let mut person = door.person(&format!("person-{number}")).await;
        person.joins("tea").await;
        people.push((person, Said::default()));
    }
    let home = Arc::new(TempDir::with_prefix("chat-home-").expect("a home can be made"));
    let url = format!("http://{}", service.address);
    let arguments = ["--server", &url, "--user", "wendy", "--password", PASSWORD, "--register", "--join", "quiet"];
    let mut screen = Screen::open_at_home(&home, 80, 24, &arguments);
    screen.shows("> Message #quiet");
    let (done, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let asking = tokio::spawn(keeps_asking(service.address, done.clone(), answered.clone()));

    let (told, mut talked) = (Arc::new(AtomicU64::new(0)), tokio::task::JoinSet::new());
    let (listening, listens) = tokio::sync::watch::channel(None::<Instant>);
    for (mut person, mut said) in people {
        let (told, mut listens) = (told.clone(), listens.clone());
        talked.spawn(async move {
            told.fetch_add(1, Ordering::Relaxed);
            let wait = talks(&mut person, &mut said).await;
            assert_eq!(person.gets_closed().await, Some(CloseCode::GoingAway));
            // What the client was told to do.
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let mut person = person.again(json!({"resume": {}, "history": 0})).await;
            let back = Instant::now();
            person.gets_shown("tea").await;
            let since = listens.wait_for(Option::is_some).await.expect("it listens").expect("it is some");
            // Said again under the same nonce: stored once.
            let (known, mut few) = (said.acknowledged.clone(), 0..5);
            let mut doubtful = |said: &(&String, &String)| !known.contains_key(said.0) || few.next().is_some();
            for (nonce, content) in said.contents.iter().filter(|said| doubtful(said)) {
                let index = person.sends_as("tea", content, nonce).await["index"].as_u64().expect("an index");
                assert_eq!(*said.acknowledged.entry(nonce.clone()).or_insert(index), index, "{content}");
            }
            (person, said, wait, back.saturating_duration_since(since))
        });
    }
    soon("somebody who talks", async {
        while told.load(Ordering::Relaxed) < PEOPLE as u64 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(stops(daemon).await.code(), Some(0));
    let daemon = service.starts().await;
    listening.send_replace(Some(Instant::now()));
    let talked = soon("everybody", talked.join_all()).await;
    done.store(true, Ordering::Relaxed);
    soon("the last question", asking).await.expect("nobody was refused");
    assert!(answered.load(Ordering::Relaxed) > 0);

    let waits: BTreeSet<_> = talked.iter().map(|(_, _, wait, _)| *wait).collect();
    assert!(waits.len() > PEOPLE / 5, "each has a moment of its own: {waits:?}");
    let latest = talked.iter().map(|(.., back)| *back).max().expect("there are some");
    assert!(latest < Duration::from_secs(2), "the last was back after {latest:?}");
    // Each message once, in an unbroken row.
    let said: BTreeMap<_, _> =
        talked.iter().flat_map(|(_, said, ..)| &said.acknowledged).map(|(n, i)| (*i, n)).collect();
    let count: usize = talked.iter().map(|(_, said, ..)| said.contents.len()).sum();
    assert_eq!((said.len(), said.keys().next_back()), (count, Some(&(count as u64))));
    let history = talked[0].0.history("tea", "&after=0&limit=1000").await;
    let stored = contents(&history["messages"]).len();
    assert_eq!(stored, count.min(1_000));

    // The real client is back as well, and goes on.
    screen.enters("after the restart");
    let mut alice = door.person("alice").await;
    alice.joins("quiet").await;
    screen.shows("● Online");
    screen.enters("and once more");
    screen.shows("after the restart");
    let heard = tokio::time::timeout(PATIENCE, alice.sees("quiet", "and once more")).await;
    let stored = alice.history("quiet", "").await;
    assert!(heard.is_ok(), "alice heard nothing; stored is {stored}, the screen was:\n{}", screen.text());
    assert_eq!(stops(daemon).await.code(), Some(0));
}
