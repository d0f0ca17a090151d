use proto::CreatedKind;

use super::super::Range;
use super::super::test_store::{Person, TestStore, done, refused};
use super::*;

/// Alice owns a channel and has said something; bob and carol are members.
async fn said() -> (TestStore, ChannelId, Index, [Person; 3]) {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob, &carol]).await;
    let index = store.says(channel, &alice, "tea is ready").await;
    (store, channel, index, [alice, bob, carol])
}

/// Gives the emoji of a message and how often each stands there.
async fn emoji(store: &TestStore, channel: ChannelId, reader: &Person) -> Vec<(String, u64)> {
    let page = store.history(reader.user, channel, Range::Newest, 1).await.unwrap();
    let reactions = page.messages.iter().flat_map(|message| &message.reactions);
    reactions.map(|reaction| (reaction.emoji.as_str().to_owned(), reaction.count)).collect()
}

#[tokio::test]
async fn what_is_so_already_changes_nothing() {
    let (store, channel, index, [alice, bob, _]) = said().await;
    let like = |on| Reacting { channel, index, user: bob.user, emoji: Emoji::like(), on };
    let version = done(store.react(like(true))).await;
    assert_eq!(done(store.react(like(true))).await, version);
    assert_eq!(emoji(&store, channel, &alice).await, [("♥".to_owned(), 1)]);
    let later = done(store.react(like(false))).await;
    assert!(later > version);
    assert_eq!(emoji(&store, channel, &alice).await, []);
}

#[tokio::test]
async fn one_person_uses_so_many_kinds_and_a_like_besides() {
    let (store, channel, index, [_, bob, carol]) = said().await;
    let all = ["👍", "👎", "😀", "🎉", "🙏", "🔥"];
    let react = |who: &Person, emoji: &str| {
        store.react(Reacting { channel, index, user: who.user, emoji: Emoji::listed(emoji).unwrap(), on: true })
    };
    let (fits, [more, ..]) = all.split_at(bounds::REACTION_KINDS_PER_PERSON_MAX) else { panic!("too few emoji") };
    for emoji in fits {
        done(react(&bob, emoji)).await;
    }
    assert_eq!(refused(react(&bob, more)).await, Refused::TooManyReactionsOfOne);
    done(react(&bob, "♥")).await;
    done(react(&carol, fits[0])).await;
}

#[tokio::test]
async fn others_reactions_go_by_who_keeps_order() {
    let (store, channel, index, [alice, bob, carol]) = said().await;
    done(store.react(Reacting { channel, index, user: bob.user, emoji: Emoji::like(), on: true })).await;
    let taking =
        |who: &Person| TakingAway { channel, index, user: who.user, emoji: None, handle: Some(bob.handle.clone()) };
    assert_eq!(refused(store.take_reactions_away(taking(&carol))).await, Refused::NotAllowed);
    done(store.take_reactions_away(taking(&alice))).await;
    assert_eq!(emoji(&store, channel, &alice).await, []);
}

#[tokio::test]
async fn nobody_reacts_to_what_is_gone_or_while_timed_out() {
    let (store, channel, index, [alice, bob, carol]) = said().await;
    let like = |who: &Person| store.react(Reacting { channel, index, user: who.user, emoji: Emoji::like(), on: true });
    done(store.mute(alice.user, channel, bob.handle.clone(), 60)).await;
    assert_eq!(refused(like(&bob)).await, Refused::Muted(60_000));
    done(store.delete_message(alice.user, channel, index)).await;
    assert_eq!(refused(like(&carol)).await, Refused::NoSuchMessage);
}
