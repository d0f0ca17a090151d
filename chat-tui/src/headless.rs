//! The commands without a screen: for scripts, cron and CI. One line or one compact JSON object per
//! thing on standard output and nothing else there; why something failed on standard error.

mod account;
mod arguments;
mod ask;
mod change;
mod client;
mod enter;
mod invite;
mod members;
mod output;
mod people;
mod personal;
mod react;
mod read;
mod room;
mod room_arguments;
mod search;
mod send;
mod tail;
pub mod target;
mod words;

use clap::Subcommand;

use crate::cli::Failure;
use crate::http;
use crate::places::Profile;
use crate::session::{Server, Session};
use arguments::{
    BlockOf, CatchUp, Channels, Delete, DeleteAccount, Edit, FeedOf, FriendOf, History, InChannel, Notify, Passwd, Pin,
    Plain, PostOf, PresenceOf, ProfileOf, React, Replies, Search, Send, SessionsOf, Tail, Unreact, Unread, Users,
};
use output::Output;
use room_arguments::{Ban, DeleteChannel, Invite, Join, Kick, Leave, Mute, OwnSettings, RoleOf, Settings};
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
    /// Delete your account for good; nobody is given its handle again
    DeleteAccount(DeleteAccount),
    /// Print what the server keeps of you, always as one JSON object a line
    Export(Plain),
    /// Say who is signed in
    Whoami(Plain),
    /// List your channels and the public ones, or those with a text in name or topic
    Channels(Channels),
    /// List the members of a channel, or of all your channels
    Users(Users),
    /// Send a message; a public channel is joined, and with --create made if there is none
    Send(Send),
    /// Give one of your messages another text
    Edit(Edit),
    /// Delete a message: its text goes, its place stays
    Delete(Delete),
    /// React to a message, with ♥ unless you name another emoji
    React(React),
    /// Take reactions away from a message: all, those with an emoji, or those of somebody
    Unreact(Unreact),
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
    /// Search your channels, the newest hit first: words, "phrases", -without, from:HANDLE, in:#CHANNEL, before:DATE, after:DATE
    Search(Search),
    /// List what happened to you in all channels: mentions, replies, reactions, invitations
    CatchUp(CatchUp),
    /// Mark a message and all behind it as unread
    Unread(Unread),
    /// Say of what you want to hear in a channel: all, mentions or none
    Notify(Notify),
    /// Say who somebody is, and with --messages what they said in your channels; or change who you are
    Profile(ProfileOf),
    /// Post something for your friends to read
    Post(PostOf),
    /// Print what your friends and you have posted, the newest first, or what somebody has
    Feed(FeedOf),
    /// List your friends, who wants to be one, and whom you have blocked
    Friends(Plain),
    /// Ask somebody to be a friend or say yes, or with --remove end that
    Friend(FriendOf),
    /// Keep somebody from writing to you and seeing you, or with --remove no longer; they are not told
    Block(BlockOf),
    /// List your sessions with device and last use, or end some
    Sessions(SessionsOf),
    /// Say how you are seen, and what you do just now
    Presence(PresenceOf),
    /// Send somebody away from a channel
    Kick(Kick),
    /// Send somebody away from a channel and keep them out, or with --remove no longer
    Ban(Ban),
    /// Say what a member of a channel may do: owner, moderator or member
    Role(RoleOf),
    /// Keep a member of a channel from speaking for a time
    Mute(Mute),
    /// Enter a channel, by name, by id or by the code of an invitation
    Join(Join),
    /// Leave a channel, or close a conversation for yourself
    Leave(Leave),
    /// Make somebody a member of a channel, or without a handle make a code that lets people in
    Invite(Invite),
    /// List the codes that let people into a channel
    Invites(InChannel),
    /// Delete a channel that you own, with everything that was said in it
    DeleteChannel(DeleteChannel),
    /// Print or change the name, the topic and the rules of a channel, or without one what you have set for yourself
    Settings(Settings),
    /// Print new messages as they come
    Tail(Tail),
}

impl Command {
    /// Tells whether the command takes what it works on from standard input.
    pub fn reads_stdin(&self) -> bool {
        let reads = |text: &Option<String>, file: bool| !file && text.as_deref().is_none_or(|text| text == "-");
        match self {
            Self::Send(send) => reads(&send.text, send.file.is_some()),
            Self::Post(post) => reads(&post.text, post.file.is_some()),
            _ => false,
        }
    }
}

impl Command {
    /// Tells whether the command changes what the profile keeps.
    pub fn changes_profile(&self) -> bool {
        matches!(self, Self::Login(_) | Self::Register(_) | Self::Logout(_) | Self::DeleteAccount(_))
    }
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
        Command::DeleteAccount(delete) => {
            let session = session(SignIn::Any).await?;
            account::delete(&session, place.profile, &delete).await
        }
        Command::Export(_) => account::export(&session(SignIn::Any).await?).await,
        Command::Whoami(plain) => {
            let session = session(SignIn::Any).await?;
            // Only the server knows whether the token is still good.
            http::settings(&session).await.map_err(Failure::from_asked)?;
            account::signed_in(&session, plain.json)
        }
        Command::Channels(channels) => read::channels(&session(SignIn::Any).await?, &channels).await,
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
        Command::React(react) => react::react(&session(SignIn::Any).await?, &place.device, react).await,
        Command::Unreact(unreact) => react::unreact(&session(SignIn::Any).await?, &place.device, unreact).await,
        Command::Thread(thread) => read::thread(&session(SignIn::Any).await?, &thread).await,
        Command::Pin(pin) => change::pin(&session(SignIn::Any).await?, &place.device, pin).await,
        Command::Pins(pins) => read::pins(&session(SignIn::Any).await?, &pins).await,
        Command::History(history) => read::history(&session(SignIn::Any).await?, &history).await,
        Command::Search(search) => search::search(&session(SignIn::Any).await?, &search).await,
        Command::Profile(profile) => people::profile(&session(SignIn::Any).await?, &place.device, profile).await,
        Command::Post(post) => {
            let content = send::text_of(post.text.as_deref(), post.file.as_deref())?;
            let session = session(SignIn::Any).await?;
            let wall = Target::wall_of(&session.handle);
            let send = Send { json: post.json, ..Send::to(wall) };
            send::send(&session, &place.device, send, &content).await
        }
        Command::Feed(feed) => people::feed(&session(SignIn::Any).await?, feed).await,
        Command::Friends(plain) => people::friends(&session(SignIn::Any).await?, &plain).await,
        Command::Friend(friend) => people::friend(&session(SignIn::Any).await?, &place.device, friend).await,
        Command::Block(block) => people::block(&session(SignIn::Any).await?, &place.device, block).await,
        Command::Sessions(sessions) => people::sessions(&session(SignIn::Any).await?, &place.device, sessions).await,
        Command::Presence(presence) => people::presence(&session(SignIn::Any).await?, &place.device, presence).await,
        Command::Kick(kick) => change::kick(&session(SignIn::Any).await?, &place.device, kick).await,
        Command::Ban(ban) => change::ban(&session(SignIn::Any).await?, &place.device, ban).await,
        Command::Role(role) => change::role(&session(SignIn::Any).await?, &place.device, role).await,
        Command::Mute(mute) => change::mute(&session(SignIn::Any).await?, &place.device, mute).await,
        Command::CatchUp(catch_up) => personal::catch_up(&session(SignIn::Any).await?, &place.device, &catch_up).await,
        Command::Unread(unread) => personal::unread(&session(SignIn::Any).await?, &place.device, &unread).await,
        Command::Notify(notify) => personal::notify(&session(SignIn::Any).await?, &place.device, notify).await,
        Command::Join(join) => enter::join(&session(SignIn::Any).await?, &place.device, &join).await,
        Command::Leave(leave) => enter::leave(&session(SignIn::Any).await?, &place.device, &leave).await,
        Command::Invites(invites) => invite::invites(&session(SignIn::Any).await?, &place.device, &invites).await,
        Command::DeleteChannel(channel) => {
            enter::delete_channel(&session(SignIn::Any).await?, &place.device, &channel).await
        }
        Command::Invite(invite) => invite::invite(&session(SignIn::Any).await?, &place.device, invite).await,
        Command::Settings(settings) => {
            let session = session(SignIn::Any).await?;
            match settings.target {
                Some(target) => room::settings(&session, &place.device, &target, settings.channel, settings.json).await,
                None => people::settings(&session, &place.device, settings.own, settings.json).await,
            }
        }
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
