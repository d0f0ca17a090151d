//! Posts: a user's wall, and the feed of friends.

use proto::http::{Feed, FeedQuery};
use proto::{ChannelId, Empty, ErrorReply, Handle, Joined, OpenWall, PageCursor, WatchFeed};
use std::sync::Arc;

use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, store_error};
use crate::hub::Outbox;
use crate::policy::SignedIn;
use crate::store::{FeedOf, FeedPlace};

pub(crate) async fn open_wall(daemon: &Daemon, who: &SignedIn, _: OpenWall) -> AnswerTo<OpenWall> {
    let id = daemon.store.open_wall(who.user()).await.committed().await.map_err(|error| store_error(&error))?;
    Ok(Joined { id })
}

pub(crate) async fn watch(daemon: &Daemon, outbox: &Arc<Outbox>, request: WatchFeed) -> AnswerTo<WatchFeed> {
    if !request.on {
        daemon.hub.stop_watching(outbox);
        return Ok(Empty {});
    }
    if daemon.hub.watch_feed(outbox) {
        daemon.hub.hear_walls(outbox, &walls_around(daemon, outbox).await?);
        // Who was a friend a moment ago and is none now was perhaps left before it was entered.
        daemon.hub.hear_only_walls(outbox, &walls_around(daemon, outbox).await?);
    }
    Ok(Empty {})
}

async fn walls_around(daemon: &Daemon, outbox: &Outbox) -> Result<Vec<ChannelId>, ErrorReply> {
    daemon.store.walls_around(outbox.user()).await.map_err(|error| store_error(&error))
}

/// Gives the posts of the caller and their friends.
pub(crate) async fn feed(daemon: &Daemon, who: &SignedIn, query: FeedQuery) -> Result<Feed, ErrorReply> {
    page(daemon, who, FeedOf::Friends, query).await
}

/// Gives the posts of one user.
pub(crate) async fn posts(
    daemon: &Daemon,
    who: &SignedIn,
    handle: Handle,
    query: FeedQuery,
) -> Result<Feed, ErrorReply> {
    page(daemon, who, FeedOf::Person(handle), query).await
}

async fn page(daemon: &Daemon, who: &SignedIn, of: FeedOf, query: FeedQuery) -> Result<Feed, ErrorReply> {
    let place = |cursor: PageCursor| {
        FeedPlace::parse(cursor.as_str()).ok_or_else(|| malformed("`before` is the `next` of another answer"))
    };
    let before = query.before.map(place).transpose()?;
    let limit = query.limit.unwrap_or_default().get();
    let page = daemon.store.feed(who.user(), of, before, limit).await.map_err(|error| store_error(&error))?;
    Ok(Feed { posts: page.posts, next: page.next.map(|next| next.to_string().into()) })
}
