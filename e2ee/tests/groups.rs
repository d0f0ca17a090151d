//! Groups of devices, and the daemon that follows them: what each may do, and what is refused.

#![allow(clippy::unwrap_used, reason = "all of it is a test")]

use e2ee::{
    Bundle, Change, CheckedPackage, Device, DeviceError, Follower, FollowerError, GroupName, MemoryRows, Remover,
    RuleError, SigningKey, Taken,
};

/// Bytes of the confirmation tag and of the membership tag of a commit, each with its length (RFC 9420, section 6.2).
const TAG_BYTES: usize = 33;

/// An account with a device.
struct Person {
    device: Device<MemoryRows>,
}

impl Person {
    fn new(handle: &str, device: &str) -> Self {
        Self::with_identity(handle, device, &SigningKey::generate())
    }

    fn with_identity(handle: &str, device: &str, identity: &SigningKey) -> Self {
        let (handle, device) = (handle.parse().unwrap(), device.parse().unwrap());
        Self { device: Device::create(MemoryRows::default(), &handle, device, identity).unwrap() }
    }

    fn package(&self) -> CheckedPackage {
        CheckedPackage::read(&self.device.key_package(false).unwrap()).unwrap()
    }
}

/// What the daemon has.
struct House {
    remover: Remover,
    follower: Follower,
}

fn name() -> GroupName {
    GroupName { channel: "plans".parse().unwrap(), generation: 1 }
}

impl House {
    /// Somebody makes a group with others in it, who join.
    fn with(founder: &Person, others: &[&Person]) -> Self {
        let remover = Remover(SigningKey::generate());
        let packages = others.iter().map(|person| person.package()).collect();
        let bundle = founder.device.begin(name(), remover.0.public(), packages).unwrap();
        let (info, tree) = bundle.begins.clone().unwrap();
        let follower = Follower::begin(&info, &tree, remover.0.public()).unwrap();
        let mut house = Self { remover, follower };
        match bundle.commit {
            Some(_) => house.commits(founder, &bundle, &[], others),
            None => founder.device.begun(name()).unwrap(),
        }
        house
    }

    /// Takes a commit, and hands it to everybody.
    fn commits(&mut self, by: &Person, bundle: &Bundle, others: &[&Person], joining: &[&Person]) {
        let commit = bundle.commit.as_deref().unwrap();
        self.follower.take(commit).unwrap();
        for person in [by].into_iter().chain(others.iter().copied()) {
            assert!(matches!(person.device.take(name(), commit).unwrap(), Taken::Committed { .. } | Taken::Removed(_)));
        }
        for person in joining {
            let welcome = bundle.welcome.as_deref().unwrap();
            let joined = person.device.join(welcome, &self.follower.tree(), self.remover.0.public()).unwrap();
            assert_eq!((joined.epoch, joined.by), (self.follower.epoch(), by.device.credential().clone()));
        }
    }
}

#[track_caller]
fn hears(person: &Person, from: &Person, text: &str) {
    let sealed = from.device.seal(name(), text.as_bytes()).unwrap();
    let by = from.device.credential().clone();
    assert_eq!(person.device.take(name(), &sealed.bytes).unwrap(), Taken::Said { by, text: text.into() });
    assert_eq!(from.device.take(name(), &sealed.bytes).unwrap(), Taken::Own);
}

#[test]
fn people_talk_and_come_and_go() {
    let (ann, bob, eve) = (Person::new("ann", "laptop"), Person::new("bob", "desk"), Person::new("eve", "phone"));
    let mut house = House::with(&ann, &[&bob]);
    hears(&bob, &ann, "hello");
    hears(&ann, &bob, "hi");
    let change = Change { add: vec![eve.package()], remove: Vec::new() };
    let bundle = bob.device.commit(name(), change).unwrap();
    house.commits(&bob, &bundle, &[&ann], &[&eve]);
    hears(&eve, &ann, "welcome");
    let sealed = ann.device.seal(name(), b"before").unwrap();
    let bundle =
        ann.device.commit(name(), Change { add: Vec::new(), remove: vec![eve.device.credential().device] }).unwrap();
    house.commits(&ann, &bundle, &[&bob, &eve], &[]);
    assert_eq!(eve.device.epoch(name()).unwrap(), None, "who was removed is out");
    assert!(matches!(bob.device.take(name(), &sealed.bytes).unwrap(), Taken::Said { .. }), "a past epoch is opened");
    let after = ann.device.seal(name(), b"after").unwrap();
    assert!(eve.device.take(name(), &after.bytes).is_err());
    assert_eq!(house.follower.roster().unwrap().len(), 2);
}

#[test]
fn the_daemon_proposes_removals_and_members_carry_them_out() {
    let (ann, bob, eve) = (Person::new("ann", "laptop"), Person::new("bob", "desk"), Person::new("eve", "phone"));
    let mut house = House::with(&ann, &[&bob, &eve]);
    let proposal =
        house.follower.propose_removal(&house.remover, eve.device.credential()).unwrap().expect("eve is in the group");
    for person in [&ann, &bob, &eve] {
        let taken = person.device.take(name(), &proposal).unwrap();
        assert_eq!(taken, Taken::RemovalWaits(eve.device.credential().clone()));
    }
    assert!(matches!(bob.device.seal(name(), b"now"), Err(DeviceError::RemovalWaits)));
    let bundle = bob.device.commit(name(), Change::default()).unwrap();
    house.commits(&bob, &bundle, &[&ann, &eve], &[]);
    assert_eq!(house.follower.propose_removal(&house.remover, eve.device.credential()).unwrap(), None);
    hears(&ann, &bob, "alone");
    assert_eq!(eve.device.epoch(name()).unwrap(), None);
}

#[test]
fn of_two_commits_the_first_holds() {
    let (ann, bob) = (Person::new("ann", "laptop"), Person::new("bob", "desk"));
    let mut house = House::with(&ann, &[&bob]);
    let (first, second) =
        (ann.device.commit(name(), Change::default()).unwrap(), bob.device.commit(name(), Change::default()).unwrap());
    house.commits(&ann, &first, &[&bob], &[]);
    let refused = house.follower.take(second.commit.as_deref().unwrap());
    assert_eq!(refused, Err(FollowerError::OtherEpoch { of: 1, is: 2 }));
    assert!(!bob.device.is_under_way(name()).unwrap(), "the loser builds anew");
    let again = bob.device.commit(name(), Change::default()).unwrap();
    house.commits(&bob, &again, &[&ann], &[]);
    hears(&ann, &bob, "both");
}

#[test]
fn what_was_kept_goes_on() {
    let (ann, bob) = (Person::new("ann", "laptop"), Person::new("bob", "desk"));
    let house = House::with(&ann, &[&bob]);
    let mut follower = Follower::load(name(), &house.follower.state()).unwrap();
    ann.device.rolled_back();
    let bundle = ann.device.commit(name(), Change::default()).unwrap();
    ann.device.rolled_back();
    assert!(follower.take(bundle.commit.as_deref().unwrap()).is_ok());
    for person in [&ann, &bob] {
        assert!(matches!(
            person.device.take(name(), bundle.commit.as_deref().unwrap()).unwrap(),
            Taken::Committed { .. }
        ));
    }
    hears(&bob, &ann, "again");
    assert!(Follower::load(name(), b"rubbish").is_err());
}

#[test]
fn what_breaks_a_rule_is_refused() {
    let (ann, bob) = (Person::new("ann", "laptop"), Person::new("bob", "desk"));
    let mut house = House::with(&ann, &[&bob]);
    let twice = Person::with_identity("bob", "desk", bob.device.identity());
    let bundle = ann.device.commit(name(), Change { add: vec![twice.package()], remove: Vec::new() }).unwrap();
    let refused = house.follower.take(bundle.commit.as_deref().unwrap());
    let (device, handle) = ("desk".parse().unwrap(), "bob".parse().unwrap());
    assert_eq!(refused, Err(FollowerError::Rule(RuleError::Twice(device, handle))));
    let refused = bob.device.take(name(), bundle.commit.as_deref().unwrap());
    assert!(matches!(refused, Err(DeviceError::Rule(RuleError::Twice(..)))), "{refused:?}");
    assert_eq!(house.follower.epoch(), 1, "nothing has changed");
}

#[test]
fn a_bent_message_is_refused_and_harms_nothing() {
    let (ann, bob) = (Person::new("ann", "laptop"), Person::new("bob", "desk"));
    let mut house = House::with(&ann, &[&bob]);
    let sealed = ann.device.seal(name(), b"hello").unwrap();
    let commit = ann.device.commit(name(), Change::default()).unwrap().commit.unwrap();
    for place in (0..commit.len()).step_by(7) {
        let mut bent = commit.clone();
        bent[place] ^= 1;
        // The two tags at the end are of keys that the daemon does not have.
        if place < commit.len() - 2 * TAG_BYTES {
            assert!(house.follower.take(&bent).is_err(), "byte {place}");
        }
        assert!(bob.device.take(name(), &bent).is_err(), "byte {place}");
    }
    for place in 0..sealed.bytes.len() {
        let mut bent = sealed.bytes.clone();
        bent[place] ^= 1;
        assert!(bob.device.take(name(), &bent).is_err(), "byte {place}");
    }
    house.follower.take(&commit).unwrap();
    let taken = bob.device.take(name(), &sealed.bytes);
    assert!(matches!(taken, Ok(Taken::Said { .. })), "{taken:?}");
    assert!(matches!(bob.device.take(name(), &sealed.bytes), Err(DeviceError::Late)), "once only");
    assert!(matches!(bob.device.take(name(), &commit), Ok(Taken::Committed { .. })));
}
