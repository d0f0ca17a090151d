//! Files that go with a message.

use std::path::PathBuf;

use proto::{FileInfo, Nonce};
use serde::{Deserialize, Serialize};

/// A file of this machine that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Where it lies: as the user wrote it, and from the root on once it is saved.
    pub path: PathBuf,
    /// Whether a picture keeps what it tells besides itself, such as where it was taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_metadata: bool,
}

/// A file that goes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// What is to be sent.
    #[serde(flatten)]
    pub source: SourceFile,
    /// What the server has of it, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileInfo>,
    /// How far it is while it goes up.
    #[serde(skip)]
    pub passed: Option<Passed>,
}

/// How far a file is on its way, in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Bytes that have gone on their way, or have come.
    pub done: u64,
    /// All bytes.
    pub total: u64,
    /// Bytes a second; 0 where that is not known.
    pub rate: u64,
}

impl Attachment {
    /// A file that is to be sent.
    pub fn of(source: SourceFile) -> Self {
        Self { source, file: None, passed: None }
    }
}

/// Which file of which message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttachmentPlace {
    /// The message's own name.
    pub nonce: Nonce,
    /// Which of its files, counted from 0.
    pub place: usize,
}
