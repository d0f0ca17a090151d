//! Behaviour of an outbox that fills.

use proto::{Avatar, ChannelId, Presence, PresenceState};

use super::*;
use crate::frame::Frames;

fn outbox(bytes_max: usize) -> Outbox {
    Outbox::new(1, UserId::for_test(1), "s".parse().unwrap(), bytes_max, Arc::default(), Arc::default())
}

fn channel() -> ChannelId {
    "c1".parse().unwrap()
}

fn event(text: &str) -> Item {
    Item::Event(channel(), Frames::text(text))
}

fn typing() -> Item {
    Item::Typing(channel(), Frames::text(&"t".repeat(98)))
}

fn presence(name: &str, online: bool) -> Presence {
    let state = if online { PresenceState::Online } else { PresenceState::Offline };
    Presence {
        handle: name.parse().unwrap(),
        online,
        state,
        since: None,
        last_seen: None,
        status: None,
        display_name: None,
        avatar: Avatar::default(),
    }
}

fn presences(name: &str, online: bool) -> Item {
    Item::Presence(Arc::new(Presences::new(vec![presence(name, online)])))
}

#[tokio::test]
async fn what_does_not_fit_closes_the_connection_and_frees_its_queue() {
    let outbox = outbox(14);
    let _blocked = outbox.blocked();
    outbox.push(event("12345"));
    outbox.push(event("12345"));
    assert_eq!(outbox.take().len(), 2, "two heads and ten letters fit");
    outbox.push(event("12345"));
    outbox.push(event("123456"));
    assert_eq!(outbox.given_up().await, Closing::TooSlow);
    outbox.push(event("1"));
    assert!(outbox.take().is_empty());
    assert_eq!(outbox.spared.closed.get(), 1);
}

#[test]
fn a_connection_before_its_turn_is_not_slow() {
    let outbox = outbox(14);
    for _ in 0..8 {
        outbox.push(event("12345"));
    }
    assert_eq!(outbox.closing(), None, "four times as much fits");
    outbox.push(event("12345"));
    assert_eq!(outbox.closing(), Some(Closing::TooSlow), "but not all there is");
}

#[test]
fn a_peer_that_holds_up_its_connection_is_slow() {
    let outbox = outbox(14);
    for _ in 0..3 {
        outbox.push(event("12345"));
    }
    drop(outbox.blocked());
    outbox.push(event("12345"));
    assert_eq!(outbox.closing(), None, "the peer has read on");
    let _blocked = outbox.blocked();
    outbox.push(event("1"));
    assert_eq!(outbox.closing(), Some(Closing::TooSlow));
}

#[test]
fn one_item_alone_always_fits() {
    let outbox = outbox(14);
    outbox.push(event(&"x".repeat(100)));
    assert_eq!(outbox.take().len(), 1);
}

#[test]
fn the_first_item_tells_and_the_rest_do_not() {
    let outbox = outbox(1_000);
    assert!(outbox.put([event("1")]));
    assert!(!outbox.put([event("2")]), "the connection has not looked yet");
    assert_eq!(outbox.take().len(), 2);
    assert!(outbox.put([event("3")]));
}

#[test]
fn from_half_of_the_bound_on_typing_is_not_told() {
    let outbox = outbox(1_000);
    for _ in 0..3 {
        outbox.push(typing());
    }
    outbox.push(event(&"x".repeat(196)));
    assert_eq!(outbox.spared.typing.get(), 0, "half is filled");
    outbox.push(event(&"x".repeat(298)));
    assert_eq!(outbox.spared.typing.get(), 3, "what waited has gone");
    outbox.push(typing());
    assert_eq!(outbox.spared.typing.get(), 4, "and no more comes");
    let kept = outbox.take();
    assert!(kept.iter().all(|item| matches!(item, Item::Event(..))), "{kept:?}");
    outbox.push(typing());
    assert_eq!(outbox.take().len(), 1, "it drains again");
}

#[test]
fn from_three_quarters_on_presence_is_merged_into_the_newest() {
    let outbox = outbox(4_000);
    outbox.push(presences("bob", false));
    outbox.push(presences("carol", true));
    outbox.push(event(&"x".repeat(2_990)));
    for round in 0..100 {
        outbox.push(presences("bob", round % 2 == 1));
    }
    outbox.push(event("last"));
    assert_eq!(outbox.closing(), None, "a hundred changes of one person take the room of one");
    assert_eq!(outbox.spared.presence.get(), 100);
    let kept = outbox.take();
    assert_eq!(kept.len(), 3, "two events and one merged change");
    let Some(Item::Presence(merged)) = kept.back() else { panic!("{kept:?}") };
    assert_eq!(merged.members, [presence("bob", true), presence("carol", true)]);
    assert_eq!(outbox.queue().bytes, 0);
}

#[tokio::test]
async fn an_end_is_news_to_whoever_comes_later() {
    for closing in [true, false] {
        let outbox = outbox(1_000);
        if closing {
            outbox.close(Closing::Revoked);
        } else {
            outbox.stop(Duration::from_millis(7));
        }
        // Somebody who waits for items takes the only word of it.
        outbox.filled().await;
        let end = if closing { News::Closing(Closing::Revoked) } else { News::Stopping(Duration::from_millis(7)) };
        assert_eq!(outbox.news().await, end);
    }
}
