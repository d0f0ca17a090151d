//! What others may do to somebody only with their yes, and what a block keeps away.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::{HistoryRange, Msg};
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers};
use proto::{ClientPacket, JoinChannel};
use serde_json::{Value, json};
use support::{Client, START, enter, presses, read, talk};

fn invitation(number: u64, waiting: bool) -> Value {
    json!({"number": number, "kind": "invite", "id": "p1", "name": "secret", "channel_kind": "private", "by": "bob",
        "date": START, "waiting": waiting})
}

fn catches_up(client: &mut Client, entries: &[Value]) {
    let list = json!({"entries": entries, "total": entries.len(), "more": false});
    client.gets(Msg::Fetched(Fetch::CatchUp, Ok(Fetched::CatchUp(read(list)))));
}

fn joins(client: &Client) -> Option<JoinChannel> {
    client.sent().into_iter().find_map(|packet| match packet {
        ClientPacket::JoinChannel(join) => Some(join),
        _ => None,
    })
}

fn secret() -> JoinChannel {
    JoinChannel::Id("p1".parse().expect("an id"))
}

fn relation(client: &mut Client, handle: &str, relation: &str) {
    let person = json!({"handle": handle, "relation": relation, "since": START});
    client.hears(json!({"type": "friend_update", "payload": person}));
}

/// A client that knows who stands how to the reader.
fn among(people: &[(&str, &str)]) -> Client {
    let mut client = talk();
    let person = |(handle, relation): &(&str, &str)| json!({"handle": handle, "relation": relation, "since": START});
    let people = json!({"people": people.iter().map(person).collect::<Vec<_>>()});
    client.gets(Msg::Fetched(Fetch::Friends, Ok(Fetched::Friends(read(people)))));
    client
}

/// "Enter or a key accepts after a question, clearing it declines"
#[test]
fn an_invitation_waits_for_a_yes() {
    let mut client = talk();
    client.hears(json!({"type": "catch_up", "payload": {"total": 1, "newest": invitation(7, true)}}));
    client.shows("bob invited you to #secret. Alt+U accepts or declines.");
    for key in [KeyCode::Enter, KeyCode::Char('a')] {
        client.presses(KeyCode::Char('u'), KeyModifiers::ALT);
        catches_up(&mut client, &[invitation(7, true)]);
        client.shows("bob invited you to #secret (private)");
        client.shows("/join id:p1");
        client.presses(key, KeyModifiers::NONE);
        client.shows("Join #secret?");
        assert!(client.sent().is_empty(), "neither cleared nor joined: {:?}", client.effects);
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
        assert_eq!(joins(&client), None);
        client.presses(key, KeyModifiers::NONE);
        presses(&mut client, 'y');
        assert_eq!(joins(&client), Some(secret()));
        client.is_refused("no_such_channel", "It is over");
        client.shows("It is over");
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
    }
    client.enters_anew("/join id:p1");
    assert_eq!(joins(&client), Some(secret()));
    client.is_answered_by(json!({"id": "p1"}));
    client.is_in("p1", "secret", "private");
    client.shows("> Message #secret");
}

#[test]
fn an_invitation_is_declined_by_itself() {
    let mut client = talk();
    client.presses(KeyCode::Char('u'), KeyModifiers::ALT);
    let mention = json!({"number": 8, "kind": "mention", "id": "c1", "name": "tea", "channel_kind": "public", "by": "bob",
        "index": 1, "date": START});
    catches_up(&mut client, &[invitation(9, false), mention, invitation(7, true)]);
    client.shows("Enter open  x mark done");
    presses(&mut client, 'X');
    let (_, ClientPacket::ClearCatchUp(cleared)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(cleared.numbers, [9, 8], "nobody is declined among others");
    presses(&mut client, 'x');
    let (_, ClientPacket::ClearCatchUp(cleared)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(cleared.numbers, [7]);
    presses(&mut client, 'u');
    let (_, ClientPacket::RestoreCatchUp(restored)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(restored.numbers, [7]);
}

/// Whoever joins by the name of a channel that they are invited to does not make another one of that name, where others
/// read what was meant for this.
#[test]
fn the_name_of_an_invitation_makes_no_channel() {
    let invited = || {
        let mut client = talk();
        catches_up(&mut client, &[invitation(7, true)]);
        client.enters_anew("/join secret");
        assert_eq!(joins(&client), None, "{:?}", client.effects);
        client
    };
    let named = |client: &mut Client, found: Vec<Value>| {
        let fetch = Fetch::Named("secret".parse().expect("a name"));
        let found = found.into_iter().map(read).collect();
        client.gets(Msg::Fetched(fetch, Ok(Fetched::Named(found))));
    };
    let mut client = invited();
    named(&mut client, Vec::new());
    client.shows("Join #secret?");
    presses(&mut client, 'y');
    assert_eq!(joins(&client), Some(secret()));
    let mut client = invited();
    let public = json!({"id": "k1", "name": "secret", "kind": "public", "topic": "", "owner": "gina", "member": false,
        "members_total": 3, "last_index": 1, "version": 4, "last_read": 0, "unread": 0, "mentions": 0});
    named(&mut client, vec![public]);
    client.shows("2 channels are called “secret”");
    client.shows("id:p1 (private,");
    assert_eq!(joins(&client), None);
}

/// "must not ring, highlight, or count on the client"; what others say of oneself still does.
#[test]
fn whom_one_has_blocked_does_not_ring() {
    let rings = |client: &mut Client, index: u64| {
        client.bob_says("c1", index, "alice! are you there?");
        client.effects.contains(&Effect::Bell)
    };
    let mut client = among(&[("bob", "blocked")]);
    client.is_in("c2", "zoo", "public");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    assert!(!rings(&mut client, 1));
    client.hides("@1");
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    client.shows("alice! are you there?");
    client.hides("▌alice!");
    let mention = json!({"number": 8, "kind": "mention", "id": "c1", "name": "tea", "channel_kind": "public", "by": "bob",
        "index": 1, "date": START});
    client.hears(json!({"type": "catch_up", "payload": {"total": 1, "newest": mention}}));
    client.hides("bob mentioned you");
    // It lights up again when the block ends, and so does what was said before.
    relation(&mut client, "bob", "none");
    client.shows("▌alice!");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    assert!(rings(&mut client, 2));
    client.shows("@1");
}

/// "typing, presence, status and display name of blocked people are not shown", nor what was known before.
#[test]
fn of_whom_one_has_blocked_nothing_is_shown() {
    let bob = json!({"handle": "bob", "online": true, "state": "away", "status": "at lunch", "since": START,
        "display_name": "Robert B."});
    let mut client = among(&[]);
    client.is_in("d1", "bob", "dm");
    let presence = json!({"type": "presence_update", "payload": {"members": [bob]}});
    let typing =
        json!({"type": "channel_user_update", "payload": {"id": "c1", "member": {"handle": "bob", "typing": true}}});
    client.hears(presence.clone());
    client.hears(typing.clone());
    client.shows("at lunch");
    client.shows("bob is typing");
    relation(&mut client, "bob", "blocked");
    let check = |client: &mut Client| {
        for words in ["at lunch", "typing", "◐ bob"] {
            client.hides(words);
        }
        client.shows("○ bob");
        client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
        client.shows("> Message @bob");
        client.hides("Robert");
        client.hides("away");
        client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    };
    check(&mut client);
    client.hears(presence);
    client.hears(typing);
    check(&mut client);
    client.is_in("c1", "tea", "public");
    check(&mut client);
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.shows("bob  blocked · ");
    client.hides("Robert");
}

fn reacted(client: &mut Client, version: u64, reactions: Value) {
    client.hears(json!({"type": "channel_message_update", "payload": {"id": "c1", "message":
        {"index": 1, "version": version, "reactions": reactions}}}));
}

/// "owner/moderators can take a reaction away: a key on the chosen message"
#[test]
fn who_keeps_order_takes_reactions_away() {
    let mut client = talk();
    client.bob_says("c1", 1, "cake");
    reacted(
        &mut client,
        9,
        json!([{"emoji": "👎", "count": 2, "handles": ["bob", "carol"]},
        {"emoji": "♥", "count": 1, "handles": ["alice"]}]),
    );
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("- reactions");
    presses(&mut client, '-');
    client.shows("Reactions — 3");
    client.shows("2 reactions");
    presses(&mut client, 'x');
    client.shows("Remove all 👎");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    presses(&mut client, 'y');
    let (_, ClientPacket::RemoveReactions(removed)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((removed.emoji.map(|emoji| emoji.as_str().to_owned()), removed.handle), (Some("👎".to_owned()), None));
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    presses(&mut client, 'x');
    presses(&mut client, 'y');
    let (_, ClientPacket::RemoveReactions(removed)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(removed.handle.expect("one of them").as_str(), "bob");
    reacted(&mut client, 10, json!([{"emoji": "♥", "count": 1, "handles": ["alice"]}]));
    client.shows("Reactions — 1");
    enter(&mut client);
    let (_, ClientPacket::React(react)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert!(!react.on, "one's own is taken back");
    reacted(&mut client, 11, json!([]));
    client.shows("No reactions to this message yet");

    // Others see who reacted, and take back their own.
    let mut client = Client::welcomed(100, 24);
    client.hears(json!({"type": "channel_add", "payload": {"id": "c1", "name": "tea", "kind": "public", "topic": "",
        "owner": "bob", "members": [{"handle": "alice", "online": true, "typing": false, "state": "online", "role": "member"}],
        "members_total": 2, "messages": [], "first_index": 0, "last_index": 0, "version": 3, "last_read": 0, "unread": 0,
        "mentions": 0}}));
    client.bob_says("c1", 1, "cake");
    reacted(&mut client, 9, json!([{"emoji": "👎", "count": 1, "handles": ["bob"]}]));
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.hides("- reactions");
    presses(&mut client, '-');
    client.shows("Reactions — 1");
    presses(&mut client, 'x');
    client.shows("Only the owner and moderators of #tea");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
}

/// "Messages of kind `system` must be drawn as a system line, not as alice's words."
#[test]
fn what_the_daemon_tells_are_nobodys_words() {
    let mut client = talk();
    let message = |index: u64, kind: &str, content: &str| {
        json!({"type": "channel_message_add", "payload": {"id": "c1", "message": {"index": index, "version": index + 3,
            "date": START + index as i64 * 1_000, "handle": "alice", "kind": kind, "content": content, "mentions": []}}})
    };
    client.hears(message(1, "text", "shall we?"));
    client.hears(message(2, "system", "made this channel public"));
    client.hears(message(3, "text", "done"));
    client.shows("* alice made this channel public · 10:00");
    let screen = client.screen();
    assert_eq!(screen.matches("alice · 10:00").count(), 2, "each of her words has her name:\n{screen}");
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    presses(&mut client, 'e');
    client.shows("You can’t edit this line: the server wrote it");
    presses(&mut client, 'y');
    assert!(
        client.effects.contains(&Effect::Copy("alice made this channel public".to_owned())),
        "{:?}",
        client.effects
    );
    client.enters_anew("/search public");
    let hit = json!({"id": "c1", "name": "tea", "kind": "public", "before": [], "after": [], "message": {"index": 2,
        "version": 5, "date": START, "handle": "alice", "kind": "system", "content": "made this channel public",
        "mentions": []}});
    let wish = client.effects.iter().find_map(|effect| match effect {
        Effect::Fetch(fetch @ Fetch::Search(_)) => Some(fetch.clone()),
        _ => None,
    });
    let found = Fetched::Search(read(json!({"hits": [hit], "more": false, "complete": true})));
    client.gets(Msg::Fetched(wish.expect("a search"), Ok(found)));
    client.shows("* alice made this channel public");
}

/// "`history_from` in `channel_add`: the timeline does not try to fetch below it and shows a line at the top."
#[test]
fn what_was_said_before_is_not_for_whoever_came_later() {
    let mut client = Client::welcomed(100, 24);
    let add = |messages: Value, last: u64| {
        json!({"type": "channel_add", "payload": {"id": "c1", "name": "tea", "kind": "public", "topic": "", "owner": "bob",
            "members": [], "members_total": 2, "messages": messages, "first_index": 43, "last_index": last, "version": 60,
            "last_read": last, "unread": 0, "mentions": 0, "history_from": 43}})
    };
    let asks = |client: &Client| {
        client
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadHistory(_, HistoryRange::Before(_) | HistoryRange::After(_))))
    };
    client.hears(add(json!([]), 42));
    client.shows("Earlier messages are hidden from you");
    assert!(!asks(&client), "{:?}", client.effects);
    let reply = json!({"index": 43, "version": 61, "date": START, "handle": "bob", "kind": "text", "content": "as I said",
        "mentions": [], "reply_to": 7});
    client.hears(json!({"type": "channel_message_add", "payload": {"id": "c1", "message": reply}}));
    client.shows("as I said");
    client.presses(KeyCode::PageUp, KeyModifiers::NONE);
    assert!(!asks(&client), "{:?}", client.effects);
    client.shows("Earlier messages are hidden from you");
    client.hides("Loading …");
    // What a message answers cannot be gone to.
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    enter(&mut client);
    assert!(!asks(&client), "{:?}", client.effects);
    client.shows("You can’t see this message");
}

/// "`closed`: a client does not list it": what a stranger opens takes no place before they say something.
#[test]
fn a_conversation_without_a_message_is_not_listed() {
    let mut client = Client::welcomed(100, 24);
    client.is_in("c1", "tea", "public");
    client.hears(json!({"type": "channel_add", "payload": {
        "id": "d1", "name": "gina", "kind": "dm", "topic": "", "owner": null, "members": [], "members_total": 2,
        "messages": [], "first_index": 0, "last_index": 0, "version": 2, "last_read": 0, "unread": 0, "mentions": 0,
        "closed": true}}));
    client.hides("gina");
    // Whoever wants to talk to her says so.
    client.enters_anew("/msg gina");
    assert!(matches!(client.sent_last().1, ClientPacket::OpenDm(_)), "{:?}", client.effects);
    client.bob_says("d1", 1, "hello");
    client.shows("gina");
}

/// Nor is it what one looks at while nothing else is there.
#[test]
fn nobody_opens_a_conversation_on_anothers_screen() {
    let mut client = Client::welcomed(100, 24);
    client.hears(json!({"type": "channel_add", "payload": {
        "id": "d1", "name": "gina", "kind": "dm", "topic": "", "owner": null, "members": [], "members_total": 2,
        "messages": [], "first_index": 0, "last_index": 0, "version": 2, "last_read": 0, "unread": 0, "mentions": 0,
        "closed": true}}));
    client.hides("gina");
    client.shows("No channel is open");
}
