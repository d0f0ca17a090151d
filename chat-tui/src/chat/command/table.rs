//! Every command as the help and the completion show it.

/// A command as the help and the completion show it.
#[derive(Debug, PartialEq, Eq)]
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

impl Entry {
    /// Says how it is written.
    pub fn usage(&self) -> String {
        if self.arguments.is_empty() { self.name.to_owned() } else { format!("{} {}", self.name, self.arguments) }
    }
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
    entry("/open", &["/buffer"], "CHANNEL or @HANDLE", "go to a channel or conversation that you are in"),
    entry("/create", &[], "CHANNEL [private]", "create a channel"),
    entry("/leave", &["/part"], "[CHANNEL or @HANDLE]", "leave a channel, close a conversation"),
    entry("/close", &[], "[CHANNEL or @HANDLE]", "close a conversation, or a channel that you are no longer in"),
    entry("/msg", &["/dm", "/query"], "HANDLE [TEXT]", "talk to somebody directly"),
    entry("/invite", &[], "HANDLE", "make somebody a member here"),
    entry("/code", &[], "[PEOPLE] [DAYS]", "make a code that lets people in here"),
    entry("/redeem", &[], "CODE", "enter the channel of a code"),
    entry("/public", &[], "", "let everybody find this channel; asks first"),
    entry("/private", &[], "", "let nobody find this channel; asks first"),
    entry("/deletechannel", &[], "CHANNEL", "delete this channel for good, named once more"),
    entry("/kick", &[], "HANDLE", "send somebody away from here"),
    entry("/ban", &[], "HANDLE", "send somebody away and keep them out"),
    entry("/unban", &[], "HANDLE", "keep somebody out no longer"),
    entry("/mute", &[], "HANDLE MINUTES", "keep somebody from speaking here; 0: no longer"),
    entry("/rename", &[], "CHANNEL", "give this channel another name"),
    entry("/readonly", &[], "on|off", "only owner and moderators speak here"),
    entry("/slow", &[], "SECONDS", "time between two messages of a member; 0: none"),
    entry("/role", &[], "HANDLE owner|moderator|member", "what somebody may do here"),
    entry("/topic", &[], "[TEXT]", "what this channel is about; - takes it away"),
    entry("/channels", &["/list"], "[WORDS]", "all channels"),
    entry("/search", &["/s"], "[WORDS]", "search everything you may read"),
    entry("/catchup", &[], "", "what happened to you"),
    entry("/room", &["/members", "/names", "/who"], "", "settings and members of this channel"),
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
    entry("/status", &[], "[TEXT]", "what you do just now; - takes it away"),
    entry("/away", &[], "[STATUS]", "be away until you say otherwise"),
    entry("/dnd", &[], "[STATUS]", "do not be disturbed"),
    entry("/invisible", &[], "", "be there, unseen"),
    entry("/back", &[], "", "be there again, without a status"),
    entry("/name", &[], "NAME", "what you want to be called; - takes it away"),
    entry("/about", &[], "TEXT", "what others should know about you; -: nothing"),
    entry("/password", &[], "", "give your account another password, or a first one"),
    entry("/next", &["/unread"], "", "go to the next unread channel"),
    entry("/read", &["/markread"], "", "everything here is read"),
    entry("/retry", &[], "", "send again what failed, connect now"),
    entry("/takeback", &[], "", "put what failed back where you write"),
    entry("/unfold", &[], "", "show long messages whole, or fold them"),
    entry("/help", &["/h"], "[COMMAND]", "show keys and commands"),
    entry("/logout", &[], "", "end the session here"),
    entry("/quit", &["/exit", "/q"], "", "end the program"),
];

/// Finds a command by one of its names, in lower case.
pub(in crate::chat) fn known(name: &str) -> Option<&'static Entry> {
    COMMANDS.iter().find(|entry| entry.name == name || entry.aliases.contains(&name))
}

/// Gives the name that looks most like what was typed.
pub(super) fn nearest(typed: &str) -> &'static str {
    let names = COMMANDS.iter().flat_map(|entry| std::iter::once(entry.name).chain(entry.aliases.iter().copied()));
    names
        .max_by(|a, b| strsim::jaro_winkler(typed, a).total_cmp(&strsim::jaro_winkler(typed, b)))
        .expect("there are commands")
}
