//! Guesses at passwords, and sign-ups from one place: what somebody does from elsewhere keeps nobody out.

use std::net::SocketAddr;

use chatd::config::{Network, Registration};
use proto::bounds;
use serde_json::{Value, json};

use crate::support::operator::{asks_in_vain, fails, lists, runs};
use crate::support::{Daemon, PASSWORD, Setup};

const WRONG: &str = "wrong words here";

/// A daemon behind a proxy that names who asks.
fn behind_a_proxy() -> Setup {
    let proxy = Network::try_from("127.0.0.1".to_owned()).expect("an address");
    Setup::new().with(|config| config.proxies = vec![proxy])
}

fn credentials(handle: &str, password: &str) -> Value {
    json!({"handle": handle, "password": password})
}

/// Guesses wrong at an account until told to wait; gives how often it could.
async fn guesses(daemon: &Daemon, from: &str, handle: &str) -> u32 {
    for count in 0..200 {
        let reply = daemon.post_from(from, "/v1/login", &credentials(handle, WRONG)).await;
        if reply.status == 429 {
            assert!(reply.retry_after.is_some_and(|seconds| (1..=60).contains(&seconds)));
            return count;
        }
        assert_eq!(reply.status, 401);
    }
    panic!("nobody stops {from}")
}

/// "Guesses from elsewhere do not lock an owner out (count by account and network; an open session has counts of its own)."
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_locks_somebody_out_from_elsewhere() {
    // All networks together have one guess more every three seconds.
    let daemon = behind_a_proxy().with(|config| config.limits.sign_in_rate = 1).start().await;
    let account = daemon.post_from("192.0.2.1", "/v1/register", &credentials("alice", PASSWORD)).await.done(201);
    let token = account["token"].as_str().expect("a token").to_owned();
    // Whether the account exists or not.
    for handle in ["nobody-here", "alice"] {
        let mut total = 0;
        for number in 1..=50 {
            let count = guesses(&daemon, &format!("198.51.{number}.7"), handle).await;
            assert!(count <= 1, "each network has one");
            total += count;
        }
        assert!((20..40).contains(&total), "together they have guessed {total} times");
    }
    // Whoever has got in from there does, again and again; a wrong one of theirs counts for them.
    for _ in 0..3 {
        daemon.post_from("192.0.2.1", "/v1/login", &credentials("alice", PASSWORD)).await.done(200);
    }
    // From a network that nobody has got in from they wait with the others, for this account alone.
    for number in 51.. {
        if guesses(&daemon, &format!("198.51.{number}.7"), "alice").await == 0 {
            break;
        }
    }
    daemon.post_from("192.0.2.99", "/v1/login", &credentials("alice", PASSWORD)).await.refused(429, "rate_limited");
    daemon.post_from("192.0.2.99", "/v1/register", &credentials("bob", PASSWORD)).await.done(201);
    // Whoever is in changes the password, and deletes the account.
    let change = json!({"old": PASSWORD, "password": "another plain pass"});
    daemon.post("/v1/password", Some(&token), &change).await.done(200);
    let delete = json!({"password": "another plain pass", "content": "keep"});
    daemon.post("/v1/account/delete", Some(&token), &delete).await.done(200);
}

/// The networks of one customer are one: of IPv6 the first 64 bits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_is_one_network() {
    let daemon = behind_a_proxy().start().await;
    daemon.post_from("2001:db8:1:1::1", "/v1/register", &credentials("alice", PASSWORD)).await.done(201);
    assert_eq!(guesses(&daemon, "2001:db8:1:2::1", "alice").await, 5);
    assert_eq!(guesses(&daemon, "2001:db8:1:2:ffff::9", "alice").await, 0);
    assert_eq!(guesses(&daemon, "2001:db8:1:3::1", "alice").await, 5);
    daemon.post_from("2001:db8:1:1:ffff::9", "/v1/login", &credentials("alice", PASSWORD)).await.done(200);
}

/// A session that guesses at its own password is slowed down, and nobody else is.
#[tokio::test]
async fn an_open_session_guesses_no_faster() {
    let daemon = Daemon::start().await;
    let found = daemon.registers("alice", PASSWORD).await.done(201)["token"].as_str().expect("a token").to_owned();
    let own = daemon.logs_in("alice", PASSWORD).await.done(200)["token"].as_str().expect("a token").to_owned();
    let change = |old: &str| json!({"old": old, "password": "another plain pass"});
    for _ in 0..5 {
        daemon.post("/v1/password", Some(&found), &change(WRONG)).await.refused(401, "invalid_password");
    }
    let delete = json!({"password": PASSWORD, "content": "keep"});
    daemon.post("/v1/account/delete", Some(&found), &delete).await.refused(429, "rate_limited");
    daemon.logs_in("alice", PASSWORD).await.done(200);
    daemon.post("/v1/password", Some(&own), &change(PASSWORD)).await.done(200);
}

/// Connects over loopback as a user of the system; only root can.
fn connects_as_games(address: SocketAddr) -> tokio::net::TcpStream {
    let connecting = std::thread::spawn(move || {
        let (user, group) = (rustix::process::Uid::from_raw(5), rustix::process::Gid::from_raw(60));
        rustix::thread::set_thread_res_gid(group, group, group).expect("root can be anybody");
        rustix::thread::set_thread_res_uid(user, user, user).expect("root can be anybody");
        std::net::TcpStream::connect(address).expect("the daemon accepts")
    });
    let stream = connecting.join().expect("it can connect");
    stream.set_nonblocking(true).expect("a socket");
    tokio::net::TcpStream::from_std(stream).expect("a socket")
}

/// "there the account counts, for sign-up and guests the Unix user where it is known": on loopback, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_of_one_machine_lock_each_other_out_of_nothing() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let daemon = Setup::new().with(|config| config.limits.sign_in_rate = 1).start().await;
    daemon.registers("alice", PASSWORD).await.done(201);
    let address = daemon.address();
    let guess = credentials("alice", WRONG);
    daemon.post_on(connects_as_games(address), "/v1/login", &guess).await.refused(401, "invalid_password");
    daemon.post_on(connects_as_games(address), "/v1/login", &guess).await.refused(429, "rate_limited");
    daemon.logs_in("alice", PASSWORD).await.done(200);
    // Guests and accounts that one user makes, day and night, keep nobody from making one. A busy machine gives them one or
    // two more meanwhile.
    let mut made = 0;
    let refused = loop {
        let reply = daemon.post_on(connects_as_games(address), "/v1/guest", &json!({})).await;
        if reply.status != 201 {
            break reply;
        }
        made += 1;
    };
    refused.refused(429, "rate_limited");
    assert!((400..420).contains(&made), "{made} guests");
    let sign_up = credentials("bob", PASSWORD);
    daemon.post_on(connects_as_games(address), "/v1/register", &sign_up).await.refused(429, "rate_limited");
    daemon.post("/v1/guest", None, &json!({})).await.done(201);
    daemon.registers("bob", PASSWORD).await.done(201);
}

/// "many waiting applicants can be refused at once, and one network cannot fill the queue".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_network_does_not_fill_the_queue() {
    let setup = behind_a_proxy().with(|config| {
        config.auth.registration = Registration::Approval;
        config.limits.sign_in_rate = 0;
    });
    let daemon = setup.start().await;
    let share = bounds::REGISTRATIONS_MAX / 20;
    for number in 0..share + 5 {
        let reply =
            daemon.post_from("198.51.100.7", "/v1/register", &credentials(&format!("a{number}"), PASSWORD)).await;
        let code = if number < share { "approval_pending" } else { "registration_closed" };
        reply.refused(403, code);
    }
    // Who waits already is still told so, and others come in.
    daemon
        .post_from("198.51.100.7", "/v1/register", &credentials("a0", PASSWORD))
        .await
        .refused(403, "approval_pending");
    for (handle, from) in [("carol", "192.0.2.1"), ("dave", "2001:db8:1:2::5")] {
        daemon.post_from(from, "/v1/register", &credentials(handle, PASSWORD)).await.refused(403, "approval_pending");
    }
    daemon.registers("erin", PASSWORD).await.refused(403, "approval_pending");

    let folder = daemon.stops().await;
    let waiting = lists(&folder, &["user", "waiting"]).await;
    let from = |handle: &str| waiting.iter().find(|user| user["handle"] == handle).expect("they wait")["from"].clone();
    assert_eq!(
        (waiting.len(), from("a1"), from("dave")),
        (share + 3, json!("198.51.100.7"), json!("2001:db8:1:2::/64"))
    );
    assert!(runs(&folder, &["user", "waiting"], "").await.contains("from 192.0.2.1"));
    asks_in_vain(&folder, &["user", "reject", "--from", "198.51.100.0/24"]).await;
    asks_in_vain(&folder, &["user", "reject", "--all"]).await;
    assert_eq!(lists(&folder, &["user", "waiting"]).await.len(), share + 3, "nothing was changed");
    let words = runs(&folder, &["user", "reject", "--from", "198.51.100.0/24", "--yes"], "").await;
    assert!(words.contains(&format!("{share} sign-ups")), "{words}");
    let words = runs(&folder, &["user", "approve", "carol", "@erin"], "").await;
    assert_eq!(words, "carol can sign in\nerin can sign in\n");
    assert!(fails(&folder, &["user", "reject", "nobody-here"], "").await.contains("`nobody-here`"));
    runs(&folder, &["user", "reject", "--all", "--yes"], "").await;
    assert!(lists(&folder, &["user", "waiting"]).await.is_empty());
    let daemon = Setup::on(folder).start().await;
    daemon.logs_in("carol", PASSWORD).await.done(200);
    for handle in ["a1", "dave"] {
        daemon.logs_in(handle, PASSWORD).await.refused(401, "no_such_user");
    }
}
