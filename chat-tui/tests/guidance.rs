//! What the screen says of what can be done: help, keys, commands, notices, what waits beyond the list.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::json;
use support::{Client, conversation, talk};

/// The help is read on every screen: nothing of it is cut.
#[test]
fn the_help_is_whole_on_a_narrow_screen() {
    for columns in [40, 80, 120] {
        let mut client = conversation(columns, 24);
        client.presses(KeyCode::F(1), KeyModifiers::NONE);
        let mut seen = String::new();
        for _ in 0..40 {
            seen += &client.screen();
            client.presses(KeyCode::PageDown, KeyModifiers::NONE);
        }
        assert!(!seen.replace("Alt+1 … Alt+9", "").contains('…'), "{columns}: {seen}");
        let words = seen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("Ctrl+Up, Ctrl+Down") && words.contains("/quit"), "{columns}");
    }
}

/// What is told goes by itself, and hides no page's keys.
#[test]
fn a_notice_goes_by_itself() {
    let mut client = talk();
    client.now = client.now.plus_millis(600_000);
    client.enters("/nonsense");
    client.shows("Unknown command /nonsense");
    client.now = client.now.plus_millis(20_000);
    client.gets(Msg::Wake);
    client.shows("Unknown command /nonsense");
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.hides("Unknown command /nonsense");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("/nonsense");
    client.now = client.now.plus_millis(31_000);
    client.gets(Msg::Wake);
    client.hides("Unknown command /nonsense");
}

/// "`d` on somebody else's message asks, and after `y` refuses": what one may not do is neither offered nor asked about.
#[test]
fn what_one_may_not_do_is_not_offered() {
    let mut client = Client::welcomed(120, 20);
    client.hears(json!({"type": "channel_add", "payload": {
        "id": "c1", "name": "tea", "kind": "public", "topic": "", "owner": "bob",
        "members": [{"handle": "alice", "online": true, "typing": false, "state": "online", "role": "member"},
                    {"handle": "bob", "online": true, "typing": false, "state": "online", "role": "owner"}],
        "members_total": 2, "messages": [], "first_index": 0, "last_index": 0, "version": 3,
        "last_read": 0, "unread": 0, "mentions": 0}}));
    client.bob_says("c1", 1, "see https://example.org/a_(b), or <https://x.example>.");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("r reply  f like  + react  y copy  o copy URL");
    for (key, words) in [("d", "Only the author, and the owner"), ("P", "Only the owner and moderators")] {
        client.types(key);
        client.shows(words);
        let does = |packet: &ClientPacket| matches!(packet, ClientPacket::DeleteMessage(_) | ClientPacket::Pin(_));
        assert!(!client.sent().iter().any(does), "{:?}", client.effects);
    }
    client.types("o");
    assert!(client.effects.contains(&Effect::Copy("https://example.org/a_(b)".to_owned())), "{:?}", client.effects);
    client.presses(KeyCode::Char('m'), KeyModifiers::ALT);
    client.hides("k kick");
}

/// What Alt and a letter do can be written, for terminals without Alt.
#[test]
fn keys_with_alt_are_commands_too() {
    let mut client = conversation(120, 20);
    client.enters("/next");
    client.shows("> Message @bob");
    client.enters("/read");
    assert!(matches!(client.sent_last().1, ClientPacket::MarkRead(_)), "{:?}", client.effects);
    client.enters("/takeback");
    client.shows("No unsent messages here");
}

/// "A sign in the list that unread channels are above or below"; the wheel over the list moves the list.
#[test]
fn what_is_unread_beyond_the_list_is_said() {
    let mut client = Client::welcomed(100, 16);
    for number in 10..40 {
        client.is_in(&format!("c{number}"), &format!("room-{number}"), "public");
    }
    client.bob_says("c38", 1, "alice?");
    client.bob_says("c38", 2, "and more");
    client.shows("↓ @1 · 2 unread");
    client.presses(KeyCode::Char('p'), KeyModifiers::CONTROL);
    client.shows("> Message #room-39");
    client.bob_says("c12", 1, "psst");
    client.shows("↑ 1 unread");
    client.shows("#room-38        @1 2");
    let wheel = |kind| {
        let modifiers = KeyModifiers::NONE;
        Msg::Mouse(crossterm::event::MouseEvent { kind, column: 3, row: 3, modifiers })
    };
    for _ in 0..20 {
        client.gets(wheel(crossterm::event::MouseEventKind::ScrollUp));
    }
    client.shows("#room-10");
    client.shows("↓ @1 · 2 unread");
    client.gets(wheel(crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left)));
    client.shows("> Message #room-12");
}

/// Who has gone to the end of the help goes up again at once.
#[test]
fn the_end_of_the_help_is_where_one_goes_up_from() {
    let mut client = talk();
    client.presses(KeyCode::F(1), KeyModifiers::NONE);
    let begin = client.screen();
    client.presses(KeyCode::End, KeyModifiers::NONE);
    let end = client.screen();
    assert_ne!(begin, end);
    client.presses(KeyCode::PageDown, KeyModifiers::NONE);
    assert_eq!(client.screen(), end);
    client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    assert_ne!(client.screen(), end);
    client.presses(KeyCode::Home, KeyModifiers::NONE);
    assert_eq!(client.screen(), begin);
}

/// Where the help ends is known from the size of the screen, also of one that nobody has drawn yet.
#[test]
fn the_end_of_the_help_follows_the_size_of_the_screen() {
    let mut client = talk();
    client.presses(KeyCode::F(1), KeyModifiers::NONE);
    client.presses(KeyCode::End, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    let above = client.screen();
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    assert_ne!(client.screen(), above);
    for (columns, rows) in [(80, 40), (40, 10)] {
        client.presses(KeyCode::End, KeyModifiers::NONE);
        client.gets(Msg::Resize(columns, rows));
        client.presses(KeyCode::Up, KeyModifiers::NONE);
        let above = client.screen();
        client.presses(KeyCode::Down, KeyModifiers::NONE);
        assert_ne!(client.screen(), above, "{columns}x{rows}");
    }
}
