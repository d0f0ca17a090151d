//! What stands behind the name of each command that says who is in a channel, what they may do there, and how it is.

use clap::Args;

use super::target::Target;

/// `leave`.
#[derive(Debug, Args)]
pub struct Leave {
    /// #channel, channel, @handle or id:ID
    pub(super) target: Target,
    /// Do not ask for confirmation, also if a private channel is deleted
    #[arg(long)]
    pub(super) yes: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `delete-channel`.
#[derive(Debug, Args)]
pub struct DeleteChannel {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `kick`.
#[derive(Debug, Args)]
pub struct Kick {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// Handle of the member
    pub(super) handle: proto::Handle,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `ban`.
#[derive(Debug, Args)]
pub struct Ban {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// The handle
    pub(super) handle: proto::Handle,
    /// Unban the user
    #[arg(long)]
    pub(super) remove: bool,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `role`.
#[derive(Debug, Args)]
pub struct RoleOf {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// Handle of the member
    pub(super) handle: proto::Handle,
    /// The role; `owner` gives the channel away
    #[arg(value_parser = ["owner", "moderator", "member"])]
    pub(super) role: String,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `mute`.
#[derive(Debug, Args)]
pub struct Mute {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// Handle of the member
    pub(super) handle: proto::Handle,
    /// Seconds of the timeout; 0 ends it
    pub(super) seconds: u32,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `invite`.
#[derive(Debug, Args)]
pub struct Invite {
    /// #channel, channel or id:ID
    pub(super) target: Target,
    /// Handle of the user to invite
    pub(super) handle: Option<proto::Handle>,
    /// How many people can use the code [default: any number]
    #[arg(long, value_name = "N", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) uses: Option<u32>,
    /// For how many days the code is valid [default: 7]
    #[arg(long, value_name = "DAYS", conflicts_with = "handle", value_parser = clap::value_parser!(u32).range(1..=365))]
    pub(super) days: Option<u32>,
    /// Revoke this code
    #[arg(long, value_name = "CODE", conflicts_with_all = ["handle", "uses", "days"])]
    pub(super) revoke: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `join`.
#[derive(Debug, Args)]
pub struct Join {
    /// #channel or channel, which is created if it does not exist; or id:ID, also of an invitation that waits
    #[arg(required_unless_present = "code")]
    pub(super) channel: Option<Target>,
    /// An invite code
    #[arg(long, value_name = "CODE", conflicts_with = "channel")]
    pub(super) code: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// `settings`.
#[derive(Debug, Args)]
pub struct Settings {
    /// #channel, channel or id:ID; your own settings when left out
    pub(super) target: Option<Target>,
    #[command(flatten)]
    pub(super) channel: ChannelSettings,
    #[command(flatten)]
    pub(super) own: OwnSettings,
    /// Print one JSON object per line
    #[arg(long)]
    pub(super) json: bool,
}

/// What can be set for a channel.
#[derive(Debug, Args)]
pub(super) struct ChannelSettings {
    /// The new name
    #[arg(long, value_name = "NAME", requires = "target", help_heading = "Of a channel")]
    pub(super) name: Option<proto::ChannelName>,
    /// public: everybody can find and join it; private: only invited users
    #[arg(long, value_name = "KIND", requires = "target", value_parser = ["public", "private"], help_heading = "Of a channel")]
    pub(super) kind: Option<String>,
    /// With --kind public: new members cannot read older messages
    #[arg(long, requires = "kind", help_heading = "Of a channel")]
    pub(super) close_history: bool,
    /// Do not ask for confirmation of a new kind
    #[arg(long, requires = "kind", help_heading = "Of a channel")]
    pub(super) yes: bool,
    /// The topic
    #[arg(long, value_name = "TEXT", requires = "target", help_heading = "Of a channel")]
    pub(super) topic: Option<proto::Topic>,
    /// Whether only the owner and moderators can write
    #[arg(long, value_name = "BOOL", requires = "target", help_heading = "Of a channel")]
    pub(super) read_only: Option<bool>,
    /// Seconds between two messages of a member, 0 for none
    #[arg(long, value_name = "SECONDS", requires = "target", help_heading = "Of a channel")]
    pub(super) slow_mode: Option<u32>,
}

impl ChannelSettings {
    /// Tells whether nothing was named.
    pub(super) fn change_nothing(&self) -> bool {
        let Self { name, kind, topic, read_only, slow_mode, close_history: _, yes: _ } = self;
        name.is_none() && kind.is_none() && topic.is_none() && read_only.is_none() && slow_mode.is_none()
    }
}

/// A user's own settings.
#[derive(Debug, Args)]
pub(super) struct OwnSettings {
    /// Who sees your presence; friends always do
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "shared", "friends"], help_heading = "Your own")]
    pub(super) seen_by: Option<String>,
    /// Who may send you direct messages
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "shared", "friends"], help_heading = "Your own")]
    pub(super) written_by: Option<String>,
    /// Who may add you to a channel at once; invitations of others wait
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "shared", "friends"], help_heading = "Your own")]
    pub(super) invited_by: Option<String>,
    /// Who reads your posts
    #[arg(long, value_name = "WHO", conflicts_with = "target", value_parser = ["everyone", "friends"], help_heading = "Your own")]
    pub(super) read_by: Option<String>,
    /// The theme of your clients: default, light, contrast or plain
    #[arg(long, value_name = "NAME", conflicts_with = "target", value_parser = crate::theme::NAMES, help_heading = "Your own")]
    pub(super) theme: Option<String>,
}
