//! Slash commands: what stands in the composer, read as a command or as words to say.

use proto::{
    ChannelName, ChosenPresence, Content, CreatedKind, Handle, InviteCode, MessageKind, NotifyLevel, PersonError, Role,
    SetPresence, SetProfile, Status, Topic,
};

use crate::page::Place;

/// A command and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Say or do something in the current channel.
    Say(MessageKind, Content),
    /// Enter a channel.
    Join(ChannelName),
    /// Create a channel.
    Create(ChannelName, CreatedKind),
    /// Leave the current channel.
    Leave,
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
    /// Delete the current channel, whose name this is.
    DeleteChannel(ChannelName),
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
    /// Send again what failed.
    Retry,
    /// Show the keys and commands.
    Help,
    /// End the session and show the sign-in form.
    Logout,
    /// End the program.
    Quit,
}

/// A command as the help and the completion show it.
pub struct Entry {
    /// Its name with the slash.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// Its arguments.
    pub arguments: &'static str,
    /// What the help says.
    pub help: &'static str,
}

const fn entry(
    name: &'static str,
    aliases: &'static [&'static str],
    arguments: &'static str,
    help: &'static str,
) -> Entry {
    Entry { name, aliases, arguments, help }
}

/// Every command.
pub const COMMANDS: &[Entry] = &[
    entry("/join", &["/j"], "CHANNEL", "enter a channel, or create a public one"),
    entry("/create", &[], "CHANNEL [private]", "create a channel"),
    entry("/leave", &["/part"], "", "leave this channel"),
    entry("/msg", &["/dm", "/query"], "HANDLE [TEXT]", "talk to somebody directly"),
    entry("/invite", &[], "HANDLE", "make somebody a member here"),
    entry("/code", &[], "[PEOPLE] [DAYS]", "make a code that lets people in here"),
    entry("/redeem", &[], "CODE", "enter the channel of a code"),
    entry("/public", &[], "", "let everybody find this channel"),
    entry("/private", &[], "", "let nobody find this channel"),
    entry("/deletechannel", &[], "CHANNEL", "delete this channel for good, named once more"),
    entry("/kick", &[], "HANDLE", "send somebody away from here"),
    entry("/ban", &[], "HANDLE", "send somebody away and keep them out"),
    entry("/unban", &[], "HANDLE", "keep somebody out no longer"),
    entry("/mute", &[], "HANDLE MINUTES", "keep somebody from speaking here; 0: no longer"),
    entry("/rename", &[], "CHANNEL", "give this channel another name"),
    entry("/readonly", &[], "on|off", "only owner and moderators speak here"),
    entry("/slow", &[], "SECONDS", "time between two messages of a member; 0: none"),
    entry("/role", &[], "HANDLE ROLE", "owner, moderator or member"),
    entry("/topic", &[], "TEXT", "say what this channel is about"),
    entry("/channels", &["/list"], "", "all channels"),
    entry("/search", &["/s"], "WORDS", "search everything you may read"),
    entry("/catchup", &[], "", "what happened to you"),
    entry("/room", &["/members"], "", "settings and members of this channel"),
    entry("/pins", &[], "", "what is pinned here"),
    entry("/profile", &["/whois"], "[HANDLE]", "who somebody is, and what they said"),
    entry("/post", &[], "TEXT", "post something for your friends"),
    entry("/home", &["/feed"], "", "posts of your friends"),
    entry("/posts", &[], "HANDLE", "posts of somebody"),
    entry("/friends", &[], "", "your friends"),
    entry("/friend", &[], "HANDLE", "ask somebody to be a friend, or say yes"),
    entry("/unfriend", &[], "HANDLE", "a friend no longer; or say no"),
    entry("/block", &["/ignore"], "HANDLE", "they cannot write to you or see you"),
    entry("/unblock", &["/unignore"], "HANDLE", "they can again"),
    entry("/sessions", &[], "", "from where you are signed in"),
    entry("/settings", &[], "", "your settings: presence, privacy, look"),
    entry("/notify", &[], "all|mentions|none", "of what you hear in this channel"),
    entry("/quiet", &[], "MINUTES", "hear of nothing in this channel; 0: no longer"),
    entry("/me", &[], "TEXT", "say what you do"),
    entry("/status", &[], "[TEXT]", "say what you do just now; nothing takes it back"),
    entry("/away", &[], "[STATUS]", "be away until you say otherwise"),
    entry("/dnd", &[], "[STATUS]", "do not be disturbed"),
    entry("/invisible", &[], "", "be there, unseen"),
    entry("/back", &[], "", "be there again, without a status"),
    entry("/name", &[], "NAME", "what you want to be called; - takes it away"),
    entry("/about", &[], "TEXT", "what others should know about you; -: nothing"),
    entry("/password", &[], "", "give your account another password, or a first one"),
    entry("/retry", &[], "", "send again what failed"),
    entry("/help", &["/h"], "", "show keys and commands"),
    entry("/logout", &[], "", "end the session here"),
    entry("/quit", &["/exit", "/q"], "", "end the program"),
];

/// Reads what was written. `//` says a slash.
///
/// # Errors
/// A sentence that says what is wrong; nothing is sent then.
pub fn parse(text: &str) -> Result<Command, String> {
    let Some(rest) = text.strip_prefix('/') else { return say(MessageKind::Text, text) };
    if rest.starts_with('/') {
        return say(MessageKind::Text, rest);
    }
    let (typed, arguments) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let arguments = arguments.trim();
    let lower = typed.to_lowercase();
    let known = COMMANDS.iter().find(|entry| entry.name == lower || entry.aliases.contains(&&*lower));
    match known.map(|entry| entry.name) {
        Some("/join") => Ok(Command::Join(channel(arguments)?)),
        Some("/create") => create(arguments),
        Some("/leave") => Ok(Command::Leave),
        Some("/msg") => message(arguments),
        Some("/invite") => Ok(Command::Invite(handle(arguments)?)),
        Some("/code") => invite_code(arguments),
        Some("/redeem") => arguments
            .parse()
            .map(Command::Redeem)
            .map_err(|_| "give the code of an invitation: 20 letters and digits".to_owned()),
        Some("/public") => Ok(Command::Kind(CreatedKind::Public)),
        Some("/private") => Ok(Command::Kind(CreatedKind::Private)),
        Some("/deletechannel") => Ok(Command::DeleteChannel(channel(arguments)?)),
        Some("/kick") => Ok(Command::Kick(handle(arguments)?)),
        Some("/ban") => Ok(Command::Ban(handle(arguments)?, true)),
        Some("/unban") => Ok(Command::Ban(handle(arguments)?, false)),
        Some("/mute") => mute(arguments),
        Some("/rename") => Ok(Command::Rename(channel(arguments)?)),
        Some("/readonly") => match arguments {
            "on" => Ok(Command::ReadOnly(true)),
            "off" => Ok(Command::ReadOnly(false)),
            _ => Err("/readonly is `on` or `off`".to_owned()),
        },
        Some("/slow") => Ok(Command::SlowMode(number(arguments, "seconds")?)),
        Some("/role") => role(arguments),
        Some("/topic") => Ok(Command::Topic(arguments.parse::<Topic>().map_err(|error| error.to_string())?)),
        Some("/me") => say(MessageKind::Action, arguments),
        Some("/channels") => Ok(Command::Page(Place::Channels)),
        Some("/search") => Ok(Command::Page(Place::Search(arguments.to_owned()))),
        Some("/catchup") => Ok(Command::Page(Place::CatchUp)),
        Some("/post") => {
            let content = Content::parse(arguments).map_err(|_| "there is nothing to post".to_owned())?;
            Ok(Command::Post(content))
        }
        Some("/home") => Ok(Command::Page(Place::Feed)),
        Some("/posts") => Ok(Command::Page(Place::Posts(handle(arguments)?))),
        Some("/friends") => Ok(Command::Page(Place::Friends)),
        Some("/sessions") => Ok(Command::Page(Place::Sessions)),
        Some("/settings") => Ok(Command::Page(Place::Settings)),
        Some("/room") => Ok(Command::Room),
        Some("/pins") => Ok(Command::Pins),
        Some("/profile") if arguments.is_empty() => Ok(Command::Profile(None)),
        Some("/profile") => Ok(Command::Profile(Some(handle(arguments)?))),
        Some("/friend") => Ok(Command::AskFriend(handle(arguments)?)),
        Some("/unfriend") => Ok(Command::RemoveFriend(handle(arguments)?)),
        Some("/block") => Ok(Command::Block(handle(arguments)?, true)),
        Some("/unblock") => Ok(Command::Block(handle(arguments)?, false)),
        Some("/notify") => match arguments {
            "all" => Ok(Command::Notify(NotifyLevel::All)),
            "mentions" => Ok(Command::Notify(NotifyLevel::Mentions)),
            "none" => Ok(Command::Notify(NotifyLevel::None)),
            _ => Err("/notify is `all`, `mentions` or `none`".to_owned()),
        },
        Some("/quiet") => Ok(Command::Quiet(number(arguments, "minutes")?.saturating_mul(60))),
        Some("/status") => Ok(Command::Presence(SetPresence { state: None, status: Some(status(arguments)?) })),
        Some("/away") => presence(ChosenPresence::Away, arguments),
        Some("/dnd") => presence(ChosenPresence::Dnd, arguments),
        Some("/invisible") => presence(ChosenPresence::Invisible, ""),
        Some("/back") => {
            let (state, status) = (Some(ChosenPresence::Online), Some(Status::default()));
            Ok(Command::Presence(SetPresence { state, status }))
        }
        Some("/name" | "/about") if arguments.is_empty() => {
            Err("write it behind the command; - takes it away, F4 shows what is set".to_owned())
        }
        Some("/name") => {
            let display_name = Some(taken_away(arguments).parse().map_err(|error: PersonError| error.to_string())?);
            Ok(Command::SetProfile(SetProfile { display_name, ..SetProfile::default() }))
        }
        Some("/about") => {
            let about = Some(taken_away(arguments).parse().map_err(|error: PersonError| error.to_string())?);
            Ok(Command::SetProfile(SetProfile { about, ..SetProfile::default() }))
        }
        Some("/password") => Ok(Command::Password),
        Some("/retry") => Ok(Command::Retry),
        Some("/help") => Ok(Command::Help),
        Some("/logout") => Ok(Command::Logout),
        Some("/quit") => Ok(Command::Quit),
        _ => Err(format!("there is no {typed}, did you mean {}? (// says a slash)", nearest(&lower))),
    }
}

fn say(kind: MessageKind, text: &str) -> Result<Command, String> {
    Content::parse(text).map(|content| Command::Say(kind, content)).map_err(|_| "there is nothing to say".to_owned())
}

/// A hyphen alone takes away what is set.
fn taken_away(arguments: &str) -> &str {
    if arguments == "-" { "" } else { arguments }
}

fn status(text: &str) -> Result<Status, String> {
    text.parse().map_err(|error: PersonError| error.to_string())
}

/// A status that was set before stays when none is given.
fn presence(state: ChosenPresence, arguments: &str) -> Result<Command, String> {
    let status = if arguments.is_empty() { None } else { Some(status(arguments)?) };
    Ok(Command::Presence(SetPresence { state: Some(state), status }))
}

fn create(arguments: &str) -> Result<Command, String> {
    let mut words = arguments.split_whitespace();
    let name = channel(words.next().unwrap_or_default())?;
    match words.next() {
        None | Some("public") => Ok(Command::Create(name, CreatedKind::Public)),
        Some("private") => Ok(Command::Create(name, CreatedKind::Private)),
        Some(other) => Err(format!("a channel is `public` or `private`, not `{other}`")),
    }
}

fn invite_code(arguments: &str) -> Result<Command, String> {
    let mut words = arguments.split_whitespace();
    let people = words.next().map(|word| number(word, "people")).transpose()?;
    let days = words.next().map(|word| number(word, "days")).transpose()?;
    Ok(Command::InviteCode(people, days))
}

fn mute(arguments: &str) -> Result<Command, String> {
    let (who, minutes) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    Ok(Command::Mute(handle(who)?, number(minutes.trim(), "minutes")?.saturating_mul(60)))
}

fn number(text: &str, unit: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of {unit}"))
}

fn role(arguments: &str) -> Result<Command, String> {
    let (who, role) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let role = match role.trim() {
        "owner" => Role::Owner,
        "moderator" => Role::Moderator,
        "member" => Role::Member,
        other => return Err(format!("a role is `owner`, `moderator` or `member`, not `{other}`")),
    };
    Ok(Command::Role(handle(who)?, role))
}

fn message(arguments: &str) -> Result<Command, String> {
    let (to, text) = arguments.split_once(char::is_whitespace).unwrap_or((arguments, ""));
    let content = if text.trim().is_empty() { None } else { Content::parse(text.trim()).ok() };
    Ok(Command::Message(handle(to)?, content))
}

/// Reads a channel's name as people write it.
///
/// # Errors
/// What is wrong with it.
pub fn channel(text: &str) -> Result<ChannelName, String> {
    text.trim().trim_start_matches('#').parse().map_err(|error: proto::NameError| error.to_string())
}

/// Reads a handle as people write it.
///
/// # Errors
/// What is wrong with it.
pub fn handle(text: &str) -> Result<Handle, String> {
    if text.trim().is_empty() {
        return Err("name somebody behind the command".to_owned());
    }
    text.trim().trim_start_matches('@').parse().map_err(|error: proto::NameError| error.to_string())
}

fn nearest(typed: &str) -> &'static str {
    let names = COMMANDS.iter().flat_map(|entry| std::iter::once(entry.name).chain(entry.aliases.iter().copied()));
    names
        .max_by(|a, b| strsim::jaro_winkler(typed, a).total_cmp(&strsim::jaro_winkler(typed, b)))
        .expect("there are commands")
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
        assert_eq!(parse("/join #Tea").unwrap(), Command::Join("tea".parse().unwrap()));
        assert_eq!(parse("/JOIN tea").unwrap(), Command::Join("tea".parse().unwrap()));
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
}
