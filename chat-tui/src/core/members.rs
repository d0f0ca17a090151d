//! The members of the channel that is on the screen. The daemon shows channels without them, except direct conversations;
//! they are asked for when a channel is opened, once on each connection, and kept up to date from then on.

use proto::{ChannelId, ChannelName, ClientPacket, ErrorCode, ErrorReply, ListMembers, MemberPage};

use super::{Asked, Core, CoreEffect};
use crate::stored::StoredMember;

/// The shortest wait before they are asked for again, whatever the daemon says.
const PAUSE_MILLIS: u64 = 100;

impl Core {
    /// Notes which channel is on the screen, if any.
    pub fn shows(&mut self, id: Option<ChannelId>) {
        self.on_screen = id;
    }

    /// Notes what the channel is called that is to be on the screen first.
    pub fn shows_first(&mut self, name: ChannelName) {
        self.shown_first = Some(name);
    }

    /// Asks for the members of the channel on the screen, unless they are known.
    pub(super) fn ask_for_members(&mut self) {
        let Some(channel) = self.on_screen.and_then(|id| self.channels.get(&id)) else { return };
        let id = channel.id;
        if self.members_not_before.is_some_and(|when| self.now < when) {
            return;
        }
        let asked = self.asked.values().any(|asked| *asked == Asked::Members(id));
        if channel.lacks_members() && !asked {
            let list = ListMembers { id, after: None, online_first: true };
            self.add_request(Asked::Members(id), ClientPacket::ListMembers(list));
        }
    }

    /// Looks in the store who is in the channel on the screen, once: without a connection nobody else can say.
    pub(super) fn look_for_members(&mut self) {
        let Some(id) = self.on_screen.filter(|_| self.has_store) else { return };
        if self.channels.get_mut(&id).is_some_and(super::Channel::looks_for_members) {
            self.add_effect(CoreEffect::LoadMembers(id));
        }
    }

    /// The store has told who is in a channel; whoever came meanwhile is known better.
    pub(super) fn stored_members_came(&mut self, id: ChannelId, members: Vec<StoredMember>) {
        if let Some(channel) = self.channels.get_mut(&id).filter(|channel| channel.members.is_empty()) {
            channel.members = members.into_iter().map(StoredMember::state).collect();
            channel.hide(&self.people.blocked());
        }
    }

    /// The members have come, unless the answer cannot be read.
    pub(super) fn members_came(&mut self, id: ChannelId, page: Option<MemberPage>) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        let Some(page) = page else { return channel.members_refused() };
        channel.set_members(&page.members, page.members_total);
        channel.hide(&self.people.blocked());
        self.touch(id);
    }

    /// The daemon does not say who the members are. Those who are known stay until the channel is shown again, so that it is
    /// not asked over and over; after too many requests it is asked again when it says.
    pub(super) fn members_refused(&mut self, id: ChannelId, refusal: &ErrorReply) {
        if let (ErrorCode::RateLimited, Some(wait)) = (&refusal.code, refusal.retry_after_ms) {
            let when = self.now.plus_millis(i64::try_from(wait.max(PAUSE_MILLIS)).unwrap_or(i64::MAX));
            self.members_not_before = Some(when);
            self.add_effect(CoreEffect::WakeAt(when));
        } else if let Some(channel) = self.channels.get_mut(&id) {
            channel.members_refused();
        }
    }
}
