//! The row of an account: whose a handle is, whether it may be used, and what others may know of it.

use proto::{Avatar, Handle, Privacy};

use crate::store::file_key::FileKey;
use crate::store::records::UserRecord;
use crate::store::sqlite::{Row, Rows};
use crate::store::work::StoreWork;
use crate::store::{Actor, Refused, StoreError, UserId};

pub(in crate::store) fn user_by_handle(work: &StoreWork<'_>, handle: &Handle) -> Result<UserId, StoreError> {
    let user = work.one("SELECT id FROM user WHERE handle = ?1 AND deleted IS NULL", [handle])?;
    user.ok_or_else(|| Refused::NoSuchUser.into())
}

/// Tells whether an account may be used.
pub(in crate::store) fn may_sign_in(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
    work.exists("SELECT 1 FROM user WHERE id = ?1 AND disabled IS NULL AND deleted IS NULL", [user])
}

/// Refuses whoever has left or is kept out since their request came.
pub(in crate::store) fn require_alive(rows: &Rows, user: UserId) -> Result<(), StoreError> {
    if rows.exists("SELECT 1 FROM user WHERE id = ?1 AND deleted IS NULL AND disabled IS NULL", [user])? {
        Ok(())
    } else {
        Err(Refused::SessionEnded.into())
    }
}

/// Tells whether somebody came in without an account.
pub(in crate::store) fn is_guest_account(work: &StoreWork<'_>, user: UserId) -> Result<bool, StoreError> {
    work.only("SELECT guest FROM user WHERE id = ?1", [user])
}

/// Gives the handle of an account, also of one that is deleted.
pub(in crate::store) fn handle_of(work: &StoreWork<'_>, user: UserId) -> Result<Handle, StoreError> {
    work.only("SELECT handle FROM user WHERE id = ?1", [user])
}

/// Names who did something.
pub(in crate::store) fn actor(work: &StoreWork<'_>, user: Option<UserId>) -> Result<Option<Actor>, StoreError> {
    user.map(|user| Ok(Actor { user, handle: handle_of(work, user)? })).transpose()
}

/// Columns of a [`UserRecord`], of a table that is called `user`.
macro_rules! user_columns {
    () => {
        "user.id, user.handle, user.guest, user.last_seen, user.presence, user.status, user.display_name,
         user.disabled IS NOT NULL, user.sees_presence, user.may_write, user.reads_posts, user.may_invite, user.avatar_file"
    };
}
pub(in crate::store) use user_columns;

/// How many columns `user_columns` names.
pub(in crate::store) const USER_COLUMNS: usize = 13;

pub(in crate::store) fn user_record(row: &Row<'_>) -> Result<UserRecord, StoreError> {
    Ok(UserRecord {
        user: row.get(0)?,
        handle: row.get(1)?,
        guest: row.get(2)?,
        last_seen: row.get(3)?,
        presence: row.get(4)?,
        status: row.get(5)?,
        display_name: row.get(6)?,
        disabled: row.get(7)?,
        privacy: privacy(row, 8)?,
        avatar: Avatar::of(row.get::<Option<FileKey>>(12)?.map(FileKey::id)),
    })
}

/// Reads what others may know of an account, also of one that is deleted.
pub(in crate::store) fn read_user(rows: &Rows, user: UserId) -> Result<UserRecord, StoreError> {
    rows.only_with(concat!("SELECT ", user_columns!(), " FROM user WHERE id = ?1"), [user], user_record)
}

/// Reads who may see and write what from four columns in a row.
pub(in crate::store) fn privacy(row: &Row<'_>, first: usize) -> Result<Privacy, StoreError> {
    Ok(Privacy {
        presence: row.get(first)?,
        messages: row.get(first + 1)?,
        posts: row.get(first + 2)?,
        invitations: row.get(first + 3)?,
    })
}
