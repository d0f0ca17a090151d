//! Accounts and their sessions.

use proto::{Handle, SessionId, Timestamp};

use super::guest::end_signed_out_guest;
use super::sqlite::Rows;
use super::work::StoreWork;
use super::{AccountState, Change, Pending, Refused, Store, StoreError, UserId};

/// How long a session is kept behind its end, so that a clock that jumped ahead for a while ends none.
const EXPIRED_KEPT_MILLIS: i64 = 90 * 24 * 60 * 60 * 1_000;

/// An account as signing in needs it.
#[derive(Debug, Clone)]
pub struct StoredAccount {
    /// Its row.
    pub user: UserId,
    /// The password's hash in PHC form; `None` when no password opens the account.
    pub password_hash: Option<String>,
    /// Whether it may be used.
    pub state: AccountState,
}

/// The hash that a password was compared with, and the stronger one that is to take its place.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The hash that the account had.
    pub hash: String,
    /// The one that it is to have.
    pub stronger: Option<String>,
}

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its name.
    pub session: SessionId,
    /// The client profile it was opened from.
    pub device: Option<String>,
    /// When it ends by itself.
    pub expires: Timestamp,
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
        password_hash: Option<String>,
        session: NewSession,
    ) -> Pending<UserId> {
        self.writer.submit(move |work| create_account(work, &handle, password_hash.as_deref(), &session)).await
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
        verified: Option<String>,
        password_hash: String,
    ) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                require_live_session(work, user, session)?;
                set_password_hash(work, user, verified.as_deref(), &password_hash)?;
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
    password_hash: Option<&str>,
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
    password_hash: Option<&str>,
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

/// Refuses what a session says that has ended since.
pub(super) fn require_live_session(work: &StoreWork<'_>, user: UserId, session: SessionId) -> Result<(), StoreError> {
    if work.exists("SELECT 1 FROM session WHERE id = ?1 AND user = ?2", (session, user))? {
        Ok(())
    } else {
        Err(Refused::SessionEnded.into())
    }
}

/// Refuses whoever has left or is kept out since their request came.
pub(super) fn require_alive(rows: &Rows, user: UserId) -> Result<(), StoreError> {
    if rows.exists("SELECT 1 FROM user WHERE id = ?1 AND deleted IS NULL AND disabled IS NULL", [user])? {
        Ok(())
    } else {
        Err(Refused::SessionEnded.into())
    }
}

/// Tells whether somebody came in without an account.
pub(super) fn is_guest_account(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
    work.only("SELECT guest FROM user WHERE id = ?1", [user])
}

/// Replaces the hash that was looked at; [`Refused::PasswordChanged`] when it is another one by now.
fn set_password_hash(work: &StoreWork<'_>, user: UserId, old: Option<&str>, new: &str) -> Result<(), StoreError> {
    let rows =
        work.execute("UPDATE user SET password_hash = ?3 WHERE id = ?1 AND password_hash IS ?2", (user, old, new))?;
    if rows == 1 { Ok(()) } else { Err(Refused::PasswordChanged.into()) }
}

/// Ends the sessions of an account before their time, all or all but one.
pub(super) fn end_sessions(work: &mut StoreWork<'_>, user: UserId, kept: Option<SessionId>) -> Result<(), StoreError> {
    let kept = kept.as_ref().map(SessionId::as_str);
    let ended =
        work.all::<SessionId>("DELETE FROM session WHERE user = ?1 AND id IS NOT ?2 RETURNING id", (user, kept))?;
    work.changes.extend(ended.into_iter().map(|session| Change::SessionEnded { user, session }));
    Ok(())
}

/// Opens a session, and forgets those whose time is long over; an account that was disabled or deleted in between
/// gets none.
pub(super) fn insert_session(work: &StoreWork<'_>, user: UserId, session: &NewSession) -> Result<(), StoreError> {
    work.execute("DELETE FROM session WHERE expires < ?1", [work.now.plus_millis(-EXPIRED_KEPT_MILLIS)])?;
    let inserted = work.execute(
        "INSERT INTO session (id, user, device, created, expires)
         SELECT ?1, id, ?3, ?4, ?5 FROM user WHERE id = ?2 AND disabled IS NULL AND deleted IS NULL",
        (&session.session, user, &session.device, work.now, session.expires),
    )?;
    if inserted == 1 { Ok(()) } else { Err(Refused::AccountDisabled.into()) }
}
