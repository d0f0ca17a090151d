//! The commands without a screen, in groups: what each is called and takes, and who does it.

use clap::Subcommand;

use super::arguments::{
    AvatarOf, BlockOf, CatchUp, Channels, Delete, DeleteAccount, Edit, FeedOf, FriendOf, HistoryOf, InChannel, Notify,
    Passwd, Pin, Plain, PostOf, PresenceOf, ProfileOf, React, Replies, Search, Send, SessionsOf, Tail, Unreact, Unread,
    Users,
};
use super::files::{self, Download, Upload};
use super::links::{self, DownloadLink};
use super::output::Output;
use super::place::{Place, SessionNeed};
use super::room_arguments::{Ban, DeleteChannel, Invite, Join, Kick, Leave, Mute, RoleOf, Settings};
use super::target::Target;
use super::{account, change, enter, invite, people, personal, react, read, room, search, send, tail};
use crate::failure::Failure;
use crate::http;
use crate::session::Session;

/// The account and its sessions here.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Sign in and keep the token for this profile and server
    Login(Plain),
    /// Create an account, sign in and keep the token
    Register(Plain),
    /// End the session on the server and forget its token
    Logout(Plain),
    /// Change your password, or set the first one; your other sessions end
    Passwd(Passwd),
    /// Delete your account for good; its handle cannot be used again
    DeleteAccount(DeleteAccount),
    /// Print everything that the server keeps about you, one JSON object per line
    Export(Plain),
    /// Print who is signed in
    Whoami(Plain),
}

/// Channels to read, and messages.
#[derive(Debug, Subcommand)]
pub enum MessageCommand {
    /// List your channels and the public ones, or those with a text in name or topic
    Channels(Channels),
    /// List the members of a channel, or of all your channels
    Users(Users),
    /// Send a message; joins a public channel, and with --create creates it
    Send(Send),
    /// Upload files and print their ids; who sends them with a message uses `send --attach`
    Upload(Upload),
    /// Download files by their ids
    Download(Download),
    /// Print a link by which somebody sends files into a channel as you, once and within 10 minutes, in a browser
    UploadLink(InChannel),
    /// Print a link to the files of a message, for 10 minutes
    DownloadLink(DownloadLink),
    /// Edit one of your messages
    Edit(Edit),
    /// Delete a message; its index stays
    Delete(Delete),
    /// React to a message, with ♥ or another emoji
    React(React),
    /// Remove reactions from a message: all, those with an emoji, or those of a user
    Unreact(Unreact),
    /// Print a message and its whole thread
    Thread(Replies),
    /// Pin a message, or with --remove unpin it
    Pin(Pin),
    /// Print the pinned messages of a channel
    Pins(InChannel),
    /// Print messages of a channel
    History(HistoryOf),
    /// Print the replies to a message
    Replies(Replies),
    /// Search your channels, the newest hit first: words, "phrases", -without, from:HANDLE, in:#CHANNEL, before:DATE, after:DATE
    Search(Search),
}

/// The reader, and other people.
#[derive(Debug, Subcommand)]
pub enum PersonCommand {
    /// List your Activity: mentions, replies, reactions, invitations and friend requests
    CatchUp(CatchUp),
    /// Mark a message and all after it as unread
    Unread(Unread),
    /// Set the notifications of a channel: all, mentions or none
    Notify(Notify),
    /// Print a profile, or with --messages their messages in your channels; or change your profile
    Profile(ProfileOf),
    /// Set the picture that others see beside your name, or with --remove remove it
    Avatar(AvatarOf),
    /// Write a post for your friends
    Post(PostOf),
    /// Print posts of your friends and you, the newest first, or of one user
    Feed(FeedOf),
    /// List your friends, friend requests and blocked users
    Friends(Plain),
    /// Send or accept a friend request, or with --remove end or decline it
    Friend(FriendOf),
    /// Block a user, or with --remove unblock them; they are not notified
    Block(BlockOf),
    /// List your sessions with device and last use, or end some
    Sessions(SessionsOf),
    /// Print or set your presence and status
    Presence(PresenceOf),
}

/// Channels and who is in them.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// Remove a member from a channel
    Kick(Kick),
    /// Ban a user from a channel, or with --remove unban them
    Ban(Ban),
    /// Set the role of a member: owner, moderator or member
    Role(RoleOf),
    /// Time a member out for some seconds
    Mute(Mute),
    /// Join a channel, by name, by id or by an invite code
    Join(Join),
    /// Leave a channel, or close a direct conversation for yourself
    Leave(Leave),
    /// Invite a user to a channel, or without a handle create an invite code
    Invite(Invite),
    /// List the invite codes of a channel
    Invites(InChannel),
    /// Delete a channel that you own, with all its messages
    DeleteChannel(DeleteChannel),
    /// Print or change the settings of a channel, or without one your own
    Settings(Settings),
    /// Print new messages as they come
    Tail(Tail),
}

impl AccountCommand {
    /// Does it. `session` signs in as the command needs it.
    ///
    /// # Errors
    /// Why it did not do what it should.
    pub(super) async fn run(
        self,
        place: &Place<'_>,
        session: &mut impl AsyncFnMut(SessionNeed) -> Result<Session, Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Login(plain) => account::signed_in(&session(SessionNeed::Anew).await?, plain.json),
            Self::Register(plain) => account::signed_in(&session(SessionNeed::Register).await?, plain.json),
            Self::Logout(plain) => {
                account::log_out(&session(SessionNeed::Kept).await?, place.profile, plain.json).await
            }
            Self::Passwd(passwd) => {
                let new = account::new_password(&passwd)?;
                account::set_password(&session(SessionNeed::Any).await?, &passwd, new).await
            }
            Self::DeleteAccount(delete) => {
                let session = session(SessionNeed::Any).await?;
                account::delete_own_account(&session, place.profile, &delete).await
            }
            Self::Export(_) => account::export(&session(SessionNeed::Any).await?).await,
            Self::Whoami(plain) => {
                let session = session(SessionNeed::Any).await?;
                // Only the server knows whether the token is still good.
                http::fetch_settings(&session).await.map_err(Failure::from_asked)?;
                account::signed_in(&session, plain.json)
            }
        }
    }
}

impl MessageCommand {
    /// Does it. `session` signs in as the command needs it.
    ///
    /// # Errors
    /// Why it did not do what it should.
    pub(super) async fn run(
        self,
        place: &Place<'_>,
        session: &mut impl AsyncFnMut(SessionNeed) -> Result<Session, Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Channels(channels) => read::channels(&session(SessionNeed::Any).await?, &channels).await,
            Self::Users(users) => {
                let session = session(SessionNeed::Any).await?;
                read::users(&session, &place.device, users.channel.as_ref(), &mut Output::new(users.json)).await
            }
            Self::Upload(upload) => files::upload_all(&session(SessionNeed::Any).await?, &upload).await,
            Self::Download(download) => files::download_all(&session(SessionNeed::Any).await?, &download).await,
            Self::UploadLink(link) => links::upload_link(&session(SessionNeed::Any).await?, &place.device, &link).await,
            Self::DownloadLink(link) => {
                links::download_link(&session(SessionNeed::Any).await?, &place.device, &link).await
            }
            Self::Send(send) => {
                // What is to be said is read before anybody is asked to store it.
                let content = send::content_to_send(&send)?;
                let session = session(SessionNeed::Any).await?;
                send::send(&session, &place.device, send, &content).await
            }
            Self::Edit(edit) => change::edit_message(&session(SessionNeed::Any).await?, &place.device, edit).await,
            Self::Delete(delete) => {
                change::delete_message(&session(SessionNeed::Any).await?, &place.device, delete).await
            }
            Self::React(react) => react::react(&session(SessionNeed::Any).await?, &place.device, react).await,
            Self::Unreact(unreact) => react::unreact(&session(SessionNeed::Any).await?, &place.device, unreact).await,
            Self::Thread(thread) => read::thread(&session(SessionNeed::Any).await?, &thread).await,
            Self::Pin(pin) => change::pin(&session(SessionNeed::Any).await?, &place.device, pin).await,
            Self::Pins(pins) => read::pins(&session(SessionNeed::Any).await?, &pins).await,
            Self::History(history) => read::history(&session(SessionNeed::Any).await?, &history).await,
            Self::Replies(replies) => read::replies(&session(SessionNeed::Any).await?, &replies).await,
            Self::Search(search) => search::search(&session(SessionNeed::Any).await?, &search).await,
        }
    }
}

impl PersonCommand {
    /// Does it. `session` signs in as the command needs it.
    ///
    /// # Errors
    /// Why it did not do what it should.
    pub(super) async fn run(
        self,
        place: &Place<'_>,
        session: &mut impl AsyncFnMut(SessionNeed) -> Result<Session, Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::CatchUp(catch_up) => {
                personal::catch_up(&session(SessionNeed::Any).await?, &place.device, &catch_up).await
            }
            Self::Unread(unread) => personal::unread(&session(SessionNeed::Any).await?, &place.device, &unread).await,
            Self::Notify(notify) => personal::notify(&session(SessionNeed::Any).await?, &place.device, notify).await,
            Self::Avatar(avatar) => people::set_avatar(&session(SessionNeed::Any).await?, &place.device, avatar).await,
            Self::Profile(profile) => {
                people::print_profile(&session(SessionNeed::Any).await?, &place.device, profile).await
            }
            Self::Post(post) => {
                let content = send::text_of(post.text.as_deref(), post.file.as_deref())?;
                let session = session(SessionNeed::Any).await?;
                let wall = Target::wall_of(&session.handle);
                let send = Send { json: post.json, ..Send::to(wall) };
                send::send(&session, &place.device, send, &content).await
            }
            Self::Feed(feed) => people::feed(&session(SessionNeed::Any).await?, feed).await,
            Self::Friends(plain) => people::friends(&session(SessionNeed::Any).await?, &plain).await,
            Self::Friend(friend) => people::friend(&session(SessionNeed::Any).await?, &place.device, friend).await,
            Self::Block(block) => people::block_person(&session(SessionNeed::Any).await?, &place.device, block).await,
            Self::Sessions(sessions) => {
                people::sessions(&session(SessionNeed::Any).await?, &place.device, sessions).await
            }
            Self::Presence(presence) => {
                people::set_presence(&session(SessionNeed::Any).await?, &place.device, presence).await
            }
        }
    }
}

impl ChannelCommand {
    /// Does it. `session` signs in as the command needs it.
    ///
    /// # Errors
    /// Why it did not do what it should.
    pub(super) async fn run(
        self,
        place: &Place<'_>,
        session: &mut impl AsyncFnMut(SessionNeed) -> Result<Session, Failure>,
    ) -> Result<(), Failure> {
        match self {
            Self::Kick(kick) => change::kick(&session(SessionNeed::Any).await?, &place.device, kick).await,
            Self::Ban(ban) => change::ban(&session(SessionNeed::Any).await?, &place.device, ban).await,
            Self::Role(role) => change::set_role(&session(SessionNeed::Any).await?, &place.device, role).await,
            Self::Mute(mute) => change::mute(&session(SessionNeed::Any).await?, &place.device, mute).await,
            Self::Join(join) => enter::join(&session(SessionNeed::Any).await?, &place.device, &join).await,
            Self::Leave(leave) => enter::leave(&session(SessionNeed::Any).await?, &place.device, &leave).await,
            Self::Invite(invite) => invite::invite(&session(SessionNeed::Any).await?, &place.device, invite).await,
            Self::Invites(invites) => invite::invites(&session(SessionNeed::Any).await?, &place.device, &invites).await,
            Self::DeleteChannel(channel) => {
                enter::delete_channel(&session(SessionNeed::Any).await?, &place.device, &channel).await
            }
            Self::Settings(settings) => {
                let session = session(SessionNeed::Any).await?;
                match settings.target {
                    Some(target) => {
                        room::channel_settings(&session, &place.device, &target, settings.channel, settings.json).await
                    }
                    None => people::own_settings(&session, &place.device, settings.own, settings.json).await,
                }
            }
            Self::Tail(tail) => tail::tail(&session(SessionNeed::Any).await?, &place.device, &tail).await,
        }
    }
}
