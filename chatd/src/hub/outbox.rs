//! What waits to be sent on one connection, bounded in bytes.
//!
//! A connection that does not drain is helped in steps before it is cut: from half of its bound on it
//! hears nothing of typing, from three quarters on the changes of presence that wait for it are merged
//! into the newest of each person, and only what does not fit then closes it. A connection whose own task
//! has not had its turn yet is not slow: until it waits for its peer there is room for more.

mod item;
mod queue;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use proto::SessionId;
use tokio::sync::Notify;

use crate::lock::lock;
use crate::store::UserId;
pub use item::Item;
pub(super) use item::Presences;
use queue::Queue;
pub(crate) use queue::Spared;

/// How long a peer may keep a daemon that stops from writing what is owed.
const STOPPING_MAX: Duration = Duration::from_secs(2);
/// How many times the bound may wait for a connection that is not held up by its peer.
const ROOM_BEFORE_ITS_TURN: usize = 4;

/// Why a connection is to close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// Its session was ended.
    Revoked,
    /// It does not drain.
    TooSlow,
    /// Its task has ended already.
    Gone,
}

/// The outbox of one connection. The hub puts in, the connection's task takes out.
#[derive(Debug)]
pub struct Outbox {
    id: u64,
    user: UserId,
    session: SessionId,
    bytes_max: usize,
    spared: Arc<Spared>,
    /// Whether not everybody is to see that its person is there.
    discreet: Arc<AtomicBool>,
    queue: Mutex<Queue>,
    filled: Notify,
    closed: Notify,
}

/// What a connection finds when its outbox has woken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Something may wait to be sent.
    Items,
    /// It is to close at once.
    Closing(Closing),
    /// The daemon stops: what waits is to be sent before the goodbye, which says when to come back.
    Stopping(Duration),
}

impl Outbox {
    pub(super) fn new(
        id: u64,
        user: UserId,
        session: SessionId,
        bytes_max: usize,
        spared: Arc<Spared>,
        discreet: Arc<AtomicBool>,
    ) -> Self {
        Self {
            id,
            user,
            session,
            bytes_max,
            spared,
            discreet,
            queue: Mutex::default(),
            filled: Notify::new(),
            closed: Notify::new(),
        }
    }

    /// Names the connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Tells whether not everybody is to see that its person is there.
    pub(super) fn is_discreet(&self) -> bool {
        self.discreet.load(Ordering::Relaxed)
    }

    /// Whose connection it is.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The session it was opened with.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Puts something in and tells the connection; what does not fit closes it.
    pub fn push(&self, item: Item) {
        if self.put([item]) {
            self.filled.notify_one();
        }
    }

    /// Puts something in; true when the connection is to be woken by [`Outbox::tell`].
    pub(super) fn put(&self, items: impl IntoIterator<Item = Item>) -> bool {
        let mut queue = self.queue();
        if queue.closing.is_some() {
            return false;
        }
        for item in items {
            queue.put(item, self.bytes_max, &self.spared);
        }
        // One item alone always fits, however small the bound was chosen.
        let room = if queue.blocked { self.bytes_max } else { self.bytes_max.saturating_mul(ROOM_BEFORE_ITS_TURN) };
        if queue.bytes > room && queue.items.len() > 1 {
            *queue = Queue { closing: Some(Closing::TooSlow), ..Queue::default() };
            drop(queue);
            self.spared.closed.add(1);
            self.closed.notify_one();
            self.filled.notify_one();
            return false;
        }
        !std::mem::replace(&mut queue.told, true)
    }

    /// Tells the connection that something waits.
    pub(super) fn tell(&self) {
        self.filled.notify_one();
    }

    /// Takes out everything that waits.
    pub fn take(&self) -> VecDeque<Item> {
        let mut queue = self.queue();
        queue.bytes = 0;
        queue.told = false;
        let mut items = std::mem::take(&mut queue.items);
        if let Some(merged) = queue.merged.take().filter(|merged| !merged.is_empty()) {
            items.push_back(Item::Presence(Arc::new(Presences::new(merged.into_values().collect()))));
        }
        items
    }

    /// Notes that a write waits for the peer, until what this gives is dropped.
    pub fn blocked(&self) -> Blocked<'_> {
        self.queue().blocked = true;
        Blocked(self)
    }

    /// Waits until something may be waiting.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Waits for anything that the connection is to know. One wait for all of it costs less than one each.
    pub async fn news(&self) -> News {
        // The task may have been woken for something else, which used up this notice.
        if let Some(end) = self.end() {
            return end;
        }
        self.filled.notified().await;
        self.end().unwrap_or(News::Items)
    }

    fn end(&self) -> Option<News> {
        let queue = self.queue();
        match queue.closing {
            Some(reason) => Some(News::Closing(reason)),
            None => queue.stopping.map(News::Stopping),
        }
    }

    /// Gives how many bytes may wait.
    pub fn bytes_max(&self) -> usize {
        self.bytes_max
    }

    /// Tells the connection that the daemon stops, and when its peer is to come back.
    pub fn stop(&self, back_after: Duration) {
        self.queue().stopping.get_or_insert(back_after);
        self.filled.notify_one();
        self.closed.notify_one();
    }

    /// Tells the connection to close, once.
    pub fn close(&self, reason: Closing) {
        let mut queue = self.queue();
        if queue.closing.is_none() {
            *queue = Queue { closing: Some(reason), ..Queue::default() };
            drop(queue);
            self.closed.notify_one();
            self.filled.notify_one();
        }
    }

    /// Tells whether the connection is to close, and why.
    pub fn closing(&self) -> Option<Closing> {
        self.queue().closing
    }

    /// Waits until a write to the peer must wait no longer: when the connection is to close, and a while
    /// after the daemon was asked to stop.
    pub async fn given_up(&self) -> Closing {
        loop {
            match self.end() {
                Some(News::Closing(reason)) => return reason,
                Some(_) => {
                    tokio::time::sleep(STOPPING_MAX).await;
                    return self.closing().unwrap_or(Closing::Gone);
                }
                None => self.closed.notified().await,
            }
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        lock(&self.queue)
    }
}

/// A write that waits for the peer; dropping it ends that.
#[derive(Debug)]
pub struct Blocked<'a>(&'a Outbox);

impl Drop for Blocked<'_> {
    fn drop(&mut self) {
        self.0.queue().blocked = false;
    }
}

#[cfg(test)]
mod tests;
