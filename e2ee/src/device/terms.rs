//! What a device is asked for and gives, and why it cannot.

use proto::DeviceId;

use crate::credential::DeviceCredential;
use crate::group_name::GroupName;
use crate::packages::CheckedPackage;
use crate::rows::RowsError;
use crate::rules::{Committed, RuleError};

/// Why a device cannot do something.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// Its keys cannot be read or written.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// It is not in that group, or no longer.
    #[error("this device is not in the group")]
    NotIn,
    /// A removal waits, which is to be committed before anything is said.
    #[error("a removal is to be committed first")]
    RemovalWaits,
    /// The message is of an epoch that is not here yet.
    #[error("epoch {of} is not here yet, this is {is}")]
    Early {
        /// The epoch of the message.
        of: u64,
        /// The epoch of the group on this device.
        is: u64,
    },
    /// The message is of an epoch whose keys are gone, or was opened before.
    #[error("the keys of this message are gone")]
    Late,
    /// Somebody has broken a rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// It is not what it should be.
    #[error("it cannot be opened: {0}")]
    Invalid(String),
}

pub(super) fn invalid(error: impl std::fmt::Display) -> DeviceError {
    DeviceError::Invalid(error.to_string())
}

/// What goes to the daemon as one: a commit with what those need who come, or the beginning of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The group.
    pub group: GroupName,
    /// The epoch that it is for.
    pub epoch: u64,
    /// The group's info and tree, where it begins.
    pub begins: Option<(Vec<u8>, Vec<u8>)>,
    /// The commit; a group of one device begins without.
    pub commit: Option<Vec<u8>>,
    /// For the devices that it adds.
    pub welcome: Option<Vec<u8>>,
    /// These.
    pub added: Vec<DeviceCredential>,
}

/// How a commit changes a group.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Devices that come.
    pub add: Vec<CheckedPackage>,
    /// Devices that go; those whose removal the daemon has proposed go anyway.
    pub remove: Vec<DeviceId>,
}

/// A sealed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The epoch that it is for.
    pub epoch: u64,
    /// What goes to the daemon.
    pub bytes: Vec<u8>,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Somebody has said something.
    Said {
        /// Who.
        by: DeviceCredential,
        /// What.
        text: Vec<u8>,
    },
    /// This device has said it.
    Own,
    /// The daemon has proposed that a device is removed.
    RemovalWaits(DeviceCredential),
    /// The group is in another epoch. `own` tells whether this device has made the commit.
    Committed {
        /// What has changed.
        committed: Committed,
        /// Whether it was this device's own.
        own: bool,
    },
    /// This device is in the group no longer.
    Removed(Committed),
}

/// A group that a device has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Which.
    pub group: GroupName,
    /// In which epoch.
    pub epoch: u64,
    /// Who has let it in.
    pub by: DeviceCredential,
}
