//! Effects that ask the daemon for something to show: history, the list of channels, what pages show.

use proto::ChannelId;
use proto::http::{SearchHits, SearchQuery};
use tokio::sync::oneshot;

use super::Runtime;
use crate::core::history::HistoryRange;
use crate::core::history::PAGE_MESSAGES;
use crate::fetch::{Fetch, Fetched};
use crate::http::{self, RequestError};
use crate::msg::Msg;
use crate::refusals::chat::of_fetch;
use crate::session::Session;

/// Names that Tab can complete are asked for by so many.
const PUBLIC_NAMES: u32 = 50;
/// Posts that a page asks for at once.
const FEED_POSTS: u32 = 30;

impl Runtime {
    /// Fetches a page of history: from the store, or where the message that is next is not held there from the daemon. While
    /// that cannot be reached the nearest of what is saved is better than nothing. What has changed is asked of one connection
    /// and is nothing for the next.
    pub(super) fn load_history(&self, channel: ChannelId, page: HistoryRange) {
        let Some(session) = self.session.clone() else { return };
        let (tell, held) = oneshot::channel();
        self.shelf.page(channel, page, |found| _ = tell.send(found));
        let connection = self.connection;
        self.answer_of_session(async move {
            let mut held = held.await.ok().flatten();
            if let Some(history) = held.take_if(|held| page.is_next(held)) {
                return Msg::History { channel, page, result: Ok(history), connection };
            }
            let fetched =
                http::fetch_history(&session.server, &session.token, channel, Some(page), PAGE_MESSAGES).await;
            let result = match (fetched, held) {
                (Err(RequestError::Unreachable { .. }), Some(held)) => Ok(held),
                (fetched, _) => fetched.map_err(|error| error.to_string()),
            };
            Msg::History { channel, page, result, connection }
        });
    }

    /// Looks in the store who is in a channel.
    pub(super) fn load_members(&self, channel: ChannelId) {
        let (tell, found) = oneshot::channel();
        self.shelf.members(channel, |members| _ = tell.send(members));
        self.answer_of_session(async move { Msg::StoredMembers(channel, found.await.unwrap_or_default()) });
    }

    /// Fetches the reader's channels.
    pub(super) fn load_channels(&self) {
        let Some(session) = self.session.clone() else { return };
        self.answer_of_session(async move {
            let result = http::fetch_channels(&session).await;
            Msg::Channels(result.map_err(|error| error.to_string()))
        });
    }

    /// Fetches what a page shows.
    pub(super) fn fetch(&self, fetch: Fetch) {
        let Some(session) = self.session.clone() else { return };
        self.answer_of_session(async move {
            let fetched = fetched(&session, &fetch).await.map_err(|error| of_fetch(error, &fetch));
            Msg::Fetched(fetch, fetched)
        });
    }
}

impl Runtime {
    /// Searches what is saved on this machine.
    pub(super) fn search_saved(&self, query: SearchQuery) {
        let (tell, found) = oneshot::channel();
        self.shelf.search(query.clone(), |hits| _ = tell.send(hits));
        self.answer_of_session(async move {
            // A store that has ended meanwhile has found nothing.
            let found = found.await.unwrap_or_else(|_| SearchHits::none());
            Msg::Fetched(Fetch::Search(query), Ok(Fetched::SearchSaved(found)))
        });
    }
}

async fn fetched(session: &Session, fetch: &Fetch) -> Result<Fetched, RequestError> {
    Ok(match fetch {
        Fetch::Channels(wish) => {
            let text = Some(wish.text.as_str()).filter(|text| !text.is_empty());
            Fetched::Channels(wish.after.clone(), http::channels_after(session, text, wish.after.as_ref()).await?)
        }
        Fetch::Named(name) => Fetched::Named(http::channels_named(session, name).await?),
        Fetch::PublicNames(begin) => {
            Fetched::PublicNames(begin.clone(), http::public_channels_from(session, begin, PUBLIC_NAMES).await?)
        }
        Fetch::Search(wish) => Fetched::Search(http::search_messages(session, wish).await?),
        Fetch::CatchUp => Fetched::CatchUp(http::fetch_catch_up(session, None).await?),
        Fetch::Profile(_) | Fetch::Myself => {
            let handle = if let Fetch::Profile(handle) = fetch { handle } else { &session.handle };
            let (profile, said) = http::fetch_profile_and_posts(session, handle).await?;
            Fetched::Profile(Box::new(profile), said)
        }
        Fetch::Thread(channel, index) => Fetched::Messages(http::fetch_thread(session, *channel, *index).await?),
        Fetch::Pins(channel) => Fetched::Messages(http::fetch_pins(session, *channel).await?),
        Fetch::Moderation(channel) => Fetched::Moderation(http::fetch_moderation(session, *channel).await?),
        Fetch::Feed(before) => {
            Fetched::Feed(before.clone(), http::fetch_feed(session, None, before.as_ref(), FEED_POSTS).await?)
        }
        Fetch::Posts(handle, before) => {
            Fetched::Feed(before.clone(), http::fetch_feed(session, Some(handle), before.as_ref(), FEED_POSTS).await?)
        }
        Fetch::Friends => Fetched::Friends(http::fetch_friends(session).await?),
        Fetch::Sessions => Fetched::Sessions(http::fetch_sessions(session).await?),
        Fetch::Settings => Fetched::Settings(http::fetch_settings(session).await?),
    })
}
