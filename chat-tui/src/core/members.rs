//! The members of the channel that is on the screen. The daemon shows channels without them, except direct conversations;
//! they are asked for when a channel is opened, once on each connection, and kept up to date from then on.

use proto::{ChannelId, ClientPacket, ListMembers, MemberPage};

use super::{Asked, Core};

impl Core {
    /// Notes which channel is on the screen, if any.
    pub fn shows(&mut self, id: Option<ChannelId>) {
        self.on_screen = id;
    }

    /// Asks for the members of the channel on the screen, unless they are known.
    pub(super) fn ask_for_members(&mut self) {
        let Some(channel) = self.on_screen.and_then(|id| self.channels.get(&id)) else { return };
        let id = channel.id;
        let asked = self.asked.values().any(|asked| *asked == Asked::Members(id));
        if channel.lacks_members() && !asked {
            let list = ListMembers { id, after: None, online_first: true };
            self.add_request(Asked::Members(id), ClientPacket::ListMembers(list));
        }
    }

    /// The members have come.
    pub(super) fn members_came(&mut self, id: ChannelId, page: MemberPage) {
        let Some(channel) = self.channels.get_mut(&id) else { return };
        channel.set_members(&page.members, page.members_total);
        channel.hide(&self.people.blocked());
    }
}
