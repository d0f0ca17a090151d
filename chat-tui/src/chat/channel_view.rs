//! What the screen keeps of each channel: which part of it is shown, and what is being written there.

use proto::{Index, Timestamp};

use crate::component::composer::Composer;
use crate::component::timeline::Timeline;

/// A channel on the screen.
#[derive(Debug, Default)]
pub struct ChannelView {
    /// Which of its messages are shown.
    pub timeline: Timeline,
    /// What is being written.
    pub composer: Composer,
    /// What it is written for, if not for a message of its own.
    pub target: Option<ComposerTarget>,
    /// What another device was writing, as it is on Ctrl+Up.
    pub(super) other_draft: String,
    /// When somebody has typed here last, since the channel is shown.
    pub(super) typed_at: Option<Timestamp>,
    /// Up to where everything that was not read has been on the screen, if only while it went by.
    pub(super) shown_through: Index,
    /// Up to where somebody was there since it came.
    pub(super) attended: Index,
    /// The last message when the reader left it for another channel.
    pub(super) left_through: Option<Index>,
    /// Whether the reader has said that it is unread: nothing is read until they come again.
    pub(super) held_unread: bool,
}

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ComposerTarget {
    /// An answer to a message.
    Reply {
        /// The message that is answered.
        index: Index,
        /// Who said it and how it begins, safe to draw.
        quote: String,
    },
    /// Another content for an own message.
    Edit {
        /// The message that is changed.
        index: Index,
        /// What was being written before.
        draft: Composer,
    },
}

impl ComposerTarget {
    /// Says what is being written, above where one writes.
    pub fn words(&self) -> String {
        match self {
            Self::Reply { quote, .. } => say!("composer-replying", quote = quote),
            Self::Edit { .. } => label!("composer-editing").to_owned(),
        }
    }
}

impl ChannelView {
    /// What is being written and is to be kept on other devices: no commands, and no changes of earlier messages.
    pub(super) fn draft(&self) -> &str {
        let text = match &self.target {
            Some(ComposerTarget::Edit { draft, .. }) => draft.text(),
            _ => self.composer.text(),
        };
        if text.starts_with('/') { "" } else { text }
    }

    /// The reader goes to another channel; this was its last message.
    pub(super) fn is_left(&mut self, through: Option<Index>) {
        self.timeline.set_divider(None);
        self.held_unread = false;
        self.shown_through = Index::default();
        self.typed_at = None;
        self.left_through = through;
    }

    /// The message that an answer is for.
    pub(super) fn reply_target(&self) -> Option<Index> {
        match &self.target {
            Some(ComposerTarget::Reply { index, .. }) => Some(*index),
            _ => None,
        }
    }

    /// Gives what is being written, with nothing left behind; this is what the daemon keeps of it.
    pub(super) fn take_writing(&mut self, kept_draft: String) -> ChannelDraft {
        ChannelDraft { composer: std::mem::take(&mut self.composer), target: self.target.take(), kept_draft }
    }

    /// Goes on with what was being written; gives what the daemon keeps of it.
    pub(super) fn go_on_writing(&mut self, writing: ChannelDraft) -> String {
        (self.composer, self.target) = (writing.composer, writing.target);
        writing.kept_draft
    }
}

/// What is being written in a channel that is not shown.
#[derive(Debug, Default)]
pub(super) struct ChannelDraft {
    pub(super) composer: Composer,
    pub(super) target: Option<ComposerTarget>,
    /// What the daemon keeps of it.
    pub(super) kept_draft: String,
}

impl ChannelDraft {
    /// A change of an earlier message cannot be made any more: it is had back by Ctrl+Up, and what was being written before it
    /// goes on.
    pub(super) fn put_aside_edit(&mut self) {
        if let Some(ComposerTarget::Edit { draft, .. }) =
            self.target.take_if(|target| matches!(target, ComposerTarget::Edit { .. }))
        {
            let changed = std::mem::replace(&mut self.composer, draft);
            if self.composer.is_empty() {
                self.composer.go_on(changed);
            } else {
                self.composer.remember_all(changed);
            }
        }
    }

    /// The message that it was written for is not known any more.
    pub(super) fn forget_message(&mut self) {
        self.put_aside_edit();
        self.target = None;
    }

    /// Tells whether nothing stands there.
    pub(super) fn is_empty(&self) -> bool {
        self.composer.is_empty() && self.target.is_none()
    }
}
