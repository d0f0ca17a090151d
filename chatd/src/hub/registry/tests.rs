//! A registry that hears the store's changes as text holds the same as one that hears them from the store itself.

use std::sync::{Arc, Mutex};

use proto::http::Legacy;
use proto::{
    Audience, ChangeSettings, ChannelId, ChosenPresence, CreatedKind, Handle, Role, SetPresence, SetPrivacy,
    SetSettings, Timestamp, Topic,
};

use super::Registry;
use crate::lock::lock;
use crate::store::{
    Change, Deleter, Inviting, JoinTarget, NewChannel, NewSession, Opening, Pending, Publish, Store, StoreOptions,
    UserId,
};

/// Applies each change to one registry as it is, to another as it was written down and read, and to a third only who
/// connects.
#[derive(Default)]
struct Registries {
    direct: Registry,
    written: Registry,
    read: Registry,
}

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Registries>>);

impl Publish for Heard {
    fn publish(&mut self, changes: Vec<Change>) {
        let registries = &mut *lock(&self.0);
        for change in changes {
            let text = serde_json::to_string(&change).unwrap();
            registries.written.apply(&serde_json::from_str(&text).unwrap());
            registries.direct.apply(&change);
            if matches!(change, Change::Connecting { .. }) {
                registries.read.apply(&change);
            }
        }
    }

    fn answered(&mut self) {}
}

struct World {
    _folder: tempfile::TempDir,
    store: Store,
    heard: Heard,
    people: Vec<(UserId, Handle)>,
}

impl World {
    async fn new(names: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let heard = Heard::default();
        let store = Store::open(folder.path(), StoreOptions::default()).unwrap().start(heard.clone());
        let mut world = Self { _folder: folder, store, heard, people: Vec::new() };
        for name in names {
            let handle: Handle = name.parse().unwrap();
            let session = NewSession {
                session: format!("s-{name}").parse().unwrap(),
                device: None,
                expires: Timestamp::from_millis(i64::MAX),
            };
            let user = world.store.create_account(handle.clone(), None, session).await.committed().await.unwrap();
            world.people.push((user, handle));
        }
        world
    }

    fn user(&self, place: usize) -> UserId {
        self.people[place].0
    }

    fn handle(&self, place: usize) -> Handle {
        self.people[place].1.clone()
    }

    async fn connects(&self, place: usize) {
        done(self.store.publish_connected(self.user(place)).await).await;
    }

    /// As the hub does once the last connection of a person has been away for a while.
    fn is_away(&self, place: usize) {
        let registries = &mut *lock(&self.heard.0);
        registries.direct.forget(self.user(place));
        registries.written.forget(self.user(place));
    }

    async fn joins(&self, place: usize, name: &str) -> ChannelId {
        let target = JoinTarget::Name(name.parse().unwrap());
        done(self.store.join_channel(self.user(place), target, true).await).await
    }

    /// Both hold the same, which is what the store says of all who are connected.
    async fn agrees(&self, connected: &[usize], when: &str) {
        let held = {
            let registries = &mut *lock(&self.heard.0);
            assert_eq!(registries.direct, registries.written, "{when}");
            registries.read = Registry::default();
            registries.direct.clone()
        };
        for place in connected {
            self.connects(*place).await;
        }
        assert_eq!(held, lock(&self.heard.0).read, "{when}");
    }
}

async fn done<T>(pending: Pending<T>) -> T {
    pending.committed().await.unwrap()
}

#[tokio::test]
async fn whoever_hears_the_changes_holds_the_same() {
    let world = World::new(&["alice", "bob", "carol", "dora"]).await;
    let [alice, bob, carol, _dora] = [0, 1, 2, 3].map(|place| world.user(place));
    let store = &world.store;
    let town = world.joins(0, "town").await;
    // Dora never connects.
    for place in 0..3 {
        world.connects(place).await;
    }
    let connected = [0, 1, 2];
    world.joins(1, "town").await;
    world.joins(3, "town").await;
    let private = NewChannel { name: "cellar".parse().unwrap(), kind: CreatedKind::Private, topic: Topic::default() };
    let cellar = done(store.create_channel(bob, private).await).await;
    for guest in [0, 2, 3] {
        let guest = world.handle(guest);
        done(store.invite(Inviting { inviter: bob, channel: cellar, guest, per_day: 0 }).await).await;
    }
    world.agrees(&connected, "after joining").await;

    done(store.set_role(alice, town, world.handle(1), Role::Moderator).await).await;
    done(store.set_role(alice, town, world.handle(1), Role::Owner).await).await;
    done(store.kick(bob, cellar, world.handle(0)).await).await;
    done(store.ban(bob, town, world.handle(3), true).await).await;
    let opened = ChangeSettings { kind: Some(CreatedKind::Public), ..ChangeSettings::of(cellar) };
    done(store.change_settings(bob, opened).await).await;
    world.agrees(&connected, "after moderating").await;

    for (user, other) in [(alice, 1), (bob, 0), (carol, 3)] {
        done(store.ask_friend(user, world.handle(other)).await).await;
    }
    done(store.ask_friend(world.user(3), world.handle(2)).await).await;
    done(store.block(carol, world.handle(0), true).await).await;
    done(store.block(world.user(3), world.handle(1), true).await).await;
    done(store.open_wall(alice).await).await;
    world.agrees(&connected, "after making friends").await;

    let chosen = SetPresence { state: Some(ChosenPresence::Invisible), status: Some("away".parse().unwrap()) };
    done(store.set_presence(alice, chosen).await).await;
    let privacy = SetPrivacy { presence: Some(Audience::Friends), ..SetPrivacy::default() };
    done(store.set_settings(bob, SetSettings { privacy, ..SetSettings::default() }).await).await;
    let opening = |user, other| Opening { user, other: world.handle(other), per_day: 0 };
    let dm = done(store.open_dm(opening(bob, 0)).await).await;
    done(store.leave_channel(bob, dm).await).await;
    done(store.open_dm(opening(bob, 2)).await).await;
    done(store.set_disabled(world.handle(2), true).await).await;
    world.is_away(2);
    world.agrees(&[0, 1], "after changing settings").await;

    done(store.remove_friend(alice, world.handle(1)).await).await;
    done(store.block(carol, world.handle(0), false).await).await;
    done(store.leave_channel(alice, town).await).await;
    done(store.delete_channel(Deleter::Operator, cellar).await).await;
    done(store.delete_account(world.handle(1), Legacy::Keep).await).await;
    world.is_away(1);
    world.agrees(&[0], "after leaving").await;
    store.close().await;
}
