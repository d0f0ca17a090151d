//! Where this program keeps what was written and is not sent, and what was read: the stores of the servers that somebody signs
//! in to. Without a folder it is kept as long as the program runs.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use proto::http::{History as HistoryPage, SearchHits, SearchQuery};
use proto::{ChannelId, Handle};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::private::{ProfileLock, read_private, try_lock};
use super::{Profile, Thumbnails, file_name, random_text};
use crate::core::history::HistoryRange;
use crate::session::Session;
use crate::store::{LocalStore, LocalStoreError, Opened, StoreWriter};
use crate::stored::{StoreChange, StoredMember};
use crate::unsent::Unsent;

/// Bytes of a file that is read whole: what one can write is bounded by the box that it is written in, and by how much waits.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Whose writing it is: an account of a server, as its address names it.
type Writer = (String, Handle);

/// How long a store is left alone whose owner does not answer.
const SILENT_PAUSE: Duration = Duration::from_secs(5);

/// A store, and who opens it.
struct StoreAt {
    path: PathBuf,
    writer: StoreWriter,
    /// Tells whether a window has ended.
    has_ended: Box<dyn Fn(&str) -> bool + Send>,
}

/// Where this program keeps what was written and what was read.
pub struct Shelf {
    /// Nowhere when nothing is to be kept beyond this program.
    profile: Option<Profile>,
    /// Bytes that a store may have, about.
    bytes_max: u64,
    /// What sets this window apart; held as long as it runs.
    window: Option<(String, ProfileLock)>,
    /// The store of whoever is signed in.
    open: Option<(Writer, LocalStore)>,
    /// What is kept, also where no file can be written.
    kept: HashMap<Writer, Unsent>,
    /// Until when a store is left alone whose owner does not answer: each try would keep the screen waiting.
    silent_until: Option<Instant>,
}

/// What stands in a file of a program before this one. Two addresses can share a file name, but not the address inside.
#[derive(Serialize, Deserialize)]
struct Contents {
    server: String,
    handle: Handle,
    #[serde(flatten)]
    unsent: Unsent,
}

impl Shelf {
    /// A shelf in the folder of a profile, with stores of so many bytes.
    pub fn of(profile: &Profile, bytes_max: u64) -> Self {
        Self {
            profile: Some(profile.clone()),
            bytes_max,
            window: None,
            open: None,
            kept: HashMap::new(),
            silent_until: None,
        }
    }

    /// A shelf that ends with this program.
    pub fn passing() -> Self {
        Self { profile: None, bytes_max: 0, window: None, open: None, kept: HashMap::new(), silent_until: None }
    }

    /// Opens the store of whoever is signed in; gives what it holds, and why it cannot be used, if so.
    pub fn take_up(&mut self, session: &Session) -> (Opened, Option<LocalStoreError>) {
        let writer = writer_of(session);
        // What waits there is written first.
        self.open = None;
        let opened = self.place_of(&writer).and_then(|place| {
            let Some(StoreAt { path, writer, has_ended }) = place else { return Ok(None) };
            LocalStore::open(&path, writer, has_ended).map(Some)
        });
        match opened {
            Ok(Some((store, mut opened))) => {
                opened.unsent.add(self.kept.remove(&writer).unwrap_or_default());
                self.take_files(&writer, &store, &mut opened.unsent);
                self.open = Some((writer, store));
                (opened, None)
            }
            failed => {
                // An owner that was stopped may still give this window what others have left: it is another one from now on.
                self.window = None;
                let unsent = self.kept.get(&writer).cloned().unwrap_or_default();
                (Opened { unsent, ..Opened::default() }, failed.err())
            }
        }
    }

    /// Keeps what somebody has written and not sent, in place of what was kept before. `done` hears whether it is on the disk;
    /// if not it is kept as long as this program runs, and no longer.
    pub fn keep(
        &mut self,
        session: &Session,
        unsent: Unsent,
        done: impl FnOnce(Result<(), LocalStoreError>) + Send + 'static,
    ) {
        let writer = writer_of(session);
        match &self.open {
            Some((of, store)) if *of == writer => store.keep(unsent, done),
            _ => match self.open_late(&writer) {
                Ok(Some(store)) => {
                    store.keep(unsent, done);
                    self.kept.remove(&writer);
                    self.open.get_or_insert((writer, store));
                }
                failed => {
                    self.kept.insert(writer, unsent);
                    done(failed.map(drop));
                }
            },
        }
    }

    /// Opens a store that could not be opened before: whatever kept it from that may be over.
    fn open_late(&mut self, writer: &Writer) -> Result<Option<LocalStore>, LocalStoreError> {
        if self.silent_until.is_some_and(|until| Instant::now() < until) {
            return Err(LocalStoreError::Silent);
        }
        let Some(StoreAt { path, writer, has_ended }) = self.place_of(writer)? else { return Ok(None) };
        let opened = LocalStore::open_late(&path, writer, has_ended).map(Some);
        if let Err(LocalStoreError::Silent) = opened {
            self.silent_until = Some(Instant::now() + SILENT_PAUSE);
        }
        opened
    }

    /// Gives the pictures that are saved of whoever is signed in; none where nothing is saved.
    pub fn thumbnails(&self, session: &Session) -> Option<Thumbnails> {
        let profile = self.profile.as_ref().filter(|_| self.bytes_max > 0)?;
        Some(profile.thumbnails_of(&session.server))
    }

    /// Remembers what is otherwise of what the daemon has told.
    pub fn remember(&self, session: Option<&Session>, changes: Vec<StoreChange>) {
        // Nobody knows which picture is of which channel, and the server has all that may be seen.
        let forgets = changes.iter().any(|change| matches!(change, StoreChange::Forget(_) | StoreChange::ForgetAll));
        if forgets && let Some(saved) = session.and_then(|session| self.thumbnails(session)) {
            saved.clear();
        }
        if let Some((_, store)) = &self.open {
            store.remember(changes);
        }
    }

    /// Tells whether something that was to be kept is not on the disk yet.
    pub fn is_busy(&self) -> bool {
        self.open.as_ref().is_some_and(|(_, store)| store.is_busy())
    }

    /// Does something when all that was to be kept before it is on the disk, or cannot be.
    pub fn then(&self, work: impl FnOnce() + Send + 'static) {
        match &self.open {
            Some((_, store)) => store.then(work),
            None => work(),
        }
    }

    /// The program is to be stopped: others may have the store until it goes on.
    pub fn rest(&self) {
        if let Some((_, store)) = &self.open {
            store.rest();
        }
    }

    /// Looks for a page of history; `answer` hears none where it is not held here.
    pub fn page(
        &self,
        channel: ChannelId,
        range: HistoryRange,
        answer: impl FnOnce(Option<HistoryPage>) + Send + 'static,
    ) {
        match &self.open {
            Some((_, store)) => store.page(channel, range, answer),
            None => answer(None),
        }
    }

    /// Looks who is in a channel, as it was remembered.
    pub fn members(&self, channel: ChannelId, answer: impl FnOnce(Vec<StoredMember>) + Send + 'static) {
        match &self.open {
            Some((_, store)) => store.members(channel, answer),
            None => answer(Vec::new()),
        }
    }

    /// Searches what was read.
    pub fn search(&self, query: SearchQuery, answer: impl FnOnce(SearchHits) + Send + 'static) {
        match &self.open {
            Some((_, store)) => store.search(query, answer),
            None => answer(SearchHits::none()),
        }
    }

    /// Somebody has signed out: what the server can give again goes, what they have written stays.
    pub fn forget(&mut self, session: &Session) {
        if let Some(saved) = self.thumbnails(session) {
            saved.clear();
        }
        if let Some((of, store)) = self.open.as_ref().filter(|(of, _)| *of == writer_of(session)) {
            tracing::debug!(server = of.0, "what was read is forgotten");
            store.remember(vec![StoreChange::ForgetAll]);
        }
    }

    /// Gives where the store of an account is, and who opens it; nothing where nothing is kept.
    fn place_of(&mut self, writer: &Writer) -> Result<Option<StoreAt>, LocalStoreError> {
        let Some(profile) = &self.profile else { return Ok(None) };
        let folder = profile.folder().map_err(LocalStoreError::of_place)?.to_owned();
        let window = match &self.window {
            Some((window, _)) => window.clone(),
            None => {
                let window = random_text();
                let lock = try_lock(&window_file(&folder, &window)).map_err(LocalStoreError::of_place)?;
                let lock = lock.expect("nobody else has drawn the same letters");
                self.window = Some((window.clone(), lock));
                window
            }
        };
        let windows = folder.clone();
        let has_ended = move |other: &str| {
            let file = window_file(&windows, other);
            // Whoever runs holds it, ourselves as well.
            let ended = !file.exists() || matches!(try_lock(&file), Ok(Some(_)));
            if ended {
                let _ = fs::remove_file(file);
            }
            ended
        };
        let (server, handle) = writer.clone();
        let path = store_file(&folder, &server);
        let writer = StoreWriter { handle, window, server, bytes_max: self.bytes_max };
        Ok(Some(StoreAt { path, writer, has_ended: Box::new(has_ended) }))
    }

    /// Takes what a program before this one has kept in files into the store.
    fn take_files(&self, writer: &Writer, store: &LocalStore, unsent: &mut Unsent) {
        let Some(Ok(folder)) = self.profile.as_ref().map(Profile::folder) else { return };
        let mut taken = Vec::new();
        for (file, window) in files_left(folder, writer) {
            // Whoever runs holds it.
            let Ok(Some(lock)) = try_lock(&window) else { continue };
            let text = read_private(&file, FILE_BYTES_MAX).ok().flatten().unwrap_or_default();
            // What cannot be read is left where it is.
            let Ok(contents) = serde_json::from_str::<Contents>(&text) else { continue };
            if contents.server == writer.0 && contents.handle == writer.1 {
                unsent.add(contents.unsent);
                taken.push((file, window, lock));
            }
        }
        if !taken.is_empty() {
            store.keep(unsent.clone(), move |kept| {
                for (file, window, _lock) in taken.into_iter().filter(|_| kept.is_ok()) {
                    let _ = fs::remove_file(file);
                    let _ = fs::remove_file(window);
                }
            });
        }
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        // What waits is written before others may take it over.
        self.open = None;
        if let (Some((name, _)), Some(Ok(folder))) = (&self.window, self.profile.as_ref().map(Profile::folder)) {
            let _ = fs::remove_file(window_file(folder, name));
        }
    }
}

fn writer_of(session: &Session) -> Writer {
    (session.server.to_string(), session.handle.clone())
}

/// Gives the store of a server: addresses that look alike as names of files have stores of their own.
pub(super) fn store_file(folder: &Path, server: &str) -> PathBuf {
    let digest = Sha256::digest(server);
    let hash = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<String>();
    folder.join(format!("store-{}-{hash}.db", file_name(server)))
}

/// Gives the stores of a profile.
pub(super) fn store_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let is_store = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("store-") && name.ends_with(".db")
    };
    let mut files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_store).collect::<Vec<_>>();
    files.sort();
    files
}

fn window_file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("window-{name}.lock"))
}

/// Gives the files that programs before this one kept of a writer, each with the lock of its window.
fn files_left(folder: &Path, (server, handle): &Writer) -> Vec<(PathBuf, PathBuf)> {
    let stem = format!("unsent-{}-{}.", file_name(server), handle.as_str().replace('.', "+"));
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let left = entries.filter_map(|entry| {
        let file = entry.ok()?.path();
        let name = file.file_name()?.to_str()?.strip_prefix(&stem)?.strip_suffix(".json")?;
        let is_one = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_one.then(|| (file.clone(), window_file(folder, name)))
    });
    left.collect()
}
