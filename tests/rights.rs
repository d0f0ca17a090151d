//! Who inherits what, what ends with a right, what stays closed when a channel opens, and who takes reactions away.

use serde_json::{Value, json};

use crate::support::operator::House;
use crate::support::{Daemon, PASSWORD, Person, contents};

/// Waits until a channel has another owner, and gives them.
async fn hears_owner(person: &mut Person, channel: &str) -> Value {
    let (id, here) = (person.id(channel), std::panic::Location::caller());
    let told = |packet: &Value| {
        packet["type"] == "channel_update" && packet["payload"]["id"] == id && packet["payload"]["owner"].is_string()
    };
    person.takes(here, "a new owner", told).await["payload"]["owner"].take()
}

/// "When the owner leaves, the moderator who has been a member longest becomes the owner; without moderators, the member who has
/// been one longest. Guests and accounts that cannot sign in are left out."
#[tokio::test]
async fn moderators_inherit_first_and_only_who_can_sign_in() {
    let daemon = House::new().await;
    let mut owner = daemon.person("olga").await;
    owner.joins("garden").await;
    let id = owner.id("garden");
    let mut people = Vec::new();
    for handle in ["early", "late", "moda", "modb"] {
        let mut person = daemon.person(handle).await;
        person.joins("garden").await;
        people.push(person);
    }
    for handle in ["modb", "moda"] {
        owner.asks("channel_role", json!({"id": id, "handle": handle, "role": "moderator"})).await;
    }
    daemon.runs(&["user", "disable", "moda"]).await;
    // Nobody gets a role who could do nothing with it.
    owner.gets_refused("channel_role", json!({"id": id, "handle": "moda", "role": "owner"}), "not_allowed").await;
    owner.asks("channel_leave", json!({"id": id})).await;
    for person in &mut people[..2] {
        assert_eq!(hears_owner(person, "garden").await, "modb");
    }
    daemon.runs(&["user", "disable", "early"]).await;
    people[3].asks("channel_leave", json!({"id": id})).await;
    assert_eq!(hears_owner(&mut people[1], "garden").await, "late");
    // With nobody left who can sign in, the next who comes owns it.
    people[1].asks("channel_leave", json!({"id": id})).await;
    let mut heir = daemon.person("heir").await;
    assert_eq!(heir.joins("garden").await["owner"], "heir");
}

/// "An owner who is disabled": nobody inherits from them by force, but whoever comes to an empty channel owns it.
#[tokio::test]
async fn a_disabled_owner_alone_keeps_nobody_out() {
    let daemon = House::new().await;
    let mut owner = daemon.person("olga").await;
    owner.joins("garden").await;
    daemon.runs(&["user", "disable", "olga"]).await;
    let mut heir = daemon.person("heir").await;
    let shown = heir.joins("garden").await;
    assert_eq!(shown["owner"], "heir");
    let members = shown["members"].as_array().expect("members");
    let disabled = members.iter().find(|member| member["handle"] == "olga").expect("a member");
    assert_eq!((&disabled["disabled"], &disabled["role"]), (&json!(true), &json!("moderator")));
    daemon.runs(&["user", "enable", "olga"]).await;
    let here = std::panic::Location::caller();
    let enabled = |packet: &Value| packet["payload"]["member"]["disabled"] == false;
    heir.takes(here, "the owner, who may come again", enabled).await;
}

/// "The caller's invite codes … end when the caller is no longer owner or moderator".
#[tokio::test]
async fn codes_end_with_the_right_to_make_them() {
    let daemon = House::new().await;
    let (mut owner, mut moda) = (daemon.person("olga").await, daemon.person("moda").await);
    let mut stranger = daemon.person("stranger").await;
    for way in ["demoted", "kicked", "banned", "left", "disabled"] {
        owner.creates(way, "private").await;
        let id = owner.id(way);
        owner.invites(way, &mut moda).await;
        owner.asks("channel_role", json!({"id": id, "handle": "moda", "role": "moderator"})).await;
        let code = moda.asks("channel_invite_create", json!({"id": id})).await["code"].clone();
        match way {
            "demoted" => {
                owner.asks("channel_role", json!({"id": id, "handle": "moda", "role": "member"})).await;
            }
            "kicked" => {
                owner.asks("channel_kick", json!({"id": id, "handle": "moda"})).await;
                moda.gets_refused("channel_join", json!({"code": code}), "not_found").await;
            }
            "banned" => {
                owner.asks("channel_ban", json!({"id": id, "handle": "moda", "on": true})).await;
            }
            "left" => {
                moda.asks("channel_leave", json!({"id": id})).await;
            }
            _ => drop(daemon.runs(&["user", "disable", "moda"]).await),
        }
        stranger.gets_refused("channel_join", json!({"code": code}), "not_found").await;
        assert_eq!(owner.asks("channel_invites", json!({"id": id})).await["invites"], json!([]), "{way}");
    }
}

/// "A private channel ends with its last member who can sign in: it is deleted with everything that was said in it".
#[tokio::test]
async fn a_private_channel_ends_with_the_last_who_can_sign_in() {
    let daemon = House::new().await;
    let (mut owner, mut gone) = (daemon.person("olga").await, daemon.person("gone").await);
    let mut stranger = daemon.person("stranger").await;
    owner.creates("vault", "private").await;
    let id = owner.id("vault");
    owner.invites("vault", &mut gone).await;
    owner.sends("vault", "the password").await;
    let code = owner.asks("channel_invite_create", json!({"id": id})).await["code"].clone();
    daemon.runs(&["user", "disable", "gone"]).await;
    owner.asks("channel_leave", json!({"id": id})).await;
    owner.event_of("channel_remove", &id).await;
    stranger.gets_refused("channel_join", json!({"code": code}), "not_found").await;
    owner.gets_refused("channel_join", json!({"id": id}), "no_such_channel").await;
    daemon.runs(&["user", "enable", "gone"]).await;
    let account = daemon.logs_in("gone", PASSWORD).await.done(200);
    let gone = daemon.connects("gone", account["token"].as_str().expect("a token"), json!({})).await;
    assert_eq!(gone.gets("/v1/channels?limit=0").await["channels"], json!([]));
    // Its name may be used again, and a public channel stays when all have left.
    owner.creates("vault", "private").await;
    owner.joins("square").await;
    let square = json!({"id": owner.id("square")});
    owner.asks("channel_leave", square).await;
    assert_eq!(stranger.joins("square").await["id"], owner.id("square"));
}

/// "After `close_history`, members who join later see nothing older in history, search, quotes and pins (`history_from` in
/// `channel_add`)."
#[tokio::test]
async fn what_was_said_in_private_stays_there() {
    let daemon = Daemon::start().await;
    let (mut owner, mut member) = (daemon.person("olga").await, daemon.person("member").await);
    owner.creates("plans", "private").await;
    let id = owner.id("plans");
    owner.invites("plans", &mut member).await;
    owner.sends("plans", "the secret pineapple").await;
    owner.sends("plans", "more of it").await;
    owner.asks("channel_pin", json!({"id": id, "index": 1, "on": true})).await;
    owner.gets_refused("channel_settings", json!({"id": id, "close_history": true}), "malformed").await;
    owner.asks("channel_settings", json!({"id": id, "kind": "public", "close_history": true})).await;
    // The members are told, by a message that stays.
    let here = std::panic::Location::caller();
    let told = |packet: &Value| packet["payload"]["message"]["kind"] == "system";
    let told = member.takes(here, "the word of it", told).await;
    assert_eq!(
        (&told["payload"]["message"]["handle"], &told["payload"]["message"]["index"]),
        (&json!("olga"), &json!(3))
    );
    let about = json!({"id": id, "index": 3});
    owner.gets_refused("channel_message_delete", about.clone(), "not_allowed").await;
    let edit = json!({"id": id, "index": 3, "content": "nothing happened"});
    owner.gets_refused("channel_message_edit", edit, "not_allowed").await;

    let mut late = daemon.person("late").await;
    let shown = late.joins("plans").await;
    assert_eq!((&shown["history_from"], &shown["first_index"]), (&json!(3), &json!(3)), "{shown}");
    owner.sends("plans", "a public pineapple").await;
    late.sees("plans", "a public pineapple").await;
    for query in ["", "&before=3", "&after=0", "&since=0", "&since=1"] {
        let page = late.history("plans", query).await;
        assert!(!page.to_string().contains("secret"), "{query}: {page}");
    }
    assert_eq!(late.gets(&format!("/v1/pins?channel={id}")).await["messages"], json!([]));
    daemon.get(&format!("/v1/thread?channel={id}&index=1"), &late.token).await.refused(404, "no_such_message");
    assert_eq!(late.gets(&format!("/v1/replies?channel={id}&index=1")).await["messages"], json!([]));
    let found = async |person: &Person| person.finds_all("/v1/search?q=pineapple&around=5").await;
    let hits = found(&late).await;
    assert_eq!(hits["hits"].as_array().expect("hits").len(), 1, "{hits}");
    assert!(!hits.to_string().contains("secret"), "{hits}");
    assert_eq!(found(&member).await["hits"].as_array().expect("hits").len(), 2);
    // Nobody gets at it by answering or reacting, nor is told of what changes there.
    let answer = json!({"id": id, "message": {"content": "?", "nonce": "n", "reply_to": 1}});
    late.gets_refused("channel_message_add", answer, "no_such_message").await;
    late.gets_refused("channel_reaction", json!({"id": id, "index": 1, "emoji": "♥", "on": true}), "no_such_message")
        .await;
    owner.asks("channel_role", json!({"id": id, "handle": "late", "role": "moderator"})).await;
    for (packet, more) in
        [("channel_message_delete", json!({})), ("channel_pin", json!({"on": true})), ("channel_unread", json!({}))]
    {
        let mut about = json!({"id": id, "index": 2});
        about.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        late.gets_refused(packet, about, "no_such_message").await;
    }
    let again = json!({"id": id, "kind": "public", "close_history": true});
    owner.gets_refused("channel_settings", again, "malformed").await;
    owner.asks("channel_message_edit", json!({"id": id, "index": 1, "content": "the secret mango"})).await;
    owner.sends("plans", "fence").await;
    let heard = late.hears_before("plans", "fence").await;
    assert!(!heard.iter().any(|packet| packet.to_string().contains("mango")), "{heard:#?}");
    assert!(member.history("plans", "").await.to_string().contains("the secret mango"));
    // Who held it before reads on; who comes back with a version of theirs is shown no more than anybody.
    let resumed = late.again(json!({"resume": {(id.as_str()): 1}})).await.event_of("channel_resume", &id).await;
    assert!(!resumed.to_string().contains("secret"), "{resumed}");
    assert_eq!(contents(&member.history("plans", "&after=0").await["messages"])[1], "more of it");
}

/// Without `close_history` whoever joins reads all of it, and the members are told all the same.
#[tokio::test]
async fn a_channel_may_open_with_its_history() {
    let daemon = Daemon::start().await;
    let mut owner = daemon.person("olga").await;
    owner.creates("plans", "private").await;
    let id = owner.id("plans");
    owner.sends("plans", "first").await;
    owner.asks("channel_settings", json!({"id": id, "kind": "public"})).await;
    let mut late = daemon.person("late").await;
    let shown = late.joins("plans").await;
    assert_eq!((&shown["history_from"], shown["messages"].as_array().map(Vec::len)), (&Value::Null, Some(2)));
    assert_eq!(shown["messages"][1]["kind"], "system");
}

/// "A member who is timed out can only remove reactions"; "exactly one emoji of Unicode's list"; "20 … `♥` besides", "5 of one's
/// own"; `channel_reaction_remove`.
#[tokio::test]
async fn reactions_are_no_way_to_speak() {
    let daemon = Daemon::start().await;
    let (mut owner, mut troll) = (daemon.person("olga").await, daemon.person("troll").await);
    for person in [&mut owner, &mut troll] {
        person.joins("plaza").await;
    }
    let id = owner.id("plaza");
    owner.sends("plaza", "good morning").await;
    let react = |emoji: &str, on: bool| json!({"id": id, "index": 1, "emoji": emoji, "on": on});
    for word in ["ПРЯМОНАХУЙ", "ｙｏｕｓｕｃｋ", "日本語テキスト", "\u{2060}", "\u{3164}", "👍👍", "ok"]
    {
        troll.gets_refused("channel_reaction", react(word, true), "malformed").await;
    }
    // Both ways to write it are one reaction.
    troll.asks("channel_reaction", react("❤", true)).await;
    owner.asks("channel_reaction", react("❤\u{fe0f}", true)).await;
    let reactions = async |person: &Person| person.history("plaza", "").await["messages"][0]["reactions"].clone();
    assert_eq!(reactions(&owner).await, json!([{"emoji": "❤\u{fe0f}", "count": 2, "handles": ["troll", "olga"]}]));
    // Some of the list are letters to Unicode.
    for emoji in ["🅰", "ℹ️"] {
        owner.asks("channel_reaction", react(emoji, true)).await;
        owner.asks("channel_reaction_remove", json!({"id": id, "index": 1, "emoji": emoji})).await;
        owner.asks("channel_reaction", react(emoji, false)).await;
    }
    for emoji in ["🎉", "👍", "👎", "🔥"] {
        troll.asks("channel_reaction", react(emoji, true)).await;
    }
    troll.gets_refused("channel_reaction", react("🙈", true), "not_allowed").await;
    troll.asks("channel_reaction", react("♥\u{fe0f}", true)).await;
    owner.asks("channel_mute", json!({"id": id, "handle": "troll", "for_s": 600})).await;
    troll.gets_refused("channel_reaction", react("🙊", true), "muted").await;
    troll.asks("channel_reaction", react("🔥", false)).await;
    // Who keeps order takes them away; nobody else does.
    let remove = |more: Value| {
        let mut packet = json!({"id": id, "index": 1});
        packet.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        packet
    };
    troll.gets_refused("channel_reaction_remove", remove(json!({})), "not_allowed").await;
    troll.gets_refused("channel_reaction_remove", remove(json!({"handle": "olga"})), "not_allowed").await;
    troll.asks("channel_reaction_remove", remove(json!({"handle": "troll", "emoji": "🎉"}))).await;
    let before = owner.asks("channel_reaction_remove", remove(json!({"emoji": "👎"}))).await;
    assert_eq!(owner.asks("channel_reaction_remove", remove(json!({"emoji": "👎"}))).await, before, "nothing changes");
    owner.asks("channel_reaction_remove", remove(json!({"handle": "troll"}))).await;
    assert_eq!(reactions(&owner).await, json!([{"emoji": "❤\u{fe0f}", "count": 1, "handles": ["olga"]}]));
    owner.asks("channel_reaction_remove", remove(json!({}))).await;
    assert_eq!(reactions(&owner).await, Value::Null);
}
