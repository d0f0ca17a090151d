//! What names stand for in commands without a screen, and what these ask before they do it.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::{Value, json};

use crate::support::{
    Daemon, Folder, Key, PASSWORD, Person, Process, Screen, Setup, Shell, client_binary, contents, json_lines, operator,
};

/// The id of a channel as its member sees it.
fn id_of(shell: &Shell, name: &str, kind: &str) -> String {
    let channels = json_lines(&shell.runs(&["channels", "--json"]));
    let channel = channels.iter().find(|channel| channel["name"] == name && channel["kind"] == kind);
    channel.unwrap_or_else(|| panic!("there is no {kind} {name}"))["id"].as_str().expect("a text").to_owned()
}

/// A robot in public #builds, and a stranger who has made it a member of a private namesake.
async fn namesakes(daemon: &Daemon) -> (Shell, Person, [String; 2]) {
    let robot = Shell::of(daemon, "robot");
    robot.runs(&["send", "builds", "build 17 has begun", "--create"]);
    let mut gina = daemon.person("gina").await;
    gina.creates("builds", "private").await;
    let id = gina.id("builds");
    gina.asks("channel_invite", json!({"id": id, "handle": "robot"})).await;
    let ids = [id_of(&robot, "builds", "public"), id];
    (robot, gina, ids)
}

/// "A name stands for the channels of that name one is in, and the public one: if that is more than one, the command is
/// refused with exit 5 and their ids, and TARGET may be `id:ID`."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_of_several_channels_is_refused_by_every_command() {
    let daemon = Daemon::start().await;
    let (robot, mut gina, [public, private]) = namesakes(&daemon).await;
    let commands: &[&[&str]] = &[
        &["send", "builds", "secret"],
        &["send", "#Builds", "secret", "--create"],
        &["history", "builds"],
        &["history", "builds", "--since", "0"],
        &["tail", "builds", "--count", "0"],
        &["tail", "lobby", "builds", "--count", "0"],
        &["users", "builds"],
        &["edit", "builds", "1", "other"],
        &["delete", "builds", "1"],
        &["react", "builds", "1"],
        &["unreact", "builds", "1"],
        &["pin", "builds", "1"],
        &["pins", "builds"],
        &["thread", "builds", "1"],
        &["replies", "builds", "1"],
        &["search", "in:builds", "secret"],
        &["search", "in:#builds secret"],
        &["invite", "builds", "gina"],
        &["invite", "builds"],
        &["invites", "builds"],
        &["kick", "builds", "gina"],
        &["ban", "builds", "gina"],
        &["role", "builds", "gina", "moderator"],
        &["mute", "builds", "gina", "60"],
        &["settings", "builds"],
        &["settings", "builds", "--topic", "other"],
        &["settings", "builds", "--kind", "private", "--yes"],
        &["notify", "builds", "none"],
        &["unread", "builds", "1"],
        &["leave", "builds", "--yes"],
        &["join", "builds"],
        &["delete-channel", "builds", "--yes"],
    ];
    robot.runs(&["join", "lobby"]);
    for command in commands {
        let told = robot.fails(5, command);
        for part in [format!("id:{public} (public, owner robot)"), format!("id:{private} (private, owner gina)")] {
            assert!(told.contains(&part), "{command:?}: {told}");
        }
    }
    // Nothing was done by any of them, and an id says which is meant.
    gina.sends("builds", "the fence").await;
    assert_eq!(contents(&gina.history("builds", "").await["messages"]), ["the fence"]);
    let (by_public, by_private) = (format!("id:{public}"), format!("id:{private}"));
    robot.runs(&["send", &by_public, "build 17 has passed"]);
    assert_eq!(json_lines(&robot.runs(&["history", &by_public, "--json"])).len(), 2);
    assert!(robot.runs(&["history", &by_private]).contains("the fence"));
    assert!(robot.runs(&["users", &by_private]).contains("gina"));
    // Out of the other one, the name is one's own again.
    robot.runs(&["leave", &by_private]);
    assert!(robot.runs(&["history", "builds"]).contains("build 17 has passed"));
}

/// The same where one is in the private one alone, and in two private ones.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_led_away_from_the_public_channel() {
    let daemon = Daemon::start().await;
    let (robot, mut gina, [public, private]) = namesakes(&daemon).await;
    let bob = Shell::of(&daemon, "bob");
    gina.asks("channel_invite", json!({"id": private, "handle": "bob"})).await;
    for command in [&["send", "builds", "secret"][..], &["history", "builds"], &["join", "builds"]] {
        assert!(bob.fails(5, command).contains(&public), "{command:?}");
    }
    robot.runs(&["delete-channel", &format!("id:{public}"), "--yes"]);
    bob.runs(&["send", "builds", "to the only one"]);
    gina.sees("builds", "to the only one").await;
    gina.creates("builds", "private").await;
    let second = gina.id("builds");
    gina.asks("channel_invite", json!({"id": second, "handle": "bob"})).await;
    let told = bob.fails(5, &["send", "builds", "secret", "--create"]);
    assert!(told.contains(&private) && told.contains(&second), "{told}");
}

/// A conversation is found by `@HANDLE` and never by a name; ids of nothing are refused.
#[tokio::test]
async fn names_and_people_are_told_apart() {
    let daemon = Daemon::start().await;
    let (alice, bob) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"));
    alice.runs(&["send", "@bob", "psst"]);
    assert!(alice.fails(5, &["history", "bob"]).contains("no channel is called `bob`"));
    assert!(alice.fails(5, &["send", "bob", "psst"]).contains("--create"));
    alice.runs(&["send", "bob", "a channel of this name", "--create"]);
    assert!(alice.runs(&["history", "@bob"]).contains("psst"));
    assert!(bob.runs(&["history", "@alice"]).contains("psst"));
    for command in [&["history", "id:nothing"][..], &["send", "id:nothing", "x", "--create"], &["join", "id:nothing"]] {
        bob.fails(5, command);
    }
    let private = {
        alice.runs(&["send", "plans", "the plan", "--create"]);
        alice.runs(&["settings", "plans", "--kind", "private"]);
        id_of(&alice, "plans", "private")
    };
    let by_id = format!("id:{private}");
    for command in [&["history", by_id.as_str()][..], &["send", &by_id, "x"], &["join", &by_id], &["users", &by_id]] {
        assert!(!bob.fails(5, command).contains("plans"), "{command:?}");
    }
    bob.fails(2, &["join", "@alice"]);
    bob.fails(2, &["history", "id:"]);
}

/// "`join NAME` joins or creates": a slip in `send` creates nothing, and what is public is found wherever it stands in a
/// long list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_costs_one_bounded_request_among_many_channels() {
    let daemon = Setup::new().with(|config| config.limits.request_rate = 0).start().await;
    let mut created = 0;
    for person in ["ann", "ben", "cat"] {
        let mut person = daemon.person(person).await;
        for _ in 0..450 {
            let name = format!("room-{created:04}-zeta");
            person.asks("channel_create", json!({"name": name, "kind": "public", "topic": "zzz about it"})).await;
            created += 1;
        }
    }
    let alice = Shell::of(&daemon, "alice");
    alice.runs(&["join", "zzz"]);
    alice.runs(&["send", "room-1349-zeta", "found"]);
    assert!(alice.runs(&["history", "room-1349-zeta"]).contains("found"));
    assert!(alice.fails(5, &["history", "room-1348-zeta"]).contains("not in this channel"));
    assert!(alice.fails(5, &["history", "room-1348"]).contains("no channel is called"));
    let listed = json_lines(&alice.runs(&["channels", "--json"]));
    let names = listed.iter().filter_map(|channel| channel["name"].as_str()).collect::<std::collections::BTreeSet<_>>();
    assert_eq!((listed.len(), names.len()), (1_350 + 2, 1_350 + 2), "each once");
    assert_eq!(json_lines(&alice.runs(&["channels", "ROOM-13", "--json"])).len(), 50);
    let far = listed.iter().find(|channel| channel["name"] == "room-1348-zeta").expect("it is listed");
    let far = format!("id:{}", far["id"].as_str().expect("a text"));
    assert!(alice.runs(&["settings", &far]).starts_with("#room-1348-zeta (public), owner cat"));
    alice.runs(&["send", &far, "by its id"]);
    assert!(alice.runs(&["users"]).contains("alice"));
}

/// A server that says there is more for ever, without giving any, is not asked for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_without_end_ends() {
    let daemon = Daemon::start().await;
    let token = daemon.registers("alice", PASSWORD).await.done(201)["token"].take();
    let page = daemon.get("/v1/channels", token.as_str().expect("a token")).await.done(200);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
    let server = format!("http://{}", listener.local_addr().expect("it has one"));
    let body = json!({"status": "ok", "channels": page["channels"], "more": true, "next": "further", "records": [],
        "entries": [], "total": 5, "posts": [], "messages": [], "first_index": 0, "last_index": 0, "version": 5});
    let body = body.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4_096]);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    let shell = Shell::on(&server);
    let program = client_binary().to_str().expect("the path is text");
    let runs = |arguments: &[&str]| {
        let mut command = shell.command("timeout");
        command.arg("20").arg(program).args(arguments).env("PATH", "/usr/bin:/bin");
        command.env("CHAT_TOKEN", token.as_str().expect("a token")).output().expect("the client can be run")
    };
    for command in
        [&["export"][..], &["catch-up"], &["feed"], &["replies", "lobby", "1"], &["history", "lobby", "--since", "0"]]
    {
        let output = runs(command);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_ne!(output.status.code(), Some(124), "{command:?} goes on for ever: {told}");
    }
    let output = runs(&["channels"]);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout).matches("#lobby").count(), 2, "one page told of no other");
}

/// What cannot be taken back asks, or takes `--yes`: "no terminal and no `--yes`: exit 2, nothing changed".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_final_wants_a_yes() {
    let folder = Folder::new();
    let daemon = Process::start(&folder).await;
    let alice = Shell::on(daemon.url());
    alice.runs(&["register", "--user", "alice", "--password", PASSWORD]);
    let mut bob = daemon.person("bob").await;
    alice.runs(&["send", "plans", "the plan", "--create"]);
    alice.runs(&["settings", "plans", "--kind", "private"]);
    alice.runs(&["invite", "plans", "bob"]);
    let plans = id_of(&alice, "plans", "private");
    bob.knows("plans", &plans);
    for (command, harm) in [
        (&["delete-channel", "plans"][..], "#plans is deleted with all that was said in it"),
        (&["settings", "plans", "--kind", "public", "--topic", "open"], "everybody can find #plans"),
        (&["settings", "plans", "--kind", "public", "--close-history"], "from now on"),
        (&["delete-account", "alice", "--content", "remove"], "the account of alice is deleted for good"),
    ] {
        let told = alice.fails(2, command);
        assert!(told.contains(harm) && told.contains("--yes"), "{command:?}: {told}");
    }
    alice.fails(2, &["settings", "plans", "--close-history", "--yes"]);
    alice.fails(2, &["settings", "plans", "--kind", "private", "--close-history"]);
    assert!(
        alice
            .runs(&["settings", "plans"])
            .starts_with("#plans (private), owner alice, 2 members; everybody speaks  id:")
    );

    // With somebody else in it leaving is nothing final; alone, or with somebody who cannot sign in, it is.
    assert!(
        operator(&folder, &["user", "disable", "bob", "--data", folder.path().to_str().expect("text")], "")
            .await
            .status
            .success()
    );
    let told = alice.fails(2, &["leave", "plans"]);
    assert!(told.contains("you are the last member of #plans"), "{told}");
    let mut asked = Screen::open_at_home(&alice.home, 80, 24, &["--server", daemon.url(), "leave", "plans"]);
    asked.shows("Go on? [y/N]");
    asked.enters("n");
    asked.shows("nothing was changed");
    assert_eq!(asked.ends().exit_code(), 1);
    assert!(alice.runs(&["history", "plans"]).contains("the plan"));
    let mut asked = Screen::open_at_home(&alice.home, 80, 24, &["--server", daemon.url(), "leave", "plans"]);
    asked.shows("Go on? [y/N]");
    asked.enters("y");
    asked.shows("you have left #plans");
    assert!(alice.fails(5, &["history", "plans"]).contains("no channel is called"));
    // A public channel stays.
    alice.runs(&["join", "tea"]);
    alice.runs(&["leave", "tea"]);
    alice.runs(&["join", "tea"]);
    alice.runs(&["delete-channel", "tea", "--yes"]);
}

/// A private channel with two people in it is left without a question, and opened to everybody with one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_is_left_to_others_or_opened_to_all() {
    let daemon = Daemon::start().await;
    let (alice, bob, carol) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"), Shell::of(&daemon, "carol"));
    alice.runs(&["send", "plans", "said in private", "--create"]);
    alice.runs(&["settings", "plans", "--kind", "private"]);
    alice.runs(&["invite", "plans", "bob"]);
    alice.runs(&["leave", "plans"]);
    bob.runs(&["settings", "plans", "--kind", "public", "--close-history", "--yes"]);
    bob.runs(&["send", "plans", "said in public"]);
    carol.runs(&["join", "plans"]);
    let read = carol.runs(&["history", "plans", "--limit", "100"]);
    assert!(read.contains("said in public") && !read.contains("said in private"), "{read}");
    assert!(bob.runs(&["history", "plans"]).contains("said in private"));
    // Guests are not in private channels, so these are asked about.
    let guest = Shell::at(&daemon);
    guest.runs(&["--guest", "login"]);
    guest.runs(&["--guest", "join", "plans"]);
    assert!(
        bob.fails(2, &["settings", "plans", "--kind", "private"]).contains("guests are not in private channels: 1")
    );
    bob.runs(&["settings", "plans", "--kind", "private", "--yes"]);
    let told = bob.runs(&["settings", "plans", "--json"]);
    assert_eq!(json_lines(&told)[0]["kind"], "private");
}

/// "`channel_leave` (of a `dm`: closes it for the asker alone … until its next message or `dm_open`)"
#[tokio::test]
async fn a_conversation_is_closed() {
    let daemon = Daemon::start().await;
    let (alice, bob) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"));
    alice.runs(&["send", "@bob", "hello"]);
    assert!(bob.runs(&["leave", "@alice"]).contains("@alice is closed"));
    assert!(!bob.runs(&["channels"]).contains("@alice"));
    assert!(bob.fails(5, &["history", "@alice"]).contains("no conversation"));
    assert!(alice.runs(&["channels"]).contains("@bob"), "the other learns nothing");
    alice.runs(&["send", "@bob", "are you there?"]);
    assert!(bob.runs(&["history", "@alice"]).contains("are you there?"));
}

/// "beyond that the answer is `ok {waiting: true}` and the invitation stands in the invited person's list until accepted"
#[tokio::test]
async fn an_invitation_waits_and_is_accepted_by_its_id() {
    let daemon = Daemon::start().await;
    let (alice, carol) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "carol"));
    assert!(carol.runs(&["settings", "--invited-by", "friends"]).contains("invited by friends"));
    alice.runs(&["send", "plans", "the plan", "--create"]);
    alice.runs(&["settings", "plans", "--kind", "private"]);
    let id = format!("id:{}", id_of(&alice, "plans", "private"));
    assert_eq!(alice.runs(&["invite", "plans", "carol"]), "waits for carol to accept\n");
    assert_eq!(alice.runs(&["invite", "plans", "carol", "--json"]), "{\"waiting\":true}\n");
    assert!(carol.fails(5, &["send", &id, "not by the way"]).contains("no channel"), "only `join` accepts");
    let listed = carol.runs(&["catch-up"]);
    assert!(
        listed.contains("alice invite") && listed.contains("#plans") && listed.contains(&format!("join {id}")),
        "{listed}"
    );
    assert!(json_lines(&carol.runs(&["catch-up", "--json"])).iter().any(|entry| entry["waiting"] == true));
    carol.runs(&["join", &id]);
    assert!(carol.runs(&["history", "plans"]).contains("the plan"));
}

/// "who keeps order can take reactions away"
#[tokio::test]
async fn reactions_are_taken_away() {
    let daemon = Daemon::start().await;
    let (alice, bob) = (Shell::of(&daemon, "alice"), Shell::of(&daemon, "bob"));
    alice.runs(&["send", "tea", "look", "--create"]);
    bob.runs(&["join", "tea"]);
    bob.runs(&["react", "tea", "1", "tada"]);
    bob.runs(&["react", "tea", "1", ":-1:"]);
    alice.runs(&["react", "tea", "1", "🎉"]);
    let reactions = || -> Vec<Value> {
        let message = json_lines(&alice.runs(&["history", "tea", "--json"])).remove(0);
        message["reactions"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(reactions().len(), 2, "the shortcode and the picture are the same");
    bob.fails(5, &["unreact", "tea", "1", "tada", "--by", "alice"]);
    assert!(alice.runs(&["unreact", "tea", "1", "tada", "--by", "bob"]).contains("no 🎉 by bob to message 1"));
    assert!(reactions().iter().any(|reaction| reaction["emoji"] == "🎉" && reaction["count"] == 1));
    alice.runs(&["unreact", "tea", "1"]);
    assert!(reactions().is_empty());
    assert!(bob.fails(2, &["react", "tea", "1", "вор"]).contains("exactly one emoji"));
}

/// A key that asks is a key that is pressed: the question stands on the terminal and not in what is printed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_no_output() {
    let daemon = Daemon::start().await;
    let alice = Shell::of(&daemon, "alice");
    alice.runs(&["send", "tea", "hello", "--create"]);
    let server = daemon.socket_url();
    let mut asked = Screen::open_at_home(&alice.home, 80, 24, &["--server", &server, "delete-channel", "tea"]);
    asked.shows("#tea is deleted with all that was said in it. Go on? [y/N]");
    asked.presses(Key::Enter);
    asked.shows("nothing was changed");
    assert!(alice.runs(&["history", "tea"]).contains("hello"));
}
