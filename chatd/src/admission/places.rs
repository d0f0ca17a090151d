//! Places of connections that have not said who they are, and who gives way when all are taken.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::Notify;

use crate::lock::lock;
use crate::source::Source;

/// What connections are counted as, from the narrowest to the widest: what one customer has at least, and what one may have.
const LEVELS: usize = 3;

/// Places of connections without a sign-in. When all are taken, a connection from a network with fewer takes a place of the
/// network with the most.
pub(super) struct UnauthenticatedPlaces {
    /// How many places there are; 0 is no limit.
    pub(super) max: AtomicU64,
    held: Arc<Mutex<Held>>,
}

/// Which places a new connection may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
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
pub(crate) struct Unauthenticated {
    held: Arc<Mutex<Held>>,
    number: u64,
    cut: Arc<Notify>,
}

impl UnauthenticatedPlaces {
    pub(super) fn new(max: u64) -> Self {
        Self { max: max.into(), held: Arc::default() }
    }

    pub(super) fn is_half_taken(&self) -> bool {
        let max = self.max.load(Ordering::Relaxed);
        max > 0 && lock(&self.held).holders.len() as u64 > max / 2
    }

    /// Takes a place, if there is one or somebody gives way.
    pub(super) fn enter(&self, source: Source, claim: Claim) -> Option<Unauthenticated> {
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
        Some(Unauthenticated { held: self.held.clone(), number, cut })
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

impl Unauthenticated {
    /// Gives a future that ends when the place went to another connection: this one must end then.
    pub(crate) fn cut(&self) -> Arc<Notify> {
        self.cut.clone()
    }

    /// Counts it as one of this source, which is known only now.
    pub(super) fn belongs_to(&self, source: Source) {
        let mut held = lock(&self.held);
        // It may have given way meanwhile.
        if let Some(holder) = held.take_out(self.number) {
            held.put_in(self.number, Holder { networks: source.levels(), ..holder });
        }
    }
}

impl Drop for Unauthenticated {
    fn drop(&mut self) {
        if let Ok(mut held) = self.held.lock() {
            held.take_out(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_most_places_gives_way() {
        let places = UnauthenticatedPlaces::new(6);
        let enter = |address: &str| places.enter(Source::at(address.parse().unwrap()), Claim::OfWhoHasMore);
        let is_cut = |one: &Unauthenticated| futures_util::FutureExt::now_or_never(one.cut.notified()).is_some();
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
        let here = UnauthenticatedPlaces::new(2);
        let mine = [1, 1].map(|uid| here.enter(Source::User(uid), Claim::Any).unwrap());
        let _theirs = here.enter(Source::User(2), Claim::Any).expect("another user has a place");
        let _newest = here.enter(Source::User(1), Claim::Any).expect("as has the newest of whoever has most");
        assert!(mine.iter().all(is_cut));
        assert_eq!(here.held.lock().unwrap().holders.len(), 2);
    }

    #[test]
    fn who_comes_over_loopback_gives_way_by_user() {
        let here = UnauthenticatedPlaces::new(4);
        let is_cut = |one: &Unauthenticated| futures_util::FutureExt::now_or_never(one.cut.notified()).is_some();
        let enter = |uid: u32| {
            let held = here.enter(Source::Here, Claim::Any).unwrap();
            held.belongs_to(Source::User(uid));
            held
        };
        let theirs = enter(1);
        assert!(!here.is_half_taken());
        let mine = (0..100).map(|_| enter(2)).collect::<Vec<_>>();
        assert!(here.is_half_taken());
        assert!(!is_cut(&theirs), "who holds one is not cut by somebody else's hundred, though they came first");
        assert_eq!(mine.iter().filter(|held| is_cut(held)).count(), 97);
        drop((theirs, mine));
        assert!(here.held.lock().unwrap().counts.iter().all(HashMap::is_empty), "nothing is kept of who is gone");
    }
}
