//! Channels of very many members, and accounts with very many channels: what is shown stays small.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::{Value, json};

use crate::support::{Daemon, Person, Setup};

/// How many people come at once.
const AT_ONCE: usize = 50;

/// Lets so many guests join a channel, and go, or stay connected.
async fn guests(daemon: &Arc<Daemon>, channel: &str, count: usize, stay: bool) -> Vec<Person> {
    let comes = |_| {
        let (daemon, channel) = (daemon.clone(), channel.to_owned());
        async move {
            let guest = daemon.post("/v1/guest", None, &json!({})).await.done(201);
            let (handle, token) =
                (guest["handle"].as_str().expect("a handle"), guest["token"].as_str().expect("a token"));
            let mut guest = daemon.connects(handle, token, json!({"history": 0})).await;
            guest.joins(&channel).await;
            stay.then_some(guest)
        }
    };
    stream::iter(0..count).map(comes).buffer_unordered(AT_ONCE).filter_map(std::future::ready).collect().await
}

fn handles(members: &Value) -> Vec<String> {
    let members = members.as_array().expect("members are a list");
    members.iter().map(|member| member["handle"].as_str().expect("a handle").to_owned()).collect()
}

/// "`channel_add` with at most 200 members and `members_total`, `channel_members` pages."
#[tokio::test]
async fn a_channel_of_many_is_shown_in_part_and_listed_in_pages() {
    let daemon = Arc::new(Daemon::start().await);
    let mut alice = daemon.person("alice").await;
    alice.joins("town").await;
    guests(&daemon, "town", 449, false).await;
    let mut bob = daemon.person("bob").await;
    let shown = bob.joins("town").await;
    assert_eq!(shown["members_total"], 451);
    let first = handles(&shown["members"]);
    assert_eq!(first.len(), 200);
    assert!(first.contains(&"alice".to_owned()), "those online come first");
    let online = shown["members"].as_array().expect("a list").iter().map(|member| member["online"] == true);
    assert!(online.is_sorted_by(|a, b| a >= b), "online first");

    let town = bob.id("town");
    let mut all = Vec::new();
    loop {
        let page = bob.asks("channel_members", json!({"id": town, "after": all.last()})).await;
        assert_eq!(page["members_total"], 451);
        let page_handles = handles(&page["members"]);
        assert!(page_handles.len() <= 200);
        all.extend(page_handles);
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(all.len(), 451);
    let once = all.iter().collect::<std::collections::HashSet<_>>();
    assert_eq!(once.len(), 451, "each once");
    assert_eq!(all[0], "alice", "in the order in which the accounts were made");

    let first = bob.asks("channel_members", json!({"id": town, "online_first": true})).await;
    assert_eq!((first["members_total"].as_u64(), first["more"].as_bool()), (Some(451), Some(true)));
    assert_eq!(handles(&first["members"]), handles(&shown["members"]), "as the channel was shown");

    let mut carol = daemon.person("carol").await;
    carol.gets_refused("channel_members", json!({"id": town}), "not_a_member").await;
    carol.gets_refused("channel_members", json!({"id": "nothing"}), "no_such_channel").await;
    carol.gets_refused("channel_members", json!({"id": town, "after": "a b"}), "malformed").await;
    bob.gets_refused("channel_members", json!({"id": town, "after": "nobody"}), "not_found").await;
    let both = json!({"id": town, "after": "alice", "online_first": true});
    bob.gets_refused("channel_members", both, "malformed").await;
}

/// "in channels of more than 200 members only who is shown"; "many at once: `channel_users_update`".
#[tokio::test]
async fn a_channel_of_many_tells_of_those_whom_it_shows() {
    let setup = Setup::new().with(|config| config.presence.offline_after = std::time::Duration::ZERO);
    let daemon = Arc::new(setup.start().await);
    let mut alice = daemon.person("alice").await;
    alice.joins("town").await;
    let town = alice.id("town");
    let staying = guests(&daemon, "town", 230, true).await;
    loop {
        let update = alice.event_of("channel_users_update", &town).await;
        if update["members_total"] == 231 {
            break;
        }
    }

    alice.take_waiting();
    // 200 of those online are shown; the others come and go unnoticed.
    let picture = alice.again(json!({"history": 0})).await.gets_shown("town").await;
    let shown = handles(&picture["members"]);
    let (mut seen, unseen): (Vec<_>, Vec<_>) = staying.into_iter().partition(|guest| shown.contains(&guest.handle));
    assert_eq!((shown.len(), unseen.len()), (200, 31));
    let hidden = unseen.iter().map(|guest| guest.handle.clone()).collect::<Vec<_>>();
    let back = unseen[0].token.clone();
    drop(unseen);
    let gone = seen.pop().expect("somebody is shown").handle.clone();
    let offline = |member: &Value| member["handle"] == gone.as_str() && member["online"] == false;
    loop {
        let told = alice.event("presence_update").await;
        let members = told["members"].as_array().expect("a list");
        assert!(members.iter().all(|member| !hidden.iter().any(|handle| member["handle"] == handle.as_str())));
        if members.iter().any(offline) {
            break;
        }
    }

    // All who are hidden are offline, so the place is kept; who comes online takes it.
    let _back = daemon.connects(&hidden[0], &back, json!({"history": 0})).await;
    let told = alice.event_of("channel_user_update", &town).await;
    assert_eq!((&told["member"]["handle"], &told["member"]["online"]), (&json!(hidden[0]), &json!(true)));
    assert_eq!(told["member"]["role"], "member");

    // Now another comes, who is hidden until one of those shown goes.
    let waits = daemon.post("/v1/guest", None, &json!({})).await.done(201);
    let (handle, token) = (waits["handle"].as_str().expect("a handle"), waits["token"].as_str().expect("a token"));
    let mut waits = daemon.connects(handle, token, json!({"history": 0})).await;
    waits.joins("town").await;
    alice.take_waiting();
    drop(seen.pop());
    loop {
        let told = alice.event_of("channel_user_update", &town).await;
        if told["member"]["handle"] == handle {
            break;
        }
    }
    let picture = alice.again(json!({"history": 0})).await.gets_shown("town").await;
    assert!(picture["members"].as_array().expect("a list").iter().all(|member| member["online"] == true));
}

/// Gives who is shown after everything that was told, as a client keeps account of it.
fn told(members: &mut BTreeSet<String>, packets: impl IntoIterator<Item = Value>) {
    for packet in packets {
        let updates = match packet["type"].as_str() {
            Some("channel_user_update") => vec![packet["payload"]["member"].clone()],
            Some("channel_users_update") => packet["payload"]["members"].as_array().expect("a list").clone(),
            _ => continue,
        };
        for update in updates {
            let handle = update["handle"].as_str().expect("a handle").to_owned();
            if update["left"] == true {
                members.remove(&handle);
            } else if update["role"].is_string() {
                members.insert(handle);
            }
        }
    }
}

/// "`channel_users_update` gathers … joining and leaving" in large channels: whoever leaves and comes back where a
/// channel stops being large is a member in the end, and whoever moves up is introduced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn around_the_border_everybody_is_told_right() {
    let daemon = Arc::new(Daemon::start().await);
    let mut alice = daemon.person("alice").await;
    alice.joins("town").await;
    let town = alice.id("town");
    let mut all = guests(&daemon, "town", 200, true).await;
    let mut alice = alice.again(json!({"history": 0})).await;
    let mut members = handles(&alice.gets_shown("town").await["members"]).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(members.len(), 200);

    let place = all.iter().position(|guest| members.contains(&guest.handle)).expect("some are shown");
    let mut first = all.swap_remove(place);
    let mut second = all.pop().expect("there are more");
    first.asks("channel_leave", json!({"id": town})).await;
    second.asks("channel_leave", json!({"id": town})).await;
    first.asks("channel_join", json!({"id": town})).await;
    // What was gathered is told within a second, and last.
    let update = alice.event("channel_users_update").await;
    let mut gathered = alice.take_waiting();
    gathered.push_back(json!({"type": "channel_users_update", "payload": update}));
    told(&mut members, gathered);
    let mut carol = alice.again(json!({"history": 0})).await;
    let shown = handles(&carol.gets_shown("town").await["members"]).into_iter().collect::<BTreeSet<_>>();
    assert!(shown.contains(&first.handle) && !shown.contains(&second.handle));
    let mut missing = shown.difference(&members).peekable();
    assert!(missing.peek().is_none(), "alice does not know of {:?}", missing.collect::<Vec<_>>());
}

/// "presence in a channel of 1,000 costs ≤ members × changes batched, never members² per second": a connection gets
/// one packet for all changes of 50 ms.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_is_told_once_for_all_who_change() {
    const CHANGES: usize = 150;
    let setup = Setup::new().with(|config| config.limits.request_rate = 0);
    let daemon = Arc::new(setup.start().await);
    let mut alice = daemon.person("alice").await;
    alice.joins("town").await;
    let mut all = guests(&daemon, "town", CHANGES, true).await;
    // What was told of their arrival, which takes as long as the machine is busy, is not counted.
    alice.sends("town", "all are here").await;
    alice.sees("town", "all are here").await;
    alice.take_waiting();
    let began = Instant::now();
    let mut references = Vec::new();
    for guest in &mut all {
        references.push(guest.says("presence", json!({"state": "dnd"})).await);
    }
    for (guest, reference) in all.iter_mut().zip(references) {
        guest.answer(reference).await.expect("it is done");
    }
    let mut busy = BTreeSet::new();
    let mut packets = 0;
    while busy.len() < CHANGES {
        let update = alice.event("presence_update").await;
        packets += 1;
        for member in update["members"].as_array().expect("a list") {
            if member["state"] == "dnd" {
                busy.insert(member["handle"].as_str().expect("a handle").to_owned());
            }
        }
    }
    // The last of the guests' arrival may come in between.
    let batches = began.elapsed().as_millis() / 50 + 2;
    assert!(packets <= batches + 20, "{packets} packets in {batches} batches for {CHANGES} changes");
    assert!(packets < CHANGES as u128 / 2, "{packets}");
}

/// "`hello` with `history: 0` and `channels`": what is not asked for is not sent.
#[tokio::test]
async fn a_hello_can_ask_for_less() {
    let daemon = Daemon::start().await;
    let mut alice = daemon.person("alice").await;
    for channel in ["one", "two", "three"] {
        alice.joins(channel).await;
        alice.sends(channel, "words").await;
    }
    let only = json!({"history": 0, "channels": [alice.id("two"), "unknown"]});
    let mut again = alice.again(only).await;
    let shown = again.gets_shown("two").await;
    assert_eq!((&shown["messages"], &shown["last_index"]), (&json!([]), &json!(1)));
    alice.sends("one", "elsewhere").await;
    alice.sends("two", "fence").await;
    let heard = again.hears_before("two", "fence").await;
    assert!(heard.iter().all(|packet| packet["payload"]["id"] != alice.id("one").as_str()), "{heard:?}");
}

/// Figures, not a test: `cargo test --release -p tests -- --ignored --nocapture large::figures`.
#[tokio::test]
#[ignore = "prints figures and takes a while"]
async fn figures() {
    let setup = Setup::new().with(|config| {
        config.limits.request_rate = 0;
        config.limits.message_rate = 0;
    });
    let daemon = Arc::new(setup.start().await);
    let (mut alice, mut carol) = (daemon.person("alice").await, daemon.person("carol").await);
    for number in 0..1_000 {
        let channel = format!("c{number}");
        // Nobody may create more than 500.
        if number % 2 == 0 {
            carol.joins(&channel).await;
        }
        alice.joins(&channel).await;
        for message in 0..20 {
            alice.sends(&channel, &format!("message {message} of some forty characters.")).await;
        }
    }
    for (what, hello) in [
        ("1,000 channels, the last 100 messages of each", json!({})),
        ("1,000 channels, no messages", json!({"history": 0})),
        ("one of 1,000 channels", json!({"history": 0, "channels": [alice.id("c7")]})),
    ] {
        let wanted = if hello["channels"].is_array() { 1 } else { 1_000 };
        measure(what, &alice, hello, "channel_add", wanted).await;
    }
    let resume: serde_json::Map<String, Value> =
        (0..1_000).map(|number| (alice.id(&format!("c{number}")), json!(21))).collect();
    measure("1,000 channels resumed, nothing new", &alice, json!({"resume": resume}), "channel_resume", 1_000).await;

    let mut bob = daemon.person("bob").await;
    bob.joins("town").await;
    let began = Instant::now();
    guests(&daemon, "town", 9_999, false).await;
    println!("9,999 guests came and joined in {:.1} s", began.elapsed().as_secs_f64());
    for _ in 0..100 {
        bob.sends("town", "a message of some forty characters in all").await;
    }
    measure("a channel of 10,000 members", &bob, json!({}), "channel_add", 1).await;
    let began = Instant::now();
    let request = json!({"id": bob.id("town"), "after": "guest-5"});
    let page = bob.asks("channel_members", request).await;
    println!("a page of {} members: {:.2} ms", handles(&page["members"]).len(), began.elapsed().as_secs_f64() * 1e3);
}

#[expect(clippy::print_stdout, reason = "the figures are its output")]
async fn measure(what: &str, person: &Person, hello: Value, packet: &str, count: usize) {
    let began = Instant::now();
    let mut again = person.again(hello).await;
    let mut bytes = 0;
    for _ in 0..count {
        bytes += again.event(packet).await.to_string().len();
    }
    println!("{what}: {:.1} ms, {} KiB", began.elapsed().as_secs_f64() * 1e3, bytes / 1_024);
}
