//! The home feed and threads of posts: what is asked for, shown, heard and said.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers};
use proto::ClientPacket;
use serde_json::{Value, json};
use support::{Client, START, enter, presses, read, talk};

const WALL: &str = "w1";

fn message(index: u64, handle: &str, content: &str) -> Value {
    json!({"index": index, "version": index, "date": START - 60_000 * (100 - index as i64), "handle": handle,
        "kind": "text", "content": content, "mentions": []})
}

fn says(client: &mut Client, mut message: Value, reply_to: Option<u64>) {
    if let Some(reply_to) = reply_to {
        message["reply_to"] = reply_to.into();
    }
    client.hears(json!({"type": "channel_message_add", "payload": {"id": WALL, "message": message}}));
}

/// Everything that was sent last, in its order.
fn sent(client: &Client) -> Vec<ClientPacket> {
    let sent = client.effects.iter().filter_map(|effect| match effect {
        Effect::Send(_, packet) => Some(packet.clone()),
        _ => None,
    });
    sent.collect()
}

/// What is posted is heard from now on.
fn watches(client: &mut Client) {
    let reference = client.effects.iter().find_map(|effect| match effect {
        Effect::Send(proto::Ref::Number(reference), ClientPacket::WatchFeed(_)) => Some(*reference),
        _ => None,
    });
    client.hears(json!({"type": "ok", "ref": reference.expect("it was asked for"), "payload": {}}));
}

/// A client that looks at the feed, with a post of bob's in it.
fn at_home() -> Client {
    let mut client = talk();
    client.presses(KeyCode::F(2), KeyModifiers::NONE);
    assert!(matches!(&sent(&client)[..], [ClientPacket::WatchFeed(watch)] if watch.on), "{:?}", client.effects);
    // What was posted is asked for when what is posted is heard: nothing falls between.
    assert!(!client.effects.contains(&Effect::Fetch(Fetch::Feed(None))), "{:?}", client.effects);
    watches(&mut client);
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Feed(None))), "{:?}", client.effects);
    let posts = json!({"posts": [{"id": WALL, "message": message(5, "bob", "the bridge\nis built"), "replies": 1}],
        "next": "older"});
    client.gets(Msg::Fetched(Fetch::Feed(None), Ok(Fetched::Feed(None, read(posts)))));
    client
}

/// "the home feed shows friends' and own posts in order of time, live"
#[test]
fn the_feed_is_live() {
    let mut client = at_home();
    for text in ["Home — posts by your friends", "bob · 08:25", "the bridge", "is built", "1 reply"] {
        client.shows(text);
    }
    says(&mut client, message(6, "carol", "wow"), Some(5));
    client.shows("2 replies");
    says(&mut client, message(7, "bob", "and open"), None);
    let screen = client.screen();
    assert!(screen.find("and open") < screen.find("the bridge"), "{screen}");
    // What is said in a channel is no post.
    client.bob_says("c1", 1, "in the channel");
    client.hides("in the channel");
    let mut client = at_home();
    let patch = |patch: Value| json!({"type": "channel_message_update", "payload": {"id": WALL, "message": patch}});
    client.hears(patch(
        json!({"index": 5, "version": 8, "reactions": [{"emoji": "♥", "count": 2, "handles": ["carol"]}]}),
    ));
    client.shows("♥ 2 · 1 reply");
    client.hears(patch(json!({"index": 5, "version": 9, "content": "it stands", "edited": START})));
    client.shows("it stands");
    client.shows("· edited");
    client.hears(patch(json!({"index": 5, "version": 10, "content": "", "deleted": START})));
    client.hides("bob ·");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    assert!(matches!(&sent(&client)[..], [ClientPacket::WatchFeed(watch)] if !watch.on), "{:?}", client.effects);
}

/// "in the feed the same keys as on a message"
#[test]
fn a_post_has_the_keys_of_a_message() {
    let mut client = at_home();
    presses(&mut client, 'f');
    let (_, ClientPacket::React(react)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((react.id.as_str(), react.index.get(), react.on), (WALL, 5, true));
    presses(&mut client, '+');
    client.shows("Emoji");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    presses(&mut client, 'y');
    assert!(client.effects.contains(&Effect::Copy("the bridge\nis built".to_owned())));
    // Somebody else's is not changed; deleting is asked about, and left to the daemon.
    presses(&mut client, 'e');
    client.shows("You can only edit your own messages");
    presses(&mut client, 'd');
    client.hides("Delete this post?");
    presses(&mut client, 'r');
    client.types("well done: nq");
    // Keys that mean something elsewhere are those of the composer here; further lines are lines.
    for key in ['n', 't', 'f', 'd'] {
        client.presses(KeyCode::Char(key), KeyModifiers::CONTROL);
    }
    client.presses(KeyCode::Enter, KeyModifiers::ALT);
    client.gets(Msg::Paste("two\nthree".to_owned()));
    // What follows a paste at once was not typed.
    enter(&mut client);
    client.now = client.now.plus_millis(1_000);
    client.shows("Reply");
    client.shows("> well done: nq");
    client.shows("  three");
    enter(&mut client);
    let (reference, ClientPacket::SendMessage(said)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((said.id.as_str(), said.message.reply_to.map(|index| index.get())), (WALL, Some(5)));
    assert_eq!(said.message.content.as_str(), "well done: nq\ntwo\nthree");
    client.hears(
        json!({"type": "ok", "ref": reference, "payload": {"id": WALL, "index": 6, "version": 6, "date": START}}),
    );
    client.hides("> well done");
    // Its thread, and back.
    presses(&mut client, 't');
    watches(&mut client);
    let fetch = Fetch::Thread(WALL.parse().unwrap(), proto::Index::new(5));
    let mut answer = message(6, "alice", "well done");
    answer["reply_to"] = 5.into();
    let thread = json!({"messages": [message(5, "bob", "the bridge is built"), answer], "first_index": 5, "last_index": 6,
        "version": 6, "more": false});
    client.gets(Msg::Fetched(fetch, Ok(Fetched::Messages(read(thread)))));
    client.shows("Thread in bob’s posts — 1 reply");
    says(&mut client, message(7, "carol", "and mine"), Some(6));
    client.shows("Thread in bob’s posts — 2 replies");
    client.shows("and mine");
    client.hears(json!({"type": "channel_message_update", "payload": {"id": WALL, "message":
        {"index": 7, "version": 8, "content": "and all of ours", "edited": START}}}));
    client.shows("and all of ours");
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    presses(&mut client, 'e');
    client.shows("> well done");
    client.types("!");
    enter(&mut client);
    let (_, ClientPacket::EditMessage(edit)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((edit.index.get(), edit.content.as_str()), (6, "well done!"));
    // The box stays until the daemon has it: what it refuses can be mended.
    client.is_refused("not_allowed", "Not any more");
    client.shows("Not any more");
    client.shows("> well done!");
    enter(&mut client);
    client.is_answered();
    client.hides("> well done!");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.shows("Home — posts by your friends");
    presses(&mut client, 'p');
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Profile("bob".parse().unwrap()))));
}

/// What is posted goes once the wall is known, also when the connection breaks meanwhile.
#[test]
fn a_post_is_not_lost() {
    let mut client = talk();
    client.types("/post hello");
    client.presses(KeyCode::Enter, KeyModifiers::ALT);
    client.enters("everybody");
    let (_, ClientPacket::OpenWall(_)) = client.sent_last() else { panic!("{:?}", client.effects) };
    client.enters("/post and more");
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("x");
    let opens = sent(&client).into_iter().filter(|packet| matches!(packet, ClientPacket::OpenWall(_))).count();
    assert_eq!(opens, 1, "{:?}", client.effects);
    let (reference, _) = client.sent_last();
    client.hears(json!({"type": "ok", "ref": reference, "payload": {"id": WALL}}));
    let (reference, ClientPacket::SendMessage(said)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(said.message.content.as_str(), "hello\neverybody");
    client.hears(json!({"type": "error", "ref": reference, "payload": {"code": "not_allowed", "reason": "not today"}}));
    client.shows("Not today. Ctrl+Up in the input line brings your text back.");
    let (reference, ClientPacket::SendMessage(said)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(said.message.content.as_str(), "and more");
    client.hears(
        json!({"type": "ok", "ref": reference, "payload": {"id": WALL, "index": 1, "version": 1, "date": START}}),
    );
    client.shows("Posted");
    // The text is not lost: it stands among what was sent.
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> hello");
}

#[test]
fn older_posts_come_when_the_end_is_near() {
    let mut client = at_home();
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    let older = Fetch::Feed(Some("older".into()));
    assert!(client.effects.contains(&Effect::Fetch(older.clone())), "{:?}", client.effects);
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    assert!(!client.effects.contains(&Effect::Fetch(older.clone())), "once: {:?}", client.effects);
    let posts = json!({"posts": [{"id": WALL, "message": message(2, "bob", "we begin"), "replies": 0}]});
    client.gets(Msg::Fetched(older.clone(), Ok(Fetched::Feed(Some("older".into()), read(posts)))));
    client.shows("we begin");
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Fetch(_))), "there are no more");
}

/// The chosen post stays chosen while others come; a page that is asked for again keeps what is older.
#[test]
fn the_chosen_post_stays_chosen() {
    let mut client = at_home();
    says(&mut client, message(7, "bob", "and open"), None);
    presses(&mut client, 'f');
    let (_, ClientPacket::React(react)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(react.index.get(), 5, "the key is about what was chosen before");
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    let posts = json!({"posts": [{"id": WALL, "message": message(2, "bob", "we begin"), "replies": 0}]});
    let older = Fetch::Feed(Some("older".into()));
    client.gets(Msg::Fetched(older, Ok(Fetched::Feed(Some("older".into()), read(posts)))));
    client.shows("we begin");
    presses(&mut client, 'p');
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    watches(&mut client);
    let newest = json!({"posts": [{"id": WALL, "message": message(7, "bob", "and open"), "replies": 0},
        {"id": WALL, "message": message(5, "bob", "the bridge"), "replies": 1}], "next": "older"});
    says(&mut client, message(8, "bob", "heard meanwhile"), None);
    client.gets(Msg::Fetched(Fetch::Feed(None), Ok(Fetched::Feed(None, read(newest)))));
    for text in ["heard meanwhile", "and open", "the bridge", "we begin"] {
        client.shows(text);
    }
    // What happens to the reader asks for nothing here.
    client.hears(json!({"type": "catch_up", "payload": {"total": 3}}));
    assert!(!client.effects.iter().any(|effect| matches!(effect, Effect::Fetch(_))), "{:?}", client.effects);
    // Other keys and the words beside the page lead away.
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.shows("─ Friends ");
    client.presses(KeyCode::F(1), KeyModifiers::NONE);
    client.shows("Help —");
}

/// A post is read whole in its thread, however long it is.
#[test]
fn a_long_post_is_read_to_its_end() {
    let mut client = at_home();
    let lines = (1..=60).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    says(&mut client, message(9, "bob", &lines), None);
    client.presses(KeyCode::Up, KeyModifiers::NONE);
    client.shows("… 52 more lines");
    enter(&mut client);
    watches(&mut client);
    let fetch = Fetch::Thread(WALL.parse().unwrap(), proto::Index::new(9));
    let thread = json!({"messages": [message(9, "bob", &lines)], "first_index": 9, "last_index": 9, "version": 9, "more": false});
    client.gets(Msg::Fetched(fetch, Ok(Fetched::Messages(read(thread)))));
    client.shows("line 1\u{20}");
    for _ in 0..5 {
        client.presses(KeyCode::PageDown, KeyModifiers::NONE);
    }
    client.shows("line 60");
}

/// What is being written is not lost when one leaves the page by another way than Esc.
#[test]
fn a_half_written_post_is_kept() {
    let mut client = at_home();
    presses(&mut client, 'n');
    client.types("half a thought");
    client.presses(KeyCode::F(3), KeyModifiers::NONE);
    client.shows("─ Friends ");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    client.presses(KeyCode::Up, KeyModifiers::CONTROL);
    client.shows("> half a thought");
}

/// After a long absence there is no gap in the list: what does not meet the newest posts is asked for again.
#[test]
fn after_an_absence_the_list_has_no_gap() {
    let mut client = at_home();
    client.gets(Msg::ConnectionDown { reason: "cut".to_owned(), retry_after_ms: 300 });
    client.gets(Msg::ConnectionUp(2));
    client.is_welcome("x");
    watches(&mut client);
    let newest =
        json!({"posts": [{"id": WALL, "message": message(40, "bob", "much later"), "replies": 0}], "next": "between"});
    client.gets(Msg::Fetched(Fetch::Feed(None), Ok(Fetched::Feed(None, read(newest)))));
    client.shows("much later");
    client.hides("the bridge");
    client.presses(KeyCode::Down, KeyModifiers::NONE);
    assert!(client.effects.contains(&Effect::Fetch(Fetch::Feed(Some("between".into())))), "{:?}", client.effects);
}
