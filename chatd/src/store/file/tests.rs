use proto::{ChannelId, CreatedKind, Index, Topic};

use super::super::test_store::{Person, TestStore, done, message, refused};
use super::super::{JoinTarget, NewChannel, NewMessage, Range};
use super::*;

const NO_BOUNDS: UploadBounds = UploadBounds { account: 0, total: 0, file: 0 };

fn begins(person: &Person, size: Option<u64>, bounds: UploadBounds) -> NewUpload {
    NewUpload { user: person.user, name: FileName::cleaned("notes.txt"), size, keep_metadata: false, bounds }
}

fn bytes(of: u8, size: u64) -> UploadedBytes {
    UploadedBytes { blob: BlobKey::draw(), sha256: [of; 32], size, mime: "text/plain", picture: None }
}

async fn uploads(store: &TestStore, person: &Person, bytes: &UploadedBytes) -> FileInfo {
    let begun = done(store.begin_upload(begins(person, Some(bytes.size), NO_BOUNDS))).await;
    done(store.finish_upload(begun.key, bytes.clone(), false)).await
}

async fn posts(store: &TestStore, channel: ChannelId, author: &Person, words: &str, files: &[FileId]) -> Index {
    done(store.append_message(NewMessage { files: files.to_vec(), ..message(channel, author, words) })).await.index
}

async fn fetches(store: &TestStore, person: &Person, file: &FileInfo) -> bool {
    match store.file_for(person.user, file.id).await {
        Ok(found) => {
            assert_eq!(found.info, *file);
            true
        }
        Err(error) => {
            assert_eq!(error, StoreError::Refused(Refused::NoSuchFile));
            false
        }
    }
}

#[tokio::test]
async fn a_file_is_for_its_uploader_and_then_for_readers_of_its_message() {
    let store = TestStore::new();
    let [alice, bob, carl] = [store.person("alice").await, store.person("bob").await, store.person("carl").await];
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    let file = uploads(&store, &alice, &bytes(1, 10)).await;
    assert_eq!((file.name.as_str(), &*file.mime, file.size), ("notes.txt", "text/plain", 10));
    assert_eq!(file.sha256, "01".repeat(32));
    assert!(fetches(&store, &alice, &file).await && !fetches(&store, &bob, &file).await);
    let stolen = NewMessage { files: vec![file.id], ..message(channel, &bob, "not mine") };
    assert_eq!(refused(store.append_message(stolen)).await, Refused::NoSuchFile);

    let index = posts(&store, channel, &alice, "have a look", &[file.id]).await;
    let page = store.history(bob.user, channel, Range::Newest, 10).await.unwrap();
    assert_eq!(page.messages.last().unwrap().files, std::slice::from_ref(&file));
    assert!(fetches(&store, &bob, &file).await && !fetches(&store, &carl, &file).await);

    // Whoever may read it may pass it on, and then others may too.
    let wish = NewChannel { name: "cake".parse().unwrap(), kind: CreatedKind::Public, topic: Topic::default() };
    let other = done(store.create_channel(bob.user, wish)).await;
    done(store.join_channel(carl.user, JoinTarget::Id(other), true)).await;
    posts(&store, other, &bob, "from elsewhere", &[file.id]).await;
    assert!(fetches(&store, &carl, &file).await);
    done(store.delete_message(alice.user, channel, index)).await;
    assert!(!fetches(&store, &alice, &file).await && fetches(&store, &carl, &file).await);
    let page = store.history(bob.user, channel, Range::Newest, 10).await.unwrap();
    assert!(page.messages.last().unwrap().files.is_empty());
}

#[tokio::test]
async fn bytes_are_kept_once_and_go_with_the_last_that_holds_them() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let channel = store.channel(CreatedKind::Public, &alice, &[&bob]).await;
    let (first, same) = (bytes(1, 10), bytes(1, 10));
    let (one, two) = (uploads(&store, &alice, &first).await, uploads(&store, &bob, &same).await);
    assert_ne!(one.id, two.id);
    assert_eq!(store.file_for(bob.user, two.id).await.unwrap().blob, first.blob);
    assert_eq!(store.removed_blobs().await.unwrap(), [same.blob], "the second copy");
    done(store.blobs_are_gone(vec![same.blob])).await;
    let index = posts(&store, channel, &alice, "one", &[one.id]).await;
    posts(&store, channel, &bob, "two", &[two.id]).await;
    done(store.delete_message(alice.user, channel, index)).await;
    assert!(store.removed_blobs().await.unwrap().is_empty(), "bob's is there");
    done(store.delete_channel(super::super::Deleter::Member(alice.user), channel)).await;
    while done(store.remove_some()).await {}
    assert_eq!(store.removed_blobs().await.unwrap(), [first.blob]);
    assert!(store.knows_blob(first.blob).await.unwrap());
    done(store.blobs_are_gone(vec![first.blob])).await;
    assert!(!store.knows_blob(first.blob).await.unwrap());
}

#[tokio::test]
async fn nobody_uploads_more_than_the_bounds_let() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    let account = UploadBounds { account: 100, ..NO_BOUNDS };
    let first = done(store.begin_upload(begins(&alice, Some(60), account))).await;
    assert_eq!(first.bytes_max, 60);
    assert_eq!(refused(store.begin_upload(begins(&alice, Some(41), account))).await, Refused::UploadedTooMuch);
    let rest = done(store.begin_upload(begins(&alice, None, account))).await;
    assert_eq!(rest.bytes_max, 40, "of unknown size: what is left");
    assert_eq!(refused(store.begin_upload(begins(&alice, None, account))).await, Refused::UploadedTooMuch);
    done(store.end_upload(rest.key)).await;
    done(store.finish_upload(first.key, bytes(1, 60), false)).await;
    assert_eq!(refused(store.begin_upload(begins(&alice, Some(41), account))).await, Refused::UploadedTooMuch);
    done(store.begin_upload(begins(&alice, Some(40), account))).await;

    let total = UploadBounds { total: 120, ..NO_BOUNDS };
    assert_eq!(refused(store.begin_upload(begins(&bob, Some(21), total))).await, Refused::TooManyFiles);
    done(store.begin_upload(begins(&bob, Some(20), total))).await;
    let file = UploadBounds { file: 30, ..NO_BOUNDS };
    assert_eq!(done(store.begin_upload(begins(&bob, None, file))).await.bytes_max, 30);
}

#[tokio::test]
async fn what_is_never_posted_and_what_never_ends_goes() {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let channel = store.channel(CreatedKind::Public, &alice, &[]).await;
    let (posted, unposted) = (bytes(1, 1), bytes(2, 1));
    let kept = uploads(&store, &alice, &posted).await;
    let gone = uploads(&store, &alice, &unposted).await;
    posts(&store, channel, &alice, "kept", &[kept.id]).await;
    let begun = done(store.begin_upload(begins(&alice, Some(1), NO_BOUNDS))).await;
    store.clock.advance_millis(1_000);
    let late = done(store.begin_upload(begins(&alice, Some(1), NO_BOUNDS))).await;
    let now = store.now();
    assert!(!done(store.remove_unposted(now)).await);
    assert_eq!(done(store.end_old_uploads(now)).await, [begun.key]);
    assert!(store.knows_upload(late.key).await.unwrap());
    assert!(fetches(&store, &alice, &kept).await && !fetches(&store, &alice, &gone).await);
    assert_eq!(store.removed_blobs().await.unwrap(), [unposted.blob]);
    assert_eq!(refused(store.finish_upload(begun.key, bytes(3, 1), false)).await, Refused::NoSuchFile, "it has ended");
}

#[tokio::test]
async fn guests_upload_nothing() {
    let store = TestStore::new();
    let guest = store.person("guest-one").await;
    assert_eq!(refused(store.begin_upload(begins(&guest, Some(1), NO_BOUNDS))).await, Refused::NotForGuests);
}
