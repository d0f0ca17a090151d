//! What counts as read, what is unread again, and what is kept of what one writes.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::HistoryRange;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::{ClientPacket, Index};
use serde_json::json;
use support::{Client, START, talk};

/// What the client has said about reading since the last message.
fn read_up_to(client: &Client) -> Option<u64> {
    client.effects.iter().find_map(|effect| match effect {
        Effect::Send(_, ClientPacket::MarkRead(read)) => Some(read.index.get()),
        _ => None,
    })
}

/// A channel of which much was said while nobody looked.
fn behind(unread: u64) -> Client {
    let mut client = Client::welcomed(80, 20);
    let message = |index: u64| {
        json!({"index": index, "version": index + 3, "date": START + index as i64 * 600_000, "handle": "bob",
               "kind": "text", "content": format!("line {index}"), "mentions": []})
    };
    client.is_in("c1", "aaa", "public");
    client.hears(json!({"type": "channel_add", "payload": {
        "id": "c2", "name": "tea", "kind": "public", "topic": "", "owner": "alice", "members": [],
        "members_total": 2, "messages": (1..=100).map(message).collect::<Vec<_>>(), "first_index": 1,
        "last_index": 100, "version": 103, "last_read": 100 - unread, "unread": unread, "mentions": 0}}));
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client
}

/// "what was on screen for a moment counts as read, not what was passed over"
#[test]
fn what_was_on_the_screen_is_read() {
    let mut client = behind(50);
    client.shows("line 51");
    client.hides("line 100");
    client.reads();
    let first = read_up_to(&client).expect("what is on the screen is read");
    assert!((52..70).contains(&first), "{first}");
    client.presses(KeyCode::PageDown, KeyModifiers::NONE);
    client.reads();
    let second = read_up_to(&client).expect("and what comes next");
    assert!(second > first, "{second}");
    // Going to the end passes over the rest.
    client.presses(KeyCode::End, KeyModifiers::ALT);
    client.shows("line 100");
    client.reads();
    assert_eq!(read_up_to(&client), None);
    client.presses(KeyCode::Char('r'), KeyModifiers::ALT);
    assert_eq!(read_up_to(&client), Some(100), "unless one says so");
}

/// Whoever looks on while very much is said has seen it go by.
#[test]
fn what_goes_by_is_read() {
    let mut client = talk();
    for index in 1..=100 {
        client.bob_says("c1", index, &format!("line {index}"));
    }
    client.hides("line 50");
    client.reads();
    assert_eq!(read_up_to(&client), Some(100));
}

#[test]
fn what_fits_the_screen_is_read_to_the_end() {
    let mut client = behind(3);
    client.shows("line 100");
    client.reads();
    assert_eq!(read_up_to(&client), Some(100));
}

/// What lies further back than what is here is fetched.
#[test]
fn the_first_unread_message_is_fetched() {
    let mut client = Client::welcomed(80, 20);
    client.is_in("c1", "aaa", "public");
    client.hears(json!({"type": "channel_add", "payload": {
        "id": "c2", "name": "tea", "kind": "public", "topic": "", "owner": "alice", "members": [],
        "members_total": 2, "messages": [], "first_index": 0, "last_index": 900, "version": 903, "last_read": 200,
        "unread": 700, "mentions": 0}}));
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    let page = Effect::LoadHistory("c2".parse().expect("an id"), HistoryRange::Before(Index::new(251)));
    assert!(client.effects.contains(&page), "{:?}", client.effects);
}

/// "mark unread": it stays so while one looks at it.
#[test]
fn a_message_is_unread_again() {
    let mut client = talk();
    for index in 1..=3 {
        client.bob_says("c1", index, &format!("line {index}"));
    }
    client.reads();
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("u");
    let (reference, ClientPacket::MarkUnread(unread)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(unread.index, Index::new(2));
    client.hears(json!({"type": "ok", "ref": reference, "payload": {}}));
    client.hears(json!({"type": "channel_read", "payload": {"id": "c1", "last_read": 1, "unread": 2, "mentions": 0}}));
    client.shows("New messages");
    client.reads();
    assert_eq!(read_up_to(&client), None, "it is on the screen, and stays unread");
    client.is_in("c2", "plans", "private");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.reads();
    assert_eq!(read_up_to(&client), Some(3), "until one comes again");
}

fn kept(client: &Client) -> Option<String> {
    client.effects.iter().find_map(|effect| match effect {
        Effect::Send(_, ClientPacket::KeepDraft(draft)) => Some(draft.content.to_string()),
        _ => None,
    })
}

/// "Drafts kept on the server per channel, with the reply target"
#[test]
fn what_is_being_written_is_kept() {
    let mut client = talk();
    client.is_in("c2", "zoo", "public");
    client.types("half a thou");
    assert_eq!(kept(&client), None, "not with every key");
    client.now = client.now.plus_millis(2_000);
    client.gets(chat_tui::msg::Msg::Wake);
    assert_eq!(kept(&client).as_deref(), Some("half a thou"));
    client.is_answered();
    client.types("ght");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    assert_eq!(kept(&client).as_deref(), Some("half a thought"), "at once when one goes elsewhere");
    client.is_answered();
    // Another device goes on with it.
    let draft = json!({"content": "a whole thought", "date": START});
    client.hears(json!({"type": "channel_personal", "payload": {"id": "c1", "level": "all", "draft": draft}}));
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("> a whole thought");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(kept(&client).as_deref(), Some(""), "what was sent is no draft");
    client.types("/topic not a draft");
    client.now = client.now.plus_millis(5_000);
    client.gets(chat_tui::msg::Msg::Wake);
    assert_eq!(kept(&client), None);
    // What stands here is not replaced by what stands elsewhere.
    let draft = json!({"content": "from the other device", "date": START});
    client.hears(json!({"type": "channel_personal", "payload": {"id": "c1", "level": "all", "draft": draft}}));
    client.shows("> /topic not a draft");
}

/// "Notification level per channel (all, mentions, none) and mute for a time."
#[test]
fn what_rings_is_what_one_wants_to_hear() {
    let mut client = talk();
    client.is_in("c2", "bob", "dm");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    let mut index = 0;
    let mut rings = |client: &mut Client, level: &str, quiet_until: Option<i64>, content: &str| {
        let mut personal = json!({"id": "c2", "level": level});
        if let Some(until) = quiet_until {
            personal["quiet_until"] = until.into();
        }
        client.hears(json!({"type": "channel_personal", "payload": personal}));
        index += 1;
        client.bob_says("c2", index, content);
        client.effects.contains(&Effect::Bell)
    };
    assert!(rings(&mut client, "all", None, "psst"));
    assert!(!rings(&mut client, "mentions", None, "psst"));
    assert!(rings(&mut client, "mentions", None, "alice!"));
    assert!(!rings(&mut client, "none", None, "alice!"));
    assert!(!rings(&mut client, "all", Some(START + 60_000), "alice!"));
    assert!(rings(&mut client, "all", Some(START - 1), "alice!"));
}

/// "Read means seen": in a terminal that does not tell of its focus, somebody was there if they have pressed a key since.
#[test]
fn what_nobody_was_there_for_is_not_read() {
    let mut client = Client::not_connected(support::start(), 120, 20);
    client.connects();
    client.is_in("c1", "tea", "public");
    client.bob_says("c1", 1, "alice, it is urgent");
    assert!(client.effects.contains(&Effect::Bell), "{:?}", client.effects);
    client.reads();
    assert_eq!(read_up_to(&client), None);
    client.shows("New messages");
    client.shows("#tea              @1");
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    client.bob_says("c1", 2, "are you there?");
    client.reads();
    assert_eq!(read_up_to(&client), Some(1), "what came after the key nobody has seen for sure");
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    client.reads();
    assert_eq!(read_up_to(&client), Some(2));
}

/// "A key means focus", whatever the terminal has told of it; and whoever has gone for long has seen nothing.
#[test]
fn a_key_means_focus() {
    let mut client = talk();
    client.gets(chat_tui::msg::Msg::Focus(false));
    client.bob_says("c1", 1, "hello?");
    client.reads();
    assert_eq!(read_up_to(&client), None);
    client.types("hi");
    client.reads();
    assert_eq!(read_up_to(&client), Some(1));
    client.now = client.now.plus_millis(10 * 60_000);
    client.bob_says("c1", 2, "and now?");
    client.reads();
    assert_eq!(read_up_to(&client), None, "the window has the focus, and nobody has touched a key for ten minutes");
    client.gets(chat_tui::msg::Msg::Focus(true));
    client.reads();
    assert_eq!(read_up_to(&client), Some(2));
}

/// What lies behind a page is not seen.
#[test]
fn what_comes_behind_a_page_is_not_read() {
    let mut client = talk();
    client.presses(KeyCode::F(2), KeyModifiers::NONE);
    client.bob_says("c1", 1, "alice?");
    assert!(client.effects.contains(&Effect::Bell), "{:?}", client.effects);
    client.reads();
    assert_eq!(read_up_to(&client), None);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.reads();
    assert_eq!(read_up_to(&client), Some(1));
}

/// "Each return jumps to hours ago": whoever has passed over it comes back to where they were; what is new since is shown.
#[test]
fn one_comes_back_to_where_one_was() {
    let mut client = behind(60);
    client.shows("line 41");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("line 100");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.shows("line 100");
    client.enters("I have passed over some");
    client.shows("60");
    client.hides("61");
}

/// "a run of messages of one person has no sign where one ends and the next begins"
#[test]
fn each_message_of_a_run_has_a_sign() {
    let mut client = talk();
    for (index, text) in [(1, "one"), (2, "two\nstill two"), (3, "alice: three")] {
        client.bob_says("c1", index, text);
    }
    insta::assert_snapshot!("a_run_of_messages", client.screen());
}
