//! A command as an entry of a table, and what a line is read into.

use super::arguments::Arguments;
use crate::catalogue::Key;
use crate::chat::ChatScreen;
use crate::chat::outcome::KeyOutcome;
use crate::effect::Effect;

/// A command that is typed behind `/`.
#[derive(Debug)]
pub struct SlashCommand {
    /// Its name with the slash.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// What stands behind it, as people write it.
    pub(super) arguments: Option<Key>,
    pub(super) help: Key,
    /// What Tab completes at each place behind it; people or channels, by their sign, where nothing is said.
    pub(in crate::chat) takes: &'static [Takes],
    pub(super) needs_channel: bool,
    pub(super) needs_connection: bool,
    pub(super) read: fn(&Arguments<'_>) -> Reading,
}

/// What stands at a place behind a command.
#[derive(Debug, Clone, Copy)]
pub(in crate::chat) enum Takes {
    /// The handle of a person.
    Person,
    /// The name of a public channel, or of one that one is in.
    Channel,
    /// A channel or conversation that one is in.
    Open,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a command.
    Command,
    /// Files of this machine, as many as one likes.
    Paths,
}

/// What a line does, once it is read; or what is wrong with it.
pub(in crate::chat) type Reading = Result<Line, String>;

/// A line that is read and can be done.
pub(in crate::chat) struct Line {
    /// Whether what it says is kept elsewhere until it has arrived, so that the line need not come back.
    pub(in crate::chat) is_kept: bool,
    pub(in crate::chat) run: Box<dyn FnOnce(&mut ChatScreen) -> KeyOutcome>,
}

impl Line {
    /// A line that leads to something on the screen.
    pub(super) fn shows(run: impl FnOnce(&mut ChatScreen) -> KeyOutcome + 'static) -> Reading {
        Ok(Self { is_kept: false, run: Box::new(run) })
    }

    /// A line that asks for something, or tells something.
    pub(super) fn does(run: impl FnOnce(&mut ChatScreen) -> Vec<Effect> + 'static) -> Reading {
        Self::shows(|chat| KeyOutcome::GoOn(run(chat)))
    }

    /// A line that says something.
    pub(super) fn says(run: impl FnOnce(&mut ChatScreen) -> Vec<Effect> + 'static) -> Reading {
        Ok(Self { is_kept: true, run: Box::new(|chat| KeyOutcome::GoOn(run(chat))) })
    }
}

impl SlashCommand {
    pub(super) const fn new(name: &'static str, help: Key, read: fn(&Arguments<'_>) -> Reading) -> Self {
        let (aliases, takes): (&[_], &[_]) = (&[], &[]);
        Self { name, aliases, arguments: None, help, takes, needs_channel: false, needs_connection: false, read }
    }

    /// It has other names as well.
    pub(super) const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Something stands behind it, written so in the help.
    pub(super) const fn with(self, arguments: Key) -> Self {
        Self { arguments: Some(arguments), ..self }
    }

    /// Tab completes this at each place behind it.
    pub(super) const fn takes(self, takes: &'static [Takes]) -> Self {
        Self { takes, ..self }
    }

    /// It is about the open channel, which one has to be in.
    pub(super) const fn here(self) -> Self {
        Self { needs_channel: true, ..self }
    }

    /// It can only be done with a connection.
    pub(super) const fn online(self) -> Self {
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
