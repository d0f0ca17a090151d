//! What counts as read, and going to a message wherever it is.

use proto::{ChannelId, Index, Timestamp};

use super::terms::AWAY_AFTER_MILLIS;
use super::{ChatScreen, Sought, panes};
use crate::component::timeline::Pane;
use crate::core::history::{HistoryRange, PAGE_MESSAGES};
use crate::effect::Effect;

impl ChatScreen {
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
            && let Some(last) = self.channel().map(|channel| channel.history.last_index())
            && let Some(view) = self.view_mut()
        {
            view.attended = last;
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
        if !self.core.is_online() || !self.focused || self.is_covered() {
            return None;
        }
        let channel = self.channel().filter(|channel| channel.gone.is_none())?;
        let view = self.view().filter(|view| !view.held_unread)?;
        let context = self.context();
        let (first, last) = view.timeline.on_screen(&Pane::of(&self.core, channel.id, &context)?)?;
        let last = if self.is_attended() { last } else { last.min(view.attended) };
        let seen = channel.last_read.max(view.shown_through);
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
        self.core.mark_read(self.current?, index).map(Effect::from)
    }

    /// Goes to a message, of whatever channel one is in: shows it when it is here.
    pub fn go_to(&mut self, id: ChannelId, index: Option<Index>) -> Vec<Effect> {
        if !self.core.channels.contains_key(&id) {
            self.fail(label!("error-not-a-member"));
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
        let shown = self.core.channels.get(&channel)?;
        // What comes before what one may see is never here, and of a channel that one is no longer in nothing more is.
        if shown.gone.is_some() || index < shown.history.first_index() {
            self.sought = None;
            if chosen {
                self.fail(label!("error-message-not-visible"));
            }
            return None;
        }
        // A page ends with the last message at most: what is asked behind it would never have come.
        let last = shown.history.last_index().max(index).next();
        let end = Index::new(index.get().saturating_add(u64::from(PAGE_MESSAGES) / 2)).min(last);
        self.core.load_around(channel, HistoryRange::Before(end)).map(Effect::from)
    }

    /// Shows what was sought, if it is here.
    pub(super) fn found(&mut self) -> bool {
        let Some(Sought { channel, index, chosen }) = self.sought else { return false };
        let found = self.with_timeline_of(channel, |timeline, pane| {
            if chosen { timeline.choose(index, pane) } else { timeline.show_from(index, pane) }
        });
        let found = found == Some(true);
        if found {
            self.sought = None;
        }
        found
    }
}
