//! What stands behind a command, read as strictly as it is meant: what a command does not take is refused, so that words
//! that were meant for people change nothing.

use proto::{ChannelName, Handle};

use super::SlashCommand;
use crate::chat::ChatScreen;
use crate::meant::{self, Meant};
use crate::rules::OnScreen;
use crate::text::CleanLine;

/// What stands behind a command.
pub(super) struct Arguments<'a> {
    pub(super) command: &'static SlashCommand,
    /// Without white space around it.
    pub(super) text: &'a str,
    /// Where it was written.
    pub(super) chat: &'a ChatScreen,
}

impl<'a> Arguments<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Refuses arguments where the command takes none.
    pub(super) fn nothing(&self) -> Result<(), String> {
        if self.is_empty() { Ok(()) } else { Err(say!("error-no-arguments", command = self.command.name)) }
    }

    /// Says how the command is written.
    pub(super) fn usage(&self) -> String {
        say!("error-usage", usage = self.command.usage())
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
        if self.is_empty() { Err(self.usage()) } else { Ok(self.text) }
    }

    /// Gives the text that something is set to: a hyphen alone takes away what is set.
    pub(super) fn value(&self) -> &'a str {
        if self.text == "-" { "" } else { self.text }
    }

    pub(super) fn handle(&self) -> Result<Handle, String> {
        let [word] = self.words()?;
        handle_argument(word)
    }

    pub(super) fn channel(&self) -> Result<ChannelName, String> {
        let [word] = self.words()?;
        channel_argument(word)
    }

    pub(super) fn meant(&self) -> Result<Meant, String> {
        let [word] = self.words()?;
        meant::meant(word).map_err(|error| error.on_screen())
    }

    /// The same, where the open channel is meant when nothing stands there.
    pub(super) fn meant_or_here(&self) -> Result<Option<Meant>, String> {
        if self.is_empty() {
            self.chat.must_be_open()?;
            return Ok(None);
        }
        self.meant().map(Some)
    }

    pub(super) fn number(&self, text: &str) -> Result<u32, String> {
        let no_number = |_| say!("error-number", text = CleanLine::new(text).as_str(), usage = self.command.usage());
        text.parse().map_err(no_number)
    }
}

pub(super) fn handle_argument(text: &str) -> Result<Handle, String> {
    meant::handle(text).map_err(|error| error.on_screen())
}

pub(super) fn channel_argument(text: &str) -> Result<ChannelName, String> {
    meant::channel(text).map_err(|error| error.on_screen())
}
