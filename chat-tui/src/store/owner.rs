//! The program that holds the store, for itself and for the other windows of its profile.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use proto::http::{Query, SearchQuery};

use super::database::Database;
use super::input::{StoreInput, StoreOrder};
use super::place::StorePlace;
use super::terms::{HasEnded, LocalStoreError, Opened, StoreWriter, WindowId};
use super::wire::{FromOwner, ToOwner, VERSION, read_line, write_line};
use crate::places::ProfileLock;

/// How long another window may leave unread what it is told; it connects again when it reads on.
const WRITE_MAX: Duration = Duration::from_secs(2);

/// How long to wait after nobody could be let in, as where there are too many open files.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// The window of the program itself.
const OWN: WindowId = WindowId(0);
/// How many others have come, so that each has a number of its own, also when the store was given away meanwhile.
static COME: AtomicU64 = AtomicU64::new(OWN.0);

/// The store, and the windows that work with it through this program.
pub(super) struct StoreOwner {
    place: StorePlace,
    server: String,
    database: Database,
    windows: BTreeMap<WindowId, Connected>,
    inputs: SyncSender<StoreInput>,
    /// Nobody else can come where the socket could not be made.
    listens: Option<Arc<AtomicBool>>,
    // Others may have the store when all above is closed.
    _lock: ProfileLock,
}

/// Another window or command.
struct Connected {
    stream: UnixStream,
    /// The number of the last changes that it has told and not heard of.
    told: Option<u64>,
}

impl StoreOwner {
    /// Opens the store for a window of this program, and lets others come.
    pub(super) fn begin(
        place: &StorePlace,
        lock: ProfileLock,
        writer: &StoreWriter,
        inputs: &SyncSender<StoreInput>,
    ) -> Result<Self, LocalStoreError> {
        let database = Database::open(&place.file, writer.bytes_max)?;
        let listens = match place.listen() {
            Ok(listener) => Some(accept(listener, inputs.clone())),
            Err(error) => {
                tracing::warn!(%error, "other windows cannot use the store");
                None
            }
        };
        Ok(Self {
            place: place.clone(),
            server: writer.server.clone(),
            database,
            windows: BTreeMap::new(),
            inputs: inputs.clone(),
            listens,
            _lock: lock,
        })
    }

    /// The window of this program begins.
    pub(super) fn join(&mut self, writer: &StoreWriter, has_ended: &HasEnded) -> Result<Opened, LocalStoreError> {
        self.database.join(OWN, writer, has_ended)
    }

    /// The window of this program had the store before.
    pub(super) fn come_back(&mut self, writer: &StoreWriter, remembers: bool) {
        self.database.come_back(OWN, writer, remembers);
    }

    /// Tells whether all changes of this program's window were written.
    pub(super) fn remembers(&self) -> bool {
        self.database.remembers(OWN)
    }

    /// Does what the window of this program wants.
    pub(super) fn order(&mut self, order: StoreOrder) {
        match order {
            StoreOrder::Remember(changes) => self.database.remember(OWN, changes),
            StoreOrder::Keep(unsent, done) => done(self.database.keep(OWN, *unsent)),
            StoreOrder::Then(work) => work(),
            StoreOrder::Page(channel, range, found) => found(self.database.page(OWN, channel, range)),
            StoreOrder::Members(channel, found) => found(self.database.members(OWN, channel)),
            StoreOrder::Search(query, found) => found(self.database.search(OWN, &query)),
        }
        self.tell_written();
    }

    /// Gives when something is to be done.
    pub(super) fn due(&self) -> Option<Instant> {
        self.database.due()
    }

    /// Does what is due.
    pub(super) fn write_waiting(&mut self) {
        let _ = self.database.write_waiting();
        self.tell_written();
    }

    /// Another program has connected.
    pub(super) fn connected(&mut self, stream: UnixStream) {
        let id = WindowId(COME.fetch_add(1, Ordering::Relaxed) + 1);
        let inputs = self.inputs.clone();
        let listen = || -> std::io::Result<()> {
            stream.set_write_timeout(Some(WRITE_MAX))?;
            let mut from = BufReader::new(stream.try_clone()?);
            std::thread::Builder::new().name("window".to_owned()).spawn(move || {
                while let Ok(Some(packet)) = read_line(&mut from) {
                    if inputs.send(StoreInput::Says(id, packet)).is_err() {
                        return;
                    }
                }
                let _ = inputs.send(StoreInput::Leaves(id));
            })?;
            Ok(())
        };
        match listen() {
            Ok(()) => _ = self.windows.insert(id, Connected { stream, told: None }),
            Err(error) => tracing::warn!(%error, "a window cannot be heard"),
        }
    }

    /// Does what another program says.
    pub(super) fn says(&mut self, id: WindowId, packet: ToOwner, has_ended: &HasEnded) {
        if !self.windows.contains_key(&id) {
            return;
        }
        let is_command = matches!(packet, ToOwner::Hello { .. } | ToOwner::Look | ToOwner::Clear);
        if !is_command && !self.database.knows(id) {
            // It has come back another way meanwhile, or never said hello.
            return self.leaves(id);
        }
        match packet {
            ToOwner::Hello { version, writer, back } => self.welcome(id, version, &writer, back, has_ended),
            ToOwner::Remember(number, changes) => {
                self.database.remember(id, changes);
                if let Some(window) = self.windows.get_mut(&id) {
                    window.told = Some(number);
                }
            }
            ToOwner::Keep(number, unsent) => {
                let kept = self.database.keep(id, *unsent);
                self.tell(id, &FromOwner::Kept(number, kept.err().map(|error| error.to_string())));
            }
            ToOwner::Page(number, channel, range) => {
                let page = self.database.page(id, channel, range);
                self.tell(id, &FromOwner::Found(number, page));
            }
            ToOwner::Members(number, channel) => {
                let members = self.database.members(id, channel);
                self.tell(id, &FromOwner::Members(number, members));
            }
            ToOwner::Search(number, query) => {
                let query = SearchQuery::read(&query).unwrap_or_default();
                let found = self.database.search(id, &query);
                self.tell(id, &FromOwner::Searched(number, found));
            }
            ToOwner::Bye => _ = self.database.write_waiting(),
            ToOwner::Look => {
                let summary = self.database.summary();
                self.tell(id, &summary.map_or_else(|error| FromOwner::Failed(error.to_string()), FromOwner::Summary));
            }
            ToOwner::Clear => {
                let cleared = self.database.clear().and_then(|()| self.database.summary());
                self.tell(id, &cleared.map_or_else(|error| FromOwner::Failed(error.to_string()), FromOwner::Summary));
            }
        }
        self.tell_written();
    }

    /// Another program has ended, or connects again.
    pub(super) fn leaves(&mut self, id: WindowId) {
        self.database.leave(id);
        if let Some(window) = self.windows.remove(&id) {
            let _ = window.stream.shutdown(Shutdown::Both);
        }
        self.tell_written();
    }

    fn welcome(&mut self, id: WindowId, version: u32, writer: &StoreWriter, back: Option<bool>, has_ended: &HasEnded) {
        let answer = match back {
            _ if version != VERSION => FromOwner::OtherVersion(VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            _ if writer.server != self.server => FromOwner::Failed(format!("it is the store of {}", self.server)),
            Some(remembers) => {
                self.database.come_back(id, writer, remembers);
                FromOwner::Welcome(Box::default())
            }
            None => match self.database.join(id, writer, has_ended) {
                Ok(opened) => FromOwner::Welcome(Box::new(opened)),
                Err(error) => FromOwner::Failed(error.to_string()),
            },
        };
        self.tell(id, &answer);
    }

    /// Tells windows that what they have told is written, once nothing waits.
    fn tell_written(&mut self) {
        if self.database.due().is_some() {
            return;
        }
        let told = self.windows.iter_mut().filter_map(|(id, window)| Some((*id, window.told.take()?)));
        for (id, number) in told.collect::<Vec<_>>() {
            let remembers = self.database.remembers(id);
            self.tell(id, &FromOwner::Remembered(number, remembers));
        }
    }

    /// Tells another program something. One that does not listen is let go when all that it has said is heard.
    fn tell(&mut self, id: WindowId, packet: &FromOwner) {
        let Some(window) = self.windows.get(&id) else { return };
        if let Err(error) = write_line(&window.stream, packet) {
            tracing::debug!(%error, "a window does not listen");
            let _ = window.stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for StoreOwner {
    fn drop(&mut self) {
        let _ = self.database.write_waiting();
        self.tell_written();
        if let Some(ended) = &self.listens {
            ended.store(true, Ordering::Release);
            // Whoever accepts is waiting for somebody.
            let _ = self.place.connect(WRITE_MAX);
            self.place.remove_socket();
        }
        for window in self.windows.values() {
            let _ = window.stream.shutdown(Shutdown::Both);
        }
    }
}

/// Lets others come until the store is given up, which the flag says.
fn accept(listener: UnixListener, inputs: SyncSender<StoreInput>) -> Arc<AtomicBool> {
    let ended = Arc::<AtomicBool>::default();
    let has_ended = ended.clone();
    let accepting = move || {
        for stream in listener.incoming() {
            if has_ended.load(Ordering::Acquire) {
                return;
            }
            let stream = match stream {
                Ok(stream) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a window cannot come");
                    std::thread::sleep(ACCEPT_AGAIN);
                    continue;
                }
            };
            if inputs.send(StoreInput::Connects(stream)).is_err() {
                return;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("windows".to_owned()).spawn(accepting) {
        tracing::warn!(%error, "other windows cannot use the store");
    }
    ended
}
