//! Searching over HTTP.

use proto::ErrorReply;
use proto::http::{SearchHit, SearchHits, SearchQuery};

use crate::daemon::Daemon;
use crate::error::{malformed, no_such_channel, store_error};
use crate::policy::SignedIn;
use crate::store::{Refused, Search, StoreError};

pub(crate) async fn search(daemon: &Daemon, who: &SignedIn, query: SearchQuery) -> Result<SearchHits, ErrorReply> {
    found(daemon, who, parse(query)?).await
}

/// Searches, and gives what was found as it goes over the wire.
pub(super) async fn found(daemon: &Daemon, who: &SignedIn, search: Search) -> Result<SearchHits, ErrorReply> {
    let found = daemon.store.search(who.user(), search).await.map_err(|error| match error {
        StoreError::Refused(Refused::NotAMember) => no_such_channel(),
        error => store_error(&error),
    })?;
    let hits = found.hits.into_iter().map(|hit| SearchHit {
        id: hit.channel,
        name: hit.name,
        kind: hit.kind,
        message: hit.message,
        before: hit.before,
        after: hit.after,
    });
    Ok(SearchHits { hits: hits.collect(), more: found.more, complete: found.complete })
}

/// Gives what is searched for.
fn parse(query: SearchQuery) -> Result<Search, ErrorReply> {
    Ok(Search {
        words: query.words().map_err(|error| malformed(&error.to_string()))?,
        channel: query.channel,
        offset: query.offset.unwrap_or_default().get(),
        limit: query.limit.unwrap_or_default().get(),
        around: query.around.unwrap_or_default().get(),
    })
}

#[cfg(test)]
mod tests {
    use proto::http::Query;
    use proto::{ErrorCode, Timestamp, bounds};

    use super::*;

    fn parse(query: &str) -> Result<Search, ErrorReply> {
        super::parse(SearchQuery::read(query)?)
    }

    #[test]
    fn queries_are_read_or_refused() {
        let search = parse("q=green+tea+from%3Abob&channel=c1&before=70&limit=1000&around=9&x=y").unwrap();
        assert_eq!(search.words.terms, ["green", "tea"]);
        assert_eq!((search.limit, search.around), (bounds::SEARCH_HITS_MAX, bounds::SEARCH_AROUND_MAX));
        assert_eq!(search.words.before, Some(Timestamp::from_millis(70)));
        assert_eq!(parse("from=bob").unwrap().words.from, Some("bob".parse().unwrap()));
        for query in ["", "q=", "q=%20", "q=x&limit=-1", "q=x&before=soon", "q=x&q=y", "q=x&from=a%21", "q=%00"] {
            assert_eq!(parse(query).unwrap_err().code, ErrorCode::Malformed, "{query}");
        }
    }
}
