use super::super::test_store::{Person, TestStore, done, refused};
use super::*;

fn named(name: &str) -> JoinTarget {
    JoinTarget::Name(name.parse().unwrap())
}

fn inviting(inviter: &Person, channel: ChannelId, guest: &Person) -> Inviting {
    Inviting { inviter: inviter.user, channel, guest: guest.handle.clone(), per_day: 0 }
}

async fn is_in(store: &TestStore, channel: ChannelId, viewer: &Person, member: &Person) -> bool {
    store.role_of(channel, viewer, member).await.is_some()
}

#[tokio::test]
async fn a_name_finds_the_public_channel_and_makes_it_where_there_is_none() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let made = done(store.join_channel(alice.user, named("coffee"), true)).await;
    assert_eq!(done(store.join_channel(bob.user, named("coffee"), true)).await, made);
    assert_eq!(done(store.join_channel(bob.user, named("coffee"), true)).await, made, "who is in stays in");
    assert_eq!(store.role_of(made, &bob, &alice).await, Some(proto::Role::Owner));
    assert_eq!(store.role_of(made, &alice, &bob).await, Some(proto::Role::Member));
}

#[tokio::test]
async fn guests_make_nothing_by_a_name() {
    let store = TestStore::new();
    let guest = store.person("guest-erin").await;
    assert_eq!(refused(store.join_channel(guest.user, named("coffee"), false)).await, Refused::NotForGuests);
}

#[tokio::test]
async fn a_private_channel_is_not_there_for_who_is_not_invited() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Private, &alice, &[]).await;
    assert_eq!(refused(store.join_channel(bob.user, JoinTarget::Id(channel), true)).await, Refused::NoSuchChannel);
    assert_eq!(done(store.join_channel(alice.user, named("tea"), true)).await, channel, "the only private one");
    assert_ne!(done(store.join_channel(bob.user, named("tea"), true)).await, channel, "another one, public");
}

#[tokio::test]
async fn who_is_invited_by_a_friend_is_in_at_once() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    done(store.ask_friend(alice.user, bob.handle.clone())).await;
    done(store.ask_friend(bob.user, alice.handle.clone())).await;
    let channel = store.channel(CreatedKind::Private, &alice, &[]).await;
    assert!(!done(store.invite(inviting(&alice, channel, &bob))).await, "nothing is left to accept");
    assert!(is_in(&store, channel, &alice, &bob).await);
    assert!(!done(store.invite(inviting(&alice, channel, &bob))).await, "once more changes nothing");
}

#[tokio::test]
async fn only_those_who_keep_order_invite_and_nobody_whom_they_block() {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    assert_eq!(refused(store.invite(inviting(&bob, channel, &carol))).await, Refused::NotAllowed);
    done(store.block(alice.user, carol.handle.clone(), true)).await;
    assert_eq!(refused(store.invite(inviting(&alice, channel, &carol))).await, Refused::BlockedByAsker);
}

#[tokio::test]
async fn who_blocks_the_inviter_is_not_brought_in_and_the_inviter_does_not_learn_it() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    done(store.block(bob.user, alice.handle.clone(), true)).await;
    assert!(done(store.invite(inviting(&alice, channel, &bob))).await, "as if they had to accept");
    assert!(!is_in(&store, channel, &alice, &bob).await);
}

#[tokio::test]
async fn who_is_banned_comes_in_by_no_door() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    done(store.ban(alice.user, channel, bob.handle.clone(), true)).await;
    assert_eq!(refused(store.join_channel(bob.user, JoinTarget::Id(channel), true)).await, Refused::Banned);
    assert_eq!(refused(store.invite(inviting(&alice, channel, &bob))).await, Refused::Banned);
    done(store.ban(alice.user, channel, bob.handle.clone(), false)).await;
    done(store.join_channel(bob.user, JoinTarget::Id(channel), true)).await;
    done(store.leave_channel(bob.user, channel)).await;
    assert_eq!(refused(store.leave_channel(bob.user, channel)).await, Refused::NotAMember);
}
