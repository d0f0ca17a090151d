//! What stands in the fixtures, as it is read from a store that was brought up to date.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chatd::clock::ManualClock;
use chatd::config::Argon2;
use chatd::password::{Hasher, Verdict};
use chatd::store::{
    AccountState, Change, ChannelInfo, ChannelListing, FeedOf, NewSession, Publish, Range, Search, Store, StoreOptions,
    UnixUser, UserId, Verified,
};
use proto::{ChannelId, ClientName, DeviceName, Handle, Index, NotifyLevel, Password, SearchWords, Timestamp};

use crate::fixture::Schema;

/// A moment after everything that stands there, and before anything that ends.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_700_000);
const NEVER: Timestamp = Timestamp::from_millis(4_102_444_800_000);

/// Hears of nothing.
struct Nobody;

impl Publish for Nobody {
    fn publish(&mut self, _: Vec<Change>) {}
    fn answered(&mut self) {}
}

/// A store that was at an older schema.
pub(crate) struct Reading {
    store: Store,
    schema: u32,
}

fn handle(text: &str) -> Handle {
    text.parse().unwrap()
}

fn session(name: &str) -> NewSession {
    NewSession { session: name.parse().unwrap(), device: None, expires: NEVER }
}

impl Reading {
    pub(crate) fn open(folder: &Path, schema: &Schema) -> Self {
        let options = StoreOptions { clock: Arc::new(ManualClock::new(NOW)), ..StoreOptions::default() };
        let opened = Store::open(folder, options).unwrap_or_else(|error| panic!("schema {}: {error:?}", schema.number));
        Self { store: opened.start(Nobody), schema: schema.number }
    }

    pub(crate) async fn close(&self) {
        self.store.close().await;
    }

    /// Tells whether the fixture has what came with a schema.
    fn has(&self, schema: u32) -> bool {
        self.schema >= schema
    }

    /// Gives what came with a schema: nothing before.
    fn since<T: Clone>(&self, schema: u32, what: &[T]) -> Vec<T> {
        if self.has(schema) { what.to_vec() } else { Vec::new() }
    }

    async fn user(&self, name: &str) -> UserId {
        self.store.account(&handle(name)).await.unwrap().unwrap_or_else(|| panic!("{name} is gone")).user
    }

    /// Gives the channels of somebody, by name.
    async fn channels(&self, user: UserId) -> Vec<ChannelInfo> {
        let (mut channels, more) =
            self.store.channels(user, ChannelListing { limit: 10, ..ChannelListing::default() }).await.unwrap();
        assert!(!more);
        channels.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        channels
    }

    async fn channel(&self, user: UserId, name: &str) -> ChannelId {
        let channels = self.channels(user).await;
        channels.iter().find(|channel| channel.name.as_str() == name).unwrap_or_else(|| panic!("#{name} is gone")).id
    }

    /// By password, by a session that was open, as a user of the machine, by ssh key.
    pub(crate) async fn signs_in(&self) {
        let alice = self.store.account(&handle("alice")).await.unwrap().unwrap();
        let hasher = Hasher::new(Argon2 { memory_kib: 64, passes: 1 });
        let password = Password::new("correct horse");
        assert_eq!(hasher.verify(&password, alice.password_hash.clone()).await.unwrap(), Verdict::Right(None));
        let verified = Verified { hash: alice.password_hash.unwrap(), stronger: None };
        self.store.create_session(alice.user, verified, session("new-of-alice")).await.committed().await.unwrap();
        for name in ["session-of-alice", "new-of-alice"] {
            assert_eq!(self.store.session(name.parse().unwrap()).await.unwrap().unwrap().handle, handle("alice"));
        }
        if self.has(4) {
            let carol = UnixUser { uid: 7001, name: "carol".to_owned() };
            let signed_in = self.store.sign_in_local(carol, handle("other"), session("new-of-carol")).await;
            assert_eq!(signed_in.committed().await.unwrap(), (handle("carol"), false));
        }
        if self.has(5) {
            let key = *b"the SHA-256 of the key of bob...";
            let signed_in = self.store.sign_in_by_key(key, None, session("new-of-bob")).await;
            assert_eq!(signed_in.committed().await.unwrap(), (handle("bob"), false));
        }
    }

    pub(crate) async fn accounts(&self) {
        let accounts = self.store.accounts().await.unwrap();
        let state = |name: &str| accounts.iter().find(|found| found.handle == handle(name)).map(|found| found.state);
        assert_eq!(state("bob"), Some(AccountState::Active));
        assert_eq!(state("dave"), Some(if self.has(2) { AccountState::Disabled } else { AccountState::Active }));
        assert_eq!(state("erin"), (!self.has(2)).then_some(AccountState::Active), "a deleted account has no handle");
        assert_eq!(self.store.guests().await.unwrap(), 1);
        let sessions = self.store.sessions(self.user("alice").await, NOW).await.unwrap();
        let old = sessions.iter().find(|found| found.session.as_str() == "session-of-alice").unwrap();
        assert_eq!(old.device.as_ref().map(DeviceName::as_str), Some("laptop"));
        assert_eq!(old.client.as_ref().map(ClientName::as_str), self.has(17).then_some("chat-tui 0.1.0"));
    }

    pub(crate) async fn lists_channels(&self) {
        let (alice, bob) = (self.user("alice").await, self.user("bob").await);
        let channels = self.channels(alice).await;
        let [direct, lobby, plans, tea] = &channels[..] else { panic!("{channels:?}") };
        assert_eq!([direct, lobby, plans, tea].map(|channel| channel.name.as_str()), ["bob", "lobby", "plans", "tea"]);
        assert_eq!((tea.topic.as_str(), tea.unread(), tea.mentions), ("what is in the pot", 4, 1));
        assert_eq!(tea.rules.slow_mode_s, if self.has(9) { 10 } else { 0 });
        assert_eq!(tea.last_date, Some(Timestamp::from_millis(1_767_225_625_000)));
        let of_bob = self.channels(bob).await.into_iter().find(|channel| channel.id == tea.id);
        let personal = of_bob.and_then(|channel| channel.personal).unwrap();
        assert_eq!(personal.level, if self.has(12) { NotifyLevel::Mentions } else { NotifyLevel::All });
        assert_eq!(personal.draft.map(|draft| draft.content), self.has(12).then(|| "half a thought".to_owned()));
    }

    pub(crate) async fn history(&self) {
        let alice = self.user("alice").await;
        let tea = self.channel(alice, "tea").await;
        let page = self.store.history(alice, tea, Range::Newest, 10).await.unwrap();
        let said = page.messages.iter().map(|message| &*message.content).collect::<Vec<_>>();
        let (first, third) = if self.has(6) { ("the kettle is hot", "") } else { ("the kettle is on", "waves") };
        assert_eq!(said, [first, "green for me @alice", third, "coming", "good night"]);
        let [edited, liked, deleted, answer, last] = &page.messages[..] else { panic!("{page:?}") };
        assert_eq!((edited.edited.is_some(), deleted.deleted.is_some()), (self.has(6), self.has(6)));
        let files = edited.files.iter().map(|file| (file.name.as_str(), file.size)).collect::<Vec<_>>();
        assert_eq!(files, [self.since(25, &[("leaves.txt", 12)]), self.since(27, &[("harbour.png", 90_000)])].concat());
        let pictures = edited.files.iter().filter_map(|file| Some(file.picture.as_ref()?.width)).collect::<Vec<_>>();
        assert_eq!(pictures, self.since(27, &[1_600]));
        assert_eq!(liked.reactions.len(), usize::from(self.has(6)), "{liked:?}");
        assert_eq!((answer.reply_to, answer.pinned), (Some(Index::new(2)), self.has(10)));
        assert_eq!(last.handle.as_str().starts_with("deleted-"), self.has(2), "{last:?}");
        // Three changes and the pin, ascending by version.
        let since = self.store.history(alice, tea, Range::Since(proto::Version::new(5)), 10).await.unwrap();
        let changed = since.messages.iter().map(|message| message.index.get()).collect::<Vec<_>>();
        assert_eq!(changed, [self.since(6, &[1, 3, 2]), self.since(10, &[4])].concat());
        let direct = self.channel(alice, "bob").await;
        let direct = self.store.history(alice, direct, Range::Newest, 10).await.unwrap();
        assert_eq!(direct.messages.iter().map(|said| &*said.content).collect::<Vec<_>>(), ["hello bob", "hello alice"]);
    }

    /// Bans, timeouts, invitations.
    pub(crate) async fn order(&self) {
        let alice = self.user("alice").await;
        let moderation = self.store.moderation(alice, self.channel(alice, "tea").await, NOW).await.unwrap();
        assert_eq!(moderation.bans, self.since(8, &[handle("dave")]));
        let timeouts = moderation.timeouts.into_iter().map(|timed_out| timed_out.handle).collect::<Vec<_>>();
        assert_eq!(timeouts, self.since(9, &[handle("carol")]));
        let invites = self.store.invites(alice, self.channel(alice, "plans").await, NOW).await.unwrap();
        let invites = invites.iter().map(|invite| (invite.code.as_str(), invite.uses_left)).collect::<Vec<_>>();
        assert_eq!(invites, self.since(11, &[("1nv1tes0f0a1ice00001", Some(3))]));
    }

    pub(crate) async fn catches_up(&self) {
        let caught = self.store.catch_up(self.user("bob").await, None, 10, NOW).await.unwrap();
        let found =
            caught.entries.iter().map(|entry| (entry.name.as_ref().unwrap().as_str(), entry.index.map(Index::get)));
        let expected = [("plans", None), ("tea", Some(2)), ("tea", Some(4))];
        assert_eq!(found.collect::<Vec<_>>(), self.since(12, &expected));
    }

    /// Friends, who asks, whom somebody has blocked; profiles and settings.
    pub(crate) async fn people(&self) {
        let alice = self.user("alice").await;
        let found = self.store.relationships(alice).await.unwrap();
        let found = found.iter().map(|(_, with)| (with.handle.as_str(), format!("{:?}", with.relation)));
        let expected =
            [("bob", "Friend"), ("carol", "Asking"), ("dave", "Blocked")].map(|(who, how)| (who, how.to_owned()));
        assert_eq!(found.collect::<Vec<_>>(), self.since(15, &expected));
        let profile = self.store.profile(self.user("bob").await, handle("alice")).await.unwrap();
        let (called, about) = match (self.has(15), self.has(28)) {
            (false, _) => ("", ""),
            // The address of a picture is a line of its own since then.
            (true, false) => ("Alice A.", "Tea, mostly.\nhttps://example.org/alice.png"),
            (true, true) => ("Alice A.", "Tea, mostly."),
        };
        assert_eq!(profile.avatar.is_empty(), !self.has(28));
        assert_eq!((profile.display_name.as_str(), profile.about.as_str()), (called, about));
        let settings = self.store.settings(alice).await.unwrap();
        assert_eq!(settings.status.as_str(), if self.has(15) { "brewing" } else { "" });
    }

    pub(crate) async fn posts(&self) {
        let feed = self.store.feed(self.user("bob").await, FeedOf::Friends, None, 10).await.unwrap();
        let posts = feed.posts.iter().map(|post| (&*post.message.content, post.replies)).collect::<Vec<_>>();
        assert_eq!(posts, self.since(16, &[("a new pot", 1)]));
    }

    /// Codes for accounts, and who waits for one.
    pub(crate) async fn newcomers(&self) {
        let codes = self.store.account_invites(NOW).await.unwrap();
        let codes = codes.iter().map(|code| (code.code.as_str(), code.uses_left)).collect::<Vec<_>>();
        assert_eq!(codes, self.since(19, &[("acc0untc0de000000001", 2)]));
        let waiting = self.store.applicants().await.unwrap();
        let waiting = waiting.iter().map(|who| (who.handle.as_str(), who.source.to_string())).collect::<Vec<_>>();
        let from = if self.has(21) { "192.0.2.7" } else { "local" };
        assert_eq!(waiting, self.since(19, &[("frank", from.to_owned())]));
    }

    /// The index is made anew behind the store.
    pub(crate) async fn finds(&self) {
        let alice = self.user("alice").await;
        let words = SearchWords::parse("kettle").unwrap();
        for _ in 0..200 {
            let search = Search { words: words.clone(), channel: None, offset: 0, limit: 10, around: 0 };
            let found = self.store.search(alice, search).await.unwrap();
            if found.complete {
                let hits = found.hits.iter().map(|hit| hit.message.index.get()).collect::<Vec<_>>();
                return assert_eq!(hits, [1], "schema {}", self.schema);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the index of a store of schema {} is not made", self.schema);
    }
}
