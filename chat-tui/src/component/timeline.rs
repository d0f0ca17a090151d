//! The messages of a channel: a window on its history that knows its gaps.
//!
//! ```text
//!            ── Saturday 21 November 2026 ──
//! ▌hello alice, is the tea ready?
//! ╰ bob · 09:41
//!                                    yes, come
//!                                alice · 09:42
//! ```
//!
//! The scroll position is a message and a number of its lines, so that what is read stays in place
//! whatever arrives above or below. Laid-out lines are kept per message until its version, the width
//! or its neighbours change.

mod choosing;
mod layout;
mod window;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use proto::{Emoji, Handle, Index, Message, MessageKind, MessagePatch, Nonce, Reaction, Timestamp, mention};

use crate::markdown::Rendered;
use crate::msg::Page;
use crate::text::{Clean, CleanLine};
pub use choosing::Chosen;
use layout::Laid;
pub use layout::{Context, view};

/// Messages kept in memory per channel; beyond that those farthest from what is shown are let go.
const KEPT_MAX: usize = 5_000;

/// What is known of a channel's messages, and which part of it is shown.
#[derive(Debug, Default)]
pub struct State {
    rows: BTreeMap<u64, Row>,
    outgoing: BTreeMap<u64, Row>,
    next_outgoing: u64,
    /// The first message that the reader may see; there are none before it, whatever the channel holds.
    first_index: u64,
    /// Stored already, but the message itself has not come yet.
    acknowledged: Vec<(Nonce, u64)>,
    last_index: u64,
    anchor: Option<Anchor>,
    divider: Option<u64>,
    chosen: Option<u64>,
    unfolded: bool,
    /// The page that was asked for and has not come.
    loading: Option<Page>,
    /// Pages that came and did not hold what was looked for: asking again would bring no more.
    barren: Vec<Page>,
}

/// Where the lower edge of the window stands: so many lines of a message lie below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Anchor {
    key: u64,
    below: usize,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    Stored,
    Pending(Nonce),
    Failed(Nonce, String),
}

#[derive(Debug)]
struct Row {
    date: Timestamp,
    version: u64,
    handle: Handle,
    kind: MessageKind,
    content: Clean,
    /// What was said, as it was said: of own messages, which can be changed.
    raw: Option<Box<str>>,
    reply_to: Option<Index>,
    own: bool,
    names_me: bool,
    answers_me: bool,
    edited: bool,
    deleted: bool,
    pinned: bool,
    reactions: Vec<ShownReaction>,
    progress: Progress,
    laid: RefCell<Option<Rc<Laid>>>,
}

/// What members reacted with.
#[derive(Debug)]
struct ShownReaction {
    emoji: Emoji,
    /// The same, safe to draw.
    drawn: CleanLine,
    count: u64,
    /// Who reacted so, as far as they are named.
    handles: Vec<Handle>,
    /// Whether the reader is among those who are named.
    mine: bool,
}

/// A message that this client has sent or is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The client's name for it.
    pub nonce: Nonce,
    /// What is said, as it goes to the daemon.
    pub content: String,
    /// Text or action.
    pub kind: MessageKind,
    /// The message that it answers.
    pub reply_to: Option<Index>,
}

impl State {
    /// Forgets all messages but those on their way, as when the channel is shown anew.
    pub fn reset(&mut self, last_index: Index) {
        self.rows.clear();
        self.chosen = None;
        self.anchor = None;
        self.loading = None;
        self.barren.clear();
        self.last_index = last_index.get();
    }

    /// Takes a message in, or a newer version of it.
    pub fn insert(&mut self, message: &Message, me: &Handle) {
        let index = message.index.get();
        self.last_index = self.last_index.max(index);
        if message.handle == *me
            && let Some(nonce) = &message.nonce
        {
            self.outgoing_becomes(nonce, index);
        }
        if let Some(place) = self.acknowledged.iter().position(|(_, stored)| *stored == index) {
            let (nonce, _) = self.acknowledged.swap_remove(place);
            self.outgoing_becomes(&nonce, index);
        }
        // Of the same version a whole message holds more than one that was patched.
        let newer = self.rows.get(&index).is_none_or(|known| known.version <= message.version.get());
        if newer {
            self.rows.insert(index, Row::stored(message, me));
        }
        self.let_go();
    }

    /// Takes in what changed about a message, if it is here and that is news.
    pub fn patch(&mut self, patch: &MessagePatch, me: &Handle) {
        if let Some(row) = self.rows.get_mut(&patch.index.get())
            && row.version < patch.version.get()
        {
            row.patch(patch, me);
        }
    }

    /// Shows a message that is on its way.
    pub fn push_outgoing(&mut self, outgoing: &Outgoing, me: &Handle, now: Timestamp) {
        let key = window::OUTGOING + self.next_outgoing;
        self.next_outgoing += 1;
        self.outgoing.insert(key, Row::outgoing(outgoing, me, now));
        self.anchor = None;
    }

    /// A message on its way was stored: it goes when the message itself is there.
    pub fn acknowledge(&mut self, nonce: &Nonce, index: Index) {
        if self.rows.contains_key(&index.get()) {
            self.outgoing_becomes(nonce, index.get());
        } else {
            self.acknowledged.push((nonce.clone(), index.get()));
        }
    }

    /// A message on its way is the stored one now; a window that stands on it stays there.
    fn outgoing_becomes(&mut self, nonce: &Nonce, index: u64) {
        let gone = self.forget_outgoing(nonce);
        if let Some(anchor) = &mut self.anchor
            && Some(anchor.key) == gone
        {
            anchor.key = index;
        }
    }

    /// Drops a message on its way, and gives its key if there was one.
    pub fn forget_outgoing(&mut self, nonce: &Nonce) -> Option<u64> {
        let key = self.outgoing.iter().find(|(_, row)| row.nonce() == Some(nonce)).map(|(key, _)| *key)?;
        self.outgoing.remove(&key);
        Some(key)
    }

    /// A message on its way was refused, for the given reason.
    pub fn fail(&mut self, nonce: &Nonce, reason: &str) {
        self.set_progress(nonce, |nonce| Progress::Failed(nonce, reason.to_owned()));
    }

    /// A refused message is tried again.
    pub fn retry(&mut self, nonce: &Nonce) {
        self.set_progress(nonce, Progress::Pending);
    }

    fn set_progress(&mut self, nonce: &Nonce, progress: impl FnOnce(Nonce) -> Progress) {
        if let Some(row) = self.outgoing.values_mut().find(|row| row.nonce() == Some(nonce)) {
            row.progress = progress(nonce.clone());
            row.laid.take();
        }
    }

    /// Gives the index of the channel's last message.
    pub fn last_index(&self) -> Index {
        Index::new(self.last_index)
    }

    /// Notes that the channel has messages up to this one, even if they are not here.
    pub fn set_last_index(&mut self, last_index: Index) {
        self.last_index = self.last_index.max(last_index.get());
    }

    /// Notes from which message on the reader may see the channel.
    pub fn set_first_index(&mut self, first_index: Index) {
        if self.first_index != first_index.get() {
            self.first_index = first_index.get();
            self.barren.clear();
        }
    }

    /// Gives who has spoken, whoever was last first.
    pub fn speakers(&self) -> Vec<&Handle> {
        let mut speakers = Vec::new();
        for row in self.rows.values().rev().filter(|row| row.kind != MessageKind::System) {
            if !speakers.contains(&&row.handle) {
                speakers.push(&row.handle);
            }
        }
        speakers
    }

    /// Gives the first message that the reader may see.
    pub fn first_index(&self) -> Index {
        Index::new(self.first_index.max(1))
    }

    /// Tells whether the newest message is here and shown.
    pub fn follows(&self) -> bool {
        self.anchor.is_none() && !self.lacks_newest()
    }

    fn lacks_newest(&self) -> bool {
        self.last_index >= self.first_index().get() && !self.rows.contains_key(&self.last_index)
    }

    /// Puts the line where the unread part begins behind a message, or takes it away.
    pub fn set_divider(&mut self, last_read: Option<Index>) {
        self.divider = last_read.map(Index::get);
    }

    /// Tells whether there is a line where the unread part begins.
    pub fn has_divider(&self) -> bool {
        self.divider.is_some()
    }

    /// Shows long messages whole, or folds them again.
    pub fn toggle_unfolded(&mut self) {
        self.unfolded = !self.unfolded;
    }

    /// Lets go of the messages farthest from what is shown.
    fn let_go(&mut self) {
        if self.rows.len() <= KEPT_MAX {
            return;
        }
        let at = self.anchor.map_or(u64::MAX, |anchor| anchor.key);
        let (first, last) = (*self.rows.keys().next().unwrap_or(&0), *self.rows.keys().next_back().unwrap_or(&0));
        // The newest are never let go while they are followed, the oldest never while they are read.
        let far = if at.saturating_sub(first) >= last.saturating_sub(at) { first } else { last };
        self.rows.remove(&far);
        self.chosen = self.chosen.filter(|chosen| *chosen != far);
    }
}

impl Row {
    fn stored(message: &Message, me: &Handle) -> Self {
        // What the daemon tells of somebody are not their words.
        let own = message.handle == *me && message.kind != MessageKind::System;
        let content = Clean::new(&message.content);
        Self {
            date: message.date,
            version: message.version.get(),
            handle: message.handle.clone(),
            kind: message.kind,
            raw: raw(&message.content, &content),
            content,
            reply_to: message.reply_to,
            own,
            names_me: !own && (message.mentions.contains(me) || message.reply_to_handle.as_ref() == Some(me)),
            answers_me: message.reply_to_handle.as_ref() == Some(me),
            edited: message.edited.is_some(),
            deleted: message.deleted.is_some(),
            pinned: message.pinned,
            reactions: shown(&message.reactions, me),
            progress: Progress::Stored,
            laid: RefCell::default(),
        }
    }

    fn outgoing(outgoing: &Outgoing, me: &Handle, now: Timestamp) -> Self {
        let content = Clean::new(&outgoing.content);
        Self {
            date: now,
            version: 0,
            handle: me.clone(),
            kind: outgoing.kind,
            raw: raw(&outgoing.content, &content),
            content,
            reply_to: outgoing.reply_to,
            own: true,
            names_me: false,
            answers_me: false,
            edited: false,
            deleted: false,
            pinned: false,
            reactions: Vec::new(),
            progress: Progress::Pending(outgoing.nonce.clone()),
            laid: RefCell::default(),
        }
    }

    fn patch(&mut self, patch: &MessagePatch, me: &Handle) {
        self.version = patch.version.get();
        if let Some(content) = &patch.content {
            self.content = Clean::new(content);
            self.raw = raw(content, &self.content);
        }
        if let Some(mentions) = &patch.mentions {
            self.names_me = !self.own && (mentions.contains(me) || self.answers_me);
        }
        if let Some(reactions) = &patch.reactions {
            self.reactions = shown(reactions, me);
        }
        self.edited |= patch.edited.is_some();
        self.deleted |= patch.deleted.is_some();
        self.pinned = patch.pinned.unwrap_or(self.pinned);
        self.names_me &= !self.deleted;
        self.laid.take();
    }

    fn nonce(&self) -> Option<&Nonce> {
        match &self.progress {
            Progress::Stored => None,
            Progress::Pending(nonce) | Progress::Failed(nonce, _) => Some(nonce),
        }
    }

    /// The places of the reader's name in the text as it is shown, where it means them: not in code and quotes, of which only
    /// what was written tells.
    fn my_names(&self, shown: &Rendered, me: &Handle) -> Vec<std::ops::Range<usize>> {
        if !self.names_me {
            return Vec::new();
        }
        let named = mention::words(self.content.as_str()).filter(|(_, handle)| handle == me);
        named.map(|(place, _)| shown.place(place)).collect()
    }
}

impl ShownReaction {
    /// Names who reacted: `bob, carol and 3 more`.
    fn names(&self) -> String {
        let named = self.handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
        match self.count.saturating_sub(self.handles.len() as u64) {
            0 => named,
            more => format!("{named} and {more} more"),
        }
    }
}

/// What was said, where it is drawn otherwise: for copying it and for changing it.
fn raw(said: &str, drawn: &Clean) -> Option<Box<str>> {
    (drawn.as_str() != said).then(|| said.into())
}

fn shown(reactions: &[Reaction], me: &Handle) -> Vec<ShownReaction> {
    let shown = |reaction: &Reaction| ShownReaction {
        emoji: reaction.emoji.clone(),
        drawn: CleanLine::new(reaction.emoji.as_str()),
        count: reaction.count,
        handles: reaction.handles.clone(),
        mine: reaction.handles.contains(me),
    };
    reactions.iter().map(shown).collect()
}
