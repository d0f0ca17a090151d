//! What was written here and is not there yet is kept on the disk: messages at once, what is being written a moment later.
//! Whoever comes back finds it where it was.

use std::collections::BTreeSet;

use proto::codec::{decode_requests, encode_request};
use proto::http::Channels;
use proto::{ChannelId, ChannelKind, ClientPacket, Ref, Timestamp};

use super::channel_view::{ChannelDraft, ComposerTarget};
use super::terms::Keeping;
use super::{Channel, ChatScreen, Meant, waits};
use crate::component::composer::Composer;
use crate::core::GivenUp;
use crate::core::outbox::Change;
use crate::effect::Effect;
use crate::refusals::with_stop;
use crate::stored::StoredState;
use crate::text::CleanLine;
use crate::unsent::{ChannelPlace, Draft, Unsent};

/// How long something that is being written is not on the disk.
const KEEP_AFTER_MILLIS: i64 = 700;

/// Texts that came back and are kept.
const GIVEN_BACK_MAX: usize = 20;

impl ChatScreen {
    /// Takes up what was written before and is not there.
    pub fn take_up(&mut self, unsent: Unsent, now: Timestamp) {
        let Unsent { messages, drafts, changes, lines, changed, store, open } = unsent;
        for message in messages {
            self.core.take_up_message(message, now);
        }
        for draft in drafts {
            self.take_up_draft(draft);
        }
        self.core.take_up_store(store);
        let packets = changes.iter().filter_map(|change| decode_requests(change).ok()).flatten();
        let changes = packets.filter_map(|request| request.packet.ok()).collect();
        if let Some(given_up) = self.core.take_up_changes(changes, changed, now) {
            self.changes_given_up(&given_up, GivenUp::TooLate);
        }
        self.keeping.lines.extend(lines);
        self.keeping.urgent = true;
        if self.join_first.is_none() {
            self.open_again = open;
        }
    }

    /// Shows what was read before: the channel that was open, or is asked for, or the first.
    pub fn restore(&mut self, stored: StoredState, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        self.core.restore(stored);
        // Whoever was in one before knows what there is.
        self.greeted |= !self.core.channels.is_empty();
        for id in self.core.channels.keys().copied().collect::<Vec<_>>() {
            self.makes_view(id);
        }
        let first = match &self.join_first {
            Some(Meant::Id(id)) => Some(*id),
            Some(Meant::Person(handle)) => self.core.conversation_with(handle),
            Some(Meant::Name(name)) => {
                let named = |channel: &&Channel| channel.kind != ChannelKind::Dm && channel.name == *name;
                self.core.channels.values().find(named).map(|channel| channel.id)
            }
            None => {
                let again = self.open_again.filter(|id| self.core.channels.contains_key(id));
                again.or_else(|| self.sorted().first().map(|channel| channel.id))
            }
        };
        first.map(|id| self.open(id)).unwrap_or_default()
    }

    fn take_up_draft(&mut self, draft: Draft) {
        let Draft { place, text, kept, reply, edit } = draft;
        let Some(place) = place else {
            self.alone.insert(&text);
            return;
        };
        let mut writing = ChannelDraft { kept_draft: kept, ..ChannelDraft::default() };
        writing.composer.insert(&text);
        writing.target =
            reply.map(|(index, quote)| ComposerTarget::Reply { index, quote: CleanLine::new(&quote).to_string() });
        if let Some((index, text)) = edit {
            let draft = std::mem::take(&mut writing.composer);
            writing.composer.insert(&text);
            writing.target = Some(ComposerTarget::Edit { index, draft });
        }
        self.drafts.insert(place.id, writing);
        self.core.note_place(place);
    }

    /// A key or a paste has come, for whatever is on the screen; this is what is being written on pages.
    pub fn is_touched(&mut self, on_pages: Vec<String>) {
        self.keeping.touched = true;
        self.keeping.on_pages = on_pages;
    }

    /// What was to be kept is, or not: then it is tried again with what is done next.
    pub fn was_kept(&mut self, result: Result<(), String>) {
        if result.is_err() {
            self.keeping.kept = Unsent::default();
        }
        self.not_kept = result.err().map(|reason| CleanLine::new(&reason));
    }

    /// Forgets what was written: there is nobody to send it.
    pub fn forget_written(&mut self) -> Effect {
        self.keeping = Keeping::default();
        Effect::Keep(self.core.session.clone(), Box::default())
    }

    /// A text comes back to the reader where there is no place for it: Ctrl+Up brings it back, also after the next start.
    pub(super) fn remember_for_reader(&mut self, text: &str) {
        self.composer_mut().remember(text);
        self.keep_given_back(text);
    }

    pub(super) fn keep_given_back(&mut self, text: &str) {
        self.keeping.given_back.push(text.to_owned());
        let surplus = self.keeping.given_back.len().saturating_sub(GIVEN_BACK_MAX);
        self.keeping.given_back.drain(..surplus);
        self.keeping.urgent = true;
    }

    /// The reader looks at what is on Ctrl+Up.
    pub(super) fn has_looked_back(&mut self) {
        self.keeping.given_back.clear();
    }

    /// Keeps what is written, if something new has to lie on the disk now, or soon.
    pub(super) fn keep_written(&mut self, now: Timestamp) -> Option<Effect> {
        let change = self.core.outbox.take_change();
        let touched = std::mem::take(&mut self.keeping.touched) || change == Change::Less;
        if std::mem::take(&mut self.keeping.urgent) || change == Change::More {
            return self.keep_now();
        }
        if !touched || waits(self.keeping.due, now, KEEP_AFTER_MILLIS) {
            return None;
        }
        let due = now.plus_millis(KEEP_AFTER_MILLIS);
        self.keeping.due = Some(due);
        Some(Effect::WakeAt(due))
    }

    /// Keeps what is written, if its moment has come.
    pub(super) fn keep_due(&mut self, now: Timestamp) -> Option<Effect> {
        self.keeping.due.take_if(|due| *due <= now)?;
        self.keep_now()
    }

    /// Keeps what is written, unless it is kept already.
    pub fn keep_now(&mut self) -> Option<Effect> {
        self.keeping.due = None;
        let unsent = self.unsent();
        if unsent == self.keeping.kept {
            return None;
        }
        self.keeping.kept = unsent.clone();
        Some(Effect::Keep(self.core.session.clone(), Box::new(unsent)))
    }

    /// Everything that was written and is not there.
    fn unsent(&self) -> Unsent {
        let messages = self.core.unsent_messages();
        let shown = self.views.iter().filter_map(|(id, view)| {
            let channel = self.core.channels.get(id)?;
            kept_draft(Some(channel.place()), &view.composer, view.target.as_ref(), &channel.draft.kept)
        });
        let hidden = self.drafts.iter().filter_map(|(id, writing)| {
            kept_draft(Some(self.core.place_of(id)?), &writing.composer, writing.target.as_ref(), &writing.kept_draft)
        });
        let mut drafts = shown.chain(hidden).collect::<Vec<_>>();
        drafts.sort_by_key(|draft| draft.place.as_ref().map(|place| place.id));
        drafts.extend(kept_draft(None, &self.alone, None, ""));
        let lines = self.command_lines.iter().map(|line| &line.text).chain(&self.keeping.on_pages);
        let lines = lines.chain(&self.keeping.given_back).chain(&self.keeping.lines);
        let changes = self.core.unanswered_changes();
        let changes = changes.iter().map(|packet| encode_request(&Ref::Number(0), packet)).collect();
        let open = self.current.or(self.open_again);
        let (changed, store) = (self.core.changes_since(), self.core.store().map(str::to_owned));
        Unsent { changed, store, messages, drafts, changes, lines: lines.cloned().collect(), open }
    }

    /// Changes a message, again if the connection is lost before the answer.
    pub(super) fn change(&mut self, packet: ClientPacket) -> Vec<Effect> {
        if !self.core.is_online() {
            self.fail(label!("error-offline"));
            return Vec::new();
        }
        // It lies on the disk before it goes out.
        self.keeping.urgent = true;
        vec![self.core.change(packet, self.now).1.into()]
    }

    /// A change was refused. One that was made before the connection was lost is told as such.
    pub(super) fn change_refused(&mut self, packet: ClientPacket, again: bool, reason: &str) {
        match packet {
            ClientPacket::EditMessage(edit) if again => {
                self.remember_for_reader(edit.content.as_str());
                self.fail(say!("error-edit-refused-later", reason = with_stop(reason)));
            }
            ClientPacket::EditMessage(edit) => {
                self.keep_given_back(edit.content.as_str());
                self.fail(say!("error-edit-refused", reason = with_stop(reason)));
            }
            _ if again => self.fail(say!("error-change-refused-later", reason = with_stop(reason))),
            _ => self.fail(reason),
        }
    }

    /// Tells whether something was written for a channel that is not shown.
    pub(super) fn writes_elsewhere(&self) -> bool {
        let drafts = self.drafts.iter().filter(|(_, writing)| !writing.is_empty()).map(|(id, _)| *id);
        let mut written = drafts.chain(self.core.outbox.channels());
        written.any(|id| !self.core.channels.contains_key(&id) && !self.core.is_wall(&id))
    }

    /// All channels of the reader are known: what was written for others is shown where it was written, and why it stays there.
    pub(super) fn show_what_cannot_go(&mut self, list: &Channels) {
        let is_in = |id: &ChannelId| list.channels.iter().any(|channel| channel.member && channel.id == *id);
        let drafts = self.drafts.iter().filter(|(_, writing)| !writing.is_empty()).map(|(id, _)| *id);
        let written = drafts.chain(self.core.outbox.channels()).collect::<BTreeSet<_>>();
        for id in written {
            if self.core.channels.contains_key(&id) || is_in(&id) || self.core.is_wall(&id) {
                continue;
            }
            let Some(place) = self.core.place_of(&id) else { continue };
            if place.kind == ChannelKind::Dm
                && let Ok(handle) = place.name.as_str().parse()
            {
                // A conversation that was closed opens again for what goes there.
                self.core.redirect_to_person(id, handle);
            }
            if self.drafts.contains_key(&id) || self.core.outbox.channels().contains(&id) {
                self.show_gone(place);
            }
        }
    }

    fn show_gone(&mut self, place: ChannelPlace) {
        let (id, kind) = (place.id, place.kind);
        let title = self.core.show_gone(place).title();
        let words = CleanLine::new(&match kind {
            ChannelKind::Dm => say!("gone-closed", channel = title),
            _ => say!("gone-not-a-member", channel = title),
        });
        self.makes_view(id);
        self.keep_gone(id, words);
    }

    /// A channel is open, and none was before: what was being written meanwhile goes there.
    pub(super) fn go_on_writing(&mut self) {
        self.keeping.lines_given = true;
        let lines = self.keeping.lines.clone();
        if !lines.is_empty() {
            self.tell(label!("notice-drafts-in-history"));
        }
        let alone = std::mem::take(&mut self.alone);
        let Some(view) = self.view_mut() else { return };
        for line in &lines {
            view.composer.remember(line);
        }
        if view.composer.is_empty() && view.target.is_none() {
            view.composer.go_on(alone);
        } else if !alone.is_empty() {
            view.composer.remember(alone.text());
        }
    }

    /// The reader has pressed a key, and so has seen what they were told.
    pub(super) fn has_seen_lines(&mut self) {
        if self.keeping.lines_given {
            self.keeping.lines.clear();
        }
    }
}

fn kept_draft(
    place: Option<ChannelPlace>,
    composer: &Composer,
    target: Option<&ComposerTarget>,
    kept: &str,
) -> Option<Draft> {
    let (text, reply, edit) = match target {
        Some(ComposerTarget::Edit { index, draft }) => {
            (draft.written(), None, Some((*index, composer.written().to_owned())))
        }
        Some(ComposerTarget::Reply { index, quote }) => (composer.written(), Some((*index, quote.clone())), None),
        None => (composer.written(), None, None),
    };
    // Where nothing stands any more the daemon may still have it.
    let is_written = !text.is_empty() || !kept.is_empty() || edit.is_some();
    is_written.then(|| Draft { place, text: text.to_owned(), kept: kept.to_owned(), reply, edit })
}
