//! What became of what was said: sent again, or taken back.

use proto::{Content, MessageKind};

use super::ChatScreen;
use crate::effect::Effect;
use crate::rules::OnScreen;

impl ChatScreen {
    /// Tells in words when a text is larger than the daemon takes, wherever it goes.
    pub fn refuses(&self, content: &Content) -> Option<String> {
        let too_large = self.core.too_large(self.current?, content, MessageKind::Text)?;
        Some(too_large.on_screen())
    }

    /// Tries again what was refused, and to connect, if that waits.
    pub(super) fn retry(&mut self) -> Option<Effect> {
        match (self.core.try_again(), self.core.outbox.on_its_way()) {
            (0, 0) if self.core.outbox.unsent_count() > 0 => self.tell(label!("notice-unsent-gone")),
            (0, 0) => self.tell(label!("notice-all-sent")),
            (0, under_way) => self.tell(say!("notice-still-sending", count = under_way)),
            _ => {}
        }
        self.core.connect_now().map(Effect::from)
    }

    /// Puts the last message that was refused here back where one writes.
    pub(super) fn take_back(&mut self) {
        let taken = self.current.and_then(|id| self.core.outbox.take_back(id));
        let (Some(taken), Some(view)) = (taken, self.view_mut()) else {
            self.tell(label!("notice-nothing-failed"));
            return;
        };
        if !view.composer.is_empty() {
            view.composer.insert("\n");
        }
        view.composer.insert(&taken.line());
    }
}
