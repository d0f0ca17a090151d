use proto::CreatedKind;

use super::*;
use crate::store::NewMessage;
use crate::store::test_store::{Person, TestStore, done, message, refused};

const FAR: Timestamp = Timestamp::from_millis(i64::MAX);

fn new(channel: ChannelId, person: &Person, until: Timestamp) -> NewLink {
    let session = format!("s-{}", person.handle).parse().unwrap();
    NewLink { user: person.user, session, channel, index: None, until }
}

async fn made(store: &TestStore, channel: ChannelId, person: &Person) -> LinkSecret {
    done(store.create_link(new(channel, person, FAR))).await.0
}

async fn is_valid(store: &TestStore, secret: &LinkSecret) -> bool {
    store.link(secret.clone(), store.now()).await.unwrap().is_some()
}

async fn world() -> (TestStore, ChannelId, [Person; 2]) {
    let store = TestStore::new();
    let people = [store.person("alice").await, store.person("bob").await];
    let channel = store.channel(CreatedKind::Public, &people[0], &[&people[1]]).await;
    (store, channel, people)
}

#[tokio::test]
async fn a_link_is_valid_for_ten_minutes_and_no_longer_than_its_session() {
    let (store, channel, [alice, _]) = world().await;
    let short = done(store.create_link(new(channel, &alice, store.now().plus_millis(5_000)))).await;
    assert_eq!(short.1, store.now().plus_millis(5_000));
    let secret = made(&store, channel, &alice).await;
    store.clock.advance_millis(599_000);
    assert!(is_valid(&store, &secret).await && !is_valid(&store, &short.0).await);
    store.clock.advance_millis(1_000);
    assert!(!is_valid(&store, &secret).await);
    // A form that was begun may end, for an hour.
    done(store.require_link_sends(secret.clone())).await;
    store.clock.advance_millis(FORM_MILLIS);
    assert_eq!(refused(store.require_link_sends(secret)).await, Refused::NoSuchLink);
}

#[tokio::test]
async fn the_oldest_of_too_many_gives_way() {
    let (store, channel, [alice, bob]) = world().await;
    let of_bob = made(&store, channel, &bob).await;
    let mut secrets = Vec::new();
    for _ in 0..=LINKS_MAX {
        secrets.push(made(&store, channel, &alice).await);
        store.clock.advance_millis(1);
    }
    assert!(!is_valid(&store, &secrets[0]).await);
    assert!(is_valid(&store, &secrets[1]).await && is_valid(&store, &of_bob).await);
}

#[tokio::test]
async fn one_message_is_sent_by_a_link_while_its_session_is_there() {
    let (store, channel, [alice, bob]) = world().await;
    let by = |person: &Person, secret: &LinkSecret, words: &str| NewMessage {
        link: Some(secret.clone()),
        ..message(channel, person, words)
    };
    let secret = made(&store, channel, &alice).await;
    done(store.append_message(by(&alice, &secret, "one"))).await;
    assert_eq!(refused(store.append_message(by(&alice, &secret, "two"))).await, Refused::NoSuchLink);
    let ended = made(&store, channel, &bob).await;
    done(store.end_own_session(bob.user, "s-bob".parse().unwrap())).await;
    assert_eq!(refused(store.append_message(by(&bob, &ended, "three"))).await, Refused::NoSuchLink);
    assert!(!is_valid(&store, &ended).await);
}

#[tokio::test]
async fn who_may_not_speak_makes_no_link_to_send() {
    let (store, channel, [alice, bob]) = world().await;
    let secret = made(&store, channel, &bob).await;
    let settings = proto::ChangeSettings { read_only: Some(true), ..proto::ChangeSettings::of(channel) };
    done(store.change_settings(alice.user, settings)).await;
    assert_eq!(refused(store.create_link(new(channel, &bob, FAR))).await, Refused::ReadOnly);
    assert_eq!(refused(store.require_link_sends(secret)).await, Refused::ReadOnly);
    done(store.create_link(new(channel, &alice, FAR))).await;
}
