//! One channel: its members, its connections, and of whom it tells.
//!
//! Telling everybody about everybody costs members × members. So a room of more than
//! [`bounds::SNAPSHOT_MEMBERS_MAX`] members shows only so many of them, the same to all, those online
//! first: pictures hold them, and only their coming and going is told.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use proto::{ChannelKind, Index, MemberUpdate, Role, bounds};

use super::circle::{Circle, Sight};
use super::outbox::{Item, Outbox};
use crate::lock::lock;
use crate::store::{DirectoryMember, UserId};

pub(super) struct Channel {
    room: Mutex<Room>,
}

pub(super) struct Room {
    pub(super) kind: ChannelKind,
    /// Whose wall it is, if it is one.
    pub(super) wall_of: Option<UserId>,
    pub(super) roles: HashMap<UserId, Role>,
    pub(super) connections: HashMap<u64, Arc<Outbox>>,
    pub(super) typing: HashMap<UserId, Typing>,
    /// Members whom others have added and who have done nothing here: it is no channel that they share. Who has closed a
    /// direct conversation is among them.
    pub(super) apart: HashSet<UserId>,
    /// Who has closed a direct conversation, or was never written to in it.
    pub(super) closed: HashSet<UserId>,
    /// Who has connections that were not shown a direct conversation, for want of news there.
    pub(super) unshown: HashSet<UserId>,
    /// The first message that a member may read, where it is not the first of all.
    reads_from: HashMap<UserId, Index>,
    /// Whom a large room shows, and whether they are online; empty while it is not large.
    shown: HashMap<UserId, bool>,
    /// What a large room has not told yet about joining and leaving; `None` when it has told all.
    untold: Option<Vec<MemberUpdate>>,
}

/// Somebody who types.
pub(super) struct Typing {
    /// When it ends by itself.
    pub(super) until: Instant,
    /// Who was told.
    pub(super) circle: Arc<Circle>,
}

/// How somebody is in a channel, besides their role.
#[derive(Debug, Clone, Copy)]
pub(super) struct Admission {
    pub(super) apart: bool,
    pub(super) closed: bool,
    pub(super) reads_from: Index,
}

impl Admission {
    pub(super) fn of(member: &DirectoryMember) -> Self {
        Self { apart: member.apart, closed: member.closed, reads_from: member.reads_from }
    }
}

/// How a change of somebody's presence is told in a room.
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

impl Channel {
    pub(super) fn new(room: Room) -> Self {
        Self { room: Mutex::new(room) }
    }

    pub(super) fn room(&self) -> MutexGuard<'_, Room> {
        lock(&self.room)
    }
}

impl Room {
    /// Makes the room of a channel that nobody is in.
    pub(super) fn new(kind: ChannelKind) -> Self {
        Self {
            kind,
            wall_of: None,
            roles: HashMap::new(),
            connections: HashMap::new(),
            typing: HashMap::new(),
            apart: HashSet::new(),
            closed: HashSet::new(),
            unshown: HashSet::new(),
            reads_from: HashMap::new(),
            shown: HashMap::new(),
            untold: None,
        }
    }

    /// Makes the room of a wall, which nobody is a member of.
    pub(super) fn of_wall(owner: UserId) -> Self {
        Self { wall_of: Some(owner), ..Self::new(ChannelKind::Wall) }
    }

    /// Takes note of a member.
    pub(super) fn admit(&mut self, user: UserId, role: Role, admission: Admission) {
        self.roles.insert(user, role);
        if admission.apart {
            self.apart.insert(user);
        }
        if admission.closed {
            self.closed.insert(user);
        }
        if admission.reads_from > Index::new(1) {
            self.reads_from.insert(user, admission.reads_from);
        }
    }

    pub(super) fn is_large(&self) -> bool {
        self.roles.len() > bounds::SNAPSHOT_MEMBERS_MAX
    }

    /// Gives those whom the room shows, the same to all.
    pub(super) fn shown(&mut self) -> Vec<(UserId, Role, bool)> {
        let described =
            |user: &UserId, room: &Self| Some((*user, *room.roles.get(user)?, room.typing.contains_key(user)));
        if self.is_large() {
            self.fill();
            return self.shown.keys().filter_map(|user| described(user, self)).collect();
        }
        self.roles.keys().filter_map(|user| described(user, self)).collect()
    }

    /// Tells whether the room tells of somebody.
    pub(super) fn shows(&self, user: UserId) -> bool {
        !self.is_large() || self.shown.contains_key(&user)
    }

    /// Finds out how to tell that somebody is online now, and everybody sees it, or not.
    pub(super) fn tells(&mut self, user: UserId, online: bool) -> Telling {
        if !self.is_large() {
            self.shown.clear();
            return Telling::Presence;
        }
        self.fill();
        if let Some(known) = self.shown.get_mut(&user) {
            *known = online;
            let there = self.connections.values();
            let there = there.filter(|outbox| !outbox.is_discreet() && !self.apart.contains(&outbox.user()));
            let hidden = there.map(|outbox| outbox.user()).find(|user| !self.shown.contains_key(user));
            return match hidden {
                // Those online come first.
                Some(hidden) if !online => {
                    self.shown.remove(&user);
                    self.shown.insert(hidden, true);
                    Telling::Replaced(hidden)
                }
                _ => Telling::Presence,
            };
        }
        let replaced = self.shown.iter().find(|(_, online)| !**online).map(|(user, _)| *user);
        match replaced {
            Some(replaced) if online && self.roles.contains_key(&user) => {
                self.shown.remove(&replaced);
                self.shown.insert(user, true);
                Telling::Member
            }
            _ => Telling::Nothing,
        }
    }

    /// Takes note that a large room is to tell of somebody who joined or left, and of the new number;
    /// true when nothing waited to be told before.
    pub(super) fn tell_later(&mut self, update: Option<MemberUpdate>) -> bool {
        let first = self.untold.is_none();
        self.untold.get_or_insert_default().extend(update);
        first
    }

    /// Takes what waited to be told.
    pub(super) fn take_untold(&mut self) -> Option<Vec<MemberUpdate>> {
        self.untold.take()
    }

    /// Forgets somebody who left; tells whether the room showed them, and whom it shows from now on.
    pub(super) fn forget(&mut self, user: UserId) -> (bool, Vec<UserId>) {
        let was_large = self.is_large();
        if was_large {
            self.fill();
        }
        let before = self.shown.clone();
        self.roles.remove(&user);
        self.typing.remove(&user);
        self.apart.remove(&user);
        self.closed.remove(&user);
        self.unshown.remove(&user);
        self.reads_from.remove(&user);
        self.shown.remove(&user);
        if !was_large {
            return (true, Vec::new());
        }
        let is_new = |user: &UserId| !before.contains_key(user);
        let newly = if self.is_large() {
            self.fill();
            self.shown.keys().copied().filter(is_new).collect()
        } else {
            self.shown.clear();
            self.roles.keys().copied().filter(is_new).collect()
        };
        (before.contains_key(&user), newly)
    }

    /// Tells whether joining and leaving is gathered before it is told.
    pub(super) fn gathers(&self) -> bool {
        self.is_large() || self.untold.is_some()
    }

    pub(super) fn send(&self, item: &Item) {
        self.connections.values().for_each(|outbox| outbox.push(item.clone()));
    }

    /// Tells of a message to all who may read it.
    pub(super) fn send_of(&self, index: Index, item: &Item) {
        let reads = |outbox: &&Arc<Outbox>| self.reads_from.get(&outbox.user()).is_none_or(|from| *from <= index);
        self.connections.values().filter(reads).for_each(|outbox| outbox.push(item.clone()));
    }

    /// Tells everybody of somebody, each what they see of them.
    pub(super) fn send_seen(&self, user: UserId, circle: &Circle, item: impl Fn(Sight) -> Item) {
        let clear = item(Sight::Clear);
        let shares = !self.apart.contains(&user);
        if circle.is_same_to_all(shares) {
            return self.send(&clear);
        }
        for outbox in self.connections.values() {
            match circle.sight(outbox.user(), shares) {
                Sight::Clear => outbox.push(clear.clone()),
                _ if outbox.user() == user => outbox.push(clear.clone()),
                less => outbox.push(item(less)),
            }
        }
    }

    /// Tells the others of what somebody does, if they see it.
    pub(super) fn send_to_others(&self, user: UserId, circle: &Circle, item: &Item) {
        let hears =
            |other: UserId| other != user && (circle.is_same_to_all(true) || circle.sight(other, true) == Sight::Clear);
        self.connections.values().filter(|outbox| hears(outbox.user())).for_each(|outbox| outbox.push(item.clone()));
    }

    /// Fills free places among those who are shown, with those who are connected first.
    fn fill(&mut self) {
        let max = bounds::SNAPSHOT_MEMBERS_MAX;
        if self.shown.len() >= max {
            return;
        }
        // Of whom not everybody is to see it, nobody is told by the place that they take.
        let Self { connections, apart, .. } = &*self;
        let there = connections.values().filter(|outbox| !outbox.is_discreet() && !apart.contains(&outbox.user()));
        let connected = there.map(|outbox| (outbox.user(), true)).collect::<Vec<_>>();
        for (user, online) in connected.into_iter().chain(self.roles.keys().map(|user| (*user, false))) {
            if self.shown.len() >= max {
                break;
            }
            self.shown.entry(user).or_insert(online);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(members: i64) -> Room {
        let mut room = Room::new(ChannelKind::Public);
        room.roles.extend((0..members).map(|user| (UserId::for_test(user), Role::Member)));
        room
    }

    #[test]
    fn a_small_room_tells_everything() {
        let mut room = room(200);
        assert_eq!(room.tells(UserId::for_test(7), true), Telling::Presence);
        assert_eq!(room.shown().len(), 200);
    }

    #[test]
    fn a_large_room_tells_of_those_whom_it_shows() {
        let mut room = room(1_000);
        let shown: Vec<UserId> = room.shown().into_iter().map(|(user, ..)| user).collect();
        assert_eq!(shown.len(), 200);
        let hidden: Vec<UserId> =
            (0..1_000).map(UserId::for_test).filter(|user| !room.shown.contains_key(user)).collect();
        assert_eq!(room.tells(hidden[0], false), Telling::Nothing);
        // All who are shown are offline, so whoever comes takes a place.
        for user in &hidden[..200] {
            assert_eq!(room.tells(*user, true), Telling::Member);
        }
        assert_eq!(room.tells(hidden[300], true), Telling::Nothing, "no place is free");
        assert_eq!(room.tells(hidden[0], false), Telling::Presence);
        assert_eq!(room.tells(hidden[300], true), Telling::Member);
        assert_eq!(room.shown.len(), 200);
    }

    #[test]
    fn who_is_online_takes_the_place_of_one_who_goes() {
        let mut room = room(1_000);
        let connection = |id: i64| {
            let session = "s".parse().unwrap();
            (
                id as u64,
                Arc::new(Outbox::new(id as u64, UserId::for_test(id), session, 4_096, Arc::default(), Arc::default())),
            )
        };
        room.connections.extend((0..201).map(connection));
        let shown: Vec<UserId> = room.shown().into_iter().map(|(user, ..)| user).collect();
        let hidden = (0..201).map(UserId::for_test).find(|user| !shown.contains(user)).unwrap();
        assert_eq!(room.tells(shown[0], false), Telling::Replaced(hidden));
        assert_eq!(room.tells(shown[0], true), Telling::Nothing, "no place is free");
    }

    #[test]
    fn who_is_not_to_be_seen_takes_no_place() {
        let mut room = room(1_000);
        let shown: Vec<UserId> = room.shown().into_iter().map(|(user, ..)| user).collect();
        let hidden = *room.roles.keys().find(|user| !shown.contains(user)).unwrap();
        let discreet = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let outbox = Outbox::new(1, hidden, "s".parse().unwrap(), 4_096, Arc::default(), discreet.clone());
        room.connections.insert(1, Arc::new(outbox));
        room.tells(shown[0], true);
        assert_eq!(room.tells(shown[0], false), Telling::Presence, "nobody appears in their place");
        room.tells(shown[0], true);
        discreet.store(false, std::sync::atomic::Ordering::Relaxed);
        room.apart.insert(hidden);
        assert_eq!(room.tells(shown[0], false), Telling::Presence, "nor does who was added and has done nothing");
        room.tells(shown[0], true);
        room.apart.clear();
        assert_eq!(room.tells(shown[0], false), Telling::Replaced(hidden));
    }

    #[test]
    fn who_leaves_frees_a_place() {
        let mut room = room(203);
        room.fill();
        let user = *room.shown.keys().next().unwrap();
        let hidden = |room: &Room| room.roles.keys().copied().filter(|user| !room.shown.contains_key(user)).collect();
        let before: Vec<UserId> = hidden(&room);
        let (was_shown, newly) = room.forget(user);
        assert!(was_shown && newly.len() == 1 && before.contains(&newly[0]), "{newly:?}");
        assert_eq!(room.shown().len(), 200);
        let before: Vec<UserId> = hidden(&room);
        assert_eq!(room.forget(before[0]), (false, vec![]));
        // With 200 left nobody is hidden any more.
        let before: Vec<UserId> = hidden(&room);
        let shown = *room.shown.keys().next().unwrap();
        assert_eq!(room.forget(shown), (true, before));
        assert_eq!(room.forget(UserId::for_test(999)), (true, vec![]));
    }
}
