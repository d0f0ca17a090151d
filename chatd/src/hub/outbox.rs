//! What waits to be sent on one connection, bounded in bytes.
//!
//! A connection that does not drain is helped in steps before it is cut: from half of its bound on it
//! hears nothing of typing, from three quarters on the changes of presence that wait for it are merged
//! into the newest of each person, and only what does not fit then closes it. A connection whose own task
//! has not had its turn yet is not slow: until it waits for its peer there is room for more.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use proto::codec::encode_event;
use proto::{ChannelId, Handle, Presence, PresenceUpdate, ServerPacket, SessionId};
use tokio::sync::Notify;

use super::messages::Messages;
use crate::counters::Count;
use crate::frame::Frames;
use crate::lock::lock;
use crate::store::UserId;

/// Something that a connection is to send, written once and shared by all who receive it.
#[derive(Debug, Clone)]
pub enum Item {
    /// Messages of one channel.
    Messages(Messages),
    /// How something in a channel is now.
    Event(ChannelId, Frames),
    /// Who types in a channel.
    Typing(ChannelId, Frames),
    /// What concerns the connection's person and no channel.
    Personal(Frames),
    /// Who is there, in whatever channels.
    Presence(Arc<Presences>),
    /// A channel that is new to the connection, to be read from the store when its turn comes.
    Show(ChannelId),
    /// The members of a channel, all of whom are shown from now on, to be read from the store when their turn comes.
    Members(ChannelId),
    /// A channel that the connection hears no more of, and the packet that says so.
    Hide(ChannelId, Frames),
}

/// Changes of presence, and the packet that tells them.
#[derive(Debug)]
pub struct Presences {
    members: Vec<Presence>,
    /// The packet.
    pub frames: Frames,
}

impl Presences {
    /// Writes changes of presence down.
    pub fn new(members: Vec<Presence>) -> Self {
        let update = PresenceUpdate { members: members.clone() };
        Self { members, frames: encode_event(&ServerPacket::PresenceUpdate(update)).into() }
    }
}

impl Item {
    /// An item that is only a note costs as much as a small packet.
    const NOTE_BYTES: usize = 64;

    fn bytes(&self) -> usize {
        match self {
            Self::Messages(messages) => messages.bytes(),
            Self::Event(_, frames) | Self::Typing(_, frames) | Self::Hide(_, frames) => frames.bytes().len(),
            Self::Personal(frames) => frames.bytes().len(),
            Self::Presence(presences) => presences.frames.bytes().len(),
            Self::Show(_) | Self::Members(_) => Self::NOTE_BYTES,
        }
    }
}

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

/// How often connections that do not drain were spared something.
#[derive(Debug, Default)]
pub(crate) struct Spared {
    /// Typing that was not told.
    pub(crate) typing: Count,
    /// Changes of presence that gave way to newer ones.
    pub(crate) presence: Count,
    /// Connections that were closed in spite of that.
    pub(crate) closed: Count,
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

#[derive(Debug, Default)]
struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    /// The newest of each person, once the changes of presence are merged.
    merged: Option<BTreeMap<Handle, Presence>>,
    /// Whether the connection knows, or is about to be told, that something waits.
    told: bool,
    /// Whether a write waits for the peer to read.
    blocked: bool,
    closing: Option<Closing>,
    /// Set when the daemon stops: when the peer is to come back.
    stopping: Option<Duration>,
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

    /// Puts something in; true when the connection is to be told by [`Outbox::tell`].
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
        // Whoever waited for something else may have taken the word of it.
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
    /// after the daemon was told to stop.
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

impl Queue {
    /// Bytes of one change of presence in a packet, about.
    const PRESENCE_BYTES: usize = 128;

    fn put(&mut self, item: Item, bytes_max: usize, spared: &Spared) {
        let filled = self.bytes + item.bytes();
        if filled > bytes_max / 2 {
            if matches!(item, Item::Typing(..)) {
                spared.typing.add(1);
                return;
            }
            if self.bytes <= bytes_max / 2 {
                self.forget_typing(spared);
            }
        }
        if filled > bytes_max / 4 * 3 && self.merged.is_none() {
            self.merge_presence(spared);
        }
        match (item, &mut self.merged) {
            (Item::Presence(presences), Some(merged)) => {
                for presence in &presences.members {
                    match merged.insert(presence.handle.clone(), presence.clone()) {
                        Some(_) => spared.presence.add(1),
                        None => self.bytes += Self::PRESENCE_BYTES,
                    }
                }
            }
            (item, _) => {
                self.bytes += item.bytes();
                self.items.push_back(item);
            }
        }
    }

    fn forget_typing(&mut self, spared: &Spared) {
        let before = self.items.len();
        self.items.retain(|item| !matches!(item, Item::Typing(..)));
        spared.typing.add((before - self.items.len()) as u64);
        self.count_bytes();
    }

    /// Takes what waits about presence together, to be told behind everything else: it says how people
    /// are and not what was added.
    fn merge_presence(&mut self, spared: &Spared) {
        let mut merged = BTreeMap::new();
        for item in &self.items {
            let Item::Presence(presences) = item else { continue };
            for presence in &presences.members {
                if merged.insert(presence.handle.clone(), presence.clone()).is_some() {
                    spared.presence.add(1);
                }
            }
        }
        self.items.retain(|item| !matches!(item, Item::Presence(_)));
        self.merged = Some(merged);
        self.count_bytes();
    }

    fn count_bytes(&mut self) {
        let merged = self.merged.as_ref().map_or(0, |merged| merged.len() * Self::PRESENCE_BYTES);
        self.bytes = merged + self.items.iter().map(Item::bytes).sum::<usize>();
    }
}

#[cfg(test)]
mod tests {
    use proto::PresenceState;

    use super::*;

    fn outbox(bytes_max: usize) -> Outbox {
        Outbox::new(1, UserId::for_test(1), "s".parse().unwrap(), bytes_max, Arc::default(), Arc::default())
    }

    fn channel() -> ChannelId {
        "c1".parse().unwrap()
    }

    fn event(text: &str) -> Item {
        Item::Event(channel(), Frames::text(text))
    }

    fn typing() -> Item {
        Item::Typing(channel(), Frames::text(&"t".repeat(98)))
    }

    fn presence(name: &str, online: bool) -> Presence {
        let state = if online { PresenceState::Online } else { PresenceState::Offline };
        Presence {
            handle: name.parse().unwrap(),
            online,
            state,
            since: None,
            last_seen: None,
            status: None,
            display_name: None,
        }
    }

    fn presences(name: &str, online: bool) -> Item {
        Item::Presence(Arc::new(Presences::new(vec![presence(name, online)])))
    }

    #[tokio::test]
    async fn what_does_not_fit_closes_the_connection_and_frees_its_queue() {
        let outbox = outbox(14);
        let _blocked = outbox.blocked();
        outbox.push(event("12345"));
        outbox.push(event("12345"));
        assert_eq!(outbox.take().len(), 2, "two heads and ten letters fit");
        outbox.push(event("12345"));
        outbox.push(event("123456"));
        assert_eq!(outbox.given_up().await, Closing::TooSlow);
        outbox.push(event("1"));
        assert!(outbox.take().is_empty());
        assert_eq!(outbox.spared.closed.get(), 1);
    }

    #[test]
    fn a_connection_before_its_turn_is_not_slow() {
        let outbox = outbox(14);
        for _ in 0..8 {
            outbox.push(event("12345"));
        }
        assert_eq!(outbox.closing(), None, "four times as much fits");
        outbox.push(event("12345"));
        assert_eq!(outbox.closing(), Some(Closing::TooSlow), "but not all there is");
    }

    #[test]
    fn a_peer_that_holds_up_its_connection_is_slow() {
        let outbox = outbox(14);
        for _ in 0..3 {
            outbox.push(event("12345"));
        }
        drop(outbox.blocked());
        outbox.push(event("12345"));
        assert_eq!(outbox.closing(), None, "the peer has read on");
        let _blocked = outbox.blocked();
        outbox.push(event("1"));
        assert_eq!(outbox.closing(), Some(Closing::TooSlow));
    }

    #[test]
    fn one_item_alone_always_fits() {
        let outbox = outbox(14);
        outbox.push(event(&"x".repeat(100)));
        assert_eq!(outbox.take().len(), 1);
    }

    #[test]
    fn the_first_item_tells_and_the_rest_do_not() {
        let outbox = outbox(1_000);
        assert!(outbox.put([event("1")]));
        assert!(!outbox.put([event("2")]), "the connection has not looked yet");
        assert_eq!(outbox.take().len(), 2);
        assert!(outbox.put([event("3")]));
    }

    #[test]
    fn from_half_of_the_bound_on_typing_is_not_told() {
        let outbox = outbox(1_000);
        for _ in 0..3 {
            outbox.push(typing());
        }
        outbox.push(event(&"x".repeat(196)));
        assert_eq!(outbox.spared.typing.get(), 0, "half is filled");
        outbox.push(event(&"x".repeat(298)));
        assert_eq!(outbox.spared.typing.get(), 3, "what waited has gone");
        outbox.push(typing());
        assert_eq!(outbox.spared.typing.get(), 4, "and no more comes");
        let kept = outbox.take();
        assert!(kept.iter().all(|item| matches!(item, Item::Event(..))), "{kept:?}");
        outbox.push(typing());
        assert_eq!(outbox.take().len(), 1, "it drains again");
    }

    #[test]
    fn from_three_quarters_on_presence_is_merged_into_the_newest() {
        let outbox = outbox(4_000);
        outbox.push(presences("bob", false));
        outbox.push(presences("carol", true));
        outbox.push(event(&"x".repeat(2_990)));
        for round in 0..100 {
            outbox.push(presences("bob", round % 2 == 1));
        }
        outbox.push(event("last"));
        assert_eq!(outbox.closing(), None, "a hundred changes of one person take the room of one");
        assert_eq!(outbox.spared.presence.get(), 100);
        let kept = outbox.take();
        assert_eq!(kept.len(), 3, "two events and one merged change");
        let Some(Item::Presence(merged)) = kept.back() else { panic!("{kept:?}") };
        assert_eq!(merged.members, [presence("bob", true), presence("carol", true)]);
        assert_eq!(outbox.queue().bytes, 0);
    }

    #[tokio::test]
    async fn an_end_is_news_to_whoever_comes_later() {
        for closing in [true, false] {
            let outbox = outbox(1_000);
            if closing {
                outbox.close(Closing::Revoked);
            } else {
                outbox.stop(Duration::from_millis(7));
            }
            // Somebody who waits for items takes the only word of it.
            outbox.filled().await;
            let end = if closing { News::Closing(Closing::Revoked) } else { News::Stopping(Duration::from_millis(7)) };
            assert_eq!(outbox.news().await, end);
        }
    }
}
