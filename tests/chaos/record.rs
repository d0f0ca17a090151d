//! What the clients did and saw, with the time of each, as the checker reads it.

use std::cell::RefCell;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

/// One thing that a person did or saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    /// When, in nanoseconds of the system's monotonic clock, which all processes share.
    pub(crate) at: u64,
    /// Who.
    pub(crate) person: String,
    /// In which channel.
    pub(crate) channel: String,
    /// What.
    pub(crate) what: What,
}

/// What a person did or saw. Every message has a content of its own, which is its name here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    /// Hands a message to the daemon, for the first time or again.
    Sends(String),
    /// Hears that the message is stored, and where.
    Acknowledged(String, u64),
    /// Hears that the message was not stored and will not be.
    Refused(String),
    /// Sees a message, on a connection or in a page that fills a gap.
    Sees(u64, String),
    /// Begins to ask for the newest messages.
    Asks,
    /// Gets the answer to what was asked last: the index of the newest message, 0 for none.
    Reads(u64),
}

/// Takes events down.
#[derive(Clone)]
pub(crate) struct Recorder {
    person: String,
    events: Option<Rc<RefCell<Vec<Event>>>>,
}

impl Recorder {
    /// Keeps the events of a person beside those of others.
    pub(crate) fn shared(person: &str, events: Rc<RefCell<Vec<Event>>>) -> Self {
        Self { person: person.to_owned(), events: Some(events) }
    }

    /// Prints the events of a person, one in a line.
    pub(crate) fn printing(person: &str) -> Self {
        Self { person: person.to_owned(), events: None }
    }

    /// Takes down what happens now.
    pub(crate) fn note(&self, channel: &str, what: What) {
        let event = Event { at: now(), person: self.person.clone(), channel: channel.to_owned(), what };
        match &self.events {
            Some(events) => events.borrow_mut().push(event),
            None => println!("{}", serde_json::to_string(&event).expect("an event is plain")),
        }
    }
}

/// Gives the system's monotonic clock.
pub(crate) fn now() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
