//! Walls: who reads them, and the connections that look at the feed.
//!
//! A wall is a room without members. A connection that watches the feed is attached to the rooms of its person's friends
//! and to their own, so that what is said there comes by the same way as in any channel.

use std::collections::HashSet;
use std::sync::Arc;

use proto::{Audience, ChannelId, Relation};

use super::outbox::Outbox;
use super::room::{Channel, Room};
use super::{Hub, People};
use crate::lock;
use crate::store::UserId;

impl Hub {
    /// Tells whether a channel is a wall that somebody may read.
    pub fn reads_wall(&self, channel: &ChannelId, viewer: UserId) -> bool {
        let owner = self.channel(channel).and_then(|channel| channel.room().wall_of);
        owner.is_some_and(|owner| self.people().reads_wall(owner, viewer))
    }

    /// Lets a connection hear what is posted by friends and by its own person, or no longer.
    pub fn watch_feed(&self, outbox: &Arc<Outbox>, on: bool) {
        let user = outbox.user();
        {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&user) else { return };
            let watched = person.watching.iter().any(|watching| watching.id() == outbox.id());
            if watched == on {
                return;
            }
            match on {
                true => person.watching.push(outbox.clone()),
                false => person.watching.retain(|watching| watching.id() != outbox.id()),
            }
        }
        let walls = self.people().walls_around(user);
        if !on {
            return self.leave_walls(&walls, std::slice::from_ref(outbox));
        }
        self.enter_walls(&walls, std::slice::from_ref(outbox));
        // Who was a friend a moment ago and is none now was perhaps left before it was entered.
        let still: HashSet<_> = self.people().walls_around(user).into_iter().collect();
        let gone = walls.into_iter().filter(|wall| !still.contains(wall)).collect::<Vec<_>>();
        self.leave_walls(&gone, std::slice::from_ref(outbox));
    }

    /// Notes that somebody has a wall: their friends who watch the feed hear of it.
    pub(super) fn add_wall(&self, id: ChannelId, owner: UserId) {
        let room = Arc::new(Channel::new(Room::of_wall(owner)));
        lock::write(&self.channels).insert(id, room);
        let watching = {
            let mut people = self.people();
            people.walls.insert(owner, id);
            let friends = people.by_id.get(&owner).map(|person| person.circle.clone());
            let around = friends.iter().flat_map(|circle| &circle.friends).chain([&owner]);
            around.filter_map(|user| people.by_id.get(user)).flat_map(|person| person.watching.clone()).collect()
        };
        let watching: Vec<_> = watching;
        self.enter_walls(&[id], &watching);
    }

    /// Whoever is gone reads nothing; what they posted is read by nobody.
    pub(super) fn wall_of_deleted(&self, owner: UserId) {
        let wall = self.people().walls.remove(&owner);
        if let Some(wall) = wall {
            lock::write(&self.channels).remove(&wall);
        }
    }

    /// Somebody stands otherwise to another, whose posts they hear of or no longer.
    pub(super) fn watching_follows(&self, user: UserId, other: UserId, relation: Relation) {
        let (watching, wall) = {
            let people = self.people();
            let watching = people.by_id.get(&user).map(|person| person.watching.clone()).unwrap_or_default();
            (watching, people.walls.get(&other).copied())
        };
        match (wall, relation) {
            (None, _) => {}
            (Some(wall), Relation::Friend) => self.enter_walls(&[wall], &watching),
            (Some(wall), _) => self.leave_walls(&[wall], &watching),
        }
    }

    fn enter_walls(&self, walls: &[ChannelId], watching: &[Arc<Outbox>]) {
        for wall in walls {
            self.with_room(wall, |room| {
                // One that has closed meanwhile has left already and would stay here for good.
                for outbox in watching.iter().filter(|outbox| outbox.closing().is_none()) {
                    room.connections.insert(outbox.id(), outbox.clone());
                }
            });
        }
    }

    fn leave_walls(&self, walls: &[ChannelId], watching: &[Arc<Outbox>]) {
        for wall in walls {
            self.with_room(wall, |room| {
                watching.iter().for_each(|outbox| _ = room.connections.remove(&outbox.id()));
            });
        }
    }
}

impl People {
    /// Tells whether somebody may read what another posts; the store has the last word.
    pub(super) fn reads_wall(&self, owner: UserId, viewer: UserId) -> bool {
        let (Some(person), Some(reader)) = (self.by_id.get(&owner), self.by_id.get(&viewer)) else { return false };
        let circle = &person.circle;
        owner == viewer
            || circle.friends.contains(&viewer)
            || (circle.privacy.posts == Audience::Everyone && !circle.blocks(viewer) && !reader.guest)
    }

    /// Gives the walls of somebody and their friends.
    fn walls_around(&self, user: UserId) -> Vec<ChannelId> {
        let Some(person) = self.by_id.get(&user) else { return Vec::new() };
        person.circle.friends.iter().chain([&user]).filter_map(|owner| self.walls.get(owner).copied()).collect()
    }
}
