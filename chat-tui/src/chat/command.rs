//! Slash commands. Each is one entry of a table: how it is written, what the help says, what it needs, what Tab completes,
//! and how it is read into what it does. The tables are in command/, a file for each family; how to add one is told in
//! docs/adding.md.

mod arguments;
mod channels;
mod members;
mod own;
mod pages;
mod people;
mod program;
pub(super) mod saying;

use proto::MessageKind;

use super::State;
use super::keys::Outcome;
use crate::catalogue::Key;
use crate::effect::Effect;
use crate::rules::OnScreen;
use arguments::Arguments;

/// A command.
#[derive(Debug)]
pub struct Command {
    /// Its name with the slash.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// What stands behind it, as people write it.
    arguments: Option<Key>,
    help: Key,
    /// What Tab completes at each place behind it; people or channels, by their sign, where nothing is said.
    pub(super) takes: &'static [Takes],
    needs_channel: bool,
    needs_connection: bool,
    read: fn(&Arguments<'_>) -> Reading,
}

/// What stands at a place behind a command.
#[derive(Debug, Clone, Copy)]
pub(super) enum Takes {
    /// Somebody.
    Person,
    /// Any channel.
    Channel,
    /// A channel or conversation that one is in.
    Open,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a command.
    Command,
}

/// What a line does, once it is read; or what is wrong with it.
pub(super) type Reading = Result<Line, String>;

/// A line that is read and can be done.
pub(super) struct Line {
    /// Whether what it says is kept elsewhere until it has arrived, so that the line need not come back.
    pub(super) is_kept: bool,
    pub(super) run: Box<dyn FnOnce(&mut State) -> Outcome>,
}

impl Line {
    /// A line that leads to something on the screen.
    fn shows(run: impl FnOnce(&mut State) -> Outcome + 'static) -> Reading {
        Ok(Self { is_kept: false, run: Box::new(run) })
    }

    /// A line that asks for something, or tells something.
    fn does(run: impl FnOnce(&mut State) -> Vec<Effect> + 'static) -> Reading {
        Self::shows(|chat| Outcome::GoOn(run(chat)))
    }

    /// A line that says something.
    fn says(run: impl FnOnce(&mut State) -> Vec<Effect> + 'static) -> Reading {
        Ok(Self { is_kept: true, run: Box::new(|chat| Outcome::GoOn(run(chat))) })
    }
}

impl Command {
    const fn new(name: &'static str, help: Key, read: fn(&Arguments<'_>) -> Reading) -> Self {
        let (aliases, takes): (&[_], &[_]) = (&[], &[]);
        Self { name, aliases, arguments: None, help, takes, needs_channel: false, needs_connection: false, read }
    }

    /// It has other names as well.
    const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Something stands behind it, written so in the help.
    const fn with(self, arguments: Key) -> Self {
        Self { arguments: Some(arguments), ..self }
    }

    /// Tab completes this at each place behind it.
    const fn takes(self, takes: &'static [Takes]) -> Self {
        Self { takes, ..self }
    }

    /// It is about the open channel, which one has to be in.
    const fn here(self) -> Self {
        Self { needs_channel: true, ..self }
    }

    /// It can only be done with a connection.
    const fn online(self) -> Self {
        Self { needs_connection: true, ..self }
    }

    /// Says how it is written.
    pub fn usage(&self) -> String {
        match self.arguments {
            None => self.name.to_owned(),
            Some(arguments) => format!("{} {}", self.name, arguments.label()),
        }
    }

    /// What the help says.
    pub fn help(&self) -> &'static str {
        self.help.label()
    }
}

/// Every command, as the help lists them.
pub fn all() -> impl Iterator<Item = &'static Command> {
    let families =
        [channels::COMMANDS, members::COMMANDS, saying::COMMANDS, people::COMMANDS, own::COMMANDS, pages::COMMANDS];
    families.into_iter().chain([program::COMMANDS]).flatten()
}

/// Finds a command by one of its names, in lower case.
pub(super) fn known(name: &str) -> Option<&'static Command> {
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
pub(super) fn read(chat: &State, text: &str) -> Reading {
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

impl State {
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
