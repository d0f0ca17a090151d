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
mod file;
mod file_key;
mod folder;
mod friend;
mod guest;
mod handle_cache;
mod history;
mod invitation;
mod joining;
mod last_spoke;
mod link;
mod link_secret;
mod local;
mod member;
mod member_list;
mod message;
mod message_change;
mod moderation;
mod names;
mod opening;
mod operator;
mod operator_moderation;
mod options;
mod personal;
mod posts;
mod profile;
mod quota;
mod reaction;
mod read_mark;
mod records;
mod registration;
mod retention;
mod role;
mod search;
mod session;
mod settings;
mod space;
mod speech;
mod sqlite;
mod table;
#[cfg(test)]
mod test_store;
mod totals;
mod waiting_invitation;
mod wall;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use proto::StoreId;

pub use account::{StoredAccount, StoredSession, Verified};
pub use account_deletion::Leaving;
pub use activity_list::Entries;
pub use applicant::Applicant;
pub use change::{Actor, Change};
pub use channel::{ChannelState, NewChannel, ShownMembers};
pub use channel_deletion::Deleter;
pub use channel_info::{ChannelInfo, ChannelListing};
pub use column::UserId;
pub use conversation::Opening;
pub use directory::{Acquaintance, ChannelAccess};
pub use dump::DumpError;
pub use error::{OpenError, Refused, StoreError};
pub use export::ExportPlace;
pub use file::{
    BegunUpload, KeptBytes, NewUpload, StoredFile, StoredUpload, UploadBounds, UploadedBytes, UploadedPicture,
};
pub use file_key::{BlobKey, UploadKey};
pub use joining::{Inviting, JoinTarget};
pub use link::{FORM_MILLIS, NewLink, StoredLink};
pub use link_secret::LinkSecret;
pub use local::UnixUser;
pub use member_list::{MemberRow, MemberRows};
pub use message_change::{Edit, Pinning};
pub use opening::Opened;
pub use operator::{AccountInfo, ChannelSummary};
pub use operator_moderation::{ChannelQuery, DeletionImpact, MessageOrigin};
pub use options::{CommitFault, DATABASE_FILE, Publish, StoreLimits, StoreOptions};
pub use posts::{FeedOf, FeedPage, FeedPlace};
pub use profile::Profile;
pub use reaction::{Reacting, TakingAway};
pub use records::{
    AccountState, ChannelRecord, ConnectedRecord, Membership, PersonRecord, RelationsRecord, UserRecord,
};
pub use registration::AccountInvite;
use search::turns::Turns;
pub use search::{Found, Hit, Search};
pub use session::{KeptSession, SessionUse};
use space::Room;
pub use space::StoreBounds;
pub(crate) use sqlite::new_store_id;
pub use sqlite::{Contents, DatabaseError, Snapshot, rename_store};
use sqlite::{Readers, SearchIndex, StoreTimes, Writer};
pub use table::message::{Appended, NewMessage};
pub use table::page::{HistoryPage, Range};
pub use table::session::NewSession;
pub use totals::Totals;
pub use work::Pending;

/// The handle to an open store; dropping it without [`Store::close`] loses nothing that was acknowledged.
pub struct Store {
    writer: Writer,
    readers: Readers,
    index: SearchIndex,
    search_turns: Turns,
    store_id: StoreId,
    folder: PathBuf,
    room: Arc<Room>,
    /// Held until the store is closed.
    lock: std::fs::File,
}

impl Store {
    /// Gives the store's name, which changes when it is restored from elsewhere.
    pub fn store_id(&self) -> StoreId {
        self.store_id
    }

    /// Gives the data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes other bounds, for what comes from now on.
    pub fn set_bounds(&self, bounds: StoreBounds) {
        self.room.set(bounds);
    }

    /// Tells whether nothing new is stored for want of room.
    pub fn is_short_of_room(&self) -> bool {
        self.room.is_short_now(&self.folder)
    }

    /// Gives the bytes of the files of the store, and those that are free on its disk.
    pub fn bytes(&self) -> (u64, u64) {
        space::bytes_and_free(&self.folder)
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
        self.index.close().await;
        // It goes with the process at the latest.
        let _ = self.lock.unlock();
    }
}
