//! Which pages there are. Whoever leads to one names it by this, and need not know what it shows.

use proto::{ChannelId, Handle, Index, Reaction};

/// Which page, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PagePlace {
    /// The channels that there are, found by these words.
    Channels(String),
    /// A search for these words.
    Search(String),
    /// What waits for the reader: mentions, replies, reactions, invitations.
    CatchUp,
    /// Settings and members of a channel.
    Room(ChannelId),
    /// The pinned messages of a channel.
    Pins(ChannelId),
    /// Who is banned from a channel, and who is timed out in it.
    Moderation(ChannelId),
    /// A message and the replies below it.
    Thread(ChannelId, Index),
    /// How others reacted to a message, as it was known.
    Reactions(ChannelId, Index, Vec<Reaction>),
    /// The profile of the person with that handle.
    Profile(Handle),
    /// Home: the posts of friends.
    Feed,
    /// The posts of one person.
    Posts(Handle),
    /// Friends and friend requests.
    Friends,
    /// The reader's settings.
    Settings,
    /// The reader's sessions.
    Sessions,
}
