//! The connection comes and goes: what is sent again, what is asked for, whom one trusts, and how it looks meanwhile.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::{HistoryRange, Msg};
use chat_tui::trust::KeyError;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::http::History;
use proto::{ClientPacket, Index, Version};
use serde_json::json;
use support::{Client, START, conversation, talk};

#[test]
fn a_cut_connection_sends_again_what_was_not_answered_and_resumes() {
    let mut client = talk();
    client.enters("unanswered");
    client.bob_says("c1", 1, "hi");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("Offline — retrying (cut)");
    client.enters("written without a connection");
    client.gets(Msg::ConnectionUp(2));
    let (hello, packet) = client.sent_last();
    let ClientPacket::Hello(greeting) = packet else { panic!("{packet:?}") };
    assert_eq!(greeting.resume.get(&"c1".parse().unwrap()), Some(&Version::new(4)));
    client.hears(json!({"type": "ok", "ref": hello, "payload": {}}));
    client.is_welcome("x");
    let (again, packet) = client.sent_last();
    assert!(matches!(packet, ClientPacket::SendMessage(send) if send.message.content.as_str() == "unanswered"));
    client.stores(again, 2);
    let (_, packet) = client.sent_last();
    let ClientPacket::SendMessage(send) = packet else { panic!("{packet:?}") };
    assert_eq!(send.message.content.as_str(), "written without a connection");
}

#[test]
fn the_cursor_waits_for_what_is_still_missing() {
    let mut client = talk();
    client.bob_says("c1", 1, "one");
    client.bob_says("c1", 4, "four");
    let missing = Effect::LoadHistory("c1".parse().unwrap(), HistoryRange::Since(Version::new(4)));
    assert!(client.effects.contains(&missing), "{:?}", client.effects);
    client.bob_says("c1", 5, "five");
    assert!(!client.effects.contains(&missing), "asked for once");
    assert_eq!(client.resumes_from(), Version::new(4));
    let page = History {
        messages: Vec::new(),
        first_index: Index::new(1),
        last_index: Index::new(5),
        version: Version::new(8),
        more: false,
    };
    let got = |page: &History| {
        let asked = HistoryRange::Since(Version::new(4));
        Msg::History { channel: "c1".parse().unwrap(), page: asked, result: Ok(page.clone()), connection: 1 }
    };
    client.gets(got(&page));
    assert_eq!(client.resumes_from(), Version::new(4), "an answer to a question of the last connection");
    client.bob_says("c1", 7, "seven");
    client.gets(got(&page));
    assert_eq!(client.resumes_from(), Version::new(10), "all up to the message that showed the gap");
}

#[test]
fn a_page_that_does_not_come_is_asked_for_again_later() {
    let mut client = talk();
    client.bob_says("c1", 3, "three");
    let page = HistoryRange::Since(Version::new(3));
    for wait in [1_000, 2_000, 4_000] {
        let failed = Err("no answer".to_owned());
        client.gets(Msg::History { channel: "c1".parse().unwrap(), page, result: failed, connection: 1 });
        client.shows("Messages could not be loaded; retrying. No answer.");
        let loads = |client: &Client| {
            client
                .effects
                .iter()
                .filter(|effect| matches!(effect, Effect::LoadHistory(_, HistoryRange::Since(_))))
                .count()
        };
        assert_eq!(loads(&client), 0);
        client.now = client.now.plus_millis(wait - 1);
        client.gets(Msg::Wake);
        assert_eq!(loads(&client), 0);
        client.now = client.now.plus_millis(1);
        client.gets(Msg::Wake);
        assert_eq!(loads(&client), 1);
    }
}

#[test]
fn another_store_means_to_forget_and_to_greet_anew() {
    let mut client = conversation(120, 20);
    client.types("a draft");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("restored");
    client.hides("#tea");
    let [Effect::Connect(_), Effect::Title(title)] = &client.effects[..] else { panic!("{:?}", client.effects) };
    assert_eq!(title, "chat", "no channel is open");
    client.gets(Msg::ConnectionUp(3));
    let ClientPacket::Hello(hello) = client.sent_last().1 else { panic!("no hello") };
    assert!(hello.resume.is_empty());
    client.is_welcome("restored");
    client.is_in("c1", "tea", "public");
    client.shows("> a draft");
    client.shows("Sending …");
}

/// Whoever is in a chat may be typing: nothing that is meant for the conversation trusts another key.
#[test]
fn whoever_types_trusts_nobody() {
    let server = || "https://box:7300".parse().expect("an address");
    let found = || "SHA256:another".to_owned();
    for error in [
        KeyError::Unknown { found: found() },
        KeyError::Changed { known: "SHA256:one".to_owned(), found: found() },
        KeyError::NotNamed { named: "SHA256:one".to_owned(), found: found() },
    ] {
        let mut client = conversation(80, 24);
        client.gets(Msg::KeyRefused(server(), error));
        let reason = "the key of the server is not trusted".to_owned();
        client.gets(Msg::ConnectionDown { reason, retry_after_ms: 30_000 });
        client.shows(&found());
        for c in "yes".chars() {
            client.types(&c.to_string());
            assert_eq!(client.effects, [], "{c}");
        }
        client.presses(KeyCode::Enter, KeyModifiers::NONE);
        assert_eq!(client.effects, []);
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
        client.shows("Offline — retrying in 30 s, Ctrl+R now (server key");
        client.presses(KeyCode::Char('r'), KeyModifiers::CONTROL);
        assert!(matches!(&client.effects[..], [Effect::Connect(_)]), "{:?}", client.effects);
    }
}

/// "A person sees offline, members turn grey, times of the next try are shown"; what waits says for what.
#[test]
fn without_a_connection_nothing_looks_alive() {
    let mut client = conversation(120, 20);
    client.shows("2 of 3 online");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 4_000 });
    client.shows("✗ Offline — retrying in 4 s, Ctrl+R now (cut)");
    client.hides("of 3 online");
    client.hides("●");
    client.enters("is anybody there?");
    client.shows("Will be sent when you are back online");
    client.now = client.now.plus_millis(1_000);
    client.gets(Msg::Wake);
    client.shows("retrying in 3 s");
    client.connects();
    client.is_in("c1", "tea", "public");
    client.shows("2 of 3 online");
    client.shows("Sending …");
}

/// "Renewals at most once a minute", whatever the clocks, the token and the connection do.
#[test]
fn a_token_is_renewed_once_a_minute_at_most() {
    let mut client = talk();
    let renews =
        |client: &Client| client.sent().iter().filter(|packet| matches!(packet, ClientPacket::RenewToken(_))).count();
    client.now = client.now.plus_millis(40 * 86_400_000);
    let mut count = 0;
    for second in 0..180 {
        client.gets(Msg::Wake);
        if renews(&client) > 0 {
            count += 1;
            client.is_answered_by(json!({"token": "t2", "expires_at": START}));
        }
        if second % 20 == 10 {
            client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
            client.connects();
            assert_eq!(renews(&client), 0);
        }
        client.now = client.now.plus_millis(1_000);
    }
    assert!((1..=3).contains(&count), "{count}");
}

/// What nobody has asked for is refused in silence.
#[test]
fn a_refused_typing_notice_is_not_told() {
    let mut client = talk();
    client.types("h");
    assert!(matches!(client.sent_last().1, ClientPacket::Typing(_)));
    client.is_refused("rate_limited", "too many requests");
    client.hides("too much");
}

/// However long the reason is, what waits elsewhere stands apart from it.
#[test]
fn why_there_is_no_connection_leaves_room_for_what_waits() {
    for columns in 30..70 {
        let mut client = conversation(columns, 15);
        client.gets(Msg::ConnectionDown { reason: "connection refused by the server".to_owned(), retry_after_ms: 300 });
        let screen = client.screen();
        let row = screen.lines().rfind(|line| !line.trim().is_empty()).expect("a row");
        let waits = row.find("@2").or(row.find("2 mentions")).expect("what waits elsewhere");
        assert!(row[..waits].ends_with("  "), "{columns}: {row}");
    }
}
