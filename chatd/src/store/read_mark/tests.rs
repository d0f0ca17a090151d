use proto::CreatedKind;

use super::super::test_store::{Person, TestStore, done, message, refused};
use super::super::{NewMessage, Refused, ShownMembers};
use super::*;

/// How a reader stands: up to where they have read, how many messages are unread, how many mentions.
async fn stands(store: &TestStore, channel: ChannelId, reader: &Person) -> (u64, u64, u64) {
    let info = (**store).channel(reader.user, channel, 0, ShownMembers::Few).await.unwrap().info;
    (info.last_read.unwrap().get(), info.unread(), info.mentions)
}

/// Alice has said three things, the first of which mentions bob.
async fn said() -> (TestStore, ChannelId, [Person; 2]) {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    let mention = NewMessage { words: vec![bob.handle.clone()], ..message(channel, &alice, "bob: look") };
    done(store.append_message(mention)).await;
    store.says(channel, &alice, "two").await;
    store.says(channel, &alice, "three").await;
    (store, channel, [alice, bob])
}

#[tokio::test]
async fn reading_goes_on_and_never_back() {
    let (store, channel, [alice, bob]) = said().await;
    assert_eq!(stands(&store, channel, &bob).await, (0, 3, 1));
    assert_eq!(stands(&store, channel, &alice).await, (3, 0, 0), "one's own messages are read");
    for (index, expected) in [(2, (2, 1, 0)), (1, (2, 1, 0)), (2, (2, 1, 0)), (3, (3, 0, 0))] {
        done(store.mark_read(bob.user, channel, Index::new(index))).await;
        assert_eq!(stands(&store, channel, &bob).await, expected, "{index}");
    }
}

#[tokio::test]
async fn beyond_the_last_message_means_the_last() {
    let (store, channel, [alice, bob]) = said().await;
    done(store.mark_read(bob.user, channel, Index::new(1_000))).await;
    assert_eq!(stands(&store, channel, &bob).await, (3, 0, 0));
    store.says(channel, &alice, "four").await;
    assert_eq!(stands(&store, channel, &bob).await, (3, 1, 0));
}

#[tokio::test]
async fn who_speaks_without_having_read_has_not_read() {
    let (store, channel, [_, bob]) = said().await;
    store.says(channel, &bob, "what?").await;
    assert_eq!(stands(&store, channel, &bob).await, (0, 4, 1));
}

#[tokio::test]
async fn back_to_unread_counts_what_comes_behind() {
    let (store, channel, [_, bob]) = said().await;
    done(store.mark_read(bob.user, channel, Index::new(3))).await;
    done(store.mark_unread(bob.user, channel, Index::new(2))).await;
    assert_eq!(stands(&store, channel, &bob).await, (1, 2, 0));
}

#[tokio::test]
async fn only_a_member_reads() {
    let (store, channel, _) = said().await;
    let carol = store.person("carol").await;
    assert_eq!(refused(store.mark_read(carol.user, channel, Index::new(1))).await, Refused::NotAMember);
}
