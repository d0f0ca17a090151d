//! Which lines are on the screen, moving among them, and which messages are missing for it.

use std::ops::Range;
use std::rc::Rc;

use proto::Index;

use super::layout::Laid;
use super::{Anchor, Pane, SENDING, Timeline};
use crate::core::history::{History, HistoryRange};

/// A message in the window.
pub(super) struct WindowRow {
    pub(super) key: u64,
    pub(super) laid: Rc<Laid>,
    /// Its lines that are inside.
    pub(super) lines: Range<usize>,
}

impl Timeline {
    /// Moves the window towards the past.
    pub fn scroll_up(&mut self, lines: usize, pane: &Pane<'_>) {
        let Some(mut at) = self.lower_edge(pane) else { return };
        at.below += lines;
        while let Some(laid) = self.laid(at.key, pane) {
            let height = laid.height();
            if at.below < height {
                break;
            }
            match pane.before(at.key) {
                Some(before) => at = Anchor { key: before, below: at.below - height },
                None => {
                    at.below = height.saturating_sub(1);
                    break;
                }
            }
        }
        self.anchor = Some(at);
        // A window that reaches beyond the first line comes back until it is full.
        let shown: usize = self.visible(pane).iter().map(|shown| shown.lines.len()).sum();
        self.scroll_down(usize::from(pane.context.height).saturating_sub(shown), pane);
    }

    /// Moves the window towards the present; at the newest message it follows what comes.
    pub fn scroll_down(&mut self, lines: usize, pane: &Pane<'_>) {
        let Some(mut at) = self.anchor else { return };
        let mut lines = lines;
        while lines > at.below {
            lines -= at.below;
            match pane.after(at.key) {
                Some(after) => at = Anchor { key: after, below: self.height(after, pane) },
                None => {
                    at.below = lines;
                    break;
                }
            }
        }
        at.below -= lines;
        let newest = at.below == 0 && pane.after(at.key).is_none() && at.key >= pane.history.last_index().get();
        self.anchor = if newest { None } else { Some(at) };
    }

    /// Gives the first and the last message in the window, if there is no gap between them.
    pub fn on_screen(&self, pane: &Pane<'_>) -> Option<(Index, Index)> {
        let shown = self.visible(pane);
        let mut stored = shown.iter().map(|shown| shown.key).filter(|key| *key < SENDING);
        let first = stored.next()?;
        let last = stored.try_fold(first, |last, key| (key == last + 1).then_some(key))?;
        Some((Index::new(first), Index::new(last)))
    }

    /// Moves the window until a message stands at its top, or all behind it are inside; false when it is not here.
    pub fn show_from(&mut self, index: Index, pane: &Pane<'_>) -> bool {
        let mut key = index.get();
        if !pane.history.has(index) {
            return false;
        }
        let mut room = usize::from(pane.context.height).max(1);
        while let Some(laid) = self.laid(key, pane) {
            let height = laid.height();
            if height >= room {
                self.anchor = Some(Anchor { key, below: height - room });
                break;
            }
            room -= height;
            match pane.after(key) {
                Some(after) => key = after,
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

    /// Gives the pages with messages that are missing on the screen or nearly so, those first that are missed most.
    pub fn wanted_pages(&self, pane: &Pane<'_>) -> Vec<HistoryRange> {
        let history = pane.history;
        let lower = self.anchor.map(|anchor| Index::new(anchor.key));
        let after = lower.filter(|index| history.lacks_after(*index)).map(HistoryRange::After);
        let newest =
            (lower.is_none() && history.lacks_newest()).then(|| HistoryRange::Before(history.last_index().next()));
        let shown = self.visible_keys(pane, 2 * usize::from(pane.context.height));
        let shown = shown.into_iter().rev().filter(|key| *key < SENDING).map(Index::new);
        let gaps = shown.filter(|index| history.lacks_before(*index)).map(HistoryRange::Before);
        after.into_iter().chain(newest).chain(gaps).collect()
    }

    /// Counts the messages below the window.
    pub fn messages_below(&self, history: &History) -> u64 {
        self.anchor.map_or(0, |anchor| history.last_index().get().saturating_sub(anchor.key))
    }

    /// Where the window stands: at a message that is still here, else at the newest.
    fn lower_edge(&self, pane: &Pane<'_>) -> Option<Anchor> {
        let bottom = || Some(Anchor { key: pane.last()?, below: 0 });
        self.anchor.filter(|anchor| pane.has(anchor.key)).or_else(bottom)
    }

    /// The messages that the window shows, oldest first, each with its lines that are inside.
    pub(super) fn visible(&self, pane: &Pane<'_>) -> Vec<WindowRow> {
        let mut shown = Vec::new();
        let mut room = usize::from(pane.context.height);
        let mut next = self.lower_edge(pane).map(|anchor| (anchor.key, anchor.below));
        while let Some((key, below)) = next {
            let Some(laid) = self.laid(key, pane).filter(|_| room > 0) else { break };
            let end = laid.height().saturating_sub(below);
            let begin = end.saturating_sub(room);
            room -= end - begin;
            shown.push(WindowRow { key, laid, lines: begin..end });
            next = pane.before(key).map(|key| (key, 0));
        }
        shown.reverse();
        shown
    }

    /// The keys of the messages in so many lines above the lower edge, newest first.
    fn visible_keys(&self, pane: &Pane<'_>, lines: usize) -> Vec<u64> {
        let mut keys = Vec::new();
        let mut room = lines;
        let mut next = self.lower_edge(pane).map(|anchor| anchor.key);
        while let Some(key) = next {
            keys.push(key);
            let height = self.height(key, pane);
            if height >= room {
                break;
            }
            room -= height;
            next = pane.before(key);
        }
        keys
    }

    fn height(&self, key: u64, pane: &Pane<'_>) -> usize {
        self.laid(key, pane).map_or(0, |laid| laid.height())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use proto::{Message, MessageKind, Timestamp, Version};

    use super::*;
    use crate::component::timeline::Context;
    use crate::core::outbox::{Outbox, Outgoing};
    use crate::image::ImageCache;

    fn context() -> Context {
        Context {
            width: 40,
            height: 5,
            me: "alice".parse().unwrap(),
            zone: TimeZone::UTC,
            online: true,
            blocked: Rc::default(),
            changing: Rc::default(),
            images: None,
            screen_rows: 5,
            badges: Rc::default(),
        }
    }

    fn message(index: u64, content: &str) -> Message {
        let date = Timestamp::from_millis(1_800_000_000_000 + index as i64 * 600_000);
        Message::of(Index::new(index), Version::new(index), date, "bob".parse().unwrap(), content)
    }

    /// A timeline over messages that are here.
    #[derive(Default)]
    struct WindowRow {
        state: Timeline,
        history: History,
        outbox: Outbox,
    }

    impl WindowRow {
        fn with<T>(&mut self, work: impl FnOnce(&mut Timeline, &Pane<'_>) -> T) -> T {
            let Self { state, history, outbox } = self;
            let sending = outbox.of("c1".parse().unwrap()).collect();
            work(state, &Pane { history, sending, context: &context() })
        }

        fn insert(&mut self, message: &Message) {
            self.history.insert(message);
        }

        fn scroll_up(&mut self, lines: usize) {
            self.with(|state, pane| state.scroll_up(lines, pane));
        }

        fn scroll_down(&mut self, lines: usize) {
            self.with(|state, pane| state.scroll_down(lines, pane));
        }

        fn wanted_page(&mut self) -> Option<HistoryRange> {
            let pages = self.with(|state, pane| state.wanted_pages(pane));
            self.history.ask(pages)
        }

        fn follows(&self) -> bool {
            self.state.follows(&self.history)
        }
    }

    fn shown(indexes: impl IntoIterator<Item = u64>) -> WindowRow {
        let mut shown = WindowRow::default();
        for index in indexes {
            shown.insert(&message(index, &format!("message {index}")));
        }
        shown
    }

    fn screen(shown: &mut WindowRow) -> Vec<String> {
        let area = ratatui::layout::Rect::new(0, 0, context().width, context().height);
        let mut buffer = ratatui::buffer::Buffer::empty(area);
        let theme = crate::theme::Theme::plain();
        shown.with(|state, pane| {
            super::super::view_timeline(state, pane, &ImageCache::default(), area, &mut buffer, &theme)
        });
        (0..area.height)
            .map(|y| (0..area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
            .collect()
    }

    #[test]
    fn the_newest_is_followed_until_one_scrolls() {
        let mut state = shown(1..=10);
        assert_eq!(screen(&mut state)[3..], [" message 10", "╰ bob · 09:40"]);
        state.scroll_up(2);
        assert_eq!(screen(&mut state)[3..], [" message 9", "╰ bob · 09:30"]);
        state.insert(&message(11, "message 11"));
        assert_eq!(screen(&mut state)[3..], [" message 9", "╰ bob · 09:30"], "what is read stays in place");
        assert_eq!(state.state.messages_below(&state.history), 2);
        state.scroll_down(4);
        assert!(state.follows());
        assert_eq!(screen(&mut state)[3..], [" message 11", "╰ bob · 09:50"]);
    }

    #[test]
    fn the_window_stops_at_the_first_line() {
        let mut state = shown(1..=10);
        state.scroll_up(1_000);
        assert_eq!(screen(&mut state)[1], " message 1");
        assert_eq!(screen(&mut state)[4], "╰ bob · 08:20");
        state.scroll_down(1_000);
        assert!(state.follows());
    }

    #[test]
    fn what_is_missing_on_the_screen_is_wanted_once() {
        let mut state = shown(50..=60);
        assert_eq!(state.wanted_page(), None, "two screens are here");
        state.scroll_up(1_000);
        assert_eq!(state.wanted_page(), Some(HistoryRange::Before(Index::new(50))));
        assert_eq!(state.wanted_page(), None);
        for index in 40..50 {
            state.insert(&message(index, "older"));
        }
        state.history.page_arrived(HistoryRange::Before(Index::new(50)));
        assert!(screen(&mut state).iter().any(|line| line.contains("message 50")), "the place is kept");
    }

    #[test]
    fn what_a_page_does_not_bring_is_not_asked_for_again() {
        let mut state = shown(5..=6);
        assert_eq!(state.wanted_page(), Some(HistoryRange::Before(Index::new(5))));
        state.history.page_arrived(HistoryRange::Before(Index::new(5)));
        assert_eq!(state.wanted_page(), None);
    }

    #[test]
    fn the_newest_is_not_followed_before_it_is_here() {
        let mut state = shown(1..=10);
        state.history.set_last_index(Index::new(20));
        assert!(!state.follows());
        assert_eq!(state.wanted_page(), Some(HistoryRange::Before(Index::new(21))));
        state.history.page_failed();
        state.scroll_up(2);
        state.scroll_down(100);
        assert!(!state.follows(), "the lower edge is not the newest message");
        assert_eq!(state.wanted_page(), Some(HistoryRange::After(Index::new(10))));
        for index in 11..=20 {
            state.insert(&message(index, "newer"));
        }
        state.history.page_arrived(HistoryRange::After(Index::new(10)));
        state.scroll_down(100);
        assert!(state.follows());
    }

    #[test]
    fn far_from_the_newest_memory_stays_bounded_and_the_way_back_is_found() {
        let mut state = shown(5_000..=10_000);
        state.scroll_up(1_000_000);
        for index in (4_000..5_000).rev() {
            state.insert(&message(index, "older"));
        }
        state.history.let_go(state.state.near());
        state.state.scroll_to_bottom();
        assert!(!state.follows());
        assert_eq!(state.wanted_page(), Some(HistoryRange::Before(Index::new(10_001))));
    }

    #[test]
    fn a_window_on_an_own_message_stays_on_it_when_it_is_stored() {
        let mut state = shown(1..=10);
        let nonce: proto::Nonce = "n".parse().unwrap();
        let outgoing = Outgoing {
            nonce: nonce.clone(),
            content: "one\ntwo\nthree".to_owned(),
            kind: MessageKind::Text,
            reply_to: None,
            files: Vec::new(),
        };
        let channel = "c1".parse().unwrap();
        state.outbox.push(channel, outgoing, Timestamp::from_millis(1_800_006_600_000));
        state.scroll_up(1);
        let before = screen(&mut state);
        let stored = Message { handle: context().me, nonce: Some(nonce), ..message(11, "one\ntwo\nthree") };
        state.insert(&stored);
        let number = state.outbox.arrived(channel, stored.index, stored.nonce.as_ref());
        state.state.has_become(number.unwrap(), stored.index);
        assert_eq!(screen(&mut state), before);
        state.scroll_up(3);
        assert_ne!(screen(&mut state), before);
    }

    #[test]
    fn a_gap_in_the_middle_is_known() {
        let mut state = shown([1, 2, 3, 7, 8]);
        assert_eq!(state.wanted_page(), Some(HistoryRange::Before(Index::new(7))));
    }

    /// "`history_from`: below it no history": nothing is asked for there, and the reader is told.
    #[test]
    fn what_one_may_not_see_is_not_asked_for() {
        let mut hidden = WindowRow::default();
        hidden.history.set_first_index(Index::new(50));
        hidden.history.set_last_index(Index::new(49));
        assert_eq!(hidden.wanted_page(), None, "there is nothing that one may see yet");
        assert!(hidden.follows());
        assert!(screen(&mut hidden)[4].contains("Earlier messages are hidden"), "{:?}", screen(&mut hidden));
        hidden.insert(&message(50, "after it"));
        hidden.scroll_up(1_000);
        assert_eq!(hidden.wanted_page(), None);
        assert!(screen(&mut hidden)[1].contains("Earlier messages are hidden"), "{:?}", screen(&mut hidden));
        hidden.history.set_first_index(Index::default());
        assert_eq!(hidden.wanted_page(), Some(HistoryRange::Before(Index::new(50))), "for whoever may");
    }
}
