//! Commands that show a page.

use super::arguments::Arguments;
use super::{Command, Line, Reading};
use crate::chat::outcome::Outcome;
use crate::page::Place;

pub(super) const COMMANDS: &[Command] = &[
    Command::new("/channels", key!("command-channels"), channels)
        .also(&["/list"])
        .with(key!("command-channels-arguments")),
    Command::new("/search", key!("command-search"), search).also(&["/s"]).with(key!("command-search-arguments")),
    Command::new("/activity", key!("command-activity"), activity).also(&["/catchup", "/inbox", "/mentions"]),
    Command::new("/room", key!("command-room"), room).also(&["/members", "/names", "/who"]).here(),
    Command::new("/pins", key!("command-pins"), pins).here(),
    Command::new("/bans", key!("command-bans"), bans).also(&["/timeouts", "/moderation"]).here(),
    Command::new("/home", key!("command-home"), home).also(&["/feed"]),
    Command::new("/friends", key!("command-friends"), friends),
    Command::new("/sessions", key!("command-sessions"), sessions),
    Command::new("/settings", key!("command-settings"), settings),
];

fn shows(place: Place) -> Reading {
    Line::shows(|_| Outcome::Page(place))
}

fn channels(arguments: &Arguments<'_>) -> Reading {
    shows(Place::Channels(arguments.text.to_owned()))
}

fn search(arguments: &Arguments<'_>) -> Reading {
    shows(Place::Search(arguments.text.to_owned()))
}

fn activity(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(Place::CatchUp)
}

fn room(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(Place::Room))
}

fn pins(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(Place::Pins))
}

fn bans(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(Place::Moderation))
}

fn home(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(Place::Feed)
}

fn friends(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(Place::Friends)
}

fn sessions(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(Place::Sessions)
}

fn settings(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(Place::Settings)
}
