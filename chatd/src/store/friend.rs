//! How people stand to each other: friends, who asks, and whom one has blocked; and who may write to whom.

use proto::{CatchUpKind, Handle, Relation, Relationship, bounds};

use super::activity::{ActivityEntry, add_activity, remove_activity_of};
use super::channel_key::ChannelKey;
use super::conversation::close_unanswered;
use super::directory::shares;
use super::member::{Going, end_membership};
use super::role::others_keep;
use super::sqlite::by_index;
use super::table::channel::own_wall;
use super::table::relation::{ASKED, FRIENDS, blocks, has_relation, relation};
use super::table::user::{
    USER_COLUMNS, is_guest_account, read_user, require_alive, user_by_handle, user_columns, user_record,
};
use super::waiting_invitation::forget_waiting_between;
use super::wall::forget_activity_between;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, UserRecord};

impl Store {
    /// Lists friends, whom somebody has asked, who asks, and whom they have blocked, by handle; with each the account.
    pub async fn relationships(&self, user: UserId) -> Result<Vec<(UserRecord, Relationship)>, StoreError> {
        self.readers
            .read(move |rows| {
                // A blocked user's request is kept and not shown.
                rows.all_with(
                    concat!(
                        "SELECT ",
                        user_columns!(),
                        ", relation, since FROM (
                        SELECT other, 'friend' AS relation, since FROM friend WHERE user = ?1 UNION ALL
                        SELECT other, 'asked', since FROM friend_ask WHERE user = ?1 UNION ALL
                        SELECT * FROM (SELECT user, 'asking', since FROM friend_ask AS ask WHERE other = ?1
                            AND NOT EXISTS (SELECT 1 FROM block WHERE user = ?1 AND other = ask.user)
                            ORDER BY since DESC LIMIT ?2) UNION ALL
                        SELECT other, 'blocked', since FROM block WHERE user = ?1)
                     JOIN user ON user.id = other WHERE user.deleted IS NULL ORDER BY user.handle"
                    ),
                    (user, bounds::RELATIONS_MAX),
                    |row| {
                        let user = user_record(row)?;
                        let relationship = Relationship {
                            handle: user.handle.clone(),
                            relation: row.get(USER_COLUMNS)?,
                            since: row.get(USER_COLUMNS + 1)?,
                            presence: None,
                        };
                        Ok((user, relationship))
                    },
                )
            })
            .await
    }

    /// Asks a user to be a friend; when they have asked already, both are friends then.
    pub async fn ask_friend(&self, user: UserId, other: Handle) -> Pending<()> {
        self.writer.submit(move |work| ask(work, user, &other)).await
    }

    /// Ends a friendship, says no to who has asked, or takes an asking back.
    pub async fn remove_friend(&self, user: UserId, other: Handle) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let other = user_by_handle(work, &other)?;
                end_friendship(work, user, other, true)
            })
            .await
    }

    /// Blocks somebody, or no longer. A friendship ends with it.
    pub async fn block(&self, user: UserId, other: Handle, on: bool) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| block(work, user, &other, on)).await
    }
}

fn ask(work: &mut StoreWork<'_>, user: UserId, other: &Handle) -> Result<(), StoreError> {
    require_alive(work, user)?;
    let other = user_by_handle(work, other)?;
    if user == other {
        return Err(Refused::SelfTarget.into());
    }
    if is_guest_account(work, other)? {
        return Err(Refused::NotForGuests.into());
    }
    if blocks(work, user, other)? {
        return Err(Refused::BlockedByAsker.into());
    }
    if has_relation(work, FRIENDS, user, other)? || has_relation(work, ASKED, user, other)? {
        return Ok(());
    }
    if has_relation(work, ASKED, other, user)? {
        return become_friends(work, user, other);
    }
    require_room_for_relation(work, "SELECT count(*) FROM friend_ask WHERE user = ?1", user, bounds::RELATIONS_MAX)?;
    insert(work, "INSERT INTO friend_ask (user, other, since) VALUES (?1, ?2, ?3)", user, other)?;
    tell(work, user, other, Relation::Asked)?;
    // A user who has blocked the other is sent nothing.
    if blocks(work, other, user)? {
        return Ok(());
    }
    tell(work, other, user, Relation::Asking)?;
    add_activity(work, other, asking(user))
}

fn asking(by: UserId) -> ActivityEntry {
    ActivityEntry { kind: CatchUpKind::Friend, channel: ChannelKey::NONE, index: None, by, emoji: None, waiting: false }
}

/// Removes a friend request from Activity.
fn forget_asking(work: &mut StoreWork<'_>, user: UserId, by: UserId) -> Result<(), StoreError> {
    remove_activity_of(work, user, ChannelKey::NONE, proto::Index::default(), CatchUpKind::Friend, by, None)
}

fn become_friends(work: &mut StoreWork<'_>, user: UserId, other: UserId) -> Result<(), StoreError> {
    for person in [user, other] {
        require_room_for_relation(work, "SELECT count(*) FROM friend WHERE user = ?1", person, bounds::FRIENDS_MAX)?;
    }
    execute(work, "DELETE FROM friend_ask WHERE user = ?1 AND other = ?2", other, user)?;
    forget_asking(work, user, other)?;
    for (person, other) in [(user, other), (other, user)] {
        insert(work, "INSERT INTO friend (user, other, since) VALUES (?1, ?2, ?3)", person, other)?;
        tell(work, person, other, Relation::Friend)?;
    }
    Ok(())
}

/// Ends a friendship or a request. Who is refused is not sent that.
fn end_friendship(work: &mut StoreWork<'_>, user: UserId, other: UserId, tells: bool) -> Result<(), StoreError> {
    let mut parted = execute(work, "DELETE FROM friend_ask WHERE user = ?1 AND other = ?2", user, other)?;
    if parted {
        forget_asking(work, other, user)?;
        if !blocks(work, other, user)? {
            tell(work, other, user, Relation::None)?;
        }
    }
    if execute(work, "DELETE FROM friend_ask WHERE user = ?1 AND other = ?2", other, user)? {
        forget_asking(work, user, other)?;
        parted = true;
    }
    if execute(work, "DELETE FROM friend WHERE user = ?1 AND other = ?2", user, other)? {
        execute(work, "DELETE FROM friend WHERE user = ?1 AND other = ?2", other, user)?;
        forget_activity_between(work, user, other)?;
        tell(work, other, user, Relation::None)?;
        parted = true;
    }
    // For the asker a blocked user stays blocked.
    let blocked = blocks(work, user, other)?;
    if parted && tells && !blocked { tell(work, user, other, Relation::None) } else { Ok(()) }
}

fn block(work: &mut StoreWork<'_>, user: UserId, other: &Handle, on: bool) -> Result<(), StoreError> {
    let other = user_by_handle(work, other)?;
    if user == other {
        return Err(Refused::SelfTarget.into());
    }
    if blocks(work, user, other)? == on {
        return Ok(());
    }
    if on {
        require_room_for_relation(work, "SELECT count(*) FROM block WHERE user = ?1", user, bounds::RELATIONS_MAX)?;
        end_friendship(work, user, other, false)?;
        forget_activity_between(work, user, other)?;
        insert(work, "INSERT INTO block (user, other, since) VALUES (?1, ?2, ?3)", user, other)?;
        undo_unanswered(work, user, other)?;
        tell(work, user, other, Relation::Blocked)
    } else {
        execute(work, "DELETE FROM block WHERE user = ?1 AND other = ?2", user, other)?;
        // A request that came during the block is shown now.
        tell(work, user, other, relation(work, user, other)?)
    }
}

/// Takes back what somebody did to another who blocks them: invitations that wait, channels that they added them to and
/// conversations that they opened, where nothing came of it. A channel that they are the last in does not end unasked.
fn undo_unanswered(work: &mut StoreWork<'_>, user: UserId, by: UserId) -> Result<(), StoreError> {
    forget_waiting_between(work, user, by)?;
    close_unanswered(work, user, by)?;
    let added = work.all::<ChannelKey>(
        concat!(
            "SELECT m.channel FROM member AS m",
            by_index!("member_added"),
            " JOIN channel AS c ON c.id = m.channel
             WHERE m.user = ?1 AND m.added_by = ?2 AND m.untouched = 1 AND c.kind <> 'dm'"
        ),
        (user, by),
    )?;
    for channel in added {
        if others_keep(work, channel, user)? {
            end_membership(work, channel, user, Going::ONESELF)?;
        }
    }
    Ok(())
}

/// Ends what binds somebody to anybody, as their account is deleted.
pub(super) fn end_all_friendships(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let bound = work.all::<UserId>(
        "SELECT other FROM friend WHERE user = ?1 UNION SELECT other FROM friend_ask WHERE user = ?1
         UNION SELECT user FROM friend_ask WHERE other = ?1",
        [user],
    )?;
    for other in bound {
        end_friendship(work, user, other, true)?;
    }
    work.execute("DELETE FROM block WHERE user = ?1 OR other = ?1", [user])?;
    work.execute("DELETE FROM notice WHERE user = ?1 OR (by = ?1 AND channel = 0)", [user])?;
    Ok(())
}

fn require_room_for_relation(work: &StoreWork<'_>, sql: &str, user: UserId, max: usize) -> Result<(), StoreError> {
    let count: usize = work.only(sql, [user])?;
    if count < max { Ok(()) } else { Err(Refused::TooManyRelations.into()) }
}

fn insert(work: &StoreWork<'_>, sql: &str, user: UserId, other: UserId) -> Result<(), StoreError> {
    work.execute(sql, (user, other, work.now))?;
    Ok(())
}

/// Does something to a row of two people; tells whether there was one.
fn execute(work: &StoreWork<'_>, sql: &str, user: UserId, other: UserId) -> Result<bool, StoreError> {
    Ok(work.execute(sql, (user, other))? > 0)
}

/// Tells somebody how another stands to them from now on.
fn tell(work: &mut StoreWork<'_>, user: UserId, other: UserId, relation: Relation) -> Result<(), StoreError> {
    let shares = shares(work, other, user)?;
    let wall = own_wall(work, other)?.map(ChannelKey::id);
    let other = Box::new(read_user(work, other)?);
    work.changes.push(Change::Related { user, other, relation, since: work.now, shares, wall });
    Ok(())
}

#[cfg(test)]
mod tests;
