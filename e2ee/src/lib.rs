//! End-to-end encryption by MLS (RFC 9420): what the devices of people keep and do, and how the daemon follows a group whose
//! messages it cannot read. No socket, file or clock is known here; what is kept lies in [`Rows`] of whoever uses it.
//!
//! [`Device`] is a person's side, [`Follower`] the daemon's. `rules` is what both refuse.

mod credential;
mod device;
mod follower;
mod group_name;
mod packages;
mod provider;
mod removal;
mod rows;
mod rules;
mod signing;
mod storage;
mod suite;

pub use credential::{CredentialError, DeviceCredential};
pub use device::{Bundle, Change, Device, DeviceError, Joined, Sealed, Taken};
pub use follower::{Follower, FollowerError};
pub use group_name::GroupName;
pub use packages::{CheckedPackage, PackageError};
pub use removal::Remover;
pub use rows::{MemoryRows, Rows, RowsError};
pub use rules::{Committed, RuleError};
pub use signing::{SigningKey, VerifyingKey};
pub use suite::{KEY_PACKAGE_SECONDS, PADDING_BYTES, PAST_EPOCHS_MAX};
