//! The reader and the people around them: what the reader has set for themselves, and how others stand to them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use proto::http::Friends;
use proto::{ChosenPresence, Handle, Presence, Relation, Relationship, Settings};

/// What is known of the reader and of the people around them.
#[derive(Debug, Default)]
pub struct People {
    /// What the reader has set, once it is known.
    pub settings: Option<Settings>,
    /// How others stand to the reader, once it is known.
    relations: Option<BTreeMap<Handle, Relationship>>,
    /// Whom of them the reader has blocked.
    blocked: Rc<BTreeSet<Handle>>,
    /// Whether settings and relations were told of since they were asked for: what was asked for is older then.
    settings_told: bool,
    relations_told: bool,
    /// How those are there who were told of since relations were asked for.
    presences_told: BTreeMap<Handle, Presence>,
    relations_asked: bool,
}

impl People {
    /// Tells whether it is known who stands how to the reader.
    pub fn known(&self) -> bool {
        self.relations.is_some()
    }

    /// Tells how somebody stands to the reader.
    pub fn relation(&self, handle: &Handle) -> Relation {
        self.relations.as_ref().and_then(|people| people.get(handle)).map_or(Relation::None, |person| person.relation)
    }

    /// Tells whether the reader has blocked somebody.
    pub fn is_blocked(&self, handle: &Handle) -> bool {
        self.blocked.contains(handle)
    }

    /// Gives whom the reader has blocked.
    pub fn blocked(&self) -> Rc<BTreeSet<Handle>> {
        self.blocked.clone()
    }

    fn note_blocked(&mut self) {
        let people = self.relations.iter().flat_map(BTreeMap::values);
        let blocked = people.filter(|person| person.relation == Relation::Blocked);
        self.blocked = Rc::new(blocked.map(|person| person.handle.clone()).collect());
    }

    /// Gives everybody in the order in which one looks for them: who asks, friends who are there and since when, friends
    /// by when they were last there, whom one has asked, whom one has blocked.
    pub fn sorted(&self) -> Vec<&Relationship> {
        let mut people = self.relations.iter().flat_map(BTreeMap::values).collect::<Vec<_>>();
        people.sort_by_key(|person| {
            let online = person.presence.as_ref().filter(|presence| presence.online);
            let seen = person.presence.as_ref().and_then(|presence| presence.last_seen);
            let rank = match person.relation {
                Relation::Asking => 0,
                Relation::Friend if online.is_some() => 1,
                Relation::Friend => 2,
                Relation::Asked => 3,
                Relation::Blocked | Relation::None | Relation::Unknown => 4,
            };
            (rank, online.and_then(|presence| presence.since), Reverse(seen), person.handle.clone())
        });
        people
    }

    /// Counts the friends who are there.
    pub fn friends_online(&self) -> usize {
        let people = self.relations.iter().flat_map(BTreeMap::values);
        let there = |person: &&Relationship| {
            person.relation == Relation::Friend && person.presence.as_ref().is_some_and(|presence| presence.online)
        };
        people.filter(there).count()
    }

    /// Counts those who want to be friends.
    pub fn asking(&self) -> usize {
        let people = self.relations.iter().flat_map(BTreeMap::values);
        people.filter(|person| person.relation == Relation::Asking).count()
    }

    /// How the reader wants to be seen.
    pub fn chosen(&self) -> ChosenPresence {
        self.settings.as_ref().map_or(ChosenPresence::Online, |settings| settings.presence)
    }

    /// Takes over whether somebody is there.
    pub(super) fn update_presence(&mut self, presence: &Presence) {
        if self.relations_asked {
            self.presences_told.insert(presence.handle.clone(), presence.clone());
        }
        let person = self.relations.as_mut().and_then(|people| people.get_mut(&presence.handle));
        if let Some(person) = person.filter(|person| person.relation == Relation::Friend) {
            person.presence = Some(presence.clone());
        }
    }
}

impl People {
    /// Settings and relations are asked for; what is told meanwhile is newer.
    pub(super) fn are_asked_for(&mut self) {
        (self.settings_told, self.relations_told) = (false, false);
        self.presences_told.clear();
        self.relations_asked = true;
    }

    /// Takes over what a store holds of how others stand to the reader, until the daemon says it.
    pub(super) fn restore(&mut self, friends: Friends) {
        let person = |person: Relationship| (person.handle.clone(), Relationship { presence: None, ..person });
        self.relations = Some(friends.people.into_iter().map(person).collect());
        self.note_blocked();
    }

    /// The settings that were asked for have come.
    pub(super) fn settings_loaded(&mut self, settings: Settings) {
        if !self.settings_told {
            self.settings = Some(settings);
        }
    }

    /// Settings were changed, here or elsewhere.
    pub(super) fn settings_changed(&mut self, settings: Settings) {
        self.settings = Some(settings);
        self.settings_told = true;
    }

    /// The relations that were asked for have come; false when they may be older than what was told meanwhile.
    pub(super) fn relations_loaded(&mut self, friends: Friends) -> bool {
        if std::mem::take(&mut self.relations_told) {
            return false;
        }
        self.relations_asked = false;
        let told = std::mem::take(&mut self.presences_told);
        let person = |mut person: Relationship| {
            // What was told meanwhile is newer.
            let newer = told.get(&person.handle).filter(|_| person.relation == Relation::Friend);
            person.presence = newer.cloned().or(person.presence);
            (person.handle.clone(), person)
        };
        self.relations = Some(friends.people.into_iter().map(person).collect());
        self.note_blocked();
        true
    }

    /// The relation of somebody to the reader has changed; gives what it was before.
    pub(super) fn relation_changed(&mut self, person: Relationship) -> Relation {
        self.relations_told = true;
        let before = self.relation(&person.handle);
        if let Some(people) = &mut self.relations {
            match person.relation {
                Relation::None => _ = people.remove(&person.handle),
                _ => _ = people.insert(person.handle.clone(), person),
            }
        }
        self.note_blocked();
        before
    }
}
