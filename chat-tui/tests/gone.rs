//! Channels that one is sent away from: what one reads and writes there stays, and goes nowhere else.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::{Value, json};
use support::{Client, enter};

/// Alice in #gone, with #plan beside it.
fn in_two_channels(columns: u16, rows: u16) -> Client {
    let mut client = Client::welcomed(columns, rows);
    client.is_in("c1", "gone", "public");
    client.is_in("c2", "plan", "public");
    client.bob_says("c1", 1, "still here?");
    client
}

fn removes(client: &mut Client, id: &str, reason: Value, by: Value) {
    let mut payload = json!({"id": id});
    for (key, value) in [("reason", reason), ("by", by)] {
        if !value.is_null() {
            payload[key] = value;
        }
    }
    client.hears(json!({"type": "channel_remove", "payload": payload}));
}

/// "Removed from a channel while writing": each way to be removed says so, and the rest of the sentence goes nowhere.
#[test]
fn what_is_written_for_a_channel_never_arrives_in_another() {
    for (reason, by, words) in [
        (json!("removed"), json!("bob"), "bob removed you from #gone"),
        (json!("removed"), Value::Null, "You were removed from #gone"),
        (json!("banned"), json!("bob"), "bob banned you from #gone"),
        (json!("deleted"), json!("bob"), "bob deleted #gone"),
        (json!("deleted"), Value::Null, "#gone was deleted"),
        (json!("private"), json!("bob"), "bob made #gone private"),
        (json!("moved"), Value::Null, "You are not a member of #gone any more"),
        (Value::Null, Value::Null, "You are not a member of #gone any more"),
    ] {
        let mut client = in_two_channels(100, 24);
        client.types("the password of the vault is");
        removes(&mut client, "c1", reason, by);
        client.shows(words);
        client.types(" hunter2");
        enter(&mut client);
        assert!(client.sent().is_empty(), "{:?}", client.effects);
        client.shows("> the password of the vault is hunter2");
        client.shows("Nothing was sent");
        client.shows("still here?");
        // Nothing is asked of the daemon for it, and nobody hears that somebody types.
        client.now = client.now.plus_millis(10_000);
        client.gets(Msg::Wake);
        assert!(client.sent().is_empty(), "{:?}", client.effects);
    }
}

#[test]
fn what_stands_in_a_channel_that_is_gone_is_had_back() {
    let mut client = in_two_channels(100, 24);
    client.enters("on its way");
    let reference = client.sent_last().0;
    client.enters("behind it");
    client.types("a draft");
    removes(&mut client, "c1", json!("removed"), json!("bob"));
    client.shows("Not sent: bob removed you from #gone");
    // What was under way may have arrived all the same.
    client.stores(reference, 2);
    client.presses(KeyCode::Char('r'), KeyModifiers::CONTROL);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    client.shows("1 message is not sent yet");
    client.presses(KeyCode::Char('e'), KeyModifiers::ALT);
    client.shows("behind it");
    // A line is taken elsewhere by hand, never by itself.
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.shows("> Message #plan");
    client.presses(KeyCode::Char('y'), KeyModifiers::CONTROL);
    client.shows("> behind it");
}

/// "until the person leaves it": by going elsewhere if nothing stands in it, else by `/close`.
#[test]
fn a_channel_that_is_gone_goes_when_one_leaves_it() {
    let mut client = in_two_channels(100, 24);
    removes(&mut client, "c1", json!("deleted"), json!("bob"));
    client.shows("bob deleted #gone. Read-only; /close closes it.");
    client.shows("#gone              ✗");
    client.presses(KeyCode::Char('n'), KeyModifiers::CONTROL);
    client.hides("#gone");
    client.shows("> Message #plan");

    for close in ["/close", "/leave", "/part #gone", "/close id:c1"] {
        let mut client = in_two_channels(100, 24);
        client.types("half a thought");
        removes(&mut client, "c1", json!("deleted"), json!("bob"));
        client.presses(KeyCode::Char('n'), KeyModifiers::CONTROL);
        client.presses(KeyCode::Char('p'), KeyModifiers::CONTROL);
        client.shows("> half a thought");
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
        client.enters(close);
        assert!(client.sent().is_empty(), "{:?}", client.effects);
        client.hides("#gone");
        client.shows("> Message #plan");
    }
}

/// "Being invited again brings the draft back", whether or not the channel was closed meanwhile.
#[test]
fn who_comes_back_finds_what_they_wrote() {
    for closed in [false, true] {
        let mut client = in_two_channels(100, 24);
        client.enters("not sent");
        client.types("half a thought");
        removes(&mut client, "c1", json!("removed"), json!("bob"));
        if closed {
            client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
            client.enters("/close #gone");
            client.hides("#gone");
        }
        client.is_in("c1", "gone", "public");
        client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
        client.shows("half a thought");
        client.hides("Read-only");
        client.shows("not sent");
        assert_eq!(client.sends_messages(), 0, "nothing goes by itself after so long");
        // Another device has no say in it.
        client.hears(json!({"type": "channel_personal", "payload": {"id": "c1", "level": "all"}}));
        client.shows("half a thought");
    }
}

/// What was to go there with files stands there again as it was written, and nothing goes up any more.
#[test]
fn files_for_a_channel_that_is_gone_are_had_back() {
    let mut client = in_two_channels(100, 24);
    client.enters("/upload tea.png -- look");
    removes(&mut client, "c1", json!("removed"), json!("bob"));
    assert!(client.effects.iter().any(|effect| matches!(effect, Effect::CancelUploads(_))), "{:?}", client.effects);
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.enters("/close #gone");
    client.is_in("c1", "gone", "public");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("/upload tea.png -- look");
}

/// A daemon that goes on from what the connection has named at its beginning is understood as well.
#[test]
fn who_comes_back_by_a_resumed_picture() {
    let resumes = |client: &mut Client| {
        client.hears(
            json!({"type": "channel_resume", "payload": {"id": "c1", "messages": [], "version": 9, "more": false,
            "last_index": 1, "last_read": 1, "unread": 0, "mentions": 0, "members": [], "members_total": 3, "topic": "",
            "owner": "bob"}}),
        );
    };
    let mut client = in_two_channels(100, 24);
    client.types("half a thought");
    removes(&mut client, "c1", Value::Null, Value::Null);
    client.shows("Read-only");
    resumes(&mut client);
    client.hides("Read-only");
    client.shows("> half a thought");
    removes(&mut client, "c1", Value::Null, Value::Null);
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("/close");
    client.hides("#gone");
    resumes(&mut client);
    assert!(client.effects.iter().any(|effect| matches!(effect, Effect::Connect(_))), "{:?}", client.effects);
}

/// While away: found out when the connection is back.
#[test]
fn who_was_sent_away_meanwhile_is_told() {
    let mut client = in_two_channels(100, 24);
    client.types("half a thought");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.enters(" and the rest");
    client.gets(Msg::ConnectionUp(2));
    let ClientPacket::Hello(hello) = client.sent_last().1 else { panic!("no hello") };
    assert_eq!(hello.resume.len(), 2);
    client.is_welcome("x");
    removes(&mut client, "c1", json!("banned"), json!("bob"));
    client.shows("bob banned you from #gone");
    client.shows("half a thought and the rest");
    client.shows("Not sent: bob banned you");
    // The next connection asks for it no more.
    client.gets(Msg::ConnectionUp(3));
    let ClientPacket::Hello(hello) = client.sent_last().1 else { panic!("no hello") };
    assert_eq!(hello.resume.keys().map(|id| id.to_string()).collect::<Vec<_>>(), ["c2"]);
}

/// A channel that is not on the screen: a line tells, and what was written there is still there.
#[test]
fn a_channel_elsewhere_is_told_of() {
    let mut client = in_two_channels(100, 24);
    client.types("half a thought");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.types("something else");
    removes(&mut client, "c1", json!("removed"), json!("bob"));
    client.shows("bob removed you from #gone");
    client.shows("> something else");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("> half a thought");
}

/// Commands about the channel are refused there and stay where they stand; all others work.
#[test]
fn commands_know_that_one_is_gone() {
    let mut client = in_two_channels(100, 24);
    removes(&mut client, "c1", json!("removed"), json!("bob"));
    for line in ["/topic x", "/invite carol", "/me waves", "/private", "/kick bob", "/room", "/pins"] {
        client.enters(line);
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
        client.shows("Nothing was sent");
        client.shows(&format!("> {line}"));
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    }
    client.presses(KeyCode::Char('i'), KeyModifiers::ALT);
    client.hides("Invite to");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    for key in ['r', 'f', 'd', 'P', 'u', '+'] {
        client.types(&key.to_string());
        assert!(client.sent().is_empty(), "{key}: {:?}", client.effects);
    }
    client.types("y");
    assert!(client.effects.contains(&Effect::Copy("still here?".to_owned())));
    client.enters("/msg bob why?");
    assert!(matches!(client.sent_last().1, ClientPacket::OpenDm(_)));
}

/// What one does oneself goes as before; whoever writes on in what they leave writes for it, and for nothing else.
#[test]
fn what_one_leaves_is_gone_at_once() {
    let mut client = in_two_channels(100, 24);
    client.enters("/leave");
    assert!(matches!(client.sent_last().1, ClientPacket::LeaveChannel(_)));
    client.is_answered();
    removes(&mut client, "c1", Value::Null, Value::Null);
    client.hides("#gone");
    client.shows("> Message #plan");

    let mut client = in_two_channels(100, 24);
    client.enters("/leave");
    client.types("bye, and the password is");
    removes(&mut client, "c1", Value::Null, Value::Null);
    client.enters(" hunter2");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("You left #gone");
    client.shows("> bye, and the password is hunter2");

    // Left on another device while one writes here.
    let mut client = in_two_channels(100, 24);
    client.types("the password is");
    removes(&mut client, "c1", Value::Null, Value::Null);
    client.enters(" hunter2");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("> the password is hunter2");
}

/// A conversation that was closed elsewhere goes, unless something is written there.
#[test]
fn a_conversation_that_is_closed_elsewhere() {
    let mut client = in_two_channels(100, 24);
    client.is_in("d1", "bob", "dm");
    removes(&mut client, "d1", Value::Null, Value::Null);
    client.hides("@bob");
    client.is_in("d1", "bob", "dm");
    client.presses(KeyCode::Char('3'), KeyModifiers::ALT);
    client.types("do you");
    removes(&mut client, "d1", Value::Null, Value::Null);
    client.enters(" hear me?");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("@bob was closed");
    // It is back with its next message.
    client.is_in("d1", "bob", "dm");
    client.hides("@bob is closed ·");
    client.shows("> do you hear me?");
}

/// A form about a channel stays with it, whatever is shown by the time when it is sent off.
#[test]
fn a_form_about_a_channel_is_about_no_other() {
    let mut client = in_two_channels(100, 24);
    client.presses(KeyCode::Char('i'), KeyModifiers::ALT);
    client.shows("Invite to #gone");
    client.types("car");
    removes(&mut client, "c1", json!("removed"), json!("bob"));
    client.enters("ol");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("You are not a member of this channel");
    client.shows("carol");
}

/// Another store has other channels: whoever writes on does so in the same one, or in none.
#[test]
fn another_store_puts_nobody_elsewhere() {
    let mut client = in_two_channels(100, 24);
    client.types("for the gone");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("restored");
    client.gets(Msg::ConnectionUp(3));
    client.is_welcome("restored");
    client.is_in("c2", "plan", "public");
    client.enters(" alone");
    assert_eq!(client.sends_messages(), 0);
    client.is_in("c1", "gone", "public");
    client.shows("> for the gone");
}

#[test]
fn a_channel_that_is_gone_on_small_screens() {
    for (name, columns, rows) in [("a_channel_that_is_gone", 80, 24), ("a_narrow_channel_that_is_gone", 40, 15)] {
        let mut client = in_two_channels(columns, rows);
        client.types("half a thought");
        removes(&mut client, "c1", json!("removed"), json!("bob"));
        enter(&mut client);
        insta::assert_snapshot!(name, client.screen());
    }
}

/// A channel that comes when it was asked for a while ago tears no sentence in two.
#[test]
fn whoever_writes_meanwhile_stays_where_they_write() {
    for line in ["/join zoo", "/create zoo", "/msg bob hello"] {
        let mut client = in_two_channels(100, 24);
        client.enters(line);
        let (reference, _) = client.sent_last();
        client.types("the password is");
        let name = if line.starts_with("/msg") { ("d1", "bob", "dm") } else { ("z1", "zoo", "public") };
        client.hears(json!({"type": "ok", "ref": reference, "payload": {"id": name.0}}));
        client.is_in(name.0, name.1, name.2);
        client.shows("was opened in the background, because you are");
        client.types(" hunter2");
        client.shows("> the password is hunter2");
        client.shows("#gone  A quiet place");
    }
    // What stood there before the command is no reason to stay.
    let mut client = in_two_channels(100, 24);
    client.types("a draft");
    client.presses(KeyCode::Char('c'), KeyModifiers::ALT);
    client.enters("zoo");
    client.is_answered_by(json!({"id": "z1"}));
    client.is_in("z1", "zoo", "public");
    client.shows("> Message #zoo");
}
