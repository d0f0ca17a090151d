//! Servers on this machine that are not encrypted: whoever takes the port of a daemon that is down gets nothing. The
//! other user of the system is at hand where the stories are run by root.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::sync::mpsc;

use crate::support::{Daemon, Folder, PASSWORD, Process, Screen, Shell, client_binary};

/// Users of every Debian.
const GAMES: u32 = 5;
const NEWS: u32 = 9;

/// Becomes another user of the system, in this thread alone.
fn be(uid: u32) {
    let user = rustix::process::Uid::from_raw(uid);
    rustix::thread::set_thread_res_uid(user, user, user).expect("root can be anybody");
}

/// Somebody else who listens where a daemon did, and what was sent to them.
struct Impostor {
    stop: mpsc::Sender<()>,
    address: SocketAddr,
    heard: std::thread::JoinHandle<Vec<u8>>,
}

impl Impostor {
    /// Takes an address as another user of the system.
    fn takes(address: SocketAddr) -> Self {
        let (stop, stopped) = mpsc::channel();
        let (ready, is_ready) = mpsc::channel();
        // Whose a socket is, is settled when it is made, and belongs to the thread.
        let heard = std::thread::spawn(move || {
            be(GAMES);
            let listener = TcpListener::bind(address).expect("the port is free");
            ready.send(()).expect("the story waits");
            let mut heard = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("somebody connects");
                // Whoever sends nothing closes the connection.
                let mut bytes = [0; 4_096];
                let length = stream.read(&mut bytes).unwrap_or_default();
                heard.extend_from_slice(&bytes[..length]);
                if stopped.try_recv().is_ok() {
                    return heard;
                }
            }
            heard
        });
        is_ready.recv().expect("it listens");
        Self { stop, address, heard }
    }

    /// Ends it, and gives all that was sent to it.
    fn heard(self) -> String {
        self.stop.send(()).expect("it runs");
        drop(std::net::TcpStream::connect(self.address).expect("it listens"));
        String::from_utf8_lossy(&self.heard.join().expect("it does not panic")).into_owned()
    }
}

/// "A listener on loopback that changed its uid gets no token and is named."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_the_port_gets_no_token() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let (alice, url, address) = (Shell::on(daemon.url()), daemon.url().to_owned(), daemon.address());
    let password = alice.home.path().join("password");
    std::fs::write(&password, PASSWORD).expect("it can be written");
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("it is ours");
    let password = ["--user", "alice", "--password-file", password.to_str().expect("a path is text")];
    alice.runs(&[&["register"], &password[..]].concat());
    alice.runs(&["send", "lobby", "hello"]);
    daemon.terminates();
    daemon.ends().await;

    let impostor = Impostor::takes(address);
    for command in [
        &["whoami"][..],
        &["send", "lobby", "hello"],
        &["history", "lobby"],
        &["tail", "lobby"],
        &["logout"],
        &["export"],
        &[&["login"], &password[..]].concat(),
        &[&["send", "lobby", "hello"], &password[..]].concat(),
        &["--guest", "whoami"],
    ] {
        let told = alice.fails(4, command);
        let named = told.contains("is served by uid 5 (games) now, it was uid 0 (root)") && told.contains(&url);
        assert!(named && told.contains("was not sent") && told.contains("--trust uid:5"), "{command:?}: {told}");
    }
    let other = alice.fails(4, &["whoami", "--trust", "uid:7"]);
    assert!(other.contains("uid 5 (games), not by uid 7"), "{other}");
    let screen = Screen::open_at_home(&alice.home, 160, 24, &["--server", &url]);
    screen.shows("uid 5 (games) now, it was uid 0 (root)");
    drop(screen);
    assert_eq!(impostor.heard(), "");

    // Whoever says that it is right goes on, once and for all.
    let impostor = Impostor::takes(address);
    alice.fails(4, &["whoami", "--trust", "uid:5"]);
    let heard = impostor.heard();
    assert!(heard.contains("Bearer "), "{heard}");
    alice.fails(2, &["whoami", "--trust", "games"]);
}

/// The daemon that comes back is the same, and so is a session that was kept before anybody looked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_user_is_the_same_server() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let alice = Shell::on(daemon.url());
    alice.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    let known = alice.home.path().join(".local/state/chat-tui/known_servers");
    let line = format!("{} uid:{}\n", daemon.url(), rustix::process::geteuid().as_raw());
    assert_eq!(std::fs::read_to_string(&known).expect("it is remembered"), line);
    std::fs::remove_file(&known).expect("it can be forgotten");
    alice.runs(&["whoami"]);
    assert_eq!(std::fs::read_to_string(&known).expect("it is remembered again"), line);
    alice.runs(&["send", "lobby", "hello"]);
}

/// Nobody is an exception: a daemon of root's in the place of another user's is another one, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn root_is_another_user_as_well() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let alice = Shell::on(daemon.url());
    alice.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    let known = alice.home.path().join(".local/state/chat-tui/known_servers");
    std::fs::write(&known, format!("{} uid:4294967294\n", daemon.url())).expect("it can be written");
    let me = rustix::process::geteuid().as_raw();
    let told = alice.fails(4, &["whoami"]);
    assert!(told.contains(&format!("served by uid {me}")) && told.contains("it was uid 4294967294"), "{told}");
    alice.runs(&["whoami", "--trust", &format!("uid:{me}")]);
    alice.runs(&["whoami"]);
}

/// A Unix socket where others could put theirs is looked at in the same way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_takes_a_socket_gets_no_token() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let daemon = Daemon::start().await;
    let token = daemon.registers("alice", PASSWORD).await.done(201)["token"].take();
    let shared = tempfile::TempDir::with_prefix("chat-shared-").expect("a folder can be made");
    std::fs::set_permissions(shared.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("it is ours");
    let path = shared.path().join("chat sock");
    let alice = Shell::on(&format!("unix:{}", path.display()));
    let state = alice.home.path().join(".local/state/chat-tui");
    std::fs::create_dir_all(&state).expect("a folder can be made");
    let known = format!("unix:{} uid:{NEWS}\n", path.display());
    std::fs::write(state.join("known_servers"), known).expect("it can be written");
    let (ready, is_ready) = mpsc::channel();
    let heard = std::thread::spawn(move || {
        be(GAMES);
        let listener = UnixListener::bind(path).expect("the folder is everybody's");
        ready.send(()).expect("the story waits");
        let mut heard = Vec::new();
        listener.accept().expect("somebody connects").0.read_to_end(&mut heard).expect("it can be read");
        heard
    });
    is_ready.recv().expect("it listens");
    let program = client_binary().to_str().expect("the path is text");
    let output = alice.command(program).env("CHAT_TOKEN", token.as_str().expect("a token")).arg("whoami").output();
    let output = output.expect("the client can be run");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("uid 5 (games) now, it was uid 9 (news)"), "{told}");
    assert_eq!(heard.join().expect("it does not panic"), b"");
}
