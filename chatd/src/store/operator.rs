//! What an operator asks of the store: lists, and decisions about accounts.

use proto::http::Legacy;
use proto::{ChannelId, ChannelKind, Handle, Timestamp};

use super::account::{insert_account, register_guest};
use super::account_deletion::end_account;
use super::channel_key::ChannelKey;
use super::directory::channels_of;
use super::records::AccountState;
use super::sqlite::{Rows, Values};
use super::table::session::end_sessions;
use super::table::user::user_by_handle;
use super::waiting_invitation::end_all_invitations_of;
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId};
use crate::password_hash::PasswordHash;

/// An account as an operator sees it.
#[derive(Debug, Clone)]
pub struct AccountInfo {
    /// The row of the account in the store.
    pub user: UserId,
    /// The account's handle.
    pub handle: Handle,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last connected.
    pub last_seen: Option<Timestamp>,
    /// Whether it may be used.
    pub state: AccountState,
    /// Sessions that have not ended.
    pub sessions: u64,
}

/// A channel as an operator sees it.
#[derive(Debug, Clone)]
pub struct ChannelSummary {
    /// The channel's id; it never changes.
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

impl Store {
    /// Lists every account, deleted ones too, by handle.
    pub async fn accounts(&self) -> Result<Vec<AccountInfo>, StoreError> {
        self.readers
            .read(|rows| {
                rows.all_with(
                    "SELECT id, handle, created, last_seen, disabled IS NOT NULL, deleted IS NOT NULL,
                        (SELECT count(*) FROM session WHERE session.user = user.id)
                     FROM user ORDER BY handle",
                    (),
                    |row| {
                        Ok(AccountInfo {
                            user: row.get(0)?,
                            handle: row.get(1)?,
                            created: row.get(2)?,
                            last_seen: row.get(3)?,
                            state: AccountState::of(row.get(4)?, row.get(5)?),
                            sessions: row.get(6)?,
                        })
                    },
                )
            })
            .await
    }

    /// Lists every channel but walls, by kind and name.
    pub async fn channel_summaries(&self) -> Result<Vec<ChannelSummary>, StoreError> {
        self.readers.read(|rows| summaries(rows, select_summaries!("c.kind <> 'wall'"), ())).await
    }

    /// Makes an account that nobody is signed in to.
    pub async fn add_account(&self, handle: Handle, password_hash: PasswordHash) -> Pending<()> {
        self.writer.submit(move |work| insert_account(work, &handle, Some(&password_hash)).map(drop)).await
    }

    /// Gives an account another password and ends its sessions.
    pub async fn replace_password(&self, handle: Handle, password_hash: PasswordHash) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                let user = user_of(work, &handle)?;
                work.execute("UPDATE user SET password_hash = ?2 WHERE id = ?1", (user, password_hash))?;
                register_guest(work, user)?;
                end_sessions(work, user, None)
            })
            .await
    }

    /// Keeps an account from being used, or lets it be used again. When it is disabled its sessions end, and its codes.
    pub async fn set_disabled(&self, handle: Handle, disabled: bool) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                let user = user_of(work, &handle)?;
                let since = disabled.then_some(work.now);
                let changed = work.execute(
                    "UPDATE user SET disabled = ?2 WHERE id = ?1 AND (disabled IS NULL) <> (?2 IS NULL)",
                    (user, since),
                )?;
                if changed > 0 {
                    let channels = channels_of(work, user)?.into_iter().map(ChannelKey::id).collect();
                    work.changes.push(Change::UserDisabled { user, handle, channels, disabled });
                }
                if disabled {
                    end_sessions(work, user, None)?;
                    // Nobody comes in any more on the word of who may not come in themselves.
                    end_all_invitations_of(work, user)?;
                }
                Ok(())
            })
            .await
    }

    /// Deletes an account as its person would, see [`Store::leave`].
    pub async fn delete_account(&self, handle: Handle, content: Legacy) -> Pending<()> {
        self.writer
            .submit_checked(0, move |work| {
                let user = user_of(work, &handle)?;
                end_account(work, user, content)
            })
            .await
    }
}

/// Selects the channels that a condition on `channel AS c` holds for, direct conversations last, then by name.
macro_rules! select_summaries {
    ($condition:literal) => {
        concat!(
            "SELECT c.id, c.kind,
                CASE WHEN c.kind = 'dm' THEN
                    (SELECT low.handle || ' ' || high.handle FROM dm
                     JOIN user AS low ON low.id = dm.low JOIN user AS high ON high.id = dm.high
                     WHERE dm.channel = c.id)
                ELSE c.name END AS shown,
                (SELECT handle FROM user WHERE id = c.owner),
                c.members, c.last_index, c.created
             FROM channel AS c WHERE ",
            $condition,
            " ORDER BY c.kind = 'dm', shown"
        )
    };
}
pub(super) use select_summaries;

/// Reads what `select_summaries` selects.
pub(super) fn summaries(rows: &Rows, select: &str, values: impl Values) -> Result<Vec<ChannelSummary>, StoreError> {
    rows.all_with(select, values, |row| {
        Ok(ChannelSummary {
            id: row.get::<ChannelKey>(0)?.id(),
            kind: row.get(1)?,
            name: row.get(2)?,
            owner: row.get(3)?,
            members: row.get(4)?,
            messages: row.get(5)?,
            created: row.get(6)?,
        })
    })
}

fn user_of(work: &StoreWork<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    user_by_handle(work, handle).map_err(|error| match error {
        StoreError::Refused(_) => Refused::NoSuchUser.into(),
        error => error,
    })
}
