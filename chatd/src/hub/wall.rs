//! The channels of posts: the connections that look at the feed.
//!
//! Nobody is a member of such a channel. A connection that watches the feed hears those of its person's friends and their
//! own, so that what is said there comes by the same way as in any channel.

use std::collections::HashSet;
use std::sync::Arc;

use proto::{ChannelId, Relation};

use super::Hub;
use super::outbox::Outbox;
use crate::store::UserId;

/// A connection that looks at the feed, and the channels of posts that it hears for that.
pub(super) struct Watching {
    pub(super) outbox: Arc<Outbox>,
    walls: HashSet<ChannelId>,
}

impl Hub {
    /// Notes that a connection watches the feed: from now on it hears of who becomes a friend, and of new walls. True when it
    /// is new to that; then it is to hear the walls that there are.
    pub fn watch_feed(&self, outbox: &Arc<Outbox>) -> bool {
        let mut node = self.node();
        let Some(person) = node.people.get_mut(&outbox.user()) else { return false };
        let is_new = person.watching.iter().all(|watching| watching.outbox.id() != outbox.id());
        if is_new {
            person.watching.push(Watching { outbox: outbox.clone(), walls: HashSet::new() });
        }
        is_new
    }

    /// Lets a connection that watches the feed hear some walls.
    pub fn hear_walls(&self, outbox: &Arc<Outbox>, walls: &[ChannelId]) {
        self.change_walls(outbox.user(), |watching| watching.outbox.id() == outbox.id(), walls, true);
    }

    /// Lets a connection that watches the feed hear no walls but some.
    pub fn hear_only_walls(&self, outbox: &Arc<Outbox>, walls: &[ChannelId]) {
        let gone = {
            let node = self.node();
            let person = node.people.get(&outbox.user());
            let watching = person.iter().flat_map(|person| &person.watching);
            let heard = watching.filter(|watching| watching.outbox.id() == outbox.id()).flat_map(|it| &it.walls);
            heard.copied().filter(|wall| !walls.contains(wall)).collect::<Vec<_>>()
        };
        self.change_walls(outbox.user(), |watching| watching.outbox.id() == outbox.id(), &gone, false);
    }

    /// Lets a connection hear no more of the feed.
    pub fn stop_watching(&self, outbox: &Arc<Outbox>) {
        self.hear_only_walls(outbox, &[]);
        if let Some(person) = self.node().people.get_mut(&outbox.user()) {
            person.watching.retain(|watching| watching.outbox.id() != outbox.id());
        }
    }

    /// Somebody has a wall from now on: their friends who watch the feed hear it, and they themselves.
    pub(super) fn wall_created(&self, wall: ChannelId, owner: UserId) {
        let around = {
            let registry = self.registry();
            let friends = registry.account(owner).into_iter().flat_map(|account| &account.relations.friends);
            friends.copied().chain([owner]).collect::<Vec<_>>()
        };
        around.into_iter().for_each(|user| self.change_walls(user, |_| true, &[wall], true));
    }

    /// Somebody is another's friend from now on, or no longer, and hears of their posts or not.
    pub(super) fn watching_follows(&self, user: UserId, wall: ChannelId, relation: Relation) {
        self.change_walls(user, |_| true, &[wall], relation == Relation::Friend);
    }

    fn change_walls(&self, user: UserId, which: impl Fn(&Watching) -> bool, walls: &[ChannelId], hears: bool) {
        let mut node = self.node();
        let watching = node.people.get_mut(&user).into_iter().flat_map(|person| &mut person.watching);
        for watching in watching.filter(|watching| which(watching)) {
            let Watching { outbox, walls: heard } = watching;
            for wall in walls {
                if hears {
                    heard.insert(*wall);
                    self.enter(wall, |live| _ = live.connections.insert(outbox.id(), outbox.clone()));
                } else if heard.remove(wall) {
                    self.exit(wall, |live| _ = live.connections.remove(&outbox.id()));
                }
            }
        }
    }
}
