//! What one person may know of another: `GET /v1/users/HANDLE` and what they said.

use proto::http::{Profile, SearchHits};
use proto::{ErrorCode, ErrorReply, Handle, Relation, SearchWords, bounds};

use super::history::number;
use super::search;
use crate::daemon::Daemon;
use crate::error::store_error;
use crate::policy::SignedIn;
use crate::store::Search;

/// Answers the paths below `/v1/users/`.
pub(crate) async fn profile(daemon: &Daemon, who: &SignedIn, handle: &str) -> Result<Profile, ErrorReply> {
    let handle = read_handle(handle)?;
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
    handle: &str,
    query: &str,
) -> Result<SearchHits, ErrorReply> {
    let handle = read_handle(handle)?;
    let (mut limit, mut offset) = (bounds::SEARCH_HITS_DEFAULT as u64, 0);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "limit" => limit = number(&name, &value)?,
            "offset" => offset = number(&name, &value)?,
            _ => {}
        }
    }
    // An account that does not exist has no messages; it is refused all the same.
    daemon.store.profile(who.user(), handle.clone()).await.map_err(|error| store_error(&error))?;
    let wish = Search {
        words: SearchWords { from: Some(handle), ..SearchWords::default() },
        channel: None,
        offset: offset.min(bounds::SEARCH_OFFSET_MAX as u64) as usize,
        limit: limit.clamp(1, bounds::SEARCH_HITS_MAX as u64) as usize,
        around: 0,
    };
    search::found(daemon, who, wish).await
}

pub(crate) fn read_handle(text: &str) -> Result<Handle, ErrorReply> {
    text.parse().map_err(|_| ErrorReply::new(ErrorCode::NotFound, "nobody has this handle"))
}
