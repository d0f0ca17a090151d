//! What stands behind the name of each command.

use std::path::PathBuf;

use clap::Args;

use super::target::Target;

/// A command with nothing but the way it prints.
#[derive(Debug, Args)]
pub struct Plain {
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `passwd`.
#[derive(Debug, Args)]
pub struct Passwd {
    /// File whose first line is the new password; only you may be able to read it [default: asks]
    #[arg(long, value_name = "FILE")]
    pub(super) new_password_file: Option<PathBuf>,
    /// File whose first line is the password that the account has [default: asks if it has one]
    #[arg(long, value_name = "FILE")]
    pub(super) old_password_file: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `users`.
#[derive(Debug, Args)]
pub struct Users {
    /// The channel; all of yours when left out
    pub(super) channel: Option<Target>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// The text; `-` or none reads standard input as one message
    pub(super) text: Option<String>,
    /// Read the text from a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub(super) file: Option<PathBuf>,
    /// Answer the message with this index
    #[arg(long, value_name = "N")]
    pub(super) reply_to: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// What it is to say
    pub(super) text: String,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `react`.
#[derive(Debug, Args)]
pub struct React {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// The emoji [default: ♥]
    pub(super) emoji: Option<String>,
    /// Take the reaction back
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `pin`.
#[derive(Debug, Args)]
pub struct Pin {
    /// #channel, channel or @handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Keep it in view no longer
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// A command about a channel and nothing else.
#[derive(Debug, Args)]
pub struct InChannel {
    /// #channel, channel or @handle
    pub(super) target: Target,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `history`.
#[derive(Debug, Args)]
pub struct History {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// How many messages [default: 20, with --since all]
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u32>,
    /// Those before this index
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub(super) before: Option<u64>,
    /// Those added or changed after this version, all of them
    #[arg(long, value_name = "V")]
    pub(super) since: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `kick`.
#[derive(Debug, Args)]
pub struct Kick {
    /// #channel or channel
    pub(super) target: Target,
    /// Who is to go
    pub(super) handle: proto::Handle,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `ban`.
#[derive(Debug, Args)]
pub struct Ban {
    /// #channel or channel
    pub(super) target: Target,
    /// Who
    pub(super) handle: proto::Handle,
    /// Keep them out no longer
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `role`.
#[derive(Debug, Args)]
pub struct RoleOf {
    /// #channel or channel
    pub(super) target: Target,
    /// Which member
    pub(super) handle: proto::Handle,
    /// What they may do; `owner` hands the channel over
    #[arg(value_parser = ["owner", "moderator", "member"])]
    pub(super) role: String,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `mute`.
#[derive(Debug, Args)]
pub struct Mute {
    /// #channel or channel
    pub(super) target: Target,
    /// Which member
    pub(super) handle: proto::Handle,
    /// For so many seconds; 0 lets them speak again
    pub(super) seconds: u32,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// #channel or channel
    pub(super) target: Target,
    /// Who becomes a member
    pub(super) handle: Option<proto::Handle>,
    /// How many people the code lets in [default: any number]
    #[arg(long, value_name = "N", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) uses: Option<u32>,
    /// For how many days it is good [default: 7]
    #[arg(long, value_name = "DAYS", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=365))]
    pub(super) days: Option<u32>,
    /// Take this code back
    #[arg(long, value_name = "CODE", conflicts_with_all = ["handle", "uses", "days"])]
    pub(super) revoke: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `profile`.
#[derive(Debug, Args)]
pub struct ProfileOf {
    /// Who; you when left out
    #[arg(value_parser = crate::chat::command::handle)]
    pub(super) handle: Option<proto::Handle>,
    /// Print what they said in your channels instead, the newest first
    #[arg(long)]
    pub(super) messages: bool,
    /// What you want to be called; empty takes it back
    #[arg(long, value_name = "NAME", conflicts_with = "handle")]
    pub(super) name: Option<proto::DisplayName>,
    /// What others should know about you; empty takes it back
    #[arg(long, value_name = "TEXT", conflicts_with = "handle")]
    pub(super) about: Option<proto::About>,
    /// Where your picture is; empty takes it back
    #[arg(long, value_name = "URL", conflicts_with = "handle")]
    pub(super) avatar: Option<proto::Avatar>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `post`.
#[derive(Debug, Args)]
pub struct PostOf {
    /// The text; `-` or none reads standard input as one post
    pub(super) text: Option<String>,
    /// Read the text from a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub(super) file: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `feed`.
#[derive(Debug, Args)]
pub struct FeedOf {
    /// Whose posts; those of your friends and you when left out
    #[arg(value_parser = crate::chat::command::handle)]
    pub(super) handle: Option<proto::Handle>,
    /// How many posts at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: u32,
    /// Only older posts than this place, from `next` of `GET /v1/feed`
    #[arg(long, value_name = "PLACE")]
    pub(super) before: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `sessions`.
#[derive(Debug, Args)]
pub struct SessionsOf {
    /// End the session with this id
    #[arg(long, value_name = "ID")]
    pub(super) end: Option<proto::SessionId>,
    /// End all sessions but the one of this command
    #[arg(long, conflicts_with = "end")]
    pub(super) end_others: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `delete-account`.
#[derive(Debug, Args)]
pub struct DeleteAccount {
    /// Your handle, to be sure
    pub(super) handle: proto::Handle,
    /// What becomes of what you have said: it stays without your name, or is deleted
    #[arg(long, value_name = "WHAT", value_parser = ["keep", "remove"])]
    pub(super) content: String,
    /// File whose first line is the password of the account [default: asks if it has one]
    #[arg(long, value_name = "FILE")]
    pub(super) account_password_file: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `friend`.
#[derive(Debug, Args)]
pub struct FriendOf {
    /// Who
    #[arg(value_parser = crate::chat::command::handle)]
    pub(super) handle: proto::Handle,
    /// End the friendship, say no, or take your asking back
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `block`.
#[derive(Debug, Args)]
pub struct BlockOf {
    /// Who
    #[arg(value_parser = crate::chat::command::handle)]
    pub(super) handle: proto::Handle,
    /// Let them again
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `presence`.
#[derive(Debug, Args)]
pub struct PresenceOf {
    /// online, away, dnd or invisible; prints how it is when left out
    #[arg(value_parser = ["online", "away", "dnd", "invisible"])]
    pub(super) state: Option<String>,
    /// What you do just now; empty takes it back
    #[arg(long, value_name = "TEXT")]
    pub(super) status: Option<proto::Status>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `catch-up`.
#[derive(Debug, Args)]
pub struct CatchUp {
    /// Clear what is printed
    #[arg(long)]
    pub(super) clear: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `unread`.
#[derive(Debug, Args)]
pub struct Unread {
    /// #channel, channel or @handle
    pub(super) target: Target,
    /// Index of the first message that is unread
    pub(super) index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `notify`.
#[derive(Debug, Args)]
pub struct Notify {
    /// #channel, channel or @handle
    pub(super) target: Target,
    /// Of what
    #[arg(value_parser = ["all", "mentions", "none"], required_unless_present = "quiet")]
    pub(super) level: Option<String>,
    /// Of nothing for so many seconds; 0 ends that
    #[arg(long, value_name = "SECONDS")]
    pub(super) quiet: Option<u32>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// #channel or channel; one that does not exist is created
    #[arg(required_unless_present = "code")]
    pub(super) channel: Option<String>,
    /// The code of an invitation
    #[arg(long, value_name = "CODE", conflicts_with = "channel")]
    pub(super) code: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `settings`.
#[derive(Debug, Args)]
pub struct Settings {
    /// #channel or channel; your own settings when left out
    pub(super) target: Option<Target>,
    #[command(flatten)]
    pub(super) channel: ChannelSettings,
    #[command(flatten)]
    pub(super) own: OwnSettings,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// What can be set for a channel.
#[derive(Debug, Args)]
pub(super) struct ChannelSettings {
    /// Another name
    #[arg(long, value_name = "NAME", requires = "target", help_heading = "Of a channel")]
    pub(super) name: Option<proto::ChannelName>,
    /// Whether everybody may find it
    #[arg(long, value_name = "KIND", requires = "target", value_parser = ["public", "private"], help_heading = "Of a channel")]
    pub(super) kind: Option<String>,
    /// What it is about
    #[arg(long, value_name = "TEXT", requires = "target", help_heading = "Of a channel")]
    pub(super) topic: Option<proto::Topic>,
    /// Whether only owner and moderators speak
    #[arg(long, value_name = "BOOL", requires = "target", help_heading = "Of a channel")]
    pub(super) read_only: Option<bool>,
    /// Seconds between two messages of a member, 0 for none
    #[arg(long, value_name = "SECONDS", requires = "target", help_heading = "Of a channel")]
    pub(super) slow_mode: Option<u32>,
}

/// What one can set for oneself.
#[derive(Debug, Args)]
pub(super) struct OwnSettings {
    /// Who sees whether you are there: friends always
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "shared", "friends"], help_heading = "Your own")]
    pub(super) seen_by: Option<String>,
    /// Who may write to you directly and make you a member of a channel
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "shared", "friends"], help_heading = "Your own")]
    pub(super) written_by: Option<String>,
    /// Who reads what you post
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "friends"], help_heading = "Your own")]
    pub(super) read_by: Option<String>,
    /// How clients look: default, light, contrast or plain
    #[arg(long, value_name = "NAME", conflicts_with = "target", value_parser = crate::theme::NAMES, help_heading = "Your own")]
    pub(super) theme: Option<String>,
}

/// `replies` and `thread`.
#[derive(Debug, Args)]
pub struct Replies {
    /// #channel, channel, @handle or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// What to look for; several words must all be there
    #[arg(required = true)]
    pub(super) query: Vec<String>,
    /// How many hits at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) limit: u32,
    /// How many hits to pass over, the newest
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) offset: u32,
    /// How many messages to print around each hit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=5), conflicts_with = "json")]
    pub(super) around: u32,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

/// `tail`.
#[derive(Debug, Args)]
pub struct Tail {
    /// #channel, channel or @handle
    #[arg(required = true)]
    pub(super) targets: Vec<Target>,
    /// How many older messages to begin with, at most 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(super) limit: u32,
    /// End after this many new messages
    #[arg(long, value_name = "N")]
    pub(super) count: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}
