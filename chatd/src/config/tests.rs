//! Settings of files and of the environment.

use std::path::Path;

use toml::{Table, Value};

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
            let without = matches!(
                (name.as_str(), key.as_str()),
                ("", "data") | ("tls", "cert" | "key") | ("files", "public_url" | "s3")
            );
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
