//! The sessions of an account: which there are, and when each was used.

use proto::{ClientName, DeviceName, SessionId, Timestamp, bounds};

use super::guest::end_signed_out_guest;
use super::table::session::end_sessions;
use super::{Change, Pending, Refused, Store, StoreError, UserId};

/// A session as the store keeps it.
#[derive(Debug, Clone)]
pub struct KeptSession {
    /// The session's id, which its tokens name.
    pub session: SessionId,
    /// The client profile it was opened from.
    pub device: Option<DeviceName>,
    /// The program that used it last.
    pub client: Option<ClientName>,
    /// When it was opened.
    pub created: Timestamp,
    /// When it was used last.
    pub used: Timestamp,
    /// When its newest token ends.
    pub expires: Timestamp,
}

/// A use of a session that is to be kept.
#[derive(Debug, Clone)]
pub struct SessionUse {
    /// The session that was used.
    pub session: SessionId,
    /// When it was used.
    pub date: Timestamp,
    /// By which program, if it named itself.
    pub client: Option<ClientName>,
}

impl Store {
    /// Lists the sessions of an account whose time is not over, the one that was used last first.
    pub async fn sessions(&self, user: UserId, now: Timestamp) -> Result<Vec<KeptSession>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.all_with(
                    "SELECT id, device, client, created, coalesce(used, created) AS used, expires FROM session
                     WHERE user = ?1 AND expires > ?2 ORDER BY used DESC, id LIMIT ?3",
                    (user, now, bounds::SESSIONS_LISTED_MAX),
                    |row| {
                        Ok(KeptSession {
                            session: row.get(0)?,
                            device: row.get(1)?,
                            client: row.get(2)?,
                            created: row.get(3)?,
                            used: row.get(4)?,
                            expires: row.get(5)?,
                        })
                    },
                )
            })
            .await
    }

    /// Notes when sessions were used; those that have ended meanwhile stay ended.
    pub async fn set_sessions_used(&self, uses: Vec<SessionUse>) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                for SessionUse { session, date, client } in uses {
                    work.execute(
                        "UPDATE session SET used = max(coalesce(used, 0), ?2), client = coalesce(?3, client) WHERE id = ?1",
                        (session, date, client),
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Ends a session of somebody, which they name.
    pub async fn end_own_session(&self, user: UserId, session: SessionId) -> Pending<()> {
        self.writer
            .submit_in_reserve(move |work| {
                let ended = work.execute("DELETE FROM session WHERE id = ?1 AND user = ?2", (session, user))?;
                if ended == 0 {
                    return Err(Refused::NoSuchSession.into());
                }
                work.changes.push(Change::SessionEnded { user, session });
                end_signed_out_guest(work, user)
            })
            .await
    }

    /// Ends the sessions of somebody, all but one.
    pub async fn end_other_sessions(&self, user: UserId, kept: SessionId) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| end_sessions(work, user, Some(kept))).await
    }
}
