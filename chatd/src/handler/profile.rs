//! What one person may know of another: `GET /v1/users/HANDLE` and what they said.

use proto::http::{NoQuery, Profile, SearchHits, SearchOfQuery};
use proto::{ErrorReply, Handle, Relation, SearchWords};

use super::search;
use crate::daemon::Daemon;
use crate::error::store_error;
use crate::policy::SignedIn;
use crate::store::Search;

/// Gives what the caller may know of a user.
pub(crate) async fn profile(
    daemon: &Daemon,
    who: &SignedIn,
    handle: Handle,
    _: NoQuery,
) -> Result<Profile, ErrorReply> {
    let found = daemon.store.profile(who.user(), handle.clone()).await.map_err(|error| store_error(&error))?;
    Ok(Profile {
        handle,
        presence: daemon.hub.presence_seen(who.user(), &found.acquaintance),
        wall: found.wall,
        relation: Some(found.relation).filter(|relation| *relation != Relation::None),
        display_name: found.display_name,
        about: found.about,
        avatar: found.avatar,
        joined: found.joined,
        guest: found.acquaintance.user.guest,
        disabled: found.acquaintance.user.disabled,
        channels: found.channels,
    })
}

/// What somebody said in channels that the asker may read, the newest first.
pub(crate) async fn messages(
    daemon: &Daemon,
    who: &SignedIn,
    handle: Handle,
    query: SearchOfQuery,
) -> Result<SearchHits, ErrorReply> {
    // An account that does not exist has no messages; it is refused all the same.
    daemon.store.profile(who.user(), handle.clone()).await.map_err(|error| store_error(&error))?;
    let wish = Search {
        words: SearchWords { from: Some(handle), ..SearchWords::default() },
        channel: None,
        offset: query.offset.unwrap_or_default().get(),
        limit: query.limit.unwrap_or_default().get(),
        around: 0,
    };
    search::found(daemon, who, wish).await
}
