//! Which lines are on the screen, moving among them, and which messages are missing for it.

use std::ops::Range;
use std::rc::Rc;

use proto::Index;

use super::layout::{Context, Laid};
use super::{Anchor, Row, State};

/// Keys of messages on their way begin here, above every index.
pub(super) const OUTGOING: u64 = 1 << 62;

impl State {
    /// Moves the window towards the past.
    pub fn scroll_up(&mut self, lines: usize, context: &Context) {
        let Some(mut at) = self.anchor.or_else(|| self.bottom()) else { return };
        at.below += lines;
        while let Some(row) = self.row(at.key) {
            let height = self.laid(at.key, row, context).height();
            if at.below < height {
                break;
            }
            match self.row_before(at.key) {
                Some((before, _)) => at = Anchor { key: before, below: at.below - height },
                None => {
                    at.below = height.saturating_sub(1);
                    break;
                }
            }
        }
        self.anchor = Some(at);
        // A window that reaches beyond the first line comes back until it is full.
        let shown: usize = self.visible(context).iter().map(|(_, lines)| lines.len()).sum();
        self.scroll_down(usize::from(context.height).saturating_sub(shown), context);
    }

    /// Moves the window towards the present; at the newest message it follows what comes.
    pub fn scroll_down(&mut self, lines: usize, context: &Context) {
        let Some(mut at) = self.anchor else { return };
        let mut lines = lines;
        while lines > at.below {
            lines -= at.below;
            match self.row_after(at.key) {
                Some((after, row)) => at = Anchor { key: after, below: self.laid(after, row, context).height() },
                None => {
                    self.anchor = None;
                    return;
                }
            }
        }
        at.below -= lines;
        let newest = at.below == 0 && self.row_after(at.key).is_none();
        self.anchor = if newest { None } else { Some(at) };
    }

    /// Moves the window to the newest message.
    pub fn scroll_to_bottom(&mut self) {
        self.anchor = None;
    }

    /// Gives the index below which messages are missing that are on the screen or nearly so, once:
    /// until they come or [`State::page_failed`] is called nothing is wanted.
    pub fn wanted_page(&mut self, context: &Context) -> Option<Index> {
        if self.loading.is_some() {
            return None;
        }
        let shown = self.visible_keys(context, 2 * usize::from(context.height));
        let missing = match shown.iter().rev().find(|key| self.is_missing_below(**key)) {
            Some(key) => *key,
            None if self.rows.is_empty() && self.last_index > 0 => self.last_index + 1,
            None => return None,
        };
        self.loading = Some(missing);
        Some(Index::new(missing))
    }

    /// A page that was asked for has come; its messages were inserted.
    pub fn page_arrived(&mut self) {
        self.loading = None;
    }

    /// A page that was asked for will not come.
    pub fn page_failed(&mut self) {
        self.loading = None;
    }

    /// Counts the messages below the window.
    pub fn messages_below(&self) -> u64 {
        self.anchor.map_or(0, |anchor| self.last_index.saturating_sub(anchor.key))
    }

    fn is_missing_below(&self, key: u64) -> bool {
        key > 1 && key < OUTGOING && !self.rows.contains_key(&(key - 1))
    }

    fn bottom(&self) -> Option<Anchor> {
        let key = self.outgoing.keys().next_back().or_else(|| self.rows.keys().next_back())?;
        Some(Anchor { key: *key, below: 0 })
    }

    /// The messages that the window shows, oldest first, each with its lines that are inside.
    pub(super) fn visible(&self, context: &Context) -> Vec<(Rc<Laid>, Range<usize>)> {
        let mut shown = Vec::new();
        let mut room = usize::from(context.height);
        let anchor = self.anchor.filter(|anchor| self.row(anchor.key).is_some()).or_else(|| self.bottom());
        let mut next = anchor.and_then(|anchor| Some((anchor.key, self.row(anchor.key)?, anchor.below)));
        while let Some((key, row, below)) = next {
            if room == 0 {
                break;
            }
            let laid = self.laid(key, row, context);
            let end = laid.height().saturating_sub(below);
            let begin = end.saturating_sub(room);
            room -= end - begin;
            shown.push((laid, begin..end));
            next = self.row_before(key).map(|(key, row)| (key, row, 0));
        }
        shown.reverse();
        shown
    }

    /// The keys of the messages in so many lines above the lower edge, newest first.
    fn visible_keys(&self, context: &Context, lines: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut room = lines;
        let mut next =
            self.anchor.or_else(|| self.bottom()).and_then(|anchor| Some((anchor.key, self.row(anchor.key)?)));
        while let Some((key, row)) = next {
            keys.push(key);
            let height = self.laid(key, row, context).height();
            if height >= room {
                break;
            }
            room -= height;
            next = self.row_before(key);
        }
        keys
    }

    fn row(&self, key: u64) -> Option<&Row> {
        self.rows.get(&key).or_else(|| self.outgoing.get(&key))
    }

    pub(super) fn row_before(&self, key: u64) -> Option<(u64, &Row)> {
        let outgoing = self.outgoing.range(..key).next_back();
        outgoing.or_else(|| self.rows.range(..key).next_back()).map(|(key, row)| (*key, row))
    }

    pub(super) fn row_after(&self, key: u64) -> Option<(u64, &Row)> {
        let row = self.rows.range(key + 1..).next();
        row.or_else(|| self.outgoing.range(key + 1..).next()).map(|(key, row)| (*key, row))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proto::{Message, MessageKind, Timestamp, Version};

    use super::*;

    fn context() -> Context {
        Context { width: 40, height: 5, me: "alice".parse().unwrap(), zone: TimeZone::UTC }
    }

    fn message(index: u64, content: &str) -> Message {
        Message {
            index: Index::new(index),
            version: Version::new(index),
            date: Timestamp::from_millis(1_800_000_000_000 + index as i64 * 600_000),
            handle: "bob".parse().unwrap(),
            kind: MessageKind::Text,
            content: content.to_owned(),
            mentions: Vec::new(),
            reply_to: None,
            nonce: None,
        }
    }

    fn state(indexes: impl IntoIterator<Item = u64>) -> State {
        let mut state = State::default();
        for index in indexes {
            state.insert(&message(index, &format!("message {index}")), &context().me);
        }
        state
    }

    fn screen(state: &State) -> Vec<String> {
        let area = ratatui::layout::Rect::new(0, 0, context().width, context().height);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        super::super::view(state, &context(), area, &mut buffer, &crate::theme::Theme::plain());
        (0..area.height)
            .map(|y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn the_newest_is_followed_until_one_scrolls() {
        let mut state = state(1..=10);
        assert_eq!(screen(&state)[3..], [" message 10", " bob · 09:40"]);
        state.scroll_up(2, &context());
        assert_eq!(screen(&state)[3..], [" message 9", " bob · 09:30"]);
        state.insert(&message(11, "message 11"), &context().me);
        assert_eq!(screen(&state)[3..], [" message 9", " bob · 09:30"], "what is read stays in place");
        assert_eq!(state.messages_below(), 2);
        state.scroll_down(4, &context());
        assert!(state.follows());
        assert_eq!(screen(&state)[3..], [" message 11", " bob · 09:50"]);
    }

    #[test]
    fn the_window_stops_at_the_first_line() {
        let mut state = state(1..=10);
        state.scroll_up(1_000, &context());
        assert_eq!(screen(&state)[1], " message 1");
        assert_eq!(screen(&state)[4], " bob · 08:20");
        state.scroll_down(1_000, &context());
        assert!(state.follows());
    }

    #[test]
    fn what_is_missing_on_the_screen_is_wanted_once() {
        let mut state = state(50..=60);
        assert_eq!(state.wanted_page(&context()), None, "two screens are here");
        state.scroll_up(1_000, &context());
        assert_eq!(state.wanted_page(&context()), Some(Index::new(50)));
        assert_eq!(state.wanted_page(&context()), None);
        for index in 40..50 {
            state.insert(&message(index, "older"), &context().me);
        }
        state.page_arrived();
        assert!(screen(&state).iter().any(|line| line.contains("message 50")), "the place is kept");
    }

    #[test]
    fn a_gap_in_the_middle_is_known() {
        let mut state = state([1, 2, 3, 7, 8]);
        assert_eq!(state.wanted_page(&context()), Some(Index::new(7)));
    }
}
