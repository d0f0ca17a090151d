use proto::Relation;

use super::super::test_store::{Person, TestStore, done, refused};
use super::*;

/// How another stands to somebody.
async fn stands(store: &TestStore, person: &Person, other: &Person) -> Option<Relation> {
    let all = store.relationships(person.user).await.unwrap();
    all.into_iter().find(|(user, _)| user.handle == other.handle).map(|(_, found)| found.relation)
}

#[tokio::test]
async fn who_ask_each_other_are_friends() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    done(store.ask_friend(alice.user, bob.handle.clone())).await;
    assert_eq!(stands(&store, &alice, &bob).await, Some(Relation::Asked));
    assert_eq!(stands(&store, &bob, &alice).await, Some(Relation::Asking));
    done(store.ask_friend(bob.user, alice.handle.clone())).await;
    assert_eq!(stands(&store, &alice, &bob).await, Some(Relation::Friend));
    done(store.remove_friend(bob.user, alice.handle.clone())).await;
    assert_eq!((stands(&store, &alice, &bob).await, stands(&store, &bob, &alice).await), (None, None));
}

#[tokio::test]
async fn nobody_asks_themselves_a_guest_or_whom_they_block() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let guest = store.person("guest-carol").await;
    done(store.block(alice.user, bob.handle.clone(), true)).await;
    for (other, rule) in
        [(&alice, Refused::SelfTarget), (&guest, Refused::NotForGuests), (&bob, Refused::BlockedByAsker)]
    {
        assert_eq!(refused(store.ask_friend(alice.user, other.handle.clone())).await, rule);
    }
    assert_eq!(refused(store.block(alice.user, alice.handle.clone(), true)).await, Refused::SelfTarget);
}

#[tokio::test]
async fn who_is_blocked_is_no_friend_and_asks_in_vain() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    done(store.ask_friend(alice.user, bob.handle.clone())).await;
    done(store.ask_friend(bob.user, alice.handle.clone())).await;
    done(store.block(alice.user, bob.handle.clone(), true)).await;
    assert_eq!(stands(&store, &alice, &bob).await, Some(Relation::Blocked));
    assert_eq!(stands(&store, &bob, &alice).await, None);
    done(store.ask_friend(bob.user, alice.handle.clone())).await;
    assert_eq!(stands(&store, &alice, &bob).await, Some(Relation::Blocked), "she is not told");
    done(store.block(alice.user, bob.handle.clone(), false)).await;
    assert_eq!(stands(&store, &alice, &bob).await, Some(Relation::Asking), "who asked in vain asks still");
}
