//! The language of the stories: daemons to start, doors to knock at, people who speak and hear.
//!
//! Nothing here waits for time to pass. Everything waits for an event, and [`DEADLINE`] only turns
//! "it never came" into a failure. That something does not come is shown by a fence: something
//! else that must come after it.

mod daemon;
mod declared;
mod door;
mod link;
pub(crate) mod operator;
mod person;
mod process;
mod raw;
mod relay;
mod screen;
mod shell;
mod tomorrow;
mod wire;

use std::panic::Location;
use std::time::Duration;

pub(crate) use daemon::{Daemon, Folder, Gate, Setup, files};
pub(crate) use door::{Door, PASSWORD, Reply};
pub(crate) use link::Link;
pub(crate) use person::{Person, contents, fresh_nonce, message};
pub(crate) use process::{Process, chatd_binary, client_binary, copy_program, operator};
pub(crate) use raw::{Head, RawSocket, RawWebSocket};
pub(crate) use relay::Relay;
pub(crate) use screen::{Key, Screen};
pub(crate) use shell::{Shell, json_lines};
pub(crate) use tomorrow::Tomorrow;
pub(crate) use wire::Refusal;

/// After this long an event never comes. Generous, because the machine may be busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// Waits for something that must come; `what` says in the failure what did not.
#[track_caller]
pub(crate) fn soon<T>(what: &str, event: impl Future<Output = T>) -> impl Future<Output = T> {
    let here = Location::caller();
    async move {
        match tokio::time::timeout(DEADLINE, event).await {
            Ok(done) => done,
            Err(_) => panic!("{here}: never came: {what}"),
        }
    }
}
