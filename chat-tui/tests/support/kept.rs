//! Values for the tests of the store, and what they ask of it.

use std::path::Path;
use std::sync::mpsc;

use chat_tui::core::history::HistoryRange;
use chat_tui::store::{LocalStore, LocalStoreError, Opened, StoreWriter};
use chat_tui::stored::{StoreChange, StoredChannel, StoredMember};
use chat_tui::unsent::{ChannelPlace, Unsent};
use proto::http::History;
use proto::{ChannelId, ChannelKind, Index, Message, NotifyLevel, Role, Rules, Timestamp, Version};

pub(crate) fn writer(handle: &str, window: &str) -> StoreWriter {
    StoreWriter {
        handle: handle.parse().expect("a handle"),
        window: window.to_owned(),
        server: "http://a:1".to_owned(),
        bytes_max: 100_000_000,
    }
}

pub(crate) fn open(path: &Path, window: &str) -> (LocalStore, Opened) {
    LocalStore::open(path, writer("alice", window), |_| true).expect("a store")
}

pub(crate) fn channel(id: &str, version: u64) -> StoredChannel {
    StoredChannel {
        place: ChannelPlace {
            id: id.parse().expect("an id"),
            name: "tea".parse().expect("a name"),
            kind: ChannelKind::Public,
        },
        version: Version::new(version),
        topic: "leaves".to_owned(),
        owner: None,
        members_total: 2,
        last_read: Index::new(3),
        unread: 2,
        mentions: 1,
        first_index: Index::new(1),
        last_index: Index::new(version),
        rules: Rules::default(),
        closed: false,
        level: NotifyLevel::Mentions,
        quiet_until: None,
    }
}

pub(crate) fn message(index: u64, content: &str) -> Message {
    let date = Timestamp::from_millis(index as i64);
    Message::of(Index::new(index), Version::new(index), date, "bob".parse().expect("a handle"), content)
}

/// A channel with messages, and somebody in it.
pub(crate) fn tea(id: &str, indexes: impl IntoIterator<Item = u64>) -> Vec<StoreChange> {
    let channel = channel(id, 10);
    let id = channel.place.id;
    let bob = StoredMember {
        handle: "bob".parse().expect("a handle"),
        role: Role::Owner,
        display_name: Some("Bob".to_owned()),
    };
    let said =
        indexes.into_iter().map(|index| StoreChange::Message(id, Box::new(message(index, &format!("said {index}")))));
    [StoreChange::Channel(Box::new(channel))]
        .into_iter()
        .chain(said)
        .chain([StoreChange::Members(id, vec![bob])])
        .collect()
}

pub(crate) fn page(store: &LocalStore, id: ChannelId, range: HistoryRange) -> Option<History> {
    let (tell, found) = mpsc::channel();
    store.page(id, range, move |page| tell.send(page).expect("it is waited for"));
    found.recv().expect("an answer").filter(|page| range.is_next(page))
}

pub(crate) fn indexes(history: Option<History>) -> Vec<u64> {
    history.map(|history| history.messages.iter().map(|message| message.index.get()).collect()).unwrap_or_default()
}

/// Keeps a line that is being written, and waits until it is on the disk.
pub(crate) fn keep(store: &LocalStore, line: &str) -> Result<(), LocalStoreError> {
    let (tell, kept) = mpsc::channel();
    let unsent = Unsent { lines: vec![line.to_owned()], ..Unsent::default() };
    store.keep(unsent, move |result| tell.send(result).expect("it is waited for"));
    kept.recv().expect("an answer")
}

/// Gives the numbers of all messages that are held of a channel without a gap, as a page from the end.
pub(crate) fn held(store: &LocalStore, id: ChannelId) -> Vec<u64> {
    let mut held = Vec::new();
    let mut from = Index::new(1);
    // Pages go on above what is held; the first message stands alone.
    held.extend(indexes(page(store, id, HistoryRange::Before(Index::new(2)))));
    while let Some(history) = page(store, id, HistoryRange::After(from)) {
        from = history.last_index;
        held.extend(history.messages.iter().map(|message| message.index.get()));
    }
    held
}
