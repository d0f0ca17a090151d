//! What the core takes in, what it gives, and the names in between.

use proto::codec::Incoming;
use proto::http::{Channels, Friends, History as HistoryPage};
use proto::{
    CatchUp, CatchUpEntry, ChannelId, ChannelPersonal, ChannelRemove, ClientPacket, ErrorReply, FileInfo, Handle,
    Index, Nonce, Ref, Relation, Settings, Timestamp,
};
use serde_json::value::RawValue;

use super::attachment::{AttachmentPlace, Passed, SourceFile};
use super::history::HistoryRange;
use super::outbox::GivenBack;
use crate::session::Session;
use crate::stored::{StoreChange, StoredMember};
use crate::unsent::ChannelPlace;

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// It is being opened, or has not said welcome yet.
    Connecting,
    /// The connection is open and the daemon has said welcome.
    Online,
    /// It is lost and will be tried again.
    Waiting {
        /// Why, safe to draw.
        reason: String,
        /// When the next try is.
        until: Timestamp,
    },
}

/// What the daemon is asked to tell of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Of everything that concerns the reader.
    Everything,
    /// Of these channels alone, with so many of their newest messages: for a command.
    Channels(Vec<ChannelId>, u32),
}

/// Names a request until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub(super) u64);

/// Something came from outside.
#[derive(Debug)]
pub enum Event {
    /// The connection is open and waits for the hello.
    ConnectionUp,
    /// The connection is lost, and is tried again at a moment.
    ConnectionDown {
        /// Why, for people.
        reason: String,
        /// When the next try is.
        until: Timestamp,
    },
    /// The daemon said something.
    Packet(Incoming),
    /// A page of history has come, or why not.
    History(ChannelId, HistoryRange, Result<HistoryPage, String>),
    /// Something that was loaded has come.
    Loaded(Loaded),
    /// The store has told who is in a channel.
    StoredMembers(ChannelId, Vec<StoredMember>),
    /// A file of a message has gone up some way.
    UploadPassed(AttachmentPlace, Passed),
    /// A file of a message is at the server, or why not.
    Uploaded(AttachmentPlace, Result<FileInfo, String>),
    /// A moment that was waited for may have come.
    Wake,
}

/// What is asked for over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Load {
    /// Names of public channels that begin so.
    PublicNames(String),
    /// What happened to the reader.
    Activity,
    /// What the reader has set for themselves.
    Settings,
    /// How others stand to the reader.
    Friends,
}

/// What has come of it.
#[derive(Debug)]
pub enum Loaded {
    /// The reader's channels, or why they did not come.
    Channels(Result<Channels, String>),
    /// Public channels from these letters on, by name.
    PublicNames(String, Channels),
    /// What happened to the reader.
    Activity(CatchUp),
    /// What the reader has set for themselves.
    Settings(Settings),
    /// How others stand to the reader.
    Friends(Friends),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum CoreEffect {
    /// Open the connection of a session and keep it open, in place of any other.
    Connect(Session),
    /// Send a packet; dropped when there is no connection.
    Send(Ref, ClientPacket),
    /// Fetch a page of history; answered by [`Event::History`]. What has changed since a version is answered on the connection
    /// on which it was asked for, or not at all.
    LoadHistory(ChannelId, HistoryRange),
    /// Look in the store who is in a channel; answered by [`Event::StoredMembers`].
    LoadMembers(ChannelId),
    /// Fetch something else; answered by [`Event::Loaded`].
    Load(Load),
    /// Upload a file of a message; answered by [`Event::UploadPassed`] and [`Event::Uploaded`].
    Upload(AttachmentPlace, SourceFile),
    /// Give up uploading the files of a message; nothing of them is told any more.
    CancelUploads(Nonce),
    /// Keep the session for the next start.
    RenewSession(Session),
    /// Remember what is otherwise.
    Remember(Vec<StoreChange>),
    /// Send [`Event::Wake`] at this moment.
    WakeAt(Timestamp),
}

/// What happened, for whoever shows it or waits for it. What is known is up to date already.
#[derive(Debug)]
pub enum Happened {
    /// The daemon has said welcome.
    Welcomed,
    /// The daemon has another store: nothing that was known holds there.
    StoreChanged {
        /// The channels that were known, and what the daemon kept of what was being written there.
        channels: Vec<(ChannelPlace, String)>,
        /// Answers to posts of others, which can go nowhere now.
        texts: Vec<String>,
    },
    /// Changes of messages will not be made any more.
    ChangesGivenUp(Vec<ClientPacket>, GivenUp),
    /// No request of this connection is answered any more.
    RequestsLost,
    /// The connection is lost.
    ConnectionLost,
    /// The session is over, for this reason.
    SessionEnded(String),
    /// The daemon refuses something that has no name: a packet that it could not read, or the hello.
    Refused(ErrorReply),
    /// The list of channels has come, or not.
    Listed(Option<Channels>),
    /// A channel is shown by the daemon.
    ChannelAdded {
        /// The channel that is shown.
        id: ChannelId,
        /// Whether it continues what was known.
        goes_on: bool,
        /// Whether the reader was in it no longer before.
        was_gone: bool,
    },
    /// The reader is no longer in a channel.
    ChannelRemoved {
        /// The channel, and why the reader is out.
        remove: ChannelRemove,
        /// Whether the reader has left it by themselves.
        own: bool,
    },
    /// A public channel is private now.
    BecamePrivate(ChannelId),
    /// A message is here.
    MessageCame {
        /// In which channel.
        id: ChannelId,
        /// At which place.
        index: Index,
        /// Whether it is new and somebody else's: it counts as unread.
        counts: bool,
        /// Whether it may ring: not when the reader has blocked who said it.
        heard: bool,
        /// Whether it is meant for the reader.
        named: bool,
    },
    /// A message that was on its way is the one at this place.
    Arrived {
        /// In which channel.
        id: ChannelId,
        /// What it was while it was on its way, as [`Sending::number`](super::outbox::Sending::number).
        number: u64,
        /// Where it is.
        index: Index,
    },
    /// The daemon has shown what changed in a channel.
    ChannelResumed(ChannelId),
    /// Messages have come by a page of history, or with what is resumed.
    HistoryCame(ChannelId),
    /// A page of history did not come, and is asked for again.
    HistoryFailed(String),
    /// What another device has set for a channel, or is writing there.
    PersonalCame(ChannelPersonal),
    /// Something happened to the reader.
    ActivityCame(CatchUpEntry),
    /// Somebody stands otherwise to the reader.
    RelationChanged {
        /// The other person.
        handle: Handle,
        /// How it was.
        before: Relation,
        /// How it is.
        now: Relation,
    },
    /// A request was answered for which somebody waits; not what the core asks for itself.
    Answered(RequestId, Result<Box<RawValue>, ErrorReply>),
    /// A change of a message was refused.
    ChangeRefused {
        /// The change, as it was sent.
        packet: ClientPacket,
        /// Whether it was tried before.
        again: bool,
        /// The daemon's reason, for people.
        reason: String,
    },
    /// Something was posted.
    Posted,
    /// Something that was posted, or said to a post, is refused; the text is given back.
    PostRefused(Vec<String>, String),
    /// The conversation with somebody is open.
    ConversationOpened(Handle, ChannelId),
    /// There is no conversation to be had; what waited for it is given back.
    ConversationRefused(Handle, Vec<GivenBack>, String),
}

/// Why changes of messages are not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GivenUp {
    /// Too much time has passed.
    TooLate,
    /// The server was put back to an earlier state.
    StoreChanged,
}

/// What an event has led to.
#[derive(Debug, Default)]
pub struct Update {
    /// What happened, in order.
    pub happened: Vec<Happened>,
    /// What is to be done, in order.
    pub effects: Vec<CoreEffect>,
}
