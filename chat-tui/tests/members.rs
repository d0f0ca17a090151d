//! Who is in a channel: asked for when it is opened, once, and not over and over.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::fetch::Fetch;
use chat_tui::msg::Msg;
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::{Value, json};
use support::Client;

/// Shows a channel without its members, as the daemon does.
fn shows(client: &mut Client, id: &str, name: &str) {
    client.hears(json!({"type": "channel_add", "payload": {
        "id": id, "name": name, "kind": "public", "topic": "", "owner": null, "members": [], "members_total": 2,
        "messages": [], "first_index": 0, "last_index": 0, "version": 1, "last_read": 0, "unread": 0, "mentions": 0}}));
}

/// The channels whose members were just asked for, each with the request.
fn asked(client: &Client) -> Vec<(i64, String)> {
    let sent = client.effects.iter().filter_map(|effect| match effect {
        Effect::Send(proto::Ref::Number(reference), ClientPacket::ListMembers(list)) => {
            assert!(list.online_first && list.after.is_none());
            Some((*reference, list.id.to_string()))
        }
        _ => None,
    });
    sent.collect()
}

fn answer(client: &mut Client, reference: i64, handles: &[&str]) {
    let member =
        |handle: &&str| json!({"handle": handle, "online": true, "typing": false, "state": "online", "role": "member"});
    let members = handles.iter().map(member).collect::<Vec<Value>>();
    let page = json!({"members": members, "members_total": members.len(), "more": false});
    client.hears(json!({"type": "ok", "ref": reference, "payload": page}));
}

#[test]
fn members_are_asked_for_when_a_channel_is_opened_and_once() {
    let mut client = Client::welcomed(120, 36);
    shows(&mut client, "c1", "garden");
    let first = asked(&client);
    assert_eq!(first.len(), 1, "the channel that is opened");
    shows(&mut client, "c2", "tea");
    assert!(asked(&client).is_empty(), "the other is not on the screen");
    answer(&mut client, first[0].0, &["alice", "bob"]);
    assert!(asked(&client).is_empty());
    client.shows("2 of 2 online");
    client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
    let second = asked(&client);
    assert_eq!(second.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["c2"]);
    answer(&mut client, second[0].0, &["alice", "carol"]);
    client.presses(KeyCode::Char('1'), KeyModifiers::ALT);
    assert!(asked(&client).is_empty(), "known on this connection");
}

#[test]
fn who_is_not_told_does_not_ask_over_and_over() {
    let mut client = Client::welcomed(120, 36);
    shows(&mut client, "c1", "garden");
    let reference = asked(&client)[0].0;
    client.hears(json!({"type": "error", "ref": reference, "payload": {"code": "internal", "reason": "not now"}}));
    assert!(asked(&client).is_empty(), "{:?}", client.effects);
    client.gets(Msg::Wake);
    assert!(asked(&client).is_empty());
}

#[test]
fn an_answer_that_cannot_be_read_is_not_asked_for_again() {
    let mut client = Client::welcomed(120, 36);
    shows(&mut client, "c1", "garden");
    let reference = asked(&client)[0].0;
    client.hears(json!({"type": "ok", "ref": reference, "payload": {"members": 7}}));
    assert!(asked(&client).is_empty(), "{:?}", client.effects);
}

#[test]
fn after_too_many_requests_they_are_asked_for_when_the_daemon_says() {
    let mut client = Client::welcomed(120, 36);
    shows(&mut client, "c1", "garden");
    let reference = asked(&client)[0].0;
    let refusal = json!({"code": "rate_limited", "reason": "too much", "retry_after_ms": 2_000});
    client.hears(json!({"type": "error", "ref": reference, "payload": refusal}));
    assert!(asked(&client).is_empty(), "{:?}", client.effects);
    client.now = client.now.plus_millis(1_999);
    client.gets(Msg::Wake);
    assert!(asked(&client).is_empty());
    client.now = client.now.plus_millis(1);
    client.gets(Msg::Wake);
    assert_eq!(asked(&client).len(), 1);
}

#[test]
fn names_of_public_channels_are_asked_for_while_one_is_typed() {
    let mut client = Client::welcomed(120, 36);
    shows(&mut client, "c1", "garden");
    client.types("/join #g");
    let names = Fetch::PublicNames("g".to_owned());
    assert!(client.effects.contains(&Effect::Fetch(names.clone())), "{:?}", client.effects);
    let summary = |name: &str| {
        json!({"id": "c9", "name": name, "kind": "public", "topic": "", "members_total": 1, "member": false,
            "last_index": 0, "version": 1, "last_read": 0, "unread": 0, "mentions": 0})
    };
    let list = support::read(json!({"channels": [summary("glass")], "more": false}));
    client.gets(Msg::Fetched(names, Ok(chat_tui::fetch::Fetched::PublicNames("g".to_owned(), list))));
    client.types("l");
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Fetch(_))), "all of them are known");
    client.presses(KeyCode::Tab, KeyModifiers::NONE);
    client.shows("/join #glass");
}
