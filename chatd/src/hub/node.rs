//! Who is connected to this daemon, and which sessions have just ended.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use proto::{Presence, SessionId};

use super::ENDED_SESSIONS_KEPT;
use super::outbox::Outbox;
use super::person::{Person, offline};
use crate::store::{UserId, UserRecord};

/// What lives on this daemon only, beside its channels. See the module of the hub.
#[derive(Default)]
pub(super) struct Node {
    pub(super) people: HashMap<UserId, Person>,
    ended_sessions: VecDeque<(Instant, SessionId)>,
}

impl Node {
    /// Gives all open connections.
    pub(super) fn connections(&self) -> impl Iterator<Item = &Arc<Outbox>> {
        self.people.values().flat_map(|person| &person.connections)
    }

    /// Gives the presence of an account, to those who may see it: as it is now, or as the store has it.
    pub(super) fn presence(&self, record: &UserRecord) -> Presence {
        self.people.get(&record.user).map_or_else(|| offline(record), |person| person.presence(record))
    }

    /// Remembers that a session has ended.
    pub(super) fn session_ended(&mut self, session: SessionId) {
        let now = Instant::now();
        while self.ended_sessions.front().is_some_and(|(ended, _)| now.duration_since(*ended) > ENDED_SESSIONS_KEPT) {
            self.ended_sessions.pop_front();
        }
        self.ended_sessions.push_back((now, session));
    }

    /// Tells whether a session has just ended.
    pub(super) fn has_ended(&self, session: SessionId) -> bool {
        self.ended_sessions.iter().any(|(_, ended)| *ended == session)
    }
}
