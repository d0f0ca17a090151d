//! Decides from what all clients did and saw, and from what the channels hold in the end, whether the
//! daemon kept its promises: nothing acknowledged is lost, nothing stands twice, everybody sees the same
//! in the same order, and who reads after a message was seen reads it, too.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::record::{Event, What};

/// What the channels hold in the end: the contents in the order of their indexes, from 1 on.
pub(crate) type Truth = BTreeMap<String, Vec<String>>;

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Acknowledged or seen at an index, where something else stands in the end, or nothing.
    Lost { channel: String, index: u64, content: String },
    /// One message at two places.
    Doubled { channel: String, content: String },
    /// Stands there although its sender was told that it was not stored.
    RefusedYetStored { channel: String, content: String },
    /// Stands there although nobody sent it.
    Invented { channel: String, content: String },
    /// A sender's messages stand in another order than they were sent in, or a message stands before
    /// one that was acknowledged before it was sent.
    Reordered { channel: String, content: String },
    /// A person saw an index again, or after a later one.
    SeenOutOfOrder { person: String, channel: String, index: u64 },
    /// A person saw a later index without this one, or never saw it.
    Missed { person: String, channel: String, index: u64 },
    /// A read did not hold what had been seen before it began.
    StaleRead { person: String, channel: String, found: u64, known: u64 },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Checks the events of people who all were in the channels from the beginning to the end.
pub(crate) fn check(events: &[Event], truth: &Truth) -> Vec<Fault> {
    let mut events = events.iter().collect::<Vec<_>>();
    events.sort_by_key(|event| event.at);
    let mut faults = Vec::new();
    for (channel, contents) in truth {
        let mine = events.iter().copied().filter(|event| event.channel == *channel).collect::<Vec<_>>();
        Channel::new(channel, contents, &mut faults).check(&mine);
    }
    for event in events.iter().filter(|event| !truth.contains_key(&event.channel)) {
        if let What::Acknowledged(content, index) | What::Sees(index, content) = &event.what {
            faults.push(Fault::Lost { channel: event.channel.clone(), index: *index, content: content.clone() });
        }
    }
    faults
}

struct Channel<'a> {
    name: &'a str,
    contents: &'a [String],
    places: HashMap<&'a str, u64>,
    faults: &'a mut Vec<Fault>,
}

impl<'a> Channel<'a> {
    fn new(name: &'a str, contents: &'a [String], faults: &'a mut Vec<Fault>) -> Self {
        let mut places = HashMap::new();
        for (index, content) in (1..).zip(contents) {
            if places.insert(content.as_str(), index).is_some() {
                faults.push(Fault::Doubled { channel: name.to_owned(), content: content.clone() });
            }
        }
        Self { name, contents, places, faults }
    }

    /// Goes through the events in the order of their times.
    fn check(mut self, events: &[&'a Event]) {
        // The highest index that anybody knew of so far, and the highest that was acknowledged.
        let (mut known, mut acknowledged) = (0, 0);
        let mut sent: HashMap<&str, &str> = HashMap::new();
        let mut last_sent: HashMap<&str, u64> = HashMap::new();
        let mut last_seen: HashMap<&str, u64> = HashMap::new();
        let mut asked: HashMap<&str, u64> = HashMap::new();
        for event in events {
            let person = event.person.as_str();
            match &event.what {
                What::Sends(content) => {
                    if sent.insert(content, person).is_none() {
                        self.check_order(content, acknowledged, last_sent.entry(person).or_default());
                    }
                }
                What::Acknowledged(content, index) => {
                    self.check_place(content, *index);
                    acknowledged = acknowledged.max(*index);
                    known = known.max(*index);
                }
                What::Refused(content) => {
                    if self.places.contains_key(content.as_str()) {
                        self.push(|channel| Fault::RefusedYetStored { channel, content: content.clone() });
                    }
                }
                What::Sees(index, content) => {
                    self.check_place(content, *index);
                    self.check_seen(person, *index, last_seen.get(person).copied().unwrap_or_default());
                    last_seen.entry(person).and_modify(|last| *last = (*last).max(*index)).or_insert(*index);
                    known = known.max(*index);
                }
                What::Asks => drop(asked.insert(person, known)),
                What::Reads(found) => {
                    let known = asked.get(person).copied().unwrap_or_default();
                    if *found < known {
                        let (person, found) = (person.to_owned(), *found);
                        self.push(|channel| Fault::StaleRead { person, channel, found, known });
                    }
                }
            }
        }
        for content in self.contents.iter().filter(|content| !sent.contains_key(content.as_str())) {
            self.push(|channel| Fault::Invented { channel, content: content.clone() });
        }
        for (person, last) in last_seen {
            if last < self.contents.len() as u64 {
                self.push(|channel| Fault::Missed { person: person.to_owned(), channel, index: last + 1 });
            }
        }
    }

    fn check_place(&mut self, content: &str, index: u64) {
        let stands = index.checked_sub(1).and_then(|place| self.contents.get(place as usize));
        if stands.is_none_or(|stands| stands != content) {
            self.push(|channel| Fault::Lost { channel, index, content: content.to_owned() });
        }
    }

    fn check_order(&mut self, content: &str, acknowledged: u64, last_of_sender: &mut u64) {
        let Some(index) = self.places.get(content).copied() else { return };
        if index <= acknowledged || index <= *last_of_sender {
            self.push(|channel| Fault::Reordered { channel, content: content.to_owned() });
        }
        *last_of_sender = (*last_of_sender).max(index);
    }

    fn check_seen(&mut self, person: &str, index: u64, last: u64) {
        let person = person.to_owned();
        if index <= last {
            self.push(|channel| Fault::SeenOutOfOrder { person, channel, index });
        } else if index > last + 1 {
            self.push(|channel| Fault::Missed { person, channel, index: last + 1 });
        }
    }

    fn push(&mut self, fault: impl FnOnce(String) -> Fault) {
        self.faults.push(fault(self.name.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::What::{Acknowledged, Asks, Reads, Refused, Sees, Sends};
    use super::*;

    /// Alice sends a, b and c, bob sends d; bob sees everything.
    fn good() -> Vec<(&'static str, What)> {
        let text = str::to_owned;
        vec![
            ("alice", Sends(text("a"))),
            ("alice", Sends(text("b"))),
            ("alice", Acknowledged(text("a"), 1)),
            ("bob", Sees(1, text("a"))),
            ("alice", Acknowledged(text("b"), 2)),
            ("bob", Sends(text("d"))),
            ("bob", Sees(2, text("b"))),
            // Sent again after a crash, as nobody knew.
            ("alice", Sends(text("c"))),
            ("alice", Sends(text("c"))),
            ("carol", Asks),
            ("bob", Acknowledged(text("d"), 3)),
            ("bob", Sees(3, text("d"))),
            ("carol", Reads(2)),
            ("alice", Acknowledged(text("c"), 4)),
            ("bob", Sees(4, text("c"))),
            ("alice", Sends(text("e"))),
            ("alice", Refused(text("e"))),
        ]
    }

    fn faults(events: Vec<(&'static str, What)>, contents: &[&str]) -> Vec<Fault> {
        let events = (1..).zip(events).map(|(at, (person, what))| Event {
            at,
            person: person.to_owned(),
            channel: "tea".to_owned(),
            what,
        });
        let truth = Truth::from([("tea".to_owned(), contents.iter().map(|&content| content.to_owned()).collect())]);
        check(&events.collect::<Vec<_>>(), &truth)
    }

    fn changed(change: impl FnOnce(&mut Vec<(&'static str, What)>)) -> Vec<Fault> {
        let mut events = good();
        change(&mut events);
        faults(events, &["a", "b", "d", "c"])
    }

    fn tea() -> String {
        "tea".to_owned()
    }

    #[test]
    fn a_good_history_has_no_fault() {
        assert_eq!(changed(|_| ()), []);
    }

    #[test]
    fn what_was_acknowledged_or_seen_is_there() {
        let lost = Fault::Lost { channel: tea(), index: 4, content: "c".to_owned() };
        assert!(faults(good(), &["a", "b", "d"]).contains(&lost));
        let moved = Fault::Lost { channel: tea(), index: 3, content: "d".to_owned() };
        assert!(faults(good(), &["a", "b", "c", "d"]).contains(&moved));
        assert!(!check(&[], &Truth::new()).contains(&lost));
        let elsewhere = Event { at: 1, person: tea(), channel: "gone".to_owned(), what: Sees(1, "a".to_owned()) };
        assert_eq!(check(&[elsewhere], &Truth::new()).len(), 1);
    }

    #[test]
    fn nothing_stands_twice() {
        let doubled = Fault::Doubled { channel: tea(), content: "c".to_owned() };
        assert!(faults(good(), &["a", "b", "d", "c", "c"]).contains(&doubled));
    }

    #[test]
    fn nothing_stands_there_that_was_refused_or_never_sent() {
        let found = faults(good(), &["a", "b", "d", "c", "e", "f"]);
        assert!(found.contains(&Fault::RefusedYetStored { channel: tea(), content: "e".to_owned() }), "{found:?}");
        assert!(found.contains(&Fault::Invented { channel: tea(), content: "f".to_owned() }), "{found:?}");
    }

    #[test]
    fn the_order_of_a_sender_and_of_time_is_kept() {
        let own = faults(vec![("alice", Sends("a".to_owned())), ("alice", Sends("b".to_owned()))], &["b", "a"]);
        assert_eq!(own, [Fault::Reordered { channel: tea(), content: "b".to_owned() }]);
        let after = vec![
            ("alice", Sends("a".to_owned())),
            ("alice", Acknowledged("a".to_owned(), 2)),
            ("bob", Sends("b".to_owned())),
        ];
        assert_eq!(faults(after, &["b", "a"]), [Fault::Reordered { channel: tea(), content: "b".to_owned() }]);
    }

    #[test]
    fn everybody_sees_everything_once_and_in_order() {
        let twice = changed(|events| events.insert(7, ("bob", Sees(2, "b".to_owned()))));
        assert_eq!(twice, [Fault::SeenOutOfOrder { person: "bob".to_owned(), channel: tea(), index: 2 }]);
        let missed = changed(|events| drop(events.remove(6)));
        assert_eq!(missed, [Fault::Missed { person: "bob".to_owned(), channel: tea(), index: 2 }]);
        let never = changed(|events| drop(events.remove(14)));
        assert_eq!(never, [Fault::Missed { person: "bob".to_owned(), channel: tea(), index: 4 }]);
    }

    #[test]
    fn a_read_holds_what_was_seen_before_it_began() {
        let stale = changed(|events| events[12] = ("carol", Reads(1)));
        let (person, channel) = ("carol".to_owned(), tea());
        assert_eq!(stale, [Fault::StaleRead { person, channel, found: 1, known: 2 }]);
    }
}
