//! Who may see somebody: friends, whom they have blocked, and the audiences they chose.
//!
//! A circle is shared and replaced as a whole, so that a fan-out may hold it without the lock of the people.

use std::collections::{HashMap, HashSet};

use proto::{Audience, Presence, PresenceState, Privacy, Relation, Timestamp};

use crate::store::UserId;

/// How somebody stands to others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Circle {
    pub(super) privacy: Privacy,
    pub(super) friends: HashSet<UserId>,
    /// Whom they have blocked, and since when: for those they went away at that moment.
    blocked: HashMap<UserId, Timestamp>,
    /// Who has blocked them, and sees nothing of them.
    blocked_by: HashSet<UserId>,
}

/// What somebody sees of another's presence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sight {
    /// How it is.
    Clear,
    /// Somebody who is not there, last seen at this moment if at any.
    Veiled(Option<Timestamp>),
    /// Nothing but a handle: the viewer has blocked them.
    Hidden,
}

impl Circle {
    /// Makes the circle of somebody who knows nobody.
    pub(super) fn new(privacy: Privacy) -> Self {
        Self { privacy, ..Self::default() }
    }

    /// Notes how somebody stands to the circle's person now.
    pub(super) fn relate(&mut self, other: UserId, relation: Relation, since: Timestamp) {
        self.friends.remove(&other);
        self.blocked.remove(&other);
        match relation {
            Relation::Friend => _ = self.friends.insert(other),
            Relation::Blocked => _ = self.blocked.insert(other, since),
            Relation::Asked | Relation::Asking | Relation::None | Relation::Unknown => {}
        }
    }

    /// Notes how the circle's person stands to somebody now, who says so.
    pub(super) fn related_by(&mut self, other: UserId, relation: Relation) {
        if relation == Relation::Blocked {
            self.blocked_by.insert(other);
        } else {
            self.blocked_by.remove(&other);
        }
    }

    /// Tells whether they have blocked somebody.
    pub(super) fn blocks(&self, other: UserId) -> bool {
        self.blocked.contains_key(&other)
    }

    /// Tells whether they let everybody who shares a channel see the same. That somebody has blocked them is not theirs.
    pub(super) fn is_open(&self) -> bool {
        self.blocked.is_empty() && self.privacy.presence != Audience::Friends
    }

    /// Tells whether everybody in a channel sees the same, where it is one that they share, or not.
    pub(super) fn is_same_to_all(&self, shares: bool) -> bool {
        let known = shares || self.privacy.presence == Audience::Everyone;
        self.is_open() && self.blocked_by.is_empty() && known
    }

    /// Gives what somebody sees who shares a channel, or not.
    pub(super) fn sight(&self, viewer: UserId, shares: bool) -> Sight {
        if self.blocked_by.contains(&viewer) {
            return Sight::Hidden;
        }
        let seen = match self.privacy.presence {
            Audience::Everyone => true,
            Audience::Shared => shares || self.friends.contains(&viewer),
            Audience::Friends | Audience::Unknown => self.friends.contains(&viewer),
        };
        match self.blocked.get(&viewer) {
            // Whoever would not see them anyway is not told apart from anybody else.
            Some(since) => Sight::Veiled(seen.then_some(*since)),
            None if seen => Sight::Clear,
            None => Sight::Veiled(None),
        }
    }
}

/// Gives what is seen of somebody.
pub(super) fn seen(presence: &Presence, sight: Sight) -> Presence {
    match sight {
        Sight::Clear => presence.clone(),
        Sight::Hidden => Presence { display_name: None, ..seen(presence, Sight::Veiled(None)) },
        Sight::Veiled(since) => {
            // Whoever was away before that is not seen later than they were.
            let last_seen = since
                .map(|veiled| presence.last_seen.filter(|_| !presence.online).map_or(veiled, |seen| seen.min(veiled)));
            Presence {
                handle: presence.handle.clone(),
                online: false,
                state: PresenceState::Offline,
                since: last_seen,
                last_seen,
                status: None,
                display_name: presence.display_name.clone(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_what() {
        let [friend, member, stranger, blocked] = [1, 2, 3, 4].map(UserId::for_test);
        let since = Timestamp::from_millis(7);
        let mut circle = Circle::default();
        circle.relate(friend, Relation::Friend, since);
        circle.relate(blocked, Relation::Friend, since);
        circle.relate(blocked, Relation::Blocked, since);
        for (audience, seeing) in [
            (Audience::Everyone, [true, true, true]),
            (Audience::Shared, [true, true, false]),
            (Audience::Friends, [true, false, false]),
        ] {
            circle.privacy.presence = audience;
            let sees = [(friend, false), (member, true), (stranger, false)]
                .map(|(viewer, shares)| circle.sight(viewer, shares) == Sight::Clear);
            assert_eq!(sees, seeing, "{audience:?}");
            let seen_otherwise = audience != Audience::Friends;
            assert_eq!(circle.sight(blocked, true), Sight::Veiled(seen_otherwise.then_some(since)), "{audience:?}");
        }
        assert!(!circle.is_open());
        circle.relate(blocked, Relation::None, since);
        circle.privacy.presence = Audience::Everyone;
        assert!(circle.is_open() && circle.sight(blocked, false) == Sight::Clear);
        circle.related_by(member, Relation::Blocked);
        assert_eq!(circle.sight(member, true), Sight::Hidden, "whoever blocks sees nothing of the blocked one");
        assert!(circle.is_open() && !circle.is_same_to_all(true), "and nobody else sees less");
    }
}
