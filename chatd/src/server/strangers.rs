//! Whom the daemon lets in before it knows who they are. What comes from this machine is let in always.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::config::Limits;
use crate::http::Peer;
use crate::peer_user::Ends;
use crate::rate::{Limiter, Rate};

/// Where a connection comes from, and what it holds for as long as it is open.
#[derive(Debug)]
pub(super) struct Origin {
    /// Who it is, as far as the system knows.
    pub(super) peer: Peer,
    /// Its place among the connections of its address.
    pub(super) place: Option<Place>,
    /// Held until it has said who it is.
    pub(super) unknown: Option<Unknown>,
    /// When connections come too fast from its address: how long it has to wait.
    pub(super) wait: Option<Duration>,
    /// Whether a proxy is there that says who asks.
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

/// The limits on connections from elsewhere.
pub(crate) struct Strangers {
    per_address_max: AtomicU64,
    per_address: Arc<PerAddress>,
    unknown_max: AtomicU64,
    unknown: Arc<AtomicU64>,
    rate: Limiter<IpAddr>,
}

impl Strangers {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            per_address_max: limits.connections_per_address.into(),
            per_address: Arc::default(),
            unknown_max: limits.unauthenticated_connections.into(),
            unknown: Arc::default(),
            rate: Limiter::new(rate(limits)),
        }
    }

    /// Takes other limits, for connections that come from now on.
    pub(crate) fn change(&self, limits: &Limits) {
        self.per_address_max.store(limits.connections_per_address, Ordering::Relaxed);
        self.unknown_max.store(limits.unauthenticated_connections, Ordering::Relaxed);
        self.rate.change(rate(limits));
    }

    /// Lets a connection in, or says why not.
    pub(super) fn admit(&self, address: IpAddr) -> Result<Origin, &'static str> {
        if address.is_loopback() {
            return Ok(Origin::here(None));
        }
        let place = PerAddress::enter(&self.per_address, address, self.per_address_max.load(Ordering::Relaxed));
        let place = place.ok_or("this address has too many connections")?;
        let unknown = Unknown::enter(&self.unknown, self.unknown_max.load(Ordering::Relaxed));
        let unknown = unknown.ok_or("too many connections have not said who they are")?;
        let wait = self.rate.take(address, Instant::now()).err();
        let peer = Peer { address: Some(address), ..Peer::default() };
        Ok(Origin { peer, place: Some(place), unknown: Some(unknown), wait, is_proxy: false })
    }
}

fn rate(limits: &Limits) -> Rate {
    Rate::new(limits.connection_rate, Duration::from_secs(1), limits.connection_burst)
}

/// A connection that has not said who it is; dropping it counts down.
#[derive(Debug)]
pub(crate) struct Unknown(Arc<AtomicU64>);

impl Unknown {
    /// Counts one in, unless there are as many as there may be; 0 is no limit.
    fn enter(count: &Arc<AtomicU64>, max: u64) -> Option<Self> {
        let one = Self(count.clone());
        let before = count.fetch_add(1, Ordering::Relaxed);
        (max == 0 || before < max).then_some(one)
    }
}

impl Drop for Unknown {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
        let mut by_address = counts.0.lock().expect("nobody panics holding the counts");
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
        let mut by_address = self.counts.0.lock().expect("nobody panics holding the counts");
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
        let strangers = Strangers::new(&limits);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let mut first = (0..3).map(|_| strangers.admit(one).unwrap()).collect::<Vec<_>>();
        assert!(first[1].wait.is_none() && first[2].wait.is_some(), "the third comes too fast");
        assert!(strangers.admit(one).unwrap_err().contains("this address"));
        let _second = strangers.admit(other).unwrap();
        assert!(strangers.admit(other).unwrap_err().contains("who they are"));
        first[0].unknown = None;
        strangers.admit(other).expect("one of them has said who it is");
        assert!(strangers.admit(one).is_err(), "and stays connected");
        assert!((0..100).all(|_| strangers.admit([127, 0, 0, 1].into()).is_ok()));
    }
}
