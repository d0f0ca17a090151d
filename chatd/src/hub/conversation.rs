//! Direct conversations that somebody has closed or was not shown, members whom others added, and accounts that may not
//! be used.

use std::sync::Arc;

use proto::{ChannelId, MemberUpdate};

use super::Hub;
use super::circle::{Sight, seen};
use super::outbox::{Item, Outbox, Presences};
use super::presence::ToldTo;
use super::publish::{member_event, removal};
use crate::store::UserId;

impl Hub {
    /// Shows a conversation to the connections of somebody who do not hear of it yet.
    pub(super) fn open_conversation(&self, id: &ChannelId, user: UserId) {
        let Some(channel) = self.channel(id) else { return };
        {
            // First of all: a connection that comes meanwhile enters by itself.
            let mut room = channel.room();
            room.closed.remove(&user);
            room.unshown.remove(&user);
        }
        let connections = self.connections_of_person(user);
        let mut room = channel.room();
        let open = |outbox: &Arc<Outbox>| outbox.closing().is_none();
        for outbox in connections.into_iter().filter(open) {
            if room.connections.insert(outbox.id(), outbox.clone()).is_none() {
                outbox.push(Item::Show(*id));
            }
        }
    }

    /// Takes a conversation from the connections of somebody. The other sees them go, if they saw them by that alone.
    pub(super) fn close_conversation(&self, id: &ChannelId, user: UserId) {
        let Some(channel) = self.channel(id) else { return };
        let was_seen = {
            // First of all: a connection that comes meanwhile does not enter.
            let mut room = channel.room();
            room.closed.insert(user);
            room.apart.insert(user)
        };
        let connections = self.connections_of_person(user);
        let others = {
            let mut room = channel.room();
            for outbox in connections {
                if room.connections.remove(&outbox.id()).is_some() {
                    outbox.push(removal(*id, None, None));
                }
            }
            room.roles.keys().copied().filter(|other| *other != user).collect::<Vec<_>>()
        };
        // Whoever never answered was never seen there.
        for other in others.into_iter().filter(|other| was_seen && !self.shares(user, *other)) {
            self.goes_out_of_sight(user, other);
        }
    }

    fn connections_of_person(&self, user: UserId) -> Vec<Arc<Outbox>> {
        self.people().by_id.get(&user).map(|person| person.connections.clone()).unwrap_or_default()
    }

    /// Tells one who saw another only by what they shared what its picture shows from now on: somebody who is not there.
    fn goes_out_of_sight(&self, user: UserId, viewer: UserId) {
        let people = self.people();
        let (Some(person), Some(viewing)) = (people.by_id.get(&user), people.by_id.get(&viewer)) else { return };
        let saw = person.is_seen() && person.sight(user, viewer, true) == Sight::Clear;
        if !saw || person.sight(user, viewer, false) == Sight::Clear {
            return;
        }
        let gone = Arc::new(Presences::new(vec![seen(&person.presence(), Sight::Veiled(None))]));
        viewing.connections.iter().for_each(|outbox| outbox.push(Item::Presence(gone.clone())));
    }

    /// Somebody is in a channel like anybody else from now on, and is seen there.
    pub(super) fn taken_up(&self, id: &ChannelId, user: UserId) {
        self.with_room(id, |room| _ = room.apart.remove(&user));
        self.presence_changed(user, ToldTo::Seeing);
    }

    /// Tells whether somebody has closed a conversation.
    pub fn is_closed(&self, id: &ChannelId, user: UserId) -> bool {
        self.channel(id).is_some_and(|channel| channel.room().closed.contains(&user))
    }

    /// An account may no longer be used, or may again: those who are in a channel with it are told.
    pub(super) fn set_disabled(&self, user: UserId, disabled: bool) {
        let (handle, channels) = {
            let mut people = self.people();
            let Some(person) = people.by_id.get_mut(&user) else { return };
            person.disabled = disabled;
            (person.handle.clone(), person.channels.clone())
        };
        for id in channels {
            let update = MemberUpdate { disabled: Some(disabled), ..MemberUpdate::of(handle.clone()) };
            // A large room tells only of those whom it shows.
            self.with_room(&id, |room| {
                if room.shows(user) {
                    room.send(&member_event(&id, update, None));
                }
            });
        }
    }
}
