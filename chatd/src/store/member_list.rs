//! The members of a channel, as one of them may know them: one page, or those that are shown with it.

use std::collections::HashSet;

use proto::{ChannelId, Handle, Role, bounds};

use super::channel_key::{ChannelKey, key_of, not_removed};
use super::sqlite::{FromRow, Row, Rows};
use super::table::channel::members_total;
use super::table::user::{USER_COLUMNS, user_columns, user_record};
use super::{Refused, Store, StoreError, UserId, UserRecord};

/// A member as a list of members has them.
#[derive(Debug, Clone)]
pub struct MemberRow {
    /// The account of the member, as others see it.
    pub user: UserRecord,
    /// What they may do.
    pub role: Role,
    /// Whether the asker and they share a channel, this one or another.
    pub shares: bool,
}

/// A page of the members of a channel.
#[derive(Debug, Clone, Default)]
pub struct MemberRows {
    /// The members, in the order in which their accounts were made.
    pub rows: Vec<MemberRow>,
    /// How many the channel has.
    pub total: u64,
    /// Whether more follow.
    pub more: bool,
}

impl Store {
    /// Gives members of a channel as one of them may know them, behind a handle, at most `limit`.
    ///
    /// # Errors
    /// [`Refused::NoSuchUser`] when nobody has the handle.
    pub async fn members(
        &self,
        viewer: UserId,
        channel: ChannelId,
        after: Option<Handle>,
        limit: usize,
    ) -> Result<MemberRows, StoreError> {
        self.readers
            .read(move |rows| {
                let after = after.map(|handle| user_of(rows, &handle)).transpose()?;
                let channel = key_of(&channel)?;
                let mut members = member_rows(rows, viewer, channel, after, limit + 1)?;
                let more = members.len() > limit;
                members.truncate(limit);
                Ok(MemberRows { rows: members, total: members_total(rows, channel)?, more })
            })
            .await
    }

    /// Gives the members of a channel that are shown besides those who are known.
    pub async fn members_shown(
        &self,
        viewer: UserId,
        channel: ChannelId,
        known: Vec<UserId>,
    ) -> Result<MemberRows, StoreError> {
        self.readers
            .read(move |rows| {
                let channel = key_of(&channel)?;
                let total = members_total(rows, channel)?;
                let members = members_besides(rows, viewer, channel, &known, total)?;
                Ok(MemberRows { more: total > (known.len() + members.len()) as u64, rows: members, total })
            })
            .await
    }
}

/// Columns of a [`MemberRow`] behind those of its account: of whom strangers added it matters whether they share another
/// channel with the viewer, user `?1`.
macro_rules! member_columns {
    () => {
        concat!(
            user_columns!(),
            ", member.role, member.apart = 0 OR EXISTS (
                SELECT 1 FROM member AS theirs JOIN member AS mine ON mine.channel = theirs.channel AND mine.user = ?1
                WHERE theirs.user = member.user AND theirs.apart = 0 AND ",
            not_removed!("theirs.channel"),
            ")"
        )
    };
}

impl FromRow for MemberRow {
    fn from_row(row: &Row<'_>) -> Result<Self, StoreError> {
        Ok(Self { user: user_record(row)?, role: row.get(USER_COLUMNS)?, shares: row.get(USER_COLUMNS + 1)? })
    }
}

fn member_rows(
    rows: &Rows,
    viewer: UserId,
    channel: ChannelKey,
    after: Option<UserId>,
    limit: usize,
) -> Result<Vec<MemberRow>, StoreError> {
    rows.all(
        concat!(
            "SELECT ",
            member_columns!(),
            " FROM member JOIN user ON user.id = member.user
             WHERE member.channel = ?2 AND member.user > ?3 AND ",
            not_removed!("?2"),
            " ORDER BY member.user LIMIT ?4"
        ),
        (viewer, channel, after.unwrap_or(UserId(i64::MIN)), limit),
    )
}

/// Gives the members of a channel that are shown besides those who are known.
pub(super) fn members_besides(
    rows: &Rows,
    viewer: UserId,
    channel: ChannelKey,
    known: &[UserId],
    total: u64,
) -> Result<Vec<MemberRow>, StoreError> {
    let room = bounds::SNAPSHOT_MEMBERS_MAX.saturating_sub(known.len());
    if room == 0 || known.len() as u64 >= total {
        return Ok(Vec::new());
    }
    let known = known.iter().collect::<HashSet<_>>();
    // Of so many enough are others than those who are known.
    let members = member_rows(rows, viewer, channel, None, bounds::SNAPSHOT_MEMBERS_MAX)?;
    Ok(members.into_iter().filter(|member| !known.contains(&member.user.user)).take(room).collect())
}

fn user_of(rows: &Rows, handle: &Handle) -> Result<UserId, StoreError> {
    let found = rows.one("SELECT id FROM user WHERE handle = ?1", [handle])?;
    found.ok_or_else(|| Refused::NoSuchUser.into())
}

#[cfg(test)]
mod tests;
