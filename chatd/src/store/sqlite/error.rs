//! What SQLite says, as the store's own errors.

use std::sync::Arc;

use rusqlite::ErrorCode;

use super::super::StoreError;

/// What the database said when it could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct DatabaseError {
    reason: Arc<str>,
    damage: bool,
}

impl DatabaseError {
    /// A file that is empty and was not: SQLite would take it for a new one, and remove what lies beside it.
    pub(in crate::store) fn emptied() -> Self {
        Self { reason: "it is empty, and what lies beside it is not".into(), damage: true }
    }

    /// Tells whether the file does not hold what was written to it.
    pub(in crate::store) fn is_damage(&self) -> bool {
        self.damage
    }
}

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// Tells whether a database says that its file does not hold what was written to it.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

impl From<StoreError> for DatabaseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged(reason) => Self { reason, damage: true },
            StoreError::Broken(reason) | StoreError::Failed(reason) => Self { reason, damage: false },
            other @ (StoreError::Full | StoreError::Refused(_)) => {
                Self { reason: other.to_string().into(), damage: false }
            }
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure) => Self::Broken(error.to_string().into()),
            _ if is_damage(&error) => Self::Damaged(error.to_string().into()),
            _ => Self::Failed(error.to_string().into()),
        }
    }
}
