//! A store with a channel of very many members, with something in each table that has rows of a channel.

use std::path::Path;
use std::sync::{Arc, Mutex};

use chatd::password_hash::PasswordHash;
use chatd::store::{
    Change, DATABASE_FILE, Deleter, JoinTarget, NewChannel, NewMessage, Opening, Pinning, Publish, Reacting, Snapshot,
    Store, StoreError, StoreLimits, StoreOptions, UserId,
};
use proto::{
    ChannelId, Content, CreateInvite, CreatedKind, Emoji, Handle, Index, InviteCode, MessageKind, NotifyLevel,
    Timestamp, Topic,
};

/// Members of the channel besides alice and bob: more than one step takes.
const CROWD: usize = 1_500;
/// Messages in it that mention bob, the same.
const MENTIONS: usize = 600;
/// Members with a draft, the same.
const DRAFTS: usize = 600;

/// Rows that the daemon finds by their channel.
const TABLES: [&str; 13] = [
    "member",
    "mention",
    "draft",
    "ban",
    "kept_mute",
    "invitation",
    "pin",
    "post",
    "message",
    "nonce",
    "reaction",
    "changed_message",
    "notice",
];

/// Hears what is committed.
#[derive(Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Vec<Change>>>);

impl Publish for Heard {
    fn publish(&mut self, changes: Vec<Change>) {
        self.0.lock().unwrap().extend(changes);
    }

    fn answered(&mut self) {}
}

impl Heard {
    pub(crate) fn take(&self) -> Vec<Change> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The store, and who is in #crowd: alice made it, bob is a member.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) heard: Heard,
    pub(crate) alice: UserId,
    pub(crate) bob: UserId,
    pub(crate) crowd: ChannelId,
    pub(crate) direct: ChannelId,
    pub(crate) code: InviteCode,
}

pub(crate) fn handle(name: &str) -> Handle {
    name.parse().unwrap()
}

pub(crate) fn message(channel: ChannelId, (author, name): (UserId, &str), content: &str) -> NewMessage {
    NewMessage {
        channel,
        author,
        handle: handle(name),
        kind: MessageKind::Text,
        content: Content::parse(content).unwrap(),
        nonce: content.replace([' ', '@'], "-").parse().unwrap(),
        reply_to: None,
        files: Vec::new(),
        link: None,
        words: content.split('@').skip(1).map(handle).collect(),
    }
}

fn open(folder: &Path) -> (Store, Heard) {
    let heard = Heard::default();
    // As many as there are: one that is deleted must not count any more.
    let limits = StoreLimits {
        memberships_per_account: 1,
        created_channels_per_account: 1,
        public_channels: 2,
        ..StoreLimits::default()
    };
    let options = StoreOptions { limits, ..StoreOptions::default() };
    (Store::open(folder, options).unwrap().start(heard.clone()), heard)
}

/// Does many things at once, in few commits.
async fn all<T>(many: impl IntoIterator<Item = impl Future<Output = Result<T, StoreError>>>) -> Vec<T> {
    futures_util::future::join_all(many).await.into_iter().collect::<Result<_, _>>().unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, heard) = open(folder.path());
        let names = (0..CROWD).map(|number| format!("user{number}")).chain(["alice", "bob"].map(str::to_owned));
        let handles = names.map(|name| handle(&name)).collect::<Vec<_>>();
        all(handles
            .iter()
            .map(async |name| store.add_account(name.clone(), PasswordHash::new("")).await.committed().await))
        .await;
        let people = all(handles.iter().map(async |name| Ok(store.account(name).await?.unwrap().user))).await;
        let [others @ .., alice, bob] = &people[..] else { unreachable!() };
        let (alice, bob) = (*alice, *bob);
        let crowd = NewChannel { name: "crowd".parse().unwrap(), kind: CreatedKind::Public, topic: Topic::default() };
        let crowd = store.create_channel(alice, crowd).await.committed().await.unwrap();
        let join = JoinTarget::Id(crowd);
        all(others
            .iter()
            .chain([&bob])
            .map(async |user| store.join_channel(*user, join.clone(), true).await.committed().await))
        .await;
        let opening = Opening { user: alice, other: handle("bob"), per_day: 0 };
        let direct = store.open_dm(opening).await.committed().await.unwrap();
        let code = CreateInvite { id: crowd, uses: None, for_s: None };
        let code = store.create_invite(alice, code).await.committed().await.unwrap().code;
        let world = Self { folder, store, heard, alice, bob, crowd, direct, code };
        world.fill(others).await;
        world.is_searched().await;
        world
    }

    /// Waits for the index: without one every search finds nothing, and refuses nobody.
    async fn is_searched(&self) {
        while self.store.search_behind() > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Leaves something in each table.
    async fn fill(&self, others: &[UserId]) {
        let Self { store, crowd, alice, bob, .. } = self;
        let (crowd, alice, bob) = (*crowd, *alice, *bob);
        let contents = (0..MENTIONS).map(|number| format!("number {number} @bob")).collect::<Vec<_>>();
        all(contents.iter().map(async |content| {
            store.append_message(message(crowd, (alice, "alice"), content)).await.committed().await
        }))
        .await;
        let reacting = Reacting { channel: crowd, index: Index::new(1), user: bob, emoji: Emoji::like(), on: true };
        store.react(reacting).await.committed().await.unwrap();
        let pinning = Pinning { channel: crowd, index: Index::new(2), user: alice, on: true };
        store.pin(pinning).await.committed().await.unwrap();
        store.set_notify(bob, crowd, Some(NotifyLevel::All), None).await.committed().await.unwrap();
        all(others[..DRAFTS]
            .iter()
            .map(async |user| store.keep_draft(*user, crowd, "half".parse().unwrap(), None).await.committed().await))
        .await;
        store.ban(alice, crowd, handle("user1"), true).await.committed().await.unwrap();
        store.mute(alice, crowd, handle("user2"), 600).await.committed().await.unwrap();
        store.leave_channel(others[2], crowd).await.committed().await.unwrap();
    }

    /// The same store, opened by another daemon.
    pub(crate) async fn restarts(self) -> Self {
        self.store.close().await;
        let (store, heard) = open(self.folder.path());
        let world = Self { store, heard, ..self };
        world.is_searched().await;
        world
    }

    pub(crate) async fn deletes(&self, channel: ChannelId) {
        self.heard.take();
        self.store.delete_channel(Deleter::Operator, channel).await.committed().await.unwrap();
        let heard = self.heard.take();
        let [Change::ChannelRemoved { channel: gone, by: None }] = &heard[..] else { panic!("{heard:?}") };
        assert_eq!(*gone, channel);
    }

    /// Removes some of what is left; tells whether there may be more.
    pub(crate) async fn step(&self) -> bool {
        self.store.remove_some().await.committed().await.unwrap()
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        Snapshot::open(self.folder.path()).unwrap().problems().unwrap()
    }

    /// Counts the rows of channels that are gone, in the order of [`TABLES`].
    pub(crate) fn rows_left(&self) -> [u64; TABLES.len()] {
        let file = rusqlite::Connection::open(self.folder.path().join(DATABASE_FILE)).unwrap();
        TABLES.map(|table| {
            let count = format!("SELECT count(*) FROM {table} WHERE channel NOT IN (SELECT id FROM channel)");
            file.query_row(&count, [], |row| row.get(0)).unwrap()
        })
    }

    pub(crate) fn now() -> Timestamp {
        use chatd::clock::{Clock, SystemClock};

        SystemClock.now()
    }
}
