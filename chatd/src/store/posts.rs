//! Walls: what people post, and the feed that is gathered from the walls of friends.
//!
//! A wall is a channel that nobody is a member of. Its owner posts, and whoever may read it answers and reacts, by the
//! same code as in any channel. A feed is merged from the newest posts of each wall when it is read, so that writing a
//! post costs the same for whatever number of friends.

use std::collections::BinaryHeap;

use proto::http::Post;
use proto::{ChannelId, ChannelKind, Handle, Index, Timestamp, Topic, bounds};

use super::channel_key::ChannelKey;
use super::sqlite::{Rows, by_index};
use super::table::access::role_on_wall;
use super::table::channel::{insert_channel, own_wall, walls_of_friends};
use super::table::page::{json_bytes_fit, read_message};
use super::table::user::require_alive;
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
    let Some(message) = read_message(rows, place.wall, place.index)? else { return Ok(None) };
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
mod tests;
