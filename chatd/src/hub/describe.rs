//! What one account sees of others: members of a channel, a profile, a friend.

use std::collections::HashSet;

use proto::{ChannelId, Member, Presence};

use super::Hub;
use super::person::shown_member;
use super::visibility::{Relations, Visibility, seen};
use crate::store::{Acquaintance, MemberRow, UserId, UserRecord};

impl Hub {
    /// Gives those of the members shown who need not be read from the store: of a large channel those whom it shows as online,
    /// the same to all; of a small one all who are connected.
    pub fn members_known(&self, channel: &ChannelId, viewer: UserId) -> Vec<MemberRow> {
        let registry = self.registry();
        let Some(members) = registry.channel(channel) else { return Vec::new() };
        let mut shown = Vec::new();
        if members.is_large() {
            self.with_channel(channel, |live| shown = live.shown(members));
        } else {
            shown.extend(members.members.keys());
        }
        let known = shown.into_iter().filter_map(|user| {
            let (account, membership) = (registry.account(user)?, members.members.get(&user)?);
            let shares = !membership.apart || registry.shares(user, viewer);
            Some(MemberRow { user: account.record.clone(), role: membership.role, shares })
        });
        known.collect()
    }

    /// Says how members of a channel that were read from the store are now, as one who is connected sees them, online first.
    pub fn describe_online_first(&self, channel: &ChannelId, viewer: UserId, rows: Vec<MemberRow>) -> Vec<Member> {
        let mut members = self.describe(channel, viewer, rows);
        members.sort_by(|a, b| b.online.cmp(&a.online).then_with(|| a.handle.cmp(&b.handle)));
        members
    }

    /// Says how members of a channel that were read from the store are now, as one who is connected sees them.
    pub fn describe(&self, channel: &ChannelId, viewer: UserId, rows: Vec<MemberRow>) -> Vec<Member> {
        let registry = self.registry();
        let Some(viewing) = registry.account(viewer) else { return Vec::new() };
        let presences = {
            let node = self.node();
            rows.iter().map(|row| node.presence(&row.user)).collect::<Vec<_>>()
        };
        let mut typing = HashSet::new();
        self.with_channel(channel, |live| typing.extend(live.typing.keys().copied()));
        let described = rows.into_iter().zip(presences).map(|(row, presence)| {
            let MemberRow { user, role, shares } = row;
            let visibility = if user.user == viewer { Visibility::Full } else { viewing.relations.sees(&user, shares) };
            shown_member(&presence, visibility, role, (typing.contains(&user.user), user.disabled))
        });
        described.collect()
    }

    /// Says what one account sees of whether another is online; nothing when they may not.
    pub fn presence_seen(&self, viewer: UserId, acquaintance: &Acquaintance) -> Option<Presence> {
        let Acquaintance { user, relations, shares } = acquaintance;
        let presence = self.presence_now(user);
        if user.user == viewer {
            return Some(presence);
        }
        match Relations::new(user.privacy, relations).sees(user, *shares) {
            Visibility::Full => Some(presence),
            // Those who are blocked see somebody who went offline.
            visibility @ Visibility::Offline(Some(_)) if *shares => Some(seen(&presence, visibility)),
            Visibility::Offline(_) | Visibility::Hidden => None,
        }
    }

    /// Gives the presence of an account, to those who may see it: as it is now, or as the store has it.
    pub fn presence_now(&self, record: &UserRecord) -> Presence {
        self.node().presence(record)
    }
}
