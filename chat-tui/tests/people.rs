//! People: what is known of them, the pages about them, and how the reader is seen.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proto::{Audience, ChosenPresence, ClientPacket, ErrorCode};
use serde_json::{Value, json};
use support::{Client, START, enter, presses, read, refused, talk};

fn person(handle: &str, relation: &str, online: Option<bool>) -> Value {
    let mut person = json!({"handle": handle, "relation": relation, "since": START - 60_000});
    if let Some(online) = online {
        person["presence"] = json!({"handle": handle, "online": online, "since": START - 600_000,
            "state": if online { "online" } else { "offline" }, "last_seen": START - 7_200_000});
    }
    person
}

/// A client that knows who stands how to the reader.
fn among_friends() -> Client {
    let mut client = talk();
    let people = json!({"people": [person("dave", "friend", Some(false)), person("carol", "asking", None),
        person("erin", "blocked", None), person("bob", "friend", Some(true)), person("frank", "asked", None)]});
    client.gets(Msg::Fetched(Fetch::Friends, Ok(Fetched::Friends(read(people)))));
    client
}

fn settings(client: &mut Client, presence: &str, theme: &str) {
    client.hears(json!({"type": "settings", "payload": {"presence": presence, "status": "at lunch", "theme": theme,
        "privacy": {"presence": "shared", "messages": "everyone", "posts": "friends"}}}));
}

/// "A friends page with who is online on top and since when."
#[test]
fn friends_who_are_there_come_first() {
    let mut client = among_friends();
    client.shows("Friends 1 request");
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.shows("Friends — 1 of 2 online");
    let order =
        ["carol  sent you", "bob  Online since 09:50", "dave  Last seen 08:00", "frank  request sent", "erin  blocked"];
    let screen = client.screen();
    let places = order.map(|text| screen.find(text).unwrap_or_else(|| panic!("{text:?} in\n{screen}")));
    assert!(places.is_sorted(), "{screen}");
    // Who asks is answered on the spot; whoever asks meanwhile takes nobody's place under the finger.
    client.hears(json!({"type": "friend_update", "payload": person("aaron", "asking", None)}));
    client.shows("aaron  sent you a friend request");
    enter(&mut client);
    client.shows("Accept carol’s friend request?");
    presses(&mut client, 'y');
    let (_, ClientPacket::AskFriend(asked)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(asked.handle.as_str(), "carol");
    client.hears(json!({"type": "friend_update", "payload": person("aaron", "none", None)}));
    client.hears(json!({"type": "friend_update", "payload": person("carol", "friend", Some(true))}));
    client.shows("Friends — 2 of 3 online");
    // Whether they are there is told as it changes.
    client.hears(json!({"type": "presence_update", "payload": {"members": [
        {"handle": "bob", "online": false, "state": "offline", "last_seen": START, "since": START}]}}));
    client.shows("bob  Last seen 10:00");
    client.shows("Friends — 1 of 3 online");
    // What both would miss is asked about first.
    presses(&mut client, 'x');
    client.shows("Remove carol from your friends?");
    presses(&mut client, 'y');
    let (_, ClientPacket::RemoveFriend(removed)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(removed.handle.as_str(), "carol");
    client.hears(json!({"type": "friend_update", "payload": person("carol", "none", None)}));
    client.hides("carol  ");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hides("─ Friends ");
}

/// Somebody new is asked from the page, also while nobody is on it.
#[test]
fn the_page_of_friends_leads_to_asking_somebody() {
    let mut client = talk();
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.gets(Msg::Fetched(Fetch::Friends, Ok(Fetched::Friends(read(json!({"people": []}))))));
    client.shows("No friends yet. n adds one by handle");
    presses(&mut client, 'n');
    client.shows("Add a friend by handle");
    // Nobody of that name: the page and what was written stay.
    "zooe".chars().for_each(|key| presses(&mut client, key));
    enter(&mut client);
    client.is_refused("not_found", "No account called");
    client.shows("No account called");
    client.shows("> zooe");
    client.presses(KeyCode::Backspace, KeyModifiers::NONE);
    client.presses(KeyCode::Backspace, KeyModifiers::NONE);
    presses(&mut client, 'e');
    enter(&mut client);
    let (_, ClientPacket::AskFriend(asked)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(asked.handle.as_str(), "zoe");
    client.is_answered();
    client.hides("Add a friend by handle");
    client.shows("─ Friends ");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("> Message #tea");
}

/// "`p` on a message opens its author's profile": and from there what one does with people.
#[test]
fn a_profile_says_who_somebody_is_and_leads_back() {
    let mut client = among_friends();
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    presses(&mut client, 'p');
    let fetch = Fetch::Profile("carol".parse().unwrap());
    let profile = json!({"handle": "carol", "joined": START - 86_400_000, "guest": false, "display_name": "Carol C.",
        "about": "Tea, mostly.\nAlso code.", "channels": [{"id": "c1", "name": "tea", "kind": "public"}],
        "presence": {"handle": "carol", "online": true, "state": "dnd", "status": "in a meeting"}});
    let said = json!({"hits": [], "more": false, "complete": true});
    client.gets(Msg::Fetched(fetch, Ok(Fetched::Profile(Box::new(read(profile)), read(said)))));
    for text in [
        "Carol C.",
        "Busy · joined Fri 20 Nov",
        "“in a meeting”",
        "Tea, mostly.",
        "Also code.",
        "Sent you a friend request",
        "#tea",
    ] {
        client.shows(text);
    }
    presses(&mut client, 'f');
    let (_, ClientPacket::AskFriend(_)) = client.sent_last() else { panic!("{:?}", client.effects) };
    presses(&mut client, 'b');
    client.shows("Block carol? They won’t be told.");
    presses(&mut client, 'y');
    let (_, ClientPacket::Block(block)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert!(block.on);
    // The page below is still there.
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("Friends — 1 of 2 online");
    client.hides("Carol C.");
}

/// "Settings kept on the server": what is set shows on every device, and Enter goes through what there is.
#[test]
fn settings_are_changed_where_they_stand() {
    let mut client = talk();
    settings(&mut client, "dnd", "");
    client.shows("⊖ Busy");
    client.types("half a thought");
    client.presses(KeyCode::F(4), KeyModifiers::NONE);
    for text in ["Busy (do not disturb)", "at lunch", "Friends and channel members", "Automatic"] {
        client.shows(text);
    }
    enter(&mut client);
    let (_, ClientPacket::SetPresence(presence)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((presence.state, presence.status), (Some(ChosenPresence::Invisible), None));
    settings(&mut client, "invisible", "");
    client.shows("◌ Invisible");
    // Others see no step on the way.
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("Away — Enter sets it");
    enter(&mut client);
    let (_, ClientPacket::SetPresence(presence)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(presence.state, Some(ChosenPresence::Away));
    for _ in 0..4 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    enter(&mut client);
    let (_, ClientPacket::SetSettings(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.privacy.presence, Some(Audience::Everyone));
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    let (_, ClientPacket::SetSettings(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.privacy.presence, Some(Audience::Friends), "without passing by what lets more people see");
    for _ in 0..2 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    client.shows("Who can add me to channels");
    client.presses(KeyCode::Left, KeyModifiers::NONE);
    let (_, ClientPacket::SetSettings(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.privacy.invitations, Some(Audience::Shared));
    for _ in 0..2 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    enter(&mut client);
    let (_, ClientPacket::SetSettings(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.theme.unwrap().as_str(), "light");
    settings(&mut client, "online", "light");
    assert_eq!(client.model.theme_name(), "light");
    client.shows("Light");
    // What is text is written where it stands; what was being written elsewhere is not touched.
    for _ in 0..7 {
        client.presses(KeyCode::Up, KeyModifiers::NONE);
    }
    enter(&mut client);
    client.shows("─ Status ─");
    client.shows("> at lunch");
    client.types(" with bob");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("Settings —");
    enter(&mut client);
    client.shows("> at lunch");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.types("back at work");
    enter(&mut client);
    let (_, ClientPacket::SetPresence(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((set.state, set.status.map(|status| status.to_string())), (None, Some("back at work".to_owned())));
    client.is_answered();
    client.hides("Status: what");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("> half a thought");
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.hides("back at work");
}

/// What was asked for may be older than what was told meanwhile.
#[test]
fn an_answer_from_the_past_changes_nothing() {
    let mut client = talk();
    settings(&mut client, "dnd", "");
    let old =
        json!({"presence": "online", "privacy": {"presence": "shared", "messages": "everyone", "posts": "friends"}});
    client.gets(Msg::Fetched(Fetch::Settings, Ok(Fetched::Settings(read(old)))));
    client.shows("⊖ Busy");
    client.hears(json!({"type": "friend_update", "payload": person("bob", "friend", Some(true))}));
    let old = || Fetched::Friends(read(json!({"people": []})));
    client.gets(Msg::Fetched(Fetch::Friends, Ok(old())));
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Friends)), "{:?}", client.effects);
    let people = json!({"people": [person("bob", "friend", Some(true))]});
    client.gets(Msg::Fetched(Fetch::Friends, Ok(Fetched::Friends(read(people)))));
    client.shows("Friends 1 online");
}

#[test]
fn how_one_is_seen_is_said_by_commands() {
    let mut client = talk();
    let sent = |client: &mut Client, line: &str| {
        client.enters(line);
        match client.sent_last() {
            (_, ClientPacket::SetPresence(set)) => (set.state, set.status.map(|status| status.to_string())),
            other => panic!("{other:?}"),
        }
    };
    let words = |text: &str| Some(text.to_owned());
    assert_eq!(sent(&mut client, "/away"), (Some(ChosenPresence::Away), None));
    assert_eq!(sent(&mut client, "/dnd in a meeting"), (Some(ChosenPresence::Dnd), words("in a meeting")));
    assert_eq!(sent(&mut client, "/status tea"), (None, words("tea")));
    assert_eq!(sent(&mut client, "/invisible"), (Some(ChosenPresence::Invisible), None));
    assert_eq!(sent(&mut client, "/back"), (Some(ChosenPresence::Online), words("")));
    client.enters(&format!("/status {}", "x".repeat(200)));
    client.shows("A status is one line of at most");
    client.presses(KeyCode::Char('c'), KeyModifiers::CONTROL);
    client.enters("/name Alice A.");
    let (_, ClientPacket::SetProfile(profile)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(profile.display_name.unwrap().as_str(), "Alice A.");
}

/// What somebody does stands below their name, and goes with them; a click on a name leads to them.
#[test]
fn a_status_stands_below_a_name() {
    let mut client = talk();
    let bob = |state: &str, online: bool, status: Value| {
        json!({"type": "presence_update", "payload": {"members": [{"handle": "bob", "online": online, "state": state,
            "status": status, "since": START}]}})
    };
    client.hears(bob("away", true, "lunch \u{202e}evil".into()));
    client.hides("\u{202e}");
    client.hears(bob("away", true, "at lunch".into()));
    let screen = client.screen();
    let row = |text: &str| screen.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("{screen}"));
    assert_eq!(row("at lunch"), row("◐ bob") + 1, "{screen}");
    let (kind, row) = (MouseEventKind::Down(MouseButton::Left), row("◐ bob") as u16);
    client.gets(Msg::Mouse(MouseEvent { kind, column: 110, row, modifiers: KeyModifiers::NONE }));
    let asked = client
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Fetch(Fetch::Profile(handle)) if handle.as_str() == "bob"));
    assert!(asked, "{:?}", client.effects);
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.hears(bob("offline", false, Value::Null));
    client.hides("at lunch");
}

/// Friend requests join the catch-up list.
#[test]
fn an_asking_leads_to_the_friends() {
    let mut client = among_friends();
    client.presses(KeyCode::Char('u'), KeyModifiers::ALT);
    let entry = json!({"number": 1, "kind": "friend", "by": "carol", "date": START});
    let list = json!({"entries": [entry], "total": 1, "more": false});
    client.gets(Msg::Fetched(Fetch::CatchUp, Ok(Fetched::CatchUp(read(list)))));
    client.shows("carol sent you a friend request · 10:00");
    enter(&mut client);
    client.shows("Friends — 1 of 2 online");
}

/// "list and end sessions with device and last use"
#[test]
fn sessions_are_ended_where_they_stand() {
    let mut client = talk();
    client.enters("/sessions");
    let session = |id: &str, device: &str, connections: u64| {
        json!({"id": id, "device": device, "client": "chat-tui 0.1.0", "created": START - 86_400_000,
            "last_used": START - 60_000, "connections": connections, "expires_at": START + 86_400_000})
    };
    let (one, other) = ("7f3a09c1d24e8b5f60a1b2c3d4", "11aa09c1d24e8b5f60a1b2c3d4");
    let mut mine = session(one, "laptop", 1);
    mine["current"] = true.into();
    let list = read(json!({"sessions": [mine, session(other, "phone", 0)]}));
    client.gets(Msg::Fetched(Fetch::Sessions, Ok(Fetched::Sessions(list))));
    for text in ["Sessions — 2", "● chat-tui 0.1.0 (laptop) (this session)", "(phone)", "Last used 09:59", "Connected"]
    {
        client.shows(text);
    }
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    presses(&mut client, 'x');
    client.shows("Sign out this session?");
    presses(&mut client, 'y');
    let (reference, ClientPacket::EndSession(end)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((end.id.map(|id| id.to_string()), end.others), (Some(other.to_owned()), false));
    client.hears(json!({"type": "ok", "ref": reference, "payload": {}}));
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Sessions)), "the list is asked for again");
    presses(&mut client, 'X');
    client.shows("Sign out all other sessions?");
}

/// "delete my account (content removed or kept …, by choice)": nobody does it by a slip.
#[test]
fn an_account_is_deleted_by_who_means_it() {
    let mut client = talk();
    settings(&mut client, "online", "");
    client.enters("/settings");
    for _ in 0..13 {
        client.presses(KeyCode::Down, KeyModifiers::NONE);
    }
    enter(&mut client);
    client.shows("Delete your account");
    client.types("bob");
    for _ in 0..3 {
        enter(&mut client);
    }
    client.shows("Type alice to confirm");
    client.presses(KeyCode::Char('u'), KeyModifiers::CONTROL);
    client.types("alice");
    enter(&mut client);
    client.types("four plain words");
    client.hides("four plain words");
    enter(&mut client);
    client.shows("Keep without your name");
    client.presses(KeyCode::Right, KeyModifiers::NONE);
    client.shows("Delete all of them");
    enter(&mut client);
    let expected = Effect::DeleteAccount {
        password: Some(proto::Password::new("four plain words")),
        content: proto::http::Legacy::Remove,
    };
    assert!(client.effects.contains(&expected), "{:?}", client.effects);
    client.gets(Msg::AccountDeleted(Err(refused(ErrorCode::InvalidPassword, "Invalid Password"))));
    client.shows("Wrong password for alice");
    client.gets(Msg::AccountDeleted(Ok(())));
    client.shows("Your account was deleted");
    client.hides("#tea");
    let forgets = client.effects.iter().any(|effect| matches!(effect, Effect::ForgetSession(_)));
    assert!(forgets && client.effects.contains(&Effect::Disconnect), "{:?}", client.effects);
}
