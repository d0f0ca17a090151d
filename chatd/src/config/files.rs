//! Files that people upload.

use serde::Deserialize;

/// How much may be uploaded. 0 lifts a bound.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FileSettings {
    /// Bytes of one file.
    pub max_bytes: u64,
    /// Bytes of all files that an account has uploaded.
    pub quota_bytes: u64,
    /// Bytes of all files together, the same ones counted once.
    pub total_bytes: u64,
    /// Bytes of the disk that uploads leave free, at most a twentieth of it.
    pub reserve_bytes: u64,
    /// Uploads per minute of an account, over time.
    pub upload_rate: u64,
    /// Uploads that an account may begin at once.
    pub upload_burst: u64,
}

impl Default for FileSettings {
    fn default() -> Self {
        Self {
            max_bytes: 100 << 20,
            quota_bytes: 1 << 30,
            total_bytes: 0,
            reserve_bytes: 1 << 30,
            upload_rate: 60,
            upload_burst: 60,
        }
    }
}
