//! The operator's commands, with the real program: through the running daemon, or on a folder at rest.

use std::os::unix::fs::PermissionsExt;

use proto::CloseCode;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::support::operator::{asks_in_vain, fails, lists, runs};
use crate::support::{Daemon, Folder, PASSWORD, Process, Reply, Setup, contents, operator};

const ANOTHER: &str = "another long password";

/// "If a daemon holds the folder they go through its `admin.sock` (0600) and act on open connections too."
#[tokio::test]
async fn a_running_daemon_is_asked() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let mode = std::fs::metadata(folder.path().join("admin.sock")).expect("the socket is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    assert_eq!(runs(&folder, &["user", "add", "Bob"], &format!("{PASSWORD}\n")).await, "Bob can sign in\n");
    let token = daemon.logs_in("bob", PASSWORD).await.done(200)["token"].clone();
    let mut bob = daemon.connects("bob", token.as_str().expect("a token"), json!({})).await;
    let mut alice = daemon.person("alice").await;
    bob.joins("tea").await;
    alice.joins("tea").await;
    bob.sends("tea", "before").await;

    // Another password ends what was opened with the old one.
    runs(&folder, &["user", "passwd", "bob"], &format!("{ANOTHER}\n")).await;
    assert_eq!(bob.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.logs_in("bob", PASSWORD).await.refused(401, "invalid_password");
    let token = daemon.logs_in("bob", ANOTHER).await.done(200)["token"].clone();
    let mut bob = daemon.connects("bob", token.as_str().expect("a token"), json!({})).await;

    // A disabled account does nothing, on open connections as well; enabled again it is as it was.
    runs(&folder, &["user", "disable", "bob"], "").await;
    assert_eq!(bob.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.logs_in("bob", PASSWORD).await.refused(401, "invalid_password");
    daemon.logs_in("bob", ANOTHER).await.refused(403, "not_allowed");
    assert_eq!(lists(&folder, &["user", "list"]).await[1]["state"], "disabled");
    runs(&folder, &["user", "enable", "bob"], "").await;
    let token = daemon.logs_in("bob", ANOTHER).await.done(200)["token"].clone();
    let mut bob = daemon.connects("bob", token.as_str().expect("a token"), json!({})).await;

    // A deleted one is gone, its words stay, and nobody can take its handle.
    asks_in_vain(&folder, &["user", "delete", "bob"]).await;
    daemon.logs_in("bob", ANOTHER).await.done(200);
    runs(&folder, &["user", "delete", "bob", "--yes"], "").await;
    assert_eq!(bob.gets_closed().await, Some(CloseCode::TokenRefused));
    let town = alice.id("tea");
    loop {
        let told = alice.event_of("channel_user_update", &town).await;
        if told["member"]["left"] == true {
            assert_eq!(told["member"]["handle"], "bob");
            break;
        }
    }
    daemon.logs_in("bob", ANOTHER).await.refused(401, "no_such_user");
    daemon.registers("bob", PASSWORD).await.refused(409, "user_exists");
    alice.gets_refused("dm_open", json!({"handle": "bob"}), "not_found").await;
    assert_eq!(contents(&alice.history("tea", "").await["messages"]), ["before"]);
    assert_eq!(alice.again(json!({})).await.gets_shown("tea").await["owner"], "alice", "the channel went on");

    assert!(fails(&folder, &["user", "add", "bob"], ANOTHER).await.contains("User exists"));
    assert!(fails(&folder, &["user", "add", "root"], ANOTHER).await.contains("reserved"));
    assert!(fails(&folder, &["user", "add", "carol"], "short").await.contains("at least 9 characters"));
    assert!(fails(&folder, &["user", "disable", "nobody"], "").await.contains("nobody has this handle"));
    assert!(fails(&folder, &["user", "passwd", "bob"], ANOTHER).await.contains("nobody has this handle"));
}

/// "else they open the store under its lock": without a daemon the same commands do the same.
#[tokio::test]
async fn a_folder_at_rest_is_opened() {
    let folder = Folder::new();
    assert!(fails(&folder, &["user", "list"], "").await.contains("no store"));
    runs(&folder, &["user", "add", "alice"], PASSWORD).await;
    runs(&folder, &["user", "add", "bob"], PASSWORD).await;
    asks_in_vain(&folder, &["user", "delete", "bob"]).await;
    runs(&folder, &["user", "delete", "bob", "--yes"], "").await;
    let users = lists(&folder, &["user", "list"]).await;
    let states: Vec<_> = users.iter().map(|user| user["state"].as_str()).collect();
    assert_eq!(states, [Some("active"), Some("deleted")]);
    assert_eq!(users[0]["handle"], "alice");
    assert!(users[1]["handle"].as_str().is_some_and(|handle| handle.starts_with("deleted-")), "{}", users[1]);
    let status = &lists(&folder, &["status"]).await[0];
    assert_eq!((&status["running"], &status["accounts"], &status["channels"]), (&json!(false), &json!(1), &json!(1)));

    let daemon = Process::start(&folder).await;
    daemon.logs_in("alice", PASSWORD).await.done(200);
    daemon.logs_in("bob", PASSWORD).await.refused(401, "no_such_user");
}

/// `status` and `channel list`, for people and for programs.
#[tokio::test]
async fn lists_say_what_there_is() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let (mut alice, _bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.creates("plans", "private").await;
    alice.sends("plans", "one").await;
    alice.asks("dm_open", json!({"handle": "bob"})).await;
    let channels = lists(&folder, &["channel", "list"]).await;
    let shown: Vec<_> =
        channels.iter().map(|channel| (&channel["name"], &channel["kind"], &channel["members"])).collect();
    let expected = json!([["lobby", "public", 0], ["plans", "private", 1], ["alice bob", "dm", 2]]);
    assert_eq!(json!(shown), expected);
    assert_eq!((&channels[1]["owner"], &channels[1]["messages"]), (&json!("alice"), &json!(1)));
    assert!(runs(&folder, &["channel", "list"], "").await.contains("plans"));

    let status = &lists(&folder, &["status"]).await[0];
    for (field, value) in [
        ("running", json!(true)),
        ("connections", json!(2)),
        ("online", json!(2)),
        ("accounts", json!(2)),
        ("channels", json!(3)),
        ("messages", json!(1)),
    ] {
        assert_eq!(status[field], value, "{field}");
    }
    assert!(status["pid"].is_u64() && status["addresses"][0].as_str().is_some_and(|url| url.starts_with("http://")));
    assert!(runs(&folder, &["status"], "").await.contains("running as process"));
    let alice_row = &lists(&folder, &["user", "list"]).await[0];
    assert_eq!((&alice_row["connections"], &alice_row["sessions"]), (&json!(1), &json!(1)));
}

/// What is no request gets an answer, and harms nobody.
#[tokio::test]
async fn the_socket_answers_nonsense() {
    let folder = Folder::new();
    let _daemon = Process::start(&folder).await;
    for nonsense in ["\n", "{}\n", "{\"command\":\"shut_down\"}\n", "[1]\n", "{\"command\":\"add_user\"}\n"] {
        let mut stream =
            BufReader::new(UnixStream::connect(folder.path().join("admin.sock")).await.expect("it listens"));
        stream.write_all(nonsense.as_bytes()).await.expect("it takes a line");
        let mut answer = String::new();
        stream.read_line(&mut answer).await.expect("it answers");
        let answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
        assert_eq!((&answer["status"], &answer["reply"]["code"]), (&json!("error"), &json!("malformed")), "{nonsense}");
    }
    assert_eq!(lists(&folder, &["status"]).await[0]["running"], true);
}

/// `chatd check-config`: the example is good, and what is wrong elsewhere is told with its place.
#[tokio::test]
async fn a_configuration_is_checked() {
    let folder = Folder::new();
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/chatd.toml");
    let good = operator(&folder, &["check-config", example], "").await;
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let mistyped = folder.path().join("chatd.toml");
    std::fs::write(&mistyped, "[limits]\n\nmessage_rat = 1\n").expect("a file can be written");
    let file = mistyped.to_str().expect("the path is text");
    for arguments in [&["check-config", file][..], &["check-config", "--config", file], &["serve", "--config", file]] {
        let wrong = operator(&folder, arguments, "").await;
        assert_eq!(wrong.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&wrong.stderr);
        assert!(errors.contains("chatd.toml") && errors.contains("line 3"), "{errors}");
        assert!(errors.contains("did you mean `message_rate`?"), "{errors}");
    }
    let missing = operator(&folder, &["check-config", "/nowhere/chatd.toml"], "").await;
    assert_eq!(missing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&missing.stderr).contains("/nowhere/chatd.toml"));
}

/// "`GET /metrics` | Prometheus text (see the config for who may read it)".
#[tokio::test]
async fn figures_for_who_watches() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    alice.sends("tea", "one").await;
    alice.sees("tea", "one").await;
    assert_eq!(daemon.figure("chatd_connections").await, 1);
    // A changed password is no sign-in, one that is guessed wrong there is a failed one.
    let token = daemon.logs_in("alice", PASSWORD).await.done(200)["token"].as_str().expect("a token").to_owned();
    let change = |old| json!({"old": old, "password": "another plain pass"});
    daemon.post("/v1/password", Some(&token), &change("a guess of somebody")).await.refused(401, "invalid_password");
    daemon.post("/v1/password", Some(&token), &change(PASSWORD)).await.done(200);
    // A path that is asked in the wrong way is neither.
    assert_eq!(daemon.get("/v1/login", &token).await.status, 405);
    let text = daemon.metrics().await;
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("text/plain; version=0.0.4"), "{text}");
    for line in [
        "chatd_accounts 1",
        "chatd_messages 1",
        "chatd_deliveries_total 1",
        "chatd_sign_ins_total 2",
        "chatd_sign_in_failures_total 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing:\n{text}");
    }
    let samples = text.split("\r\n\r\n").nth(1).expect("there is a body").lines();
    assert!(samples.filter(|line| !line.starts_with('#')).all(|line| line.starts_with("chatd_")));

    let closed = Setup::new().with(|config| config.metrics.access = chatd::config::MetricsAccess::Nobody).start().await;
    assert!(closed.metrics().await.starts_with("HTTP/1.1 404"));
}

/// "`chatd` (no subcommand = `serve`)", `--listen` and `--unix` repeated, "one line per address to standard
/// output", "Logs go to standard error", the default folder.
#[tokio::test]
async fn the_daemon_says_where_it_listens() {
    let folder = Folder::new();
    let sockets = ["one.sock", "two.sock"].map(|name| folder.path().join(name).display().to_string());
    let mut arguments = vec!["--listen", "127.0.0.1:0", "--listen", "127.0.0.2:0"];
    arguments.extend(["--unix", &sockets[0], "--unix", &sockets[1], "--log-format", "json", "--until-stdin-closes"]);
    for arguments in [arguments.clone(), [&["serve"], &arguments[..]].concat()] {
        let served = operator(&folder, &arguments, "").await;
        let (output, log) = (String::from_utf8_lossy(&served.stdout), String::from_utf8_lossy(&served.stderr));
        assert!(served.status.success(), "{log}");
        let lines = output.lines().map(|line| line.strip_prefix("listening on ").expect("it says so"));
        let lines = lines.collect::<Vec<_>>();
        assert_eq!(lines.len(), 4, "{output}");
        assert!(lines[0].starts_with("http://127.0.0.1:") && lines[1].starts_with("http://127.0.0.2:"), "{output}");
        assert_eq!(lines[2..], sockets.each_ref().map(|socket| format!("unix:{socket}")));
        for line in log.lines() {
            serde_json::from_str::<Value>(line).expect("each line of the log is JSON");
        }
        assert!(folder.path().join(".local/share/chatd/chatd.db").is_file());
    }
}

async fn asks_for_account(daemon: &Process, handle: &str, invite: Option<&str>) -> Reply {
    let mut wish = json!({"handle": handle, "password": PASSWORD});
    if let Some(invite) = invite {
        wish["invite"] = invite.into();
    }
    daemon.post("/v1/register", None, &wish).await
}

/// "Registration modes in the daemon: … invite code": good for so many accounts, for a time, until it is revoked.
#[tokio::test]
async fn accounts_take_a_code_where_the_operator_wants_it() {
    let folder = Folder::new();
    let daemon = Process::start_with(&folder, &[("CHATD_AUTH__REGISTRATION", "invite")]).await;
    assert!(asks_for_account(&daemon, "alice", None).await.refused(403, "registration_closed").contains("invitation"));
    for bad in ["", "nonsense", "00000000000000000000"] {
        asks_for_account(&daemon, "alice", Some(bad)).await.refused(403, "registration_closed");
    }
    let made = lists(&folder, &["invite", "create", "--uses", "2", "--days", "3"]).await;
    let code = made[0]["code"].as_str().expect("a code").to_owned();
    assert_eq!(made[0]["uses_left"], 2);
    asks_for_account(&daemon, "alice", Some(&code)).await.done(201);
    // What fails uses nothing up.
    asks_for_account(&daemon, "alice", Some(&code)).await.refused(409, "user_exists");
    assert_eq!(lists(&folder, &["invite", "list"]).await[0]["uses_left"], 1);
    asks_for_account(&daemon, "bob", Some(&format!(" {code} "))).await.done(201);
    asks_for_account(&daemon, "carol", Some(&code)).await.refused(403, "registration_closed");
    assert!(lists(&folder, &["invite", "list"]).await.is_empty());
    let line = runs(&folder, &["invite", "create"], "").await;
    let code = line.split_whitespace().next().expect("a code").to_owned();
    assert!(line.contains("1 account, until"), "{line}");
    runs(&folder, &["invite", "revoke", &code], "").await;
    assert!(fails(&folder, &["invite", "revoke", &code], "").await.contains("invalid"));
    asks_for_account(&daemon, "carol", Some(&code)).await.refused(403, "registration_closed");
    daemon.logs_in("alice", PASSWORD).await.done(200);
    // Guests do not go round it.
    let guest = daemon.post("/v1/guest", None, &json!({})).await.done(201);
    let token = guest["token"].as_str().expect("a token");
    let wish = json!({"password": PASSWORD});
    daemon.post("/v1/password", Some(token), &wish).await.refused(403, "registration_closed");
}

/// "… approval queue": nobody is somebody before the operator says so; who is rejected was never there.
#[tokio::test]
async fn accounts_wait_for_the_operator() {
    let folder = Folder::new();
    let daemon = Process::start_with(&folder, &[("CHATD_AUTH__REGISTRATION", "approval")]).await;
    for handle in ["alice", "mallory"] {
        asks_for_account(&daemon, handle, None).await.refused(403, "approval_pending");
    }
    // Whoever asks again is told that they wait; anybody else that it is taken.
    asks_for_account(&daemon, "alice", None).await.refused(403, "approval_pending");
    daemon.registers("alice", ANOTHER).await.refused(409, "user_exists");
    // Looking again is no guessing.
    for _ in 0..8 {
        daemon.logs_in("alice", PASSWORD).await.refused(403, "approval_pending");
    }
    daemon.logs_in("alice", ANOTHER).await.refused(401, "no_such_user");
    runs(&folder, &["user", "add", "bob"], &format!("{PASSWORD}\n")).await;
    let token = daemon.logs_in("bob", PASSWORD).await.done(200)["token"].clone();
    let token = token.as_str().expect("a token");
    daemon.get("/v1/users/alice", token).await.refused(404, "not_found");
    let listed = lists(&folder, &["user", "list"]).await;
    let states: Vec<_> = listed.iter().map(|user| (user["handle"].as_str(), user["state"].as_str())).collect();
    let expected = [("bob", "active"), ("alice", "pending"), ("mallory", "pending")];
    assert_eq!(states, expected.map(|(handle, state)| (Some(handle), Some(state))));
    runs(&folder, &["user", "approve", "alice"], "").await;
    daemon.logs_in("alice", PASSWORD).await.done(200);
    daemon.get("/v1/users/alice", token).await.done(200);
    runs(&folder, &["user", "reject", "mallory"], "").await;
    daemon.logs_in("mallory", PASSWORD).await.refused(401, "no_such_user");
    for refused in ["approve", "reject"] {
        assert!(!fails(&folder, &["user", refused, "mallory"], "").await.is_empty());
    }
    // The queue outlives a change of mind.
    asks_for_account(&daemon, "mallory", None).await.refused(403, "approval_pending");
    daemon.terminates();
    daemon.ends().await;
    let daemon = Process::start_with(&folder, &[("CHATD_AUTH__REGISTRATION", "open")]).await;
    daemon.logs_in("mallory", PASSWORD).await.refused(403, "approval_pending");
    asks_for_account(&daemon, "mallory", None).await.refused(403, "approval_pending");
    asks_for_account(&daemon, "carol", None).await.done(201);
}
