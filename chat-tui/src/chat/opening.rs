//! Going from channel to channel.

use proto::{ChannelId, ChannelKind, Index};

use super::{Channel, ChatScreen};
use crate::effect::Effect;

impl ChatScreen {
    /// Shows a channel.
    pub fn open(&mut self, id: ChannelId) -> Vec<Effect> {
        if self.current == Some(id) || !self.core.channels.contains_key(&id) {
            return Vec::new();
        }
        let mut effects = self.stop_typing();
        effects.extend(self.keep_draft());
        let before = self.current;
        self.uncover();
        let left_through = self.channel().map(|channel| channel.history.last_index());
        if let Some(left) = self.view_mut() {
            left.is_left(left_through);
        }
        self.current = Some(id);
        self.keeping.touched = true;
        self.list_first = None;
        self.read_due = None;
        self.completing = None;
        if let (Some(channel), Some(view)) = (self.core.channels.get(&id), self.views.get_mut(&id)) {
            let divider = (channel.unread > 0).then_some(channel.last_read);
            view.timeline.set_divider(divider);
            // Where nothing is new, or what is unread was there when one left, one goes on where one was.
            let is_known = view.left_through.is_some_and(|through| {
                channel.history.last_index() == through || channel.last_read < through && divider.is_some()
            });
            if !is_known {
                view.timeline.scroll_to_bottom();
                // What one has not read begins at the top.
                let first_unread = divider.map(Index::next);
                effects.extend(first_unread.and_then(|index| self.seek(id, index, false)));
            }
        }
        if before.is_none() {
            self.go_on_writing();
        }
        self.close_behind(before);
        effects
    }

    /// Shows a channel that was asked for, as it is there: but whoever has begun to write meanwhile stays where they do, so that
    /// no sentence is torn in two.
    pub(super) fn open_as_asked(&mut self, id: ChannelId) -> Vec<Effect> {
        let leads = std::mem::take(&mut self.page_leads);
        if leads || !self.wrote_since || self.composer().is_empty() || self.current == Some(id) {
            self.page_left |= leads;
            return self.open(id);
        }
        if let Some(title) = self.core.channels.get(&id).map(Channel::title) {
            self.tell(say!("notice-joined-behind", channel = title));
        }
        Vec::new()
    }

    /// The title of the terminal: where one is, and how much wants an answer elsewhere.
    pub fn title(&self) -> String {
        let place = self.channel().map_or_else(|| "chat".to_owned(), Channel::title);
        let (_, mentions) = self.unread_elsewhere();
        if mentions > 0 { format!("({mentions}) {place}") } else { place }
    }

    /// Gives the channel that is next in the sidebar, or the one before.
    pub(super) fn neighbour(&self, forward: bool) -> Option<ChannelId> {
        let sorted = self.sorted();
        let len = sorted.len();
        let at = sorted.iter().position(|channel| Some(channel.id) == self.current);
        let next = match at {
            Some(at) if forward => (at + 1) % len,
            Some(at) => (at + len - 1) % len,
            None if len > 0 => 0,
            None => return None,
        };
        Some(sorted[next].id)
    }

    /// Gives the next channel with something unread, those that want an answer first.
    pub(super) fn next_unread(&self) -> Option<ChannelId> {
        let sorted = self.sorted();
        let at = sorted.iter().position(|channel| Some(channel.id) == self.current).unwrap_or(0);
        let around = || (1..sorted.len()).map(|step| sorted[(at + step) % sorted.len()]);
        let urgent =
            |channel: &&Channel| channel.mentions > 0 || (channel.kind == ChannelKind::Dm && channel.unread > 0);
        let found = around().find(urgent).or_else(|| around().find(|channel| channel.unread > 0));
        found.map(|channel| channel.id)
    }
}
