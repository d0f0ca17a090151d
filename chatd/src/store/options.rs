//! What the store takes from outside: bounds, the clock, and who hears of it.

use std::sync::Arc;

use super::change::Change;
use crate::clock::Clock;

/// The name of the database in the data folder.
pub const DATABASE_FILE: &str = "chatd.db";

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
    pub while_migrating: Option<MigrationProgress>,
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

/// A fault that a test puts before a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommitFault {
    /// The commit fails for want of space.
    Full,
    /// The commit's fsync reports an error.
    Sync,
}

/// Is told that something goes on.
pub(super) type MigrationProgress = Arc<dyn Fn() + Send + Sync>;
