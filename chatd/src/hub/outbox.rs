//! What waits to be sent on one connection, bounded in bytes.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use proto::{ChannelId, SessionId, Version};
use tokio::sync::Notify;

use crate::frame::TextFrame;
use crate::store::UserId;

/// An event, written once and shared by all who receive it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The channel it is about, if it is about one.
    pub channel: Option<ChannelId>,
    /// For a message the version it came with: who has seen that version has seen the message.
    pub version: Option<Version>,
    /// The packet.
    pub frame: TextFrame,
}

/// Something that a connection is to send.
#[derive(Debug, Clone)]
pub enum Item {
    /// An event as it is.
    Event(Event),
    /// A channel that is new to the connection, to be read from the store when its turn comes.
    Show(ChannelId),
    /// A channel that the connection hears no more of, and the packet that says so.
    Hide(ChannelId, TextFrame),
}

impl Item {
    /// An item that is only a note costs as much as a small packet.
    const NOTE_BYTES: usize = 64;

    fn bytes(&self) -> usize {
        match self {
            Self::Event(event) => event.frame.bytes().len(),
            Self::Hide(_, frame) => frame.bytes().len(),
            Self::Show(_) => Self::NOTE_BYTES,
        }
    }
}

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
    queue: Mutex<Queue>,
    filled: Notify,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    closing: Option<Closing>,
    stopping: bool,
}

/// What a connection finds when its outbox has woken it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// Something may wait to be sent.
    Items,
    /// It is to close at once.
    Closing(Closing),
    /// The daemon stops: what waits is to be sent before the goodbye.
    Stopping,
}

impl Outbox {
    pub(super) fn new(id: u64, user: UserId, session: SessionId, bytes_max: usize) -> Self {
        Self { id, user, session, bytes_max, queue: Mutex::default(), filled: Notify::new(), closed: Notify::new() }
    }

    /// Names the connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Whose connection it is.
    pub fn user(&self) -> UserId {
        self.user
    }

    /// The session it was opened with.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Puts something in; what does not fit closes the connection.
    pub fn push(&self, item: Item) {
        let mut queue = self.queue();
        if queue.closing.is_some() {
            return;
        }
        // One event alone always fits, however small the bound was chosen.
        let full = !queue.items.is_empty() && queue.bytes + item.bytes() > self.bytes_max;
        queue.bytes += item.bytes();
        queue.items.push_back(item);
        if full {
            *queue = Queue { closing: Some(Closing::TooSlow), ..Queue::default() };
            self.closed.notify_one();
        }
        drop(queue);
        self.filled.notify_one();
    }

    /// Takes out everything that waits.
    pub fn take(&self) -> VecDeque<Item> {
        let mut queue = self.queue();
        queue.bytes = 0;
        std::mem::take(&mut queue.items)
    }

    /// Waits until something may be waiting.
    pub async fn filled(&self) {
        self.filled.notified().await;
    }

    /// Waits for anything that the connection is to know. One wait for all of it costs less than one each.
    pub async fn news(&self) -> News {
        self.filled.notified().await;
        let queue = self.queue();
        match queue.closing {
            Some(reason) => News::Closing(reason),
            None if queue.stopping => News::Stopping,
            None => News::Items,
        }
    }

    /// Tells the connection that the daemon stops.
    pub fn stop(&self) {
        self.queue().stopping = true;
        self.filled.notify_one();
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

    /// Waits until the connection is to close.
    pub async fn closed(&self) -> Closing {
        loop {
            if let Some(reason) = self.closing() {
                return reason;
            }
            self.closed.notified().await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("nobody panics holding an outbox")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox(bytes_max: usize) -> Outbox {
        Outbox::new(1, UserId::for_test(1), "s".parse().unwrap(), bytes_max)
    }

    fn event(text: &str) -> Item {
        Item::Event(Event { channel: None, version: None, frame: TextFrame::new(text) })
    }

    #[tokio::test]
    async fn what_does_not_fit_closes_the_connection_and_frees_its_queue() {
        let outbox = outbox(14);
        outbox.push(event("12345"));
        outbox.push(event("12345"));
        assert_eq!(outbox.take().len(), 2, "two heads and ten letters fit");
        outbox.push(event("12345"));
        outbox.push(event("123456"));
        assert_eq!(outbox.closed().await, Closing::TooSlow);
        outbox.push(event("1"));
        assert!(outbox.take().is_empty());
    }
}
