use proto::CreatedKind;

use super::super::JoinTarget;
use super::super::test_store::{TestStore, done, refused};
use super::*;

#[tokio::test]
async fn a_code_lets_so_many_in() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let carol = store.person("carol").await;
    let id = store.channel(CreatedKind::Private, &alice, &[]).await;
    let made = done(store.create_invite(alice.user, CreateInvite { id, uses: Some(1), for_s: None })).await;
    assert_eq!(made.uses_left, Some(1));
    done(store.join_by_code(alice.user, false, made.code)).await;
    let good = store.invites(alice.user, id, store.now()).await.unwrap();
    assert_eq!(good[0].uses_left, Some(1), "a member uses nothing up");
    assert_eq!(done(store.join_by_code(bob.user, false, made.code)).await, id);
    assert_eq!(refused(store.join_by_code(carol.user, false, made.code)).await, Refused::NoSuchInvite);
}

#[tokio::test]
async fn a_code_ends_with_its_time_and_when_it_is_taken_back() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let id = store.channel(CreatedKind::Private, &alice, &[]).await;
    let wish = CreateInvite { id, uses: None, for_s: Some(60) };
    let [short, taken] =
        [done(store.create_invite(alice.user, wish.clone())).await, done(store.create_invite(alice.user, wish)).await];
    done(store.revoke_invite(alice.user, id, taken.code)).await;
    assert_eq!(refused(store.join_by_code(bob.user, false, taken.code)).await, Refused::NoSuchInvite);
    assert_eq!(refused(store.revoke_invite(alice.user, id, taken.code)).await, Refused::NoSuchInvite);
    store.clock.advance_millis(60_000);
    assert_eq!(refused(store.join_by_code(bob.user, false, short.code)).await, Refused::NoSuchInvite);
}

#[tokio::test]
async fn codes_are_the_business_of_who_keeps_order() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let guest = store.person("guest-carol").await;
    let id = store.channel(CreatedKind::Private, &alice, &[]).await;
    let wish = CreateInvite { id, uses: None, for_s: None };
    let made = done(store.create_invite(alice.user, wish.clone())).await;
    assert_eq!(refused(store.join_by_code(guest.user, true, made.code)).await, Refused::NotForGuests);
    done(store.join_by_code(bob.user, false, made.code)).await;
    assert_eq!(refused(store.create_invite(bob.user, wish.clone())).await, Refused::NotAllowed);
    assert_eq!(refused(store.revoke_invite(bob.user, id, made.code)).await, Refused::NotAllowed);
    assert!(store.invites(bob.user, id, store.now()).await.is_err());
    for _ in 1..bounds::INVITES_MAX {
        done(store.create_invite(alice.user, wish.clone())).await;
    }
    assert_eq!(refused(store.create_invite(alice.user, wish)).await, Refused::TooManyInvites);
    // Whoever is kept out does not come in by a code.
    done(store.ban(alice.user, id, bob.handle.clone(), true)).await;
    assert_eq!(refused(store.join_by_code(bob.user, false, made.code)).await, Refused::Banned);
    assert_eq!(refused(store.join_channel(bob.user, JoinTarget::Id(id), true)).await, Refused::NoSuchChannel);
}
