//! From a packet to its handler: one match over everything a client may say.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use proto::{ClientPacket, ErrorCode, ErrorReply, Hello, Request};

use crate::answer::{AnswerTo, Done, Outcome};
use crate::daemon::Daemon;
use crate::error::rate_limited;
use crate::handler::{account, channel, feed, link, message, people, personal, session, upload};
use crate::hub::Outbox;
use crate::policy::{self, SignedIn};

/// What a packet comes to, once the next packet of its connection may be looked at. Each is boxed by itself, so that none
/// takes the room that the largest needs.
type Dispatched<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// Does what a packet of a connection asks. Returns when the next packet of the connection may be looked at: a
/// message is in the store's queue then, anything else is finished.
pub(crate) fn dispatch<'a>(
    daemon: &'a Arc<Daemon>,
    who: &'a SignedIn,
    outbox: &'a Arc<Outbox>,
    packet: ClientPacket,
) -> Dispatched<'a> {
    let asker = Asker { daemon, who };
    match packet {
        // Messages have a rate of their own, and a queue in the store.
        ClientPacket::SendMessage(request) => Box::pin(async move {
            let stored = message::send(daemon, who, request).await;
            Outcome::Later(Box::pin(async move { stored.await.map(|sent| Done::with(&sent)) }))
        }),
        ClientPacket::Hello(request) => asker.done(request, said_already),
        ClientPacket::RenewToken(request) => Box::pin(async move {
            Outcome::now(asker.answer(request, account::renew_token).await.map(|renewed| {
                let expires = Some(renewed.expires_at);
                Done { expires, ..Done::with(&renewed) }
            }))
        }),
        ClientPacket::EditMessage(request) => asker.done(request, message::edit),
        ClientPacket::DeleteMessage(request) => asker.done(request, message::delete_message),
        ClientPacket::React(request) => asker.done(request, message::react),
        ClientPacket::RemoveReactions(request) => asker.done(request, message::remove_reactions),
        ClientPacket::Pin(request) => asker.done(request, message::pin),
        ClientPacket::CreateChannel(request) => asker.done(request, channel::create),
        ClientPacket::JoinChannel(request) => asker.done(request, channel::join),
        ClientPacket::LeaveChannel(request) => asker.done(request, channel::leave),
        ClientPacket::Invite(request) => asker.done(request, channel::invite_member),
        ClientPacket::CreateInvite(request) => asker.done(request, channel::create_invite),
        ClientPacket::ListInvites(request) => asker.done(request, channel::list_invites),
        ClientPacket::RevokeInvite(request) => asker.done(request, channel::revoke_invite),
        ClientPacket::DeleteChannel(request) => asker.done(request, channel::delete_channel),
        ClientPacket::Kick(request) => asker.done(request, channel::kick),
        ClientPacket::Ban(request) => asker.done(request, channel::ban),
        ClientPacket::Mute(request) => asker.done(request, channel::mute),
        ClientPacket::ChangeSettings(request) => asker.done(request, channel::change_settings),
        ClientPacket::ListBans(request) => asker.done(request, channel::list_bans),
        ClientPacket::SetRole(request) => asker.done(request, channel::set_role),
        ClientPacket::ListMembers(request) => asker.done(request, channel::list_members),
        ClientPacket::SetTopic(request) => asker.done(request, channel::set_topic),
        ClientPacket::OpenDm(request) => asker.done(request, channel::open_dm),
        ClientPacket::OpenWall(request) => asker.done(request, feed::open_wall),
        ClientPacket::WatchFeed(request) => {
            asker.done(request, |daemon, _, request| feed::watch(daemon, outbox, request))
        }
        ClientPacket::Upload(request) => {
            asker.done(request, |daemon, who, request| upload::tell_others(daemon, who, outbox, request))
        }
        ClientPacket::CreateLink(request) => asker.done(request, link::create_link),
        ClientPacket::Typing(request) => asker.done(request, channel::set_typing),
        ClientPacket::MarkRead(request) => asker.done(request, channel::mark_read),
        ClientPacket::MarkUnread(request) => asker.done(request, personal::mark_unread),
        ClientPacket::Notify(request) => asker.done(request, personal::notify),
        ClientPacket::KeepDraft(request) => asker.done(request, personal::keep_draft),
        ClientPacket::ClearCatchUp(request) => asker.done(request, personal::clear),
        ClientPacket::RestoreCatchUp(request) => asker.done(request, personal::restore_catch_up),
        ClientPacket::EndSession(request) => asker.done(request, session::end),
        ClientPacket::SetPresence(request) => asker.done(request, people::set_presence),
        ClientPacket::SetSettings(request) => asker.done(request, people::set_settings),
        ClientPacket::SetProfile(request) => asker.done(request, people::set_profile),
        ClientPacket::AskFriend(request) => asker.done(request, people::ask_friend),
        ClientPacket::RemoveFriend(request) => asker.done(request, people::remove_friend),
        ClientPacket::Block(request) => asker.done(request, people::block),
    }
}

/// Who asks, and whom.
#[derive(Clone, Copy)]
struct Asker<'a> {
    daemon: &'a Daemon,
    who: &'a SignedIn,
}

impl<'a> Asker<'a> {
    /// Lets a handler do what is asked, and writes its answer.
    fn done<R, F>(
        self,
        request: R,
        handler: impl FnOnce(&'a Daemon, &'a SignedIn, R) -> F + Send + 'a,
    ) -> Dispatched<'a>
    where
        R: Request + Send + 'a,
        F: Future<Output = AnswerTo<R>> + Send + 'a,
    {
        Box::pin(async move { Outcome::now(self.answer(request, handler).await.map(|answer| Done::with(&answer))) })
    }

    /// Lets a handler do what is asked, if the asker is not too fast and may ask for such a thing at all.
    async fn answer<R: Request, F: Future<Output = AnswerTo<R>>>(
        self,
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
