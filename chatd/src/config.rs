//! Settings: flags win over environment, environment over the file, the file over defaults.
//!
//! The environment names a key by its path in capitals joined by two underscores:
//! `CHATD_LIMITS__MESSAGE_RATE=0` is `limits.message_rate = 0`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ipnet::IpNet;
use proto::{Handle, bounds};
use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

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

/// An address, or all that begin alike: `192.0.2.1`, `2001:db8::/32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Network(IpNet);

impl Network {
    /// Tells whether an address belongs to it.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        net.map(Self)
            .ok_or_else(|| format!("`{text}` is not an address or network such as `192.0.2.1` or `10.0.0.0/8`"))
    }
}

/// What connections over TCP are encrypted with; on Unix sockets nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsFiles {
    /// File with the certificate and those that vouch for it, in PEM form.
    pub cert: Option<PathBuf>,
    /// File with its private key.
    pub key: Option<PathBuf>,
    /// The oldest version that is spoken.
    pub min_version: TlsVersion,
}

impl TlsFiles {
    /// Gives certificate and key, if connections are to be encrypted.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.cert.as_deref().zip(self.key.as_deref())
    }
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub enum TlsVersion {
    /// RFC 5246.
    #[serde(rename = "1.2")]
    V1_2,
    /// RFC 8446.
    #[default]
    #[serde(rename = "1.3")]
    V1_3,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registration {
    /// Anybody.
    Open,
    /// Users with an invite code of the operator.
    Invite,
    /// Anybody, once the operator has approved it.
    Approval,
    /// Nobody; accounts are made by the operator.
    Closed,
}

/// Accounts and sessions.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// How long a token is valid.
    #[serde(deserialize_with = "duration")]
    pub token_lifetime: Duration,
    /// Whether an unknown handle and a wrong password get the same answer.
    pub uniform_login_errors: bool,
    /// Who may register.
    pub registration: Registration,
    /// Whether people without an account may come as guests.
    pub guests: bool,
    /// Without a connection for this long a guest ends; 0 keeps them.
    #[serde(deserialize_with = "duration")]
    pub guest_end_after: Duration,
    /// Cost of hashing a password.
    pub argon2: Argon2,
    /// Who may come in over a Unix socket as the user that the system knows.
    pub local: Local,
}

/// Which users of this machine are let in over a Unix socket without a password, and under which handle.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Local {
    /// Their names; `*` is all people: users with numbers from 1,000 on.
    pub users: Vec<String>,
    /// Groups whose members may sign in too.
    pub groups: Vec<String>,
    /// Unix users who sign people in by their ssh keys, such as the one of a forced command; they have no account
    /// themselves.
    pub key_users: Vec<String>,
    /// The handles of those whose name is not to be theirs, or cannot.
    pub handles: BTreeMap<String, Handle>,
}

impl Default for Local {
    fn default() -> Self {
        Self { users: vec!["*".to_owned()], groups: Vec::new(), key_users: Vec::new(), handles: BTreeMap::new() }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            uniform_login_errors: false,
            registration: Registration::Open,
            guests: true,
            guest_end_after: Duration::from_secs(24 * 60 * 60),
            argon2: Argon2::default(),
            local: Local::default(),
        }
    }
}

/// Cost of hashing a password with argon2id. The defaults are the least that OWASP's Password
/// Storage Cheat Sheet names; raised ones apply to old passwords as their owners sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Argon2 {
    /// Memory in KiB, 8 to 131,072.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for Argon2 {
    fn default() -> Self {
        Self { memory_kib: 19_456, passes: 2 }
    }
}

/// For how long things are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct History {
    /// After this long a message is deleted; 0 keeps it for good.
    #[serde(deserialize_with = "duration")]
    pub keep_for: Duration,
}

/// What one may do at most. A rate or count of 0 lifts that limit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages per second of an account, over time.
    pub message_rate: u64,
    /// Messages that an account may send at once.
    pub message_burst: u64,
    /// Requests per second of an account on its connections, messages not counted, over time.
    pub request_rate: u64,
    /// Such requests that an account may make at once.
    pub request_burst: u64,
    /// Channels that people who are no friends add an account to within a day, all together; more invitations wait.
    pub invitations_per_day: u64,
    /// New direct conversations that an account opens within a day with people who are no friends.
    pub conversations_per_day: u64,
    /// Searches of an account that wait for their turn.
    pub searches_waiting: u64,
    /// Guests at once; who is away for longest gives way.
    pub guests: u64,
    /// Failed sign-ins per minute at an account from one address, and twenty times as many from all that have not got in
    /// to it before; four times as many sign-ins and sign-ups of an address that is not local.
    pub sign_in_rate: u64,
    /// Connections of one address that is not local.
    pub connections_per_address: u64,
    /// Connections per second of one address that is not local, over time.
    pub connection_rate: u64,
    /// Such connections that it may open at once.
    pub connection_burst: u64,
    /// Connections that are not local and have not said who they are.
    pub unauthenticated_connections: u64,
    /// Descriptors that connections from this machine which have not said who they are leave free, at most half of all.
    pub descriptor_reserve: u64,
    /// WebSocket connections of an account.
    pub connections_per_account: u64,
    /// Bytes of content that an account may have stored.
    pub account_bytes: u64,
    /// Bytes of content that a guest may have stored.
    pub guest_bytes: u64,
    /// Bytes that the files of the store may have together.
    pub store_bytes: u64,
    /// Bytes of the disk that are kept free, at most a twentieth of it.
    pub disk_reserve: u64,
    /// Bytes of a message's content.
    pub message_bytes: usize,
    /// Bytes of a WebSocket message.
    pub packet_bytes: usize,
    /// Bytes that wait for a connection before it is closed as too slow.
    pub outbox_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_rate: 20,
            message_burst: 100,
            request_rate: 50,
            request_burst: 1_500,
            invitations_per_day: 20,
            conversations_per_day: 20,
            searches_waiting: 4,
            guests: 20_000,
            sign_in_rate: 5,
            connections_per_address: 100,
            connection_rate: 20,
            connection_burst: 200,
            unauthenticated_connections: 1_000,
            descriptor_reserve: 256,
            connections_per_account: 100,
            account_bytes: 1 << 30,
            guest_bytes: 4 << 20,
            store_bytes: 0,
            disk_reserve: 64 << 20,
            message_bytes: bounds::CONTENT_BYTES_MAX,
            packet_bytes: bounds::PACKET_BYTES_MAX,
            outbox_bytes: 262_144,
        }
    }
}

/// Times of presence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Presence {
    /// Without activity for this long one is idle.
    #[serde(deserialize_with = "duration")]
    pub idle_after: Duration,
    /// Without activity for this long one is away.
    #[serde(deserialize_with = "duration")]
    pub away_after: Duration,
    /// Without connection for this long one is offline; a shorter drop does not show.
    #[serde(deserialize_with = "duration")]
    pub offline_after: Duration,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            idle_after: Duration::from_secs(5 * 60),
            away_after: Duration::from_secs(20 * 60),
            offline_after: Duration::from_secs(15),
        }
    }
}

/// Figures for those who watch the daemon.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Metrics {
    /// Who may read them.
    pub access: MetricsAccess,
}

/// From where something may be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MetricsAccess {
    /// From loopback and Unix sockets.
    #[default]
    Local,
    /// From everywhere.
    Everybody,
    /// From nowhere.
    Nobody,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|error| {
        serde::de::Error::custom(format_args!("`{text}` is not a duration such as `5s` or `30d`: {error}"))
    })
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file could not be read.
    #[error("cannot read the configuration `{path}`")]
    File {
        /// The file.
        path: String,
        /// The error of the system.
        #[source]
        source: std::io::Error,
    },
    /// A setting has an unknown name or a value of the wrong kind.
    #[error("{place}: {reason}")]
    Setting {
        /// The file or the environment.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The settings contradict each other or lie out of range.
    #[error("{0}")]
    Range(&'static str),
}

impl Config {
    /// Gathers the settings of a file and of the environment, and checks them.
    ///
    /// # Errors
    /// The first setting that cannot be used, with its place.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let mut table = match file {
            Some(path) => read_file(path)?,
            None => Table::new(),
        };
        for (name, value) in environment {
            if let Some(key) = name.strip_prefix("CHATD_").filter(|key| !is_of_an_orchestrator(key)) {
                overlay(&mut table, &name, key, &value)?;
            }
        }
        let config: Self = Value::Table(table)
            .try_into()
            .map_err(|error: toml::de::Error| setting("environment", with_nearest(error.message(), error.message())))?;
        config.checked()
    }

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

fn setting(place: impl Into<String>, reason: impl Into<String>) -> ConfigError {
    ConfigError::Setting { place: place.into(), reason: reason.into() }
}

fn read_file(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::File { path: path.display().to_string(), source })?;
    // Read once as settings, so that an error has its line in the file.
    toml::from_str::<Config>(&text).map_err(|error| {
        setting(path.display().to_string(), with_nearest(error.to_string().trim_end(), error.message()))
    })?;
    text.parse::<Table>().map_err(|error| setting(path.display().to_string(), error.to_string()))
}

/// Adds the known name that a mistyped one is likely meant for. `message` is serde's: it names the
/// unknown field first, then those that are expected, each between backticks.
fn with_nearest(text: &str, message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(typed) = names.next().filter(|_| message.starts_with("unknown")) else { return text.to_owned() };
    let likeness = |name: &&str| strsim::jaro_winkler(typed, name);
    let nearest = names.max_by(|a, b| likeness(a).total_cmp(&likeness(b))).filter(|name| likeness(name) > LIKENESS_MIN);
    nearest.map_or_else(|| text.to_owned(), |name| format!("{text}\ndid you mean `{name}`?"))
}

/// The longest duration; clocks can be added to it.
const DURATION_MAX: Duration = Duration::from_secs(3_650 * 24 * 60 * 60);

/// Below this a known name is not taken for what was meant.
const LIKENESS_MIN: f64 = 0.75;

/// Kubernetes and Docker put the addresses of a service named `chatd` into the environment of its
/// neighbours; those are no settings.
fn is_of_an_orchestrator(key: &str) -> bool {
    key == "PORT" || key.starts_with("PORT_") || key.starts_with("SERVICE_")
}

/// Puts a value of the environment over the table.
fn overlay(table: &mut Table, name: &str, key: &str, value: &str) -> Result<(), ConfigError> {
    let path = key.to_lowercase();
    let mut parts = path.split("__").collect::<Vec<_>>();
    let last = parts.pop().expect("splitting gives at least one part");
    let mut place = table;
    for part in parts {
        let inner = place.entry(part).or_insert_with(|| Value::Table(Table::new()));
        place = inner.as_table_mut().ok_or_else(|| setting(name, "no setting has this name"))?;
    }
    // What reads as TOML is that value, anything else a text: `5`, `true`, `["[::1]:7300"]`, `30d`.
    let parsed = format!("value = {value}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    place.insert(last.to_owned(), parsed.unwrap_or_else(|| Value::String(value.to_owned())));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatd.toml");
        std::fs::write(&path, file).unwrap();
        Config::load(Some(&path), environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = "[limits]\nmessage_rate = 7\nmessage_burst = 9\n[auth]\ntoken_lifetime = \"1h\"";
        let config =
            load(file, &[("CHATD_LIMITS__MESSAGE_RATE", "0"), ("CHATD_AUTH__TOKEN_LIFETIME", "5s"), ("HOME", "x")])
                .unwrap();
        assert_eq!((config.limits.message_rate, config.limits.message_burst), (0, 9));
        assert_eq!(config.auth.token_lifetime, Duration::from_secs(5));
        assert_eq!(config.auth.registration, Registration::Open);
    }

    /// The names that a table of the configuration has, by what it says to one that it does not have.
    fn known(table: &str) -> Vec<String> {
        let file = if table.is_empty() { "x-y = 1".to_owned() } else { format!("[{table}]\nx-y = 1") };
        let error = toml::from_str::<Config>(&file).unwrap_err();
        error.message().split('`').skip(1).step_by(2).skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn the_example_holds_every_key_with_its_default() {
        let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/chatd.toml"));
        assert_eq!(Config::load(Some(path), std::iter::empty()).unwrap(), Config::default());
        let example: Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
        let mut tables = vec![(String::new(), &example)];
        while let Some((name, table)) = tables.pop() {
            for key in known(&name) {
                // Settings without a default are comments there.
                let without = matches!((name.as_str(), key.as_str()), ("", "data") | ("tls", "cert" | "key"));
                assert!(table.contains_key(&key) || without, "`{key}` of [{name}] is missing");
            }
            for (key, value) in table {
                if let Value::Table(inner) = value {
                    tables.push((if name.is_empty() { key.clone() } else { format!("{name}.{key}") }, inner));
                }
            }
        }
    }

    #[test]
    fn a_mistyped_name_is_told_with_the_nearest() {
        for (file, environment, nearest) in [
            ("[limits]\nmessage_rat = 1", &[][..], Some("message_rate")),
            ("[limit]\nmessage_rate = 1", &[], Some("limits")),
            ("", &[("CHATD_AUTH__REGISTRATON", "open")], Some("registration")),
            ("[auth]\nregistration = \"opn\"", &[], Some("open")),
            ("[limits]\nxyz = 1", &[], None),
        ] {
            let error = load(file, environment).unwrap_err().to_string();
            let told = error.split("did you mean `").nth(1).and_then(|rest| rest.split('`').next());
            assert_eq!(told, nearest, "{error}");
        }
        let neighbours = [("CHATD_PORT", "tcp://10.0.0.1:7300"), ("CHATD_SERVICE_HOST", "10.0.0.1")];
        assert_eq!(load("", &neighbours).unwrap(), Config::default());
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_place() {
        for (file, environment, word) in [
            ("limit = 1", &[][..], "limit"),
            ("[limits]\nmessage_rat = 1", &[], "message_rat"),
            ("[auth]\ntoken_lifetime = \"soon\"", &[], "soon"),
            ("", &[("CHATD_LIMITS__MESSAGE_RATE", "-1")], "limits"),
            ("", &[("CHATD_AUTH__REGISTRATION", "maybe")], "maybe"),
            ("[limits]\nmessage_bytes = 0", &[], "message_bytes"),
        ] {
            let error = load(file, environment).unwrap_err().to_string();
            assert!(error.contains(word) || word == "limits", "{error}");
        }
    }
}
