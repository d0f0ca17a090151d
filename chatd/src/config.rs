//! Settings: flags win over environment, environment over the file, the file over defaults.
//!
//! The environment names a key by its path in capitals joined by two underscores:
//! `CHATD_LIMITS__MESSAGE_RATE=0` is `limits.message_rate = 0`.

mod auth;
mod error;
mod files;
mod limits;
mod network;
mod source;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use auth::{Argon2, Auth, Local, Registration};
pub use error::ConfigError;
pub use files::{Bucket, FileSettings};
pub use limits::{History, Limits, Metrics, MetricsAccess, Presence};
pub use network::{Network, TlsFiles, TlsVersion};

/// Every setting of the daemon.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Addresses to serve HTTP and WebSocket on; port 0 is any free one.
    pub listen: Vec<SocketAddr>,
    /// Unix sockets to serve as well.
    pub unix: Vec<PathBuf>,
    /// The data folder; where it lies by default, see [`default_data_folder`].
    pub data: Option<PathBuf>,
    /// The format of the log.
    pub log_format: LogFormat,
    /// Whether passwords and messages may cross a network unencrypted.
    pub allow_plain_http: bool,
    /// Trusted proxies: `X-Forwarded-For` is believed only from these.
    pub proxies: Vec<Network>,
    /// The certificate and key for TLS.
    pub tls: TlsFiles,
    /// Accounts and sessions.
    pub auth: Auth,
    /// For how long things are kept.
    pub history: History,
    /// Files that people upload.
    pub files: FileSettings,
    /// Rates and other limits.
    pub limits: Limits,
    /// Times of presence.
    pub presence: Presence,
    /// Figures for those who watch the daemon.
    pub metrics: Metrics,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 7300))],
            unix: Vec::new(),
            data: None,
            log_format: LogFormat::Text,
            allow_plain_http: false,
            proxies: Vec::new(),
            tls: TlsFiles::default(),
            auth: Auth::default(),
            history: History::default(),
            files: FileSettings::default(),
            limits: Limits::default(),
            presence: Presence::default(),
            metrics: Metrics::default(),
        }
    }
}

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Config {
    fn checked(self) -> Result<Self, ConfigError> {
        let range = |good: bool, rule| if good { Ok(()) } else { Err(ConfigError::Range(rule)) };
        range((1..=1_048_576).contains(&self.limits.message_bytes), "`limits.message_bytes` is 1 to 1048576")?;
        range(
            self.limits.packet_bytes >= self.limits.message_bytes + 1_024,
            "`limits.packet_bytes` must exceed `limits.message_bytes` by 1024",
        )?;
        range(self.limits.outbox_bytes >= 4_096, "`limits.outbox_bytes` is at least 4096")?;
        range((8..=131_072).contains(&self.auth.argon2.memory_kib), "`auth.argon2.memory_kib` is 8 to 131072")?;
        range((1..=64).contains(&self.auth.argon2.passes), "`auth.argon2.passes` is 1 to 64")?;
        range(self.tls.cert.is_some() == self.tls.key.is_some(), "`tls.cert` and `tls.key` need each other")?;
        if let Some(problem) = self.files.problem() {
            return Err(ConfigError::Range(problem));
        }
        let durations = [
            self.auth.token_lifetime,
            self.auth.guest_end_after,
            self.history.keep_for,
            self.presence.idle_after,
            self.presence.away_after,
            self.presence.offline_after,
        ];
        range(durations.iter().all(|duration| *duration <= DURATION_MAX), "a duration is at most ten years (`3650d`)")?;
        range(!self.auth.token_lifetime.is_zero(), "`auth.token_lifetime` must not be 0")?;
        range(
            self.presence.idle_after <= self.presence.away_after,
            "`presence.idle_after` must not exceed `presence.away_after`",
        )?;
        Ok(self)
    }
}

impl Config {
    /// Takes from the settings of a running daemon what it cannot change, and gives the names of those that would
    /// have.
    pub(crate) fn keep_what_needs_a_restart(&mut self, running: &Self) -> Vec<&'static str> {
        fn keep<T: Clone + PartialEq>(name: &'static str, new: &mut T, running: &T) -> Option<&'static str> {
            let changed = new != running;
            new.clone_from(running);
            changed.then_some(name)
        }

        // Without `..`, so that a new setting does not compile before it is decided which of the two it is. The tables that
        // are left out are read again whenever they are used, or handed on by `Daemon::reload`.
        let Self {
            listen,
            unix,
            data,
            log_format,
            allow_plain_http,
            proxies: _,
            tls,
            auth: _,
            history: _,
            files: FileSettings { s3, .. },
            limits: _,
            presence: _,
            metrics: _,
        } = self;
        // Other files are read while the daemon runs; whether anything is encrypted stays.
        let encrypted = tls.files().is_some() != running.tls.files().is_some();
        let changed = [
            keep("listen", listen, &running.listen),
            keep("unix", unix, &running.unix),
            keep("data", data, &running.data),
            keep("log_format", log_format, &running.log_format),
            keep("allow_plain_http", allow_plain_http, &running.allow_plain_http),
            keep("files.s3", s3, &running.files.s3),
            if encrypted { keep("tls", tls, &running.tls) } else { None },
        ];
        changed.into_iter().flatten().collect()
    }
}

/// Gives the folder for data where no setting names one: systemd's, else the user's.
pub fn default_data_folder() -> Option<PathBuf> {
    // systemd gives several, separated by colons, when the unit names several; the first is ours.
    if let Some(folders) = std::env::var_os("STATE_DIRECTORY") {
        return std::env::split_paths(&folders).next();
    }
    directories::ProjectDirs::from("", "", "chatd").map(|places| places.data_dir().to_owned())
}

/// The longest duration; clocks can be added to it.
const DURATION_MAX: Duration = Duration::from_secs(3_650 * 24 * 60 * 60);

#[cfg(test)]
mod tests;
