//! Uploading and fetching files.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::query::{Parameter, query};
use crate::error::ErrorReply;
use crate::file::{FileInfo, FileName};

query! {
    /// Query of `POST /v1/files`.
    pub struct UploadQuery, twice Refused {
        /// What the file is called.
        name: FileName,
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
