//! What is asked for over HTTP to be shown, and what comes back: data that both who shows it and who fetches it know.

use proto::http::{
    ChannelSummary, Channels, Feed, Friends, History, Moderation, Profile, SearchHits, SearchQuery, Sessions,
};
use proto::{CatchUp, ChannelId, ChannelName, Handle, Index, PageCursor, Settings};

/// What only the daemon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// A part of the list of channels.
    Channels(ChannelsWish),
    /// The channels of a name.
    Named(ChannelName),
    /// Names of public channels that begin so.
    PublicNames(String),
    /// What is found.
    Search(SearchQuery),
    /// The list of what waits for the reader, as the Activity page shows it.
    CatchUp,
    /// What one may know of somebody.
    Profile(Handle),
    /// The replies below a message.
    Thread(ChannelId, Index),
    /// The pinned messages of a channel.
    Pins(ChannelId),
    /// Who is banned from a channel, and who is timed out in it.
    Moderation(ChannelId),
    /// What friends have posted, before a place.
    Feed(Option<PageCursor>),
    /// What somebody has posted, before a place.
    Posts(Handle, Option<PageCursor>),
    /// How others stand to the reader.
    Friends,
    /// What the reader has set for themselves.
    Settings,
    /// The reader's sessions.
    Sessions,
    /// What others may know of the reader.
    Myself,
}

/// Which part of the list of channels is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChannelsWish {
    /// What stands in name or topic.
    pub text: String,
    /// The last public one of the part before.
    pub after: Option<ChannelName>,
}

/// What the daemon knew.
#[derive(Debug, Clone)]
pub enum Fetched {
    /// A part of the list of channels, and behind which one it begins.
    Channels(Option<ChannelName>, Channels),
    /// The channels of a name: those that one is in, and the public one.
    Named(Vec<ChannelSummary>),
    /// Public channels from these letters on, by name.
    PublicNames(String, Channels),
    /// What was found.
    Search(SearchHits),
    /// What was found among the messages that are saved here.
    SearchSaved(SearchHits),
    /// The list of what waits for the reader, as the Activity page shows it.
    CatchUp(CatchUp),
    /// What one may know of somebody, and what they said last.
    Profile(Box<Profile>, SearchHits),
    /// Messages of a channel.
    Messages(History),
    /// Who is banned from a channel, and who is timed out in it.
    Moderation(Moderation),
    /// Posts before a place.
    Feed(Option<PageCursor>, Feed),
    /// How others stand to the reader.
    Friends(Friends),
    /// What the reader has set for themselves.
    Settings(Settings),
    /// The reader's sessions.
    Sessions(Sessions),
}

impl Fetched {
    /// Notes that a page was given what it has not asked for: a fault of this program, which shows nothing of it.
    pub fn was_not_asked_for(&self) {
        tracing::error!(fetched = ?std::mem::discriminant(self), "a page was given what it has not asked for");
        debug_assert!(false, "a page was given what it has not asked for: {self:?}");
    }
}
