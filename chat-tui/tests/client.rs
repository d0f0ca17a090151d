//! The client as a value: what each message makes of it, and what it then shows. No terminal, no
//! socket; the daemon's words are written by hand.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::app::Model;
use chat_tui::effect::Effect;
use chat_tui::msg::{Msg, Page};
use chat_tui::trust::KeyError;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::codec::encode_request;
use proto::http::History;
use proto::{ClientPacket, Handle, Index, Message, MessageKind, Ref, Timestamp, Version};
use ratatui::style::Color;
use serde_json::json;
use support::{Client, START, conversation, start, talk};

#[test]
fn a_wide_screen() {
    insta::assert_snapshot!(conversation(120, 20).screen());
}

#[test]
fn a_common_screen() {
    insta::assert_snapshot!(conversation(80, 16).screen());
}

#[test]
fn a_narrow_screen() {
    insta::assert_snapshot!(conversation(40, 15).screen());
}

#[test]
fn no_size_is_too_small() {
    for columns in 0..30 {
        for rows in 0..12 {
            let client = conversation(columns, rows);
            let _ = client.screen();
        }
    }
}

#[test]
fn the_sign_in_form() {
    let model = Model::signed_out(start(), &"http://127.0.0.1:7300".parse().unwrap(), "", true, (80, 16));
    let mut client = Client::of(model);
    client.types("alice");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.enters("correct horse");
    assert!(matches!(&client.effects[..], [Effect::SignIn { handle, register: true, .. }] if handle == "alice"));
    client.gets(Msg::SignedIn(Err("User exists".to_owned())));
    client.hides("correct");
    insta::assert_snapshot!(client.screen());
}

#[test]
fn own_words_are_white_on_blue_and_the_name_stands_beneath() {
    let client = conversation(120, 20);
    let screen = client.screen();
    let row = screen.lines().position(|line| line.contains("coming")).unwrap() as u16;
    let column = screen.lines().nth(usize::from(row)).unwrap().chars().position(|c| c == 'c').unwrap();
    let cells = client.cells();
    let at = (0..120).find(|x| cells[(*x, row)].symbol() == "c" && cells[(*x + 1, row)].symbol() == "o").unwrap();
    assert!(column > 0 && at > 60, "on the right");
    assert_eq!(cells[(at, row)].bg, Color::Rgb(0x1d, 0x90, 0xfa));
    assert_eq!(cells[(at, row)].fg, Color::Rgb(0xff, 0xff, 0xff));
    assert!(screen.lines().nth(usize::from(row) + 1).unwrap().contains("sending …"));
}

#[test]
fn what_waits_elsewhere_is_counted_and_reading_clears_it() {
    let mut client = conversation(120, 20);
    client.shows("#plans            @1");
    client.shows("@bob               1");
    client.shows("@2 · 2 unread");
    client.presses(KeyCode::Char('a'), KeyModifiers::ALT);
    client.shows("── new ──");
    client.reads();
    let read = client.sent_last();
    assert!(encode_request(&Ref::Number(read.0), &read.1).contains("\"type\":\"channel_read\""), "{read:?}");
    client.shows("@1 · 1 unread");
    client.presses(KeyCode::Char('a'), KeyModifiers::ALT);
    client.reads();
    client.hides("unread");
}

#[test]
fn nothing_counts_as_read_while_the_terminal_is_not_looked_at() {
    let mut client = conversation(120, 20);
    client.gets(Msg::Focus(false));
    client.bob_says("c1", 3, "still there?");
    client.reads();
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Send(_, ClientPacket::MarkRead(_)))));
    client.gets(Msg::Focus(true));
    client.reads();
    assert!(matches!(client.sent_last().1, ClientPacket::MarkRead(_)));
}

#[test]
fn a_message_is_pending_then_done_and_shown_once() {
    let mut client = talk();
    client.enters("first");
    let (first, _) = client.sent_last();
    client.enters("second");
    assert_eq!(client.sends_messages(), 0, "one message of a channel is under way at a time");
    client.stores(first, 1);
    let (reference, packet) = client.sent_last();
    let ClientPacket::SendMessage(send) = packet else { panic!("{packet:?}") };
    assert_eq!(send.message.content.as_str(), "second");
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 2, "version": 5, "date": START, "handle": "alice", "kind": "text", "content": "second",
        "mentions": [], "nonce": send.message.nonce}}}));
    client.stores(reference, 2);
    assert_eq!(client.screen().matches("second").count(), 1);
    assert_eq!(client.screen().matches("sending …").count(), 1, "the first was stored, but did not come yet");
}

#[test]
fn a_refused_message_says_why_and_is_tried_again_with_the_same_nonce() {
    let mut client = talk();
    client.enters("too long");
    let (reference, first) = client.sent_last();
    client.enters("next");
    let refusal = json!({"code": "muted", "reason": "not now"});
    client.hears(json!({"type": "error", "ref": reference, "payload": refusal}));
    client.shows("✗ not sent: not now · Ctrl+R tries again, Alt+E takes it back");
    assert_eq!(client.sends_messages(), 1, "the next one does not wait for it");
    client.stores(client.sent_last().0, 1);
    client.presses(KeyCode::Char('r'), KeyModifiers::CONTROL);
    assert_eq!(client.sent_last().1, first);
}

#[test]
fn a_refused_message_can_be_taken_back_and_written_anew() {
    let mut client = talk();
    client.enters("/me waves\nwildly");
    let refusal = json!({"code": "muted", "reason": "not now"});
    client.hears(json!({"type": "error", "ref": client.sent_last().0, "payload": refusal}));
    client.presses(KeyCode::Char('e'), KeyModifiers::ALT);
    client.hides("not now");
    client.shows("> /me waves");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert_eq!(client.effects, [Effect::Quit], "nothing is on its way any more");
}

#[test]
fn haste_keeps_the_order() {
    let mut client = talk();
    client.enters("one");
    let (one, _) = client.sent_last();
    client.enters("two");
    let refusal = json!({"code": "rate_limited", "reason": "too fast", "retry_after_ms": 500});
    client.hears(json!({"type": "error", "ref": one, "payload": refusal}));
    assert_eq!(client.sends_messages(), 0);
    client.enters("three");
    assert_eq!(client.sends_messages(), 0);
    client.now = client.now.plus_millis(500);
    client.gets(Msg::Wake);
    let (_, packet) = client.sent_last();
    assert!(matches!(packet, ClientPacket::SendMessage(send) if send.message.content.as_str() == "one"));
}

#[test]
fn what_the_server_would_not_take_stays_where_it_was_written() {
    let mut client = talk();
    client.gets(Msg::Paste("x".repeat(8_001)));
    client.now = client.now.plus_millis(1_000);
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(client.sends_messages(), 0);
    client.shows("that is 8001 bytes long, the server takes 8000");
    client.shows("xxxxxxxx");
    client.gets(Msg::Paste("x".repeat(65_536)));
    client.shows("more than one can write at once");
}

#[test]
fn quitting_with_unsent_messages_is_asked_once() {
    let mut client = talk();
    client.enters("hello");
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert!(client.effects.is_empty());
    client.shows("one message is not sent yet");
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert_eq!(client.effects, [Effect::Quit]);
}

#[test]
fn a_cut_connection_sends_again_what_was_not_answered_and_resumes() {
    let mut client = talk();
    client.enters("unanswered");
    client.bob_says("c1", 1, "hi");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("offline, trying again (cut)");
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
    let missing = Effect::LoadHistory("c1".parse().unwrap(), Page::Since(Version::new(4)));
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
        let asked = Page::Since(Version::new(4));
        Msg::History { channel: "c1".parse().unwrap(), page: asked, result: Ok(page.clone()) }
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
    let page = Page::Since(Version::new(3));
    for wait in [1_000, 2_000, 4_000] {
        let failed = Err("no answer".to_owned());
        client.gets(Msg::History { channel: "c1".parse().unwrap(), page, result: failed });
        client.shows("messages did not come, trying again: no answer");
        let loads = |client: &Client| {
            client.effects.iter().filter(|effect| matches!(effect, Effect::LoadHistory(_, Page::Since(_)))).count()
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
fn without_a_channel_commands_still_work() {
    let mut client = talk();
    client.enters("/leave");
    assert!(matches!(client.sent_last().1, ClientPacket::LeaveChannel(_)));
    client.is_answered();
    client.hears(json!({"type": "channel_remove", "payload": {"id": "c1"}}));
    client.shows("No channel is open");
    client.enters("words");
    client.shows("no channel is open: /join one first");
    client.shows("> words");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("/join tea");
    assert!(matches!(client.sent_last().1, ClientPacket::JoinChannel(_)));
}

#[test]
fn another_store_means_to_forget_and_to_greet_anew() {
    let mut client = conversation(120, 20);
    client.types("a draft");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("restored");
    client.hides("#tea");
    assert!(matches!(&client.effects[..], [Effect::Connect(_)]), "{:?}", client.effects);
    client.gets(Msg::ConnectionUp(3));
    let ClientPacket::Hello(hello) = client.sent_last().1 else { panic!("no hello") };
    assert!(hello.resume.is_empty());
    client.is_welcome("restored");
    client.is_in("c1", "tea", "public");
    client.shows("> a draft");
    client.shows("sending …");
}

#[test]
fn unknown_commands_are_told_and_never_sent() {
    let mut client = conversation(120, 20);
    client.enters("/jion tea");
    client.shows("there is no /jion, did you mean /join?");
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Send(_, ClientPacket::SendMessage(_)))));
    client.shows("> /jion tea");
}

#[test]
fn a_pasted_newline_never_sends() {
    let mut client = talk();
    client.gets(Msg::Paste("one\ntwo\n".to_owned()));
    client.shows("> one");
    client.shows("two");
    assert_eq!(client.sends_messages(), 0);
    // What looks like the end of the paste inside of it makes keys of the rest.
    client.enters("three");
    assert_eq!(client.sends_messages(), 0);
    client.now = client.now.plus_millis(60);
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(client.sends_messages(), 1);
}

#[test]
fn the_member_list_tells_who_is_there_and_since_when() {
    let mut client = talk();
    let at = |minutes: i64| START - minutes * 60_000;
    for (handle, state, since) in
        [("dan", "idle", at(7)), ("eve", "away", at(30)), ("fay", "dnd", at(60)), ("gus", "online", at(1))]
    {
        let member = json!({"handle": handle, "online": true, "state": state, "since": since, "role": "member"});
        let update = json!({"id": "c1", "member": member, "members_total": 7});
        client.hears(json!({"type": "channel_user_update", "payload": update}));
    }
    let update = json!({"handle": "gus", "typing": true});
    client.hears(json!({"type": "channel_user_update", "payload": {"id": "c1", "member": update}}));
    let gone = json!({"handle": "bob", "online": false, "state": "offline", "since": START, "last_seen": START});
    client.hears(json!({"type": "presence_update", "payload": {"members": [gone]}}));
    let list = client.screen().lines().map(|line| line.chars().skip(101).collect::<String>()).collect::<Vec<_>>();
    insta::assert_snapshot!(list[..10].join("\n"));
}

#[test]
fn a_member_list_without_room_says_how_many_are_missing() {
    let mut client = talk();
    let update =
        json!({"id": "c1", "members": [{"handle": "zoe", "online": true, "state": "online"}], "members_total": 1204});
    client.hears(json!({"type": "channel_users_update", "payload": update}));
    client.shows("1204 members");
    client.shows("and 1200 more");
}

#[test]
fn tab_behind_any_white_space_completes() {
    let mut client = talk();
    client.gets(Msg::Paste("日本\u{3000}bo".to_owned()));
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("bob");
    client.gets(Msg::Paste("\u{a0}\u{2003}".to_owned()));
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
}

#[test]
fn control_c_clears_the_line_first() {
    let mut client = talk();
    client.types("draft");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.hides("draft");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.shows("Ctrl+C once more ends the program");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    assert_eq!(client.effects, [Effect::Quit]);
}

#[test]
fn drafts_stay_with_their_channel() {
    let mut client = conversation(120, 20);
    client.types("half a thought");
    client.presses(KeyCode::Char('n'), KeyModifiers::CONTROL);
    client.hides("half a thought");
    client.shows("✎");
    client.presses(KeyCode::Char('p'), KeyModifiers::CONTROL);
    client.shows("> half a thought");
}

/// Types something, presses Tab so often, and gives what stands where one writes.
fn completed(client: &mut Client, text: &str, tabs: &[KeyCode]) -> String {
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.types(text);
    for tab in tabs {
        client.presses(*tab, KeyModifiers::NONE);
    }
    client.types("|.");
    let screen = client.screen();
    let line = screen.lines().find_map(|line| line.split_once("> ")).expect("one writes somewhere").1;
    line.split('|').next().expect("a text has a begin").to_owned()
}

#[test]
fn tab_completes_what_is_meant_first() {
    let mut client = conversation(120, 20);
    let tab = &[KeyCode::Tab];
    for handle in ["bob-2", "bo", "bobby", "carola"] {
        let member = json!({"handle": handle, "online": true, "typing": false, "state": "online", "role": "member"});
        client.hears(json!({"type": "channel_user_update", "payload": {"id": "c1", "member": member}}));
    }
    for (text, tabs, expected) in [
        ("bob", &tab[..], "bob: "),
        ("hi bob", tab, "hi bob "),
        ("bobb", tab, "bobby: "),
        ("(bob", tab, "(bob "),
        ("see \"#te", tab, "see \"#tea "),
        ("@carol", &[KeyCode::Tab, KeyCode::Tab], "@carola "),
        ("@carol", &[KeyCode::Tab, KeyCode::Tab, KeyCode::BackTab], "@carol "),
        ("/JOI", tab, "/join "),
        ("/whoi", tab, "/whois "),
        ("/invite ca", tab, "/invite carol "),
        ("/msg bobb", tab, "/msg bobby "),
        ("/role bob mod", tab, "/role bob moderator "),
        ("/notify m", tab, "/notify mentions "),
        ("/help whoi", tab, "/help whois "),
        ("/leave te", tab, "/leave tea "),
        // The picture takes two cells.
        ("great :tad", tab, "great 🎉  "),
        ("nobody-called-so", tab, "nobody-called-so"),
    ] {
        assert_eq!(completed(&mut client, text, tabs), expected, "{text}");
    }
    // Whoever has spoken last comes first.
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 3, "version": 20, "date": START, "handle": "carola", "kind": "text", "content": "x", "mentions": []}}}));
    assert_eq!(completed(&mut client, "ca", tab), "carola: ");
    // In front of other words there is one space.
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.types(" are you there?");
    client.presses(KeyCode::Home, KeyModifiers::NONE);
    client.types("carola");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("> carola: are you there?");
}

#[test]
fn the_form_of_an_invitation_completes_handles() {
    let mut client = conversation(120, 20);
    client.presses(KeyCode::Char('i'), KeyModifiers::ALT);
    client.types("car");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("Handle  carol");
}

/// "Shortcodes in messages", not in code.
#[test]
fn shortcodes_are_said_as_emoji() {
    let mut client = talk();
    client.enters("done :tada: `:tada:`");
    let (_, ClientPacket::SendMessage(sent)) = client.sent_last() else { panic!("nothing was said") };
    assert_eq!(sent.message.content.as_str(), "done 🎉 `:tada:`");
}

/// "`y` copies what was said, byte for byte", whoever said it.
#[test]
fn a_copy_is_what_was_said() {
    let mut client = talk();
    let said = "all:\n\tmake\u{200B} **now**\u{202E}";
    client.bob_says("c1", 1, said);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("y");
    assert!(client.effects.contains(&Effect::Copy(said.to_owned())), "{:?}", client.effects);
}

/// A name in code lights nothing up; markup is not seen where a message is quoted.
#[test]
fn quotes_show_no_signs_of_markup() {
    let mut client = talk();
    client.bob_says("c1", 1, "the **release candidate** is `out`");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("r");
    client.shows("↪ bob: the release candidate is out");
}

#[test]
fn scrolling_up_fetches_what_is_missing() {
    let mut client = conversation(80, 16);
    client.bob_says("c1", 201, "line 201");
    let asked = client.effects.iter().find_map(|effect| match effect {
        Effect::LoadHistory(_, Page::Before(index)) => Some(index.get()),
        _ => None,
    });
    assert_eq!(asked, Some(201), "{:?}", client.effects);
    client.shows("loading");
    for index in 202..=240 {
        client.bob_says("c1", index, &format!("line {index}"));
    }
    for _ in 0..6 {
        client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    }
    let messages = (101..=200).map(|index| Message {
        index: Index::new(index),
        version: Version::new(index + 3),
        date: Timestamp::from_millis(START),
        handle: "bob".parse::<Handle>().unwrap(),
        kind: MessageKind::Text,
        content: format!("line {index}"),
        mentions: Vec::new(),
        reply_to: None,
        reply_to_handle: None,
        reactions: Vec::new(),
        edited: None,
        deleted: None,
        pinned: false,
        nonce: None,
    });
    let history = History {
        messages: messages.collect(),
        first_index: Index::new(101),
        last_index: Index::new(200),
        version: Version::new(243),
        more: true,
    };
    let page = Page::Before(Index::new(201));
    client.gets(Msg::History { channel: "c1".parse().unwrap(), page, result: Ok(history) });
    client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    client.hides("loading");
    client.shows("line 196");
}

#[test]
fn text_of_others_cannot_draw() {
    let mut client = conversation(120, 20);
    client.bob_says("c1", 3, "\u{1b}[2J\u{1b}]0;owned\u{7} and \u{202e}drow");
    client.shows("␛[2J␛]0;owned␇ and <RLO>drow");
    let cells = client.cells();
    assert!(cells.content.iter().all(|cell| !cell.symbol().chars().any(char::is_control)));
}

#[test]
fn a_direct_message_rings_and_names_itself_in_the_title() {
    let mut client = conversation(120, 20);
    client.bob_says("c3", 2, "hello?");
    assert!(client.effects.contains(&Effect::Bell));
    assert!(client.effects.contains(&Effect::Title("(3) #tea".to_owned())), "{:?}", client.effects);
    client.bob_says("c1", 3, "just talk");
    assert!(!client.effects.contains(&Effect::Bell));
}

/// Unknown fields, types and values are passed over; what is known still counts.
#[test]
fn what_a_later_daemon_says_is_passed_over() {
    let mut client = talk();
    client.hears(json!({"type": "dance", "payload": {"id": "c1"}}));
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "sparkle": 1, "message": {
        "index": 1, "version": 4, "date": START, "handle": "bob", "kind": "hologram", "content": "still readable",
        "mentions": [], "reactions": [{"emoji": "♥", "count": 1, "handles": ["bob"]}]}}}));
    let member = json!({"handle": "bob", "state": "levitating"});
    client.hears(json!({"type": "channel_user_update", "payload": {"id": "c1", "member": member}}));
    client.shows("still readable");
    client.shows("bob");
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
        client.shows("offline, next try in 30 s, Ctrl+R now (the key of");
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
    client.shows("✗ offline, next try in 4 s, Ctrl+R now (cut)");
    client.hides("of 3 online");
    client.hides("●");
    client.enters("is anybody there?");
    client.shows("sent when the connection is back");
    client.now = client.now.plus_millis(1_000);
    client.gets(Msg::Wake);
    client.shows("next try in 3 s");
    client.connects();
    client.is_in("c1", "tea", "public");
    client.shows("2 of 3 online");
    client.shows("sending …");
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
    client.is_refused("rate_limited", "too much in too short a time");
    client.hides("too much");
}

/// Where a person signs in, a new key is trusted by the whole word, as with `ssh`.
#[test]
fn a_new_key_is_trusted_by_a_word() {
    let server = "https://box:7300".parse().expect("an address");
    let model = Model::signed_out(start(), &server, "alice", false, (80, 24));
    let mut client = Client::of(model);
    client.enters("four plain words");
    assert!(matches!(client.effects[..], [Effect::SignIn { .. }]), "{:?}", client.effects);
    client.gets(Msg::KeyRefused(server.clone(), KeyError::Unknown { found: "SHA256:new".to_owned() }));
    insta::assert_snapshot!("a_new_key", client.screen());
    for answer in ["y", "ess", "YES"] {
        client.enters(answer);
        assert_eq!(client.effects, [], "{answer}");
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    }
    client.enters("yes");
    assert!(
        matches!(&client.effects[..], [Effect::Trust(to, key), Effect::SignIn { .. }] if *to == server && key == "SHA256:new"),
        "{:?}",
        client.effects
    );
}

/// What happens to a message after it was sent stands below it; what comes late or twice changes nothing.
#[test]
fn changes_of_messages_are_shown() {
    let mut client = conversation(80, 24);
    let update = |version: u64, fields: serde_json::Value| {
        let mut message = json!({"index": 1, "version": version});
        message.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        json!({"type": "channel_message_update", "payload": {"id": "c1", "message": message}})
    };
    client.bob_says("c1", 1, "the first");
    client.hears(update(20, json!({"content": "the second, alice", "mentions": ["alice"], "edited": START})));
    client.hides("the first");
    client.shows("the second, alice");
    client.shows("edited");
    let reactions =
        json!([{"emoji": "♥", "count": 12, "handles": ["bob"]}, {"emoji": "🎉", "count": 1, "handles": ["carol"]}]);
    client.hears(update(21, json!({"reactions": reactions})));
    client.hears(update(19, json!({"content": "too late"})));
    client.shows("♥ 12  🎉");
    client.hides("too late");
    insta::assert_snapshot!("a_changed_message", client.screen());
    client.hears(update(22, json!({"content": "", "mentions": [], "reactions": [], "deleted": START})));
    client.shows("message deleted");
    client.hides("the second");
    client.hides("♥");
}

/// "On a chosen message (Up from an empty box): `r` reply, `e` edit, `d` delete (asks), `f` like, `+` react, `y` copy".
#[test]
fn a_chosen_message_is_answered_changed_and_liked() {
    let mut client = conversation(80, 24);
    let packet = |client: &Client| client.sent_last().1;
    // Own messages stand in the past only once they are stored.
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 3, "version": 9, "date": START + 180_000, "handle": "alice", "kind": "text", "content": "coming",
        "mentions": [], "nonce": "n-1"}}}));
    let key = |client: &mut Client, code: KeyCode| match code {
        KeyCode::Char(letter) => client.types(&letter.to_string()),
        code => client.presses(code, KeyModifiers::NONE),
    };
    key(&mut client, KeyCode::Up);
    client.shows("r reply · e edit");
    insta::assert_snapshot!("a_chosen_message", client.screen());
    key(&mut client, KeyCode::Char('f'));
    assert!(matches!(packet(&client), ClientPacket::React(react) if react.index.get() == 3 && react.on));
    key(&mut client, KeyCode::Char('e'));
    client.shows("changing your message");
    client.shows("> coming");
    client.enters(" at once");
    assert!(
        matches!(packet(&client), ClientPacket::EditMessage(edit) if edit.index.get() == 3 && edit.content.as_str() == "coming at once")
    );
    client.hides("changing your message");
    client.shows("> message #tea");

    // Others' words are answered, not changed.
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Char('e'));
    client.shows("somebody else's");
    key(&mut client, KeyCode::Char('y'));
    assert!(
        matches!(&client.effects[..], [Effect::Copy(text)] if text.starts_with("alice, the water boils")),
        "{:?}",
        client.effects
    );
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Char('r'));
    client.shows("↪ bob: alice, the water boils");
    client.enters("for me as well");
    assert!(
        matches!(packet(&client), ClientPacket::SendMessage(send) if send.message.reply_to == Some(Index::new(2))),
        "{:?}",
        client.effects
    );
    // The next one answers nothing.
    client.stores(client.sent_last().0, 4);
    client.enters("and");
    assert!(matches!(packet(&client), ClientPacket::SendMessage(send) if send.message.reply_to.is_none()));
    client.shows("↪ bob: alice, the water boils");

    // Deleting asks; Esc leaves everything as it is.
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Char('d'));
    client.shows("Delete this message?");
    key(&mut client, KeyCode::Esc);
    assert_eq!(client.effects, []);
    key(&mut client, KeyCode::Char('d'));
    key(&mut client, KeyCode::Char('y'));
    assert!(matches!(packet(&client), ClientPacket::DeleteMessage(which) if which.index.get() == 3));
    key(&mut client, KeyCode::Char('+'));
    client.types("tada");
    client.shows("🎉");
    key(&mut client, KeyCode::Enter);
    assert!(matches!(packet(&client), ClientPacket::React(react) if react.emoji.as_str() == "🎉"));
    client.is_answered();
    client.hides("Emoji");
    // What is typed goes where one writes again.
    key(&mut client, KeyCode::Esc);
    client.types("r");
    client.shows("> r");
}

/// What was being written before an edit is there again after it, however it ends.
#[test]
fn an_edit_keeps_the_draft() {
    let mut client = conversation(80, 24);
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 3, "version": 9, "date": START + 180_000, "handle": "alice", "kind": "text", "content": "coming",
        "mentions": [], "nonce": "n-1"}}}));
    for end in [KeyCode::Esc, KeyCode::Enter] {
        client.presses(KeyCode::Up, KeyModifiers::NONE);
        client.presses(KeyCode::Char('e'), KeyModifiers::NONE);
        client.types("!");
        client.shows("> coming!");
        client.presses(end, KeyModifiers::NONE);
        client.shows("> message #tea");
    }
    // What was refused can be had back.
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> coming!");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    // A deleted message has nothing to do anything with.
    client.hears(json!({"type": "channel_message_update", "payload": {"id": "c1", "message": {
        "index": 3, "version": 30, "content": "", "deleted": START}}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Char('r'), KeyModifiers::NONE);
    client.shows("this message is deleted");
}

/// A message that was patched before it was whole is taken from the page that brings it; what is written is changed as it
/// was written, not as it is drawn; slow mode holds up one channel and no other.
#[test]
fn a_whole_message_wins_over_a_patched_one() {
    let mut client = conversation(80, 24);
    client.hears(json!({"type": "channel_message_update", "payload": {"id": "c1", "message": {
        "index": 1, "version": 40, "reactions": [{"emoji": "♥", "count": 1, "handles": ["bob"]}]}}}));
    client.shows("is anybody here?");
    let whole = json!({"index": 1, "version": 40, "date": START, "handle": "bob", "kind": "text", "content": "edited before",
        "reactions": [{"emoji": "♥", "count": 1, "handles": ["bob"]}], "edited": START});
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": whole}}));
    client.shows("edited before");

    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 3, "version": 41, "date": START + 180_000, "handle": "alice", "kind": "text",
        "content": "a\tb", "mentions": [], "nonce": "n-1"}}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Char('e'), KeyModifiers::NONE);
    client.enters("!");
    let ClientPacket::EditMessage(edit) = client.sent_last().1 else { panic!("{:?}", client.effects) };
    assert_eq!(edit.content.as_str(), "a\tb!");
    // What is pasted goes where one writes, and what is typed behind it, too.
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.gets(Msg::Paste("paste".to_owned()));
    client.now = client.now.plus_millis(1_000);
    client.types("dy");
    client.shows("> pastedy");
    assert!(client.effects.iter().all(|effect| !matches!(effect, Effect::Send(_, ClientPacket::DeleteMessage(_)))));
}

/// Slow mode is a matter of one channel: a message that it refuses waits for its sender, and no other one does.
#[test]
fn slow_mode_holds_up_one_channel() {
    let mut client = Client::welcomed(80, 24);
    client.is_in("c1", "tea", "public");
    client.is_in("c2", "plans", "private");
    client.hears(json!({"type": "channel_update", "payload": {
        "id": "c1", "version": 4, "rules": {"read_only": false, "slow_mode_s": 600}}}));
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.enters("too soon");
    let (reference, packet) = client.sent_last();
    assert!(matches!(packet, ClientPacket::SendMessage(send) if send.id.as_str() == "c1"));
    client.hears(json!({"type": "error", "ref": reference, "payload": {
        "code": "rate_limited", "reason": "wait 600 s", "retry_after_ms": 600_000}}));
    client.shows("not sent: wait 600 s");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.enters("elsewhere");
    assert!(matches!(client.sent_last().1, ClientPacket::SendMessage(send) if send.id.as_str() == "c2"));
}

/// "Up by habit, then typing": a word is a word, and a single letter what it says.
#[test]
fn a_word_that_is_typed_on_a_message_is_text() {
    for text in ["fine with me", "please wait", "don't", "yes"] {
        let mut client = talk();
        client.bob_says("c1", 1, "shall we?");
        client.presses(KeyCode::Up, KeyModifiers::NONE);
        client.types(text);
        client.shows(&format!("> {text}"));
        assert!(!client.sent().iter().any(|packet| matches!(packet, ClientPacket::React(_))));
    }
    let mut client = talk();
    client.bob_says("c1", 1, "shall we?");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Char('f'), KeyModifiers::NONE);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    assert!(matches!(client.sent_last().1, ClientPacket::React(_)), "another key waits for nothing");
}

/// "Ctrl+C destroys what is written": it is put back by Ctrl+Y, here, in another channel or on a page, and by Ctrl+Up.
#[test]
fn what_is_cut_out_is_put_back_anywhere() {
    let mut client = talk();
    client.is_in("c2", "zoo", "public");
    client.types("half a thought");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.hides("half a thought");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    client.presses(KeyCode::Char('y'), KeyModifiers::CONTROL);
    client.shows("> half a thought");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.presses(KeyCode::F(2), KeyModifiers::NONE);
    client.types("n");
    client.presses(KeyCode::Char('y'), KeyModifiers::CONTROL);
    client.shows("> half a thought");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> half a thought");
}

/// "Up inside a wrapped line replaces it": a row of the box is a row.
#[test]
fn up_in_a_long_line_goes_a_row_up() {
    let mut client = talk();
    client.enters("sent earlier");
    client.types(&"word ".repeat(30));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("X");
    client.hides("> sent earlier");
    client.presses(KeyCode::Enter, KeyModifiers::NONE);
    assert_eq!(client.screen().matches("X").count(), 1, "{}", client.screen());
    client.shows("word X");
}

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
    client.shows("there is no /nonsense");
    client.now = client.now.plus_millis(20_000);
    client.gets(Msg::Wake);
    client.shows("there is no /nonsense");
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.hides("there is no /nonsense");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("/nonsense");
    client.now = client.now.plus_millis(31_000);
    client.gets(Msg::Wake);
    client.hides("there is no /nonsense");
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
    client.shows("r reply · f ♥ · + react · y copy · o copy link");
    for (key, words) in [("d", "only its author"), ("P", "only the owner and moderators")] {
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
    client.shows("> message @bob");
    client.enters("/read");
    assert!(matches!(client.sent_last().1, ClientPacket::MarkRead(_)), "{:?}", client.effects);
    client.enters("/takeback");
    client.shows("nothing that failed waits here");
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
    client.shows("> message #room-39");
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
    client.shows("> message #room-12");
}
