//! Channels that one is no longer in. They stay on the screen, for what is read and what was written there, until one
//! closes them: nothing that was written for one channel ever arrives in another.

use proto::{ChannelId, ChannelKind, ChannelRemove, RemoveReason};

use super::Channel;
use super::{ChannelView, ChatScreen};
use crate::effect::Effect;
use crate::meant::Meant;
use crate::text::CleanLine;

/// Says in a line why one is no longer in a channel, and by whom.
fn words(remove: &ChannelRemove, title: &str) -> String {
    let by = remove.by.as_ref().map(proto::Handle::as_str);
    match (remove.reason, by) {
        (Some(RemoveReason::Removed), Some(by)) => say!("gone-removed-by", handle = by, channel = title),
        (Some(RemoveReason::Removed), None) => say!("gone-removed", channel = title),
        (Some(RemoveReason::Banned), Some(by)) => say!("gone-banned-by", handle = by, channel = title),
        (Some(RemoveReason::Banned), None) => say!("gone-banned", channel = title),
        (Some(RemoveReason::Deleted), Some(by)) => say!("gone-deleted-by", handle = by, channel = title),
        (Some(RemoveReason::Deleted), None) => say!("gone-deleted", channel = title),
        (Some(RemoveReason::Private), Some(by)) => say!("gone-private-by", handle = by, channel = title),
        (Some(RemoveReason::Private), None) => say!("gone-private", channel = title),
        (Some(RemoveReason::Unknown) | None, _) => say!("gone-not-a-member", channel = title),
    }
}

impl ChatScreen {
    /// One is no longer in a channel.
    pub(super) fn removed(&mut self, remove: &ChannelRemove, own: bool) -> Vec<Effect> {
        let on_screen = self.current == Some(remove.id);
        let Some(channel) = self.core.channels.get(&remove.id) else { return Vec::new() };
        let written = self.views.get(&remove.id).is_some_and(|view| !view.composer.is_empty());
        // A conversation that was closed elsewhere comes back with its next message.
        let closed =
            remove.reason.is_none() && channel.kind == ChannelKind::Dm && !on_screen && !self.is_written(channel);
        // Whoever writes on in what they are leaving writes for it, and for nothing else.
        if closed || own && !(on_screen && written) {
            return self.close(remove.id);
        }
        let words = CleanLine::new(&match (own, channel.kind) {
            (true, _) => say!("gone-left", channel = channel.title()),
            (false, ChannelKind::Dm) => say!("gone-closed", channel = channel.title()),
            (false, _) => words(remove, &channel.title()),
        });
        self.keep_gone(remove.id, words);
        // Whoever has named it on the command line wants to be in it.
        match self.join_first.clone() {
            Some(Meant::Name(name)) if self.first_known.take_if(|known| *known == remove.id).is_some() => {
                vec![self.look_up_first(name)]
            }
            _ => Vec::new(),
        }
    }

    /// Keeps a channel that one is no longer in, with everything that is read and written there.
    pub(super) fn keep_gone(&mut self, id: ChannelId, words: CleanLine) {
        let on_screen = self.current == Some(id);
        let Some(view) = self.views.get_mut(&id) else { return };
        view.becomes_gone();
        self.core.becomes_gone(id, words.clone());
        if on_screen {
            self.typing_told = None;
            self.draft_due = None;
            self.read_due = None;
        } else {
            self.fail(words.as_str());
        }
    }

    /// Takes a channel away; what was written for it is kept for the day when it is shown again.
    pub(super) fn close(&mut self, id: ChannelId) -> Vec<Effect> {
        let next = self.beside(id);
        let Some((channel, unsent)) = self.core.forget_channel(id) else { return Vec::new() };
        let mut writing = self.views.remove(&id).unwrap_or_default().take_writing(channel.draft.kept.clone());
        writing.put_aside_edit();
        for given in unsent {
            let line = if writing.composer.is_empty() { "" } else { "\n" };
            writing.composer.insert(&format!("{line}{}", given.outgoing.line()));
        }
        if !writing.is_empty() {
            self.core.note_place(channel.place());
            self.drafts.insert(id, writing);
        }
        self.keeping.touched = true;
        if self.current != Some(id) {
            return Vec::new();
        }
        self.current = None;
        self.notice = None;
        match next {
            Some(next) => self.open(next),
            None => Vec::new(),
        }
    }

    /// Takes a channel that one is no longer in away as one goes elsewhere, unless something that was written stands in it.
    pub(super) fn close_behind(&mut self, left: Option<ChannelId>) {
        let Some(channel) = left.and_then(|id| self.core.channels.get(&id)) else { return };
        if channel.gone.is_some() && !self.is_written(channel) {
            let id = channel.id;
            self.core.forget_channel(id);
            self.views.remove(&id);
        }
    }

    /// Tells whether something stands in a channel that was written there and did not go.
    fn is_written(&self, channel: &Channel) -> bool {
        self.views.get(&channel.id).is_some_and(|view| !view.composer.is_empty())
            || self.core.outbox.of(channel.id).next().is_some()
    }

    /// Says why nothing can be done in the channel that is shown, if one is no longer in it.
    pub(super) fn gone_words(&self) -> Option<String> {
        let channel = self.channel().filter(|channel| channel.gone.is_some())?;
        Some(say!("error-gone-not-sent", channel = channel.title()))
    }

    /// Gives the channel beside one in the sidebar, where one is when it is gone.
    fn beside(&self, id: ChannelId) -> Option<ChannelId> {
        let sorted = self.sorted();
        let place = sorted.iter().position(|channel| channel.id == id)?;
        let beside = sorted.get(place + 1).or_else(|| place.checked_sub(1).and_then(|place| sorted.get(place)));
        beside.map(|channel| channel.id)
    }
}

impl ChannelView {
    /// Nothing can be said for a message of this channel any more.
    fn becomes_gone(&mut self) {
        let mut writing = self.take_writing(String::new());
        writing.forget_message();
        self.go_on_writing(writing);
        self.timeline.set_divider(None);
    }
}
