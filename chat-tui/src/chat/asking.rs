//! What is asked first, because nothing brings it back: leaving what one cannot come back to, letting everybody in, or
//! sending guests away; and whether an invitation is wanted.

use proto::{ChangeSettings, ChannelId, ChannelKind, ChannelName, ClientPacket, CreatedKind, Handle};

use super::keys::Outcome;
use super::{Asked, Channel, Deed, State};
use crate::component::confirm::{self, Answer};
use crate::effect::Effect;
use crate::text::CleanLine;
use crate::words::channel_title;

impl State {
    /// Leaves a channel, closes a conversation, or takes away what one is no longer in.
    pub(super) fn leave(&mut self, id: ChannelId) -> Outcome {
        let Some(channel) = self.core.channels.get(&id) else { return Outcome::GoOn(Vec::new()) };
        match channel.kind {
            _ if channel.gone.is_some() => Outcome::GoOn(self.close(id)),
            ChannelKind::Private => Outcome::Confirm(self.leaving_question(channel)),
            _ => Outcome::GoOn(self.leave_now(id)),
        }
    }

    /// Closes a conversation, or a channel that one is no longer in; whoever is in one does not leave it by a word that was
    /// meant for another.
    pub(super) fn close_or_refuse(&mut self, id: ChannelId) -> Outcome {
        let Some(channel) = self.core.channels.get(&id) else { return Outcome::GoOn(Vec::new()) };
        if channel.kind == ChannelKind::Dm || channel.gone.is_some() {
            return self.leave(id);
        }
        let title = channel.title();
        self.refuse(format!("you are still in {title}: /leave leaves it"))
    }

    fn leaving_question(&self, channel: &Channel) -> confirm::State {
        let question = format!("Leave {}?", self.full_title(channel));
        let title = channel.title();
        let about = if channel.is_last(self.me()) {
            format!("You are the last member: {title} and everything in it will be deleted.")
        } else {
            format!("{title} is private: you cannot come back without an invitation.")
        };
        confirm::State::new(question, &about, Deed::Leave(channel.id))
    }

    /// Leaves at once.
    pub(super) fn leave_now(&mut self, id: ChannelId) -> Vec<Effect> {
        if !self.core.is_online() {
            self.fail("there is no connection, try again when it is back");
            return Vec::new();
        }
        let (request, effect) = self.core.leave(id);
        self.waiting.insert(request, Asked::Quietly);
        vec![effect.into()]
    }

    /// Lets everybody find a channel, or nobody any more, once that is confirmed.
    pub fn set_kind(&mut self, id: ChannelId, kind: CreatedKind) -> Outcome {
        let Some(channel) = self.core.channels.get(&id) else { return Outcome::GoOn(Vec::new()) };
        let title = channel.title();
        if channel.kind == ChannelKind::Dm {
            return self.refuse("a conversation of two is neither public nor private");
        }
        if channel.owner.as_ref() != Some(self.me()) {
            return self.refuse(format!("only the owner makes {title} public or private"));
        }
        match (channel.kind, kind) {
            (ChannelKind::Public, CreatedKind::Public) => self.refuse(format!("{title} is public already")),
            (ChannelKind::Private, CreatedKind::Private) => self.refuse(format!("{title} is private already")),
            (_, CreatedKind::Public) => Outcome::Confirm(publishing_question(channel, &self.full_title(channel))),
            (_, CreatedKind::Private) => Outcome::Confirm(hiding_question(channel, &self.full_title(channel))),
        }
    }

    /// Asks whether an invitation is wanted.
    pub(crate) fn ask_to_accept(
        &mut self,
        id: ChannelId,
        name: &ChannelName,
        kind: ChannelKind,
        by: &Handle,
    ) -> Outcome {
        Outcome::Confirm(accepting_question(id, name, kind, by))
    }
}

/// Whether an invitation is wanted.
pub(crate) fn accepting_question(id: ChannelId, name: &ChannelName, kind: ChannelKind, by: &Handle) -> confirm::State {
    let title = channel_title(kind, CleanLine::new(name.as_str()).as_str());
    let kind = if kind == ChannelKind::Private { " It is private." } else { "" };
    let about = format!("{by} invites you to {title}.{kind} Its members see that you come.");
    confirm::State::new(format!("Join {title}?"), &about, Deed::Join(id))
}

fn publishing_question(channel: &Channel, title: &str) -> confirm::State {
    let set = |close_history| {
        let settings =
            ChangeSettings { kind: Some(CreatedKind::Public), close_history, ..ChangeSettings::of(channel.id) };
        Deed::Say(ClientPacket::ChangeSettings(settings))
    };
    let question = format!("Make {title} public?");
    let everybody = "Everybody on this server can find and join it then.";
    match channel.history.last_index().get() {
        0 => confirm::State::new(question, everybody, set(false)),
        said => {
            let messages = if said == 1 { "1 message".to_owned() } else { format!("{said} messages") };
            let about = format!("{everybody} Shall they also read what was said until now ({messages})?");
            let answers = vec![
                Answer { key: 'a', words: "all of it can be read", deed: set(false) },
                Answer { key: 'f', words: "only what is said from now on", deed: set(true) },
            ];
            confirm::State::choice(question, &about, answers)
        }
    }
}

fn hiding_question(channel: &Channel, title: &str) -> confirm::State {
    let guests = channel.members.keys().filter(|handle| handle.is_guest()).count();
    let go = match (guests, channel.members.len() as u64 >= channel.members_total) {
        (0, true) => String::new(),
        (_, false) => " Guests in it have to go.".to_owned(),
        (1, true) => " One guest in it has to go.".to_owned(),
        (guests, true) => format!(" {guests} guests in it have to go."),
    };
    let settings = ChangeSettings { kind: Some(CreatedKind::Private), ..ChangeSettings::of(channel.id) };
    let about = format!("Nobody finds it then but by invitation. Who is in it stays.{go}");
    let deed = Deed::Say(ClientPacket::ChangeSettings(settings));
    confirm::State::new(format!("Make {title} private?"), &about, deed)
}
