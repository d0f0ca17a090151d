//! People whom the system vouches for, and their accounts.

use proto::Handle;

use super::account::insert_account;
use super::table::session::insert_session;
use super::work::StoreWork;
use super::{NewSession, Pending, Refused, Store, StoreError, UserId};

/// A user of the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnixUser {
    /// The number of the system's user (uid).
    pub uid: u32,
    /// The name of the system's user.
    pub name: String,
}

impl Store {
    /// Signs a user of the system in: to their account, or to a new one of this handle, which has no
    /// password. Gives the account's handle and whether it is new.
    pub async fn sign_in_local(&self, who: UnixUser, handle: Handle, session: NewSession) -> Pending<(Handle, bool)> {
        self.writer.submit_in_reserve(move |work| sign_in(work, &who, handle, &session)).await
    }

    /// Signs in whoever holds an ssh key: to the account that it opens, or to a new one of this handle, which has
    /// no password. Gives the account's handle and whether it is new.
    ///
    /// [`Refused::NoSuchUser`] when the key opens none and no handle is named.
    pub async fn sign_in_by_key(
        &self,
        hash: [u8; 32],
        handle: Option<Handle>,
        session: NewSession,
    ) -> Pending<(Handle, bool)> {
        self.writer.submit_in_reserve(move |work| sign_in_by_key(work, &hash, handle, &session)).await
    }
}

fn sign_in_by_key(
    work: &mut StoreWork<'_>,
    hash: &[u8],
    handle: Option<Handle>,
    session: &NewSession,
) -> Result<(Handle, bool), StoreError> {
    let known = work.one::<(UserId, _)>(
        "SELECT user.id, user.handle FROM ssh_key JOIN user ON user.id = ssh_key.user WHERE ssh_key.hash = ?1",
        [hash],
    )?;
    if let Some((user, handle)) = known {
        insert_session(work, user, session)?;
        return Ok((handle, false));
    }
    let handle = handle.ok_or(Refused::NoSuchUser)?;
    let user = insert_account(work, &handle, None)?;
    work.execute("INSERT INTO ssh_key (hash, user, created) VALUES (?1, ?2, ?3)", (hash, user, work.now))?;
    insert_session(work, user, session)?;
    Ok((handle, true))
}

fn sign_in(
    work: &mut StoreWork<'_>,
    who: &UnixUser,
    handle: Handle,
    session: &NewSession,
) -> Result<(Handle, bool), StoreError> {
    let known = work.one::<(UserId, _, String)>(
        "SELECT user.id, user.handle, local_user.name FROM local_user JOIN user ON user.id = local_user.user
         WHERE local_user.uid = ?1",
        [who.uid],
    )?;
    match known {
        Some((_, _, name)) if name != who.name => Err(Refused::NotAllowed.into()),
        Some((user, handle, _)) => {
            insert_session(work, user, session)?;
            Ok((handle, false))
        }
        None => {
            // A handle that anybody has or had stays theirs.
            let user = insert_account(work, &handle, None)?;
            work.execute("INSERT INTO local_user (uid, name, user) VALUES (?1, ?2, ?3)", (who.uid, &who.name, user))?;
            insert_session(work, user, session)?;
            Ok((handle, true))
        }
    }
}
