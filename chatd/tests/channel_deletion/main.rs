//! A channel that is deleted is gone for everybody at once, while what was in it is removed step by step.

#![allow(clippy::unwrap_used, reason = "all of it is a test")]

mod doors;
mod world;

use chatd::store::{Change, JoinTarget, Opening};
use proto::http::Legacy;

use world::{World, handle};

/// Rows of one table that one step removes at most.
const ROWS_PER_STEP: u64 = 500;

#[tokio::test]
async fn a_deleted_channel_is_behind_no_door_while_it_is_removed() {
    let world = World::new().await;
    world.deletes(world.crowd).await;
    world.deletes(world.direct).await;
    let filled = world.rows_left();
    assert!(filled.iter().filter(|rows| **rows > 0).count() >= 12, "only a wall has posts: {filled:?}");
    world.is_nowhere().await;
    // Its name, and what it counted for, are free; so are the two for a conversation.
    let anew = world.store.join_channel(world.alice, JoinTarget::Name("crowd".parse().unwrap()), true);
    let anew = anew.await.committed().await.unwrap();
    assert_ne!(anew, world.crowd);
    world.store.leave_channel(world.alice, anew).await.committed().await.unwrap();
    world.deletes(anew).await;
    let opening = Opening { user: world.alice, other: handle("bob"), per_day: 0 };
    let direct = world.store.open_dm(opening).await.committed().await.unwrap();
    assert_ne!(direct, world.direct);
    world.deletes(direct).await;
    let mut before = world.rows_left();
    while world.step().await {
        let after = world.rows_left();
        let removed = before.iter().zip(after).map(|(before, after)| before - after);
        assert!(removed.max() <= Some(ROWS_PER_STEP), "{before:?} {after:?}");
        assert_eq!(world.problems(), [""; 0]);
        world.is_nowhere().await;
        before = after;
    }
    assert_eq!(before.iter().sum::<u64>(), 0);
    assert_eq!(world.store.totals().await.unwrap().channels_removing, 0);
    world.store.close().await;
}

#[tokio::test]
async fn what_a_crash_left_of_a_deleted_channel_is_removed() {
    let world = World::new().await;
    world.deletes(world.crowd).await;
    world.deletes(world.direct).await;
    for _ in 0..3 {
        assert!(world.step().await);
    }
    let world = world.restarts().await;
    assert!(world.store.totals().await.unwrap().channels_removing > 0);
    assert!(world.rows_left().iter().sum::<u64>() > 0);
    world.is_nowhere().await;
    while world.step().await {}
    assert_eq!(world.rows_left().iter().sum::<u64>(), 0);
    assert_eq!(world.problems(), [""; 0]);
    world.store.close().await;
}

#[tokio::test]
async fn who_leaves_meanwhile_leaves_no_channel_that_is_gone() {
    let world = World::new().await;
    world.deletes(world.crowd).await;
    world.heard.take();
    world.store.set_disabled(handle("bob"), true).await.committed().await.unwrap();
    for name in ["alice", "bob"] {
        world.store.delete_account(handle(name), Legacy::Remove).await.committed().await.unwrap();
    }
    for change in world.heard.take() {
        match change {
            Change::UserDisabled { channels, .. } => assert_eq!(channels, [world.direct]),
            Change::MemberRemoved { channel, .. } | Change::OwnerChanged { channel, .. } => {
                assert_eq!(channel, world.direct);
            }
            _ => {}
        }
    }
    while world.step().await {}
    assert!(world.store.leaving().await.unwrap().is_some());
    while let Some(leaving) = world.store.leaving().await.unwrap() {
        world.store.erase(leaving).await.unwrap();
    }
    assert_eq!(world.rows_left().iter().sum::<u64>(), 0);
    assert_eq!(world.problems(), [""; 0]);
    world.store.close().await;
}
