//! Joining and leaving: who is sent that somebody is in a channel, or no longer.

use proto::codec::encode_event;
use proto::{
    ChannelId, ChannelUpdate, ChannelUsersUpdate, Handle, MemberUpdate, Presence, RemoveReason, Role, ServerPacket,
    Version,
};
use std::sync::Arc;
use std::time::Duration;

use super::Hub;
use super::channel::{AfterLeaving, LiveChannel, Telling};
use super::outbox::{Item, Outbox};
use super::person::{appearing, offline};
use super::presence::ToldTo;
use super::publish::{event, member_event, removal};
use super::timers::Timer;
use super::visibility::{Relations, Visibility, seen};
use crate::store::{Actor, Membership, PersonRecord, UserId};

/// How long a large channel gathers who joined and left before it tells.
const GATHER_IN_LARGE_CHANNELS: Duration = Duration::from_secs(1);

impl Hub {
    /// A channel is gone, with the members that it had.
    pub(super) fn channel_removed(&self, id: &ChannelId, members: &[UserId], by: Option<Actor>) {
        let actor = by.as_ref().map(|by| by.user);
        let gone = removal(*id, Some(RemoveReason::Deleted), by.map(|by| by.handle));
        let own = removal(*id, None, None);
        for user in members {
            let item = if actor == Some(*user) { &own } else { &gone };
            self.connections_of(*user).iter().for_each(|outbox| outbox.push(item.clone()));
        }
        crate::lock::write_lock(&self.channels).remove(id);
    }

    pub(super) fn member_added(&self, id: &ChannelId, person: &PersonRecord, membership: Membership) {
        let user = person.user.user;
        let connections = self.connections_of(user);
        let (presence, relations) = self.as_known(person);
        self.tell_of_joining(id, user, (&presence, &relations), membership);
        // One that has closed meanwhile has left its channels already and would stay here for good.
        for outbox in connections.into_iter().filter(|outbox| outbox.closing().is_none()) {
            self.enter(id, |live| _ = live.connections.insert(outbox.id(), outbox.clone()));
            outbox.push(Item::Show(*id));
        }
    }

    /// Gives the presence and the relations of somebody: as they are here, or as the store has them.
    fn as_known(&self, person: &PersonRecord) -> (Presence, Arc<Relations>) {
        let (registry, node) = (self.registry(), self.node());
        let user = person.user.user;
        match (registry.account(user), node.people.get(&user)) {
            (Some(account), Some(here)) => (here.presence(&account.record), account.relations.clone()),
            _ => (offline(&person.user), Arc::new(Relations::new(person.user.privacy, &person.relations))),
        }
    }

    fn tell_of_joining(
        &self,
        id: &ChannelId,
        user: UserId,
        (presence, relations): (&Presence, &Arc<Relations>),
        membership: Membership,
    ) {
        let Membership { role, apart, .. } = membership;
        let registry = self.registry();
        let Some(channel) = registry.channel(id) else { return };
        self.with_channel(id, |live| {
            if !live.gathers(channel) {
                let joined =
                    |visibility| member_event(id, joining(presence, visibility, role, apart), Some(channel.total));
                return live.send_seen(user, (relations, !apart), joined);
            }
            let seen_by_all = presence.online && relations.is_open() && !apart;
            let shown = live.tells(channel, user, seen_by_all) != Telling::Nothing;
            // What is gathered is sent to all alike: of one whom some may not see only that they came.
            let visibility = if relations.is_same_to_all(!apart) { Visibility::Full } else { Visibility::Hidden };
            let joined = appearing(seen(presence, visibility), Some(role));
            self.tell_channel_later(id, live, shown.then_some((user, joined)));
        });
    }

    pub(super) fn member_removed(
        &self,
        id: &ChannelId,
        user: UserId,
        (handle, members_total): (Handle, u64),
        (reason, by): (Option<RemoveReason>, Option<Actor>),
    ) {
        let connections = self.connections_of(user);
        let removed = removal(*id, reason, by.map(|by| by.handle));
        let mut after = AfterLeaving::Same;
        let registry = self.registry();
        let channel = registry.channel(id);
        self.exit(id, |live| {
            // Those who look at posts are no members.
            connections.iter().for_each(|outbox| _ = live.connections.remove(&outbox.id()));
            let left = MemberUpdate { left: true, ..MemberUpdate::of(handle) };
            let Some(channel) = channel else { return };
            let gathers = live.gathers(channel);
            after = live.forget(channel, user);
            if gathers {
                self.tell_channel_later(id, live, Some((user, left)));
            } else {
                live.send(&member_event(id, left, Some(members_total)));
            }
            if after == AfterLeaving::AllShown {
                live.send(&Item::Members(*id));
            }
        });
        drop(registry);
        connections.iter().for_each(|outbox| outbox.push(removed.clone()));
        if let AfterLeaving::Shown(user) = after {
            self.tell_newly_shown(id, user);
        }
    }

    /// Tells of joining and leaving in a large channel with what else happens in this second.
    fn tell_channel_later(&self, id: &ChannelId, live: &mut LiveChannel, update: Option<(UserId, MemberUpdate)>) {
        if live.tell_later(update) {
            self.set_timer(GATHER_IN_LARGE_CHANNELS, Timer::TellChannel(*id));
        }
    }

    /// Tells what a large channel has gathered.
    pub(super) fn tell_channel(&self, id: &ChannelId) {
        let mut told: Vec<(UserId, bool)> = Vec::new();
        {
            let registry = self.registry();
            let Some(members_total) = registry.channel(id).map(|channel| channel.total) else { return };
            self.with_channel(id, |live| {
                let Some(members) = live.take_untold() else { return };
                let joined = members.iter().filter(|(_, member)| !member.left);
                told = joined.map(|(user, member)| (*user, member.online.unwrap_or_default())).collect();
                let members = members.into_iter().map(|(_, member)| member).collect();
                let update = ChannelUsersUpdate { id: *id, members, members_total: Some(members_total) };
                live.send(&event(id, &ServerPacket::ChannelUsersUpdate(update)));
            });
        }
        // Who may see more of them than others may is sent it now, with what changed since it was gathered.
        let (registry, node) = (self.registry(), self.node());
        for (user, online) in told {
            let (Some(account), Some(person)) = (registry.account(user), node.people.get(&user)) else { continue };
            if person.is_seen_by_all(account) != online || person.is_seen(&account.record) != online {
                self.presence_changed(user, ToldTo::Seeing);
            }
        }
    }

    /// Tells a large channel of somebody whom it shows from now on.
    pub(super) fn tell_newly_shown(&self, id: &ChannelId, user: UserId) {
        let registry = self.registry();
        let Some((account, membership)) = registry.account(user).zip(registry.membership(id, user)) else { return };
        let presence = self.presence_now(&account.record);
        self.with_channel(id, |live| {
            let shown =
                |visibility| member_event(id, appearing(seen(&presence, visibility), Some(membership.role)), None);
            live.send_seen(user, (&account.relations, !membership.apart), shown);
        });
    }

    pub(super) fn role_changed(&self, id: &ChannelId, handle: Handle, role: Role) {
        self.send_in(id, &member_event(id, MemberUpdate { role: Some(role), ..MemberUpdate::of(handle) }, None));
    }

    pub(super) fn owner_changed(&self, id: &ChannelId, version: Version, handle: Handle) {
        let update = ChannelUpdate { owner: Some(handle.clone()), ..ChannelUpdate::of(*id, version) };
        self.send_in(id, &Item::Event(*id, encode_event(&ServerPacket::ChannelUpdate(update)).into()));
        self.role_changed(id, handle, Role::Owner);
    }

    /// An account is disabled from now on, or no longer: those who are in a channel with it are sent that.
    pub(super) fn disabled_changed(&self, handle: &Handle, channels: &[ChannelId], disabled: bool) {
        for id in channels {
            let update = MemberUpdate { disabled: Some(disabled), ..MemberUpdate::of(handle.clone()) };
            self.send_in(id, &member_event(id, update, None));
        }
    }

    pub(super) fn send_in(&self, id: &ChannelId, item: &Item) {
        self.with_channel(id, |live| live.send(item));
    }

    pub(super) fn send_to_person(&self, user: UserId, item: &Item) {
        self.connections_of(user).iter().for_each(|outbox: &Arc<Outbox>| outbox.push(item.clone()));
    }
}

/// Gives what is sent of somebody who joins. Those who do not see it by this channel may see it by another one, so that of
/// one whom others added they are sent nothing.
fn joining(presence: &Presence, visibility: Visibility, role: Role, apart: bool) -> MemberUpdate {
    if apart && visibility != Visibility::Full {
        return MemberUpdate { role: Some(role), ..MemberUpdate::of(presence.handle.clone()) };
    }
    appearing(seen(presence, visibility), Some(role))
}
