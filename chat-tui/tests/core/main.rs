//! The client core under whatever a network and other people do: in the end it holds what the daemon holds, and what its
//! reader has said is there once.

mod daemon;
mod disk;

use std::collections::{BTreeMap, BTreeSet};

use chat_tui::core::history::HistoryRange;
use chat_tui::core::{Core, CoreEffect, Event, GivenUp, Happened, Loaded, RequestId, Scope, Update};
use chat_tui::session::{Session, Source};
use daemon::Daemon;
use disk::Disk;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use proto::http::History;
use proto::{ChannelId, ClientPacket, Content, EditMessage, Index, MessageKind, Timestamp, Token};

const ROOMS: usize = 2;

/// What may be next.
#[derive(Debug, Clone)]
enum Step {
    /// Bob says something in a channel, perhaps to alice.
    BobSays(usize, bool),
    /// Bob changes one of his messages.
    BobEdits(usize, usize),
    BobSetsTopic(usize),
    /// Bob removes alice, or lets her in again.
    BobMovesAlice(usize),
    /// Alice says something, whether there is a connection or not.
    AliceSays(usize),
    AliceEdits(usize, usize),
    AliceReads(usize, u64),
    /// Alice scrolls up, or to a gap.
    AliceScrolls(usize),
    /// Alice closes a channel that she was removed from.
    AliceCloses(usize),
    /// Alice has a channel on the screen.
    AliceOpens(usize),
    ToDaemon(usize),
    ToClient(usize),
    /// A request for history is answered, from what the daemon holds just then, or fails.
    Answer(usize, bool),
    /// An answer arrives, in whatever order.
    Arrive(usize),
    Connect,
    Cut,
    /// So many milliseconds go by.
    Wait(i64),
    /// The daemon comes back with an earlier state.
    Restore,
    /// The program ends and is started again, where it keeps anything.
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let room = || 0..ROOMS;
    prop_oneof![
        8 => (room(), any::<bool>()).prop_map(|(room, mentions)| Step::BobSays(room, mentions)),
        3 => (room(), 0..8_usize).prop_map(|(room, place)| Step::BobEdits(room, place)),
        1 => room().prop_map(Step::BobSetsTopic),
        1 => room().prop_map(Step::BobMovesAlice),
        6 => room().prop_map(Step::AliceSays),
        2 => (room(), 0..8_usize).prop_map(|(room, place)| Step::AliceEdits(room, place)),
        2 => (room(), 0..12_u64).prop_map(|(room, index)| Step::AliceReads(room, index)),
        2 => room().prop_map(Step::AliceScrolls),
        1 => room().prop_map(Step::AliceCloses),
        2 => room().prop_map(Step::AliceOpens),
        10 => (1..4_usize).prop_map(Step::ToDaemon),
        10 => (1..4_usize).prop_map(Step::ToClient),
        4 => (0..4_usize, any::<bool>()).prop_map(|(place, fails)| Step::Answer(place, fails)),
        4 => (0..4_usize).prop_map(Step::Arrive),
        6 => Just(Step::Connect),
        3 => Just(Step::Cut),
        3 => (1..5_000_i64).prop_map(Step::Wait),
        1 => Just(Step::Restore),
    ]
}

/// What may be next for a program that keeps things.
fn step_or_restart() -> impl Strategy<Value = Step> {
    prop_oneof![20 => step(), 1 => Just(Step::Restart)]
}

/// A page that is asked for, and one that is under way.
type Asked = (ChannelId, HistoryRange);
type Arriving = (ChannelId, HistoryRange, Result<History, String>);

/// A client, its daemon, and what lies between them.
struct World {
    core: Core,
    daemon: Daemon,
    /// What the program keeps, if it keeps anything.
    disk: Option<Disk>,
    now: i64,
    asked: Vec<Asked>,
    arriving: Vec<Arriving>,
    /// What alice has said: each text once.
    said: BTreeMap<String, ChannelId>,
    /// What came back to her, refused or given up.
    given_back: BTreeSet<String>,
    /// Whether a restored daemon may have forgotten what was said.
    restored: bool,
    /// From which message on a channel is known, since it was shown whole.
    shown_from: BTreeMap<ChannelId, Index>,
    /// How alice wants each of her messages to be, in the order in which she said so, and what was not done of it.
    edits: Vec<(ChannelId, Index, String)>,
    edits_refused: BTreeSet<String>,
    requests: BTreeSet<RequestId>,
    texts: usize,
}

fn core(starts: usize) -> Core {
    let session = Session {
        server: "http://127.0.0.1:7300".parse().expect("an address"),
        handle: "alice".parse().expect("a handle"),
        token: Token::new("t"),
        issued_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(i64::MAX),
        source: Source::Profile,
    };
    let (device, client) = ("d".parse().expect("a device"), "test".parse().expect("a client"));
    Core::new(session, Scope::Everything, &device, &client, &format!("n{starts}-"))
}

impl World {
    fn new() -> Self {
        Self {
            core: core(0),
            daemon: Daemon::new(ROOMS),
            disk: None,
            now: 0,
            asked: Vec::new(),
            arriving: Vec::new(),
            said: BTreeMap::new(),
            given_back: BTreeSet::new(),
            restored: false,
            shown_from: BTreeMap::new(),
            edits: Vec::new(),
            edits_refused: BTreeSet::new(),
            requests: BTreeSet::new(),
            texts: 0,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now)
    }

    fn room(&self, number: usize) -> ChannelId {
        *self.daemon.rooms.keys().nth(number).expect("a channel")
    }

    fn text(&mut self, who: &str) -> String {
        self.texts += 1;
        format!("{who} {}", self.texts)
    }

    fn takes(&mut self, step: Step) {
        match step {
            Step::BobSays(room, mentions) => {
                let text = self.text(if mentions { "@alice" } else { "bob" });
                self.daemon.says(self.room(room), "bob", &text, None);
            }
            Step::BobEdits(room, place) => {
                let text = self.text("better");
                let id = self.room(room);
                // A mention that is taken out counts no more, of which nobody tells a client until it reads.
                let messages = &self.daemon.rooms[&id].messages;
                if messages.get(place).is_some_and(|message| !message.content.contains("@alice")) {
                    let _ = self.daemon.edits(id, place, &text, "bob");
                }
            }
            Step::BobSetsTopic(room) => {
                let topic = self.text("topic");
                self.daemon.turns_to(self.room(room), &topic);
            }
            Step::BobMovesAlice(room) => self.daemon.moves_alice(self.room(room)),
            Step::AliceSays(room) => self.alice_says(self.room(room)),
            Step::AliceEdits(room, place) => self.alice_edits(self.room(room), place),
            Step::AliceReads(room, index) => {
                let id = self.room(room);
                let last = self.core.channels.get(&id).map(|channel| channel.history.last_index());
                let is_new = self.core.channels.get(&id).is_some_and(|channel| channel.last_read.get() < index);
                if let Some(last) = last.filter(|_| self.core.is_online() && is_new) {
                    let effect = self.core.mark_read(id, Index::new(index).min(last));
                    self.performs(effect.into_iter().collect());
                }
            }
            Step::AliceScrolls(room) => {
                let id = self.room(room);
                let before = self.core.channels.get(&id).and_then(|channel| channel.history.after(Index::default()));
                if let Some(first) = before.map(|kept| kept.message.index).filter(|_| self.core.is_online()) {
                    let effect = self.core.load_one_of(id, vec![HistoryRange::Before(first)]);
                    self.performs(effect.into_iter().collect());
                }
            }
            Step::AliceCloses(room) => {
                let id = self.room(room);
                if self.core.channels.get(&id).is_some_and(|channel| channel.gone.is_some())
                    && let Some((_, unsent)) = self.core.forget_channel(id)
                {
                    self.given_back.extend(unsent.into_iter().map(|given| given.outgoing.content));
                }
            }
            Step::AliceOpens(room) => self.core.shows(Some(self.room(room))),
            Step::ToDaemon(count) => (0..count).for_each(|_| self.daemon.hears()),
            Step::ToClient(count) => (0..count).for_each(|_| self.client_hears()),
            Step::Answer(place, fails) => {
                if place < self.asked.len() {
                    let (id, page) = self.asked.remove(place);
                    let history = if fails { Err("no answer".to_owned()) } else { self.daemon.rooms[&id].page(page) };
                    self.arriving.push((id, page, history));
                }
            }
            Step::Arrive(place) => {
                if place < self.arriving.len() {
                    let (id, page, history) = self.arriving.remove(place);
                    self.happens(Event::History(id, page, history));
                }
            }
            Step::Connect => self.connects(),
            Step::Cut => self.is_cut(),
            Step::Wait(millis) => {
                self.now += millis;
                self.happens(Event::Wake);
            }
            Step::Restore => {
                self.is_cut();
                self.daemon.is_restored();
                self.restored = true;
            }
            Step::Restart => self.starts_again(),
        }
        let update = self.core.settle(self.now());
        self.takes_in(update);
        if let Some(disk) = &mut self.disk {
            disk.keeps(&self.core);
        }
    }

    /// The program is gone, with all that it had asked for, and comes back with what it has kept.
    fn starts_again(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        self.daemon.socket = None;
        self.asked.clear();
        self.arriving.clear();
        self.requests.clear();
        let (state, unsent) = disk.opened_again();
        self.core = core(disk.starts);
        unsent
            .messages
            .into_iter()
            .for_each(|message| self.core.take_up_message(message, Timestamp::from_millis(self.now)));
        self.core.take_up_store(unsent.store);
        let packets = unsent.changes.iter().flat_map(|change| proto::codec::decode_requests(change).expect("a packet"));
        let changes = packets.map(|request| request.packet.expect("a change")).collect();
        if let Some(late) = self.core.take_up_changes(changes, unsent.changed, Timestamp::from_millis(self.now)) {
            late.iter().for_each(|packet| self.is_not_changed(packet));
        }
        self.core.restore(state);
    }

    fn alice_says(&mut self, id: ChannelId) {
        if self.core.is_in(&id) {
            let text = self.text("alice");
            let outgoing = self.core.outgoing(text.clone(), MessageKind::Text);
            let effects = self.core.say(id, outgoing, self.now());
            self.said.insert(text, id);
            self.performs(effects);
        }
    }

    fn alice_edits(&mut self, id: ChannelId, place: usize) {
        let index = Index::new(place as u64 + 1);
        let own = self.core.channels.get(&id).and_then(|channel| channel.history.get(index));
        let is_own = own.is_some_and(|kept| kept.message.handle.as_str() == "alice");
        if is_own && self.core.is_in(&id) && self.core.is_online() {
            let text = self.text("edited");
            let content = Content::parse(&text).expect("a text");
            let packet = ClientPacket::EditMessage(EditMessage { id, index, content });
            let (_, effect) = self.core.change(packet, self.now());
            self.edits.push((id, index, text));
            self.performs(vec![effect]);
        }
    }

    fn connects(&mut self) {
        if self.daemon.socket.is_none() {
            self.daemon.socket = Some(daemon::Socket::default());
            // What had changed is told on the connection on which it was asked for.
            self.asked.retain(|(_, page)| !matches!(page, HistoryRange::Since(_)));
            self.arriving.retain(|(_, page, _)| !matches!(page, HistoryRange::Since(_)));
            self.happens(Event::ConnectionUp);
        }
    }

    fn is_cut(&mut self) {
        if self.daemon.socket.take().is_some() {
            let until = Timestamp::from_millis(self.now + 300);
            self.happens(Event::ConnectionDown { reason: "cut".to_owned(), until });
        }
    }

    fn client_hears(&mut self) {
        if let Some(packet) = self.daemon.socket.as_mut().and_then(|socket| socket.to_client.pop_front()) {
            self.happens(Event::Packet(packet));
        }
    }

    fn happens(&mut self, event: Event) {
        let update = self.core.update(event, self.now());
        self.takes_in(update);
        self.holds_nothing_else();
    }

    fn takes_in(&mut self, update: Update) {
        for happened in update.happened {
            match happened {
                Happened::ChannelAdded { id, goes_on, .. }
                    if !goes_on || self.core.channels[&id].history.is_empty() || !self.shown_from.contains_key(&id) =>
                {
                    let first = self.core.channels[&id].history.after(Index::default());
                    let next = self.core.channels[&id].history.last_index().next();
                    self.shown_from.insert(id, first.map_or(next, |kept| kept.message.index));
                }
                Happened::ChannelRemoved { remove, .. } => {
                    self.core.becomes_gone(remove.id, chat_tui::text::CleanLine::new("removed"));
                }
                Happened::ChangesGivenUp(changes, GivenUp::StoreChanged | GivenUp::TooLate) => {
                    changes.iter().for_each(|packet| self.is_not_changed(packet));
                }
                Happened::ChangeRefused { packet, .. } => self.is_not_changed(&packet),
                Happened::RequestsLost => self.requests.clear(),
                Happened::Answered(request, _) => _ = self.requests.remove(&request),
                _ => {}
            }
        }
        self.performs(update.effects);
    }

    fn is_not_changed(&mut self, packet: &ClientPacket) {
        if let ClientPacket::EditMessage(edit) = packet {
            self.edits_refused.insert(edit.content.as_str().to_owned());
        }
    }

    fn performs(&mut self, effects: Vec<CoreEffect>) {
        for effect in effects {
            match effect {
                CoreEffect::Send(reference, packet) => {
                    if let Some(socket) = &mut self.daemon.socket {
                        socket.to_daemon.push_back((reference, packet));
                    }
                }
                CoreEffect::LoadHistory(id, page) => match self.disk.as_ref().and_then(|disk| disk.page(id, page)) {
                    Some(history) => self.arriving.push((id, page, Ok(history))),
                    None => self.asked.push((id, page)),
                },
                CoreEffect::Remember(changes) => {
                    if let Some(disk) = &self.disk {
                        disk.remembers(changes);
                    }
                }
                CoreEffect::Connect(_) => {
                    self.daemon.socket = None;
                    self.connects();
                }
                CoreEffect::Load(_)
                | CoreEffect::LoadMembers(_)
                | CoreEffect::Upload(..)
                | CoreEffect::CancelUploads(_)
                | CoreEffect::RenewSession(_)
                | CoreEffect::WakeAt(_) => {}
            }
        }
    }

    /// Of no message the client holds anything that the daemon never said.
    fn holds_nothing_else(&self) {
        for channel in self.core.channels.values().filter(|channel| channel.gone.is_none() && !self.restored) {
            let room = &self.daemon.rooms[&channel.id];
            for message in channel.history.from(Index::default()) {
                let real = room.messages.get(message.index.get() as usize - 1).expect("a message of the channel");
                assert_eq!((message.index, &message.handle), (real.index, &real.handle));
                assert!(message.version <= real.version);
            }
        }
    }

    /// Everything that is under way arrives, and what is asked for is answered.
    fn comes_to_rest(&mut self) {
        for _ in 0..1_000 {
            self.takes(Step::Connect);
            let socket = self.daemon.socket.as_ref().expect("a connection");
            let moves = !socket.to_daemon.is_empty() || !socket.to_client.is_empty();
            if !moves && self.asked.is_empty() && self.arriving.is_empty() {
                self.takes(Step::Wait(60_000));
                let socket = self.daemon.socket.as_ref().expect("a connection");
                if socket.to_daemon.is_empty() && self.asked.is_empty() {
                    return;
                }
            }
            self.takes(Step::ToDaemon(8));
            self.takes(Step::ToClient(8));
            self.takes(Step::Answer(0, false));
            self.takes(Step::Arrive(0));
        }
        panic!("it never comes to rest");
    }

    /// What the daemon holds is what the client holds.
    fn agrees(&self) {
        for room in self.daemon.rooms.values() {
            let held = self.core.channels.get(&room.id).filter(|channel| channel.gone.is_none());
            assert_eq!(held.is_some(), room.is_in, "{}", room.id);
            let Some(channel) = held else { continue };
            assert!(channel.is_up_to_date());
            assert_eq!(channel.version().get(), room.version);
            assert_eq!(channel.topic.as_str(), room.topic);
            assert_eq!(channel.history.last_index().get(), room.messages.len() as u64);
            assert_eq!(channel.last_read.get(), room.last_read);
            // One's own words count in a picture and not as they are said.
            let unread = &room.messages[room.last_read as usize..];
            let of_others = unread.iter().filter(|message| message.handle.as_str() != "alice").count();
            assert!((of_others as u64..=unread.len() as u64).contains(&channel.unread), "{}", channel.unread);
            for real in &room.messages {
                match channel.history.get(real.index) {
                    Some(kept) => {
                        let mut held = kept.message.clone();
                        held.nonce = None;
                        assert_eq!(&held, real);
                    }
                    None => assert!(
                        self.disk.is_some() || real.index < self.shown_from[&room.id],
                        "{} is missing",
                        real.index
                    ),
                }
                // What lies on the disk is as true as what is here.
                if let Some(held) = self.disk.as_ref().and_then(|disk| disk.message(room.id, real.index)) {
                    assert_eq!(&proto::Message { nonce: None, ..held }, real, "on the disk");
                }
            }
        }
        assert!(self.requests.is_empty());
    }

    /// What alice has said is there once, or has come back to her.
    fn said_once(&self) {
        let mut there = BTreeMap::<&str, usize>::new();
        let texts =
            self.daemon.rooms.values().flat_map(|room| &room.originals).filter(|text| text.starts_with("alice"));
        texts.for_each(|text| *there.entry(text).or_default() += 1);
        assert!(there.values().all(|count| *count == 1), "{there:?}");
        let unsent = self.core.unsent_messages();
        for text in self.said.keys().filter(|_| !self.restored) {
            let came_back = self.given_back.contains(text) || unsent.iter().any(|message| message.content == *text);
            assert!(there.contains_key(text.as_str()) || came_back, "{text} is lost");
        }
        for room in self.daemon.rooms.values().filter(|room| room.is_in) {
            assert_eq!(self.core.outbox.of(room.id).count(), 0, "nothing waits where it could go");
        }
    }

    /// What alice has changed is as she wanted it last, or she was told.
    fn changed_as_wanted(&self) {
        assert!(self.core.unanswered_changes().is_empty());
        let mut wanted = BTreeMap::<_, Vec<&str>>::new();
        for (id, index, text) in &self.edits {
            let may_be = wanted.entry((*id, *index)).or_default();
            // One that was refused may have been done before, when its answer was lost.
            if !self.edits_refused.contains(text) {
                may_be.clear();
            }
            may_be.push(text);
        }
        for ((id, index), may_be) in wanted.into_iter().filter(|_| !self.restored) {
            let message = &self.daemon.rooms[&id].messages[index.get() as usize - 1];
            let is_refused = |text: &&str| self.edits_refused.contains(*text);
            let is_as_it_was = may_be.iter().all(is_refused) && message.edited.is_none();
            assert!(is_as_it_was || may_be.contains(&message.content.as_str()), "{} {may_be:?}", message.content);
        }
    }
}

/// Goes through some steps to where everything is at rest, and looks at it.
fn plays(steps: Vec<Step>) {
    ends_well(World::new(), steps);
}

/// The same for a program that keeps things, with restarts between.
fn plays_with_restarts(steps: Vec<Step>) {
    let mut world = World::new();
    world.disk = Some(Disk::new());
    world.core.restore(world.disk.as_mut().expect("a disk").opened_again().0);
    ends_well(world, steps);
}

fn ends_well(mut world: World, steps: Vec<Step>) {
    world.takes(Step::Connect);
    steps.into_iter().for_each(|step| world.takes(step));
    // What has changed in a channel is asked for when it is opened.
    for room in 0..ROOMS {
        world.takes(Step::AliceOpens(room));
        world.comes_to_rest();
    }
    world.agrees();
    world.core.try_again();
    world.comes_to_rest();
    world.said_once();
    world.changed_as_wanted();
}

/// Failing seeds stand beside this file and are committed.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 1_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn in_the_end_it_holds_what_the_daemon_holds(steps in proptest::collection::vec(step(), 1..120)) {
        plays(steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, ..config() })]

    #[test]
    fn a_program_that_is_started_again_goes_on_where_it_was(steps in proptest::collection::vec(step_or_restart(), 1..120)) {
        plays_with_restarts(steps);
    }
}

/// Nobody asks again and again for the history of a channel that one was removed from meanwhile.
#[test]
fn of_a_channel_that_one_is_removed_from_nothing_is_asked() {
    use Step::{AliceScrolls, BobMovesAlice, BobSays, ToClient, ToDaemon};
    plays(vec![BobSays(0, false), ToDaemon(1), ToClient(2), AliceScrolls(0), BobMovesAlice(0)]);
}

/// The answer to a message that was stored before is not waited for longer than it is of use.
#[test]
fn what_was_stored_long_ago_does_not_wait_for_ever() {
    use Step::{AliceSays, BobSays, Restore, ToClient, ToDaemon};
    let begin = [ToDaemon(1), ToClient(2), AliceSays(0), BobSays(0, false), BobSays(1, false), ToDaemon(1), Restore];
    plays(begin.into_iter().chain((0..3).map(|_| BobSays(0, false))).collect());
}

/// Who is let in again sees how older messages were changed meanwhile.
#[test]
fn what_was_changed_while_one_was_removed_is_known_afterwards() {
    use Step::{BobEdits, BobMovesAlice, BobSays, Cut, ToClient, ToDaemon};
    let said = || (0..3).map(|_| BobSays(1, false));
    let removed = [ToDaemon(1), BobMovesAlice(1), ToClient(5), BobMovesAlice(1), Cut];
    plays(said().chain(removed).chain(said()).chain([BobEdits(1, 0)]).collect());
}

/// A page that is faster than what the daemon tells takes no message from the count of what is unread.
#[test]
fn what_a_page_brought_first_is_unread_as_well() {
    use Step::{AliceSays, Answer, Arrive, BobSays, Connect, Cut, ToClient, ToDaemon};
    let said = |count| (0..count).map(|_| BobSays(0, false));
    let begin = || [ToDaemon(1), ToClient(2)].into_iter();
    let page = [BobSays(0, false), ToClient(2), Answer(0, false), Arrive(0)];
    let again = [Cut, Connect, ToDaemon(1)];
    let own = begin().chain([AliceSays(0), ToDaemon(1)]).chain(said(3)).chain(again.clone()).chain(page);
    plays(own.collect());
    let missed = begin().chain(said(3)).chain([Cut, BobSays(0, false), Connect, ToDaemon(1), BobSays(0, false)]);
    plays(missed.chain((0..3).map(|_| BobSays(1, false))).chain(said(1)).collect());
}

/// What is loaded over HTTP is older than what was told meanwhile.
#[test]
fn what_is_told_is_newer_than_what_was_asked_for_before() {
    let mut world = World::new();
    world.takes(Step::Connect);
    world.takes(Step::ToDaemon(1));
    world.takes(Step::ToClient(1));
    assert!(world.core.is_online());
    let told = r#"{"type":"friend_update","payload":{"handle":"bob","relation":"friend","since":1}}"#;
    let told = proto::codec::decode_incoming(told).expect("a packet").remove(0);
    world.happens(Event::Packet(told));
    let update =
        world.core.update(Event::Loaded(Loaded::Friends(proto::http::Friends { people: Vec::new() })), world.now());
    assert!(matches!(&update.effects[..], [CoreEffect::Load(chat_tui::core::Load::Friends)]), "{update:?}");
}

/// A change of a message that was missed, while what was missed is fetched.
#[test]
fn a_change_that_comes_while_what_was_missed_is_fetched_is_known() {
    use Step::{AliceSays, Answer, BobEdits, BobSays, Connect, Cut, ToClient, ToDaemon, Wait};
    let said = |room: usize, count: usize| (0..count).map(move |_| BobSays(room, false));
    let begin = [BobSays(1, false), ToDaemon(1)].into_iter().chain(said(1, 2)).chain([ToClient(3), Cut]);
    let missed = said(1, 3).chain([Connect, ToDaemon(1), ToClient(2), ToClient(1), AliceSays(0), BobSays(1, false)]);
    let answered = [Answer(0, false), BobSays(1, false), Wait(1), BobEdits(1, 4)].into_iter().chain(said(0, 5));
    plays(begin.chain(missed).chain(answered).collect());
}
