//! The message that a person has chosen, to do something with it.

use proto::{Emoji, Handle, Index, MessageKind, Reaction};

use super::layout::Context;
use super::{Row, ShownReaction, State};

/// What is known of the chosen message.
#[derive(Debug, Clone, Copy)]
pub struct Chosen<'a> {
    /// Its place.
    pub index: Index,
    row: &'a Row,
}

impl<'a> Chosen<'a> {
    /// Who said it.
    pub fn handle(&self) -> &'a Handle {
        &self.row.handle
    }

    /// Tells whether it is the reader's own.
    pub fn is_own(&self) -> bool {
        self.row.own
    }

    /// Tells whether there is nothing left of it but its place.
    pub fn is_deleted(&self) -> bool {
        self.row.deleted
    }

    /// Tells whether the daemon tells it, rather than somebody.
    pub fn is_told(&self) -> bool {
        self.row.kind == MessageKind::System
    }

    /// What was said, safe to draw.
    pub fn content(&self) -> &'a str {
        self.row.content.as_str()
    }

    /// What was said, as it was said.
    pub fn raw(&self) -> &'a str {
        self.row.raw.as_deref().unwrap_or(self.content())
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
        self.row.reply_to
    }

    /// Tells whether the channel keeps it in view.
    pub fn is_pinned(&self) -> bool {
        self.row.pinned
    }

    /// Says who reacted with what: `♥ bob, carol  🎉 bob`.
    pub fn reactions(&self) -> Option<String> {
        let said = self.row.reactions.iter().map(|reaction| format!("{} {}", reaction.drawn, reaction.names()));
        Some(said.collect::<Vec<_>>().join("  ")).filter(|said| !said.is_empty())
    }

    /// Gives who reacted with what, as far as they are named.
    pub fn given(&self) -> Vec<Reaction> {
        let given = |reaction: &ShownReaction| Reaction {
            emoji: reaction.emoji.clone(),
            count: reaction.count,
            handles: reaction.handles.clone(),
        };
        self.row.reactions.iter().map(given).collect()
    }

    /// Tells whether the reader is known to have reacted with this.
    pub fn has_my(&self, emoji: &Emoji) -> bool {
        self.row.reactions.iter().any(|reaction| reaction.mine && reaction.emoji == *emoji)
    }
}

impl State {
    /// Gives the chosen message.
    pub fn chosen(&self) -> Option<Chosen<'_>> {
        let key = self.chosen?;
        Some(Chosen { index: Index::new(key), row: self.rows.get(&key)? })
    }

    /// Chooses the newest message that the window shows; false when there is none.
    pub fn choose_newest(&mut self, context: &Context) -> bool {
        self.chosen = self.visible(context).iter().rev().map(|shown| shown.key).find(|key| self.rows.contains_key(key));
        self.chosen.is_some()
    }

    /// Chooses a message that is here; false when it is not.
    pub fn choose(&mut self, index: Index, context: &Context) -> bool {
        let here = self.rows.contains_key(&index.get());
        if here {
            self.chosen = Some(index.get());
            self.reveal(context);
        }
        here
    }

    /// Chooses the message in a row of the window, or nothing where there is none.
    pub fn choose_at(&mut self, row: usize, context: &Context) {
        let shown = self.visible(context);
        let lines: usize = shown.iter().map(|shown| shown.lines.len()).sum();
        // The newest stand at the lower edge.
        let mut line = (row + lines).checked_sub(usize::from(context.height));
        self.chosen = None;
        for shown in shown {
            let Some(at) = line else { return };
            if at < shown.lines.len() {
                self.chosen = Some(shown.key).filter(|key| self.rows.contains_key(key));
                return;
            }
            line = Some(at - shown.lines.len());
        }
    }

    /// Chooses the message before the chosen one.
    pub fn choose_before(&mut self, context: &Context) {
        let before = self.chosen.and_then(|key| self.rows.range(..key).next_back());
        if let Some((key, _)) = before {
            self.chosen = Some(*key);
            self.reveal(context);
        }
    }

    /// Chooses the message after the chosen one; false when that was the last.
    pub fn choose_after(&mut self, context: &Context) -> bool {
        let after = self.chosen.and_then(|key| self.rows.range(key + 1..).next());
        self.chosen = after.map(|(key, _)| *key);
        self.reveal(context);
        self.chosen.is_some()
    }

    /// Chooses nothing any more.
    pub fn unchoose(&mut self) {
        self.chosen = None;
    }

    /// Moves the window until the chosen message is inside.
    fn reveal(&mut self, context: &Context) {
        let Some(chosen) = self.chosen else { return };
        let step = usize::from(context.height / 2).max(1);
        // Each step moves the window or ends the search.
        for _ in 0..self.rows.len() + 1 {
            let shown = self.visible(context);
            let (Some(first), Some(last)) = (shown.first(), shown.last()) else { return };
            let (first_whole, anchor) = (first.lines.start == 0, self.anchor);
            if chosen < first.key || (chosen == first.key && !first_whole && shown.len() > 1) {
                self.scroll_up(step, context);
            } else if chosen > last.key {
                self.scroll_down(step, context);
            } else {
                return;
            }
            if self.anchor == anchor {
                return;
            }
        }
    }
}
