//! What commands do, whether typed or filled into a form.

use proto::{
    Ban, Block, ChangeSettings, ChannelId, ChannelKind, ChannelName, ChosenPresence, ClientPacket, CreateChannel,
    CreateInvite, CreatedKind, Handle, Invite, JoinChannel, Kick, MessageKind, Mute, Notify, NotifyLevel, OpenDm,
    Relation, SetRole, SetTopic, Timestamp, WhichChannel, WhichPerson,
};

use super::command::Command;
use super::keys::Outcome;
use super::{Asked, Connection, State};
use crate::component::timeline::Outgoing;
use crate::effect::Effect;
use crate::page::Place;

impl State {
    /// Does a command.
    pub(super) fn run(&mut self, command: Command, now: Timestamp) -> Outcome {
        Outcome::GoOn(match command {
            Command::Say(kind, content) => match self.current {
                Some(channel) => {
                    let outgoing = self.outgoing(content.as_str().to_owned(), kind);
                    let outgoing = Outgoing { reply_to: self.take_reply(), ..outgoing };
                    self.send(channel, outgoing, now);
                    Vec::new()
                }
                None => self.no_channel(),
            },
            Command::Join(name) => self.join(name),
            Command::Create(name, kind) => self.create_channel(name, kind),
            Command::Leave => self.here(|id| ClientPacket::LeaveChannel(WhichChannel { id })),
            Command::Message(handle, content) => {
                let outgoing = content.map(|content| self.outgoing(content.as_str().to_owned(), MessageKind::Text));
                self.request(Asked::Open(outgoing), ClientPacket::OpenDm(OpenDm { handle }))
            }
            Command::Invite(handle) => self.invite(handle),
            Command::InviteCode(uses, days) => {
                let for_s = days.map(|days| days.saturating_mul(86_400));
                self.here_as(Asked::Invitation, |id| ClientPacket::CreateInvite(CreateInvite { id, uses, for_s }))
            }
            Command::Redeem(code) => {
                self.request(Asked::Open(None), ClientPacket::JoinChannel(JoinChannel::Code(code)))
            }
            Command::Kind(kind) => self.settings(|settings| settings.kind = Some(kind)),
            Command::DeleteChannel(name) => match self.channel() {
                Some(channel) if channel.kind != ChannelKind::Dm && channel.name == name => {
                    self.here(|id| ClientPacket::DeleteChannel(WhichChannel { id }))
                }
                _ => {
                    self.fail("name the channel that is open, to be sure");
                    Vec::new()
                }
            },
            Command::Kick(handle) => self.here(|id| ClientPacket::Kick(Kick { id, handle })),
            Command::Ban(handle, on) => self.here(|id| ClientPacket::Ban(Ban { id, handle, on })),
            Command::Mute(handle, for_s) => self.here(|id| ClientPacket::Mute(Mute { id, handle, for_s })),
            Command::Rename(name) => self.settings(|settings| settings.name = Some(name)),
            Command::ReadOnly(on) => self.settings(|settings| settings.read_only = Some(on)),
            Command::SlowMode(seconds) => self.settings(|settings| settings.slow_mode_s = Some(seconds)),
            Command::Role(handle, role) => self.here(|id| ClientPacket::SetRole(SetRole { id, handle, role })),
            Command::Topic(topic) => self.here(|id| ClientPacket::SetTopic(SetTopic { id, topic })),
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
            Command::SetProfile(profile) => {
                self.request(Asked::Told("your profile is changed"), ClientPacket::SetProfile(profile))
            }
            // What becomes of it is told when it is so.
            Command::AskFriend(handle) if self.people.relation(&handle) == Relation::Friend => {
                self.tell(format!("{handle} is your friend already"));
                Vec::new()
            }
            Command::RemoveFriend(handle) if self.people.known() && self.people.relation(&handle) == Relation::None => {
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
            Command::Retry => {
                self.retry();
                Vec::new()
            }
            Command::Password => return Outcome::Password,
            Command::Help => return Outcome::Help,
            Command::Logout => return self.unless_unsent(Outcome::SignOut),
            Command::Quit => return self.unless_unsent(Outcome::Quit),
        })
    }

    /// Enters a channel and shows it.
    pub fn join(&mut self, name: ChannelName) -> Vec<Effect> {
        self.request(Asked::Open(None), ClientPacket::JoinChannel(JoinChannel::Name(name)))
    }

    /// Opens the direct conversation with somebody.
    pub fn talk(&mut self, handle: Handle) -> Vec<Effect> {
        self.request(Asked::Open(None), ClientPacket::OpenDm(OpenDm { handle }))
    }

    /// Puts something where one writes.
    pub fn write(&mut self, text: &str) {
        // What stood there is had back by Ctrl+Up.
        self.leave_target();
        self.composer_mut().take();
        self.composer_mut().insert(text);
    }

    /// Creates a channel and shows it.
    pub fn create_channel(&mut self, name: ChannelName, kind: CreatedKind) -> Vec<Effect> {
        let create = CreateChannel { name, kind, topic: None };
        self.request(Asked::Open(None), ClientPacket::CreateChannel(create))
    }

    /// Makes somebody a member of the channel that is shown.
    pub fn invite(&mut self, handle: Handle) -> Vec<Effect> {
        self.here(|id| ClientPacket::Invite(Invite { id, handle }))
    }

    /// Asks for something about the channel that is shown.
    fn here(&mut self, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        self.here_as(Asked::Quietly, packet)
    }

    fn here_as(&mut self, asked: Asked, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        match self.current {
            Some(id) => self.request(asked, packet(id)),
            None => self.no_channel(),
        }
    }

    fn settings(&mut self, change: impl FnOnce(&mut ChangeSettings)) -> Vec<Effect> {
        self.here(|id| {
            let mut settings = ChangeSettings { id, name: None, kind: None, read_only: None, slow_mode_s: None };
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
        if self.connection == Connection::Online {
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
