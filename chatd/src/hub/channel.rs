//! What lives of a channel on this daemon only: connections that hear it, who types, and of whom it tells.
//!
//! Telling everybody about everybody costs members × members. So a channel of more than
//! [`bounds::SNAPSHOT_MEMBERS_MAX`] members shows at most so many who are online, the same to all: lists hold them first,
//! and of the others nobody is told that they come and go.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use proto::{MemberUpdate, bounds};

use super::outbox::{Item, Outbox};
use super::registry::ChannelMembers;
use super::visibility::{Relations, Visibility};
use crate::lock::lock;
use crate::store::UserId;

/// A channel that somebody here hears.
#[derive(Default)]
pub(super) struct SharedChannel {
    live: Mutex<LiveChannel>,
}

#[derive(Default)]
pub(super) struct LiveChannel {
    pub(super) connections: HashMap<u64, Arc<Outbox>>,
    pub(super) typing: HashMap<UserId, Typing>,
    /// Who has connections that were not shown a direct message, for want of news there.
    pub(super) unshown: HashSet<UserId>,
    /// Whom a large channel shows as online; `None` while it is not large, or nobody has asked.
    shown: Option<HashSet<UserId>>,
    /// Who joined and left a large channel and was not sent yet; `None` when all was sent.
    untold: Option<Vec<(UserId, MemberUpdate)>>,
}

/// Somebody who types.
pub(super) struct Typing {
    /// When it ends by itself.
    pub(super) until: Instant,
    /// Who was sent it.
    pub(super) relations: Arc<Relations>,
}

/// To whom a change of somebody's presence is sent in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// Not at all.
    Nothing,
    /// As a change of one who is shown.
    Presence,
    /// As a change of one who was shown so far, and somebody else who is shown from now on.
    Replaced(UserId),
    /// As somebody who is shown from now on.
    Member,
}

/// What becomes of the members that are shown when one leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AfterLeaving {
    /// Nobody else is shown in the place.
    Same,
    /// Somebody is shown from now on.
    Shown(UserId),
    /// The channel is no longer large: all members are shown from now on.
    AllShown,
}

impl SharedChannel {
    pub(super) fn live(&self) -> MutexGuard<'_, LiveChannel> {
        lock(&self.live)
    }
}

impl LiveChannel {
    /// Tells whether nothing is lost with it.
    pub(super) fn is_idle(&self) -> bool {
        self.connections.is_empty() && self.unshown.is_empty()
    }

    /// Gives those whom a large channel shows as online; nothing of one that shows all.
    pub(super) fn shown(&mut self, channel: &ChannelMembers) -> Vec<UserId> {
        self.fill(channel);
        self.shown.iter().flatten().copied().collect()
    }

    /// Finds out how to tell that somebody is online now, and everybody sees it, or not.
    pub(super) fn tells(&mut self, channel: &ChannelMembers, user: UserId, online: bool) -> Telling {
        self.fill(channel);
        let Some(shown) = &mut self.shown else { return Telling::Presence };
        match (shown.contains(&user), online) {
            (true, true) => Telling::Presence,
            (true, false) => {
                shown.remove(&user);
                self.show_hidden(channel, user).map_or(Telling::Presence, Telling::Replaced)
            }
            (false, true) if shown.len() < bounds::SNAPSHOT_MEMBERS_MAX && channel.members.contains_key(&user) => {
                shown.insert(user);
                Telling::Member
            }
            (false, _) => Telling::Nothing,
        }
    }

    /// Forgets somebody who left.
    pub(super) fn forget(&mut self, channel: &ChannelMembers, user: UserId) -> AfterLeaving {
        self.typing.remove(&user);
        self.unshown.remove(&user);
        let Some(shown) = &mut self.shown else { return AfterLeaving::Same };
        let was_shown = shown.remove(&user);
        if !channel.is_large() {
            self.shown = None;
            return AfterLeaving::AllShown;
        }
        let hidden = if was_shown { self.show_hidden(channel, user) } else { None };
        hidden.map_or(AfterLeaving::Same, AfterLeaving::Shown)
    }

    /// Shows somebody other than `user` who is online and was not shown so far.
    fn show_hidden(&mut self, channel: &ChannelMembers, user: UserId) -> Option<UserId> {
        let shown = self.shown.as_mut()?;
        let mut hidden = showable(&self.connections, channel);
        let hidden = hidden.find(|hidden| *hidden != user && !shown.contains(hidden))?;
        shown.insert(hidden);
        Some(hidden)
    }

    /// Begins to choose whom a channel shows once it is large, and ends that when it no longer is.
    fn fill(&mut self, channel: &ChannelMembers) {
        if !channel.is_large() {
            self.shown = None;
        } else if self.shown.is_none() {
            let shown = showable(&self.connections, channel).take(bounds::SNAPSHOT_MEMBERS_MAX);
            self.shown = Some(shown.collect());
        }
    }

    /// Takes note that a large channel is to tell of somebody who joined or left, and of the new number;
    /// true when nothing waited to be sent before.
    pub(super) fn tell_later(&mut self, update: Option<(UserId, MemberUpdate)>) -> bool {
        let first = self.untold.is_none();
        self.untold.get_or_insert_default().extend(update);
        first
    }

    /// Takes what waited to be sent.
    pub(super) fn take_untold(&mut self) -> Option<Vec<(UserId, MemberUpdate)>> {
        self.untold.take()
    }

    /// Tells whether joining and leaving is gathered before it is sent.
    pub(super) fn gathers(&self, channel: &ChannelMembers) -> bool {
        channel.is_large() || self.untold.is_some()
    }

    pub(super) fn send(&self, item: &Item) {
        self.connections.values().for_each(|outbox| outbox.push(item.clone()));
    }

    /// Tells everybody of somebody, each what they see of them.
    pub(super) fn send_seen(
        &self,
        user: UserId,
        (relations, shares): (&Relations, bool),
        item: impl Fn(Visibility) -> Item,
    ) {
        let clear = item(Visibility::Full);
        if relations.is_same_to_all(shares) {
            return self.send(&clear);
        }
        for outbox in self.connections.values() {
            match relations.shown_to(outbox.user(), shares) {
                Visibility::Full => outbox.push(clear.clone()),
                _ if outbox.user() == user => outbox.push(clear.clone()),
                less => outbox.push(item(less)),
            }
        }
    }

    /// Tells the others of what somebody does, if they see it.
    pub(super) fn send_to_others(&self, user: UserId, relations: &Relations, item: &Item) {
        let all = relations.is_same_to_all(true);
        let hears = |other: UserId| other != user && (all || relations.shown_to(other, true) == Visibility::Full);
        self.connections.values().filter(|outbox| hears(outbox.user())).for_each(|outbox| outbox.push(item.clone()));
    }
}

/// Those who are connected and whom everybody may see here. Of the others nobody learns by the place that they take.
fn showable<'a>(
    connections: &'a HashMap<u64, Arc<Outbox>>,
    channel: &'a ChannelMembers,
) -> impl Iterator<Item = UserId> + 'a {
    let open = connections.values().filter(|outbox| !outbox.is_discreet());
    open.map(|outbox| outbox.user()).filter(|user| !channel.is_apart(*user))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use proto::{ChannelKind, Index, Role};

    use super::*;
    use crate::store::Membership;

    /// A channel of so many members, of whom so many are connected.
    fn channel(total: u64, connected: i64) -> (ChannelMembers, LiveChannel) {
        let membership = Membership { role: Role::Member, apart: false, closed: false, reads_from: Index::new(1) };
        let members = (0..connected).map(|user| (UserId::for_test(user), membership)).collect();
        let mut live = LiveChannel::default();
        live.connections.extend((0..connected).map(|id| (id as u64, connection(id, Arc::default()))));
        (ChannelMembers { kind: ChannelKind::Public, total, members }, live)
    }

    fn connection(user: i64, discreet: Arc<AtomicBool>) -> Arc<Outbox> {
        let session = "s".parse().unwrap();
        Arc::new(Outbox::new(user as u64, UserId::for_test(user), session, 4_096, Arc::default(), discreet))
    }

    #[test]
    fn a_small_channel_tells_everything() {
        let (channel, mut live) = channel(200, 200);
        assert_eq!(live.tells(&channel, UserId::for_test(7), true), Telling::Presence);
        assert_eq!(live.shown(&channel), []);
    }

    #[test]
    fn a_large_channel_tells_of_those_whom_it_shows() {
        let (mut channel, mut live) = channel(1_000, 150);
        assert_eq!(live.shown(&channel).len(), 150);
        let (_, more) = self::channel(1_000, 300);
        let membership = channel.members[&UserId::for_test(0)];
        for user in (150..300).map(UserId::for_test) {
            channel.members.insert(user, membership);
        }
        live.connections = more.connections;
        for user in (150..200).map(UserId::for_test) {
            assert_eq!(live.tells(&channel, user, true), Telling::Member);
        }
        assert_eq!(live.tells(&channel, UserId::for_test(200), true), Telling::Nothing, "no place is free");
        assert_eq!(live.tells(&channel, UserId::for_test(999), true), Telling::Nothing, "no member");
        assert_eq!(live.tells(&channel, UserId::for_test(200), false), Telling::Nothing);
        let Telling::Replaced(hidden) = live.tells(&channel, UserId::for_test(0), false) else { panic!("nobody") };
        assert!(hidden >= UserId::for_test(200), "{hidden:?}");
        assert_eq!(live.tells(&channel, UserId::for_test(0), true), Telling::Nothing, "no place is free");
        assert_eq!(live.shown(&channel).len(), 200);
    }

    #[test]
    fn who_is_not_to_be_seen_takes_no_place() {
        let (mut channel, mut live) = channel(1_000, 3);
        live.shown(&channel);
        let discreet = Arc::new(AtomicBool::new(true));
        let hidden = UserId::for_test(7);
        let membership = channel.members[&UserId::for_test(0)];
        channel.members.insert(hidden, membership);
        live.connections.insert(7, connection(7, discreet.clone()));
        let one = UserId::for_test(0);
        assert_eq!(live.tells(&channel, one, false), Telling::Presence, "nobody appears in their place");
        live.tells(&channel, one, true);
        discreet.store(false, Ordering::Relaxed);
        channel.members.insert(hidden, Membership { apart: true, ..membership });
        assert_eq!(live.tells(&channel, one, false), Telling::Presence, "nor does who was added and has done nothing");
        live.tells(&channel, one, true);
        channel.members.insert(hidden, membership);
        assert_eq!(live.tells(&channel, one, false), Telling::Replaced(hidden));
    }

    #[test]
    fn who_leaves_frees_a_place() {
        let (mut channel, mut live) = channel(202, 201);
        assert_eq!(live.shown(&channel).len(), 200);
        let shown = live.shown(&channel)[0];
        let leave = |channel: &mut ChannelMembers, live: &mut LiveChannel, user: UserId| {
            channel.members.remove(&user);
            live.connections.retain(|_, outbox| outbox.user() != user);
            channel.total -= 1;
            live.forget(channel, user)
        };
        assert!(matches!(leave(&mut channel, &mut live, shown), AfterLeaving::Shown(_)));
        let shown = live.shown(&channel)[0];
        assert_eq!(leave(&mut channel, &mut live, shown), AfterLeaving::AllShown, "with 200 left nobody is hidden");
        assert_eq!(leave(&mut channel, &mut live, UserId::for_test(999)), AfterLeaving::Same);
    }
}
