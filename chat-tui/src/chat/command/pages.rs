//! Commands that show a page.

use super::arguments::Arguments;
use super::{Line, Reading, SlashCommand};
use crate::chat::outcome::KeyOutcome;
use crate::page::PagePlace;

pub(super) const PAGE_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/channels", key!("command-channels"), channels)
        .also(&["/list"])
        .with(key!("command-channels-arguments")),
    SlashCommand::new("/search", key!("command-search"), search).also(&["/s"]).with(key!("command-search-arguments")),
    SlashCommand::new("/activity", key!("command-activity"), activity).also(&["/catchup", "/inbox", "/mentions"]),
    SlashCommand::new("/room", key!("command-room"), room).also(&["/members", "/names", "/who"]).here(),
    SlashCommand::new("/pins", key!("command-pins"), pins).here(),
    SlashCommand::new("/bans", key!("command-bans"), bans).also(&["/timeouts", "/moderation"]).here(),
    SlashCommand::new("/home", key!("command-home"), home).also(&["/feed"]),
    SlashCommand::new("/friends", key!("command-friends"), friends),
    SlashCommand::new("/sessions", key!("command-sessions"), sessions),
    SlashCommand::new("/settings", key!("command-settings"), settings),
];

fn shows(place: PagePlace) -> Reading {
    Line::shows(|_| KeyOutcome::Page(place))
}

fn channels(arguments: &Arguments<'_>) -> Reading {
    shows(PagePlace::Channels(arguments.text.to_owned()))
}

fn search(arguments: &Arguments<'_>) -> Reading {
    shows(PagePlace::Search(arguments.text.to_owned()))
}

fn activity(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(PagePlace::CatchUp)
}

fn room(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(PagePlace::Room))
}

fn pins(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(PagePlace::Pins))
}

fn bans(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.page_of_channel(PagePlace::Moderation))
}

fn home(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(PagePlace::Feed)
}

fn friends(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(PagePlace::Friends)
}

fn sessions(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(PagePlace::Sessions)
}

fn settings(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    shows(PagePlace::Settings)
}
