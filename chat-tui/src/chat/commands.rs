//! What commands do, whether typed or filled into a form.

use proto::{
    Ban, Block, ChangeSettings, ChannelId, ChannelKind, ChannelName, ChosenPresence, ClientPacket, CreateChannel,
    CreateInvite, CreatedKind, Handle, Invite, JoinChannel, Kick, Mute, Notify, NotifyLevel, Relation, SetRole,
    SetTopic, Timestamp, WhichChannel, WhichPerson,
};

use super::command::{Command, Meant};
use super::keys::Outcome;
use super::naming::Purpose;
use super::{Asked, State};
use crate::core::outbox::Outgoing;
use crate::effect::Effect;
use crate::page::Place;
use crate::text::CleanLine;

impl State {
    /// Does a command.
    pub(super) fn run(&mut self, command: Command, now: Timestamp) -> Outcome {
        Outcome::GoOn(match command {
            Command::Say(kind, content) => match self.current {
                Some(channel) => {
                    let outgoing = self.core.outgoing(content.as_str().to_owned(), kind);
                    let outgoing = Outgoing { reply_to: self.take_reply(), ..outgoing };
                    self.send(channel, outgoing);
                    Vec::new()
                }
                None => self.no_channel(),
            },
            Command::Join(meant) => return self.with_meant(meant, Purpose::Join),
            Command::Open(meant) => return self.with_meant(meant, Purpose::Open),
            Command::Create(name, kind) => self.create_channel(name, kind),
            Command::Leave(Some(meant)) => return self.with_meant(meant, Purpose::Leave),
            Command::Close(Some(meant)) => return self.with_meant(meant, Purpose::Close),
            Command::Close(None) => match self.current {
                Some(id) => return self.close_or_refuse(id),
                None => self.no_channel(),
            },
            Command::Leave(None) => match self.current {
                Some(id) => return self.leave(id),
                None => self.no_channel(),
            },
            Command::Message(handle, content) => self.message(handle, content, now),
            Command::Invite(handle) => {
                self.here_as(Asked::Invite(handle.clone()), |id| ClientPacket::Invite(Invite { id, handle }))
            }
            Command::InviteCode(uses, days) => {
                let for_s = days.map(|days| days.saturating_mul(86_400));
                self.here_as(Asked::Invitation, |id| ClientPacket::CreateInvite(CreateInvite { id, uses, for_s }))
            }
            Command::Redeem(code) => self.request(Asked::Open, ClientPacket::JoinChannel(JoinChannel::Code(code))),
            Command::Kind(kind) => match self.current {
                Some(id) => return self.set_kind(id, kind),
                None => self.no_channel(),
            },
            Command::DeleteChannel(meant) if self.is_current(&meant) => {
                let namesakes = self.channel().filter(|channel| self.tag(channel).is_some()).map(|channel| channel.id);
                if let (Meant::Name(_), Some(id)) = (meant, namesakes) {
                    let one = format!("several channels have this name: /deletechannel id:{id} deletes the open one");
                    return self.refuse(one);
                }
                self.here(|id| ClientPacket::DeleteChannel(WhichChannel { id }))
            }
            Command::DeleteChannel(_) => return self.refuse("name the channel that is open, to be sure"),
            Command::Kick(handle) => self.here(|id| ClientPacket::Kick(Kick { id, handle })),
            Command::Ban(handle, on) => self.here(|id| ClientPacket::Ban(Ban { id, handle, on })),
            Command::Mute(handle, for_s) => self.here(|id| ClientPacket::Mute(Mute { id, handle, for_s })),
            Command::Rename(name) => self.settings(|settings| settings.name = Some(name)),
            Command::ReadOnly(on) => self.settings(|settings| settings.read_only = Some(on)),
            Command::SlowMode(seconds) => self.settings(|settings| settings.slow_mode_s = Some(seconds)),
            Command::Role(handle, role) => self.here(|id| ClientPacket::SetRole(SetRole { id, handle, role })),
            Command::Topic(topic) => self.here(|id| ClientPacket::SetTopic(SetTopic { id, topic })),
            Command::ShowTopic => self.show_topic(),
            Command::Post(content) => {
                self.post(&content);
                Vec::new()
            }
            Command::Page(place) => return Outcome::Page(place),
            Command::Room => return self.page_of_channel(Place::Room),
            Command::Pins => return self.page_of_channel(Place::Pins),
            Command::Profile(handle) => {
                return Outcome::Page(Place::Profile(handle.unwrap_or_else(|| self.me().clone())));
            }
            Command::Notify(level) => {
                let words = match level {
                    NotifyLevel::Mentions => "you hear of mentions and replies here",
                    NotifyLevel::None => "you hear of nothing here",
                    NotifyLevel::All | NotifyLevel::Unknown => "you hear of every message here",
                };
                let packet = |id| ClientPacket::Notify(Notify { id, level: Some(level), quiet_s: None });
                self.here_as(Asked::Told(words), packet)
            }
            Command::Quiet(seconds) => {
                let words = if seconds == 0 { "this channel is heard again" } else { "this channel is quiet for now" };
                let packet = |id| ClientPacket::Notify(Notify { id, level: None, quiet_s: Some(seconds) });
                self.here_as(Asked::Told(words), packet)
            }
            Command::Presence(presence) => {
                let words = presence.state.map_or("your status is set", presence_set);
                self.request(Asked::Told(words), ClientPacket::SetPresence(presence))
            }
            Command::ShowStatus => self.show_status(),
            Command::SetProfile(profile) => {
                self.request(Asked::Told("your profile is changed"), ClientPacket::SetProfile(profile))
            }
            // What becomes of it is told when it is so.
            Command::AskFriend(handle) if self.core.people.relation(&handle) == Relation::Friend => {
                self.tell(format!("{handle} is your friend already"));
                Vec::new()
            }
            Command::RemoveFriend(handle)
                if self.core.people.known() && self.core.people.relation(&handle) == Relation::None =>
            {
                self.tell(format!("{handle} is no friend of yours"));
                Vec::new()
            }
            Command::AskFriend(handle) => self.request(Asked::Quietly, ClientPacket::AskFriend(WhichPerson { handle })),
            Command::RemoveFriend(handle) => {
                self.request(Asked::Told("it is done"), ClientPacket::RemoveFriend(WhichPerson { handle }))
            }
            Command::Block(handle, on) => {
                let asked = if on { Asked::Quietly } else { Asked::Told("they may write to you again") };
                self.request(asked, ClientPacket::Block(Block { handle, on }))
            }
            Command::Act(action) => return self.act(action, false, now),
            Command::Password => return Outcome::Password,
            Command::Help(None) => return Outcome::Help,
            Command::Help(Some(entry)) => {
                self.tell(format!("{}: {}", entry.usage(), entry.help));
                Vec::new()
            }
            Command::Logout => return self.unless_unsent(Outcome::SignOut),
            Command::Quit => return self.unless_unsent(Outcome::Quit),
        })
    }

    /// Refuses, while it still stands in the composer, what can only be done with a connection, or only in a channel that one
    /// is in.
    pub(super) fn refused_here(&self, command: &Command) -> Option<String> {
        let here = matches!(
            command,
            Command::Say(..)
                | Command::Invite(_)
                | Command::InviteCode(..)
                | Command::Kind(_)
                | Command::DeleteChannel(_)
                | Command::Kick(_)
                | Command::Ban(..)
                | Command::Mute(..)
                | Command::Rename(_)
                | Command::ReadOnly(_)
                | Command::SlowMode(_)
                | Command::Role(..)
                | Command::Topic(_)
                | Command::ShowTopic
                | Command::Room
                | Command::Pins
                | Command::Notify(_)
                | Command::Quiet(_)
        );
        if here && self.current.is_none() {
            return Some("no channel is open: /join one first".to_owned());
        }
        if here && let Some(words) = self.gone_words() {
            return Some(words);
        }
        let shown = matches!(command, Command::Say(..) | Command::ShowTopic | Command::Room | Command::Pins);
        let asks = match command {
            Command::Join(meant) => !self.is_here(meant),
            Command::Message(handle, None) => self.core.conversation_with(handle).is_none(),
            Command::Create(..)
            | Command::Redeem(_)
            | Command::Presence(_)
            | Command::SetProfile(_)
            | Command::AskFriend(_)
            | Command::RemoveFriend(_)
            | Command::Block(..) => true,
            _ => here && !shown,
        };
        let online = self.core.is_online();
        (asks && !online).then(|| "there is no connection, try again when it is back".to_owned())
    }

    fn create_channel(&mut self, name: ChannelName, kind: CreatedKind) -> Vec<Effect> {
        let create = CreateChannel { name, kind, topic: None };
        self.request(Asked::Open, ClientPacket::CreateChannel(create))
    }

    /// Creates a channel that everybody can find, and shows it.
    pub(crate) fn create_public(&mut self, name: ChannelName) -> Vec<Effect> {
        self.create_channel(name, CreatedKind::Public)
    }

    /// Asks for what a page leads to: the page is left when it is shown.
    pub(crate) fn lead_to(&mut self, ask: impl FnOnce(&mut Self) -> Vec<Effect>) -> Vec<Effect> {
        let effects = ask(self);
        self.page_leads = !effects.is_empty();
        effects
    }

    /// The same for the conversation with somebody, which may be here already.
    pub(crate) fn lead_to_conversation(&mut self, handle: Handle) -> Vec<Effect> {
        self.page_left = self.core.conversation_with(&handle).is_some();
        if self.page_left { self.talk(handle) } else { self.lead_to(|chat| chat.talk(handle)) }
    }

    fn is_current(&self, meant: &Meant) -> bool {
        self.channel().filter(|channel| channel.kind != ChannelKind::Dm).is_some_and(|channel| match meant {
            Meant::Name(name) => channel.name == *name,
            Meant::Id(id) => channel.id == *id,
            Meant::Person(_) => false,
        })
    }

    fn show_topic(&mut self) -> Vec<Effect> {
        let Some(channel) = self.channel() else { return self.no_channel() };
        let (title, topic) = (channel.title(), channel.topic.as_str());
        let words =
            if topic.is_empty() { format!("{title} has no topic") } else { format!("topic of {title}: {topic}") };
        self.tell(words);
        Vec::new()
    }

    fn show_status(&mut self) -> Vec<Effect> {
        let status = self.core.people.settings.as_ref().map(|settings| CleanLine::new(settings.status.as_str()));
        let words = match status.filter(|status| !status.as_str().is_empty()) {
            Some(status) => format!("your status: {status} (/status - takes it away)"),
            None => "you have no status: /status TEXT says what you do".to_owned(),
        };
        self.tell(words);
        Vec::new()
    }

    /// Asks for something about the channel that is shown.
    fn here(&mut self, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        self.here_as(Asked::Quietly, packet)
    }

    fn here_as(&mut self, asked: Asked, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        match (self.current, self.gone_words()) {
            (Some(_), Some(words)) => {
                self.fail(words);
                Vec::new()
            }
            (Some(id), None) => self.request(asked, packet(id)),
            (None, _) => self.no_channel(),
        }
    }

    fn settings(&mut self, change: impl FnOnce(&mut ChangeSettings)) -> Vec<Effect> {
        self.here(|id| {
            let mut settings = ChangeSettings::of(id);
            change(&mut settings);
            ClientPacket::ChangeSettings(settings)
        })
    }

    fn no_channel(&mut self) -> Vec<Effect> {
        self.fail("no channel is open: /join one first");
        Vec::new()
    }

    /// Sends what makes sense only now; without a connection it is refused here.
    pub(super) fn request(&mut self, asked: Asked, packet: ClientPacket) -> Vec<Effect> {
        if self.core.is_online() {
            return vec![self.ask(asked, packet)];
        }
        self.fail("there is no connection, try again when it is back");
        Vec::new()
    }
}

fn presence_set(state: ChosenPresence) -> &'static str {
    match state {
        ChosenPresence::Online => "you are there",
        ChosenPresence::Away => "you are away until you say /back",
        ChosenPresence::Dnd => "you are not to be disturbed until you say /back",
        ChosenPresence::Invisible => "for others you are not there until you say /back",
    }
}
