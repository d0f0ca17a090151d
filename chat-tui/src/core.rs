//! What the client knows and does, without a screen: sessions, channels and their messages, members and presence, what is
//! read, what is on its way, requests and their answers, and the one rule for catching up.
//!
//! [`Core`] is a value. [`Core::update`] takes in what came from outside, and gives what happened, for whoever shows it, and
//! what is to be done outside. No terminal, clock, file or socket is known here. A screen is one user of it, commands
//! without a screen are another.

mod answers;
pub mod attachment;
mod changes;
pub mod channel;
mod connecting;
mod conversations;
mod events;
pub mod history;
mod members;
pub mod outbox;
mod pages;
pub mod people;
mod personal;
mod public;
mod remembering;
mod sending;
mod sync;
mod terms;
mod uploading;
mod walls;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use proto::{
    CatchUpEntry, ChannelId, ChannelKind, ChannelName, ChannelPersonal, ClientName, ClientPacket, DeviceName, Handle,
    Index, Limits, Nonce, Ref, Timestamp, Uploading,
};

use crate::session::Session;
use crate::text::CleanLine;
use crate::unsent::ChannelPlace;
use channel::Channel;
use outbox::{GivenBack, Outbox, Recipient};
use people::People;
pub use sending::TooLarge;
pub use terms::{ConnectionState, CoreEffect, Event, GivenUp, Happened, Load, Loaded, RequestId, Scope, Update};

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
    /// The members of a channel.
    Members(ChannelId),
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
    /// The session that the reader is signed in with.
    pub session: Session,
    /// How the connection is.
    pub connection: ConnectionState,
    /// The channels that the reader is in, by their ids.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// The reader and the people around them.
    pub people: People,
    /// How much happened that was not looked at, counted up to 100.
    pub activity: u64,
    /// Invitations that wait for the reader.
    pub invitations: Vec<CatchUpEntry>,
    /// What the daemon does not have yet.
    pub outbox: Outbox,
    public: public::PublicNames,
    /// The channel that is on the screen.
    on_screen: Option<ChannelId>,
    /// What the channel is called that is to be on the screen, while its id is not known.
    shown_first: Option<ChannelName>,
    /// The daemon has asked for a pause before its members are asked for.
    members_not_before: Option<Timestamp>,
    /// What channels are called that are not shown, and that something was written for.
    places: HashMap<ChannelId, ChannelPlace>,
    scope: Scope,
    /// People whose conversations were asked for on this connection.
    opening: HashSet<Handle>,
    /// Channels that the reader leaves.
    leaving: HashSet<ChannelId>,
    walls: walls::Walls,
    /// Messages with files that go up now.
    uploading: HashMap<Nonce, uploading::Told>,
    /// What goes up on other devices of the reader, and until when that is believed.
    elsewhere: HashMap<Nonce, (Uploading, Timestamp)>,
    limits: Option<Limits>,
    /// Whether the daemon shows channels with what the reader has set for them.
    shows_personal: bool,
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
    device: DeviceName,
    client: ClientName,
    renew_due: Option<Timestamp>,
    /// When a token was renewed last.
    renewed_at: Option<Timestamp>,
    /// Whether a store hears what changes.
    has_store: bool,
    /// Channels of which something may be otherwise than the store holds.
    touched: BTreeSet<ChannelId>,
    /// What the store holds of each channel.
    remembered: HashMap<ChannelId, remembering::Remembered>,
    to_remember: Vec<crate::stored::StoreChange>,
    /// The time of the last event.
    now: Timestamp,
    out: Update,
}

impl Core {
    /// Makes the core of a session that is to be connected. The prefix of nonces is another one at each start.
    pub fn new(session: Session, scope: Scope, device: &DeviceName, client: &ClientName, nonce_prefix: &str) -> Self {
        Self {
            session,
            connection: ConnectionState::Connecting,
            channels: BTreeMap::new(),
            people: People::default(),
            activity: 0,
            invitations: Vec::new(),
            outbox: Outbox::default(),
            public: public::PublicNames::default(),
            on_screen: None,
            shown_first: None,
            members_not_before: None,
            places: HashMap::new(),
            scope,
            opening: HashSet::new(),
            leaving: HashSet::new(),
            uploading: HashMap::new(),
            elsewhere: HashMap::new(),
            walls: walls::Walls::default(),
            limits: None,
            shows_personal: false,
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
            has_store: false,
            touched: BTreeSet::new(),
            remembered: HashMap::new(),
            to_remember: Vec::new(),
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
            Event::StoredMembers(id, members) => self.stored_members_came(id, members),
            Event::UploadPassed(at, passed) => self.upload_passed(&at, passed),
            Event::Uploaded(at, result) => self.uploaded(&at, result),
            Event::Wake => self.wake(),
        }
        if self.is_online() {
            self.ask_for_changes();
        }
        self.tell_store();
        std::mem::take(&mut self.out)
    }

    /// What follows from any change: what may go to the daemon now.
    pub fn settle(&mut self, now: Timestamp) -> Update {
        self.now = now;
        if self.is_online() {
            self.open_wall();
            self.open_conversations();
            self.send_due();
            self.ask_for_members();
            self.ask_for_changes();
        } else {
            self.look_for_members();
        }
        self.end_uploads();
        self.tell_store();
        std::mem::take(&mut self.out)
    }

    /// The handle of the reader.
    pub fn me(&self) -> &Handle {
        &self.session.handle
    }

    /// Tells whether the daemon has said welcome on a connection that works.
    pub fn is_online(&self) -> bool {
        self.connection == ConnectionState::Online
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
    pub fn request(&mut self, packet: impl Into<ClientPacket>) -> (RequestId, CoreEffect) {
        self.ask(Asked::Caller, packet)
    }

    /// Says something that nobody waits for.
    pub fn send_unasked(&mut self, packet: ClientPacket) -> CoreEffect {
        self.ask(Asked::Unasked, packet).1
    }

    /// Leaves a channel, or closes a conversation.
    pub fn leave(&mut self, id: ChannelId) -> (RequestId, CoreEffect) {
        self.leaving.insert(id);
        self.ask(Asked::Leave(id), proto::LeaveChannel { id })
    }

    /// Gives what the next request will be.
    pub fn next_request(&self) -> RequestId {
        RequestId(self.next_request)
    }

    /// The reader is no longer in a channel, for a reason: what was to go there is refused, and what is here stays.
    pub fn becomes_gone(&mut self, id: ChannelId, words: CleanLine) {
        self.outbox.refuse_all(id, words.as_str());
        self.forget_stored(id);
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.becomes_gone(words);
        }
    }

    /// Shows a channel that the reader is not in, for what was written there.
    pub fn show_gone(&mut self, place: ChannelPlace) -> &Channel {
        self.channels.entry(place.id).or_insert_with(|| Channel::new(place))
    }

    /// What was to go to a conversation goes to its person, however it is opened next.
    pub fn redirect_to_person(&mut self, id: ChannelId, handle: Handle) {
        self.outbox.redirect(id, &Recipient::Person(handle));
    }

    /// Notes what a channel is called that is not shown, for which something is kept.
    pub fn note_place(&mut self, place: ChannelPlace) {
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
        let unsent = self.outbox.give_back(&Recipient::Channel(id));
        self.forget_stored(id);
        Some((self.channels.remove(&id)?, unsent))
    }

    /// Gives what a channel is called, also of one that is not shown any more.
    pub fn place_of(&self, id: &ChannelId) -> Option<ChannelPlace> {
        self.channels.get(id).map(Channel::place).or_else(|| self.places.get(id).cloned())
    }

    fn ask(&mut self, asked: Asked, packet: impl Into<ClientPacket>) -> (RequestId, CoreEffect) {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        self.asked.insert(id, asked);
        (id, CoreEffect::Send(Ref::Number(id.0 as i64), packet.into()))
    }

    /// The same, among what follows from an event.
    fn add_request(&mut self, asked: Asked, packet: impl Into<ClientPacket>) {
        let (_, effect) = self.ask(asked, packet);
        self.add_effect(effect);
    }

    fn add_effect(&mut self, effect: CoreEffect) {
        self.out.effects.push(effect);
    }

    fn note_happened(&mut self, happened: Happened) {
        self.out.happened.push(happened);
    }
}
