//! A clock that was wrong and is put right: nobody waits for longer than a rule says, and dates never go back.

use std::sync::Arc;

use chatd::clock::ManualClock;
use proto::Timestamp;
use serde_json::json;

use crate::support::{Setup, contents, fresh_nonce, message};

const WEEK_MILLIS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// "Time that jumps never makes anybody wait longer than a rule says; dates in a channel do not go back."
#[tokio::test]
async fn a_clock_that_is_put_right_keeps_nobody_waiting() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let daemon = Setup::new().clock(clock.clone()).start().await;
    let (mut olga, mut mina) = (daemon.person("olga").await, daemon.person("mina").await);
    olga.joins("tea").await;
    mina.joins("tea").await;
    let tea = olga.id("tea");
    let says = |content: &str| message(&tea, content, &fresh_nonce());
    olga.asks("channel_settings", json!({"id": tea, "slow_mode_s": 10})).await;

    // As it should be: within the pause one waits for the rest of it.
    mina.asks("channel_message_add", says("now")).await;
    clock.advance_millis(4_000);
    let refusal = mina.gets_refused("channel_message_add", says("too soon"), "rate_limited").await;
    assert_eq!(refusal.retry_after_ms, Some(6_000));
    // A step back, as clocks are kept right by, makes no wait longer than the rule.
    clock.advance_millis(-20_000);
    let refusal = mina.gets_refused("channel_message_add", says("too soon"), "rate_limited").await;
    assert_eq!(refusal.retry_after_ms, Some(10_000));
    clock.advance_millis(30_000);

    // A week ahead, when somebody speaks and is muted; then right again.
    clock.advance_millis(WEEK_MILLIS);
    let ahead = mina.asks("channel_message_add", says("from the future")).await["date"].as_i64().expect("a date");
    olga.asks("channel_mute", json!({"id": tea, "handle": "mina", "for_s": 60})).await;
    clock.advance_millis(-WEEK_MILLIS);
    let sent = mina.asks("channel_message_add", says("back again")).await;
    assert!(sent["date"].as_i64().expect("a date") >= ahead, "{sent}");
    olga.asks("channel_topic", json!({"id": tea, "topic": "time"})).await;
    let history = olga.history("tea", "").await;
    let dates = history["messages"].as_array().expect("messages").iter().map(|message| message["date"].as_i64());
    assert!(dates.collect::<Vec<_>>().is_sorted(), "{history}");
    // Slow mode goes on by the clock as it is now.
    let refusal = mina.gets_refused("channel_message_add", says("too soon"), "rate_limited").await;
    assert_eq!(refusal.retry_after_ms, Some(10_000));
    // Dates are searched as they are, also where another channel is ahead.
    olga.joins("garden").await;
    olga.sends("garden", "here and now").await;
    let day = 24 * 60 * 60 * 1_000;
    for (query, found) in
        [(format!("before={}", 1_800_000_000_000_i64 + day), 2), (format!("after={}", 1_800_000_000_000_i64 + day), 2)]
    {
        let answer = olga.finds_all(&format!("/v1/search?from=olga&{query}")).await["hits"]
            .as_array()
            .expect("hits")
            .len()
            + olga.finds_all(&format!("/v1/search?from=mina&{query}")).await["hits"].as_array().expect("hits").len();
        assert_eq!(answer, found, "{query}");
    }
    // A mute of now holds.
    olga.asks("channel_mute", json!({"id": tea, "handle": "mina", "for_s": 60})).await;
    let refusal = mina.gets_refused("channel_message_add", says("?"), "muted").await;
    assert_eq!(refusal.retry_after_ms, Some(60_000));
    clock.advance_millis(60_001);
    mina.asks("channel_message_add", says("heard")).await;
}

/// "Retention": what was said long ago is deleted everywhere, and its places stay.
#[tokio::test]
async fn old_messages_are_deleted_where_they_are_kept_for_a_time() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_800_000_000_000)));
    let setup = Setup::new().clock(clock.clone());
    let daemon = setup.with(|config| config.history.keep_for = std::time::Duration::from_secs(10)).start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    for content in ["one", "two"] {
        alice.sends("tea", content).await;
    }
    clock.advance_millis(9_000);
    alice.sends("tea", "three").await;
    clock.advance_millis(2_000);
    let tea = alice.id("tea");
    for index in [1, 2] {
        let update = alice.event_of("channel_message_update", &tea).await;
        assert_eq!(
            (&update["message"]["index"], &update["message"]["content"]),
            (&json!(index), &json!("")),
            "{update}"
        );
    }
    assert_eq!(contents(&alice.history("tea", "").await["messages"]), ["", "", "three"]);
}
