//! Channels and people as somebody writes them: `#tea`, `@bob`, `id:4h2m9x0kq7rtb`. One reader for commands, pages and flags.

use proto::{ChannelId, ChannelName, Handle, NameError};

/// Which channel or conversation is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// One of this name: `#tea`, `tea`.
    Name(ChannelName),
    /// The conversation with somebody: `@bob`.
    Person(Handle),
    /// One by its id, where a name stands for several: `id:4h2m9x0kq7rtb`.
    Id(ChannelId),
}

/// Why nothing is meant, in the words of standard error.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeantError {
    /// This is no id.
    #[error("`{0}` is no id of a channel")]
    Id(String),
    /// Nothing stands where a handle should.
    #[error("name somebody by their handle")]
    NoHandle,
    /// A rule of names is broken.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Reads which channel or conversation is meant.
///
/// # Errors
/// What is wrong with it.
pub fn meant(text: &str) -> Result<Meant, MeantError> {
    let text = text.trim();
    if let Some(id) = text.strip_prefix("id:") {
        return id.parse().map(Meant::Id).map_err(|_| MeantError::Id(id.to_owned()));
    }
    match text.strip_prefix('@') {
        Some(_) => handle(text).map(Meant::Person),
        None => channel(text).map(Meant::Name),
    }
}

/// Reads a channel's name as people write it.
///
/// # Errors
/// What is wrong with it.
pub fn channel(text: &str) -> Result<ChannelName, MeantError> {
    Ok(text.trim().trim_start_matches('#').parse::<ChannelName>()?)
}

/// Reads a handle as people write it.
///
/// # Errors
/// What is wrong with it.
pub fn handle(text: &str) -> Result<Handle, MeantError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(MeantError::NoHandle);
    }
    Ok(text.trim_start_matches('@').parse::<Handle>()?)
}
