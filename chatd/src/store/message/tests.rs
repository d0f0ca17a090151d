use proto::{ChannelId, Content, CreatedKind};

use super::super::test_store::{Person, TestStore, done, message, refused};
use super::super::{Range, StoreBounds};
use super::*;

/// Alice owns a channel in which bob is.
async fn channel() -> (TestStore, ChannelId, [Person; 2]) {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    (store, channel, [alice, bob])
}

async fn contents(store: &TestStore, channel: ChannelId, reader: &Person) -> Vec<String> {
    let page = store.history(reader.user, channel, Range::Newest, 10).await.unwrap();
    page.messages.into_iter().map(|message| message.content).collect()
}

#[tokio::test]
async fn places_are_given_without_a_gap_to_whoever_writes() {
    let (store, channel, [alice, bob]) = channel().await;
    let first = done(store.append_message(message(channel, &alice, "one"))).await;
    let second = done(store.append_message(message(channel, &bob, "two"))).await;
    assert_eq!((first.index, second.index), (Index::new(1), Index::new(2)));
    assert!(second.version > first.version);
    assert_eq!(contents(&store, channel, &alice).await, ["one", "two"]);
}

#[tokio::test]
async fn a_nonce_stores_once_for_each_author_and_channel() {
    let (store, channel, [alice, bob]) = channel().await;
    let first = done(store.append_message(message(channel, &alice, "one"))).await;
    store.clock.advance_millis(60_000);
    assert_eq!(done(store.append_message(message(channel, &alice, "one"))).await, first);
    assert_eq!(done(store.find_appended(message(channel, &alice, "one"))).await, Some(first));
    assert_eq!(done(store.find_appended(message(channel, &bob, "one"))).await, None, "a nonce is its author's");
    assert!(done(store.append_message(message(channel, &bob, "one"))).await.index > first.index);
    assert_eq!(contents(&store, channel, &alice).await, ["one", "one"]);
}

#[tokio::test]
async fn a_nonce_of_another_message_is_refused() {
    let (store, channel, [alice, _]) = channel().await;
    let first = store.says(channel, &alice, "one").await;
    let same = || message(channel, &alice, "one");
    for other in [
        NewMessage { content: Content::parse("other words").unwrap(), ..same() },
        NewMessage { kind: MessageKind::Action, ..same() },
        NewMessage { reply_to: Some(first), ..same() },
    ] {
        assert_eq!(refused(store.append_message(other)).await, Refused::NonceReused);
    }
    assert_eq!(contents(&store, channel, &alice).await, ["one"]);
}

#[tokio::test]
async fn who_has_left_learns_that_a_message_arrived_and_stores_no_other() {
    let (store, channel, [_, bob]) = channel().await;
    let first = done(store.append_message(message(channel, &bob, "one"))).await;
    done(store.leave_channel(bob.user, channel)).await;
    assert_eq!(done(store.append_message(message(channel, &bob, "one"))).await, first);
    assert_eq!(refused(store.append_message(message(channel, &bob, "two"))).await, Refused::NotAMember);
}

#[tokio::test]
async fn what_is_refused_takes_no_place() {
    let (store, channel, [alice, bob]) = channel().await;
    store.set_bounds(StoreBounds { account: 1, ..StoreBounds::default() });
    assert_eq!(refused(store.append_message(message(channel, &bob, "much"))).await, Refused::StoredTooMuch);
    store.set_bounds(StoreBounds { account: 0, ..StoreBounds::default() });
    let reply = NewMessage { reply_to: Some(Index::new(1)), ..message(channel, &alice, "to nothing") };
    assert_eq!(refused(store.append_message(reply)).await, Refused::NoSuchMessage);
    assert_eq!(store.says(channel, &bob, "much").await, Index::new(1), "its nonce is free as well");
}

#[tokio::test]
async fn a_clock_that_is_put_back_dates_nothing_before_what_was_said() {
    let (store, channel, [alice, _]) = channel().await;
    let first = done(store.append_message(message(channel, &alice, "one"))).await;
    store.clock.advance_millis(-5_000);
    assert_eq!(done(store.append_message(message(channel, &alice, "two"))).await.date, first.date);
}

#[tokio::test]
async fn only_members_are_mentioned() {
    let (store, channel, [alice, bob]) = channel().await;
    let carol = store.person("carol").await;
    let words = vec![bob.handle.clone(), carol.handle, "nobody".parse().unwrap()];
    done(store.append_message(NewMessage { words, ..message(channel, &alice, "look here") })).await;
    let page = store.history(alice.user, channel, Range::Newest, 1).await.unwrap();
    assert_eq!(page.messages[0].mentions, [bob.handle]);
}
