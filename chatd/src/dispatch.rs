//! From a packet to its handler: one match over everything a client may say.

use std::sync::Arc;
use std::time::Instant;

use proto::{ClientPacket, ErrorCode, ErrorReply};

use crate::answer::Outcome;
use crate::daemon::Daemon;
use crate::error::rate_limited;
use crate::handler::{account, channel, feed, message, people, personal, session};
use crate::hub::Outbox;
use crate::policy::SignedIn;

/// Does what a packet of a connection asks. Returns when the next packet of the connection may be looked at: a
/// message stands in the store's queue then, anything else is finished.
pub(crate) async fn dispatch(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    outbox: &Arc<Outbox>,
    packet: ClientPacket,
) -> Outcome {
    if let ClientPacket::SendMessage(request) = packet {
        return message::send(daemon, who, request).await;
    }
    if let Err(wait) = daemon.pace.requests.take(who.user(), Instant::now()) {
        return Outcome::Now(Err(rate_limited(wait)));
    }
    Outcome::Now(match packet {
        ClientPacket::SendMessage(_) => unreachable!("messages have a rate of their own"),
        ClientPacket::Hello(_) => Err(ErrorReply::new(ErrorCode::Malformed, "this connection has said hello already")),
        ClientPacket::RenewToken(_) => account::renew_token(daemon, who).await,
        ClientPacket::EditMessage(request) => message::edit(daemon, who, request).await,
        ClientPacket::DeleteMessage(request) => message::delete(daemon, who, &request).await,
        ClientPacket::React(request) => message::react(daemon, who, request).await,
        ClientPacket::RemoveReactions(request) => message::remove_reactions(daemon, who, request).await,
        ClientPacket::Pin(request) => message::pin(daemon, who, &request).await,
        ClientPacket::CreateChannel(request) => channel::create(daemon, who, request).await,
        ClientPacket::JoinChannel(request) => channel::join(daemon, who, request).await,
        ClientPacket::LeaveChannel(request) => channel::leave(daemon, who, &request).await,
        ClientPacket::Invite(request) => channel::invite(daemon, who, request).await,
        ClientPacket::CreateInvite(request) => channel::create_invite(daemon, who, request).await,
        ClientPacket::ListInvites(request) => channel::list_invites(daemon, who, &request).await,
        ClientPacket::RevokeInvite(request) => channel::revoke_invite(daemon, who, &request).await,
        ClientPacket::DeleteChannel(request) => channel::delete(daemon, who, &request).await,
        ClientPacket::Kick(request) => channel::kick(daemon, who, request).await,
        ClientPacket::Ban(request) => channel::ban(daemon, who, request).await,
        ClientPacket::Mute(request) => channel::mute(daemon, who, request).await,
        ClientPacket::ChangeSettings(request) => channel::change_settings(daemon, who, request).await,
        ClientPacket::ListBans(request) => channel::list_bans(daemon, who, &request).await,
        ClientPacket::SetRole(request) => channel::set_role(daemon, who, request).await,
        ClientPacket::ListMembers(request) => channel::list_members(daemon, who, request).await,
        ClientPacket::SetTopic(request) => channel::set_topic(daemon, who, request).await,
        ClientPacket::OpenDm(request) => channel::open_dm(daemon, who, request).await,
        ClientPacket::OpenWall(_) => feed::open_wall(daemon, who).await,
        ClientPacket::WatchFeed(request) => feed::watch(daemon, outbox, request).await,
        ClientPacket::Typing(request) => channel::set_typing(daemon, who, &request).await,
        ClientPacket::MarkRead(request) => channel::mark_read(daemon, who, &request).await,
        ClientPacket::MarkUnread(request) => personal::mark_unread(daemon, who, &request).await,
        ClientPacket::Notify(request) => personal::notify(daemon, who, &request).await,
        ClientPacket::KeepDraft(request) => personal::keep_draft(daemon, who, request).await,
        ClientPacket::ClearCatchUp(request) => personal::clear(daemon, who, request).await,
        ClientPacket::RestoreCatchUp(request) => personal::restore(daemon, who, request).await,
        ClientPacket::EndSession(request) => session::end(daemon, who, &request).await,
        ClientPacket::SetPresence(request) => people::set_presence(daemon, who, request).await,
        ClientPacket::SetSettings(request) => people::set_settings(daemon, who, request).await,
        ClientPacket::SetProfile(request) => people::set_profile(daemon, who, request).await,
        ClientPacket::AskFriend(request) => people::ask_friend(daemon, who, request).await,
        ClientPacket::RemoveFriend(request) => people::remove_friend(daemon, who, request).await,
        ClientPacket::Block(request) => people::block(daemon, who, request).await,
    })
}

/// Tells whether a packet may be handed over while earlier ones still wait for the disk. Messages
/// may: the store keeps their order. Others may build on what stands before them, so they wait.
pub(crate) fn may_overtake_the_disk(packet: &ClientPacket) -> bool {
    matches!(packet, ClientPacket::SendMessage(_) | ClientPacket::Typing(_))
}
