//! Commands about the program itself.

use super::arguments::Arguments;
use super::{Line, Reading, SlashCommand, Takes, known};
use crate::chat::outcome::KeyOutcome;
use crate::keymap::Action;
use crate::text::CleanLine;

pub(super) const PROGRAM_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/next", key!("command-next"), next).also(&["/unread"]),
    SlashCommand::new("/read", key!("command-read"), read).also(&["/markread"]),
    SlashCommand::new("/retry", key!("command-retry"), retry),
    SlashCommand::new("/takeback", key!("command-takeback"), take_back),
    SlashCommand::new("/unfold", key!("command-unfold"), unfold),
    SlashCommand::new("/help", key!("command-help"), help)
        .also(&["/h"])
        .with(key!("command-help-arguments"))
        .takes(&[Takes::Command]),
    SlashCommand::new("/logout", key!("command-logout"), log_out),
    SlashCommand::new("/quit", key!("command-quit"), quit).also(&["/exit", "/q"]),
];

/// What a key does as well.
fn acts(arguments: &Arguments<'_>, action: Action) -> Reading {
    arguments.nothing()?;
    Line::shows(move |chat| chat.act(action, false))
}

fn next(arguments: &Arguments<'_>) -> Reading {
    acts(arguments, Action::NextUnread)
}

fn read(arguments: &Arguments<'_>) -> Reading {
    acts(arguments, Action::MarkRead)
}

fn retry(arguments: &Arguments<'_>) -> Reading {
    acts(arguments, Action::Retry)
}

fn take_back(arguments: &Arguments<'_>) -> Reading {
    acts(arguments, Action::TakeBack)
}

fn unfold(arguments: &Arguments<'_>) -> Reading {
    acts(arguments, Action::Unfold)
}

fn help(arguments: &Arguments<'_>) -> Reading {
    let Some(word) = arguments.at_most(1)?.next() else { return Line::shows(|_| KeyOutcome::Help) };
    let name = format!("/{}", word.trim_start_matches('/').to_lowercase());
    let Some(command) = known(&name) else {
        return Err(say!("error-unknown-command", command = CleanLine::new(&name).as_str()));
    };
    Line::does(|chat| {
        chat.tell(say!("notice-command-help", usage = command.usage(), help = command.help()));
        Vec::new()
    })
}

fn log_out(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.unless_unsent(KeyOutcome::SignOut))
}

fn quit(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.unless_unsent(KeyOutcome::Quit))
}
