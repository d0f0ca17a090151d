//! Keeping order in a channel: sending members away, keeping people out, and saying who may do so.

use std::collections::HashMap;

use proto::http::{Moderation, TimedOut};
use proto::{
    ChangeSettings, ChannelId, ChannelKind, ChannelName, ChannelUpdate, Handle, RemoveReason, Role, Rules, Timestamp,
    bounds,
};

use super::account::is_guest_account;
use super::channel::{key_of, next_version};
use super::channel_deletion::not_removed;
use super::channel_key::ChannelKey;
use super::consent::{forget_waiting, forget_waiting_guests};
use super::directory::handle_of;
use super::member::{Going, end_membership, make_owner, may_sign_in, require_order_keeper, role, user_by_handle};
use super::names::{require_no_look_alike, skeleton};
use super::sqlite::{Row, Rows};
use super::work::StoreWork;
use super::{Change, Pending, Refused, Store, StoreError, UserId, invitation, message, posts};

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

    /// Changes the name of a channel, on the word of its owner, or who may speak in it, on that of one who keeps order.
    pub async fn change_settings(&self, user: UserId, settings: ChangeSettings) -> Pending<()> {
        self.writer.submit(move |work| change_settings(work, user, settings)).await
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

/// What a channel is set to.
struct Settings {
    name: String,
    kind: ChannelKind,
    rules: Rules,
    /// Whether it is the lobby, which stays what it is to others.
    is_lobby: bool,
}

impl Settings {
    fn of(work: &StoreWork<'_>, key: ChannelKey) -> Result<Self, StoreError> {
        let settings = work.only_with(
            "SELECT name, kind, read_only, slow_mode_s, creator IS NULL FROM channel WHERE id = ?1",
            [key],
            |row| {
                let kind = row.get(1)?;
                Ok(Self {
                    name: row.get(0)?,
                    kind,
                    rules: Rules { read_only: row.get(2)?, slow_mode_s: row.get(3)? },
                    is_lobby: kind == ChannelKind::Public && row.get(4)?,
                })
            },
        )?;
        Ok(settings)
    }
}

fn change_settings(work: &mut StoreWork<'_>, user: UserId, settings: ChangeSettings) -> Result<(), StoreError> {
    let key = key_of(&settings.id)?;
    let mine = role(work, key, user)?;
    require_order_keeper(mine)?;
    if (settings.name.is_some() || settings.kind.is_some()) && mine != Role::Owner {
        return Err(Refused::NotAllowed.into());
    }
    let before = Settings::of(work, key)?;
    let rules = Rules {
        read_only: settings.read_only.unwrap_or(before.rules.read_only),
        slow_mode_s: settings.slow_mode_s.unwrap_or(before.rules.slow_mode_s).min(bounds::SLOW_MODE_SECONDS_MAX),
    };
    let new_name = settings.name.filter(|new| new.as_str() != before.name);
    let new_kind = settings.kind.map(ChannelKind::from).filter(|new| *new != before.kind);
    // There was never a time in which only members read what was said in a public channel.
    if settings.close_history && new_kind.is_none() {
        return Err(Refused::PublicAlready.into());
    }
    if rules == before.rules && new_name.is_none() && new_kind.is_none() {
        return Ok(());
    }
    if new_name.is_some() || new_kind.is_some() {
        if before.is_lobby {
            return Err(Refused::LobbyIsPermanent.into());
        }
        work.erases();
        let name = new_name.as_ref().map_or(before.name.as_str(), ChannelName::as_str);
        rename(work, key, name, new_kind.unwrap_or(before.kind))?;
    }
    if new_kind == Some(ChannelKind::Private) {
        send_guests_away(work, key, user)?;
    }
    let version = next_version(work, key)?;
    work.execute(
        "UPDATE channel SET read_only = ?2, slow_mode_s = ?3,
         history_from = CASE WHEN ?4 THEN last_index + 1 ELSE history_from END WHERE id = ?1",
        (key, rules.read_only, rules.slow_mode_s, settings.close_history),
    )?;
    let rules = (rules != before.rules).then_some(rules);
    let update = ChannelUpdate { name: new_name, kind: new_kind, rules, ..ChannelUpdate::of(settings.id, version) };
    work.changes.push(Change::SettingsChanged { channel: settings.id, update });
    if new_kind == Some(ChannelKind::Public) { tell_opened(work, key, user) } else { Ok(()) }
}

/// Tells the members of a channel that it is public now, and what whoever joins may read.
fn tell_opened(work: &mut StoreWork<'_>, key: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let is_closed: bool = work.only("SELECT history_from > 1 FROM channel WHERE id = ?1", [key])?;
    message::tell_members(work, key, user, if is_closed { OPENED_FROM_THERE } else { OPENED })
}

/// What the members of a channel that becomes public are told, behind who did it.
const OPENED: &str = "made this channel public: everybody can find it, join it and read all of it";
const OPENED_FROM_THERE: &str =
    "made this channel public: everybody can find it and join it; older messages are not shown to who joins";

/// Names a channel, or makes it something else to others.
fn rename(work: &StoreWork<'_>, key: ChannelKey, name: &str, kind: ChannelKind) -> Result<(), StoreError> {
    require_no_look_alike(work, key, name)?;
    if kind == ChannelKind::Public {
        require_free_name(work, key, name)?;
    }
    work.execute(
        "UPDATE channel SET name = ?2, kind = ?3, skeleton = ?4 WHERE id = ?1",
        (key, name, kind, skeleton(name)),
    )?;
    Ok(())
}

/// Lets everybody speak again in the lobby, which nobody keeps order in any more.
pub(super) fn lift_rules_of_lobby(work: &mut StoreWork<'_>, key: ChannelKey) -> Result<(), StoreError> {
    let lifted = work.execute(
        "UPDATE channel SET read_only = 0, slow_mode_s = 0
         WHERE id = ?1 AND creator IS NULL AND kind = 'public' AND (read_only OR slow_mode_s > 0)",
        [key],
    )?;
    if lifted > 0 {
        let id = key.id();
        let update = ChannelUpdate { rules: Some(Rules::default()), ..ChannelUpdate::of(id, next_version(work, key)?) };
        work.changes.push(Change::SettingsChanged { channel: id, update });
    }
    Ok(())
}

/// Refuses the name of another public channel.
fn require_free_name(work: &StoreWork<'_>, key: ChannelKey, name: &str) -> Result<(), StoreError> {
    let taken = work.exists("SELECT 1 FROM channel WHERE name = ?1 AND kind = 'public' AND id <> ?2", (name, key))?;
    if taken { Err(Refused::NameTaken.into()) } else { Ok(()) }
}

/// Guests are in public channels only.
fn send_guests_away(work: &mut StoreWork<'_>, channel: ChannelKey, by: UserId) -> Result<(), StoreError> {
    let guests = work.all::<UserId>(
        "SELECT user.id FROM member JOIN user ON user.id = member.user
         WHERE channel = ?1 AND user.guest = 1",
        [channel],
    )?;
    forget_waiting_guests(work, channel)?;
    let going = Going::because(RemoveReason::Private, Some(by));
    guests.into_iter().try_for_each(|guest| end_membership(work, channel, guest, going))
}

/// Messages that are looked through for the last one of a member.
const SLOW_MODE_MESSAGES: u32 = 500;

/// When members of channels in slow mode spoke, as far as it is remembered; else the dates of their messages say it.
#[derive(Debug, Default)]
pub(super) struct LastSpoke(HashMap<(ChannelKey, UserId), Timestamp>);

/// Members of whom it is remembered at most.
const SPOKEN_MAX: usize = 10_000;

impl LastSpoke {
    /// Notes that somebody speaks.
    pub(super) fn note(&mut self, channel: ChannelKey, user: UserId, now: Timestamp) {
        if self.0.len() >= SPOKEN_MAX {
            self.0.clear();
        }
        self.0.insert((channel, user), now);
    }
}

/// What a channel and a membership say of who may speak.
pub(super) struct Speech {
    pub(super) role: Role,
    pub(super) rules: Rules,
    pub(super) muted: Option<Mute>,
}

/// That somebody may not speak for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mute {
    until: Timestamp,
    /// For how many seconds that was; older stores do not know.
    seconds: Option<u32>,
}

impl Mute {
    /// Reads the columns `muted_until` and `muted_for_s`.
    pub(super) fn read(row: &Row<'_>, until: usize, seconds: usize) -> Result<Option<Self>, StoreError> {
        let until = row.get::<Option<Timestamp>>(until)?;
        let seconds = row.get(seconds)?;
        Ok(until.map(|until| Self { until, seconds }))
    }

    /// Gives how many milliseconds it lasts from now on, if it does.
    fn rest(self, now: Timestamp) -> Option<u64> {
        rest(self.until, self.seconds.map_or(u64::MAX, |seconds| u64::from(seconds) * 1_000), now)
    }
}

/// How far a clock that is kept right may be put back; what is further ahead was said by one that was wrong.
const CLOCK_STEP_MILLIS: u64 = 60_000;

/// Gives how many milliseconds are left until a moment, of as many as a rule says: never more, and none when it is so far
/// ahead that the clock has been put back since.
fn rest(until: Timestamp, rule_millis: u64, now: Timestamp) -> Option<u64> {
    let rest = until.millis_since(now);
    (1..=rule_millis.saturating_add(CLOCK_STEP_MILLIS)).contains(&rest).then_some(rest.min(rule_millis))
}

impl Speech {
    /// Reads them for a member, or for who may read a wall.
    pub(super) fn of(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<Self, StoreError> {
        let speech = work.one_with(
            "SELECT m.role, m.muted_until, m.muted_for_s, c.read_only, c.slow_mode_s
             FROM member AS m JOIN channel AS c ON c.id = m.channel WHERE m.channel = ?1 AND m.user = ?2",
            (channel, user),
            |row| {
                Ok(Self {
                    role: row.get(0)?,
                    muted: Mute::read(row, 1, 2)?,
                    rules: Rules { read_only: row.get(3)?, slow_mode_s: row.get(4)? },
                })
            },
        )?;
        // On a wall nobody is a member, and nobody is muted.
        let of_reader = || {
            let role = posts::role_on_wall(work, channel, user)?;
            Ok(Self { role, rules: Rules::default(), muted: None })
        };
        speech.map_or_else(of_reader, Ok)
    }

    /// Refuses who is muted.
    pub(super) fn require_not_muted(&self, now: Timestamp) -> Result<(), StoreError> {
        let rest = self.muted.and_then(|mute| mute.rest(now));
        rest.map_or(Ok(()), |rest| Err(Refused::Muted(rest).into()))
    }

    /// Refuses who may not speak at all.
    pub(super) fn require_may_speak(&self, now: Timestamp) -> Result<(), StoreError> {
        self.require_not_muted(now)?;
        if self.role == Role::Member && self.rules.read_only {
            return Err(Refused::ReadOnly.into());
        }
        Ok(())
    }

    /// Refuses who may not speak now.
    pub(super) fn require_may_speak_now(
        &self,
        work: &StoreWork<'_>,
        channel: ChannelKey,
        user: UserId,
    ) -> Result<(), StoreError> {
        self.require_may_speak(work.now)?;
        if self.role != Role::Member || self.rules.slow_mode_s == 0 {
            return Ok(());
        }
        let last: Option<i64> = work.only(
            "SELECT max(date) FROM (SELECT user, date FROM message WHERE channel = ?1 ORDER BY idx DESC LIMIT ?3)
             WHERE user = ?2",
            (channel, user, SLOW_MODE_MESSAGES),
        )?;
        let pause = u64::from(self.rules.slow_mode_s) * 1_000;
        // What was said while the clock was ahead keeps the date of then.
        let spoken = work.spoken.0.get(&(channel, user)).copied().or(last.map(Timestamp::from_millis));
        let next = spoken.map(|last| last.plus_millis(pause.cast_signed()));
        let rest = next.and_then(|next| rest(next, pause, work.now));
        rest.map_or(Ok(()), |rest| Err(Refused::TooSoon(rest).into()))
    }
}

/// Refuses who is kept out.
pub(super) fn require_not_banned(work: &StoreWork<'_>, channel: ChannelKey, user: UserId) -> Result<(), StoreError> {
    let banned = work.exists("SELECT 1 FROM ban WHERE channel = ?1 AND user = ?2", (channel, user))?;
    if banned { Err(Refused::Banned.into()) } else { Ok(()) }
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
        give(work, key, user, Role::Moderator)?;
        return make_owner(work, key, other);
    }
    give(work, key, other, new)
}

/// Gives a member another role than the owner's. What who keeps order no longer has let in by ends with that.
pub(super) fn give(work: &mut StoreWork<'_>, channel: ChannelKey, user: UserId, role: Role) -> Result<(), StoreError> {
    next_version(work, channel)?;
    work.execute("UPDATE member SET role = ?3 WHERE channel = ?1 AND user = ?2", (channel, user, role))?;
    let handle = handle_of(work, user)?;
    work.changes.push(Change::RoleChanged { channel: channel.id(), user, handle, role });
    if role == Role::Member { invitation::end_of(work, channel, user) } else { Ok(()) }
}
