//! What pages ask for, and what comes from the daemon for it.

use proto::http::{ChannelSummary, Channels, Feed, Friends, History, Profile, SearchHits, Sessions};
use proto::{CatchUp, ChannelId, ChannelName, ClientPacket, Content, CreatedKind, Handle, Index, Settings};

use super::Place;
use crate::chat;
use crate::component::confirm;
use crate::http::SearchWish;

/// What a page asks for. What leads back to the conversation closes all pages.
#[derive(Debug, Clone, PartialEq)]
pub enum PageRequest {
    /// Something that only the daemon knows.
    Fetch(Fetch),
    /// To show a page over this one.
    Open(Place),
    /// To show a message, or the end of a channel.
    Go(ChannelId, Option<Index>),
    /// To enter a public channel.
    Join(ChannelId),
    /// To create a public channel.
    Create(ChannelName),
    /// To open the direct message with somebody.
    Talk(Handle),
    /// To reply to a message.
    Reply(ChannelId, Index, String),
    /// To set something that was written in the box of the page, which waits for the answer.
    Set(ClientPacket),
    /// To make a channel public or private.
    SetKind(ChannelId, CreatedKind),
    /// To be asked something.
    Question(confirm::State),
    /// To post something.
    Post(Content),
    /// To reply to a post.
    Answer(ChannelId, Index, Content),
    /// To give a message another text, for which the box of the page waits.
    Edit(ChannelId, Index, Content),
    /// To keep a text among those that were sent, to be had back.
    Keep(String),
    /// To hear of what is posted.
    Watch,
    /// To be asked for an emoji for a message.
    React(ChannelId, Index),
    /// To have a text in the clipboard of the terminal.
    Copy(String),
    /// To say something to the daemon.
    Say(ClientPacket),
    /// To give the account another password.
    Password,
    /// To delete the account.
    Leave,
    /// To have something told.
    Tell(String),
    /// To have something told that is wrong.
    Fail(String),
    /// To close, with the page below shown again.
    Close,
}

impl PageRequest {
    /// To say something to the daemon once it is confirmed: a question, and what it is about where it does not say all.
    pub(super) fn confirmed(question: String, about: &str, packet: ClientPacket) -> Self {
        Self::Question(confirm::State::new(question, about, chat::Deed::Say(packet)))
    }
}

/// What only the daemon knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetch {
    /// A part of the list of channels.
    Channels(ChannelsWish),
    /// The channels of a name.
    Named(ChannelName),
    /// What is found.
    Search(SearchWish),
    /// Activity.
    CatchUp,
    /// What one may know of somebody.
    Profile(Handle),
    /// The replies below a message.
    Thread(ChannelId, Index),
    /// The pinned messages of a channel.
    Pins(ChannelId),
    /// What friends have posted, before a place.
    Feed(Option<String>),
    /// What somebody has posted, before a place.
    Posts(Handle, Option<String>),
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
    /// What was found.
    Search(SearchHits),
    /// Activity.
    CatchUp(CatchUp),
    /// What one may know of somebody, and what they said last.
    Profile(Box<Profile>, SearchHits),
    /// Messages of a channel.
    Messages(History),
    /// Posts before a place.
    Feed(Option<String>, Feed),
    /// How others stand to the reader.
    Friends(Friends),
    /// What the reader has set for themselves.
    Settings(Settings),
    /// The reader's sessions.
    Sessions(Sessions),
}
