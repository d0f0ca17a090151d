//! Who has asked for an account and waits for the operator's word.
//!
//! The queue has an end, and nobody fills it for others: a network has so many places in it, and when it is full the part of
//! the world that holds the most of it gives way to one that holds less.

use std::collections::HashMap;
use std::hash::Hash;

use proto::{Handle, Timestamp, bounds};

use super::account::insert_account;
use super::sqlite::Rows;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError};
use crate::password_hash::PasswordHash;
use crate::source::Source;

/// Sign-ups that wait from one network, or of one user of this machine: a twentieth of all.
const WAITING_PER_SOURCE_MAX: usize = bounds::REGISTRATIONS_MAX / 20;

/// Somebody who has asked for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applicant {
    /// The handle that they want.
    pub handle: Handle,
    /// When they asked.
    pub asked: Timestamp,
    /// The place that the account was asked for from.
    pub source: Source,
}

impl Store {
    /// Notes that somebody asks for an account. Gives who waits no longer to make room for it.
    pub async fn apply(&self, handle: Handle, password_hash: PasswordHash, source: Source) -> Pending<Option<Handle>> {
        self.writer.submit(move |work| apply(work, &handle, &password_hash, source)).await
    }

    /// Gives the hash of the password of somebody who waits for an account.
    pub async fn applicant(&self, handle: &Handle) -> Result<Option<PasswordHash>, StoreError> {
        let handle = handle.clone();
        self.readers
            .read(move |rows| rows.one("SELECT password_hash FROM registration WHERE handle = ?1", [handle]))
            .await
    }

    /// Lists who waits for an account, by handle.
    pub async fn applicants(&self) -> Result<Vec<Applicant>, StoreError> {
        self.readers
            .read(|rows| {
                let mut applicants = queue(rows)?;
                applicants.sort_by(|one, other| one.handle.cmp(&other.handle));
                Ok(applicants)
            })
            .await
    }

    /// Gives those who wait the accounts that they asked for; gives who they are.
    pub async fn approve(&self, handles: Vec<Handle>) -> Pending<Vec<Handle>> {
        self.writer
            .submit(move |work| {
                let mut approved = Vec::new();
                for handle in handles {
                    if let Some(hash) = take(work, &handle)? {
                        insert_account(work, &handle, Some(&hash))?;
                        approved.push(handle);
                    }
                }
                Ok(approved)
            })
            .await
    }

    /// Forgets those who wait for an account; gives who they are.
    pub async fn reject(&self, handles: Vec<Handle>) -> Pending<Vec<Handle>> {
        self.writer
            .submit(move |work| {
                let mut rejected = Vec::new();
                for handle in handles {
                    if take(work, &handle)?.is_some() {
                        rejected.push(handle);
                    }
                }
                work.erases();
                Ok(rejected)
            })
            .await
    }
}

fn apply(
    work: &mut StoreWork<'_>,
    handle: &Handle,
    password_hash: &PasswordHash,
    source: Source,
) -> Result<Option<Handle>, StoreError> {
    let late = work.now.plus_millis(-bounds::REGISTRATION_SECONDS_MAX * 1_000);
    work.execute("DELETE FROM registration WHERE asked < ?1", [late])?;
    let queue = queue(work)?;
    let gives_way = place_in(&queue, source)?.map(|applicant| applicant.handle.clone());
    if let Some(handle) = &gives_way {
        take(work, handle)?;
    }
    let noted = work.execute(
        "INSERT INTO registration (handle, password_hash, asked, source) SELECT ?1, ?2, ?3, ?4
         WHERE NOT EXISTS (SELECT 1 FROM spent_handle WHERE handle = ?1)
           AND NOT EXISTS (SELECT 1 FROM user WHERE handle = ?1)
         ON CONFLICT (handle) DO NOTHING",
        (handle, password_hash, work.now, source.to_string()),
    )?;
    if noted == 0 { Err(Refused::HandleTaken.into()) } else { Ok(gives_way) }
}

/// Reads who waits, in the order in which they asked.
fn queue(rows: &Rows) -> Result<Vec<Applicant>, StoreError> {
    rows.all_with("SELECT handle, asked, source FROM registration ORDER BY asked, handle", (), |row| {
        Ok(Applicant {
            handle: row.get(0)?,
            asked: row.get(1)?,
            source: row.get::<String>(2)?.parse().unwrap_or(Source::Here),
        })
    })
}

/// Finds a place in the queue for somebody who comes: gives who has to make room for it, if it is full.
fn place_in(queue: &[Applicant], source: Source) -> Result<Option<&Applicant>, Refused> {
    let waiting = queue.iter().filter(|applicant| applicant.source == source).count();
    // Of whom nothing is known there may be many.
    if source != Source::Here && waiting >= WAITING_PER_SOURCE_MAX {
        return Err(Refused::TooManyApplicantsThere);
    }
    if queue.len() < bounds::REGISTRATIONS_MAX {
        return Ok(None);
    }
    gives_way(queue, source).map(Some).ok_or(Refused::TooManyApplicants)
}

/// Gives the one who has waited for longest where the most are from, if fewer are from where somebody comes: first of the
/// neighbourhoods, then within the one.
fn gives_way(queue: &[Applicant], source: Source) -> Option<&Applicant> {
    let near = |applicant: &Applicant| applicant.source.neighbourhood();
    let (most, count) = fullest(queue.iter().map(near))?;
    let here = queue.iter().filter(|applicant| near(applicant) == source.neighbourhood()).count();
    if here < count {
        let within = || queue.iter().filter(|applicant| near(applicant) == most);
        let (most, _) = fullest(within().map(|applicant| applicant.source))?;
        return within().find(|applicant| applicant.source == most);
    }
    let within = || queue.iter().filter(|applicant| near(applicant) == source.neighbourhood());
    let (most, count) = fullest(within().map(|applicant| applicant.source))?;
    let here = queue.iter().filter(|applicant| applicant.source == source).count();
    if here < count { within().find(|applicant| applicant.source == most) } else { None }
}

/// Counts what is alike, and gives what there is most of; of as many the one that came first.
fn fullest<K: Copy + Eq + Hash>(all: impl Iterator<Item = K> + Clone) -> Option<(K, usize)> {
    let mut counts = HashMap::<K, usize>::new();
    for one in all.clone() {
        *counts.entry(one).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    let mut all = all;
    all.find(|one| counts[one] == most).map(|one| (one, most))
}

fn take(work: &StoreWork<'_>, handle: &Handle) -> Result<Option<PasswordHash>, StoreError> {
    work.one("DELETE FROM registration WHERE handle = ?1 RETURNING password_hash", [handle])
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    /// A queue that people come to, one after the other.
    #[derive(Default)]
    struct Queue(Vec<Applicant>);

    impl Queue {
        fn comes(&mut self, source: Source) -> bool {
            let Ok(gives_way) = place_in(&self.0, source) else { return false };
            let gives_way = gives_way.cloned();
            self.0.retain(|applicant| Some(applicant) != gives_way.as_ref());
            let handle = format!("p{}", self.0.last().map_or(0, |last| last.asked.as_millis() + 1));
            let asked = Timestamp::from_millis(handle[1..].parse().unwrap());
            self.0.push(Applicant { handle: handle.parse().unwrap(), asked, source });
            assert!(self.0.len() <= bounds::REGISTRATIONS_MAX);
            true
        }

        fn count(&self, source: Source) -> usize {
            self.0.iter().filter(|applicant| applicant.source == source).count()
        }
    }

    fn v4(number: u32) -> Source {
        Source::at(IpAddr::from(Ipv4Addr::from(number)))
    }

    /// A network (/64) of a /48.
    fn v6(site: u16, network: u16) -> Source {
        Source::at(IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, site, network, 0, 0, 0, 1)))
    }

    #[test]
    fn one_network_has_a_small_share() {
        for source in [v4(0xC000_0201), v6(1, 1), Source::User(1_000)] {
            let mut queue = Queue::default();
            assert_eq!((0..2_000).filter(|_| queue.comes(source)).count(), WAITING_PER_SOURCE_MAX);
            assert!(queue.comes(v4(0xC633_6401)));
        }
    }

    #[test]
    fn nobody_closes_the_queue_for_others() {
        let addresses = |number: u32| v4(0xC000_0000 + number * 0x1_0000);
        let neighbours = |number: u32| v4(0xC000_0200 + number % 256);
        let a_site = |number: u32| v6(1, number as u16);
        let unknown = |_: u32| Source::Here;
        for (of, source) in [
            ("100 addresses", &(|number: u32| addresses(number % 100)) as &dyn Fn(u32) -> Source),
            ("a network of addresses", &neighbours),
            ("a /48", &a_site),
            ("people of whom nothing is known", &unknown),
        ] {
            let mut queue = Queue::default();
            for number in 0..1_100 {
                queue.comes(source(number));
            }
            assert_eq!(queue.0.len(), bounds::REGISTRATIONS_MAX, "{of} fill it");
            let newcomers = [v4(0xC633_6401), v6(2, 1), Source::User(1_000)];
            for newcomer in newcomers {
                assert!(queue.comes(newcomer), "{of} keep {newcomer} out");
            }
            for number in 0..200 {
                queue.comes(source(number));
            }
            for newcomer in newcomers {
                assert_eq!(queue.count(newcomer), 1, "{of} push {newcomer} out");
            }
        }
    }

    #[test]
    fn a_neighbour_is_not_kept_out_either() {
        let mut queue = Queue::default();
        for number in 0..1_000 {
            queue.comes(v6(1, number % 25));
        }
        assert_eq!(queue.0.len(), bounds::REGISTRATIONS_MAX);
        assert!(queue.comes(v6(1, 77)) && queue.count(v6(1, 77)) == 1);
        let oldest = &queue.0[0];
        assert!(oldest.asked > Timestamp::from_millis(0), "the one who has waited for longest gives way");
    }
}
