//! Commands about what one sets for oneself.

use proto::{
    About, Avatar, ChosenPresence, ClientPacket, DisplayName, Notify, NotifyLevel, SetPresence, SetProfile, Status,
    bounds,
};

use super::arguments::{Arguments, handle_argument};
use super::{Line, Reading, SlashCommand, Takes};
use crate::chat::outcome::KeyOutcome;
use crate::chat::{Asked, ChatScreen};
use crate::core::attachment::SourceFile;
use crate::effect::Effect;
use crate::rules::OnScreen;
use crate::shortcodes;
use crate::text::CleanLine;

pub(super) const OWN_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/notify", key!("command-notify"), notify)
        .with(key!("command-notify-arguments"))
        .takes(&[Takes::Word(&["all", "mentions", "none"])])
        .here()
        .online(),
    SlashCommand::new("/mute", key!("command-mute"), mute)
        .also(&["/quiet"])
        .with(key!("command-mute-arguments"))
        .here()
        .online(),
    SlashCommand::new("/unmute", key!("command-unmute"), unmute).here().online(),
    SlashCommand::new("/status", key!("command-status"), status).with(key!("command-status-arguments")),
    SlashCommand::new("/away", key!("command-away"), away).with(key!("command-away-arguments")).online(),
    SlashCommand::new("/dnd", key!("command-dnd"), dnd).with(key!("command-dnd-arguments")).online(),
    SlashCommand::new("/invisible", key!("command-invisible"), invisible).online(),
    SlashCommand::new("/back", key!("command-back"), back).online(),
    SlashCommand::new("/nick", key!("command-nick"), nick)
        .also(&["/name"])
        .with(key!("command-nick-arguments"))
        .online(),
    SlashCommand::new("/about", key!("command-about"), about).with(key!("command-about-arguments")).online(),
    SlashCommand::new("/avatar", key!("command-avatar"), avatar)
        .with(key!("command-avatar-arguments"))
        .takes(&[Takes::Paths])
        .online(),
    SlashCommand::new("/password", key!("command-password"), password),
];

fn notify(arguments: &Arguments<'_>) -> Reading {
    let level = match arguments.text {
        "all" => NotifyLevel::All,
        "mentions" => NotifyLevel::Mentions,
        "none" => NotifyLevel::None,
        _ => return Err(arguments.usage()),
    };
    Line::does(move |chat| chat.set_level(level))
}

/// Mutes the open channel, for so many minutes or until it is unmuted. Who means a member is shown the way.
fn mute(arguments: &Arguments<'_>) -> Reading {
    let words = arguments.text.split_whitespace().collect::<Vec<_>>();
    match words.as_slice() {
        // What one hears of is kept for the day when it is unmuted.
        [] => Line::does(ChatScreen::mute),
        [minutes] if minutes.parse::<u32>().is_ok() => match arguments.number(minutes)? {
            0 => Line::does(ChatScreen::unmute),
            minutes => Line::does(move |chat| chat.mute_for(minutes.saturating_mul(60))),
        },
        [who, minutes] if minutes.parse::<u32>().is_ok() => {
            Err(say!("error-mute-member", handle = handle_argument(who)?.as_str(), minutes = *minutes))
        }
        [who] => Err(say!("error-mute-member-handle", handle = handle_argument(who)?.as_str())),
        _ => Err(arguments.usage()),
    }
}

fn unmute(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::does(ChatScreen::unmute)
}

fn status(arguments: &Arguments<'_>) -> Reading {
    if arguments.is_empty() {
        return Line::does(ChatScreen::show_status);
    }
    arguments.chat.must_be_online()?;
    let status = read_status(arguments.value())?;
    let told = if arguments.value().is_empty() { label!("notice-status-cleared") } else { label!("notice-status-set") };
    presence(None, Some(status), told)
}

fn away(arguments: &Arguments<'_>) -> Reading {
    present_as(ChosenPresence::Away, arguments, label!("notice-presence-away"))
}

fn dnd(arguments: &Arguments<'_>) -> Reading {
    present_as(ChosenPresence::Dnd, arguments, label!("notice-presence-busy"))
}

fn invisible(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    present_as(ChosenPresence::Invisible, arguments, label!("notice-presence-invisible"))
}

fn back(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    presence(Some(ChosenPresence::Online), Some(Status::default()), label!("notice-presence-online"))
}

/// A status that was set before stays when none is given.
fn present_as(state: ChosenPresence, arguments: &Arguments<'_>, told: &str) -> Reading {
    let status = if arguments.is_empty() { None } else { Some(read_status(arguments.text)?) };
    presence(Some(state), status, told)
}

fn presence(state: Option<ChosenPresence>, status: Option<Status>, told: &str) -> Reading {
    let (packet, told) = (ClientPacket::SetPresence(SetPresence { state, status }), Asked::Told(told.to_owned()));
    Line::does(|chat| chat.request(told, packet))
}

fn read_status(text: &str) -> Result<Status, String> {
    shortcodes::expanded(text).parse::<Status>().map_err(|error| error.on_screen())
}

fn nick(arguments: &Arguments<'_>) -> Reading {
    let name = value(arguments)?.parse::<DisplayName>().map_err(|error| error.on_screen())?;
    profile(SetProfile { display_name: Some(name), ..SetProfile::default() })
}

fn about(arguments: &Arguments<'_>) -> Reading {
    let about = value(arguments)?.parse::<About>().map_err(|error| error.on_screen())?;
    profile(SetProfile { about: Some(about), ..SetProfile::default() })
}

/// Reads the path of a picture as a shell does; `remove` takes the one away that was set.
fn avatar(arguments: &Arguments<'_>) -> Reading {
    let text = arguments.some()?;
    if text == "remove" {
        return profile(SetProfile { avatar: Some(Avatar::default()), ..SetProfile::default() });
    }
    let paths = shell_words::split(text).map_err(|_| label!("error-upload-quotes").to_owned())?;
    let [path] = &paths[..] else { return Err(arguments.usage()) };
    let source = SourceFile { path: path.into(), keep_metadata: false };
    Line::does(|_| vec![Effect::UploadAvatar(source)])
}

fn value<'a>(arguments: &Arguments<'a>) -> Result<&'a str, String> {
    if arguments.is_empty() {
        return Err(say!("error-usage-profile", usage = arguments.command.usage()));
    }
    Ok(arguments.value())
}

fn profile(profile: SetProfile) -> Reading {
    let told = Asked::Told(label!("notice-profile-saved").to_owned());
    Line::does(|chat| chat.request(told, ClientPacket::SetProfile(profile)))
}

fn password(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|_| KeyOutcome::Password)
}

impl ChatScreen {
    fn set_level(&mut self, level: NotifyLevel) -> Vec<Effect> {
        let channel = self.title_here();
        let told = match level {
            NotifyLevel::Mentions => say!("notice-notify-mentions", channel = channel),
            NotifyLevel::None => say!("notice-notify-none", channel = channel),
            NotifyLevel::All | NotifyLevel::Unknown => say!("notice-notify-all", channel = channel),
        };
        self.notify_here(told, Some(level), None)
    }

    fn mute(&mut self) -> Vec<Effect> {
        let told = say!("notice-muted", channel = self.title_here());
        self.notify_here(told, None, Some(bounds::QUIET_SECONDS_MAX))
    }

    fn mute_for(&mut self, seconds: u32) -> Vec<Effect> {
        let told = say!("notice-muted-until", channel = self.title_here(), time = self.moment_in(seconds));
        self.notify_here(told, None, Some(seconds))
    }

    fn unmute(&mut self) -> Vec<Effect> {
        let is_off = self.channel().is_some_and(|channel| channel.level == NotifyLevel::None);
        let told = say!("notice-unmuted", channel = self.title_here());
        self.notify_here(told, is_off.then_some(NotifyLevel::All), Some(0))
    }

    fn notify_here(&mut self, told: String, level: Option<NotifyLevel>, quiet_s: Option<u32>) -> Vec<Effect> {
        self.ask_here_as(Asked::Told(told), |id| ClientPacket::Notify(Notify { id, level, quiet_s }))
    }

    fn show_status(&mut self) -> Vec<Effect> {
        let status = self.core.people.settings.as_ref().map(|settings| CleanLine::new(settings.status.as_str()));
        self.tell(match status.filter(|status| !status.as_str().is_empty()) {
            Some(status) => say!("notice-status", status = status.as_str()),
            None => label!("notice-status-none").to_owned(),
        });
        Vec::new()
    }
}
