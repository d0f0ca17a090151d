use proto::{ChangeSettings, ChannelId, CreatedKind};

use super::super::test_store::{Person, TestStore, done, message, refused};
use super::*;

/// Alice owns a channel in which bob is a moderator and carol a member.
async fn channel() -> (TestStore, ChannelId, [Person; 3]) {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob, &carol]).await;
    done(store.set_role(alice.user, channel, bob.handle.clone(), Role::Moderator)).await;
    (store, channel, [alice, bob, carol])
}

#[tokio::test]
async fn in_a_read_only_channel_those_who_keep_order_speak() {
    let (store, channel, [alice, bob, carol]) = channel().await;
    let settings = ChangeSettings { read_only: Some(true), ..ChangeSettings::of(channel) };
    done(store.change_settings(alice.user, settings)).await;
    store.says(channel, &alice, "owner").await;
    store.says(channel, &bob, "moderator").await;
    assert_eq!(refused(store.append_message(message(channel, &carol, "member"))).await, Refused::ReadOnly);
}

#[tokio::test]
async fn in_slow_mode_a_member_waits_and_is_told_how_long() {
    let (store, channel, [alice, bob, carol]) = channel().await;
    let settings = ChangeSettings { slow_mode_s: Some(30), ..ChangeSettings::of(channel) };
    done(store.change_settings(alice.user, settings)).await;
    store.says(channel, &carol, "one").await;
    store.clock.advance_millis(10_000);
    let second = || store.append_message(message(channel, &carol, "two"));
    assert_eq!(refused(second()).await, Refused::TooSoon(20_000));
    for number in 0..3 {
        store.says(channel, &bob, &format!("moderator {number}")).await;
    }
    store.clock.advance_millis(20_000);
    done(second()).await;
}

#[tokio::test]
async fn who_is_muted_speaks_again_when_the_time_is_over() {
    let (store, channel, [alice, _, carol]) = channel().await;
    done(store.mute(alice.user, channel, carol.handle.clone(), 60)).await;
    let says = || store.append_message(message(channel, &carol, "hello"));
    store.clock.advance_millis(59_000);
    assert_eq!(refused(says()).await, Refused::Muted(1_000));
    store.clock.advance_millis(1_000);
    done(says()).await;
}

#[test]
fn a_rest_is_never_longer_than_its_rule_and_ends_with_a_clock_that_is_put_back() {
    let now = Timestamp::from_millis(1_767_225_600_000);
    let rest_at = |ahead: i64| rest(now.plus_millis(ahead), 30_000, now);
    assert_eq!(rest_at(-1), None);
    assert_eq!(rest_at(0), None);
    assert_eq!(rest_at(1), Some(1));
    assert_eq!(rest_at(31_000), Some(30_000), "the clock was put back a little");
    assert_eq!(rest_at(30_000 + CLOCK_STEP_MILLIS.cast_signed() + 1), None, "it was wrong by more");
}
