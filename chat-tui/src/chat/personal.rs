//! What is being written, on whatever device of the reader.

use proto::{ChannelPersonal, Timestamp};

use super::channel_view::ComposerTarget;
use super::{ChannelView, ChatScreen, waits};
use crate::effect::Effect;

/// How long one writes on before what stands there is kept for other devices.
const DRAFT_AFTER_MILLIS: i64 = 2_000;
/// Whoever has typed within this time is writing.
const WRITES_MILLIS: u64 = 60_000;

impl ChatScreen {
    /// Takes over what is being written on another device.
    pub(super) fn personal_came(&mut self, personal: &ChannelPersonal) {
        let channel = self.core.channels.get(&personal.id);
        if let (Some(channel), Some(view)) = (channel, self.views.get_mut(&personal.id)) {
            view.is_written_elsewhere(personal, &channel.draft.told, self.now);
        }
        let kept = personal.draft.as_ref().map_or("", |draft| draft.content.as_str());
        self.core.draft_is_kept(personal.id, kept);
    }

    /// Keeps what stands in the channel that is shown, soon, or at once when nothing stands there any more.
    pub(super) fn keep_draft_later(&mut self, now: Timestamp) -> Option<Effect> {
        let (channel, view) = (self.channel()?, self.view()?);
        let written = view.draft();
        if !self.core.is_online() || channel.gone.is_some() || written == channel.draft.told {
            return None;
        }
        if written.is_empty() {
            return self.keep_draft();
        }
        // What another device is writing takes turns with what stands here only as somebody types.
        if waits(self.draft_due, now, DRAFT_AFTER_MILLIS) || !channel.draft.is_new {
            return None;
        }
        let due = now.plus_millis(DRAFT_AFTER_MILLIS);
        self.draft_due = Some(due);
        Some(Effect::WakeAt(due))
    }

    /// Keeps what stands in the channel that is shown.
    pub(super) fn keep_draft(&mut self) -> Option<Effect> {
        self.draft_due = None;
        let (id, view) = (self.current?, self.view()?);
        let (content, reply_to) = (view.draft().to_owned(), view.reply_target());
        self.core.keep_draft(id, content, reply_to).map(Effect::from)
    }

    /// Somebody has typed in the channel that is shown.
    pub(super) fn is_typed_in(&mut self, now: Timestamp) {
        if let Some(view) = self.view_mut() {
            view.typed_at = Some(now);
        }
        if let Some(id) = self.current {
            self.core.is_typed_in(id);
        }
    }
}

impl ChannelView {
    /// Takes over what is being written on another device: in place of what was written here, unless somebody writes here just
    /// now. What has no place is had back by Ctrl+Up.
    fn is_written_elsewhere(&mut self, personal: &ChannelPersonal, told: &str, now: Timestamp) {
        let kept = personal.draft.as_ref().map_or("", |draft| draft.content.as_str());
        if kept != told && kept != self.composer.text() {
            let edits = matches!(self.target, Some(ComposerTarget::Edit { .. }));
            let writes = self.typed_at.is_some_and(|typed| now.millis_since(typed) < WRITES_MILLIS);
            // Where nothing is left elsewhere it was sent or taken back there.
            let untouched = self.composer.text() == told && !edits && (kept.is_empty() || !writes);
            if untouched {
                self.composer.put_by();
                self.composer.insert(kept);
                let reply_to = personal.draft.as_ref().and_then(|draft| draft.reply_to);
                self.target = reply_to.map(|index| ComposerTarget::Reply {
                    index,
                    quote: say!("composer-message-number", index = index.get()),
                });
            } else if !kept.is_empty() {
                // Of what is being written there, the last is enough.
                self.composer.remember_instead(&self.other_draft, kept);
                kept.clone_into(&mut self.other_draft);
            }
        }
    }
}
