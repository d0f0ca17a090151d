//! Coming back: what was missed comes, once, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proto::CloseCode;
use serde_json::{Value, json};

use crate::history::fill;
use crate::support::{Daemon, Person, Setup, contents, fresh_nonce, message};

async fn alice_and_bob_at_tea(daemon: &Daemon) -> (Person, Person) {
    let (mut alice, mut bob) = (daemon.person("alice").await, daemon.person("bob").await);
    alice.joins("tea").await;
    bob.joins("tea").await;
    (alice, bob)
}

fn indexes(messages: &Value) -> Vec<u64> {
    let messages = messages.as_array().expect("a list of messages");
    messages.iter().map(|message| message["index"].as_u64().expect("an index")).collect()
}

/// "`channel_resume` | in place of `channel_add` for a channel named in `resume`: `{id, messages (changed
/// since, ascending by version), version, more, last_index, last_read, unread, mentions, members_total}`".
#[tokio::test]
async fn who_was_away_gets_what_was_missed_and_no_more() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    alice.sends("tea", "one").await;
    let known = bob.sees("tea", "one").await["version"].clone();
    let mut away = bob.again(json!({"channels": []})).await;
    away.knows("tea", &tea);
    drop(bob);
    for content in ["two", "three for bob", "four"] {
        alice.sends("tea", content).await;
    }
    let mut bob = away.again(json!({"resume": {tea.as_str(): known}})).await;
    let resumed = bob.event_of("channel_resume", &tea).await;
    assert_eq!(contents(&resumed["messages"]), ["two", "three for bob", "four"]);
    assert_eq!(
        (&resumed["more"], &resumed["last_index"], &resumed["last_read"]),
        (&json!(false), &json!(4), &json!(0))
    );
    assert_eq!(
        (&resumed["unread"], &resumed["mentions"], &resumed["members_total"]),
        (&json!(4), &json!(1), &json!(2))
    );
    alice.sends("tea", "five").await;
    let heard = bob.hears_before("tea", "five").await;
    assert!(
        heard.iter().all(|packet| packet["type"] != "channel_message_add" && packet["type"] != "channel_add"),
        "{heard:?}"
    );

    let mut current = away.again(json!({"resume": {tea.as_str(): resumed["version"].as_u64().unwrap() + 1}})).await;
    let nothing = current.event_of("channel_resume", &tea).await;
    assert_eq!((&nothing["messages"], &nothing["more"]), (&json!([]), &json!(false)));
}

/// "with `more` the rest is fetched by `since`".
#[tokio::test]
async fn who_was_away_for_long_pages_through_the_rest() {
    const MISSED: usize = 450;
    let daemon = Daemon::start().await;
    let (mut alice, bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    let known = bob.again(json!({})).await.gets_shown("tea").await["version"].clone();
    fill(&mut alice, "tea", MISSED).await;
    let mut bob = bob.again(json!({"resume": {tea.as_str(): known}})).await;
    let resumed = bob.event_of("channel_resume", &tea).await;
    assert_eq!((&resumed["more"], &resumed["last_index"]), (&json!(true), &json!(MISSED)));
    let mut seen = indexes(&resumed["messages"]);
    let (mut since, mut more) = (resumed["version"].clone(), true);
    while more {
        let page = bob.history("tea", &format!("&since={since}&limit=60")).await;
        seen.extend(indexes(&page["messages"]));
        (since, more) = (page["version"].clone(), page["more"] == true);
    }
    assert_eq!(seen, (1..=MISSED as u64).collect::<Vec<_>>());
    alice.sends("tea", "live").await;
    let live = bob.hears_before("tea", "live").await;
    assert!(live.iter().all(|packet| packet["type"] != "channel_message_add"), "{live:?}");
}

/// A version that the channel has not reached yet is none of its past: the channel is shown whole.
#[tokio::test]
async fn a_version_from_elsewhere_shows_the_channel_whole() {
    let daemon = Daemon::start().await;
    let (mut alice, bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    alice.sends("tea", "one").await;
    for version in [1_000, u64::MAX] {
        let mut bob = bob.again(json!({"resume": {tea.as_str(): version}})).await;
        assert_eq!(contents(&bob.gets_shown("tea").await["messages"]), ["one"]);
    }
}

/// "`channel_remove`": a channel that one holds and is no longer in.
#[tokio::test]
async fn who_left_elsewhere_is_told_on_return() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = alice_and_bob_at_tea(&daemon).await;
    bob.joins("lobby").await;
    let tea = alice.id("tea");
    bob.asks("channel_leave", json!({"id": tea})).await;
    alice.sends("tea", "a secret now").await;
    let mut bob = bob.again(json!({"resume": {tea.as_str(): 1}})).await;
    bob.event_of("channel_remove", &tea).await;
    bob.gets_shown("lobby").await;
    assert!(bob.take_waiting().iter().all(|packet| !packet.to_string().contains("a secret now")));
}

/// "`channels?:[ID…]` (only these)" and "`history?: N` (0–100)".
#[tokio::test]
async fn a_connection_hears_only_the_channels_it_named() {
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = alice_and_bob_at_tea(&daemon).await;
    alice.joins("lobby").await;
    bob.joins("lobby").await;
    for content in ["one", "two", "three"] {
        alice.sends("tea", content).await;
    }
    let tea = alice.id("tea");
    let mut narrow = bob.again(json!({"channels": [tea], "history": 0})).await;
    let shown = narrow.gets_shown("tea").await;
    assert_eq!((&shown["messages"], &shown["first_index"], &shown["last_index"]), (&json!([]), &json!(0), &json!(3)));
    assert_eq!(shown["unread"], 3);
    alice.sends("lobby", "not for this connection").await;
    alice.sends("tea", "fence").await;
    let heard = narrow.hears_before("tea", "fence").await;
    assert!(heard.iter().all(|packet| packet["payload"]["id"] != alice.id("lobby").as_str()), "{heard:?}");
    let two = bob.again(json!({"history": 2})).await.gets_shown("tea").await;
    assert_eq!((contents(&two["messages"]), &two["first_index"]), (vec!["three", "fence"], &json!(3)));
}

/// "Snapshots are read from the store as the socket drains …; live events follow from the snapshot's
/// version", "each once": while somebody speaks without pause, another comes and goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coming_and_going_in_a_flood_misses_nothing_and_repeats_nothing() {
    const RETURNS: usize = 30;
    let daemon = Daemon::start().await;
    let (mut alice, bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    let mut known = bob.again(json!({})).await.gets_shown("tea").await["version"].as_u64().unwrap();
    let enough = Arc::new(AtomicBool::new(false));
    let speaking = tokio::spawn({
        let enough = enough.clone();
        async move {
            let mut last = Value::Null;
            while !enough.load(Ordering::Relaxed) {
                let burst = ["a", "b", "c", "d"].map(|content| message(&alice.id("tea"), content, &fresh_nonce()));
                let mut references = Vec::new();
                for packet in burst {
                    references.push(alice.says("channel_message_add", packet).await);
                }
                for reference in references {
                    last = alice.answer(reference).await.expect("everything is accepted");
                }
                alice.take_waiting();
            }
            last["index"].as_u64().expect("an index")
        }
    });
    let mut seen = Vec::new();
    for round in 0..RETURNS {
        let mut visit = bob.again(json!({"resume": {tea.as_str(): known}})).await;
        known = catches_up(&mut visit, &tea, &mut seen).await;
        // Some visits end at once, others hear a few live messages.
        for _ in 0..round % 4 * 3 {
            known = hears_one(&mut visit, &tea, &mut seen).await;
        }
    }
    enough.store(true, Ordering::Relaxed);
    let last = speaking.await.expect("alice does not stumble");
    let mut visit = bob.again(json!({"resume": {tea.as_str(): known}})).await;
    catches_up(&mut visit, &tea, &mut seen).await;
    while seen.last() != Some(&last) {
        hears_one(&mut visit, &tea, &mut seen).await;
    }
    assert_eq!(seen, (1..=last).collect::<Vec<_>>(), "each once, in order, over {} visits", RETURNS + 1);
    assert!(last > RETURNS as u64, "there was a flood: {last}");
}

async fn catches_up(visit: &mut Person, tea: &str, seen: &mut Vec<u64>) -> u64 {
    // The first packet about the channel must be its picture: a live message before it would be one too many.
    let first = loop {
        let packet = visit.next().await;
        if packet["payload"]["id"] == tea && packet["type"] != "channel_user_update" {
            break packet;
        }
    };
    assert_eq!(first["type"], "channel_resume", "{first}");
    let mut page = first["payload"].clone();
    loop {
        seen.extend(indexes(&page["messages"]));
        if page["more"] == false {
            return page["version"].as_u64().expect("a version");
        }
        page = visit.history("tea", &format!("&since={}", page["version"])).await;
    }
}

async fn hears_one(visit: &mut Person, tea: &str, seen: &mut Vec<u64>) -> u64 {
    let event = visit.event_of("channel_message_add", tea).await;
    seen.push(event["message"]["index"].as_u64().expect("an index"));
    event["message"]["version"].as_u64().expect("a version")
}

/// The same for who comes without knowing anything: a `channel_add`, then what follows it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_picture_joins_the_live_events_without_a_seam() {
    let daemon = Daemon::start().await;
    let (mut alice, bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    let speaking = tokio::spawn(async move {
        fill(&mut alice, "tea", 1_000).await;
        alice
    });
    for _ in 0..20 {
        let mut visit = bob.again(json!({"history": 5})).await;
        let shown = visit.gets_shown("tea").await;
        let last = shown["last_index"].as_u64().unwrap();
        let listed = indexes(&shown["messages"]);
        let gapless = listed.windows(2).all(|two| two[0] + 1 == two[1]);
        assert!(gapless && listed.last().is_none_or(|listed| *listed == last), "{shown}");
        for expected in (last + 1..=1_000).take(5) {
            assert_eq!(visit.event_of("channel_message_add", &tea).await["message"]["index"], expected);
        }
    }
    speaking.await.expect("alice does not stumble");
}

/// "The same `nonce` … again (after a lost reply, a reconnect, a restart) returns the first message's index".
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_after_sending_doubles_nothing() {
    const CUTS: u64 = 20;
    let daemon = Daemon::start().await;
    let (mut alice, mut bob) = alice_and_bob_at_tea(&daemon).await;
    let tea = alice.id("tea");
    for number in 1..=CUTS {
        let packet = message(&tea, &format!("{number}"), &fresh_nonce());
        alice.says("channel_message_add", packet.clone()).await;
        // Dropping the connection cuts it with the answer unread.
        alice = alice.again(json!({"channels": [tea]})).await;
        let first = alice.asks("channel_message_add", packet.clone()).await;
        assert_eq!(first["index"], number);
        assert_eq!(alice.asks("channel_message_add", packet).await, first);
    }
    for number in 1..=CUTS {
        assert_eq!(bob.event_of("channel_message_add", &tea).await["message"]["content"], number.to_string());
    }
    alice.sends("tea", "fence").await;
    assert!(bob.hears_before("tea", "fence").await.iter().all(|packet| packet["type"] != "channel_message_add"));
}

/// "`store` changes when the store was restored from elsewhere": a restart is none.
#[tokio::test]
async fn a_restart_keeps_everything_but_the_connections() {
    let daemon = Daemon::start().await;
    let (mut alice, bob) = alice_and_bob_at_tea(&daemon).await;
    let known = alice.sends("tea", "before").await["version"].clone();
    alice.sends("tea", "missed by bob").await;
    let store = alice.welcome["server"]["store"].clone();
    let folder = daemon.stops().await;
    assert_eq!(alice.gets_closed().await, Some(CloseCode::GoingAway));
    let daemon = Setup::on(folder).start().await;
    let mut bob = bob.again_at(&daemon, json!({"resume": {bob.id("tea"): known}})).await;
    assert_eq!(bob.welcome["server"]["store"], store);
    let tea = bob.id("tea");
    assert_eq!(contents(&bob.event_of("channel_resume", &tea).await["messages"]), ["missed by bob"]);
}

/// "`messages:[… last 100]`": what a channel shows when `hello` does not say how much.
#[tokio::test]
async fn the_last_hundred_messages_are_shown() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("tea").await;
    for number in 1..=101 {
        alice.sends("tea", &format!("{number}")).await;
    }
    let shown = alice.again(json!({})).await.gets_shown("tea").await;
    assert_eq!((&shown["first_index"], &shown["last_index"]), (&json!(2), &json!(101)));
    assert_eq!(shown["messages"].as_array().expect("a list").len(), 100);
}

/// `channel_remove` is for channels one is no longer in, not for those that `channels` leaves out.
#[tokio::test]
async fn resuming_some_channels_removes_none() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    alice.joins("one").await;
    alice.joins("two").await;
    alice.joins("left").await;
    let (one, two, left) = (alice.id("one"), alice.id("two"), alice.id("left"));
    alice.asks("channel_leave", json!({"id": left})).await;
    let resume = json!({one.as_str(): 1, two.as_str(): 1, left.as_str(): 1});
    let mut again = alice.again(json!({"resume": resume, "channels": [one]})).await;
    again.event_of("channel_resume", &one).await;
    let told = again.take_waiting();
    let removed: Vec<_> = told.iter().filter(|packet| packet["type"] == "channel_remove").collect();
    assert_eq!(removed.len(), 1, "{told:?}");
    assert_eq!(removed[0]["payload"]["id"], left.as_str());
}

/// `first` in `hello`: "show these channels first, in this order, and the others without messages", and snapshots say what the
/// receiver has set.
#[tokio::test]
async fn what_is_shown_first_comes_with_messages_and_the_rest_without() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    let names = ["a", "b", "c", "d", "e"];
    for name in names {
        alice.joins(name).await;
        alice.sends(name, name).await;
    }
    let ids = names.map(|name| alice.id(name));
    let [a, b, c, d, e] = ids.each_ref().map(String::as_str);
    alice.asks("channel_notify", json!({"id": e, "level": "none"})).await;
    let visitor = alice.again(json!({"channels": []})).await;
    let shown = async |hello: Value| {
        let mut visit = visitor.again(hello).await;
        let mut shown = Vec::new();
        while shown.len() < names.len() {
            let packet = visit.next().await;
            if ["channel_add", "channel_resume"].iter().any(|kind| packet["type"] == *kind) {
                shown.push(packet["payload"].clone());
            }
        }
        shown
    };
    let places = |shown: &[Value]| shown.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    let texts = |shown: &[Value]| shown.iter().map(|one| contents(&one["messages"]).len()).collect::<Vec<_>>();

    let whole = shown(json!({"first": [d, b]})).await;
    assert_eq!(places(&whole)[..2], [d.to_owned(), b.to_owned()]);
    assert_eq!(texts(&whole), [1, 1, 0, 0, 0]);
    assert!(whole.iter().all(|one| one["last_index"] == 1 && one["version"].as_u64() > Some(0)));
    let personal = whole.iter().map(|one| (one["id"] == e, one["personal"]["level"] == "none"));
    assert!(personal.into_iter().all(|(is_e, is_none)| is_e == is_none), "{whole:?}");

    // Whoever holds nothing gets messages of the one that is shown first, whichever that is.
    for first in [json!([]), json!(["4h2m9x0kq7rtb"])] {
        assert_eq!(texts(&shown(json!({"first": first})).await), [1, 0, 0, 0, 0]);
    }

    // By name, for whoever knows no id.
    let named = shown(json!({"first": [d], "first_name": "b"})).await;
    assert_eq!((&places(&named)[..2], texts(&named)), (&[d.to_owned(), b.to_owned()][..], vec![1, 1, 0, 0, 0]));
    let named = shown(json!({"first_name": "c"})).await;
    assert_eq!((places(&named)[0].as_str(), texts(&named)), (c, vec![1, 0, 0, 0, 0]));

    let versions = |known: &[Value]| {
        known
            .iter()
            .map(|one| (one["id"].as_str().unwrap().to_owned(), one["version"].clone()))
            .collect::<serde_json::Map<_, _>>()
    };
    let known = versions(&whole);
    for name in ["a", "b"] {
        alice.sends(name, "more").await;
    }
    let resumed = shown(json!({"first": [b], "resume": known})).await;
    assert_eq!(places(&resumed)[0], b);
    assert_eq!(texts(&resumed), [1, 0, 0, 0, 0]);
    for one in &resumed {
        let id = one["id"].as_str().unwrap();
        assert_eq!(one["more"], id == a, "only of a channel that has changed something is left out");
        let version = if id == b { json!(known[b].as_u64().unwrap() + 1) } else { known[id].clone() };
        assert_eq!((&one["version"], one["last_index"] == 2), (&version, id == a || id == b));
    }
    let rest = alice.history("a", &format!("&since={}", known[a])).await;
    assert_eq!(contents(&rest["messages"]), ["more"]);
}
