//! Commands about channels: going into and out of them, and what they are.

use proto::{
    ChangeSettings, ChannelId, ChannelKind, ClientPacket, CreateChannel, CreateInvite, CreatedKind, DeleteChannel,
    Invite, InviteCode, JoinChannel, NameError, SetTopic, Topic,
};

use super::arguments::{Arguments, channel_argument};
use super::{Line, Reading, SlashCommand, Takes};
use crate::chat::outcome::KeyOutcome;
use crate::chat::terms::Purpose;
use crate::chat::{Asked, ChatScreen};
use crate::effect::Effect;
use crate::meant::Meant;
use crate::rules::OnScreen;
use crate::text::CleanLine;

pub(super) const CHANNEL_COMMANDS: &[SlashCommand] = &[
    SlashCommand::new("/join", key!("command-join"), join)
        .also(&["/j"])
        .with(key!("command-join-arguments"))
        .takes(&[Takes::Channel]),
    SlashCommand::new("/open", key!("command-open"), open)
        .also(&["/buffer"])
        .with(key!("command-open-arguments"))
        .takes(&[Takes::Open]),
    SlashCommand::new("/create", key!("command-create"), create)
        .with(key!("command-create-arguments"))
        .takes(&[Takes::Channel, Takes::Word(&["private", "public"])])
        .online(),
    SlashCommand::new("/leave", key!("command-leave"), leave)
        .also(&["/part"])
        .with(key!("command-leave-arguments"))
        .takes(&[Takes::Open]),
    SlashCommand::new("/close", key!("command-close"), close)
        .with(key!("command-close-arguments"))
        .takes(&[Takes::Open]),
    SlashCommand::new("/invite", key!("command-invite"), invite).with(key!("command-invite-arguments")).here().online(),
    SlashCommand::new("/invite-code", key!("command-invite-code"), invite_code)
        .also(&["/code"])
        .with(key!("command-invite-code-arguments"))
        .here()
        .online(),
    SlashCommand::new("/redeem", key!("command-redeem"), redeem).with(key!("command-redeem-arguments")).online(),
    SlashCommand::new("/public", key!("command-public"), public).here().online(),
    SlashCommand::new("/private", key!("command-private"), private).here().online(),
    SlashCommand::new("/rename", key!("command-rename"), rename)
        .with(key!("command-rename-arguments"))
        .takes(&[Takes::Channel])
        .here()
        .online(),
    SlashCommand::new("/readonly", key!("command-readonly"), read_only)
        .with(key!("command-readonly-arguments"))
        .takes(&[Takes::Word(&["on", "off"])])
        .here()
        .online(),
    SlashCommand::new("/slow", key!("command-slow"), slow).with(key!("command-slow-arguments")).here().online(),
    SlashCommand::new("/topic", key!("command-topic"), topic).with(key!("command-topic-arguments")).here(),
    SlashCommand::new("/delete-channel", key!("command-delete-channel"), delete)
        .also(&["/deletechannel"])
        .with(key!("command-delete-channel-arguments"))
        .takes(&[Takes::Channel])
        .here()
        .online(),
];

fn join(arguments: &Arguments<'_>) -> Reading {
    let meant = arguments.meant()?;
    if !arguments.chat.is_here(&meant) {
        arguments.chat.must_be_online()?;
    }
    Line::shows(|chat| chat.with_meant(meant, Purpose::Join))
}

fn open(arguments: &Arguments<'_>) -> Reading {
    let meant = arguments.meant()?;
    Line::shows(|chat| chat.with_meant(meant, Purpose::Open))
}

fn create(arguments: &Arguments<'_>) -> Reading {
    let mut words = arguments.at_most(2)?;
    let name = channel_argument(words.next().ok_or_else(|| arguments.usage())?)?;
    let kind = match words.next() {
        None | Some("public") => CreatedKind::Public,
        Some("private") => CreatedKind::Private,
        Some(other) => {
            let (word, usage) = (CleanLine::new(other), arguments.command.usage());
            return Err(say!("error-visibility-word", word = word.as_str(), usage = usage));
        }
    };
    let create = ClientPacket::CreateChannel(CreateChannel { name, kind, topic: None });
    Line::does(|chat| chat.request(Asked::Open, create))
}

fn leave(arguments: &Arguments<'_>) -> Reading {
    match arguments.meant_or_here()? {
        Some(meant) => Line::shows(|chat| chat.with_meant(meant, Purpose::Leave)),
        None => Line::shows(|chat| chat.with_open(ChatScreen::leave)),
    }
}

fn close(arguments: &Arguments<'_>) -> Reading {
    match arguments.meant_or_here()? {
        Some(meant) => Line::shows(|chat| chat.with_meant(meant, Purpose::Close)),
        None => Line::shows(|chat| chat.with_open(ChatScreen::close_or_refuse)),
    }
}

fn invite(arguments: &Arguments<'_>) -> Reading {
    let handle = arguments.handle()?;
    arguments.chat.must_take_members()?;
    let asked = Asked::Invite(handle.clone());
    Line::does(|chat| chat.ask_here_as(asked, |id| ClientPacket::Invite(Invite { id, handle })))
}

fn invite_code(arguments: &Arguments<'_>) -> Reading {
    let mut words = arguments.at_most(2)?;
    let uses = words.next().map(|word| arguments.number(word)).transpose()?;
    let days = words.next().map(|word| arguments.number(word)).transpose()?;
    arguments.chat.must_take_members()?;
    let for_s = days.map(|days| days.saturating_mul(86_400));
    Line::does(move |chat| {
        chat.ask_here_as(Asked::Invitation, |id| ClientPacket::CreateInvite(CreateInvite { id, uses, for_s }))
    })
}

fn redeem(arguments: &Arguments<'_>) -> Reading {
    let [word] = arguments.words()?;
    let no_code = |_| say!("error-invite-code-form", code = CleanLine::new(word).as_str());
    let code = word.parse::<InviteCode>().map_err(no_code)?;
    Line::does(move |chat| chat.request(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Code(code))))
}

fn public(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.with_open(|chat, id| chat.set_kind(id, CreatedKind::Public)))
}

fn private(arguments: &Arguments<'_>) -> Reading {
    arguments.nothing()?;
    Line::shows(|chat| chat.with_open(|chat, id| chat.set_kind(id, CreatedKind::Private)))
}

fn rename(arguments: &Arguments<'_>) -> Reading {
    let name = arguments.channel()?;
    Line::does(|chat| chat.set_here(Asked::Quietly, |settings| settings.name = Some(name)))
}

fn read_only(arguments: &Arguments<'_>) -> Reading {
    let on = match arguments.text {
        "on" => true,
        "off" => false,
        _ => return Err(arguments.usage()),
    };
    let channel = arguments.chat.title_here();
    let told =
        if on { say!("notice-read-only", channel = channel) } else { say!("notice-not-read-only", channel = channel) };
    Line::does(move |chat| chat.set_here(Asked::Told(told), |settings| settings.read_only = Some(on)))
}

fn slow(arguments: &Arguments<'_>) -> Reading {
    let [word] = arguments.words()?;
    let seconds = arguments.number(word)?;
    let told = match seconds {
        0 => label!("notice-slow-mode-off").to_owned(),
        seconds => say!("notice-slow-mode", seconds = seconds),
    };
    Line::does(move |chat| chat.set_here(Asked::Told(told), |settings| settings.slow_mode_s = Some(seconds)))
}

/// As elsewhere, the command alone shows what there is; weechat takes it away by `-delete`.
fn topic(arguments: &Arguments<'_>) -> Reading {
    if arguments.is_empty() {
        return Line::does(ChatScreen::show_topic);
    }
    let text = if arguments.text == "-delete" { "" } else { arguments.value() };
    let topic = crate::shortcodes::expanded(text).parse::<Topic>();
    let topic = topic.map_err(|error: NameError| error.on_screen())?;
    arguments.chat.must_be_online()?;
    Line::does(|chat| chat.ask_here(|id| ClientPacket::SetTopic(SetTopic { id, topic })))
}

/// What is deleted for good is named beyond doubt.
fn delete(arguments: &Arguments<'_>) -> Reading {
    let meant = arguments.meant()?;
    let open = arguments.chat.channel().filter(|channel| channel.kind != ChannelKind::Dm);
    let Some(open) = open else { return Err(arguments.usage()) };
    let is_meant = match &meant {
        Meant::Name(name) => open.name == *name,
        Meant::Id(id) => open.id == *id,
        Meant::Person(_) => false,
    };
    if !is_meant {
        let name = CleanLine::new(open.name.as_str());
        return Err(say!("error-delete-channel-name", channel = open.title(), name = name.as_str()));
    }
    if matches!(meant, Meant::Name(_)) && arguments.chat.tag(open).is_some() {
        return Err(say!("error-delete-channel-namesakes", id = open.id.to_string()));
    }
    Line::does(|chat| chat.ask_here(|id| ClientPacket::DeleteChannel(DeleteChannel { id })))
}

impl ChatScreen {
    pub(super) fn must_be_open(&self) -> Result<(), String> {
        self.current.map(drop).ok_or_else(|| label!("error-no-channel").to_owned())
    }

    /// Nobody is invited into a direct message.
    fn must_take_members(&self) -> Result<(), String> {
        let is_direct = self.channel().is_some_and(|channel| channel.kind == ChannelKind::Dm);
        if is_direct { Err(label!("error-invite-no-channel").to_owned()) } else { Ok(()) }
    }

    /// Does something with the open channel.
    pub(super) fn with_open(&mut self, work: impl FnOnce(&mut Self, ChannelId) -> KeyOutcome) -> KeyOutcome {
        match self.current {
            Some(id) => work(self, id),
            None => self.refuse(label!("error-no-channel")),
        }
    }

    fn set_here(&mut self, asked: Asked, change: impl FnOnce(&mut ChangeSettings)) -> Vec<Effect> {
        self.ask_here_as(asked, |id| {
            let mut settings = ChangeSettings::of(id);
            change(&mut settings);
            ClientPacket::ChangeSettings(settings)
        })
    }

    fn show_topic(&mut self) -> Vec<Effect> {
        let Some(channel) = self.channel() else { return Vec::new() };
        let (title, topic) = (channel.title(), channel.topic.as_str());
        let words = match topic {
            "" => say!("notice-topic-none", channel = title),
            topic => say!("notice-topic", channel = title, topic = topic),
        };
        self.tell(words);
        Vec::new()
    }
}
