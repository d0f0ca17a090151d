//! What SQLite says, as the store's own errors.

use std::sync::Arc;

use rusqlite::ErrorCode;

use super::super::StoreError;

/// What the database said when it could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct DatabaseError(Arc<str>);

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string().into())
    }
}

impl From<StoreError> for DatabaseError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Broken(reason) | StoreError::Failed(reason) => Self(reason),
            other @ (StoreError::Full | StoreError::Refused(_)) => Self(other.to_string().into()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Broken(error.to_string().into())
            }
            _ => Self::Failed(error.to_string().into()),
        }
    }
}
