//! The commands without a screen: for scripts, cron and CI. One line or one compact JSON object per
//! thing on standard output and nothing else there; why something failed on standard error.

mod account;
mod change;
mod invite;
mod output;
mod personal;
mod read;
mod send;
mod tail;
pub mod target;
mod wire;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Failure;
use crate::http;
use crate::places::Profile;
use crate::session::{Server, Session};
use output::Output;
use target::Target;

/// A command without a screen.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Sign in and keep the token for this profile and server
    Login(Plain),
    /// Create an account, sign in and keep the token
    Register(Plain),
    /// End the session on the server and forget its token
    Logout(Plain),
    /// Give your account another password, or its first one; your other sessions end
    Passwd(Passwd),
    /// Say who is signed in
    Whoami(Plain),
    /// List your channels and the public ones
    Channels(Plain),
    /// List the members of a channel, or of all your channels
    Users(Users),
    /// Send a message; a channel that does not exist is created
    Send(Send),
    /// Give one of your messages another text
    Edit(Edit),
    /// Delete a message: its text goes, its place stays
    Delete(Delete),
    /// React to a message, with ♥ unless you name another emoji
    React(React),
    /// Print a message and everything that hangs below it
    Thread(Replies),
    /// Keep a message in view of its channel, or with --remove no longer
    Pin(Pin),
    /// Print what a channel keeps in view
    Pins(InChannel),
    /// Print messages of a channel
    History(History),
    /// Print what answers a message
    Replies(Replies),
    /// Search your channels, the newest hit first: words, "phrases", from:HANDLE, in:#CHANNEL, before:DATE, after:DATE
    Search(Search),
    /// List what happened to you in all channels: mentions, replies, reactions, invitations
    CatchUp(CatchUp),
    /// Mark a message and all behind it as unread
    Unread(Unread),
    /// Say of what you want to hear in a channel: all, mentions or none
    Notify(Notify),
    /// Send somebody away from a channel
    Kick(Kick),
    /// Send somebody away from a channel and keep them out, or with --remove no longer
    Ban(Ban),
    /// Say what a member of a channel may do: owner, moderator or member
    Role(RoleOf),
    /// Keep a member of a channel from speaking for a time
    Mute(Mute),
    /// Enter a channel, by name or by the code of an invitation
    Join(Join),
    /// Make somebody a member of a channel, or without a handle make a code that lets people in
    Invite(Invite),
    /// List the codes that let people into a channel
    Invites(InChannel),
    /// Delete a channel that you own, with everything that was said in it
    DeleteChannel(InChannel),
    /// Change the name, the topic or the rules of a channel
    Settings(ChannelSettings),
    /// Print new messages as they come
    Tail(Tail),
}

impl Command {
    /// Tells whether the command takes what it works on from standard input.
    pub fn reads_stdin(&self) -> bool {
        matches!(self, Self::Send(send) if send.file.is_none() && send.text.as_deref().is_none_or(|text| text == "-"))
    }
}

impl Command {
    /// Tells whether the command changes what the profile keeps.
    pub fn changes_profile(&self) -> bool {
        matches!(self, Self::Login(_) | Self::Register(_) | Self::Logout(_))
    }
}

/// A command with nothing but the way it prints.
#[derive(Debug, Args)]
pub struct Plain {
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `passwd`.
#[derive(Debug, Args)]
pub struct Passwd {
    /// File whose first line is the new password; only you may be able to read it [default: asks]
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// File whose first line is the password that the account has [default: asks if it has one]
    #[arg(long, value_name = "FILE")]
    old_password_file: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `users`.
#[derive(Debug, Args)]
pub struct Users {
    /// The channel; all of yours when left out
    channel: Option<Target>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// #channel, channel or @handle
    target: Target,
    /// The text; `-` or none reads standard input as one message
    text: Option<String>,
    /// Read the text from a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    file: Option<PathBuf>,
    /// Answer the message with this index
    #[arg(long, value_name = "N")]
    reply_to: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the message
    index: u64,
    /// What it is to say
    text: String,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the message
    index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `react`.
#[derive(Debug, Args)]
pub struct React {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the message
    index: u64,
    /// The emoji [default: ♥]
    emoji: Option<String>,
    /// Take the reaction back
    #[arg(long)]
    remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `pin`.
#[derive(Debug, Args)]
pub struct Pin {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the message
    index: u64,
    /// Keep it in view no longer
    #[arg(long)]
    remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// A command about a channel and nothing else.
#[derive(Debug, Args)]
pub struct InChannel {
    /// #channel, channel or @handle
    target: Target,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `history`.
#[derive(Debug, Args)]
pub struct History {
    /// #channel, channel or @handle
    target: Target,
    /// How many messages [default: 20, with --since all]
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Those before this index
    #[arg(long, value_name = "N", conflicts_with = "since")]
    before: Option<u64>,
    /// Those added or changed after this version, all of them
    #[arg(long, value_name = "V")]
    since: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `kick`.
#[derive(Debug, Args)]
pub struct Kick {
    /// #channel or channel
    target: Target,
    /// Who is to go
    handle: proto::Handle,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `ban`.
#[derive(Debug, Args)]
pub struct Ban {
    /// #channel or channel
    target: Target,
    /// Who
    handle: proto::Handle,
    /// Keep them out no longer
    #[arg(long)]
    remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `role`.
#[derive(Debug, Args)]
pub struct RoleOf {
    /// #channel or channel
    target: Target,
    /// Which member
    handle: proto::Handle,
    /// What they may do; `owner` hands the channel over
    #[arg(value_parser = ["owner", "moderator", "member"])]
    role: String,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `mute`.
#[derive(Debug, Args)]
pub struct Mute {
    /// #channel or channel
    target: Target,
    /// Which member
    handle: proto::Handle,
    /// For so many seconds; 0 lets them speak again
    seconds: u32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// #channel or channel
    target: Target,
    /// Who becomes a member
    handle: Option<proto::Handle>,
    /// How many people the code lets in [default: any number]
    #[arg(long, value_name = "N", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    uses: Option<u32>,
    /// For how many days it is good [default: 7]
    #[arg(long, value_name = "DAYS", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=365))]
    days: Option<u32>,
    /// Take this code back
    #[arg(long, value_name = "CODE", conflicts_with_all = ["handle", "uses", "days"])]
    revoke: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `catch-up`.
#[derive(Debug, Args)]
pub struct CatchUp {
    /// Clear what is printed
    #[arg(long)]
    clear: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `unread`.
#[derive(Debug, Args)]
pub struct Unread {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the first message that is unread
    index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `notify`.
#[derive(Debug, Args)]
pub struct Notify {
    /// #channel, channel or @handle
    target: Target,
    /// Of what
    #[arg(value_parser = ["all", "mentions", "none"], required_unless_present = "quiet")]
    level: Option<String>,
    /// Of nothing for so many seconds; 0 ends that
    #[arg(long, value_name = "SECONDS")]
    quiet: Option<u32>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// #channel or channel; one that does not exist is created
    #[arg(required_unless_present = "code")]
    channel: Option<String>,
    /// The code of an invitation
    #[arg(long, value_name = "CODE", conflicts_with = "channel")]
    code: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `settings`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("change").required(true).multiple(true))]
pub struct ChannelSettings {
    /// #channel or channel
    target: Target,
    /// Another name
    #[arg(long, value_name = "NAME", group = "change")]
    name: Option<proto::ChannelName>,
    /// Whether everybody may find it
    #[arg(long, value_name = "KIND", group = "change", value_parser = ["public", "private"])]
    kind: Option<String>,
    /// What it is about
    #[arg(long, value_name = "TEXT", group = "change")]
    topic: Option<proto::Topic>,
    /// Whether only owner and moderators speak
    #[arg(long, value_name = "BOOL", group = "change")]
    read_only: Option<bool>,
    /// Seconds between two messages of a member, 0 for none
    #[arg(long, value_name = "SECONDS", group = "change")]
    slow_mode: Option<u32>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `replies` and `thread`.
#[derive(Debug, Args)]
pub struct Replies {
    /// #channel, channel or @handle
    target: Target,
    /// Index of the message
    index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// What to look for; several words must all be there
    #[arg(required = true)]
    query: Vec<String>,
    /// How many hits at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    /// How many hits to pass over, the newest
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    offset: u32,
    /// How many messages to print around each hit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=5), conflicts_with = "json")]
    around: u32,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// `tail`.
#[derive(Debug, Args)]
pub struct Tail {
    /// #channel, channel or @handle
    #[arg(required = true)]
    targets: Vec<Target>,
    /// How many older messages to begin with, at most 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    limit: u32,
    /// End after this many new messages
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Where and as whom a command works.
pub struct Place<'a> {
    /// The server.
    pub server: Server,
    /// The files of the profile.
    pub profile: &'a Profile,
    /// The id of the profile.
    pub device: String,
}

/// Runs a command. `session` signs in as the flags say, or takes the kept session.
///
/// # Errors
/// Why it did not do what it should.
pub async fn run(
    command: Command,
    place: &Place<'_>,
    mut session: impl AsyncFnMut(SignIn) -> Result<Session, Failure>,
) -> Result<(), Failure> {
    match command {
        Command::Login(plain) => account::signed_in(&session(SignIn::Anew).await?, plain.json),
        Command::Register(plain) => account::signed_in(&session(SignIn::Register).await?, plain.json),
        Command::Logout(plain) => account::logout(&session(SignIn::Kept).await?, place.profile, plain.json).await,
        Command::Passwd(passwd) => {
            let new = account::new_password(&passwd)?;
            account::change_password(&session(SignIn::Any).await?, &passwd, new).await
        }
        Command::Whoami(plain) => {
            let session = session(SignIn::Any).await?;
            // Only the server knows whether the token is still good.
            http::channels(&session.server, &session.token).await.map_err(Failure::from_asked)?;
            account::signed_in(&session, plain.json)
        }
        Command::Channels(plain) => read::channels(&session(SignIn::Any).await?, &mut Output::new(plain.json)).await,
        Command::Users(users) => {
            let session = session(SignIn::Any).await?;
            read::users(&session, &place.device, users.channel.as_ref(), &mut Output::new(users.json)).await
        }
        Command::Send(send) => {
            // What is to be said is read before anybody is asked to store it.
            let content = send::content(&send)?;
            let session = session(SignIn::Any).await?;
            send::send(&session, &place.device, send, &content).await
        }
        Command::Edit(edit) => change::edit(&session(SignIn::Any).await?, &place.device, edit).await,
        Command::Delete(delete) => change::delete(&session(SignIn::Any).await?, &place.device, delete).await,
        Command::React(react) => change::react(&session(SignIn::Any).await?, &place.device, react).await,
        Command::Thread(thread) => read::thread(&session(SignIn::Any).await?, &thread).await,
        Command::Pin(pin) => change::pin(&session(SignIn::Any).await?, &place.device, pin).await,
        Command::Pins(pins) => read::pins(&session(SignIn::Any).await?, &pins).await,
        Command::History(history) => read::history(&session(SignIn::Any).await?, &history).await,
        Command::Search(search) => read::search(&session(SignIn::Any).await?, &search).await,
        Command::Kick(kick) => change::kick(&session(SignIn::Any).await?, &place.device, kick).await,
        Command::Ban(ban) => change::ban(&session(SignIn::Any).await?, &place.device, ban).await,
        Command::Role(role) => change::role(&session(SignIn::Any).await?, &place.device, role).await,
        Command::Mute(mute) => change::mute(&session(SignIn::Any).await?, &place.device, mute).await,
        Command::CatchUp(catch_up) => personal::catch_up(&session(SignIn::Any).await?, &place.device, &catch_up).await,
        Command::Unread(unread) => personal::unread(&session(SignIn::Any).await?, &place.device, &unread).await,
        Command::Notify(notify) => personal::notify(&session(SignIn::Any).await?, &place.device, notify).await,
        Command::Join(join) => invite::join(&session(SignIn::Any).await?, &place.device, &join).await,
        Command::Invites(invites) => invite::invites(&session(SignIn::Any).await?, &place.device, &invites).await,
        Command::DeleteChannel(channel) => {
            change::delete_channel(&session(SignIn::Any).await?, &place.device, channel).await
        }
        Command::Invite(invite) => invite::invite(&session(SignIn::Any).await?, &place.device, invite).await,
        Command::Settings(settings) => change::settings(&session(SignIn::Any).await?, &place.device, settings).await,
        Command::Replies(replies) => read::replies(&session(SignIn::Any).await?, &replies).await,
        Command::Tail(tail) => tail::tail(&session(SignIn::Any).await?, &place.device, &tail).await,
    }
}

/// Which session a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// A new one.
    Anew,
    /// A new one of a new account.
    Register,
    /// The one that is kept.
    Kept,
    /// A new one if the flags bring a password, else the one that is kept.
    Any,
}
