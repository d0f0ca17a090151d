//! How people stand to each other, and what they set for themselves: who may see whom changes with it.

use std::sync::Arc;

use proto::codec::encode_event;
use proto::{Relation, Relationship, ServerPacket, Settings, Timestamp};

use super::Hub;
use super::outbox::{Item, Presences};
use super::person::offline;
use super::presence::ToldTo;
use super::registry::Before;
use super::visibility::{Relations, seen};
use crate::store::{UserId, UserRecord};

impl Hub {
    pub(super) fn settings_set(&self, user: UserId, settings: Settings, date: Timestamp, before: Before) {
        if let Some((presence, status)) = &before.chosen {
            self.presence_chosen(user, (*presence, status), date);
        }
        self.relations_changed(before);
        let packet = ServerPacket::Settings(Box::new(settings));
        self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
    }

    /// What another is to somebody has changed: the one is sent it, and what either sees may be different now.
    pub(super) fn related(
        &self,
        user: UserId,
        (other, shares): (&UserRecord, bool),
        (relation, since): (Relation, Timestamp),
        before: Before,
    ) {
        let viewed_before = before.relations.iter().find(|(whose, _)| *whose == user).map(|(_, known)| known.clone());
        self.relations_changed(before);
        if let Some(viewed_before) = viewed_before {
            self.sees_offline(user, &viewed_before, other, shares);
        }
        let presence = (relation == Relation::Friend).then(|| self.presence_now(other));
        let packet = Relationship { handle: other.handle.clone(), relation, since, presence };
        let packet = ServerPacket::FriendUpdate(Box::new(packet));
        self.send_to_person(user, &Item::Personal(encode_event(&packet).into()));
    }

    /// Tells those who see something else of somebody than before, now that their relations are others.
    fn relations_changed(&self, before: Before) {
        for (user, relations) in before.relations {
            {
                let (registry, node) = (self.registry(), self.node());
                if let (Some(account), Some(person)) = (registry.account(user), node.people.get(&user)) {
                    person.note_discretion(account);
                }
            }
            self.presence_changed(user, ToldTo::Since(relations));
        }
    }

    /// Sends somebody what they see now of another who is not connected, whose own changes nobody here hears of.
    fn sees_offline(&self, viewer: UserId, before: &Relations, other: &UserRecord, shares: bool) {
        let now = {
            let registry = self.registry();
            if registry.account(other.user).is_some() {
                return;
            }
            let Some(account) = registry.account(viewer) else { return };
            account.relations.sees(other, shares)
        };
        let presence = offline(other);
        let (before, now) = (seen(&presence, before.sees(other, shares)), seen(&presence, now));
        if shares && before != now {
            let presences = Arc::new(Presences::new(vec![now]));
            self.connections_of(viewer).iter().for_each(|outbox| outbox.push(Item::Presence(presences.clone())));
        }
    }
}
