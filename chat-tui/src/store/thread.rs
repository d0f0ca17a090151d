//! The thread of a window's store. The first program of a profile holds the store, the others work through it; when it ends one
//! of them takes the store over, and what was not answered is done there again. To do a change twice changes nothing.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::input::{StoreInput, StoreOrder};
use super::owner::StoreOwner;
use super::place::StorePlace;
use super::terms::{HasEnded, LocalStoreError, Opened, StoreWriter};
use super::window::{ConnectError, Pending, WindowLink};
use super::wire::ToOwner;
use crate::stored::StoreChange;

/// How long it may take until somebody holds the store when its owner has ended.
const TAKE_MAX: Duration = Duration::from_secs(2);
/// How long to wait between looks at whether somebody does.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
/// How long a store is left alone that could not be had.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// Connections in a row that ended without an answer, after which the store is left alone: something is wrong with what is said.
const UNANSWERED_MAX: u32 = 100;
/// How long the end of a window waits until what it has told is written.
const END_MAX: Duration = Duration::from_secs(2);

/// How the store is reached.
#[expect(clippy::large_enum_variant, reason = "there is one")]
enum Reach {
    /// This program holds it.
    Owner(StoreOwner),
    /// Another one does.
    Window(WindowLink),
    /// It could not be had, or was given away, and is not tried before this.
    Nobody(Instant),
}

/// What the thread works with.
pub(super) struct StoreThread {
    place: StorePlace,
    writer: StoreWriter,
    has_ended: Box<HasEnded>,
    inputs: SyncSender<StoreInput>,
    reach: Reach,
    pending: Pending,
    /// Whether all changes of this window were written up to now.
    remembers: bool,
    /// How often another owner was connected to, and how often in a row without an answer.
    links: u64,
    unanswered: u32,
    /// Whether what was read is to be forgotten as soon as the store is reached.
    forgets: bool,
}

impl StoreThread {
    /// Opens the store, or connects to whoever holds it; for a window that has run without it for a while nothing is read nor
    /// taken over.
    pub(super) fn open(
        place: StorePlace,
        writer: StoreWriter,
        has_ended: Box<HasEnded>,
        inputs: SyncSender<StoreInput>,
        is_late: bool,
    ) -> Result<(Self, Opened), LocalStoreError> {
        let mut thread = Self {
            place,
            writer,
            has_ended,
            inputs,
            reach: Reach::Nobody(Instant::now()),
            pending: Pending::default(),
            remembers: !is_late,
            links: 0,
            unanswered: 0,
            forgets: false,
        };
        let opened = thread.reach(is_late.then_some(false))?;
        Ok((thread, opened))
    }

    /// Works until the window ends.
    pub(super) fn run(mut self, inputs: &Receiver<StoreInput>) {
        loop {
            match receive(inputs, self.due()) {
                Ok(StoreInput::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(input) => self.take_in(input),
                Err(RecvTimeoutError::Timeout) => self.do_what_is_due(),
            }
        }
        self.end(inputs);
    }

    fn due(&self) -> Option<Instant> {
        match &self.reach {
            Reach::Owner(owner) => owner.due(),
            Reach::Window(_) => self.pending.due(),
            Reach::Nobody(_) => None,
        }
    }

    fn do_what_is_due(&mut self) {
        match &mut self.reach {
            Reach::Owner(owner) => owner.write_waiting(),
            // Whoever holds the store was stopped, or is stuck.
            Reach::Window(_) => self.reach_again(),
            Reach::Nobody(_) => {}
        }
    }

    fn take_in(&mut self, input: StoreInput) {
        match input {
            StoreInput::Order(order) => self.order(order),
            StoreInput::Rest(done) => {
                self.rest();
                let _ = done.send(());
            }
            StoreInput::Connects(stream) => {
                if let Reach::Owner(owner) = &mut self.reach {
                    owner.connected(stream);
                }
            }
            StoreInput::Says(id, packet) => {
                if let Reach::Owner(owner) = &mut self.reach {
                    owner.says(id, packet, &self.has_ended);
                }
            }
            StoreInput::Leaves(id) => {
                if let Reach::Owner(owner) = &mut self.reach {
                    owner.leaves(id);
                }
            }
            StoreInput::Answers(number, answer) => {
                if matches!(&self.reach, Reach::Window(link) if link.is(number)) {
                    self.unanswered = 0;
                    self.remembers &= self.pending.answer(answer);
                }
            }
            StoreInput::OwnerIsGone(number) => {
                if matches!(&self.reach, Reach::Window(link) if link.is(number)) {
                    self.unanswered += 1;
                    self.reach_again();
                }
            }
            StoreInput::End => {}
        }
    }

    fn order(&mut self, order: StoreOrder) {
        if matches!(&self.reach, Reach::Nobody(until) if *until <= Instant::now()) {
            self.reach_again();
        }
        match &mut self.reach {
            Reach::Owner(owner) => owner.order(order),
            Reach::Window(link) => {
                let packet = self.pending.add(order);
                if packet.is_some_and(|packet| !link.tell(&packet)) {
                    self.reach_again();
                }
            }
            Reach::Nobody(_) => self.fail(order),
        }
    }

    /// Says that an order cannot be followed. What changes now is missing below what comes later.
    fn fail(&mut self, order: StoreOrder) {
        if let StoreOrder::Remember(changes) = &order {
            self.remembers = false;
            self.forgets |= changes.contains(&StoreChange::ForgetAll);
        }
        order.fail();
    }

    /// Gives the store away, if this program holds it, until it is needed again.
    fn rest(&mut self) {
        if let Reach::Owner(owner) = &mut self.reach {
            owner.write_waiting();
            self.remembers = owner.remembers();
            self.reach = Reach::Nobody(Instant::now());
        }
    }

    /// Takes the store over, or finds whoever has, and has done there what was not answered.
    fn reach_again(&mut self) {
        self.reach = Reach::Nobody(Instant::now());
        let orders = self.pending.take_all();
        let reached = match self.unanswered {
            0..UNANSWERED_MAX => self.reach(Some(self.remembers)).map(drop),
            _ => Err(LocalStoreError::Silent),
        };
        if let Err(error) = reached {
            tracing::warn!(%error, "nothing is saved for now");
            (self.reach, self.unanswered) = (Reach::Nobody(Instant::now() + TRY_AGAIN), 0);
        } else if std::mem::take(&mut self.forgets) {
            self.order(StoreOrder::Remember(vec![StoreChange::ForgetAll]));
        }
        orders.into_iter().for_each(|order| self.order(order));
    }

    fn reach(&mut self, back: Option<bool>) -> Result<Opened, LocalStoreError> {
        let until = Instant::now() + TAKE_MAX;
        loop {
            if let Some(lock) = self.place.take()? {
                let mut owner = StoreOwner::begin(&self.place, lock, &self.writer, &self.inputs)?;
                let opened = match back {
                    None => owner.join(&self.writer, &self.has_ended)?,
                    Some(remembers) => {
                        owner.come_back(&self.writer, remembers);
                        Opened::default()
                    }
                };
                self.reach = Reach::Owner(owner);
                return Ok(opened);
            }
            self.links += 1;
            match WindowLink::connect(&self.place, &self.writer, back, self.links, &self.inputs) {
                Ok((link, opened)) => {
                    self.reach = Reach::Window(link);
                    return Ok(opened);
                }
                Err(ConnectError::Unusable(error)) => return Err(error),
                // Somebody has the lock and does not listen yet, or not any more.
                Err(ConnectError::Gone) if Instant::now() < until => std::thread::sleep(LOOK_AGAIN),
                Err(ConnectError::Gone) => return Err(LocalStoreError::Silent),
            }
        }
    }

    /// What the window has told is written before others take over what it leaves.
    fn end(&mut self, inputs: &Receiver<StoreInput>) {
        let until = Instant::now() + END_MAX;
        if let Reach::Window(link) = &self.reach {
            let _ = link.tell(&ToOwner::Bye);
        }
        while !self.pending.is_empty() && Instant::now() < until {
            match receive(inputs, Some(until)) {
                Ok(input) => self.take_in(input),
                Err(_) => break,
            }
        }
        self.pending.take_all().into_iter().for_each(StoreOrder::fail);
    }
}

/// Waits for something, no longer than until a moment.
fn receive(inputs: &Receiver<StoreInput>, until: Option<Instant>) -> Result<StoreInput, RecvTimeoutError> {
    match until {
        None => inputs.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(until) => inputs.recv_timeout(until.saturating_duration_since(Instant::now())),
    }
}
