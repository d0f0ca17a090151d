//! Keeping order in a channel: sending members away, keeping people out, and saying who may do so.

use proto::http::{Moderation, TimedOut};
use proto::{ChannelId, Handle, RemoveReason, Role, Timestamp, bounds};

use super::channel_key::{ChannelKey, key_of, not_removed};
use super::member::{Going, end_membership};
use super::role::{give_role, make_owner};
use super::speech::Mute;
use super::sqlite::Rows;
use super::table::access::{require_order_keeper, role};
use super::table::user::{is_guest_account, may_sign_in, user_by_handle};
use super::waiting_invitation::forget_waiting;
use super::work::StoreWork;
use super::{Pending, Refused, Store, StoreError, UserId};

impl Store {
    /// Ends the membership of somebody whom the asker outranks.
    pub async fn kick(&self, user: UserId, channel: ChannelId, other: Handle) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| kick(work, user, &channel, &other)).await
    }

    /// Keeps somebody out of a channel, or no longer; a member goes.
    pub async fn ban(&self, user: UserId, channel: ChannelId, other: Handle, on: bool) -> Pending<()> {
        self.writer.submit(move |work| ban(work, user, &channel, &other, on)).await
    }

    /// Keeps a member whom the asker outranks from speaking for so many seconds; 0 lets them speak again.
    pub async fn mute(&self, user: UserId, channel: ChannelId, other: Handle, seconds: u32) -> Pending<()> {
        self.writer.submit_in_reserve(move |work| mute(work, user, &channel, &other, seconds)).await
    }

    /// Lists who is kept out, for one who keeps order.
    pub async fn bans(&self, user: UserId, channel: ChannelId) -> Result<Vec<Handle>, StoreError> {
        self.readers
            .read(move |rows| {
                let key = key_of(&channel)?;
                require_order_keeper(role(rows, key, user)?)?;
                rows.all(
                    "SELECT handle FROM ban JOIN user ON user.id = ban.user WHERE channel = ?1 ORDER BY handle LIMIT ?2",
                    (key, bounds::BANS_MAX),
                )
            })
            .await
    }

    /// Lists who is banned and who is timed out, for one who keeps order.
    pub async fn moderation(&self, user: UserId, channel: ChannelId, now: Timestamp) -> Result<Moderation, StoreError> {
        let bans = self.bans(user, channel).await?;
        let timeouts = self.readers.read(move |rows| timeouts(rows, key_of(&channel)?, now)).await?;
        Ok(Moderation { bans, timeouts })
    }

    /// Says what a member may do, on the word of the owner; a new owner takes the old one's place.
    pub async fn set_role(&self, user: UserId, channel: ChannelId, other: Handle, role: Role) -> Pending<()> {
        self.writer.submit(move |work| set_role(work, user, &channel, &other, role)).await
    }
}

/// Lists the members who may not speak now.
fn timeouts(rows: &Rows, channel: ChannelKey, now: Timestamp) -> Result<Vec<TimedOut>, StoreError> {
    let found = rows.all_with(
        concat!(
            "SELECT handle, muted_until, muted_for_s FROM member JOIN user ON user.id = member.user
             WHERE channel = ?1 AND muted_until > ?2 AND ",
            not_removed!("?1"),
            " ORDER BY handle LIMIT ?3"
        ),
        (channel, now, bounds::BANS_MAX),
        |row| Ok((row.get(0)?, Mute::read(row, 1, 2)?)),
    )?;
    let holds = |(handle, mute): (Handle, Option<Mute>)| {
        let rest = mute?.rest(now)?;
        Some(TimedOut { handle, until: now.plus_millis(i64::try_from(rest).unwrap_or(i64::MAX)) })
    };
    Ok(found.into_iter().filter_map(holds).collect())
}

/// Tells whether somebody may send another away: the owner everybody else, a moderator members.
fn outranks(one: Role, other: Role) -> bool {
    matches!((one, other), (Role::Owner, Role::Moderator | Role::Member) | (Role::Moderator, Role::Member))
}

/// Finds a member whom somebody may send away or silence, and the channel.
fn outranked(
    work: &StoreWork<'_>,
    user: UserId,
    channel: &ChannelId,
    other: &Handle,
) -> Result<(ChannelKey, UserId), StoreError> {
    let key = key_of(channel)?;
    let mine = role(work, key, user)?;
    require_order_keeper(mine)?;
    let other = user_by_handle(work, other)?;
    let theirs = role(work, key, other).map_err(|_| Refused::NoMember)?;
    if outranks(mine, theirs) { Ok((key, other)) } else { Err(Refused::NotAllowed.into()) }
}

fn kick(work: &mut StoreWork<'_>, user: UserId, channel: &ChannelId, other: &Handle) -> Result<(), StoreError> {
    let (key, other) = outranked(work, user, channel, other)?;
    end_membership(work, key, other, Going::because(RemoveReason::Removed, Some(user)))
}

fn ban(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: &ChannelId,
    other: &Handle,
    on: bool,
) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    let mine = role(work, key, user)?;
    require_order_keeper(mine)?;
    let other = user_by_handle(work, other)?;
    if !on {
        work.execute("DELETE FROM ban WHERE channel = ?1 AND user = ?2", (key, other))?;
        return Ok(());
    }
    let theirs = role(work, key, other).ok();
    if other == user || theirs.is_some_and(|theirs| !outranks(mine, theirs)) {
        return Err(Refused::NotAllowed.into());
    }
    work.execute(
        "INSERT INTO ban (channel, user, by, date) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        (key, other, user, work.now),
    )?;
    forget_waiting(work, key, other)?;
    if theirs.is_none() {
        return Ok(());
    }
    end_membership(work, key, other, Going::because(RemoveReason::Banned, Some(user)))
}

fn mute(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: &ChannelId,
    other: &Handle,
    seconds: u32,
) -> Result<(), StoreError> {
    let (key, other) = outranked(work, user, channel, other)?;
    let seconds = seconds.min(bounds::MUTE_SECONDS_MAX);
    let until = (seconds > 0).then(|| work.now.plus_millis(i64::from(seconds) * 1_000));
    work.execute(
        "UPDATE member SET muted_until = ?3, muted_for_s = ?4 WHERE channel = ?1 AND user = ?2",
        (key, other, until, until.is_some().then_some(seconds)),
    )?;
    Ok(())
}

fn set_role(
    work: &mut StoreWork<'_>,
    user: UserId,
    channel: &ChannelId,
    other: &Handle,
    new: Role,
) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    if role(work, key, user)? != Role::Owner {
        return Err(Refused::NotAllowed.into());
    }
    let other = user_by_handle(work, other)?;
    let guest = is_guest_account(work, other)?;
    let old = role(work, key, other).map_err(|_| Refused::NoMember)?;
    if other == user || new == Role::Unknown {
        return Err(Refused::NotAllowed.into());
    }
    if guest && new != Role::Member {
        return Err(Refused::NotForGuests.into());
    }
    if new == old {
        return Ok(());
    }
    if new != Role::Member && !may_sign_in(work, other)? {
        return Err(Refused::Unusable.into());
    }
    if new == Role::Owner {
        // Whoever hands over keeps order from now on.
        give_role(work, key, user, Role::Moderator)?;
        return make_owner(work, key, other);
    }
    give_role(work, key, other, new)
}

#[cfg(test)]
mod tests;
