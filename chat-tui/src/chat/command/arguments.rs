//! What stands behind a command, read as strictly as it is meant: what a command does not take is refused, so that words
//! that were meant for people change nothing.

use proto::{ChannelId, ChannelName, Handle};

use super::table::Entry;

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

/// What stands behind a command.
pub(super) struct Arguments<'a> {
    pub(super) entry: &'static Entry,
    /// Without white space around it.
    pub(super) text: &'a str,
}

impl<'a> Arguments<'a> {
    /// Refuses everything.
    pub(super) fn nothing(&self) -> Result<(), String> {
        if self.text.is_empty() {
            return Ok(());
        }
        Err(format!("{} takes no arguments: nothing was done", self.entry.name))
    }

    /// Says how the command is written.
    pub(super) fn usage(&self) -> String {
        format!("usage: {}", self.entry.usage())
    }

    /// Gives the words, which must be so many.
    pub(super) fn words<const COUNT: usize>(&self) -> Result<[&'a str; COUNT], String> {
        let words = self.text.split_whitespace().collect::<Vec<_>>();
        words.try_into().map_err(|_| self.usage())
    }

    /// Gives the words, which may be so many at most.
    pub(super) fn at_most(&self, count: usize) -> Result<impl Iterator<Item = &'a str>, String> {
        if self.text.split_whitespace().count() > count {
            return Err(self.usage());
        }
        Ok(self.text.split_whitespace())
    }

    /// Gives the text, of which there must be some.
    pub(super) fn some(&self) -> Result<&'a str, String> {
        if self.text.is_empty() { Err(self.usage()) } else { Ok(self.text) }
    }

    pub(super) fn handle(&self) -> Result<Handle, String> {
        let [word] = self.words()?;
        handle(word)
    }

    pub(super) fn channel(&self) -> Result<ChannelName, String> {
        let [word] = self.words()?;
        channel(word)
    }

    pub(super) fn meant(&self) -> Result<Meant, String> {
        let [word] = self.words()?;
        meant(word)
    }

    pub(super) fn number(&self, unit: &str) -> Result<u32, String> {
        let [word] = self.words()?;
        number(word, unit)
    }
}

pub(super) fn number(text: &str, unit: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("`{text}` is no number of {unit}"))
}

/// Reads which channel or conversation is meant.
///
/// # Errors
/// What is wrong with it.
pub fn meant(text: &str) -> Result<Meant, String> {
    let text = text.trim();
    if let Some(id) = text.strip_prefix("id:") {
        return id.parse().map(Meant::Id).map_err(|_| format!("`{id}` is no id of a channel"));
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
pub fn channel(text: &str) -> Result<ChannelName, String> {
    let text = text.trim();
    text.trim_start_matches('#').parse().map_err(|error: proto::NameError| error.to_string())
}

/// Reads a handle as people write it.
///
/// # Errors
/// What is wrong with it.
pub fn handle(text: &str) -> Result<Handle, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("name somebody by their handle".to_owned());
    }
    text.trim_start_matches('@').parse().map_err(|error: proto::NameError| error.to_string())
}
