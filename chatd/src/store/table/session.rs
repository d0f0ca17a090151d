//! The rows of sessions.

use proto::{DeviceName, SessionId, Timestamp};

use crate::store::work::StoreWork;
use crate::store::{Change, Refused, StoreError, UserId};

/// A session to be stored.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// The session's id, which its tokens name.
    pub session: SessionId,
    /// The client profile it was opened from.
    pub device: Option<DeviceName>,
    /// When it ends by itself.
    pub expires: Timestamp,
}

/// How long a session is kept behind its end, so that a clock that jumped ahead for a while ends none.
const EXPIRED_KEPT_MILLIS: i64 = 90 * 24 * 60 * 60 * 1_000;

/// Opens a session, and forgets those whose time is long over; an account that was disabled or deleted in between
/// gets none.
pub(in crate::store) fn insert_session(
    work: &StoreWork<'_>,
    user: UserId,
    session: &NewSession,
) -> Result<(), StoreError> {
    work.execute("DELETE FROM session WHERE expires < ?1", [work.now.plus_millis(-EXPIRED_KEPT_MILLIS)])?;
    let inserted = work.execute(
        "INSERT INTO session (id, user, device, created, expires)
         SELECT ?1, id, ?3, ?4, ?5 FROM user WHERE id = ?2 AND disabled IS NULL AND deleted IS NULL",
        (&session.session, user, &session.device, work.now, session.expires),
    )?;
    if inserted == 1 { Ok(()) } else { Err(Refused::AccountDisabled.into()) }
}

/// Ends the sessions of an account before their time, all or all but one.
pub(in crate::store) fn end_sessions(
    work: &mut StoreWork<'_>,
    user: UserId,
    kept: Option<SessionId>,
) -> Result<(), StoreError> {
    let kept = kept.as_ref().map(SessionId::as_str);
    let ended =
        work.all::<SessionId>("DELETE FROM session WHERE user = ?1 AND id IS NOT ?2 RETURNING id", (user, kept))?;
    work.changes.extend(ended.into_iter().map(|session| Change::SessionEnded { user, session }));
    Ok(())
}

/// Refuses what a session says that has ended since.
pub(in crate::store) fn require_live_session(
    work: &StoreWork<'_>,
    user: UserId,
    session: SessionId,
) -> Result<(), StoreError> {
    if work.exists("SELECT 1 FROM session WHERE id = ?1 AND user = ?2", (session, user))? {
        Ok(())
    } else {
        Err(Refused::SessionEnded.into())
    }
}
