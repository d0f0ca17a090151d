//! What is made of a message to show it.

use std::cell::RefCell;
use std::rc::Rc;

use proto::{ChannelId, FileId, FileInfo, Handle, Index, Message, MessageKind, Picture, Reaction, Timestamp, mention};

use super::layout::{Context, Laid};
use super::{Pane, SENDING, Timeline};
use crate::core::Core;
use crate::core::attachment::Attachment;
use crate::core::history::Kept;
use crate::core::outbox::Sending;
use crate::markdown::Rendered;
use crate::text::{Clean, CleanLine};
use crate::words::{self, percent};

/// Messages of which is kept what was made of them; beyond that it is made again.
const ROWS_MAX: usize = 2_000;

/// A message, safe to draw.
#[derive(Debug)]
pub(super) struct TimelineRow {
    /// Of which revision of the message.
    pub(super) revision: u64,
    pub(super) date: Timestamp,
    pub(super) handle: Handle,
    pub(super) kind: MessageKind,
    pub(super) content: Clean,
    /// Its files, a line for each.
    pub(super) files: Vec<RowFile>,
    pub(super) reply_to: Option<Index>,
    pub(super) own: bool,
    pub(super) names_me: bool,
    pub(super) edited: bool,
    pub(super) deleted: bool,
    pub(super) pinned: bool,
    pub(super) reactions: Vec<ShownReaction>,
    /// Its lines as they were laid out last. Drawing fills it; a memo that nobody can tell from laying them out again.
    pub(super) laid: RefCell<Option<Rc<Laid>>>,
}

/// A file of a message.
#[derive(Debug)]
pub(super) struct RowFile {
    /// What it is called, and how large it is, safe to draw.
    pub(super) words: String,
    /// What is known of it as a picture, if it is one that is at the server.
    pub(super) picture: Option<(FileId, Picture)>,
}

/// What members reacted with.
#[derive(Debug)]
pub(super) struct ShownReaction {
    /// The emoji, safe to draw.
    pub(super) drawn: CleanLine,
    pub(super) count: u64,
    /// Who reacted so, as far as they are named.
    handles: Vec<Handle>,
}

/// How far a message has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Stored,
    Pending,
    /// Refused, for this reason, safe to draw.
    Failed(String),
}

/// What of a message its neighbours must know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) handle: &'a Handle,
    pub(super) kind: MessageKind,
    pub(super) date: Timestamp,
    pub(super) stored: bool,
}

impl<'a> Pane<'a> {
    /// Gives what there is to show of a channel.
    pub fn of(core: &'a Core, id: ChannelId, context: &'a Context) -> Option<Self> {
        let channel = core.channels.get(&id)?;
        Some(Self { history: &channel.history, sending: core.outbox.of(id).collect(), context })
    }

    pub(super) fn me(&self) -> &'a Handle {
        &self.context.me
    }

    /// Gives the key of the message before another one.
    pub(super) fn before(&self, key: u64) -> Option<u64> {
        let sending = self.sending.iter().rev().map(|sending| SENDING + sending.number).find(|other| *other < key);
        sending.or_else(|| Some(self.history.before(Index::new(key))?.message.index.get()))
    }

    /// Gives the key of the message after another one.
    pub(super) fn after(&self, key: u64) -> Option<u64> {
        let stored = self.history.after(Index::new(key)).map(|kept| kept.message.index.get());
        stored.or_else(|| self.sending.iter().map(|sending| SENDING + sending.number).find(|other| *other > key))
    }

    /// Gives the key of the last message.
    pub(super) fn last(&self) -> Option<u64> {
        let sending = self.sending.last().map(|sending| SENDING + sending.number);
        sending.or_else(|| Some(self.history.newest()?.message.index.get()))
    }

    /// Tells whether there is a message under a key.
    pub(super) fn has(&self, key: u64) -> bool {
        self.history.has(Index::new(key)) || self.sending(key).is_some()
    }

    fn sending(&self, key: u64) -> Option<&Sending<'a>> {
        self.sending.iter().find(|sending| SENDING + sending.number == key)
    }

    pub(super) fn message(&self, key: u64) -> Option<&'a Message> {
        self.history.get(Index::new(key)).map(|kept| &kept.message)
    }

    pub(super) fn facts(&self, key: u64) -> Option<Facts<'a>> {
        if let Some(Message { handle, kind, date, .. }) = self.message(key) {
            return Some(Facts { handle, kind: *kind, date: *date, stored: true });
        }
        let Sending { outgoing, written, .. } = *self.sending(key)?;
        Some(Facts { handle: self.me(), kind: outgoing.kind, date: written, stored: false })
    }

    pub(super) fn progress(&self, key: u64) -> Progress {
        match self.sending(key) {
            None => Progress::Stored,
            Some(Sending { refused: Some(reason), .. }) => Progress::Failed(CleanLine::new(reason).to_string()),
            Some(_) => Progress::Pending,
        }
    }
}

impl Timeline {
    /// Gives what is made of a message, now or before.
    pub(super) fn row(&self, key: u64, pane: &Pane<'_>) -> Option<Rc<TimelineRow>> {
        match pane.sending(key) {
            Some(sending) => {
                let revision = revision_of(&sending.outgoing.files);
                Some(self.kept_row(key, revision, || TimelineRow::sending(sending, revision, pane.me())))
            }
            None => Some(self.stored_row(pane.history.get(Index::new(key))?, pane.me())),
        }
    }

    /// The same for one that is stored.
    pub(super) fn stored_row(&self, kept: &Kept, me: &Handle) -> Rc<TimelineRow> {
        let Kept { message, revision } = kept;
        self.kept_row(message.index.get(), *revision, || TimelineRow::stored(message, *revision, me))
    }

    fn kept_row(&self, key: u64, revision: u64, make: impl FnOnce() -> TimelineRow) -> Rc<TimelineRow> {
        let mut rows = self.rows.borrow_mut();
        if let Some(row) = rows.get(&key).filter(|row| row.revision == revision) {
            return row.clone();
        }
        if rows.len() >= ROWS_MAX {
            rows.clear();
        }
        let row = Rc::new(make());
        rows.insert(key, row.clone());
        row
    }
}

/// Gives a number that is another one whenever something else is shown of files that go up.
fn revision_of(files: &[Attachment]) -> u64 {
    files.iter().fold(0, |revision, file| {
        let percent = file.passed.map_or(0, |passed| 1 + percent(passed));
        // No two of a hundred steps are alike, and how many files there are does not change.
        revision.wrapping_mul(1_000).wrapping_add(if file.file.is_some() { 500 } else { percent })
    })
}

impl TimelineRow {
    fn stored(message: &Message, revision: u64, me: &Handle) -> Self {
        // What the daemon tells of somebody are not their words.
        let own = message.handle == *me && message.kind != MessageKind::System;
        let named = message.mentions.contains(me) || message.reply_to_handle.as_ref() == Some(me);
        let deleted = message.deleted.is_some();
        Self {
            revision,
            date: message.date,
            handle: message.handle.clone(),
            kind: message.kind,
            content: Clean::new(&message.content),
            files: message.files.iter().map(|file| RowFile::of(words::file(file), Some(file))).collect(),
            reply_to: message.reply_to,
            own,
            names_me: named && !own && !deleted,
            edited: message.edited.is_some(),
            deleted,
            pinned: message.pinned,
            reactions: message.reactions.iter().map(ShownReaction::new).collect(),
            laid: RefCell::default(),
        }
    }

    fn sending(sending: &Sending<'_>, revision: u64, me: &Handle) -> Self {
        Self {
            revision,
            date: sending.written,
            handle: me.clone(),
            kind: sending.outgoing.kind,
            content: Clean::new(&sending.outgoing.content),
            files: sending.outgoing.files.iter().map(RowFile::sending).collect(),
            reply_to: sending.outgoing.reply_to,
            own: true,
            names_me: false,
            edited: false,
            deleted: false,
            pinned: false,
            reactions: Vec::new(),
            laid: RefCell::default(),
        }
    }

    /// Tells whether any of its files is a picture.
    pub(super) fn has_pictures(&self) -> bool {
        self.files.iter().any(|file| file.picture.is_some())
    }

    /// The places of the reader's name in the text as it is shown, where it means them: not in code and quotes, of which only
    /// what was written tells.
    pub(super) fn my_names(&self, shown: &Rendered, me: &Handle) -> Vec<std::ops::Range<usize>> {
        if !self.names_me {
            return Vec::new();
        }
        let named = mention::words(self.content.as_str()).filter(|(_, handle)| handle == me);
        named.map(|(place, _)| shown.place(place)).collect()
    }
}

impl RowFile {
    fn of(words: String, info: Option<&FileInfo>) -> Self {
        Self { words, picture: info.and_then(|info| Some((info.id, info.picture.clone()?))) }
    }

    fn sending(attachment: &Attachment) -> Self {
        Self::of(words::attachment(attachment), attachment.file.as_ref())
    }
}

impl ShownReaction {
    fn new(reaction: &Reaction) -> Self {
        let drawn = CleanLine::new(reaction.emoji.as_str());
        Self { drawn, count: reaction.count, handles: reaction.handles.clone() }
    }

    /// Names who reacted: `bob, carol and 3 more`.
    pub(super) fn names(&self) -> String {
        let named = self.handles.iter().map(Handle::as_str).collect::<Vec<_>>().join(", ");
        match self.count.saturating_sub(self.handles.len() as u64) {
            0 => named,
            more => say!("reactions-names-more", names = named, count = more),
        }
    }
}
