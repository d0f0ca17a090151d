//! What an operator may ask for. It is done in the same way by a running daemon, which is asked over
//! the `admin.sock` of its data folder, and by a process that opened the store under its lock itself.

pub mod socket;

use std::sync::Arc;

use proto::{ChannelId, ChannelKind, ErrorReply, Handle, InviteCode, Password, Timestamp};
use serde::{Deserialize, Serialize};

use crate::daemon::Daemon;
use crate::error::store_error;
use crate::handler::account::new_handle;
use crate::password;
use crate::store::{AccountInvite, AccountState, Deleter, Pending};
use crate::tls::Tls;

/// What an operator asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Request {
    /// Make an account.
    AddUser {
        /// Its handle.
        handle: String,
        /// Its password.
        password: Password,
    },
    /// Give an account another password and end its sessions.
    SetPassword {
        /// Whose.
        handle: Handle,
        /// The new password.
        password: Password,
    },
    /// Keep an account from being used, and end its sessions.
    DisableUser {
        /// Whose.
        handle: Handle,
    },
    /// Let an account be used again.
    EnableUser {
        /// Whose.
        handle: Handle,
    },
    /// Delete an account; its messages stay, its handle is never given again.
    DeleteUser {
        /// Whose.
        handle: Handle,
    },
    /// Give somebody who waits the account that they asked for.
    ApproveUser {
        /// Whose.
        handle: Handle,
    },
    /// Forget somebody who waits for an account.
    RejectUser {
        /// Whose.
        handle: Handle,
    },
    /// Make a code with which people make accounts.
    CreateInvite {
        /// For so many accounts.
        uses: u32,
        /// For so many seconds.
        for_s: u32,
    },
    /// List the codes that are good.
    ListInvites,
    /// Take a code back.
    RevokeInvite {
        /// Which.
        code: InviteCode,
    },
    /// List the accounts.
    ListUsers,
    /// List the channels.
    ListChannels,
    /// Delete a channel with everything that was said in it.
    DeleteChannel {
        /// Which.
        id: ChannelId,
    },
    /// Say how the daemon is.
    Status,
}

/// What an operator gets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done.
    Done,
    /// The accounts, by handle, and who waits for one.
    Users(Vec<User>),
    /// Codes with which people make accounts.
    Invites(Vec<Invite>),
    /// The channels, by kind and name.
    Channels(Vec<Channel>),
    /// How the daemon is.
    Status(Status),
}

/// An account as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Its handle.
    pub handle: Handle,
    /// `active`, `disabled`, `deleted`, or `pending` for who waits to be approved.
    pub state: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last connected, if ever.
    pub last_seen: Option<Timestamp>,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Open connections.
    pub connections: u64,
}

/// A code with which people make accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// The code.
    pub code: InviteCode,
    /// How many accounts it is still good for.
    pub uses_left: u32,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A channel as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// The channel.
    pub id: ChannelId,
    /// What it is to others.
    pub kind: ChannelKind,
    /// Its name; of a direct conversation the handles of the two.
    pub name: String,
    /// Who owns it.
    pub owner: Option<Handle>,
    /// How many members it has.
    pub members: u64,
    /// How many messages.
    pub messages: u64,
    /// When it was made.
    pub created: Timestamp,
}

/// How a daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether a daemon runs on the data folder; if not, the counts were read from the store.
    pub running: bool,
    /// The version of the program that answered.
    pub version: String,
    /// The name of the store.
    pub store: String,
    /// The daemon's process.
    pub pid: Option<u32>,
    /// Since when it runs.
    pub started: Option<Timestamp>,
    /// Where it listens.
    pub addresses: Vec<String>,
    /// The key that clients of its TCP addresses see, as they show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Open connections.
    pub connections: u64,
    /// People online.
    pub online: u64,
    /// Accounts, guests included.
    pub accounts: u64,
    /// Channels, direct conversations included.
    pub channels: u64,
    /// Messages stored.
    pub messages: u64,
}

/// Does what an operator asks for.
///
/// # Errors
/// In the words of the wire: `user_exists`, `not_found`, what is wrong with a handle or password, …
pub(crate) async fn perform(daemon: &Arc<Daemon>, request: Request) -> Result<Reply, ErrorReply> {
    match request {
        Request::AddUser { handle, password } => {
            let handle = new_handle(&handle)?;
            let hash = hashed(daemon, &password, &handle).await?;
            done(daemon.store.add_account(handle, hash).await).await
        }
        Request::SetPassword { handle, password } => {
            let hash = hashed(daemon, &password, &handle).await?;
            done(daemon.store.replace_password(handle, hash).await).await
        }
        Request::DisableUser { handle } => done(daemon.store.set_disabled(handle, true).await).await,
        Request::EnableUser { handle } => done(daemon.store.set_disabled(handle, false).await).await,
        Request::DeleteUser { handle } => done(daemon.store.delete_account(handle).await).await,
        Request::ApproveUser { handle } => done(daemon.store.approve(handle).await).await,
        Request::RejectUser { handle } => done(daemon.store.reject(handle).await).await,
        Request::CreateInvite { uses, for_s } => {
            let made = daemon.store.create_account_invite(uses, for_s).await.committed().await;
            Ok(Reply::Invites(vec![invite(made.map_err(|error| store_error(&error))?)]))
        }
        Request::ListInvites => {
            let invites =
                daemon.store.account_invites(daemon.clock.now()).await.map_err(|error| store_error(&error))?;
            Ok(Reply::Invites(invites.into_iter().map(invite).collect()))
        }
        Request::RevokeInvite { code } => done(daemon.store.revoke_account_invite(code).await).await,
        Request::ListUsers => users(daemon).await,
        Request::ListChannels => channels(daemon).await,
        Request::DeleteChannel { id } => {
            let deleted = done(daemon.store.delete_channel(Deleter::Operator, id).await).await;
            daemon.remove_what_was_deleted().await;
            deleted
        }
        Request::Status => status(daemon).await,
    }
}

async fn hashed(daemon: &Daemon, password: &Password, handle: &Handle) -> Result<String, ErrorReply> {
    password::check_new(password, handle)?;
    daemon.hasher.hash(password).await
}

async fn done(pending: Pending<()>) -> Result<Reply, ErrorReply> {
    pending.committed().await.map(|()| Reply::Done).map_err(|error| store_error(&error))
}

async fn users(daemon: &Daemon) -> Result<Reply, ErrorReply> {
    let accounts = daemon.store.accounts().await.map_err(|error| store_error(&error))?;
    let user = |account: crate::store::AccountInfo| User {
        connections: daemon.hub.connections_of(account.user) as u64,
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
    };
    let waiting = daemon.store.applicants().await.map_err(|error| store_error(&error))?;
    let waiting = waiting.into_iter().map(|applicant| User {
        handle: applicant.handle,
        state: "pending".to_owned(),
        created: applicant.asked,
        last_seen: None,
        sessions: 0,
        connections: 0,
    });
    Ok(Reply::Users(accounts.into_iter().map(user).chain(waiting).collect()))
}

fn invite(invite: AccountInvite) -> Invite {
    Invite { code: invite.code, uses_left: invite.uses_left, expires_at: invite.expires }
}

async fn channels(daemon: &Daemon) -> Result<Reply, ErrorReply> {
    let channels = daemon.store.channel_summaries().await.map_err(|error| store_error(&error))?;
    let channel = |channel: crate::store::ChannelSummary| Channel {
        id: channel.id,
        kind: channel.kind,
        name: channel.name,
        owner: channel.owner,
        members: channel.members,
        messages: channel.messages,
        created: channel.created,
    };
    Ok(Reply::Channels(channels.into_iter().map(channel).collect()))
}

async fn status(daemon: &Daemon) -> Result<Reply, ErrorReply> {
    let totals = daemon.store.totals().await.map_err(|error| store_error(&error))?;
    let running = !daemon.served.addresses.is_empty();
    Ok(Reply::Status(Status {
        running,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        store: daemon.store.store_id().to_owned(),
        pid: running.then(std::process::id),
        started: running.then_some(daemon.started),
        addresses: daemon.served.addresses.clone(),
        key: daemon.served.tls.as_ref().map(Tls::fingerprint),
        connections: daemon.hub.connections() as u64,
        online: daemon.hub.people_online() as u64,
        accounts: totals.accounts,
        channels: totals.channels,
        messages: totals.messages,
    }))
}
