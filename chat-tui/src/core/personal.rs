//! What the reader has set for each channel, on whatever device: which messages they are notified of, and what they were
//! writing.

use proto::{ChannelId, ChannelKind, ChannelPersonal, ClientPacket, Index, KeepDraft, NotifyLevel};

use super::channel::Drafted;
use super::{Asked, Core, CoreEffect, Happened};

impl Core {
    /// Takes over what was set for a channel, here or elsewhere.
    pub(super) fn personal_came(&mut self, personal: ChannelPersonal) {
        // What this client has told itself comes back as well, in its time.
        let own = self.asked.values().any(|asked| matches!(asked, Asked::Draft(id, _) if *id == personal.id));
        let Some(channel) = self.channels.get_mut(&personal.id) else {
            // It is shown later.
            self.personal.insert(personal.id, personal);
            return;
        };
        channel.level = personal.level;
        channel.quiet_until = personal.quiet_until;
        self.touch(personal.id);
        if !own {
            self.note_happened(Happened::PersonalCame(personal));
        }
    }

    /// Tells whether the daemon says with each channel what is set for it.
    pub fn shows_personal(&self) -> bool {
        self.shows_personal
    }

    /// A channel was shown with what is set for it, if anything is.
    pub(super) fn personal_came_with(&mut self, id: ChannelId, personal: Option<ChannelPersonal>) {
        match personal {
            Some(personal) => self.personal_came(ChannelPersonal { id, ..personal }),
            None if self.shows_personal => {
                let (level, quiet_until, draft) = Default::default();
                self.personal_came(ChannelPersonal { id, level, quiet_until, draft });
            }
            None => {}
        }
    }

    /// Keeps what is being written in a channel for the reader's other devices, unless the daemon has it already.
    pub fn keep_draft(&mut self, id: ChannelId, content: String, reply_to: Option<Index>) -> Option<CoreEffect> {
        let bytes_max = self.limits.map_or(0, |limits| limits.message_bytes as usize);
        let online = self.is_online();
        let channel = self.channels.get_mut(&id).filter(|channel| online && channel.gone.is_none())?;
        if content == channel.draft.told || content.len() > bytes_max {
            return None;
        }
        // The message line holds no U+0000, so every text is one.
        let draft = content.parse().ok()?;
        channel.draft.told.clone_from(&content);
        channel.draft.is_new = false;
        let packet = ClientPacket::KeepDraft(KeepDraft { id, content: draft, reply_to });
        Some(self.ask(Asked::Draft(id, content), packet).1)
    }

    /// Somebody goes on with what is being written in a channel, of which the daemon may keep this.
    pub fn goes_on_writing(&mut self, id: ChannelId, kept: String) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.draft = Drafted::of(kept);
        }
    }

    /// The daemon keeps this of what is being written in a channel, as another device has said.
    pub fn draft_is_kept(&mut self, id: ChannelId, kept: &str) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.draft.is_kept(kept);
        }
    }

    /// Somebody has typed in a channel.
    pub fn is_typed_in(&mut self, id: ChannelId) {
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.draft.is_new = true;
        }
    }

    /// Tells whether something in a channel that is meant for the reader may ring.
    pub fn may_ring(&self, id: ChannelId, named: bool) -> bool {
        let Some(channel) = self.channels.get(&id) else { return false };
        let quiet = channel.quiet_until.is_some_and(|until| until > self.now);
        let wanted = match channel.level {
            NotifyLevel::None => false,
            NotifyLevel::Mentions => named,
            NotifyLevel::All | NotifyLevel::Unknown => named || channel.kind == ChannelKind::Dm,
        };
        wanted && !quiet
    }
}
