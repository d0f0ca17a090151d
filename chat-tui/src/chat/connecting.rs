//! The connection comes and goes: what is said first on each, and what is true on one only.

use proto::{ClientPacket, Hello, Version, bounds};

use super::{Asked, Connection, State};
use crate::effect::Effect;

impl State {
    /// The connection is open: says hello, with what is known already.
    pub fn connection_up(&mut self) -> Vec<Effect> {
        self.connection = Connection::Connecting;
        self.forget_asked();
        let live = self.channels.values().filter(|channel| channel.gone.is_none());
        let known = live.filter(|channel| channel.version() > Version::default());
        let resume = known.map(|channel| (channel.id, channel.version()));
        let hello = Hello {
            token: Some(self.session.token.clone()),
            device: Some(self.device.clone()),
            client: Some(concat!("chat-tui ", env!("CARGO_PKG_VERSION")).to_owned()),
            protocol: Some(proto::PROTOCOL_VERSION),
            resume: resume.take(bounds::HELLO_CHANNELS_MAX).collect(),
            history: None,
            channels: None,
        };
        vec![self.ask(Asked::Hello, ClientPacket::Hello(hello))]
    }

    /// The connection is lost.
    pub fn connection_down(&mut self, reason: &str) -> Vec<Effect> {
        self.connection = Connection::Waiting { reason: crate::text::CleanLine::new(reason).to_string() };
        self.forget_asked();
        self.failed_pages.clear();
        self.typing_told = None;
        for channel in self.channels.values_mut() {
            channel.connection_lost();
        }
        Vec::new()
    }

    /// What was asked for on another connection has no answer any more.
    fn forget_asked(&mut self) {
        self.forms_lost();
        self.asked.clear();
        self.outbox.connection_lost();
        self.conversations_lost();
        self.page_leads = false;
    }

    /// The connection is given up.
    pub fn connection_refused(&mut self, reason: &str) {
        self.connection_down(reason);
        self.connection = Connection::Refused { reason: reason.to_owned() };
    }
}
