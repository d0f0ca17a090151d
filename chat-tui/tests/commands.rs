//! Commands that change what cannot be changed back, and the names that they take.

#[path = "support/client.rs"]
#[expect(dead_code, reason = "each test program uses a part")]
mod support;

use chat_tui::chat::command;
use chat_tui::effect::Effect;
use chat_tui::msg::Msg;
use chat_tui::page::{Fetch, Fetched};
use crossterm::event::{KeyCode, KeyModifiers};
use proto::{ClientPacket, CreatedKind, JoinChannel, NotifyLevel};
use serde_json::{Value, json};
use support::{Client, START, enter, presses, read, start, talk};

/// A channel with these members, of whom some are disabled; alice owns it.
fn is_in_with(client: &mut Client, id: &str, name: &str, kind: &str, owner: &str, others: &[(&str, bool)], said: u64) {
    let member = |handle: &str, disabled: bool| {
        let mut member = json!({"handle": handle, "online": false, "typing": false, "state": "offline",
            "role": if handle == owner { "owner" } else { "member" }});
        if disabled {
            member["disabled"] = true.into();
        }
        member
    };
    let members = others.iter().map(|(handle, disabled)| member(handle, *disabled)).chain([member("alice", false)]);
    let members = members.collect::<Vec<_>>();
    client.hears(json!({"type": "channel_add", "payload": {
        "id": id, "name": name, "kind": kind, "topic": "", "owner": owner, "members_total": members.len(),
        "members": members, "messages": [], "first_index": 0, "last_index": said, "version": 3 + said,
        "last_read": said, "unread": 0, "mentions": 0}}));
}

fn leaves(client: &Client) -> Option<String> {
    client.sent().into_iter().find_map(|packet| match packet {
        ClientPacket::LeaveChannel(which) => Some(which.id.to_string()),
        _ => None,
    })
}

/// The daemon says which channels have a name.
fn names(client: &mut Client, name: &str, found: &[Value]) {
    let fetch = Fetch::Named(name.parse().expect("a name"));
    let found = found.iter().cloned().map(read).collect();
    client.gets(Msg::Fetched(fetch, Ok(Fetched::Named(found))));
}

fn listed(id: &str, name: &str, kind: &str, owner: &str, member: bool) -> Value {
    json!({"id": id, "name": name, "kind": kind, "topic": "", "owner": owner, "member": member, "members_total": 12,
        "last_index": 1, "last_date": START, "version": 4, "last_read": 0, "unread": 0, "mentions": 0})
}

/// "Slash commands refuse what they do not take": nothing is sent, and what was typed stays where it stands.
#[test]
fn what_a_command_does_not_take_changes_nothing() {
    for (line, told) in [
        ("/private joke of mine", "/private takes no arguments. Nothing was done."),
        ("/public opinion says", "/public takes no arguments"),
        ("/leave the dishes", "Usage: /leave [CHANNEL or @HANDLE]"),
        ("/part of the game", "Usage: /leave [CHANNEL or @HANDLE]"),
        ("/who x", "/room takes no arguments"),
        ("/quit bye", "/quit takes no arguments"),
        ("/logout now", "/logout takes no arguments"),
        ("/back soon", "/back takes no arguments"),
        ("/home sweet home", "/home takes no arguments"),
        ("/invisible man", "/invisible takes no arguments"),
        ("/timeout bob", "Usage: /timeout HANDLE MINUTES"),
        ("/kick bob please", "Usage: /kick HANDLE"),
    ] {
        let mut client = talk();
        client.enters_anew(line);
        client.shows(told);
        client.shows(&format!("> {line}"));
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
        assert!(!client.effects.contains(&Effect::Quit), "{line}");
    }
}

/// Each command says how it is written when it is written otherwise.
#[test]
fn what_is_written_otherwise_is_told_how() {
    let mut client = talk();
    for (line, told) in [
        ("/part #tea bye", "Usage: /leave [CHANNEL or @HANDLE]"),
        ("/join a b", "Usage: /join CHANNEL"),
        ("/create plans private now", "Usage: /create CHANNEL [private]"),
        ("/create plans secret", "“secret” is neither public nor private. Usage: /create CHANNEL [private]"),
        ("/invite bob carol", "Usage: /invite HANDLE"),
        ("/ban bob for good", "Usage: /ban HANDLE"),
        ("/timeout bob", "Usage: /timeout HANDLE MINUTES"),
        ("/timeout bob 5 minutes", "Usage: /timeout HANDLE MINUTES"),
        ("/timeout bob long", "“long” is not a number. Usage: /timeout HANDLE MINUTES"),
        ("/role bob", "Usage: /role HANDLE owner|moderator|member"),
        ("/role bob owner please", "Usage: /role HANDLE owner|moderator|member"),
        ("/role bob king", "“king” is not a role. Usage: /role HANDLE owner|moderator|member"),
        ("/code 5 2 1", "Usage: /invite-code [USES] [DAYS]"),
        ("/redeem", "Usage: /redeem CODE"),
        ("/redeem code of mine", "Usage: /redeem CODE"),
        ("/redeem c-o-d-e", "“c-o-d-e” is not an invite code"),
        ("/rename new name", "Usage: /rename NAME"),
        ("/readonly", "Usage: /readonly on|off"),
        ("/slow down please", "Usage: /slow SECONDS"),
        ("/notify everybody", "Usage: /notify all|mentions|none"),
        ("/mute now please", "Usage: /mute [MINUTES]"),
        ("/deletechannel tea now", "Usage: /delete-channel NAME"),
        ("/profile bob carol", "Usage: /profile [HANDLE]"),
        ("/block bob now", "Usage: /block HANDLE"),
        ("/msg", "Usage: /msg HANDLE [TEXT]"),
        ("/me", "Usage: /me TEXT"),
        ("/name", "Usage: /nick NAME. F4 shows what is set."),
        ("/help me out", "Usage: /help [COMMAND]"),
        ("/jion tea", "Unknown command /jion. Did you mean /join?"),
        ("/topic a\nb", "A topic is one line of at most 512 bytes"),
    ] {
        client.enters_anew(line);
        client.shows(told);
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
    }
}

/// What a command does not take is refused, whatever its name; so is a line end, behind which words for people may stand.
#[test]
fn commands_without_arguments_take_none() {
    let mut client = talk();
    for command in command::all().filter(|command| command.usage() == command.name) {
        for name in std::iter::once(command.name).chain(command.aliases.iter().copied()) {
            client.enters_anew(&format!("{name} joke of mine"));
            client.shows(&format!("{} takes no arguments. Nothing was done.", command.name));
            assert!(client.sent().is_empty(), "{name}: {:?}", client.effects);
        }
    }
    for command in command::all() {
        client.enters_anew(&format!("/help {}", command.name));
        client.shows(&format!("{}: ", command.usage()));
    }
}

/// "Muting a member for a time is `/timeout`, muting a channel `/mute`; the old form points there."
#[test]
fn a_channel_is_muted_and_a_member_timed_out() {
    let mut client = talk();
    client.enters_anew("/mute @bob 5");
    client.shows("To stop a member from posting use /timeout bob 5.");
    client.enters_anew("/mute bob");
    client.shows("use /timeout bob MINUTES");
    client.enters_anew("/timeout @bob 5");
    let (_, ClientPacket::Mute(mute)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!((mute.handle.as_str(), mute.for_s), ("bob", 300));
    client.is_answered();
    client.shows("bob is timed out until 10:05");
    for (line, told) in [
        ("/timeout bob 0", "bob can post again"),
        ("/kick bob", "bob was removed from #tea"),
        ("/ban bob", "bob is banned from #tea"),
        ("/unban bob", "bob is not banned from #tea any more"),
        ("/slow 5", "Slow mode: 5 s between a member’s messages"),
        ("/slow 0", "Slow mode is off"),
        ("/readonly on", "#tea is read-only now"),
        ("/readonly off", "Everyone in #tea can post now"),
    ] {
        client.enters_anew(line);
        client.hides(told);
        client.is_answered();
        client.shows(told);
    }
    let notify = |client: &Client| match client.sent_last().1 {
        ClientPacket::Notify(notify) => (notify.level, notify.quiet_s),
        other => panic!("{other:?}"),
    };
    client.enters_anew("/mute");
    assert_eq!(notify(&client), (None, Some(31_536_000)));
    client.is_answered();
    client.shows("#tea is muted until you /unmute it");
    client.enters_anew("/mute 90");
    assert_eq!(notify(&client), (None, Some(5_400)));
    client.is_answered();
    client.shows("#tea is muted until 11:30");
    let muted = json!({"type": "channel_personal", "payload": {"id": "c1", "level": "none"}});
    for line in ["/mute 0", "/unmute"] {
        client.enters_anew(line);
        assert_eq!(notify(&client), (None, Some(0)));
    }
    client.hears(muted);
    client.enters_anew("/unmute");
    assert_eq!(notify(&client), (Some(NotifyLevel::All), Some(0)));
}

/// "`/topic` alone shows the topic"; likewise a status. Both are taken away by a word.
#[test]
fn what_is_set_is_shown_before_it_is_taken_away() {
    let mut client = talk();
    client.enters_anew("/topic");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("Topic of #tea: A quiet place");
    for away in ["/topic -delete", "/topic -"] {
        client.enters_anew(away);
        let (_, ClientPacket::SetTopic(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
        assert_eq!(set.topic.as_str(), "");
    }
    client.hears(json!({"type": "channel_update", "payload": {"id": "c1", "version": 4, "topic": ""}}));
    client.enters_anew("/topic");
    client.shows("#tea has no topic");
    client.hears(json!({"type": "settings", "payload": {"presence": "online", "status": "at lunch", "theme": "",
        "privacy": {"presence": "shared", "messages": "everyone", "posts": "friends"}}}));
    client.enters_anew("/status");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("Your status: at lunch (/status - clears it)");
    client.enters_anew("/status -");
    let (_, ClientPacket::SetPresence(set)) = client.sent_last() else { panic!("{:?}", client.effects) };
    assert_eq!(set.status.expect("it is taken away").as_str(), "");
    client.enters_anew("/help part");
    client.shows("/leave [CHANNEL or @HANDLE]: Leave a channel or close a direct message");
}

/// "`/leave NAME` means that channel; `/leave` alone the open one."
#[test]
fn a_channel_is_left_by_its_name() {
    let mut client = talk();
    client.is_in("c2", "zoo", "public");
    client.is_in("d1", "bob", "dm");
    for (line, left) in [("/leave zoo", "c2"), ("/part #zoo", "c2"), ("/leave id:c2", "c2"), ("/leave", "c1")] {
        client.enters_anew(line);
        assert_eq!(leaves(&client).as_deref(), Some(left), "{line}");
    }
    // A conversation is closed without a question: it comes back with its next message.
    client.enters_anew("/leave @bob");
    assert_eq!(leaves(&client).as_deref(), Some("d1"));
    client.presses(KeyCode::Char('3'), KeyModifiers::ALT);
    client.enters_anew("/close");
    assert_eq!(leaves(&client).as_deref(), Some("d1"));
    client.hears(json!({"type": "channel_remove", "payload": {"id": "d1"}}));
    client.hides("@bob");
    for (line, told) in [
        ("/leave dishes", "You are not a member of a channel called “dishes”"),
        ("/leave @carol", "No direct messages with carol yet"),
        ("/leave id:c9", "You are not a member of a channel with this id"),
    ] {
        client.enters_anew(line);
        client.shows(told);
        assert_eq!(leaves(&client), None, "{line}");
    }
}

/// "the last one who can sign in out of a private channel is asked first"; disabled members do not count.
#[test]
fn leaving_what_one_cannot_come_back_to_asks() {
    let deleted = "You are the last member: #plans and all its";
    let invited = "#plans is private: you need a new invitation";
    for (others, told) in [
        (&[][..], deleted),
        (&[("dora", true)][..], deleted),
        (&[("bob", false)][..], invited),
        (&[("dora", true), ("bob", false)][..], invited),
    ] {
        let mut client = Client::welcomed(100, 24);
        is_in_with(&mut client, "p1", "plans", "private", "alice", others, 0);
        client.enters_anew("/leave");
        client.shows("Leave #plans?");
        client.shows(told);
        assert_eq!(leaves(&client), None);
        client.presses(KeyCode::Esc, KeyModifiers::NONE);
        assert_eq!(leaves(&client), None);
        client.enters_anew("/leave");
        presses(&mut client, 'y');
        assert_eq!(leaves(&client).as_deref(), Some("p1"));
    }
    // Of a large channel not all members are known here: nobody is the last one.
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "p1", "plans", "private", "alice", &[], 0);
    client.hears(json!({"type": "channel_users_update", "payload": {"id": "p1", "members": [], "members_total": 300}}));
    client.enters_anew("/leave");
    client.shows(invited);
    // Whoever comes back to life counts.
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "p1", "plans", "private", "alice", &[("dora", true)], 0);
    client.shows("disabled");
    let member = json!({"handle": "dora", "disabled": false});
    client.hears(json!({"type": "channel_user_update", "payload": {"id": "p1", "member": member}}));
    client.enters_anew("/leave");
    client.shows(invited);
}

/// "A private channel becomes public by one key, without a question": it asks, and offers to keep what was said.
#[test]
fn making_a_channel_public_asks() {
    let kind = |client: &Client| match client.sent_last().1 {
        ClientPacket::ChangeSettings(settings) => (settings.kind, settings.close_history),
        other => panic!("{other:?}"),
    };
    for by_page in [false, true] {
        for (key, close_history) in [('a', false), ('f', true)] {
            let mut client = Client::welcomed(100, 24);
            is_in_with(&mut client, "p1", "plans", "private", "alice", &[("bob", false)], 42);
            let opens = |client: &mut Client| {
                if by_page {
                    client.presses(KeyCode::Char('m'), KeyModifiers::ALT);
                    client.presses(KeyCode::Down, KeyModifiers::NONE);
                    enter(client);
                } else {
                    client.enters_anew("/public");
                }
            };
            opens(&mut client);
            client.shows("Make #plans public?");
            client.shows("Everyone on this server will be able to find");
            client.shows("(42");
            client.shows("f show only new messages");
            assert!(client.sent().is_empty(), "{:?}", client.effects);
            for no in [KeyCode::Enter, KeyCode::Char('y'), KeyCode::Char(' '), KeyCode::Esc] {
                client.presses(no, KeyModifiers::NONE);
                assert!(client.sent().is_empty(), "{no:?}: {:?}", client.effects);
            }
            if by_page {
                enter(&mut client);
            } else {
                client.enters_anew("/public");
            }
            presses(&mut client, key);
            assert_eq!(kind(&client), (Some(CreatedKind::Public), close_history));
        }
    }
    // Where nothing was said there is nothing to keep.
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "p1", "plans", "private", "alice", &[], 0);
    client.enters_anew("/public");
    client.hides("from now on");
    presses(&mut client, 'y');
    assert_eq!(kind(&client), (Some(CreatedKind::Public), false));
    // "Making public→private also asks (guests go)."
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "p1", "tea", "public", "alice", &[("guest-7", false), ("bob", false)], 42);
    client.enters_anew("/private");
    client.shows("Make #tea private?");
    client.shows("1 guest will be removed.");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    presses(&mut client, 'y');
    assert_eq!(kind(&client), (Some(CreatedKind::Private), false));
    client.hears(json!({"type": "channel_update", "payload": {"id": "p1", "version": 90, "kind": "private"}}));
    client.shows("#tea is private now");
    for (owner, line, told) in [
        ("alice", "/public", "#tea is already public"),
        ("bob", "/private", "Only the owner of #tea can make it public or private"),
    ] {
        let mut client = Client::welcomed(100, 24);
        is_in_with(&mut client, "p1", "tea", "public", owner, &[("bob", false)], 1);
        client.enters_anew(line);
        client.shows(told);
        assert!(client.sent().is_empty(), "{:?}", client.effects);
    }
    let mut client = Client::welcomed(100, 24);
    client.is_in("d1", "bob", "dm");
    client.enters_anew("/public");
    client.shows("A direct message is neither public nor private");
}

/// "a name stands for the channels of that name one is in and the public one; when it is more than one, refuse and show
/// them"; "two channels with the same name are marked".
#[test]
fn a_name_that_stands_for_several_is_refused() {
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "k1", "builds", "public", "bob", &[("bob", false)], 0);
    is_in_with(&mut client, "k2", "builds", "private", "gina", &[("gina", false)], 0);
    client.shows("#builds public");
    client.shows("#builds private");
    client.shows("> Message #builds (public)");
    for line in ["/join builds", "/leave #builds", "/open builds"] {
        client.enters_anew(line);
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
        client.shows("2 channels are called “builds”");
        for words in ["id:k1 (public, owner bob, 2 members)", "id:k2 (private,", "owner gina, 2 members)"] {
            client.shows(words);
        }
    }
    client.enters_anew("/open id:k2");
    client.shows("> Message #builds (private)");
    client.enters_anew("/join id:k1");
    client.shows("> Message #builds (public)");
    client.enters_anew("/leave id:k2");
    client.shows("Leave #builds (private)?");
    client.presses(KeyCode::Esc, KeyModifiers::NONE);
    // Of one kind they are told apart by who owns them, at last by their ids.
    let mut client = Client::welcomed(100, 24);
    is_in_with(&mut client, "k111122", "builds", "private", "bob", &[], 0);
    is_in_with(&mut client, "k111133", "builds", "private", "gina", &[], 0);
    client.shows("#builds bob");
    client.shows("#builds gina");
    is_in_with(&mut client, "k111144", "builds", "private", "gina", &[], 0);
    client.shows("#builds …1133");
    client.shows("#builds …1144");
}

/// Of a private channel's name nobody here knows whether there is a public one by now: the daemon is asked.
#[test]
fn a_public_namesake_is_asked_for() {
    let mine = || listed("k2", "builds", "private", "gina", true);
    let in_private = || {
        let mut client = talk();
        is_in_with(&mut client, "k2", "builds", "private", "gina", &[("gina", false)], 0);
        client.presses(KeyCode::Char('2'), KeyModifiers::ALT);
        client.shows("> Message #tea");
        client
    };
    for line in ["/join builds", "/open builds", "/leave builds"] {
        let mut client = in_private();
        client.enters_anew(line);
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
        let asked = Effect::Fetch(Fetch::Named("builds".parse().expect("a name")));
        assert!(client.effects.contains(&asked), "{:?}", client.effects);
        names(&mut client, "builds", &[mine(), listed("k1", "builds", "public", "bob", false)]);
        client.shows("2 channels are called “builds”");
        assert!(client.sent().is_empty(), "{line}: {:?}", client.effects);
    }
    let mut client = in_private();
    client.enters_anew("/join builds");
    names(&mut client, "builds", &[mine()]);
    client.shows("> Message #builds");
    let mut client = in_private();
    client.enters_anew("/leave builds");
    names(&mut client, "builds", &[mine()]);
    client.shows("Leave #builds?");
    presses(&mut client, 'y');
    assert_eq!(leaves(&client).as_deref(), Some("k2"));
    // A question that comes by itself takes no key from whoever writes on.
    let mut client = in_private();
    client.enters_anew("/leave builds");
    client.types("why, ");
    names(&mut client, "builds", &[mine()]);
    client.types("yes");
    assert_eq!(leaves(&client), None);
    client.shows("> why, yes");
    client.shows("Nothing was done, because you were writing.");
    // What does not come is told.
    let mut client = in_private();
    client.enters_anew("/join builds");
    let fetch = Fetch::Named("builds".parse().expect("a name"));
    client.gets(Msg::Fetched(fetch, Err("no answer in time".to_owned())));
    client.shows("no answer in time");
}

/// `--join` means what `/join` means.
#[test]
fn a_channel_that_is_named_at_the_start() {
    let begins = |meant: &str, list: Vec<Value>| {
        let mut start = start();
        start.join = Some(chat_tui::meant::meant(meant).expect("a channel"));
        let mut client = Client::starting(start, 100, 24);
        assert!(client.sent().iter().all(|packet| !matches!(packet, ClientPacket::JoinChannel(_))));
        client.gets(Msg::Channels(Ok(read(json!({"channels": list, "more": false})))));
        client
    };
    let join = |client: &Client| match client.sent_last().1 {
        ClientPacket::JoinChannel(join) => join,
        other => panic!("{other:?}"),
    };
    let public = || listed("k1", "builds", "public", "bob", false);
    let private = || listed("k2", "builds", "private", "gina", true);
    assert_eq!(join(&begins("#builds", vec![public()])), JoinChannel::Id("k1".parse().expect("an id")));
    assert_eq!(join(&begins("builds", vec![private()])), JoinChannel::Id("k2".parse().expect("an id")));
    assert_eq!(join(&begins("builds", vec![])), JoinChannel::Name("builds".parse().expect("a name")));
    assert_eq!(join(&begins("id:k2", vec![public(), private()])), JoinChannel::Id("k2".parse().expect("an id")));
    let client = begins("builds", vec![public(), private()]);
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("2 channels are called “builds”");
}

/// What is deleted for good is named beyond doubt.
#[test]
fn the_channel_that_is_deleted_is_no_namesake() {
    let deletes = |client: &Client| {
        client.sent().into_iter().find_map(|packet| match packet {
            ClientPacket::DeleteChannel(which) => Some(which.id.to_string()),
            _ => None,
        })
    };
    let mut client = talk();
    client.enters_anew("/deletechannel zoo");
    client.shows("To delete #tea type: /delete-channel tea");
    client.enters_anew("/deletechannel tea");
    assert_eq!(deletes(&client).as_deref(), Some("c1"));
    client.is_in("c2", "tea", "private");
    client.enters_anew("/deletechannel tea");
    assert_eq!(deletes(&client), None);
    client.shows("/delete-channel id:c1");
    client.enters_anew("/deletechannel id:c2");
    assert_eq!(deletes(&client), None);
    client.enters_anew("/deletechannel id:c1");
    assert_eq!(deletes(&client).as_deref(), Some("c1"));
}

/// A command that is refused comes back to its line, whoever refuses it, but not over what was written since.
#[test]
fn a_command_that_is_refused_comes_back() {
    let mut client = Client::welcomed(100, 24);
    client.is_in("c1", "tea", "public");
    let refuse = |client: &mut Client, reference: i64| {
        client.hears(json!({"type": "error", "ref": reference, "payload": {
            "code": "not_found", "reason": "nobody has this handle"}}));
    };
    client.enters("/invite zzz");
    client.hides("> /invite zzz");
    let (reference, _) = client.sent_last();
    refuse(&mut client, reference);
    client.shows("> /invite zzz");
    client.enters_anew("/kick zed");
    let (reference, _) = client.sent_last();
    client.types("meanwhile");
    refuse(&mut client, reference);
    client.shows("> meanwhile");
    client.enters_anew("/leave nowhere");
    client.shows("> /leave nowhere");
    // What is done does not come back.
    client.enters_anew("/invite bob");
    client.is_answered();
    client.hides("> /invite bob");
}

/// `/close` is for conversations and for what one is no longer in: nobody leaves a channel by it.
#[test]
fn close_leaves_no_channel() {
    let mut client = Client::welcomed(100, 24);
    client.is_in("c1", "tea", "public");
    client.enters("/close");
    assert!(client.sent().is_empty(), "{:?}", client.effects);
    client.shows("You are still a member of #tea. /leave leaves it.");
    client.is_in("d1", "bob", "dm");
    client.enters_anew("/close @bob");
    assert!(matches!(client.sent_last().1, ClientPacket::LeaveChannel(_)), "{:?}", client.effects);
}
