//! Guests come to an end: they leave their channels, their handle is spent, their words stay.

use std::sync::Arc;
use std::time::Duration;

use chatd::clock::ManualClock;
use proto::Timestamp;
use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup, contents};

async fn guest(daemon: &Daemon, wish: &str) -> Person {
    let account = daemon.post("/v1/guest", None, &json!({"handle": wish})).await.done(201);
    let handle = account["handle"].as_str().expect("a handle").to_owned();
    let mut guest = daemon.connects(&handle, account["token"].as_str().expect("a token"), json!({})).await;
    guest.joins("lobby").await;
    guest
}

/// Waits until somebody has left a channel.
async fn sees_leave(person: &mut Person, channel: &str, handle: &str) {
    let (id, here) = (person.id(channel), std::panic::Location::caller());
    let left = |packet: &Value| {
        packet["payload"]["id"] == id
            && packet["payload"]["member"]["handle"] == handle
            && packet["payload"]["member"]["left"] == true
    };
    person.takes(here, "somebody who leaves", left).await;
}

/// "Guests end: when they sign out …; they leave their channels, their handle is spent, their words stay."
#[tokio::test]
async fn a_guest_ends_when_they_sign_out() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("lobby").await;
    let mut guest = guest(&daemon, "tom").await;
    guest.sends("lobby", "hello").await;
    alice.sees("lobby", "hello").await;
    daemon.post("/v1/logout", Some(&guest.token), &json!({})).await.done(200);
    sees_leave(&mut alice, "lobby", "guest-tom").await;
    assert_eq!(contents(&alice.history("lobby", "").await["messages"]), ["hello"]);
    daemon.get("/v1/users/guest-tom", &alice.token).await.refused(404, "not_found");
    let again = daemon.post("/v1/guest", None, &json!({"handle": "tom"})).await.done(201);
    assert_ne!(again["handle"], "guest-tom", "the handle is spent");
}

/// A session that is ended from the list is one that is signed out; with another one the guest stays.
#[tokio::test]
async fn a_guest_with_a_password_is_none() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("lobby").await;
    let guest = guest(&daemon, "tom").await;
    daemon.post("/v1/password", Some(&guest.token), &json!({"password": "four plain words"})).await.done(200);
    daemon.post("/v1/logout", Some(&guest.token), &json!({})).await.done(200);
    daemon.logs_in("guest-tom", "four plain words").await.done(200);
}

/// "… or after `auth.guest_end_after` (24 h) without a connection".
#[tokio::test]
async fn who_is_away_for_long_ends_and_who_is_there_does_not() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let setup = Setup::new().clock(clock.clone());
    let daemon = setup.with(|config| config.auth.guest_end_after = Duration::from_secs(4)).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("lobby").await;
    let away = daemon.post("/v1/guest", None, &json!({"handle": "away"})).await.done(201);
    let away = daemon.connects("guest-away", away["token"].as_str().expect("a token"), json!({})).await;
    let token = away.token.clone();
    drop(away);
    let mut here = guest(&daemon, "here").await;
    // Both were made long ago now; one is still connected.
    clock.advance_millis(10_000);
    crate::support::soon("the end of the guest", async {
        while daemon.get("/v1/users/guest-away", &alice.token).await.status != 404 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    daemon.get("/v1/channels", &token).await.refused(401, "token_invalid");
    here.sends("lobby", "still here").await;
    alice.sees("lobby", "still here").await;
}

/// "The lobby never fills": who is away for longest gives way, and who is there does not.
#[tokio::test]
async fn as_many_guests_as_may_be_are_there() {
    let daemon = Setup::new().with(|config| config.limits.guests = 2).start().await;
    let mut first = guest(&daemon, "first").await;
    daemon.post("/v1/guest", None, &json!({"handle": "second"})).await.done(201);
    let _third = guest(&daemon, "third").await;
    daemon.get("/v1/users/guest-second", &first.token).await.refused(404, "not_found");
    let refused = daemon.post("/v1/guest", None, &json!({"handle": "fourth"})).await;
    assert!(refused.retry_after.is_some());
    refused.refused(429, "rate_limited");
    first.sends("lobby", "not me").await;
}
