//! Admission of connections before sign-in. Connections from this machine are always admitted. When all places are taken, the
//! network or user with the most gives way first.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tokio::sync::Notify;

use crate::config::Limits;
use crate::lock::lock;
use crate::peer::Peer;
use crate::peer_user::{Ends, user_of};
use crate::rate::{Limiter, Rate};
use crate::source::Source;

/// Where a connection comes from, and what it holds for as long as it is open.
#[derive(Debug)]
pub(super) struct Origin {
    /// The Unix user of the peer, if the system knows.
    pub(super) peer: Peer,
    /// Its place among the connections of its address.
    pub(super) place: Option<Place>,
    /// Held until it has said who it is.
    pub(super) unknown: Option<Unknown>,
    /// When connections come too fast from its address: how long it has to wait.
    pub(super) wait: Option<Duration>,
    /// Whether it is a proxy that gives the client's address.
    pub(super) is_proxy: bool,
}

impl Origin {
    /// From this machine, on a Unix socket from a user of it.
    pub(super) fn here(uid: Option<u32>) -> Self {
        Self { peer: Peer { uid, ..Peer::default() }, place: None, unknown: None, wait: None, is_proxy: false }
    }

    /// The same with the two ends of a connection within this machine.
    pub(super) fn between(self, ends: Option<Ends>) -> Self {
        Self { peer: Peer { ends, ..self.peer }, ..self }
    }

    /// From a proxy, on whose connection many may ask; `address` is its own, if it is not local.
    pub(super) fn proxy(address: Option<IpAddr>) -> Self {
        Self { peer: Peer { address, ..Peer::default() }, is_proxy: true, ..Self::here(None) }
    }
}

/// The limits on connections: from elsewhere, and of what is not known yet also from here.
pub(crate) struct Strangers {
    per_address_max: AtomicU64,
    per_address: Arc<PerAddress>,
    unknown: UnknownPlaces,
    unknown_here: UnknownPlaces,
    rate: Limiter<IpAddr>,
}

impl Strangers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            per_address_max: limits.connections_per_address.into(),
            per_address: Arc::default(),
            unknown: UnknownPlaces::new(limits.unauthenticated_connections),
            unknown_here: UnknownPlaces::new(places_here(limits)),
            rate: Limiter::new(rate(limits)),
        }
    }

    /// Takes other limits, for connections that come from now on.
    pub(crate) fn change(&self, limits: &Limits) {
        self.per_address_max.store(limits.connections_per_address, Ordering::Relaxed);
        self.unknown.max.store(limits.unauthenticated_connections, Ordering::Relaxed);
        self.unknown_here.max.store(places_here(limits), Ordering::Relaxed);
        self.rate.change(rate(limits));
    }

    /// Lets a connection in, or says why not.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Origin, &'static str> {
        if address.is_loopback() {
            return Ok(self.here(None));
        }
        let place = PerAddress::enter(&self.per_address, address, self.per_address_max.load(Ordering::Relaxed));
        let place = place.ok_or("this address has too many connections")?;
        let wait = self.rate.take(address, Instant::now()).err();
        let claim = if wait.is_some() { Claim::Free } else { Claim::OfWhoHasMore };
        let unknown = self.unknown.enter(Source::at(address), claim);
        let unknown = unknown.ok_or("too many connections have not signed in")?;
        let peer = Peer { address: Some(address), ..Peer::default() };
        Ok(Origin { peer, place: Some(place), unknown: Some(unknown), wait, is_proxy: false })
    }

    /// Admits a connection from this machine, on a Unix socket from a user of it. If descriptors are scarce, the oldest
    /// connection without a sign-in of the user with the most is closed.
    pub(super) fn here(&self, uid: Option<u32>) -> Origin {
        let source = uid.map_or(Source::Here, Source::User);
        Origin { unknown: self.unknown_here.enter(source, Claim::Any), ..Origin::here(uid) }
    }

    /// Counts a connection over TCP from this machine as its user's. The system is asked for the user only when many places
    /// are taken: that costs more than most connections do.
    pub(super) async fn tell_apart(&self, from: &Origin) {
        let (Some(unknown), Some(ends)) = (&from.unknown, from.peer.ends) else { return };
        if self.unknown_here.is_half_taken()
            && let Some(uid) = user_of(ends).await
        {
            unknown.belongs_to(Source::User(uid));
        }
    }
}

/// Gives the places of connections from this machine without a sign-in: the descriptors that are left when the reserve is
/// kept, at most half of them.
fn places_here(limits: &Limits) -> u64 {
    let descriptors = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    match limits.descriptor_reserve {
        0 => 0,
        kept => descriptors - kept.min(descriptors / 2),
    }
}

fn rate(limits: &Limits) -> Rate {
    Rate::new(limits.connection_rate, Duration::from_secs(1), limits.connection_burst)
}

/// What connections are counted as, from the narrowest to the widest: what one customer has at least, and what one may have.
const LEVELS: usize = 3;

/// Places of connections without a sign-in. When all are taken, a connection from a network with fewer takes a place of the
/// network with the most.
struct UnknownPlaces {
    /// How many places there are; 0 is no limit.
    max: AtomicU64,
    held: Arc<Mutex<Held>>,
}

/// Which places a new connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// A free one only: a client that connects too fast takes none from others.
    Free,
    /// Also one from where more are held.
    OfWhoHasMore,
    /// One in any case, the oldest of where most are held.
    Any,
}

#[derive(Debug, Default)]
struct Held {
    next: u64,
    /// By when they came.
    holders: BTreeMap<u64, Holder>,
    /// How many each network holds, and the wider one that it belongs to, for each level.
    counts: [HashMap<Source, (Source, usize)>; LEVELS],
}

#[derive(Debug)]
struct Holder {
    networks: [Source; LEVELS],
    cut: Arc<Notify>,
}

/// A connection that has not said who it is; dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Unknown {
    held: Arc<Mutex<Held>>,
    number: u64,
    cut: Arc<Notify>,
}

impl UnknownPlaces {
    fn new(max: u64) -> Self {
        Self { max: max.into(), held: Arc::default() }
    }

    fn is_half_taken(&self) -> bool {
        let max = self.max.load(Ordering::Relaxed);
        max > 0 && lock(&self.held).holders.len() as u64 > max / 2
    }

    /// Takes a place, if there is one or somebody gives way.
    fn enter(&self, source: Source, claim: Claim) -> Option<Unknown> {
        let max = self.max.load(Ordering::Relaxed);
        let networks = source.levels();
        let mut held = lock(&self.held);
        if max > 0 && held.holders.len() as u64 >= max {
            let number = held.who_gives_way(&networks, claim)?;
            if let Some(holder) = held.take_out(number) {
                holder.cut.notify_one();
            }
        }
        let (number, cut) = (held.next, Arc::new(Notify::new()));
        held.next += 1;
        held.put_in(number, Holder { networks, cut: cut.clone() });
        Some(Unknown { held: self.held.clone(), number, cut })
    }
}

impl Held {
    fn put_in(&mut self, number: u64, holder: Holder) {
        for (level, network) in holder.networks.into_iter().enumerate() {
            let wider = holder.networks[(level + 1).min(LEVELS - 1)];
            self.counts[level].entry(network).or_insert((wider, 0)).1 += 1;
        }
        self.holders.insert(number, holder);
    }

    fn take_out(&mut self, number: u64) -> Option<Holder> {
        let holder = self.holders.remove(&number)?;
        for (counts, network) in self.counts.iter_mut().zip(&holder.networks) {
            if let Some((_, count)) = counts.get_mut(network) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(network);
                }
            }
        }
        Some(holder)
    }

    /// Finds the oldest of where most are held: of the widest networks the one with most, of what belongs to that again.
    fn who_gives_way(&self, newcomer: &[Source; LEVELS], claim: Claim) -> Option<u64> {
        if claim == Claim::Free {
            return None;
        }
        let mut heaviest = None;
        let mut lighter = claim == Claim::Any;
        for level in (0..LEVELS).rev() {
            let counts = &self.counts[level];
            let within = |wider: &Source| heaviest.is_none_or(|heaviest| heaviest == *wider);
            // Where others hold as much as the newcomer does it is not they who give way.
            let weight = |network: &Source, count: usize| (count, *network == newcomer[level]);
            let of_these = counts.iter().filter(|(_, (wider, _))| within(wider));
            let (network, (_, most)) = of_these.max_by_key(|(network, (_, count))| weight(network, *count))?;
            lighter |= counts.get(&newcomer[level]).map_or(0, |(_, count)| *count) < *most;
            heaviest = Some(*network);
        }
        let most = self.counts[0].get(&heaviest.filter(|_| lighter)?)?;
        let is_one = |holder: &Holder| self.counts[0].get(&holder.networks[0]) == Some(most);
        self.holders.iter().find(|(_, holder)| is_one(holder)).map(|(number, _)| *number)
    }
}

impl Unknown {
    /// Gives a future that ends when the place went to another connection: this one must end then.
    pub(crate) fn cut(&self) -> Arc<Notify> {
        self.cut.clone()
    }

    /// Counts it as one of this source, which is known only now.
    fn belongs_to(&self, source: Source) {
        let mut held = lock(&self.held);
        // It may have given way meanwhile.
        if let Some(holder) = held.take_out(self.number) {
            held.put_in(self.number, Holder { networks: source.levels(), ..holder });
        }
    }
}

impl Drop for Unknown {
    fn drop(&mut self) {
        if let Ok(mut held) = self.held.lock() {
            held.take_out(self.number);
        }
    }
}

/// Counts connections by address.
#[derive(Debug, Default)]
struct PerAddress(Mutex<HashMap<IpAddr, u64>>);

/// One counted connection; dropping it counts down.
#[derive(Debug)]
pub(super) struct Place {
    counts: Arc<PerAddress>,
    address: IpAddr,
}

impl PerAddress {
    /// Counts a connection in, unless the address has as many as it may; 0 is no limit.
    fn enter(counts: &Arc<Self>, address: IpAddr, max: u64) -> Option<Place> {
        let mut by_address = lock(&counts.0);
        let count = by_address.entry(address).or_default();
        if max > 0 && *count >= max {
            return None;
        }
        *count += 1;
        Some(Place { counts: counts.clone(), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_address = lock(&self.counts.0);
        if let Some(count) = by_address.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_gets_its_places_back() {
        let counts = Arc::new(PerAddress::default());
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let first = PerAddress::enter(&counts, one, 2);
        let second = PerAddress::enter(&counts, one, 2).expect("two are allowed");
        assert!(PerAddress::enter(&counts, one, 2).is_none());
        assert!(PerAddress::enter(&counts, other, 2).is_some(), "another address has its own");
        drop(first);
        assert!(PerAddress::enter(&counts, one, 2).is_some());
        let unlimited = (0..1_000).map(|_| PerAddress::enter(&counts, one, 0)).collect::<Option<Vec<_>>>();
        assert!(unlimited.is_some(), "0 lifts the limit");
        drop(unlimited);
        drop(second);
        assert!(counts.0.lock().unwrap().is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn who_holds_most_places_gives_way() {
        let places = UnknownPlaces::new(6);
        let enter = |address: &str| places.enter(Source::at(address.parse().unwrap()), Claim::OfWhoHasMore);
        let is_cut = |unknown: &Unknown| futures_util::FutureExt::now_or_never(unknown.cut.notified()).is_some();
        // One customer with networks of their own, and their neighbour.
        let mut customer = (0..4).map(|net| enter(&format!("2001:db8:1:{net}::1")).unwrap()).collect::<Vec<_>>();
        let _neighbour = [enter("2001:db8:1:ff01::1").unwrap(), enter("192.0.2.1").unwrap()];
        let newcomer = enter("2001:db8:2::1").expect("the customer holds more");
        assert!(is_cut(&customer[0]) && !is_cut(&newcomer) && !is_cut(&customer[1]));
        assert!(enter("2001:db8:1:3::2").is_none(), "the customer takes no place from themselves");
        assert!(enter("2001:db8:1:ff02::1").is_some(), "their neighbour has fewer");
        assert!(is_cut(&customer[1]));
        drop(customer.pop());
        assert!(enter("2001:db8:1:3::2").is_some(), "a place is free");
        let here = UnknownPlaces::new(2);
        let mine = [1, 1].map(|uid| here.enter(Source::User(uid), Claim::Any).unwrap());
        let _theirs = here.enter(Source::User(2), Claim::Any).expect("another user has a place");
        let _newest = here.enter(Source::User(1), Claim::Any).expect("as has the newest of whoever has most");
        assert!(mine.iter().all(is_cut));
        assert_eq!(here.held.lock().unwrap().holders.len(), 2);
    }

    #[test]
    fn who_comes_over_loopback_gives_way_by_user() {
        let here = UnknownPlaces::new(4);
        let is_cut = |unknown: &Unknown| futures_util::FutureExt::now_or_never(unknown.cut.notified()).is_some();
        let enter = |uid: u32| {
            let unknown = here.enter(Source::Here, Claim::Any).unwrap();
            unknown.belongs_to(Source::User(uid));
            unknown
        };
        let theirs = enter(1);
        assert!(!here.is_half_taken());
        let mine = (0..100).map(|_| enter(2)).collect::<Vec<_>>();
        assert!(here.is_half_taken());
        assert!(!is_cut(&theirs), "who holds one is not cut by somebody else's hundred, though they came first");
        assert_eq!(mine.iter().filter(|unknown| is_cut(unknown)).count(), 97);
        drop((theirs, mine));
        assert!(here.held.lock().unwrap().counts.iter().all(HashMap::is_empty), "nothing is kept of who is gone");
    }

    #[test]
    fn strangers_are_bounded_and_neighbours_are_not() {
        let limits = Limits {
            connections_per_address: 3,
            unauthenticated_connections: 4,
            connection_rate: 1,
            connection_burst: 2,
            ..Limits::default()
        };
        let strangers = Strangers::new(&limits);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 2]));
        let mut first = (0..3).map(|_| strangers.admit(one).unwrap()).collect::<Vec<_>>();
        assert!(first[1].wait.is_none() && first[2].wait.is_some(), "the third comes too fast");
        assert!(strangers.admit(one).unwrap_err().contains("this address"));
        let mut second = vec![strangers.admit(other).unwrap()];
        second.push(strangers.admit(other).expect("the first has more"));
        assert!(strangers.admit(other).unwrap_err().contains("not signed in"));
        first[1].unknown = None;
        second.push(strangers.admit(other).expect("one of them has said who it is"));
        assert!(strangers.admit(one).is_err(), "and stays connected");
        second.clear();
        first.truncate(1);
        let more = [3, 4, 5].map(|last| strangers.admit([203, 0, 113, last].into()).unwrap());
        let hasty = strangers.admit(one).expect("a place is free");
        drop(hasty);
        let _last = strangers.admit(other).unwrap();
        assert!(strangers.admit(one).is_err(), "who comes too fast takes no place from others");
        drop(more);
        assert!((0..100).all(|_| strangers.admit([127, 0, 0, 1].into()).is_ok()));
    }
}
