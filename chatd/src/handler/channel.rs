//! Channels: making, entering, leaving, inviting, topics, direct conversations, typing, reading.

use std::time::Instant;

use proto::{
    Ban, Bans, ChangeSettings, ChannelId, CreateChannel, CreateInvite, CreatedKind, DeleteChannel, Empty, ErrorReply,
    Invitations, Invite, Invited, JoinChannel, Joined, Kick, LeaveChannel, ListBans, ListInvites, ListMembers,
    MarkRead, MemberPage, Mute, OpenDm, RevokeInvite, SetRole, SetTopic, Typing, bounds,
};

use super::snapshot::members_shown;
use crate::answer::AnswerTo;
use crate::daemon::Daemon;
use crate::error::{malformed, rate_limited, store_error};
use crate::policy::{self, SignedIn};
use crate::store::{Deleter, Inviting, JoinTarget, MemberRows, NewChannel, Opening, Pending, StoreError};

pub(crate) async fn create(daemon: &Daemon, who: &SignedIn, request: CreateChannel) -> AnswerTo<CreateChannel> {
    let channel = NewChannel { name: request.name, kind: request.kind, topic: request.topic.unwrap_or_default() };
    joined(daemon.store.create_channel(who.user(), channel).await).await
}

pub(crate) async fn join(daemon: &Daemon, who: &SignedIn, request: JoinChannel) -> AnswerTo<JoinChannel> {
    let target = match request {
        JoinChannel::Id(id) => JoinTarget::Id(id),
        JoinChannel::Name(name) => JoinTarget::Name(name),
        JoinChannel::Code(code) => {
            return joined(daemon.store.join_by_code(who.user(), policy::is_guest(&daemon.hub, who), code).await).await;
        }
    };
    joined(daemon.store.join_channel(who.user(), target, !policy::is_guest(&daemon.hub, who)).await).await
}

pub(crate) async fn open_dm(daemon: &Daemon, who: &SignedIn, request: OpenDm) -> AnswerTo<OpenDm> {
    let per_day = daemon.config().limits.conversations_per_day;
    let opening = Opening { user: who.user(), other: request.handle, per_day };
    joined(daemon.store.open_dm(opening).await).await
}

pub(crate) async fn leave(daemon: &Daemon, who: &SignedIn, request: LeaveChannel) -> AnswerTo<LeaveChannel> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.leave_channel(member.user(), member.channel()).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn invite_member(daemon: &Daemon, who: &SignedIn, request: Invite) -> AnswerTo<Invite> {
    let member = policy::member(daemon, who, request.id).await?;
    let per_day = daemon.config().limits.invitations_per_day;
    let (inviter, channel) = (member.user(), member.channel());
    let inviting = Inviting { inviter, channel, guest: request.handle, per_day };
    let invited = daemon.store.invite(inviting).await.committed().await;
    let waiting = policy::explained(daemon, who.user(), channel, invited).await?;
    Ok(Invited { waiting })
}

pub(crate) async fn create_invite(daemon: &Daemon, who: &SignedIn, request: CreateInvite) -> AnswerTo<CreateInvite> {
    let member = policy::member(daemon, who, request.id).await?;
    let made = daemon.store.create_invite(member.user(), request).await.committed().await;
    policy::explained(daemon, who.user(), member.channel(), made).await
}

pub(crate) async fn list_invites(daemon: &Daemon, who: &SignedIn, request: ListInvites) -> AnswerTo<ListInvites> {
    let member = policy::member(daemon, who, request.id).await?;
    let invites = daemon.store.invites(member.user(), member.channel(), daemon.clock.now()).await;
    let invites = policy::explained(daemon, who.user(), request.id, invites).await?;
    Ok(Invitations { invites })
}

pub(crate) async fn revoke_invite(daemon: &Daemon, who: &SignedIn, request: RevokeInvite) -> AnswerTo<RevokeInvite> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.revoke_invite(member.user(), member.channel(), request.code).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn delete_channel(daemon: &Daemon, who: &SignedIn, request: DeleteChannel) -> AnswerTo<DeleteChannel> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.delete_channel(Deleter::Member(member.user()), member.channel()).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn kick(daemon: &Daemon, who: &SignedIn, request: Kick) -> AnswerTo<Kick> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.kick(member.user(), member.channel(), request.handle).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn ban(daemon: &Daemon, who: &SignedIn, request: Ban) -> AnswerTo<Ban> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.ban(member.user(), member.channel(), request.handle, request.on).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn mute(daemon: &Daemon, who: &SignedIn, request: Mute) -> AnswerTo<Mute> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.mute(member.user(), member.channel(), request.handle, request.for_s).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn change_settings(
    daemon: &Daemon,
    who: &SignedIn,
    request: ChangeSettings,
) -> AnswerTo<ChangeSettings> {
    let member = policy::member(daemon, who, request.id).await?;
    let channel = member.channel();
    if request.close_history && request.kind != Some(CreatedKind::Public) {
        return Err(malformed("`close_history` goes with `kind` `public` only"));
    }
    let pending = daemon.store.change_settings(member.user(), request).await;
    done(daemon, who, channel, pending.committed().await).await
}

pub(crate) async fn list_bans(daemon: &Daemon, who: &SignedIn, request: ListBans) -> AnswerTo<ListBans> {
    let member = policy::member(daemon, who, request.id).await?;
    let handles = daemon.store.bans(member.user(), member.channel()).await;
    let handles = policy::explained(daemon, who.user(), request.id, handles).await?;
    Ok(Bans { handles })
}

pub(crate) async fn set_role(daemon: &Daemon, who: &SignedIn, request: SetRole) -> AnswerTo<SetRole> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.set_role(member.user(), member.channel(), request.handle, request.role).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn list_members(daemon: &Daemon, who: &SignedIn, request: ListMembers) -> AnswerTo<ListMembers> {
    let member = policy::member(daemon, who, request.id).await?;
    let channel = member.channel();
    if request.online_first && request.after.is_some() {
        return Err(malformed("`after` does not go with `online_first`"));
    }
    let page = if request.online_first {
        members_shown(daemon, who, channel).await
    } else {
        daemon.store.members(who.user(), channel, request.after, bounds::MEMBER_PAGE_MAX).await
    };
    let MemberRows { rows, total, more } = policy::explained(daemon, who.user(), channel, page).await?;
    let members = match request.online_first {
        true => daemon.hub.describe_online_first(&channel, who.user(), rows),
        false => daemon.hub.describe(&channel, who.user(), rows),
    };
    Ok(MemberPage { members, members_total: total, more })
}

pub(crate) async fn set_topic(daemon: &Daemon, who: &SignedIn, request: SetTopic) -> AnswerTo<SetTopic> {
    let member = policy::member(daemon, who, request.id).await?;
    let pending = daemon.store.set_topic(member.user(), member.channel(), request.topic).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn mark_read(daemon: &Daemon, who: &SignedIn, request: MarkRead) -> AnswerTo<MarkRead> {
    let member = policy::member(daemon, who, request.id).await?;
    daemon.hub.active(member.user());
    let pending = daemon.store.mark_read(member.user(), member.channel(), request.index).await;
    done(daemon, who, request.id, pending.committed().await).await
}

pub(crate) async fn set_typing(daemon: &Daemon, who: &SignedIn, request: Typing) -> AnswerTo<Typing> {
    let member = policy::member(daemon, who, request.id).await?;
    daemon.pace.typing.take(who.user(), Instant::now()).map_err(rate_limited)?;
    daemon.hub.active(member.user());
    daemon.hub.set_typing(&member.channel(), member.user(), request.member.typing);
    Ok(Empty {})
}

async fn joined(pending: Pending<ChannelId>) -> Result<Joined, ErrorReply> {
    let id = pending.committed().await.map_err(|error| store_error(&error))?;
    Ok(Joined { id })
}

async fn done(
    daemon: &Daemon,
    who: &SignedIn,
    channel: ChannelId,
    outcome: Result<(), StoreError>,
) -> Result<Empty, ErrorReply> {
    policy::explained(daemon, who.user(), channel, outcome).await.map(|()| Empty {})
}
