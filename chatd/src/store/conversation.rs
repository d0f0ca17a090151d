//! Direct conversations: opening one, and closing it for oneself. Both are members for good; what one side has closed, or
//! was never written in, is in no list of theirs.

use proto::{ChannelId, ChannelKind, Handle, Role, Topic};

use super::channel_key::ChannelKey;
use super::consent::{Lately, note_lately, too_many_lately};
use super::member::{Coming, add_member, take_up};
use super::sqlite::by_index;
use super::table::channel::insert_channel;
use super::table::relation::{are_friends, require_may_write};
use super::table::user::{is_guest_account, require_alive, user_by_handle};
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// Who opens a conversation with whom.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The account that opens it.
    pub user: UserId,
    /// The handle of the other person.
    pub other: Handle,
    /// New ones that somebody may open within a day with people who are no friends, 0 for any number.
    pub per_day: u64,
}

impl Store {
    /// Gives the direct conversation of two people, made when it is first wanted.
    pub async fn open_dm(&self, opening: Opening) -> Pending<ChannelId> {
        self.writer.submit(move |work| open(work, &opening)).await
    }

    /// Names the conversations of somebody with the newest messages, at most so many.
    pub async fn newest_conversations(&self, user: UserId, limit: usize) -> Result<Vec<ChannelId>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.all_with(
                    "SELECT c.id FROM member AS m JOIN channel AS c ON c.id = m.channel
                     WHERE m.user = ?1 AND c.kind = 'dm' AND m.closed = 0
                     ORDER BY coalesce((SELECT date FROM message WHERE channel = c.id AND idx = c.last_index), c.created)
                        DESC LIMIT ?2",
                    (user, limit),
                    |row| Ok(row.get::<ChannelKey>(0)?.id()),
                )
            })
            .await
    }
}

fn open(work: &mut StoreWork<'_>, opening: &Opening) -> Result<ChannelId, StoreError> {
    let user = opening.user;
    require_alive(work, user)?;
    let other = user_by_handle(work, &opening.other)?;
    if is_guest_account(work, other)? {
        return Err(Refused::NotForGuests.into());
    }
    let (low, high) = if user < other { (user, other) } else { (other, user) };
    let known: Option<ChannelKey> = work.one("SELECT channel FROM dm WHERE low = ?1 AND high = ?2", [low, high])?;
    if let Some(known) = known {
        return reopen(work, known, user);
    }
    require_may_write(work, user, other)?;
    let strangers = user != other && !are_friends(work, user, other)?;
    if strangers && let Some(wait) = too_many_lately(work, user, Lately::Opened, opening.per_day)? {
        return Err(Refused::TooSoon(wait).into());
    }
    let channel = insert_channel(work, ChannelKind::Dm, "", &Topic::default(), None)?;
    work.execute("INSERT INTO dm (low, high, channel) VALUES (?1, ?2, ?3)", (low, high, channel))?;
    add_member(work, channel, user, Role::Member, Coming::Oneself)?;
    if other != user {
        add_member(work, channel, other, Role::Member, Coming::AddedByStranger(user))?;
    }
    if strangers {
        note_lately(work, user, Lately::Opened)?;
    }
    Ok(channel.id())
}

/// Opens a conversation for one side. It is shown to their connections that do not show it, whether it was closed or not.
fn reopen(work: &mut StoreWork<'_>, key: ChannelKey, user: UserId) -> Result<ChannelId, StoreError> {
    work.execute("UPDATE member SET closed = 0 WHERE channel = ?1 AND user = ?2", (key, user))?;
    take_up(work, key, user)?;
    let channel = key.id();
    work.changes.push(Change::ConversationOpened { channel, user });
    Ok(channel)
}

/// Closes a conversation for one side until its next message; the other learns nothing.
pub(super) fn close(work: &mut StoreWork<'_>, key: ChannelKey, user: UserId) -> Result<(), StoreError> {
    work.execute("UPDATE member SET closed = 1, apart = 1 WHERE channel = ?1 AND user = ?2", (key, user))?;
    // One that is in no list yet is shown all the same to who was connected when it was opened.
    work.changes.push(Change::ConversationClosed { channel: key.id(), user });
    Ok(())
}

/// Opens a conversation for whoever has closed it: something was said there.
pub(super) fn open_by_message(work: &mut StoreWork<'_>, key: ChannelKey) -> Result<(), StoreError> {
    let opened =
        work.all::<UserId>("UPDATE member SET closed = 0 WHERE channel = ?1 AND closed = 1 RETURNING user", [key])?;
    let channel = key.id();
    work.changes.extend(opened.into_iter().map(|user| Change::ConversationOpened { channel, user }));
    Ok(())
}

/// Closes conversations that somebody opened and that were not answered.
pub(super) fn close_unanswered(work: &mut StoreWork<'_>, user: UserId, by: UserId) -> Result<(), StoreError> {
    let found = work.all::<ChannelKey>(
        concat!(
            "SELECT m.channel FROM member AS m",
            by_index!("member_added"),
            " JOIN channel AS c ON c.id = m.channel
             WHERE m.user = ?1 AND m.added_by = ?2 AND m.untouched = 1 AND c.kind = 'dm'"
        ),
        (user, by),
    )?;
    found.into_iter().try_for_each(|key| close(work, key, user))
}
