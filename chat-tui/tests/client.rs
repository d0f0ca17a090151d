//! The client as a value: what each message makes of it, and what it then shows. No terminal, no
//! socket; the daemon's words are written by hand.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::app::Model;
use chat_tui::effect::Effect;
use chat_tui::msg::{HistoryRange, Msg, SignInFailure};
use chat_tui::trust::KeyError;
use crossterm::event::{KeyCode, KeyModifiers, MouseEvent, MouseEventKind};
use proto::codec::encode_request;
use proto::http::History;
use proto::{ClientPacket, ErrorCode, Handle, Index, Message, MessageKind, Ref, Timestamp, Version};
use ratatui::style::Color;
use serde_json::json;
use support::{Client, START, conversation, refused, start, talk};

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
    assert!(matches!(&client.effects[..], [Effect::SignIn(wish)] if wish.handle == "alice" && wish.register));
    client.gets(Msg::SignedIn(Err(SignInFailure::Request(refused(ErrorCode::UserExists, "User exists")))));
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
    assert!(screen.lines().nth(usize::from(row) + 1).unwrap().contains("Sending …"));
}

#[test]
fn what_waits_elsewhere_is_counted_and_reading_clears_it() {
    let mut client = conversation(120, 20);
    client.shows("#plans            @1");
    client.shows("@bob               1");
    client.shows("2 mentions · 2 unread");
    client.presses(KeyCode::Char('a'), KeyModifiers::ALT);
    client.shows("── New messages ──");
    client.reads();
    let read = client.sent_last();
    assert!(encode_request(&Ref::Number(read.0), &read.1).contains("\"type\":\"channel_read\""), "{read:?}");
    client.shows("1 mention · 1 unread");
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
    assert_eq!(client.screen().matches("Sending …").count(), 1, "the first was stored, but did not come yet");
}

#[test]
fn a_refused_message_says_why_and_is_tried_again_with_the_same_nonce() {
    let mut client = talk();
    client.enters("too long");
    let (reference, first) = client.sent_last();
    client.enters("next");
    let refusal = json!({"code": "muted", "reason": "not now"});
    client.hears(json!({"type": "error", "ref": reference, "payload": refusal}));
    client.shows("✗ Not sent: not now. Ctrl+R resend  Alt+E edit");
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
    client.hides("Not now");
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
    client.shows("Too long: 8001 bytes, the limit is 8000");
    client.shows("xxxxxxxx");
    client.gets(Msg::Paste("x".repeat(65_536)));
    client.shows("Too long to paste");
}

#[test]
fn quitting_with_unsent_messages_is_asked_once() {
    let mut client = talk();
    client.enters("hello");
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert!(client.effects.is_empty());
    client.shows("1 message is not sent yet");
    client.presses(KeyCode::Char('q'), KeyModifiers::CONTROL);
    assert_eq!(client.effects, [Effect::Quit]);
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
    client.shows("No channel is open. /join CHANNEL joins one.");
    client.shows("> words");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("/join tea");
    assert!(matches!(client.sent_last().1, ClientPacket::JoinChannel(_)));
}

#[test]
fn unknown_commands_are_told_and_never_sent() {
    let mut client = conversation(120, 20);
    client.enters("/jion tea");
    client.shows("Unknown command /jion. Did you mean /join?");
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Send(_, ClientPacket::SendMessage(_)))));
    client.shows("> /jion tea");
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
fn scrolling_up_fetches_what_is_missing() {
    let mut client = conversation(80, 16);
    client.bob_says("c1", 201, "line 201");
    let asked = client.effects.iter().find_map(|effect| match effect {
        Effect::LoadHistory(_, HistoryRange::Before(index)) => Some(index.get()),
        _ => None,
    });
    assert_eq!(asked, Some(201), "{:?}", client.effects);
    client.shows("Loading …");
    for index in 202..=240 {
        client.bob_says("c1", index, &format!("line {index}"));
    }
    for _ in 0..6 {
        client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    }
    let messages = (101..=200).map(|index| Message {
        files: Vec::new(),
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
    let page = HistoryRange::Before(Index::new(201));
    client.gets(Msg::History { channel: "c1".parse().unwrap(), page, result: Ok(history), connection: 1 });
    client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    client.hides("Loading …");
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

/// Where a person signs in, a new key is trusted by the whole word, as with `ssh`.
#[test]
fn a_new_key_is_trusted_by_a_word() {
    let server = "https://box:7300".parse().expect("an address");
    let model = Model::signed_out(start(), &server, "alice", false, (80, 24));
    let mut client = Client::of(model);
    client.enters("four plain words");
    assert!(matches!(client.effects[..], [Effect::SignIn(_)]), "{:?}", client.effects);
    client.gets(Msg::KeyRefused(server.clone(), KeyError::Unknown { found: "SHA256:new".to_owned() }));
    insta::assert_snapshot!("a_new_key", client.screen());
    for answer in ["y", "ess", "YES"] {
        client.enters(answer);
        assert_eq!(client.effects, [], "{answer}");
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    }
    client.enters("yes");
    assert!(
        matches!(&client.effects[..], [Effect::Trust(to, key), Effect::SignIn(_)] if *to == server && key == "SHA256:new"),
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
    client.shows("Message deleted");
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
    client.shows("r reply  e edit");
    insta::assert_snapshot!("a_chosen_message", client.screen());
    key(&mut client, KeyCode::Char('f'));
    assert!(matches!(packet(&client), ClientPacket::React(react) if react.index.get() == 3 && react.on));
    key(&mut client, KeyCode::Char('e'));
    client.shows("Editing your message");
    client.shows("> coming");
    client.enters(" at once");
    assert!(
        matches!(packet(&client), ClientPacket::EditMessage(edit) if edit.index.get() == 3 && edit.content.as_str() == "coming at once")
    );
    client.hides("Editing your message");
    client.shows("> Message #tea");

    // Others' words are answered, not changed.
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Char('e'));
    client.shows("You can only edit your own messages");
    key(&mut client, KeyCode::Char('y'));
    assert!(
        matches!(&client.effects[..], [Effect::Copy(text)] if text.starts_with("alice, the water boils")),
        "{:?}",
        client.effects
    );
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Up);
    key(&mut client, KeyCode::Char('r'));
    client.shows("Replying to bob: alice, the water boils");
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
    client.shows("Delete message for everyone?");
    client.shows("y delete  Esc keep");
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
    client.types("e");
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
    client.shows("Not sent: wait 600 s");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.enters("elsewhere");
    assert!(matches!(client.sent_last().1, ClientPacket::SendMessage(send) if send.id.as_str() == "c2"));
}

/// "resize to 1×1 and 0 rows": whatever is on the screen is drawn at any size, and moved about by the wheel and by clicks.
#[test]
fn whatever_is_shown_fits_any_size() {
    let chosen = [(KeyCode::Up, KeyModifiers::NONE)];
    let keys = |code: KeyCode| vec![(code, KeyModifiers::NONE)];
    let alt = |letter: char| vec![(KeyCode::Char(letter), KeyModifiers::ALT)];
    let screens =
        [vec![], chosen.to_vec(), keys(KeyCode::F(1)), keys(KeyCode::F(2)), keys(KeyCode::F(3)), keys(KeyCode::F(4))];
    let screens =
        screens.into_iter().chain("cilmpsu".chars().map(alt)).chain([keys(KeyCode::F(7)), keys(KeyCode::F(8))]);
    for screen in screens {
        let mut client = conversation(120, 36);
        // The last one of the list is open.
        client.presses(KeyCode::Char('3'), KeyModifiers::ALT);
        for (code, modifiers) in &screen {
            client.presses(*code, *modifiers);
        }
        for columns in (0..6).chain([22, 23, 24, 40, 80, 200]) {
            for rows in (0..7).chain([12, 60]) {
                client.gets(Msg::Resize(columns, rows));
                client.cells();
                for kind in [MouseEventKind::ScrollUp, MouseEventKind::ScrollDown] {
                    client.gets(Msg::Mouse(MouseEvent { kind, column: 1, row: 1, modifiers: KeyModifiers::NONE }));
                }
                client.cells();
            }
        }
    }
}
