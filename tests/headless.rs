//! The client without a screen, as scripts use it.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Daemon, Link, PASSWORD, Shell, client_binary, json_lines as lines};

/// The examples of `docs/scripting.md` run as they stand, one after the other.
#[tokio::test]
async fn the_examples_of_the_page_run() {
    let daemon = Daemon::start().await;
    let shell = Shell::at(&daemon);
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scripting.md"));
    let page = page.expect("the page is there");
    let examples: Vec<&str> = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 6);
    let folder = client_binary().parent().expect("programs lie in a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let output = shell.command("bash").args(["-euo", "pipefail", "-c", &examples.concat()]).env("PATH", path).output();
    let output = output.expect("bash can be run");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{errors}", String::from_utf8_lossy(&output.stdout));
}

/// "`send` to the name of a public channel joins it; one that exists nowhere is created only with `--create`, else exit
/// 5; reading commands never join."
#[tokio::test]
async fn sending_joins_and_reading_never_does() {
    let daemon = Daemon::start().await;
    let (alice, bob) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"));
    assert!(alice.fails(5, &["send", "#Tea", "hello"]).contains("no channel is called `tea`; --create makes it"));
    assert!(!alice.runs(&["channels", "--json"]).contains("\"tea\""), "nothing was created");
    assert_eq!(alice.runs(&["send", "#Tea", "hello", "--create"]), "sent as message 1\n");
    assert!(bob.fails(5, &["history", "tea"]).contains("not in this channel"));
    assert!(bob.fails(5, &["users", "tea"]).contains("not in this channel"));
    assert!(bob.fails(5, &["tail", "tea"]).contains("not in this channel"));
    assert!(bob.fails(5, &["history", "nowhere"]).contains("no channel is called `nowhere`"));
    let channels = lines(&bob.runs(&["channels", "--json"]));
    assert!(channels.iter().all(|channel| channel["member"] == false), "{channels:?}");
    assert_eq!(bob.runs(&["send", "tea", "alice, it is me", "--quiet"]), "", "cron would mail it");
    let history = lines(&alice.runs(&["history", "tea", "--json"]));
    assert_eq!(history.len(), 2);
    assert_eq!((&history[1]["content"], &history[1]["mentions"][0]), (&"alice, it is me".into(), &"alice".into()));
    assert_eq!(history[1]["channel"], "#tea");
}

/// "standard input as one message, last newline stripped".
#[tokio::test]
async fn standard_input_is_one_message() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    alice.runs(&["join", "tea"]);
    let file = alice.home.path().join("text");
    std::fs::write(&file, "two\nlines\n").expect("a file can be written");
    for arguments in [&["send", "tea"][..], &["send", "tea", "-"]] {
        let mut command = alice.command(client_binary().to_str().expect("the path is text"));
        command.args(arguments).stdin(std::fs::File::open(&file).expect("the file is there"));
        assert!(command.output().expect("the client can be run").status.success());
    }
    alice.runs(&["send", "tea", "--file", file.to_str().expect("the path is text"), "--reply-to", "1"]);
    let history = lines(&alice.runs(&["history", "tea", "--json"]));
    assert!(history.iter().all(|message| message["content"] == "two\nlines"), "{history:?}");
    assert_eq!(history[2]["reply_to"], 1);
    assert!(alice.fails(2, &["send", "tea", " "]).contains("blank"));
}

/// "`--count N`": `tail` prints what stands there, then what comes, over a restart of the daemon, each once.
#[tokio::test]
async fn tail_survives_a_restart() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    alice.runs(&["send", "tea", "before", "--create"]);
    let program = client_binary().to_str().expect("the path is text");
    let mut command = alice.command(program);
    command.args(["tail", "tea", "--count", "2", "--json"]).stdout(Stdio::piped());
    let mut tail = command.spawn().expect("the client can be run");
    let mut printed = std::io::BufRead::lines(std::io::BufReader::new(tail.stdout.take().expect("its output is ours")));
    let mut next = || {
        let line = printed.next().expect("there is another line").expect("the output can be read");
        serde_json::from_str::<Value>(&line).expect("each line is JSON")["content"].clone()
    };
    assert_eq!(next(), "before");
    alice.runs(&["send", "tea", "first"]);
    assert_eq!(next(), "first");
    let folder = daemon.stops().await;
    let _daemon = crate::support::Setup::on(folder).start().await;
    alice.runs(&["send", "tea", "second"]);
    assert_eq!(next(), "second");
    assert!(tail.wait().expect("its status can be read").success());
}

/// More is said while the connection is lost than the client keeps in memory: `tail` prints all of it, in order, each once.
#[tokio::test]
async fn tail_prints_everything_that_was_said_while_it_was_cut_off() {
    const SAID: u64 = 5_200;
    let daemon = Daemon::start().await;
    let mut bob = daemon.person("bob").await;
    bob.joins("tea").await;
    let link = Link::to(daemon.address());
    let alice = Shell::on(&link.url());
    alice.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    alice.runs(&["send", "tea", "before"]);
    let mut command = alice.command(client_binary().to_str().expect("the path is text"));
    command.args(["tail", "tea", "--count", &SAID.to_string(), "--json"]).stdout(Stdio::piped());
    let mut tail = command.spawn().expect("the client can be run");
    let mut printed = std::io::BufRead::lines(std::io::BufReader::new(tail.stdout.take().expect("its output is ours")));
    let mut next = || {
        let line = printed.next().expect("there is another line").expect("the output can be read");
        serde_json::from_str::<Value>(&line).expect("each line is JSON")["index"].as_u64().expect("an index")
    };
    let begin = next();
    link.breaks();
    for number in 0..SAID {
        bob.sends("tea", &format!("message {number}")).await;
    }
    link.mends();
    for index in begin + 1..=begin + SAID {
        assert_eq!(next(), index);
    }
    assert!(tail.wait().expect("its status can be read").success());
}

/// The table of exit codes.
#[tokio::test]
async fn exit_codes_say_what_went_wrong() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    assert!(alice.fails(2, &["send"]).contains("TARGET"));
    assert!(alice.fails(2, &["history", "a b"]).contains("channel name"));
    assert!(alice.fails(2, &["whoami", "--server", "ftp://x"]).contains("ftp://x"));
    assert!(alice.fails(2, &[]).contains("terminal"));
    assert!(alice.fails(2, &["login", "--user", "alice"]).contains("password"));
    assert!(alice.fails(3, &["login", "--user", "alice", "--password", "wrong wrong"]).contains("Invalid Password"));
    assert!(alice.fails(3, &["register", "--user", "alice", "--password", PASSWORD]).contains("User exists"));
    assert!(alice.fails(3, &["--profile", "other", "whoami"]).contains("nobody is signed in"));
    let unreachable = ["--server", "http://127.0.0.1:1", "login", "--user", "alice", "--password", PASSWORD];
    assert!(alice.fails(4, &unreachable).contains("cannot reach"));
    assert!(alice.fails(5, &["send", "@nobody-here", "hi"]).contains("nobody has this handle"));
    alice.runs(&["join", "tea"]);
    assert!(alice.fails(5, &["send", "tea", &"x".repeat(8_001)]).contains("8001 bytes"));
    let long = alice.home.path().join("long");
    std::fs::write(&long, "x".repeat(70_000)).expect("a file can be written");
    let long = long.to_str().expect("the path is text");
    assert!(alice.fails(5, &["send", "tea", "--file", long]).contains("larger than the server takes"));
    for two in [
        &["login", "--password", "a", "--password-stdin"][..],
        &["--password", "a", "login", "--password-stdin"],
        &["--guest", "login", "--password", "a"],
        &["--guest", "register", "--register"],
    ] {
        alice.fails(2, two);
    }
    alice.runs(&["logout"]);
    alice.fails(3, &["channels"]);
}

/// "Each takes `--json`: one compact JSON object a line on standard output, nothing else there."
#[tokio::test]
async fn every_command_speaks_json() {
    let daemon = Daemon::start().await;
    let alice = Shell::at(&daemon);
    let sign_in = ["--user", "alice", "--password", PASSWORD, "--json"];
    for (arguments, field) in [
        (&["register", sign_in[0], sign_in[1], sign_in[2], sign_in[3], sign_in[4]][..], "handle"),
        (&["login", sign_in[0], sign_in[1], sign_in[2], sign_in[3], sign_in[4]], "handle"),
        (&["whoami", "--json"], "handle"),
        (&["send", "tea", "one", "--create", "--json"], "index"),
        (&["send", "tea", "two", "--json"], "index"),
        (&["channels", "--json"], "name"),
        (&["users", "tea", "--json"], "handle"),
        (&["users", "--json"], "handle"),
        (&["history", "tea", "--json"], "content"),
        (&["tail", "tea", "--count", "0", "--json"], "content"),
        (&["logout", "--json"], "handle"),
    ] {
        let printed = alice.runs(arguments);
        assert!(!lines(&printed).is_empty(), "{arguments:?}");
        for line in lines(&printed) {
            assert!(!line[field].is_null(), "{arguments:?}: {line}");
        }
        assert!(!printed.contains(": "), "compact: {printed}");
    }
}

/// The directions of `history`, two targets of `tail`, and the members that `users` lists.
#[tokio::test]
async fn reading_takes_its_bounds() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    for channel in ["tea", "plans"] {
        alice.runs(&["join", channel]);
    }
    for text in ["one", "two", "three", "four"] {
        alice.runs(&["send", "tea", text]);
    }
    alice.runs(&["send", "plans", "elsewhere"]);
    let contents = |arguments: &[&str]| {
        let printed = alice.runs(&[arguments, &["--json"]].concat());
        lines(&printed).iter().map(|line| line["content"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(contents(&["history", "tea", "--before", "3"]), ["one", "two"]);
    assert_eq!(contents(&["history", "tea", "--before", "4", "--limit", "1"]), ["three"]);
    assert_eq!(contents(&["history", "tea", "--since", "0", "--limit", "2"]), ["one", "two"]);
    assert_eq!(contents(&["history", "tea", "--since", "0"]).len(), 4);
    let mut both = contents(&["tail", "tea", "plans", "--limit", "1", "--count", "0"]);
    both.sort();
    assert_eq!(both, ["elsewhere", "four"]);
    assert!(alice.runs(&["users", "tea"]).contains("alice"));
}

/// Times are in the person's zone, also where `TZ` gives its name.
#[tokio::test]
async fn times_are_in_the_zone_of_the_person() {
    let named = "Asia/Kathmandu";
    if !Path::new("/usr/share/zoneinfo").join(named).exists() {
        return;
    }
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    alice.runs(&["join", "tea"]);
    alice.runs(&["send", "tea", "hello"]);
    let time_in = |zone: &str| {
        let client = client_binary().to_str().expect("the path is text");
        let history = alice.command(client).env("TZ", zone).args(["history", "tea"]).output().expect("it runs");
        let told = String::from_utf8(history.stdout).expect("text");
        told.split_whitespace().nth(1).expect("a time").to_owned()
    };
    // POSIX counts to the west.
    assert_eq!(time_in(named), time_in("<+0545>-5:45"));
    assert_ne!(time_in(named), time_in("UTC"));
}

/// "`register` and `login` keep the token per profile and server, in a file of mode 0600"; "`device` is a
/// stable id per client profile".
#[tokio::test]
async fn what_is_kept_is_private_and_stable() {
    use std::os::unix::fs::PermissionsExt;

    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    let folder = alice.home.path().join(".local/state/chat-tui/profiles/default");
    let files = || {
        let entries = std::fs::read_dir(&folder).expect("the profile has a folder").flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    assert!(files().iter().any(|path| path.to_string_lossy().contains("session-")));
    for path in files() {
        let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let device = std::fs::read_to_string(folder.join("device")).expect("there is a device");
    alice.runs(&["login", "--user", "alice", "--password", PASSWORD]);
    assert_eq!(std::fs::read_to_string(folder.join("device")).expect("there is a device"), device);
}

/// "`--guest`": nobody needs an account to read and speak in public, and who comes back is the same guest.
#[tokio::test]
async fn a_guest_needs_no_account() {
    let daemon = Daemon::start().await;
    let shell = Shell::at(&daemon);
    assert!(shell.runs(&["--guest", "--user", "tea", "login"]).starts_with("guest-tea on "));
    shell.runs(&["send", "lobby", "good day", "--guest"]);
    assert!(shell.runs(&["history", "lobby", "--guest"]).contains("<guest-tea> good day"));
    assert!(shell.fails(5, &["--guest", "send", "@alice", "psst"]).contains("guests"));
    shell.fails(2, &["--guest", "--password", PASSWORD, "login"]);
}

/// "The same as environment: `CHAT_SERVER`, `CHAT_USER`, `CHAT_PASSWORD`, `CHAT_TOKEN`, `CHAT_PROFILE`"; a flag wins.
#[tokio::test]
async fn the_environment_signs_in_too() {
    let daemon = Daemon::start().await;
    let shell = Shell::of(&daemon, "alice");
    let bob = daemon.registers("bob", PASSWORD).await.done(201);
    let with = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = shell.command(client_binary().to_str().expect("the path is text"));
        let output = command.envs(environment.iter().copied()).args(arguments).output().expect("the client can be run");
        let printed = if output.status.success() { output.stdout } else { output.stderr };
        (output.status.code(), String::from_utf8(printed).expect("the output is text"))
    };
    let who = |environment: &[(&str, &str)], arguments: &[&str]| with(environment, arguments).1;
    let password = ("CHAT_PASSWORD", PASSWORD);
    assert!(who(&[("CHAT_USER", "bob"), password, ("CHAT_PROFILE", "b")], &["login"]).starts_with("bob on "));
    assert!(who(&[("CHAT_PROFILE", "b")], &["whoami"]).starts_with("bob on "));
    let token = [("CHAT_TOKEN", bob["token"].as_str().expect("there is a token"))];
    assert!(who(&token, &["whoami"]).starts_with("bob on "));
    assert!(with(&token, &["send", "tea", "by token", "--create"]).0 == Some(0));
    assert!(with(&token, &["logout"]).0 == Some(0));
    assert_eq!(with(&token, &["channels"]).0, Some(3), "the session is over");
    assert!(shell.runs(&["whoami"]).starts_with("alice on "), "the kept session is untouched");
    assert_eq!(with(&[("CHAT_TOKEN", "nonsense")], &["channels"]).0, Some(3));
    let wrong = [("CHAT_PASSWORD", "wrong wrong wrong")];
    let by_flag = ["login", "--user", "alice", "--password", PASSWORD];
    assert!(who(&wrong, &by_flag).starts_with("alice on "), "a flag wins");
    assert_eq!(with(&wrong, &["--guest", "login"]).0, Some(0));
}

/// A password given to one command opens a session for that command alone; `login` keeps one.
#[tokio::test]
async fn only_signing_in_keeps_a_session() {
    let daemon = Daemon::start().await;
    let shell = Shell::of(&daemon, "alice");
    daemon.registers("bob", PASSWORD).await.done(201);
    shell.runs(&["send", "tea", "by flags", "--create", "--user", "bob", "--password", PASSWORD]);
    assert!(shell.runs(&["whoami"]).starts_with("alice on "));
    shell.runs(&["login", "--user", "bob", "--password", PASSWORD]);
    assert!(shell.runs(&["whoami"]).starts_with("bob on "));
}

/// "The client's log goes to a file on request (`--log FILE`)": what it did, and nothing of what was said.
#[tokio::test]
async fn the_log_goes_to_a_file_that_is_asked_for() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    let log = alice.home.path().join("log");
    let path = log.to_str().expect("the path is text");
    alice.runs(&["--log", path, "send", "lobby", "between us"]);
    alice.runs(&["send", "lobby", "once more", "--log", path]);
    let told = std::fs::read_to_string(&log).expect("there is a log");
    assert_eq!(told.matches("started").count(), 2, "{told}");
    assert!(!told.contains("between us") && !told.contains("eyJ"), "{told}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&log).expect("it is there").permissions());
    assert_eq!(mode & 0o077, 0);
    assert!(alice.fails(1, &["--log", "/nonexistent/x", "whoami"]).contains("/nonexistent/x"));
}

/// "`kick` of somebody who has an account but is no member": the words say which of the two it is.
#[tokio::test]
async fn who_is_no_member_is_not_nobody() {
    let daemon = Daemon::start().await;
    let (alice, _bob) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"));
    alice.runs(&["join", "tea"]);
    for command in [&["kick", "tea", "bob"][..], &["role", "tea", "bob", "moderator"], &["mute", "tea", "bob", "5"]] {
        assert!(alice.fails(5, command).contains("not a member of the channel"), "{command:?}");
    }
    assert!(alice.fails(5, &["kick", "tea", "nobody-here"]).contains("nobody has this handle"));
    // Two ways to write one address are one server.
    let upper = alice.client(&["--server", &format!("HTTP://{}", daemon.address()), "whoami"]);
    assert_eq!(upper.status.code(), Some(3), "it is an address");
}

/// "`https://` to a plain daemon": what is wrong is said in words.
#[tokio::test]
async fn https_to_a_plain_server_is_told_in_words() {
    let daemon = Daemon::start().await;
    let alice = Shell::on(&format!("https://{}", daemon.address()));
    let told = alice.fails(4, &["register", "--user", "alice", "--password", PASSWORD]);
    assert!(told.contains("nothing is encrypted there: http:// may be meant"), "{told}");
}
