//! Slash commands: what stands in the composer, read as a command or as words to say.

mod arguments;
mod table;

use proto::{
    ChannelName, ChosenPresence, Content, ContentError, CreatedKind, Handle, InviteCode, MessageKind, NotifyLevel,
    PersonError, Role, SetPresence, SetProfile, Status, Topic,
};

use crate::keymap::Action;
use crate::page::Place;
use crate::shortcodes;
use arguments::Arguments;
pub use arguments::{Meant, channel, handle, meant};
pub(super) use table::known;
pub use table::{COMMANDS, Entry};

/// A command and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say or do something in the current channel.
    Say(MessageKind, Content),
    /// Enter a channel.
    Join(Meant),
    /// Go to a channel or a conversation that one is in.
    Open(Meant),
    /// Create a channel.
    Create(ChannelName, CreatedKind),
    /// Leave a channel, the current one if none is named.
    Leave(Option<Meant>),
    /// Close a conversation, or a channel that one is no longer in; the current one if none is named.
    Close(Option<Meant>),
    /// Open a direct conversation, and say something there.
    Message(Handle, Option<Content>),
    /// Make somebody a member of the current channel.
    Invite(Handle),
    /// Make a code that lets so many people into the current channel for so many days.
    InviteCode(Option<u32>, Option<u32>),
    /// Enter the channel that a code opens.
    Redeem(InviteCode),
    /// Let everybody find the current channel, or nobody any more.
    Kind(CreatedKind),
    /// Delete the current channel, which is meant.
    DeleteChannel(Meant),
    /// Send somebody away from the current channel.
    Kick(Handle),
    /// Keep somebody out of the current channel, or no longer.
    Ban(Handle, bool),
    /// Keep a member of the current channel from speaking for so many seconds.
    Mute(Handle, u32),
    /// Give the current channel another name.
    Rename(ChannelName),
    /// Let only owner and moderators speak in the current channel, or everybody.
    ReadOnly(bool),
    /// Seconds between two messages of a member of the current channel.
    SlowMode(u32),
    /// Say what a member may do in the current channel.
    Role(Handle, Role),
    /// Say what the current channel is about.
    Topic(Topic),
    /// Show what the current channel is about.
    ShowTopic,
    /// Post something for friends to read.
    Post(Content),
    /// Show a page.
    Page(Place),
    /// Show settings and members of the current channel.
    Room,
    /// Show what the current channel keeps in view.
    Pins,
    /// Show what one may know of somebody, or of oneself.
    Profile(Option<Handle>),
    /// Say of what one wants to hear in the current channel.
    Notify(NotifyLevel),
    /// Hear of nothing in the current channel for so many minutes.
    Quiet(u32),
    /// Say by hand whether one is there, and what one does.
    Presence(SetPresence),
    /// Show what one has said that one does.
    ShowStatus,
    /// Say who one is.
    SetProfile(SetProfile),
    /// Ask somebody to be a friend, or say yes.
    AskFriend(Handle),
    /// End a friendship, say no, or take an asking back.
    RemoveFriend(Handle),
    /// Keep somebody from writing to one and seeing one, or no longer.
    Block(Handle, bool),
    /// Give the account another password.
    Password,
    /// What a key does as well.
    Act(Action),
    /// Show the keys and commands, or what one of them is for.
    Help(Option<&'static Entry>),
    /// End the session and show the sign-in form.
    Logout,
    /// End the program.
    Quit,
}

/// Reads what was written. `//` says a slash.
///
/// # Errors
/// A sentence that says what is wrong; nothing is sent then.
pub fn parse(text: &str) -> Result<Command, String> {
    let Some(rest) = text.strip_prefix('/') else { return say(MessageKind::Text, text) };
    if rest.starts_with('/') {
        return say(MessageKind::Text, rest);
    }
    let (typed, behind) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let lower = typed.to_lowercase();
    let Some(entry) = known(&lower) else {
        return Err(format!("there is no {typed}, did you mean {}? (// says a slash)", table::nearest(&lower)));
    };
    let arguments = Arguments { entry, text: behind.trim() };
    about_channels(&arguments)
        .or_else(|| about_people(&arguments))
        .or_else(|| of_ones_own(&arguments))
        .or_else(|| pages(&arguments))
        .expect("every command of the table is read")
}

/// Commands about channels and who is in them.
fn about_channels(arguments: &Arguments<'_>) -> Option<Result<Command, String>> {
    Some(match arguments.entry.name {
        "/join" => arguments.meant().map(Command::Join),
        "/open" => arguments.meant().map(Command::Open),
        "/create" => create(arguments),
        "/leave" if arguments.text.is_empty() => Ok(Command::Leave(None)),
        "/leave" => arguments.meant().map(|meant| Command::Leave(Some(meant))),
        "/close" if arguments.text.is_empty() => Ok(Command::Close(None)),
        "/close" => arguments.meant().map(|meant| Command::Close(Some(meant))),
        "/invite" => arguments.handle().map(Command::Invite),
        "/code" => invite_code(arguments),
        "/redeem" => redeem(arguments),
        "/public" => arguments.nothing().map(|()| Command::Kind(CreatedKind::Public)),
        "/private" => arguments.nothing().map(|()| Command::Kind(CreatedKind::Private)),
        "/deletechannel" => arguments.meant().map(Command::DeleteChannel),
        "/kick" => arguments.handle().map(Command::Kick),
        "/ban" => arguments.handle().map(|handle| Command::Ban(handle, true)),
        "/unban" => arguments.handle().map(|handle| Command::Ban(handle, false)),
        "/mute" => mute(arguments),
        "/rename" => arguments.channel().map(Command::Rename),
        "/readonly" => match arguments.text {
            "on" => Ok(Command::ReadOnly(true)),
            "off" => Ok(Command::ReadOnly(false)),
            _ => Err(arguments.usage()),
        },
        "/slow" => arguments.number("seconds").map(Command::SlowMode),
        "/role" => role(arguments),
        "/topic" => topic(arguments.text),
        "/notify" => notify(arguments),
        "/quiet" => arguments.number("minutes").map(|minutes| Command::Quiet(minutes.saturating_mul(60))),
        _ => return None,
    })
}

/// Commands about other people, and what is said to them.
fn about_people(arguments: &Arguments<'_>) -> Option<Result<Command, String>> {
    Some(match arguments.entry.name {
        "/msg" => message(arguments),
        "/me" => arguments.some().and_then(|text| say(MessageKind::Action, text)),
        "/post" => arguments
            .some()
            .and_then(|text| content(text).map(Command::Post).map_err(|_| "there is nothing to post".to_owned())),
        "/profile" if arguments.text.is_empty() => Ok(Command::Profile(None)),
        "/profile" => arguments.handle().map(|handle| Command::Profile(Some(handle))),
        "/posts" => arguments.handle().map(|handle| Command::Page(Place::Posts(handle))),
        "/friend" => arguments.handle().map(Command::AskFriend),
        "/unfriend" => arguments.handle().map(Command::RemoveFriend),
        "/block" => arguments.handle().map(|handle| Command::Block(handle, true)),
        "/unblock" => arguments.handle().map(|handle| Command::Block(handle, false)),
        _ => return None,
    })
}

/// Commands about oneself and the program.
fn of_ones_own(arguments: &Arguments<'_>) -> Option<Result<Command, String>> {
    let alone = |command: Command| arguments.nothing().map(|()| command);
    Some(match arguments.entry.name {
        "/status" if arguments.text.is_empty() => Ok(Command::ShowStatus),
        "/status" => status(taken_away(arguments.text))
            .map(|status| Command::Presence(SetPresence { state: None, status: Some(status) })),
        "/away" => presence(ChosenPresence::Away, arguments.text),
        "/dnd" => presence(ChosenPresence::Dnd, arguments.text),
        "/invisible" => arguments.nothing().and_then(|()| presence(ChosenPresence::Invisible, "")),
        "/back" => {
            let (state, status) = (Some(ChosenPresence::Online), Some(Status::default()));
            alone(Command::Presence(SetPresence { state, status }))
        }
        "/name" | "/about" if arguments.text.is_empty() => Err(format!("{}; F4 shows what is set", arguments.usage())),
        "/name" => in_words(taken_away(arguments.text).parse())
            .map(|name| Command::SetProfile(SetProfile { display_name: Some(name), ..SetProfile::default() })),
        "/about" => in_words(taken_away(arguments.text).parse())
            .map(|about| Command::SetProfile(SetProfile { about: Some(about), ..SetProfile::default() })),
        "/password" => alone(Command::Password),
        "/next" => alone(Command::Act(Action::NextUnread)),
        "/read" => alone(Command::Act(Action::MarkRead)),
        "/retry" => alone(Command::Act(Action::Retry)),
        "/takeback" => alone(Command::Act(Action::TakeBack)),
        "/unfold" => alone(Command::Act(Action::Unfold)),
        "/help" => help(arguments),
        "/logout" => alone(Command::Logout),
        "/quit" => alone(Command::Quit),
        _ => return None,
    })
}

/// Commands that show a page.
fn pages(arguments: &Arguments<'_>) -> Option<Result<Command, String>> {
    let alone = |command: Command| arguments.nothing().map(|()| command);
    Some(match arguments.entry.name {
        "/channels" => Ok(Command::Page(Place::Channels(arguments.text.to_owned()))),
        "/search" => Ok(Command::Page(Place::Search(arguments.text.to_owned()))),
        "/catchup" => alone(Command::Page(Place::CatchUp)),
        "/home" => alone(Command::Page(Place::Feed)),
        "/friends" => alone(Command::Page(Place::Friends)),
        "/sessions" => alone(Command::Page(Place::Sessions)),
        "/settings" => alone(Command::Page(Place::Settings)),
        "/room" => alone(Command::Room),
        "/pins" => alone(Command::Pins),
        _ => return None,
    })
}

/// Tells whether a line is a command that there is.
pub(super) fn is_command(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| known(&word.to_lowercase()).is_some())
}

/// Reads what is said: shortcodes are emoji.
pub fn content(text: &str) -> Result<Content, ContentError> {
    Content::parse(&shortcodes::expanded(text))
}

fn say(kind: MessageKind, text: &str) -> Result<Command, String> {
    content(text).map(|content| Command::Say(kind, content)).map_err(|_| "there is nothing to say".to_owned())
}

/// A hyphen alone takes away what is set.
fn taken_away(arguments: &str) -> &str {
    if arguments == "-" { "" } else { arguments }
}

fn in_words<T>(read: Result<T, PersonError>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

fn status(text: &str) -> Result<Status, String> {
    in_words(shortcodes::expanded(text).parse())
}

/// A status that was set before stays when none is given.
fn presence(state: ChosenPresence, arguments: &str) -> Result<Command, String> {
    let status = if arguments.is_empty() { None } else { Some(status(arguments)?) };
    Ok(Command::Presence(SetPresence { state: Some(state), status }))
}

/// As elsewhere, the command alone shows what there is; weechat takes it away by `-delete`.
fn topic(text: &str) -> Result<Command, String> {
    if text.is_empty() {
        return Ok(Command::ShowTopic);
    }
    let text = if text == "-delete" { "" } else { taken_away(text) };
    shortcodes::expanded(text).parse::<Topic>().map(Command::Topic).map_err(|error| error.to_string())
}

fn help(arguments: &Arguments<'_>) -> Result<Command, String> {
    let Some(word) = arguments.at_most(1)?.next() else { return Ok(Command::Help(None)) };
    let name = format!("/{}", word.trim_start_matches('/').to_lowercase());
    let entry = known(&name).ok_or_else(|| format!("there is no {name}"))?;
    Ok(Command::Help(Some(entry)))
}

fn create(arguments: &Arguments<'_>) -> Result<Command, String> {
    let mut words = arguments.at_most(2)?;
    let name = channel(words.next().ok_or_else(|| arguments.usage())?)?;
    match words.next() {
        None | Some("public") => Ok(Command::Create(name, CreatedKind::Public)),
        Some("private") => Ok(Command::Create(name, CreatedKind::Private)),
        Some(other) => Err(format!("a channel is `public` or `private`, not `{other}`")),
    }
}

fn invite_code(arguments: &Arguments<'_>) -> Result<Command, String> {
    let mut words = arguments.at_most(2)?;
    let people = words.next().map(|word| arguments::number(word, "people")).transpose()?;
    let days = words.next().map(|word| arguments::number(word, "days")).transpose()?;
    Ok(Command::InviteCode(people, days))
}

fn redeem(arguments: &Arguments<'_>) -> Result<Command, String> {
    let [word] = arguments.words()?;
    word.parse().map(Command::Redeem).map_err(|_| "give the code of an invitation: 20 letters and digits".to_owned())
}

fn mute(arguments: &Arguments<'_>) -> Result<Command, String> {
    let [who, minutes] = arguments.words()?;
    Ok(Command::Mute(handle(who)?, arguments::number(minutes, "minutes")?.saturating_mul(60)))
}

fn role(arguments: &Arguments<'_>) -> Result<Command, String> {
    let [who, role] = arguments.words()?;
    let role = match role {
        "owner" => Role::Owner,
        "moderator" => Role::Moderator,
        "member" => Role::Member,
        other => return Err(format!("a role is `owner`, `moderator` or `member`, not `{other}`")),
    };
    Ok(Command::Role(handle(who)?, role))
}

fn notify(arguments: &Arguments<'_>) -> Result<Command, String> {
    match arguments.text {
        "all" => Ok(Command::Notify(NotifyLevel::All)),
        "mentions" => Ok(Command::Notify(NotifyLevel::Mentions)),
        "none" => Ok(Command::Notify(NotifyLevel::None)),
        _ => Err(arguments.usage()),
    }
}

fn message(arguments: &Arguments<'_>) -> Result<Command, String> {
    let text = arguments.some()?;
    let (to, text) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let to = handle(to)?;
    if text.trim().is_empty() {
        return Ok(Command::Message(to, None));
    }
    let content = content(text.trim()).map_err(|error| error.to_string())?;
    Ok(Command::Message(to, Some(content)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        match parse(text).unwrap() {
            Command::Say(MessageKind::Text, content) => content.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn words_are_said_and_commands_are_done() {
        assert_eq!(said("hello /join x"), "hello /join x");
        assert_eq!(said("//join x"), "/join x");
        let tea = || Meant::Name("tea".parse().unwrap());
        assert_eq!(parse("/join #Tea").unwrap(), Command::Join(tea()));
        assert_eq!(parse("/JOIN tea").unwrap(), Command::Join(tea()));
        assert_eq!(parse("/join id:4h2m").unwrap(), Command::Join(Meant::Id("4h2m".parse().unwrap())));
        assert_eq!(parse("/part").unwrap(), Command::Leave(None));
        assert_eq!(parse("/part #tea").unwrap(), Command::Leave(Some(tea())));
        assert_eq!(parse("/close @bob").unwrap(), Command::Close(Some(Meant::Person("bob".parse().unwrap()))));
        assert_eq!(parse("/topic").unwrap(), Command::ShowTopic);
        for away in ["/topic -", "/topic -delete"] {
            assert_eq!(parse(away).unwrap(), Command::Topic(Topic::default()));
        }
        assert_eq!(parse("/status").unwrap(), Command::ShowStatus);
        assert_eq!(parse("/dm @Bob").unwrap(), Command::Message("bob".parse().unwrap(), None));
        let hi = Content::parse("hi there").unwrap();
        assert_eq!(parse("/msg bob hi there").unwrap(), Command::Message("bob".parse().unwrap(), Some(hi)));
        let waves = Content::parse("waves").unwrap();
        assert_eq!(parse("/me waves").unwrap(), Command::Say(MessageKind::Action, waves));
        assert_eq!(parse("/create x private").unwrap(), Command::Create("x".parse().unwrap(), CreatedKind::Private));
    }

    #[test]
    fn what_is_no_command_is_never_sent() {
        assert!(parse("/jion tea").unwrap_err().contains("did you mean /join?"));
        assert!(parse("/hepl").unwrap_err().contains("/help"));
        for bad in ["/join", "/join a b", "/invite", "/me", "/create x secret", "/msg", " ", "/topic a\nb"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    /// "Slash commands refuse what they do not take": words that were meant for people change nothing.
    #[test]
    fn what_a_command_does_not_take_is_refused() {
        for entry in COMMANDS.iter().filter(|entry| entry.arguments.is_empty()) {
            for name in std::iter::once(entry.name).chain(entry.aliases.iter().copied()) {
                assert!(parse(name).is_ok(), "{name}");
                let told = parse(&format!("{name} joke of mine")).unwrap_err();
                assert_eq!(told, format!("{} takes no arguments: nothing was done", entry.name));
                assert!(parse(&format!("{name}\nsecond line")).is_err(), "{name}");
            }
        }
        for (line, told) in [
            ("/leave the dishes", "usage: /leave [CHANNEL or @HANDLE]"),
            ("/part #tea bye", "usage: /leave [CHANNEL or @HANDLE]"),
            ("/join a b", "usage: /join CHANNEL"),
            ("/create plans private now", "usage: /create CHANNEL [private]"),
            ("/invite bob carol", "usage: /invite HANDLE"),
            ("/kick", "usage: /kick HANDLE"),
            ("/ban bob for good", "usage: /ban HANDLE"),
            ("/mute bob", "usage: /mute HANDLE MINUTES"),
            ("/mute bob 5 minutes", "usage: /mute HANDLE MINUTES"),
            ("/role bob", "usage: /role HANDLE owner|moderator|member"),
            ("/role bob owner please", "usage: /role HANDLE owner|moderator|member"),
            ("/code 5 2 1", "usage: /code [PEOPLE] [DAYS]"),
            ("/redeem", "usage: /redeem CODE"),
            ("/redeem code of mine", "usage: /redeem CODE"),
            ("/rename new name", "usage: /rename CHANNEL"),
            ("/readonly", "usage: /readonly on|off"),
            ("/slow down please", "usage: /slow SECONDS"),
            ("/notify everybody", "usage: /notify all|mentions|none"),
            ("/quiet now please", "usage: /quiet MINUTES"),
            ("/deletechannel tea now", "usage: /deletechannel CHANNEL"),
            ("/profile bob carol", "usage: /profile [HANDLE]"),
            ("/block bob now", "usage: /block HANDLE"),
            ("/msg", "usage: /msg HANDLE [TEXT]"),
            ("/me", "usage: /me TEXT"),
            ("/name", "usage: /name NAME; F4 shows what is set"),
            ("/help me out", "usage: /help [COMMAND]"),
        ] {
            assert_eq!(parse(line).unwrap_err(), told, "{line}");
        }
    }

    #[test]
    fn every_command_of_the_table_is_read() {
        for entry in COMMANDS {
            let _ = parse(entry.name);
            assert!(
                matches!(parse(&format!("/help {}", entry.name)), Ok(Command::Help(Some(found))) if found == entry)
            );
        }
    }
}
