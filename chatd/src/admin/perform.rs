//! Doing what an operator asks for.

use std::sync::Arc;

use proto::{ChannelId, ErrorCode, ErrorReply, Handle, Password};

use super::{AdminReply, Channel, FileBounds, Invite, Message, Request, Status, User, Weight};
use crate::daemon::Daemon;
use crate::error::store_error;
use crate::handler::account::as_typed;
use crate::handler::file::sweep;
use crate::password;
use crate::password_hash::PasswordHash;
use crate::store::{
    AccountInvite, AccountState, Applicant, ChannelQuery, ChannelSummary, Deleter, Pending, StoreError,
};
use crate::tls::Tls;

/// Does what an operator asks for.
///
/// # Errors
/// In the words of the wire: `user_exists`, `not_found`, what is wrong with a handle or password, …
pub(crate) async fn perform(daemon: &Arc<Daemon>, request: Request) -> Result<AdminReply, ErrorReply> {
    match request {
        Request::AddUser { handle, password } => {
            let handle = operators_handle(&handle)?;
            let hash = hashed(daemon, &password, &handle).await?;
            done(daemon.store.add_account(handle, hash).await).await
        }
        Request::SetPassword { handle, password } => {
            let hash = hashed(daemon, &password, &handle).await?;
            done(daemon.store.replace_password(handle, hash).await).await
        }
        Request::DisableUser { handle } => done(daemon.store.set_disabled(handle, true).await).await,
        Request::EnableUser { handle } => done(daemon.store.set_disabled(handle, false).await).await,
        Request::DeleteUser { handle, content } => {
            let deleted = done(daemon.store.delete_account(handle, content).await).await;
            remove_what_was_deleted(daemon).await;
            deleted
        }
        Request::WeighUser { handle } => weigh(daemon, handle).await,
        Request::ApproveUsers { handles } => Ok(AdminReply::Handles(told(daemon.store.approve(handles).await).await?)),
        Request::RejectUsers { handles } => Ok(AdminReply::Handles(told(daemon.store.reject(handles).await).await?)),
        Request::CreateInvite { uses, for_s } => {
            let made = told(daemon.store.create_account_invite(uses, for_s).await).await?;
            Ok(AdminReply::Invites(vec![invite(made)]))
        }
        Request::ListInvites => {
            let invites = read(daemon.store.account_invites(daemon.clock.now()).await)?;
            Ok(AdminReply::Invites(invites.into_iter().map(invite).collect()))
        }
        Request::RevokeInvite { code } => done(daemon.store.revoke_account_invite(code).await).await,
        Request::ListUsers => users(daemon).await,
        Request::ListChannels => Ok(channels(read(daemon.store.channel_summaries().await)?)),
        Request::FindChannels { channel } => {
            Ok(channels(read(daemon.store.find_channels(channel_query(&channel)?).await)?))
        }
        Request::DeleteChannel { id } => {
            let deleted = done(daemon.store.delete_channel(Deleter::Operator, id).await).await;
            remove_what_was_deleted(daemon).await;
            deleted
        }
        Request::GiveChannel { id, handle } => done(daemon.store.give_channel(id, handle).await).await,
        Request::FindMessage { id, index } => {
            let origin = read(daemon.store.message_origin(id, index).await)?;
            Ok(AdminReply::Message(Message { by: origin.by, date: origin.date }))
        }
        Request::DeleteMessage { id, index } => {
            let deleted = done(daemon.store.erase_message(id, index).await).await;
            remove_what_was_deleted(daemon).await;
            deleted
        }
        Request::WeighMember { id, handle } => Ok(AdminReply::Ends(read(daemon.store.ends_without(id, handle).await)?)),
        Request::RemoveMember { id, handle } => {
            let removed = done(daemon.store.remove_member(id, handle).await).await;
            // A private channel may have ended.
            remove_what_was_deleted(daemon).await;
            removed
        }
        Request::Status => status(daemon).await,
    }
}

/// Removes the rows and files of what is deleted: a store without a running daemon has nobody else who does.
async fn remove_what_was_deleted(daemon: &Daemon) {
    daemon.remove_what_was_deleted().await;
    // What cannot go now, as during a backup, goes when a daemon runs.
    sweep::delete_removed(daemon).await;
}

async fn hashed(daemon: &Daemon, password: &Password, handle: &Handle) -> Result<PasswordHash, ErrorReply> {
    password::check_new(password, handle)?;
    daemon.keys.hasher.hash(password).await
}

async fn done(pending: Pending<()>) -> Result<AdminReply, ErrorReply> {
    told(pending).await.map(|()| AdminReply::Done)
}

async fn told<T>(pending: Pending<T>) -> Result<T, ErrorReply> {
    read(pending.committed().await)
}

fn read<T>(outcome: Result<T, StoreError>) -> Result<T, ErrorReply> {
    outcome.map_err(|error| store_error(&error))
}

async fn users(daemon: &Daemon) -> Result<AdminReply, ErrorReply> {
    let accounts = read(daemon.store.accounts().await)?;
    let user = |account: crate::store::AccountInfo| User {
        connections: daemon.hub.connections_of(account.user).len() as u64,
        handle: account.handle,
        state: match account.state {
            AccountState::Active => "active",
            AccountState::Disabled => "disabled",
            AccountState::Deleted => "deleted",
        }
        .to_owned(),
        created: account.created,
        last_seen: account.last_seen,
        sessions: account.sessions,
        from: None,
    };
    let waiting = read(daemon.store.applicants().await)?;
    Ok(AdminReply::Users(accounts.into_iter().map(user).chain(waiting.into_iter().map(applicant)).collect()))
}

fn applicant(applicant: Applicant) -> User {
    User {
        handle: applicant.handle,
        state: "pending".to_owned(),
        created: applicant.asked,
        last_seen: None,
        sessions: 0,
        connections: 0,
        from: Some(applicant.source.to_string()),
    }
}

async fn weigh(daemon: &Daemon, handle: Handle) -> Result<AdminReply, ErrorReply> {
    let impact = read(daemon.store.deletion_impact(handle).await)?;
    Ok(AdminReply::Weight(Weight {
        messages: impact.messages,
        channels: impact.channels,
        channels_ending: impact.ending,
        wall_messages: impact.wall,
    }))
}

fn invite(invite: AccountInvite) -> Invite {
    Invite { code: invite.code, uses_left: invite.uses_left, expires_at: invite.expires }
}

/// Reads how an operator names a channel: `id:ID`, `wall:HANDLE`, a name with or without `#`, or an id. No name has a
/// colon.
fn channel_query(text: &str) -> Result<ChannelQuery, ErrorReply> {
    let malformed = |reason: String| ErrorReply::new(ErrorCode::Malformed, reason);
    if let Some(id) = text.strip_prefix("id:") {
        let id = id.parse::<ChannelId>().map_err(|error| malformed(error.to_string()))?;
        return Ok(ChannelQuery::Id(id));
    }
    if let Some(handle) = text.strip_prefix("wall:") {
        let handle = handle.trim_start_matches('@').parse::<Handle>().map_err(|error| malformed(error.to_string()))?;
        return Ok(ChannelQuery::WallOf(handle));
    }
    Ok(ChannelQuery::Any(text.strip_prefix('#').unwrap_or(text).to_owned()))
}

/// Reads the handle of an account that the operator makes: names of the house are theirs to give.
fn operators_handle(text: &str) -> Result<Handle, ErrorReply> {
    let invalid = |reason: String| ErrorReply::new(ErrorCode::InvalidHandle, reason);
    let handle = as_typed(text).parse::<Handle>().map_err(|error| invalid(error.to_string()))?;
    if handle.is_nobodys() {
        return Err(invalid(format!("the handle `{handle}` is reserved")));
    }
    Ok(handle)
}

fn channels(channels: Vec<ChannelSummary>) -> AdminReply {
    let channel = |channel: ChannelSummary| Channel {
        id: channel.id,
        kind: channel.kind,
        name: channel.name,
        owner: channel.owner,
        members: channel.members,
        messages: channel.messages,
        created: channel.created,
    };
    AdminReply::Channels(channels.into_iter().map(channel).collect())
}

async fn status(daemon: &Daemon) -> Result<AdminReply, ErrorReply> {
    let totals = read(daemon.store.totals().await)?;
    let running = !daemon.served.addresses.is_empty();
    let (store_bytes, disk_free_bytes) = daemon.store.bytes();
    let files = &daemon.config().files;
    Ok(AdminReply::Status(Box::new(Status {
        running,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: daemon.store.store_id().to_string(),
        pid: running.then(std::process::id),
        started: running.then_some(daemon.started),
        addresses: daemon.served.addresses.clone(),
        key: daemon.served.tls.as_ref().map(Tls::fingerprint),
        connections: daemon.hub.connections() as u64,
        online: daemon.hub.people_online() as u64,
        accounts: totals.accounts,
        channels: totals.channels,
        messages: totals.messages,
        removing: totals.channels_removing + totals.accounts_removing + daemon.store.search_removing(),
        files: totals.files,
        file_bytes: totals.file_bytes,
        file_bounds: FileBounds { total: files.total_bytes, account: files.quota_bytes, file: files.max_bytes },
        bucket: files.s3.as_ref().map(|settings| settings.bucket.clone()),
        store_bytes,
        disk_free_bytes,
        troubles: troubles(daemon),
    })))
}

/// Says what keeps the daemon from doing all that it should.
fn troubles(daemon: &Daemon) -> Vec<String> {
    let full = "out of storage: nothing new is stored";
    let index = "the search index is unavailable";
    let sockets = "cannot accept connections: see the log";
    let is_not_accepting = daemon.counters.is_not_accepting.load(std::sync::atomic::Ordering::Relaxed);
    let all = [
        (daemon.store.is_short_of_room(), full),
        (daemon.store.search_is_failing(), index),
        (is_not_accepting, sockets),
    ];
    all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, trouble)| trouble.to_owned()).collect()
}
