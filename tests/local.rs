//! Coming in as the user that the system knows. Where the stories are run by root, two users of the system
//! are at hand; elsewhere the one who runs them.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;

use chatd::config::Config;
use futures_util::{SinkExt, StreamExt};
use proto::CloseCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::support::{Daemon, Key, PASSWORD, Screen, Setup, client_binary, copy_program, soon};

/// A user of every Debian with the group.
const GAMES: (&str, u32, u32) = ("games", 5, 60);
const NEWS: (&str, u32, u32) = ("news", 9, 9);

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A machine with a daemon whose socket everybody can reach, and a client that everybody can run.
struct Machine {
    daemon: Daemon,
    shared: Arc<TempDir>,
}

impl Machine {
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Setup::new(), change).await
    }

    async fn on(setup: Setup, change: impl FnOnce(&mut Config)) -> Self {
        let setup = setup.with(|config| {
            config.auth.local.users = ["*", "games", "news"].map(str::to_owned).to_vec();
            change(config);
        });
        let daemon = setup.start().await;
        let shared = TempDir::with_prefix("chat-box-").expect("a folder can be made");
        let socket = PathBuf::from(daemon.socket_url().trim_start_matches("unix:"));
        for folder in [shared.path(), socket.parent().expect("it lies in a folder")] {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).expect("it is ours");
        }
        copy_program(client_binary(), shared.path());
        Self { daemon, shared: Arc::new(shared) }
    }

    /// Connects to the socket twice as a user of the system.
    fn connections_of_games(&self) -> [tokio::net::UnixStream; 2] {
        let socket = PathBuf::from(self.daemon.socket_url().trim_start_matches("unix:"));
        // Who somebody is, is settled as they connect, and belongs to the thread.
        let connecting = std::thread::spawn(move || {
            if is_root() {
                let (user, group) = (rustix::process::Uid::from_raw(GAMES.1), rustix::process::Gid::from_raw(GAMES.2));
                rustix::thread::set_thread_res_gid(group, group, group).expect("root can be anybody");
                rustix::thread::set_thread_res_uid(user, user, user).expect("root can be anybody");
            }
            [(); 2].map(|()| std::os::unix::net::UnixStream::connect(&socket).expect("the socket is there"))
        });
        connecting.join().expect("it can connect").map(|stream| {
            stream.set_nonblocking(true).expect("a socket");
            tokio::net::UnixStream::from_std(stream).expect("a socket")
        })
    }

    /// Gives the home of a user of the system.
    fn home(&self, (name, uid, gid): (&str, u32, u32)) -> PathBuf {
        let home = self.shared.path().join(name);
        std::fs::create_dir_all(&home).expect("a home can be made");
        if is_root() {
            chown(&home, Some(uid), Some(gid)).expect("root can give it away");
        }
        home
    }

    /// Runs the client as a user of the system, in a home of their own.
    fn client(&self, who: (&str, u32, u32), arguments: &[&str]) -> Output {
        use std::os::unix::process::CommandExt;

        let home = self.home(who);
        let mut command = Command::new(self.shared.path().join("chat-tui"));
        if is_root() {
            command.uid(who.1).gid(who.2);
        }
        command.env_clear().env("HOME", &home).env("CHAT_SERVER", self.daemon.socket_url()).current_dir(&home);
        command.args(arguments).stdin(Stdio::null()).output().expect("the client can be run")
    }

    #[track_caller]
    fn tells(&self, who: (&str, u32, u32), arguments: &[&str]) -> Vec<Value> {
        let output = self.client(who, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).expect("text");
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

/// "the peer's Unix user (SO_PEERCRED) is its identity: no password, no token, no set-up".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_of_the_machine_is_in() {
    let machine = Machine::with(|_| ()).await;
    let me = machine.tells(GAMES, &["whoami", "--json"])[0]["handle"].as_str().expect("a handle").to_owned();
    if is_root() {
        assert_eq!(me, "games");
    }
    machine.tells(GAMES, &["send", "tea", "hello from this box", "--create", "--json"]);
    // The same account the next time, with or without a kept session.
    machine.tells(GAMES, &["login", "--json"]);
    assert_eq!(machine.tells(GAMES, &["whoami", "--json"])[0]["handle"], me.as_str());
    let history = machine.tells(GAMES, &["history", "tea", "--json"]);
    assert_eq!(history[0]["handle"], me.as_str());
    if is_root() {
        let mut alice = machine.daemon.person("alice").await;
        alice.joins("tea").await;
        machine.tells(NEWS, &["send", "tea", "and from me", "--json"]);
        assert_eq!(alice.sees("tea", "and from me").await["handle"], "news");
    }
}

/// "A person can later set a password and use the same account from elsewhere."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_can_be_set_later() {
    let machine = Machine::with(|_| ()).await;
    let me = machine.tells(GAMES, &["login", "--json"])[0]["handle"].as_str().expect("a handle").to_owned();
    machine.daemon.logs_in(&me, PASSWORD).await.refused(401, "invalid_password");
    let home = machine.home(GAMES);
    let file = |name: &str, text: &str| {
        let path = home.join(name);
        std::fs::write(&path, text).expect("it can be written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("it is ours");
        if is_root() {
            chown(&path, Some(GAMES.1), Some(GAMES.2)).expect("root can give it away");
        }
        path.to_str().expect("a path is text").to_owned()
    };
    let (first, second, short) = (file("1", PASSWORD), file("2", "another plain pass"), file("3", "short"));
    let ended = machine.client(GAMES, &["passwd", "--new-password-file", &short]);
    assert_eq!(ended.status.code(), Some(5), "{}", String::from_utf8_lossy(&ended.stderr));
    machine.tells(GAMES, &["passwd", "--json", "--new-password-file", &first]);
    let elsewhere = machine.daemon.logs_in(&me, PASSWORD).await.done(200);
    let elsewhere = elsewhere["token"].as_str().expect("a token").to_owned();
    let mut person = machine.daemon.connects(&me, &elsewhere, json!({})).await;
    // From now on it takes the old one; the other sessions end, and the socket still lets in.
    for old in [
        &["--new-password-file", second.as_str()][..],
        &["--new-password-file", &second, "--old-password-file", &second],
    ] {
        let ended = machine.client(GAMES, &[&["passwd"][..], old].concat());
        assert_eq!(ended.status.code(), Some(5), "{}", String::from_utf8_lossy(&ended.stderr));
    }
    machine.tells(GAMES, &["passwd", "--json", "--new-password-file", &second, "--old-password-file", &first]);
    assert_eq!(person.gets_closed().await, Some(CloseCode::TokenRefused));
    machine.daemon.logs_in(&me, PASSWORD).await.refused(401, "invalid_password");
    machine.daemon.logs_in(&me, "another plain pass").await.done(200);
    assert_eq!(machine.tells(GAMES, &["whoami", "--json"])[0]["handle"], me.as_str());
    machine.daemon.post("/v1/password", None, &json!({"password": PASSWORD})).await.refused(401, "token_invalid");
}

/// A window whose session was ended from elsewhere is in again: the system still vouches for its user.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_session_is_no_end() {
    let machine = Machine::with(|_| ()).await;
    let me = machine.tells(GAMES, &["login", "--json"])[0]["handle"].as_str().expect("a handle").to_owned();
    let database = sessions_of(&machine);
    database.execute("DELETE FROM session", []).expect("they can be ended");
    machine.tells(GAMES, &["send", "lobby", "as if nothing had been", "--json"]);
    assert_eq!(machine.tells(GAMES, &["whoami", "--json"])[0]["handle"], me.as_str());
    if !is_root() || !Path::new("/usr/bin/setpriv").exists() {
        return;
    }
    machine.tells(GAMES, &["login", "--json"]);
    database.execute("DELETE FROM session", []).expect("they can be ended");
    let (home, program, server) =
        (machine.home(GAMES), machine.shared.path().join("chat-tui"), machine.daemon.socket_url());
    let screen = Screen::open_as((GAMES.1, GAMES.2), &program, &machine.shared, &home, &["--server", &server]);
    screen.shows("> Message #");
    screen.shows("games on unix:");
}

/// A password can be set on the screen as well; what does not fit is told there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_set_on_the_screen() {
    let daemon = Daemon::start().await;
    let url = format!("http://{}", daemon.address());
    let mut screen = Screen::open(80, 24, &["--server", &url, "--user", "alice", "--password", PASSWORD, "--register"]);
    screen.shows("> Message #lobby");
    let mut elsewhere = daemon.logs_in("alice", PASSWORD).await.done(200);
    let token = elsewhere["token"].take();
    screen.enters("/password");
    screen.shows("Change password");
    screen.presses(Key::Tab);
    screen.enters("one new password");
    screen.enters("another one");
    screen.shows("The new passwords differ");
    for _ in 0..2 {
        screen.presses(Key::Ctrl('u'));
        screen.enters("one new password");
    }
    screen.shows("Enter your current password");
    screen.presses(Key::Tab);
    screen.enters(PASSWORD);
    screen.presses(Key::Enter);
    screen.presses(Key::Enter);
    screen.shows("Password changed.");
    daemon.logs_in("alice", "one new password").await.done(200);
    daemon.get("/v1/channels", token.as_str().expect("a token")).await.refused(401, "token_invalid");
    screen.enters("and this session goes on");
    screen.shows("and this session goes on");
}

/// A session that ended while the body was on its way sets no password, and a sign-in that was verified against the old
/// one opens nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_verified_must_still_hold() {
    let daemon = Daemon::start().await;
    let account = daemon.registers("alice", PASSWORD).await.done(201);
    let token = account["token"].as_str().expect("a token");
    let body = json!({"old": PASSWORD, "password": "set by a dead session"}).to_string();
    let mut raw = daemon.raw().await;
    let head = format!(
        "POST /v1/password HTTP/1.1\r\nHost: chat\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    raw.writes(head + &body[..5]).await;
    // The daemon has read the head when it answers somebody who came later; the session ends before the rest comes.
    daemon.post("/v1/logout", Some(token), &json!({})).await.done(200);
    raw.writes(&body[5..]).await;
    let reply = raw.reads_to_the_end().await;
    assert!(reply.starts_with("HTTP/1.1 401 ") && reply.contains("token_invalid"), "{reply}");
    daemon.logs_in("alice", PASSWORD).await.done(200);
}

/// "on a local socket with a known peer user the token may be left out"
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hello_needs_no_token_here() {
    let machine = Machine::with(|_| ()).await;
    for (stream, header) in machine.connections_of_games().into_iter().zip(["X-Other", "X-Forwarded-For"]) {
        let mut request = "ws://localhost/v1/ws".into_client_request().expect("a request");
        request.headers_mut().insert(header, "192.0.2.1".parse().expect("a value"));
        let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.expect("the daemon upgrades");
        let hello = json!({"type": "hello", "ref": 1, "payload": {"device": "d"}}).to_string();
        socket.send(Frame::text(hello)).await.expect("it takes a frame");
        let answer = soon("an answer", socket.next()).await.expect("it is open").expect("a frame");
        let answer: Value = serde_json::from_str(answer.to_text().expect("text")).expect("JSON");
        if header == "X-Other" {
            assert_eq!(answer["type"], "ok", "{answer}");
            let welcome = soon("a welcome", socket.next()).await.expect("it is open").expect("a frame");
            let welcome = welcome.to_text().expect("text").to_owned();
            assert!(welcome.contains("\"welcome\""), "{welcome}");
            // The session is the connection's own.
            assert_eq!(sessions(&machine), 1);
            socket.close(None).await.expect("it can be closed");
            while socket.next().await.is_some() {}
            soon("the end of the session", async {
                while sessions(&machine) > 0 {
                    tokio::task::yield_now().await;
                }
            })
            .await;
        } else {
            assert_eq!(answer["payload"]["code"], "token_invalid", "a proxy lends nobody its name: {answer}");
        }
    }
}

/// The system's word costs nothing to give, so there is an end to what one user opens at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_ins_by_the_systems_word_are_bounded() {
    let machine = Machine::with(|_| ()).await;
    let [mut stream, _other] = machine.connections_of_games();
    let mut reply = vec![0; 4_096];
    let mut opened = 0;
    let refused = loop {
        let request = b"POST /v1/local HTTP/1.1\r\nHost: chat\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(request).await.expect("it takes a request");
        let length = soon("a reply", stream.read(&mut reply)).await.expect("it answers");
        let reply = String::from_utf8_lossy(&reply[..length]).into_owned();
        if !(reply.starts_with("HTTP/1.1 200 ") || reply.starts_with("HTTP/1.1 201 ")) {
            break reply;
        }
        opened += 1;
        assert!(opened < 2_000, "there is no end");
    };
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("rate_limited"), "{refused}");
    assert!(opened >= 200, "scripts have room: {opened}");
}

fn sessions(machine: &Machine) -> u64 {
    let database = sessions_of(machine);
    database.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("it can be asked")
}

fn sessions_of(machine: &Machine) -> rusqlite::Connection {
    let socket = machine.daemon.socket_url();
    let folder = Path::new(socket.trim_start_matches("unix:")).parent().expect("it lies in a folder").to_owned();
    rusqlite::Connection::open(folder.join(chatd::store::DATABASE_FILE)).expect("it is there")
}

/// Somebody with an ssh login types `chat-tui` and is in, in a second window too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_window_is_in() {
    if !is_root() || !Path::new("/usr/bin/setpriv").exists() {
        return;
    }
    let machine = Machine::with(|_| ()).await;
    let home = machine.home(GAMES);
    let server = machine.daemon.socket_url();
    let open = || {
        let program = machine.shared.path().join("chat-tui");
        Screen::open_as((GAMES.1, GAMES.2), &program, &machine.shared, &home, &["--server", &server])
    };
    let (mut first, mut second) = (open(), open());
    for window in [&first, &second] {
        window.shows("> Message #lobby");
        window.shows("games on unix:");
    }
    first.enters("said in one window");
    second.shows("said in one window");
    second.presses(Key::Ctrl('q'));
    assert!(second.ends().success());
    let mut alice = machine.daemon.person("alice").await;
    alice.joins("lobby").await;
    first.enters("and the other goes on");
    assert_eq!(alice.sees("lobby", "and the other goes on").await["handle"], "games");
}

/// A further window is the first one's account: not the Unix user's beside somebody who came by password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_window_is_somebody_else() {
    if !is_root() || !Path::new("/usr/bin/setpriv").exists() {
        return;
    }
    let machine = Machine::with(|_| ()).await;
    machine.daemon.registers("jane", PASSWORD).await.done(201);
    let server = machine.daemon.socket_url();
    machine.tells(GAMES, &["login", "--json", "--user", "jane", "--password", PASSWORD]);
    let (home, program) = (machine.home(GAMES), machine.shared.path().join("chat-tui"));
    let open = || Screen::open_as((GAMES.1, GAMES.2), &program, &machine.shared, &home, &["--server", &server]);
    let first = open();
    first.shows("jane on unix:");
    let second = open();
    second.shows("jane on unix:");
}

/// "a handle owned by a password account is never taken over; root and unmapped users refused".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_taken_over() {
    if !is_root() {
        return;
    }
    // Somebody has the name already when the daemon begins to let in the users of the machine.
    let before = Daemon::start().await;
    before.registers("news", PASSWORD).await.done(201);
    let machine = Machine::on(Setup::on(before.stops().await), |config| {
        config.auth.local.handles = [("games".to_owned(), "player".parse().expect("a handle"))].into();
        config.auth.local.users = vec!["games".to_owned()];
        config.auth.local.groups = vec!["news".to_owned(), "root".to_owned()];
    })
    .await;
    // From then on nobody takes a name before its user comes.
    machine.daemon.registers("player", PASSWORD).await.refused(422, "invalid_handle");
    assert_eq!(machine.tells(GAMES, &["whoami", "--json"])[0]["handle"], "player");
    for (who, reason) in [
        (NEWS, "belongs to another account"),
        (("root", 0, 0), "root and nobody have no account"),
        (("nobody", 65_534, 65_534), "root and nobody have no account"),
        (("unknown", 54_321, 54_321), "no name for you"),
        (("www-data", 33, 33), "may not sign in without a password"),
    ] {
        let output = machine.client(who, &["whoami"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(3), "{who:?}: {told}");
        assert!(told.contains(reason) && told.lines().count() == 1, "{who:?}: {told}");
    }
    // The password still opens the account, on the socket as well.
    let flags = ["whoami", "--json", "--user", "news", "--password", PASSWORD];
    assert_eq!(machine.tells(NEWS, &flags)[0]["handle"], "news");
    // A proxy on the socket does not lend its name.
    let socket = machine.daemon.socket_url().trim_start_matches("unix:").to_owned();
    for (header, status) in
        [("X-Forwarded-For: 192.0.2.1", "404"), ("Forwarded: for=192.0.2.1", "404"), ("X-Other: 1", "403")]
    {
        let mut stream = tokio::net::UnixStream::connect(&socket).await.expect("the socket is there");
        let request = format!(
            "POST /v1/local HTTP/1.1\r\nHost: chat\r\nConnection: close\r\n{header}\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        stream.write_all(request.as_bytes()).await.expect("it takes a request");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).await.expect("it answers");
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{header}: {reply}");
    }
    // No address and no web page can say who it is.
    machine.daemon.post("/v1/local", None, &json!({})).await.refused(404, "not_found");
}
