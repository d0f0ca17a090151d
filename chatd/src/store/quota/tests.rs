use proto::CreatedKind;

use super::super::test_store::{TestStore, done, message, refused};
use super::super::{Refused, StoreBounds};
use super::MESSAGE_BYTES;

#[tokio::test]
async fn an_account_stores_so_much_and_deleted_words_make_room() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    let words = |name: &str| format!("{name} {}", "x".repeat(195));
    store.set_bounds(StoreBounds { account: 2 * (MESSAGE_BYTES + 200), ..StoreBounds::default() });
    let first = store.says(channel, &alice, &words("one")).await;
    store.says(channel, &alice, &words("two")).await;
    let third = || store.append_message(message(channel, &alice, "and three"));
    assert_eq!(refused(third()).await, Refused::StoredTooMuch);
    store.says(channel, &bob, &words("bob")).await;
    done(store.delete_message(alice.user, channel, first)).await;
    done(third()).await;
}

#[tokio::test]
async fn guests_have_a_bound_of_their_own_and_0_lifts_one() {
    let store = TestStore::new();
    let (alice, guest) = (store.person("alice").await, store.person("guest-erin").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    done(store.join_channel(guest.user, super::super::JoinTarget::Id(channel), false)).await;
    store.set_bounds(StoreBounds { account: 0, guest: MESSAGE_BYTES + 5, ..StoreBounds::default() });
    store.says(channel, &guest, "hello").await;
    assert_eq!(refused(store.append_message(message(channel, &guest, "again"))).await, Refused::StoredTooMuch);
    for number in 0..3 {
        store.says(channel, &alice, &format!("number {number}")).await;
    }
}
