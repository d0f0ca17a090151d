use proto::CreatedKind;

use super::super::test_store::TestStore;
use super::super::{Refused, StoreError};

#[tokio::test]
async fn a_list_comes_in_pages_in_the_order_of_the_accounts() {
    let store = TestStore::new();
    let (carol, bob, alice) = (store.person("carol").await, store.person("bob").await, store.person("alice").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob, &carol]).await;
    let first = store.members(alice.user, channel, None, 2).await.unwrap();
    let handles = first.rows.iter().map(|row| row.user.handle.clone()).collect::<Vec<_>>();
    assert_eq!((handles, first.total, first.more), (vec![carol.handle, bob.handle.clone()], 3, true));
    let rest = store.members(alice.user, channel, Some(bob.handle), 2).await.unwrap();
    let handles = rest.rows.iter().map(|row| row.user.handle.clone()).collect::<Vec<_>>();
    assert_eq!((handles, rest.total, rest.more), (vec![alice.handle], 3, false));
}

#[tokio::test]
async fn a_list_goes_on_only_behind_somebody() {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    let refused = store.members(alice.user, channel, Some("nobody".parse().unwrap()), 2).await;
    assert_eq!(refused.unwrap_err(), StoreError::Refused(Refused::NoSuchUser));
}
