//! Where one writes: keys, completion, what is cut out and put back, and text that stays as it was meant.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::json;
use support::{Client, START, conversation, talk};

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
    client.shows("Press Ctrl+C again to quit");
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
    client.shows("Replying to bob: the release candidate is out");
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
        client.types("e");
        client.types("!");
        client.shows("> coming!");
        client.presses(end, KeyModifiers::NONE);
        client.shows("> Message #tea");
    }
    // What was refused can be had back.
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> coming!");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    // A deleted message has nothing to do anything with.
    client.hears(json!({"type": "channel_message_update", "payload": {"id": "c1", "message": {
        "index": 3, "version": 30, "content": "", "deleted": START}}}));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.types("r");
    client.shows("This message was deleted");
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

/// A command that is written over a message is not said to everybody.
#[test]
fn a_command_is_no_text_for_a_message() {
    let mut client = talk();
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {
        "index": 1, "version": 4, "date": START, "handle": "alice", "kind": "text", "content": "first", "mentions": []}}}));
    let edits = |client: &Client| {
        client.sent().into_iter().find_map(|packet| match packet {
            ClientPacket::EditMessage(edit) => Some(edit.content.as_str().to_owned()),
            _ => None,
        })
    };
    for (written, content) in
        [("/msg carol my secret", None), ("//msg carol", Some("/msg carol")), ("/etc/hosts", Some("/etc/hosts"))]
    {
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
        client.presses(KeyCode::Up, KeyModifiers::NONE);
        client.types("e");
        client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
        client.enters(written);
        assert_eq!(edits(&client).as_deref(), content, "{written}");
    }
    client.is_refused("not_found", "there is no such message");
    client.shows("This message does not exist. Ctrl+Up brings your edit back.");
}
