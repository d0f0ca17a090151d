//! Pages over the conversation: what they ask for, what they show, where they lead.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::{HistoryRange, Msg};
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proto::{ClientPacket, Index};
use serde_json::{Value, json};
use support::{Client, START, conversation, read, talk};

/// What the client asked for last.
#[track_caller]
fn asked(client: &Client) -> Fetch {
    let asked = client.effects.iter().rev().find_map(|effect| match effect {
        Effect::Fetch(fetch) => Some(fetch.clone()),
        _ => None,
    });
    asked.unwrap_or_else(|| panic!("nothing was asked for: {:?}", client.effects))
}

fn comes(client: &mut Client, fetch: Fetch, fetched: Fetched) {
    client.gets(Msg::Fetched(fetch, Ok(fetched)));
}

fn message(index: u64, handle: &str, content: &str, reply_to: Option<u64>) -> Value {
    let mut message = json!({"index": index, "version": index + 3, "date": START + index as i64 * 60_000,
        "handle": handle, "kind": "text", "content": content, "mentions": []});
    if let Some(reply_to) = reply_to {
        message["reply_to"] = reply_to.into();
    }
    message
}

fn clicks(client: &mut Client, column: u16, row: u16) {
    let kind = MouseEventKind::Down(MouseButton::Left);
    client.gets(Msg::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE }));
}

/// "search with in-place results": a command, a page, the place.
#[test]
fn searching_leads_to_the_place() {
    let mut client = talk();
    client.is_in("c2", "plans", "private");
    client.enters("/search kettle from:bob");
    let fetch = asked(&client);
    let Fetch::Search(wish) = &fetch else { panic!("{fetch:?}") };
    assert_eq!(wish.q.as_deref(), Some("kettle from:bob"));
    client.shows("Searching …");
    let hit = json!({"id": "c2", "name": "plans", "kind": "private", "message": message(7, "bob", "the kettle\nis on", None),
        "before": [message(6, "alice", "and now?", None)], "after": []});
    comes(&mut client, fetch.clone(), Fetched::Search(read(json!({"hits": [hit], "more": true, "complete": false}))));
    for text in ["1+ results, still indexing", "#plans · bob", "alice: and now?", "the kettle is on"] {
        client.shows(text);
    }
    // Other words are searched for first.
    client.types(" tea");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let next = asked(&client);
    assert_ne!(next, fetch);
    // What comes for the words of before is too late.
    comes(&mut client, fetch, Fetched::Search(read(json!({"hits": [], "more": false, "complete": true}))));
    client.shows("Searching …");
    let hit = json!({"id": "c2", "name": "plans", "kind": "private", "message": message(7, "bob", "tea", None),
        "before": [], "after": []});
    let found = read(json!({"hits": [hit], "more": false, "complete": true}));
    comes(&mut client, next, Fetched::Search(found));
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    // The place is asked for, and nothing behind the last message.
    let page = Effect::LoadHistory("c2".parse().expect("an id"), HistoryRange::Before(Index::new(8)));
    assert!(client.effects.contains(&page), "{:?}", client.effects);
    client.hides("Search —");
    client.shows("#plans");
}

#[test]
fn a_search_that_fails_says_why() {
    let mut client = talk();
    client.presses(KeyCode::Char('s'), KeyModifiers::ALT);
    client.types("before:soon x");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let fetch = asked(&client);
    client.gets(Msg::Fetched(fetch, Err("`before:soon` is not understood".to_owned())));
    client.shows("`before:soon` is not understood");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hides("Search");
    client.shows("> Message #tea");
}

fn entry(number: u64, kind: &str, index: Option<u64>) -> Value {
    let mut entry = json!({"number": number, "kind": kind, "id": "c1", "name": "tea", "channel_kind": "public",
        "by": "bob", "date": START});
    if let Some(index) = index {
        entry["index"] = index.into();
        entry["message"] = message(index, "bob", &format!("words {number}"), None);
    }
    entry
}

/// "each entry a door to its place; clear one, clear all, undo"
#[test]
fn the_catch_up_list_is_cleared_and_brought_back() {
    let mut client = talk();
    client.bob_says("c1", 1, "words 1");
    client.hears(json!({"type": "catch_up", "payload": {"total": 3}}));
    client.shows("Activity 3   Alt+U");
    client.presses(KeyCode::Char('u'), KeyModifiers::ALT);
    let list = json!({"entries": [entry(3, "invite", None), entry(2, "reply", Some(1)), entry(1, "mention", Some(1))],
        "total": 3, "more": false});
    comes(&mut client, Fetch::CatchUp, Fetched::CatchUp(read(list)));
    for text in
        ["Activity — 3", "bob added you to #tea", "bob replied to you in #tea", "words 2", "bob mentioned you in #tea"]
    {
        client.shows(text);
    }
    client.presses(KeyCode::Char('x'), KeyModifiers::NONE);
    let (_, ClientPacket::ClearCatchUp(cleared)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(cleared.numbers, [3]);
    client.hides("added you");
    client.presses(KeyCode::Char('X'), KeyModifiers::NONE);
    let (_, ClientPacket::ClearCatchUp(cleared)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(cleared.numbers, [2, 1]);
    for numbers in [&[2, 1][..], &[3]] {
        client.presses(KeyCode::Char('u'), KeyModifiers::NONE);
        let (_, ClientPacket::RestoreCatchUp(restored)) = client.sent_last() else { panic!("{:?}", client.effects) };
        assert_eq!(restored.numbers, numbers);
    }
    // What happens meanwhile, here or on another device, is asked for again.
    client.hears(json!({"type": "catch_up", "payload": {"total": 1}}));
    assert_eq!(asked(&client), Fetch::CatchUp);
    let list = json!({"entries": [entry(2, "reply", Some(1))], "total": 1, "more": false});
    comes(&mut client, Fetch::CatchUp, Fetched::CatchUp(read(list)));
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    client.hides("Activity —");
    client.shows("r reply  ");
}

/// "a thread view that gathers a message and all that hangs below it"
#[test]
fn a_thread_is_a_tree() {
    let mut client = talk();
    client.bob_says("c1", 1, "who brings cake?");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("t");
    let messages = [
        message(1, "bob", "who brings cake?", None),
        message(2, "carol", "I do", Some(1)),
        message(3, "alice", "bread from me", Some(1)),
        message(5, "bob", "which one?", Some(2)),
    ];
    let thread = read(json!({"messages": messages, "first_index": 1, "last_index": 5, "version": 9, "more": false}));
    let fetch = asked(&client);
    assert_eq!(fetch, Fetch::Thread("c1".parse().expect("an id"), Index::new(1)));
    comes(&mut client, fetch, Fetched::Messages(thread));
    client.shows("Thread in #tea — 3 replies");
    let screen = client.screen();
    let place = |text: &str| screen.find(text).unwrap_or_else(|| panic!("{text} is not in:\n{screen}"));
    assert!(place("I do") < place("which one?") && place("which one?") < place("bread from me"));
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    client.types("r");
    client.shows("Replying to carol: I do — Esc cancels");
    client.enters("an apple one, please");
    let (_, ClientPacket::SendMessage(send)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(send.message.reply_to, Some(Index::new(2)));
}

/// "channel settings and members with roles"
#[test]
fn a_channel_is_set_and_its_members_are_ordered() {
    let mut client = talk();
    client.enters("/room");
    for text in ["#tea — 3 members", "A quiet place", "Public (anyone can find and join it)", "alice (you)", "owner"]
    {
        client.shows(text);
    }
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let (_, ClientPacket::ChangeSettings(settings)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((settings.read_only, settings.name), (Some(true), None));
    // Sending somebody away asks first.
    for _ in 0..5 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    client.presses(KeyCode::Char('k'), KeyModifiers::NONE);
    client.shows("Remove bob from #tea?");
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Send(..))));
    client.types("y");
    let (_, ClientPacket::Kick(kick)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(kick.handle.as_str(), "bob");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let (_, ClientPacket::OpenDm(dm)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(dm.handle.as_str(), "bob");
}

/// "channel browser"
#[test]
fn a_channel_is_found_and_entered() {
    let mut client = talk();
    client.presses(KeyCode::Char('l'), KeyModifiers::ALT);
    let channel = |id: &str, name: &str, date: i64| {
        json!({"id": id, "name": name, "kind": "public", "topic": format!("all about {name}"), "owner": null,
            "member": false, "members_total": 2, "last_index": 1, "last_date": START + date, "version": 4,
            "last_read": 0, "unread": 0, "mentions": 0})
    };
    let list = json!({"channels": [channel("c8", "cellar", 0), channel("c9", "garden", 60_000)]});
    let fetch = asked(&client);
    comes(&mut client, fetch, Fetched::Channels(None, read(list)));
    let screen = client.screen();
    assert!(screen.find("#garden") < screen.find("#cellar"), "the liveliest first:\n{screen}");
    client.types("all about c");
    client.hides("#garden");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let (_, ClientPacket::JoinChannel(join)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(join, proto::JoinChannel::Id("c8".parse().expect("an id")));
    // The page is left for the channel, not for a refusal: what is typed next still goes into it.
    client.is_refused("banned", "You are banned from");
    client.shows("You are banned from");
    client.types("ellar");
    client.shows("all about cellar");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    client.is_answered_by(json!({"id": "c8"}));
    client.is_in("c8", "cellar", "public");
    client.hides("Channels —");
    client.shows("> Message #cellar");
}

/// "pages reached by keys, by slash commands and by mouse"
#[test]
fn the_mouse_opens_what_it_is_on() {
    let mut client = conversation(120, 20);
    clicks(&mut client, 3, 1);
    client.shows("> Message #plans");
    clicks(&mut client, 3, 0);
    client.shows("Channels —");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    clicks(&mut client, 30, 0);
    client.shows("#plans — 3 members");
    clicks(&mut client, 30, 3);
    assert!(client.effects.is_empty(), "chosen first: {:?}", client.effects);
    clicks(&mut client, 30, 3);
    assert!(matches!(client.sent_last().1, ClientPacket::ChangeSettings(_)));
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    clicks(&mut client, 100, 19);
    client.shows("> Message @bob");
    client.hears(json!({"type": "catch_up", "payload": {"total": 1}}));
    clicks(&mut client, 100, 19);
    client.shows("─ Activity ─");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    clicks(&mut client, 3, 1);
    let row = client.screen().lines().position(|line| line.contains("alice?")).expect("bob has asked");
    clicks(&mut client, 40, row as u16);
    client.shows("r reply  ");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::F(9), KeyModifiers::NONE);
    assert!(client.effects.contains(&Effect::Mouse(false)));
}

/// `p` on a message: who said it, where one meets them, what else they said.
#[test]
fn who_said_it_is_shown() {
    let mut client = talk();
    client.bob_says("c1", 1, "hello");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("p");
    let fetch = asked(&client);
    assert_eq!(fetch, Fetch::Profile("bob".parse().expect("a handle")));
    let profile =
        read(json!({"handle": "bob", "joined": START, "channels": [{"id": "c1", "name": "tea", "kind": "public"}],
        "presence": {"handle": "bob", "online": false, "state": "offline", "last_seen": START}}));
    let said = read(json!({"hits": [{"id": "c1", "name": "tea", "kind": "public", "before": [], "after": [],
        "message": message(1, "bob", "hello", None)}], "more": false, "complete": true}));
    comes(&mut client, fetch, Fetched::Profile(Box::new(profile), said));
    for text in ["@bob", "Last seen 10:00 · joined 10:00", "1 channel in common", "#tea", "hello"] {
        client.shows(text);
    }
    for _ in 0..3 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    client.shows("r reply  ");
    client.types("p");
    client.presses(KeyCode::Char('m'), KeyModifiers::NONE);
    let (_, ClientPacket::OpenDm(dm)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(dm.handle.as_str(), "bob");
}

/// "live, counted, who reacted shown"
#[test]
fn a_chosen_message_says_who_reacted() {
    let mut client = talk();
    client.bob_says("c1", 1, "cake at four");
    let handles = ["alice", "carol"];
    client.hears(json!({"type": "channel_message_update", "payload": {"id": "c1", "message": {"index": 1, "version": 9,
        "reactions": [{"emoji": "♥", "count": 5, "handles": handles}, {"emoji": "🎉", "count": 1, "handles": ["bob"]}]}}}));
    client.shows("♥ 5");
    client.hides("carol and 3 more");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("♥ alice, carol and 3 more  🎉");
}

#[test]
fn a_narrow_page() {
    let mut client = Client::welcomed(40, 12);
    client.is_in("c1", "tea", "public");
    client.enters("/search x");
    insta::assert_snapshot!(client.screen());
}

/// Whoever is banned or timed out is let in or heard again by one key.
#[test]
fn bans_and_timeouts_are_lifted() {
    let mut client = talk();
    client.enters("/bans");
    let id = "c1".parse().expect("an id");
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Moderation(id))), "{:?}", client.effects);
    let found = json!({"bans": ["mallory"], "timeouts": [{"handle": "bob", "until": START + 1_800_000}]});
    client.gets(Msg::Fetched(Fetch::Moderation(id), Ok(Fetched::Moderation(read(found)))));
    client.types("u");
    let (_, ClientPacket::Ban(ban)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((ban.handle.as_str(), ban.on), ("mallory", false));
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    client.types("u");
    let (_, ClientPacket::Mute(mute)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((mute.handle.as_str(), mute.for_s), ("bob", 0));
    // What is listed is otherwise when it is done.
    client.is_answered();
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Moderation(id))), "{:?}", client.effects);
}
