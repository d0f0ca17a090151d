//! What the screen asks the daemon for.

use proto::{ChannelId, ChannelName, ClientPacket, CreateChannel, CreatedKind, Handle};

use super::{Asked, ChatScreen};
use crate::core::channel::Channel;
use crate::effect::Effect;
use crate::words::moment;

impl ChatScreen {
    /// Asks for what makes sense only now; without a connection it is refused here.
    pub(super) fn request(&mut self, asked: Asked, packet: ClientPacket) -> Vec<Effect> {
        if self.core.is_online() {
            return vec![self.ask(asked, packet)];
        }
        self.fail(label!("error-offline"));
        Vec::new()
    }

    /// Asks for something about the open channel.
    pub(super) fn ask_here(&mut self, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        self.ask_here_as(Asked::Quietly, packet)
    }

    pub(super) fn ask_here_as(&mut self, asked: Asked, packet: impl FnOnce(ChannelId) -> ClientPacket) -> Vec<Effect> {
        match (self.current, self.gone_words()) {
            (Some(id), None) => return self.request(asked, packet(id)),
            (Some(_), Some(words)) => self.fail(words),
            (None, _) => self.fail(label!("error-no-channel")),
        }
        Vec::new()
    }

    /// Gives the name of the open channel, as people write it.
    pub(super) fn title_here(&self) -> String {
        self.channel().map(Channel::title).unwrap_or_default()
    }

    /// Says when it is so many seconds later.
    pub(super) fn moment_in(&self, seconds: u32) -> String {
        let then = self.now.plus_millis(i64::from(seconds).saturating_mul(1_000));
        moment(then, self.now, &self.zone)
    }

    /// Creates a channel that everybody can find, and shows it.
    pub(crate) fn create_public(&mut self, name: ChannelName) -> Vec<Effect> {
        let create = CreateChannel { name, kind: CreatedKind::Public, topic: None };
        self.request(Asked::Open, ClientPacket::CreateChannel(create))
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
}
