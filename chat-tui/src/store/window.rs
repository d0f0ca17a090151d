//! A window that works with the store through the program that holds it.

use std::collections::VecDeque;
use std::io::{self, BufReader};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use proto::ChannelId;
use proto::http::{Query, SearchQuery};

use super::input::{StoreInput, StoreOrder, WhenFound, WhenKept, WhenMembers, WhenSearched};
use super::inspect::StoreSummary;
use super::place::StorePlace;
use super::terms::{LocalStoreError, Opened, StoreWriter};
use super::wire::{FromOwner, ToOwner, VERSION, read_line, write_line};
use crate::core::history::HistoryRange;
use crate::stored::StoreChange;
use crate::unsent::Unsent;

/// How long the owner may leave something unanswered: it may have been stopped.
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// What was ordered and is not answered, in the order in which it was.
#[derive(Default)]
pub(super) struct Pending {
    orders: VecDeque<(u64, Instant, Wanted)>,
    /// The number of the last one.
    last: u64,
}

/// Something that the owner is to do, kept for the case that another one has to.
enum Wanted {
    Remember(Vec<StoreChange>),
    Keep(Box<Unsent>, WhenKept),
    Page(ChannelId, HistoryRange, WhenFound),
    Members(ChannelId, WhenMembers),
    Search(Box<SearchQuery>, WhenSearched),
    Then(Box<dyn FnOnce() + Send>),
}

impl Pending {
    /// Tells whether everything is answered.
    pub(super) fn is_empty(&self) -> bool {
        self.orders.is_empty()
    }

    /// Takes an order in, and gives what the owner is told of it.
    pub(super) fn add(&mut self, order: StoreOrder) -> Option<ToOwner> {
        self.last += 1;
        let wanted = match order {
            StoreOrder::Remember(changes) => Wanted::Remember(changes),
            StoreOrder::Keep(unsent, done) => Wanted::Keep(unsent, done),
            StoreOrder::Page(channel, range, found) => Wanted::Page(channel, range, found),
            StoreOrder::Members(channel, found) => Wanted::Members(channel, found),
            StoreOrder::Search(query, found) => Wanted::Search(query, found),
            StoreOrder::Then(work) => Wanted::Then(work),
        };
        let packet = wanted.packet(self.last);
        self.orders.push_back((self.last, Instant::now(), wanted));
        self.do_what_can_be();
        packet
    }

    /// Takes an answer in; gives false when changes were lost.
    pub(super) fn answer(&mut self, answer: FromOwner) -> bool {
        let mut remembers = true;
        match answer {
            FromOwner::Remembered(number, all) => {
                remembers = all;
                self.orders.retain(|(of, _, wanted)| *of > number || !matches!(wanted, Wanted::Remember(_)));
            }
            FromOwner::Kept(number, failed) => {
                if let Some(Wanted::Keep(_, done)) = self.take(number) {
                    done(failed.map_or(Ok(()), |reason| Err(LocalStoreError::Owner(reason))));
                }
            }
            FromOwner::Found(number, page) => {
                if let Some(Wanted::Page(_, _, found)) = self.take(number) {
                    found(page);
                }
            }
            FromOwner::Members(number, members) => {
                if let Some(Wanted::Members(_, found)) = self.take(number) {
                    found(members);
                }
            }
            FromOwner::Searched(number, hits) => {
                if let Some(Wanted::Search(_, found)) = self.take(number) {
                    found(hits);
                }
            }
            FromOwner::Welcome(_) | FromOwner::OtherVersion(..) | FromOwner::Summary(_) | FromOwner::Failed(_) => {}
        }
        self.do_what_can_be();
        remembers
    }

    /// Gives when an answer is overdue.
    pub(super) fn due(&self) -> Option<Instant> {
        let is_asked = |wanted: &Wanted| matches!(wanted, Wanted::Keep(..) | Wanted::Page(..) | Wanted::Members(..));
        self.orders.iter().find(|(_, _, wanted)| is_asked(wanted)).map(|(_, since, _)| *since + ANSWER_MAX)
    }

    /// Gives everything back that is not answered, as it was ordered.
    pub(super) fn take_all(&mut self) -> Vec<StoreOrder> {
        let order = |(_, _, wanted)| match wanted {
            Wanted::Remember(changes) => StoreOrder::Remember(changes),
            Wanted::Keep(unsent, done) => StoreOrder::Keep(unsent, done),
            Wanted::Page(channel, range, found) => StoreOrder::Page(channel, range, found),
            Wanted::Members(channel, found) => StoreOrder::Members(channel, found),
            Wanted::Search(query, found) => StoreOrder::Search(query, found),
            Wanted::Then(work) => StoreOrder::Then(work),
        };
        self.orders.drain(..).map(order).collect()
    }

    fn take(&mut self, number: u64) -> Option<Wanted> {
        let at = self.orders.iter().position(|(of, _, _)| *of == number)?;
        self.orders.remove(at).map(|(_, _, wanted)| wanted)
    }

    /// Does what only waits for what was to be kept before it.
    fn do_what_can_be(&mut self) {
        let kept = self.orders.iter().position(|(_, _, wanted)| matches!(wanted, Wanted::Keep(..)));
        let until = kept.unwrap_or(self.orders.len());
        let (ready, rest): (Vec<_>, Vec<_>) = self
            .orders
            .drain(..)
            .enumerate()
            .partition(|(at, (_, _, wanted))| *at < until && matches!(wanted, Wanted::Then(_)));
        self.orders = rest.into_iter().map(|(_, order)| order).collect();
        for (_, (_, _, wanted)) in ready {
            if let Wanted::Then(work) = wanted {
                work();
            }
        }
    }
}

impl Wanted {
    fn packet(&self, number: u64) -> Option<ToOwner> {
        match self {
            Self::Remember(changes) => Some(ToOwner::Remember(number, changes.clone())),
            Self::Keep(unsent, _) => Some(ToOwner::Keep(number, unsent.clone())),
            Self::Page(channel, range, _) => Some(ToOwner::Page(number, *channel, *range)),
            Self::Members(channel, _) => Some(ToOwner::Members(number, *channel)),
            Self::Search(query, _) => Some(ToOwner::Search(number, query.write())),
            Self::Then(_) => None,
        }
    }
}

/// Why nobody has answered as an owner does.
pub(super) enum ConnectError {
    /// Nobody is there, or they have just gone.
    Gone,
    /// It cannot be worked with.
    Unusable(LocalStoreError),
}

impl ConnectError {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::Unusable(LocalStoreError::Silent),
            _ => Self::Gone,
        }
    }
}

/// The connection to the owner.
pub(super) struct WindowLink {
    stream: UnixStream,
    /// Which of the connections of this window it is.
    number: u64,
}

impl WindowLink {
    /// Connects to the owner; a window that is `back` needs nothing read.
    pub(super) fn connect(
        place: &StorePlace,
        writer: &StoreWriter,
        back: Option<bool>,
        number: u64,
        inputs: &SyncSender<StoreInput>,
    ) -> Result<(Self, Opened), ConnectError> {
        let hello = ToOwner::Hello { version: VERSION, writer: writer.clone(), back };
        let (stream, mut from, answer) = asked(place, &hello)?;
        let opened = match answer {
            FromOwner::Welcome(opened) => *opened,
            other => return Err(ConnectError::Unusable(refused(other))),
        };
        let inputs = inputs.clone();
        let listening = move || {
            while let Ok(Some(packet)) = read_line(&mut from) {
                if inputs.send(StoreInput::Answers(number, packet)).is_err() {
                    return;
                }
            }
            let _ = inputs.send(StoreInput::OwnerIsGone(number));
        };
        stream.set_read_timeout(None).map_err(|error| ConnectError::of(&error))?;
        let spawned = std::thread::Builder::new().name("owner".to_owned()).spawn(listening);
        spawned.map_err(|error| ConnectError::of(&error))?;
        Ok((Self { stream, number }, opened))
    }

    /// Tells the owner something; false when there is none any more.
    pub(super) fn tell(&self, packet: &ToOwner) -> bool {
        write_line(&self.stream, packet).is_ok()
    }

    /// Tells whether something was said on this connection.
    pub(super) fn is(&self, number: u64) -> bool {
        self.number == number
    }
}

impl Drop for WindowLink {
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Asks the owner for something that needs no window.
pub(super) fn ask_owner(place: &StorePlace, packet: &ToOwner) -> Result<StoreSummary, ConnectError> {
    match asked(place, packet)?.2 {
        FromOwner::Summary(summary) => Ok(summary),
        other => Err(ConnectError::Unusable(refused(other))),
    }
}

type Asked = (UnixStream, BufReader<UnixStream>, FromOwner);

/// Connects, says the first thing, and waits for the answer to it.
fn asked(place: &StorePlace, packet: &ToOwner) -> Result<Asked, ConnectError> {
    let asked = || -> io::Result<Asked> {
        let stream = place.connect(ANSWER_MAX)?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        write_line(&stream, packet)?;
        let mut from = BufReader::new(stream.try_clone()?);
        let answer = read_line(&mut from)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok((stream, from, answer))
    };
    asked().map_err(|error| ConnectError::of(&error))
}

fn refused(answer: FromOwner) -> LocalStoreError {
    match answer {
        FromOwner::OtherVersion(_, program) => LocalStoreError::Other(program),
        FromOwner::Failed(reason) => LocalStoreError::Owner(reason),
        _ => LocalStoreError::Silent,
    }
}
