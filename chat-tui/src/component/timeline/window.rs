//! Which lines are on the screen, moving among them, and which messages are missing for it.

use std::ops::Range;
use std::rc::Rc;

use proto::Index;

use super::layout::{Context, Laid};
use super::{Anchor, Row, State};
use crate::msg::Page;

/// Keys of messages on their way begin here, above every index.
pub(super) const OUTGOING: u64 = 1 << 62;

/// A message in the window.
pub(super) struct Shown {
    pub(super) key: u64,
    pub(super) laid: Rc<Laid>,
    /// Its lines that are inside.
    pub(super) lines: Range<usize>,
}

impl State {
    /// Moves the window towards the past.
    pub fn scroll_up(&mut self, lines: usize, context: &Context) {
        let Some(mut at) = self.lower_edge() else { return };
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
        let shown: usize = self.visible(context).iter().map(|shown| shown.lines.len()).sum();
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
                    at.below = lines;
                    break;
                }
            }
        }
        at.below -= lines;
        let newest = at.below == 0 && self.row_after(at.key).is_none() && at.key >= self.last_index;
        self.anchor = if newest { None } else { Some(at) };
    }

    /// Gives the first and the last message in the window, if there is no gap between them.
    pub fn on_screen(&self, context: &Context) -> Option<(Index, Index)> {
        let shown = self.visible(context);
        let mut stored = shown.iter().map(|shown| shown.key).filter(|key| *key < OUTGOING);
        let first = stored.next()?;
        let last = stored.try_fold(first, |last, key| (key == last + 1).then_some(key))?;
        Some((Index::new(first), Index::new(last)))
    }

    /// Moves the window until a message stands at its top, or all behind it are inside; false when it is not here.
    pub fn show_from(&mut self, index: Index, context: &Context) -> bool {
        let mut key = index.get();
        if !self.rows.contains_key(&key) {
            return false;
        }
        let mut room = usize::from(context.height).max(1);
        while let Some(row) = self.row(key) {
            let height = self.laid(key, row, context).height();
            if height >= room {
                self.anchor = Some(Anchor { key, below: height - room });
                break;
            }
            room -= height;
            match self.row_after(key) {
                Some((after, _)) => key = after,
                None => {
                    self.anchor = None;
                    break;
                }
            }
        }
        true
    }

    /// Moves the window to the newest message.
    pub fn scroll_to_bottom(&mut self) {
        self.anchor = None;
    }

    /// Gives a page with messages that are missing on the screen or nearly so, once: until it comes or
    /// [`State::page_failed`] is called nothing more is wanted.
    pub fn wanted_page(&mut self, context: &Context) -> Option<Page> {
        if self.loading.is_some() {
            return None;
        }
        let shown = self.visible_keys(context, 2 * usize::from(context.height));
        let newest = (self.anchor.is_none() && self.lacks_newest()).then(|| self.last_index + 1);
        let lacks_after = |key: &u64| *key < self.last_index && !self.rows.contains_key(&(key + 1));
        let after = self.anchor.map(|anchor| anchor.key).filter(lacks_after);
        let below = shown.iter().rev().filter(|key| self.is_missing_below(**key)).copied();
        let pages = newest.into_iter().chain(below).map(|key| Page::Before(Index::new(key)));
        let pages = after.map(|key| Page::After(Index::new(key))).into_iter().chain(pages);
        self.loading = pages.into_iter().find(|page| !self.barren.contains(page));
        self.loading
    }

    /// A page that was asked for has come; its messages were inserted.
    pub fn page_arrived(&mut self, page: Page) {
        self.loading = None;
        let wanted = match page {
            Page::Before(index) => index.get() - 1,
            Page::After(index) => index.get() + 1,
            Page::Since(_) => return,
        };
        if !self.rows.contains_key(&wanted) {
            self.barren.push(page);
        }
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
        key > self.first_index().get() && key < OUTGOING && !self.rows.contains_key(&(key - 1))
    }

    /// Where the window stands: at a message that is still here, else at the newest.
    fn lower_edge(&self) -> Option<Anchor> {
        self.anchor.filter(|anchor| self.row(anchor.key).is_some()).or_else(|| self.bottom())
    }

    fn bottom(&self) -> Option<Anchor> {
        let key = self.outgoing.keys().next_back().or_else(|| self.rows.keys().next_back())?;
        Some(Anchor { key: *key, below: 0 })
    }

    /// The messages that the window shows, oldest first, each with its lines that are inside.
    pub(super) fn visible(&self, context: &Context) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut room = usize::from(context.height);
        let mut next = self.lower_edge().and_then(|anchor| Some((anchor.key, self.row(anchor.key)?, anchor.below)));
        while let Some((key, row, below)) = next {
            if room == 0 {
                break;
            }
            let laid = self.laid(key, row, context);
            let end = laid.height().saturating_sub(below);
            let begin = end.saturating_sub(room);
            room -= end - begin;
            shown.push(Shown { key, laid, lines: begin..end });
            next = self.row_before(key).map(|(key, row)| (key, row, 0));
        }
        shown.reverse();
        shown
    }

    /// The keys of the messages in so many lines above the lower edge, newest first.
    fn visible_keys(&self, context: &Context, lines: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut room = lines;
        let mut next = self.lower_edge().and_then(|anchor| Some((anchor.key, self.row(anchor.key)?)));
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
        Context {
            width: 40,
            height: 5,
            me: "alice".parse().unwrap(),
            zone: TimeZone::UTC,
            online: true,
            blocked: Rc::default(),
            changing: Rc::default(),
        }
    }

    fn message(index: u64, content: &str) -> Message {
        let date = Timestamp::from_millis(1_800_000_000_000 + index as i64 * 600_000);
        Message::of(Index::new(index), Version::new(index), date, "bob".parse().unwrap(), content)
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
        assert_eq!(screen(&state)[3..], [" message 10", "╰ bob · 09:40"]);
        state.scroll_up(2, &context());
        assert_eq!(screen(&state)[3..], [" message 9", "╰ bob · 09:30"]);
        state.insert(&message(11, "message 11"), &context().me);
        assert_eq!(screen(&state)[3..], [" message 9", "╰ bob · 09:30"], "what is read stays in place");
        assert_eq!(state.messages_below(), 2);
        state.scroll_down(4, &context());
        assert!(state.follows());
        assert_eq!(screen(&state)[3..], [" message 11", "╰ bob · 09:50"]);
    }

    #[test]
    fn the_window_stops_at_the_first_line() {
        let mut state = state(1..=10);
        state.scroll_up(1_000, &context());
        assert_eq!(screen(&state)[1], " message 1");
        assert_eq!(screen(&state)[4], "╰ bob · 08:20");
        state.scroll_down(1_000, &context());
        assert!(state.follows());
    }

    #[test]
    fn what_is_missing_on_the_screen_is_wanted_once() {
        let mut state = state(50..=60);
        assert_eq!(state.wanted_page(&context()), None, "two screens are here");
        state.scroll_up(1_000, &context());
        assert_eq!(state.wanted_page(&context()), Some(Page::Before(Index::new(50))));
        assert_eq!(state.wanted_page(&context()), None);
        for index in 40..50 {
            state.insert(&message(index, "older"), &context().me);
        }
        state.page_arrived(Page::Before(Index::new(50)));
        assert!(screen(&state).iter().any(|line| line.contains("message 50")), "the place is kept");
    }

    #[test]
    fn what_a_page_does_not_bring_is_not_asked_for_again() {
        let mut state = state(5..=6);
        assert_eq!(state.wanted_page(&context()), Some(Page::Before(Index::new(5))));
        state.page_arrived(Page::Before(Index::new(5)));
        assert_eq!(state.wanted_page(&context()), None);
    }

    #[test]
    fn the_newest_is_not_followed_before_it_is_here() {
        let mut state = state(1..=10);
        state.set_last_index(Index::new(20));
        assert!(!state.follows());
        assert_eq!(state.wanted_page(&context()), Some(Page::Before(Index::new(21))));
        state.page_failed();
        state.scroll_up(2, &context());
        state.scroll_down(100, &context());
        assert!(!state.follows(), "the lower edge is not the newest message");
        assert_eq!(state.wanted_page(&context()), Some(Page::After(Index::new(10))));
        for index in 11..=20 {
            state.insert(&message(index, "newer"), &context().me);
        }
        state.page_arrived(Page::After(Index::new(10)));
        state.scroll_down(100, &context());
        assert!(state.follows());
    }

    #[test]
    fn far_from_the_newest_memory_stays_bounded_and_the_way_back_is_found() {
        let mut state = state(5_000..=10_000);
        state.scroll_up(1_000_000, &context());
        for index in (4_000..5_000).rev() {
            state.insert(&message(index, "older"), &context().me);
        }
        assert!(state.rows.len() <= super::super::KEPT_MAX);
        state.scroll_to_bottom();
        assert!(!state.follows());
        assert_eq!(state.wanted_page(&context()), Some(Page::Before(Index::new(10_001))));
    }

    #[test]
    fn a_window_on_an_own_message_stays_on_it_when_it_is_stored() {
        let mut state = state(1..=10);
        let nonce: proto::Nonce = "n".parse().unwrap();
        let outgoing = super::super::Outgoing {
            nonce: nonce.clone(),
            content: "one\ntwo\nthree".to_owned(),
            kind: MessageKind::Text,
            reply_to: None,
        };
        state.push_outgoing(&outgoing, &context().me, Timestamp::from_millis(1_800_006_600_000));
        state.scroll_up(1, &context());
        let before = screen(&state);
        let stored = Message { handle: context().me, nonce: Some(nonce), ..message(11, "one\ntwo\nthree") };
        state.insert(&stored, &context().me);
        assert_eq!(screen(&state), before);
        state.scroll_up(3, &context());
        assert_ne!(screen(&state), before);
    }

    #[test]
    fn a_gap_in_the_middle_is_known() {
        let mut state = state([1, 2, 3, 7, 8]);
        assert_eq!(state.wanted_page(&context()), Some(Page::Before(Index::new(7))));
    }

    /// "`history_from`: below it no history": nothing is asked for there, and the reader is told.
    #[test]
    fn what_one_may_not_see_is_not_asked_for() {
        let mut hidden = State::default();
        hidden.set_first_index(Index::new(50));
        hidden.set_last_index(Index::new(49));
        assert_eq!(hidden.wanted_page(&context()), None, "there is nothing that one may see yet");
        assert!(hidden.follows());
        assert!(screen(&hidden)[4].contains("earlier messages are not visible"), "{:?}", screen(&hidden));
        hidden.insert(&message(50, "after it"), &context().me);
        hidden.scroll_up(1_000, &context());
        assert_eq!(hidden.wanted_page(&context()), None);
        assert!(screen(&hidden)[1].contains("earlier messages are not visible"), "{:?}", screen(&hidden));
        hidden.set_first_index(Index::default());
        assert_eq!(hidden.wanted_page(&context()), Some(Page::Before(Index::new(50))), "for whoever may");
    }
}
