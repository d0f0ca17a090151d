//! Keeping order in a channel: sending members away, keeping people out, and saying who may do so.

use proto::{
    ChangeSettings, ChannelId, ChannelKind, ChannelName, ChannelUpdate, Handle, Role, Rules, Timestamp, bounds,
};
use rusqlite::{OptionalExtension, params};

use super::account::is_guest;
use super::channel::{key_of, next_version};
use super::key;
use super::member::{end_membership, keeps_order, role, user_by_handle};
use super::row::Column;
use super::writer::Work;
use super::{Change, Pending, Refused, Store, StoreError, UserId, wall};

impl Store {
    /// Ends the membership of somebody whom the asker outranks.
    pub async fn kick(&self, user: UserId, channel: ChannelId, other: Handle) -> Pending<()> {
        self.writer.submit(move |work| kick(work, user, &channel, &other)).await
    }

    /// Keeps somebody out of a channel, or no longer; a member goes.
    pub async fn ban(&self, user: UserId, channel: ChannelId, other: Handle, on: bool) -> Pending<()> {
        self.writer.submit(move |work| ban(work, user, &channel, &other, on)).await
    }

    /// Keeps a member whom the asker outranks from speaking for so many seconds; 0 lets them speak again.
    pub async fn mute(&self, user: UserId, channel: ChannelId, other: Handle, for_s: u32) -> Pending<()> {
        self.writer.submit(move |work| mute(work, user, &channel, &other, for_s)).await
    }

    /// Changes the name of a channel, on the word of its owner, or who may speak in it, on that of one who keeps order.
    pub async fn change_settings(&self, user: UserId, settings: ChangeSettings) -> Pending<()> {
        self.writer.submit(move |work| change_settings(work, user, settings)).await
    }

    /// Lists who is kept out, for one who keeps order.
    pub async fn bans(&self, user: UserId, channel: ChannelId) -> Result<Vec<Handle>, StoreError> {
        self.readers
            .read(move |transaction| {
                let key = key_of(&channel)?;
                keeps_order(role(transaction, key, user)?)?;
                let mut statement = transaction.prepare_cached(
                    "SELECT handle FROM ban JOIN user ON user.id = ban.user WHERE channel = ?1 ORDER BY handle LIMIT ?2",
                )?;
                let handles = statement.query_map(params![key, bounds::BANS_MAX], |row| row.get::<_, Column<Handle>>(0))?;
                Ok(handles.map(|handle| handle.map(|handle| handle.0)).collect::<rusqlite::Result<_>>()?)
            })
            .await
    }

    /// Says what a member may do, on the word of the owner; a new owner takes the old one's place.
    pub async fn set_role(&self, user: UserId, channel: ChannelId, other: Handle, role: Role) -> Pending<()> {
        self.writer.submit(move |work| set_role(work, user, &channel, &other, role)).await
    }
}

/// Tells whether somebody may send another away: the owner everybody else, a moderator members.
fn outranks(one: Role, other: Role) -> bool {
    matches!((one, other), (Role::Owner, Role::Moderator | Role::Member) | (Role::Moderator, Role::Member))
}

/// Finds a member whom somebody may send away or silence, and the channel.
fn outranked(work: &Work<'_>, user: UserId, channel: &ChannelId, other: &Handle) -> Result<(i64, UserId), StoreError> {
    let key = key_of(channel)?;
    let mine = role(work.transaction, key, user)?;
    keeps_order(mine)?;
    let other = user_by_handle(work, other)?;
    let theirs = role(work.transaction, key, other).map_err(|_| Refused::NoSuchUser)?;
    if outranks(mine, theirs) { Ok((key, other)) } else { Err(Refused::NotAllowed.into()) }
}

fn kick(work: &mut Work<'_>, user: UserId, channel: &ChannelId, other: &Handle) -> Result<(), StoreError> {
    let (key, other) = outranked(work, user, channel, other)?;
    end_membership(work, key, other)
}

fn ban(work: &mut Work<'_>, user: UserId, channel: &ChannelId, other: &Handle, on: bool) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    let mine = role(work.transaction, key, user)?;
    keeps_order(mine)?;
    let other = user_by_handle(work, other)?;
    if !on {
        work.transaction
            .prepare_cached("DELETE FROM ban WHERE channel = ?1 AND user = ?2")?
            .execute(params![key, other])?;
        return Ok(());
    }
    let theirs = role(work.transaction, key, other).ok();
    if other == user || theirs.is_some_and(|theirs| !outranks(mine, theirs)) {
        return Err(Refused::NotAllowed.into());
    }
    work.transaction
        .prepare_cached("INSERT INTO ban (channel, user, by, date) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?
        .execute(params![key, other, user, Column(work.now)])?;
    if theirs.is_some() { end_membership(work, key, other) } else { Ok(()) }
}

fn mute(work: &mut Work<'_>, user: UserId, channel: &ChannelId, other: &Handle, for_s: u32) -> Result<(), StoreError> {
    let (key, other) = outranked(work, user, channel, other)?;
    let until =
        (for_s > 0).then(|| Column(work.now.plus_millis(i64::from(for_s.min(bounds::MUTE_SECONDS_MAX)) * 1_000)));
    work.transaction
        .prepare_cached("UPDATE member SET muted_until = ?3 WHERE channel = ?1 AND user = ?2")?
        .execute(params![key, other, until])?;
    Ok(())
}

fn change_settings(work: &mut Work<'_>, user: UserId, settings: ChangeSettings) -> Result<(), StoreError> {
    let key = key_of(&settings.id)?;
    let mine = role(work.transaction, key, user)?;
    keeps_order(mine)?;
    if (settings.name.is_some() || settings.kind.is_some()) && mine != Role::Owner {
        return Err(Refused::NotAllowed.into());
    }
    let (name, kind, before): (String, ChannelKind, Rules) = work
        .transaction
        .prepare_cached("SELECT name, kind, read_only, slow_mode_s FROM channel WHERE id = ?1")?
        .query_row([key], |row| {
            let rules = Rules { read_only: row.get(2)?, slow_mode_s: row.get(3)? };
            Ok((row.get(0)?, row.get::<_, Column<ChannelKind>>(1)?.0, rules))
        })?;
    let rules = Rules {
        read_only: settings.read_only.unwrap_or(before.read_only),
        slow_mode_s: settings.slow_mode_s.unwrap_or(before.slow_mode_s).min(bounds::SLOW_MODE_SECONDS_MAX),
    };
    let new_name = settings.name.filter(|new| new.as_str() != name);
    let new_kind = settings.kind.map(ChannelKind::from).filter(|new| *new != kind);
    if rules == before && new_name.is_none() && new_kind.is_none() {
        return Ok(());
    }
    if new_kind.unwrap_or(kind) == ChannelKind::Public && (new_name.is_some() || new_kind.is_some()) {
        is_free(work, new_name.as_ref().map_or(name.as_str(), ChannelName::as_str))?;
    }
    if new_kind == Some(ChannelKind::Private) {
        send_guests_away(work, key)?;
    }
    let version = next_version(work, key)?;
    work.transaction
        .prepare_cached(
            "UPDATE channel SET name = coalesce(?2, name), kind = coalesce(?3, kind), read_only = ?4, slow_mode_s = ?5
             WHERE id = ?1",
        )?
        .execute(params![
            key,
            new_name.as_ref().map(ChannelName::as_str),
            new_kind.map(Column),
            rules.read_only,
            rules.slow_mode_s
        ])?;
    let rules = (rules != before).then_some(rules);
    let update = ChannelUpdate { name: new_name, kind: new_kind, rules, ..ChannelUpdate::of(settings.id, version) };
    work.changes.push(Change::SettingsChanged { channel: settings.id, update });
    Ok(())
}

/// Refuses the name of a public channel.
fn is_free(work: &Work<'_>, name: &str) -> Result<(), StoreError> {
    let taken =
        work.transaction.prepare_cached("SELECT 1 FROM channel WHERE name = ?1 AND kind = 'public'")?.exists([name])?;
    if taken { Err(Refused::NameTaken.into()) } else { Ok(()) }
}

/// Guests are in public channels only.
fn send_guests_away(work: &mut Work<'_>, channel: i64) -> Result<(), StoreError> {
    let guests = work
        .transaction
        .prepare_cached(
            "SELECT user.id FROM member JOIN user ON user.id = member.user
             WHERE channel = ?1 AND user.guest = 1",
        )?
        .query_map([channel], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<UserId>>>()?;
    guests.into_iter().try_for_each(|guest| end_membership(work, channel, guest))
}

/// Messages that are looked through for the last one of a member.
const SLOW_MODE_MESSAGES: u32 = 500;

/// What a channel and a membership say of who may speak.
pub(super) struct Speech {
    pub(super) role: Role,
    pub(super) rules: Rules,
    pub(super) muted_until: Option<Timestamp>,
}

impl Speech {
    /// Reads them for a member, or for who may read a wall.
    pub(super) fn of(work: &Work<'_>, channel: i64, user: UserId) -> Result<Self, StoreError> {
        let speech = work
            .transaction
            .prepare_cached(
                "SELECT m.role, m.muted_until, c.read_only, c.slow_mode_s
                 FROM member AS m JOIN channel AS c ON c.id = m.channel WHERE m.channel = ?1 AND m.user = ?2",
            )?
            .query_row(params![channel, user], |row| {
                Ok(Self {
                    role: row.get::<_, Column<Role>>(0)?.0,
                    muted_until: row.get::<_, Option<Column<Timestamp>>>(1)?.map(|until| until.0),
                    rules: Rules { read_only: row.get(2)?, slow_mode_s: row.get(3)? },
                })
            })
            .optional()?;
        // On a wall nobody is a member, and nobody is muted.
        let of_reader = || {
            let role = wall::standing(work.transaction, channel, user)?;
            Ok(Self { role, rules: Rules::default(), muted_until: None })
        };
        speech.map_or_else(of_reader, Ok)
    }

    /// Refuses who may not speak at all.
    pub(super) fn may_speak(&self, now: Timestamp) -> Result<(), StoreError> {
        if let Some(until) = self.muted_until.filter(|until| *until > now) {
            return Err(Refused::Muted(until.millis_since(now)).into());
        }
        if self.role == Role::Member && self.rules.read_only {
            return Err(Refused::ReadOnly.into());
        }
        Ok(())
    }

    /// Refuses who may not speak now.
    pub(super) fn check(&self, work: &Work<'_>, channel: i64, user: UserId) -> Result<(), StoreError> {
        self.may_speak(work.now)?;
        if self.role != Role::Member || self.rules.slow_mode_s == 0 {
            return Ok(());
        }
        let last: Option<i64> = work
            .transaction
            .prepare_cached(
                "SELECT max(date) FROM (SELECT user, date FROM message WHERE channel = ?1 ORDER BY idx DESC LIMIT ?3)
                 WHERE user = ?2",
            )?
            .query_row(params![channel, user, SLOW_MODE_MESSAGES], |row| row.get(0))?;
        let next = last.map(|last| Timestamp::from_millis(last).plus_millis(i64::from(self.rules.slow_mode_s) * 1_000));
        match next.filter(|next| *next > work.now) {
            Some(next) => Err(Refused::TooSoon(next.millis_since(work.now)).into()),
            None => Ok(()),
        }
    }
}

/// Refuses who is kept out.
pub(super) fn is_let_in(work: &Work<'_>, channel: i64, user: UserId) -> Result<(), StoreError> {
    let banned = work
        .transaction
        .prepare_cached("SELECT 1 FROM ban WHERE channel = ?1 AND user = ?2")?
        .exists(params![channel, user])?;
    if banned { Err(Refused::Banned.into()) } else { Ok(()) }
}

fn set_role(
    work: &mut Work<'_>,
    user: UserId,
    channel: &ChannelId,
    other: &Handle,
    new: Role,
) -> Result<(), StoreError> {
    let key = key_of(channel)?;
    if role(work.transaction, key, user)? != Role::Owner {
        return Err(Refused::NotAllowed.into());
    }
    let other = user_by_handle(work, other)?;
    let guest = is_guest(work, other)?;
    let old = role(work.transaction, key, other).map_err(|_| Refused::NoSuchUser)?;
    if other == user || new == Role::Unknown {
        return Err(Refused::NotAllowed.into());
    }
    if guest && new != Role::Member {
        return Err(Refused::NotForGuests.into());
    }
    if new == old {
        return Ok(());
    }
    if new == Role::Owner {
        // Whoever hands over keeps order from now on.
        give(work, key, user, Role::Moderator)?;
        let version = next_version(work, key)?;
        work.transaction.prepare_cached("UPDATE channel SET owner = ?2 WHERE id = ?1")?.execute(params![key, other])?;
        write(work, key, other, Role::Owner)?;
        work.changes.push(Change::OwnerChanged { channel: *channel, version, owner: other });
        return Ok(());
    }
    give(work, key, other, new)
}

fn give(work: &mut Work<'_>, channel: i64, user: UserId, role: Role) -> Result<(), StoreError> {
    next_version(work, channel)?;
    write(work, channel, user, role)?;
    work.changes.push(Change::RoleChanged { channel: key::channel_id(channel), user, role });
    Ok(())
}

fn write(work: &Work<'_>, channel: i64, user: UserId, role: Role) -> Result<(), StoreError> {
    work.transaction
        // Nobody could let an owner speak again.
        .prepare_cached(
            "UPDATE member SET role = ?3, muted_until = CASE WHEN ?3 = 'owner' THEN NULL ELSE muted_until END
             WHERE channel = ?1 AND user = ?2",
        )?
        .execute(params![channel, user, Column(role)])?;
    Ok(())
}
