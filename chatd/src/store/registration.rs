//! Who may make an account where not everybody may: codes of the operator.

use proto::{Handle, InviteCode, Timestamp, bounds};

use super::account::insert_account;
use super::table::session::{NewSession, insert_session};
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId, channel_key};
use crate::password_hash::PasswordHash;

/// A code with which people make accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountInvite {
    /// The code that somebody makes an account with.
    pub code: InviteCode,
    /// How many accounts it is still good for.
    pub uses_left: u32,
    /// The moment from which the code is good no longer.
    pub expires: Timestamp,
}

impl Store {
    /// Makes a code that is good for so many accounts and seconds.
    pub async fn create_account_invite(&self, uses: u32, seconds: u32) -> Pending<AccountInvite> {
        self.writer.submit(move |work| create(work, uses, seconds)).await
    }

    /// Lists the codes that are good, the newest first.
    pub async fn account_invites(&self, now: Timestamp) -> Result<Vec<AccountInvite>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.all_with(
                    "SELECT code, uses, expires FROM account_invite WHERE expires > ?1 ORDER BY created DESC, code",
                    [now],
                    |row| Ok(AccountInvite { code: row.get(0)?, uses_left: row.get(1)?, expires: row.get(2)? }),
                )
            })
            .await
    }

    /// Takes a code back.
    pub async fn revoke_account_invite(&self, code: InviteCode) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let revoked = work.execute("DELETE FROM account_invite WHERE code = ?1", [code])?;
                if revoked == 0 { Err(Refused::NoSuchInvite.into()) } else { Ok(()) }
            })
            .await
    }

    /// Tells whether a code is good, so that no password is hashed for one that is not.
    pub async fn is_invited(&self, code: InviteCode, now: Timestamp) -> Result<bool, StoreError> {
        self.readers
            .read(move |rows| rows.exists("SELECT 1 FROM account_invite WHERE code = ?1 AND expires > ?2", (code, now)))
            .await
    }

    /// Makes an account together with its first session, by a code.
    pub async fn create_invited_account(
        &self,
        handle: Handle,
        password_hash: PasswordHash,
        session: NewSession,
        code: InviteCode,
    ) -> Pending<UserId> {
        self.writer
            .submit(move |work| {
                let user = insert_account(work, &handle, Some(&password_hash))?;
                use_up(work, &code)?;
                insert_session(work, user, &session)?;
                Ok(user)
            })
            .await
    }
}

fn create(work: &mut StoreWork<'_>, uses: u32, seconds: u32) -> Result<AccountInvite, StoreError> {
    work.execute("DELETE FROM account_invite WHERE expires <= ?1", [work.now])?;
    let seconds = seconds.clamp(1, bounds::INVITE_SECONDS_MAX);
    let invite = AccountInvite {
        code: channel_key::random_code(),
        uses_left: uses.clamp(1, bounds::INVITE_USES_MAX),
        expires: work.now.plus_millis(i64::from(seconds) * 1_000),
    };
    work.execute(
        "INSERT INTO account_invite (code, uses, created, expires) VALUES (?1, ?2, ?3, ?4)",
        (&invite.code, invite.uses_left, work.now, invite.expires),
    )?;
    Ok(invite)
}

/// Takes one use of a code.
fn use_up(work: &StoreWork<'_>, code: &InviteCode) -> Result<(), StoreError> {
    let used = work.execute(
        "UPDATE account_invite SET uses = uses - 1 WHERE code = ?1 AND expires > ?2 AND uses > 0",
        (code, work.now),
    )?;
    work.execute("DELETE FROM account_invite WHERE code = ?1 AND uses = 0", [code])?;
    if used == 0 { Err(Refused::NotInvited.into()) } else { Ok(()) }
}
