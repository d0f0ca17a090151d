//! Who may see somebody: friends, whom they have blocked, and the audiences they chose.
//!
//! The relations of an account are shared and replaced as a whole, so that a fan-out may hold them without a lock.

use std::collections::{HashMap, HashSet};

use proto::{Audience, Avatar, Presence, PresenceState, Privacy, Relation, Timestamp};

use crate::store::{RelationsRecord, UserId, UserRecord};

/// Whom an account has as friends, has blocked or is blocked by, and what it lets others see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relations {
    pub(super) privacy: Privacy,
    pub(super) friends: HashSet<UserId>,
    /// Those who are blocked, and since when: for them the account went offline at that moment.
    blocked: HashMap<UserId, Timestamp>,
    /// Those who have blocked the account and see nothing of it, and since when.
    blocked_by: HashMap<UserId, Timestamp>,
}

/// What one account sees of the presence of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Visibility {
    /// All of it.
    Full,
    /// Somebody who is offline, last seen at this moment if at any.
    Offline(Option<Timestamp>),
    /// Nothing but a handle: the viewer has blocked them.
    Hidden,
}

impl Relations {
    /// Makes the relations of an account.
    pub fn new(privacy: Privacy, known: &RelationsRecord) -> Self {
        Self {
            privacy,
            friends: known.friends.iter().copied().collect(),
            blocked: known.blocked.iter().copied().collect(),
            blocked_by: known.blocked_by.iter().copied().collect(),
        }
    }

    /// Notes what another is to the account now.
    pub(super) fn relate(&mut self, other: UserId, relation: Relation, since: Timestamp) {
        self.friends.remove(&other);
        self.blocked.remove(&other);
        match relation {
            Relation::Friend => _ = self.friends.insert(other),
            Relation::Blocked => _ = self.blocked.insert(other, since),
            Relation::Asked | Relation::Asking | Relation::None | Relation::Unknown => {}
        }
    }

    /// Notes what the account is to another now.
    pub(super) fn related_by(&mut self, other: UserId, relation: Relation, since: Timestamp) {
        if relation == Relation::Blocked {
            self.blocked_by.insert(other, since);
        } else {
            self.blocked_by.remove(&other);
        }
    }

    /// Tells whether the account has blocked another.
    pub(super) fn blocks(&self, other: UserId) -> bool {
        self.blocked.contains_key(&other)
    }

    /// Tells whether everybody who shares a channel may see the same. That somebody has blocked the account is not its doing.
    pub(super) fn is_open(&self) -> bool {
        self.blocked.is_empty() && self.privacy.presence != Audience::Friends
    }

    /// Tells whether everybody in a channel sees the same, where it is one that they share, or not.
    pub(super) fn is_same_to_all(&self, shares: bool) -> bool {
        let known = shares || self.privacy.presence == Audience::Everyone;
        self.is_open() && self.blocked_by.is_empty() && known
    }

    /// Gives what another sees of the account, with whom it shares a channel, or not.
    pub(super) fn shown_to(&self, viewer: UserId, shares: bool) -> Visibility {
        visibility(
            self.privacy.presence,
            self.friends.contains(&viewer),
            self.blocked.get(&viewer).copied(),
            self.blocked_by.contains_key(&viewer),
            shares,
        )
    }

    /// Gives what the account sees of another: the same rule, by what the viewer knows.
    pub(super) fn sees(&self, other: &UserRecord, shares: bool) -> Visibility {
        visibility(
            other.privacy.presence,
            self.friends.contains(&other.user),
            self.blocked_by.get(&other.user).copied(),
            self.blocks(other.user),
            shares,
        )
    }
}

/// The one rule of who sees whom: what somebody allows, whether the viewer is a friend, since when they have blocked the
/// viewer, and whether the viewer has blocked them.
fn visibility(
    audience: Audience,
    friend: bool,
    blocked_since: Option<Timestamp>,
    blocked_by: bool,
    shares: bool,
) -> Visibility {
    if blocked_by {
        return Visibility::Hidden;
    }
    let seen = match audience {
        Audience::Everyone => true,
        Audience::Shared => shares || friend,
        Audience::Friends | Audience::Unknown => friend,
    };
    match blocked_since {
        // Those who would not see them anyway are not told apart from anybody else.
        Some(since) => Visibility::Offline(seen.then_some(since)),
        None if seen => Visibility::Full,
        None => Visibility::Offline(None),
    }
}

/// Gives what is seen of a presence.
pub(super) fn seen(presence: &Presence, visibility: Visibility) -> Presence {
    match visibility {
        Visibility::Full => presence.clone(),
        Visibility::Hidden => {
            let offline = seen(presence, Visibility::Offline(None));
            Presence { display_name: None, avatar: Avatar::default(), ..offline }
        }
        Visibility::Offline(since) => {
            // Those who went away before that are not seen later than they were.
            let last_seen = since
                .map(|hidden| presence.last_seen.filter(|_| !presence.online).map_or(hidden, |seen| seen.min(hidden)));
            Presence {
                handle: presence.handle.clone(),
                online: false,
                state: PresenceState::Offline,
                since: last_seen,
                last_seen,
                status: None,
                display_name: presence.display_name.clone(),
                avatar: presence.avatar,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::{ChosenPresence, DisplayName, Status};

    use super::*;

    #[test]
    fn who_sees_what() {
        let [friend, member, stranger, blocked] = [1, 2, 3, 4].map(UserId::for_test);
        let since = Timestamp::from_millis(7);
        let mut relations = Relations::default();
        relations.relate(friend, Relation::Friend, since);
        relations.relate(blocked, Relation::Friend, since);
        relations.relate(blocked, Relation::Blocked, since);
        for (audience, seeing) in [
            (Audience::Everyone, [true, true, true]),
            (Audience::Shared, [true, true, false]),
            (Audience::Friends, [true, false, false]),
        ] {
            relations.privacy.presence = audience;
            let sees = [(friend, false), (member, true), (stranger, false)]
                .map(|(viewer, shares)| relations.shown_to(viewer, shares) == Visibility::Full);
            assert_eq!(sees, seeing, "{audience:?}");
            let seen_otherwise = audience != Audience::Friends;
            let hidden = Visibility::Offline(seen_otherwise.then_some(since));
            assert_eq!(relations.shown_to(blocked, true), hidden, "{audience:?}");
        }
        assert!(!relations.is_open());
        relations.relate(blocked, Relation::None, since);
        relations.privacy.presence = Audience::Everyone;
        assert!(relations.is_open() && relations.shown_to(blocked, false) == Visibility::Full);
        relations.related_by(member, Relation::Blocked, since);
        assert_eq!(relations.shown_to(member, true), Visibility::Hidden, "who blocks sees nothing of the blocked one");
        assert!(relations.is_open() && !relations.is_same_to_all(true), "and nobody else sees less");
    }

    #[test]
    fn both_sides_say_the_same() {
        let [one, other] = [1, 2].map(UserId::for_test);
        let since = Timestamp::from_millis(7);
        for relation in [Relation::None, Relation::Friend, Relation::Blocked] {
            for back in [Relation::None, Relation::Blocked] {
                // A block ends a friendship.
                if (relation, back) == (Relation::Friend, Relation::Blocked) {
                    continue;
                }
                for audience in [Audience::Everyone, Audience::Shared, Audience::Friends] {
                    let mut shown = Relations::default();
                    shown.privacy.presence = audience;
                    let mut viewing = Relations::default();
                    shown.relate(other, relation, since);
                    shown.related_by(other, back, since);
                    viewing.relate(one, if relation == Relation::Friend { relation } else { back }, since);
                    viewing.related_by(one, relation, since);
                    let record = UserRecord {
                        user: one,
                        handle: "one".parse().unwrap(),
                        guest: false,
                        last_seen: None,
                        presence: ChosenPresence::Online,
                        status: Status::default(),
                        display_name: DisplayName::default(),
                        avatar: Avatar::default(),
                        privacy: shown.privacy,
                        disabled: false,
                    };
                    for shares in [true, false] {
                        assert_eq!(viewing.sees(&record, shares), shown.shown_to(other, shares));
                    }
                }
            }
        }
    }
}
