//! Codes that let people into a channel, for a time and for so many of them.

use proto::{ChannelId, CreateInvite, Handle, Invitation, InviteCode, Timestamp, bounds};

use super::channel_key::{self, ChannelKey, key_of, not_removed};
use super::member::{Coming, enter};
use super::table::access::{require_order_keeper, role};
use super::table::channel::{is_dm, is_public};
use super::table::user::require_alive;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};

impl Store {
    /// Makes a code, on the word of one who keeps order.
    pub async fn create_invite(&self, user: UserId, wish: CreateInvite) -> Pending<Invitation> {
        self.writer.submit(move |work| create(work, user, &wish)).await
    }

    /// Takes a code back, on the word of one who keeps order.
    pub async fn revoke_invite(&self, user: UserId, channel: ChannelId, code: InviteCode) -> Pending<()> {
        self.writer
            .submit(move |work| {
                let key = key_of(&channel)?;
                require_order_keeper(role(work, key, user)?)?;
                let revoked = work.execute("DELETE FROM invitation WHERE code = ?1 AND channel = ?2", (code, key))?;
                if revoked == 0 { Err(Refused::NoSuchInvite.into()) } else { Ok(()) }
            })
            .await
    }

    /// Lists the codes that are good, for one who keeps order.
    pub async fn invites(
        &self,
        user: UserId,
        channel: ChannelId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>, StoreError> {
        self.readers
            .read(move |rows| {
                let key = key_of(&channel)?;
                require_order_keeper(role(rows, key, user)?)?;
                rows.all_with(
                    "SELECT code, user.handle, uses, expires FROM invitation JOIN user ON user.id = invitation.user
                     WHERE channel = ?1 AND expires > ?2 ORDER BY invitation.created DESC, code",
                    (key, now),
                    |row| {
                        Ok(Invitation {
                            code: row.get(0)?,
                            by: row.get(1)?,
                            uses_left: row.get(2)?,
                            expires_at: row.get(3)?,
                        })
                    },
                )
            })
            .await
    }

    /// Makes somebody a member by a code. Whoever is one already uses nothing up.
    pub async fn join_by_code(&self, user: UserId, guest: bool, code: InviteCode) -> Pending<ChannelId> {
        self.writer.submit(move |work| join(work, user, guest, &code)).await
    }
}

fn create(work: &mut StoreWork<'_>, user: UserId, wish: &CreateInvite) -> Result<Invitation, StoreError> {
    let key = key_of(&wish.id)?;
    require_order_keeper(role(work, key, user)?)?;
    if is_dm(work, key)? {
        return Err(Refused::NotAllowed.into());
    }
    work.execute("DELETE FROM invitation WHERE expires <= ?1", [work.now])?;
    let open: usize = work.only("SELECT count(*) FROM invitation WHERE channel = ?1", [key])?;
    if open >= bounds::INVITES_MAX {
        return Err(Refused::TooManyInvites.into());
    }
    let code: InviteCode = channel_key::random_code();
    // As with limits, 0 is no bound but the largest.
    let seconds = match wish.for_s.unwrap_or(bounds::INVITE_SECONDS_DEFAULT) {
        0 => bounds::INVITE_SECONDS_MAX,
        seconds => seconds.min(bounds::INVITE_SECONDS_MAX),
    };
    let expires_at = work.now.plus_millis(i64::from(seconds) * 1_000);
    let uses_left = wish.uses.filter(|uses| *uses > 0).map(|uses| uses.min(bounds::INVITE_USES_MAX));
    work.execute(
        "INSERT INTO invitation (code, channel, user, uses, created, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (code, key, user, uses_left, work.now, expires_at),
    )?;
    let by = work.only::<Handle>("SELECT handle FROM user WHERE id = ?1", [user])?;
    Ok(Invitation { code, by, uses_left, expires_at })
}

fn join(work: &mut StoreWork<'_>, user: UserId, guest: bool, code: &InviteCode) -> Result<ChannelId, StoreError> {
    require_alive(work, user)?;
    let found = work.one::<(ChannelKey, Option<u32>)>(
        concat!("SELECT channel, uses FROM invitation WHERE code = ?1 AND expires > ?2 AND ", not_removed!("channel")),
        (code, work.now),
    )?;
    let (key, uses) = found.ok_or(Refused::NoSuchInvite)?;
    if role(work, key, user).is_ok() {
        return Ok(key.id());
    }
    if guest && !is_public(work, key)? {
        return Err(Refused::NotForGuests.into());
    }
    enter(work, key, user, !guest, Coming::Oneself)?;
    match uses {
        None => {}
        Some(0 | 1) => {
            work.execute("DELETE FROM invitation WHERE code = ?1", [code])?;
        }
        Some(_) => {
            work.execute("UPDATE invitation SET uses = uses - 1 WHERE code = ?1", [code])?;
        }
    }
    Ok(key.id())
}

#[cfg(test)]
mod tests;
