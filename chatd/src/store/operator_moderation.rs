//! What an operator does where nobody else may, or nobody is left who would: deleting a message, sending a member away,
//! giving a channel to somebody. Also what they look at before that.

use proto::{ChannelId, ChannelKind, ChannelName, Handle, Index, RemoveReason, Role, Timestamp};

use super::channel_key::{ChannelKey, key_of, not_removed};
use super::member::{Coming, Going, add_member, end_membership};
use super::message_change::erase;
use super::operator::{ChannelSummary, select_summaries, summaries};
use super::role::{can_keep, give_role, make_owner};
use super::sqlite::Rows;
use super::table::access::role;
use super::table::channel::kind;
use super::table::user::{is_guest_account, may_sign_in, user_by_handle};
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId, conversation};

/// How an operator names a channel.
#[derive(Debug, Clone)]
pub enum ChannelQuery {
    /// By its id.
    Id(ChannelId),
    /// Whatever has this id, or this name and is public or private.
    Any(String),
    /// The wall of somebody.
    WallOf(Handle),
}

/// Who said something, and when.
#[derive(Debug, Clone)]
pub struct MessageOrigin {
    /// The handle of the author.
    pub by: Handle,
    /// When it was sent.
    pub date: Timestamp,
}

/// What goes, or ends, with an account.
#[derive(Debug, Clone, Copy)]
pub struct DeletionImpact {
    /// Messages that it has sent, on walls too.
    pub messages: u64,
    /// Channels that it is in, direct conversations left out.
    pub channels: u64,
    /// Private channels among them that nobody else can sign in to: they end.
    pub ending: u64,
    /// Messages on its own wall, others' answers too: they go.
    pub wall: u64,
}

impl Store {
    /// Finds the channels that an operator may mean.
    pub async fn find_channels(&self, query: ChannelQuery) -> Result<Vec<ChannelSummary>, StoreError> {
        self.readers.read(move |rows| find_channels(rows, &query)).await
    }

    /// Tells whose a message is that is not deleted.
    pub async fn message_origin(&self, channel: ChannelId, index: Index) -> Result<MessageOrigin, StoreError> {
        self.readers
            .read(move |rows| {
                let said = rows.one_with(
                    concat!(
                        "SELECT handle, date FROM message JOIN user ON user.id = message.user
                         WHERE channel = ?1 AND idx = ?2 AND message.deleted IS NULL AND ",
                        not_removed!("?1")
                    ),
                    (key_of(&channel)?, index),
                    |row| Ok(MessageOrigin { by: row.get(0)?, date: row.get(1)? }),
                )?;
                said.ok_or_else(|| Refused::NoSuchMessage.into())
            })
            .await
    }

    /// Tells whether a private channel would end without a member.
    pub async fn ends_without(&self, channel: ChannelId, member: Handle) -> Result<bool, StoreError> {
        self.readers
            .read(move |rows| {
                let ends = rows.exists(
                    concat!(
                        "SELECT 1 FROM channel WHERE id = ?1 AND kind = 'private'
                         AND EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user
                                     WHERE channel = ?1 AND handle = ?2)
                         AND NOT EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user
                                         WHERE channel = ?1 AND handle <> ?2 AND ",
                        can_keep!(),
                        ")"
                    ),
                    (key_of(&channel)?, member),
                )?;
                Ok(ends)
            })
            .await
    }

    /// Counts what goes, or ends, with an account.
    pub async fn deletion_impact(&self, handle: Handle) -> Result<DeletionImpact, StoreError> {
        self.readers.read(move |rows| deletion_impact(rows, &handle)).await
    }

    /// Deletes a message, whoever said it and wherever: its place stays.
    pub async fn erase_message(&self, channel: ChannelId, index: Index) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| erase(work, key_of(&channel)?, index).map(drop)).await
    }

    /// Ends a membership; of a direct conversation, closes it for one side.
    pub async fn remove_member(&self, channel: ChannelId, member: Handle) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| remove(work, &channel, &member)).await
    }

    /// Makes somebody the owner of a channel, and a member if they are none. Who owned it keeps order from then on.
    pub async fn give_channel(&self, channel: ChannelId, to: Handle) -> Pending<()> {
        self.writer.submit(move |work| hand_to(work, &channel, &to)).await
    }
}

fn find_channels(rows: &Rows, query: &ChannelQuery) -> Result<Vec<ChannelSummary>, StoreError> {
    match query {
        ChannelQuery::Id(id) => match key_of(id) {
            Ok(key) => summaries(rows, select_summaries!("c.id = ?1"), [key]),
            Err(_) => Ok(Vec::new()),
        },
        ChannelQuery::WallOf(handle) => summaries(
            rows,
            select_summaries!("c.kind = 'wall' AND c.owner = (SELECT id FROM user WHERE handle = ?1)"),
            [handle],
        ),
        ChannelQuery::Any(text) => {
            let id = text.parse().ok().and_then(|id| key_of(&id).ok());
            let name = text.parse::<ChannelName>().ok();
            summaries(
                rows,
                select_summaries!("c.id = ?1 OR (c.name = ?2 AND c.kind IN ('public', 'private'))"),
                (id, name),
            )
        }
    }
}

fn deletion_impact(rows: &Rows, handle: &Handle) -> Result<DeletionImpact, StoreError> {
    let user: Option<UserId> = rows.one("SELECT id FROM user WHERE handle = ?1 AND deleted IS NULL", [handle])?;
    let user = user.ok_or(Refused::NoSuchUser)?;
    rows.only_with(
        concat!(
            "SELECT
             (SELECT coalesce(sum((SELECT count(*) FROM nonce WHERE channel = c.id AND user = ?1)), 0)
              FROM channel AS c),
             (SELECT count(*) FROM member JOIN channel ON channel.id = member.channel
              WHERE user = ?1 AND kind <> 'dm'),
             (SELECT count(*) FROM member AS mine JOIN channel ON channel.id = mine.channel
              WHERE mine.user = ?1 AND kind = 'private'
                AND NOT EXISTS (SELECT 1 FROM member JOIN user ON user.id = member.user
                                WHERE member.channel = mine.channel AND member.user <> ?1 AND ",
            can_keep!(),
            ")),
             (SELECT coalesce(sum(last_index), 0) FROM channel WHERE owner = ?1 AND kind = 'wall')"
        ),
        [user],
        |row| {
            Ok(DeletionImpact { messages: row.get(0)?, channels: row.get(1)?, ending: row.get(2)?, wall: row.get(3)? })
        },
    )
}

/// Gives the row of a channel, and what it is to others.
fn found(work: &StoreWork<'_>, channel: &ChannelId) -> Result<(ChannelKey, ChannelKind), StoreError> {
    let key = key_of(channel)?;
    let found = work.exists("SELECT 1 FROM channel WHERE id = ?1", [key])?;
    if found { Ok((key, kind(work, key)?)) } else { Err(Refused::NoSuchChannel.into()) }
}

fn remove(work: &mut StoreWork<'_>, channel: &ChannelId, member: &Handle) -> Result<(), StoreError> {
    let (key, kind) = found(work, channel)?;
    if kind == ChannelKind::Wall {
        return Err(Refused::NotOfWalls.into());
    }
    let user = user_by_handle(work, member)?;
    role(work, key, user).map_err(|_| Refused::NoMember)?;
    if kind == ChannelKind::Dm {
        return conversation::close(work, key, user);
    }
    end_membership(work, key, user, Going::because(RemoveReason::Removed, None))
}

fn hand_to(work: &mut StoreWork<'_>, channel: &ChannelId, to: &Handle) -> Result<(), StoreError> {
    let (key, kind) = found(work, channel)?;
    match kind {
        ChannelKind::Wall => return Err(Refused::NotOfWalls.into()),
        ChannelKind::Dm => return Err(Refused::NotOfConversations.into()),
        ChannelKind::Public | ChannelKind::Private | ChannelKind::Unknown => {}
    }
    let user = user_by_handle(work, to)?;
    if is_guest_account(work, user)? {
        return Err(Refused::NotForGuests.into());
    }
    if !may_sign_in(work, user)? {
        return Err(Refused::Unusable.into());
    }
    let owner: Option<UserId> = work.only("SELECT owner FROM channel WHERE id = ?1", [key])?;
    if owner == Some(user) {
        return Ok(());
    }
    if role(work, key, user).is_err() {
        // The operator's word counts for more than that of who has kept them out.
        work.execute("DELETE FROM ban WHERE channel = ?1 AND user = ?2", (key, user))?;
        add_member(work, key, user, Role::Member, Coming::Oneself)?;
    }
    if let Some(owner) = owner {
        give_role(work, key, owner, Role::Moderator)?;
    }
    make_owner(work, key, user)
}
