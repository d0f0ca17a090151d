//! What the requests do, one file per family. Handlers get a checked asker and return values; they
//! never hold a socket. Events are not theirs: the store publishes what was committed.

pub(crate) mod account;
mod avatar;
pub(crate) mod channel;
pub(crate) mod export;
pub(crate) mod feed;
pub(crate) mod file;
pub(crate) mod guest;
pub(crate) mod history;
pub(crate) mod link;
pub(crate) mod local;
pub(crate) mod message;
pub(crate) mod people;
pub(crate) mod personal;
pub(crate) mod profile;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod sign_up;
pub(crate) mod snapshot;
pub(crate) mod upload;
