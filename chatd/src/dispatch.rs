//! From a packet to its handler: one match over everything a client may say.

use std::future::Future;
use std::sync::Arc;
use std::time::Instant;

use proto::{ClientPacket, ErrorCode, ErrorReply, Hello, Request};

use crate::answer::{Answer, AnswerTo, Done, Outcome};
use crate::daemon::Daemon;
use crate::error::rate_limited;
use crate::handler::{account, channel, feed, message, people, personal, session};
use crate::hub::Outbox;
use crate::policy::{self, SignedIn};

/// Does what a packet of a connection asks. Returns when the next packet of the connection may be looked at: a
/// message is in the store's queue then, anything else is finished.
pub(crate) async fn dispatch(
    daemon: &Arc<Daemon>,
    who: &SignedIn,
    outbox: &Arc<Outbox>,
    packet: ClientPacket,
) -> Outcome {
    let asker = Asker { daemon, who };
    Outcome::Now(match packet {
        // Messages have a rate of their own, and a queue in the store.
        ClientPacket::SendMessage(request) => {
            let stored = message::send(daemon, who, request).await;
            return Outcome::Later(Box::pin(async move { stored.await.map(|sent| Done::with(&sent)) }));
        }
        ClientPacket::Hello(request) => asker.done(request, said_already).await,
        ClientPacket::RenewToken(request) => asker.answer(request, account::renew_token).await.map(|renewed| {
            let expires = Some(renewed.expires_at);
            Done { expires, ..Done::with(&renewed) }
        }),
        ClientPacket::EditMessage(request) => asker.done(request, message::edit).await,
        ClientPacket::DeleteMessage(request) => asker.done(request, message::delete_message).await,
        ClientPacket::React(request) => asker.done(request, message::react).await,
        ClientPacket::RemoveReactions(request) => asker.done(request, message::remove_reactions).await,
        ClientPacket::Pin(request) => asker.done(request, message::pin).await,
        ClientPacket::CreateChannel(request) => asker.done(request, channel::create).await,
        ClientPacket::JoinChannel(request) => asker.done(request, channel::join).await,
        ClientPacket::LeaveChannel(request) => asker.done(request, channel::leave).await,
        ClientPacket::Invite(request) => asker.done(request, channel::invite_member).await,
        ClientPacket::CreateInvite(request) => asker.done(request, channel::create_invite).await,
        ClientPacket::ListInvites(request) => asker.done(request, channel::list_invites).await,
        ClientPacket::RevokeInvite(request) => asker.done(request, channel::revoke_invite).await,
        ClientPacket::DeleteChannel(request) => asker.done(request, channel::delete_channel).await,
        ClientPacket::Kick(request) => asker.done(request, channel::kick).await,
        ClientPacket::Ban(request) => asker.done(request, channel::ban).await,
        ClientPacket::Mute(request) => asker.done(request, channel::mute).await,
        ClientPacket::ChangeSettings(request) => asker.done(request, channel::change_settings).await,
        ClientPacket::ListBans(request) => asker.done(request, channel::list_bans).await,
        ClientPacket::SetRole(request) => asker.done(request, channel::set_role).await,
        ClientPacket::ListMembers(request) => asker.done(request, channel::list_members).await,
        ClientPacket::SetTopic(request) => asker.done(request, channel::set_topic).await,
        ClientPacket::OpenDm(request) => asker.done(request, channel::open_dm).await,
        ClientPacket::OpenWall(request) => asker.done(request, feed::open_wall).await,
        ClientPacket::WatchFeed(request) => {
            asker
                .done(request, async |daemon: &Daemon, _: &SignedIn, request| {
                    feed::watch(daemon, outbox, request).await
                })
                .await
        }
        ClientPacket::Typing(request) => asker.done(request, channel::set_typing).await,
        ClientPacket::MarkRead(request) => asker.done(request, channel::mark_read).await,
        ClientPacket::MarkUnread(request) => asker.done(request, personal::mark_unread).await,
        ClientPacket::Notify(request) => asker.done(request, personal::notify).await,
        ClientPacket::KeepDraft(request) => asker.done(request, personal::keep_draft).await,
        ClientPacket::ClearCatchUp(request) => asker.done(request, personal::clear).await,
        ClientPacket::RestoreCatchUp(request) => asker.done(request, personal::restore_catch_up).await,
        ClientPacket::EndSession(request) => asker.done(request, session::end).await,
        ClientPacket::SetPresence(request) => asker.done(request, people::set_presence).await,
        ClientPacket::SetSettings(request) => asker.done(request, people::set_settings).await,
        ClientPacket::SetProfile(request) => asker.done(request, people::set_profile).await,
        ClientPacket::AskFriend(request) => asker.done(request, people::ask_friend).await,
        ClientPacket::RemoveFriend(request) => asker.done(request, people::remove_friend).await,
        ClientPacket::Block(request) => asker.done(request, people::block).await,
    })
}

/// Who asks, and whom.
struct Asker<'a> {
    daemon: &'a Daemon,
    who: &'a SignedIn,
}

impl<'a> Asker<'a> {
    /// Lets a handler do what is asked, and writes its answer.
    async fn done<R: Request, F: Future<Output = AnswerTo<R>>>(
        &self,
        request: R,
        handler: impl FnOnce(&'a Daemon, &'a SignedIn, R) -> F,
    ) -> Answer {
        self.answer(request, handler).await.map(|answer| Done::with(&answer))
    }

    /// Lets a handler do what is asked, if the asker is not too fast and may ask for such a thing at all.
    async fn answer<R: Request, F: Future<Output = AnswerTo<R>>>(
        &self,
        request: R,
        handler: impl FnOnce(&'a Daemon, &'a SignedIn, R) -> F,
    ) -> AnswerTo<R> {
        self.daemon.pace.requests.take(self.who.user(), Instant::now()).map_err(rate_limited)?;
        if R::WHO.excludes_guests() {
            policy::require_no_guest(&self.daemon.hub, self.who)?;
        }
        handler(self.daemon, self.who, request).await
    }
}

async fn said_already(_: &Daemon, _: &SignedIn, _: Hello) -> AnswerTo<Hello> {
    Err(ErrorReply::new(ErrorCode::Malformed, "this connection has said hello already"))
}
