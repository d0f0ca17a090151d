//! Admission of connections before sign-in. Connections from this machine are always admitted. When all places are taken, the
//! network or user with the most gives way first.

mod places;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use socket_owner::Ends;
use tokio::sync::Notify;

use crate::config::Limits;
use crate::lock::lock;
use crate::peer::Peer;
use crate::peer_user::user_of;
use crate::rate::{Limiter, Rate};
use crate::source::Source;
use places::{Claim, UnauthenticatedPlaces};

pub(crate) use places::Unauthenticated;

/// Where a connection comes from, and what it holds for as long as it is open.
#[derive(Debug)]
pub(crate) struct Origin {
    /// The Unix user of the peer, if the system knows.
    pub(crate) peer: Peer,
    /// Its place among the connections of its address.
    pub(crate) place: Option<Place>,
    /// Held until it has said who it is.
    pub(crate) unauthenticated: Option<Unauthenticated>,
    /// When connections come too fast from its address: how long it has to wait.
    pub(crate) wait: Option<Duration>,
    /// Whether it is a proxy that gives the client's address.
    pub(crate) is_proxy: bool,
}

impl Origin {
    /// From this machine, on a Unix socket from a user of it.
    pub(crate) fn here(uid: Option<u32>) -> Self {
        Self { peer: Peer { uid, ..Peer::default() }, place: None, unauthenticated: None, wait: None, is_proxy: false }
    }

    /// The same with the two ends of a connection within this machine.
    pub(crate) fn between(self, ends: Option<Ends>) -> Self {
        Self { peer: Peer { ends, ..self.peer }, ..self }
    }

    /// From a proxy, on whose connection many may ask; `address` is its own, if it is not local.
    pub(crate) fn proxy(address: Option<IpAddr>) -> Self {
        Self { peer: Peer { address, ..Peer::default() }, is_proxy: true, ..Self::here(None) }
    }
}

/// The limits on connections: from elsewhere, and of what is not known yet also from here.
pub(crate) struct ConnectionAdmission {
    per_address_max: AtomicU64,
    per_address: Arc<PerAddress>,
    unauthenticated: UnauthenticatedPlaces,
    unauthenticated_here: UnauthenticatedPlaces,
    rate: Limiter<IpAddr>,
}

impl ConnectionAdmission {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            per_address_max: limits.connections_per_address.into(),
            per_address: Arc::default(),
            unauthenticated: UnauthenticatedPlaces::new(limits.unauthenticated_connections),
            unauthenticated_here: UnauthenticatedPlaces::new(places_here(limits)),
            rate: Limiter::new(rate(limits)),
        }
    }

    /// Takes other limits, for connections that come from now on.
    pub(crate) fn change(&self, limits: &Limits) {
        self.per_address_max.store(limits.connections_per_address, Ordering::Relaxed);
        self.unauthenticated.max.store(limits.unauthenticated_connections, Ordering::Relaxed);
        self.unauthenticated_here.max.store(places_here(limits), Ordering::Relaxed);
        self.rate.change(rate(limits));
    }

    /// Lets a connection in, or says why not.
    pub(crate) fn admit(&self, address: IpAddr) -> Result<Origin, &'static str> {
        if address.is_loopback() {
            return Ok(self.here(None));
        }
        let place = PerAddress::enter(&self.per_address, address, self.per_address_max.load(Ordering::Relaxed));
        let place = place.ok_or("this address has too many connections")?;
        let wait = self.rate.take(address, Instant::now()).err();
        let claim = if wait.is_some() { Claim::Free } else { Claim::OfWhoHasMore };
        let unauthenticated = self.unauthenticated.enter(Source::at(address), claim);
        let unauthenticated = unauthenticated.ok_or("too many connections have not signed in")?;
        let peer = Peer { address: Some(address), ..Peer::default() };
        Ok(Origin { peer, place: Some(place), unauthenticated: Some(unauthenticated), wait, is_proxy: false })
    }

    /// Admits a connection from this machine, on a Unix socket from a user of it. If descriptors are scarce, the oldest
    /// connection without a sign-in of the user with the most is closed.
    pub(crate) fn here(&self, uid: Option<u32>) -> Origin {
        let source = uid.map_or(Source::Here, Source::User);
        Origin { unauthenticated: self.unauthenticated_here.enter(source, Claim::Any), ..Origin::here(uid) }
    }

    /// Counts a connection over TCP from this machine as its user's. The system is asked for the user only when many places
    /// are taken: that costs more than most connections do.
    pub(crate) async fn tell_apart(&self, from: &Origin) {
        let (Some(unauthenticated), Some(ends)) = (&from.unauthenticated, from.peer.ends) else { return };
        if self.unauthenticated_here.is_half_taken()
            && let Some(uid) = user_of(ends).await
        {
            unauthenticated.belongs_to(Source::User(uid));
        }
    }
}

/// Waits until the place of a connection goes to somebody else; for ever when it holds none.
pub(crate) async fn is_cut(cut: Option<&Notify>) {
    match cut {
        Some(cut) => cut.notified().await,
        None => std::future::pending().await,
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

/// Counts connections by address.
#[derive(Debug, Default)]
struct PerAddress(Mutex<HashMap<IpAddr, u64>>);

/// One counted connection; dropping it counts down.
#[derive(Debug)]
pub(crate) struct Place {
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
    fn strangers_are_bounded_and_neighbours_are_not() {
        let limits = Limits {
            connections_per_address: 3,
            unauthenticated_connections: 4,
            connection_rate: 1,
            connection_burst: 2,
            ..Limits::default()
        };
        let admission = ConnectionAdmission::new(&limits);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([198, 51, 100, 2]));
        let mut first = (0..3).map(|_| admission.admit(one).unwrap()).collect::<Vec<_>>();
        assert!(first[1].wait.is_none() && first[2].wait.is_some(), "the third comes too fast");
        assert!(admission.admit(one).unwrap_err().contains("this address"));
        let mut second = vec![admission.admit(other).unwrap()];
        second.push(admission.admit(other).expect("the first has more"));
        assert!(admission.admit(other).unwrap_err().contains("not signed in"));
        first[1].unauthenticated = None;
        second.push(admission.admit(other).expect("one of them has said who it is"));
        assert!(admission.admit(one).is_err(), "and stays connected");
        second.clear();
        first.truncate(1);
        let more = [3, 4, 5].map(|last| admission.admit([203, 0, 113, last].into()).unwrap());
        let hasty = admission.admit(one).expect("a place is free");
        drop(hasty);
        let _last = admission.admit(other).unwrap();
        assert!(admission.admit(one).is_err(), "who comes too fast takes no place from others");
        drop(more);
        assert!((0..100).all(|_| admission.admit([127, 0, 0, 1].into()).is_ok()));
    }
}
