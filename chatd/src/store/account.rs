//! Accounts and their sessions.

use proto::{Handle, SessionId, Timestamp};

use super::guest::end_signed_out_guest;
use super::sqlite::Rows;
use super::table::session::{NewSession, end_sessions, insert_session, require_live_session};
use super::work::StoreWork;
use super::{AccountState, Change, Pending, Refused, Store, StoreError, UserId};
use crate::password_hash::PasswordHash;

/// An account as signing in needs it.
#[derive(Debug, Clone)]
pub struct StoredAccount {
    /// The row of the account in the store.
    pub user: UserId,
    /// The password's hash; `None` when no password opens the account.
    pub password_hash: Option<PasswordHash>,
    /// Whether it may be used.
    pub state: AccountState,
}

/// The hash that a password was compared with, and the stronger one that is to take its place.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The hash that the account had.
    pub hash: PasswordHash,
    /// The one that it is to have.
    pub stronger: Option<PasswordHash>,
}

/// A session that is alive.
#[derive(Debug, Clone)]
pub struct StoredSession {
    /// Whose it is.
    pub user: UserId,
    /// The account's handle.
    pub handle: Handle,
    /// Whether it is a guest's.
    pub guest: bool,
}

impl Store {
    /// Makes an account together with its first session; without a password only sessions open it.
    pub async fn create_account(
        &self,
        handle: Handle,
        password_hash: Option<PasswordHash>,
        session: NewSession,
    ) -> Pending<UserId> {
        self.writer.submit(move |work| create_account(work, &handle, password_hash.as_ref(), &session)).await
    }

    /// Finds an account.
    pub async fn account(&self, handle: &Handle) -> Result<Option<StoredAccount>, StoreError> {
        let handle = handle.clone();
        self.readers
            .read(move |rows| {
                let account = rows.one_with(
                    "SELECT id, password_hash, disabled IS NOT NULL, deleted IS NOT NULL FROM user
                     WHERE handle = ?1",
                    [handle],
                    |row| {
                        let state = AccountState::of(row.get(2)?, row.get(3)?);
                        Ok(StoredAccount { user: row.get(0)?, password_hash: row.get(1)?, state })
                    },
                )?;
                Ok(account)
            })
            .await
    }

    /// Opens a session of somebody whose password was verified against a hash, and puts a stronger hash in its place
    /// if there is one. [`Refused::PasswordChanged`] when the account has another hash by now.
    pub async fn create_session(&self, user: UserId, verified: Verified, session: NewSession) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                let stronger = verified.stronger.as_ref().unwrap_or(&verified.hash);
                set_password_hash(work, user, Some(&verified.hash), stronger)?;
                insert_session(work, user, &session)
            })
            .await
    }

    /// Gives the account of a session another password, in place of the one that was verified, and ends its other
    /// sessions. Refused when the session has ended, or the password is another one by now.
    pub async fn change_password(
        &self,
        user: UserId,
        session: SessionId,
        verified: Option<PasswordHash>,
        password_hash: PasswordHash,
    ) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                require_live_session(work, user, session)?;
                set_password_hash(work, user, verified.as_ref(), &password_hash)?;
                register_guest(work, user)?;
                end_sessions(work, user, Some(session))
            })
            .await
    }

    /// Finds a session that has not been ended. Its time is the token's business.
    pub async fn session(&self, session: SessionId) -> Result<Option<StoredSession>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.one_with(
                    "SELECT user.id, user.handle, user.guest FROM session JOIN user ON user.id = session.user
                     WHERE session.id = ?1",
                    [session],
                    |row| Ok(StoredSession { user: row.get(0)?, handle: row.get(1)?, guest: row.get(2)? }),
                )
            })
            .await
    }

    /// Prolongs a session; gives false when it has been ended meanwhile.
    pub async fn extend_session(&self, session: SessionId, expires: Timestamp) -> Pending<bool> {
        self.writer
            .submit_in_reserve(move |work| {
                let rows =
                    work.execute("UPDATE session SET expires = max(expires, ?2) WHERE id = ?1", (session, expires))?;
                Ok(rows == 1)
            })
            .await
    }

    /// Ends a session before its time.
    pub async fn end_session(&self, user: UserId, session: SessionId) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                work.execute("DELETE FROM session WHERE id = ?1", [session])?;
                work.changes.push(Change::SessionEnded { user, session });
                end_signed_out_guest(work, user)
            })
            .await
    }

    /// Notes when some were last connected.
    pub async fn set_last_seen(&self, gone: Vec<(UserId, Timestamp)>) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                for (user, last_seen) in gone {
                    work.execute("UPDATE user SET last_seen = ?2 WHERE id = ?1", (user, last_seen))?;
                }
                Ok(())
            })
            .await
    }
}

/// Tells whether there is any account.
pub(super) fn any_account(rows: &Rows) -> Result<bool, StoreError> {
    rows.exists("SELECT 1 FROM user", ())
}

fn create_account(
    work: &mut StoreWork<'_>,
    handle: &Handle,
    password_hash: Option<&PasswordHash>,
    session: &NewSession,
) -> Result<UserId, StoreError> {
    let user = insert_account(work, handle, password_hash)?;
    insert_session(work, user, session)?;
    Ok(user)
}

/// Makes an account whose handle nobody has or had.
pub(super) fn insert_account(
    work: &mut StoreWork<'_>,
    handle: &Handle,
    password_hash: Option<&PasswordHash>,
) -> Result<UserId, StoreError> {
    work.require_room()?;
    let user = work.one(
        "INSERT INTO user (handle, password_hash, created, guest) SELECT ?1, ?2, ?3, ?4
         WHERE NOT EXISTS (SELECT 1 FROM spent_handle WHERE handle = ?1)
         ON CONFLICT (handle) DO NOTHING RETURNING id",
        (handle, password_hash, work.now, handle.is_guest()),
    )?;
    let user = user.ok_or(Refused::HandleTaken)?;
    // Whoever only waits for it waits in vain: the operator and the system have the last word.
    work.execute("DELETE FROM registration WHERE handle = ?1", [handle])?;
    work.handles.forget(handle);
    Ok(user)
}

/// Whoever has a password is no guest.
pub(super) fn register_guest(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let was_guest = work.execute("UPDATE user SET guest = 0 WHERE id = ?1 AND guest = 1", [user])?;
    if was_guest > 0 {
        work.stored.forget(work.rows, user)?;
        work.changes.push(Change::GuestRegistered { user });
    }
    Ok(())
}

/// Replaces the hash that was looked at; [`Refused::PasswordChanged`] when it is another one by now.
fn set_password_hash(
    work: &StoreWork<'_>,
    user: UserId,
    old: Option<&PasswordHash>,
    new: &PasswordHash,
) -> Result<(), StoreError> {
    let rows =
        work.execute("UPDATE user SET password_hash = ?3 WHERE id = ?1 AND password_hash IS ?2", (user, old, new))?;
    if rows == 1 { Ok(()) } else { Err(Refused::PasswordChanged.into()) }
}
