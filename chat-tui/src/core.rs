//! What the client knows and does, without a screen: sessions, channels and their messages, members and presence, what is
//! read, what is on its way, requests and their answers, and the one rule for catching up.
//!
//! [`Core`] is a value. [`Core::update`] takes in what came from outside, and gives what happened, for whoever shows it, and
//! what is to be done outside. No terminal, clock, file or socket is known here. A screen is one user of it, commands
//! without a screen are another.

mod answers;
mod changes;
pub mod channel;
mod connecting;
mod conversations;
mod events;
pub mod history;
pub mod outbox;
mod pages;
pub mod people;
mod personal;
mod sending;
mod walls;

use std::collections::{BTreeMap, HashMap, HashSet};

use proto::codec::Incoming;
use proto::http::{Channels, Friends, History as HistoryPage};
use proto::{
    CatchUp, CatchUpEntry, ChannelId, ChannelKind, ChannelName, ChannelPersonal, ChannelRemove, ClientPacket,
    ErrorReply, Handle, Index, Limits, Nonce, Ref, Relation, Settings, Timestamp,
};
use serde_json::value::RawValue;

use crate::session::Session;
use crate::text::CleanLine;
use crate::unsent::Place;
use channel::Channel;
use history::Page;
use outbox::{GivenBack, Outbox};
use people::People;
pub use sending::TooLarge;

/// How the connection is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// It is being opened, or has not said welcome yet.
    Connecting,
    /// It works.
    Online,
    /// It is lost and will be tried again.
    Waiting {
        /// Why, safe to draw.
        reason: String,
        /// When.
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
pub struct RequestId(u64);

/// Something came from outside.
#[derive(Debug)]
pub enum Event {
    /// The connection is open and waits for the hello.
    ConnectionUp,
    /// The connection is lost, and is tried again at a moment.
    ConnectionDown {
        /// Why, for people.
        reason: String,
        /// When.
        until: Timestamp,
    },
    /// The daemon said something.
    Packet(Incoming),
    /// A page of history has come, or why not.
    History(ChannelId, Page, Result<HistoryPage, String>),
    /// Something that was loaded has come.
    Loaded(Loaded),
    /// A moment that was waited for may have come.
    Wake,
}

/// What is asked for over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Load {
    /// The list of channels.
    Channels,
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
    /// The list of channels, or why it did not come.
    Channels(Result<Channels, String>),
    /// What happened to the reader.
    Activity(CatchUp),
    /// What the reader has set for themselves.
    Settings(Settings),
    /// How others stand to the reader.
    Friends(Friends),
}

/// Something to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open the connection of a session and keep it open, in place of any other.
    Connect(Session),
    /// Send a packet; dropped when there is no connection.
    Send(Ref, ClientPacket),
    /// Fetch a page of history; answered by [`Event::History`].
    LoadHistory(ChannelId, Page),
    /// Fetch something else; answered by [`Event::Loaded`].
    Load(Load),
    /// Keep the session for the next start.
    SaveSession(Session),
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
        channels: Vec<(Place, String)>,
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
        /// Which.
        id: ChannelId,
        /// Whether it continues what was known.
        goes_on: bool,
        /// Whether the reader was in it no longer before.
        was_gone: bool,
    },
    /// The reader is no longer in a channel.
    ChannelRemoved {
        /// Which, and why.
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
        /// What it was while it was on its way, as [`outbox::Sending::number`].
        number: u64,
        /// Where it is.
        index: Index,
    },
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
        /// Who.
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
        /// Which.
        packet: ClientPacket,
        /// Whether it was tried before.
        again: bool,
        /// Why.
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

/// What a request was for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Hello,
    Renew,
    /// The conversation with somebody, to whom something is written.
    Conversation(Handle),
    Send(ChannelId, Nonce),
    /// The reader's own wall.
    Wall,
    /// To be in a channel no longer.
    Leave(ChannelId),
    /// What is being written is to be kept for other devices.
    Draft(ChannelId, String),
    /// A message is to be otherwise: tried again until it is answered.
    Change {
        packet: Box<ClientPacket>,
        /// Whether it was asked for before.
        again: bool,
    },
    /// Whoever has asked waits for the answer.
    Caller,
    /// Nobody has asked for it, so nobody is told of a refusal.
    Unasked,
}

/// What the client knows.
#[derive(Debug)]
pub struct Core {
    /// The session.
    pub session: Session,
    /// How the connection is.
    pub connection: Connection,
    /// Every channel.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// The names of public channels, as far as they were listed.
    pub public: Vec<ChannelName>,
    /// The reader and the people around them.
    pub people: People,
    /// How much happened that was not looked at, counted up to 100.
    pub activity: u64,
    /// Invitations that wait for the reader.
    pub invitations: Vec<CatchUpEntry>,
    /// What the daemon does not have yet.
    pub outbox: Outbox,
    /// What channels are called that are not shown, and that something was written for.
    places: HashMap<ChannelId, Place>,
    scope: Scope,
    /// People whose conversations were asked for on this connection.
    opening: HashSet<Handle>,
    /// Channels that the reader leaves.
    leaving: HashSet<ChannelId>,
    walls: walls::Walls,
    limits: Option<Limits>,
    changes: changes::Changes,
    /// What was set for channels that are not shown yet.
    personal: HashMap<ChannelId, ChannelPersonal>,
    failed_pages: Vec<pages::FailedPage>,
    page_wait_ms: i64,
    asked: HashMap<RequestId, Asked>,
    next_request: u64,
    nonce_prefix: String,
    next_nonce: u64,
    store: Option<String>,
    device: String,
    client: String,
    renew_due: Option<Timestamp>,
    /// When a token was renewed last.
    renewed_at: Option<Timestamp>,
    /// The time of the last event.
    now: Timestamp,
    out: Update,
}

/// What an event has led to.
#[derive(Debug, Default)]
pub struct Update {
    /// What happened, in order.
    pub happened: Vec<Happened>,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
}

impl Core {
    /// Makes the core of a session that is to be connected. The prefix of nonces is another one at each start.
    pub fn new(session: Session, scope: Scope, device: &str, client: &str, nonce_prefix: &str) -> Self {
        Self {
            session,
            connection: Connection::Connecting,
            channels: BTreeMap::new(),
            public: Vec::new(),
            people: People::default(),
            activity: 0,
            invitations: Vec::new(),
            outbox: Outbox::default(),
            places: HashMap::new(),
            scope,
            opening: HashSet::new(),
            leaving: HashSet::new(),
            walls: walls::Walls::default(),
            limits: None,
            changes: changes::Changes::default(),
            personal: HashMap::new(),
            failed_pages: Vec::new(),
            page_wait_ms: pages::WAIT_MIN_MILLIS,
            asked: HashMap::new(),
            next_request: 1,
            nonce_prefix: nonce_prefix.to_owned(),
            next_nonce: 1,
            store: None,
            device: device.to_owned(),
            client: client.to_owned(),
            renew_due: None,
            renewed_at: None,
            now: Timestamp::from_millis(0),
            out: Update::default(),
        }
    }

    /// Takes in what came from outside.
    pub fn update(&mut self, event: Event, now: Timestamp) -> Update {
        self.now = now;
        match event {
            Event::ConnectionUp => self.connection_up(),
            Event::ConnectionDown { reason, until } => self.connection_down(&reason, until),
            Event::Packet(incoming) => self.packet(incoming),
            Event::History(id, page, result) => self.history_came(id, page, result),
            Event::Loaded(loaded) => self.loaded(loaded),
            Event::Wake => self.wake(),
        }
        std::mem::take(&mut self.out)
    }

    /// What follows from any change: what may go to the daemon now.
    pub fn settle(&mut self, now: Timestamp) -> Update {
        self.now = now;
        if self.is_online() {
            self.open_wall();
            self.open_conversations();
            self.send_due();
        }
        std::mem::take(&mut self.out)
    }

    /// The handle of the reader.
    pub fn me(&self) -> &Handle {
        &self.session.handle
    }

    /// Tells whether the daemon has said welcome on a connection that works.
    pub fn is_online(&self) -> bool {
        self.connection == Connection::Online
    }

    /// Tells whether the reader is in a channel that is shown.
    pub fn is_in(&self, id: &ChannelId) -> bool {
        self.channels.get(id).is_some_and(|channel| channel.gone.is_none())
    }

    /// Gives the direct conversation with somebody, if it is shown.
    pub fn conversation_with(&self, handle: &Handle) -> Option<ChannelId> {
        let with = |channel: &&Channel| {
            let open = channel.kind == ChannelKind::Dm && channel.gone.is_none() && channel.is_listed();
            open && channel.name.as_str() == handle.as_str()
        };
        self.channels.values().find(with).map(|channel| channel.id)
    }

    /// Asks for something; the answer is told by [`Happened::Answered`].
    pub fn request(&mut self, packet: ClientPacket) -> (RequestId, Effect) {
        self.ask(Asked::Caller, packet)
    }

    /// Says something that nobody waits for.
    pub fn tell(&mut self, packet: ClientPacket) -> Effect {
        self.ask(Asked::Unasked, packet).1
    }

    /// Leaves a channel, or closes a conversation.
    pub fn leave(&mut self, id: ChannelId) -> (RequestId, Effect) {
        self.leaving.insert(id);
        self.ask(Asked::Leave(id), ClientPacket::LeaveChannel(proto::WhichChannel { id }))
    }

    /// Gives what the next request will be.
    pub fn next_request(&self) -> RequestId {
        RequestId(self.next_request)
    }

    /// The reader is no longer in a channel, for a reason: what was to go there is refused, and what is here stays.
    pub fn becomes_gone(&mut self, id: ChannelId, words: CleanLine) {
        self.outbox.refuse_all(id, words.as_str());
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.becomes_gone(words);
        }
    }

    /// Shows a channel that the reader is not in, for what was written there.
    pub fn show_gone(&mut self, place: Place) -> &Channel {
        self.channels.entry(place.id).or_insert_with(|| Channel::new(place))
    }

    /// What was to go to a conversation goes to its person, however it is opened next.
    pub fn redirect_to_person(&mut self, id: ChannelId, handle: Handle) {
        self.outbox.redirect(id, &outbox::Address::Person(handle));
    }

    /// Notes what a channel is called that is not shown, for which something is kept.
    pub fn note_place(&mut self, place: Place) {
        self.places.insert(place.id, place);
    }

    /// Notes near which message of a channel the reader reads, if that is not the newest.
    pub fn reads_near(&mut self, id: ChannelId, near: Option<Index>) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.near = near;
        }
    }

    /// Takes a channel away; gives it, and what was to go there.
    pub fn forget_channel(&mut self, id: ChannelId) -> Option<(Channel, Vec<GivenBack>)> {
        if let Scope::Channels(channels, _) = &mut self.scope {
            channels.retain(|channel| *channel != id);
        }
        let unsent = self.outbox.give_back(&outbox::Address::Channel(id));
        Some((self.channels.remove(&id)?, unsent))
    }

    /// Gives what a channel is called, also of one that is not shown any more.
    pub fn place_of(&self, id: &ChannelId) -> Option<Place> {
        self.channels.get(id).map(Channel::place).or_else(|| self.places.get(id).cloned())
    }

    fn ask(&mut self, asked: Asked, packet: ClientPacket) -> (RequestId, Effect) {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.asked.insert(id, asked);
        (id, Effect::Send(Ref::Number(id.0 as i64), packet))
    }

    /// The same, among what follows from an event.
    fn asks(&mut self, asked: Asked, packet: ClientPacket) {
        let (_, effect) = self.ask(asked, packet);
        self.wants(effect);
    }

    fn wants(&mut self, effect: Effect) {
        self.out.effects.push(effect);
    }

    fn tells(&mut self, happened: Happened) {
        self.out.happened.push(happened);
    }
}
