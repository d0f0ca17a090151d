//! Commands about the program itself.

use super::arguments::Arguments;
use super::{Command, Line, Reading, Takes, known};
use crate::chat::outcome::Outcome;
use crate::keymap::Action;
use crate::text::CleanLine;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("/next", key!("command-next"), next).also(&["/unread"]),
    Command::new("/read", key!("command-read"), read).also(&["/markread"]),
    Command::new("/retry", key!("command-retry"), retry),
    Command::new("/takeback", key!("command-takeback"), take_back),
    Command::new("/unfold", key!("command-unfold"), unfold),
    Command::new("/help", key!("command-help"), help)
        .also(&["/h"])
        .with(key!("command-help-arguments"))
        .takes(&[Takes::Command]),
    Command::new("/logout", key!("command-logout"), log_out),
    Command::new("/quit", key!("command-quit"), quit).also(&["/exit", "/q"]),
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
    let Some(word) = arguments.at_most(1)?.next() else { return Line::shows(|_| Outcome::Help) };
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
    Line::shows(|chat| chat.unless_unsent(Outcome::SignOut))
}

fn quit(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.unless_unsent(Outcome::Quit))
}
