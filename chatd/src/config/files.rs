//! Files that people upload.

use std::path::PathBuf;

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
    /// The address by which browsers reach the daemon, such as `https://chat.example.org`; without one there are no links.
    pub public_url: Option<String>,
    /// The bucket where they lie; without one they lie in the data folder.
    pub s3: Option<Bucket>,
}

impl FileSettings {
    /// Says what cannot be.
    pub(super) fn problem(&self) -> Option<&'static str> {
        // What stands in a page, a QR code and a header.
        let is_plain = |url: &String| url.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>?#@\\".contains(&byte));
        if !self.public_url.as_ref().is_none_or(|url| is_web_address(url) && is_plain(url)) {
            return Some("`files.public_url` is an address such as `https://chat.example.org`");
        }
        self.s3.as_ref().and_then(Bucket::problem)
    }
}

/// Tells whether something begins as an address of the web.
fn is_web_address(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
}

/// A bucket of a server that speaks S3.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bucket {
    /// Its name.
    pub bucket: String,
    /// What the names of all objects begin with, such as `chat`: no other store has the same.
    pub prefix: String,
    /// The server, such as `https://minio.example.org:9000`; without one that of AWS.
    pub endpoint: Option<String>,
    /// The region; without one `AWS_REGION`, else `us-east-1`.
    pub region: Option<String>,
    /// The access key; without one what the environment names (`AWS_ACCESS_KEY_ID` and the like), or the machine is given.
    pub access_key_id: Option<String>,
    /// The file with its secret.
    pub secret_access_key_file: Option<PathBuf>,
}

impl Bucket {
    /// Names it with its prefix.
    pub fn place(&self) -> String {
        format!("{}/{}", self.bucket, self.prefix)
    }

    /// Says what cannot be.
    fn problem(&self) -> Option<&'static str> {
        if self.bucket.is_empty() {
            Some("`files.s3.bucket` is needed")
        } else if !self.endpoint.as_ref().is_none_or(|url| is_web_address(url)) {
            Some("`files.s3.endpoint` begins with `https://` or `http://`")
        } else if self.access_key_id.is_some() != self.secret_access_key_file.is_some() {
            Some("`files.s3.access_key_id` and `files.s3.secret_access_key_file` need each other")
        } else {
            None
        }
    }
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
            public_url: None,
            s3: None,
        }
    }
}
