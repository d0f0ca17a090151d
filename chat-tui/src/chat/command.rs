//! Slash commands. Each is one entry of a table: how it is written, what the help says, what it needs, what Tab completes,
//! and how it is read into what it does. The tables are in command/, a file for each family; how to add one is told in
//! docs/adding.md.

mod arguments;
mod channels;
mod entry;
mod members;
mod own;
mod pages;
mod people;
mod program;
pub(super) mod saying;

use proto::MessageKind;

use super::ChatScreen;
use crate::rules::OnScreen;
use arguments::Arguments;

use channels::CHANNEL_COMMANDS;
pub use entry::SlashCommand;
pub(super) use entry::{Line, Reading, Takes};
use members::MEMBER_COMMANDS;
use own::OWN_COMMANDS;
use pages::PAGE_COMMANDS;
use people::PEOPLE_COMMANDS;
use program::PROGRAM_COMMANDS;
use saying::SAYING_COMMANDS;

/// Every command, as the help lists them.
pub fn all() -> impl Iterator<Item = &'static SlashCommand> {
    let families = [CHANNEL_COMMANDS, MEMBER_COMMANDS, SAYING_COMMANDS, PEOPLE_COMMANDS, OWN_COMMANDS, PAGE_COMMANDS];
    families.into_iter().chain([PROGRAM_COMMANDS]).flatten()
}

/// Finds a command by one of its names, in lower case.
pub(super) fn known(name: &str) -> Option<&'static SlashCommand> {
    all().find(|command| command.name == name || command.aliases.contains(&name))
}

/// Tells whether a line is a command that there is.
pub(super) fn is_command(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|word| known(&word.to_lowercase()).is_some())
}

/// Reads a command. What cannot be done now is refused, so that it still stands there.
///
/// # Errors
/// A sentence that says what is wrong; nothing is done then.
pub(super) fn read(chat: &ChatScreen, text: &str) -> Reading {
    let (typed, behind) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let Some(command) = known(&typed.to_lowercase()) else { return Err(unknown(typed)) };
    if command.needs_channel {
        chat.must_be_in_channel()?;
    }
    let line = (command.read)(&Arguments { command, text: behind.trim(), chat })?;
    if command.needs_connection {
        chat.must_be_online()?;
    }
    Ok(line)
}

fn unknown(typed: &str) -> String {
    let lower = typed.to_lowercase();
    let names = all().flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()));
    let near = names.into_iter().find(|name| strsim::damerau_levenshtein(&lower, name) == 1);
    let command = crate::text::CleanLine::new(typed);
    match near {
        Some(near) => say!("error-unknown-command-near", command = command.as_str(), near = near),
        None => say!("error-unknown-command", command = command.as_str()),
    }
}

impl ChatScreen {
    fn must_be_in_channel(&self) -> Result<(), String> {
        if self.current.is_none() {
            return Err(label!("error-no-channel").to_owned());
        }
        self.gone_words().map_or(Ok(()), Err)
    }

    fn must_be_online(&self) -> Result<(), String> {
        if self.core.is_online() { Ok(()) } else { Err(label!("error-offline").to_owned()) }
    }

    /// Refuses what is larger than the daemon takes.
    fn must_fit(&self, content: &proto::Content, kind: MessageKind) -> Result<(), String> {
        let too_large = self.current.and_then(|id| self.core.too_large(id, content, kind));
        too_large.map_or(Ok(()), |error| Err(error.on_screen()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_commands() {
        let mut names =
            all().flat_map(|command| std::iter::once(&command.name).chain(command.aliases)).collect::<Vec<_>>();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn what_is_nearly_a_command_is_told_of() {
        assert!(unknown("/jion").contains("/join"));
        assert!(unknown("/HEPL").contains("/help"));
        assert!(!unknown("/xyzzy").contains("Did you mean"));
    }
}
