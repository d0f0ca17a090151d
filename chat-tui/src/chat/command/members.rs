//! Commands about the members of the open channel.

use proto::{Ban, ClientPacket, Kick, Mute, Role, SetRole};

use super::arguments::{Arguments, handle_argument};
use super::{Line, Reading, SlashCommand, Takes};
use crate::chat::Asked;
use crate::text::CleanLine;

pub(super) const MEMBER_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/kick", key!("command-kick"), kick).with(key!("command-kick-arguments")).here().online(),
    SlashCommand::new("/ban", key!("command-ban"), ban).with(key!("command-ban-arguments")).here().online(),
    SlashCommand::new("/unban", key!("command-unban"), unban).with(key!("command-unban-arguments")).here().online(),
    SlashCommand::new("/timeout", key!("command-timeout"), time_out)
        .with(key!("command-timeout-arguments"))
        .here()
        .online(),
    SlashCommand::new("/role", key!("command-role"), role)
        .with(key!("command-role-arguments"))
        .takes(&[Takes::Person, Takes::Word(&["owner", "moderator", "member"])])
        .here()
        .online(),
];

fn kick(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    let told = say!("notice-kicked", handle = handle.as_str(), channel = arguments.chat.title_here());
    Line::does(|chat| chat.ask_here_as(Asked::Told(told), |id| ClientPacket::Kick(Kick { id, handle })))
}

fn ban(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    let told = say!("notice-banned", handle = handle.as_str(), channel = arguments.chat.title_here());
    Line::does(|chat| chat.ask_here_as(Asked::Told(told), |id| ClientPacket::Ban(Ban { id, handle, on: true })))
}

fn unban(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    let told = say!("notice-unbanned", handle = handle.as_str(), channel = arguments.chat.title_here());
    Line::does(|chat| chat.ask_here_as(Asked::Told(told), |id| ClientPacket::Ban(Ban { id, handle, on: false })))
}

fn time_out(arguments: &Arguments<'_>) -> Reading {
    let [who, minutes] = arguments.words()?;
    let (handle, for_s) = (handle_argument(who)?, arguments.number(minutes)?.saturating_mul(60));
    let told = match for_s {
        0 => say!("notice-timeout-ended", handle = handle.as_str()),
        for_s => say!("notice-timed-out", handle = handle.as_str(), time = arguments.chat.moment_in(for_s)),
    };
    Line::does(move |chat| chat.ask_here_as(Asked::Told(told), |id| ClientPacket::Mute(Mute { id, handle, for_s })))
}

fn role(arguments: &Arguments<'_>) -> Reading {
    let [who, word] = arguments.words()?;
    let role = match word {
        "owner" => Role::Owner,
        "moderator" => Role::Moderator,
        "member" => Role::Member,
        other => {
            let (word, usage) = (CleanLine::new(other), arguments.command.usage());
            return Err(say!("error-role-word", word = word.as_str(), usage = usage));
        }
    };
    let handle = handle_argument(who)?;
    Line::does(move |chat| chat.ask_here(|id| ClientPacket::SetRole(SetRole { id, handle, role })))
}
