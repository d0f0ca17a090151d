//! What is written to somebody whose conversation is not open yet: kept as any message is, whatever happens meanwhile.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::json;
use support::{Client, talk};

/// What was sent last, if it is a message: where to and what.
#[track_caller]
fn said(client: &Client) -> (String, String) {
    let (_, packet) = client.sent_last();
    let ClientPacket::SendMessage(send) = packet else { panic!("{packet:?}") };
    (send.id.to_string(), send.message.content.as_str().to_owned())
}

/// The packets that open conversations.
fn opens(client: &Client) -> Vec<String> {
    let opens = client.sent().into_iter().filter_map(|packet| match packet {
        ClientPacket::OpenDm(open) => Some(open.handle.to_string()),
        _ => None,
    });
    opens.collect()
}

fn quits(client: &mut Client) {
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
}

/// "`/msg HANDLE TEXT` must not be lost with the connection": cut before the answer.
#[test]
fn a_message_to_somebody_survives_a_cut() {
    let mut client = talk();
    client.enters("/msg bob please call me at once");
    assert_eq!(opens(&client), ["bob"]);
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    quits(&mut client);
    assert!(client.effects.is_empty(), "{:?}", client.effects);
    client.shows("1 message is not sent yet");
    client.connects();
    assert_eq!(opens(&client), ["bob"], "asked for again");
    client.is_answered_by(json!({"id": "d1"}));
    client.is_in("d1", "bob", "dm");
    assert_eq!(said(&client), ("d1".to_owned(), "please call me at once".to_owned()));
    // Whoever was writing elsewhere when the connection came back stays there.
    client.shows("> Message #tea");
    client.stores(client.sent_last().0, 1);
    quits(&mut client);
    assert_eq!(client.effects, [Effect::Quit]);
}

/// What is done with a message and not confirmed is said below it, once there is no connection.
#[test]
fn a_change_that_waits_is_shown() {
    let mut client = talk();
    client.bob_says("c1", 1, "is anybody here?");
    client.reads();
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("f");
    client.hides("change not saved yet");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("change not saved yet");
    client.connects();
    client.is_answered();
    client.hides("change not saved yet");
}

/// The same between the answer and the picture of the conversation, and without a connection from the beginning.
#[test]
fn a_message_to_somebody_survives_whatever_comes_between() {
    let mut client = talk();
    client.enters("/msg bob one");
    client.is_answered_by(json!({"id": "d1"}));
    client.is_cut_and_back();
    assert_eq!(opens(&client), ["bob"]);
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.enters("/msg bob two");
    client.shows("Message to bob will be sent when you are back online");
    client.enters("/dm carol three");
    client.connects();
    let mut asked = opens(&client);
    asked.sort();
    assert_eq!(asked, ["bob", "carol"], "once each");
    client.is_in("d1", "bob", "dm");
    assert_eq!(said(&client), ("d1".to_owned(), "one".to_owned()));
    client.hears(json!({"type": "ok", "ref": client.sent_last().0, "payload":
        {"id": "d1", "index": 1, "version": 4, "date": 1}}));
    assert_eq!(said(&client), ("d1".to_owned(), "two".to_owned()));
    client.is_in("d2", "carol", "dm");
    assert_eq!(said(&client), ("d2".to_owned(), "three".to_owned()));
}

/// With a connection the conversation is shown; one that is shown already is written to at once.
#[test]
fn a_message_to_somebody_leads_to_the_conversation() {
    let mut client = talk();
    client.enters("/msg bob hello");
    client.is_in("d1", "bob", "dm");
    assert_eq!(said(&client), ("d1".to_owned(), "hello".to_owned()));
    let open = client.sent_last().0 - 1;
    client.hears(json!({"type": "ok", "ref": open, "payload": {"id": "d1"}}));
    client.shows("> Message @bob");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.enters("/msg bob again");
    assert!(opens(&client).is_empty());
    client.shows("> Message @bob");
    assert_eq!(client.screen().matches("Sending …").count(), 2);
}

/// "A refusal (nobody of that name, not allowed, rate limited) gives the text back to the person with the reason."
#[test]
fn a_refused_message_is_given_back() {
    for (code, reason) in
        [("not_found", "No account called"), ("not_allowed", "They let nobody write"), ("rate_limited", "Too many")]
    {
        let mut client = talk();
        client.enters("/msg boob please call me");
        client.is_refused(code, reason);
        client.shows(reason);
        client.shows("> /msg boob please call me");
        quits(&mut client);
        assert_eq!(client.effects, [Effect::Quit], "nothing is on its way any more");
    }
}

/// What is given back takes nobody's place, and goes where it was written.
#[test]
fn what_is_given_back_disturbs_nothing() {
    let mut client = talk();
    client.is_in("c2", "zoo", "public");
    client.enters("/msg boob one");
    let first = client.sent_last().0;
    client.enters("/msg boob two\u{20}");
    client.types("half a thought");
    client.hears(json!({"type": "error", "ref": first, "payload": {"code": "not_found", "reason": "nobody"}}));
    client.shows("Nobody. Ctrl+Up brings your text back.");
    client.shows("> half a thought");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> /msg boob one");
    client.shows("two");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.enters("/msg boob three");
    let three = client.sent_last().0;
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.hears(json!({"type": "error", "ref": three, "payload": {"code": "not_found", "reason": "nobody"}}));
    client.shows("Nobody. Your text is back in #zoo.");
    client.hides("three");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.shows("> /msg boob three");
}

/// What can only be done with a connection stays where it was written while there is none.
#[test]
fn commands_wait_in_their_line_for_the_connection() {
    for line in
        ["/topic about tea", "/invite carol", "/join zoo", "/create zoo", "/friend bob", "/status at sea", "/msg dora"]
    {
        let mut client = talk();
        client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
        client.enters(line);
        client.shows("You are offline. Try again when you are back online.");
        client.shows(&format!("> {line}"));
    }
}

/// What the client has on the disk a moment after the last key.
fn a_moment_later(client: &mut Client) {
    client.now = client.now.plus_millis(1_000);
    client.gets(Msg::Wake);
}

/// "A sent message is on the client's disk at once", before it goes out; what was not answered goes again under the same
/// nonce.
#[test]
fn a_message_survives_the_program() {
    let mut client = talk();
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.enters("while it was away");
    assert_eq!(client.kept.messages.len(), 1);
    client.connects();
    let nonce = client.kept.messages[0].nonce.clone();
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    client.shows("while it was away");
    let (reference, ClientPacket::SendMessage(sent)) = client.sent_last() else { panic!("nothing was said") };
    assert_eq!(sent.message.nonce, nonce);
    client.stores(reference, 1);
    a_moment_later(&mut client);
    assert!(client.kept.is_empty(), "{:?}", client.kept);
}

/// "A draft after at most a second": with what it answers, and where it was written, whatever was open then.
#[test]
fn what_is_being_written_survives_the_program() {
    let mut client = talk();
    client.is_in("c2", "zoo", "public");
    client.bob_says("c1", 1, "shall we?");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("r");
    client.types("yes, but");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.types("half a thought");
    a_moment_later(&mut client);
    client.types(" more");
    client.gets(Msg::Terminate);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    client.is_in("c2", "zoo", "public");
    client.shows("> half a thought more");
    client.shows("#zoo");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("> yes, but");
    client.shows("Replying to bob: shall we?");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    let (_, ClientPacket::SendMessage(sent)) = client.sent_last() else { panic!("nothing was said") };
    assert_eq!(sent.message.reply_to.map(|index| index.get()), Some(1));
}

/// Another text for a message, a post and a command that waits come back too.
#[test]
fn whatever_else_is_being_written_survives_the_program() {
    let mut client = talk();
    client.enters("first");
    let (reference, _) = client.sent_last();
    client.stores(reference, 1);
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 1, "version": 4, "date": 1, "handle": "alice", "kind": "text", "content": "first", "mentions": []}}}));
    client.types("a draft");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("e");
    client.types(" and better");
    a_moment_later(&mut client);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    client.shows("> first and better");
    client.shows("Editing your message");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.enters("/invite carol");
    assert_eq!(client.kept.lines, [] as [&str; 0]);
    client.presses(KeyCode::F(2), KeyModifiers::NONE);
    client.types("n");
    client.types("a post that is");
    client.gets(Msg::Terminate);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    client.shows("Ctrl+Up brings back what you were writing");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> a post that is");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> /invite carol");
}

/// "Edits, reactions …, over a cut link": made again until they are answered; a refusal comes with the new text.
#[test]
fn changes_are_made_until_they_are_answered() {
    let mut client = talk();
    client.bob_says("c1", 1, "shall we?");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("f");
    assert!(matches!(client.sent_last().1, ClientPacket::React(_)));
    let mut client = client.comes_back();
    let (reference, ClientPacket::React(react)) = client.sent_last() else { panic!("nothing was done again") };
    assert!(react.on && react.index.get() == 1);
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.connects();
    let again = client.sent_last();
    assert!(matches!(again.1, ClientPacket::React(_)) && again.0 != reference);
    client
        .hears(json!({"type": "error", "ref": again.0, "payload": {"code": "not_allowed", "reason": "they said no"}}));
    client.shows("Not done. They said no.");
    a_moment_later(&mut client);
    assert!(client.kept.changes.is_empty());
    client.is_cut_and_back();
    assert!(!client.sent().iter().any(|packet| matches!(packet, ClientPacket::React(_))), "{:?}", client.sent());
}

/// A command that nobody answered is given back: whether it was done one sees.
#[test]
fn a_command_that_nobody_answered_is_given_back() {
    let mut client = talk();
    client.enters("/topic Tea and cake");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("> /topic Tea and cake");
    client.shows("Connection lost before your command was answered");
}

/// What was written for a channel that one is no longer in comes back there, with the reason, and nothing goes elsewhere.
#[test]
fn what_cannot_go_is_shown_where_it_was_written() {
    let mut client = talk();
    client.is_in("c2", "gone", "private");
    client.is_in("c3", "bob", "dm");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.enters("said to nobody");
    client.types("the password of the vault is");
    client.presses(KeyCode::Char('3'), KeyModifiers::ALT);
    client.enters("are you there?");
    a_moment_later(&mut client);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    let list = json!({"status": "ok", "channels": [{"id": "c1", "name": "tea", "kind": "public", "topic": "",
        "member": true, "members": 1, "members_total": 1, "last_index": 0, "last_read": 0, "unread": 0, "mentions": 0, "version": 1}], "more": false});
    client.gets(Msg::Channels(Ok(serde_json::from_value(list).expect("a list"))));
    client.shows("You are not a member of #gone any more");
    assert_eq!(opens(&client), ["bob"], "a conversation that was closed opens again");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("> the password of the vault is");
    client.shows("said to nobody");
    client.shows("✗");
    assert_eq!(client.sends_messages(), 0);
}

/// "Early text moves into the channel": whoever types while it connects loses nothing.
#[test]
fn what_is_typed_while_it_connects_goes_into_the_first_channel() {
    let mut client = Client::welcomed(100, 20);
    client.types("too early");
    client.is_in("c1", "tea", "public");
    client.shows("> too early");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(said(&client), ("c1".to_owned(), "too early".to_owned()));
}

/// After a month nobody knows whether a message is there: its writer decides.
#[test]
fn a_message_of_long_ago_asks_first() {
    let mut client = talk();
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.enters("long ago");
    client.now = client.now.plus_millis(30 * 24 * 60 * 60 * 1_000);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    assert_eq!(client.sends_messages(), 0);
    client.shows("Written over a month ago");
}

/// Two devices write at once: neither loses its text, and they do not take turns for ever.
#[test]
fn two_devices_that_write_at_once_keep_both_texts() {
    let mut client = talk();
    client.types("A words");
    client.now = client.now.plus_millis(2_000);
    client.gets(Msg::Wake);
    client.is_answered();
    let draft = json!({"content": "B words", "date": 1});
    client.hears(json!({"type": "channel_personal", "payload": {"id": "c1", "level": "all", "draft": draft}}));
    client.shows("> A words");
    client.now = client.now.plus_millis(5_000);
    client.gets(Msg::Wake);
    assert!(client.sent().is_empty(), "{:?}", client.sent());
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> B words");
    client.presses(KeyCode::Down, KeyModifiers::CONTROL);
    client.shows("> A words");
}

/// Another text for a message that one leaves by Esc, and what was recalled and written on, are had back.
#[test]
fn nothing_that_was_rewritten_is_dropped() {
    let mut client = talk();
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 1, "version": 4, "date": 1, "handle": "alice", "kind": "text", "content": "first", "mentions": []}}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("e");
    client.types(" and ten lines more");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> first and ten lines more");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("sent earlier");
    client.enters("sent later");
    client.types("a draft");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.types(", written on");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("> sent later, written on");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> a draft");
}

/// In another store the numbers of messages mean other messages: nothing is changed there, and a new text is not lost.
#[test]
fn nothing_is_changed_in_another_store() {
    let mut client = talk();
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 1, "version": 4, "date": 1, "handle": "alice", "kind": "text", "content": "first", "mentions": []}}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("e");
    client.enters(" and better");
    assert_eq!(client.kept.changes.len(), 1);
    let mut client = client.comes_back_to("y");
    assert!(!client.sent().iter().any(|packet| matches!(packet, ClientPacket::EditMessage(_))), "{:?}", client.sent());
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("y");
    assert!(!client.sent().iter().any(|packet| matches!(packet, ClientPacket::EditMessage(_))), "{:?}", client.sent());
    client.is_in("c1", "tea", "public");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> first and better");
}

/// Several commands under way come back all, and whoever goes to a channel by hand finds what was typed before.
#[test]
fn everything_that_was_under_way_comes_back() {
    let mut client = talk();
    client.enters("/topic one");
    client.enters("/invite carol");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("2 commands were answered. Ctrl+Up brings them back.");
    client.connects();
    client.shows("2 commands were answered. Ctrl+Up brings them back.");
    let mut client = Client::welcomed(100, 20);
    client.types("too early");
    client.gets(Msg::Terminate);
    let mut client = client.comes_back();
    client.is_in("c1", "tea", "public");
    client.shows("> too early");
}

/// Another device may empty the line while Tab goes through names.
#[test]
fn completing_goes_on_from_what_stands_there() {
    let mut client = talk();
    client.types("hello bo");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.now = client.now.plus_millis(2_000);
    client.gets(Msg::Wake);
    client.is_answered();
    client.hears(json!({"type": "channel_personal", "payload": {"id": "c1", "level": "all"}}));
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("> Message #tea");
}
