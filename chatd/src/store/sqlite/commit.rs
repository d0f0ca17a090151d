//! A transaction of the writer: a job that leaves nothing behind when it is refused, and how a commit fails.

use std::sync::Arc;

use rusqlite::ErrorCode;

use super::Rows;
use super::job::Job;
use crate::store::options::CommitFault;
use crate::store::work::StoreWork;
use crate::store::{Change, StoreError};

/// Runs a job of which nothing is left when it is refused.
pub(super) fn run_in_savepoint(job: &mut dyn Job, work: &mut StoreWork<'_>) -> Result<(), Failure> {
    let rows = work.rows;
    let execute = |sql| rows.execute(sql, ());
    let changes_before = work.changes.len();
    execute("SAVEPOINT job")?;
    let done = job.run(work);
    work.stored.apply_changes(rows, done.is_ok())?;
    if let Err(error) = done {
        work.changes.truncate(changes_before);
        match error {
            // The disk cannot be trusted with the neighbours either.
            StoreError::Broken(reason) | StoreError::Damaged(reason) => return Err(Failure::Fatal(reason.to_string())),
            // A full disk may have ended the whole transaction already: then the group has failed.
            _ if rows.connection().is_autocommit() => return Err(Failure::Full),
            _ => execute("ROLLBACK TO job")?,
        };
    }
    execute("RELEASE job")?;
    Ok(())
}

/// Why a transaction was not committed.
pub(super) enum Failure {
    /// There is no room; the next group may fit.
    Full,
    /// The group could not be done; the next one may go through.
    Failed(Arc<str>),
    /// Nothing more can be stored.
    Fatal(String),
}

impl Failure {
    /// Says so to those who wait for it.
    pub(super) fn error(&self) -> StoreError {
        match self {
            Self::Full => StoreError::Full,
            Self::Failed(reason) => StoreError::Failed(reason.clone()),
            Self::Fatal(reason) => StoreError::Failed(reason.as_str().into()),
        }
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) {
            return Self::Failed("another program holds the database".into());
        }
        match StoreError::from(error) {
            StoreError::Full => Self::Full,
            other => Self::Fatal(other.to_string()),
        }
    }
}

/// What the writer itself reads and writes fits always.
impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            other => Self::Fatal(other.to_string()),
        }
    }
}

impl From<CommitFault> for Failure {
    fn from(fault: CommitFault) -> Self {
        match fault {
            CommitFault::Full => Self::Full,
            CommitFault::Sync => Self::Fatal("disk I/O error: fsync failed".to_owned()),
        }
    }
}

/// Counts the messages that a commit adds: a trigger would do so for each of them.
pub(super) fn count_messages(rows: &Rows, changes: &[Change]) -> Result<(), StoreError> {
    let added = changes.iter().filter(|change| matches!(change, Change::MessageAdded { .. })).count();
    if added > 0 {
        rows.execute("UPDATE total SET count = count + ?1 WHERE name = 'messages'", [added as i64])?;
    }
    Ok(())
}
