//! What counts as read, and going to a message wherever it is.

use proto::{ChannelId, ClientPacket, Index, MarkRead, Timestamp};

use super::{Asked, Connection, PAGE_MESSAGES, Sought, State, panes};
use crate::component::timeline::Pane;
use crate::effect::Effect;
use crate::msg::Page;

/// Whoever has done nothing for so long is not there, though their window has the focus: as the daemon says of who is idle.
const AWAY_AFTER_MILLIS: u64 = 5 * 60 * 1_000;

impl State {
    /// Tells the daemon that what is on the screen has been read.
    pub(super) fn mark_read(&mut self) -> Option<Effect> {
        let index = self.read_on_screen()?;
        self.mark_read_up_to(index)
    }

    /// Somebody is there: they have pressed a key, clicked, or come to this window.
    pub fn is_there(&mut self, now: Timestamp) {
        self.focused = true;
        self.acted_at = now;
        if !self.is_covered()
            && let Some(channel) = self.channel_mut()
        {
            channel.attended = channel.history.last_index();
        }
    }

    /// The terminal has gained or lost the focus.
    pub fn focus(&mut self, focused: bool, now: Timestamp) {
        self.tells_focus = true;
        if focused { self.is_there(now) } else { self.focused = false }
    }

    /// Tells whether somebody looks at what comes. Most terminals say whether they have the focus; of others nobody knows it
    /// before a key.
    pub(super) fn is_attended(&self) -> bool {
        self.tells_focus && self.focused && self.now.millis_since(self.acted_at) < AWAY_AFTER_MILLIS
    }

    /// Gives the last message on the screen that somebody has seen, if it is not read yet and nothing unread was passed over
    /// before it.
    pub(super) fn read_on_screen(&self) -> Option<Index> {
        if self.connection != Connection::Online || !self.focused || self.is_covered() {
            return None;
        }
        let channel = self.channel().filter(|channel| !channel.held_unread && channel.gone.is_none())?;
        let context = self.context();
        let (first, last) = channel.timeline.on_screen(&self.pane(channel, &context))?;
        let last = if self.is_attended() { last } else { last.min(channel.attended) };
        let seen = channel.last_read.max(channel.shown_through);
        (first <= seen.next() && last > channel.last_read).then_some(last)
    }

    /// Takes away a list that lies over the messages; false when there is none.
    pub(super) fn uncover(&mut self) -> bool {
        let covered = !self.is_behind_page && self.is_covered();
        if covered {
            (self.sidebar, self.members) = (Some(false), Some(false));
        }
        covered
    }

    /// Tells whether a list or a page lies over the messages.
    pub(super) fn is_covered(&self) -> bool {
        if self.is_behind_page {
            return true;
        }
        let panes = panes(self);
        [panes.sidebar, panes.members].into_iter().flatten().any(|list| list.intersects(panes.messages))
    }

    /// Says up to where the channel that is shown was read.
    pub(super) fn mark_read_up_to(&mut self, index: Index) -> Option<Effect> {
        let channel = self.channel_mut().filter(|channel| channel.gone.is_none())?;
        let id = channel.id;
        let last = channel.history.last_index();
        if index >= last {
            channel.set_read(last, 0, 0);
        } else {
            // How many of them named the reader the daemon says.
            channel.set_read(index, last.get() - index.get(), channel.mentions);
        }
        Some(self.ask(Asked::Unasked, ClientPacket::MarkRead(MarkRead { id, index })))
    }

    /// Goes to a message, of whatever channel one is in: shows it when it is here.
    pub fn go_to(&mut self, id: ChannelId, index: Option<Index>) -> Vec<Effect> {
        if !self.channels.contains_key(&id) {
            self.fail("you are not in this channel any more");
            return Vec::new();
        }
        let mut effects = self.open(id);
        if let Some(index) = index {
            effects.extend(self.seek(id, index, true));
        }
        effects
    }

    /// Shows a message, now or when the page with it comes.
    pub(super) fn seek(&mut self, channel: ChannelId, index: Index, chosen: bool) -> Option<Effect> {
        self.sought = Some(Sought { channel, index, chosen });
        if self.found() {
            return None;
        }
        let shown = self.channels.get(&channel)?;
        // What comes before what one may see is never here, and of a channel that one is no longer in nothing more is.
        if shown.gone.is_some() || index < shown.history.first_index() {
            self.sought = None;
            if chosen {
                self.fail("this message is not visible to you");
            }
            return None;
        }
        let end = Index::new(index.get().saturating_add(u64::from(PAGE_MESSAGES) / 2));
        Some(Effect::LoadHistory(channel, Page::Before(end)))
    }

    /// Shows what was sought, if it is here.
    pub(super) fn found(&mut self) -> bool {
        let context = self.context();
        let Some(sought) = self.sought else { return false };
        let Some(channel) = self.channels.get_mut(&sought.channel) else { return false };
        let sending = self.outbox.of(channel.id).collect();
        let pane = Pane { history: &channel.history, sending, context: &context };
        let found = if sought.chosen {
            channel.timeline.choose(sought.index, &pane)
        } else {
            channel.timeline.show_from(sought.index, &pane)
        };
        if found {
            self.sought = None;
        }
        found
    }
}
