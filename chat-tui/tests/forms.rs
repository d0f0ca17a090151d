//! Forms and pages that wait for the daemon: after a refusal they stand as they were, so that what is typed next goes into
//! them and is not said aloud.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::app::Model;
use chat_tui::effect::Effect;
use chat_tui::msg::{Msg, SignInFailure};
use chat_tui::page::{ChannelsWish, Fetch, Fetched};
use chat_tui::session::Server;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::{ClientPacket, ErrorCode};
use serde_json::{Value, json};
use support::{Client, START, conversation, enter, presses, read, refused, start, talk};

fn alt(client: &mut Client, key: char) {
    client.presses(KeyCode::Char(key), KeyModifiers::ALT);
}

fn channel(id: &str, name: &str, kind: &str, member: bool) -> Value {
    json!({"id": id, "name": name, "kind": kind, "topic": format!("all about {name}"), "owner": "bob",
        "member": member, "members_total": 2, "last_index": 1, "last_date": START, "version": 4,
        "last_read": 0, "unread": 0, "mentions": 0})
}

/// What the page asked for, if it did.
fn asked(client: &Client) -> Option<ChannelsWish> {
    client.effects.iter().rev().find_map(|effect| match effect {
        Effect::Fetch(Fetch::Channels(wish)) => Some(wish.clone()),
        _ => None,
    })
}

fn lists(client: &mut Client, wish: ChannelsWish, channels: &[Value], more: bool) {
    let list = read(json!({"channels": channels, "more": more}));
    let after = wish.after.clone();
    client.gets(Msg::Fetched(Fetch::Channels(wish), Ok(Fetched::Channels(after, list))));
}

/// Alice looks at these channels, and there are no more.
fn among(channels: &[Value]) -> Client {
    let mut client = talk();
    alt(&mut client, 'l');
    let wish = asked(&client).expect("the page asks");
    lists(&mut client, wish, channels, false);
    client
}

/// "Invite form closes on an error, the second try is said aloud."
#[test]
fn an_invitation_is_mended_in_its_form() {
    let mut client = talk();
    alt(&mut client, 'i');
    client.enters("nobody");
    client.shows("Waiting for the server");
    client.is_refused("not_found", "No account called");
    client.shows("Invite to #tea");
    client.shows("No account called");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("bob");
    let (_, ClientPacket::Invite(invite)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(invite.handle.as_str(), "bob");
    client.is_answered();
    client.hides("Invite to");
    // "an answer `{waiting: true}` shows that it waits"
    for by_form in [true, false] {
        if by_form {
            alt(&mut client, 'i');
            client.enters("carol");
        } else {
            client.enters("/invite carol");
        }
        client.is_answered_by(json!({"waiting": true}));
        client.shows("Invitation sent. carol has to accept it.");
    }
}

/// "a form or popup that closes on an error keeps its text and focus": refused, without a connection, cut meanwhile.
#[test]
fn forms_stay_until_it_is_done() {
    let mut client = talk();
    alt(&mut client, 'c');
    client.enters("lоbby");
    client.is_refused("name_taken", "This looks like another channel");
    client.shows("This looks like another channel");
    client.shows("Create a channel");
    enter(&mut client);
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.shows("The connection was lost");
    enter(&mut client);
    client.shows("You are offline");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.connects();
    enter(&mut client);
    let (_, ClientPacket::CreateChannel(create)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(create.name.as_str(), "lоbby");
    client.is_answered_by(json!({"id": "c9"}));
    client.is_in("c9", "lоbby", "public");
    client.hides("Create a channel");
    client.shows("> Message #lоbby");
    // An answer that comes after one has closed the form is told.
    alt(&mut client, 'i');
    client.enters("nobody");
    let (reference, _) = client.sent_last();
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hides("Invite to");
    client.hears(
        json!({"type": "error", "ref": reference, "payload": {"code": "not_found", "reason": "nobody is called so"}}),
    );
    client.shows("Nobody is called so");
}

#[test]
fn a_reaction_is_mended_in_its_form() {
    let mut client = talk();
    client.bob_says("c1", 1, "cake");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    presses(&mut client, '+');
    client.enters("вор");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("No emoji matches.");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("tada");
    client.is_refused("not_allowed", "There are 20 kinds already");
    client.shows("There are 20 kinds already");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.enters("heart");
    let (_, ClientPacket::React(react)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(react.emoji.as_str(), "♥", "hearts are one");
    client.is_answered();
    client.hides("↑ ↓ choose");
    client.shows("r reply");
}

/// "Text settings are typed into the chat line; one wrong key publishes them": they are edited where they stand.
#[test]
fn what_is_set_is_written_in_its_place() {
    let settings = |client: &mut Client| {
        client.hears(json!({"type": "settings", "payload": {"presence": "online", "status": "", "theme": "",
            "privacy": {"presence": "shared", "messages": "everyone", "posts": "friends"}}}));
    };
    let profile =
        json!({"handle": "alice", "joined": START, "display_name": "Alice", "about": "tea\nand cake", "channels": []});
    let said = json!({"hits": [], "more": false, "complete": true});
    for (downs, title, before, typed, refusal) in [
        (1, "─ Status ─", "", "at sea", "Not now"),
        (2, "─ Display name ─", "> Alice", " A.", "No such name"),
        (3, "─ Bio ─", "> tea", "!", "too much of it"),
    ] {
        let mut client = talk();
        settings(&mut client);
        client.types("my important half-written draft");
        client.presses(KeyCode::F(4), KeyModifiers::NONE);
        let fetched = Fetched::Profile(Box::new(read(profile.clone())), read(said.clone()));
        client.gets(Msg::Fetched(Fetch::Myself, Ok(fetched)));
        for _ in 0..downs {
            client.presses(KeyCode::Down, KeyModifiers::NONE);
        }
        enter(&mut client);
        client.shows(title);
        client.shows("Settings —");
        client.shows(before);
        client.types(typed);
        enter(&mut client);
        assert_eq!(client.sends_messages(), 0);
        assert!(
            matches!(client.sent_last().1, ClientPacket::SetPresence(_) | ClientPacket::SetProfile(_)),
            "{:?}",
            client.effects
        );
        client.is_refused("not_allowed", refusal);
        client.shows(&chat_tui::refusals::as_sentence(refusal));
        client.shows(title);
        client.shows(typed.trim());
        // Whatever leads away takes it along nowhere.
        client.presses(KeyCode::F(3), KeyModifiers::NONE);
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
        client.shows("> my important half-written draft");
        client.presses(KeyCode::Up, KeyModifiers::CONTROL);
        client.hides(typed.trim());
    }
}

#[test]
fn a_topic_is_written_on_the_page_of_its_channel() {
    let mut client = talk();
    client.types("my draft");
    alt(&mut client, 'm');
    enter(&mut client);
    client.shows("> A quiet place");
    client.enters(" for tea");
    let (_, ClientPacket::SetTopic(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((set.id.as_str(), set.topic.as_str()), ("c1", "A quiet place for tea"));
    client.is_refused("not_allowed", "Your role does not allow it");
    client.shows("Your role does not allow it");
    client.shows("> A quiet place for tea");
    client.gets(Msg::Paste("\nof all kinds\nand more".to_owned()));
    client.now = client.now.plus_millis(1_000);
    enter(&mut client);
    let (_, ClientPacket::SetTopic(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.topic.as_str(), "A quiet place for teaof all kinds");
    client.is_answered();
    client.hides("> A quiet place");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("> my draft");
}

/// "the exact name comes first; Enter joins or creates only on a row that says so; what one is in is opened"
#[test]
fn the_channel_of_the_name_comes_first() {
    let mut client = among(&[
        channel("c7", "ops-alerts", "public", false),
        channel("c8", "ops", "public", false),
        channel("c9", "releases", "public", false),
        channel("p1", "release", "private", true),
    ]);
    client.is_in("p1", "release", "private");
    client.types("ops");
    let screen = client.screen();
    assert!(screen.find("#ops  join") < screen.find("#ops-alerts  join"), "{screen}");
    client.hides("Create");
    enter(&mut client);
    let (_, ClientPacket::JoinChannel(join)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(join, proto::JoinChannel::Id("c8".parse().expect("an id")));
    client.is_refused("banned", "you are banned");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    // One's own channel is opened, though a public one has a longer name.
    client.types("#release");
    client.shows("✓ #release (private)  joined");
    enter(&mut client);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("> Message #release");
}

#[test]
fn a_channel_is_created_by_a_row_that_says_so() {
    let mut client = among(&[channel("c8", "offtopic", "public", false)]);
    client.types("offtop");
    client.shows("#offtopic  join");
    client.shows("+ Create #offtop");
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    enter(&mut client);
    let (_, ClientPacket::CreateChannel(create)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(create.name.as_str(), "offtop");
    client.is_refused("name_taken", "Somebody was faster");
    client.shows("Somebody was faster");
    client.types(" a");
    client.shows("No channels match");
    enter(&mut client);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("Channel names have");
    // A click on it says the same as Enter.
    client.shows("Channels — 0");
}

/// "The page must use the new paged `GET /v1/channels` for searching when there are more."
#[test]
fn more_channels_than_are_known_are_asked_for() {
    let mut client = talk();
    alt(&mut client, 'l');
    let wish = asked(&client).expect("the page asks");
    assert_eq!(wish, ChannelsWish::default());
    let first = (0..30).map(|n| channel(&format!("a{n}"), &format!("a{n:02}"), "public", false)).collect::<Vec<_>>();
    lists(&mut client, wish, &first, true);
    client.shows("Channels — 30+");
    // Near the end the next part is asked for, once.
    let mut next = None;
    for _ in 0..40 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
        next = next.or(asked(&client));
    }
    let after = "a29".parse().expect("a name");
    assert_eq!(next.clone().expect("more is asked for"), ChannelsWish { text: String::new(), after: Some(after) });
    lists(&mut client, next.expect("more"), &[channel("b1", "b1", "public", false)], true);
    client.shows("Channels — 31+");
    // What is written is looked for by the daemon; until that is known no row does anything.
    client.types("zo");
    let typed = asked(&client).expect("the words are asked for");
    assert_eq!(typed.text, "zo");
    client.types("o");
    let words = asked(&client).expect("the words are asked for");
    client.hides("Create");
    enter(&mut client);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    lists(&mut client, typed, &[channel("z9", "zone", "public", false)], false);
    client.hides("#zone");
    lists(
        &mut client,
        words,
        &[channel("z1", "zoo", "public", false), channel("z2", "zoology", "public", false)],
        false,
    );
    enter(&mut client);
    let (_, ClientPacket::JoinChannel(join)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(join, proto::JoinChannel::Id("z1".parse().expect("an id")));
}

/// A page that leads to a conversation is left for it, not for a refusal.
#[test]
fn a_page_is_left_for_what_it_leads_to() {
    let mut client = conversation(100, 24);
    let people = json!({"people": [{"handle": "carol", "relation": "friend", "since": START},
        {"handle": "bob", "relation": "friend", "since": START}]});
    client.gets(Msg::Fetched(Fetch::Friends, Ok(Fetched::Friends(read(people)))));
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    enter(&mut client);
    assert!(matches!(client.sent_last().1, ClientPacket::OpenDm(_)), "{:?}", client.effects);
    client.is_refused("rate_limited", "20 new conversations a day");
    client.shows("20 new conversations a day");
    client.shows("─ Friends ");
    enter(&mut client);
    client.is_answered_by(json!({"id": "d9"}));
    client.shows("─ Friends ");
    client.is_in("d9", "carol", "dm");
    client.hides("─ Friends ");
    client.shows("> Message @carol");
    // One that is here is shown at once.
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    enter(&mut client);
    client.hides("─ Friends ");
    client.shows("> Message @bob");
}

/// "an empty handle moves on in silence": what is missing is told before anything is sent, and the cursor stands there.
#[test]
fn the_sign_in_form_tells_what_is_missing() {
    let server: Server = "https://chat.example".parse().expect("an address");
    let model = Model::signed_out(start(), &server, "", false, (80, 24));
    let mut form = Client::of(model);
    form.shows("Sign in to chat.example:443");
    form.shows("Enter sign in  Tab next field  F2 create account");
    let sends = |form: &Client| form.effects.iter().any(|effect| matches!(effect, Effect::SignIn(_)));
    for _ in 0..2 {
        enter(&mut form);
    }
    assert!(!sends(&form), "{:?}", form.effects);
    form.shows("Enter a handle and a password");
    form.types("alice");
    for _ in 0..2 {
        enter(&mut form);
    }
    assert!(!sends(&form), "{:?}", form.effects);
    form.enters("four plain words");
    assert!(sends(&form), "{:?}", form.effects);
    form.shows("Signing in …");
    let pending = refused(ErrorCode::ApprovalPending, "this account waits for approval by an operator");
    form.gets(Msg::SignedIn(Err(SignInFailure::Request(pending))));
    form.shows("Account requested. An operator has to approve it;");
    // What was said of signing in is not said of signing up.
    form.presses(KeyCode::F(2), KeyModifiers::NONE);
    form.hides("Account requested");
    form.shows("Create an account on chat.example:443");
    form.shows("Password: at least 9 characters");
}

/// Behind a key of ssh nothing on the screen leads to another server (fault M10).
#[test]
fn a_fixed_server_is_not_chosen() {
    let server: Server = "http://127.0.0.1:7300".parse().expect("an address");
    let mut fixed = start();
    fixed.fixed_server = true;
    let model = Model::signed_out(fixed.clone(), &server, "", true, (80, 24));
    let mut form = Client::of(model);
    let fills = |client: &mut Client| {
        client.hides("Server");
        client.hides("http://");
        // Wherever one goes in the form, none of its lines is the server.
        for _ in 0..9 {
            client.presses(KeyCode::Up, KeyModifiers::NONE);
            client.types("x");
        }
        client.presses(KeyCode::F(2), KeyModifiers::NONE);
        for _ in 0..9 {
            client.presses(KeyCode::Tab, KeyModifiers::NONE);
            client.gets(Msg::Paste("http://10.0.0.1:80".to_owned()));
        }
        client.presses(KeyCode::F(2), KeyModifiers::NONE);
        let mut signs_in = None;
        for _ in 0..5 {
            enter(client);
            signs_in = signs_in.or(client.effects.iter().find_map(|effect| match effect {
                Effect::SignIn(wish) => Some(wish.server.clone()),
                _ => None,
            }));
        }
        assert_eq!(signs_in, Some("http://127.0.0.1:7300".parse().expect("an address")));
    };
    fills(&mut form);
    let mut client = Client::starting(fixed.clone(), 80, 24);
    client.is_in("c1", "tea", "public");
    client.enters("/logout");
    client.shows("Sign in to");
    fills(&mut client);
    // A session that ends is no reason to become the user whom all share.
    let mut client = Client::starting(fixed, 80, 24);
    client.gets(Msg::ConnectionUp(2));
    client.is_refused("token_invalid", "the session has ended");
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::SignInLocally(_))), "{:?}", client.effects);
    client.shows("Your session has ended. Sign in again.");
    client.shows("connect with ssh again.");
}

/// "`InviteCode` accepts letters and digits only": nothing else is put behind a command (fault L10).
#[test]
fn no_code_of_a_server_reaches_a_shell() {
    let made = |code: &str| json!({"code": code, "by": "alice", "expires_at": START});
    let mut client = talk();
    client.enters("/code");
    client.is_answered_by(made("9K2M4XQ7RTB0HC31"));
    assert!(client.effects.contains(&Effect::Copy("/redeem 9K2M4XQ7RTB0HC31".to_owned())), "{:?}", client.effects);
    for code in ["abc;$(x)", "a b", "`id`", "x\ny", "../x", "a|b", ""] {
        let mut client = talk();
        client.enters("/code");
        client.is_answered_by(made(code));
        assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Copy(_))), "{code}: {:?}", client.effects);
        client.hides("/redeem");
        client.shows("The server sent an invalid invite code");
    }
}
