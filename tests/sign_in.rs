//! Signing up, in and out, and what a token opens.

use std::sync::Arc;

use chatd::clock::ManualClock;
use proto::{CloseCode, Timestamp};
use serde_json::{Value, json};

use crate::support::{Daemon, Gate, PASSWORD, Setup, contents, fresh_nonce, message};

/// "`POST /v1/register` `{handle, password}` | 201 `{status, handle, token, expires_at}`" and
/// "`POST /v1/login` … | 200 `{status, handle, token, expires_at}`".
#[tokio::test]
async fn alice_signs_up_and_in() {
    let daemon = Daemon::start().await;
    let account = daemon.registers("alice", PASSWORD).await.done(201);
    assert_eq!(account["handle"], "alice");
    let before = account["expires_at"].as_i64().expect("milliseconds");
    let session = daemon.logs_in("alice", PASSWORD).await.done(200);
    assert_eq!(session["handle"], "alice");
    assert!(session["expires_at"].as_i64().expect("milliseconds") >= before);
    assert_ne!(session["token"], account["token"], "each sign-in is a session of its own");
    for token in [&account["token"], &session["token"]] {
        let alice = daemon.connects("alice", token.as_str().unwrap(), json!({})).await;
        assert_eq!(alice.welcome["user"], "alice");
        assert_eq!(alice.welcome["protocol"], 1);
        for field in ["name", "version", "time", "store"] {
            assert!(!alice.welcome["server"][field].is_null(), "{field}: {}", alice.welcome);
        }
        assert!(alice.welcome["features"].is_array() && alice.welcome["limits"].is_object());
    }
}

/// "`incomplete_credentials` | 400 | reason `Incomplete Credentials`: handle or password empty".
#[tokio::test]
async fn without_handle_or_password_nobody_signs_in() {
    let daemon = Daemon::start().await;
    for path in ["/v1/register", "/v1/login"] {
        for credentials in [
            json!({}),
            json!({"handle": "alice"}),
            json!({"password": PASSWORD}),
            json!({"handle": "", "password": PASSWORD}),
            json!({"handle": "alice", "password": ""}),
        ] {
            let reply = daemon.post(path, None, &credentials).await;
            assert_eq!(reply.refused(400, "incomplete_credentials"), "Incomplete Credentials", "{path} {credentials}");
        }
    }
}

/// "`user_exists` | 409 | reason `User exists`" and "lower-cased before the check".
#[tokio::test]
async fn a_handle_is_taken_in_any_case() {
    let daemon = Daemon::start().await;
    assert_eq!(daemon.registers("Alice", PASSWORD).await.done(201)["handle"], "alice");
    for twin in ["alice", "ALICE", "aLiCe"] {
        assert_eq!(daemon.registers(twin, PASSWORD).await.refused(409, "user_exists"), "User exists");
        assert_eq!(daemon.logs_in(twin, PASSWORD).await.done(200)["handle"], "alice");
    }
}

/// "two registrations of one handle at once: exactly one wins" (hostile inputs, A10).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_want_one_handle_exactly_one_wins() {
    let daemon = Daemon::start().await;
    let register = || daemon.registers("alice", PASSWORD);
    let (a, b, c, d) = tokio::join!(register(), register(), register(), register());
    let replies = [a, b, c, d];
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1, "{replies:?}");
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!(reply.refused(409, "user_exists"), "User exists");
    }
}

/// "`no_such_user` · `invalid_password` | 401 | reasons `No such user` · `Invalid Password`".
#[tokio::test]
async fn a_stranger_and_a_wrong_password_are_told_apart() {
    let daemon = Daemon::start().await;
    daemon.registers("alice", PASSWORD).await.done(201);
    assert_eq!(daemon.logs_in("nobody-here", PASSWORD).await.refused(401, "no_such_user"), "No such user");
    assert_eq!(daemon.logs_in("not a handle", PASSWORD).await.refused(401, "no_such_user"), "No such user");
    assert_eq!(daemon.logs_in("alice", "wrong words here").await.refused(401, "invalid_password"), "Invalid Password");
}

/// "with `uniform_login_errors`: `invalid_credentials` for both".
#[tokio::test]
async fn a_discreet_daemon_does_not_say_who_exists() {
    let daemon = Setup::new().with(|config| config.auth.uniform_login_errors = true).start().await;
    daemon.registers("alice", PASSWORD).await.done(201);
    let stranger = daemon.logs_in("stranger", PASSWORD).await;
    let wrong = daemon.logs_in("alice", "wrong words here").await;
    assert_eq!(stranger.refused(401, "invalid_credentials"), wrong.refused(401, "invalid_credentials"));
}

/// "`password_too_short` · `password_too_long` · `password_too_common` | 422 | 9 to 1,024 characters;
/// the handle itself and the few thousand commonest are refused".
#[tokio::test]
async fn weak_passwords_are_refused() {
    let daemon = Daemon::start().await;
    for (password, code) in [
        ("eightchr", "password_too_short"),
        ("日本語日本語日本", "password_too_short"),
        (&"x".repeat(1_025), "password_too_long"),
        ("password1", "password_too_common"),
        ("123456789", "password_too_common"),
        ("someone-with-a-name", "password_too_common"),
        ("Someone-With-A-Name", "password_too_common"),
    ] {
        daemon.registers("someone-with-a-name", password).await.refused(422, code);
    }
    daemon.registers("nul", "nine\0nine").await.refused(400, "malformed");
    daemon.registers("nine", "日本語日本語日本語").await.done(201);
    daemon.registers("many", &"xy".repeat(512)).await.done(201);
}

/// "`invalid_handle` | 422 | 1–32 of `a-z 0-9 _ - .`, first a letter or digit, not ending in `.`; …
/// `guest-`, `system`, `server`, `lobby`, `root`, `admin` and the like are reserved".
#[tokio::test]
async fn impossible_and_reserved_handles_are_refused() {
    let daemon = Daemon::start().await;
    let long = "a".repeat(33);
    for handle in [
        "-a",
        "_a",
        ".a",
        "a.",
        "a b",
        "a/b",
        "a\n",
        "a\0",
        "аlice",
        "\u{212A}ate",
        "\u{200B}",
        "\u{3164}",
        "\u{115F}",
        &long,
        "guest-1",
        "Guest-me",
        "system",
        "SERVER",
        "lobby",
        "Root",
        "admin",
    ] {
        daemon.registers(handle, PASSWORD).await.refused(422, "invalid_handle");
    }
    for handle in ["a", "0", "a-", "a_b.c-d", &"a".repeat(32)] {
        daemon.registers(handle, PASSWORD).await.done(201);
    }
}

/// "`registration_closed` | 403".
#[tokio::test]
async fn a_closed_daemon_takes_no_new_accounts() {
    let daemon =
        Setup::new().with(|config| config.auth.registration = chatd::config::Registration::Closed).start().await;
    daemon.registers("alice", PASSWORD).await.refused(403, "registration_closed");
}

/// "`malformed` | 400 | bad JSON, wrong types" and "`too_large` | 413".
#[tokio::test]
async fn nonsense_in_place_of_credentials_is_named() {
    let daemon = Daemon::start().await;
    for body in [
        "",
        "{",
        "[]",
        "7",
        "null",
        r#"{"handle":7,"password":"x"}"#,
        "{\"handle\":\"\\ud800\"}",
        "\u{feff}{}",
        "{} {}",
    ] {
        daemon.post_bytes("/v1/register", body).await.refused(400, "malformed");
        daemon.post_bytes("/v1/login", body).await.refused(400, "malformed");
    }
    daemon.post_bytes("/v1/login", vec![0xff, 0xfe]).await.refused(400, "malformed");
    daemon.logs_in("alice", &"x".repeat(1_048_576)).await.refused(413, "too_large");
    daemon.registers("alice", PASSWORD).await.done(201);
}

/// "6th wrong try; … unknown name too | throttled alike, right password later still works" (A3), and
/// "`rate_limited` (with `Retry-After`, in packets `retry_after_ms`) | 429".
#[tokio::test]
async fn guessing_passwords_is_slowed_down() {
    let daemon = Daemon::start().await;
    daemon.registers("alice", PASSWORD).await.done(201);
    daemon.registers("bob", PASSWORD).await.done(201);
    for (handle, code) in [("alice", "invalid_password"), ("nobody-here", "no_such_user")] {
        for _ in 0..5 {
            daemon.logs_in(handle, "wrong words here").await.refused(401, code);
        }
        let reply = daemon.logs_in(handle, "wrong words here").await;
        reply.refused(429, "rate_limited");
        let seconds = reply.retry_after.expect("a `Retry-After` header");
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert!(reply.body["retry_after_ms"].as_u64().expect("milliseconds") <= seconds * 1_000);
    }
    daemon.logs_in("bob", PASSWORD).await.done(200);
}

/// "A rate or count of 0 lifts that limit."
#[tokio::test]
async fn a_rate_of_zero_lets_one_guess_on() {
    let daemon = Setup::new().with(|config| config.limits.sign_in_rate = 0).start().await;
    daemon.registers("alice", PASSWORD).await.done(201);
    for _ in 0..10 {
        daemon.logs_in("alice", "wrong words here").await.refused(401, "invalid_password");
    }
    daemon.logs_in("alice", PASSWORD).await.done(200);
}

/// "`POST /v1/logout` | 200; the session is revoked at once, on open sockets too" and "4001 token
/// refused, expired or revoked".
#[tokio::test]
async fn logging_out_ends_the_session_everywhere() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let mut second_window = alice.again(json!({})).await;
    let other = daemon.logs_in("alice", PASSWORD).await.done(200);
    let mut other_session = daemon.connects("alice", other["token"].as_str().unwrap(), json!({})).await;

    daemon.post("/v1/logout", Some(&alice.token), &json!({})).await.done(200);
    assert_eq!(alice.gets_closed().await, Some(CloseCode::TokenRefused));
    assert_eq!(second_window.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.get("/v1/channels", &alice.token).await.refused(401, "token_invalid");
    daemon.post("/v1/logout", Some(&alice.token), &json!({})).await.refused(401, "token_invalid");
    let mut refused = daemon.wire().await;
    refused.gets_refused("hello", json!({"token": alice.token}), "token_invalid").await;
    assert_eq!(refused.gets_closed().await, Some(CloseCode::TokenRefused));
    other_session.joins("lobby").await;
}

/// "An expired or revoked token does nothing, on open sockets as well." and "`token_expired` | 401".
#[tokio::test]
async fn an_expired_token_closes_its_socket() {
    let lifetime = std::time::Duration::from_millis(300);
    let daemon = Setup::new().with(|config| config.auth.token_lifetime = lifetime).start().await;
    let mut alice = daemon.person("alice").await;
    assert_eq!(alice.gets_closed().await, Some(CloseCode::TokenRefused));
    daemon.get("/v1/channels", &alice.token).await.refused(401, "token_expired");
    let mut refused = daemon.wire().await;
    refused.gets_refused("hello", json!({"token": alice.token}), "token_expired").await;
    assert_eq!(refused.gets_closed().await, Some(CloseCode::TokenRefused));
}

/// "`auth.token_lifetime` (… default 30 days)", by the daemon's clock.
#[tokio::test]
async fn a_token_is_good_for_thirty_days() {
    let day = 24 * 60 * 60 * 1_000;
    let start = 1_800_000_000_000;
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(start)));
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let account = daemon.registers("alice", PASSWORD).await.done(201);
    assert_eq!(account["expires_at"], start + 30 * day);
    let token = account["token"].as_str().unwrap();
    clock.advance_millis(30 * day - 1_000);
    daemon.get("/v1/channels", token).await.done(200);
    clock.advance_millis(1_000);
    daemon.get("/v1/channels", token).await.refused(401, "token_expired");
}

/// "`token_renew` on a socket gives a fresh one for the same session."
#[tokio::test]
async fn a_renewed_token_prolongs_the_connection() {
    let lifetime = std::time::Duration::from_millis(1_500);
    let daemon = Setup::new().with(|config| config.auth.token_lifetime = lifetime).start().await;
    let mut alice = daemon.person("alice").await;
    let mut forgetful = alice.again(json!({})).await;
    let session = alice.welcome["session"].clone();
    let mut renewed = alice.asks("token_renew", json!({})).await;
    // The other window ends with the first token; this one lives on past it.
    let first_end = renewed["expires_at"].as_i64().unwrap();
    loop {
        renewed = alice.asks("token_renew", json!({})).await;
        if tokio::time::timeout(std::time::Duration::from_millis(100), forgetful.receives()).await
            == Ok(Err(Some(CloseCode::TokenRefused)))
        {
            break;
        }
    }
    assert!(renewed["expires_at"].as_i64().unwrap() > first_end);
    alice.joins("lobby").await;
    let again = daemon.connects("alice", renewed["token"].as_str().unwrap(), json!({})).await;
    assert_eq!(again.welcome["session"], session);
    daemon.get("/v1/channels", &alice.token).await.refused(401, "token_expired");
}

/// "Once a minute (30 at once), else `rate_limited`": a client whose clock is wrong costs no commit each time.
#[tokio::test]
async fn renewals_have_a_rate() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    for _ in 0..30 {
        alice.asks("token_renew", json!({})).await;
    }
    alice.gets_refused("token_renew", json!({}), "rate_limited").await;
    alice.joins("lobby").await;
    daemon.person("bob").await.asks("token_renew", json!({})).await;
}

/// "`token_invalid` · `token_expired` | 401": what is not exactly a token of this daemon opens nothing.
#[tokio::test]
async fn forged_tokens_open_nothing() {
    let daemon = Daemon::start().await;
    let token = daemon.registers("alice", PASSWORD).await.done(201)["token"].as_str().unwrap().to_owned();
    let foreign =
        Daemon::start().await.registers("alice", PASSWORD).await.done(201)["token"].as_str().unwrap().to_owned();
    let parts = token.split('.').collect::<Vec<_>>();
    let [header, body, signature] = parts[..] else { panic!("a JWT has three parts") };
    // {"alg":"none","typ":"JWT"}
    let unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    let forged = [
        foreign,
        String::new(),
        "x".to_owned(),
        "x".repeat(5_000),
        format!("{header}.{body}."),
        format!("{unsigned}.{body}."),
        format!("{unsigned}.{body}.{signature}"),
        format!("{header}.{body}x.{signature}"),
        format!("{header}.{body}.{}", signature.chars().rev().collect::<String>()),
    ];
    for forged in &forged {
        daemon.get("/v1/channels", forged).await.refused(401, "token_invalid");
        let mut wire = daemon.wire().await;
        wire.gets_refused("hello", json!({"token": forged}), "token_invalid").await;
        assert_eq!(wire.gets_closed().await, Some(CloseCode::TokenRefused));
    }
    daemon.get("/v1/channels", &token).await.done(200);
}

/// "The first packet is `hello` (within 10 s). It is answered by `ok`, then `welcome`, then the
/// channels; a refused one by `error`, then close 4001."
#[tokio::test]
async fn hello_is_answered_in_order() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("lobby").await;
    let mut wire = daemon.wire().await;
    let reference = wire.says("hello", json!({"token": alice.token, "unheard_of": 1})).await;
    let (first, second, third) = (wire.next().await, wire.next().await, wire.next().await);
    assert_eq!((&first["type"], &first["ref"]), (&json!("ok"), &json!(reference)));
    assert_eq!(second["type"], "welcome");
    assert_eq!(third["type"], "channel_add");
    wire.gets_refused("hello", json!({"token": alice.token}), "malformed").await;

    for payload in [json!({}), json!({"token": "x"}), json!({"token": alice.token, "history": 101})] {
        let mut refused = daemon.wire().await;
        refused.says("hello", payload).await;
        assert_eq!(refused.next().await["type"], "error");
        assert_eq!(refused.gets_closed().await, Some(CloseCode::TokenRefused));
    }
}

/// "a refused one by `error`, then close 4001", also when it is refused for a field that cannot be read:
/// "Only what is no JSON text at all, or comes before `hello`, may close with 4003."
#[tokio::test]
async fn a_hello_with_impossible_fields_is_a_refused_hello() {
    let daemon = Daemon::start().await;
    let alice = daemon.person("alice").await;
    for (field, value) in [
        ("history", json!(101)),
        ("history", json!(-1)),
        ("history", json!("x")),
        ("device", json!("x".repeat(65))),
        ("device", json!("\u{1b}]0;PWNED\u{7}")),
        ("client", json!("two\nlines")),
        ("client", json!("\u{9b}2J")),
        ("channels", json!("tea")),
        ("channels", json!(["no id"])),
        ("first", json!("4h2m9x0kq7rtb")),
        ("first", json!(["no id"])),
        ("first", json!(vec!["4h2m9x0kq7rtb"; 2_001])),
        ("resume", json!({"tea": -1})),
    ] {
        let mut hello = json!({"token": alice.token});
        hello[field] = value;
        let mut wire = daemon.wire().await;
        wire.gets_refused("hello", hello.clone(), "malformed").await;
        assert_eq!(wire.gets_closed().await, Some(CloseCode::TokenRefused), "{hello}");
    }
}

/// "Only what is no JSON text at all, or comes before `hello`, may close with 4003."
#[tokio::test]
async fn who_does_not_say_hello_first_is_shown_out() {
    let daemon = Daemon::start().await;
    let first = |type_name: &str| json!({"type": type_name, "ref": 1, "payload": {}}).to_string();
    for text in [first("token_renew"), first("dance"), "nonsense".to_owned(), "[]".to_owned(), "7".to_owned()] {
        let mut wire = daemon.wire().await;
        wire.sends_text(text.as_str()).await;
        let answer: Value = wire.next().await;
        assert_eq!(answer["type"], "error", "{text}: {answer}");
        assert_eq!(wire.gets_closed().await, Some(CloseCode::ProtocolError), "{text}");
    }
}

/// "the handle is `guest-…`, a wish N gives `guest-N` if free. Guests join and speak in public channels; creating,
/// inviting and direct messages are `not_allowed`".
#[tokio::test]
async fn guests_speak_in_public_and_do_nothing_more() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let first = daemon.post("/v1/guest", None, &json!({"handle": "7"})).await.done(201);
    assert_eq!(first["handle"], "guest-7");
    let second = daemon.post("/v1/guest", None, &json!({"handle": "7"})).await.done(201);
    assert_ne!(second["handle"], "guest-7", "the handle is taken");
    daemon.post("/v1/guest", None, &json!({"handle": "a b"})).await.refused(422, "invalid_handle");
    daemon.post("/v1/guest", None, &json!([])).await.refused(400, "malformed");

    let token = first["token"].as_str().expect("a token is text");
    let mut guest = daemon.connects("guest-7", token, json!({})).await;
    guest.joins("tea").await;
    guest.sends("tea", "good day").await;
    alice.sees("tea", "good day").await;
    guest.gets_refused("channel_create", json!({"name": "mine", "kind": "public"}), "not_allowed").await;
    guest.gets_refused("channel_join", json!({"name": "unused"}), "not_allowed").await;
    guest.gets_refused("dm_open", json!({"handle": "alice"}), "not_allowed").await;
    let invite = json!({"id": alice.id("tea"), "handle": "alice"});
    guest.gets_refused("channel_invite", invite, "not_allowed").await;
    daemon.logs_in("guest-7", "any password").await.refused(401, "invalid_password");
}

/// Guests are no targets either: nobody talks to them alone, lets them into a private channel, or leaves
/// them a channel.
#[tokio::test]
async fn guests_stay_in_public() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    let guest = daemon.post("/v1/guest", None, &json!({})).await.done(201);
    let handle = guest["handle"].as_str().expect("a handle").to_owned();
    assert!(handle.starts_with("guest-"), "{handle}");
    let mut guest = daemon.connects(&handle, guest["token"].as_str().expect("a token"), json!({})).await;
    alice.joins("tea").await;
    alice.creates("den", "private").await;
    alice.gets_refused("dm_open", json!({"handle": handle}), "not_allowed").await;
    let (den, tea) = (alice.id("den"), alice.id("tea"));
    alice.gets_refused("channel_invite", json!({"id": den, "handle": handle}), "not_allowed").await;
    alice.asks("channel_invite", json!({"id": tea, "handle": handle})).await;
    guest.knows("tea", &tea);
    guest.gets_shown("tea").await;
    alice.asks("channel_leave", json!({"id": tea})).await;
    guest.gets_refused("channel_topic", json!({"id": tea, "topic": "mine now"}), "not_allowed").await;
    assert_eq!(bob.joins("tea").await["owner"], "bob", "the first who comes back and is no guest");
}

/// "**Guests** speak in public channels only, and can become accounts later keeping their history and memberships."
#[tokio::test]
async fn a_guest_becomes_an_account() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let account = daemon.post("/v1/guest", None, &json!({"handle": "7"})).await.done(201);
    let token = account["token"].as_str().expect("a token").to_owned();
    let mut guest = daemon.connects("guest-7", &token, json!({})).await;
    guest.joins("tea").await;
    guest.sends("tea", "may I stay?").await;
    guest.gets_refused("dm_open", json!({"handle": "alice"}), "not_allowed").await;
    daemon.post("/v1/password", Some(&token), &json!({"password": "short"})).await.refused(422, "password_too_short");
    daemon.post("/v1/password", Some(&token), &json!({"password": PASSWORD})).await.done(200);
    // On the connection that is open, and from elsewhere.
    let dm = guest.asks("dm_open", json!({"handle": "alice"})).await["id"].as_str().expect("an id").to_owned();
    guest.asks("channel_message_add", message(&dm, "so I may?", "n-0")).await;
    alice.event_of("channel_add", &dm).await;
    alice.asks("channel_message_add", message(&dm, "welcome", "n-1")).await;
    guest.creates("den", "private").await;
    let again = daemon.logs_in("guest-7", PASSWORD).await.done(200);
    let mut again = daemon.connects("guest-7", again["token"].as_str().expect("a token"), json!({})).await;
    again.knows("tea", &alice.id("tea"));
    assert_eq!(contents(&again.gets_shown("tea").await["messages"]), ["may I stay?"]);
    let id = alice.id("tea");
    alice.asks("channel_role", json!({"id": id, "handle": "guest-7", "role": "moderator"})).await;
    // After a restart too, and the handle is nobody else's.
    let daemon = Setup::on(daemon.stops().await).start().await;
    let mut guest = daemon.connects("guest-7", &token, json!({})).await;
    guest.creates("attic", "private").await;
    assert_ne!(daemon.post("/v1/guest", None, &json!({"handle": "7"})).await.done(201)["handle"], "guest-7");
}

/// Where nobody can sign up, nobody does so by coming in as a guest.
#[tokio::test]
async fn a_guest_stays_one_where_registration_is_closed() {
    let closed = Setup::new().with(|config| config.auth.registration = chatd::config::Registration::Closed);
    let daemon = closed.start().await;
    let account = daemon.post("/v1/guest", None, &json!({})).await.done(201);
    let password = json!({"password": PASSWORD});
    daemon.post("/v1/password", account["token"].as_str(), &password).await.refused(403, "registration_closed");
}

/// `limits.connections_per_account`.
#[tokio::test]
async fn an_account_has_so_many_connections() {
    let daemon = Setup::new().with(|config| config.limits.connections_per_account = 2).start().await;
    let alice = daemon.person("alice").await;
    let second = alice.again(json!({})).await;
    let mut third = daemon.wire().await;
    third.gets_refused("hello", json!({"token": alice.token}), "rate_limited").await;
    assert_eq!(third.gets_closed().await, Some(CloseCode::TokenRefused));
    drop(third);
    drop(alice);
    // A place is free as soon as the daemon has seen that one went.
    let mut heard = second.again(json!({})).await;
    heard.asks("presence", json!({"state": "online"})).await;
}

/// "Authorization is `Authorization: Bearer TOKEN`", unknown fields are ignored, `device` is bounded.
#[tokio::test]
async fn requests_are_read_as_the_contract_says() {
    let daemon = Daemon::start().await;
    let reply = daemon.post("/v1/logout", None, &json!({})).await;
    reply.refused(401, "token_invalid");
    let with = |device: String| json!({"handle": "alice", "password": PASSWORD, "device": device, "later": [1]});
    for unfit in ["x".repeat(65), "\u{1b}[2J".to_owned(), "nul\0".to_owned(), "\u{7f}".to_owned()] {
        daemon.post("/v1/register", None, &with(unfit)).await.refused(400, "malformed");
    }
    daemon.post("/v1/register", None, &with("x".repeat(64))).await.done(201);
    let sessions = [
        daemon.post("/v1/login", None, &with("laptop".to_owned())).await.done(200),
        daemon.post("/v1/login", None, &with("laptop".to_owned())).await.done(200),
    ];
    let mut names = Vec::new();
    for session in &sessions {
        let person = daemon.connects("alice", session["token"].as_str().expect("a token"), json!({})).await;
        names.push(person.welcome["session"].clone());
    }
    assert_ne!(names[0], names[1], "a device is no session");
}

/// "An expired or revoked token does nothing, on open sockets as well": also while the socket waits for a commit.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_while_answers_are_awaited() {
    let (mut gate, setup) = Gate::before_commits();
    let daemon = setup.start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    gate.shut();
    let (door, token) = (*daemon, alice.token.clone());
    let out = tokio::spawn(async move { door.post("/v1/logout", Some(&token), &json!({})).await.done(200) });
    gate.commit_waits().await;
    let frame = json!([
        {"type": "channel_message_add", "ref": 100, "payload": message(&tea, "x", &fresh_nonce())},
        {"type": "nonsense", "ref": 101, "payload": {}},
    ]);
    alice.sends_text(frame.to_string()).await;
    gate.open();
    out.await.expect("it is over");
    assert_eq!(alice.gets_closed().await, Some(CloseCode::TokenRefused));
}
