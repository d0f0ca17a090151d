//! Reading what was said, by HTTP.

use serde_json::{Value, json};

use crate::support::{Daemon, Door, Person, contents, fresh_nonce, message};

/// Fills a channel with the messages `1`, `2`, … as fast as they go.
pub(crate) async fn fill(speaker: &mut Person, channel: &str, count: usize) {
    let id = speaker.id(channel);
    let mut references = Vec::new();
    for number in 1..=count {
        references.push(speaker.says("channel_message_add", message(&id, &number.to_string(), &fresh_nonce())).await);
        // A daemon that answers slowly is not run over.
        if number % 100 == 0 || number == count {
            for reference in references.drain(..) {
                speaker.answer(reference).await.expect("everything is accepted");
            }
            speaker.take_waiting();
        }
    }
}

async fn alice_with_ten_messages(door: &Door) -> Person {
    let mut alice = door.person("alice").await;
    alice.joins("tea").await;
    fill(&mut alice, "tea", 10).await;
    alice
}

fn bounds_of(page: &Value) -> (u64, u64, bool) {
    let number = |field: &str| page[field].as_u64().expect("a number");
    (number("first_index"), number("last_index"), page["more"].as_bool().expect("a truth"))
}

/// "with `before=INDEX` (nearest below) or `after=INDEX` (nearest above) or `since=VERSION` or none (the
/// newest)"; "messages ascend by index".
#[tokio::test]
async fn one_reads_in_every_direction() {
    let daemon = Daemon::start().await;
    let alice = alice_with_ten_messages(&daemon).await;
    for (query, expected, bounds) in [
        ("", vec!["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"], (1, 10, false)),
        ("&limit=3", vec!["8", "9", "10"], (8, 10, true)),
        ("&before=8&limit=3", vec!["5", "6", "7"], (5, 7, true)),
        ("&before=3&limit=3", vec!["1", "2"], (1, 2, false)),
        ("&before=4&limit=3", vec!["1", "2", "3"], (1, 3, false)),
        ("&before=1", vec![], (0, 0, false)),
        ("&before=0", vec![], (0, 0, false)),
        ("&before=99&limit=1", vec!["10"], (10, 10, true)),
        ("&after=3&limit=2", vec!["4", "5"], (4, 5, true)),
        ("&after=8&limit=2", vec!["9", "10"], (9, 10, false)),
        ("&after=0&limit=1", vec!["1"], (1, 1, true)),
        ("&after=10", vec![], (0, 0, false)),
        ("&after=18446744073709551615", vec![], (0, 0, false)),
    ] {
        let page = alice.history("tea", query).await;
        assert_eq!((contents(&page["messages"]), bounds_of(&page)), (expected, bounds), "{query}");
    }
}

/// "`limit` is clamped to 1–1000".
#[tokio::test]
async fn a_page_has_its_bounds() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    fill(&mut alice, "tea", 1_005).await;
    for (limit, expected) in
        [("0", 1), ("1", 1), ("1000", 1_000), ("1001", 1_000), ("1000000000", 1_000), ("99999999999999999999", 1_000)]
    {
        let page = alice.history("tea", &format!("&limit={limit}")).await;
        assert_eq!(page["messages"].as_array().unwrap().len(), expected, "{limit}");
        assert_eq!((&page["last_index"], &page["more"]), (&json!(1_005), &json!(true)), "{limit}");
    }
}

/// "`since` … by version; `version` is the next `since`" and "returns every message added or changed after it".
#[tokio::test]
async fn paging_by_version_misses_nothing() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let joined_at = alice.joins("tea").await["version"].as_u64().unwrap();
    fill(&mut alice, "tea", 10).await;
    // A change that is no message moves the version on all the same.
    let tea = alice.id("tea");
    alice.asks("channel_topic", json!({"id": tea, "topic": "leaves"})).await;
    fill(&mut alice, "tea", 13).await;
    for start in [0, joined_at] {
        let (mut since, mut indexes, mut pages) = (start, Vec::new(), 0);
        loop {
            let page = alice.history("tea", &format!("&since={since}&limit=4")).await;
            let messages = page["messages"].as_array().unwrap();
            let versions = messages.iter().map(|message| message["version"].as_u64().unwrap()).collect::<Vec<_>>();
            assert!(versions.is_sorted() && versions.iter().all(|version| *version > since), "{page}");
            indexes.extend(messages.iter().map(|message| message["index"].as_u64().unwrap()));
            since = page["version"].as_u64().unwrap();
            pages += 1;
            if page["more"] == false {
                break;
            }
        }
        assert_eq!(indexes, (1..=23).collect::<Vec<_>>());
        assert_eq!(pages, 6);
        let rest = alice.history("tea", &format!("&since={since}")).await;
        assert_eq!((rest["messages"].as_array().unwrap().len(), &rest["version"]), (0, &json!(since)));
    }
}

/// The same from every version, whatever other changes stand between the messages.
#[tokio::test]
async fn every_version_leads_to_what_came_after_it() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    let tea = alice.id("tea");
    for (messages, topics) in [(0, 3), (1, 1), (2, 0), (5, 2), (1, 4), (3, 1)] {
        fill(&mut alice, "tea", messages).await;
        for topic in 0..topics {
            alice.asks("channel_topic", json!({"id": tea, "topic": format!("{messages}-{topic}")})).await;
        }
    }
    let all = alice.history("tea", "").await;
    let version = |message: &Value| message["version"].as_u64().unwrap();
    for since in 0..=version(&all) + 1 {
        let page = alice.history("tea", &format!("&since={since}")).await;
        let newer = all["messages"].as_array().unwrap().iter().filter(|message| version(message) > since);
        assert_eq!(page["messages"], newer.cloned().collect::<Value>(), "since {since}");
    }
}

/// "negative or not a number: 400".
#[tokio::test]
async fn bad_numbers_are_malformed() {
    let daemon = Daemon::start().await;
    let alice = alice_with_ten_messages(&daemon).await;
    let tea = alice.id("tea");
    for field in ["before", "after", "since", "limit"] {
        for value in ["-1", "x", "", "1.5", "1e3", "0x1", "%00", "1%201", "NaN", "-0", "+"] {
            let path = format!("/v1/history?channel={tea}&{field}={value}");
            let reply = daemon.get(&path, &alice.token).await;
            reply.refused(400, "malformed");
        }
    }
    daemon.get("/v1/history", &alice.token).await.refused(400, "malformed");
    daemon.get(&format!("/v1/history?channel={tea}&before=5&after=1"), &alice.token).await.refused(400, "malformed");
    daemon.get(&format!("/v1/history?channel={tea}"), "nonsense").await.refused(401, "token_invalid");
}

/// "`not_a_member` for public channels only"; "`no_such_channel` … a private channel or direct message one
/// is not in is always `no_such_channel`".
#[tokio::test]
async fn strangers_read_nothing() {
    let daemon = Daemon::start().await;
    let mut alice = alice_with_ten_messages(&daemon).await;
    let bob = daemon.person("bob").await;
    alice.creates("den", "private").await;
    let read = async |id: &str| daemon.get(&format!("/v1/history?channel={id}"), &bob.token).await;
    read(&alice.id("tea")).await.refused(403, "not_a_member");
    read(&alice.id("den")).await.refused(404, "no_such_channel");
    for unknown in ["", "nonsense", "0000000000000", "%F0%9F%8D%B5", "a%20b", "'%20OR%201=1%20--", &"x".repeat(5_000)] {
        read(unknown).await.refused(404, "no_such_channel");
    }
}

/// "`version` grows with every durable change of a channel": coming, going and inheriting too.
#[tokio::test]
async fn membership_counts_as_a_change() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    let mut last = 0;
    let mut grows = async |person: &Person| {
        let version = person.history("tea", "").await["version"].as_u64().expect("a number");
        assert!(version > last, "{version} after {last}");
        last = version;
    };
    grows(&alice).await;
    bob.joins("tea").await;
    grows(&alice).await;
    let tea = alice.id("tea");
    alice.asks("channel_topic", serde_json::json!({"id": tea, "topic": "x"})).await;
    grows(&bob).await;
    alice.asks("channel_leave", serde_json::json!({"id": tea})).await;
    grows(&bob).await;
}
