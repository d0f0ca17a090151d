//! Queries are read as they are written, or refused; paths lead to their endpoint.

use proto::http::endpoints::{ReadHistory, ReadPosts, ReadProfile, SearchOf};
use proto::http::{
    Call, CatchUpQuery, ChannelsQuery, Count, Endpoint, EndpointVisitor, ExportQuery, FeedQuery, Found, HistoryQuery,
    HistoryRange, Method, ModerationQuery, PinsQuery, Query, RepliesQuery, SearchOfQuery, SearchQuery, ThreadQuery,
};
use proto::{ChannelId, ErrorCode, ErrorReply, Index, Timestamp, Version};

fn channel() -> ChannelId {
    "c1".parse().expect("an id")
}

/// Checks how a query is written, and that it comes back.
#[track_caller]
fn comes_back<Q: Query + PartialEq + std::fmt::Debug>(query: Q, written: &str) {
    assert_eq!(query.write(), written);
    assert_eq!(Q::read(written), Ok(query));
}

#[track_caller]
fn is_refused<Q: Query + std::fmt::Debug>(query: &str, code: ErrorCode, reason: &str) {
    assert_eq!(Q::read(query).expect_err("it is refused"), ErrorReply::new(code, reason), "{query}");
}

#[test]
fn what_is_written_is_read() {
    let (channel, limit) = (channel(), Some(Count::new(7)));
    for (range, written) in [
        (HistoryRange::Newest, "channel=c1&limit=7"),
        (HistoryRange::Before(Index::new(9)), "channel=c1&before=9&limit=7"),
        (HistoryRange::After(Index::new(9)), "channel=c1&after=9&limit=7"),
        (HistoryRange::Since(Version::new(9)), "channel=c1&since=9&limit=7"),
    ] {
        comes_back(HistoryQuery { channel, range, limit }, written);
    }
    let (index, after) = (Index::new(3), Some(Index::new(5)));
    comes_back(RepliesQuery { channel, index, after, limit }, "channel=c1&index=3&after=5&limit=7");
    comes_back(ThreadQuery { channel, index, limit: None }, "channel=c1&index=3");
    comes_back(PinsQuery { channel, limit: None }, "channel=c1");
    comes_back(ModerationQuery { channel }, "channel=c1");
    comes_back(CatchUpQuery { before: Some(4), limit: None }, "before=4");
    comes_back(FeedQuery { limit: None, before: Some("a b&c".into()) }, "before=a+b%26c");
    comes_back(ExportQuery { from: Some("1.c".into()) }, "from=1.c");
    comes_back(SearchOfQuery { limit: Some(Count::new(50)), offset: None }, "limit=50");
    comes_back(
        ChannelsQuery {
            q: Some("täg".to_owned()),
            after: Some("lobby".to_owned()),
            name: None,
            id: Some(channel),
            limit: Some(Count::new(0)),
        },
        "q=t%C3%A4g&after=lobby&id=c1&limit=0",
    );
    comes_back(
        SearchQuery {
            q: Some("green tea".to_owned()),
            channel: Some(channel),
            from: Some("bob".parse().expect("a handle")),
            before: Some(Timestamp::from_millis(70)),
            around: Some(Count::new(2)),
            ..SearchQuery::default()
        },
        "q=green+tea&around=2&channel=c1&from=bob&before=70",
    );
}

#[test]
fn counts_keep_within_their_bounds() {
    let limit = |query| HistoryQuery::read(query).expect("it is read").limit.unwrap_or_default().get();
    assert_eq!(limit("channel=c1"), 100);
    assert_eq!(limit("channel=c1&limit=0"), 1);
    assert_eq!(limit("channel=c1&limit=1000000000&x=y"), 1_000);
    assert_eq!(limit("channel=c1&limit=99999999999999999999"), 1_000);
    let range = HistoryQuery::read("channel=c1&before=99999999999999999999").expect("it is read").range;
    assert_eq!(range, HistoryRange::Before(Index::new(u64::MAX)));
    let after = SearchQuery::read("after=99999999999999999999").expect("it is read").after;
    assert_eq!(after, Some(Timestamp::from_millis(i64::MAX)));
}

#[test]
fn queries_are_refused_for_a_reason() {
    use ErrorCode::{Malformed, NoSuchChannel};

    is_refused::<HistoryQuery>("", Malformed, "`channel` is needed");
    is_refused::<HistoryQuery>("channel=c1&limit=-1", Malformed, "`limit` is a number that is not negative");
    is_refused::<HistoryQuery>("channel=c1&before=x", Malformed, "`before` is a number that is not negative");
    is_refused::<HistoryQuery>("channel=c1&since=1e3", Malformed, "`since` is a number that is not negative");
    let one = "only one of `before`, `after` and `since` can be asked for";
    is_refused::<HistoryQuery>("channel=c1&before=1&after=2", Malformed, one);
    is_refused::<ModerationQuery>("channel=c1&before=1&after=2", Malformed, one);
    let twice = "a parameter is given twice";
    is_refused::<HistoryQuery>("channel=c1&limit=1&limit=2", Malformed, twice);
    is_refused::<HistoryQuery>("channel=c1&channel=c1", Malformed, twice);
    is_refused::<RepliesQuery>("channel=c1&index=1&index=1", Malformed, twice);
    is_refused::<ChannelsQuery>("q=a&q=b", Malformed, twice);
    is_refused::<SearchQuery>("q=x&q=y", Malformed, twice);
    is_refused::<HistoryQuery>("channel=a%20b", NoSuchChannel, "there is no such channel");
    is_refused::<RepliesQuery>("channel=c1", Malformed, "`index` is needed");
    is_refused::<RepliesQuery>("channel=c1&index=1&since=2", Malformed, "only `after` can be asked for here");
    is_refused::<ThreadQuery>("channel=c1&index=1&after=2", Malformed, "`after` cannot be asked for here");
    is_refused::<PinsQuery>("channel=c1&since=2", Malformed, "only `channel` and `limit` can be asked for here");
    assert_eq!(FeedQuery::read("limit=1&limit=2"), Ok(FeedQuery { limit: Some(Count::new(2)), before: None }));
    assert_eq!(SearchQuery::read("from=a%21").unwrap_err().code, Malformed);
}

#[test]
fn paths_lead_to_their_endpoint() {
    let bob = "bob".parse().expect("a handle");
    assert_eq!(Endpoint::at("/v1/history", "GET"), Found::Endpoint(Endpoint::ReadHistory(ReadHistory)));
    assert_eq!(Endpoint::at("/v1/users/bob", "GET"), Found::Endpoint(Endpoint::ReadProfile(ReadProfile::of(&bob))));
    assert_eq!(Endpoint::at("/v1/users/bob/posts", "GET"), Found::Endpoint(Endpoint::ReadPosts(ReadPosts::of(&bob))));
    assert_eq!(Endpoint::at("/v1/users/bob/messages", "GET"), Found::Endpoint(Endpoint::SearchOf(SearchOf::of(&bob))));
    assert_eq!(SearchOf::of(&bob).path(), "/v1/users/bob/messages");
    for path in ["", "/", "/v1", "/v1/historyx", "/v1/history/", "/v1/users", "/v1/ws"] {
        assert_eq!(Endpoint::at(path, "GET"), Found::Nothing, "{path}");
    }
    for (path, reason) in [
        ("/v1/users/", "nobody has this handle"),
        ("/v1/users/b%20b", "nobody has this handle"),
        ("/v1/users/bob/", "there is nothing at this path"),
        ("/v1/users/bob/likes", "there is nothing at this path"),
        ("/v1/users/bob/posts/", "there is nothing at this path"),
    ] {
        let Found::Endpoint(Endpoint::ReadProfile(ReadProfile(of))) = Endpoint::at(path, "HEAD") else {
            panic!("{path}")
        };
        assert_eq!(of.handle().unwrap_err(), ErrorReply::new(ErrorCode::NotFound, reason), "{path}");
    }
}

#[test]
fn every_endpoint_is_at_its_path() {
    struct AtItsPath(usize);

    impl EndpointVisitor for AtItsPath {
        fn visit<C: Call>(&mut self) {
            let path = C::PATH.replace("HANDLE", "bob");
            let Found::Endpoint(endpoint) = Endpoint::at(&path, C::METHOD.as_str()) else {
                panic!("nothing is at {path}")
            };
            assert_eq!((endpoint.method(), endpoint.asker()), (C::METHOD, C::ASKER), "{path}");
            assert!(matches!(Endpoint::at(&path, "PUT"), Found::OtherMethods(methods) if methods.contains(&C::METHOD)));
            self.0 += usize::from(C::METHOD == Method::Get);
        }
    }

    let mut found = AtItsPath(0);
    Endpoint::visit_all(&mut found);
    assert!(found.0 > 10, "the table was seen");
}
