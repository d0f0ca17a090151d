//! Pages over the conversation: lists that lead somewhere. A page is a file in page/ that says what its rows are and what
//! keys do to them; this file says what a page is and what it can ask for, frame.rs is the frame around each, keys.rs what
//! its keys can do. How to add one is told in docs/adding.md.
//!
//! ```text
//! ╭ Search ────────────────────────────────────────╮
//! │ Search kettle from:bob                         │
//! │                                                │
//! │ #tea · bob · Sat 09:41                         │
//! │   the kettle is on                             │
//! │ Enter open  Esc back                           │
//! ╰────────────────────────────────────────────────╯
//! ```

pub mod catch_up;
pub mod channels;
mod frame;
pub mod friends;
pub mod keys;
pub mod list;
pub mod pins;
pub mod posts;
pub mod profile;
pub mod reactions;
pub mod room;
pub mod search;
pub mod sessions;
pub mod settings;
pub mod thread;
mod verbs;
mod writing;

use std::fmt::Debug;

use proto::http::{ChannelSummary, Channels, Feed, Friends, History, Profile, SearchHits, Sessions};
use proto::{
    CatchUp, ChannelId, ChannelName, ClientPacket, Content, CreatedKind, Handle, Index, Reaction, ServerPacket,
    Settings,
};

use crate::catalogue::Key;
use crate::chat;
use crate::component::confirm;
use crate::component::field::Field;
use crate::http::SearchWish;
use crate::theme::Theme;
pub use frame::Frame;
use keys::{Action, PageKey};
use list::Row;
use writing::Writing;

/// What a page shows and does.
pub trait Page: Debug + Send {
    /// What stands above it.
    fn title(&self, chat: &chat::State) -> String;
    /// Its keys, the most important ones first; a key can stand there several times, for different rows.
    fn keys(&self) -> &'static [PageKey];
    /// Whether something can be done now; on a row if there is one. What cannot is not told of below the page.
    fn can(&self, action: Action, row: Option<usize>, chat: &chat::State) -> bool;
    /// Does it, or says why not: a key can be pressed that is not told of.
    fn act(&mut self, action: Action, row: Option<usize>, chat: &chat::State) -> Vec<PageRequest>;
    /// What stands there while there are no rows.
    fn empty(&self) -> &str;
    /// Its rows, in so many cells.
    fn rows(&self, chat: &chat::State, cells: usize, theme: &Theme) -> Vec<Row>;
    /// The line to write in.
    fn field(&self) -> Option<&Field> {
        None
    }
    /// The same, to be written in.
    fn field_mut(&mut self) -> Option<&mut Field> {
        None
    }
    /// Something else stands in the line to write in.
    fn changed(&mut self) -> Vec<PageRequest> {
        Vec::new()
    }
    /// The box in which a post, a reply or a setting is being written.
    fn written(&self) -> Option<&Writing> {
        None
    }
    /// The same, on pages that have one, to be written in and taken.
    fn writing(&mut self) -> Option<&mut Option<Writing>> {
        None
    }
    /// What each row is about, whatever its place: so that the chosen one stays chosen while others come and go.
    fn identities(&self, _chat: &chat::State) -> Vec<String> {
        Vec::new()
    }
    /// Whether it shows the reader's activity, and is brought up to date when there is more of it.
    fn shows_activity(&self) -> bool {
        false
    }
    /// A row was moved to.
    fn reached(&mut self, _row: usize) -> Vec<PageRequest> {
        Vec::new()
    }
    /// What was asked for has come.
    fn fetched(&mut self, _fetched: Fetched) {}
    /// What was asked for did not come.
    fn failed(&mut self, _reason: String) {}
    /// The daemon told something.
    fn heard(&mut self, _event: &ServerPacket, _chat: &chat::State) {}
    /// The page is closed: what the daemon no longer needs to do for it.
    fn closed(&self, _chat: &chat::State) -> Option<ClientPacket> {
        None
    }
    /// New posts are told of from now on: those of before are asked for.
    fn watching(&mut self) -> Vec<PageRequest> {
        Vec::new()
    }
    /// What it needs of the daemon: when it opens, when it is shown again, and when it may have changed.
    fn wants(&mut self, _chat: &chat::State) -> Vec<PageRequest> {
        Vec::new()
    }
}

/// Which page, and of what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The channels that there are, found by these words.
    Channels(String),
    /// A search for these words.
    Search(String),
    /// Activity.
    CatchUp,
    /// Settings and members of a channel.
    Room(ChannelId),
    /// The pinned messages of a channel.
    Pins(ChannelId),
    /// A message and the replies below it.
    Thread(ChannelId, Index),
    /// How others reacted to a message, as it was known.
    Reactions(ChannelId, Index, Vec<Reaction>),
    /// Somebody's profile.
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

impl Place {
    /// Makes the page.
    pub fn open(self) -> Frame {
        match self {
            Self::Channels(words) => Frame::new(channels::State::new(&words)),
            Self::Search(words) => Frame::new(search::State::new(&words)),
            Self::CatchUp => Frame::new(catch_up::State::default()),
            Self::Room(channel) => Frame::new(room::State::new(channel)),
            Self::Pins(channel) => Frame::new(pins::State::new(channel)),
            Self::Thread(channel, index) => Frame::new(thread::State::new(channel, index)),
            Self::Reactions(channel, index, given) => Frame::new(reactions::State::new(channel, index, given)),
            Self::Profile(handle) => Frame::new(profile::State::new(handle)),
            Self::Feed => Frame::new(posts::State::new(None)),
            Self::Posts(handle) => Frame::new(posts::State::new(Some(handle))),
            Self::Friends => Frame::new(friends::State::default()),
            Self::Sessions => Frame::new(sessions::State::default()),
            Self::Settings => Frame::new(settings::State::default()),
        }
    }
}

/// The pages by the names that the help gives them, each with its keys.
pub(crate) const PAGES: &[(Key, &[PageKey])] = &[
    (key!("page-name-activity"), catch_up::KEYS),
    (key!("page-name-home"), posts::KEYS),
    (key!("page-name-thread"), thread::KEYS),
    (key!("page-name-reactions"), reactions::KEYS),
    (key!("page-name-channels"), channels::KEYS),
    (key!("page-name-room"), room::KEYS),
    (key!("page-name-pins"), pins::KEYS),
    (key!("page-name-search"), search::KEYS),
    (key!("page-name-friends"), friends::KEYS),
    (key!("page-name-profile"), profile::KEYS),
    (key!("page-name-settings"), settings::KEYS),
    (key!("page-name-sessions"), sessions::KEYS),
];

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
    /// To say something to the daemon once it is confirmed: a question, what it is about where the question does not say all,
    /// and the verb that means yes.
    fn confirmed(question: String, about: &str, verb: &'static str, packet: ClientPacket) -> Self {
        let yes = confirm::Answer { key: 'y', words: verb, deed: chat::Deed::Say(packet) };
        Self::Question(confirm::State::choice(question, about, vec![yes]))
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
