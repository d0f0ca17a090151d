//! Walls: what people post, and the feed that is gathered from the walls of friends.
//!
//! A wall is a channel that nobody is a member of. Its owner posts, and whoever may read it answers and reacts, by the
//! same code as in any channel. A feed is merged from the newest posts of each wall when it is read, so that writing a
//! post costs the same for whatever number of friends.

use std::collections::BinaryHeap;

use proto::http::Post;
use proto::{Audience, CatchUpKind, ChannelId, ChannelKind, Handle, Index, Role, Timestamp, Topic, bounds};

use super::account::require_alive;
use super::activity::{add_activity, leaves, remove_activity_of_strangers};
use super::channel::insert_channel;
use super::channel_key::ChannelKey;
use super::history::{self, json_bytes_fit};
use super::message::{Appended, NewMessage, behind_the_last, by_message};
use super::sqlite::{Rows, by_index};
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};

/// Whose posts are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedOf {
    /// Those of the asker's friends and the asker.
    Friends,
    /// Those of one person, if the asker may read them.
    Person(Handle),
}

/// A place in a feed: a date, a wall and an index. Posts of one moment are in the order of their walls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FeedPlace {
    date: Timestamp,
    wall: ChannelKey,
    index: Index,
}

/// Behind every post of a wall.
const LAST: (Timestamp, Index) = (Timestamp::from_millis(i64::MAX), Index::new(i64::MAX as u64));

impl FeedPlace {
    /// Reads what its `Display` wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (date, wall, index) = (parts.next()?, parts.next()?, parts.next()?);
        let wall: ChannelId = wall.parse().ok()?;
        let place = Self {
            date: Timestamp::from_millis(date.parse().ok()?),
            wall: ChannelKey::of(&wall)?,
            index: Index::new(index.parse().ok()?),
        };
        parts.next().is_none().then_some(place)
    }

    /// The last place of a wall that stands behind this one: before that its posts are older.
    fn bound_in(&self, wall: ChannelKey) -> (Timestamp, Index) {
        let index = match wall.cmp(&self.wall) {
            std::cmp::Ordering::Less => LAST.1,
            std::cmp::Ordering::Equal => self.index,
            std::cmp::Ordering::Greater => Index::default(),
        };
        (self.date, index)
    }
}

impl std::fmt::Display for FeedPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.date.as_millis(), self.wall.id(), self.index.get())
    }
}

/// A page of a feed.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// The posts, the newest first.
    pub posts: Vec<Post>,
    /// Where older ones begin, if there are any.
    pub next: Option<FeedPlace>,
}

impl Store {
    /// Gives somebody's own wall, made when it is first wanted.
    pub async fn open_wall(&self, user: UserId) -> Pending<ChannelId> {
        self.writer.submit(move |work| open_wall(work, user)).await
    }

    /// Reads posts, the newest first, before a place.
    ///
    /// # Errors
    /// [`Refused::NoSuchUser`] when nobody has the handle that is asked for.
    pub async fn feed(
        &self,
        user: UserId,
        of: FeedOf,
        before: Option<FeedPlace>,
        limit: usize,
    ) -> Result<FeedPage, StoreError> {
        self.readers
            .read(move |rows| {
                let walls = match of {
                    FeedOf::Friends => walls_of_friends(rows, user)?,
                    FeedOf::Person(handle) => wall_of(rows, user, &handle)?.into_iter().collect(),
                };
                merge(rows, &walls, before, limit)
            })
            .await
    }
}

fn open_wall(work: &mut StoreWork<'_>, user: UserId) -> Result<ChannelId, StoreError> {
    require_alive(work, user)?;
    if let Some(known) = own_wall(work, user)? {
        return Ok(known.id());
    }
    let handle = work.only::<Handle>("SELECT handle FROM user WHERE id = ?1", [user])?;
    Ok(insert_channel(work, ChannelKind::Wall, handle.as_str(), &Topic::default(), Some(user))?.id())
}

/// Tells what somebody may do on a wall: its owner keeps order, readers answer and react.
///
/// # Errors
/// [`Refused::NotAMember`] for who may not read it, and for what is no wall.
pub(super) fn role_on_wall(rows: &Rows, channel: ChannelKey, user: UserId) -> Result<Role, StoreError> {
    let found = rows.one_with(
        "SELECT channel.owner = ?2, owner.reads_posts,
            EXISTS (SELECT 1 FROM friend WHERE friend.user = ?2 AND other = channel.owner),
            EXISTS (SELECT 1 FROM block WHERE block.user = channel.owner AND other = ?2),
            (SELECT guest OR deleted IS NOT NULL FROM user WHERE id = ?2)
         FROM channel JOIN user AS owner ON owner.id = channel.owner
         WHERE channel.id = ?1 AND kind = 'wall' AND owner.deleted IS NULL",
        (channel, user),
        |row| {
            let (own, friend, blocked, guest): (bool, bool, bool, bool) =
                (row.get(0)?, row.get(2)?, row.get(3)?, row.get(4)?);
            let everyone = row.get::<Audience>(1)? == Audience::Everyone;
            Ok(if own {
                Some(Role::Owner)
            } else {
                (friend || (everyone && !blocked && !guest)).then_some(Role::Member)
            })
        },
    )?;
    found.flatten().ok_or_else(|| Refused::NotAMember.into())
}

/// Gives the place behind the last message of a wall, for who may write there: readers only answer.
pub(super) fn place_on_wall(
    work: &StoreWork<'_>,
    channel: ChannelKey,
    message: &NewMessage,
) -> Result<Appended, StoreError> {
    let role = role_on_wall(work, channel, message.author)?;
    if role != Role::Owner && message.reply_to.is_none() {
        return Err(Refused::OnlyReplies.into());
    }
    behind_the_last(work, channel)
}

/// Takes note of what was said on a wall: a post stands in the feed, and whom it names or answers hears of it.
pub(super) fn note_on_wall(
    work: &mut StoreWork<'_>,
    channel: ChannelKey,
    (message, mentions): (&NewMessage, &[(UserId, Handle)]),
    answered: Option<UserId>,
    at: Appended,
) -> Result<(), StoreError> {
    if message.reply_to.is_none() {
        work.execute("INSERT INTO post (channel, date, idx) VALUES (?1, ?2, ?3)", (channel, at.date, at.index))?;
    }
    let named = mentions.iter().map(|(user, _)| (*user, CatchUpKind::Mention)).collect::<Vec<_>>();
    // Whom it also names it has told already.
    let answered = answered.filter(|user| named.iter().all(|(named, _)| named != user));
    let answered = answered.map(|user| (user, CatchUpKind::Reply));
    for (user, kind) in named.into_iter().chain(answered).filter(|(user, _)| *user != message.author) {
        if role_on_wall(work, channel, user).is_ok() {
            add_activity(work, user, by_message(kind, channel, at.index, message.author))?;
        }
    }
    Ok(())
}

/// A post that is deleted stands in no feed; of any other message there is nothing to be done.
pub(super) fn remove_post(work: &StoreWork<'_>, channel: ChannelKey, index: Index) -> Result<(), StoreError> {
    work.execute(
        "DELETE FROM post WHERE channel = ?1 AND idx = ?2
         AND date = (SELECT date FROM message WHERE channel = ?1 AND idx = ?2)",
        (channel, index),
    )?;
    Ok(())
}

/// Two people are no longer friends: what happened to each on the other's wall is nothing to catch up with.
pub(super) fn forget_activity_between(work: &mut StoreWork<'_>, one: UserId, other: UserId) -> Result<(), StoreError> {
    for (owner, reader) in [(one, other), (other, one)] {
        if let Some(wall) = own_wall(work, owner)? {
            leaves(work, wall, reader)?;
        }
    }
    Ok(())
}

/// A wall is for friends from now on.
pub(super) fn forget_strangers_activity(work: &mut StoreWork<'_>, owner: UserId) -> Result<(), StoreError> {
    own_wall(work, owner)?.map_or(Ok(()), |wall| remove_activity_of_strangers(work, wall, owner))
}

/// Gives the wall of somebody who has one.
pub(super) fn own_wall(work: &StoreWork<'_>, owner: UserId) -> Result<Option<ChannelKey>, StoreError> {
    work.one("SELECT id FROM channel WHERE owner = ?1 AND kind = 'wall'", [owner])
}

pub(super) fn walls_of_friends(rows: &Rows, user: UserId) -> Result<Vec<ChannelKey>, StoreError> {
    rows.all(
        "SELECT id FROM (SELECT other FROM friend WHERE user = ?1 UNION ALL SELECT ?1)
         JOIN channel ON owner = other AND kind = 'wall'",
        [user],
    )
}

/// Gives somebody's wall if another may read it.
pub(super) fn wall_of(rows: &Rows, asker: UserId, handle: &Handle) -> Result<Option<ChannelKey>, StoreError> {
    let wall = rows.one::<Option<ChannelKey>>(
        "SELECT channel.id FROM user LEFT JOIN channel ON channel.owner = user.id AND kind = 'wall'
         WHERE handle = ?1 AND user.deleted IS NULL",
        [handle],
    )?;
    let wall = wall.ok_or(Refused::NoSuchUser)?;
    Ok(wall.filter(|wall| role_on_wall(rows, *wall, asker).is_ok()))
}

/// Merges the posts of some walls by time: each step takes the newest of their heads and looks for the one behind it.
fn merge(rows: &Rows, walls: &[ChannelKey], before: Option<FeedPlace>, limit: usize) -> Result<FeedPage, StoreError> {
    let head = |wall: ChannelKey, (date, index): (Timestamp, Index)| -> Result<Option<FeedPlace>, StoreError> {
        rows.one_with(
            "SELECT date, idx FROM post WHERE channel = ?1 AND (date, idx) < (?2, ?3)
             ORDER BY date DESC, idx DESC LIMIT 1",
            (wall, date, index),
            |row| Ok(FeedPlace { date: row.get(0)?, wall, index: row.get(1)? }),
        )
    };
    let mut heads = BinaryHeap::new();
    for wall in walls {
        heads.extend(head(*wall, before.map_or(LAST, |before| before.bound_in(*wall)))?);
    }
    let (mut posts, mut bytes, mut last) = (Vec::with_capacity(limit), 0, None);
    while let Some(place) = heads.peek().copied() {
        if posts.len() == limit {
            return Ok(FeedPage { posts, next: last });
        }
        if let Some(post) = read(rows, place)? {
            // One is given, whatever its size.
            if !json_bytes_fit(&mut bytes, &post.message) && !posts.is_empty() {
                return Ok(FeedPage { posts, next: last });
            }
            posts.push(post);
        }
        heads.pop();
        heads.extend(head(place.wall, (place.date, place.index))?);
        last = Some(place);
    }
    Ok(FeedPage { posts, next: None })
}

fn read(rows: &Rows, place: FeedPlace) -> Result<Option<Post>, StoreError> {
    let Some(message) = history::read_message(rows, place.wall, place.index)? else { return Ok(None) };
    let replies = rows.only(
        concat!(
            "SELECT count(*) FROM (SELECT 1 FROM message",
            by_index!("message_by_reply"),
            " WHERE channel = ?1 AND reply_to = ?2 AND deleted IS NULL LIMIT ?3)"
        ),
        (place.wall, place.index, bounds::POST_REPLIES_COUNTED_MAX),
    )?;
    Ok(Some(Post { id: place.wall.id(), message, replies }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_were_written() {
        let place = FeedPlace {
            date: Timestamp::from_millis(1_767_225_600_000),
            wall: ChannelKey::random(),
            index: Index::new(3),
        };
        assert_eq!(FeedPlace::parse(&place.to_string()), Some(place));
        for bad in ["", "1.2", "x.4h2m9x0kq7rtb.3", "1..3", "1.4h2m9x0kq7rtb.3.4", "1.4h2m9x0kq7rtb.x"] {
            assert_eq!(FeedPlace::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_one_moment_each_post_is_on_one_page() {
        let [one, other] = [ChannelKey::random(), ChannelKey::random()];
        let (lower, higher) = (one.min(other), one.max(other));
        let (date, index) = (Timestamp::from_millis(5), Index::new(4));
        let [low, high] = [lower, higher].map(|wall| FeedPlace { date, wall, index });
        assert_eq!(high.bound_in(lower), (date, LAST.1), "all of that moment on the lower wall are still to come");
        assert_eq!(low.bound_in(higher), (date, Index::default()), "those of the higher wall were given");
        assert_eq!(low.bound_in(lower), (date, index));
        assert!(high > low);
    }
}
