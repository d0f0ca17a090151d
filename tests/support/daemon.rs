//! A daemon inside the test's own process, with a folder, a clock and a disk that the test holds.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use chatd::StoreFailed;
use chatd::clock::{Clock, SystemClock};
use chatd::config::{Argon2, Config};
use chatd::server::Listener;
use chatd::store::{CommitFault, Snapshot, Store, StoreOptions};
use chatd::token::Tokens;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use super::door::Door;
use super::process::programs_are_built;
use super::soon;

/// The name of the Unix socket in the data folder.
const SOCKET: &str = "chat.sock";

/// A data folder that goes away when its last holder does.
#[derive(Clone)]
pub(crate) struct Folder(Arc<TempDir>);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(Arc::new(TempDir::with_prefix("chat-story-").expect("a temporary folder can be made")))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// Gives the files below a folder of the data folder.
pub(crate) fn files(data: &Path, folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![data.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("a folder can be listed").path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

/// What a daemon is to be started with.
pub(crate) struct Setup {
    folder: Folder,
    config: Config,
    clock: Arc<dyn Clock>,
    before_commit: Option<BeforeCommit>,
}

type BeforeCommit = Box<dyn FnMut() -> Result<(), CommitFault> + Send>;

impl Setup {
    /// An empty folder, cheap passwords and no limit on messages.
    pub(crate) fn new() -> Self {
        Self::on(Folder::new())
    }

    /// The same on a folder that may hold something already.
    pub(crate) fn on(folder: Folder) -> Self {
        let mut config = Config::default();
        config.auth.argon2 = Argon2 { memory_kib: 64, passes: 1 };
        config.limits.message_rate = 0;
        // Whoever runs the stories is nobody in them.
        config.auth.local.users.clear();
        Self { folder, config, clock: Arc::new(SystemClock), before_commit: None }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    pub(crate) fn before_commit(mut self, fault: impl FnMut() -> Result<(), CommitFault> + Send + 'static) -> Self {
        self.before_commit = Some(Box::new(fault));
        self
    }

    pub(crate) async fn start(self) -> Daemon {
        programs_are_built();
        // The thread knows the folder by its path only: the folder goes away with the story, not with the thread.
        let (path, folder) = (self.folder.path().to_owned(), self.folder.clone());
        let Self { config, clock, before_commit, .. } = self;
        let options = StoreOptions { clock, before_commit, ..StoreOptions::default() };
        let (stop, stopped) = oneshot::channel();
        let (announce, announced) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        // A runtime of its own, as in the binary: what a story does never holds the daemon up.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime can be had");
            let outcome = runtime.block_on(run(&path, options, config, announce, stopped));
            let _ = end.send(outcome.map_err(|failure| failure.to_string()));
        });
        let url = soon("the address of the daemon", announced).await.expect("the daemon starts");
        Daemon { door: Door::at(&url), folder, stop, ended }
    }
}

/// Holds commits back while it is shut.
pub(crate) struct Gate {
    bar: Arc<Bar>,
    arrived: mpsc::UnboundedReceiver<()>,
}

#[derive(Default)]
struct Bar {
    shut: Mutex<bool>,
    moved: Condvar,
}

impl Gate {
    /// Puts an open gate before the commits of a daemon.
    pub(crate) fn before_commits() -> (Self, Setup) {
        let bar = Arc::<Bar>::default();
        let (arrives, arrived) = mpsc::unbounded_channel();
        let setup = Setup::new().before_commit({
            let bar = bar.clone();
            move || {
                let shut = bar.shut.lock().expect("nobody panics at the gate");
                if *shut {
                    let _ = arrives.send(());
                    drop(bar.moved.wait_while(shut, |shut| *shut).expect("nobody panics at the gate"));
                }
                Ok(())
            }
        });
        (Self { bar, arrived }, setup)
    }

    /// Lets no commit pass any more.
    pub(crate) fn shut(&self) {
        self.set(true);
    }

    /// Lets commits pass.
    pub(crate) fn open(&self) {
        self.set(false);
    }

    fn set(&self, shut: bool) {
        *self.bar.shut.lock().expect("nobody panics at the gate") = shut;
        self.bar.moved.notify_all();
    }

    /// Waits until a commit stands before the shut gate.
    #[track_caller]
    pub(crate) fn commit_waits(&mut self) -> impl Future<Output = ()> {
        let waiting = soon("a commit", self.arrived.recv());
        async move { assert!(waiting.await.is_some(), "the daemon commits") }
    }
}

async fn run(
    folder: &Path,
    options: StoreOptions,
    config: Config,
    announce: oneshot::Sender<String>,
    stopped: oneshot::Receiver<()>,
) -> Result<(), StoreFailed> {
    let clock = options.clock.clone();
    let listener = Listener::tcp(([127, 0, 0, 1], 0).into()).await.expect("a free port can be had");
    let socket = Listener::unix(&folder.join(SOCKET)).expect("a socket can be made");
    let url = listener.url().expect("the listener has an address").expect("it is for people");
    let opened = Store::open(folder, options).expect("the store can be opened");
    let tokens = Tokens::open(folder).expect("the key can be made");
    let _ = announce.send(url);
    let stop = async {
        // A daemon whose test has ended stops, too.
        let _ = stopped.await;
    };
    chatd::run(vec![listener, socket], opened, tokens, config, clock, stop, |_| std::future::pending()).await
}

/// A running daemon. It is a door, so people are asked for at it directly.
pub(crate) struct Daemon {
    door: Door,
    /// Dropped before the folder, so that the daemon is told to stop first.
    stop: oneshot::Sender<()>,
    folder: Folder,
    ended: oneshot::Receiver<Result<(), String>>,
}

impl Daemon {
    /// Starts a daemon with an empty store.
    pub(crate) async fn start() -> Self {
        Setup::new().start().await
    }

    /// Where the daemon keeps its files.
    pub(crate) fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the address of the daemon's Unix socket, the same for every daemon on its folder.
    pub(crate) fn socket_url(&self) -> String {
        format!("unix:{}", self.folder.path().join(SOCKET).display())
    }

    /// Stops the daemon, finds nothing wrong with what it leaves, and gives its folder.
    pub(crate) async fn stops(self) -> Folder {
        let _ = self.stop.send(());
        let outcome = soon("the end of the daemon", self.ended).await.expect("the daemon does not panic");
        outcome.expect("the daemon stops because it was told to");
        let store = Snapshot::open(self.folder.path()).expect("the store can be opened");
        assert_eq!(store.problems().expect("the store can be read"), [""; 0]);
        self.folder
    }

    /// Waits until the daemon gives up by itself; gives its reason and its folder.
    pub(crate) async fn fails(self) -> (String, Folder) {
        let outcome = soon("the failure of the daemon", self.ended).await.expect("the daemon does not panic");
        (outcome.expect_err("the daemon says why it stopped"), self.folder)
    }
}

impl Deref for Daemon {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}
