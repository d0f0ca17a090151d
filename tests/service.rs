//! The daemon as a service: what it tells its manager, the sockets it is given, and how little it may do.
//! A socket of the story stands in for systemd's.

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::process::Stdio;

use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixDatagram;

use crate::support::{Door, Folder, Process, chatd_binary, fresh_nonce, message, operator, soon};

/// What stands in for the service manager.
struct Manager {
    socket: UnixDatagram,
    told: Vec<String>,
}

impl Manager {
    fn new(folder: &Folder) -> Self {
        let socket = UnixDatagram::bind(folder.path().join("notify")).expect("a socket can be made");
        Self { socket, told: Vec::new() }
    }

    /// Waits until a state is told, and gives all that was told up to it.
    #[track_caller]
    fn hears(&mut self, state: &str) -> impl Future<Output = ()> {
        self.hears_what(move |told| told == state)
    }

    /// The same of a state that holds a text.
    #[track_caller]
    fn hears_part(&mut self, part: &str) -> impl Future<Output = ()> {
        self.hears_what(move |told| told.contains(part))
    }

    #[track_caller]
    fn hears_what(&mut self, is_it: impl Fn(&str) -> bool) -> impl Future<Output = ()> {
        soon("a word to the manager", async move {
            let mut buffer = [0; 4_096];
            while !self.told.iter().any(|told| is_it(told)) {
                let length = self.socket.recv(&mut buffer).await.expect("the socket is open");
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                self.told.extend(text.lines().map(str::to_owned));
            }
        })
    }
}

/// "`Type=notify`, watchdog tied to real progress …, socket activation for all addresses (sockets passed in are served
/// besides the configured ones), … `STOPPING`, status with counts".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_manager_is_told_and_gives_sockets() {
    let folder = Folder::new();
    let mut manager = Manager::new(&folder);
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let passed = folder.path().join("passed.sock");
    let unix = StdUnixListener::bind(&passed).expect("a socket can be made");
    std::fs::set_permissions(&passed, std::fs::Permissions::from_mode(0o666)).expect("it is ours");
    for listener in [tcp.as_raw_fd(), unix.as_raw_fd()] {
        assert!(listener > 4, "the places of what is passed in are free");
    }
    fcntl_setfd(&tcp, FdFlags::empty()).expect("it can be given away");
    fcntl_setfd(&unix, FdFlags::empty()).expect("it can be given away");
    // The manager counts from 3 on, and names the process that it means.
    let script = format!(
        "exec 3<&{} 4<&{}; LISTEN_PID=$$ LISTEN_FDS=2 WATCHDOG_PID=$$ exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"",
        tcp.as_raw_fd(),
        unix.as_raw_fd()
    );
    let mut child = tokio::process::Command::new("bash")
        .args(["-c", &script])
        .arg(chatd_binary())
        .arg(folder.path().join("data"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .env("WATCHDOG_USEC", "200000")
        .env("CHATD_AUTH__ARGON2__MEMORY_KIB", "64")
        .env("CHATD_AUTH__ARGON2__PASSES", "1")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("chatd can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
    let mut urls = Vec::new();
    for _ in 0..3 {
        let line = soon("an address", lines.next_line()).await.expect("it can be read").expect("there are three");
        urls.push(line.strip_prefix("listening on ").expect("it says so").to_owned());
    }
    assert_eq!(urls[0], format!("http://{}", tcp.local_addr().expect("it has one")));
    assert_eq!(urls[1], format!("unix:{}", passed.display()));
    manager.hears("READY=1").await;
    assert!(manager.told.iter().any(|told| told.starts_with("STATUS=serving http://")), "{:?}", manager.told);

    // All of them lead to the same daemon, and the watchdog is told with what goes on.
    let mut alice = Door::at(&urls[0]).person("alice").await;
    let mut bob = Door::at(&urls[2]).person("bob").await;
    alice.joins("tea").await;
    bob.joins("tea").await;
    alice.sends("tea", "through a socket that was given").await;
    bob.sees("tea", "through a socket that was given").await;
    assert!(tokio::net::UnixStream::connect(&passed).await.is_ok());
    manager.told.clear();
    manager.hears("WATCHDOG=1").await;
    manager.hears("STATUS=2 connections, 2 people online").await;

    let id = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it runs");
    kill_process(id, Signal::TERM).expect("it can be told");
    manager.hears("STOPPING=1").await;
    let status = soon("the end of chatd", child.wait()).await.expect("it can be read");
    assert_eq!(status.code(), Some(0));
    assert!(passed.exists(), "a socket that was given is not ours to remove");
}

/// "reload of config and certificates by SIGHUP … with a status line that says when it was refused and the old
/// settings stay".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_read_again() {
    let folder = Folder::new();
    let mut manager = Manager::new(&folder);
    let config = folder.path().join("chatd.toml");
    let write = |text: &str| std::fs::write(&config, text).expect("it can be written");
    write("[limits]\nmessage_bytes = 8000\n");
    let (notify, file) = (folder.path().join("notify"), config.to_str().expect("a path is text"));
    let settings = [("CHATD_CONFIG", file), ("NOTIFY_SOCKET", notify.to_str().expect("a path is text"))];
    let daemon = Process::start_with(&folder, &settings).await;
    manager.hears("READY=1").await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "ten bytes!").await;

    manager.told.clear();
    write("[limits]\nmessage_bytes = 9\npresence_bytes = 1\n");
    daemon.reloads();
    manager.hears("RELOADING=1").await;
    manager.hears("READY=1").await;
    manager.hears_part("STATUS=serving; reload failed at 20").await;
    let status = manager.told.iter().find(|told| told.contains("reload failed")).expect("it was told");
    assert!(status.contains("keeping the old settings") && status.contains("presence_bytes"), "{status}");
    alice.sends("tea", "still ten!").await;

    manager.told.clear();
    write("listen = [\"127.0.0.1:1\"]\nlog_format = \"json\"\n[limits]\nmessage_bytes = 9\n");
    daemon.reloads();
    manager.hears("RELOADING=1").await;
    manager.hears_part("a restart is needed for log_format").await;
    let message = message(&alice.id("tea"), "ten bytes!", &fresh_nonce());
    alice.gets_refused("channel_message_add", message, "too_large").await;
    alice.sends("tea", "nine byte").await;

    manager.told.clear();
    write("[limits]\nmessage_bytes = 8000\n");
    daemon.reloads();
    manager.hears("STATUS=serving").await;
    alice.sends("tea", "the old limit again").await;
}

/// "`LoadCredential` for keys": those that the manager hands over are used in place of one's own.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_handed_over() {
    let (folder, credentials) = (Folder::new(), Folder::new());
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let (cert, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    for (name, bytes) in [("tls.crt", cert.as_bytes()), ("tls.key", key.as_bytes()), ("token.key", &[7; 32])] {
        let path = credentials.path().join(name);
        std::fs::write(&path, bytes).expect("it can be written");
        // As systemd hands them over to a user: the mask of their access list shows as the group's.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).expect("it is ours");
    }
    let handed_over = [("CREDENTIALS_DIRECTORY", credentials.path().to_str().expect("a path is text"))];
    let daemon = Process::start_with(&folder, &handed_over).await;
    assert!(daemon.url().starts_with("https://"), "{}", daemon.url());
    assert!(!folder.path().join("token.key").exists(), "no key of its own is made");
}

/// "start time extended while a migration runs", for as long as it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_is_given_time() {
    let folder = Folder::new();
    let mut manager = Manager::new(&folder);
    let connection = rusqlite::Connection::open(folder.path().join(chatd::store::DATABASE_FILE)).expect("a database");
    connection
        .execute_batch(include_str!("../chatd/src/store/sqlite/migrations/0001_first.sql"))
        .expect("the first schema");
    connection
        .execute_batch(
            "PRAGMA application_id = 0x63687464; PRAGMA user_version = 1;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
             INSERT INTO user (handle, created) SELECT 'user' || i, 0 FROM n;",
        )
        .expect("accounts of the first schema");
    drop(connection);
    let notify = folder.path().join("notify");
    let daemon = Process::start_with(&folder, &[("NOTIFY_SOCKET", notify.to_str().expect("text"))]).await;
    manager.hears("READY=1").await;
    let place = |state: &str| manager.told.iter().position(|told| told == state);
    let longer = place("EXTEND_TIMEOUT_USEC=60000000").expect("it is given time");
    assert!(longer < place("READY=1").expect("it was told"), "{:?}", manager.told);
    daemon.person("alice").await;
}

/// "a watchdog tied to real progress": a daemon that cannot commit tells nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_stands_still_is_no_progress() {
    let folder = Folder::new();
    let options = chatd::store::StoreOptions::default();
    let opened = chatd::store::Store::open(folder.path(), options).expect("the store can be opened");
    let (held, holding) = (rusqlite_lock(&folder), std::time::Duration::from_millis(300));
    let tokens = chatd::token::Tokens::open(folder.path()).expect("the key can be made");
    let listener = chatd::server::Listener::tcp(([127, 0, 0, 1], 0).into()).await.expect("a port can be had");
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = async {
        let stop = async {
            let _ = stopped.await;
        };
        let config = chatd::config::Config::default();
        let clock = std::sync::Arc::new(chatd::clock::SystemClock);
        chatd::run(vec![listener], opened, tokens, config, clock, stop, |probe| async move {
            let standing = tokio::time::timeout(holding, probe.passes()).await;
            let _ = tell.send(standing.is_ok_and(|passed| passed));
            drop(held);
            let _ = tell.send(probe.passes().await);
        })
        .await
    };
    let watching = async {
        assert_eq!(soon("the first probe", told.recv()).await, Some(false), "somebody holds the database");
        assert_eq!(soon("the second probe", told.recv()).await, Some(true), "and has let go of it");
        let _ = stop.send(());
    };
    let (served, ()) = soon("the end", async { tokio::join!(serving, watching) }).await;
    served.expect("it was told to");
}

/// Holds the database as another program would.
fn rusqlite_lock(folder: &Folder) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(folder.path().join(chatd::store::DATABASE_FILE)).expect("it is there");
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody writes yet");
    connection
}

/// Without any address, configured or passed in, nothing is done: the store is not even made.
#[tokio::test]
async fn no_address_is_told_before_the_store_is_touched() {
    let folder = Folder::new();
    let config = folder.path().join("chatd.toml");
    std::fs::write(&config, "listen = []").expect("it can be written");
    let data = folder.path().join("data");
    let paths = [&config, &data].map(|path| path.to_str().expect("a path is text"));
    let ended = operator(&folder, &["serve", "--config", paths[0], "--data", paths[1]], "").await;
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "chatd: no address to listen on\n");
    assert!(!data.exists());
}

/// "hardening with `systemd-analyze security --offline` exposure ≤ 1.4 as shipped … and ≤ 1.2 with the shipped drop-in",
/// where systemd is at hand.
#[test]
fn the_units_give_little_away() {
    let units = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../dist/systemd");
    let service = std::fs::read_to_string(units.join("chatd.service")).expect("it is there");
    let drop_in = std::fs::read_to_string(units.join("no-local-sign-in.conf")).expect("it is there");
    let folder = Folder::new();
    for (what, text, most) in [("as shipped", service.clone(), 1.4), ("with the drop-in", service + &drop_in, 1.2)] {
        let path = folder.path().join("chatd.service");
        std::fs::write(&path, text).expect("it can be written");
        let mut command = std::process::Command::new("systemd-analyze");
        let Ok(output) = command.args(["security", "--offline=true", "--no-pager"]).arg(&path).output() else { return };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let Some((_, level)) = text.split_once("Overall exposure level for chatd.service: ") else { return };
        let level: f64 = level.split(' ').next().and_then(|level| level.parse().ok()).expect("a number");
        assert!(level <= most, "{what}: {level}");
    }
}
