//! Every way to a channel: none leads to one that is deleted.

use chatd::store::{
    Change, ChannelListing, ChannelQuery, Edit, ExportPlace, Inviting, JoinTarget, Pending, Pinning, Range, Reacting,
    Refused, Search, ShownMembers, StoreError, TakingAway, UserId,
};
use proto::{ChangeSettings, ChannelId, Content, CreateInvite, Emoji, Index, NotifyLevel, Role, SearchWords, Version};

use crate::world::{World, handle, message};

#[track_caller]
fn refuses<T: std::fmt::Debug>(outcome: Result<T, StoreError>, why: Refused, what: &str) {
    match outcome {
        Err(StoreError::Refused(refused)) => assert_eq!(refused, why, "{what}"),
        other => panic!("{what}: {other:?}"),
    }
}

/// Waits for what is to be refused for the same reason.
macro_rules! refused {
    ($why:expr, $($pending:expr),+ $(,)?) => {
        $(refuses(Pending::committed($pending.await).await, $why, stringify!($pending));)+
    };
}

impl World {
    /// Tries every door, as who owned the channel, as a member, and as the operator.
    pub(crate) async fn is_nowhere(&self) {
        for (user, name) in [(self.alice, "alice"), (self.bob, "bob")] {
            self.is_not_shown(user).await;
            self.is_not_read(user).await;
            self.is_not_entered(user, name).await;
            self.is_not_changed(user, name).await;
        }
        self.is_not_kept_in_order().await;
        self.binds_nobody().await;
        self.is_not_operated().await;
    }

    async fn is_not_shown(&self, user: UserId) {
        let store = &self.store;
        for id in [None, Some(self.crowd), Some(self.direct)] {
            let (listed, more) =
                store.channels(user, ChannelListing { id, limit: 10, ..ChannelListing::default() }).await.unwrap();
            let listed = listed.iter().map(|listed| listed.name.as_str()).collect::<Vec<_>>();
            assert_eq!((listed, more), (if id.is_none() { vec!["lobby"] } else { vec![] }, false));
        }
        assert!(store.newest_conversations(user, 10).await.unwrap().is_empty());
        assert_eq!(store.access(user, self.crowd).await.unwrap(), None);
        let members = store.members(user, self.crowd, None, 10).await.unwrap();
        assert_eq!((members.rows.len(), members.total, members.more), (0, 0, false));
        let shown = store.members_shown(user, self.crowd, vec![self.alice, self.bob]).await.unwrap();
        assert_eq!((shown.rows.len(), shown.total, shown.more), (0, 0, false));
        self.heard.take();
        store.publish_connected(user).await.committed().await.unwrap();
        let heard = self.heard.take();
        let [Change::Connecting { connected }] = &heard[..] else { panic!("{heard:?}") };
        assert!(connected.channels.is_empty());
        let caught_up = store.catch_up(user, None, 10, Self::now()).await.unwrap();
        assert_eq!((caught_up.entries.len(), caught_up.total, caught_up.more), (0, 0, false));
    }

    async fn is_not_read(&self, user: UserId) {
        let store = &self.store;
        for channel in [self.crowd, self.direct] {
            refuses(store.channel(user, channel, 10, ShownMembers::Few).await, Refused::NotAMember, "channel");
            let since = store.channel_since(user, channel, Version::new(1), 10, ShownMembers::Few).await;
            refuses(since, Refused::NotAMember, "channel_since");
            refuses(store.history(user, channel, Range::Newest, 10).await, Refused::NotAMember, "history");
        }
        let words = SearchWords::parse("number").unwrap();
        let search = |channel| Search { words: words.clone(), channel, offset: 0, limit: 10, around: 0 };
        refuses(store.search(user, search(Some(self.crowd))).await, Refused::NotAMember, "search");
        assert!(store.search(user, search(None)).await.unwrap().hits.is_empty());
        for place in [ExportPlace::BEGIN, ExportPlace::parse(&format!("{}.1", self.crowd.as_str())).unwrap()] {
            let (own, next) = store.own_messages(user, place).await.unwrap();
            assert_eq!((own.len(), next), (0, None));
        }
    }

    async fn is_not_entered(&self, user: UserId, name: &str) {
        let store = &self.store;
        let anew = format!("anew @{name}");
        refused!(
            Refused::NoSuchChannel,
            store.join_channel(user, JoinTarget::Id(self.crowd), true),
            store.join_channel(user, JoinTarget::Id(self.direct), true),
        );
        refused!(Refused::NoSuchInvite, store.join_by_code(user, false, self.code));
        refused!(
            Refused::NotAMember,
            store.append_message(message(self.crowd, (user, name), &anew)),
            store.append_message(message(self.direct, (user, name), &anew)),
            store.leave_channel(user, self.crowd),
        );
    }

    async fn is_not_changed(&self, user: UserId, name: &str) {
        let (store, channel, index) = (&self.store, self.crowd, Index::new(3));
        let content = Content::parse("another").unwrap();
        refused!(
            Refused::NotAMember,
            store.mark_read(user, channel, index),
            store.mark_unread(user, channel, index),
            store.keep_draft(user, channel, "draft".parse().unwrap(), None),
            store.set_notify(user, channel, Some(NotifyLevel::All), None),
            store.edit_message(Edit { channel, index, editor: user, content, words: Vec::new() }),
            store.delete_message(user, channel, index),
            store.pin(Pinning { channel, index, user, on: true }),
            store.react(Reacting { channel, index, user, emoji: Emoji::like(), on: true }),
            store.take_reactions_away(TakingAway { channel, index, user, emoji: None, handle: Some(handle(name)) }),
        );
    }

    async fn is_not_kept_in_order(&self) {
        let (store, channel, user, bob) = (&self.store, self.crowd, self.alice, || handle("bob"));
        refused!(
            Refused::NotAMember,
            store.kick(user, channel, bob()),
            store.ban(user, channel, bob(), true),
            store.mute(user, channel, bob(), 10),
            store.set_role(user, channel, bob(), Role::Owner),
            store.set_topic(user, channel, "topic".parse().unwrap()),
            store.change_settings(user, settings(channel)),
            store.invite(Inviting { inviter: user, channel, guest: handle("user3"), per_day: 0 }),
            store.create_invite(user, CreateInvite { id: channel, uses: None, for_s: None }),
            store.revoke_invite(user, channel, self.code),
        );
        refuses(store.bans(user, channel).await, Refused::NotAMember, "bans");
        refuses(store.moderation(user, channel, Self::now()).await, Refused::NotAMember, "moderation");
        refuses(store.invites(user, channel, Self::now()).await, Refused::NotAMember, "invites");
    }

    /// Whoever was in it together is strangers now.
    async fn binds_nobody(&self) {
        let profile = self.store.profile(self.alice, handle("bob")).await.unwrap();
        assert!(profile.channels.is_empty());
        assert!(!profile.acquaintance.shares);
    }

    async fn is_not_operated(&self) {
        let (store, channel, index) = (&self.store, self.crowd, Index::new(3));
        let listed = store.channel_summaries().await.unwrap();
        assert_eq!(listed.iter().map(|listed| &*listed.name).collect::<Vec<_>>(), ["lobby"]);
        for query in [ChannelQuery::Id(channel), ChannelQuery::Any("crowd".to_owned())] {
            assert!(store.find_channels(query).await.unwrap().is_empty());
        }
        refuses(store.message_origin(channel, index).await, Refused::NoSuchMessage, "message_origin");
        refused!(Refused::NoSuchMessage, store.erase_message(channel, index));
        refused!(
            Refused::NoSuchChannel,
            store.remove_member(channel, handle("bob")),
            store.give_channel(channel, handle("bob")),
            store.delete_channel(chatd::store::Deleter::Operator, channel),
        );
        assert!(!store.ends_without(channel, handle("bob")).await.unwrap());
        assert_eq!(store.deletion_impact(handle("alice")).await.unwrap().channels, 0);
        let totals = store.totals().await.unwrap();
        assert_eq!((totals.channels, totals.messages), (1, 0));
    }
}

fn settings(id: ChannelId) -> ChangeSettings {
    ChangeSettings { id, name: None, kind: None, read_only: Some(true), slow_mode_s: None, close_history: false }
}
