use proto::CreatedKind;

use super::super::test_store::{TestStore, done, refused};
use super::super::{JoinTarget, Refused};
use super::*;

#[tokio::test]
async fn a_channel_goes_to_the_longest_moderator() {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    store.clock.advance_millis(1);
    done(store.join_channel(carol.user, JoinTarget::Id(channel), true)).await;
    done(store.set_role(alice.user, channel, carol.handle.clone(), Role::Moderator)).await;
    done(store.leave_channel(alice.user, channel)).await;
    assert_eq!(store.role_of(channel, &bob, &carol).await, Some(Role::Owner));
    assert_eq!(store.role_of(channel, &bob, &bob).await, Some(Role::Member));
}

#[tokio::test]
async fn without_a_moderator_it_goes_to_the_longest_member_who_is_no_guest() {
    let store = TestStore::new();
    let (alice, guest, bob) =
        (store.person("alice").await, store.person("guest-erin").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    done(store.join_channel(guest.user, JoinTarget::Id(channel), false)).await;
    store.clock.advance_millis(1);
    done(store.join_channel(bob.user, JoinTarget::Id(channel), true)).await;
    done(store.leave_channel(alice.user, channel)).await;
    assert_eq!(store.role_of(channel, &guest, &bob).await, Some(Role::Owner));
}

#[tokio::test]
async fn codes_of_who_keeps_order_no_longer_end() {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let id = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    done(store.set_role(alice.user, id, bob.handle.clone(), Role::Moderator)).await;
    let made = done(store.create_invite(bob.user, proto::CreateInvite { id, uses: None, for_s: None })).await;
    done(store.set_role(alice.user, id, bob.handle.clone(), Role::Member)).await;
    assert_eq!(refused(store.join_by_code(carol.user, false, made.code)).await, Refused::NoSuchInvite);
}
