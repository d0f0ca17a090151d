//! Keeping order in a channel: each row of the table of `docs/protocol.md`, and each refusal.

use serde_json::{Value, json};

use crate::support::{Daemon, Person};

/// A channel with one of each kind, and somebody who is not in it.
struct Room {
    daemon: Daemon,
    owner: Person,
    moderator: Person,
    member: Person,
    guest: Person,
    stranger: Person,
    id: String,
}

impl Room {
    async fn new() -> Self {
        let daemon = Daemon::start().await;
        let mut owner = daemon.person("olga").await;
        owner.joins("tea").await;
        let id = owner.id("tea");
        let (mut moderator, mut member) = (daemon.person("moda").await, daemon.person("mina").await);
        for person in [&mut moderator, &mut member] {
            person.joins("tea").await;
        }
        let account = daemon.post("/v1/guest", None, &json!({"handle": "g"})).await.done(201);
        let mut guest = daemon.connects("guest-g", account["token"].as_str().expect("a token"), json!({})).await;
        guest.joins("tea").await;
        let stranger = daemon.person("stranger").await;
        owner.asks("channel_role", json!({"id": id, "handle": "moda", "role": "moderator"})).await;
        Self { daemon, owner, moderator, member, guest, stranger, id }
    }
}

fn about(id: &str, handle: &str) -> Value {
    json!({"id": id, "handle": handle, "on": true})
}

fn role_of(id: &str, handle: &str, role: &str) -> Value {
    json!({"id": id, "handle": handle, "role": role})
}

/// Waits until somebody's role in a channel is told.
async fn hears_role(person: &mut Person, id: &str, handle: &str, role: &str) {
    let here = std::panic::Location::caller();
    let told = |packet: &Value| {
        packet["type"] == "channel_user_update"
            && packet["payload"]["id"] == id
            && packet["payload"]["member"]["handle"] == handle
            && packet["payload"]["member"]["role"] == role
    };
    person.takes(here, "a role", told).await;
}

/// "kick …": a member goes at once and everywhere, and may come back.
#[tokio::test]
async fn who_is_kicked_is_gone_and_may_come_back() {
    let mut room = Room::new().await;
    let kick = about(&room.id, "mina");
    let mut second = room.member.again(json!({})).await;
    second.gets_shown("tea").await;
    room.moderator.asks("channel_kick", kick.clone()).await;
    for connection in [&mut room.member, &mut second] {
        assert_eq!(connection.event("channel_remove").await["id"], room.id.as_str());
    }
    let here = std::panic::Location::caller();
    let left = |packet: &Value| packet["payload"]["member"]["left"] == true;
    let left = room.owner.takes(here, "who left", left).await;
    assert_eq!(left["payload"]["member"]["handle"], "mina");
    // From then on as a stranger: reading, inviting, kicking.
    room.member.gets_refused("channel_read", json!({"id": room.id, "index": 1}), "not_a_member").await;
    room.member.gets_refused("channel_invite", about(&room.id, "stranger"), "not_a_member").await;
    room.member.gets_refused("channel_kick", about(&room.id, "olga"), "not_a_member").await;
    room.moderator.gets_refused("channel_kick", kick, "not_found").await;
    room.member.joins("tea").await;
    room.moderator.asks("channel_kick", about(&room.id, "guest-g")).await;
    room.guest.event("channel_remove").await;
}

/// "… ban and unban": whoever is kept out neither joins nor is invited, until it is taken back.
#[tokio::test]
async fn who_is_banned_stays_out() {
    let mut room = Room::new().await;
    let (ban, unban) = (about(&room.id, "mina"), json!({"id": room.id, "handle": "mina", "on": false}));
    room.moderator.asks("channel_ban", ban.clone()).await;
    room.member.event("channel_remove").await;
    room.moderator.asks("channel_ban", ban).await;
    for join in [json!({"name": "tea"}), json!({"id": room.id})] {
        room.member.gets_refused("channel_join", join, "banned").await;
    }
    room.owner.gets_refused("channel_invite", about(&room.id, "mina"), "banned").await;
    // Who was never there can be kept out as well.
    room.moderator.asks("channel_ban", about(&room.id, "stranger")).await;
    room.stranger.gets_refused("channel_join", json!({"name": "tea"}), "banned").await;
    let bans = room.owner.asks("channel_bans", json!({"id": room.id})).await;
    assert_eq!(bans["handles"], json!(["mina", "stranger"]));
    room.owner.asks("channel_ban", unban.clone()).await;
    room.owner.asks("channel_ban", unban).await;
    room.member.joins("tea").await;
    room.owner.gets_refused("channel_ban", about(&room.id, "nobody"), "not_found").await;
    // To somebody who is kept out of a private channel it does not exist.
    room.owner.creates("plans", "private").await;
    let plans = room.owner.id("plans");
    room.owner.asks("channel_ban", json!({"id": plans, "handle": "mina", "on": true})).await;
    room.member.gets_refused("channel_join", json!({"id": plans}), "no_such_channel").await;
    room.member.gets_refused("channel_bans", json!({"id": plans}), "no_such_channel").await;
}

/// Whoever keeps order sees whom they have banned and timed out, and can lift both; nobody else does.
#[tokio::test]
async fn bans_and_timeouts_are_listed_for_who_keeps_order() {
    let mut room = Room::new().await;
    let path = format!("/v1/moderation?channel={}", room.id);
    room.moderator.asks("channel_mute", json!({"id": room.id, "handle": "mina", "for_s": 600})).await;
    room.moderator.asks("channel_ban", about(&room.id, "stranger")).await;
    for keeper in [&room.owner, &room.moderator] {
        let found = keeper.gets(&path).await;
        assert_eq!(found["bans"], json!(["stranger"]));
        assert_eq!(found["timeouts"][0]["handle"], "mina");
        assert!(found["timeouts"][0]["until"].as_i64().is_some_and(|until| until > 0), "{found}");
    }
    room.daemon.get(&path, &room.member.token).await.refused(403, "not_allowed");
    room.daemon.get(&path, &room.stranger.token).await.refused(403, "not_a_member");
    room.moderator.asks("channel_mute", json!({"id": room.id, "handle": "mina", "for_s": 0})).await;
    room.moderator.asks("channel_ban", json!({"id": room.id, "handle": "stranger", "on": false})).await;
    let found = room.owner.gets(&path).await;
    assert_eq!((&found["bans"], &found["timeouts"]), (&json!([]), &json!([])));
}

/// The table, row by row: who may not.
#[tokio::test]
async fn nobody_sends_away_whom_they_do_not_outrank() {
    let mut room = Room::new().await;
    for packet in ["channel_kick", "channel_ban"] {
        for handle in ["olga", "moda", "guest-g", "mina"] {
            let about = about(&room.id, handle);
            room.member.gets_refused(packet, about.clone(), "not_allowed").await;
            room.guest.gets_refused(packet, about.clone(), "not_allowed").await;
            room.stranger.gets_refused(packet, about, "not_a_member").await;
        }
        for handle in ["olga", "moda"] {
            let about = about(&room.id, handle);
            room.moderator.gets_refused(packet, about, "not_allowed").await;
        }
        let myself = about(&room.id, "olga");
        room.owner.gets_refused(packet, myself, "not_allowed").await;
    }
    let bans = json!({"id": room.id});
    room.member.gets_refused("channel_bans", bans.clone(), "not_allowed").await;
    room.stranger.gets_refused("channel_bans", bans.clone(), "not_a_member").await;
    room.moderator.asks("channel_bans", bans).await;
    // The owner outranks a moderator, and a direct conversation has no order to keep.
    let moderator = about(&room.id, "moda");
    room.owner.asks("channel_kick", moderator).await;
    room.moderator.event("channel_remove").await;
    let direct = room.owner.asks("dm_open", json!({"handle": "mina"})).await["id"].clone();
    for packet in ["channel_kick", "channel_ban"] {
        room.owner.gets_refused(packet, json!({"id": direct, "handle": "mina", "on": true}), "not_allowed").await;
    }
}

/// "role changes, transfer of ownership": by the owner alone, never to a guest.
#[tokio::test]
async fn the_owner_gives_roles_and_hands_over() {
    let mut room = Room::new().await;
    hears_role(&mut room.member, &room.id, "moda", "moderator").await;
    let to_member = role_of(&room.id, "moda", "member");
    for role in ["owner", "moderator", "member"] {
        let change = role_of(&room.id, "mina", role);
        room.moderator.gets_refused("channel_role", change.clone(), "not_allowed").await;
        room.guest.gets_refused("channel_role", change.clone(), "not_allowed").await;
        room.stranger.gets_refused("channel_role", change, "not_a_member").await;
    }
    for (handle, role, code) in [
        ("olga", "member", "not_allowed"),
        ("mina", "emperor", "not_allowed"),
        ("guest-g", "moderator", "not_allowed"),
        ("guest-g", "owner", "not_allowed"),
        ("stranger", "moderator", "not_found"),
        ("nobody", "moderator", "not_found"),
    ] {
        let change = role_of(&room.id, handle, role);
        room.owner.gets_refused("channel_role", change, code).await;
    }
    room.owner.asks("channel_role", to_member.clone()).await;
    room.owner.asks("channel_role", to_member).await;
    hears_role(&mut room.member, &room.id, "moda", "member").await;
    let kick = about(&room.id, "mina");
    room.moderator.gets_refused("channel_kick", kick, "not_allowed").await;

    let hand_over = role_of(&room.id, "mina", "owner");
    room.owner.asks("channel_role", hand_over).await;
    hears_role(&mut room.moderator, &room.id, "olga", "moderator").await;
    hears_role(&mut room.moderator, &room.id, "mina", "owner").await;
    let back = role_of(&room.id, "mina", "member");
    room.owner.gets_refused("channel_role", back, "not_allowed").await;
    // It is so for whoever comes later, and after a restart.
    let folder = room.daemon.stops().await;
    let daemon = crate::support::Setup::on(folder).start().await;
    let mut again = room.member.again_at(&daemon, json!({})).await;
    let shown = again.gets_shown("tea").await;
    assert_eq!(shown["owner"], "mina");
    let roles = shown["members"].as_array().expect("members").iter();
    let role =
        |handle: &str| roles.clone().find(|member| member["handle"] == handle).expect("a member")["role"].clone();
    assert_eq!((role("mina"), role("olga"), role("moda")), (json!("owner"), json!("moderator"), json!("member")));
    again.asks("channel_kick", json!({"id": room.id, "handle": "olga"})).await;
}

/// "mute for a time, … rename, … read-only (announcement) channels, slow mode".
#[tokio::test]
async fn rules_say_who_speaks_and_how_often() {
    let mut room = Room::new().await;
    let say = |id: &str, nonce: &str| json!({"id": id, "message": {"content": "a word", "nonce": nonce}});
    let settings = |id: &str, change: Value| {
        let mut settings = json!({"id": id});
        settings.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        settings
    };
    let id = room.id.clone();
    // Muted: for a time, by who outranks.
    let mute = |handle: &str, for_s: u32| json!({"id": id, "handle": handle, "for_s": for_s});
    room.moderator.asks("channel_mute", mute("mina", 60)).await;
    let refusal = room.member.gets_refused("channel_message_add", say(&id, "m1"), "muted").await;
    assert!(refusal.retry_after_ms.is_some_and(|wait| wait <= 60_000), "{refusal:?}");
    // Leaving and coming back does not undo it.
    room.member.asks("channel_leave", json!({"id": id})).await;
    room.member.joins("tea").await;
    room.member.gets_refused("channel_message_add", say(&id, "m1"), "muted").await;
    room.moderator.asks("channel_mute", mute("mina", 0)).await;
    let index = room.member.asks("channel_message_add", say(&id, "m1")).await["index"].clone();
    // Nor does one speak by an old message.
    let edit = json!({"id": id, "index": index, "content": "another word"});
    room.moderator.asks("channel_mute", mute("mina", 60)).await;
    room.member.gets_refused("channel_message_edit", edit.clone(), "muted").await;
    room.moderator.asks("channel_mute", mute("mina", 0)).await;
    room.member.gets_refused("channel_mute", mute("guest-g", 60), "not_allowed").await;
    room.moderator.gets_refused("channel_mute", mute("olga", 60), "not_allowed").await;
    room.owner.gets_refused("channel_mute", mute("stranger", 60), "not_found").await;
    // Read-only: those who keep order go on; what was sent before is still found by its nonce.
    room.moderator.asks("channel_settings", settings(&id, json!({"read_only": true}))).await;
    let here = std::panic::Location::caller();
    let told = |packet: &Value| packet["type"] == "channel_update" && packet["payload"]["rules"]["read_only"] == true;
    room.member.takes(here, "the rules", told).await;
    room.member.gets_refused("channel_message_add", say(&id, "m2"), "not_allowed").await;
    room.guest.gets_refused("channel_message_add", say(&id, "g1"), "not_allowed").await;
    room.member.gets_refused("channel_message_edit", edit, "not_allowed").await;
    room.member.asks("channel_message_add", say(&id, "m1")).await;
    room.moderator.asks("channel_message_add", say(&id, "o1")).await;
    let shown = room.member.again(json!({})).await.gets_shown("tea").await;
    assert_eq!(shown["rules"], json!({"read_only": true, "slow_mode_s": 0}));
    // Slow: once in a while, and not for those who keep order.
    room.owner.asks("channel_settings", settings(&id, json!({"read_only": false, "slow_mode_s": 600}))).await;
    let refusal = room.member.gets_refused("channel_message_add", say(&id, "m3"), "rate_limited").await;
    assert!(refusal.retry_after_ms.is_some_and(|wait| (500_000..=600_000).contains(&wait)), "{refusal:?}");
    room.guest.asks("channel_message_add", say(&id, "g2")).await;
    room.guest.gets_refused("channel_message_add", say(&id, "g3"), "rate_limited").await;
    for nonce in ["o2", "o3"] {
        room.owner.asks("channel_message_add", say(&id, nonce)).await;
    }
    // Whoever becomes the owner speaks: nobody could let them.
    room.owner.asks("channel_mute", mute("mina", 60)).await;
    let hand_over = |to: &str| role_of(&id, to, "owner");
    room.owner.asks("channel_role", hand_over("mina")).await;
    room.member.asks("channel_message_add", say(&id, "m9")).await;
    room.member.asks("channel_role", hand_over("olga")).await;
    room.owner.asks("channel_role", role_of(&id, "mina", "member")).await;
    // Another name: the owner's to give, unique among public channels, and the old one is free again.
    let rename = settings(&id, json!({"name": "Coffee"}));
    room.moderator.gets_refused("channel_settings", rename.clone(), "not_allowed").await;
    room.member.gets_refused("channel_settings", settings(&id, json!({"slow_mode_s": 0})), "not_allowed").await;
    room.stranger.gets_refused("channel_settings", rename.clone(), "not_a_member").await;
    room.owner.gets_refused("channel_settings", settings(&id, json!({"name": "lobby"})), "name_taken").await;
    room.owner.asks("channel_settings", rename).await;
    let named = |packet: &Value| packet["type"] == "channel_update" && packet["payload"]["name"] == "coffee";
    room.member.takes(here, "the name", named).await;
    room.stranger.joins("coffee").await;
    assert_eq!(room.stranger.id("coffee"), id);
    let fresh = room.stranger.asks("channel_join", json!({"name": "tea"})).await;
    assert_ne!(fresh["id"], id.as_str());
}

/// The rows of the table about pins, codes, kind and deletion: owner, moderator, member, guest, and who is not in it.
#[tokio::test]
async fn who_may_pin_invite_and_delete() {
    let mut room = Room::new().await;
    room.owner.sends("tea", "the rules").await;
    let id = room.id.clone();
    let code = room.owner.asks("channel_invite_create", json!({"id": id})).await["code"].clone();
    let rows = [
        ("channel_pin", json!({"id": id, "index": 1, "on": true}), true),
        ("channel_invite_create", json!({"id": id}), true),
        ("channel_invites", json!({"id": id}), true),
        ("channel_invite_revoke", json!({"id": id, "code": code}), true),
        ("channel_settings", json!({"id": id, "kind": "private"}), false),
        ("channel_settings", json!({"id": id, "name": "mine"}), false),
        ("channel_delete", json!({"id": id}), false),
    ];
    for (packet, payload, moderators_may) in &rows {
        for person in [&mut room.member, &mut room.guest] {
            person.gets_refused(packet, payload.clone(), "not_allowed").await;
        }
        room.stranger.gets_refused(packet, payload.clone(), "not_a_member").await;
        if *moderators_may {
            room.moderator.asks(packet, payload.clone()).await;
        } else {
            room.moderator.gets_refused(packet, payload.clone(), "not_allowed").await;
        }
    }
    for (packet, payload, moderators_may) in rows {
        if moderators_may && packet != "channel_invite_revoke" {
            room.owner.asks(packet, payload).await;
        }
    }
    room.owner.asks("channel_settings", json!({"id": id, "kind": "private", "name": "mine"})).await;
    // In a private channel strangers learn nothing.
    for packet in ["channel_invites", "channel_delete"] {
        room.stranger.gets_refused(packet, json!({"id": id}), "no_such_channel").await;
    }
    room.owner.asks("channel_delete", json!({"id": id})).await;
}
