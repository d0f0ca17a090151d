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
    client.shows("one message is not sent yet");
    client.connects();
    assert_eq!(opens(&client), ["bob"], "asked for again");
    client.is_answered_by(json!({"id": "d1"}));
    client.is_in("d1", "bob", "dm");
    assert_eq!(said(&client), ("d1".to_owned(), "please call me at once".to_owned()));
    // Whoever was writing elsewhere when the connection came back stays there.
    client.shows("> message #tea");
    client.stores(client.sent_last().0, 1);
    quits(&mut client);
    assert_eq!(client.effects, [Effect::Quit]);
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
    client.shows("it goes to bob when the connection is back");
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
    client.shows("> message @bob");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.enters("/msg bob again");
    assert!(opens(&client).is_empty());
    client.shows("> message @bob");
    assert_eq!(client.screen().matches("sending …").count(), 2);
}

/// "A refusal (nobody of that name, not allowed, rate limited) gives the text back to the person with the reason."
#[test]
fn a_refused_message_is_given_back() {
    for (code, reason) in [
        ("not_found", "nobody has this handle"),
        ("not_allowed", "they let nobody write"),
        ("rate_limited", "too many"),
    ] {
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
    client.shows("nobody (Ctrl+Up brings back what you wrote)");
    client.shows("> half a thought");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> /msg boob one");
    client.shows("two");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.enters("/msg boob three");
    let three = client.sent_last().0;
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.hears(json!({"type": "error", "ref": three, "payload": {"code": "not_found", "reason": "nobody"}}));
    client.shows("nobody (what you wrote stands in #zoo)");
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
        client.shows("there is no connection, try again when it is back");
        client.shows(&format!("> {line}"));
    }
}
