//! What the reader has set for each channel, on whatever device: of what they hear, and what they were writing.

use proto::{ChannelId, ChannelPersonal, ClientPacket, KeepDraft, NotifyLevel, Timestamp};

use super::channel::{Channel, Target};
use super::{Asked, Connection, State, waits};
use crate::effect::Effect;

/// How long one writes on before what stands there is kept for other devices.
const DRAFT_AFTER_MILLIS: i64 = 2_000;
/// Whoever has typed within this time is writing.
const WRITES_MILLIS: u64 = 60_000;

impl State {
    /// Takes over what was set for a channel, here or elsewhere.
    pub(super) fn set_personal(&mut self, personal: ChannelPersonal) {
        // What this client has told itself comes back as well, in its time.
        let own = self.asked.values().any(|asked| matches!(asked, Asked::Draft(id, _) if *id == personal.id));
        match self.channels.get_mut(&personal.id) {
            Some(channel) if own => channel.set_level(&personal),
            Some(channel) => channel.set_personal(&personal, self.now),
            // It is shown later.
            None => _ = self.personal.insert(personal.id, personal),
        }
    }

    /// Keeps what stands in the channel that is shown, soon, or at once when nothing stands there any more.
    pub(super) fn keep_draft_later(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(channel) = self.channel() else { return Vec::new() };
        let written = channel.draft();
        if self.connection != Connection::Online || channel.gone.is_some() || written == channel.told_draft {
            return Vec::new();
        }
        if written.is_empty() {
            return self.keep_draft();
        }
        // What another device is writing takes turns with what stands here only as somebody types.
        if waits(self.draft_due, now, DRAFT_AFTER_MILLIS) || !channel.draft_is_new {
            return Vec::new();
        }
        let due = now.plus_millis(DRAFT_AFTER_MILLIS);
        self.draft_due = Some(due);
        vec![Effect::WakeAt(due)]
    }

    /// Keeps what stands in the channel that is shown.
    pub(super) fn keep_draft(&mut self) -> Vec<Effect> {
        self.draft_due = None;
        let online = self.connection == Connection::Online;
        let bytes_max = self.limits.map_or(0, |limits| limits.message_bytes as usize);
        let live = self.channel_mut().filter(|channel| online && channel.gone.is_none());
        let Some(channel) = live else { return Vec::new() };
        let (id, content, reply_to) = (channel.id, channel.draft().to_owned(), channel.reply_target());
        if content == channel.told_draft || content.len() > bytes_max {
            return Vec::new();
        }
        channel.told_draft.clone_from(&content);
        channel.draft_is_new = false;
        vec![self.ask(Asked::Draft(id, content.clone()), ClientPacket::KeepDraft(KeepDraft { id, content, reply_to }))]
    }

    /// Tells whether something in a channel that is meant for the reader may ring.
    pub(super) fn may_ring(&self, id: ChannelId, named: bool) -> bool {
        let Some(channel) = self.channels.get(&id) else { return false };
        let quiet = channel.quiet_until.is_some_and(|until| until > self.now);
        let wanted = match channel.level {
            NotifyLevel::None => false,
            NotifyLevel::Mentions => named,
            NotifyLevel::All | NotifyLevel::Unknown => named || channel.kind == proto::ChannelKind::Dm,
        };
        wanted && !quiet
    }
}

impl Channel {
    /// What is being written and is to be kept: no commands, and no changes of earlier messages.
    pub(super) fn draft(&self) -> &str {
        let text = match &self.target {
            Some(Target::Edit { draft, .. }) => draft.text(),
            _ => self.composer.text(),
        };
        if text.starts_with('/') { "" } else { text }
    }

    fn reply_target(&self) -> Option<proto::Index> {
        match &self.target {
            Some(Target::Reply { index, .. }) => Some(*index),
            _ => None,
        }
    }

    /// Takes over of what the reader wants to hear.
    fn set_level(&mut self, personal: &ChannelPersonal) {
        self.level = personal.level;
        self.quiet_until = personal.quiet_until;
    }

    /// Takes over what was set for the channel, and what is being written on another device: in place of what was written here,
    /// unless somebody writes here just now. What has no place is had back by Ctrl+Up.
    pub(super) fn set_personal(&mut self, personal: &ChannelPersonal, now: Timestamp) {
        self.set_level(personal);
        let kept = personal.draft.as_ref().map(|draft| draft.content.clone()).unwrap_or_default();
        if kept != self.told_draft && kept != self.composer.text() {
            let edits = matches!(self.target, Some(Target::Edit { .. }));
            let writes = self.typed_at.is_some_and(|typed| now.millis_since(typed) < WRITES_MILLIS);
            // Where nothing is left elsewhere it was sent or taken back there.
            let untouched = self.composer.text() == self.told_draft && !edits && (kept.is_empty() || !writes);
            if untouched {
                self.composer.put_by();
                self.composer.insert(&kept);
                let reply_to = personal.draft.as_ref().and_then(|draft| draft.reply_to);
                self.target = reply_to.map(|index| Target::Reply { index, quote: format!("message {index}") });
            } else if !kept.is_empty() {
                // Of what is being written there, the last is enough.
                self.composer.remember_instead(&self.other_draft, &kept);
                self.other_draft.clone_from(&kept);
            }
        }
        self.told_draft.clone_from(&kept);
        self.kept_draft = kept;
    }

    /// The daemon has what it was told of what is being written.
    pub(super) fn draft_is_kept(&mut self, draft: String) {
        self.kept_draft = draft;
    }

    /// Nobody knows whether the daemon has what it was told.
    pub(super) fn draft_is_lost(&mut self) {
        self.draft_is_new |= self.told_draft != self.kept_draft;
        self.told_draft.clone_from(&self.kept_draft);
    }

    /// Somebody has typed here.
    pub(super) fn is_typed_in(&mut self, now: Timestamp) {
        self.typed_at = Some(now);
        self.draft_is_new = true;
    }
}
