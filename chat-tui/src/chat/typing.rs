//! Telling others that one types.

use proto::{ClientPacket, Timestamp, Typing, TypingMember};

use super::ChatScreen;
use crate::effect::Effect;

/// How often typing is told while one types; the daemon ends it after 6 s.
const TYPING_EVERY_MILLIS: u64 = 3_000;

impl ChatScreen {
    /// Tells that one types, now and then.
    pub(super) fn tell_typing(&mut self, now: Timestamp) -> Vec<Effect> {
        let recently = self.typing_told.is_some_and(|told| now.millis_since(told) < TYPING_EVERY_MILLIS);
        let Some(view) = self.view() else { return Vec::new() };
        let command = view.composer.text().starts_with('/') && !view.composer.text().starts_with("//");
        if view.composer.is_empty() {
            return self.stop_typing();
        }
        let gone = self.channel().is_some_and(|channel| channel.gone.is_some());
        if recently || command || gone || !self.core.is_online() {
            return Vec::new();
        }
        self.typing_told = Some(now);
        self.typing_packet(true).into_iter().collect()
    }

    pub(super) fn stop_typing(&mut self) -> Vec<Effect> {
        let told = self.typing_told.take().is_some() && self.core.is_online();
        if told && self.channel().is_some_and(|channel| channel.gone.is_none()) {
            return self.typing_packet(false).into_iter().collect();
        }
        Vec::new()
    }

    fn typing_packet(&mut self, typing: bool) -> Option<Effect> {
        let id = self.current?;
        Some(self.core.send_unasked(ClientPacket::Typing(Typing { id, member: TypingMember { typing } })).into())
    }
}
