use proto::CreatedKind;

use super::super::Range;
use super::super::test_store::TestStore;

#[tokio::test]
async fn words_go_with_their_time_and_places_stay() {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    store.says(channel, &alice, "old").await;
    store.clock.advance_millis(1_000);
    let moment = store.now();
    store.says(channel, &alice, "new").await;
    assert!(store.delete_older_than(moment).await.unwrap());
    assert!(!store.delete_older_than(moment).await.unwrap(), "nothing is left to do");
    let page = store.history(alice.user, channel, Range::Newest, 10).await.unwrap();
    let found =
        page.messages.iter().map(|message| (message.index.get(), message.content.as_str(), message.deleted.is_some()));
    assert_eq!(found.collect::<Vec<_>>(), [(1, "", true), (2, "new", false)]);
}

#[tokio::test]
async fn one_step_deletes_some_and_the_next_go_on() {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    let all = super::DELETED_PER_STEP + 1;
    for number in 0..all {
        store.says(channel, &alice, &format!("number {number}")).await;
    }
    store.clock.advance_millis(1);
    let moment = store.now();
    let mut left = Vec::new();
    while store.delete_older_than(moment).await.unwrap() {
        let page = store.history(alice.user, channel, Range::Newest, 1_000).await.unwrap();
        left.push(page.messages.iter().filter(|message| message.deleted.is_none()).count());
    }
    assert_eq!(left, [1, 0]);
}
