//! What is asked first, because nothing brings it back: leaving what one cannot come back to, letting everybody in, or
//! sending guests away; and whether an invitation is wanted.

use proto::{ChangeSettings, ChannelId, ChannelKind, ChannelName, ClientPacket, CreatedKind, Handle};

use super::outcome::KeyOutcome;
use super::{Asked, Channel, ChatScreen, Deed};
use crate::component::confirm::{Answer, ConfirmPopup};
use crate::effect::Effect;
use crate::refusals::chat::About;
use crate::text::CleanLine;
use crate::words::channel_title;

impl ChatScreen {
    /// Leaves a channel, closes a conversation, or takes away what one is no longer in.
    pub(super) fn leave(&mut self, id: ChannelId) -> KeyOutcome {
        let Some(channel) = self.core.channels.get(&id) else { return KeyOutcome::GoOn(Vec::new()) };
        match channel.kind {
            _ if channel.gone.is_some() => KeyOutcome::GoOn(self.close(id)),
            ChannelKind::Private => KeyOutcome::Confirm(self.leaving_question(channel)),
            _ => KeyOutcome::GoOn(self.leave_now(id)),
        }
    }

    /// Closes a conversation, or a channel that one is no longer in; whoever is in one does not leave it by a word that was
    /// meant for another.
    pub(super) fn close_or_refuse(&mut self, id: ChannelId) -> KeyOutcome {
        let Some(channel) = self.core.channels.get(&id) else { return KeyOutcome::GoOn(Vec::new()) };
        if channel.kind == ChannelKind::Dm || channel.gone.is_some() {
            return self.leave(id);
        }
        let title = channel.title();
        self.refuse(say!("error-still-a-member", channel = title))
    }

    fn leaving_question(&self, channel: &Channel) -> ConfirmPopup {
        let question = say!("confirm-leave", channel = self.full_title(channel));
        let title = channel.title();
        let about = if channel.is_last(self.me()) {
            say!("confirm-leave-last", channel = title)
        } else {
            say!("confirm-leave-private", channel = title)
        };
        ConfirmPopup::new(question, &about, Deed::Leave(channel.id))
    }

    /// Leaves at once.
    pub(super) fn leave_now(&mut self, id: ChannelId) -> Vec<Effect> {
        if !self.core.is_online() {
            self.fail(label!("error-offline"));
            return Vec::new();
        }
        let (request, effect) = self.core.leave(id);
        let about = About { channel: self.title_of(&id).unwrap_or_default(), deed: "leave", ..About::default() };
        self.waiting.insert(request, (Asked::Quietly, about));
        vec![effect.into()]
    }

    /// Lets everybody find a channel, or nobody any more, once that is confirmed.
    pub fn set_kind(&mut self, id: ChannelId, kind: CreatedKind) -> KeyOutcome {
        let Some(channel) = self.core.channels.get(&id) else { return KeyOutcome::GoOn(Vec::new()) };
        let title = channel.title();
        if channel.kind == ChannelKind::Dm {
            return self.refuse(label!("error-visibility-direct"));
        }
        if channel.owner.as_ref() != Some(self.me()) {
            return self.refuse(say!("error-visibility-owner", channel = title));
        }
        match (channel.kind, kind) {
            (ChannelKind::Public, CreatedKind::Public) => self.refuse(say!("error-already-public", channel = title)),
            (ChannelKind::Private, CreatedKind::Private) => self.refuse(say!("error-already-private", channel = title)),
            (_, CreatedKind::Public) => KeyOutcome::Confirm(publishing_question(channel, &self.full_title(channel))),
            (_, CreatedKind::Private) => KeyOutcome::Confirm(hiding_question(channel, &self.full_title(channel))),
        }
    }

    /// Asks whether an invitation is wanted.
    pub(crate) fn ask_to_accept(
        &mut self,
        id: ChannelId,
        name: &ChannelName,
        kind: ChannelKind,
        by: &Handle,
    ) -> KeyOutcome {
        KeyOutcome::Confirm(accepting_question(id, name, kind, by))
    }
}

/// Whether an invitation is wanted.
pub(crate) fn accepting_question(id: ChannelId, name: &ChannelName, kind: ChannelKind, by: &Handle) -> ConfirmPopup {
    let title = channel_title(kind, CleanLine::new(name.as_str()).as_str());
    let visibility = if kind == ChannelKind::Private { "private" } else { "public" };
    let about = say!("confirm-join-about", visibility = visibility, handle = by.as_str(), channel = title);
    ConfirmPopup::new(say!("confirm-join", channel = title), &about, Deed::Join(id))
}

fn publishing_question(channel: &Channel, title: &str) -> ConfirmPopup {
    let set = |close_history| {
        let settings =
            ChangeSettings { kind: Some(CreatedKind::Public), close_history, ..ChangeSettings::of(channel.id) };
        Deed::Say(ClientPacket::ChangeSettings(settings))
    };
    let question = say!("confirm-make-public", channel = title);
    match channel.history.last_index().get() {
        0 => ConfirmPopup::new(question, label!("confirm-make-public-about"), set(false)),
        said => {
            let about = say!("confirm-make-public-history", count = said);
            let answers = vec![
                Answer { key: 'a', words: label!("confirm-make-public-all"), deed: set(false) },
                Answer { key: 'f', words: label!("confirm-make-public-new"), deed: set(true) },
            ];
            ConfirmPopup::choice(question, &about, answers)
        }
    }
}

fn hiding_question(channel: &Channel, title: &str) -> ConfirmPopup {
    let guests = channel.members.keys().filter(|handle| handle.is_guest()).count();
    let about = match (guests, channel.members.len() as u64 >= channel.members_total) {
        (0, true) => label!("confirm-make-private-about").to_owned(),
        (_, false) => label!("confirm-make-private-guests-some").to_owned(),
        (guests, true) => say!("confirm-make-private-guests", count = guests),
    };
    let settings = ChangeSettings { kind: Some(CreatedKind::Private), ..ChangeSettings::of(channel.id) };
    let deed = Deed::Say(ClientPacket::ChangeSettings(settings));
    ConfirmPopup::new(say!("confirm-make-private", channel = title), &about, deed)
}
