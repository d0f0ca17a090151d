//! The message that a person has chosen, to do something with it.

use std::rc::Rc;

use proto::{Emoji, FileInfo, Handle, Index, Message, MessageKind, Reaction};

use super::row::TimelineRow;
use super::{Pane, Timeline};
use crate::core::history::History;

/// What is known of the chosen message.
#[derive(Debug, Clone)]
pub struct Chosen<'a> {
    /// The index of the message.
    pub index: Index,
    message: &'a Message,
    row: Rc<TimelineRow>,
}

impl<'a> Chosen<'a> {
    /// Who said it.
    pub fn handle(&self) -> &'a Handle {
        &self.message.handle
    }

    /// Tells whether it is the reader's own.
    pub fn is_own(&self) -> bool {
        self.row.own
    }

    /// Tells whether there is nothing left of it but its place.
    pub fn is_deleted(&self) -> bool {
        self.message.deleted.is_some()
    }

    /// Tells whether the daemon tells it, rather than somebody.
    pub fn is_told(&self) -> bool {
        self.message.kind == MessageKind::System
    }

    /// Its files.
    pub fn files(&self) -> &'a [FileInfo] {
        &self.message.files
    }

    /// What was said, safe to draw.
    pub fn content(&self) -> &str {
        self.row.content.as_str()
    }

    /// What was said, as it was said.
    pub fn raw(&self) -> &'a str {
        &self.message.content
    }

    /// The addresses of the web that stand in it, as they were written.
    pub fn links(&self) -> impl Iterator<Item = &'a str> {
        let words = self.raw().split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '`'));
        let from = |word: &'a str| word.find("https://").or_else(|| word.find("http://")).map(|at| &word[at..]);
        // What ends the sentence is no part of it, nor what closes a bracket that was opened before.
        words.filter_map(from).map(|link| {
            let link = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
            if link.contains('(') { link } else { link.trim_end_matches([')', ']']) }
        })
    }

    /// The message that it answers.
    pub fn answers(&self) -> Option<Index> {
        self.message.reply_to
    }

    /// Tells whether the channel keeps it in view.
    pub fn is_pinned(&self) -> bool {
        self.message.pinned
    }

    /// Says who reacted with what: `♥ bob, carol  🎉 bob`.
    pub fn reactions(&self) -> Option<String> {
        let said = self.row.reactions.iter().map(|reaction| format!("{} {}", reaction.drawn, reaction.names()));
        Some(said.collect::<Vec<_>>().join("  ")).filter(|said| !said.is_empty())
    }

    /// Gives who reacted with what, as far as they are named.
    pub fn given(&self) -> &'a [Reaction] {
        &self.message.reactions
    }

    /// Tells whether somebody is known to have reacted with this.
    pub fn has_reacted(&self, emoji: &Emoji, who: &Handle) -> bool {
        self.message.reactions.iter().any(|reaction| reaction.emoji == *emoji && reaction.handles.contains(who))
    }
}

impl Timeline {
    /// Gives the chosen message.
    pub fn chosen<'a>(&self, history: &'a History, me: &Handle) -> Option<Chosen<'a>> {
        let index = Index::new(self.chosen?);
        let kept = history.get(index)?;
        Some(Chosen { index, message: &kept.message, row: self.stored_row(kept, me) })
    }

    /// Tells whether a message is chosen.
    pub fn has_chosen(&self) -> bool {
        self.chosen.is_some()
    }

    /// Chooses the newest message that the window shows; false when there is none.
    pub fn choose_newest(&mut self, pane: &Pane<'_>) -> bool {
        self.chosen = self.visible(pane).iter().rev().map(|shown| shown.key).find(|key| pane.message(*key).is_some());
        self.chosen.is_some()
    }

    /// Chooses a message that is here; false when it is not.
    pub fn choose(&mut self, index: Index, pane: &Pane<'_>) -> bool {
        let here = pane.history.has(index);
        if here {
            self.chosen = Some(index.get());
            self.reveal(pane);
        }
        here
    }

    /// Chooses the message in a row of the window, or nothing where there is none.
    pub fn choose_at(&mut self, row: usize, pane: &Pane<'_>) {
        let shown = self.visible(pane);
        let lines: usize = shown.iter().map(|shown| shown.lines.len()).sum();
        // The newest stand at the lower edge.
        let mut line = (row + lines).checked_sub(usize::from(pane.context.height));
        self.chosen = None;
        for shown in shown {
            let Some(at) = line else { return };
            if at < shown.lines.len() {
                self.chosen = Some(shown.key).filter(|key| pane.message(*key).is_some());
                return;
            }
            line = Some(at - shown.lines.len());
        }
    }

    /// Chooses the message before the chosen one.
    pub fn choose_before(&mut self, pane: &Pane<'_>) {
        let before = self.chosen.and_then(|key| pane.history.before(Index::new(key)));
        if let Some(before) = before {
            self.chosen = Some(before.message.index.get());
            self.reveal(pane);
        }
    }

    /// Chooses the message after the chosen one; false when that was the last.
    pub fn choose_after(&mut self, pane: &Pane<'_>) -> bool {
        let after = self.chosen.and_then(|key| pane.history.after(Index::new(key)));
        self.chosen = after.map(|after| after.message.index.get());
        self.reveal(pane);
        self.chosen.is_some()
    }

    /// Chooses nothing any more.
    pub fn unchoose(&mut self) {
        self.chosen = None;
    }

    /// Moves the window until the chosen message is inside.
    fn reveal(&mut self, pane: &Pane<'_>) {
        let Some(chosen) = self.chosen else { return };
        let step = usize::from(pane.context.height / 2).max(1);
        // Each step moves the window or ends the search.
        for _ in 0..pane.history.len() + 1 {
            let shown = self.visible(pane);
            let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
            let (first_whole, anchor) = (first.lines.start == 0, self.anchor);
            if chosen < first.key || (chosen == first.key && !first_whole && shown.len() > 1) {
                self.scroll_up(step, pane);
            } else if chosen > last.key {
                self.scroll_down(step, pane);
            } else {
                return;
            }
            if self.anchor == anchor {
                return;
            }
        }
    }
}
