//! Searching over HTTP.

use proto::http::{SearchHit, SearchHits};
use proto::{ErrorCode, ErrorReply, Handle, SearchWords, Timestamp, bounds};

use super::history::{malformed, number};
use crate::daemon::Daemon;
use crate::error::{no_such_channel, store_error};
use crate::policy::SignedIn;
use crate::store::{Refused, Search, StoreError};

pub(crate) async fn search(daemon: &Daemon, who: &SignedIn, query: &str) -> Result<SearchHits, ErrorReply> {
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

fn parse(query: &str) -> Result<Search, ErrorReply> {
    let (mut text, mut from) = (String::new(), None);
    let (mut before, mut after) = (None, None);
    let mut search = Search {
        words: SearchWords::default(),
        channel: None,
        offset: 0,
        limit: bounds::SEARCH_HITS_DEFAULT,
        around: 0,
    };
    let mut names = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let at_most = |max: usize| Ok::<_, ErrorReply>(number(&name, &value)?.min(max as u64) as usize);
        match &*name {
            "q" => text = value.into_owned(),
            "channel" => search.channel = Some(value.parse().map_err(|_| no_such_channel())?),
            "from" => from = Some(value.parse::<Handle>().map_err(|error| malformed(&error.to_string()))?),
            "before" => before = Some(moment(&name, &value)?),
            "after" => after = Some(moment(&name, &value)?),
            "limit" => search.limit = at_most(bounds::SEARCH_HITS_MAX)?.max(1),
            "offset" => search.offset = at_most(bounds::SEARCH_OFFSET_MAX)?,
            "around" => search.around = at_most(bounds::SEARCH_AROUND_MAX)?,
            _ => continue,
        }
        if names.contains(&name) {
            return Err(malformed("a parameter stands there twice"));
        }
        names.push(name);
    }
    if let (Some(handle), true) = (&from, text.trim().is_empty()) {
        text = format!("from:{handle}");
    }
    let words = SearchWords::parse(&text).map_err(|error| ErrorReply::new(ErrorCode::Malformed, error.to_string()))?;
    search.words = SearchWords {
        from: from.or(words.from),
        before: before.or(words.before),
        after: after.or(words.after),
        ..words
    };
    Ok(search)
}

fn moment(name: &str, value: &str) -> Result<Timestamp, ErrorReply> {
    Ok(Timestamp::from_millis(number(name, value)?.min(i64::MAX as u64) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

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
