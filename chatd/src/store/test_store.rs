//! A store in a folder of its own for the tests of its rules, with people who do things in it.

use std::ops::Deref;
use std::sync::Arc;

use proto::{ChannelId, Content, CreatedKind, Handle, Index, MessageKind, Role, Timestamp, Topic};

use super::{
    Change, JoinTarget, NewChannel, NewMessage, NewSession, Pending, Publish, Refused, Store, StoreError, StoreOptions,
    UserId,
};
use crate::clock::{Clock, ManualClock};

/// A store whose clock stands still until a test moves it. It is a store, so it is asked directly.
pub(super) struct TestStore {
    store: Store,
    pub(super) clock: Arc<ManualClock>,
    /// Goes away behind the store.
    _folder: tempfile::TempDir,
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) user: UserId,
    pub(super) handle: Handle,
}

/// Nobody hears what is committed.
struct Unheard;

impl Publish for Unheard {
    fn publish(&mut self, _changes: Vec<Change>) {}

    fn answered(&mut self) {}
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl TestStore {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_767_225_600_000)));
        let options = StoreOptions { clock: clock.clone(), ..StoreOptions::default() };
        Self { store: Store::open(folder.path(), options).unwrap().start(Unheard), clock, _folder: folder }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes an account; one whose handle begins with `guest-` is a guest's.
    pub(super) async fn person(&self, name: &str) -> Person {
        let handle: Handle = name.parse().unwrap();
        let session = format!("s-{name}").parse().unwrap();
        let session = NewSession { session, device: None, expires: Timestamp::from_millis(i64::MAX) };
        Person { user: done(self.create_account(handle.clone(), None, session)).await, handle }
    }

    /// Makes a channel with some members besides its owner.
    pub(super) async fn channel(&self, kind: CreatedKind, owner: &Person, others: &[&Person]) -> ChannelId {
        let wish = NewChannel { name: "tea".parse().unwrap(), kind, topic: Topic::default() };
        let channel = done(self.create_channel(owner.user, wish)).await;
        for other in others {
            done(self.join_channel(other.user, JoinTarget::Id(channel), true)).await;
        }
        channel
    }

    /// Says something in a channel, and gives its index.
    pub(super) async fn says(&self, channel: ChannelId, author: &Person, content: &str) -> Index {
        done(self.append_message(message(channel, author, content))).await.index
    }

    /// Gives the role of a member as a list shows it; `None` for whoever is no member.
    pub(super) async fn role_of(&self, channel: ChannelId, viewer: &Person, member: &Person) -> Option<Role> {
        let members = self.members(viewer.user, channel, None, 100).await.unwrap();
        members.rows.iter().find(|row| row.user.handle == member.handle).map(|row| row.role)
    }
}

/// A message whose nonce is its content, so that each is said once.
pub(super) fn message(channel: ChannelId, author: &Person, content: &str) -> NewMessage {
    NewMessage {
        channel,
        author: author.user,
        handle: author.handle.clone(),
        kind: MessageKind::Text,
        content: Content::parse(content).unwrap(),
        nonce: content.replace(' ', "-").chars().take(64).collect::<String>().parse().unwrap(),
        reply_to: None,
        words: Vec::new(),
        files: Vec::new(),
        link: None,
    }
}

/// Waits for something that is done.
pub(super) async fn done<T>(asked: impl Future<Output = Pending<T>>) -> T {
    asked.await.committed().await.unwrap()
}

/// Waits for something that is refused, and gives the rule.
pub(super) async fn refused<T: std::fmt::Debug>(asked: impl Future<Output = Pending<T>>) -> Refused {
    match asked.await.committed().await {
        Err(StoreError::Refused(refused)) => refused,
        other => panic!("it is not refused: {other:?}"),
    }
}
