//! What can keep the store from doing what it was asked, and from being opened.

use std::path::Path;
use std::sync::Arc;

use super::DatabaseError;

/// What can keep the store from doing what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The domain says no; the caller knows what it means to the asker.
    #[error("refused: {0:?}")]
    Refused(Refused),
    /// The disk is full; nothing of the request was stored.
    #[error("the disk is full")]
    Full,
    /// The disk fails.
    #[error("the disk failed: {0}")]
    Broken(Arc<str>),
    /// The file does not hold what was written to it.
    #[error("the store is damaged: {0}")]
    Damaged(Arc<str>),
    /// The store has stopped, or failed in a way that is no answer.
    #[error("the store failed: {0}")]
    Failed(Arc<str>),
}

/// A rule of the domain that only the store can check for good, inside its transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The handle belongs to an account.
    HandleTaken,
    /// No account has this handle.
    NoSuchUser,
    /// The account may not be used.
    AccountDisabled,
    /// The account has another password than the one that was looked at.
    PasswordChanged,
    /// The session has ended.
    SessionEnded,
    /// Nobody makes an account without a code that is good.
    NotInvited,
    /// Too many wait for an account.
    TooManyApplicants,
    /// Too many wait for an account who have asked from the same place.
    TooManyApplicantsThere,
    /// No session of the asker has this name.
    NoSuchSession,
    /// No such channel.
    NoSuchChannel,
    /// The asker is not in the channel.
    NotAMember,
    /// The asker's role does not allow it.
    NotAllowed,
    /// Guests may not do this.
    NotForGuests,
    /// The channel keeps this account out.
    Banned,
    /// The member may not speak for so many milliseconds.
    Muted(u64),
    /// Only those who keep order speak here.
    ReadOnly,
    /// The member may speak again in so many milliseconds.
    TooSoon(u64),
    /// The channel is public, and was before.
    PublicAlready,
    /// A public channel has this name.
    NameTaken,
    /// A public channel has a name that looks like this one.
    LooksTaken,
    /// The daemon has as many public channels as it may.
    TooManyPublicChannels,
    /// The index names no message, or one that is deleted.
    NoSuchMessage,
    /// The message is somebody else's.
    NotTheAuthor,
    /// Only the owner of a wall posts there; others answer.
    OnlyReplies,
    /// The message has as many different reactions as it may.
    TooManyReactions,
    /// The message has as many different reactions of this person as it may.
    TooManyReactionsOfOne,
    /// The channel keeps as many messages in view as it may.
    TooManyPins,
    /// The nonce was used for another content.
    NonceReused,
    /// The code lets nobody in, or nobody any more.
    NoSuchInvite,
    /// The link has ended, or was used.
    NoSuchLink,
    /// The channel has as many codes as it may.
    TooManyInvites,
    /// The lobby is there for whoever comes.
    LobbyIsPermanent,
    /// The account is in as many channels as it may be.
    TooManyMemberships,
    /// The account created as many channels as it may.
    TooManyChannels,
    /// The channel has as many members as it may.
    TooManyMembers,
    /// The account has stored as much as it may.
    StoredTooMuch,
    /// There is no room for anything new.
    NoRoom,
    /// No such file, or none that the asker may read.
    NoSuchFile,
    /// The account has uploaded as much as it may.
    UploadedTooMuch,
    /// All files together are as large as they may be.
    TooManyFiles,
    /// The person is no member of the channel.
    NoMember,
    /// On a wall nobody is a member, and it is its person's.
    NotOfWalls,
    /// A direct conversation belongs to both.
    NotOfConversations,
    /// The account may not be used by its person, who could do nothing with a role.
    Unusable,
    /// The account of the other is gone.
    Gone,
    /// The other takes nothing from the asker, who is not among those whom they hear.
    RecipientRefuses,
    /// The asker has blocked the other.
    BlockedByAsker,
    /// The other is the asker.
    SelfTarget,
    /// The account has as many friends as it may, or has asked or blocked as many.
    TooManyRelations,
    /// The words of a search hold nothing that can be looked for.
    NothingToSearch,
}

impl From<Refused> for StoreError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the data folder.
    #[error("another chatd uses the data folder `{0}`")]
    Locked(String),
    /// The file was written by a newer version of this program.
    #[error(
        "the store has schema {found}, this chatd knows {known}: start the newer chatd, or put a backup back (`chatd restore`)"
    )]
    Newer {
        /// The schema of the file.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// The file was written by an older version of this program.
    #[error("the store has schema {found}, this chatd knows {known}: start it once, which brings the store up to date")]
    Older {
        /// The schema of the file.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// There is nothing.
    #[error("there is no store in `{0}`")]
    NoStore(String),
    /// The file is a database of another program.
    #[error("`{0}` is no store of chatd")]
    Foreign(String),
    /// The folder or the lock file could not be made.
    #[error("cannot use the data folder `{path}`")]
    Folder {
        /// The path of the folder or of the lock file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Others could change what stands in the folder.
    #[error("others can write to the data folder `{path}` (mode {mode:o}): `chmod 700 {path}`")]
    Exposed {
        /// The path of the data folder.
        path: String,
        /// The permission bits of the folder.
        mode: u32,
    },
    /// The file does not hold what was written to it; it was left as it is.
    #[error("the store `{path}` is damaged, a backup helps (`chatd restore FILE` into an empty folder)")]
    Damaged {
        /// The path of the file.
        path: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
    /// The database could not be read or written.
    #[error("cannot open the store `{path}`")]
    Database {
        /// The path of the file.
        path: String,
        /// What the database said.
        #[source]
        source: DatabaseError,
    },
}

impl OpenError {
    /// Gives what makes an error of what the database said of a file.
    pub(super) fn of<E: Into<DatabaseError>>(path: &Path) -> impl Fn(E) -> Self + Copy {
        move |source| {
            let (path, source) = (path.display().to_string(), source.into());
            if source.is_damage() { Self::Damaged { path, source } } else { Self::Database { path, source } }
        }
    }
}
