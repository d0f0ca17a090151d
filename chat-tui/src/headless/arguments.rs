//! What stands behind the name of each command.

use std::path::PathBuf;

use clap::Args;
use proto::PageCursor;

use super::target::Target;

/// A command with nothing but the way it prints.
#[derive(Debug, Args)]
pub struct Plain {
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `passwd`.
#[derive(Debug, Args)]
pub struct Passwd {
    /// File whose first line is the new password; only you may be able to read it [default: asks]
    #[arg(long, value_name = "FILE")]
    pub(super) new_password_file: Option<PathBuf>,
    /// File whose first line is your present password [default: asks if there is one]
    #[arg(long, value_name = "FILE")]
    pub(super) old_password_file: Option<PathBuf>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `channels`.
#[derive(Debug, Args)]
pub struct Channels {
    /// Only those with this text in their name or topic
    pub(super) query: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `users`.
#[derive(Debug, Args)]
pub struct Users {
    /// The channel; all of yours when left out
    pub(super) channel: Option<Target>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `send`.
#[derive(Debug, Args)]
pub struct Send {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// The text; `-` or none reads standard input as one message
    pub(super) text: Option<String>,
    /// Read the text from a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub(super) file: Option<PathBuf>,
    /// Upload a file and send it with the message, which needs no text then; repeatable
    #[arg(long, value_name = "PATH")]
    pub(super) attach: Vec<PathBuf>,
    /// Let attached pictures tell where and when they were taken
    #[arg(long, requires = "attach")]
    pub(super) keep_metadata: bool,
    /// Reply to the message with this index
    #[arg(long, value_name = "N")]
    pub(super) reply_to: Option<u64>,
    /// Create the channel, as a public one, if it does not exist
    #[arg(long)]
    pub(super) create: bool,
    /// Print nothing on success
    #[arg(long, conflicts_with = "json")]
    pub(super) quiet: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

impl Send {
    /// Says nothing yet, to a target.
    pub(super) fn to(target: Target) -> Self {
        Self {
            target,
            text: None,
            file: None,
            attach: Vec::new(),
            keep_metadata: false,
            reply_to: None,
            create: false,
            quiet: false,
            json: false,
        }
    }
}

/// `edit`.
#[derive(Debug, Args)]
pub struct Edit {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// The new text
    pub(super) text: String,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `delete`.
#[derive(Debug, Args)]
pub struct Delete {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `react`.
#[derive(Debug, Args)]
pub struct React {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// The emoji, or its shortcode such as tada [default: ♥]
    pub(super) emoji: Option<String>,
    /// Remove the reaction
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `unreact`.
#[derive(Debug, Args)]
pub struct Unreact {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Only reactions with this emoji, or its shortcode
    pub(super) emoji: Option<String>,
    /// Only reactions of this user
    #[arg(long, value_name = "HANDLE", value_parser = crate::meant::handle)]
    pub(super) by: Option<proto::Handle>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `pin`.
#[derive(Debug, Args)]
pub struct Pin {
    /// #channel, channel, @handle or id:ID
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Unpin the message
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// A command about a channel and nothing else.
#[derive(Debug, Args)]
pub struct InChannel {
    /// #channel, channel, @handle or id:ID
    pub(super) target: Target,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `history`.
#[derive(Debug, Args)]
pub struct HistoryOf {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// How many messages [default: 20, with --since all]
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u32>,
    /// Only messages before this index
    #[arg(long, value_name = "N", conflicts_with = "since")]
    pub(super) before: Option<u64>,
    /// All messages added or changed after this version
    #[arg(long, value_name = "V")]
    pub(super) since: Option<u64>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `profile`.
#[derive(Debug, Args)]
pub struct ProfileOf {
    /// The handle; yours when left out
    #[arg(value_parser = crate::meant::handle)]
    pub(super) handle: Option<proto::Handle>,
    /// Print their messages in your channels instead, the newest first
    #[arg(long)]
    pub(super) messages: bool,
    /// Your display name; empty clears it
    #[arg(long, value_name = "NAME", conflicts_with = "handle")]
    pub(super) name: Option<proto::DisplayName>,
    /// Your bio; empty clears it
    #[arg(long, value_name = "TEXT", conflicts_with = "handle")]
    pub(super) about: Option<proto::About>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `avatar`.
#[derive(Debug, Args)]
pub struct AvatarOf {
    /// The picture: PNG, JPEG, GIF or WebP
    #[arg(required_unless_present = "remove")]
    pub(super) path: Option<PathBuf>,
    /// Remove your avatar
    #[arg(long, conflicts_with = "path")]
    remove: bool,
    /// Print one JSON object per line
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
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `feed`.
#[derive(Debug, Args)]
pub struct FeedOf {
    /// The handle; your friends and you when left out
    #[arg(value_parser = crate::meant::handle)]
    pub(super) handle: Option<proto::Handle>,
    /// At most this many posts
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(super) limit: u32,
    /// Only posts older than this one, from `next` of `GET /v1/feed`
    #[arg(long, value_name = "PLACE")]
    pub(super) before: Option<PageCursor>,
    /// Print one JSON object per line
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
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `delete-account`.
#[derive(Debug, Args)]
pub struct DeleteAccount {
    /// Your handle, to be sure
    pub(super) handle: proto::Handle,
    /// Whether your messages stay without your name (keep) or are deleted (remove)
    #[arg(long, value_name = "WHAT", value_parser = ["keep", "remove"])]
    pub(super) content: String,
    /// File whose first line is the password of the account [default: asks if it has one]
    #[arg(long, value_name = "FILE")]
    pub(super) account_password_file: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `friend`.
#[derive(Debug, Args)]
pub struct FriendOf {
    /// The handle
    #[arg(value_parser = crate::meant::handle)]
    pub(super) handle: proto::Handle,
    /// End the friendship, or decline or withdraw a request
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `block`.
#[derive(Debug, Args)]
pub struct BlockOf {
    /// The handle
    #[arg(value_parser = crate::meant::handle)]
    pub(super) handle: proto::Handle,
    /// Unblock the user
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `presence`.
#[derive(Debug, Args)]
pub struct PresenceOf {
    /// online, away, dnd or invisible; prints your presence when left out
    #[arg(value_parser = ["online", "away", "dnd", "invisible"])]
    pub(super) state: Option<String>,
    /// Your status; empty clears it
    #[arg(long, value_name = "TEXT")]
    pub(super) status: Option<proto::Status>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `catch-up`.
#[derive(Debug, Args)]
pub struct CatchUp {
    /// Clear the printed entries; invitations are declined
    #[arg(long)]
    pub(super) clear: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `unread`.
#[derive(Debug, Args)]
pub struct Unread {
    /// #channel, channel, @handle or id:ID
    pub(super) target: Target,
    /// Index of the first unread message
    pub(super) index: u64,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `notify`.
#[derive(Debug, Args)]
pub struct Notify {
    /// #channel, channel, @handle or id:ID
    pub(super) target: Target,
    /// Which messages notify you
    #[arg(value_parser = ["all", "mentions", "none"], required_unless_present = "quiet")]
    pub(super) level: Option<String>,
    /// Mute the channel for this many seconds; 0 unmutes it
    #[arg(long, value_name = "SECONDS")]
    pub(super) quiet: Option<u32>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `replies` and `thread`.
#[derive(Debug, Args)]
pub struct Replies {
    /// #channel, channel, @handle, id:ID or wall:handle
    pub(super) target: Target,
    /// Index of the message
    pub(super) index: u64,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// The search: all words must be in a message; `in:` takes #channel, @handle or id:ID
    #[arg(required = true)]
    pub(super) query: Vec<String>,
    /// At most this many hits
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) limit: u32,
    /// Skip this many of the newest hits
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub(super) offset: u32,
    /// Print this many messages on each side of a hit
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=5), conflicts_with = "json")]
    pub(super) around: u32,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `tail`.
#[derive(Debug, Args)]
pub struct Tail {
    /// #channel, channel, @handle or id:ID
    #[arg(required = true)]
    pub(super) targets: Vec<Target>,
    /// Print this many older messages first, at most 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(super) limit: u32,
    /// End after this many new messages
    #[arg(long, value_name = "N")]
    pub(super) count: Option<u64>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}
