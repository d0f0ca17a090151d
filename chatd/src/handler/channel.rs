//! Channels: making, entering, leaving, inviting, topics, direct conversations, typing, reading.

use std::time::Instant;

use proto::{
    Ban, Bans, ChangeSettings, ChannelId, CreateChannel, CreateInvite, CreatedKind, ErrorReply, Invitations, Invite,
    Invited, JoinChannel, Joined, Kick, ListMembers, MarkRead, Mute, OpenDm, RevokeInvite, SetRole, SetTopic, Typing,
    WhichChannel, bounds,
};

use super::history::malformed;
use crate::daemon::Daemon;
use crate::dispatch::{Answer, Reply};
use crate::error::{rate_limited, store_error};
use crate::policy::{self, SignedIn};
use crate::store::{Deleter, Inviting, JoinTarget, NewChannel, Opening, Pending, StoreError};

pub(crate) async fn create(daemon: &Daemon, who: &SignedIn, request: CreateChannel) -> Answer {
    policy::require_no_guest(&daemon.hub, who)?;
    let channel = NewChannel { name: request.name, kind: request.kind, topic: request.topic.unwrap_or_default() };
    joined(daemon.store.create_channel(who.user(), channel).await).await
}

pub(crate) async fn join(daemon: &Daemon, who: &SignedIn, request: JoinChannel) -> Answer {
    let target = match request {
        JoinChannel::Id(id) => JoinTarget::Id(id),
        JoinChannel::Name(name) => JoinTarget::Name(name),
        JoinChannel::Code(code) => {
            return joined(daemon.store.join_by_code(who.user(), daemon.hub.is_guest(who.user()), code).await).await;
        }
    };
    joined(daemon.store.join_channel(who.user(), target, !daemon.hub.is_guest(who.user())).await).await
}

pub(crate) async fn open_dm(daemon: &Daemon, who: &SignedIn, request: OpenDm) -> Answer {
    policy::require_no_guest(&daemon.hub, who)?;
    let per_day = daemon.config().limits.conversations_per_day;
    let opening = Opening { user: who.user(), other: request.handle, per_day };
    joined(daemon.store.open_dm(opening).await).await
}

pub(crate) async fn leave(daemon: &Daemon, who: &SignedIn, request: &WhichChannel) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.leave_channel(member.user(), member.channel()).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn invite(daemon: &Daemon, who: &SignedIn, request: Invite) -> Answer {
    policy::require_no_guest(&daemon.hub, who)?;
    let member = policy::member(&daemon.hub, who, request.id)?;
    let per_day = daemon.config().limits.invitations_per_day;
    let (inviter, channel) = (member.user(), member.channel());
    let inviting = Inviting { inviter, channel, guest: request.handle, per_day };
    let invited = daemon.store.invite(inviting).await.committed().await;
    let refused = |error| policy::channel_error(&daemon.hub, &channel, who.user(), &error);
    Ok(Reply::Invited(Invited { waiting: invited.map_err(refused)? }))
}

pub(crate) async fn create_invite(daemon: &Daemon, who: &SignedIn, request: CreateInvite) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let made = daemon.store.create_invite(member.user(), request).await.committed().await;
    let refused = |error| policy::channel_error(&daemon.hub, &member.channel(), who.user(), &error);
    Ok(Reply::Invitation(made.map_err(refused)?))
}

pub(crate) async fn list_invites(daemon: &Daemon, who: &SignedIn, request: &WhichChannel) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let invites = daemon.store.invites(member.user(), member.channel(), daemon.clock.now()).await;
    let refused = |error| policy::channel_error(&daemon.hub, &request.id, who.user(), &error);
    Ok(Reply::Invitations(Invitations { invites: invites.map_err(refused)? }))
}

pub(crate) async fn revoke_invite(daemon: &Daemon, who: &SignedIn, request: &RevokeInvite) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.revoke_invite(member.user(), member.channel(), request.code).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn delete(daemon: &Daemon, who: &SignedIn, request: &WhichChannel) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.delete_channel(Deleter::Member(member.user()), member.channel()).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn kick(daemon: &Daemon, who: &SignedIn, request: Kick) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.kick(member.user(), member.channel(), request.handle).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn ban(daemon: &Daemon, who: &SignedIn, request: Ban) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.ban(member.user(), member.channel(), request.handle, request.on).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn mute(daemon: &Daemon, who: &SignedIn, request: Mute) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.mute(member.user(), member.channel(), request.handle, request.for_s).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn change_settings(daemon: &Daemon, who: &SignedIn, request: ChangeSettings) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let channel = member.channel();
    if request.close_history && request.kind != Some(CreatedKind::Public) {
        return Err(malformed("`close_history` goes with `kind` `public` only"));
    }
    let pending = daemon.store.change_settings(member.user(), request).await;
    done(daemon, who, channel, pending.committed().await)
}

pub(crate) async fn list_bans(daemon: &Daemon, who: &SignedIn, request: &WhichChannel) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let handles = daemon.store.bans(member.user(), member.channel()).await;
    let refused = |error| policy::channel_error(&daemon.hub, &request.id, who.user(), &error);
    Ok(Reply::Bans(Bans { handles: handles.map_err(refused)? }))
}

pub(crate) async fn set_role(daemon: &Daemon, who: &SignedIn, request: SetRole) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.set_role(member.user(), member.channel(), request.handle, request.role).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) fn list_members(daemon: &Daemon, who: &SignedIn, request: &ListMembers) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let page = daemon.hub.member_page(&member.channel(), who.user(), request.after.as_ref(), bounds::MEMBER_PAGE_MAX);
    Ok(Reply::Members(page))
}

pub(crate) async fn set_topic(daemon: &Daemon, who: &SignedIn, request: SetTopic) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    let pending = daemon.store.set_topic(member.user(), member.channel(), request.topic).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) async fn mark_read(daemon: &Daemon, who: &SignedIn, request: &MarkRead) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    daemon.hub.active(member.user());
    let pending = daemon.store.mark_read(member.user(), member.channel(), request.index).await;
    done(daemon, who, request.id, pending.committed().await)
}

pub(crate) fn set_typing(daemon: &Daemon, who: &SignedIn, request: &Typing) -> Answer {
    let member = policy::member(&daemon.hub, who, request.id)?;
    daemon.pace.typing.take(who.user(), Instant::now()).map_err(rate_limited)?;
    daemon.hub.active(member.user());
    daemon.hub.set_typing(&member.channel(), member.user(), request.member.typing);
    Ok(Reply::done())
}

async fn joined(pending: Pending<ChannelId>) -> Answer {
    let id = pending.committed().await.map_err(|error| store_error(&error))?;
    Ok(Reply::Joined(Joined { id }))
}

fn done(daemon: &Daemon, who: &SignedIn, channel: ChannelId, outcome: Result<(), StoreError>) -> Answer {
    outcome
        .map(|()| Reply::done())
        .map_err(|error: StoreError| -> ErrorReply { policy::channel_error(&daemon.hub, &channel, who.user(), &error) })
}
