use proto::CreatedKind;

use super::super::JoinTarget;
use super::super::test_store::{Person, TestStore, done, message, refused};
use super::*;

/// Alice owns a channel, bob is a moderator, carol and dave are members.
async fn four() -> (TestStore, ChannelId, [Person; 4]) {
    let store = TestStore::new();
    let people = [
        store.person("alice").await,
        store.person("bob").await,
        store.person("carol").await,
        store.person("dave").await,
    ];
    let [alice, bob, carol, dave] = &people;
    let channel = store.channel(CreatedKind::Public, alice, &[bob, carol, dave]).await;
    done(store.set_role(alice.user, channel, bob.handle.clone(), Role::Moderator)).await;
    (store, channel, people)
}

#[tokio::test]
async fn one_removes_only_whom_one_outranks() {
    let (store, channel, [alice, bob, carol, dave]) = four().await;
    for (who, whom) in [(&carol, &dave), (&bob, &alice), (&bob, &bob), (&alice, &alice)] {
        assert_eq!(refused(store.kick(who.user, channel, whom.handle.clone())).await, Refused::NotAllowed);
    }
    done(store.kick(bob.user, channel, carol.handle.clone())).await;
    assert_eq!(refused(store.kick(bob.user, channel, carol.handle.clone())).await, Refused::NoMember);
    assert_eq!(store.role_of(channel, &alice, &carol).await, None);
    done(store.kick(alice.user, channel, bob.handle.clone())).await;
    assert_eq!(store.role_of(channel, &alice, &bob).await, None);
}

#[tokio::test]
async fn who_is_banned_stays_out_until_the_ban_is_lifted() {
    let (store, channel, [alice, bob, carol, _]) = four().await;
    done(store.ban(bob.user, channel, carol.handle.clone(), true)).await;
    let join = JoinTarget::Id(channel);
    assert_eq!(refused(store.join_channel(carol.user, join.clone(), true)).await, Refused::Banned);
    assert_eq!(store.bans(alice.user, channel).await.unwrap(), std::slice::from_ref(&carol.handle));
    done(store.ban(alice.user, channel, carol.handle.clone(), false)).await;
    done(store.join_channel(carol.user, join, true)).await;
}

#[tokio::test]
async fn who_is_timed_out_speaks_again_when_the_time_is_over() {
    let (store, channel, [alice, bob, carol, _]) = four().await;
    done(store.mute(bob.user, channel, carol.handle.clone(), 60)).await;
    store.clock.advance_millis(20_000);
    let refusal = refused(store.append_message(message(channel, &carol, "let me speak"))).await;
    assert_eq!(refusal, Refused::Muted(40_000));
    let found = store.moderation(alice.user, channel, store.now()).await.unwrap();
    assert_eq!(found.timeouts.iter().map(|timed_out| &timed_out.handle).collect::<Vec<_>>(), [&carol.handle]);
    store.clock.advance_millis(40_000);
    store.says(channel, &carol, "at last").await;
}

#[tokio::test]
async fn only_the_owner_gives_roles_and_guests_get_none() {
    let (store, channel, [alice, bob, carol, _]) = four().await;
    let guest = store.person("guest-erin").await;
    done(store.join_channel(guest.user, JoinTarget::Id(channel), false)).await;
    let give = |who: &Person, whom: &Person| store.set_role(who.user, channel, whom.handle.clone(), Role::Moderator);
    assert_eq!(refused(give(&bob, &carol)).await, Refused::NotAllowed);
    assert_eq!(refused(give(&alice, &guest)).await, Refused::NotForGuests);
    assert_eq!(refused(give(&alice, &alice)).await, Refused::NotAllowed);
    done(store.set_role(alice.user, channel, carol.handle.clone(), Role::Owner)).await;
    assert_eq!(store.role_of(channel, &bob, &carol).await, Some(Role::Owner));
    assert_eq!(store.role_of(channel, &bob, &alice).await, Some(Role::Moderator), "whoever hands over keeps order");
}
