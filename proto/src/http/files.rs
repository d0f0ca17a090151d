//! Uploading and fetching files.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::query::{Parameter, query};
use crate::error::ErrorReply;
use crate::file::{FileInfo, FileName};
use crate::id::UploadId;
use crate::optional::or_default;

query! {
    /// Query of `POST /v1/files`.
    pub struct UploadQuery, twice Refused {
        /// What the file is called.
        name: FileName,
        /// Whether a picture keeps what it tells besides itself, such as where it was taken.
        keep_metadata: bool,
    }
}

query! {
    /// Query of `PATCH /v1/uploads/UPLOAD`.
    pub struct UploadPartQuery, twice Refused {
        /// Where the bytes of the body belong: as many as are there already.
        offset: u64,
    }
}

impl Parameter for FileName {
    fn read(_: &str, value: Cow<'_, str>) -> Result<Self, ErrorReply> {
        Ok(Self::cleaned(&value))
    }

    fn write(&self) -> String {
        self.to_string()
    }
}

/// Answer to `POST /v1/files`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The file, which nobody but the asker may fetch before it is in a message.
    pub file: FileInfo,
}

/// Body of `POST /v1/uploads`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadWish {
    /// What the file is called.
    pub name: FileName,
    /// How many bytes it has.
    pub size: u64,
    /// Whether a picture keeps what it tells besides itself, such as where it was taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not", deserialize_with = "or_default")]
    pub keep_metadata: bool,
}

/// Answer to requests about an upload that goes on in several requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    /// How far it is.
    pub upload: UploadState,
    /// The file, once all bytes are there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileInfo>,
}

/// How far an upload is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadState {
    /// Names it.
    pub id: UploadId,
    /// What the file is called.
    pub name: FileName,
    /// How many bytes it has.
    pub size: u64,
    /// How many of them are there.
    pub offset: u64,
}
