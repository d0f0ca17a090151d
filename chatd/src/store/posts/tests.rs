use proto::{SetPrivacy, SetSettings};

use super::super::test_store::{Person, TestStore, done, message, refused};
use super::super::{NewMessage, StoreError};
use super::*;

async fn posts(store: &TestStore, reader: &Person, of: FeedOf) -> Vec<String> {
    let page = store.feed(reader.user, of, None, 10).await.unwrap();
    page.posts.into_iter().map(|post| post.message.content).collect()
}

async fn befriend(store: &TestStore, one: &Person, other: &Person) {
    done(store.ask_friend(one.user, other.handle.clone())).await;
    done(store.ask_friend(other.user, one.handle.clone())).await;
}

#[tokio::test]
async fn friends_read_what_one_posts_and_everybody_where_one_says_so() {
    let store = TestStore::new();
    let (alice, bob, carol) = (store.person("alice").await, store.person("bob").await, store.person("carol").await);
    befriend(&store, &alice, &bob).await;
    let wall = done(store.open_wall(alice.user)).await;
    assert_eq!(done(store.open_wall(alice.user)).await, wall, "there is one");
    store.says(wall, &alice, "first").await;
    store.clock.advance_millis(1);
    store.says(wall, &alice, "second").await;
    assert_eq!(posts(&store, &bob, FeedOf::Friends).await, ["second", "first"]);
    assert_eq!(posts(&store, &carol, FeedOf::Person(alice.handle.clone())).await, [""; 0]);
    let privacy = SetPrivacy { posts: Some(proto::Audience::Everyone), ..SetPrivacy::default() };
    done(store.set_settings(alice.user, SetSettings { privacy, ..SetSettings::default() })).await;
    assert_eq!(posts(&store, &carol, FeedOf::Person(alice.handle.clone())).await, ["second", "first"]);
    assert_eq!(posts(&store, &carol, FeedOf::Friends).await, [""; 0]);
}

#[tokio::test]
async fn others_only_answer_on_a_wall() {
    let store = TestStore::new();
    let (alice, bob) = (store.person("alice").await, store.person("bob").await);
    befriend(&store, &alice, &bob).await;
    let wall = done(store.open_wall(alice.user)).await;
    let post = store.says(wall, &alice, "a post").await;
    assert_eq!(refused(store.append_message(message(wall, &bob, "mine"))).await, Refused::OnlyReplies);
    done(store.append_message(NewMessage { reply_to: Some(post), ..message(wall, &bob, "an answer") })).await;
    assert_eq!(posts(&store, &bob, FeedOf::Friends).await, ["a post"], "an answer is no post");
}

#[tokio::test]
async fn nobody_has_no_posts() {
    let store = TestStore::new();
    let alice = store.person("alice").await;
    let nobody = store.feed(alice.user, FeedOf::Person("nobody".parse().unwrap()), None, 10).await;
    assert_eq!(nobody.unwrap_err(), StoreError::Refused(Refused::NoSuchUser));
}

#[test]
fn places_are_read_as_they_were_written() {
    let place =
        FeedPlace { date: Timestamp::from_millis(1_767_225_600_000), wall: ChannelKey::random(), index: Index::new(3) };
    assert_eq!(FeedPlace::parse(&place.to_string()), Some(place));
    for bad in ["", "1.2", "x.4h2m9x0kq7rtb.3", "1..3", "1.4h2m9x0kq7rtb.3.4", "1.4h2m9x0kq7rtb.x"] {
        assert_eq!(FeedPlace::parse(bad), None, "{bad}");
    }
}

#[test]
fn of_one_moment_each_post_is_on_one_page() {
    let [one, other] = [ChannelKey::random(), ChannelKey::random()];
    let (lower, higher) = (one.min(other), one.max(other));
    let (date, index) = (Timestamp::from_millis(5), Index::new(4));
    let [low, high] = [lower, higher].map(|wall| FeedPlace { date, wall, index });
    assert_eq!(high.bound_in(lower), (date, LAST.1), "all of that moment on the lower wall are still to come");
    assert_eq!(low.bound_in(higher), (date, Index::default()), "those of the higher wall were given");
    assert_eq!(low.bound_in(lower), (date, index));
    assert!(high > low);
}
