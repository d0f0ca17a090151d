//! The store: one SQLite file, one thread that writes, a few connections that read.
//!
//! No SQL leaves this folder; the handle speaks the domain, and only `sqlite/` knows the database. A change exists
//! when its transaction is on the disk: only then is it published and its request answered. The
//! writer commits whatever is waiting in one transaction, so one fsync serves many.
//!
//! Requests that change something come in two steps: the call hands the work to the writer, in the
//! order of the calls, and gives a [`Pending`]; awaiting that gives the outcome after the commit.

mod account;
mod account_deletion;
mod activity;
mod activity_list;
mod applicant;
mod change;
mod channel;
mod channel_deletion;
mod channel_info;
mod channel_key;
mod channel_settings;
mod column;
mod consent;
mod conversation;
mod directory;
mod dump;
mod error;
mod export;
mod folder;
mod friend;
mod guest;
mod handle_cache;
mod history;
mod invitation;
mod joining;
mod local;
mod member;
mod member_list;
mod message;
mod message_change;
mod moderation;
mod names;
mod operator;
mod operator_moderation;
mod personal;
mod posts;
mod profile;
mod quota;
mod reaction;
mod read_mark;
mod registration;
mod retention;
mod search;
mod session;
mod settings;
mod space;
mod speech;
mod sqlite;
mod totals;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use account::{NewSession, StoredAccount, StoredSession, Verified};
pub use account_deletion::Leaving;
pub use activity_list::Entries;
pub use applicant::Applicant;
pub use change::{Actor, Change};
pub use channel::{ChannelState, NewChannel, ShownMembers};
pub use channel_deletion::Deleter;
pub use channel_info::{ChannelInfo, ChannelListing};
pub use column::UserId;
pub use conversation::Opening;
pub use directory::{
    Acquaintance, ChannelAccess, ChannelRecord, ConnectedRecord, Membership, PersonRecord, RelationsRecord, UserRecord,
};
pub use dump::DumpError;
pub use error::{OpenError, Refused, StoreError};
pub use export::ExportPlace;
pub use history::{HistoryPage, Range};
pub use joining::{Inviting, JoinTarget};
pub use local::UnixUser;
pub use member_list::{MemberRow, MemberRows};
pub use message::{Appended, NewMessage};
pub use message_change::{Edit, Pinning};
pub use operator::{AccountInfo, AccountState, ChannelSummary};
pub use operator_moderation::{ChannelQuery, DeletionImpact, MessageOrigin};
pub use posts::{FeedOf, FeedPage, FeedPlace};
pub use profile::Profile;
pub use reaction::{Reacting, TakingAway};
pub use registration::AccountInvite;
pub use search::{Found, Hit, Search};
pub use session::{KeptSession, SessionUse};
pub use space::StoreBounds;
pub use sqlite::{CommitFault, Contents, DatabaseError, Snapshot, rename_store};
pub use totals::Totals;
pub use work::Pending;

use crate::clock::Clock;
use search::Searching;
use space::Room;
use sqlite::{Readers, SearchIndex, Start, StoreTimes, Writer};

/// How many of what the domain allows; each limit that is reached is a refusal.
#[derive(Debug, Clone, Copy)]
pub struct StoreLimits {
    /// Channels that an account may have joined itself, and as many that others have added it to.
    pub memberships_per_account: u64,
    /// Channels that an account may create.
    pub created_channels_per_account: u64,
    /// Members that a channel may have.
    pub members_per_channel: u64,
    /// Public channels that there may be.
    pub public_channels: u64,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self {
            memberships_per_account: 2_000,
            created_channels_per_account: 500,
            members_per_channel: 50_000,
            public_channels: 50_000,
        }
    }
}

/// What the store takes from outside, so that tests can hold the clock and break the disk.
pub struct StoreOptions {
    /// Where "now" comes from.
    pub clock: Arc<dyn Clock>,
    /// The bounds of the domain.
    pub limits: StoreLimits,
    /// Hears of every commit before it happens: may delay it, or make it fail.
    pub before_commit: Option<Box<dyn FnMut() -> Result<(), CommitFault> + Send>>,
    /// Hears again and again that an older schema is still being brought up to date.
    pub while_migrating: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            clock: Arc::new(crate::clock::SystemClock),
            limits: StoreLimits::default(),
            before_commit: None,
            while_migrating: None,
        }
    }
}

/// Hears what was committed, from the writer's thread. It must not block.
pub trait Publish: Send {
    /// Hears the changes of one commit, in the order of the commits.
    fn publish(&mut self, changes: Vec<Change>);

    /// Hears that whoever asked for what was published has been answered.
    fn answered(&mut self);
}

/// The handle to an open store; dropping it without [`Store::close`] loses nothing that was acknowledged.
pub struct Store {
    writer: Writer,
    readers: Readers,
    searching: Searching,
    store_id: String,
    folder: PathBuf,
    room: Arc<Room>,
    /// Held until the store is closed.
    lock: std::fs::File,
}

/// The name of the database in the data folder.
pub const DATABASE_FILE: &str = "chatd.db";

impl Store {
    /// Opens the store in a data folder, creating both where they are missing, and brings its schema
    /// up to date in one transaction.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing was changed then.
    pub fn open(folder: &Path, mut options: StoreOptions) -> Result<Opened, OpenError> {
        let lock = folder::lock_folder(folder)?;
        let path = folder.join(DATABASE_FILE);
        let failed = |source: DatabaseError| OpenError::Database { path: path.display().to_string(), source };
        let rows = sqlite::open(&path, options.while_migrating.take())?;
        let store_id = sqlite::store_id(&rows).map_err(|error| failed(error.into()))?;
        channel::ensure_lobby(&rows, options.clock.now()).map_err(|error| failed(error.into()))?;
        let has_accounts = account::any_account(&rows).map_err(|error| failed(error.into()))?;
        let readers = Readers::open(&path).map_err(|error| failed(error.into()))?;
        let room = Arc::<Room>::default();
        room.set(StoreBounds::default());
        let searching = Searching::new(SearchIndex::start(folder, &path, &store_id, room.clone()));
        let (writer, start) = Writer::new(rows, path, options, room.clone(), searching.index.touch());
        let folder = folder.to_owned();
        Ok(Opened { store: Self { writer, readers, searching, store_id, folder, room, lock }, has_accounts, start })
    }

    /// Gives the store's name, which changes when it is restored from elsewhere.
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    /// Writes a number that grows each time, for who wants to know whether the store works; gives it.
    pub async fn probe(&self) -> Pending<u64> {
        self.writer
            .submit_in_reserve(|work| {
                let number = work.only(
                    "INSERT INTO meta (key, value) VALUES ('probe', '1')
                     ON CONFLICT (key) DO UPDATE SET value = CAST(value + 1 AS TEXT) RETURNING CAST(value AS INTEGER)",
                    (),
                )?;
                work.changes.push(Change::Probed { number });
                Ok(number)
            })
            .await
    }

    /// Counts the transactions committed since the store was opened.
    pub fn commits(&self) -> u64 {
        self.writer.commits.get()
    }

    /// Gives how long commits took, and publishing what they brought.
    pub(crate) fn times(&self) -> &StoreTimes {
        &self.writer.times
    }

    /// Waits until the writer has failed for good and gives the reason; never returns while it works.
    pub async fn failed(&self) -> String {
        self.writer.failed().await
    }

    /// Commits what is waiting, moves the write-ahead log into the database and closes both; the folder is
    /// free for the next one then.
    pub async fn close(&self) {
        self.writer.close().await;
        self.searching.index.close().await;
        // It goes with the process at the latest.
        let _ = self.lock.unlock();
    }
}

/// A store that is open but does not write yet.
pub struct Opened {
    /// The handle.
    pub store: Store,
    /// Whether there is any account.
    pub has_accounts: bool,
    start: Start,
}

impl Opened {
    /// Starts the writer; from now on every commit is published.
    pub fn start(self, publish: impl Publish + 'static) -> Store {
        self.start.run(Box::new(publish));
        self.store
    }
}
