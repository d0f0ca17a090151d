//! Where settings come from: the file, and the environment over it.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use toml::{Table, Value};

use super::{Config, ConfigError};

/// Below this a known name is not taken for what was meant.
const LIKENESS_MIN: f64 = 0.75;

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
}

/// Reads a duration such as `5s`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|error| {
        serde::de::Error::custom(format_args!("`{text}` is not a duration such as `5s` or `30d`: {error}"))
    })
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
