//! Keys of files, of their bytes, and of uploads: random row ids, as those of channels.

use proto::{FileId, UploadId};

use super::channel_key::{digits_of, number_of, random};
use super::column::{ColumnError, FromColumn, ToColumn, Value};
use super::{Refused, StoreError};

macro_rules! key {
    ($(#[$doc:meta])* $visibility:vis struct $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $visibility struct $name(i64);

        impl $name {
            /// Draws a new one.
            pub(super) fn random() -> Self {
                Self(random())
            }
        }

        impl FromColumn for $name {
            fn from_column(value: Value<'_>) -> Result<Self, ColumnError> {
                value.integer().map(Self)
            }
        }

        impl ToColumn for $name {
            fn to_column(&self) -> Result<Value<'_>, ColumnError> {
                Ok(Value::Integer(self.0))
            }
        }
    };
}

key! {
    /// The row id of a file; never on the wire.
    pub(super) struct FileKey
}
key! {
    /// Names bytes that are kept.
    pub struct BlobKey
}
key! {
    /// Names an upload.
    pub struct UploadKey
}

impl FileKey {
    /// Gives the wire's name for it.
    pub(super) fn id(self) -> FileId {
        digits_of(self.0).parse().expect("13 letters and digits are an id")
    }
}

impl UploadKey {
    /// Gives the wire's name for it.
    pub fn id(self) -> UploadId {
        digits_of(self.0).parse().expect("13 letters and digits are an id")
    }

    /// Gives the key behind a name from the wire; `None` when no upload of ours can have that name.
    pub fn of(id: &UploadId) -> Option<Self> {
        number_of(id.as_str()).map(Self)
    }
}

/// Gives the row id behind a file's name; a name that cannot be ours names no file.
pub(super) fn file_key(file: &FileId) -> Result<FileKey, StoreError> {
    number_of(file.as_str()).map(FileKey).ok_or_else(|| Refused::NoSuchFile.into())
}

macro_rules! named {
    ($name:ident) => {
        impl $name {
            /// Reads what its `Display` wrote.
            pub fn parse(text: &str) -> Option<Self> {
                number_of(text).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&digits_of(self.0))
            }
        }
    };
}

named!(BlobKey);
named!(UploadKey);
