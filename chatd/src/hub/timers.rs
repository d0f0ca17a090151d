//! What happens by itself when its time comes: the ends of typing, changes of presence, what was gathered.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

use proto::{ChannelId, Timestamp};

use super::Hub;
use super::presence::Told;
use crate::lock::lock;
use crate::store::UserId;

/// How long after somebody was forgotten memory is given back.
const GIVE_BACK_AFTER: Duration = Duration::from_secs(5);

/// What will happen by itself when its time comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// Somebody's typing ends.
    Typing(ChannelId, UserId),
    /// Somebody without connection is offline.
    Offline(UserId),
    /// Somebody may have been inactive for long enough to be idle or away.
    Inactive(UserId),
    /// The gathered changes of presence are sent.
    Tell,
    /// What a large channel has gathered about its members is sent.
    TellChannel(ChannelId),
    /// Somebody who has no connection need not be known any more.
    Forget(UserId),
    /// What those who have gone had in memory goes back to the system.
    GiveBack,
}

/// The timers, and whose presence is to be sent.
#[derive(Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Instant, Timer)>>,
    pub(super) changed: HashMap<UserId, Told>,
    /// Whether memory will be given back.
    gives_back: bool,
}

impl Hub {
    /// Does what is due by time, for as long as the daemon runs, and hands over who went offline and when.
    pub async fn run_timers(&self, mut went_offline: impl AsyncFnMut(Vec<(UserId, Timestamp)>)) -> ! {
        loop {
            match self.due() {
                Ok(timers) => {
                    let gone = timers.into_iter().filter_map(|timer| self.fire(timer)).collect::<Vec<_>>();
                    if !gone.is_empty() {
                        went_offline(gone).await;
                    }
                }
                Err(next) => {
                    let changed = self.timers_changed.notified();
                    match next {
                        Some(next) => drop(tokio::time::timeout_at(next.into(), changed).await),
                        None => changed.await,
                    }
                }
            }
        }
    }

    pub(super) fn set_timer(&self, after: Duration, timer: Timer) {
        let mut timers = lock(&self.timers);
        timers.due.push(Reverse((Instant::now() + after, timer)));
        drop(timers);
        self.timers_changed.notify_one();
    }

    /// Sees to it that memory is given back in a while, once for all who go until then.
    pub(super) fn give_back_later(&self) {
        if !std::mem::replace(&mut lock(&self.timers).gives_back, true) {
            self.set_timer(GIVE_BACK_AFTER, Timer::GiveBack);
        }
    }

    fn give_back(&self) {
        lock(&self.timers).gives_back = false;
        tokio::task::spawn_blocking(memory::give_back_what_is_freed);
    }

    /// Takes the timers whose time has come, or says when the next one's comes.
    fn due(&self) -> Result<Vec<Timer>, Option<Instant>> {
        let mut timers = lock(&self.timers);
        let now = Instant::now();
        let mut due = Vec::new();
        while let Some(Reverse((when, timer))) = timers.due.peek().copied() {
            if when > now {
                break;
            }
            timers.due.pop();
            due.push(timer);
        }
        if due.is_empty() { Err(timers.due.peek().map(|Reverse((when, _))| *when)) } else { Ok(due) }
    }

    fn fire(&self, timer: Timer) -> Option<(UserId, Timestamp)> {
        match timer {
            Timer::Typing(channel, user) => self.typing_ran_out(&channel, user),
            Timer::Offline(user) => return self.connection_stayed_away(user),
            Timer::Inactive(user) => self.look_at_activity(user),
            Timer::Tell => self.tell_presence(),
            Timer::TellChannel(channel) => self.tell_channel(&channel),
            Timer::Forget(user) => self.forget(user),
            Timer::GiveBack => self.give_back(),
        }
        None
    }
}
