use proto::{ChannelId, CreatedKind, SetPrivacy, SetSettings};

use super::super::test_store::{Person, TestStore, done};
use super::super::{Inviting, JoinTarget};
use super::*;

/// Alice has a private channel to which she adds people.
async fn with_channel() -> (TestStore, Person, ChannelId) {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let channel = store.channel(CreatedKind::Private, &alice, &[]).await;
    (store, alice, channel)
}

/// Invites somebody, and tells whether they have to accept first.
async fn waits(store: &TestStore, inviter: &Person, channel: ChannelId, guest: &Person, per_day: u64) -> bool {
    let guest = guest.handle.clone();
    done(store.invite(Inviting { inviter: inviter.user, channel, guest, per_day })).await
}

async fn takes_from(store: &TestStore, person: &Person, invitations: Audience) {
    let privacy = SetPrivacy { invitations: Some(invitations), ..SetPrivacy::default() };
    done(store.set_settings(person.user, SetSettings { privacy, ..SetSettings::default() })).await;
}

#[tokio::test]
async fn who_takes_invitations_from_friends_only_is_asked_first() {
    let (store, alice, channel) = with_channel().await;
    let bob = store.person("bob").await;
    takes_from(&store, &bob, Audience::Friends).await;
    assert!(waits(&store, &alice, channel, &bob, 0).await);
    assert_eq!(store.role_of(channel, &alice, &bob).await, None);
    done(store.join_channel(bob.user, JoinTarget::Id(channel), true)).await;
    assert!(store.role_of(channel, &alice, &bob).await.is_some(), "the invitation is accepted by coming");
}

#[tokio::test]
async fn friends_are_added_at_once() {
    let (store, alice, channel) = with_channel().await;
    let bob = store.person("bob").await;
    takes_from(&store, &bob, Audience::Friends).await;
    done(store.ask_friend(alice.user, bob.handle.clone())).await;
    done(store.ask_friend(bob.user, alice.handle.clone())).await;
    assert!(!waits(&store, &alice, channel, &bob, 1).await);
    assert!(store.role_of(channel, &alice, &bob).await.is_some());
}

#[tokio::test]
async fn strangers_add_somebody_to_so_many_channels_a_day() {
    let (store, alice, tea) = with_channel().await;
    let (bob, carol) = (store.person("bob").await, store.person("carol").await);
    let coffee = store.channel(CreatedKind::Private, &carol, &[]).await;
    assert!(!waits(&store, &alice, tea, &bob, 1).await);
    assert!(waits(&store, &carol, coffee, &bob, 1).await, "one a day was enough");
    done(store.leave_channel(bob.user, tea)).await;
    let dave = store.person("dave").await;
    let juice = store.channel(CreatedKind::Private, &dave, &[]).await;
    store.clock.advance_millis(DAY_MILLIS);
    assert!(!waits(&store, &dave, juice, &bob, 1).await, "another day");
}
