//! The store of a client, as the program uses it.

use std::path::PathBuf;

use chat_tui::core::Core;
use chat_tui::core::history::HistoryRange;
use chat_tui::store::{LocalStore, StoreWriter};
use chat_tui::stored::{StoreChange, StoredState};
use chat_tui::unsent::Unsent;
use proto::codec::encode_request;
use proto::http::History;
use proto::{ChannelId, Index, Message, Ref};

/// A folder, and the store in it.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
    store: Option<LocalStore>,
    kept: Unsent,
    /// How often it was opened.
    pub(crate) starts: usize,
}

impl Disk {
    pub(crate) fn new() -> Self {
        // Thousands of stores in a row: in memory, where there is such a place.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder");
        Self { folder, store: None, kept: Unsent::default(), starts: 0 }
    }

    /// The program ends and is started again.
    pub(crate) fn opened_again(&mut self) -> (StoredState, Unsent) {
        self.store = None;
        self.starts += 1;
        let path: PathBuf = self.folder.path().join("store.db");
        let handle = "alice".parse().expect("a handle");
        let window = format!("window{}", self.starts);
        let writer = StoreWriter { handle, window, server: "a".to_owned(), bytes_max: 100_000_000 };
        let (store, opened) = LocalStore::open(&path, writer, |_| true).expect("a store");
        assert_eq!(opened.set_aside, None);
        self.store = Some(store);
        self.kept = opened.unsent.clone();
        (opened.state, opened.unsent)
    }

    fn store(&self) -> &LocalStore {
        self.store.as_ref().expect("it was opened")
    }

    /// Keeps what is not sent.
    pub(crate) fn keeps(&mut self, core: &Core) {
        let changes = core.unanswered_changes();
        let unsent = Unsent {
            messages: core.unsent_messages(),
            changes: changes.iter().map(|packet| encode_request(&Ref::Number(0), packet)).collect(),
            changed: core.changes_since(),
            store: core.store().map(str::to_owned),
            ..Unsent::default()
        };
        if unsent != self.kept {
            self.kept = unsent.clone();
            self.store().keep(unsent, |kept| kept.expect("there is room"));
        }
    }

    pub(crate) fn remembers(&self, changes: Vec<StoreChange>) {
        self.store().remember(changes);
    }

    pub(crate) fn page(&self, channel: ChannelId, range: HistoryRange) -> Option<History> {
        let (tell, found) = std::sync::mpsc::channel();
        self.store().page(channel, range, move |page| tell.send(page).expect("it is waited for"));
        found.recv().expect("an answer").filter(|page| range.is_next(page))
    }

    /// Gives a message, if it is held.
    pub(crate) fn message(&self, channel: ChannelId, index: Index) -> Option<Message> {
        self.page(channel, HistoryRange::Before(index.next()))?.messages.pop()
    }
}
