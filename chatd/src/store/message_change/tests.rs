use proto::{CreatedKind, Message, Role};

use super::super::Range;
use super::super::test_store::{Person, TestStore, done, refused};
use super::*;

/// Alice owns a channel, bob keeps order in it, and carol, a member, has said something.
async fn said() -> (TestStore, ChannelId, Index, [Person; 3]) {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob, &carol]).await;
    done(store.set_role(alice.user, channel, bob.handle.clone(), Role::Moderator)).await;
    let index = store.says(channel, &carol, "tea is raedy").await;
    (store, channel, index, [alice, bob, carol])
}

fn edit(channel: ChannelId, index: Index, editor: &Person, content: &str) -> Edit {
    Edit { channel, index, editor: editor.user, content: Content::parse(content).unwrap(), words: Vec::new() }
}

async fn newest(store: &TestStore, channel: ChannelId, reader: &Person) -> Message {
    store.history(reader.user, channel, Range::Newest, 1).await.unwrap().messages.remove(0)
}

#[tokio::test]
async fn its_author_edits_a_message_and_nobody_else() {
    let (store, channel, index, [_, bob, carol]) = said().await;
    let wish = |who: &Person| store.edit_message(edit(channel, index, who, "tea is ready"));
    assert_eq!(refused(wish(&bob)).await, Refused::NotTheAuthor, "those who keep order may only delete");
    let version = done(wish(&carol)).await;
    assert_eq!(done(wish(&carol)).await, version, "the same content again changes nothing");
    let message = newest(&store, channel, &bob).await;
    assert_eq!((message.content.as_str(), message.version), ("tea is ready", version));
    assert_eq!(message.edited, Some(store.now()));
}

#[tokio::test]
async fn a_deleted_message_keeps_its_place_and_nothing_else() {
    let (store, channel, index, [alice, _, carol]) = said().await;
    done(store.pin(Pinning { channel, index, user: alice.user, on: true })).await;
    let version = done(store.delete_message(carol.user, channel, index)).await;
    assert_eq!(done(store.delete_message(carol.user, channel, index)).await, version, "it is gone already");
    let message = newest(&store, channel, &alice).await;
    assert_eq!((message.index, message.content.as_str(), message.version), (index, "", version));
    assert!(message.deleted.is_some() && !message.pinned);
    let wish = store.edit_message(edit(channel, index, &carol, "again"));
    assert_eq!(refused(wish).await, Refused::NoSuchMessage);
    let pin = Pinning { channel, index, user: alice.user, on: true };
    assert_eq!(refused(store.pin(pin)).await, Refused::NoSuchMessage);
}

#[tokio::test]
async fn those_who_keep_order_delete_and_pin_what_others_said() {
    let (store, channel, index, [alice, bob, carol]) = said().await;
    let owned = store.says(channel, &alice, "mine").await;
    assert_eq!(refused(store.delete_message(carol.user, channel, owned)).await, Refused::NotTheAuthor);
    let pin = |who: &Person, on| store.pin(Pinning { channel, index, user: who.user, on });
    assert_eq!(refused(pin(&carol, true)).await, Refused::NotAllowed);
    let version = done(pin(&bob, true)).await;
    assert_eq!(done(pin(&bob, true)).await, version, "it is pinned already");
    assert!(done(pin(&bob, false)).await > version);
    done(store.delete_message(bob.user, channel, index)).await;
}

#[tokio::test]
async fn a_channel_keeps_so_many_messages_in_view() {
    let (store, channel, _, [alice, ..]) = said().await;
    let mut last = Index::default();
    for number in 0..=bounds::PINS_MAX {
        last = store.says(channel, &alice, &format!("number {number}")).await;
        if number < bounds::PINS_MAX {
            done(store.pin(Pinning { channel, index: last, user: alice.user, on: true })).await;
        }
    }
    let pin = |index| store.pin(Pinning { channel, index, user: alice.user, on: true });
    assert_eq!(refused(pin(last)).await, Refused::TooManyPins);
    done(store.delete_message(alice.user, channel, Index::new(last.get() - 1))).await;
    done(pin(last)).await;
}

#[tokio::test]
async fn who_is_muted_does_not_speak_by_an_old_message() {
    let (store, channel, index, [alice, _, carol]) = said().await;
    done(store.mute(alice.user, channel, carol.handle.clone(), 60)).await;
    let wish = store.edit_message(edit(channel, index, &carol, "news"));
    assert_eq!(refused(wish).await, Refused::Muted(60_000));
    done(store.delete_message(carol.user, channel, index)).await;
}

#[tokio::test]
async fn an_edit_mentions_others_than_before() {
    let (store, channel, index, [_, bob, carol]) = said().await;
    let words = vec![bob.handle.clone()];
    done(store.edit_message(Edit { words, ..edit(channel, index, &carol, "bob: tea") })).await;
    assert_eq!(newest(&store, channel, &bob).await.mentions, std::slice::from_ref(&bob.handle));
    done(store.edit_message(edit(channel, index, &carol, "tea"))).await;
    assert_eq!(newest(&store, channel, &bob).await.mentions, []);
}
