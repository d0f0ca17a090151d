//! Guests: nobody can come back as one who has signed out or lost their token, so they end. Their words stay.

use proto::Timestamp;
use proto::http::Legacy;

use super::account_deletion::end_account;
use super::sqlite::by_index;
use super::table::user::is_guest_account;
use super::work::StoreWork;
use super::{Pending, Store, StoreError, UserId};

impl Store {
    /// Finds guests whose sessions were all used before a moment for the last time, the longest away first.
    pub async fn guests_away_since(&self, moment: Timestamp, limit: usize) -> Result<Vec<UserId>, StoreError> {
        self.readers
            .read(move |rows| {
                rows.all(
                    concat!(
                        "SELECT id FROM user",
                        by_index!("user_guest"),
                        " WHERE guest = 1 AND deleted IS NULL AND max(created, coalesce(last_seen, 0)) < ?1 AND NOT EXISTS
                            (SELECT 1 FROM session WHERE session.user = user.id AND coalesce(used, created) >= ?1)
                         ORDER BY max(created, coalesce(last_seen, 0)) LIMIT ?2"
                    ),
                    (moment, limit),
                )
            })
            .await
    }

    /// Ends those of some people who are guests.
    pub async fn end_guests(&self, guests: Vec<UserId>) -> Pending<()> {
        self.writer.submit_checked(0, move |work| guests.into_iter().try_for_each(|guest| end_guest(work, guest))).await
    }
}

/// Ends a guest who has no session any more.
pub(super) fn end_signed_out_guest(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let is_in = work.exists("SELECT 1 FROM session WHERE user = ?1", [user])?;
    if is_in { Ok(()) } else { end_guest(work, user) }
}

fn end_guest(work: &mut StoreWork<'_>, user: UserId) -> Result<(), StoreError> {
    let is_there = work.exists("SELECT 1 FROM user WHERE id = ?1 AND deleted IS NULL", [user])?;
    if is_there && is_guest_account(work, user)? { end_account(work, user, Legacy::Keep) } else { Ok(()) }
}
