//! Direct messages that somebody has closed or was not shown, and members whom others added.

use std::sync::Arc;

use proto::ChannelId;

use super::Hub;
use super::outbox::{Item, Outbox, Presences};
use super::presence::ToldTo;
use super::publish::removal;
use super::visibility::{Visibility, seen};
use crate::store::UserId;

impl Hub {
    /// Shows a direct message to the connections of somebody who do not hear of it yet.
    pub(super) fn open_conversation(&self, id: &ChannelId, user: UserId) {
        let open = |outbox: &Arc<Outbox>| outbox.closing().is_none();
        let connections = self.connections_of(user);
        self.exit(id, |live| _ = live.unshown.remove(&user));
        for outbox in connections.into_iter().filter(open) {
            self.enter(id, |live| {
                if live.connections.insert(outbox.id(), outbox.clone()).is_none() {
                    outbox.push(Item::Show(*id));
                }
            });
        }
    }

    /// Takes a direct message from the connections of somebody. The other sees them go, if they saw them by that alone.
    pub(super) fn close_conversation(&self, id: &ChannelId, user: UserId, was_apart: bool) {
        let connections = self.connections_of(user);
        self.exit(id, |live| {
            for outbox in connections {
                if live.connections.remove(&outbox.id()).is_some() {
                    outbox.push(removal(*id, None, None));
                }
            }
        });
        // Those who never answered were never seen there.
        if was_apart {
            return;
        }
        let others = {
            let registry = self.registry();
            let members = registry.channel(id).into_iter().flat_map(|channel| channel.members.keys().copied());
            members.filter(|other| *other != user && !registry.shares(user, *other)).collect::<Vec<_>>()
        };
        others.into_iter().for_each(|other| self.goes_out_of_sight(user, other));
    }

    /// Sends one who saw another only by what they shared what its lists show from now on: somebody who is offline.
    fn goes_out_of_sight(&self, user: UserId, viewer: UserId) {
        let (registry, node) = (self.registry(), self.node());
        let Some(account) = registry.account(user) else { return };
        let (Some(person), Some(viewing)) = (node.people.get(&user), node.people.get(&viewer)) else { return };
        let saw = |shares| account.relations.shown_to(viewer, shares) == Visibility::Full;
        if !person.is_seen(&account.record) || !saw(true) || saw(false) {
            return;
        }
        let gone = seen(&person.presence(&account.record), Visibility::Offline(None));
        let gone = Arc::new(Presences::new(vec![gone]));
        viewing.connections.iter().for_each(|outbox| outbox.push(Item::Presence(gone.clone())));
    }

    /// Somebody is in a channel like anybody else from now on, and is seen there.
    pub(super) fn taken_up(&self, user: UserId) {
        self.presence_changed(user, ToldTo::Seeing);
    }
}
